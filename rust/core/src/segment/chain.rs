//! Sequences of one profile: the stretches of time in which some choice of events fits.
//!
//! Per key the matches are walked in order of time, and for each step the latest start of a chain that ends there is kept, since a
//! later start fits every `within` that an earlier one fits. Each end of a whole chain gives one stretch; what holds is their union.

use super::ledger::Match;
use crate::rule::ast::Absence;

/// What a sequence asks, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chain {
    pub(super) within: Option<i64>,
    pub(super) absence: Option<Absence>,
    pub(super) last: Option<i64>,
    /// How long a match can be seen; `None`: for ever.
    pub(super) lifetime: Option<i64>,
}

/// A match of a positive step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Step {
    pub(super) key: i64,
    pub(super) time: i64,
    pub(super) number: u32,
}

/// Room that is used again.
#[derive(Clone, Debug, Default)]
pub(super) struct Room {
    /// Matches of positive steps, in any order.
    pub(super) steps: Vec<Step>,
    /// Matches of the final `not`: key (as payload) and time, in any order.
    pub(super) absent: Vec<Match>,
    starts: Vec<Option<i64>>,
    pending: Vec<(usize, i64)>,
    stretches: Vec<(i64, i64)>,
}

impl Chain {
    /// Whether the sequence of `steps` positive steps holds at `t` over the matches in `room`, future ones among them; and the first
    /// instant after `t` at which that turns if nothing arrives, `i64::MAX`: never.
    pub(super) fn judge(&self, steps: usize, room: &mut Room, t: i64) -> (bool, i64) {
        let mut until = None;
        for (from, to) in self.stretches(steps, room) {
            match until {
                // The stretch around t goes on while the next begins before it ends.
                Some(end) if *from <= end => until = Some(end.max(*to)),
                Some(_) => break,
                None if *to <= t => {}
                None if *from <= t => until = Some(*to),
                None => return (false, *from),
            }
        }
        until.map_or((false, i64::MAX), |until| (true, until))
    }

    /// From when to when a chain of `steps` positive steps over the matches in `room` holds, rising; they may overlap.
    pub(super) fn stretches<'a>(&self, steps: usize, room: &'a mut Room) -> &'a [(i64, i64)] {
        room.steps.sort_unstable();
        room.absent
            .sort_unstable_by_key(|own| (own.payload, own.time));
        room.stretches.clear();
        let own = std::mem::take(&mut room.steps);
        for alike in own.chunk_by(|a, b| a.key == b.key) {
            self.walk(steps, alike, room);
        }
        room.steps = own;
        room.stretches.sort_unstable();
        &room.stretches
    }

    /// Matches of one key.
    fn walk(&self, steps: usize, alike: &[Step], room: &mut Room) {
        room.starts.clear();
        room.starts.resize(steps, None);
        for same_time in alike.chunk_by(|a, b| a.time == b.time) {
            // Equal times never chain: starts are updated only after all matches of an instant.
            room.pending.clear();
            let mut ends = None;
            for own in same_time {
                let step = own.number as usize;
                let start = match step.checked_sub(1) {
                    None => Some(own.time),
                    Some(before) => room.starts.get(before).copied().flatten(),
                };
                let fits =
                    |start: &i64| self.within.is_none_or(|within| own.time - start <= within);
                if let Some(start) = start.filter(fits) {
                    if step + 1 == steps {
                        ends = ends.max(Some(start));
                    }
                    room.pending.push((step, start));
                }
            }
            if let (Some(start), Some(first)) = (ends, same_time.first()) {
                let stretch = self.stretch(first.key, (start, first.time), &room.absent);
                room.stretches.extend(stretch);
            }
            for (step, start) in &room.pending {
                if let Some(cell) = room.starts.get_mut(*step) {
                    *cell = (*cell).max(Some(*start));
                }
            }
        }
    }

    /// When a chain holds that goes from `start` to `s`.
    fn stretch(&self, key: i64, (start, s): (i64, i64), absent: &[Match]) -> Option<(i64, i64)> {
        let after =
            |time: i64, span: Option<i64>| span.map_or(i64::MAX, |span| time.saturating_add(span));
        // Its first match is gone first; what ends it is seen for longer.
        let end = after(s, self.last).min(after(start, self.lifetime));
        let place = absent.partition_point(|own| (own.payload, own.time) <= (key, s));
        let next = absent
            .get(place)
            .filter(|own| own.payload == key)
            .map(|own| own.time);
        let (from, to) = match self.absence {
            None => (s, end),
            Some(Absence::Within(span)) => {
                let decided = s.saturating_add(span.0);
                if next.is_some_and(|next| next <= decided) {
                    return None;
                }
                (decided, end)
            }
            Some(Absence::For(span)) => (
                s.saturating_add(span.0),
                next.map_or(end, |next| next.min(end)),
            ),
        };
        (from < to).then_some((from, to))
    }
}
