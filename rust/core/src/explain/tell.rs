//! Explanations: the tree of a rule, its plan and its courses, side by side.

use std::collections::BTreeSet;

use super::aggregate::{Measure, measure};
use super::course::{Course, Courses, Part};
use super::explanation::{Explanation, Seen};
use super::{asks_ages, nested, sequence};
use crate::catalog::Catalog;
use crate::id::SegmentId;
use crate::person::{Event, Person};
use crate::rule::ast::{Boolean, Rule};
use crate::rule::plan::{EventTypes, Leaf, Plan};
use crate::segment::course as live;
use crate::time::Instant;

/// Levels from which on segments are named only. Messages that nest deeper than 100 levels are refused on the wire.
const DEEPEST: u32 = 48;
/// Departures that are foreseen, and how often an event may be looked at for them.
const MOST_STEPS: usize = 256;
const FORESEEN: usize = 100_000;

/// Why `rule` holds for `person` at `t`, or why not. `plan` is what [`check`](crate::rule::check) made of `rule`.
///
/// A segment that is used in several places is explained where the text first comes to it.
pub fn explain(
    rule: &Rule,
    plan: &Plan,
    person: &Person,
    catalog: &Catalog,
    t: Instant,
) -> Explanation {
    told((rule, plan), person, catalog, t, Vec::new())
}

/// As [`explain`] where engine time has reached `t`, and for what comes then: what is outside retention is gone from the past too, so
/// that ages of segments may be others from that instant on. So many departures are foreseen as one call has time for, up to
/// 256 of people with less than 400 events; later ones are told as if nothing more left.
pub fn foretell(
    rule: &Rule,
    plan: &Plan,
    person: &Person,
    catalog: &Catalog,
    t: Instant,
) -> Explanation {
    let needed = nested::needed(plan, catalog);
    if !asks_ages(plan, &needed, catalog) {
        return explain(rule, plan, person, catalog, t);
    }
    let plans = needed
        .iter()
        .filter_map(|id| Some(&catalog.segment(*id)?.plan));
    let leaves = plans.chain([plan]).flat_map(Plan::leaves);
    let selections = leaves.flat_map(Leaf::selections);
    let types: BTreeSet<EventTypes> = selections.map(|(own, _)| own.types).collect();
    let matters = |event: &&Event| {
        let own = EventTypes::One(event.event_type);
        types.contains(&EventTypes::Any) || types.contains(&own)
    };
    let matter = person.events.iter().filter(matters);
    let ends: BTreeSet<Instant> = matter
        .filter_map(Event::end)
        .filter(|end| t < *end)
        .collect();
    let steps = (FORESEEN / person.events.len().max(1)).clamp(1, MOST_STEPS);
    let ends = ends.into_iter().take(steps).collect();
    told((rule, plan), &person.seen_at(t), catalog, t, ends)
}

fn told(
    (rule, plan): (&Rule, &Plan),
    person: &Person,
    catalog: &Catalog,
    t: Instant,
    fading: Vec<Instant>,
) -> Explanation {
    // Of somebody who does a lot the reference would take too long: it goes over the whole history for each event.
    let courses = live::courses(&nested::needed(plan, catalog), person, catalog);
    let own = live::tree(plan, person, &courses);
    let mut teller = Teller {
        person,
        events: person.events.iter().collect(),
        catalog,
        t,
        courses: &courses,
        fading,
        told: BTreeSet::new(),
        level: 0,
    };
    teller.tell(rule, plan, &own)
}

struct Teller<'a> {
    person: &'a Person,
    events: Vec<&'a Event>,
    catalog: &'a Catalog,
    t: Instant,
    courses: &'a Courses,
    /// When events leave retention, after which ages may be others.
    fading: Vec<Instant>,
    told: BTreeSet<SegmentId>,
    level: u32,
}

impl Teller<'_> {
    /// The three have one shape: the check keeps that of the rule.
    fn tell(&mut self, rule: &Rule, plan: &Plan, own: &Part) -> Explanation {
        self.level += 1;
        let (seen, parts) = match (rule, plan) {
            (Boolean::And(rules), Boolean::And(plans))
            | (Boolean::Or(rules), Boolean::Or(plans)) => {
                let parts = rules.iter().zip(plans).zip(&own.parts);
                let parts = parts.map(|((rule, plan), own)| self.tell(rule, plan, own));
                (None, parts.collect())
            }
            (Boolean::Not(rule), Boolean::Not(plan)) => {
                let parts = own.parts.iter();
                (None, parts.map(|own| self.tell(rule, plan, own)).collect())
            }
            (Boolean::Leaf(_), Boolean::Leaf(leaf)) => {
                (self.seen(leaf, &own.course), self.within(leaf))
            }
            (Boolean::And(_) | Boolean::Or(_) | Boolean::Not(_) | Boolean::Leaf(_), _) => {
                (None, Vec::new())
            }
        };
        self.level -= 1;
        Explanation {
            text: rule.to_string(),
            holds: own.course.holds(self.t),
            seen,
            since: own.course.since(self.t),
            until: self.until(plan, own),
            parts,
        }
    }

    /// The first instant at which a part turns.
    fn until(&self, plan: &Plan, own: &Part) -> Option<Instant> {
        let mut turn = own.course.until(self.t);
        let needed = || nested::needed(plan, self.catalog);
        if self.fading.is_empty() || !asks_ages(plan, &needed(), self.catalog) {
            return turn;
        }
        let truth = own.course.holds(self.t);
        for gone in &self.fading {
            if turn.is_some_and(|turn| turn < *gone) {
                break;
            }
            let course = live::of(plan, &self.person.seen_at(*gone), self.catalog);
            if course.holds(*gone) != truth {
                return Some(*gone);
            }
            turn = course.until(*gone);
        }
        turn
    }

    fn seen(&self, leaf: &Leaf, course: &Course) -> Option<Seen> {
        let found = match leaf {
            Leaf::Attribute(id, _) => {
                let value = self.person.attributes.get(id);
                value.map(|(value, _)| Seen::Value(value.clone()))
            }
            Leaf::Aggregate(own) => measure(own, &self.events, self.t).map(|found| match found {
                Measure::Number(micros) => Seen::Number(micros),
                Measure::Average { sum, count } => Seen::Average { sum, count },
                Measure::Span(span) => Seen::Span(span),
            }),
            Leaf::Sequence(own) => {
                let choice = || sequence::choice(own, &self.events, self.t);
                let chosen = course.holds(self.t).then(choice).flatten();
                chosen.map(|events| Seen::Times(events.iter().map(|event| event.time).collect()))
            }
            Leaf::Segment(_, None) => return None,
            Leaf::Segment(id, Some(_)) => {
                let segment = self.courses.get(id).map_or(course, |part| &part.course);
                if !segment.holds(self.t) {
                    return Some(Seen::Absent);
                }
                // A membership from the beginning of time has no age in numbers.
                let age = segment.since(self.t).map(|since| self.t.since(since));
                return age.map(Seen::Span);
            }
        };
        Some(found.unwrap_or(Seen::Absent))
    }

    /// The rule behind a segment that was not told yet.
    fn within(&mut self, leaf: &Leaf) -> Vec<Explanation> {
        let Leaf::Segment(id, _) = leaf else {
            return Vec::new();
        };
        let (Some(segment), Some(own)) = (self.catalog.segment(*id), self.courses.get(id)) else {
            return Vec::new();
        };
        if self.level >= DEEPEST || !self.told.insert(*id) {
            return Vec::new();
        }
        vec![self.tell(&segment.rule, &segment.plan, own)]
    }
}
