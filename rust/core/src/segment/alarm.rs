//! What time alone brings: alarms go off, each at its own instant.
//!
//! Profiles do not hang on each other, so one is run through all its instants before the next: what it needs is read once, and in the
//! order in which it lies in memory. The feed gets the order of time afterwards.

use std::ops::Range;

use super::decide::Open;
use super::feed::Cause;
use super::group::Method;
use super::live::{AHEAD, Live, Touch, sole_owner};
use super::wheel::Due;
use crate::order::{by_number, rising};
use crate::time::Instant;
use crate::view::View;

/// Flips of one profile at one instant, as a range of the runs of the record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Visit {
    at: Instant,
    start: u32,
    end: u32,
}

/// Room that is used again, and the visits of the record.
#[derive(Clone, Debug, Default)]
pub(super) struct Alarms {
    due: Vec<Due>,
    sorted: Vec<Due>,
    queue: Vec<Due>,
    visits: Vec<Visit>,
    visits_sorted: Vec<Visit>,
}

impl Alarms {
    /// The runs of all visits in order of time, then of profile. The visits are over then.
    pub(super) fn tell(&mut self) -> impl Iterator<Item = (Instant, Range<usize>)> {
        by_number(&mut self.visits, &mut self.visits_sorted, |own| {
            rising(own.at)
        });
        let visits = self.visits.drain(..);
        visits.map(|own| (own.at, own.start as usize..own.end as usize))
    }

    fn visit(&mut self, at: Instant, start: usize, end: usize) {
        if start < end {
            let (start, end) = (start as u32, end as u32);
            self.visits.push(Visit { at, start, end });
        }
    }
}

impl Live {
    /// Lets everything run that falls due before `t`, each at its own instant; what is due at `t` is only touched.
    pub(crate) fn run_until(&mut self, view: &View, t: Instant) {
        let mut open = std::mem::take(&mut self.room.open);
        let mut due = std::mem::take(&mut self.alarms.due);
        self.alarms.visit(view.time(), 0, self.flips.seal());
        self.roster.drain(t, &mut due);
        by_number(&mut due, &mut self.alarms.sorted, |own| {
            u64::from(own.profile.0)
        });
        let (mut done, mut warmed) = (0, 0);
        for own in due.chunk_by(|a, b| a.profile == b.profile) {
            if done >= warmed {
                warmed = due.len().min(done + AHEAD);
                self.warm_due(due.get(done..warmed).unwrap_or_default());
            }
            done += own.len();
            self.run_profile(view, own, t, &mut open);
        }
        due.clear();
        (self.alarms.due, self.room.open) = (due, open);
        self.roster.rest();
        self.past = self.flips.seal();
    }

    /// Reads ahead what alarms need, see [`Live::warm`].
    fn warm_due(&self, due: &[Due]) {
        self.roster.warm(due.iter().map(|own| own.profile));
        let judged = due.iter().filter(|own| self.roster.is_judged(own));
        self.ledger.warm(judged.map(|own| sole_owner(own.profile)));
    }

    /// Runs one profile through the instants of its alarms.
    fn run_profile(&mut self, view: &View, due: &[Due], t: Instant, open: &mut Open) {
        let mut queue = std::mem::take(&mut self.alarms.queue);
        queue.extend_from_slice(due);
        queue.sort_unstable_by(|a, b| b.cmp(a));
        let before_all = self.flips.len();
        while let Some(next) = queue.last().copied().filter(|own| own.at < t) {
            let start = self.flips.seal();
            while let Some(due) = queue.pop_if(|own| own.at == next.at) {
                self.ring(view, due, open);
            }
            self.decide(next.profile, open);
            self.alarms.visit(next.at, start, self.flips.seal());
            let before = queue.len();
            self.roster.soon(&mut queue);
            if queue.len() > before {
                queue.sort_unstable_by(|a, b| b.cmp(a));
            }
        }
        if let Some(due) = due.first() {
            self.draft(due.profile, before_all);
        }
        for due in queue.drain(..) {
            if self.roster.ring(due).is_some() {
                self.counters.alarms += 1;
                self.touched.push(self.touch_of(due));
            }
        }
        self.alarms.queue = queue;
    }

    fn touch_of(&self, due: Due) -> Touch {
        let Due { profile, group, .. } = due;
        let method = self.network.group(group).map(|group| &group.method);
        let cause = match method {
            Some(Method::Aggregate { measure, .. }) if measure.ends_by_retention => {
                Cause::Retention
            }
            _ => Cause::Time,
        };
        Touch {
            profile,
            group,
            cause,
        }
    }

    /// Judges what an alarm is about, if it is not stale.
    fn ring(&mut self, view: &View, due: Due, open: &mut Open) {
        let Some(ring) = self.roster.ring(due) else {
            return;
        };
        self.counters.alarms += 1;
        let touch = self.touch_of(due);
        let group = self.network.group(due.group).filter(|_| ring.is_step);
        match group.map(|group| (&group.method, &group.ladder)) {
            Some((Method::Aggregate { measure, .. }, ladder)) => {
                self.counters.judged += 1;
                let verdict = measure.step(ladder, ring.level, due.at.0);
                self.stand(touch, ladder.base(), verdict, open);
            }
            _ => self.judge(view, touch, due.at, open),
        }
    }
}
