//! Leaves that look at events, for profiles of several ids.
//!
//! The fast paths read the history slot by slot. Of a profile of several slots the events of all are looked at together.

use crate::bitmap::{ChunkRange, ChunkSource, Words};
use crate::event::run::SHARD_PROFILES;
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

    fn put_right(&self, key: u16, mask: Option<&Words>, words: &mut Words) {
        let (mut compound, mut slots) = ([0; 1024], Vec::new());
        self.view.compound().fill_words(key, &mut compound);
        if let Some(mask) = mask {
            let pairs = compound.iter_mut().zip(mask);
            pairs.for_each(|(word, mask)| *word &= mask);
        }
        let count: u32 = compound.iter().map(|word| word.count_ones()).sum();
        let many = count * FEW > 65_536;
        for (at, (word, wanted)) in words.iter_mut().zip(compound).enumerate() {
            if wanted == 0 {
                continue;
            }
            slots.clear();
            let mut rest = wanted;
            while rest != 0 {
                let bit = rest.trailing_zeros();
                rest &= rest - 1;
                let profile = (u32::from(key) << 16) + at as u32 * 64 + bit;
                let owners = self.view.ids.slots(ProfileId(profile));
                slots.extend(owners.map(|slot| Place {
                    bit: bit as u16,
                    shard: slot.owner().index() / SHARD_PROFILES,
                    local: (slot.owner().index() % SHARD_PROFILES) as u16,
                }));
            }
            *word = *word & !wanted | self.single.fill_word(&slots, many);
        }
    }
}

impl<S: SlotSource> ChunkSource for CompoundSource<'_, S> {
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
        // A profile takes some tenths of a microsecond, and a unit of cost is about a tenth of one.
        let more = u32::try_from(each.saturating_mul(5)).unwrap_or(u32::MAX);
        self.single.cost().saturating_add(more)
    }
}
