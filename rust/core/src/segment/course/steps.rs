//! A sequence over time: the stretches in which some choice of events fits.

use std::collections::BTreeMap;

use super::Line;
use crate::explain::{self, Timeline, field, selects};
use crate::person::{Event, Person};
use crate::rule::plan::{Leaf, Plan, Selection, Sequence};
use crate::segment::chain::{Chain, Room, Step};
use crate::segment::ledger::Match;
use crate::segment::selector::asks_time;
use crate::time::{Duration, Instant};
use crate::value::Value;

/// When the sequence holds.
pub(super) fn timeline(sequence: &Sequence, person: &Person) -> Timeline {
    match picked(sequence, &person.events) {
        Some((mut room, lifetime)) => stretches(sequence, &mut room, lifetime),
        None => of_reference(sequence, person),
    }
}

/// Of filters that ask for the time, and of steps of several retentions: at every instant anew.
fn of_reference(sequence: &Sequence, person: &Person) -> Timeline {
    let plan = Plan::Leaf(Leaf::Sequence(sequence.clone()));
    explain::timeline(&plan, person)
}

/// The matches of all steps, and how long they can be seen; `None` where that is not one span for all, or a filter asks for the time.
fn picked(sequence: &Sequence, events: &[Event]) -> Option<(Room, Option<Duration>)> {
    let absent = sequence.absent.as_ref().map(|(step, _)| step);
    let all = || sequence.steps.iter().chain(absent);
    if all().any(|step| asks_time(step.filter.as_ref())) {
        return None;
    }
    let (mut room, mut codes, mut lifetime) = (Room::default(), BTreeMap::new(), None);
    for event in events {
        let Some(key) = key(sequence, event, &mut codes) else {
            continue;
        };
        let picks = |step: &Selection| selects(step, event, event.time);
        let time = event.time.0;
        let mut met = false;
        for (number, _) in (0u32..).zip(&sequence.steps).filter(|own| picks(own.1)) {
            room.steps.push(Step { key, time, number });
            met = true;
        }
        if absent.is_some_and(picks) {
            room.absent.push(Match { time, payload: key });
            met = true;
        }
        if met && *lifetime.get_or_insert(event.retention) != event.retention {
            return None;
        }
    }
    Some((room, lifetime.flatten()))
}

/// What stands for the key of an event; `None`: it has none.
fn key(sequence: &Sequence, event: &Event, codes: &mut BTreeMap<Value, i64>) -> Option<i64> {
    let Some((own, _)) = sequence.key else {
        return Some(0);
    };
    let next = codes.len() as i64;
    Some(*codes.entry(field(event, own)?).or_insert(next))
}

fn stretches(sequence: &Sequence, room: &mut Room, lifetime: Option<Duration>) -> Timeline {
    let chain = Chain {
        within: sequence.within.map(|span| span.0),
        absence: sequence.absent.as_ref().map(|(_, absence)| *absence),
        last: sequence.last.map(|span| span.0),
        lifetime: lifetime.map(|span| span.0),
    };
    let mut line = Line::new(false);
    let mut open: Option<i64> = None;
    for (from, to) in chain.stretches(sequence.steps.len(), room) {
        if let Some(end) = open.filter(|end| end < from) {
            line.push(Instant(end), false);
        }
        line.push(Instant(*from), true);
        open = open.max(Some(*to));
    }
    if let Some(end) = open.filter(|end| *end < i64::MAX) {
        line.push(Instant(end), false);
    }
    line.end()
}
