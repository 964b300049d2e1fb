//! Loops over lists of ids against bit words.
//!
//! Everything here is inlined into a function compiled for an instruction set, which gives shifts, bit
//! tests and population counts of their own.

use super::super::hits::Hits;
use super::super::words::{Words, bit_of, word_of};

#[inline(always)]
pub(super) fn probe_count(ids: &[u16], words: &Words) -> u32 {
    ids.iter()
        .map(|&id| (words[word_of(id)] >> (id & 63) & 1) as u32)
        .fold(0, u32::wrapping_add)
}

#[inline(always)]
pub(super) fn probe(ids: &[u16], words: &Words, hits: &mut Hits) {
    *hits = [0; _];
    for (word, group) in hits.iter_mut().zip(ids.chunks(64)) {
        *word = group
            .iter()
            .enumerate()
            .map(|(place, &id)| (words[word_of(id)] >> (id & 63) & 1) << place)
            .fold(0, |all, bit| all | bit);
    }
}

#[inline(always)]
pub(super) fn set_ids(words: &mut Words, ids: &[u16]) -> u32 {
    let mut added = 0_u32;
    for &id in ids {
        let word = &mut words[word_of(id)];
        added = added.wrapping_add((!*word >> (id & 63) & 1) as u32);
        *word |= bit_of(id);
    }
    added
}

#[inline(always)]
pub(super) fn clear_ids(words: &mut Words, ids: &[u16]) -> u32 {
    let mut removed = 0_u32;
    for &id in ids {
        let word = &mut words[word_of(id)];
        removed = removed.wrapping_add((*word >> (id & 63) & 1) as u32);
        *word &= !bit_of(id);
    }
    removed
}

#[inline(always)]
pub(super) fn flip_ids(words: &mut Words, ids: &[u16]) -> u32 {
    let mut held = 0_u32;
    for &id in ids {
        let word = &mut words[word_of(id)];
        held = held.wrapping_add((*word >> (id & 63) & 1) as u32);
        *word ^= bit_of(id);
    }
    held
}

#[inline(always)]
pub(super) fn decode(words: &Words, out: &mut [u16]) -> usize {
    let mut written = 0;
    for (at, &word) in words.iter().enumerate() {
        let mut rest = word;
        while rest != 0 {
            let Some(place) = out.get_mut(written) else {
                return written;
            };
            *place = (at * 64) as u16 + rest.trailing_zeros() as u16;
            written += 1;
            rest &= rest - 1;
        }
    }
    written
}
