//! The instants at which a part of a rule may turn for one person, if nothing arrives. More than needed does no harm.

use std::collections::BTreeSet;

use super::condition::{field, instant, is_of, selects};
use crate::person::Event;
use crate::rule::ast::{Absence, Boolean};
use crate::rule::plan::{Aggregate, Selection, Sequence, Test};
use crate::time::{Duration, Instant, Window};
use crate::value::Value;

const MILLISECOND: Duration = Duration(1);

/// Where a test of `value` may turn.
pub(crate) fn of_test(test: &Test, value: &Value) -> Vec<Instant> {
    let Some(v) = instant(value) else {
        return Vec::new();
    };
    // Both sides of a bound, for it may belong to what is asked or not.
    let around = |bound: Instant| [v, bound, bound.plus(MILLISECOND)].to_vec();
    match test {
        Test::Since(_, span) => around(v.plus(*span)),
        Test::Until(_, span) => around(v.minus(*span)),
        Test::Present
        | Test::Number(..)
        | Test::NumberIn(..)
        | Test::TextIn(..)
        | Test::StartsWith(_)
        | Test::Contains(_)
        | Test::HasAny(_)
        | Test::HasAll(_)
        | Test::Bool(_)
        | Test::Instant(..)
        | Test::InstantIn(..) => Vec::new(),
    }
}

/// Where one event may come into a selection or drop out, visibility included.
fn of_event(selection: &Selection, event: &Event) -> Vec<Instant> {
    let mut instants = vec![event.time];
    instants.extend(event.retention.map(|span| event.time.plus(span)));
    let tests = selection.filter.as_ref().map(Boolean::leaves);
    for own in tests.into_iter().flatten() {
        let value = field(event, own.field);
        instants.extend(value.iter().flat_map(|value| of_test(&own.test, value)));
    }
    instants
}

/// An aggregate: the events that it can ever see, and where it may turn.
pub(super) fn of_aggregate<'a>(
    aggregate: &Aggregate,
    events: &[&'a Event],
) -> (Vec<&'a Event>, BTreeSet<Instant>) {
    let mut spans = Vec::new();
    if let Window::Last(span) = aggregate.window {
        spans.push(span);
    }
    if aggregate.function.is_span() {
        let operand = i64::try_from(aggregate.operand).unwrap_or(i64::MAX);
        spans.extend([Duration(operand), Duration(operand.saturating_add(1))]);
    }
    of_selections(&[&aggregate.selection], &spans, events)
}

/// A sequence: the events that it can ever see, and where it may turn.
pub(super) fn of_sequence<'a>(
    sequence: &Sequence,
    events: &[&'a Event],
) -> (Vec<&'a Event>, BTreeSet<Instant>) {
    let mut selections: Vec<&Selection> = sequence.steps.iter().collect();
    let mut spans: Vec<Duration> = sequence.last.into_iter().collect();
    if let Some((step, Absence::Within(span) | Absence::For(span))) = &sequence.absent {
        selections.push(step);
        spans.push(*span);
    }
    of_selections(&selections, &spans, events)
}

/// The events that one of the selections ever picks; and, of these, when they come and go, and `spans` after them.
fn of_selections<'a>(
    selections: &[&Selection],
    spans: &[Duration],
    events: &[&'a Event],
) -> (Vec<&'a Event>, BTreeSet<Instant>) {
    let (mut picked, mut critical) = (Vec::new(), BTreeSet::new());
    for event in events {
        let mut ever = false;
        for selection in selections {
            let instants = of_event(selection, event);
            // Between these the filter does not change its mind, and before the first of them the event is not there.
            if is_of(event, selection.types)
                && instants.iter().any(|t| selects(selection, event, *t))
            {
                critical.extend(instants);
                ever = true;
            }
        }
        if ever {
            critical.extend(spans.iter().map(|span| event.time.plus(*span)));
            picked.push(*event);
        }
    }
    (picked, critical)
}
