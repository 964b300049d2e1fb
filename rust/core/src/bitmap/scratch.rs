//! Working memory of one evaluation, used again from chunk to chunk.

use super::ARRAY_LIMIT;
use super::chunk::Chunk;
use super::hits::{Hits, places};
use super::words::{Block, CHUNK_BITS, Words};

/// A short list of strictly increasing ids.
pub(super) struct Ids {
    len: usize,
    ids: [u16; ARRAY_LIMIT],
}

impl Ids {
    pub(super) fn as_slice(&self) -> &[u16] {
        self.ids.get(..self.len).unwrap_or_default()
    }

    /// Takes over those of `candidates` that `hits` names.
    pub(super) fn select(&mut self, candidates: &[u16], hits: &Hits) {
        self.len = 0;
        for (id, slot) in places(hits)
            .filter_map(|place| candidates.get(place))
            .zip(&mut self.ids)
        {
            *slot = *id;
            self.len += 1;
        }
    }

    /// Takes over the ids of all lists, which have room here together.
    pub(super) fn unite<'l>(&mut self, lists: impl Iterator<Item = &'l [u16]>) {
        self.len = 0;
        for (id, slot) in lists.flatten().zip(&mut self.ids) {
            *slot = *id;
            self.len += 1;
        }
        let ids = self.ids.get_mut(..self.len).unwrap_or_default();
        ids.sort_unstable();
        let mut kept = 0;
        for at in 0..ids.len() {
            if at == 0 || ids[at] != ids[kept - 1] {
                ids[kept] = ids[at];
                kept += 1;
            }
        }
        self.len = kept;
    }
}

/// What an operand holds in one chunk.
pub(super) enum Value<'a> {
    /// Nothing.
    Empty,
    /// A chunk of a bitmap, as it stands.
    Chunk(&'a Chunk),
    /// A list that was computed; not empty.
    Ids(Box<Ids>),
    /// Bits that were computed, and how many are set; at least one.
    Bits(Box<Block>, u32),
    /// Only the number was asked for.
    Counted(u32),
}

/// All ids.
pub(super) static FULL: Chunk = Chunk::Full;

impl Value<'_> {
    pub(super) fn len(&self) -> u32 {
        match self {
            Self::Empty => 0,
            Self::Chunk(chunk) => chunk.len(),
            Self::Ids(ids) => ids.len as u32,
            Self::Bits(_, len) | Self::Counted(len) => *len,
        }
    }

    /// The ids, where they are a list.
    pub(super) fn as_ids(&self) -> Option<&[u16]> {
        match self {
            Self::Chunk(Chunk::Array(ids)) => Some(ids),
            Self::Ids(ids) => Some(ids.as_slice()),
            _ => None,
        }
    }
}

/// Spare blocks and lists.
#[derive(Default)]
#[expect(
    clippy::vec_box,
    reason = "a block or list moves between the store and a value as a pointer"
)]
pub(super) struct Scratch {
    blocks: Vec<Box<Block>>,
    lists: Vec<Box<Ids>>,
}

impl Scratch {
    /// A block that holds anything.
    pub(super) fn block(&mut self) -> Box<Block> {
        self.blocks
            .pop()
            .unwrap_or_else(|| Box::new(Block::zeroed()))
    }

    /// A block without members.
    pub(super) fn empty_block(&mut self) -> Box<Block> {
        let mut block = self.block();
        block.fill(0);
        block
    }

    /// A list that holds anything.
    pub(super) fn list(&mut self) -> Box<Ids> {
        self.lists.pop().unwrap_or_else(|| {
            Box::new(Ids {
                len: 0,
                ids: [0; ARRAY_LIMIT],
            })
        })
    }

    pub(super) fn give_block(&mut self, block: Box<Block>) {
        self.blocks.push(block);
    }

    /// Takes back what a value was computed in.
    pub(super) fn give(&mut self, value: Value<'_>) {
        match value {
            Value::Ids(list) => self.lists.push(list),
            Value::Bits(block, _) => self.blocks.push(block),
            Value::Empty | Value::Chunk(_) | Value::Counted(_) => {}
        }
    }

    /// A block as a value: empty and full blocks are taken back at once.
    pub(super) fn settle<'a>(&mut self, block: Box<Block>, len: u32) -> Value<'a> {
        match len {
            0 => {
                self.give_block(block);
                Value::Empty
            }
            CHUNK_BITS => {
                self.give_block(block);
                Value::Chunk(&FULL)
            }
            _ => Value::Bits(block, len),
        }
    }

    /// The value in a block of this evaluation, whatever it was held in.
    pub(super) fn block_of(&mut self, value: Value<'_>) -> Box<Block> {
        match value {
            Value::Bits(block, _) => block,
            Value::Chunk(chunk) => {
                let mut block = self.block();
                chunk.write_to(&mut block);
                block
            }
            Value::Ids(list) => {
                let mut block = self.empty_block();
                set(&mut block, list.as_slice());
                self.lists.push(list);
                block
            }
            Value::Empty | Value::Counted(_) => self.empty_block(),
        }
    }
}

/// Sets `ids` in `words`; gives how many were clear before.
pub(super) fn set(words: &mut Words, ids: &[u16]) -> u32 {
    (super::kernel::kernels().set_ids)(words, ids)
}
