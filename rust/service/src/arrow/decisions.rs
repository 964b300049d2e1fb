//! Decisions as a record batch, one row for each impression.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
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
use treffer_core::auction::key::Key;
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
    currency: Currencies,
    profile: Vec<Option<u32>>,
    eligible: Vec<u32>,
    /// Row after row, stage after stage.
    fallen: Vec<u32>,
    /// Where the bids of each row end.
    ends: Vec<i32>,
    bids: Bids,
    /// Keys of bids and, row by row, bids that were left out; none where nothing is reserved.
    reserved: Option<Reserved>,
    is_decided: Vec<bool>,
    faults: Vec<Refusal>,
}

/// Bids of all rows, end to end.
#[derive(Default)]
struct Bids {
    line_item: Names,
    creative: Names,
    deal: StringBuilder,
    price: Vec<i64>,
    floor: Vec<i64>,
}

/// What became of bids that were to be reserved.
#[derive(Default)]
struct Reserved {
    keys: StringBuilder,
    left_out: Vec<u32>,
}

/// A dictionary of the numbers that were used, in the order of first use, and what each row has of it.
#[derive(Default)]
struct Names {
    places: HashMap<u32, i32, BuildHasherDefault<Spread>>,
    used: Vec<u32>,
    keys: Vec<i32>,
}

/// Hashes dense numbers, which nobody outside chooses, with one multiplication.
#[derive(Default)]
struct Spread(u64);

/// Currencies, few and mostly the same as in the row before.
#[derive(Default)]
struct Currencies {
    used: Vec<String>,
    keys: Vec<Option<i32>>,
}

type Array = std::result::Result<ArrayRef, ArrowError>;

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|own| self.write_u32((*own).into()));
    }

    fn write_u32(&mut self, number: u32) {
        self.0 = (self.0 ^ u64::from(number)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 ^= self.0 >> 32;
    }
}

impl Names {
    fn push(&mut self, number: u32) {
        let next = self.used.len() as i32;
        let place = *self.places.entry(number).or_insert(next);
        if place == next {
            self.used.push(number);
        }
        self.keys.push(place);
    }

    fn array<'b>(self, name: impl Fn(u32) -> Option<&'b str>) -> Array {
        let words = self.used.iter();
        let words = words.map(|own| Some(name(*own).unwrap_or_default()));
        dictionary(words.collect(), Int32Array::from(self.keys))
    }
}

impl Currencies {
    fn push(&mut self, code: &str) {
        let found = self.used.iter().position(|own| own == code);
        let place = found.unwrap_or_else(|| {
            self.used.push(code.to_owned());
            self.used.len() - 1
        });
        self.keys.push(Some(place as i32));
    }

    fn array(self) -> Array {
        let words = self.used.iter().map(Some);
        dictionary(words.collect(), Int32Array::from(self.keys))
    }
}

fn dictionary(words: StringArray, keys: Int32Array) -> Array {
    let words = Arc::new(words);
    Ok(Arc::new(DictionaryArray::<Int32Type>::try_new(
        keys, words,
    )?))
}

impl<'a> Decisions<'a> {
    /// No rows yet; names are those of a book. Those of bids that are reserved tell their keys.
    pub(crate) fn of(book: &'a Book, reserves: bool) -> Self {
        Self {
            book,
            request: StringBuilder::new(),
            impression: StringBuilder::new(),
            currency: Currencies::default(),
            profile: Vec::new(),
            eligible: Vec::new(),
            fallen: Vec::new(),
            ends: vec![0],
            bids: Bids::default(),
            reserved: reserves.then(Reserved::default),
            is_decided: Vec::new(),
            faults: Vec::new(),
        }
    }

    /// Adds what came of an impression, after so many bids were left out since they were not reserved.
    pub(crate) fn decided(
        &mut self,
        (request, impression): (&Request, &Impression),
        profile: Option<u32>,
        outcome: &Outcome,
        unreserved: usize,
    ) {
        self.request.append_value(&request.id);
        self.impression.append_value(&impression.id);
        self.currency.push(auction_currency(self.book, request));
        self.profile.push(profile);
        self.eligible.push(outcome.counts.eligible);
        self.fallen.extend_from_slice(&outcome.counts.fallen);
        for bid in &outcome.bids {
            self.bids.push(impression, bid);
        }
        if let Some(own) = &mut self.reserved {
            own.left_out.push(unreserved as u32);
            for bid in &outcome.bids {
                let key =
                    (!request.test).then(|| Key::of_bid(self.book, (request, impression), bid));
                own.keys.append_option(key.map(|own| own.to_string()));
            }
        }
        self.end(true);
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
        self.fallen.extend_from_slice(&[0; Stage::ALL.len()]);
        self.faults.push(fault.clone());
        if let Some(own) = &mut self.reserved {
            own.left_out.push(0);
        }
        self.end(false);
    }

    fn end(&mut self, is_decided: bool) {
        self.ends.push(self.bids.price.len() as i32);
        self.is_decided.push(is_decided);
    }

    /// All rows.
    pub(crate) fn batch(self) -> Result<RecordBatch> {
        self.built().map_err(|error| internal(&error))
    }

    fn built(mut self) -> std::result::Result<RecordBatch, ArrowError> {
        let fault = self.faults();
        let decided = NullBuffer::from(self.is_decided.clone());
        let faulty = self.is_decided.iter().map(|own| !own).collect();
        let none_lacks = decided.null_count() == 0;
        let decided = Some(decided).filter(|_| !none_lacks);
        let eligible = UInt32Array::new(self.eligible.into(), decided.clone());
        let stages = Stage::ALL.iter().enumerate();
        let fallen = stages.map(|(place, stage)| -> (&str, ArrayRef) {
            let counts = self.fallen.iter().skip(place).step_by(Stage::ALL.len());
            let counts = counts.copied().collect::<Vec<_>>();
            (stage.name(), Arc::new(UInt32Array::from(counts)))
        });
        let fallen = structs(fallen.collect(), decided.clone())?;
        let (keys, left_out) = self.reserved.map(|own| (own.keys, own.left_out)).unzip();
        let bids = self.bids.array(self.book, keys)?;
        let item = Arc::new(Field::new("item", bids.data_type().clone(), false));
        let ends = OffsetBuffer::new(ScalarBuffer::from(self.ends));
        let bids = ListArray::try_new(item, ends, bids, decided.clone())?;
        let mut columns: Vec<(&str, ArrayRef)> = vec![
            ("request", Arc::new(self.request.finish())),
            ("impression", Arc::new(self.impression.finish())),
            ("currency", self.currency.array()?),
            ("profile", Arc::new(UInt32Array::from(self.profile))),
            ("eligible", Arc::new(eligible)),
            ("fallen", fallen),
            ("bids", Arc::new(bids)),
            ("fault", structs(fault, Some(faulty))?),
        ];
        if let Some(own) = left_out {
            let own = UInt32Array::new(own.into(), decided);
            columns.push(("unreserved", Arc::new(own)));
        }
        let fields = columns.iter();
        let fields = fields.map(|(name, own)| Field::new(*name, own.data_type().clone(), true));
        let schema = Schema::new(fields.collect::<Fields>());
        let columns = columns.into_iter().map(|(_, own)| own).collect();
        RecordBatch::try_new(Arc::new(schema), columns)
    }
}

impl Decisions<'_> {
    /// What is wrong with each row.
    fn faults(&self) -> Vec<(&'static str, ArrayRef)> {
        let each = |told: &dyn Fn(&Refusal) -> &str| -> ArrayRef {
            if self.faults.is_empty() {
                return Arc::new(StringArray::new_null(self.is_decided.len()));
            }
            let mut faults = self.faults.iter();
            let rows = self.is_decided.iter();
            let rows = rows.map(|own| if *own { None } else { faults.next() });
            Arc::new(rows.map(|own| own.map(told)).collect::<StringArray>())
        };
        vec![
            ("field", each(&|own| &own.field)),
            ("reason", each(&|own| word(own.reason))),
            ("message", each(&|own| &own.message)),
        ]
    }
}

impl Bids {
    fn push(&mut self, impression: &Impression, bid: &Bid) {
        self.line_item.push(bid.line_item.0);
        self.creative.push(bid.creative.0);
        let deal = bid.deal.and_then(|own| impression.deals.get(own as usize));
        self.deal.append_option(deal.map(|own| own.id.as_str()));
        self.price.push(bid.price);
        self.floor.push(bid.floor);
    }

    fn array(mut self, book: &Book, keys: Option<StringBuilder>) -> Array {
        let mut columns: Vec<(&str, ArrayRef)> = vec![
            (
                "line_item",
                self.line_item.array(|own| book.line_items.name(own))?,
            ),
            (
                "creative",
                self.creative.array(|own| book.creatives.name(own))?,
            ),
            ("deal", Arc::new(self.deal.finish())),
            ("price_micros", Arc::new(Int64Array::from(self.price))),
            ("floor_micros", Arc::new(Int64Array::from(self.floor))),
        ];
        if let Some(mut own) = keys {
            columns.push(("reservation", Arc::new(own.finish())));
        }
        structs(columns, None)
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
