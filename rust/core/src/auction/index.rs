//! The index over the rows of all line items: an immutable snapshot of the book.

use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::HashMap;

use super::cap::CapKey;
use super::check::Checks;
use super::code::Code;
use super::creative::CreativeDefinition;
use super::demand::{Demands, Ranks};
use super::face::Face;
use super::level::Levels;
use super::membership::Memberships;
use super::posting::Postings;
use super::price::Factor;
use super::reason::{STAGES, Stage};
use super::slot::Slot;
use super::terms::AllTerms;
use crate::bitmap::line::Line;
use crate::catalog::Catalog;
use crate::id::{AdvertiserId, CreativeId, LineItemId};

/// No number.
pub(super) const NONE: u32 = u32::MAX;

/// What auctions are decided with; built from a catalog, and good for as long as the book has its version.
///
/// Line items are cut into rows, conjunctions of clauses. Rows that look at the same places lie together, those of one line
/// item always do, within one word.
#[derive(Clone, Debug)]
pub struct Index {
    /// Shared by clones and by nothing else.
    pub(super) identity: Arc<()>,
    /// What it was built from.
    pub(super) catalog: Catalog,
    /// Lines of 512 rows.
    pub(super) width: usize,
    /// By row, those that there are not among them.
    pub(super) glances: Vec<Glance>,
    /// By row the line item; where there is none, a number that no line item has.
    pub(super) numbers: Vec<LineItemId>,
    /// The last row of each line item, and every row that there is not; `None` when all line items have one row.
    pub(super) ends: Option<Vec<Line>>,
    /// Line items, in order of their rows.
    pub(super) items: Vec<Indexed>,
    /// By number of a line item: its place; [`NONE`] of those that were archived.
    pub(super) places: Vec<u32>,
    /// Clauses on the context, in order of stages.
    pub(super) slots: Vec<Slot>,
    /// The rows before they were put into slots: what an index of a later book takes from this one.
    pub(super) code: Arc<Code>,
    /// Clauses on segments, by segment.
    pub(super) segments: Memberships,
    /// The same by row.
    pub(super) demands: Demands,
    pub(super) ranks: Ranks,
    /// Rows of line items that bid on the open market alone, and in the first currency.
    pub(super) plain: Vec<Line>,
    /// Whether all do.
    pub(super) all_plain: bool,
    /// Plain ones by [`Indexed::high`].
    pub(super) most: Levels,
    /// The same by [`Indexed::low`].
    pub(super) least: Levels,
    /// By look: rows of line items with such a creative.
    pub(super) showing: Postings,
    /// Whether all line items have creatives.
    pub(super) all_show: bool,
    pub(super) checks: Checks,
    /// By stage: rows that are looked at one by one.
    pub(super) checked: [Checked; STAGES],
    /// Rows that cannot hold unless something is known of the person.
    pub(super) needs_person: Vec<Line>,
    /// Rows of line items with caps.
    pub(super) capped: Vec<Line>,
    /// Rows of line items that bid on the open market.
    pub(super) open: Vec<Line>,
    /// Whether all do.
    pub(super) all_open: bool,
    /// By number of a deal.
    pub(super) deals: Postings,
    /// By number of an advertiser.
    pub(super) advertisers: Postings,
    pub(super) caps: HashMap<CapKey, u32>,
    pub(super) capped_by: Postings,
    /// By TCF purpose: rows of line items that need it.
    pub(super) purposes: BTreeMap<u8, Vec<Line>>,
    pub(super) blocks: Blocks,
    /// Modifiers of line items, see [`Indexed::modifiers`].
    pub(super) modifiers: Vec<Modifying>,
    /// What pricing asks, by place of a line item.
    pub(super) terms: AllTerms,
    /// What line items show, see [`Indexed::shows`].
    pub(super) shown: Vec<Shown>,
    /// How a creative looks to a request: without its name, and with weight 0 or 1.
    pub(super) looks: Vec<CreativeDefinition>,
    /// The same at a glance.
    pub(super) faces: Vec<Face>,
    /// By [`Indexed::currency`].
    pub(super) currencies: Vec<String>,
}

/// A line item, on a cache line of its own.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(super) struct Indexed {
    /// No bid is lower, in its own currency.
    pub(super) low: i64,
    /// No bid is higher.
    pub(super) high: i64,
    pub(super) number: LineItemId,
    /// Its first row.
    pub(super) start: u32,
    /// How many rows it has.
    pub(super) rows: u16,
    pub(super) currency: u16,
    /// Before modifiers.
    pub(super) base: i64,
    pub(super) maximum: i64,
    /// Its modifiers in [`Index::modifiers`].
    pub(super) modifiers: u32,
    pub(super) modifiers_len: u16,
    /// Its creatives in [`Index::shown`], those that follow each other.
    pub(super) shows: u32,
    pub(super) creatives: u16,
    pub(super) is_open: bool,
    pub(super) has_deals: bool,
}

/// A modifier: those of one group follow each other, the largest factor first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Modifying {
    pub(super) factor: Factor,
    /// The place of a segment, see [`Ranks`], or the number of a check.
    pub(super) number: u32,
    pub(super) group: u8,
    pub(super) is_segment: bool,
}

/// A creative of a line item.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown {
    pub(super) id: CreativeId,
    pub(super) look: u32,
    pub(super) weight: u32,
}

/// What most survivors are judged by: small, so that many lie in the nearest cache.
#[derive(Clone, Copy, Debug)]
pub(super) struct Glance {
    /// The place of the line item; [`NONE`] where there is no row.
    pub(super) place: u32,
    /// As [`Indexed::low`] and [`Indexed::high`].
    pub(super) low: u32,
    pub(super) high: u32,
    /// The look of its first creative; [`NONE`]: a glance does not tell.
    pub(super) look: u32,
}

impl Indexed {
    /// One that bids nothing.
    #[cfg(test)]
    pub(super) const NOTHING: Self = Self {
        low: 0,
        high: 0,
        number: LineItemId(0),
        start: 0,
        rows: 0,
        currency: 0,
        base: 0,
        maximum: 0,
        modifiers: 0,
        modifiers_len: 0,
        shows: 0,
        creatives: 0,
        is_open: false,
        has_deals: false,
    };

    /// Whether it bids on the open market alone, and in the first currency.
    pub(super) const fn is_plain(&self) -> bool {
        self.is_open && !self.has_deals && self.currency == 0
    }

    /// Its own of the modifiers of all.
    pub(super) fn modifiers<'a>(&self, all: &'a [Modifying]) -> &'a [Modifying] {
        let start = self.modifiers as usize;
        let own = all.get(start..start + usize::from(self.modifiers_len));
        own.unwrap_or_default()
    }
}

impl Glance {
    /// Where there is no row.
    pub(super) const NOTHING: Self = Self {
        place: NONE,
        low: 0,
        high: 0,
        look: NONE,
    };
}

/// Rows that are looked at one by one.
#[derive(Clone, Debug, Default)]
pub(super) struct Checked {
    /// Row and check, rising.
    pub(super) pairs: Vec<(u32, u32)>,
    /// By line where its pairs begin; one more at the end.
    pub(super) starts: Vec<u32>,
}

/// Which advertisers a block list can name.
#[derive(Clone, Debug, Default)]
pub(super) struct Blocks {
    pub(super) domains: HashMap<String, Vec<AdvertiserId>>,
    pub(super) bundles: HashMap<String, Vec<AdvertiserId>>,
    pub(super) categories: BTreeMap<String, Vec<AdvertiserId>>,
}

impl Index {
    /// The version of the book that it was built from.
    pub fn version(&self) -> u64 {
        self.catalog.book().version
    }

    /// What it was built from; an index built from it again decides the same.
    pub const fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// How many line items it has.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// How many rows they have.
    pub fn rows(&self) -> usize {
        self.items.iter().map(|item| usize::from(item.rows)).sum()
    }

    /// Bytes on the heap, without the catalog and what conditions of checks hold.
    pub fn heap_bytes(&self) -> usize {
        let slots: usize = self.slots.iter().map(Slot::heap_bytes).sum();
        let checked: usize = self.checked.iter().map(Checked::heap_bytes).sum();
        let lines = 5 + self.purposes.len();
        slots
            + self.segments.heap_bytes()
            + self.demands.heap_bytes()
            + self.ranks.heap_bytes()
            + self.most.heap_bytes()
            + self.least.heap_bytes()
            + self.showing.heap_bytes()
            + checked
            + self.checks.heap_bytes()
            + lines * self.width * size_of::<Line>()
            + 4 * (self.places.len() + self.numbers.len())
            + size_of::<Glance>() * self.glances.len()
            + self.items.len() * size_of::<Indexed>()
            + self.terms.heap_bytes()
            + self.deals.heap_bytes()
            + self.advertisers.heap_bytes()
            + self.code.heap_bytes()
            + self.capped_by.heap_bytes()
    }

    /// The line item that a row is of.
    #[inline]
    pub(super) fn owner(&self, row: u32) -> Option<(u32, &Indexed)> {
        let place = self.glances.get(row as usize)?.place;
        Some((place, self.items.get(place as usize)?))
    }

    /// The checks of a stage.
    pub(super) fn checked(&self, stage: Stage) -> Option<&Checked> {
        let checked = self.checked.get(stage.index())?;
        (!checked.pairs.is_empty()).then_some(checked)
    }
}

impl Checked {
    /// The pairs of a line.
    pub(super) fn of(&self, line: usize) -> &[(u32, u32)] {
        let bounds = (self.starts.get(line), self.starts.get(line + 1));
        let (Some(start), Some(end)) = bounds else {
            return &[];
        };
        self.pairs
            .get(*start as usize..*end as usize)
            .unwrap_or_default()
    }

    const fn heap_bytes(&self) -> usize {
        self.pairs.capacity() * 8 + self.starts.capacity() * 4
    }
}
