//! What a person did, as far as it can be seen at an instant: selections and aggregates.

use std::collections::BTreeSet;

use crate::explain::Segments;
use crate::explain::moment::Moment;
use crate::explain::test::passes;
use crate::person::Event;
use crate::rule::ast::{Boolean, Function};
use crate::rule::plan::{Aggregate, EventTypes, Field, Filter, Selection};
use crate::time::Instant;
use crate::value::Value;

/// The value of a field; `None` where absent.
pub(super) fn field(event: &Event, field: Field) -> Option<Value> {
    match field {
        Field::Item => event.item.clone().map(Value::String),
        Field::ItemAttribute(attribute) => event.item_attributes.get(&attribute).cloned(),
        Field::Value => event.value.map(Value::Decimal),
        Field::Quantity => event.quantity.map(Value::Integer),
        Field::Channel => event.channel.clone().map(Value::String),
        Field::Property(property) => event.properties.get(&property).cloned(),
    }
}

fn meets(event: &Event, filter: &Filter, t: Instant) -> bool {
    match filter {
        Boolean::And(parts) => parts.iter().all(|part| meets(event, part, t)),
        Boolean::Or(parts) => parts.iter().any(|part| meets(event, part, t)),
        Boolean::Not(part) => !meets(event, part, t),
        Boolean::Leaf(leaf) => {
            field(event, leaf.field).is_some_and(|value| passes(&leaf.test, &value, t))
        }
    }
}

/// From time + retention on an event is invisible; one of the future is not there yet.
fn visible(event: &Event, t: Instant) -> bool {
    event.time <= t
        && event
            .retention
            .is_none_or(|retention| t < event.time.plus(retention))
}

impl<'a, S: Segments> Moment<'a, S> {
    /// The visible events that a selection names, in order of time.
    pub(super) fn selected(&self, selection: &'a Selection) -> impl Iterator<Item = &'a Event> {
        let t = self.t;
        self.person.events.iter().filter(move |event| {
            let named = match selection.types {
                EventTypes::Any => true,
                EventTypes::One(event_type) => event.event_type == event_type,
            };
            named
                && visible(event, t)
                && selection
                    .filter
                    .as_ref()
                    .is_none_or(|filter| meets(event, filter, t))
        })
    }

    /// The value of an aggregate as a fraction in the units of its operand; `None` where absent.
    pub(super) fn measure(&self, aggregate: &'a Aggregate) -> Option<(i128, i128)> {
        let range = aggregate.window.range(self.t);
        let events: Vec<&Event> = self
            .selected(&aggregate.selection)
            .filter(|event| range.contains(event.time))
            .collect();
        let values = || {
            events
                .iter()
                .filter_map(|event| field(event, aggregate.field?.0))
        };
        let numbers = || values().filter_map(|value| value.micros());
        let millions = |count: usize| count as i128 * 1_000_000;
        let value = match aggregate.function {
            Function::Count => millions(events.len()),
            Function::Distinct => millions(values().collect::<BTreeSet<_>>().len()),
            Function::Sum => numbers().sum(),
            Function::Min => numbers().min()?,
            Function::Max => numbers().max()?,
            Function::SinceLast => i128::from(self.t.since(events.last()?.time).0),
            Function::SinceFirst => i128::from(self.t.since(events.first()?.time).0),
            Function::Average => {
                let count = numbers().count();
                return (count > 0).then(|| (numbers().sum(), count as i128));
            }
        };
        Some((value, 1))
    }
}
