//! Whether a value passes a test, and an event a selection.

use crate::person::Event;
use crate::rule::ast::Boolean;
use crate::rule::plan::{EventTypes, Field, FieldTest, Selection, Test};
use crate::time::Instant;
use crate::value::Value;

/// The truth of a tree from that of its leaves.
pub(super) fn boolean<L>(tree: &Boolean<L>, leaf: &impl Fn(&L) -> bool) -> bool {
    match tree {
        Boolean::And(operands) => operands.iter().all(|operand| boolean(operand, leaf)),
        Boolean::Or(operands) => operands.iter().any(|operand| boolean(operand, leaf)),
        Boolean::Not(operand) => !boolean(operand, leaf),
        Boolean::Leaf(own) => leaf(own),
    }
}

/// Whether `value` passes at `t`. An absent value passes nothing, nor does one of a kind that the test is not for.
pub(crate) fn passes(test: &Test, value: Option<&Value>, t: Instant) -> bool {
    let Some(value) = value else { return false };
    match test {
        Test::Present => true,
        Test::Number(operator, constant) => value
            .micros()
            .is_some_and(|number| operator.holds(number, *constant)),
        Test::NumberIn(constants, among) => value
            .micros()
            .is_some_and(|number| constants.contains(&number) == *among),
        Test::TextIn(constants, among) => {
            text(value).is_some_and(|text| constants.contains(text) == *among)
        }
        Test::StartsWith(start) => text(value).is_some_and(|text| text.starts_with(start)),
        Test::Contains(part) => text(value).is_some_and(|text| text.contains(part)),
        Test::HasAny(wanted) => match value {
            Value::StringSet(texts) => wanted.iter().any(|text| texts.contains(text)),
            _ => false,
        },
        Test::HasAll(wanted) => match value {
            Value::StringSet(texts) => wanted.iter().all(|text| texts.contains(text)),
            _ => false,
        },
        Test::Bool(constant) => matches!(value, Value::Bool(truth) if truth == constant),
        Test::Instant(operator, constant) => {
            instant(value).is_some_and(|instant| operator.holds(instant, *constant))
        }
        Test::InstantIn(constants, among) => {
            instant(value).is_some_and(|instant| constants.contains(&instant) == *among)
        }
        Test::Since(operator, span) => instant(value)
            .is_some_and(|instant| instant <= t && operator.holds(t.since(instant), *span)),
        Test::Until(operator, span) => instant(value)
            .is_some_and(|instant| instant > t && operator.holds(instant.since(t), *span)),
    }
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

pub(super) fn instant(value: &Value) -> Option<Instant> {
    match value {
        Value::Instant(instant) => Some(*instant),
        _ => None,
    }
}

/// What the event has in this field.
pub(crate) fn field(event: &Event, field: Field) -> Option<Value> {
    match field {
        Field::Item => event.item.clone().map(Value::String),
        Field::ItemAttribute(id) => event.item_attributes.get(&id).cloned(),
        Field::Value => event.value.map(Value::Decimal),
        Field::Quantity => event.quantity.map(Value::Integer),
        Field::Channel => event.channel.clone().map(Value::String),
        Field::Property(id) => event.properties.get(&id).cloned(),
    }
}

/// Whether the event can be seen at `t`: it has happened and its retention has not run out.
pub(super) fn visible(event: &Event, t: Instant) -> bool {
    event.time <= t
        && event
            .retention
            .is_none_or(|retention| t < event.time.plus(retention))
}

/// Whether the event is of the type.
pub(super) fn is_of(event: &Event, types: EventTypes) -> bool {
    match types {
        EventTypes::Any => true,
        EventTypes::One(own) => event.event_type == own,
    }
}

/// Whether the selection picks the event at `t`, visible or not.
pub(crate) fn selects(selection: &Selection, event: &Event, t: Instant) -> bool {
    let filter = selection.filter.as_ref();
    is_of(event, selection.types)
        && filter.is_none_or(|filter| {
            boolean(filter, &|own: &FieldTest| {
                passes(&own.test, field(event, own.field).as_ref(), t)
            })
        })
}
