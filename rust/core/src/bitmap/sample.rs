//! Members drawn at random.

use super::answer::Machine;
use super::chunk::Chunk;
use super::expression::Expression;
use super::range::ChunkRange;
use super::scratch::Value;
use super::words::Words;
use std::collections::HashSet;

impl Expression<'_> {
    /// Draws `n` members without replacement, each choice equally likely; rising.
    ///
    /// All members when there are no more than `n`. The same members, `n` and seed give the same sample,
    /// whatever containers hold them.
    pub fn sample(&self, n: usize, seed: u64) -> Vec<u32> {
        let mut machine = Machine::new(self);
        let mut counts = Vec::new();
        machine.walk(ChunkRange::ALL, true, |key, value| {
            counts.push((key, u64::from(value.len())));
            true
        });
        let total = counts.iter().map(|(_, count)| count).sum();
        let ranks = draw(total, n as u64, seed);
        let mut members = Vec::with_capacity(ranks.len());
        let (mut before, mut rest) = (0, &ranks[..]);
        for (key, count) in counts {
            let here = rest.partition_point(|&rank| rank < before + count);
            let (chosen, later) = rest.split_at(here);
            if !chosen.is_empty() {
                let range = ChunkRange::new(u32::from(key)..u32::from(key) + 1);
                machine.resume(range, |value| {
                    let lows = chosen.iter().map(|rank| (rank - before) as u32);
                    select(value, lows, |low| {
                        members.push(u32::from(key) << 16 | u32::from(low));
                    });
                });
            }
            rest = later;
            before += count;
        }
        members
    }
}

/// Calls `take` with the members of the given ranks, which rise and are in bounds.
fn select(value: &Value<'_>, ranks: impl Iterator<Item = u32>, mut take: impl FnMut(u16)) {
    match value {
        Value::Chunk(Chunk::Full) => ranks.for_each(|rank| take(rank as u16)),
        Value::Chunk(Chunk::Bits { words, .. }) => select_bits(words, ranks, take),
        Value::Bits(words, _) => select_bits(words, ranks, take),
        Value::Chunk(Chunk::Runs { runs, .. }) => {
            let mut runs = runs.iter().copied();
            let mut run = runs.next();
            let mut before = 0;
            for rank in ranks {
                while let Some(here) = run.filter(|run| before + run.len() <= rank) {
                    before += here.len();
                    run = runs.next();
                }
                if let Some(run) = run {
                    take(run.start + (rank - before) as u16);
                }
            }
        }
        value => {
            let ids = value.as_ids().unwrap_or_default();
            ranks
                .filter_map(|rank| ids.get(rank as usize))
                .for_each(|&id| take(id));
        }
    }
}

fn select_bits(words: &Words, ranks: impl Iterator<Item = u32>, mut take: impl FnMut(u16)) {
    let mut words = words.iter().enumerate();
    let (mut word, mut base, mut before) = (0_u64, 0_u16, 0_u32);
    for rank in ranks {
        while before + word.count_ones() <= rank {
            before += word.count_ones();
            let Some((at, &next)) = words.next() else {
                return;
            };
            (word, base) = (next, (at * 64) as u16);
        }
        let rest = (before..rank).fold(word, |rest, _| rest & (rest - 1));
        take(base + rest.trailing_zeros() as u16);
    }
}

/// `n` different numbers below `total`, or all of them; rising.
fn draw(total: u64, n: u64, seed: u64) -> Vec<u64> {
    if n >= total {
        return (0..total).collect();
    }
    // Floyd: the i-th step draws from one more number than the step before, and takes the new one on a repeat.
    let mut random = Random(seed);
    let mut chosen = HashSet::with_capacity(n as usize);
    for top in total - n..total {
        let number = random.below(top + 1);
        if !chosen.insert(number) {
            chosen.insert(top);
        }
    }
    let mut ranks: Vec<u64> = chosen.into_iter().collect();
    ranks.sort_unstable();
    ranks
}

/// `SplitMix64` (Steele, Lea and Flood 2014): every seed is a good seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    }

    /// A number below `bound`, which is not 0, without bias (Lemire 2019).
    fn below(&mut self, bound: u64) -> u64 {
        let threshold = bound.wrapping_neg() % bound;
        loop {
            let wide = u128::from(self.next()) * u128::from(bound);
            if wide as u64 >= threshold {
                return (wide >> 64) as u64;
            }
        }
    }
}
