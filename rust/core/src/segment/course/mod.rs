//! When a rule held of one person, without asking the reference at every instant.
//!
//! What the reference finds by evaluating each critical instant over all events, a walk over the instants at which events come and
//! go finds in about n log n: the value of an aggregate is carried along, a sequence gives its stretches at once.

mod steps;
mod tally;
#[cfg(test)]
mod tests;

use crate::explain::{Course, Courses, Part, Segments, Timeline, needed};
use crate::id::SegmentId;
use crate::person::Person;
use crate::rule::ast::Boolean;
use crate::rule::plan::{Leaf, Plan};
use crate::time::Instant;

/// The course of `plan`: what [`explain::holds`](crate::explain::holds), `since` and `until` say at every instant.
pub(crate) fn of(plan: &Plan, person: &Person, segments: &dyn Segments) -> Course {
    let courses = courses(&needed(plan, segments), person, segments);
    tree(plan, person, &courses).course
}

/// The courses of segments that come after those they need.
pub(crate) fn courses(ids: &[SegmentId], person: &Person, segments: &dyn Segments) -> Courses {
    let mut courses = Courses::new();
    for id in ids {
        if let Some(plan) = segments.plan(*id) {
            let own = tree(plan, person, &courses);
            courses.insert(*id, own);
        }
    }
    courses
}

/// The courses of a plan and its parts, for segments whose courses are known; others hold at no time.
pub(crate) fn tree(plan: &Plan, person: &Person, courses: &Courses) -> Part {
    let parts = |operands: &[Plan]| -> Vec<Part> {
        let operands = operands.iter();
        operands
            .map(|operand| tree(operand, person, courses))
            .collect()
    };
    let (course, parts) = match plan {
        Boolean::And(operands) => {
            let (all, parts) = (operands.len(), parts(operands));
            (joined(&parts, |count| count == all), parts)
        }
        Boolean::Or(operands) => {
            let parts = parts(operands);
            (joined(&parts, |count| count > 0), parts)
        }
        Boolean::Not(operand) => {
            let parts = parts(std::slice::from_ref(operand));
            (joined(&parts, |count| count == 0), parts)
        }
        Boolean::Leaf(own) => (leaf(own, person, courses), Vec::new()),
    };
    Part { course, parts }
}

fn leaf(leaf: &Leaf, person: &Person, courses: &Courses) -> Course {
    match leaf {
        Leaf::Attribute(id, test) => Course::of_attribute(person, *id, test),
        Leaf::Aggregate(own) => of_events(tally::timeline(own, &person.events)),
        Leaf::Sequence(own) => of_events(steps::timeline(own, person)),
        Leaf::Segment(id, age) => match (courses.get(id), age) {
            (None, _) => Course::never(),
            (Some(part), None) => part.course.clone(),
            (Some(part), Some(age)) => part.course.aged(*age),
        },
    }
}

/// What hangs on events alone is the same in both readings of the past.
fn of_events(today: Timeline) -> Course {
    let kept = today.clone();
    Course { today, kept }
}

/// Of parts by how many of them hold.
fn joined(parts: &[Part], truth: impl Fn(usize) -> bool) -> Course {
    let join = |reading: fn(&Course) -> &Timeline| {
        let parts = parts.iter().map(|part| reading(&part.course));
        let mut holding: Vec<bool> = parts.clone().map(|own| own.at(Instant(i64::MIN))).collect();
        let turns = parts.enumerate();
        let mut turns: Vec<(Instant, usize)> = turns
            .flat_map(|(part, own)| own.turns().iter().map(move |turn| (*turn, part)))
            .collect();
        turns.sort_unstable();
        let mut count = holding.iter().filter(|own| **own).count();
        let mut line = Line::new(truth(count));
        for at_once in turns.chunk_by(|a, b| a.0 == b.0) {
            for (at, part) in at_once {
                if let Some(own) = holding.get_mut(*part) {
                    *own = !*own;
                    count = if *own { count + 1 } else { count - 1 };
                }
                if at_once.last() == Some(&(*at, *part)) {
                    line.push(*at, truth(count));
                }
            }
        }
        line.end()
    };
    Course {
        today: join(|course| &course.today),
        kept: join(|course| &course.kept),
    }
}

/// A timeline that is made from its beginning on.
#[derive(Debug)]
struct Line {
    first: bool,
    now: bool,
    turns: Vec<Instant>,
}

impl Line {
    const fn new(first: bool) -> Self {
        Self {
            first,
            now: first,
            turns: Vec::new(),
        }
    }

    /// What is true from `at` on, which is later than what came before.
    fn push(&mut self, at: Instant, truth: bool) {
        if truth != self.now {
            self.turns.push(at);
            self.now = truth;
        }
    }

    fn end(self) -> Timeline {
        Timeline::new(self.first, self.turns)
    }
}
