//! One person at one instant.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::explain::Segments;
use crate::explain::change::start;
use crate::explain::test::passes;
use crate::id::{AttributeId, SegmentId};
use crate::person::Person;
use crate::rule::ast::{Age, Boolean};
use crate::rule::plan::{Leaf, Plan};
use crate::time::Instant;
use crate::value::Value;

/// What the evaluator looks at.
pub(super) struct Moment<'a, S> {
    pub(super) person: &'a Person,
    pub(super) segments: &'a S,
    pub(super) t: Instant,
    /// Attributes count from their kept write, and all count from here on at the latest; `None`: they always count.
    pub(super) written_until: Option<Instant>,
    /// Segments that were asked for, so that shared ones are evaluated once.
    known: RefCell<BTreeMap<SegmentId, bool>>,
}

impl<'a, S: Segments> Moment<'a, S> {
    /// At `t`, with the attributes of today.
    pub(super) fn today(person: &'a Person, segments: &'a S, t: Instant) -> Self {
        Self {
            person,
            segments,
            t,
            written_until: None,
            known: RefCell::default(),
        }
    }

    /// At `t`, with attributes from their writes on; those of after `now` count from `now`.
    pub(super) fn as_it_was(person: &'a Person, segments: &'a S, t: Instant, now: Instant) -> Self {
        Self {
            written_until: Some(now),
            ..Self::today(person, segments, t)
        }
    }

    /// Whether the plan holds.
    pub(super) fn holds(&self, plan: &'a Plan) -> bool {
        match plan {
            Boolean::And(parts) => parts.iter().all(|part| self.holds(part)),
            Boolean::Or(parts) => parts.iter().any(|part| self.holds(part)),
            Boolean::Not(part) => !self.holds(part),
            Boolean::Leaf(Leaf::Attribute(attribute, test)) => self
                .attribute(*attribute)
                .is_some_and(|value| passes(test, value, self.t)),
            Boolean::Leaf(Leaf::Aggregate(aggregate)) => {
                self.measure(aggregate).is_some_and(|(value, events)| {
                    aggregate.operator.holds(value, aggregate.operand * events)
                })
            }
            Boolean::Leaf(Leaf::Sequence(sequence)) => self.sequence(sequence).is_some(),
            Boolean::Leaf(Leaf::Segment(segment, age)) => {
                self.member(*segment) && age.is_none_or(|age| self.of_age(*segment, age))
            }
        }
    }

    /// The value of an attribute; `None` where absent.
    pub(super) fn attribute(&self, attribute: AttributeId) -> Option<&'a Value> {
        let (value, written) = self.person.attributes.get(&attribute)?;
        self.written_until
            .is_none_or(|now| *written.min(&now) <= self.t)
            .then_some(value)
    }

    /// Whether the person is in a segment.
    pub(super) fn member(&self, segment: SegmentId) -> bool {
        if let Some(known) = self.known.borrow().get(&segment) {
            return *known;
        }
        let member = self
            .segments
            .plan(segment)
            .is_some_and(|plan| self.holds(plan));
        self.known.borrow_mut().insert(segment, member);
        member
    }

    /// Whether the unbroken stretch that holds at t is of such an age; one that reaches back for ever is of any age but young.
    fn of_age(&self, segment: SegmentId, age: Age) -> bool {
        let Some(plan) = self.segments.plan(segment) else {
            return false;
        };
        let now = self.written_until.unwrap_or(self.t);
        match start(plan, self.person, self.segments, self.t, now) {
            None => age.to.is_none(),
            Some(since) => {
                let spent = self.t.since(since);
                age.from <= spent && age.to.is_none_or(|to| spent < to)
            }
        }
    }
}
