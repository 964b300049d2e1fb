//! A stretch of chunk keys.

use super::words::CHUNK_BITS;
use std::ops::Range;

/// Chunk keys `start..end`; the unit in which work is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkRange {
    start: u32,
    end: u32,
}

/// One past the largest chunk key.
pub(super) const KEYS: u32 = 65_536;

impl ChunkRange {
    /// Every chunk.
    pub const ALL: Self = Self {
        start: 0,
        end: KEYS,
    };

    /// No chunk.
    pub const NONE: Self = Self { start: 0, end: 0 };

    /// The chunks with keys in `keys`; what lies beyond the largest key is cut off.
    pub fn new(keys: Range<u32>) -> Self {
        let end = keys.end.min(KEYS);
        Self {
            start: keys.start.min(end),
            end,
        }
    }

    /// The chunks that hold the ids `0..ids`.
    pub fn of_ids(ids: u32) -> Self {
        Self::new(0..ids.div_ceil(CHUNK_BITS))
    }

    /// The first key, and one past the last.
    pub fn keys(self) -> Range<u32> {
        self.start..self.end
    }

    /// How many chunks.
    pub fn len(self) -> u32 {
        self.end - self.start
    }

    /// Whether there is no chunk in it.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Cuts it into at most `parts` ranges of about the same length, in order; none is empty.
    pub fn split(self, parts: u32) -> Vec<Self> {
        let parts = parts.clamp(1, self.len().max(1));
        let edge = |part: u32| {
            let offset = u64::from(self.len()) * u64::from(part) / u64::from(parts);
            self.start + offset as u32
        };
        (0..parts)
            .map(|part| Self::new(edge(part)..edge(part + 1)))
            .filter(|range| !range.is_empty())
            .collect()
    }

    /// The smallest range that covers both.
    #[must_use]
    pub fn hull(self, other: Self) -> Self {
        match (self.is_empty(), other.is_empty()) {
            (true, _) => other,
            (_, true) => self,
            _ => Self {
                start: self.start.min(other.start),
                end: self.end.max(other.end),
            },
        }
    }

    /// What both cover.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self::new(self.start.max(other.start)..self.end.min(other.end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_split_covers_the_range_once_and_in_order() {
        for (range, parts) in [(0..10, 3), (5..6, 4), (0..65_536, 7), (3..3, 2)] {
            let whole = ChunkRange::new(range.clone());

            let keys: Vec<u32> = whole
                .split(parts)
                .into_iter()
                .flat_map(ChunkRange::keys)
                .collect();

            assert_eq!(range.collect::<Vec<_>>(), keys);
        }
    }

    #[test]
    fn a_range_ends_at_the_last_key() {
        assert_eq!(ChunkRange::ALL, ChunkRange::new(0..u32::MAX));
        assert_eq!(0, ChunkRange::new(70_000..80_000).len());
        assert_eq!(ChunkRange::ALL, ChunkRange::of_ids(u32::MAX));
        assert_eq!(ChunkRange::NONE, ChunkRange::of_ids(0));
    }
}
