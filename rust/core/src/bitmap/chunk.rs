//! One chunk: up to 65,536 ids in the container that suits them.

use super::ARRAY_LIMIT;
use super::kernel::kernels;
use super::words::{self, Block, CHUNK_BITS, WORDS, Words};
use std::sync::Arc;

/// The ids `start..=end` of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) start: u16,
    pub(super) end: u16,
}

impl Run {
    pub(super) fn len(self) -> u32 {
        u32::from(self.end) - u32::from(self.start) + 1
    }
}

/// A chunk that has members; an empty chunk is absent from the spine.
///
/// The number of members stands beside the pointer, so that planning an evaluation
/// touches no container. A clone shares the container.
#[derive(Clone)]
pub(super) enum Chunk {
    /// 1 to `ARRAY_LIMIT` ids, strictly increasing.
    Array(Arc<[u16]>),
    /// As bits; `len` is the number of bits set, neither 0 nor all.
    Bits { len: u32, words: Arc<Block> },
    /// Rising runs that neither overlap nor touch; `len` is the number of ids.
    Runs { len: u32, runs: Arc<[Run]> },
    /// All ids.
    Full,
}

impl Chunk {
    /// The best container for `words`, of which `len` bits are set; none when `len` is 0.
    pub(super) fn from_words(words: &Words, len: u32) -> Option<Self> {
        match len {
            0 => None,
            CHUNK_BITS => Some(Self::Full),
            _ if len as usize <= ARRAY_LIMIT => Some(Self::Array(decode(words, len))),
            _ => Some(Self::Bits {
                len,
                words: Arc::new(Block::copy_of(words)),
            }),
        }
    }

    /// The best container for strictly increasing `ids`; none when there are none.
    pub(super) fn from_ids(ids: &[u16]) -> Option<Self> {
        match ids.len() {
            0 => None,
            len if len <= ARRAY_LIMIT => Some(Self::Array(Arc::from(ids))),
            len => {
                let mut block = Block::zeroed();
                (kernels().set_ids)(&mut block, ids);
                Some(if len as u32 == CHUNK_BITS {
                    Self::Full
                } else {
                    Self::Bits {
                        len: len as u32,
                        words: Arc::new(block),
                    }
                })
            }
        }
    }

    /// A chunk of runs, which must be as the variant demands; none when there are none.
    pub(super) fn from_runs(runs: Vec<Run>) -> Option<Self> {
        match runs.iter().map(|run| run.len()).sum() {
            0 => None,
            CHUNK_BITS => Some(Self::Full),
            len => Some(Self::Runs {
                len,
                runs: Arc::from(runs),
            }),
        }
    }

    pub(super) fn len(&self) -> u32 {
        match self {
            Self::Array(ids) => ids.len() as u32,
            Self::Bits { len, .. } | Self::Runs { len, .. } => *len,
            Self::Full => CHUNK_BITS,
        }
    }

    pub(super) fn contains(&self, id: u16) -> bool {
        match self {
            Self::Array(ids) => ids.binary_search(&id).is_ok(),
            Self::Bits { words, .. } => words::has(words, id),
            Self::Runs { runs, .. } => {
                let after = runs.partition_point(|run| run.start <= id);
                after
                    .checked_sub(1)
                    .and_then(|at| runs.get(at))
                    .is_some_and(|run| id <= run.end)
            }
            Self::Full => true,
        }
    }

    /// Sets the members in `words` and leaves the other bits alone.
    pub(super) fn set_in(&self, words: &mut Words) {
        match self {
            Self::Array(ids) => {
                (kernels().set_ids)(words, ids);
            }
            Self::Bits { words: own, .. } => {
                (kernels().or)(words, own);
            }
            Self::Runs { runs, .. } => {
                for run in runs.iter() {
                    words::set_span(words, run.start, run.end);
                }
            }
            Self::Full => words.fill(u64::MAX),
        }
    }

    /// Writes the members to `words`.
    pub(super) fn write_to(&self, words: &mut Words) {
        if let Self::Bits { words: own, .. } = self {
            words.copy_from_slice(&own[..]);
        } else {
            words.fill(0);
            self.set_in(words);
        }
    }

    /// Appends the members to `ids`, rising.
    pub(super) fn append_to(&self, ids: &mut Vec<u16>) {
        match self {
            Self::Array(own) => ids.extend_from_slice(own),
            Self::Bits { len, words } => {
                let start = ids.len();
                ids.resize(start + *len as usize, 0);
                (kernels().decode)(words, ids.get_mut(start..).unwrap_or_default());
            }
            Self::Runs { runs, .. } => {
                for run in runs.iter() {
                    ids.extend(run.start..=run.end);
                }
            }
            Self::Full => ids.extend(0..=u16::MAX),
        }
    }

    /// Whether both are one and the same container in memory.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Array(a), Self::Array(b)) => Arc::ptr_eq(a, b),
            (Self::Bits { words: a, .. }, Self::Bits { words: b, .. }) => Arc::ptr_eq(a, b),
            (Self::Runs { runs: a, .. }, Self::Runs { runs: b, .. }) => Arc::ptr_eq(a, b),
            (Self::Full, Self::Full) => true,
            _ => false,
        }
    }

    /// Whether both have the same members.
    pub(super) fn equals(&self, other: &Self) -> bool {
        if self.is_same(other) {
            return true;
        }
        if self.len() != other.len() {
            return false;
        }
        match (self, other) {
            (Self::Array(a), Self::Array(b)) => a == b,
            (Self::Bits { words: a, .. }, Self::Bits { words: b, .. }) => a[..] == b[..],
            (Self::Runs { runs: a, .. }, Self::Runs { runs: b, .. }) => a == b,
            _ => {
                let (mut a, mut b) = (Block::zeroed(), Block::zeroed());
                self.set_in(&mut a);
                other.set_in(&mut b);
                a[..] == b[..]
            }
        }
    }

    /// The same members as runs where that takes at most half the memory of an array, or a
    /// quarter of the memory of bits; none where it does not. Runs are slower than bits to combine,
    /// so a small gain in size is no gain.
    pub(super) fn compressed(&self) -> Option<Self> {
        let affordable = match self {
            Self::Array(ids) => ids.len() / 4,
            Self::Bits { .. } => WORDS * 8 / 4 / size_of::<Run>(),
            Self::Runs { .. } | Self::Full => return None,
        };
        let mut words = Block::zeroed();
        self.set_in(&mut words);
        (count_runs(&words) <= affordable)
            .then(|| Self::from_runs(runs_of(&words)))
            .flatten()
    }

    /// Bytes on the heap, those shared with other bitmaps included.
    pub(super) fn heap_bytes(&self) -> usize {
        // An `Arc` allocation carries two counters before its content.
        const COUNTERS: usize = 2 * size_of::<usize>();
        match self {
            Self::Array(ids) => COUNTERS + size_of_val(&ids[..]),
            Self::Bits { .. } => align_of::<Block>() + size_of::<Block>(),
            Self::Runs { runs, .. } => COUNTERS + size_of_val(&runs[..]),
            Self::Full => 0,
        }
    }

    /// Checks what the variants promise.
    pub(super) fn validate(&self) -> Result<(), String> {
        match self {
            Self::Array(ids) => validate_array(ids),
            Self::Bits { len, words } => {
                let set: u32 = words.iter().map(|word| word.count_ones()).sum();
                if set != *len || set == 0 || set == CHUNK_BITS {
                    return Err(format!("bits say {len} ids and hold {set}"));
                }
                Ok(())
            }
            Self::Runs { len, runs } => validate_runs(*len, runs),
            Self::Full => Ok(()),
        }
    }
}

fn validate_array(ids: &[u16]) -> Result<(), String> {
    if ids.is_empty() || ids.len() > ARRAY_LIMIT {
        return Err(format!("array of {} ids", ids.len()));
    }
    if !ids.is_sorted_by(|a, b| a < b) {
        return Err("array is not strictly increasing".to_owned());
    }
    Ok(())
}

fn validate_runs(len: u32, runs: &[Run]) -> Result<(), String> {
    let apart = |a: &Run, b: &Run| u32::from(a.end) + 1 < u32::from(b.start);
    if runs.iter().any(|run| run.start > run.end) || !runs.is_sorted_by(apart) {
        return Err("runs are backward, overlap or touch".to_owned());
    }
    let held: u32 = runs.iter().map(|run| run.len()).sum();
    if held != len || held == 0 || held == CHUNK_BITS {
        return Err(format!("runs say {len} ids and hold {held}"));
    }
    Ok(())
}

/// The `len` members of `words` in order.
fn decode(words: &Words, len: u32) -> Arc<[u16]> {
    let mut ids = vec![0; len as usize];
    (kernels().decode)(words, &mut ids);
    Arc::from(ids)
}

/// How many runs the bits form.
pub(super) fn count_runs(words: &Words) -> usize {
    let mut carry = 0;
    let mut runs = 0;
    for &word in words {
        // A run starts at each set bit whose lower neighbour is clear.
        runs += (word & !(word << 1 | carry)).count_ones() as usize;
        carry = word >> 63;
    }
    runs
}

/// The runs that the bits form.
pub(super) fn runs_of(words: &Words) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (at, &word) in words.iter().enumerate() {
        let base = (at * 64) as u16;
        let mut rest = word;
        while rest != 0 {
            let first = rest.trailing_zeros() as u16;
            let length = (rest >> first).trailing_ones() as u16;
            // `length` is at least 1, and `first + length` at most 64.
            rest &= u64::MAX.checked_shl(u32::from(first + length)).unwrap_or(0);
            let (start, end) = (base + first, base + (first + length - 1));
            match runs.last_mut() {
                Some(last) if u32::from(last.end) + 1 == u32::from(start) => last.end = end,
                _ => runs.push(Run { start, end }),
            }
        }
    }
    runs
}
