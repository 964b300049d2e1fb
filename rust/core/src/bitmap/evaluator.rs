//! Evaluation of one operation in one chunk, in two ways: as a value, and as a test of candidates.

use super::chunk::{Chunk, Run};
use super::hits::{self, Hits};
use super::kernel::kernels;
use super::program::Node;
use super::scratch::{Scratch, Value, set};
use super::words::{CHUNK_BITS, Words, clear_span, flip_span};

/// What an evaluation of a chunk is asked for.
#[derive(Clone, Copy)]
pub(super) struct Task<'m> {
    pub(super) key: u16,
    /// Ids outside need not be right.
    pub(super) mask: Option<&'m Words>,
    /// Whether `Value::Counted` will do.
    pub(super) counting: bool,
}

impl<'m> Task<'m> {
    /// The same chunk for an operand: a value is needed.
    pub(super) fn operand(self) -> Self {
        Self {
            counting: false,
            ..self
        }
    }

    /// The same chunk for an operand of which only ids in `mask` matter.
    pub(super) fn within(self, mask: &'m Words) -> Self {
        Self {
            mask: Some(mask),
            counting: false,
            ..self
        }
    }
}

impl<'a> Node<'a> {
    /// What it holds in a chunk.
    pub(super) fn value(&mut self, task: Task<'_>, scratch: &mut Scratch) -> Value<'a> {
        match self {
            Self::Set(leaf) => leaf.chunk(task.key).map_or(Value::Empty, Value::Chunk),
            Self::Source(source) => {
                if !source.chunks().keys().contains(&u32::from(task.key)) {
                    return Value::Empty;
                }
                let mut block = scratch.block();
                match task.mask {
                    Some(mask) => source.fill_within(task.key, mask, &mut block),
                    None => source.fill(task.key, &mut block),
                }
                let len = (kernels().count)(&block);
                scratch.settle(block, len)
            }
            Self::And(node) => node.value(task, scratch),
            Self::Or(node) => node.value(task, scratch),
            Self::Xor(pair) => {
                let a = pair.0.value(task.operand(), scratch);
                let b = pair.1.value(task.operand(), scratch);
                exclusive(a, b, scratch)
            }
            Self::AtLeast(node) => node.value(task, scratch),
        }
    }

    /// Which of the candidates it holds in chunk `key`.
    pub(super) fn test(
        &mut self,
        key: u16,
        candidates: &[u16],
        hits: &mut Hits,
        scratch: &mut Scratch,
    ) {
        match self {
            Self::Set(leaf) => test_chunk(leaf.chunk(key), candidates, hits),
            Self::Source(source) => {
                *hits = hits::NONE;
                if !source.chunks().keys().contains(&u32::from(key)) {
                    return;
                }
                let mut mask = scratch.empty_block();
                set(&mut mask, candidates);
                let mut block = scratch.block();
                source.fill_within(key, &mask, &mut block);
                (kernels().probe)(candidates, &block, hits);
                scratch.give_block(mask);
                scratch.give_block(block);
            }
            Self::And(node) => node.test(key, candidates, hits, scratch),
            Self::Or(node) => node.test(key, candidates, hits, scratch),
            Self::Xor(pair) => {
                let mut other = hits::NONE;
                pair.0.test(key, candidates, hits, scratch);
                pair.1.test(key, candidates, &mut other, scratch);
                hits::flip(hits, &other);
            }
            Self::AtLeast(node) => node.test(key, candidates, hits, scratch),
        }
    }
}

/// Which of the candidates are in a chunk; an absent chunk has none.
pub(super) fn test_chunk(chunk: Option<&Chunk>, candidates: &[u16], hits: &mut Hits) {
    match chunk {
        None => *hits = hits::NONE,
        Some(Chunk::Array(ids)) => (kernels().match_ids)(candidates, ids, hits),
        Some(Chunk::Bits { words, .. }) => (kernels().probe)(candidates, words, hits),
        Some(Chunk::Runs { runs, .. }) => test_runs(runs, candidates, hits),
        Some(Chunk::Full) => *hits = hits::first(candidates.len()),
    }
}

/// Which of the candidates are in one of the runs.
pub(super) fn test_runs(runs: &[Run], candidates: &[u16], hits: &mut Hits) {
    *hits = hits::NONE;
    let mut runs = runs.iter().peekable();
    for (word, group) in hits.iter_mut().zip(candidates.chunks(64)) {
        for (place, &id) in group.iter().enumerate() {
            while runs.next_if(|run| run.end < id).is_some() {}
            let inside = runs.peek().is_some_and(|run| run.start <= id);
            *word |= u64::from(inside) << place;
        }
    }
}

/// Keeps in `words` what is in one of the runs; gives how many are left of `len`.
pub(super) fn keep_runs(words: &mut Words, runs: &[Run], len: u32) -> u32 {
    let mut left = len;
    let mut next = 0;
    for run in runs {
        if u32::from(run.start) > next {
            left -= clear_span(words, next as u16, run.start - 1);
        }
        next = u32::from(run.end) + 1;
    }
    if next < CHUNK_BITS {
        left -= clear_span(words, next as u16, u16::MAX);
    }
    left
}

/// Ids in exactly one of two values.
fn exclusive<'a>(a: Value<'a>, b: Value<'a>, scratch: &mut Scratch) -> Value<'a> {
    match (&a, &b) {
        (Value::Empty, _) => return b,
        (_, Value::Empty) => return a,
        _ => {}
    }
    // The block is taken from the operand that has one to give.
    let (a, b) = if matches!(b, Value::Bits(..)) {
        (b, a)
    } else {
        (a, b)
    };
    let held = a.len();
    let mut block = scratch.block_of(a);
    let len = match &b {
        Value::Chunk(Chunk::Bits { words, .. }) => (kernels().xor)(&mut block, words),
        Value::Bits(words, _) => (kernels().xor)(&mut block, words),
        Value::Chunk(Chunk::Runs { runs, .. }) => {
            for run in runs.iter() {
                flip_span(&mut block, run.start, run.end);
            }
            (kernels().count)(&block)
        }
        Value::Chunk(Chunk::Full) => {
            flip_span(&mut block, 0, u16::MAX);
            CHUNK_BITS - held
        }
        Value::Chunk(Chunk::Array(ids)) => flip(&mut block, held, ids),
        Value::Ids(ids) => flip(&mut block, held, ids.as_slice()),
        Value::Empty | Value::Counted(_) => held,
    };
    scratch.give(b);
    scratch.settle(block, len)
}

/// Flips `ids` in `words`, of which `held` are set; gives how many are set then.
fn flip(words: &mut Words, held: u32, ids: &[u16]) -> u32 {
    let common = (kernels().flip_ids)(words, ids);
    held - common + (ids.len() as u32 - common)
}
