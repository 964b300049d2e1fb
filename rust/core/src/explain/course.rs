//! The truth of a rule and of each of its parts at every instant, if nothing more arrives.

use std::collections::{BTreeMap, BTreeSet};

use super::aggregate::compare;
use super::condition::passes;
use super::critical;
use super::sequence::choice;
use super::timeline::Timeline;
use crate::id::{AttributeId, SegmentId};
use crate::person::{Event, Person};
use crate::rule::ast::{Age, Boolean};
use crate::rule::plan::{Leaf, Plan, Test};
use crate::time::{Duration, Instant};

/// The truth of one part over time, in two readings of the past that differ in attributes alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Course {
    /// Attributes are what they are today, at every instant: what the rule gives when it is asked about that instant.
    pub(crate) today: Timeline,
    /// An attribute counts from its kept write and is absent before: how long the part has been what it is.
    pub(crate) kept: Timeline,
}

/// The courses of a plan, in its shape.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) course: Course,
    pub(crate) parts: Vec<Part>,
}

/// The courses of segments.
pub(crate) type Courses = BTreeMap<SegmentId, Part>;

impl Course {
    pub(crate) fn holds(&self, t: Instant) -> bool {
        self.today.at(t)
    }

    /// Start of the unbroken stretch around `t`; `None`: the beginning. At an instant before a kept write that decides,
    /// the stretch begins there and then: what came before is not known.
    pub(crate) fn since(&self, t: Instant) -> Option<Instant> {
        if self.kept.at(t) == self.today.at(t) {
            self.kept.since(t)
        } else {
            Some(t)
        }
    }

    /// The first instant after `t` at which it turns; `None`: never.
    pub(crate) fn until(&self, t: Instant) -> Option<Instant> {
        self.today.until(t)
    }

    /// Whether it holds at `t` and has for at least `age.from` and less than `age.to`.
    pub(super) fn of_age(&self, age: Age, t: Instant) -> bool {
        self.holds(t) && fits(age, self.since(t), t)
    }

    fn constant(critical: &BTreeSet<Instant>, truth: impl Fn(Instant) -> bool) -> Self {
        let today = Timeline::of(critical, truth);
        let kept = today.clone();
        Self { today, kept }
    }

    pub(crate) fn never() -> Self {
        Self::constant(&BTreeSet::new(), |_| false)
    }

    /// Of parts by their truths at one instant.
    fn of_parts(parts: &[Part], truth: impl Fn(&[bool]) -> bool) -> Self {
        let join = |reading: fn(&Self) -> &Timeline| {
            let timelines = || parts.iter().map(|part| reading(&part.course));
            let critical = timelines().flat_map(|own| own.turns().iter().copied());
            Timeline::of(&critical.collect(), |t| {
                truth(&timelines().map(|own| own.at(t)).collect::<Vec<_>>())
            })
        };
        Self {
            today: join(|course| &course.today),
            kept: join(|course| &course.kept),
        }
    }

    pub(crate) fn of_attribute(person: &Person, id: AttributeId, test: &Test) -> Self {
        let Some((value, written)) = person.attributes.get(&id) else {
            return Self::never();
        };
        let mut critical: BTreeSet<Instant> = critical::of_test(test, value).into_iter().collect();
        critical.insert(*written);
        Self {
            today: Timeline::of(&critical, |t| passes(test, Some(value), t)),
            kept: Timeline::of(&critical, |t| {
                passes(test, Some(value).filter(|_| *written <= t), t)
            }),
        }
    }

    /// Of a segment's course, where it has the age.
    pub(crate) fn aged(&self, age: Age) -> Self {
        let turns = self.today.turns().iter().chain(self.kept.turns());
        let turns = turns.flat_map(|turn| {
            let to = age.to.map(|to| turn.plus(to));
            [Some(*turn), Some(turn.plus(age.from)), to]
        });
        let critical = turns.flatten().collect();
        Self {
            today: Timeline::of(&critical, |t| self.of_age(age, t)),
            kept: Timeline::of(&critical, |t| {
                self.kept.at(t) && fits(age, self.kept.since(t), t)
            }),
        }
    }
}

/// Whether `from <= t - since < to`. What has always been so is older than any age.
fn fits(age: Age, since: Option<Instant>, t: Instant) -> bool {
    let old = since.map_or(Duration(i64::MAX), |since| t.since(since));
    age.from <= old && age.to.is_none_or(|to| old < to)
}

/// The courses of `plan` and its parts, for segments whose courses are known; others hold at no time.
pub(super) fn course(plan: &Plan, person: &Person, courses: &Courses) -> Part {
    let events: Vec<&Event> = person.events.iter().collect();
    part(plan, person, &events, courses)
}

fn part(plan: &Plan, person: &Person, events: &[&Event], courses: &Courses) -> Part {
    let parts = |operands: &[Plan]| -> Vec<Part> {
        let parts = operands.iter();
        parts
            .map(|operand| part(operand, person, events, courses))
            .collect()
    };
    let (course, parts) = match plan {
        Boolean::And(operands) => {
            let parts = parts(operands);
            let course = Course::of_parts(&parts, |truths| !truths.contains(&false));
            (course, parts)
        }
        Boolean::Or(operands) => {
            let parts = parts(operands);
            let course = Course::of_parts(&parts, |truths| truths.contains(&true));
            (course, parts)
        }
        Boolean::Not(operand) => {
            let parts = parts(std::slice::from_ref(operand));
            let course = Course::of_parts(&parts, |truths| truths.contains(&false));
            (course, parts)
        }
        Boolean::Leaf(own) => (leaf(own, person, events, courses), Vec::new()),
    };
    Part { course, parts }
}

fn leaf(leaf: &Leaf, person: &Person, events: &[&Event], courses: &Courses) -> Course {
    match leaf {
        Leaf::Attribute(id, test) => Course::of_attribute(person, *id, test),
        Leaf::Aggregate(aggregate) => {
            let (picked, critical) = critical::of_aggregate(aggregate, events);
            Course::constant(&critical, |t| compare(aggregate, &picked, t))
        }
        Leaf::Sequence(sequence) => {
            let (picked, critical) = critical::of_sequence(sequence, events);
            Course::constant(&critical, |t| choice(sequence, &picked, t).is_some())
        }
        Leaf::Segment(id, age) => match (courses.get(id), age) {
            (None, _) => Course::never(),
            (Some(part), None) => part.course.clone(),
            (Some(part), Some(age)) => part.course.aged(*age),
        },
    }
}
