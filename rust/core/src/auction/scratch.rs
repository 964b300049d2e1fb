//! Room that auctions use again, and what is remembered of people.

use std::sync::Arc;

use hashbrown::HashMap;

use super::check::Memo;
use super::decide::Pass;
use super::decision::Bid;
use super::demand::{Members, Open, Task};
use super::price::Exchange;
use super::slot::Passing;
use crate::bitmap::line::{Line, Listing};
use crate::id::LineItemId;

/// Bytes that rows of people may take, unless said otherwise.
const REMEMBERED_BYTES: usize = 64 << 20;
/// Places for people who were seen once.
const SEEN: usize = 4_096;

/// Room for one thread. After the first auctions nothing is allocated any more.
#[derive(Clone, Debug)]
pub struct Scratch {
    /// Rows that are left.
    pub(super) alive: Vec<Line>,
    /// By slot: rows that pass; one more for deals.
    pub(super) rooms: Vec<Vec<Line>>,
    pub(super) passing: Vec<Passing>,
    /// By group of segment clauses.
    pub(super) groups: Vec<Vec<Line>>,
    /// Rows that are looked at one by one.
    pub(super) rows: Vec<u32>,
    /// Rows of which lists are to be looked at.
    pub(super) unsettled: Open,
    /// What of the lists of rows is to be looked at.
    pub(super) tasks: Vec<Task>,
    /// Rows of line items with a creative that fits.
    pub(super) fitting: Vec<Line>,
    /// The segments of the person.
    pub(super) members: Members,
    /// Rows whose segment clauses hold.
    pub(super) passing_person: Vec<Line>,
    /// Lines in which a row is left.
    pub(super) live: Vec<u32>,
    /// Rows of line items whose purposes are not granted.
    pub(super) ungranted: Vec<Line>,
    /// Answers of checks: with the person, and without.
    pub(super) memo: Memo,
    pub(super) memo_of_nobody: Memo,
    /// By look of creatives: which offer it fits.
    pub(super) looks: Vec<Look>,
    /// By look; of no look where all have the same floor.
    pub(super) bars: Vec<Bar>,
    /// Looks that fit, by floor.
    pub(super) by_floor: Vec<(Option<i64>, u32)>,
    /// Rows of line items that may reach the floor of a creative, and those that reach that of each.
    pub(super) reaching: Vec<Line>,
    pub(super) certain: Vec<Line>,
    /// By currency of line items.
    pub(super) exchanges: Vec<Option<Exchange>>,
    /// Bounds of prices and places of line items that are priced only if they can be among the best.
    pub(super) later: Vec<(i64, u32)>,
    /// The best bids on the open market, the best first, and those by deal.
    pub(super) open: Vec<Kept>,
    pub(super) deals: Vec<Option<Bid>>,
    /// By deal of the impression its number; `None` of those that nobody knows or that came before.
    pub(super) offered: Vec<Option<u32>>,
    pub(super) remembered: Remembered,
}

/// A bid on the open market; its creative, and a floor that depends on it, are told when it is known that the bid counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kept {
    pub(super) price: i64,
    /// Its place among bids of one price.
    pub(super) order: u64,
    pub(super) number: LineItemId,
    /// The place of the line item.
    pub(super) place: u32,
}

impl Kept {
    /// Whether it goes before another: as [`Bid::rank`] orders them.
    #[inline]
    pub(super) const fn is_before(&self, other: &Self) -> bool {
        if self.price != other.price {
            return self.price > other.price;
        }
        if self.order != other.order {
            return self.order < other.order;
        }
        self.number.0 < other.number.0
    }
}

/// Whether creatives of a look fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// Nobody asked yet.
    Unknown,
    /// They do not.
    Unfit,
    /// They fit the offer at this place first.
    Fits(u32),
}

/// The floor on the open market for creatives of a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bar {
    /// Nobody asked yet.
    Unknown,
    /// A rate is missing.
    NoRate,
    /// In the currency of the auction.
    Amount(i64),
}

impl Bar {
    /// The floor, as far as somebody asked.
    pub(super) const fn amount(self) -> Option<i64> {
        match self {
            Self::Amount(floor) => Some(floor),
            Self::NoRate | Self::Unknown => None,
        }
    }
}

impl Look {
    /// Of creatives that fit the offer at a place first, or none.
    pub(super) fn of(place: Option<usize>) -> Self {
        place.map_or(Self::Unfit, |place| Self::Fits(place as u32))
    }

    /// The place of the offer that fits, as far as somebody asked.
    pub(super) const fn offer(self) -> Option<u32> {
        match self {
            Self::Fits(place) => Some(place),
            Self::Unfit | Self::Unknown => None,
        }
    }
}

impl Default for Scratch {
    fn default() -> Self {
        Self::new(REMEMBERED_BYTES)
    }
}

impl Scratch {
    /// Room that remembers the rows of people who come again in at most so many bytes.
    pub fn new(remembered_bytes: usize) -> Self {
        Self {
            alive: Vec::new(),
            rooms: Vec::new(),
            passing: Vec::new(),
            groups: Vec::new(),
            rows: Vec::new(),
            unsettled: [const { Vec::new() }; _],
            tasks: Vec::new(),
            fitting: Vec::new(),
            members: Members::default(),
            passing_person: Vec::new(),
            later: Vec::new(),
            live: Vec::new(),
            ungranted: Vec::new(),
            memo: Memo::default(),
            memo_of_nobody: Memo::default(),
            looks: Vec::new(),
            bars: Vec::new(),
            by_floor: Vec::new(),
            reaching: Vec::new(),
            certain: Vec::new(),
            exchanges: Vec::new(),
            open: Vec::new(),
            deals: Vec::new(),
            offered: Vec::new(),
            remembered: Remembered::new(remembered_bytes),
        }
    }
}

impl Scratch {
    /// Makes ready for a decision.
    pub(super) fn start(&mut self, pass: &Pass<'_>) {
        let index = pass.index;
        self.alive.clone_from(&pass.mask.alive);
        self.rooms.resize_with(index.slots.len() + 1, Vec::new);
        self.passing
            .resize_with(index.slots.len(), Passing::default);
        self.memo.clear();
        self.memo_of_nobody.clear();
        self.looks.clear();
        self.looks.resize(index.looks.len(), Look::Unknown);
        self.open.clear();
        self.later.clear();
        self.deals.clear();
        self.deals.resize(pass.impression.deals.len(), None);
        self.remembered.turn_to(&index.identity);
        let segments = pass.viewer.segments().unwrap_or_default();
        self.members.put(segments, &index.ranks);
    }

    /// Forgets the person.
    pub(super) fn end(&mut self) {
        self.members.take();
    }

    /// Lists the lines in which a row is left.
    pub(super) fn list_live(&mut self) {
        let Self { alive, live, .. } = self;
        live.clear();
        live.resize(alive.len(), 0);
        let mut count = 0;
        for (at, line) in alive.iter().enumerate() {
            if let Some(cell) = live.get_mut(count) {
                *cell = at as u32;
            }
            count += usize::from(!line.is_empty());
        }
        live.truncate(count);
    }

    /// Lists the rows that are left, rising.
    pub(super) fn list_rows(&mut self) {
        self.list_live();
        self.list_alive();
    }

    /// Lists the rows that are left in the lines that are listed, rising.
    pub(super) fn list_alive(&mut self) {
        let Self {
            alive, live, rows, ..
        } = self;
        let mut listing = Listing {
            lines: alive,
            live,
            within: None,
            without: None,
            bits: rows,
        };
        listing.run();
    }
}

/// The rows whose segment clauses hold of a person, by key; those that were asked for longest ago are forgotten first.
///
/// Who comes for the first time is only noted: rows are kept of those who come again.
#[derive(Clone, Debug)]
pub(super) struct Remembered {
    bytes: usize,
    /// Of the index that the rows belong to.
    identity: Option<Arc<()>>,
    places: HashMap<u64, usize>,
    entries: Vec<Entry>,
    /// Where the search for the next to forget goes on.
    hand: usize,
    seen: Vec<u64>,
}

#[derive(Clone, Debug, Default)]
struct Entry {
    key: u64,
    lines: Vec<Line>,
    /// Asked for since the hand came by.
    is_fresh: bool,
}

impl Remembered {
    fn new(bytes: usize) -> Self {
        Self {
            bytes,
            identity: None,
            places: HashMap::new(),
            entries: Vec::new(),
            hand: 0,
            seen: vec![0; SEEN],
        }
    }

    /// Forgets everything when the index is another one.
    pub(super) fn turn_to(&mut self, index: &Arc<()>) {
        if !self
            .identity
            .as_ref()
            .is_some_and(|own| Arc::ptr_eq(own, index))
        {
            *self = Self::new(self.bytes);
            self.identity = Some(Arc::clone(index));
        }
    }

    /// The rows of a person.
    pub(super) fn get(&mut self, key: u64) -> Option<&[Line]> {
        let entry = self.entries.get_mut(*self.places.get(&key)?)?;
        entry.is_fresh = true;
        Some(&entry.lines)
    }

    /// Whether the person was seen before, and lately.
    pub(super) fn comes_again(&mut self, key: u64) -> bool {
        let place = (key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 52) as usize;
        // Zero stands for nobody.
        let seen = self.seen.get_mut(place);
        seen.is_some_and(|seen| std::mem::replace(seen, key | 1 << 63) == key | 1 << 63)
    }

    /// Room for the rows of a person, in which the rows of another may lie; `None` when there is none at all.
    pub(super) fn room(&mut self, key: u64, width: usize) -> Option<&mut Vec<Line>> {
        let most = self.bytes / (width * size_of::<Line>()).max(1);
        let place = if self.entries.len() < most {
            self.entries.push(Entry::default());
            self.entries.len() - 1
        } else {
            self.stalest()?
        };
        let entry = self.entries.get_mut(place)?;
        self.places.remove(&entry.key);
        self.places.insert(key, place);
        entry.key = key;
        entry.is_fresh = true;
        Some(&mut entry.lines)
    }

    /// The next entry that was not asked for since the hand came by (the clock algorithm, Corbato 1968).
    fn stalest(&mut self) -> Option<usize> {
        for _ in 0..=2 * self.entries.len() {
            self.hand = (self.hand + 1) % self.entries.len().max(1);
            let entry = self.entries.get_mut(self.hand)?;
            if !std::mem::take(&mut entry.is_fresh) {
                return Some(self.hand);
            }
        }
        None
    }
}
