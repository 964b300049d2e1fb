//! The reference evaluator: short, obvious and slow. What it says is what a rule means; every fast path must agree with it.
//!
//! It reads one person's whole history and answers for any instant `t`. [`holds`] is straight from the
//! definitions. [`since`] and [`until`] ask the definitions again at every instant at which something can turn: an event
//! comes or its window, retention or final `not` runs out, an attribute is written, a segment reaches an age. [`explain()`]
//! tells all that for every part of a rule, as the walk over a history finds it that live segments take.

mod aggregate;
mod condition;
mod course;
mod critical;
mod explanation;
mod nested;
mod sequence;
mod tell;
#[cfg(test)]
mod tests;
mod timeline;

use std::collections::BTreeMap;

use crate::catalog::Catalog;
use crate::id::SegmentId;
use crate::person::{Event, Person};
use crate::rule::plan::{Leaf, Plan};
use crate::time::Instant;

pub use explanation::{Explanation, Seen};
pub use tell::{explain, foretell};

pub(crate) use condition::{field, passes, selects};
pub(crate) use course::{Course, Courses, Part};
pub(crate) use critical::of_test as turns;
pub(crate) use nested::needed;
pub(crate) use timeline::Timeline;

use course::course;

/// Where the plans of segments come from.
pub trait Segments {
    /// The plan of a segment's active version; `None` for a number that no segment has: nobody is a member.
    fn plan(&self, segment: SegmentId) -> Option<&Plan>;
}

impl Segments for Catalog {
    fn plan(&self, segment: SegmentId) -> Option<&Plan> {
        self.segment(segment).map(|segment| &segment.plan)
    }
}

impl Segments for BTreeMap<SegmentId, Plan> {
    fn plan(&self, segment: SegmentId) -> Option<&Plan> {
        self.get(&segment)
    }
}

/// Whether `plan` holds for `person` at `t`: attributes, items and catalog are today's, events and clocks those of `t`.
pub fn holds(plan: &Plan, person: &Person, segments: &dyn Segments, t: Instant) -> bool {
    let needed = nested::needed(plan, segments);
    let plans = || needed.iter().filter_map(|id| segments.plan(*id));
    let courses = if asks_ages(plan, &needed, segments) {
        courses(&needed, person, segments)
    } else {
        Courses::new()
    };
    let mut moment = Moment {
        person,
        events: person.events.iter().collect(),
        t,
        members: BTreeMap::new(),
        courses,
    };
    for (id, plan) in needed.iter().zip(plans()) {
        let member = moment.holds(plan);
        moment.members.insert(*id, member);
    }
    moment.holds(plan)
}

/// Start of the unbroken stretch around `t` in which the truth is what it is at `t`; `None`: from the beginning of time.
///
/// In the past so told an attribute is absent before its kept write. When that write is later than `t` and decides,
/// nothing is known of the time before `t`, and the answer is `t`.
pub fn since(plan: &Plan, person: &Person, segments: &dyn Segments, t: Instant) -> Option<Instant> {
    whole(plan, person, segments).course.since(t)
}

/// The first instant after `t` at which the truth turns if nothing arrives; `None`: never.
pub fn until(plan: &Plan, person: &Person, segments: &dyn Segments, t: Instant) -> Option<Instant> {
    whole(plan, person, segments).course.until(t)
}

/// Whether a plan, or a segment that it needs, asks for how long somebody has been in a segment.
fn asks_ages(plan: &Plan, needed: &[SegmentId], segments: &dyn Segments) -> bool {
    let plans = needed.iter().filter_map(|id| segments.plan(*id));
    let mut ages = [plan].into_iter().chain(plans).flat_map(nested::named);
    ages.any(|(_, age)| age.is_some())
}

/// The whole course of a plan, for comparisons.
#[cfg(test)]
pub(crate) fn course_of(plan: &Plan, person: &Person, segments: &dyn Segments) -> Course {
    whole(plan, person, segments).course
}

/// When a plan that names no segments holds.
pub(crate) fn timeline(plan: &Plan, person: &Person) -> Timeline {
    course(plan, person, &Courses::new()).course.today
}

fn whole(plan: &Plan, person: &Person, segments: &dyn Segments) -> Part {
    let needed = nested::needed(plan, segments);
    course(plan, person, &courses(&needed, person, segments))
}

/// The courses of segments that come after those they need.
fn courses(needed: &[SegmentId], person: &Person, segments: &dyn Segments) -> Courses {
    let mut courses = Courses::new();
    for id in needed {
        if let Some(plan) = segments.plan(*id) {
            let part = course(plan, person, &courses);
            courses.insert(*id, part);
        }
    }
    courses
}

/// One person at one instant.
struct Moment<'a> {
    person: &'a Person,
    events: Vec<&'a Event>,
    t: Instant,
    /// Which of the segments needed so far hold.
    members: BTreeMap<SegmentId, bool>,
    /// For ages; empty when no age is asked.
    courses: Courses,
}

impl Moment<'_> {
    fn holds(&self, plan: &Plan) -> bool {
        condition::boolean(plan, &|leaf| self.leaf(leaf))
    }

    fn leaf(&self, leaf: &Leaf) -> bool {
        match leaf {
            Leaf::Attribute(id, test) => {
                let value = self.person.attributes.get(id).map(|(value, _)| value);
                condition::passes(test, value, self.t)
            }
            Leaf::Aggregate(own) => aggregate::compare(own, &self.events, self.t),
            Leaf::Sequence(own) => sequence::choice(own, &self.events, self.t).is_some(),
            Leaf::Segment(id, None) => self.members.get(id).copied().unwrap_or(false),
            Leaf::Segment(id, Some(age)) => {
                let part = self.courses.get(id);
                part.is_some_and(|part| part.course.of_age(*age, self.t))
            }
        }
    }
}
