//! What rows ask of the segments of a person, row by row: for requests that leave few rows.
//!
//! Segments that are asked for have places, the most popular first. The first are kept as lines of rows, so that most rows are settled
//! many at once; of what is left the lists are looked at, eight places at a time, many lists at once.

use std::cell::Cell;

use super::code::{Code, CodedClause, CodedRow, Subject};
use super::posting::{clear, clear_if, set};
use crate::bitmap::line::{LINE_BITS, Line, Sieve};
use crate::id::SegmentId;

/// Places of popular segments.
const POPULAR: u32 = 22;
/// A place that nobody has.
const NOBODY: u32 = POPULAR;
/// A piece with that place alone.
const NOBODYS: u32 = 0;
/// Triples of lines before those of popular segments: see [`Sieve::table`].
const BEFORE: u32 = 2;
/// Most pieces of a list that a glimpse can tell of.
const MOST_PIECES: u32 = u8::MAX as u32;
/// No place, and no list.
const NOTHING: u32 = u32::MAX;
/// Places that are looked at together.
const TOGETHER: usize = 8;
/// Places that fit a narrow list.
const NARROW: usize = 1 << 16;
/// Groups that a glimpse tells of.
const FIRST: usize = 2;
/// The list of those that must not be, after those of groups.
const UNWANTED: usize = FIRST;
/// Rows of which what is looked at stays near.
const NEAR: usize = 256;

/// Rows that are not settled by popular segments: by list of which a glimpse tells, and those with further lists.
pub(super) type Open = [Vec<u32>; FIRST + 2];

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
    /// Lines of rows.
    width: usize,
    /// What popular segments tell of rows, see [`Sieve::table`].
    popular: Vec<[Line; FIRST + 1]>,
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

/// Where the lists of a row lie, without popular segments.
#[derive(Clone, Copy, Debug, Default)]
struct Glimpse {
    /// The first piece of the first list; the others follow.
    start: u32,
    /// In how many pieces each is: those of the first groups, and that of those that must not be.
    pieces: [u8; FIRST + 1],
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
    /// Numbers of the popular ones, see [`Sieve::chosen`].
    popular: Vec<u16>,
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
                // The place that nobody has.
                ranks.len += 1;
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
    /// Where a list lies, and in how many pieces.
    #[inline]
    fn list(self, list: usize) -> (u32, u32) {
        let [first, second, unwanted] = self.pieces.map(u32::from);
        let place = match list {
            0 => (0, first),
            1 => (first, second),
            _ => (first + second, unwanted),
        };
        (self.start.wrapping_add(place.0), place.1)
    }
}

impl Pieces {
    fn len(&self) -> usize {
        match self {
            Self::Narrow(all) => all.len(),
            Self::Wide(all) => all.len(),
        }
    }

    /// Appends places and tells in how many pieces.
    fn put(&mut self, places: &[u32]) -> u32 {
        let Self::Wide(all) = self else {
            return 0;
        };
        for some in places.chunks(TOGETHER) {
            let mut piece = [NOBODY; TOGETHER];
            let cells = piece.iter_mut().zip(some);
            cells.for_each(|(own, place)| *own = *place);
            all.push(piece);
        }
        places.len().div_ceil(TOGETHER) as u32
    }
}

impl Default for Pieces {
    fn default() -> Self {
        Self::Wide(Vec::new())
    }
}

impl Demands {
    /// No demands in `width` lines of rows.
    pub(super) fn of_none(width: usize) -> Self {
        let mut own = Self {
            width,
            popular: vec![[Line::default(); _]; (BEFORE + POPULAR) as usize * width],
            glimpses: vec![Glimpse::default(); width * LINE_BITS],
            pieces: Pieces::Wide(vec![[NOBODY; TOGETHER]]),
            further: Vec::new(),
        };
        for without in own.popular.iter_mut().take(width) {
            *without = [Line::FULL, Line::FULL, Line::default()];
        }
        own
    }

    /// Takes the demand of a row; what is asked for most goes first, so that a look finds it early.
    pub(super) fn push(&mut self, code: &Code, row: &CodedRow, at: u32, ranks: &Ranks) {
        let asks = |own: &&CodedClause| own.subject == Subject::Segments;
        let clauses = code.clauses_of(row).iter().filter(asks);
        if clauses.clone().next().is_none() {
            return;
        }
        let mut glimpse = Glimpse {
            start: self.pieces.len() as u32,
            ..Glimpse::default()
        };
        let mut later = Vec::new();
        let groups = clauses.clone().filter(|own| !own.present);
        for (number, group) in groups.enumerate() {
            let places = ranks.places(code.codes(&group.add).iter());
            match glimpse.pieces.get_mut(number) {
                Some(pieces) if number < FIRST => {
                    self.mark(0, number, at, false);
                    *pieces = self.take(at, number, places, &mut later);
                }
                _ => later.push((places, false)),
            }
        }
        let unwanted = clauses.flat_map(|own| code.codes(&own.sub));
        let unwanted = ranks.places(unwanted);
        let [.., pieces] = &mut glimpse.pieces;
        *pieces = self.take(at, UNWANTED, unwanted, &mut later);
        if !later.is_empty() {
            self.mark(0, UNWANTED, at, true);
        }
        for (places, is_unwanted) in later {
            let piece = self.pieces.len() as u32;
            // Of no places there is a piece, too, in which nobody is found.
            self.further.push(Task {
                row: at,
                piece: if places.is_empty() { NOBODYS } else { piece },
                left: self.pieces.put(&places),
                is_unwanted,
            });
        }
        if let Some(own) = self.glimpses.get_mut(at as usize) {
            *own = glimpse;
        }
    }

    /// Says of a row whether it is in a line of a triple.
    fn mark(&mut self, number: u32, list: usize, at: u32, is_so: bool) {
        let line = number as usize * self.width + at as usize / LINE_BITS;
        let line = self.popular.get_mut(line).and_then(|own| own.get_mut(list));
        let (lines, row) = (line.map(std::slice::from_mut), at % LINE_BITS as u32);
        let change = if is_so { set } else { clear };
        change(lines.unwrap_or_default(), row);
    }

    /// Takes a list and tells in how many pieces it is; one that is too long goes to `later`.
    fn take(
        &mut self,
        at: u32,
        list: usize,
        places: Vec<u32>,
        later: &mut Vec<(Vec<u32>, bool)>,
    ) -> u8 {
        let listed = places.partition_point(|own| *own < POPULAR);
        let (popular, listed) = places.split_at(listed);
        popular
            .iter()
            .for_each(|own| self.mark(BEFORE + own, list, at, true));
        if listed.is_empty() {
            return 0;
        }
        self.mark(1, list, at, true);
        if listed.len() > MOST_PIECES as usize * TOGETHER {
            later.push((places, list == UNWANTED));
            return 0;
        }
        self.pieces.put(listed) as u8
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

    /// Takes away the rows of lines whose demand a person does not meet; `open` and `tasks` are room.
    pub(super) fn narrow(
        &self,
        live: &[u32],
        alive: &mut [Line],
        members: &Members,
        (open, tasks): (&mut Open, &mut Vec<Task>),
    ) {
        let mut sieve = Sieve {
            alive,
            live,
            table: &self.popular,
            width: self.width,
            chosen: &members.popular,
            open,
        };
        sieve.run();
        let [first, second, unwanted, further] = open;
        tasks.clear();
        let mut walk = |tasks: &mut Vec<Task>, least: usize| {
            if tasks.len() >= least {
                self.walk(tasks, members, alive);
                tasks.clear();
            }
        };
        for rows in first.chunks(NEAR) {
            self.list::<0>(rows, tasks);
            walk(tasks, NEAR);
        }
        for rows in second.chunks(NEAR) {
            self.list::<1>(rows, tasks);
            walk(tasks, NEAR);
        }
        for rows in unwanted.chunks(NEAR) {
            self.list::<UNWANTED>(rows, tasks);
            walk(tasks, NEAR);
        }
        for rows in further.chunks(NEAR) {
            self.list_further(rows, tasks);
            walk(tasks, NEAR);
        }
        walk(tasks, 1);
    }

    /// Appends a list of each row.
    fn list<const LIST: usize>(&self, rows: &[u32], tasks: &mut Vec<Task>) {
        let glimpse = |row: &u32| self.glimpses.get(*row as usize).copied();
        // Brings near what is looked at next.
        let near = rows.iter().filter_map(glimpse);
        std::hint::black_box(near.fold(0, |all, own| all ^ own.start));
        tasks.extend(rows.iter().map(|row| {
            let (piece, left) = glimpse(row).unwrap_or_default().list(LIST);
            // A list that is too long is among the further ones: here it has nobody, and that does no harm.
            let is_elsewhere = left == 0;
            Task {
                row: *row,
                piece: if is_elsewhere { NOBODYS } else { piece },
                left,
                is_unwanted: LIST == UNWANTED || is_elsewhere,
            }
        }));
    }

    /// Appends the lists of rows that a glimpse does not tell of.
    fn list_further(&self, rows: &[u32], tasks: &mut Vec<Task>) {
        for row in rows {
            let from = self.further.partition_point(|own| own.row < *row);
            let further = self.further.get(from..).unwrap_or_default().iter();
            tasks.extend(further.take_while(|own| own.row == *row));
        }
    }

    fn walk(&self, tasks: &mut [Task], members: &Members, alive: &mut [Line]) {
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

    /// Bytes on the heap.
    pub(super) const fn heap_bytes(&self) -> usize {
        let pieces = match &self.pieces {
            Pieces::Narrow(all) => size_of::<[u16; TOGETHER]>() * all.capacity(),
            Pieces::Wide(all) => size_of::<[u32; TOGETHER]>() * all.capacity(),
        };
        size_of::<[Line; FIRST + 1]>() * self.popular.capacity()
            + size_of::<Glimpse>() * self.glimpses.capacity()
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
                    piece: task.piece.wrapping_add(1),
                    left: task.left.saturating_sub(1),
                    ..task
                });
            }
            open += usize::from(!is_found & !is_last);
        }
        asked = open;
    }
}

impl Members {
    /// Takes these segments in.
    pub(super) fn put(&mut self, segments: &[SegmentId], ranks: &Ranks) {
        self.marks.resize((ranks.len as usize).max(NARROW), 0);
        self.given.clear();
        let places = segments.iter().filter_map(|own| ranks.place(*own));
        self.given.extend(places);
        let popular = self.given.iter().filter(|own| **own < POPULAR);
        self.popular.clear();
        self.popular
            .extend(popular.map(|own| (BEFORE + own) as u16));
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

    /// Whether the segment at a place is among them.
    #[inline]
    pub(super) fn has(&self, place: u32) -> bool {
        self.marks.get(place as usize).is_some_and(|own| *own == 1)
    }
}
