//! How many ids each pair of sets shares.

use super::chunk::Chunk;
use super::range::ChunkRange;
use super::set::Bitmap;
use super::shared::{View, shared};

/// The sizes of all pairwise intersections, row by row: `[i * n + j]` is the size of
/// `sets[i] & sets[j]`. Symmetric; the diagonal holds the sizes of the sets. Empty without sets.
pub fn overlap(sets: &[&Bitmap]) -> Vec<u64> {
    overlap_within(sets, ChunkRange::ALL)
}

/// As [`overlap`], in a range of chunks; ranges that do not overlap add up.
pub fn overlap_within(sets: &[&Bitmap], keys: ChunkRange) -> Vec<u64> {
    let mut matrix = vec![0; sets.len() * sets.len()];
    let mut present = occurrences(sets, keys);
    present.sort_unstable_by_key(|held| (held.key, held.set));
    for group in present.chunk_by(|a, b| a.key == b.key) {
        for (at, a) in group.iter().enumerate() {
            for b in group.iter().skip(at) {
                let count = u64::from(shared(View::of(a.chunk), View::of(b.chunk)));
                if let Some(cell) = matrix.get_mut(a.set * sets.len() + b.set) {
                    *cell += count;
                }
            }
        }
    }
    mirror(&mut matrix, sets.len());
    matrix
}

/// A chunk of one of the sets.
struct Held<'a> {
    key: u16,
    set: usize,
    chunk: &'a Chunk,
}

fn occurrences<'a>(sets: &[&'a Bitmap], keys: ChunkRange) -> Vec<Held<'a>> {
    let mut present = Vec::new();
    for (set, bitmap) in sets.iter().enumerate() {
        let (own, chunks) = bitmap.spine();
        let pairs = own.iter().zip(chunks);
        present.extend(
            pairs
                .filter(|(key, _)| keys.keys().contains(&u32::from(**key)))
                .map(|(&key, chunk)| Held { key, set, chunk }),
        );
    }
    present
}

/// Copies what stands above the diagonal to below it.
fn mirror(matrix: &mut [u64], n: usize) {
    for row in 0..n {
        for column in row + 1..n {
            matrix[column * n + row] = matrix[row * n + column];
        }
    }
}
