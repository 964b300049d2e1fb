//! Sequences: whether any choice of events fits.

use super::condition::{field, selects, visible};
use crate::person::Event;
use crate::rule::ast::Absence;
use crate::rule::plan::{Selection, Sequence};
use crate::time::Instant;
use crate::value::Value;

/// Events for the positive steps, in order, such that the sequence holds at `t`; `None` when no choice fits.
///
/// Of several choices the one with the latest last step, and before each step the latest that fits.
pub(super) fn choice<'a>(
    sequence: &Sequence,
    events: &[&'a Event],
    t: Instant,
) -> Option<Vec<&'a Event>> {
    let mut search = Search {
        sequence,
        seen: events
            .iter()
            .copied()
            .filter(|event| visible(event, t))
            .collect(),
        t,
    };
    search.seen.sort_by_key(|event| event.time);
    let (last_step, earlier) = sequence.steps.split_last()?;
    let mut lasts = search.seen.iter().rev();
    lasts.find_map(|last| {
        let fits = selects(last_step, last, t) && search.ends_well(last);
        fits.then(|| search.leading_to(last, earlier)).flatten()
    })
}

struct Search<'a, 's> {
    sequence: &'s Sequence,
    /// What can be seen at `t`, in order of time.
    seen: Vec<&'a Event>,
    t: Instant,
}

impl<'a> Search<'a, '_> {
    /// What is asked of the last positive step alone: the outer `last D`, a key where one is asked, and the final `not`.
    fn ends_well(&self, last: &Event) -> bool {
        let (sequence, t, s) = (self.sequence, self.t, last.time);
        let recent = sequence.last.is_none_or(|span| t.minus(span) < s);
        let absent = match &sequence.absent {
            None => true,
            Some((step, Absence::Within(span))) => {
                s.plus(*span) <= t && !self.occurs(step, last, s.plus(*span))
            }
            Some((step, Absence::For(span))) => t.since(s) >= *span && !self.occurs(step, last, t),
        };
        recent && self.alike(last, last) && absent
    }

    /// Whether the step has an event after that of `last` and not after `end`, of the same key.
    fn occurs(&self, step: &Selection, last: &Event, end: Instant) -> bool {
        let first = self.seen.partition_point(|event| event.time <= last.time);
        let after = self.seen.get(first..).unwrap_or_default().iter();
        let mut within = after.take_while(|event| event.time <= end);
        within.any(|event| self.alike(event, last) && selects(step, event, self.t))
    }

    /// The steps before `last`, each the latest possible, with `last` at the end; `None` when one is missing or the
    /// first is too early.
    ///
    /// The latest event leaves the steps before it the most room, and makes the first as late as it can be: if any
    /// choice fits with this `last`, then this one.
    fn leading_to(&self, last: &'a Event, earlier: &[Selection]) -> Option<Vec<&'a Event>> {
        let mut chosen = vec![last];
        let mut next = last;
        for step in earlier.iter().rev() {
            let end = self.seen.partition_point(|event| event.time < next.time);
            let before = self.seen.get(..end).unwrap_or_default().iter();
            let mut before = before.rev().copied();
            next = before.find(|event| self.alike(event, last) && selects(step, event, self.t))?;
            chosen.push(next);
        }
        chosen.reverse();
        let within = self.sequence.within;
        within
            .is_none_or(|span| last.time.since(next.time) <= span)
            .then_some(chosen)
    }

    /// Whether both have the key, and the same; without `on` always.
    fn alike(&self, one: &Event, other: &Event) -> bool {
        let key = |event| -> Option<Value> {
            let (own, _) = self.sequence.key?;
            field(event, own)
        };
        self.sequence.key.is_none() || key(one).is_some_and(|own| key(other) == Some(own))
    }
}
