//! Plainer still: every choice of events, every millisecond.

use std::cell::RefCell;
use std::collections::HashMap;

use super::small::Small;
use crate::explain::aggregate::compare;
use crate::explain::condition::{boolean, field, passes, selects, visible};
use crate::id::SegmentId;
use crate::person::Event;
use crate::rule::ast::{Absence, Age};
use crate::rule::plan::{Leaf, Plan, Sequence};
use crate::time::Instant;

/// Nothing has happened yet, and no instant of a rule lies further back.
pub(super) const BEGINNING: Instant = Instant(-40);
/// The last millisecond that is asked about.
pub(super) const END: Instant = Instant(60);

/// Which past is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Past {
    /// Attributes as today.
    Today,
    /// Attributes from their kept write on.
    Kept,
}

pub(super) struct Naive<'a> {
    small: &'a Small,
    known: RefCell<HashMap<(SegmentId, Past, Instant), bool>>,
}

impl<'a> Naive<'a> {
    pub(super) fn new(small: &'a Small) -> Self {
        let known = RefCell::default();
        Self { small, known }
    }

    pub(super) fn holds(&self, plan: &Plan, past: Past, t: Instant) -> bool {
        boolean(plan, &|leaf| self.leaf(leaf, past, t))
    }

    /// `None`: from the beginning.
    pub(super) fn since(&self, plan: &Plan, t: Instant) -> Option<Instant> {
        let now = self.holds(plan, Past::Today, t);
        stretch(t, |x| self.holds(plan, Past::Kept, x) == now)
    }

    /// `None`: not before [`END`].
    pub(super) fn until(&self, plan: &Plan, t: Instant) -> Option<Instant> {
        let now = self.holds(plan, Past::Today, t);
        let mut later = (t.0 + 1..=END.0).map(Instant);
        later.find(|x| self.holds(plan, Past::Today, *x) != now)
    }

    fn leaf(&self, leaf: &Leaf, past: Past, t: Instant) -> bool {
        let events: Vec<&Event> = self.small.person.events.iter().collect();
        match leaf {
            Leaf::Attribute(id, test) => {
                let kept = self.small.person.attributes.get(id);
                let kept = kept.filter(|(_, written)| past == Past::Today || *written <= t);
                passes(test, kept.map(|(value, _)| value), t)
            }
            Leaf::Aggregate(own) => compare(own, &events, t),
            Leaf::Sequence(own) => any_choice(own, &events, t),
            Leaf::Segment(id, age) => {
                self.member(*id, past, t) && age.is_none_or(|age| self.of_age(*id, age, past, t))
            }
        }
    }

    fn member(&self, id: SegmentId, past: Past, t: Instant) -> bool {
        if let Some(known) = self.known.borrow().get(&(id, past, t)) {
            return *known;
        }
        let plan = self.small.segment(id);
        let member = plan.is_some_and(|plan| self.holds(plan, past, t));
        self.known.borrow_mut().insert((id, past, t), member);
        member
    }

    fn of_age(&self, id: SegmentId, age: Age, past: Past, t: Instant) -> bool {
        let now = self.member(id, past, t);
        let since = stretch(t, |x| self.member(id, Past::Kept, x) == now);
        let old = since.map_or(i64::MAX, |since| t.0 - since.0);
        age.from.0 <= old && age.to.is_none_or(|to| old < to.0)
    }
}

/// The first of the milliseconds that lead to `t` and are all `alike`; `t` always is.
fn stretch(t: Instant, alike: impl Fn(Instant) -> bool) -> Option<Instant> {
    if !alike(t) {
        return Some(t);
    }
    let mut start = t;
    while start > BEGINNING && alike(Instant(start.0 - 1)) {
        start = Instant(start.0 - 1);
    }
    (start > BEGINNING).then_some(start)
}

/// Whether any choice of events, one for each step, fits.
pub(super) fn any_choice(sequence: &Sequence, events: &[&Event], t: Instant) -> bool {
    let mut choices: Vec<Vec<&Event>> = vec![Vec::new()];
    for _ in &sequence.steps {
        let longer = choices.iter().flat_map(|choice| {
            let next = events.iter().copied();
            next.map(|event| choice.iter().copied().chain([event]).collect())
        });
        choices = longer.collect();
    }
    choices
        .iter()
        .any(|choice| fits(sequence, choice, events, t))
}

fn fits(sequence: &Sequence, choice: &[&Event], events: &[&Event], t: Instant) -> bool {
    let (Some(first), Some(last)) = (choice.first(), choice.last()) else {
        return false;
    };
    let key = |event: &Event| sequence.key.map(|(own, _)| field(event, own));
    let same_key = |event: &Event| key(event) != Some(None) && key(event) == key(first);
    let s = last.time.0;
    let selected = choice.iter().zip(&sequence.steps);
    let mut pairs = choice.iter().zip(choice.iter().skip(1));
    let cancels = |event: &Event, end: i64| {
        let step = sequence.absent.as_ref().map(|(step, _)| step);
        visible(event, t)
            && step.is_some_and(|step| selects(step, event, t))
            && same_key(event)
            && event.time.0 > s
            && event.time.0 <= end
    };
    choice
        .iter()
        .all(|event| visible(event, t) && same_key(event))
        && selected
            .into_iter()
            .all(|(event, step)| selects(step, event, t))
        && pairs.all(|(one, next)| one.time < next.time)
        && sequence
            .within
            .is_none_or(|span| s - first.time.0 <= span.0)
        && sequence
            .last
            .is_none_or(|span| t.0 - span.0 < s && s <= t.0)
        && match &sequence.absent {
            None => true,
            Some((_, Absence::Within(span))) => {
                t.0 >= s + span.0 && !events.iter().any(|event| cancels(event, s + span.0))
            }
            Some((_, Absence::For(span))) => {
                t.0 - s >= span.0 && !events.iter().any(|event| cancels(event, t.0))
            }
        }
}
