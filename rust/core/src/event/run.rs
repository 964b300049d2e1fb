//! A run: events of one type and one shard of profiles, packed and sorted by profile and time.

use std::sync::{Arc, RwLock};

use crate::column::Packed;
use crate::event::body::{Body, Gather};
use crate::event::postings::Postings;
use crate::id::ItemAttributeId;
use crate::time::Instant;

/// Profiles in one shard.
pub const SHARD_PROFILES: usize = 4_096;

/// What a run is indexed by. An item attribute carries the version of its column, so that an index never outlives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostingsKey {
    /// The codes of a slot.
    Slot(usize),
    /// The codes of an attribute of the item.
    ItemAttribute(ItemAttributeId, u64),
}

/// Indexes of one run that are kept; the oldest goes first.
const KEPT_POSTINGS: usize = 4;

/// The events of a shard; immutable.
#[derive(Debug)]
pub struct Run {
    rows: Rows,
    body: Body,
    /// Derived when first asked for.
    postings: RwLock<Vec<(PostingsKey, Arc<Postings>)>>,
}

/// Which events a profile has.
#[derive(Clone, Debug)]
enum Rows {
    /// Local profile l owns the events `starts[l]..starts[l + 1]`; [`SHARD_PROFILES`] + 1 starts.
    Dense(Vec<u32>),
    /// The local profile of each event, rising.
    Sparse(Vec<u16>),
}

impl Run {
    /// One run of gathered events, whose owners are profiles within the shard.
    pub(crate) fn of(gather: Gather<'_>) -> Self {
        let (owners, body) = gather.sorted();
        Self {
            rows: Rows::of(owners.into_iter().map(|owner| owner as u16), body.len()),
            body,
            postings: RwLock::default(),
        }
    }

    /// One run of the events of several; of equal profiles and times those of earlier runs come first.
    pub fn merge(runs: &[&Self]) -> Self {
        let mut gather = Gather::default();
        runs.iter().for_each(|run| run.add_to(&mut gather));
        Self::of(gather)
    }

    /// Adds all events.
    pub(crate) fn add_to<'a>(&'a self, gather: &mut Gather<'a>) {
        match &self.rows {
            Rows::Sparse(locals) => {
                gather.add(
                    &self.body,
                    0..self.len(),
                    locals.iter().copied().map(u32::from),
                );
            }
            Rows::Dense(starts) => {
                let counts = starts.windows(2).map(|pair| match *pair {
                    [start, end] => end.saturating_sub(start) as usize,
                    _ => 0,
                });
                let owners = (0u32..).zip(counts);
                let owners = owners.flat_map(|(local, count)| std::iter::repeat_n(local, count));
                gather.add(&self.body, 0..self.len(), owners);
            }
        }
    }

    /// Number of events.
    pub const fn len(&self) -> usize {
        self.body.len()
    }

    /// Whether there are no events.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The time of an event; the epoch past the end.
    #[inline]
    pub fn time(&self, event: usize) -> Instant {
        self.body.time(event)
    }

    pub(crate) const fn body(&self) -> &Body {
        &self.body
    }

    /// All times, milliseconds since the epoch, none absent.
    pub const fn times(&self) -> &Packed {
        self.body.times()
    }

    /// The column of a slot; `None` where no event has the field.
    pub fn field(&self, slot: usize) -> Option<&Packed> {
        self.body.field(slot)
    }

    /// All fields of an event, by slot.
    pub fn fields_of(&self, event: usize) -> Vec<Option<i64>> {
        self.body.fields_of(event)
    }

    /// The events of a profile, rising by time; empty when it has none.
    #[inline]
    pub fn events_of(&self, local: u16) -> std::ops::Range<usize> {
        match &self.rows {
            Rows::Dense(starts) => match starts.get(local as usize..local as usize + 2) {
                Some(&[start, end]) => start as usize..end as usize,
                _ => 0..0,
            },
            Rows::Sparse(locals) => {
                let start = locals.partition_point(|own| *own < local);
                let events = locals.iter().skip(start);
                start..start + events.take_while(|own| **own == local).count()
            }
        }
    }

    /// Calls `visit` with each profile that has events, rising, and its events, rising by time.
    #[inline]
    pub fn for_each_profile(&self, mut visit: impl FnMut(u16, std::ops::Range<usize>)) {
        match &self.rows {
            Rows::Dense(starts) => {
                for (local, pair) in starts.windows(2).enumerate() {
                    if let [start, end] = *pair
                        && start < end
                    {
                        visit(local as u16, start as usize..end as usize);
                    }
                }
            }
            Rows::Sparse(locals) => {
                let mut start = 0;
                for group in locals.chunk_by(|a, b| a == b) {
                    let end = start + group.len();
                    if let Some(local) = group.first() {
                        visit(*local, start..end);
                    }
                    start = end;
                }
            }
        }
    }

    /// The index by `key`, built with `code` (of an event) when first asked for.
    pub fn postings(&self, key: PostingsKey, code: impl Fn(usize) -> Option<u32>) -> Arc<Postings> {
        let find = |kept: &[(PostingsKey, Arc<Postings>)]| {
            kept.iter()
                .find(|(known, _)| *known == key)
                .map(|(_, postings)| Arc::clone(postings))
        };
        if let Ok(kept) = self.postings.read()
            && let Some(postings) = find(&kept)
        {
            return postings;
        }
        let mut entries = Vec::with_capacity(self.len());
        self.for_each_profile(|local, events| {
            entries.extend(events.filter_map(|event| Some((code(event)?, event as u32, local))));
        });
        let postings = Arc::new(Postings::new(entries));
        if let Ok(mut kept) = self.postings.write()
            && find(&kept).is_none()
        {
            // An older version of the same item attribute is of no more use.
            kept.retain(|(known, _)| match (known, key) {
                (PostingsKey::ItemAttribute(a, _), PostingsKey::ItemAttribute(b, _)) => *a != b,
                _ => true,
            });
            if kept.len() == KEPT_POSTINGS {
                kept.remove(0);
            }
            kept.push((key, Arc::clone(&postings)));
        }
        postings
    }

    /// Bytes on the heap of what is derived.
    pub fn derived_bytes(&self) -> usize {
        self.postings.read().map_or(0, |kept| {
            kept.iter().map(|(_, postings)| postings.heap_bytes()).sum()
        })
    }

    /// The run without the events that `keep` refuses.
    #[must_use]
    pub fn filtered(&self, keep: impl Fn(u16, usize) -> bool) -> Self {
        let mut kept = Vec::with_capacity(self.len());
        self.for_each_profile(|local, range| {
            kept.extend(
                range
                    .filter(|event| keep(local, *event))
                    .map(|event| (local, event)),
            );
        });
        let event = |(_, event): &(u16, usize)| *event;
        let time = |own| Some(self.time(event(own)).0);
        let times: Vec<_> = kept.iter().map(time).collect();
        let body = Body::pack(&times, self.body.slots(), |slot, column| {
            let field = self.body.field(slot);
            column.extend(kept.iter().map(|own| field?.get(event(own))));
        });
        Self {
            rows: Rows::of(kept.iter().map(|(local, _)| *local), body.len()),
            body,
            postings: RwLock::default(),
        }
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        let rows = match &self.rows {
            Rows::Dense(starts) => starts.capacity() * 4,
            Rows::Sparse(locals) => locals.capacity() * 2,
        };
        rows + self.body.heap_bytes()
    }
}

impl Rows {
    fn of(sorted: impl Iterator<Item = u16>, events: usize) -> Self {
        // Dense costs 4 bytes per profile of the shard, sparse 2 per event.
        if events < SHARD_PROFILES * 2 {
            let mut locals = Vec::with_capacity(events);
            locals.extend(sorted);
            return Self::Sparse(locals);
        }
        let mut starts = Vec::with_capacity(SHARD_PROFILES + 1);
        for (event, local) in (0u32..).zip(sorted) {
            // A profile without events begins where the next one does.
            if starts.len() <= usize::from(local) {
                starts.resize(usize::from(local) + 1, event);
            }
        }
        starts.resize(SHARD_PROFILES + 1, events as u32);
        Self::Dense(starts)
    }
}
