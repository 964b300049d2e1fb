//! How many ids each pair of sets shares.
//!
//! Chunk by chunk, the cheapest of three plans is taken:
//!
//! - *pairs*: each pair of containers by its own loop; for few sets;
//! - *compact*: ids that only one set has are dropped (in real data most are), the rest are numbered, and
//!   each set is a list of such numbers;
//! - *dense*: dense sets pair by pair as words; the others as lists of ids.
//!
//! For the lists a table has, for each id, one bit for each set. Adding up the rows that a list names
//! counts its overlap with 64 sets at once.

mod compact;
mod pairs;
mod rows;

use super::chunk::Chunk;
use super::range::ChunkRange;
use super::set::Bitmap;
use rows::Rows;

/// The sizes of all pairwise intersections, row by row: `[i * n + j]` is the size of
/// `sets[i] & sets[j]`. Symmetric; the diagonal holds the sizes of the sets. Empty without sets.
pub fn overlap(sets: &[&Bitmap]) -> Vec<u64> {
    overlap_within(sets, ChunkRange::ALL)
}

/// As [`overlap`], in a range of chunks; ranges that do not overlap add up.
pub fn overlap_within(sets: &[&Bitmap], keys: ChunkRange) -> Vec<u64> {
    planned(sets, keys, Plan::of)
}

fn planned(sets: &[&Bitmap], keys: ChunkRange, plan: impl Fn(&[Held<'_>]) -> Plan) -> Vec<u64> {
    let mut matrix = Matrix::new(sets.len());
    let mut rows = Rows::default();
    let present = occurrences(sets, keys);
    for group in present.chunk_by(|a, b| a.key == b.key) {
        for held in group {
            matrix.add(held.set, held.set, held.chunk.len());
        }
        match plan(group) {
            Plan::Pairs => pairs::add_all(group, &mut matrix),
            Plan::Compact => {
                compact::fill(group, &mut rows);
                rows.add_lists(&mut matrix);
            }
            Plan::Dense => add_dense(group, &mut rows, &mut matrix),
        }
    }
    matrix.finish()
}

/// A chunk of one of the sets.
#[derive(Clone, Copy)]
struct Held<'a> {
    key: u16,
    set: usize,
    chunk: &'a Chunk,
}

impl Held<'_> {
    /// Whether words suit it better than a list: it is held as such and has more ids than a pass over words
    /// for each other dense set would pay for.
    fn is_dense(&self) -> bool {
        const DENSE: u32 = 2048;
        !matches!(self.chunk, Chunk::Array(_)) && self.chunk.len() > DENSE
    }
}

/// All chunks in `keys`, by key and then by set.
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
    // Stable, so that sets stay in order under each key.
    present.sort_by_key(|held| held.key);
    present
}

#[derive(Clone, Copy)]
enum Plan {
    Pairs,
    Compact,
    Dense,
}

impl Plan {
    /// The plan that is estimated cheapest. Costs are nanoseconds, as measured on one core of 2021; only their
    /// ratios matter.
    fn of(group: &[Held<'_>]) -> Self {
        const WORDS_PAIR: u64 = 160;
        const TRANSPOSE_64: u64 = 60_000;
        let sets = group.len() as u64;
        let columns = sets.div_ceil(64);
        let (mut dense, mut words, mut light_ids, mut ids) = (0, 0, 0, 0);
        for held in group {
            let len = u64::from(held.chunk.len());
            ids += len;
            words += u64::from(!matches!(held.chunk, Chunk::Array(_)));
            if held.is_dense() {
                dense += 1;
            } else {
                light_ids += len;
            }
        }
        let arrays = sets - words;
        let by_list = |ids: u64| ids * (4 + columns) / 2;
        let pairs = words * words / 2 * WORDS_PAIR
            + arrays * arrays * 10
            + light_ids * (words + arrays) / 2;
        let compact = 1500 + words * 500 + by_list(ids);
        let apart = dense * dense / 2 * WORDS_PAIR
            + dense.div_ceil(64) * TRANSPOSE_64
            + columns * 10_000
            + by_list(light_ids);
        if pairs <= compact.min(apart) {
            Self::Pairs
        } else if compact <= apart {
            Self::Compact
        } else {
            Self::Dense
        }
    }
}

/// Dense sets pair by pair, the others as lists against all.
fn add_dense(group: &[Held<'_>], rows: &mut Rows, matrix: &mut Matrix) {
    let (dense, light): (Vec<Held<'_>>, Vec<Held<'_>>) =
        group.iter().partition(|held| held.is_dense());
    let blocks = pairs::words_of(&dense);
    pairs::add_words(&dense, &blocks, matrix);
    rows.start(super::CHUNK_BITS as usize);
    for held in &light {
        rows.push_list(held.set, |list| held.chunk.append_to(list));
    }
    for (held, words) in dense.chunks(64).zip(blocks.chunks(64)) {
        rows.add_words(held, words, matrix);
    }
    rows.add_lists(matrix);
}

/// Counts of pairs; only one of the two places of a pair is added to until the end.
struct Matrix {
    sets: usize,
    counts: Vec<u64>,
}

impl Matrix {
    fn new(sets: usize) -> Self {
        Self {
            sets,
            counts: vec![0; sets * sets],
        }
    }

    fn add(&mut self, a: usize, b: usize, count: u32) {
        let (low, high) = (a.min(b), a.max(b));
        if let Some(cell) = self.counts.get_mut(low * self.sets + high) {
            *cell += u64::from(count);
        }
    }

    /// Copies what stands above the diagonal to below it.
    fn finish(mut self) -> Vec<u64> {
        for row in 0..self.sets {
            for column in row + 1..self.sets {
                self.counts[column * self.sets + row] = self.counts[row * self.sets + column];
            }
        }
        self.counts
    }
}

#[cfg(test)]
mod tests {
    use super::super::population::{roaring, set};
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_plan_counts_the_same(drawn in vec(set(), 1..8), copies in 1..20_usize) {
            // More than 64 sets, of which many are alike but for one id.
            let sets: Vec<Bitmap> = (0..copies as u32)
                .flat_map(|copy| drawn.iter().cloned().map(move |mut set| {
                    set.insert(copy * 7);
                    set
                }))
                .collect();
            let refs: Vec<&Bitmap> = sets.iter().collect();
            let oracles: Vec<_> = sets.iter().map(roaring).collect();
            let expected: Vec<u64> = oracles
                .iter()
                .flat_map(|a| oracles.iter().map(|b| a.intersection_len(b)))
                .collect();
            for plan in [Plan::Pairs, Plan::Compact, Plan::Dense] {
                prop_assert_eq!(&expected, &planned(&refs, ChunkRange::ALL, |_| plan));
            }
        }
    }
}
