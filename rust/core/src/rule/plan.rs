//! A checked rule: names resolved against the catalog, types agreed, constants in engine units.
//!
//! A plan does not depend on data: strings stay strings, and evaluators look their codes up when they start.

use std::collections::BTreeSet;

use crate::id::{AttributeId, EventTypeId, ItemAttributeId, PropertyId, SegmentId};
use crate::rule::ast::{Absence, Age, Boolean, Function, Operator};
use crate::time::{Duration, Instant, Window};
use crate::value::Kind;

/// A whole rule, checked.
pub type Plan = Boolean<Leaf>;

/// The condition of `where`, checked.
pub type Filter = Boolean<FieldTest>;

/// What is asked of a value; false of an absent one, whatever it asks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Test {
    /// Present.
    Present,
    /// A number in micro units (integers times 1,000,000) against a constant.
    Number(Operator, i128),
    /// A number in micro units among constants; `true`: among them, `false`: present and not among them.
    NumberIn(BTreeSet<i128>, bool),
    /// A string among constants; `true`: among them, `false`: present and not among them. `=` and `!=` are sets of one.
    TextIn(BTreeSet<String>, bool),
    /// A string that starts so.
    StartsWith(String),
    /// A string that contains this.
    Contains(String),
    /// A set that holds at least one of these; never of none.
    HasAny(BTreeSet<String>),
    /// A set that holds all of these; true of any present set when there are none.
    HasAll(BTreeSet<String>),
    /// A bool that is this.
    Bool(bool),
    /// An instant against a constant.
    Instant(Operator, Instant),
    /// An instant among constants; `false`: present and not among them.
    InstantIn(BTreeSet<Instant>, bool),
    /// t - v against a span, for v <= t; else false. Never `=` or `!=`.
    Since(Operator, Duration),
    /// v - t against a span, for v > t; else false. Never `=` or `!=`.
    Until(Operator, Duration),
}

/// Something of one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// The item's own id: a string.
    Item,
    /// An attribute of the item, as it is today.
    ItemAttribute(ItemAttributeId),
    /// A decimal.
    Value,
    /// An integer.
    Quantity,
    /// A string.
    Channel,
    /// A declared property.
    Property(PropertyId),
}

/// A condition on one field of an event.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldTest {
    /// Which field.
    pub field: Field,
    /// What the field holds.
    pub kind: Kind,
    /// What is asked.
    pub test: Test,
}

/// Which event types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventTypes {
    /// `any`: all, those declared later too.
    Any,
    /// One.
    One(EventTypeId),
}

/// Which events.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Selection {
    /// Of which types.
    pub types: EventTypes,
    /// `where`.
    pub filter: Option<Filter>,
}

/// An aggregate over the events of one profile, compared with a constant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Aggregate {
    /// What is computed.
    pub function: Function,
    /// Of which events.
    pub selection: Selection,
    /// Of which field and its kind: for sum, min, max, avg (numbers) and distinct (any kind); else `None`.
    pub field: Option<(Field, Kind)>,
    /// In which window.
    pub window: Window,
    /// How it is compared; never `=` or `!=` for spans.
    pub operator: Operator,
    /// Count and distinct: a number in micro units. Sum, min, max, avg: micro units. `since_*`: milliseconds.
    pub operand: i128,
}

/// A sequence, checked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sequence {
    /// The positive steps, at least one; two without a final `not`.
    pub steps: Vec<Selection>,
    /// The last step at most this long after the first.
    pub within: Option<Duration>,
    /// The final `not`.
    pub absent: Option<(Selection, Absence)>,
    /// The same present value in all steps.
    pub key: Option<(Field, Kind)>,
    /// The last positive step within (t - D, t].
    pub last: Option<Duration>,
}

/// A condition on a profile.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Leaf {
    /// A test of an attribute.
    Attribute(AttributeId, Test),
    /// An aggregate.
    Aggregate(Aggregate),
    /// A sequence.
    Sequence(Sequence),
    /// Membership of a segment's active version at the same t, of a certain age if given.
    Segment(SegmentId, Option<Age>),
}

impl Leaf {
    /// The selections and how far back they look by `last D`: all of an aggregate or sequence, none of other leaves.
    pub fn selections(&self) -> Vec<(&Selection, Option<Duration>)> {
        match self {
            Self::Aggregate(aggregate) => {
                let last = match aggregate.window {
                    Window::Last(span) => Some(span),
                    Window::All | Window::Since(_) | Window::Between(..) => None,
                };
                vec![(&aggregate.selection, last)]
            }
            Self::Sequence(sequence) => {
                let absent = sequence.absent.as_ref().map(|(step, _)| step);
                let steps = sequence.steps.iter().chain(absent);
                steps.map(|step| (step, sequence.last)).collect()
            }
            Self::Attribute(..) | Self::Segment(..) => Vec::new(),
        }
    }
}
