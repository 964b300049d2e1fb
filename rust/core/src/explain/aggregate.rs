//! Aggregates: what they come to at an instant, and whether that is what the rule asks.

use std::collections::BTreeSet;

use super::condition::{field, selects, visible};
use crate::person::Event;
use crate::rule::ast::{Function, Operator};
use crate::rule::plan::Aggregate;
use crate::time::{Duration, Instant, Window};
use crate::value::{MICROS, Value};

/// What an aggregate came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measure {
    /// Micro units.
    Number(i128),
    /// `sum` micro units over `count` events, at least one.
    Average { sum: i128, count: i128 },
    /// A span of time.
    Span(Duration),
}

impl Measure {
    fn compares(self, operator: Operator, operand: i128) -> bool {
        match self {
            Self::Number(micros) => operator.holds(micros, operand),
            // Of the fractions sum / count and operand / 1; the count is positive.
            Self::Average { sum, count } => operator.holds(sum, operand.saturating_mul(count)),
            Self::Span(span) => operator.holds(i128::from(span.0), operand),
        }
    }
}

/// Whether the aggregate is what the rule asks; that of nothing may be absent and then is never.
pub(super) fn compare(aggregate: &Aggregate, events: &[&Event], t: Instant) -> bool {
    measure(aggregate, events, t)
        .is_some_and(|measure| measure.compares(aggregate.operator, aggregate.operand))
}

/// What the aggregate comes to at `t`.
pub(super) fn measure(aggregate: &Aggregate, events: &[&Event], t: Instant) -> Option<Measure> {
    let selected = events.iter().filter(|event| {
        visible(event, t)
            && covers(aggregate.window, event.time, t)
            && selects(&aggregate.selection, event, t)
    });
    let selected: Vec<&Event> = selected.copied().collect();
    let values = || present(aggregate, &selected);
    let numbers = || {
        values()
            .iter()
            .filter_map(Value::micros)
            .collect::<Vec<_>>()
    };
    match aggregate.function {
        Function::Count => Some(whole(selected.len())),
        Function::Sum => Some(Measure::Number(numbers().iter().sum())),
        Function::Min => numbers().into_iter().min().map(Measure::Number),
        Function::Max => numbers().into_iter().max().map(Measure::Number),
        Function::Average => {
            let (sum, count) = (numbers().iter().sum(), numbers().len() as i128);
            (count > 0).then_some(Measure::Average { sum, count })
        }
        Function::Distinct => Some(whole(values().into_iter().collect::<BTreeSet<_>>().len())),
        Function::SinceLast => {
            let last = selected.iter().map(|event| event.time).max();
            last.map(|last| Measure::Span(t.since(last)))
        }
        Function::SinceFirst => {
            let first = selected.iter().map(|event| event.time).min();
            first.map(|first| Measure::Span(t.since(first)))
        }
    }
}

/// Whether the window covers `x` at `t`; nothing later than `t` is asked about.
fn covers(window: Window, x: Instant, t: Instant) -> bool {
    match window {
        Window::All => true,
        Window::Last(span) => t.minus(span) < x && x <= t,
        Window::Since(start) => start <= x,
        Window::Between(start, end) => start <= x && x < end,
    }
}

/// The aggregated field of those events that have it.
fn present(aggregate: &Aggregate, selected: &[&Event]) -> Vec<Value> {
    let own = aggregate.field.map(|(own, _)| own);
    let values = selected
        .iter()
        .filter_map(|event| own.and_then(|own| field(event, own)));
    values.collect()
}

fn whole(number: usize) -> Measure {
    Measure::Number(number as i128 * i128::from(MICROS))
}
