//! The row form: which segments each profile is in, as readers see it.

use std::sync::Arc;

use super::log::{Log, Place};
use crate::id::{ProfileId, SegmentId};

/// Profiles whose rows one leaf places: a line of the cache.
const LEAF: usize = 8;

/// Leaves that one branch places. A record writes a branch anew for nearly every row.
const BRANCH: usize = if cfg!(test) { 4 } else { 16 };

/// Branches that one bough places; a record copies those in which it changes something, and the pointers to all.
const BOUGH: usize = if cfg!(test) { 4 } else { 256 };

/// A part of a row, see [`write`].
pub(super) type Word = u16;

/// The first bit of a word: the number goes on in the next one.
const GOES_ON: Word = 1 << 15;

/// The segments that a profile is in, rising.
///
/// Most numbers of segments take two bytes: a record writes many rows, and each of them anew.
#[derive(Clone, Copy, Debug, Default)]
pub struct Row<'a>(&'a [Word]);

impl<'a> Row<'a> {
    /// Whether the profile is in none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One after the other.
    pub fn iter(&self) -> impl Iterator<Item = SegmentId> + use<'a> {
        let mut words = self.0.iter().copied();
        std::iter::from_fn(move || {
            let first = words.next()?;
            if first < GOES_ON {
                return Some(SegmentId(first.into()));
            }
            let high = u32::from(first ^ GOES_ON) << 16;
            Some(SegmentId(high | u32::from(words.next()?)))
        })
    }
}

/// Appends a segment to a row. Numbers of segments leave a bit free, as those of nodes do.
#[inline]
pub(super) fn write(segment: SegmentId, row: &mut Vec<Word>) {
    let low = segment.0 as Word;
    if segment.0 < GOES_ON.into() {
        row.push(low);
    } else {
        row.extend([(segment.0 >> 16) as Word | GOES_ON, low]);
    }
}

/// Appends segments that rise to a row.
pub(super) fn write_all(
    mut segments: impl DoubleEndedIterator<Item = SegmentId> + ExactSizeIterator,
    row: &mut Vec<Word>,
) {
    // Where the last takes one word, all do.
    let Some(last) = segments.next_back() else {
        return;
    };
    if last.0 < GOES_ON.into() {
        row.extend(segments.map(|own| own.0 as Word));
    } else {
        segments.for_each(|own| write(own, row));
    }
    write(last, row);
}

/// The segments of every profile. A clone shares everything.
///
/// A tree finds the rows, so that a record writes little more than what it changes, however many profiles there are.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// Where the branches lie, bough by bough.
    top: Arc<Vec<Arc<[Place; BOUGH]>>>,
    /// Where the leaves lie, branch by branch.
    branches: Log<Place>,
    /// Where the rows lie, leaf by leaf.
    leaves: Log<Place>,
    /// The rows themselves.
    log: Log<Word>,
}

impl Rows {
    /// The segments that a profile is in; none for a profile that nobody knows.
    pub fn of(&self, profile: ProfileId) -> Row<'_> {
        Row(self.log.get(self.place(profile)))
    }

    /// A number that is another whenever a row is another, and other for other profiles; none for a profile without a row.
    pub fn key(&self, profile: ProfileId) -> Option<u64> {
        let place = self.place(profile);
        let empty = || u64::MAX - u64::from(profile.0);
        place
            .is_some()
            .then(|| place.number().unwrap_or_else(empty))
    }

    fn place(&self, profile: ProfileId) -> Place {
        place(&self.top, &self.branches, &self.leaves, profile.index())
    }

    /// Writes the rows of some profiles anew, each once, rising; `row` appends what a profile is in, rising, by [`write`].
    pub(super) fn write(
        &mut self,
        profiles: impl Iterator<Item = ProfileId>,
        mut row: impl FnMut(ProfileId, &mut Vec<Word>),
    ) {
        let (top, branches) = (&self.top, &self.branches);
        let leaves = &self.leaves;
        let current = |profile: u32| place(top, branches, leaves, profile as usize);
        let owners = profiles.map(|own| own.0);
        let places = self.log.rewrite(owners, current, |profile, _, page| {
            row(ProfileId(profile), page);
        });
        let current = |number: u32| leaf(top, branches, number as usize);
        let places = put(&mut self.leaves, &places, LEAF, current);
        let current = |number: u32| branch(top, number as usize);
        let places = put(&mut self.branches, &places, BRANCH, current);
        let top = Arc::make_mut(&mut self.top);
        let bough = |own: &(u32, Place)| own.0 as usize / BOUGH;
        let room = places.last().map_or(0, |own| bough(own) + 1);
        let empty = || Arc::new([Place::default(); BOUGH]);
        top.resize_with(room.max(top.len()), empty);
        for group in places.chunk_by(|a, b| bough(a) == bough(b)) {
            let own = group.first().and_then(|own| top.get_mut(bough(own)));
            let Some(own) = own.map(Arc::make_mut) else {
                continue;
            };
            for (number, place) in group {
                if let Some(cell) = own.get_mut(*number as usize % BOUGH) {
                    *cell = *place;
                }
            }
        }
    }

    /// Whether what is counted as alive is.
    #[cfg(test)]
    fn validate(&self) {
        let pieces = |log: &Log<Place>, places: &[Place]| -> Vec<Place> {
            let pieces = places.iter().flat_map(|own| log.get(*own));
            pieces.copied().collect()
        };
        let branches: Vec<Place> = self.top.iter().flat_map(|own| **own).collect();
        let leaves = pieces(&self.branches, &branches);
        let rows = pieces(&self.leaves, &leaves);
        self.log.validate(rows.into_iter());
        self.leaves.validate(leaves.into_iter());
        self.branches.validate(branches.into_iter());
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        let places = self.branches.heap_bytes() + self.leaves.heap_bytes();
        let top = self.top.len() * size_of::<[Place; BOUGH]>();
        top + places + self.log.heap_bytes()
    }
}

#[inline]
fn own(places: &[Place], number: usize) -> Place {
    places.get(number).copied().unwrap_or_default()
}

/// Where a branch lies.
#[inline]
fn branch(top: &[Arc<[Place; BOUGH]>], number: usize) -> Place {
    let bough = top.get(number / BOUGH);
    bough.map_or_else(Place::default, |places| own(&**places, number % BOUGH))
}

/// Where a leaf lies.
#[inline]
fn leaf(top: &[Arc<[Place; BOUGH]>], branches: &Log<Place>, number: usize) -> Place {
    own(branches.get(branch(top, number / BRANCH)), number % BRANCH)
}

/// Where the row of a profile lies.
#[inline]
fn place(
    top: &[Arc<[Place; BOUGH]>],
    branches: &Log<Place>,
    leaves: &Log<Place>,
    profile: usize,
) -> Place {
    own(
        leaves.get(leaf(top, branches, profile / LEAF)),
        profile % LEAF,
    )
}

/// Notes places, rising by number, in the pieces of `log` that hold `size` of them each; gives where these lie now, rising.
fn put(
    log: &mut Log<Place>,
    places: &[(u32, Place)],
    size: usize,
    current: impl Fn(u32) -> Place,
) -> Vec<(u32, Place)> {
    let of = |own: &(u32, Place)| own.0 / size as u32;
    let groups = || places.chunk_by(|a, b| of(a) == of(b));
    let owners = groups().filter_map(|group| group.first().map(of));
    let mut rest = groups();
    log.rewrite(owners, current, |_, old, page| {
        let start = page.len();
        page.extend_from_slice(old);
        page.resize(start + size, Place::default());
        for (number, place) in rest.next().unwrap_or_default() {
            if let Some(cell) = page.get_mut(start + *number as usize % size) {
                *cell = *place;
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use proptest::prelude::*;

    type Model = BTreeMap<ProfileId, BTreeSet<SegmentId>>;

    /// Turns memberships, and writes the rows of whoever is concerned.
    fn turn(rows: &mut Rows, model: &mut Model, turns: &[(u32, u32, bool)]) {
        let mut concerned = BTreeSet::new();
        for (profile, segment, entered) in turns {
            let row = model.entry(ProfileId(*profile)).or_default();
            if *entered {
                row.insert(SegmentId(*segment));
            } else {
                row.remove(&SegmentId(*segment));
            }
            concerned.insert(ProfileId(*profile));
        }
        rows.write(concerned.into_iter(), |profile, page| {
            let row: Vec<_> = model[&profile].iter().copied().collect();
            write_all(row.into_iter(), page);
        });
    }

    fn row(rows: &Rows, profile: ProfileId) -> Vec<SegmentId> {
        rows.of(profile).iter().collect()
    }

    #[test]
    fn a_key_is_another_once_the_row_is() {
        let (mut rows, mut model) = (Rows::default(), Model::new());
        let far = ProfileId(50_000);
        turn(
            &mut rows,
            &mut model,
            &[(4, 7, true), (4, 1, true), (far.0, 7, true)],
        );
        let old = rows.clone();

        turn(&mut rows, &mut model, &[(far.0, 7, false)]);

        assert_eq!(vec![SegmentId(1), SegmentId(7)], row(&old, ProfileId(4)));
        assert_eq!(vec![SegmentId(7)], row(&old, far));
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
            let (mut rows, mut model, mut clones) = (Rows::default(), Model::new(), Vec::new());
            for record in records {
                let far = |profile: u32| profile * 3 + profile / 70 * 9_000;
                // Numbers that take one word, and those that take two.
                let segment = |number: u32| [0, 1, 0x7FFE, 0x7FFF, 0x8000, 0x8001, 0xFFFF, 0x1_0000, 0x7FFF_FFFF][number as usize];
                let turns: Vec<_> = record.into_iter().map(|own| (far(own.0), segment(own.1), own.2)).collect();

                turn(&mut rows, &mut model, &turns);
                rows.validate();

                let clone = rows.clone();
                // Whoever goes on from a clone does not know which pieces are no longer alive.
                let old = if turns.len() % 3 == 0 { std::mem::replace(&mut rows, clone) } else { clone };
                clones.push((old, model.clone()));
            }
            for (rows, model) in clones {
                for profile in (0..20_000).map(ProfileId) {
                    let expected: Vec<_> = model.get(&profile).into_iter().flatten().copied().collect();
                    prop_assert_eq!(expected, row(&rows, profile));
                }
            }
        }
    }
}
