//! Pair by pair.

use super::super::chunk::Chunk;
use super::super::kernel::kernels;
use super::super::shared::{View, shared};
use super::super::words::{Block, Words};
use super::{Held, Matrix};
use std::borrow::Cow;

/// Every pair of different sets, by the loop for their containers.
pub(super) fn add_all(group: &[Held<'_>], matrix: &mut Matrix) {
    for (at, a) in group.iter().enumerate() {
        for b in group.iter().skip(at + 1) {
            matrix.add(a.set, b.set, shared(View::of(a.chunk), View::of(b.chunk)));
        }
    }
}

/// The chunks as words.
pub(super) fn words_of<'a>(held: &[Held<'a>]) -> Vec<Cow<'a, Block>> {
    held.iter()
        .map(|held| match held.chunk {
            Chunk::Bits { words, .. } => Cow::Borrowed(&**words),
            other => {
                let mut block = Block::zeroed();
                other.set_in(&mut block);
                Cow::Owned(block)
            }
        })
        .collect()
}

/// Every pair of different sets, whose words are given. In tiles: a few sets stay in the second cache level
/// while all others go by.
pub(super) fn add_words(held: &[Held<'_>], words: &[Cow<'_, Block>], matrix: &mut Matrix) {
    const TILE: usize = 16;
    let count = kernels().and_count;
    let all: Vec<(usize, &Words)> = held
        .iter()
        .zip(words)
        .map(|(held, words)| -> (usize, &Words) { (held.set, words) })
        .collect();
    for start in (0..all.len()).step_by(TILE) {
        let tile = all.iter().skip(start).take(TILE);
        for (place, (b, b_words)) in all.iter().enumerate().skip(start) {
            for (a, a_words) in tile.clone().take(place - start) {
                matrix.add(*a, *b, count(a_words, b_words));
            }
        }
    }
}
