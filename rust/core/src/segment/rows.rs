//! The row form: which segments each profile is in, as readers see it.

use std::sync::Arc;

use super::log::{Log, Place};
use crate::id::{ProfileId, SegmentId};

/// Profiles whose rows one leaf places.
const LEAF: usize = 64;

/// Rows that are read ahead of their turn.
const AHEAD: usize = 16;

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

    /// Writes the rows of some profiles anew, each once, rising; `row` appends what a profile is in, rising, and `warm` reads ahead what
    /// it will need.
    pub(super) fn write(
        &mut self,
        profiles: impl Iterator<Item = ProfileId>,
        warm: impl Fn(&mut dyn Iterator<Item = ProfileId>),
        row: impl Fn(ProfileId, &mut Vec<SegmentId>),
    ) {
        let mut pen = self.log.pen();
        let mut places: Vec<(u32, Place)> = profiles
            .map(|profile| (profile.0, self.place(profile)))
            .collect();
        for soon in places.chunks_mut(AHEAD) {
            warm(&mut soon.iter().map(|own| ProfileId(own.0)));
            for (profile, place) in soon {
                let own = ProfileId(*profile);
                *place = pen.write(*profile, *place, |page| row(own, page));
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
        rows.write(
            concerned.into_iter(),
            |_| (),
            |profile, page| page.extend(&model[&profile]),
        );
    }

    #[test]
    fn a_key_is_another_once_the_row_is() {
        let (mut rows, mut model) = (Rows::default(), Model::new());
        let far = ProfileId(50_000);
        turn(&mut rows, &mut model, &[(4, 7, true), (4, 1, true), (far.0, 7, true)]);
        let old = rows.clone();

        turn(&mut rows, &mut model, &[(far.0, 7, false)]);

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
            let (mut rows, mut model, mut clones) = (Rows::default(), Model::new(), Vec::new());
            for record in records {
                let far = |profile: u32| profile * 3 + profile / 70 * 9_000;
                let turns: Vec<_> = record.into_iter().map(|own| (far(own.0), own.1, own.2)).collect();

                turn(&mut rows, &mut model, &turns);
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
