//! When the truth of a plan turns, if nothing arrives: since when it has been as it is, and until when it will be.
//!
//! The truth can turn only at critical instants: when an event happens, leaves a window or its retention, completes a span,
//! when an attribute was written or passes an instant. All of them are listed, and the plan is evaluated there.

use std::collections::BTreeSet;

use crate::explain::Segments;
use crate::explain::moment::Moment;
use crate::person::Person;
use crate::rule::ast::{Absence, Boolean};
use crate::rule::plan::{Aggregate, Filter, Leaf, Plan, Sequence, Test};
use crate::time::{Duration, Instant, Window};
use crate::value::Value;

/// The start of the unbroken stretch around `t` in which `plan` is as it is at `t`, an attribute counting from its kept write;
/// `None` when it reaches back for ever.
pub fn since(
    plan: &Plan,
    person: &Person,
    segments: &impl Segments,
    t: Instant,
) -> Option<Instant> {
    start(plan, person, segments, t, t)
}

/// The first instant after `t` at which `plan` turns if nothing arrives; `None`: never.
pub fn until(
    plan: &Plan,
    person: &Person,
    segments: &impl Segments,
    t: Instant,
) -> Option<Instant> {
    let truth = |at| Moment::as_it_was(person, segments, at, t).holds(plan);
    let now = truth(t);
    critical(plan, person, segments)
        .into_iter()
        .filter(|at| *at > t)
        .find(|at| truth(*at) != now)
}

/// As [`since`], where attributes written after `now` count from `now`.
pub(super) fn start<S: Segments>(
    plan: &Plan,
    person: &Person,
    segments: &S,
    t: Instant,
    now: Instant,
) -> Option<Instant> {
    let truth = |at| Moment::as_it_was(person, segments, at, now).holds(plan);
    let current = truth(t);
    let mut instants = critical(plan, person, segments);
    instants.insert(now);
    // Between two critical instants nothing turns: just before one it is as it was from the one before on.
    instants
        .into_iter()
        .rev()
        .filter(|at| *at <= t)
        .find(|at| truth(Instant(at.0 - 1)) != current)
}

fn critical(plan: &Plan, person: &Person, segments: &impl Segments) -> BTreeSet<Instant> {
    let mut found = BTreeSet::new();
    collect(plan, person, segments, &mut found);
    found
}

fn collect(plan: &Plan, person: &Person, segments: &impl Segments, found: &mut BTreeSet<Instant>) {
    match plan {
        Boolean::And(parts) | Boolean::Or(parts) => {
            parts
                .iter()
                .for_each(|part| collect(part, person, segments, found));
        }
        Boolean::Not(part) => collect(part, person, segments, found),
        Boolean::Leaf(Leaf::Attribute(attribute, test)) => {
            if let Some((value, written)) = person.attributes.get(attribute) {
                found.insert(*written);
                around(value, test, found);
            }
        }
        Boolean::Leaf(Leaf::Aggregate(aggregate)) => {
            let spans = spans_of(aggregate);
            after_events(person, &spans, found);
            if let Some(filter) = &aggregate.selection.filter {
                in_filter(filter, person, found);
            }
            match aggregate.window {
                Window::Since(start) => drop(found.insert(start)),
                Window::Between(start, end) => found.extend([start, end]),
                Window::All | Window::Last(_) => {}
            }
        }
        Boolean::Leaf(Leaf::Sequence(sequence)) => {
            let absence = sequence
                .absent
                .as_ref()
                .map(|(_, Absence::Within(span) | Absence::For(span))| *span);
            let spans: Vec<Duration> = [absence, sequence.last].into_iter().flatten().collect();
            after_events(person, &spans, found);
            filters_of(sequence).for_each(|filter| in_filter(filter, person, found));
        }
        Boolean::Leaf(Leaf::Segment(segment, age)) => {
            let Some(plan) = segments.plan(*segment) else {
                return;
            };
            let mut nested = BTreeSet::new();
            collect(plan, person, segments, &mut nested);
            for span in age
                .iter()
                .flat_map(|age| [Some(age.from), age.to])
                .flatten()
            {
                found.extend(nested.iter().map(|at| at.plus(span)));
            }
            found.extend(nested);
        }
    }
}

fn filters_of(sequence: &Sequence) -> impl Iterator<Item = &Filter> {
    let absent = sequence.absent.iter().map(|(selection, _)| selection);
    sequence
        .steps
        .iter()
        .chain(absent)
        .filter_map(|selection| selection.filter.as_ref())
}

fn spans_of(aggregate: &Aggregate) -> Vec<Duration> {
    let window = match aggregate.window {
        Window::Last(span) => Some(span),
        Window::All | Window::Since(_) | Window::Between(..) => None,
    };
    // For `since_*` the operand is a span; for the others it merely adds instants at which nothing happens.
    let operand = i64::try_from(aggregate.operand).ok().map(Duration);
    window.into_iter().chain(operand).collect()
}

/// Each event's own time and end of retention, and both ends of every span after it.
fn after_events(person: &Person, spans: &[Duration], found: &mut BTreeSet<Instant>) {
    for event in &person.events {
        let own = [Duration(0)]
            .into_iter()
            .chain(event.retention)
            .chain(spans.iter().copied());
        found.extend(own.flat_map(|span| {
            [
                event.time.plus(span),
                event.time.plus(Duration(span.0.saturating_add(1))),
            ]
        }));
    }
}

/// Instants among the fields of events that time operands of `where` compare with t.
fn in_filter(filter: &Filter, person: &Person, found: &mut BTreeSet<Instant>) {
    match filter {
        Boolean::And(parts) | Boolean::Or(parts) => {
            parts.iter().for_each(|part| in_filter(part, person, found));
        }
        Boolean::Not(part) => in_filter(part, person, found),
        Boolean::Leaf(leaf) => {
            for event in &person.events {
                if let Some(value) = crate::explain::history::field(event, leaf.field) {
                    around(&value, &leaf.test, found);
                }
            }
        }
    }
}

/// Where a test of this value turns as time goes by.
fn around(value: &Value, test: &Test, found: &mut BTreeSet<Instant>) {
    let Value::Instant(instant) = value else {
        return;
    };
    let instants = match test {
        Test::Since(_, span) => [*instant, instant.plus(*span)],
        Test::Until(_, span) => [*instant, instant.minus(*span)],
        _ => return,
    };
    found.extend(
        instants
            .into_iter()
            .flat_map(|at| [at, at.plus(Duration(1))]),
    );
}
