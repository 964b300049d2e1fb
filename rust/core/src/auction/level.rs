//! Rows by the bids that they can make: those of high bids, level by level.

use super::index::Indexed;
use super::posting::set;
use crate::bitmap::line::Line;

/// Levels of as many line items.
const EVEN: usize = 64;
/// The highest of those is cut in halves so often.
const HALVES: u32 = 5;

/// Rows whose bid is at least a bound, for falling bounds. The last level has all rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Levels {
    /// Falling.
    bounds: Vec<i64>,
    /// How many line items reach each.
    counts: Vec<u32>,
    /// Level by level.
    lines: Vec<Line>,
    width: usize,
}

impl Levels {
    /// Of line items and the bids of each.
    pub(super) fn of<'a>(
        items: impl Iterator<Item = &'a Indexed> + Clone,
        bid: impl Fn(&Indexed) -> i64,
        width: usize,
    ) -> Self {
        let mut bids: Vec<i64> = items.clone().map(&bid).collect();
        bids.sort_unstable_by_key(|own| std::cmp::Reverse(*own));
        let bounds = bounds(&bids);
        let counts = bounds
            .iter()
            .map(|bound| bids.partition_point(|own| own >= bound) as u32);
        let mut levels = Self {
            counts: counts.collect(),
            lines: vec![Line::default(); bounds.len() * width],
            bounds,
            width,
        };
        for item in items {
            levels.put(item, bid(item));
        }
        levels.add_up();
        levels
    }

    /// Sets the rows of a line item at the first level that it reaches.
    fn put(&mut self, item: &Indexed, bid: i64) {
        let level = self.bounds.partition_point(|bound| *bound > bid);
        if let Some(lines) = self.lines.get_mut(level * self.width..) {
            let rows = item.start..item.start + u32::from(item.rows);
            rows.for_each(|row| set(lines, row));
        }
    }

    /// Makes each level have what those above it have.
    fn add_up(&mut self) {
        for level in 1..self.bounds.len() {
            let (above, own) = self.lines.split_at_mut(level * self.width);
            let above = above.iter().skip((level - 1) * self.width);
            own.iter_mut()
                .zip(above)
                .for_each(|(own, above)| *own = own.or(above));
        }
    }

    /// How many line items there are.
    pub(super) fn len(&self) -> u32 {
        self.counts.last().copied().unwrap_or(0)
    }

    /// The lowest level at which all bids reach `floor`.
    pub(super) fn reaching(&self, floor: i64) -> Option<usize> {
        self.bounds
            .partition_point(|own| *own >= floor)
            .checked_sub(1)
    }

    /// The highest level below which no bid reaches `floor`.
    pub(super) fn sparing(&self, floor: i64) -> usize {
        let level = self.bounds.partition_point(|own| *own > floor);
        level.min(self.bounds.len().saturating_sub(1))
    }

    /// The first level that at least so many line items reach, or the last.
    pub(super) fn holding(&self, line_items: u64) -> usize {
        let level = self
            .counts
            .partition_point(|own| u64::from(*own) < line_items);
        level.min(self.bounds.len().saturating_sub(1))
    }

    /// How many line items reach a level.
    pub(super) fn count(&self, level: usize) -> u32 {
        self.counts.get(level).copied().unwrap_or(0)
    }

    /// The least bid of a level.
    pub(super) fn least(&self, level: usize) -> Option<i64> {
        self.bounds.get(level).copied()
    }

    /// The least bid of a level; `None`: there are no further levels.
    pub(super) fn bound(&self, level: usize) -> Option<i64> {
        self.least(level).filter(|_| level + 1 < self.bounds.len())
    }

    /// The rows of a level.
    pub(super) fn lines(&self, level: usize) -> &[Line] {
        let lines = self.lines.get(level * self.width..(level + 1) * self.width);
        lines.unwrap_or_default()
    }

    /// Bytes on the heap.
    pub(super) const fn heap_bytes(&self) -> usize {
        self.lines.capacity() * size_of::<Line>() + 12 * self.bounds.capacity()
    }
}

/// The bounds of levels over bids, which fall.
fn bounds(bids: &[i64]) -> Vec<i64> {
    let high = (1..=HALVES)
        .rev()
        .map(|halves| (bids.len() / EVEN) >> halves);
    let even = (1..=EVEN).map(|level| bids.len() * level / EVEN);
    let last = |len: usize| bids.get(len.max(1) - 1).copied();
    let mut bounds: Vec<i64> = high.chain(even).filter_map(last).collect();
    bounds.dedup();
    bounds
}
