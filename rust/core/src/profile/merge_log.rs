//! What became of profiles: merges, splits and refused links, the last ten thousand.

use std::sync::Arc;

use crate::profile::link::Obstacle;
use crate::time::Instant;

/// Entries in one chunk.
const CHUNK: usize = 128;

/// Chunks that are kept.
const MOST_CHUNKS: usize = 80;

/// Ids that an entry names at most.
const MOST_IDS: usize = 32;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Profiles became one.
    Merged,
    /// A profile fell into several.
    Split,
    /// A link was refused.
    Refused(Obstacle),
}

/// What made it happen.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The event of this id.
    Event(String),
    /// A row of profiles.
    Row,
    /// A command.
    ByHand,
}

/// One entry of the merge log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merge {
    /// Rises by 1 from entry to entry, from 1.
    pub sequence: u64,
    /// Engine time of the record.
    pub time: Instant,
    /// What happened.
    pub outcome: Outcome,
    /// Merged: the first id that each profile before brought in. Split: that each after took along. Refused: the two. At most 32.
    pub ids: Vec<String>,
    /// What made it happen.
    pub cause: Cause,
}

/// A [`Cause`] without its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Origin {
    /// The link with this code of a cause.
    Link(u32),
    ByHand,
}

/// An entry as it is kept: ids by slot.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Entry {
    pub(crate) sequence: u64,
    pub(crate) time: Instant,
    pub(crate) outcome: Outcome,
    pub(crate) slots: Vec<u32>,
    pub(crate) origin: Origin,
}

/// The last entries; a clone is cheap.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct MergeLog {
    written: u64,
    chunks: Arc<Vec<Arc<Vec<Entry>>>>,
}

impl MergeLog {
    /// Adds an entry; the oldest go when there are too many.
    pub(crate) fn write(
        &mut self,
        time: Instant,
        outcome: Outcome,
        slots: impl IntoIterator<Item = u32>,
        origin: Origin,
    ) {
        self.written += 1;
        let entry = Entry {
            sequence: self.written,
            time,
            outcome,
            slots: slots.into_iter().take(MOST_IDS).collect(),
            origin,
        };
        let chunks = Arc::make_mut(&mut self.chunks);
        if chunks.last().is_none_or(|chunk| chunk.len() == CHUNK) {
            chunks.push(Arc::default());
        }
        if chunks.len() > MOST_CHUNKS {
            chunks.remove(0);
        }
        if let Some(chunk) = chunks.last_mut() {
            Arc::make_mut(chunk).push(entry);
        }
    }

    /// The kept entries after `sequence`, the oldest first.
    pub(crate) fn after(&self, sequence: u64) -> impl Iterator<Item = &Entry> {
        let is_later = move |chunk: &&Arc<Vec<Entry>>| {
            chunk.last().is_some_and(|last| last.sequence > sequence)
        };
        let chunks = self.chunks.iter().filter(is_later);
        chunks
            .flat_map(|chunk| chunk.iter())
            .filter(move |entry| entry.sequence > sequence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_entries_are_kept_and_their_numbers_go_on() {
        let mut log = MergeLog::default();
        for number in 0..20_000u32 {
            log.write(Instant(0), Outcome::Merged, [number], Origin::ByHand);
        }

        let kept: Vec<u64> = log.after(0).map(|entry| entry.sequence).collect();
        assert_eq!(Some(&20_000), kept.last());
        assert!((10_000..=10_240).contains(&kept.len()));
        assert!(kept.windows(2).all(|pair| pair[0] + 1 == pair[1]));
        assert_eq!(3, log.after(19_997).count());
        assert_eq!(0, log.after(20_000).count());
    }
}
