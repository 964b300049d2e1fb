//! One profile in plain form: what the reference evaluator reads.

use std::collections::BTreeMap;

use crate::id::{AttributeId, EventTypeId, ItemAttributeId, PropertyId};
use crate::time::{Duration, Instant};
use crate::value::Value;

/// All that is known of one profile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// Present attributes, with the time of the write that was kept.
    pub attributes: BTreeMap<AttributeId, (Value, Instant)>,
    /// Stored events in order of time, those in the future too, those outside retention not.
    pub events: Vec<Event>,
}

/// One event in plain form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its type.
    pub event_type: EventTypeId,
    /// When it happened.
    pub time: Instant,
    /// The retention of its type.
    pub retention: Option<Duration>,
    /// The item's id.
    pub item: Option<String>,
    /// The item's attributes as they are today; empty for an unknown item.
    pub item_attributes: BTreeMap<ItemAttributeId, Value>,
    /// Line total in micro units; may be negative.
    pub value: Option<i64>,
    /// How many.
    pub quantity: Option<i64>,
    /// The channel.
    pub channel: Option<String>,
    /// Declared properties that are present.
    pub properties: BTreeMap<PropertyId, Value>,
}
