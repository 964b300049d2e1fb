//! The history of all profiles: per event type and shard a few packed runs, merged as they grow.
//!
//! A log-structured layout: the latest events of a type lie in [blocks](crate::event::recent) over all shards; shard by shard
//! they are taken into small runs, and runs of one size are merged as they grow, so an event is rewritten a
//! logarithmic number of times and a clone of the history shares all runs. Readers see one merged run, made when first asked
//! for. Source: O'Neil, Cheng, Gawlick, O'Neil, "The log-structured merge-tree" (1996), without the disk.

use std::sync::Arc;

use crate::chunked::Chunked;
use crate::event::body::Gather;
use crate::event::recent::{NewColumns, Part, Recent};
use crate::event::run::{Run, SHARD_PROFILES};
use crate::event::shard::Shard;
use crate::id::{EventTypeId, ProfileId};
use crate::time::Instant;

/// As many events per shard may wait in blocks.
const WAITING: usize = if cfg!(test) { 3 } else { 512 };

/// One event to be stored.
#[derive(Clone, Copy, Debug)]
pub struct NewEvent<'a> {
    /// Whose.
    pub profile: ProfileId,
    /// When.
    pub time: Instant,
    /// By slot: item, value, quantity, channel, then the properties of the type in order of declaration.
    pub fields: &'a [Option<i64>],
}

/// One stored event.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StoredEvent {
    /// When.
    pub time: Instant,
    /// Of which type.
    pub event_type: EventTypeId,
    /// By slot; slots past the end are absent.
    pub fields: Vec<Option<i64>>,
}

/// Everything that happened. Clones are cheap and independent.
#[derive(Clone, Debug, Default)]
pub struct History {
    types: Vec<TypeHistory>,
}

#[derive(Clone, Debug, Default)]
struct TypeHistory {
    events: u64,
    shards: Chunked<Option<Arc<Shard>>, 16>,
    recent: Arc<Recent>,
    /// The shard whose turn it is to take its events out of the blocks.
    turn: usize,
}

/// The shard of a profile, and its number there.
pub(crate) const fn place(profile: ProfileId) -> (usize, u16) {
    (
        profile.index() / SHARD_PROFILES,
        (profile.index() % SHARD_PROFILES) as u16,
    )
}

impl History {
    /// Nothing happened yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Stores events of one type, in any order.
    pub fn append(&mut self, event_type: EventTypeId, events: &[NewEvent]) {
        let rows: Vec<u32> = (0..events.len() as u32).collect();
        let owners: Vec<_> = events.iter().map(|event| Some(event.profile)).collect();
        let times: Vec<_> = events.iter().map(|event| event.time).collect();
        let slots = events.iter().map(|event| event.fields.len()).max();
        let column = |slot: usize| -> Vec<Option<i64>> {
            let cell = |event: &NewEvent| event.fields.get(slot).copied().flatten();
            events.iter().map(cell).collect()
        };
        let columns: Vec<_> = (0..slots.unwrap_or(0)).map(column).collect();
        let fields: Vec<_> = columns.iter().map(Vec::as_slice).enumerate().collect();
        let events = NewColumns {
            rows: &rows,
            owners: &owners,
            times: &times,
            fields: &fields,
        };
        self.append_columns(event_type, &events);
    }

    /// Stores events of one type, in any order.
    pub(crate) fn append_columns(&mut self, event_type: EventTypeId, events: &NewColumns<'_>) {
        self.type_mut(event_type).append(events);
    }

    fn type_mut(&mut self, event_type: EventTypeId) -> &mut TypeHistory {
        let index = event_type.index();
        if self.types.len() <= index {
            self.types.resize_with(index + 1, TypeHistory::default);
        }
        // The resize above makes room for `index`.
        #[expect(clippy::indexing_slicing, reason = "index < len by the line before")]
        &mut self.types[index]
    }

    /// The events of a profile, all types, rising by time.
    pub fn events(&self, profile: ProfileId) -> Vec<StoredEvent> {
        let all: Vec<EventTypeId> = self.types().collect();
        self.events_of(profile, &all)
    }

    /// The events of a profile of some types, rising by time.
    pub fn events_of(&self, profile: ProfileId, types: &[EventTypeId]) -> Vec<StoredEvent> {
        let (number, local) = place(profile);
        let mut events = Vec::new();
        for event_type in types {
            let Some(history) = self.types.get(event_type.index()) else {
                continue;
            };
            let runs = history.shard(number).into_iter();
            let runs = runs.flat_map(Shard::runs);
            let runs = runs.map(|run| (run.body(), run.events_of(local)));
            for (body, range) in runs.chain(history.recent.events_of(profile)) {
                events.extend(range.map(|event| StoredEvent {
                    time: body.time(event),
                    event_type: *event_type,
                    fields: body.fields_of(event),
                }));
            }
        }
        events.sort();
        events
    }

    /// Removes one event that equals the given one; `false` when there is none.
    pub fn remove(
        &mut self,
        profile: ProfileId,
        event_type: EventTypeId,
        time: Instant,
        fields: &[Option<i64>],
    ) -> bool {
        let (number, local) = place(profile);
        let history = self.type_mut(event_type);
        history.settle(number);
        let Some(shard) = history.shard(number) else {
            return false;
        };
        let found = shard.runs().iter().enumerate().find_map(|(at, run)| {
            let same =
                |event: &usize| run.time(*event) == time && equal(&run.fields_of(*event), fields);
            run.events_of(local).find(same).map(|event| (at, event))
        });
        let Some((at, event)) = found else {
            return false;
        };
        history.update(number, |shard| {
            shard.change(|own, run| (own == at).then(|| run.filtered(|_, other| other != event)));
        });
        history.events -= 1;
        true
    }

    /// Drops the events of a type up to and including `until`, and says how many.
    pub fn forget(&mut self, event_type: EventTypeId, until: Instant) -> u64 {
        let history = self.type_mut(event_type);
        history.settle_all();
        let old = |run: &Run| run.times().iter().flatten().any(|time| time <= until.0);
        let mut gone = 0;
        for number in 0..history.shards.capacity() as usize {
            let shard = history.shard(number);
            if !shard.is_some_and(|shard| shard.runs().iter().any(|run| old(run))) {
                continue;
            }
            history.update(number, |shard| {
                shard.change(|_, run| {
                    let kept =
                        old(run).then(|| run.filtered(|_, event| run.time(event) > until))?;
                    gone += (run.len() - kept.len()) as u64;
                    Some(kept)
                });
            });
        }
        history.events -= gone;
        gone
    }

    /// Number of events of a type.
    pub fn len(&self, event_type: EventTypeId) -> u64 {
        self.types
            .get(event_type.index())
            .map_or(0, |history| history.events)
    }

    /// Whether nothing is stored.
    pub fn is_empty(&self) -> bool {
        self.types.iter().all(|history| history.events == 0)
    }

    /// Number of event types that ever had an event, with gaps.
    pub fn types(&self) -> impl Iterator<Item = EventTypeId> + use<> {
        (0..self.types.len() as u32).map(EventTypeId)
    }

    /// The events of a type and of the profiles `number * 4096 ..`, as one run; `None` when there are none.
    pub fn run(&self, event_type: EventTypeId, number: usize) -> Option<&Arc<Run>> {
        self.types.get(event_type.index())?.run(number)
    }

    /// Bytes on the heap of what is derived: merged runs and postings.
    pub fn derived_bytes(&self) -> usize {
        self.types.iter().map(TypeHistory::derived_bytes).sum()
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.types.iter().map(TypeHistory::heap_bytes).sum()
    }
}

fn equal(a: &[Option<i64>], b: &[Option<i64>]) -> bool {
    (0..a.len().max(b.len()))
        .all(|slot| a.get(slot).copied().flatten() == b.get(slot).copied().flatten())
}

impl TypeHistory {
    fn append(&mut self, events: &NewColumns<'_>) {
        let recent = Arc::make_mut(&mut self.recent);
        let before = recent.events();
        recent.push(events);
        let added = recent.events() - before;
        self.events += added as u64;
        let waiting = recent.shards() * WAITING;
        if added > waiting {
            self.settle_all();
        }
        while self.recent.events() > waiting {
            self.settle(self.turn);
            self.turn += 1;
            if self.turn >= self.recent.shards() {
                self.turn = 0;
                Arc::make_mut(&mut self.recent).drop_taken();
            }
        }
    }

    /// A shard takes its events out of the blocks.
    fn settle(&mut self, number: usize) {
        let recent = Arc::clone(&self.recent);
        let parts: Vec<Part<'_>> = recent.parts(number).collect();
        let events = parts.iter().map(Part::len).sum();
        if events > 0 {
            self.update(number, |shard| shard.push(&parts));
        }
        drop(parts);
        drop(recent);
        Arc::make_mut(&mut self.recent).take(number, events);
    }

    fn settle_all(&mut self) {
        (0..self.recent.shards()).for_each(|number| self.settle(number));
        Arc::make_mut(&mut self.recent).drop_taken();
    }

    fn run(&self, number: usize) -> Option<&Arc<Run>> {
        let shard = self.shard(number);
        let mut parts = self.recent.parts(number).peekable();
        if parts.peek().is_none() {
            return shard?.merged();
        }
        let merge = || {
            let mut gather = Gather::default();
            let runs = shard.into_iter().flat_map(Shard::runs);
            runs.for_each(|run| run.add_to(&mut gather));
            parts.for_each(|part| part.add_to(&mut gather));
            Arc::new(Run::of(gather))
        };
        Some(self.recent.merged(number)?.get_or_init(merge))
    }

    fn shard(&self, number: usize) -> Option<&Shard> {
        self.shards.get(number as u32)?.as_deref()
    }

    /// Changes a shard.
    fn update(&mut self, number: usize, change: impl FnOnce(&mut Shard)) {
        let change = |shard: &mut Option<_>| change(Arc::make_mut(shard.get_or_insert_default()));
        self.shards.update(number as u32, change);
    }

    fn derived_bytes(&self) -> usize {
        let shards = self.shards.iter().flatten();
        shards.map(|shard| shard.derived_bytes()).sum::<usize>() + self.recent.derived_bytes()
    }

    fn heap_bytes(&self) -> usize {
        let shards = self.shards.iter().flatten();
        let shards = shards.map(|shard| shard.heap_bytes()).sum::<usize>();
        self.shards.heap_bytes() + shards + self.recent.heap_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Row = (u32, i64, Vec<Option<i64>>);

    fn rows() -> impl Strategy<Value = Vec<Row>> {
        let fields = prop::collection::vec(prop::option::weighted(0.7, -4i64..1_000), 0..6);
        let profile = prop_oneof![0u32..6, 4_090u32..4_100, Just(70_000)];
        prop::collection::vec((profile, -3i64..400, fields), 0..40)
    }

    fn stored(model: &[Row], profile: u32) -> Vec<StoredEvent> {
        let mut events: Vec<_> = model
            .iter()
            .filter(|row| row.0 == profile)
            .map(|(_, time, fields)| StoredEvent {
                time: Instant(*time),
                event_type: EventTypeId(1),
                fields: fields.clone(),
            })
            .collect();
        events.iter_mut().for_each(trim);
        events.sort();
        events
    }

    fn trim(event: &mut StoredEvent) {
        while event.fields.last() == Some(&None) {
            event.fields.pop();
        }
    }

    fn read(history: &History, profile: u32) -> Vec<StoredEvent> {
        let mut events = history.events(ProfileId(profile));
        events.iter_mut().for_each(trim);
        events.sort();
        events
    }

    fn append(history: &mut History, rows: &[Row]) {
        let events: Vec<_> = rows
            .iter()
            .map(|(profile, time, fields)| NewEvent {
                profile: ProfileId(*profile),
                time: Instant(*time),
                fields,
            })
            .collect();
        history.append(EventTypeId(1), &events);
    }

    const PROFILES: [u32; 8] = [0, 1, 5, 4_090, 4_095, 4_096, 4_099, 70_000];

    proptest! {
        #[test]
        fn history_holds_what_was_appended_and_clones_stay_as_they_were(batches in prop::collection::vec(rows(), 1..8)) {
            let (mut history, mut model) = (History::new(), Vec::new());
            for batch in &batches {
                let (old, before) = (history.clone(), model.clone());
                append(&mut history, batch);
                model.extend(batch.iter().cloned());
                for profile in PROFILES {
                    prop_assert_eq!(stored(&model, profile), read(&history, profile));
                    prop_assert_eq!(stored(&before, profile), read(&old, profile));
                    let number = profile as usize / SHARD_PROFILES;
                    let merged = history.run(EventTypeId(1), number).map_or(0, |run| {
                        let events = run.events_of((profile as usize % SHARD_PROFILES) as u16);
                        assert!(events.clone().is_sorted_by_key(|event| run.time(event)));
                        events.len()
                    });
                    prop_assert_eq!(stored(&model, profile).len(), merged);
                }
            }
            prop_assert_eq!(model.len() as u64, history.len(EventTypeId(1)));
        }

        #[test]
        fn what_is_removed_or_forgotten_is_gone_and_nothing_else(batch in rows(), until in -5i64..405, at in 0usize..40) {
            let mut history = History::new();
            append(&mut history, &batch);
            let mut model = batch;
            if at < model.len() {
                let (profile, time, fields) = model.remove(at);
                prop_assert!(history.remove(ProfileId(profile), EventTypeId(1), Instant(time), &fields));
            } else {
                prop_assert!(!history.remove(ProfileId(0), EventTypeId(1), Instant(1_000), &[]));
            }
            let before = model.len();
            model.retain(|row| row.1 > until);

            prop_assert_eq!((before - model.len()) as u64, history.forget(EventTypeId(1), Instant(until)));
            for profile in PROFILES {
                prop_assert_eq!(stored(&model, profile), read(&history, profile));
            }
        }
    }

    #[test]
    fn dense_shards_know_the_events_of_each_profile() {
        let rows: Vec<Row> = (0..4_096u32)
            .flat_map(|p| (0..p % 3).map(move |x| (p, i64::from(x), vec![])))
            .collect();
        let mut history = History::new();
        append(&mut history, &rows);

        for profile in 0..4_096 {
            assert_eq!(
                (profile % 3) as usize,
                history.events(ProfileId(profile)).len()
            );
        }
    }
}
