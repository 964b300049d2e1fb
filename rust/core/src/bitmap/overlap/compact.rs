//! Ids that several sets have, numbered without gaps.

use super::super::chunk::Chunk;
use super::super::words::{Block, WORDS, Words, bit_of, each_word_in, word_of};
use super::Held;
use super::rows::Rows;

/// Starts `rows` anew with the ids that at least two sets have, and a list for each set that has any.
pub(super) fn fill(group: &[Held<'_>], rows: &mut Rows) {
    let mut shared = Shared::default();
    for held in group {
        shared.note(held.chunk);
    }
    let numbers = Numbers::new(&shared.twice);
    rows.start(numbers.len);
    for held in group {
        rows.push_list(held.set, |list| numbers.list(held.chunk, list));
    }
}

/// Ids that have been seen, and those seen twice.
struct Shared {
    once: Block,
    twice: Block,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            once: Block::zeroed(),
            twice: Block::zeroed(),
        }
    }
}

impl Shared {
    fn note(&mut self, chunk: &Chunk) {
        let Self { once, twice } = self;
        let mut note = |at: usize, bits: u64| {
            twice[at] |= once[at] & bits;
            once[at] |= bits;
        };
        match chunk {
            Chunk::Array(ids) => ids.iter().for_each(|&id| note(word_of(id), bit_of(id))),
            Chunk::Bits { words, .. } => {
                let seen = twice.iter_mut().zip(once.iter_mut());
                for ((twice, once), word) in seen.zip(words.iter()) {
                    *twice |= *once & word;
                    *once |= word;
                }
            }
            Chunk::Runs { runs, .. } => {
                for run in runs.iter() {
                    each_word_in(run.start, run.end, &mut note);
                }
            }
            Chunk::Full => (0..WORDS).for_each(|at| note(at, u64::MAX)),
        }
    }
}

/// The place of each id among those seen twice.
struct Numbers<'w> {
    twice: &'w Words,
    /// How many stand before each word.
    before: [u16; WORDS],
    len: usize,
}

impl<'w> Numbers<'w> {
    fn new(twice: &'w Words) -> Self {
        let mut len = 0;
        let before = twice.map(|word| {
            let before = len as u16;
            len += word.count_ones() as usize;
            before
        });
        Self { twice, before, len }
    }

    /// Appends the numbers of those of the bits of a word that were seen twice.
    #[inline]
    fn push(&self, at: usize, bits: u64, list: &mut Vec<u16>) {
        if bits & self.twice[at] != 0 {
            self.push_some(at, bits, list);
        }
    }

    fn push_some(&self, at: usize, bits: u64, list: &mut Vec<u16>) {
        let twice = self.twice[at];
        let mut rest = bits & twice;
        while rest != 0 {
            let below = (rest & rest.wrapping_neg()) - 1;
            list.push(self.before[at] + (twice & below).count_ones() as u16);
            rest &= rest - 1;
        }
    }

    /// Appends the numbers of the members that were seen twice.
    fn list(&self, chunk: &Chunk, list: &mut Vec<u16>) {
        match chunk {
            Chunk::Array(ids) => {
                for &id in ids.iter() {
                    self.push(word_of(id), bit_of(id), list);
                }
            }
            Chunk::Bits { words, .. } => {
                for (at, &word) in words.iter().enumerate() {
                    self.push(at, word, list);
                }
            }
            Chunk::Runs { runs, .. } => {
                for run in runs.iter() {
                    each_word_in(run.start, run.end, |at, bits| self.push(at, bits, list));
                }
            }
            Chunk::Full => (0..self.len).for_each(|number| list.push(number as u16)),
        }
    }
}
