//! The row form: which segments each profile is in, as readers see it.

use std::sync::Arc;

use super::feed::Flip;
use crate::id::{ProfileId, SegmentId};

/// Profiles in one block; a write copies a block.
const BLOCK: usize = 32;

/// Blocks in one shelf, shelves in one case. A write copies the pointers of both and counts one more owner of each thing that they
/// point to, which lies somewhere in memory: few, and many shelves so that what is counted for a case lies in the cache.
const SHELF: usize = 8;
const CASE: usize = 32;

/// The segments of every profile, rising. A clone shares all blocks.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    cases: Arc<Vec<Arc<Case>>>,
}

type Case = [Option<Arc<Shelf>>; CASE];
type Shelf = [Option<Arc<Block>>; SHELF];

#[derive(Debug, Default)]
struct Block {
    /// By profile where its segments end; they start where those of the one before end.
    ends: [u32; BLOCK],
    /// By profile the record by which its row was written.
    stamps: [u32; BLOCK],
    segments: Vec<SegmentId>,
}

/// Where the row of a profile stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    case: usize,
    shelf: usize,
    block: usize,
    row: usize,
}

impl Place {
    #[inline]
    const fn of(profile: ProfileId) -> Self {
        let block = profile.index() / BLOCK;
        let shelf = block / SHELF;
        Self {
            case: shelf / CASE,
            shelf: shelf % CASE,
            block: block % SHELF,
            row: profile.index() % BLOCK,
        }
    }
}

impl Rows {
    fn block(&self, place: Place) -> Option<&Block> {
        let shelf = self.cases.get(place.case)?.get(place.shelf)?.as_ref()?;
        shelf.get(place.block)?.as_deref()
    }

    /// The segments that a profile is in, rising; none for a profile that nobody knows.
    pub fn of(&self, profile: ProfileId) -> &[SegmentId] {
        let place = Place::of(profile);
        self.block(place)
            .map_or(&[], |block| block.rows(place.row, place.row + 1))
    }

    /// A number that is another whenever a row is another, and other for other profiles; none for a profile without a row.
    pub fn key(&self, profile: ProfileId) -> Option<u64> {
        let place = Place::of(profile);
        let stamp = self.block(place)?.stamps.get(place.row)?;
        Some(u64::from(profile.0) << 32 | u64::from(*stamp))
    }

    /// Does the flips of a record, `stamp`, which are in order of profiles; those of one profile are put in order of segments.
    pub(super) fn turn(&mut self, flips: &mut [Flip], stamp: u32) {
        let cases = Arc::make_mut(&mut self.cases);
        let place = |own: &Flip| Place::of(own.profile);
        for in_case in flips.chunk_by_mut(|a, b| place(a).case == place(b).case) {
            let number = in_case.first().map_or(0, |own| place(own).case);
            if cases.len() <= number {
                cases.resize_with(number + 1, Arc::default);
            }
            let Some(case) = cases.get_mut(number).map(Arc::make_mut) else {
                continue;
            };
            warm(case, in_case);
            for in_shelf in in_case.chunk_by_mut(|a, b| place(a).shelf == place(b).shelf) {
                let number = in_shelf.first().map_or(0, |own| place(own).shelf);
                if let Some(shelf) = case.get_mut(number) {
                    turn_shelf(
                        Arc::make_mut(shelf.get_or_insert_default()),
                        in_shelf,
                        stamp,
                    );
                }
            }
        }
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        let shelves = self.cases.iter().flat_map(|case| case.iter().flatten());
        let shelf = |shelf: &Arc<Shelf>| {
            let blocks = shelf.iter().flatten();
            let blocks = blocks
                .map(|own| size_of::<Block>() + own.segments.capacity() * size_of::<SegmentId>());
            size_of::<Shelf>() + blocks.sum::<usize>()
        };
        self.cases.len() * size_of::<Case>() + shelves.map(shelf).sum::<usize>()
    }
}

/// Reads a little of each row that flips. The reads do not wait for each other, as those of one flip after the other would.
fn warm(case: &Case, flips: &[Flip]) {
    let read = |own: &[Flip]| {
        let place = Place::of(own.first()?.profile);
        let block = case
            .get(place.shelf)?
            .as_ref()?
            .get(place.block)?
            .as_ref()?;
        let row = block.rows(place.row, place.row + 1).first();
        row.map(|own| own.0)
    };
    let profiles = flips.chunk_by(|a, b| a.profile == b.profile);
    std::hint::black_box(profiles.filter_map(read).fold(0, |a, b| a ^ b));
}

fn turn_shelf(shelf: &mut Shelf, flips: &mut [Flip], stamp: u32) {
    let place = |own: &Flip| Place::of(own.profile).block;
    for own in flips.chunk_by_mut(|a, b| place(a) == place(b)) {
        if let Some(cell) = shelf.get_mut(own.first().map_or(0, place)) {
            *cell = Some(Arc::new(Block::turned(cell.as_deref(), own, stamp)));
        }
    }
}

impl Block {
    /// Where the segments of the rows before `row` end.
    fn end_before(&self, row: usize) -> usize {
        let before = row.checked_sub(1).and_then(|before| self.ends.get(before));
        before.map_or(0, |end| *end as usize)
    }

    fn rows(&self, start: usize, end: usize) -> &[SegmentId] {
        let inside = self.end_before(start)..self.end_before(end);
        self.segments.get(inside).unwrap_or_default()
    }

    /// A block after flips, which are in order of profiles.
    fn turned(old: Option<&Self>, flips: &mut [Flip], stamp: u32) -> Self {
        let nothing = Self::default();
        let old = old.unwrap_or(&nothing);
        let mut block = Self {
            stamps: old.stamps,
            ..Self::default()
        };
        let entering = flips.iter().filter(|own| own.entered).count();
        block.segments.reserve_exact(old.segments.len() + entering);
        let mut done = 0;
        for own in flips.chunk_by_mut(|a, b| a.profile == b.profile) {
            let place = own.first().map_or(0, |own| Place::of(own.profile).row);
            block.keep(old, done, place);
            block.turn(old.rows(place, place + 1), own);
            if let Some(end) = block.ends.get_mut(place) {
                *end = block.segments.len() as u32;
            }
            if let Some(own) = block.stamps.get_mut(place) {
                *own = stamp;
            }
            done = place + 1;
        }
        block.keep(old, done, BLOCK);
        block
    }

    /// Appends a row after the flips of its profile.
    fn turn(&mut self, mut row: &[SegmentId], flips: &mut [Flip]) {
        // Of several flips of one segment the last counts: stable.
        flips.sort_by_key(|own| own.segment);
        for own in flips.chunk_by(|a, b| a.segment == b.segment) {
            let Some(last) = own.last() else { continue };
            let (before, rest) = row
                .split_at_checked(row.partition_point(|own| *own < last.segment))
                .unwrap_or((row, &[]));
            self.segments.extend_from_slice(before);
            if last.entered {
                self.segments.push(last.segment);
            }
            row = match rest.split_first() {
                Some((first, after)) if *first == last.segment => after,
                Some(_) | None => rest,
            };
        }
        self.segments.extend_from_slice(row);
    }

    /// Takes over the rows from `start` to `end`; those before are there already.
    fn keep(&mut self, old: &Self, start: usize, end: usize) {
        let (here, there) = (self.segments.len() as u32, old.end_before(start) as u32);
        self.segments.extend_from_slice(old.rows(start, end));
        let (own, old) = (self.ends.get_mut(start..end), old.ends.get(start..end));
        for (own, old) in own.into_iter().flatten().zip(old.into_iter().flatten()) {
            *own = old - there + here;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::segment::feed::Cause;
    use proptest::prelude::*;

    fn flips(turns: &[(u32, u32, bool)]) -> Vec<Flip> {
        let flip = |(profile, segment, entered): &(u32, u32, bool)| Flip {
            segment: SegmentId(*segment),
            profile: ProfileId(*profile),
            entered: *entered,
            cause: Cause::Time,
        };
        turns.iter().map(flip).collect()
    }

    #[test]
    fn a_key_is_another_once_the_row_is() {
        let (mut rows, far) = (Rows::default(), ProfileId(50_000));
        rows.turn(
            &mut flips(&[(4, 7, true), (4, 1, true), (far.0, 7, true)]),
            1,
        );
        let old = rows.clone();

        rows.turn(&mut flips(&[(far.0, 7, false)]), 2);

        assert_eq!([SegmentId(1), SegmentId(7)], old.of(ProfileId(4)));
        assert_eq!([SegmentId(7)], old.of(far));
        assert!(rows.of(far).is_empty() && rows.of(ProfileId(3)).is_empty());
        assert!(rows.of(ProfileId(u32::MAX)).is_empty());
        assert_ne!(old.key(far), rows.key(far));
        assert_eq!(old.key(ProfileId(4)), rows.key(ProfileId(4)));
        assert_ne!(rows.key(ProfileId(3)), rows.key(ProfileId(4)));
        assert_eq!(None, rows.key(ProfileId(49_000)));
    }

    proptest! {
        #[test]
        fn every_clone_keeps_the_rows_that_it_had(
            records in prop::collection::vec(prop::collection::vec((0u32..80, 0u32..9, any::<bool>()), 1..40), 1..8),
        ) {
            let (mut rows, mut model, mut clones) = (Rows::default(), BTreeMap::new(), Vec::new());
            for record in records {
                let far = |profile: u32| profile * 3 + profile / 70 * 9_000;
                let turns: Vec<_> = record.into_iter().map(|own| (far(own.0), own.1, own.2)).collect();
                for (profile, segment, entered) in &turns {
                    let row: &mut BTreeSet<_> = model.entry(ProfileId(*profile)).or_default();
                    if *entered { row.insert(SegmentId(*segment)); } else { row.remove(&SegmentId(*segment)); }
                }

                let mut flips = flips(&turns);
                flips.sort_by_key(|own| own.profile);
                rows.turn(&mut flips, 1);

                clones.push((rows.clone(), model.clone()));
            }
            for (rows, model) in clones {
                for profile in (0..20_000).map(ProfileId) {
                    let expected: Vec<_> = model.get(&profile).into_iter().flatten().copied().collect();
                    prop_assert_eq!(&expected, rows.of(profile));
                }
            }
        }
    }
}
