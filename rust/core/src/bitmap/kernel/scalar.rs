//! Loops over lists of ids against bit words.
//!
//! Everything here is inlined into a function compiled for an instruction set, which gives shifts, bit
//! tests and population counts of their own. `pick` takes one bit of a word: where there is an
//! instruction for it, it also keeps the compiler from gathering words into vectors, which is slower.

use super::super::hits::Hits;
use super::super::words::{Words, bit_of, word_of};

/// Bit `id % 64` of `word`.
#[inline(always)]
pub(super) fn pick(word: u64, id: u16) -> u64 {
    word >> (id & 63) & 1
}

#[inline(always)]
pub(super) fn probe_count(ids: &[u16], words: &Words, pick: impl Fn(u64, u16) -> u64) -> u32 {
    let held = |id: u16| pick(words[word_of(id)], id);
    ids.iter().map(|&id| held(id)).fold(0, u64::wrapping_add) as u32
}

#[inline(always)]
pub(super) fn probe(ids: &[u16], words: &Words, hits: &mut Hits, pick: impl Fn(u64, u16) -> u64) {
    let held = |id: u16| pick(words[word_of(id)], id);
    *hits = [0; _];
    for (word, group) in hits.iter_mut().zip(ids.chunks(64)) {
        let mut eights = group.chunks_exact(8);
        let mut place = 0;
        for eight in &mut eights {
            // Short sums in place of one long chain of shifts.
            let pair = |at: usize| held(eight[at]) | held(eight[at + 1]) << 1;
            let byte = pair(0) | pair(2) << 2 | (pair(4) | pair(6) << 2) << 4;
            *word |= byte << place;
            place += 8;
        }
        for &id in eights.remainder() {
            *word |= held(id) << place;
            place += 1;
        }
    }
}

/// Calls `touch` with each id. Ids that follow one another often share a word, and each would wait
/// for the store of the one before; so four parts of the list take turns.
#[inline(always)]
fn in_turns(ids: &[u16], mut touch: impl FnMut(u16)) {
    let quarter = ids.len() / 4;
    let (first, rest) = ids.split_at(quarter);
    let (second, rest) = rest.split_at(quarter);
    let (third, rest) = rest.split_at(quarter);
    let (fourth, rest) = rest.split_at(quarter);
    for (((&a, &b), &c), &d) in first.iter().zip(second).zip(third).zip(fourth) {
        touch(a);
        touch(b);
        touch(c);
        touch(d);
    }
    for &id in rest {
        touch(id);
    }
}

#[inline(always)]
pub(super) fn set_ids(words: &mut Words, ids: &[u16]) -> u32 {
    let mut added = 0_u32;
    in_turns(ids, |id| {
        let word = &mut words[word_of(id)];
        added = added.wrapping_add(pick(!*word, id) as u32);
        *word |= bit_of(id);
    });
    added
}

#[inline(always)]
pub(super) fn clear_ids(words: &mut Words, ids: &[u16]) -> u32 {
    let mut removed = 0_u32;
    in_turns(ids, |id| {
        let word = &mut words[word_of(id)];
        removed = removed.wrapping_add(pick(*word, id) as u32);
        *word &= !bit_of(id);
    });
    removed
}

#[inline(always)]
pub(super) fn flip_ids(words: &mut Words, ids: &[u16]) -> u32 {
    let mut held = 0_u32;
    in_turns(ids, |id| {
        let word = &mut words[word_of(id)];
        held = held.wrapping_add(pick(*word, id) as u32);
        *word ^= bit_of(id);
    });
    held
}

#[inline(always)]
pub(super) fn decode(words: &Words, out: &mut [u16]) -> usize {
    let mut written = 0;
    for (at, &word) in words.iter().enumerate() {
        let base = (at * 64) as u16;
        // A word has at most 64 ids: with room for so many, a few may be written at a time.
        written += match out.get_mut(written..written + 64) {
            Some(room) => decode_word(word, base, room),
            None => decode_last(word, base, out.get_mut(written..).unwrap_or_default()),
        };
    }
    written
}

/// Writes four ids at a time, whether there are so many or not: the surplus is written over next.
#[inline(always)]
fn decode_word(word: u64, base: u16, room: &mut [u16]) -> usize {
    let mut rest = word;
    for four in room.chunks_exact_mut(4) {
        if rest == 0 {
            break;
        }
        for slot in four {
            *slot = base.wrapping_add(rest.trailing_zeros() as u16);
            rest &= rest.wrapping_sub(1);
        }
    }
    word.count_ones() as usize
}

fn decode_last(word: u64, base: u16, room: &mut [u16]) -> usize {
    let mut rest = word;
    let mut written = 0;
    for slot in room {
        if rest == 0 {
            break;
        }
        *slot = base + rest.trailing_zeros() as u16;
        rest &= rest - 1;
        written += 1;
    }
    written
}

/// Swaps ever smaller quarters (Warren, Hacker's Delight, 7-3), in four squares at once.
#[inline(always)]
pub(super) fn transpose(squares: &mut [[u64; 4]; 64]) {
    let mut width = 32;
    let mut mask = u64::MAX >> 32;
    while width > 0 {
        let mut row = 0;
        while row < 64 {
            // `row + width` is below 64, since `row` lacks the bit of `width`.
            let (mut upper, mut lower) = (squares[row], squares[row + width]);
            for (upper, lower) in upper.iter_mut().zip(&mut lower) {
                let swapped = (*upper >> width ^ *lower) & mask;
                *upper ^= swapped << width;
                *lower ^= swapped;
            }
            (squares[row], squares[row + width]) = (upper, lower);
            row = (row + width + 1) & !width;
        }
        width /= 2;
        mask ^= mask << (width & 63);
    }
}
