//! Leaves that look at events, for profiles of several ids.
//!
//! The fast paths read the history slot by slot. Of a profile of several slots the events of all are looked at together.

use crate::bitmap::{ChunkRange, ChunkSource, WORDS, Words};
use crate::event::history::place;
use crate::id::ProfileId;
use crate::view::View;

/// A slot of a profile of several.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// The profile, as a bit of its word.
    pub(super) bit: u16,
    /// Where the history has its events.
    pub(super) shard: usize,
    /// Its number there.
    pub(super) local: u16,
}

/// A computed operand over events that is right for profiles of one slot, and knows how to be right for others.
pub(super) trait SlotSource: ChunkSource {
    /// The bits of the profiles of one word that the operand holds of, given all their slots; those of one profile follow each other.
    /// Where `many` are asked for, whole shards may be looked at at once.
    fn fill_word(&self, slots: &[Place], many: bool) -> u64;
}

/// Profiles of a chunk are many when they are more than one in so many.
const FEW: u32 = if cfg!(test) { 32_768 } else { 16 };

/// Such an operand, made right for all profiles.
pub(super) struct CompoundSource<'v, S> {
    view: &'v View,
    single: S,
}

impl<'v, S: SlotSource> CompoundSource<'v, S> {
    pub(super) const fn new(view: &'v View, single: S) -> Self {
        Self { view, single }
    }

    /// The bits of the profiles of several slots among those of `wanted`.
    fn several(&self, key: u16, wanted: &Words, words: &mut Words) {
        let mut slots = Vec::new();
        let count: u32 = wanted.iter().map(|word| word.count_ones()).sum();
        let many = count * FEW > 65_536;
        for (at, (word, wanted)) in words.iter_mut().zip(wanted).enumerate() {
            let mut rest = *wanted;
            if rest == 0 {
                continue;
            }
            slots.clear();
            while rest != 0 {
                let bit = rest.trailing_zeros();
                rest &= rest - 1;
                let profile = (u32::from(key) << 16) + at as u32 * 64 + bit;
                let owners = self.view.ids.slots(ProfileId(profile));
                slots.extend(owners.map(|slot| {
                    let (shard, local) = place(slot.owner());
                    let bit = bit as u16;
                    Place { bit, shard, local }
                }));
            }
            *word = *word & !wanted | self.single.fill_word(&slots, many);
        }
    }
}

impl<S: SlotSource> ChunkSource for CompoundSource<'_, S> {
    fn fill(&self, key: u16, words: &mut Words) {
        self.fill_within(key, &[u64::MAX; WORDS], words);
    }

    fn fill_within(&self, key: u16, mask: &Words, words: &mut Words) {
        let (mut several, mut alone) = ([0; WORDS], *mask);
        self.view.compound().fill_words(key, &mut several);
        for (alone, several) in alone.iter_mut().zip(&mut several) {
            *several &= *alone;
            *alone &= !*several;
        }
        self.single.fill_within(key, &alone, words);
        self.several(key, &several, words);
    }

    fn chunks(&self) -> ChunkRange {
        self.single.chunks()
    }

    fn cost(&self) -> u32 {
        let chunks = u64::from(self.chunks().len().max(1));
        let each = self.view.compound().len() / chunks;
        // A profile takes some tenths of a microsecond, and a unit of cost is about a tenth of one.
        let more = u32::try_from(each.saturating_mul(5)).unwrap_or(u32::MAX);
        self.single.cost().saturating_add(more)
    }
}
