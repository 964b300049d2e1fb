//! A run: events of one type and one shard of profiles, packed and sorted by profile and time.

use std::sync::{Arc, RwLock};

use crate::column::Packed;
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
    times: Packed,
    /// By slot; `None` where no event has the field.
    fields: Vec<Option<Packed>>,
    /// Derived when first asked for.
    postings: RwLock<Vec<(PostingsKey, Arc<Postings>)>>,
}

/// Which events a profile has: local profile l owns the events `starts[i]..starts[i + 1]`.
#[derive(Clone, Debug)]
enum Rows {
    /// i = l, [`SHARD_PROFILES`] + 1 starts.
    Dense(Vec<u32>),
    /// i = position of l among the rising `locals`.
    Sparse { locals: Vec<u16>, starts: Vec<u32> },
}

/// One event on its way into a run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RunEvent {
    /// Profile within the shard.
    pub local: u16,
    /// Milliseconds since the epoch.
    pub time: i64,
    /// By slot; may be shorter than the type has slots.
    pub fields: Vec<Option<i64>>,
}

impl Run {
    /// Packs events, in any order. Equal profiles and times stay in the given order.
    pub fn from_events(mut events: Vec<RunEvent>) -> Self {
        events.sort_by_key(|event| (event.local, event.time));
        let slots = events
            .iter()
            .map(|event| event.fields.len())
            .max()
            .unwrap_or(0);
        let times: Vec<_> = events.iter().map(|event| Some(event.time)).collect();
        let mut column = Vec::with_capacity(events.len());
        let fields = (0..slots).map(|slot| {
            column.clear();
            column.extend(
                events
                    .iter()
                    .map(|event| event.fields.get(slot).copied().flatten()),
            );
            column
                .iter()
                .any(Option::is_some)
                .then(|| Packed::from_values(&column))
        });
        let fields = fields.collect();
        Self {
            postings: RwLock::default(),
            rows: Rows::of(events.iter().map(|event| event.local)),
            times: Packed::from_values(&times),
            fields,
        }
    }

    /// One run of the events of several; of equal profiles and times those of earlier runs come first.
    pub fn merge(runs: &[&Self]) -> Self {
        let mut order: Vec<(u16, i64, u32, u32)> =
            Vec::with_capacity(runs.iter().map(|run| run.len()).sum());
        for (number, run) in runs.iter().enumerate() {
            run.for_each_profile(|local, events| {
                order.extend(
                    events.map(|event| (local, run.time(event).0, number as u32, event as u32)),
                );
            });
        }
        order.sort_unstable();
        let slots = runs.iter().map(|run| run.fields.len()).max().unwrap_or(0);
        let gather = |read: &dyn Fn(&Self, usize) -> Option<i64>| -> Vec<Option<i64>> {
            order
                .iter()
                .map(|(_, _, run, event)| {
                    runs.get(*run as usize)
                        .and_then(|run| read(run, *event as usize))
                })
                .collect()
        };
        let fields = (0..slots)
            .map(|slot| {
                let held = runs.iter().any(|run| run.field(slot).is_some());
                held.then(|| {
                    Packed::from_values(&gather(&|run, event| run.field(slot)?.get(event)))
                })
            })
            .collect();
        let times = Packed::from_values(&gather(&|run, event| run.times.get(event)));
        Self {
            postings: RwLock::default(),
            rows: Rows::of(order.iter().map(|(local, ..)| *local)),
            times,
            fields,
        }
    }

    /// Number of events.
    pub const fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether there are no events.
    pub const fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// The time of an event; the epoch past the end.
    #[inline]
    pub fn time(&self, event: usize) -> Instant {
        Instant(self.times.get(event).unwrap_or(0))
    }

    /// All times, milliseconds since the epoch, none absent.
    pub const fn times(&self) -> &Packed {
        &self.times
    }

    /// The column of a slot; `None` where no event has the field.
    pub fn field(&self, slot: usize) -> Option<&Packed> {
        self.fields.get(slot)?.as_ref()
    }

    /// All fields of an event, by slot.
    pub fn fields_of(&self, event: usize) -> Vec<Option<i64>> {
        self.fields
            .iter()
            .map(|field| field.as_ref().and_then(|field| field.get(event)))
            .collect()
    }

    /// The events of a profile, rising by time; empty when it has none.
    #[inline]
    pub fn events_of(&self, local: u16) -> std::ops::Range<usize> {
        let place = match &self.rows {
            Rows::Dense(_) => local as usize,
            Rows::Sparse { locals, .. } => match locals.binary_search(&local) {
                Ok(place) => place,
                Err(_) => return 0..0,
            },
        };
        match self.starts().get(place..place + 2) {
            Some(&[start, end]) => start as usize..end as usize,
            _ => 0..0,
        }
    }

    fn starts(&self) -> &[u32] {
        match &self.rows {
            Rows::Dense(starts) | Rows::Sparse { starts, .. } => starts,
        }
    }

    /// Calls `visit` with each profile that has events, rising, and its events, rising by time.
    #[inline]
    pub fn for_each_profile(&self, mut visit: impl FnMut(u16, std::ops::Range<usize>)) {
        let ranges = self.starts().windows(2);
        match &self.rows {
            Rows::Dense(_) => {
                for (local, pair) in ranges.enumerate() {
                    if let [start, end] = *pair
                        && start < end
                    {
                        visit(local as u16, start as usize..end as usize);
                    }
                }
            }
            Rows::Sparse { locals, .. } => {
                for (local, pair) in locals.iter().zip(ranges) {
                    if let [start, end] = *pair {
                        visit(*local, start as usize..end as usize);
                    }
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
        let mut events = Vec::new();
        self.for_each_profile(|local, range| {
            events.extend(
                range
                    .filter(|event| keep(local, *event))
                    .map(|event| RunEvent {
                        local,
                        time: self.time(event).0,
                        fields: self.fields_of(event),
                    }),
            );
        });
        Self::from_events(events)
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        let rows = match &self.rows {
            Rows::Dense(starts) => starts.capacity() * 4,
            Rows::Sparse { locals, starts } => locals.capacity() * 2 + starts.capacity() * 4,
        };
        rows + self.times.heap_bytes()
            + self.fields.capacity() * size_of::<Option<Packed>>()
            + self
                .fields
                .iter()
                .flatten()
                .map(Packed::heap_bytes)
                .sum::<usize>()
    }
}

impl Rows {
    fn of(sorted: impl Iterator<Item = u16>) -> Self {
        let (mut locals, mut starts, mut events) = (Vec::new(), Vec::new(), 0u32);
        for local in sorted {
            if locals.last() != Some(&local) {
                locals.push(local);
                starts.push(events);
            }
            events += 1;
        }
        starts.push(events);
        // Dense costs 4 bytes per profile of the shard, sparse 6 per profile with events.
        if locals.len() * 6 < SHARD_PROFILES * 4 {
            locals.shrink_to_fit();
            starts.shrink_to_fit();
            return Self::Sparse { locals, starts };
        }
        let mut dense = Vec::with_capacity(SHARD_PROFILES + 1);
        for (local, start) in locals.iter().zip(&starts) {
            dense.resize(usize::from(*local) + 1, *start);
        }
        dense.resize(SHARD_PROFILES + 1, events);
        // A profile without events begins where the next one does.
        for (place, local) in locals.iter().enumerate() {
            let next = locals
                .get(place + 1)
                .map_or(SHARD_PROFILES, |next| usize::from(*next));
            let end = starts.get(place + 1).copied().unwrap_or(events);
            if let Some(gap) = dense.get_mut(usize::from(*local) + 1..=next) {
                gap.fill(end);
            }
        }
        if let Some(&first) = locals.first()
            && let Some(gap) = dense.get_mut(..=usize::from(first))
        {
            gap.fill(0);
        }
        Self::Dense(dense)
    }
}
