//! Questions about loose bitmaps, spread over threads where that pays.

use treffer_core::bitmap::{Bitmap, ChunkRange, Expression, overlap_within};

use crate::spread::{machine_threads, spread, sum};

/// A set of ids in any order, repeated or not.
pub fn from_ids(ids: &[u32]) -> Bitmap {
    if ids.is_sorted_by(|a, b| a < b) {
        Bitmap::from_slice(ids)
    } else {
        ids.iter().copied().collect()
    }
}

/// How many members an expression has.
pub fn count(expression: &Expression<'_>) -> u64 {
    spread(expression.chunks(), machine_threads(), |keys| {
        expression.count_within(keys)
    })
    .into_iter()
    .sum()
}

/// How many members each two sets share, row by row.
pub fn overlap(sets: &[&Bitmap]) -> Vec<u64> {
    overlap_on(sets, machine_threads())
}

/// As [`overlap`], on at most so many threads.
pub(crate) fn overlap_on(sets: &[&Bitmap], threads: usize) -> Vec<u64> {
    let range = sets
        .iter()
        .map(|set| set.chunks())
        .fold(ChunkRange::NONE, ChunkRange::hull);
    let matrices = spread(range, threads, |keys| overlap_within(sets, keys));
    sum(matrices, sets.len() * sets.len())
}
