//! What rows ask of the segments of a person, row by row: for requests that leave few rows.
//!
//! Segments that are asked for have places, the most popular first. The first 63 are one word of every row, and one of the person, so
//! that an and or two settle most rows; what is left walks its lists.

use super::code::{Code, CodedClause, CodedRow, Subject};
use super::posting::clear;
use crate::bitmap::line::Line;
use crate::id::SegmentId;

/// The place that everybody is in, and no segment has: the last of the first word.
const EVERYBODY: u32 = 63;
/// No place, and no list.
const NOTHING: u32 = u32::MAX;
/// Members that are looked at together.
const TOGETHER: usize = 8;

/// By segment its place among those that are asked for, the most popular first.
#[derive(Clone, Debug, Default)]
pub(super) struct Ranks {
    places: Vec<u32>,
    /// How many places there are.
    len: u32,
}

/// By row the segments that it asks for.
#[derive(Clone, Debug, Default)]
pub(super) struct Demands {
    glimpses: Vec<Glimpse>,
    /// A demand: how many groups, then of each group and of those that must not be: how many, and which places.
    words: Vec<u32>,
}

/// What the most popular segments tell of a row.
#[derive(Clone, Copy, Debug)]
struct Glimpse {
    /// Of the first two groups: their popular members; everybody where there is no group.
    any: [u64; 2],
    /// Popular segments that must not be.
    none: u64,
    /// Where its words begin.
    start: u32,
    /// Whether the first group has members that are not popular, whether the second has, and whether anything else has.
    has_more: [bool; 3],
}

/// The segments of a person, one bit each by place.
#[derive(Clone, Debug, Default)]
pub(super) struct Members {
    bits: Vec<u64>,
    given: Vec<u32>,
}

impl Ranks {
    /// The places of all segments that clauses or modifiers name.
    pub(super) fn of(code: &Code, modifying: &[u32], segments: usize) -> Self {
        let mut popularity = vec![0_u32; segments];
        let clauses = code.clauses.iter();
        let clauses = clauses.filter(|own| own.subject == Subject::Segments);
        let named = clauses.flat_map(|own| [code.codes(&own.add), code.codes(&own.sub)]);
        for segment in named.flatten().chain(modifying) {
            if let Some(count) = popularity.get_mut(*segment as usize) {
                *count += 1;
            }
        }
        let named = (0..).zip(&popularity).filter(|(_, count)| **count > 0);
        let mut order: Vec<(u32, u32)> = named.map(|(own, count)| (*count, own)).collect();
        order.sort_unstable_by_key(|(count, own)| (std::cmp::Reverse(*count), *own));
        let mut ranks = Self {
            places: vec![NOTHING; segments],
            len: 0,
        };
        for (_, segment) in order {
            if ranks.len == EVERYBODY {
                ranks.len += 1;
            }
            if let Some(place) = ranks.places.get_mut(segment as usize) {
                *place = ranks.len;
                ranks.len += 1;
            }
        }
        ranks
    }

    /// The place of a segment; `None`: nobody asks for it.
    pub(super) fn place(&self, segment: SegmentId) -> Option<u32> {
        let place = self.places.get(segment.index()).copied();
        place.filter(|own| *own != NOTHING)
    }

    /// Bytes on the heap.
    pub(super) const fn heap_bytes(&self) -> usize {
        4 * self.places.capacity()
    }
}

impl Glimpse {
    /// Of a row that asks nothing.
    const NOTHING: Self = Self {
        any: [1 << EVERYBODY; 2],
        none: 0,
        start: NOTHING,
        has_more: [false; 3],
    };

    /// Whether a row fails for sure, and whether it may fail or hold.
    #[inline]
    const fn look(&self, popular: u64) -> (bool, bool) {
        let [first, second] = self.any;
        let [first_more, second_more, more] = self.has_more;
        let (no_first, no_second) = (first & popular == 0, second & popular == 0);
        let fails =
            (self.none & popular != 0) | (no_first & !first_more) | (no_second & !second_more);
        (fails, !fails & (no_first | no_second | more))
    }
}

impl Demands {
    /// No demands of `rows` rows.
    pub(super) fn of_none(rows: usize) -> Self {
        Self {
            glimpses: vec![Glimpse::NOTHING; rows],
            words: Vec::new(),
        }
    }

    /// Takes the demand of a row; what is asked for most goes first, so that a look finds it early.
    pub(super) fn push(&mut self, code: &Code, row: &CodedRow, at: u32, ranks: &Ranks) {
        let asks = |own: &&CodedClause| own.subject == Subject::Segments;
        let clauses = code.clauses_of(row).iter().filter(asks);
        let Some(glimpse) = self
            .glimpses
            .get_mut(at as usize)
            .filter(|_| clauses.clone().next().is_some())
        else {
            return;
        };
        glimpse.start = self.words.len() as u32;
        let groups = clauses.clone().filter(|own| !own.present);
        self.words.push(groups.clone().count() as u32);
        for (number, group) in groups.enumerate() {
            let wanted = code.codes(&group.add).iter();
            let (popular, more) = list(&mut self.words, wanted, ranks);
            match (
                glimpse.any.get_mut(number),
                glimpse.has_more.get_mut(number),
            ) {
                (Some(any), Some(has_more)) => (*any, *has_more) = (popular, more),
                _ => glimpse.has_more[2] = true,
            }
        }
        let unwanted = clauses.flat_map(|own| code.codes(&own.sub));
        let (popular, more) = list(&mut self.words, unwanted, ranks);
        glimpse.none = popular;
        glimpse.has_more[2] |= more;
    }

    /// Takes away the rows named whose demand a person does not meet; `unsure` is room.
    pub(super) fn narrow(
        &self,
        rows: &[u32],
        alive: &mut [Line],
        members: &Members,
        unsure: &mut Vec<u32>,
    ) {
        let popular = members.bits.first().copied().unwrap_or(0);
        unsure.clear();
        unsure.resize(rows.len(), 0);
        let mut left = 0;
        // No branch depends on a row, so that many are on their way at once.
        for row in rows {
            let glimpse = self.glimpses.get(*row as usize);
            let (fails, is_unsure) = glimpse.map_or((false, false), |own| own.look(popular));
            if let Some(line) = alive.get_mut(*row as usize / 512) {
                line.0[*row as usize / 64 % 8] &= !(u64::from(fails) << (row % 64));
            }
            if let Some(cell) = unsure.get_mut(left) {
                *cell = *row;
            }
            left += usize::from(is_unsure);
        }
        unsure.truncate(left);
        // Brings near what is looked at next.
        std::hint::black_box(unsure.iter().fold(0, |all, row| all ^ self.near(*row)));
        for row in unsure.iter().filter(|row| !self.are_met(**row, members)) {
            clear(alive, *row);
        }
    }

    fn start(&self, row: u32) -> usize {
        let glimpse = self.glimpses.get(row as usize);
        glimpse.map_or(NOTHING, |own| own.start) as usize
    }

    fn near(&self, row: u32) -> u32 {
        self.words.get(self.start(row)).copied().unwrap_or(0)
    }

    /// Whether a person meets the demand of a row.
    #[inline]
    fn are_met(&self, row: u32, members: &Members) -> bool {
        let words = self.words.get(self.start(row)..).unwrap_or_default();
        let Some((groups, mut words)) = words.split_first() else {
            return true;
        };
        for _ in 0..*groups {
            let Some((group, rest)) = next(words) else {
                return false;
            };
            if !members.has_one(group) {
                return false;
            }
            words = rest;
        }
        next(words).is_none_or(|(unwanted, _)| !members.has_one(unwanted))
    }

    /// Bytes on the heap.
    pub(super) const fn heap_bytes(&self) -> usize {
        size_of::<Glimpse>() * self.glimpses.capacity() + 4 * self.words.capacity()
    }
}

/// Appends the places of segments, with their number before them; the popular ones as bits, and whether there are others.
fn list<'a>(
    words: &mut Vec<u32>,
    segments: impl Iterator<Item = &'a u32>,
    ranks: &Ranks,
) -> (u64, bool) {
    let start = words.len();
    words.push(0);
    words.extend(segments.filter_map(|own| ranks.place(SegmentId(*own))));
    let Some((len, places)) = words.get_mut(start..).and_then(<[u32]>::split_first_mut) else {
        return (0, false);
    };
    *len = places.len() as u32;
    places.sort_unstable();
    let popular = places.iter().take_while(|own| **own < EVERYBODY);
    let bits = popular.fold(0, |bits, own| bits | 1 << own);
    (bits, places.last().is_some_and(|own| *own > EVERYBODY))
}

/// A list with its length before it, and what follows.
#[inline]
fn next(words: &[u32]) -> Option<(&[u32], &[u32])> {
    let (len, rest) = words.split_first()?;
    rest.split_at_checked(*len as usize)
}

impl Members {
    /// Takes these segments in.
    pub(super) fn put(&mut self, segments: &[SegmentId], ranks: &Ranks) {
        let words = (ranks.len as usize).div_ceil(64).max(1);
        self.bits.resize(words, 0);
        self.given.clear();
        self.given.push(EVERYBODY);
        let places = segments.iter().filter_map(|own| ranks.place(*own));
        self.given.extend(places);
        for place in &self.given {
            if let Some(word) = self.bits.get_mut(*place as usize / 64) {
                *word |= 1 << (place % 64);
            }
        }
    }

    /// Takes them out again.
    pub(super) fn take(&mut self) {
        for place in self.given.drain(..) {
            if let Some(word) = self.bits.get_mut(place as usize / 64) {
                *word = 0;
            }
        }
    }

    /// Whether the segment at a place is among them.
    #[inline]
    pub(super) fn has(&self, place: u32) -> bool {
        self.bit(place) == 1
    }

    #[inline]
    fn bit(&self, place: u32) -> u64 {
        let word = self.bits.get(place as usize / 64).copied().unwrap_or(0);
        word >> (place % 64) & 1
    }

    /// Whether one of these is among them.
    #[inline]
    fn has_one(&self, places: &[u32]) -> bool {
        let has_one = |some: &[u32]| some.iter().fold(0, |all, own| all | self.bit(*own)) == 1;
        places.chunks(TOGETHER).any(has_one)
    }
}
