//! An aggregate over time: its value is carried along while events come and go.

use std::collections::BTreeMap;

use super::Line;
use crate::explain::{Timeline, field, selects, turns};
use crate::person::Event;
use crate::rule::ast::Function;
use crate::rule::plan::{Aggregate, Selection};
use crate::time::{Instant, Window};
use crate::value::{MICROS, Value};

const FOREVER: Instant = Instant(i64::MAX);

/// Something begins or stops to count: when, and what.
type Change = (Instant, bool, i128);

/// What counts now.
#[derive(Debug, Default)]
struct Tally {
    count: i128,
    sum: i128,
    /// Each payload with how often it counts, where that matters.
    payloads: BTreeMap<i128, u32>,
}

/// When the aggregate is what the rule asks.
pub(super) fn timeline(aggregate: &Aggregate, events: &[Event]) -> Timeline {
    let mut changes = changes(aggregate, events);
    changes.sort_unstable();
    let mut tally = Tally::default();
    let mut line = Line::new(tally.compares(aggregate, Instant(i64::MIN)));
    let mut rest = changes.as_slice();
    while let Some((at, ..)) = rest.first().copied() {
        let (own, later) = rest
            .split_at_checked(rest.partition_point(|change| change.0 == at))
            .unwrap_or((rest, &[]));
        for (_, enters, payload) in own {
            tally.change(aggregate.function, *enters, *payload);
        }
        line.push(at, tally.compares(aggregate, at));
        let next = later.first().map_or(FOREVER, |(next, ..)| *next);
        for turn in tally.turns(aggregate) {
            if at < turn && turn < next {
                line.push(turn, tally.compares(aggregate, turn));
            }
        }
        rest = later;
    }
    line.end()
}

fn changes(aggregate: &Aggregate, events: &[Event]) -> Vec<Change> {
    let (mut changes, mut codes) = (Vec::new(), BTreeMap::new());
    for event in events {
        let Some((from, to)) = stretch(aggregate.window, event) else {
            continue;
        };
        let Some(payload) = payload(aggregate, event, &mut codes) else {
            continue;
        };
        for (from, to) in selected(&aggregate.selection, event, from, to) {
            changes.push((from, true, payload));
            if to < FOREVER {
                changes.push((to, false, payload));
            }
        }
    }
    changes
}

/// From when to when the window and retention leave an event in.
fn stretch(window: Window, event: &Event) -> Option<(Instant, Instant)> {
    let time = event.time;
    let inside = match window {
        Window::All | Window::Last(_) => true,
        Window::Since(start) => start <= time,
        Window::Between(start, end) => start <= time && time < end,
    };
    let last = match window {
        Window::Last(span) => Some(span),
        Window::All | Window::Since(_) | Window::Between(..) => None,
    };
    let lifetime = last.into_iter().chain(event.retention).min();
    let to = lifetime.map_or(FOREVER, |span| time.plus(span));
    inside.then_some((time, to))
}

/// When, between two instants, a selection picks an event.
fn selected(
    selection: &Selection,
    event: &Event,
    from: Instant,
    to: Instant,
) -> Vec<(Instant, Instant)> {
    let tests = selection.filter.iter().flat_map(|filter| filter.leaves());
    let mut instants: Vec<Instant> = tests
        .flat_map(|own| {
            let value = field(event, own.field);
            value.map_or_else(Vec::new, |value| turns(&own.test, &value))
        })
        .filter(|own| from < *own && *own < to)
        .collect();
    instants.push(from);
    instants.sort_unstable();
    instants.dedup();
    let ends = instants.iter().skip(1).copied().chain([to]);
    let stretches = instants.iter().copied().zip(ends);
    stretches
        .filter(|(at, _)| selects(selection, event, *at))
        .collect()
}

/// What of an event the function looks at; `None`: it does not look at the event.
fn payload(
    aggregate: &Aggregate,
    event: &Event,
    codes: &mut BTreeMap<Value, i128>,
) -> Option<i128> {
    let value = || aggregate.field.and_then(|(own, _)| field(event, own));
    match aggregate.function {
        Function::Count => Some(0),
        Function::Sum | Function::Average | Function::Min | Function::Max => value()?.micros(),
        Function::Distinct => {
            let next = codes.len() as i128;
            Some(*codes.entry(value()?).or_insert(next))
        }
        Function::SinceLast | Function::SinceFirst => Some(i128::from(event.time.0)),
    }
}

impl Tally {
    fn change(&mut self, function: Function, enters: bool, payload: i128) {
        if enters {
            self.count += 1;
            self.sum += payload;
        } else {
            self.count -= 1;
            self.sum -= payload;
        }
        match function {
            Function::Count | Function::Sum | Function::Average => {}
            Function::Min
            | Function::Max
            | Function::Distinct
            | Function::SinceLast
            | Function::SinceFirst => self.keep(enters, payload),
        }
    }

    fn keep(&mut self, enters: bool, payload: i128) {
        let count = self.payloads.entry(payload).or_default();
        *count = if enters {
            *count + 1
        } else {
            count.saturating_sub(1)
        };
        if *count == 0 {
            self.payloads.remove(&payload);
        }
    }

    fn first(&self) -> Option<i128> {
        self.payloads.keys().next().copied()
    }

    fn last(&self) -> Option<i128> {
        self.payloads.keys().next_back().copied()
    }

    /// Whether what counts comes to what the rule asks, at `t`.
    fn compares(&self, aggregate: &Aggregate, t: Instant) -> bool {
        let (operator, operand) = (aggregate.operator, aggregate.operand);
        let is = |value: Option<i128>| value.is_some_and(|value| operator.holds(value, operand));
        let span = |time: Option<i128>| is(time.map(|time| i128::from(t.0) - time));
        let number = |number: i128| is(Some(number * i128::from(MICROS)));
        match aggregate.function {
            Function::Count => number(self.count),
            Function::Distinct => number(self.payloads.len() as i128),
            Function::Sum => is(Some(self.sum)),
            Function::Average => {
                self.count > 0 && operator.holds(self.sum, operand.saturating_mul(self.count))
            }
            Function::Min => is(self.first()),
            Function::Max => is(self.last()),
            Function::SinceLast => span(self.last()),
            Function::SinceFirst => span(self.first()),
        }
    }

    /// Where a span may turn by itself, rising.
    fn turns(&self, aggregate: &Aggregate) -> impl Iterator<Item = Instant> {
        let time = match aggregate.function {
            Function::SinceLast => self.last(),
            Function::SinceFirst => self.first(),
            Function::Count
            | Function::Sum
            | Function::Min
            | Function::Max
            | Function::Average
            | Function::Distinct => None,
        };
        let bound = time.map(|time| time + aggregate.operand);
        let both = bound.into_iter().flat_map(|bound| [bound, bound + 1]);
        both.filter_map(|own| i64::try_from(own).ok().map(Instant))
    }
}
