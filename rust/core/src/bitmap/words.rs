//! The bit form of one chunk.

use std::ops::{Deref, DerefMut};

/// Ids in one chunk.
pub const CHUNK_BITS: u32 = 65_536;

/// Words in one chunk.
pub const WORDS: usize = 1024;

/// One chunk as bits: id `i` of the chunk is bit `i % 64` of word `i / 64`.
pub type Words = [u64; WORDS];

/// Words on cache lines of their own, so that no vector load straddles two.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub(super) struct Block(Words);

impl Block {
    pub(super) fn zeroed() -> Self {
        Self([0; WORDS])
    }

    pub(super) fn copy_of(words: &Words) -> Self {
        Self(*words)
    }
}

impl Deref for Block {
    type Target = Words;

    fn deref(&self) -> &Words {
        &self.0
    }
}

impl DerefMut for Block {
    fn deref_mut(&mut self) -> &mut Words {
        &mut self.0
    }
}

/// The word that holds `id`.
pub(super) fn word_of(id: u16) -> usize {
    usize::from(id >> 6)
}

/// The bit of `id` within its word.
pub(super) fn bit_of(id: u16) -> u64 {
    1 << (id & 63)
}

/// Whether `id` is set.
pub(super) fn has(words: &Words, id: u16) -> bool {
    words[word_of(id)] & bit_of(id) != 0
}

/// Calls `visit` with each word that `start..=end` touches and the bits it covers there.
pub(super) fn each_word_in(start: u16, end: u16, mut visit: impl FnMut(usize, u64)) {
    let (first, last) = (word_of(start), word_of(end));
    let head = u64::MAX << (start & 63);
    let tail = u64::MAX >> (63 - (end & 63));
    if first == last {
        return visit(first, head & tail);
    }
    visit(first, head);
    (first + 1..last).for_each(|word| visit(word, u64::MAX));
    visit(last, tail);
}

/// Sets `start..=end`; gives how many were not set before.
pub(super) fn set_span(words: &mut Words, start: u16, end: u16) -> u32 {
    let mut added = 0;
    each_word_in(start, end, |at, mask| {
        added += (mask & !words[at]).count_ones();
        words[at] |= mask;
    });
    added
}

/// Clears `start..=end`; gives how many were set before.
pub(super) fn clear_span(words: &mut Words, start: u16, end: u16) -> u32 {
    let mut removed = 0;
    each_word_in(start, end, |at, mask| {
        removed += (mask & words[at]).count_ones();
        words[at] &= !mask;
    });
    removed
}

/// How many of `start..=end` are set.
pub(super) fn count_span(words: &Words, start: u16, end: u16) -> u32 {
    let mut count = 0;
    each_word_in(start, end, |at, mask| {
        count += (mask & words[at]).count_ones();
    });
    count
}

/// Flips `start..=end`.
pub(super) fn flip_span(words: &mut Words, start: u16, end: u16) {
    each_word_in(start, end, |at, mask| words[at] ^= mask);
}
