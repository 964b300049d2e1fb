//! One profile in plain form: what the reference evaluator reads.

use std::borrow::Cow;
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

impl Person {
    /// As they are known once engine time has reached `t`: without what is outside retention by then.
    pub fn seen_at(&self, t: Instant) -> Cow<'_, Self> {
        let is_seen = |event: &Event| event.end().is_none_or(|end| t < end);
        if self.events.iter().all(is_seen) {
            return Cow::Borrowed(self);
        }
        let mut own = self.clone();
        own.events.retain(is_seen);
        Cow::Owned(own)
    }
}

impl Event {
    /// From when on it is outside retention; `None`: never.
    pub(crate) fn end(&self) -> Option<Instant> {
        Some(self.time.plus(self.retention?))
    }
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
