//! The latest events of a type, on their way into the shards.
//!
//! A batch touches many shards with a few events each, too few to be packed: it becomes one block over all shards. Blocks are
//! joined as they come, and a shard takes its events out of all blocks once they are worth a run. What is left is small.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use crate::event::body::{Body, Gather};
use crate::event::order::order;
use crate::event::run::{Run, SHARD_PROFILES};
use crate::id::ProfileId;
use crate::time::Instant;

/// This many blocks of one size make one.
const JOINED: usize = if cfg!(test) { 2 } else { 8 };

/// Events in the smallest size of blocks.
const SMALLEST: usize = if cfg!(test) { 4 } else { 512 };

/// A block with as many events per shard is large.
const FEW: usize = 16;

/// Accepted events of one type in columns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewColumns<'a> {
    /// Which rows of the columns are meant.
    pub(crate) rows: &'a [u32],
    /// By row: whose; a row without an owner is left out.
    pub(crate) owners: &'a [Option<ProfileId>],
    /// By row: when.
    pub(crate) times: &'a [Instant],
    /// Slots and their codes by row, no slot twice.
    pub(crate) fields: &'a [(usize, &'a [Option<i64>])],
}

/// Events of all shards, packed and sorted by profile and time.
#[derive(Debug)]
pub(crate) struct Block {
    /// Blocks are numbered as they come.
    number: u64,
    profiles: Vec<u32>,
    body: Body,
}

impl Block {
    fn new(number: u64, events: &NewColumns<'_>) -> Self {
        let (mut owners, mut times) = (Vec::new(), Vec::new());
        let mut owned = Vec::with_capacity(events.rows.len());
        for row in events.rows {
            let owner = events.owners.get(*row as usize).copied().flatten();
            if let (Some(owner), Some(time)) = (owner, events.times.get(*row as usize)) {
                owners.push(owner.0);
                times.push(time.0);
                owned.push(*row as usize);
            }
        }
        let places = order(&owners, &times);
        let sorted = |place: &u32| owned.get(*place as usize).copied();
        let rows: Vec<usize> = places.iter().filter_map(sorted).collect();
        let time = |place: &u32| times.get(*place as usize).copied();
        let times: Vec<_> = places.iter().map(time).collect();
        let slots = events.fields.iter().map(|(slot, _)| slot + 1).max();
        let body = Body::pack(&times, slots.unwrap_or(0), |slot, column| {
            let codes = events.fields.iter().find(|(own, _)| *own == slot);
            let codes = codes.map_or(&[][..], |(_, codes)| codes);
            column.extend(rows.iter().map(|row| codes.get(*row).copied().flatten()));
        });
        let owner = |place: &u32| owners.get(*place as usize).copied();
        Self {
            number,
            profiles: places.iter().filter_map(owner).collect(),
            body,
        }
    }

    const fn len(&self) -> usize {
        self.profiles.len()
    }

    /// The events of the profiles from `first` on, as many as `count`.
    fn range(&self, first: u64, count: u64) -> Range<usize> {
        let place = |end: u64| {
            self.profiles
                .partition_point(|profile| u64::from(*profile) < end)
        };
        place(first)..place(first + count)
    }

    /// The shards that have events here, rising, each with its events.
    fn shards(&self) -> impl Iterator<Item = (usize, Range<usize>)> {
        let shard = |profile: u32| profile as usize / SHARD_PROFILES;
        let groups = self.profiles.chunk_by(move |a, b| shard(*a) == shard(*b));
        let mut start = 0;
        groups.filter_map(move |group| {
            let range = start..start + group.len();
            start = range.end;
            Some((shard(*group.first()?), range))
        })
    }

    fn heap_bytes(&self) -> usize {
        size_of::<Self>() + self.profiles.capacity() * 4 + self.body.heap_bytes()
    }
}

/// Events of one shard within a block.
pub(crate) struct Part<'a> {
    block: &'a Block,
    range: Range<usize>,
}

impl<'a> Part<'a> {
    pub(crate) fn len(&self) -> usize {
        self.range.len()
    }

    pub(crate) fn add_to(&self, gather: &mut Gather<'a>) {
        let profiles = self.block.profiles.get(self.range.clone());
        let locals = profiles.unwrap_or_default().iter();
        let locals = locals.map(|profile| profile % SHARD_PROFILES as u32);
        gather.add(&self.block.body, self.range.clone(), locals);
    }
}

/// The blocks of a type. Clones are cheap and independent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recent {
    /// Rising by number, the larger ones first.
    blocks: Vec<Arc<Block>>,
    next: u64,
    /// Events in all blocks that no shard has taken.
    events: usize,
    /// By shard: it has taken its events out of all blocks with lower numbers.
    taken: Vec<u64>,
    /// By shard: its runs and its part of the blocks as one run, made when first asked for.
    merged: Vec<OnceLock<Arc<Run>>>,
}

impl Recent {
    /// How many events no shard has taken.
    pub(crate) const fn events(&self) -> usize {
        self.events
    }

    /// How many shards may have events.
    pub(crate) const fn shards(&self) -> usize {
        self.taken.len()
    }

    /// Adds events as a block.
    pub(crate) fn push(&mut self, events: &NewColumns<'_>) {
        let block = Block::new(self.next, events);
        self.next += 1;
        let Some(last) = block.profiles.last() else {
            return;
        };
        let last = *last as usize / SHARD_PROFILES;
        if self.taken.len() <= last {
            self.taken.resize(last + 1, 0);
            self.merged.resize(last + 1, OnceLock::new());
        }
        for (shard, _) in block.shards() {
            self.merged
                .get_mut(shard)
                .into_iter()
                .for_each(|merged| *merged = OnceLock::new());
        }
        self.events += block.len();
        self.blocks.push(Arc::new(block));
        self.join();
    }

    /// Joins the last blocks while enough of them have one size, large ones excepted: to find a shard's events in a few more blocks
    /// takes less than to write all events once more.
    fn join(&mut self) {
        let large = (self.shards() * FEW).max(JOINED * SMALLEST);
        let size = |block: &Block| (block.len() / SMALLEST).max(1).ilog(JOINED);
        while let Some(last) = self.blocks.last().filter(|last| last.len() < large) {
            let largest = size(last);
            let same = self.blocks.iter().rev();
            let same = same.take_while(|block| block.len() < large && size(block) <= largest);
            let same = same.count();
            if same < JOINED {
                return;
            }
            let parts = self.blocks.split_off(self.blocks.len() - same);
            self.blocks.push(Arc::new(self.joined(&parts)));
        }
    }

    /// One block of what shards have not taken out of several.
    fn joined(&self, parts: &[Arc<Block>]) -> Block {
        let mut gather = Gather::default();
        for block in parts {
            // Neighbouring shards whose events are all there go together.
            let mut whole: Range<usize> = 0..0;
            for (shard, range) in block.shards() {
                if !self.holds(block, shard) {
                    continue;
                }
                if whole.end == range.start {
                    whole.end = range.end;
                } else {
                    add(&mut gather, block, std::mem::replace(&mut whole, range));
                }
            }
            add(&mut gather, block, whole);
        }
        let (profiles, body) = gather.sorted();
        Block {
            number: parts.last().map_or(0, |block| block.number),
            profiles,
            body,
        }
    }

    /// Whether the events of a shard in this block are still to be taken.
    fn holds(&self, block: &Block, shard: usize) -> bool {
        self.taken
            .get(shard)
            .is_some_and(|taken| block.number >= *taken)
    }

    /// What the blocks hold of a shard, oldest first.
    pub(crate) fn parts(&self, shard: usize) -> impl Iterator<Item = Part<'_>> {
        let first = shard as u64 * SHARD_PROFILES as u64;
        self.held(shard, first, SHARD_PROFILES as u64)
    }

    /// What the blocks hold of a profile, oldest first: a body and its events in there.
    pub(crate) fn events_of(
        &self,
        profile: ProfileId,
    ) -> impl Iterator<Item = (&Body, Range<usize>)> {
        let parts = self.held(profile.index() / SHARD_PROFILES, u64::from(profile.0), 1);
        parts.map(|part| (&part.block.body, part.range))
    }

    fn held(&self, shard: usize, first: u64, count: u64) -> impl Iterator<Item = Part<'_>> {
        let blocks = self.blocks.iter().map(AsRef::as_ref);
        let blocks = blocks.filter(move |block| self.holds(block, shard));
        let parts = blocks.map(move |block| Part {
            block,
            range: block.range(first, count),
        });
        parts.filter(|part| !part.range.is_empty())
    }

    /// Where the merged run of a shard is kept; `None` for a shard that never had events.
    pub(crate) fn merged(&self, shard: usize) -> Option<&OnceLock<Arc<Run>>> {
        self.merged.get(shard)
    }

    /// Notes that a shard has taken its `events`.
    pub(crate) fn take(&mut self, shard: usize, events: usize) {
        if let (Some(taken), Some(merged)) = (self.taken.get_mut(shard), self.merged.get_mut(shard))
        {
            *taken = self.next;
            *merged = OnceLock::new();
        }
        self.events -= events;
    }

    /// Drops blocks out of which everything was taken.
    pub(crate) fn drop_taken(&mut self) {
        let least = self.taken.iter().copied().min().unwrap_or(0);
        let is_empty = self.events == 0;
        self.blocks
            .retain(|block| !is_empty && block.number >= least);
    }

    /// Bytes on the heap of what is derived.
    pub(crate) fn derived_bytes(&self) -> usize {
        let merged = self.merged.iter().filter_map(OnceLock::get);
        merged
            .map(|run| run.heap_bytes() + run.derived_bytes())
            .sum()
    }

    /// Bytes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        let blocks = self.blocks.iter();
        blocks.map(|block| block.heap_bytes()).sum::<usize>()
            + self.taken.capacity() * 8
            + self.merged.capacity() * size_of::<OnceLock<Arc<Run>>>()
    }
}

fn add<'a>(gather: &mut Gather<'a>, block: &'a Block, range: Range<usize>) {
    let profiles = block.profiles.get(range.clone()).unwrap_or_default();
    gather.add(&block.body, range, profiles.iter().copied());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::history::{History, NewEvent};
    use crate::id::EventTypeId;
    use proptest::prelude::*;

    proptest! {
        /// Batches of a few events: they lie in blocks, which are joined, and in shards, which take them in turn.
        #[test]
        fn a_shard_reads_each_event_once_wherever_it_lies(
            batches in prop::collection::vec(prop::collection::vec((0u32..40_000, 0i64..100), 0..9), 1..60),
            asked in any::<u64>(),
        ) {
            let (mut history, mut model, mut views) = (History::new(), Vec::new(), Vec::new());
            let of = |model: &[(u32, i64)], shard: usize| {
                let mut own = model.to_vec();
                own.retain(|(profile, _)| *profile as usize / SHARD_PROFILES == shard);
                own.sort_unstable();
                own
            };
            let read = |history: &History, shard: usize| {
                let mut read = Vec::new();
                if let Some(run) = history.run(EventTypeId(0), shard) {
                    run.for_each_profile(|local, events| {
                        let profile = (shard * SHARD_PROFILES) as u32 + u32::from(local);
                        read.extend(events.map(|event| (profile, run.time(event).0)));
                    });
                }
                read
            };
            for (number, batch) in batches.iter().enumerate() {
                let events = batch.iter().map(|(profile, time)| NewEvent {
                    profile: ProfileId(*profile),
                    time: Instant(*time),
                    fields: &[],
                });
                history.append(EventTypeId(0), &events.collect::<Vec<_>>());
                model.extend(batch.iter().copied());
                let shard = number % 10;
                if asked >> (number % 64) & 1 == 1 {
                    prop_assert_eq!(of(&model, shard), read(&history, shard));
                    views.push((history.clone(), model.clone()));
                }
            }
            views.push((history, model));
            for (history, model) in views {
                for shard in 0..10 {
                    prop_assert_eq!(of(&model, shard), read(&history, shard));
                }
                prop_assert_eq!(model.len() as u64, history.len(EventTypeId(0)));
            }
        }
    }
}
