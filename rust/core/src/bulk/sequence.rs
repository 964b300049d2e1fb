//! Sequences over all profiles.
//!
//! Per profile and key the events that match a step are walked in order of time; for each step the latest possible start of
//! a chain that ends there is kept, since a later start fits every `within` that an earlier one fits. An event of the last
//! positive step with a start at most `within` earlier completes the sequence at its own time. Linear in events times steps.

use std::collections::BTreeMap;

use crate::bitmap::{ChunkRange, ChunkSource, Words};
use crate::bulk::aggregate::{event_types, retention};
use crate::bulk::compound::{Place, SlotSource};
use crate::bulk::field::Reader;
use crate::bulk::filter::Filter;
use crate::bulk::window::events_within;
use crate::event::run::{Run, SHARD_PROFILES};
use crate::id::EventTypeId;
use crate::rule::ast::Absence;
use crate::rule::plan;
use crate::time::{Duration, Instant, Range, Window};
use crate::view::View;

const SHARDS_IN_CHUNK: usize = 65_536 / SHARD_PROFILES;
const SHARD_WORDS: usize = SHARD_PROFILES / 64;

/// The profiles for whom a sequence holds.
#[derive(Debug)]
pub(super) struct SequenceSource<'v> {
    view: &'v View,
    steps: Vec<Vec<Part<'v>>>,
    absent: Option<(Vec<Part<'v>>, Absence)>,
    within: Option<Duration>,
    last: Option<Duration>,
    t: Instant,
}

/// The events of one type that match one step.
#[derive(Debug)]
struct Part<'v> {
    event_type: EventTypeId,
    range: Range,
    filter: Option<Filter<'v>>,
    /// `None`: no key is demanded.
    key: Option<Reader<'v>>,
}

/// What a profile did, of one key.
#[derive(Debug, Default)]
struct Matches {
    /// (time, step) of events that match a positive step.
    steps: Vec<(i64, usize)>,
    /// Times of events that match the final `not`.
    absent: Vec<i64>,
}

impl<'v> SequenceSource<'v> {
    /// Compiles a sequence at `t`.
    pub(super) fn new(view: &'v View, sequence: &plan::Sequence, t: Instant) -> Self {
        let parts = |selection: &plan::Selection| -> Vec<Part<'v>> {
            let part = |event_type| Part {
                event_type,
                range: Window::All
                    .range(t)
                    .retained(t.max(view.time()), retention(view, event_type)),
                filter: selection
                    .filter
                    .as_ref()
                    .map(|filter| Filter::new(view, event_type, filter, t)),
                key: sequence
                    .key
                    .map(|(field, _)| Reader::new(view, event_type, field)),
            };
            event_types(view, selection.types)
                .into_iter()
                .map(part)
                .collect()
        };
        Self {
            view,
            steps: sequence.steps.iter().map(parts).collect(),
            absent: sequence
                .absent
                .as_ref()
                .map(|(selection, absence)| (parts(selection), *absence)),
            within: sequence.within,
            last: sequence.last,
            t,
        }
    }

    fn fill_shard(&self, number: usize, mask: Option<&[u64]>, words: &mut [u64]) {
        // Only profiles with an event of the last positive step can have come to its end.
        let Some(last) = self.steps.last() else {
            return;
        };
        let history = self.view.history();
        let mut candidates = vec![false; SHARD_PROFILES];
        for part in last {
            if let Some(run) = history.run(part.event_type, number) {
                run.for_each_profile(|local, _| {
                    if let Some(candidate) = candidates.get_mut(usize::from(local)) {
                        *candidate = true;
                    }
                });
            }
        }
        let wanted = |local: &usize| mask.is_none_or(|mask| crate::column::bit(mask, *local));
        let chosen = candidates
            .iter()
            .enumerate()
            .filter(|(_, candidate)| **candidate)
            .map(|(local, _)| local);
        for local in chosen.filter(wanted) {
            let own = Place {
                bit: 0,
                shard: number,
                local: local as u16,
            };
            if self.holds(&[own])
                && let Some(word) = words.get_mut(local / 64)
            {
                *word |= 1 << (local % 64);
            }
        }
    }

    /// Whether it holds of a profile with these slots.
    fn holds(&self, slots: &[Place]) -> bool {
        // What does not come to its end needs no beginning, so the last step is looked at first.
        let mut by_key: BTreeMap<i64, Matches> = BTreeMap::new();
        let mut steps = self.steps.iter().enumerate().rev();
        if let Some((step, parts)) = steps.next() {
            self.each(parts, slots, |key, time| {
                by_key.entry(key).or_default().steps.push((time, step));
            });
        }
        if by_key.is_empty() {
            return false;
        }
        for (step, parts) in steps {
            self.each(parts, slots, |key, time| {
                if let Some(matches) = by_key.get_mut(&key) {
                    matches.steps.push((time, step));
                }
            });
        }
        if let Some((parts, _)) = &self.absent {
            self.each(parts, slots, |key, time| {
                if let Some(matches) = by_key.get_mut(&key) {
                    matches.absent.push(time);
                }
            });
        }
        by_key.into_values().any(|matches| self.completed(matches))
    }

    /// Calls `visit` with key and time of what the slots have of these parts.
    fn each(&self, parts: &[Part<'_>], slots: &[Place], mut visit: impl FnMut(i64, i64)) {
        for part in parts {
            for Place { shard, local, .. } in slots {
                if let Some(run) = self.view.history().run(part.event_type, *shard) {
                    part.each(run, *local, &mut visit);
                }
            }
        }
    }

    fn completed(&self, mut matches: Matches) -> bool {
        matches.steps.sort_unstable();
        matches.absent.sort_unstable();
        let mut starts: Vec<Option<i64>> = vec![None; self.steps.len()];
        let mut pending: Vec<(usize, i64)> = Vec::new();
        for same_time in matches.steps.chunk_by(|a, b| a.0 == b.0) {
            // Equal times never chain: starts are updated only after all events of an instant.
            pending.clear();
            for (time, step) in same_time {
                let start = match step.checked_sub(1) {
                    None => Some(*time),
                    Some(before) => starts.get(before).copied().flatten(),
                };
                let fits = |start: &i64| self.within.is_none_or(|within| time - start <= within.0);
                let Some(start) = start.filter(fits) else {
                    continue;
                };
                if step + 1 == self.steps.len() && self.ends_well(*time, &matches.absent) {
                    return true;
                }
                pending.push((*step, start));
            }
            for (step, start) in &pending {
                if let Some(cell) = starts.get_mut(*step) {
                    *cell = (*cell).max(Some(*start));
                }
            }
        }
        false
    }

    /// Whether a sequence whose last positive step was at `s` holds at t.
    fn ends_well(&self, s: i64, absent: &[i64]) -> bool {
        let t = self.t.0;
        if self.last.is_some_and(|last| s <= t.saturating_sub(last.0)) {
            return false;
        }
        let next = absent
            .get(absent.partition_point(|time| *time <= s))
            .copied();
        match self.absent {
            None => true,
            Some((_, Absence::Within(span))) => {
                s.saturating_add(span.0) <= t
                    && next.is_none_or(|next| next > s.saturating_add(span.0))
            }
            Some((_, Absence::For(span))) => s.saturating_add(span.0) <= t && next.is_none(),
        }
    }
}

impl Part<'_> {
    /// Calls `visit` with key and time of each visible event of the profile that matches; without `on` all keys are 0.
    fn each(&self, run: &Run, local: u16, mut visit: impl FnMut(i64, i64)) {
        for event in events_within(run, local, self.range) {
            if self
                .filter
                .as_ref()
                .is_some_and(|filter| !filter.holds(run, event))
            {
                continue;
            }
            let key = match self.key {
                None => Some(0),
                Some(reader) => reader.read(run, event),
            };
            if let Some(key) = key {
                visit(key, run.time(event).0);
            }
        }
    }
}

impl SlotSource for SequenceSource<'_> {
    fn fill_word(&self, slots: &[Place], _many: bool) -> u64 {
        let profiles = slots.chunk_by(|a, b| a.bit == b.bit);
        let holding = profiles.filter(|own| self.holds(own));
        let bits = holding.filter_map(|own| Some(own.first()?.bit));
        bits.fold(0, |word, bit| word | 1 << bit)
    }
}

impl ChunkSource for SequenceSource<'_> {
    fn fill(&self, key: u16, words: &mut Words) {
        words.fill(0);
        let first = usize::from(key) * SHARDS_IN_CHUNK;
        for (shard, words) in words.chunks_mut(SHARD_WORDS).enumerate() {
            self.fill_shard(first + shard, None, words);
        }
    }

    fn fill_within(&self, key: u16, mask: &Words, words: &mut Words) {
        words.fill(0);
        let first = usize::from(key) * SHARDS_IN_CHUNK;
        for (shard, (words, mask)) in words
            .chunks_mut(SHARD_WORDS)
            .zip(mask.chunks(SHARD_WORDS))
            .enumerate()
        {
            if mask.iter().any(|word| *word != 0) {
                self.fill_shard(first + shard, Some(mask), words);
            }
        }
    }

    fn chunks(&self) -> ChunkRange {
        ChunkRange::of_ids(self.view.population())
    }

    fn cost(&self) -> u32 {
        50_000
    }
}
