//! Leaves that look at events, for profiles of several ids.
//!
//! The fast paths read the history slot by slot. For a profile of several slots the reference evaluator answers instead.

use crate::bitmap::{ChunkRange, ChunkSource, Words};
use crate::explain;
use crate::id::ProfileId;
use crate::rule::ast::Boolean;
use crate::rule::plan::{Leaf, Plan};
use crate::time::Instant;
use crate::view::View;

/// A computed operand that is right for profiles of one slot, made right for all.
pub(super) struct CompoundSource<'v, S> {
    view: &'v View,
    plan: Plan,
    t: Instant,
    /// Whether the operand is the complement of the leaf.
    inverted: bool,
    single: S,
}

impl<'v, S: ChunkSource> CompoundSource<'v, S> {
    /// `single` gives the members of `leaf` at `t`, or all others where it is `inverted`.
    pub(super) fn new(view: &'v View, leaf: &Leaf, t: Instant, inverted: bool, single: S) -> Self {
        Self {
            view,
            plan: Boolean::Leaf(leaf.clone()),
            t,
            inverted,
            single,
        }
    }

    fn holds(&self, profile: u32) -> bool {
        let person = self.view.person(ProfileId(profile));
        explain::holds(&self.plan, &person, self.view.catalog(), self.t)
    }

    fn put_right(&self, key: u16, mask: Option<&Words>, words: &mut Words) {
        let mut compound = [0; 1024];
        self.view.compound().fill_words(key, &mut compound);
        for (at, (word, compound)) in words.iter_mut().zip(compound).enumerate() {
            let wanted = mask.map_or(u64::MAX, |mask| mask.get(at).copied().unwrap_or(0));
            let mut rest = compound & wanted;
            *word &= !rest;
            while rest != 0 {
                let bit = rest.trailing_zeros();
                rest &= rest - 1;
                let profile = (u32::from(key) << 16) + at as u32 * 64 + bit;
                if self.holds(profile) != self.inverted {
                    *word |= 1 << bit;
                }
            }
        }
    }
}

impl<S: ChunkSource> ChunkSource for CompoundSource<'_, S> {
    fn fill(&self, key: u16, words: &mut Words) {
        self.single.fill(key, words);
        self.put_right(key, None, words);
    }

    fn fill_within(&self, key: u16, mask: &Words, words: &mut Words) {
        self.single.fill_within(key, mask, words);
        self.put_right(key, Some(mask), words);
    }

    fn chunks(&self) -> ChunkRange {
        self.single.chunks()
    }

    fn cost(&self) -> u32 {
        let chunks = u64::from(self.chunks().len().max(1));
        let each = self.view.compound().len() / chunks;
        // The reference takes microseconds for a profile, and a unit of cost is about a tenth of one.
        let more = u32::try_from(each.saturating_mul(50)).unwrap_or(u32::MAX);
        self.single.cost().saturating_add(more)
    }
}
