//! What rows ask of the segments of a person, row by row: for requests that leave few rows.
//!
//! Segments that are asked for have places, the most popular first. The first 30 are one word of every row, and one of the person, so
//! that an and or two settle most rows; what is left walks its lists.

use super::code::{Code, CodedClause, CodedRow, Subject};
use super::posting::clear;
use crate::bitmap::line::Line;
use crate::id::SegmentId;

/// Places of popular segments.
const POPULAR: u32 = 30;
/// In the word of a list: it has other segments too. The place is nobody's.
const MORE: u32 = 1 << 30;
/// In the word of a list that is not there, and in that of every person. The place is nobody's.
const EVERYBODY: u32 = 31;
/// Places that are nobody's.
const NOBODYS: u32 = 2;
/// No place, and no list.
const NOTHING: u32 = u32::MAX;
/// How far into a demand the line lies where most end.
const MIDDLE: usize = 24;
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
    words: Words,
}

/// A demand: how many groups, then of each group and of those that must not be: how many, and which places. What a glimpse has is
/// left out.
#[derive(Clone, Debug)]
enum Words {
    Narrow(Vec<u16>),
    Wide(Vec<u32>),
}

/// What the most popular segments tell of a row: four of these share a cache line.
#[derive(Clone, Copy, Debug)]
#[repr(align(16))]
struct Glimpse {
    /// Of the first two groups the popular members, and whether there are others.
    any: [u32; 2],
    /// Popular segments that must not be, and whether anything else is asked.
    none: u32,
    /// Where its words begin.
    start: u32,
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
            if ranks.len == POPULAR {
                ranks.len += NOBODYS;
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
    };

    /// Whether a row fails for sure, and whether it may fail or hold.
    #[inline]
    #[expect(
        clippy::needless_bitwise_bool,
        reason = "a branch for each row is what it is there to avoid"
    )]
    const fn look(&self, popular: u32) -> (bool, bool) {
        let [first, second] = self.any;
        let (no_first, no_second) = (first & popular == 0, second & popular == 0);
        let fails = (self.none & popular != 0)
            | (no_first & (first & MORE == 0))
            | (no_second & (second & MORE == 0));
        (
            fails,
            !fails & (no_first | no_second | (self.none & MORE != 0)),
        )
    }
}

impl Default for Words {
    fn default() -> Self {
        Self::Wide(Vec::new())
    }
}

impl Demands {
    /// No demands of `rows` rows.
    pub(super) fn of_none(rows: usize) -> Self {
        Self {
            glimpses: vec![Glimpse::NOTHING; rows],
            words: Words::default(),
        }
    }

    /// Takes the demand of a row; what is asked for most goes first, so that a look finds it early.
    pub(super) fn push(&mut self, code: &Code, row: &CodedRow, at: u32, ranks: &Ranks) {
        let asks = |own: &&CodedClause| own.subject == Subject::Segments;
        let clauses = code.clauses_of(row).iter().filter(asks);
        let is_asked = clauses.clone().next().is_some();
        let glimpse = self.glimpses.get_mut(at as usize).filter(|_| is_asked);
        let (Some(glimpse), Words::Wide(words)) = (glimpse, &mut self.words) else {
            return;
        };
        glimpse.start = words.len() as u32;
        let groups = clauses.clone().filter(|own| !own.present);
        words.push(groups.clone().count() as u32);
        let mut has_more = 0;
        for (number, group) in groups.enumerate() {
            let wanted = code.codes(&group.add).iter();
            if let Some(any) = glimpse.any.get_mut(number) {
                *any = list(words, wanted, ranks, POPULAR);
            } else {
                list(words, wanted, ranks, 0);
                has_more = MORE;
            }
        }
        let unwanted = clauses.flat_map(|own| code.codes(&own.sub));
        glimpse.none = list(words, unwanted, ranks, POPULAR) | has_more;
    }

    /// Makes lists small when all have been taken.
    pub(super) fn pack(&mut self, ranks: &Ranks) {
        if let Words::Wide(words) = &self.words
            && u16::try_from(ranks.len).is_ok()
        {
            // A list has no more than there are places.
            self.words = Words::Narrow(words.iter().map(|own| *own as u16).collect());
        }
    }

    /// Takes away the rows named whose demand a person does not meet; `unsure` is room.
    pub(super) fn narrow(
        &self,
        rows: &[u32],
        alive: &mut [Line],
        members: &Members,
        unsure: &mut Vec<u32>,
    ) {
        let popular = members.popular();
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
        match &self.words {
            Words::Narrow(words) => self.walk(words, unsure, alive, members),
            Words::Wide(words) => self.walk(words, unsure, alive, members),
        }
    }

    /// Takes away the rows whose lists fail.
    fn walk<T: Copy + Into<u32>>(
        &self,
        words: &[T],
        rows: &[u32],
        alive: &mut [Line],
        members: &Members,
    ) {
        let popular = members.popular();
        let demands = rows.iter().filter_map(|row| {
            let glimpse = self.glimpses.get(*row as usize)?;
            Some((*row, glimpse, words.get(glimpse.start as usize..)?))
        });
        // Brings near what is looked at next: where a demand begins, and where most end.
        let near = |own: &[T], at: usize| own.get(at).map_or(0, |own| (*own).into());
        let all = demands
            .clone()
            .map(|(_, _, own)| near(own, 0) ^ near(own, MIDDLE));
        std::hint::black_box(all.fold(0, |all, own| all ^ own));
        for (row, glimpse, demand) in demands {
            let met = glimpse.any.map(|own| own & popular != 0);
            if !are_met(demand, met, members) {
                clear(alive, row);
            }
        }
    }

    /// Bytes on the heap.
    pub(super) const fn heap_bytes(&self) -> usize {
        let words = match &self.words {
            Words::Narrow(words) => 2 * words.capacity(),
            Words::Wide(words) => 4 * words.capacity(),
        };
        size_of::<Glimpse>() * self.glimpses.capacity() + words
    }
}

/// Whether a person meets a demand, of which the first groups may be met by popular segments.
#[inline]
fn are_met<T: Copy + Into<u32>>(words: &[T], met: [bool; 2], members: &Members) -> bool {
    let Some((groups, mut words)) = words.split_first() else {
        return true;
    };
    let mut met = met.into_iter();
    for _ in 0..(*groups).into() {
        let Some((group, rest)) = next(words) else {
            return false;
        };
        if !met.next().unwrap_or(false) && !members.has_one(group) {
            return false;
        }
        words = rest;
    }
    next(words).is_none_or(|(unwanted, _)| !members.has_one(unwanted))
}

/// Appends the places of segments from `first` on, with their number before them; the popular ones as bits, and whether there are
/// others.
fn list<'a>(
    words: &mut Vec<u32>,
    segments: impl Iterator<Item = &'a u32>,
    ranks: &Ranks,
    first: u32,
) -> u32 {
    let start = words.len();
    words.push(0);
    let mut bits = 0;
    for place in segments.filter_map(|own| ranks.place(SegmentId(*own))) {
        bits |= if place < POPULAR { 1 << place } else { MORE };
        if place >= first {
            words.push(place);
        }
    }
    if let Some((len, places)) = words.get_mut(start..).and_then(<[u32]>::split_first_mut) {
        *len = places.len() as u32;
        places.sort_unstable();
    }
    bits
}

/// A list with its length before it, and what follows.
#[inline]
fn next<T: Copy + Into<u32>>(words: &[T]) -> Option<(&[T], &[T])> {
    let (len, rest) = words.split_first()?;
    let len: u32 = (*len).into();
    rest.split_at_checked(len as usize)
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

    /// Those that are popular, and everybody.
    fn popular(&self) -> u32 {
        self.bits.first().copied().unwrap_or(0) as u32
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
    fn has_one<T: Copy + Into<u32>>(&self, places: &[T]) -> bool {
        let bits = |some: &[T]| {
            some.iter()
                .fold(0, |all, own| all | self.bit((*own).into()))
        };
        let has_one = |some: &[T]| bits(some) == 1;
        places.chunks(TOGETHER).any(has_one)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, reason = "tests fail by panicking")]

    use super::*;
    use crate::auction::posting::{has, set};
    use crate::auction::tests::dice::Dice;

    /// Rows of up to four groups and some that must not be, over so many segments.
    fn coded(dice: &mut Dice, rows: u32, segments: usize) -> Code {
        let mut code = Code::default();
        for _ in 0..rows {
            let start = code.clauses.len() as u32;
            let groups = dice.below(6);
            for group in 0..groups.min(4) {
                let range = |code: &mut Code, dice: &mut Dice, most: usize| {
                    let start = code.values.len() as u32;
                    // Squares are small more often.
                    let mut draw =
                        || (dice.below(segments) * dice.below(segments) / segments) as u32;
                    let mut drawn: Vec<u32> = (0..most).map(|_| draw()).collect();
                    drawn.sort_unstable();
                    drawn.dedup();
                    code.values.extend(drawn);
                    start..code.values.len() as u32
                };
                let (most, least) = (dice.below(12), dice.below(3));
                let add = range(&mut code, dice, most);
                let sub = range(&mut code, dice, if group == 0 { least } else { 0 });
                code.clauses.push(CodedClause {
                    subject: Subject::Segments,
                    group: group as u8,
                    present: groups == 1 && most == 0,
                    absent: false,
                    add,
                    sub,
                });
            }
            code.rows.push(CodedRow {
                clauses: start..code.clauses.len() as u32,
                checks: 0..0,
                needs_person: true,
            });
        }
        code
    }

    fn holds(code: &Code, row: &CodedRow, segments: &[SegmentId]) -> bool {
        let among = |own: &u32| segments.contains(&SegmentId(*own));
        code.clauses_of(row).iter().all(|clause| {
            (clause.present || code.codes(&clause.add).iter().any(among))
                && !code.codes(&clause.sub).iter().any(among)
        })
    }

    #[test]
    fn popular_segments_and_lists_tell_what_clauses_say() {
        for seed in 0..60 {
            let dice = &mut Dice(seed);
            let segments = [3, 30, 33, 200, 70_000][seed as usize % 5];
            let code = coded(dice, 700, segments);
            let ranks = Ranks::of(&code, &[1], segments);
            let mut demands = Demands::of_none(1_024);
            for (row, at) in code.rows.iter().zip(0..) {
                demands.push(&code, row, at, &ranks);
            }
            demands.pack(&ranks);
            let mut members = Members::default();
            for _ in 0..20 {
                let own = dice.below(80);
                let own: Vec<_> = (0..own)
                    .map(|_| SegmentId(dice.below(segments) as u32))
                    .collect();
                let mut alive = vec![Line::default(); 2];
                (0..700).for_each(|row| set(&mut alive, row));
                let rows: Vec<u32> = (0..700).collect();

                members.put(&own, &ranks);
                demands.narrow(&rows, &mut alive, &members, &mut Vec::new());
                members.take();

                for (row, at) in code.rows.iter().zip(0..) {
                    assert_eq!(
                        holds(&code, row, &own),
                        has(&alive, at),
                        "seed {seed}, row {at}"
                    );
                }
            }
        }
    }
}
