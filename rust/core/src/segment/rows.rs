//! The row form: which segments each profile is in, as readers see it.

use std::sync::Arc;

use super::feed::Flip;
use super::log::{Log, Place};
use crate::id::{ProfileId, SegmentId};

/// Profiles whose rows one leaf places.
const LEAF: usize = 64;

/// Rows that are read ahead of their turn.
const AHEAD: usize = 16;

/// Segments in one line of the cache.
const LINE: usize = 16;

/// The segments of every profile, rising. A clone shares everything.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// Where each leaf lies.
    top: Arc<Vec<Place>>,
    /// By profile where the row lies.
    leaves: Log<Place>,
    /// The rows themselves.
    log: Log<SegmentId>,
}

impl Rows {
    /// The segments that a profile is in, rising; none for a profile that nobody knows.
    pub fn of(&self, profile: ProfileId) -> &[SegmentId] {
        self.log.get(self.place(profile))
    }

    /// A number that is another whenever a row is another, and other for other profiles; none for a profile without a row.
    pub fn key(&self, profile: ProfileId) -> Option<u64> {
        let place = self.place(profile);
        let empty = || u64::MAX - u64::from(profile.0);
        place
            .is_some()
            .then(|| place.number().unwrap_or_else(empty))
    }

    #[inline]
    fn place(&self, profile: ProfileId) -> Place {
        place(&self.top, &self.leaves, profile)
    }

    /// Does the flips of a record, which are in order of profiles; those of one profile are put in order of segments.
    pub(super) fn turn(&mut self, flips: &mut [Flip]) {
        let mut pen = self.log.pen();
        let profiles = flips.chunk_by(|a, b| a.profile == b.profile);
        let profiles = profiles.filter_map(|own| own.first());
        let mut places: Vec<(u32, Place)> = profiles
            .map(|own| (own.profile.0, self.place(own.profile)))
            .collect();
        let all = flips.chunk_by_mut(|a, b| a.profile == b.profile);
        for (number, own) in all.enumerate() {
            if number.is_multiple_of(AHEAD) {
                let soon = places.get(number..).unwrap_or_default().iter();
                self.warm(soon.take(AHEAD).map(|own| own.1));
            }
            if let Some((profile, place)) = places.get_mut(number) {
                let row = self.log.get(*place);
                *place = pen.write(*profile, *place, |page| turn(row, own, page));
            }
        }
        let written = pen.written();
        self.log.put(pen);
        self.put(&places);
        let (top, leaves) = (&self.top, &self.leaves);
        let current = |profile| place(top, leaves, ProfileId(profile));
        let mut moved = self.log.clean(written, current);
        moved.sort_unstable_by_key(|own| own.0);
        self.put(&moved);
    }

    /// Reads a little of some rows. The reads do not wait for each other, as those of one row after the other would.
    fn warm(&self, places: impl Iterator<Item = Place>) {
        let lines = |place| self.log.get(place).iter().step_by(LINE);
        let words = places.flat_map(lines).map(|own| own.0);
        std::hint::black_box(words.fold(0, |a, b| a ^ b));
    }

    /// Notes where rows lie now, in order of profiles.
    fn put(&mut self, places: &[(u32, Place)]) {
        if places.is_empty() {
            return;
        }
        let leaf = |own: &(u32, Place)| own.0 as usize / LEAF;
        let top = Arc::make_mut(&mut self.top);
        let room = places.last().map_or(0, leaf) + 1;
        top.resize(room.max(top.len()), Place::default());
        let mut pen = self.leaves.pen();
        for own in places.chunk_by(|a, b| leaf(a) == leaf(b)) {
            let number = own.first().map_or(0, leaf);
            let Some(place) = top.get_mut(number) else {
                continue;
            };
            let old = self.leaves.get(*place);
            *place = pen.write(number as u32, *place, |page| {
                let start = page.len();
                page.extend_from_slice(old);
                page.resize(start + LEAF, Place::default());
                for (profile, new) in own {
                    if let Some(cell) = page.get_mut(start + *profile as usize % LEAF) {
                        *cell = *new;
                    }
                }
            });
        }
        let written = pen.written();
        self.leaves.put(pen);
        let moved = self.leaves.clean(written, |leaf| {
            top.get(leaf as usize).copied().unwrap_or_default()
        });
        for (leaf, new) in moved {
            if let Some(place) = top.get_mut(leaf as usize) {
                *place = new;
            }
        }
    }

    /// Whether what is counted as alive is.
    #[cfg(test)]
    fn validate(&self) {
        let leaves = self.top.iter().flat_map(|leaf| self.leaves.get(*leaf));
        self.log.validate(leaves.copied());
        self.leaves.validate(self.top.iter().copied());
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.top.capacity() * size_of::<Place>() + self.leaves.heap_bytes() + self.log.heap_bytes()
    }
}

/// Where the row of a profile lies.
#[inline]
fn place(top: &[Place], leaves: &Log<Place>, profile: ProfileId) -> Place {
    let leaf = top.get(profile.index() / LEAF);
    let leaf = leaf.map_or(&[][..], |leaf| leaves.get(*leaf));
    let place = leaf.get(profile.index() % LEAF);
    place.copied().unwrap_or_default()
}

/// Appends a row after the flips of its profile.
fn turn(mut row: &[SegmentId], flips: &mut [Flip], page: &mut Vec<SegmentId>) {
    // Of several flips of one segment the last counts: stable.
    flips.sort_by_key(|own| own.segment);
    for own in flips.chunk_by(|a, b| a.segment == b.segment) {
        let Some(last) = own.last() else { continue };
        let (before, rest) = row
            .split_at_checked(row.partition_point(|own| *own < last.segment))
            .unwrap_or((row, &[]));
        page.extend_from_slice(before);
        if last.entered {
            page.push(last.segment);
        }
        row = match rest.split_first() {
            Some((first, after)) if *first == last.segment => after,
            Some(_) | None => rest,
        };
    }
    page.extend_from_slice(row);
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
        rows.turn(&mut flips(&[(4, 7, true), (4, 1, true), (far.0, 7, true)]));
        let old = rows.clone();

        rows.turn(&mut flips(&[(far.0, 7, false)]));

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
                rows.turn(&mut flips);
                rows.validate();

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
