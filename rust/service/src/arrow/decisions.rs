//! Decisions as a record batch, one row for each impression.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, DictionaryArray, Int32Array, Int64Array, ListArray, RecordBatch, StringArray,
    StructArray, UInt32Array,
};
use arrow_buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{ArrowError, Field, Fields, Schema};
use treffer_core::auction::floor::auction_currency;
use treffer_core::auction::request::{Impression, Request};
use treffer_core::auction::{Bid, Book, Outcome, Stage};
use treffer_core::error::Result;
use treffer_core::rows::{Reason, Refusal};

use super::internal;

/// Rows of decisions while they grow.
pub(crate) struct Decisions<'a> {
    book: &'a Book,
    request: StringBuilder,
    impression: StringBuilder,
    currency: Words<String>,
    profile: Vec<Option<u32>>,
    eligible: Vec<u32>,
    fallen: Vec<Vec<u32>>,
    /// Where the bids of each row end.
    ends: Vec<i32>,
    bids: Bids,
    is_decided: Vec<bool>,
    fault: Faults,
}

/// Bids of all rows, end to end.
#[derive(Default)]
struct Bids {
    line_item: Words<u32>,
    creative: Words<u32>,
    deal: StringBuilder,
    price: Vec<i64>,
    floor: Vec<i64>,
}

#[derive(Default)]
struct Faults {
    field: StringBuilder,
    reason: StringBuilder,
    message: StringBuilder,
}

/// A dictionary of what was used, in the order of first use, and what each row has of it.
struct Words<T> {
    places: HashMap<T, i32>,
    used: Vec<T>,
    keys: Vec<Option<i32>>,
}

impl<T> Default for Words<T> {
    fn default() -> Self {
        Self {
            places: HashMap::new(),
            used: Vec::new(),
            keys: Vec::new(),
        }
    }
}

impl<T: Clone + Eq + Hash> Words<T> {
    fn push<Q: Eq + Hash + ToOwned<Owned = T> + ?Sized>(&mut self, word: &Q)
    where
        T: std::borrow::Borrow<Q>,
    {
        let place = self.places.get(word).copied().unwrap_or_else(|| {
            let place = self.used.len() as i32;
            self.places.insert(word.to_owned(), place);
            self.used.push(word.to_owned());
            place
        });
        self.keys.push(Some(place));
    }

    fn array<'b>(&'b self, text: impl Fn(&'b T) -> &'b str) -> Array {
        let words: StringArray = self.used.iter().map(|own| Some(text(own))).collect();
        let keys = Int32Array::from(self.keys.clone());
        Ok(Arc::new(DictionaryArray::<Int32Type>::try_new(
            keys,
            Arc::new(words),
        )?))
    }
}

type Array = std::result::Result<ArrayRef, ArrowError>;

impl<'a> Decisions<'a> {
    /// No rows yet; names are those of a book.
    pub(crate) fn of(book: &'a Book) -> Self {
        Self {
            book,
            request: StringBuilder::new(),
            impression: StringBuilder::new(),
            currency: Words::default(),
            profile: Vec::new(),
            eligible: Vec::new(),
            fallen: vec![Vec::new(); Stage::ALL.len()],
            ends: vec![0],
            bids: Bids::default(),
            is_decided: Vec::new(),
            fault: Faults::default(),
        }
    }

    /// Adds what came of an impression.
    pub(crate) fn decided(
        &mut self,
        (request, impression): (&Request, &Impression),
        profile: Option<u32>,
        outcome: &Outcome,
    ) {
        self.request.append_value(&request.id);
        self.impression.append_value(&impression.id);
        self.currency.push(auction_currency(request));
        self.profile.push(profile);
        self.eligible.push(outcome.counts.eligible);
        let fallen = self.fallen.iter_mut().zip(outcome.counts.fallen);
        fallen.for_each(|(column, count)| column.push(count));
        for bid in &outcome.bids {
            self.bids.push(impression, bid);
        }
        self.end(None);
    }

    /// Adds why an impression was not decided.
    pub(crate) fn faulty(
        &mut self,
        request: Option<&str>,
        impression: Option<&str>,
        fault: &Refusal,
    ) {
        self.request.append_option(request);
        self.impression.append_option(impression);
        self.currency.keys.push(None);
        self.profile.push(None);
        self.eligible.push(0);
        self.fallen.iter_mut().for_each(|column| column.push(0));
        self.end(Some(fault));
    }

    fn end(&mut self, fault: Option<&Refusal>) {
        self.ends.push(self.bids.price.len() as i32);
        self.is_decided.push(fault.is_none());
        self.fault.push(fault);
    }

    /// All rows.
    pub(crate) fn batch(self) -> Result<RecordBatch> {
        self.built().map_err(|error| internal(&error))
    }

    fn built(mut self) -> std::result::Result<RecordBatch, ArrowError> {
        let decided = NullBuffer::from(self.is_decided.clone());
        let faulty = NullBuffer::from_iter(self.is_decided.iter().map(|own| !own));
        let none_lacks = decided.null_count() == 0;
        let decided = Some(decided).filter(|_| !none_lacks);
        let eligible = UInt32Array::new(self.eligible.into(), decided.clone());
        let stages = Stage::ALL.iter().zip(self.fallen);
        let fallen = stages.map(|(stage, counts)| -> (&str, ArrayRef) {
            (stage.name(), Arc::new(UInt32Array::from(counts)))
        });
        let bids = self.bids.array(self.book)?;
        let item = Arc::new(Field::new("item", bids.data_type().clone(), false));
        let ends = OffsetBuffer::new(ScalarBuffer::from(self.ends));
        let bids = ListArray::try_new(item, ends, bids, decided.clone())?;
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("request", Arc::new(self.request.finish())),
            ("impression", Arc::new(self.impression.finish())),
            ("currency", self.currency.array(String::as_str)?),
            ("profile", Arc::new(UInt32Array::from(self.profile))),
            ("eligible", Arc::new(eligible)),
            ("fallen", structs(fallen.collect(), decided)?),
            ("bids", Arc::new(bids)),
            ("fault", structs(self.fault.arrays(), Some(faulty))?),
        ];
        let fields = columns.iter();
        let fields = fields.map(|(name, own)| Field::new(*name, own.data_type().clone(), true));
        let schema = Schema::new(fields.collect::<Fields>());
        let columns = columns.into_iter().map(|(_, own)| own).collect();
        RecordBatch::try_new(Arc::new(schema), columns)
    }
}

impl Bids {
    fn push(&mut self, impression: &Impression, bid: &Bid) {
        self.line_item.push(&bid.line_item.0);
        self.creative.push(&bid.creative.0);
        let deal = bid.deal.and_then(|own| impression.deals.get(own as usize));
        self.deal.append_option(deal.map(|own| own.id.as_str()));
        self.price.push(bid.price);
        self.floor.push(bid.floor);
    }

    fn array(mut self, book: &Book) -> Array {
        let line_item = |own: &u32| book.line_items.name(*own).unwrap_or_default();
        let creative = |own: &u32| book.creatives.name(*own).unwrap_or_default();
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("line_item", self.line_item.array(line_item)?),
            ("creative", self.creative.array(creative)?),
            ("deal", Arc::new(self.deal.finish())),
            ("price_micros", Arc::new(Int64Array::from(self.price))),
            ("floor_micros", Arc::new(Int64Array::from(self.floor))),
        ];
        structs(columns, None)
    }
}

impl Faults {
    fn push(&mut self, fault: Option<&Refusal>) {
        self.field.append_option(fault.map(|own| own.field.as_str()));
        self.reason
            .append_option(fault.map(|own| word(own.reason)));
        self.message
            .append_option(fault.map(|own| own.message.as_str()));
    }

    fn arrays(mut self) -> Vec<(&'static str, ArrayRef)> {
        vec![
            ("field", Arc::new(self.field.finish())),
            ("reason", Arc::new(self.reason.finish())),
            ("message", Arc::new(self.message.finish())),
        ]
    }
}

/// A struct of nullable fields.
fn structs(columns: Vec<(&str, ArrayRef)>, present: Option<NullBuffer>) -> Array {
    let fields = columns.iter();
    let fields = fields.map(|(name, own)| Field::new(*name, own.data_type().clone(), true));
    let fields: Fields = fields.collect();
    let columns = columns.into_iter().map(|(_, own)| own).collect();
    Ok(Arc::new(StructArray::try_new(fields, columns, present)?))
}

/// The stable word of a reason, as in reports of batches.
const fn word(reason: Reason) -> &'static str {
    match reason {
        Reason::Missing => "MISSING",
        Reason::WrongType => "WRONG_TYPE",
        Reason::OutOfRange => "OUT_OF_RANGE",
        Reason::Undeclared => "UNDECLARED",
        Reason::NoId => "NO_ID",
        Reason::Future => "FUTURE",
        Reason::TooOld => "TOO_OLD",
        Reason::Conflict => "CONFLICT",
    }
}
