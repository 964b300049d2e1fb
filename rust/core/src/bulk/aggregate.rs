//! Aggregates over all profiles: one pass over the runs of a shard, one bit per profile.

use std::sync::OnceLock;

use crate::bitmap::{ChunkRange, ChunkSource, Words};
use crate::bulk::compound::{Place, SlotSource};
use crate::bulk::field::Reader;
use crate::bulk::filter::Filter;
use crate::bulk::scan;
use crate::bulk::tally::{Tally, value_of};
use crate::bulk::values::{accepted, in_units};
use crate::bulk::window::{events_within, within};
use crate::event::run::{Run, SHARD_PROFILES};
use crate::id::EventTypeId;
use crate::rule::ast::{Function, Operator};
use crate::rule::plan;
use crate::time::{Duration, Instant, Range};
use crate::value::{Kind, MICROS};
use crate::view::View;

const SHARDS_IN_CHUNK: usize = 65_536 / SHARD_PROFILES;
const SHARD_WORDS: usize = SHARD_PROFILES / 64;

/// An aggregate that is false for a profile without events, as a computed operand.
#[derive(Debug)]
pub(super) struct AggregateSource<'v> {
    view: &'v View,
    function: Function,
    parts: Vec<Part<'v>>,
    operator: Operator,
    operand: i128,
    /// What one unit of the stored field is worth in the units of the operand.
    scale: i128,
    t: Instant,
    /// What a count may be, as inclusive ranges.
    counts: Vec<(u32, u32)>,
    /// By shard what its slots have, once asked for profiles of several.
    shards: OnceLock<Vec<OnceLock<Tally>>>,
}

/// The events of one type.
#[derive(Debug)]
struct Part<'v> {
    event_type: EventTypeId,
    range: Range,
    filter: Option<Filter<'v>>,
    reader: Reader<'v>,
}

impl<'v> AggregateSource<'v> {
    /// Compiles an aggregate at `t`; the second is true when the source gives the complement over all profiles.
    pub(super) fn new(view: &'v View, aggregate: &plan::Aggregate, t: Instant) -> (Self, bool) {
        let nothing_is_zero = matches!(
            aggregate.function,
            Function::Count | Function::Sum | Function::Distinct
        );
        let inverted = nothing_is_zero && aggregate.operator.holds(0, aggregate.operand);
        let operator = if inverted {
            aggregate.operator.negated()
        } else {
            aggregate.operator
        };
        let parts = event_types(view, aggregate.selection.types)
            .into_iter()
            .map(|event_type| Part {
                event_type,
                range: aggregate
                    .window
                    .range(t)
                    .retained(t.max(view.time()), retention(view, event_type)),
                filter: aggregate
                    .selection
                    .filter
                    .as_ref()
                    .map(|filter| Filter::new(view, event_type, filter, t)),
                reader: aggregate.field.map_or(Reader::Missing, |(field, _)| {
                    Reader::new(view, event_type, field)
                }),
            });
        let scale = match (aggregate.function, aggregate.field) {
            (Function::Count | Function::Distinct, _) | (_, Some((_, Kind::Integer))) => {
                i128::from(MICROS)
            }
            _ => 1,
        };
        let parts = parts.collect();
        let counts = count_ranges(operator, aggregate.operand);
        let (function, operand) = (aggregate.function, aggregate.operand);
        let source = Self {
            view,
            function,
            parts,
            operator,
            operand,
            scale,
            t,
            counts,
            shards: OnceLock::new(),
        };
        (source, inverted)
    }

    fn fill_shard(&self, number: usize, words: &mut [u64]) {
        if let [part] = self.parts.as_slice()
            && part.filter.is_none()
        {
            return self.fill_directly(part, number, words);
        }
        match self.tally(number) {
            None => {}
            Some(Tally::Count(counts)) => {
                for (low, high) in &self.counts {
                    scan::between(&counts, *low, *high, words);
                }
            }
            Some(mut tally) => tally.judge(|value| self.judge(value), words),
        }
    }

    /// What the slots of a shard have; `None` where there are no events.
    fn tally(&self, number: usize) -> Option<Tally> {
        let mut tally: Option<Tally> = None;
        for part in &self.parts {
            if let Some(run) = self.view.history().run(part.event_type, number) {
                part.tally(run, tally.get_or_insert_with(|| Tally::new(self.function)));
            }
        }
        tally
    }

    /// The same, kept for as long as the operand.
    fn kept_tally(&self, number: usize) -> Option<&Tally> {
        let count = self.view.population().div_ceil(SHARD_PROFILES as u32);
        let shards = self
            .shards
            .get_or_init(|| (0..count).map(|_| OnceLock::new()).collect());
        let nothing = || Tally::of(self.function, 0);
        let shard = shards.get(number)?;
        Some(shard.get_or_init(|| self.tally(number).unwrap_or_else(nothing)))
    }

    /// One type and no condition: each profile's events lie together, nothing is kept.
    fn fill_directly(&self, part: &Part, number: usize, words: &mut [u64]) {
        let Some(run) = self.view.history().run(part.event_type, number) else {
            return;
        };
        within(run, part.range, |local, events| {
            let value = value_of(self.function, run, part.reader, events);
            if value.is_some_and(|value| self.judge(value))
                && let Some(word) = words.get_mut(usize::from(local >> 6))
            {
                *word |= 1 << (local & 63);
            }
        });
    }

    /// `numerator / denominator OPERATOR operand`, exactly.
    fn judge(&self, (numerator, denominator): (i128, i128)) -> bool {
        let value = match self.function {
            Function::SinceLast | Function::SinceFirst => i128::from(self.t.0) - numerator,
            _ => numerator * self.scale,
        };
        // Operands are below 2^83 and numbers of events below 2^32: the product fits.
        self.operator.holds(value, self.operand * denominator)
    }
}

/// The counts above 0 that pass a comparison with a number in micro units.
fn count_ranges(operator: Operator, micros: i128) -> Vec<(u32, u32)> {
    let bounds = |(low, high): &(i128, i128)| {
        Some((
            u32::try_from((*low).max(1)).ok()?,
            (*high).clamp(0, i128::from(u32::MAX)) as u32,
        ))
    };
    in_units(accepted(operator, micros), Kind::Integer)
        .iter()
        .filter_map(bounds)
        .filter(|(low, high)| low <= high)
        .collect()
}

/// The types a selection names, as of this view.
pub(super) fn event_types(view: &View, types: plan::EventTypes) -> Vec<EventTypeId> {
    match types {
        plan::EventTypes::One(event_type) => vec![event_type],
        plan::EventTypes::Any => view
            .catalog()
            .event_types()
            .map(|(event_type, _)| event_type)
            .collect(),
    }
}

/// How long events of a type stay visible; `None`: for ever.
pub(super) fn retention(view: &View, event_type: EventTypeId) -> Option<Duration> {
    view.catalog().event_type(event_type)?.definition.retention
}

impl Part<'_> {
    /// Adds what a slot of the run has, as events of the profile `at`.
    fn tally_one(&self, run: &Run, local: u16, at: u16, tally: &mut Tally) {
        let events = events_within(run, local, self.range);
        match &self.filter {
            None => tally.add_range(run, self.reader, at, events),
            Some(filter) => events
                .filter(|event| filter.holds(run, *event))
                .for_each(|event| tally.add(run, self.reader, at, event)),
        }
    }

    fn tally(&self, run: &Run, tally: &mut Tally) {
        let Some(filter) = &self.filter else {
            let plain = |local: u16, events: std::ops::Range<usize>| {
                tally.add_range(run, self.reader, local, events);
            };
            return within(run, self.range, plain);
        };
        let (first, last) = (self.range.after.0.saturating_add(1), self.range.until.0);
        let times = run.times();
        let by_index = filter.visit_by_index(run, |local, event| {
            if times
                .get(event)
                .is_some_and(|time| first <= time && time <= last)
            {
                tally.add(run, self.reader, local, event);
            }
        });
        if !by_index {
            let mask = filter.mask(run);
            within(run, self.range, |local, events| {
                tally.add_masked(run, self.reader, local, events, &mask);
            });
        }
    }
}

impl SlotSource for AggregateSource<'_> {
    fn fill_word(&self, slots: &[Place], many: bool) -> u64 {
        let (mut tally, mut words) = (Tally::of(self.function, 64), [0]);
        // Lists of values are not kept.
        let by_shard = many && self.function != Function::Distinct;
        for Place { bit, shard, local } in slots {
            if !by_shard {
                for part in &self.parts {
                    if let Some(run) = self.view.history().run(part.event_type, *shard) {
                        part.tally_one(run, *local, *bit, &mut tally);
                    }
                }
            } else if let Some(own) = self.kept_tally(*shard) {
                tally.absorb(*bit, own, *local);
            }
        }
        tally.judge(|value| self.judge(value), &mut words);
        let [word] = words;
        word
    }
}

impl ChunkSource for AggregateSource<'_> {
    fn fill(&self, key: u16, words: &mut Words) {
        words.fill(0);
        let first = usize::from(key) * SHARDS_IN_CHUNK;
        for (shard, words) in words.chunks_mut(SHARD_WORDS).enumerate() {
            self.fill_shard(first + shard, words);
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
                self.fill_shard(first + shard, words);
                for (word, mask) in words.iter_mut().zip(mask) {
                    *word &= mask;
                }
            }
        }
    }

    fn chunks(&self) -> ChunkRange {
        ChunkRange::of_ids(self.view.population())
    }

    fn cost(&self) -> u32 {
        if self.parts.iter().any(|part| part.filter.is_some()) {
            2_000
        } else {
            1_000
        }
    }
}
