//! How long a profile has been in a segment, as a computed operand. Profile by profile.

use crate::bitmap::{ChunkRange, ChunkSource, Words};
use crate::id::{ProfileId, SegmentId};
use crate::rule::ast::Age;
use crate::rule::plan::Plan;
use crate::segment::course;
use crate::time::Instant;
use crate::view::View;

/// The profiles whose unbroken stretch in or out of a segment is of a certain age; to be intersected with its members.
#[derive(Debug)]
pub(super) struct AgeSource<'v> {
    view: &'v View,
    plan: Option<&'v Plan>,
    age: Age,
    t: Instant,
}

impl<'v> AgeSource<'v> {
    /// Compiles the age of a segment at `t`.
    pub(super) fn new(view: &'v View, segment: SegmentId, age: Age, t: Instant) -> Self {
        Self {
            view,
            plan: view.catalog().segment(segment).map(|segment| &segment.plan),
            age,
            t,
        }
    }

    fn holds(&self, profile: ProfileId) -> bool {
        let Some(plan) = self.plan else { return false };
        let person = self.view.person_at(profile, self.view.time().max(self.t));
        let course = course::of(plan, &person, self.view.catalog());
        let Some(since) = course.since(self.t) else {
            return self.age.to.is_none();
        };
        let age = self.t.since(since);
        self.age.from <= age && self.age.to.is_none_or(|to| age < to)
    }
}

impl ChunkSource for AgeSource<'_> {
    fn fill(&self, key: u16, words: &mut Words) {
        self.fill_within(key, &[u64::MAX; 1024], words);
    }

    fn fill_within(&self, key: u16, mask: &Words, words: &mut Words) {
        for (at, (word, mask)) in words.iter_mut().zip(mask).enumerate() {
            *word = 0;
            let mut rest = *mask;
            while rest != 0 {
                let bit = rest.trailing_zeros();
                rest &= rest - 1;
                let profile = ProfileId((u32::from(key) << 16) + at as u32 * 64 + bit);
                if self.view.live().contains(profile.0) && self.holds(profile) {
                    *word |= 1 << bit;
                }
            }
        }
    }

    fn chunks(&self) -> ChunkRange {
        ChunkRange::of_ids(self.view.population())
    }

    fn cost(&self) -> u32 {
        100_000_000
    }
}
