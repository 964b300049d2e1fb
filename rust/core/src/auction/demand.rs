//! What rows ask of the segments of a person, row by row: for requests that leave few rows.
//!
//! Segments that are asked for have places, the most popular first. The first 30 are one word of every row, and one of the person, so
//! that an and or two settle most rows; of what is left the lists are looked at, eight places at a time, many lists at once.

use std::cell::Cell;

use super::code::{Code, CodedClause, CodedRow, Subject};
use super::posting::clear_if;
use crate::bitmap::line::Line;
use crate::id::SegmentId;

/// Places of popular segments.
const POPULAR: u32 = 21;
/// In the word of a list: it has other segments too.
const MORE: u32 = 1 << NOBODY;
/// A place that nobody has.
const NOBODY: u32 = 21;
/// In the word of a list that is not there, and in that of every person. The place is nobody's.
const EVERYBODY: u32 = 22;
/// In the word of what must not be: the row has lists of which a glimpse does not tell. The place is nobody's.
const FURTHER: u32 = 1 << 23;
/// Places that are nobody's.
const NOBODYS: u32 = 3;
/// The first bit of how many pieces a list has, in its word.
const PIECES: u32 = 24;
/// Most pieces that a word can tell.
const MOST_PIECES: u32 = 255;
/// No place, and no list.
const NOTHING: u32 = u32::MAX;
/// Places that are looked at together.
const TOGETHER: usize = 8;
/// Places that fit a narrow list.
const NARROW: usize = 1 << 16;
/// Groups that a glimpse tells of.
const FIRST: usize = 2;

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
    pieces: Pieces,
    /// Lists that a glimpse does not tell of, by row.
    further: Vec<Task>,
}

/// Lists of places in pieces of eight, filled up with a place that nobody has.
#[derive(Clone, Debug)]
enum Pieces {
    Narrow(Vec<[u16; TOGETHER]>),
    Wide(Vec<[u32; TOGETHER]>),
}

/// What the most popular segments tell of a row, and where its other lists lie: four of these share a cache line.
///
/// The word of a list has its popular members, whether there are others, and in how many pieces those are.
#[derive(Clone, Copy, Debug)]
#[repr(align(16))]
struct Glimpse {
    /// Of the first groups.
    any: [u32; FIRST],
    /// Of those that must not be.
    none: u32,
    /// The first piece of the first group; the others follow.
    start: u32,
}

/// A list that is being looked at, piece by piece.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Task {
    row: u32,
    piece: u32,
    /// With this one.
    left: u32,
    /// Whether the row fails when one of them is there, and not when none is.
    is_unwanted: bool,
}

/// The segments of a person, by place.
#[derive(Clone, Debug, Default)]
pub(super) struct Members {
    /// 1 at the places that are given.
    marks: Vec<u8>,
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

    /// The places of segments, rising.
    fn places<'a>(&self, segments: impl Iterator<Item = &'a u32>) -> Vec<u32> {
        let places = segments.filter_map(|own| self.place(SegmentId(*own)));
        let mut places: Vec<u32> = places.collect();
        places.sort_unstable();
        places
    }

    /// The place of a segment; `None`: nobody asks for it.
    #[inline]
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
        any: [1 << EVERYBODY; FIRST],
        none: 0,
        start: 0,
    };

    /// Whether a row fails for sure, and which of its lists have to be looked at if not: the first groups, and those that must not be.
    #[inline]
    #[expect(
        clippy::needless_bitwise_bool,
        reason = "a branch for each row is what it is there to avoid"
    )]
    const fn look(&self, popular: u32) -> (bool, [bool; FIRST + 1]) {
        let [first, second] = self.any;
        let (no_first, no_second) = (first & popular == 0, second & popular == 0);
        let fails = (self.none & popular != 0)
            | (no_first & (first & MORE == 0))
            | (no_second & (second & MORE == 0));
        let asks = [
            !fails & no_first & (first >> PIECES > 0),
            !fails & no_second & (second >> PIECES > 0),
            !fails & (self.none >> PIECES > 0),
        ];
        (fails, asks)
    }
}

impl Default for Pieces {
    fn default() -> Self {
        Self::Wide(Vec::new())
    }
}

impl Demands {
    /// No demands of `rows` rows.
    pub(super) fn of_none(rows: usize) -> Self {
        Self {
            glimpses: vec![Glimpse::NOTHING; rows],
            ..Self::default()
        }
    }

    /// Takes the demand of a row; what is asked for most goes first, so that a look finds it early.
    pub(super) fn push(&mut self, code: &Code, row: &CodedRow, at: u32, ranks: &Ranks) {
        let asks = |own: &&CodedClause| own.subject == Subject::Segments;
        let clauses = code.clauses_of(row).iter().filter(asks);
        let is_asked = clauses.clone().next().is_some();
        let glimpse = self.glimpses.get_mut(at as usize).filter(|_| is_asked);
        let (Some(glimpse), Pieces::Wide(all)) = (glimpse, &mut self.pieces) else {
            return;
        };
        glimpse.start = all.len() as u32;
        let mut later = Vec::new();
        let groups = clauses.clone().filter(|own| !own.present);
        for (number, group) in groups.enumerate() {
            let places = ranks.places(code.codes(&group.add).iter());
            match glimpse.any.get_mut(number) {
                Some(word) => *word = list(all, places, false, &mut later),
                None => later.push((places, false)),
            }
        }
        let unwanted = clauses.flat_map(|own| code.codes(&own.sub));
        glimpse.none = list(all, ranks.places(unwanted), true, &mut later);
        if !later.is_empty() {
            glimpse.none |= FURTHER;
        }
        for (places, is_unwanted) in later {
            let piece = all.len() as u32;
            // Of no places there is one piece, too, in which nobody is found.
            if put(all, &places) == 0 {
                all.push([NOBODY; TOGETHER]);
            }
            self.further.push(Task {
                row: at,
                piece,
                left: all.len() as u32 - piece,
                is_unwanted,
            });
        }
    }

    /// Makes lists small when all have been taken.
    pub(super) fn pack(&mut self, ranks: &Ranks) {
        if let Pieces::Wide(all) = &self.pieces
            && ranks.len as usize <= NARROW
        {
            let narrow = |own: &[u32; TOGETHER]| own.map(|place| place as u16);
            self.pieces = Pieces::Narrow(all.iter().map(narrow).collect());
        }
    }

    /// Takes away the rows named whose demand a person does not meet; `tasks` is room.
    pub(super) fn narrow(
        &self,
        rows: &[u32],
        alive: &mut [Line],
        members: &Members,
        tasks: &mut Vec<Task>,
    ) {
        let asked = self.glance(rows, alive, members, tasks);
        let tasks = tasks.get_mut(..asked).unwrap_or_default();
        match &self.pieces {
            Pieces::Narrow(all) => {
                if let Some(marks) = members.marks.first_chunk::<NARROW>() {
                    // A narrow place is always within the marks.
                    let mark = |place: u16| marks.get(usize::from(place)).copied().unwrap_or(0);
                    walk(all, mark, tasks, alive);
                }
            }
            Pieces::Wide(all) => {
                let mark = |place: u32| members.marks.get(place as usize).copied().unwrap_or(0);
                walk(all, mark, tasks, alive);
            }
        }
    }

    /// Takes away the rows that fail by popular segments, and tells how many lists of others are to be looked at, written to `tasks`.
    fn glance(
        &self,
        rows: &[u32],
        alive: &mut [Line],
        members: &Members,
        tasks: &mut Vec<Task>,
    ) -> usize {
        let popular = members.popular();
        let most = (FIRST + 1) * rows.len();
        if tasks.len() < most {
            tasks.resize(most, Task::default());
        }
        // Brings near what is looked at next.
        let near = rows
            .iter()
            .filter_map(|row| self.glimpses.get(*row as usize));
        std::hint::black_box(near.fold(0, |all, own| all ^ own.start));
        let (mut asked, mut words) = (0, 0);
        // No branch depends on a row, so that many are on their way at once.
        for row in rows {
            let Some(glimpse) = self.glimpses.get(*row as usize) else {
                continue;
            };
            let (fails, asks) = glimpse.look(popular);
            clear_if(alive, *row, fails);
            words |= glimpse.none;
            let [first, second] = glimpse.any;
            let mut piece = glimpse.start;
            for (list, word) in [first, second, glimpse.none].into_iter().enumerate() {
                let pieces = word >> PIECES;
                if let Some(task) = tasks.get_mut(asked) {
                    *task = Task {
                        row: *row,
                        piece,
                        left: pieces,
                        is_unwanted: list == FIRST,
                    };
                }
                asked += usize::from(asks.get(list) == Some(&true));
                piece += pieces;
            }
        }
        if words & FURTHER == 0 {
            return asked;
        }
        tasks.truncate(asked);
        for row in rows {
            let from = self.further.partition_point(|own| own.row < *row);
            let further = self.further.get(from..).unwrap_or_default().iter();
            tasks.extend(further.take_while(|own| own.row == *row));
        }
        tasks.len()
    }

    /// Bytes on the heap.
    pub(super) const fn heap_bytes(&self) -> usize {
        let pieces = match &self.pieces {
            Pieces::Narrow(all) => size_of::<[u16; TOGETHER]>() * all.capacity(),
            Pieces::Wide(all) => size_of::<[u32; TOGETHER]>() * all.capacity(),
        };
        size_of::<Glimpse>() * self.glimpses.capacity()
            + pieces
            + size_of::<Task>() * self.further.capacity()
    }
}

/// Takes away the rows whose lists fail. All lists are looked at piece by piece, those that are not settled once more: what a branch
/// would have to guess is a number that is added.
#[expect(
    clippy::needless_bitwise_bool,
    reason = "a branch for each list is what it is there to avoid"
)]
#[inline]
fn walk<T: Copy + Into<u32>>(
    pieces: &[[T; TOGETHER]],
    mark: impl Fn(T) -> u8,
    tasks: &mut [Task],
    alive: &mut [Line],
) {
    // Brings near what is looked at next.
    let near = tasks
        .iter()
        .filter_map(|own| pieces.get(own.piece as usize));
    std::hint::black_box(near.fold(0, |all, [first, ..]| all ^ (*first).into()));
    let tasks = Cell::from_mut(tasks).as_slice_of_cells();
    let mut asked = tasks.len();
    while asked > 0 {
        let mut open = 0;
        for own in tasks.iter().take(asked) {
            let task = own.get();
            let piece = pieces.get(task.piece as usize);
            let found = piece.map_or(0, |own| own.iter().fold(0, |all, own| all | mark(*own)));
            let is_found = found != 0;
            let is_last = task.left <= 1;
            let fails = (is_found & task.is_unwanted) | (!is_found & is_last & !task.is_unwanted);
            clear_if(alive, task.row, fails);
            if let Some(next) = tasks.get(open) {
                next.set(Task {
                    piece: task.piece + 1,
                    left: task.left.saturating_sub(1),
                    ..task
                });
            }
            open += usize::from(!is_found & !is_last);
        }
        asked = open;
    }
}

/// Appends the places that are not popular, and gives the word of the list; lists that are too long go to `later`.
fn list(
    all: &mut Vec<[u32; TOGETHER]>,
    places: Vec<u32>,
    is_unwanted: bool,
    later: &mut Vec<(Vec<u32>, bool)>,
) -> u32 {
    let bit = |place: &u32| if *place < POPULAR { 1 << place } else { MORE };
    let bits = places.iter().fold(0, |bits, own| bits | bit(own));
    let listed = places.partition_point(|own| *own < POPULAR);
    let listed = places.get(listed..).unwrap_or_default();
    if listed.len() > MOST_PIECES as usize * TOGETHER {
        later.push((places, is_unwanted));
        return bits;
    }
    bits | put(all, listed) << PIECES
}

/// Appends places and tells in how many pieces.
fn put(all: &mut Vec<[u32; TOGETHER]>, places: &[u32]) -> u32 {
    for some in places.chunks(TOGETHER) {
        let mut piece = [NOBODY; TOGETHER];
        let cells = piece.iter_mut().zip(some);
        cells.for_each(|(own, place)| *own = *place);
        all.push(piece);
    }
    places.len().div_ceil(TOGETHER) as u32
}

impl Members {
    /// Takes these segments in.
    pub(super) fn put(&mut self, segments: &[SegmentId], ranks: &Ranks) {
        self.marks.resize((ranks.len as usize).max(NARROW), 0);
        self.given.clear();
        self.given.push(EVERYBODY);
        for segment in segments {
            if let Some(place) = ranks.place(*segment) {
                self.given.push(place);
            }
        }
        for place in &self.given {
            if let Some(mark) = self.marks.get_mut(*place as usize) {
                *mark = 1;
            }
        }
    }

    /// Takes them out again.
    pub(super) fn take(&mut self) {
        for place in self.given.drain(..) {
            if let Some(mark) = self.marks.get_mut(place as usize) {
                *mark = 0;
            }
        }
    }

    /// Those that are popular, and everybody.
    fn popular(&self) -> u32 {
        let marks = self.marks.iter().take(1 + EVERYBODY as usize).rev();
        marks.fold(0, |bits, own| bits << 1 | u32::from(*own))
    }

    /// Whether the segment at a place is among them.
    #[inline]
    pub(super) fn has(&self, place: u32) -> bool {
        self.marks.get(place as usize).is_some_and(|own| *own == 1)
    }
}
