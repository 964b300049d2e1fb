//! The questions an expression answers.

use super::chunk::Chunk;
use super::evaluator::Task;
use super::expression::Expression;
use super::program::{Leaf, Node};
use super::range::{ChunkRange, KEYS};
use super::scratch::{Scratch, Value};
use super::set::Bitmap;
use super::shared::{View, shared};
use super::words::{Block, Words};

impl Expression<'_> {
    /// How many members.
    pub fn count(&self) -> u64 {
        self.count_within(ChunkRange::ALL)
    }

    /// How many members in a range of chunks; ranges that do not overlap add up.
    pub fn count_within(&self, keys: ChunkRange) -> u64 {
        let mut total = 0;
        Machine::new(self).each_count(keys, |count| {
            total += u64::from(count);
            true
        });
        total
    }

    /// Whether there is no member; stops at the first chunk that has one.
    pub fn is_empty(&self) -> bool {
        !self.exceeds(0)
    }

    /// Whether there are more than `k` members; stops as soon as that is known.
    pub fn exceeds(&self, k: u64) -> bool {
        let mut total = 0;
        Machine::new(self).each_count(ChunkRange::ALL, |count| {
            total += u64::from(count);
            total <= k
        });
        total > k
    }

    /// The members as a bitmap. Chunks that come from one operand unchanged are shared with it.
    pub fn members(&self) -> Bitmap {
        self.members_within(ChunkRange::ALL)
    }

    /// The members in a range of chunks; ranges that do not overlap unite with `|`.
    pub fn members_within(&self, keys: ChunkRange) -> Bitmap {
        let mut members = Bitmap::new();
        Machine::new(self).each_value(keys, |key, value| {
            let chunk = match value {
                Value::Chunk(chunk) => Some((*chunk).clone()),
                Value::Ids(ids) => Chunk::from_ids(ids.as_slice()),
                Value::Bits(words, len) => Chunk::from_words(words, *len),
                Value::Empty | Value::Counted(_) => None,
            };
            members.put(key, chunk);
        });
        members
    }

    /// Calls `visit` with the key and the words of each chunk that has members, keys rising.
    pub fn for_each_chunk(&self, keys: ChunkRange, mut visit: impl FnMut(u16, &Words)) {
        let mut block = Block::zeroed();
        Machine::new(self).each_value(keys, |key, value| match value {
            Value::Bits(words, _) => visit(key, words),
            Value::Chunk(Chunk::Bits { words, .. }) => visit(key, words),
            value => {
                block.fill(0);
                super::disjunction::add(&mut block, 0, value);
                visit(key, &block);
            }
        });
    }

    /// How many members each part has: `breakdown(p)[i]` is the size of `self & p[i]`.
    pub fn breakdown(&self, parts: &[&Bitmap]) -> Vec<u64> {
        self.breakdown_within(ChunkRange::ALL, parts)
    }

    /// As `breakdown`, in a range of chunks; ranges that do not overlap add up.
    pub fn breakdown_within(&self, keys: ChunkRange, parts: &[&Bitmap]) -> Vec<u64> {
        let mut totals = vec![0; parts.len()];
        let mut leaves: Vec<Leaf<'_>> = parts.iter().map(|part| Leaf::new(part)).collect();
        Machine::new(self).each_value(keys, |key, value| {
            let Some(members) = View::of_value(value) else {
                return;
            };
            for (leaf, total) in leaves.iter_mut().zip(&mut totals) {
                if let Some(chunk) = leaf.chunk(key) {
                    *total += u64::from(shared(members, View::of(chunk)));
                }
            }
        });
        totals
    }
}

/// An expression made ready, and its working memory.
pub(super) struct Machine<'a> {
    root: Option<Node<'a>>,
    scratch: Scratch,
}

impl<'a> Machine<'a> {
    pub(super) fn new(expression: &Expression<'a>) -> Self {
        Self {
            root: Node::prepare(expression),
            scratch: Scratch::default(),
        }
    }

    /// Visits the count of each chunk that may have members, until `visit` says no.
    pub(super) fn each_count(&mut self, keys: ChunkRange, mut visit: impl FnMut(u32) -> bool) {
        self.walk(keys, true, |_, value| visit(value.len()));
    }

    /// Visits the value of each chunk that has members.
    pub(super) fn each_value(&mut self, keys: ChunkRange, mut visit: impl FnMut(u16, &Value<'a>)) {
        self.walk(keys, false, |key, value| {
            if value.len() > 0 {
                visit(key, value);
            }
            true
        });
    }

    /// Visits the value of the chunks in `keys`, which must lie after those of the last `resume`.
    pub(super) fn resume(&mut self, keys: ChunkRange, mut visit: impl FnMut(&Value<'a>)) {
        self.advance(keys, false, |_, value| {
            visit(value);
            true
        });
    }

    /// Visits the value, or only the count, of each chunk that may have members, until `visit` says no.
    pub(super) fn walk(
        &mut self,
        keys: ChunkRange,
        counting: bool,
        mut visit: impl FnMut(u16, &Value<'a>) -> bool,
    ) {
        self.advance(keys, counting, &mut visit);
        if let Some(root) = &mut self.root {
            root.rewind();
        }
    }

    fn advance(
        &mut self,
        keys: ChunkRange,
        counting: bool,
        mut visit: impl FnMut(u16, &Value<'a>) -> bool,
    ) {
        let Some(root) = &mut self.root else {
            return;
        };
        let keys = keys.keys();
        let mut from = keys.start;
        loop {
            let key = root.seek(from);
            if key >= keys.end.min(KEYS) {
                return;
            }
            let task = Task {
                key: key as u16,
                mask: None,
                counting,
            };
            let value = root.value(task, &mut self.scratch);
            let more = visit(task.key, &value);
            self.scratch.give(value);
            if !more {
                return;
            }
            from = key + 1;
        }
    }
}
