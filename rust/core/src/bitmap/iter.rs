//! The members of a set, rising.

use super::chunk::{Chunk, Run};
use super::set::Bitmap;
use super::words::Words;

/// Iterator over the ids of a [`Bitmap`], rising.
#[derive(Clone)]
pub struct Iter<'a> {
    rest: std::iter::Zip<std::slice::Iter<'a, u16>, std::slice::Iter<'a, Chunk>>,
    base: u32,
    chunk: Lows<'a>,
}

/// Iterator over the ids of one chunk.
#[derive(Clone)]
pub(super) enum Lows<'a> {
    Array(std::slice::Iter<'a, u16>),
    Bits {
        words: &'a Words,
        at: usize,
        word: u64,
    },
    Runs {
        runs: std::slice::Iter<'a, Run>,
        run: std::ops::RangeInclusive<u16>,
    },
}

impl<'a> Lows<'a> {
    pub(super) fn new(chunk: &'a Chunk) -> Self {
        match chunk {
            Chunk::Array(ids) => Self::Array(ids.iter()),
            Chunk::Bits { words, .. } => Self::bits(words),
            Chunk::Runs { runs, .. } => Self::runs(runs),
            Chunk::Full => Self::runs(&[Run {
                start: 0,
                end: u16::MAX,
            }]),
        }
    }

    pub(super) fn bits(words: &'a Words) -> Self {
        Self::Bits {
            words,
            at: 0,
            word: words[0],
        }
    }

    fn runs(runs: &'a [Run]) -> Self {
        Self::Runs {
            runs: runs.iter(),
            #[expect(clippy::reversed_empty_ranges, reason = "an empty range to begin with")]
            run: 1..=0,
        }
    }
}

impl Iterator for Lows<'_> {
    type Item = u16;

    fn next(&mut self) -> Option<u16> {
        match self {
            Self::Array(ids) => ids.next().copied(),
            Self::Bits { words, at, word } => {
                while *word == 0 {
                    *at += 1;
                    *word = *words.get(*at)?;
                }
                let low = (*at * 64) as u16 + word.trailing_zeros() as u16;
                *word &= *word - 1;
                Some(low)
            }
            Self::Runs { runs, run } => loop {
                if let Some(low) = run.next() {
                    return Some(low);
                }
                let next = runs.next()?;
                *run = next.start..=next.end;
            },
        }
    }
}

impl<'a> Iter<'a> {
    pub(super) fn new(keys: &'a [u16], chunks: &'a [Chunk]) -> Self {
        Self {
            rest: keys.iter().zip(chunks),
            base: 0,
            chunk: Lows::Array([].iter()),
        }
    }
}

impl Iterator for Iter<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        loop {
            if let Some(low) = self.chunk.next() {
                return Some(self.base | u32::from(low));
            }
            let (key, chunk) = self.rest.next()?;
            self.base = u32::from(*key) << 16;
            self.chunk = Lows::new(chunk);
        }
    }
}

impl<'a> IntoIterator for &'a Bitmap {
    type Item = u32;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl Bitmap {
    /// The ids, rising, in one list; quicker than collecting [`Bitmap::iter`].
    pub fn to_vec(&self) -> Vec<u32> {
        let mut ids = Vec::with_capacity(self.len() as usize);
        let (keys, chunks) = self.spine();
        for (key, chunk) in keys.iter().zip(chunks) {
            let base = u32::from(*key) << 16;
            match chunk {
                Chunk::Array(lows) => ids.extend(lows.iter().map(|&low| base | u32::from(low))),
                Chunk::Runs { runs, .. } => ids.extend(
                    runs.iter()
                        .flat_map(|run| base | u32::from(run.start)..=base | u32::from(run.end)),
                ),
                Chunk::Full => ids.extend(base..=base | 0xFFFF),
                Chunk::Bits { .. } => {
                    ids.extend(Lows::new(chunk).map(|low| base | u32::from(low)));
                }
            }
        }
        ids
    }
}
