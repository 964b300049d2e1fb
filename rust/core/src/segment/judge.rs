//! Aggregates of one profile at one instant: on which level of their ladder they stand, and until when.
//!
//! All comparisons of a measure look at the same events through the same window, so one look serves them all.

use super::ladder::Ladder;
use super::ledger::Match;
use crate::rule::ast::Function;

/// An aggregate over the matches of a window.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measure {
    pub(super) function: Function,
    /// Milliseconds after its time at which an event no longer counts; `None`: never.
    pub(super) lifetime: Option<i64>,
    /// What one unit of the payload is worth in micro units.
    pub(super) scale: i128,
    /// Events before it do not count.
    pub(super) from: i64,
    /// Events from it on do not count.
    pub(super) to: i64,
    /// Whether the lifetime is that of the events and not of the window.
    pub(super) ends_by_retention: bool,
}

/// Where a group of a profile stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) level: u32,
    /// The first instant after which it may be on another level if nothing arrives, `i64::MAX`: never.
    pub(super) turn: i64,
    /// Whether [`Measure::step`] tells on which level it is at `turn`, and what follows then.
    pub(super) is_step: bool,
}

impl Verdict {
    /// Nothing is said of what follows.
    pub(super) const fn new((level, turn): (u32, i64)) -> Self {
        Self {
            level,
            turn,
            is_step: false,
        }
    }
}

/// Steps that are looked ahead for the instant at which a sum turns; after that it is looked at again.
const AHEAD: usize = 64;

impl Measure {
    /// The level at `t` over matches that rise by time, future ones among them.
    pub(super) fn judge(&self, matches: &[Match], ladder: &Ladder, t: i64) -> Verdict {
        let gone = self
            .lifetime
            .map_or(i64::MIN, |lifetime| t.saturating_sub(lifetime));
        let start = matches.partition_point(|own| own.time <= gone || own.time < self.from);
        let end = if self.to == i64::MAX {
            matches.len()
        } else {
            matches.partition_point(|own| own.time < self.to)
        };
        let inside = matches.get(start..end).unwrap_or_default();
        let now = match inside.last() {
            Some(last) if last.time > t => inside.partition_point(|own| own.time <= t),
            Some(_) | None => inside.len(),
        };
        let (seen, coming) = inside.split_at_checked(now).unwrap_or((inside, &[]));
        let other = |(level, turn)| (level, (turn, false));
        let (level, (turn, is_step)) = match self.function {
            Function::Count => other(self.count(seen, ladder)),
            Function::Sum | Function::Average => other(self.sum(seen, ladder)),
            Function::Min | Function::Max => other(self.extreme(seen, ladder)),
            Function::Distinct => other(self.distinct(seen, ladder)),
            Function::SinceLast => self.span(seen.last(), ladder, t),
            Function::SinceFirst => self.span(seen.first(), ladder, t),
        };
        let next = coming.first().map_or(i64::MAX, |next| next.time);
        let is_end = turn < i64::MAX && self.ends(level, seen, ladder);
        Verdict {
            level,
            turn: turn.min(next),
            is_step: (is_step || is_end) && coming.is_empty(),
        }
    }

    /// Whether it is on the level of no events once it turns, and stays there.
    fn ends(&self, level: u32, seen: &[Match], ladder: &Ladder) -> bool {
        match self.function {
            _ if self.is_span() => false,
            // A number of matches only falls by itself.
            Function::Count | Function::Distinct if level == ladder.base() + 1 => true,
            _ => seen.len() == 1,
        }
    }

    /// Whether spans are compared: these climb by time alone, one level after the other.
    const fn is_span(&self) -> bool {
        matches!(self.function, Function::SinceLast | Function::SinceFirst)
    }

    /// Where it stands after the step that falls on `t`, from the level before: no match is to be looked at.
    pub(super) fn step(&self, ladder: &Ladder, before: u32, t: i64) -> Verdict {
        if !self.is_span() {
            return Verdict::new((ladder.base(), i64::MAX));
        }
        let span = ladder.least_whole(before + 1).unwrap_or(0);
        let level = ladder.of_whole(span);
        let time = t.saturating_sub(i64::try_from(span).unwrap_or(i64::MAX));
        let (turn, is_step) = self.next_step(time, level, ladder);
        Verdict {
            level,
            turn,
            is_step,
        }
    }

    /// When the span since `time` leaves a level, and whether to the next one.
    fn next_step(&self, time: i64, level: u32, ladder: &Ladder) -> (i64, bool) {
        let leaves = self.leaves(time);
        let next = ladder.least_whole(level + 1).map_or(i64::MAX, |span| {
            time.saturating_add(i64::try_from(span).unwrap_or(i64::MAX))
        });
        (next.min(leaves), next < leaves)
    }

    /// When a match no longer counts.
    fn leaves(&self, time: i64) -> i64 {
        self.lifetime
            .map_or(i64::MAX, |lifetime| time.saturating_add(lifetime))
    }

    fn count(&self, seen: &[Match], ladder: &Ladder) -> (u32, i64) {
        let level = ladder.of_whole(seen.len());
        // The level is another once fewer are left than its least number.
        let leaving = ladder
            .least_whole(level)
            .and_then(|least| seen.get(seen.len().checked_sub(least)?));
        (level, leaving.map_or(i64::MAX, |own| self.leaves(own.time)))
    }

    fn sum(&self, seen: &[Match], ladder: &Ladder) -> (u32, i64) {
        let sum: i128 = seen.iter().map(|own| i128::from(own.payload)).sum();
        let count = seen.len() as i128;
        if self.function == Function::Sum {
            let now = ladder.of_value(sum * self.scale);
            let turns = |sum: i128, _| !ladder.is_on(now, sum * self.scale);
            return (now, self.turn_of_sum(seen, (sum, count), turns));
        }
        let level = |sum: i128, count: i128| match count {
            0 => 0,
            _ => ladder.of(sum * self.scale, count),
        };
        let now = level(sum, count);
        let turns = |sum: i128, count: i128| level(sum, count) != now;
        (now, self.turn_of_sum(seen, (sum, count), turns))
    }

    /// When so many matches with such a sum have left that it turns.
    fn turn_of_sum(
        &self,
        seen: &[Match],
        (mut sum, mut count): (i128, i128),
        turns: impl Fn(i128, i128) -> bool,
    ) -> i64 {
        if self.lifetime.is_none() {
            return i64::MAX;
        }
        for (ahead, own) in seen.iter().enumerate() {
            sum -= i128::from(own.payload);
            count -= 1;
            if ahead == AHEAD || turns(sum, count) {
                return self.leaves(own.time);
            }
        }
        i64::MAX
    }

    fn extreme(&self, seen: &[Match], ladder: &Ladder) -> (u32, i64) {
        let values = seen.iter().map(|own| own.payload);
        let value = if self.function == Function::Min {
            values.min()
        } else {
            values.max()
        };
        let Some(value) = value else {
            return (0, i64::MAX);
        };
        // It stays what it is until the latest event that has it leaves.
        let latest = seen.iter().rfind(|own| own.payload == value);
        let level = ladder.of_value(i128::from(value) * self.scale);
        (level, latest.map_or(i64::MAX, |own| self.leaves(own.time)))
    }

    fn distinct(&self, seen: &[Match], ladder: &Ladder) -> (u32, i64) {
        let mut values: Vec<(i64, i64)> = seen.iter().map(|own| (own.payload, own.time)).collect();
        values.sort_unstable();
        let groups = values.chunk_by(|a, b| a.0 == b.0);
        let mut latest: Vec<i64> = groups.filter_map(|own| Some(own.last()?.1)).collect();
        // The first value to go is the one whose latest event is the earliest.
        latest.sort_unstable();
        let level = ladder.of_whole(latest.len());
        let leaving = ladder
            .least_whole(level)
            .and_then(|least| latest.get(latest.len().checked_sub(least)?));
        let turn = leaving.map_or(i64::MAX, |time| self.leaves(*time));
        (level, turn)
    }

    fn span(&self, own: Option<&Match>, ladder: &Ladder, t: i64) -> (u32, (i64, bool)) {
        let Some(own) = own else {
            return (0, (i64::MAX, false));
        };
        let level = ladder.of_value(i128::from(t) - i128::from(own.time));
        // A span grows by itself.
        (level, self.next_step(own.time, level, ladder))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::AtomId;
    use crate::rule::testing::operators;
    use crate::segment::ladder::Comparison;
    use proptest::prelude::*;
    use proptest::sample::select;

    proptest! {
        #[test]
        fn nothing_turns_before_the_promised_instant(
            function in select(vec![
                Function::Count, Function::Sum, Function::Min, Function::Max, Function::Average, Function::Distinct,
                Function::SinceLast, Function::SinceFirst,
            ]),
            lifetime in proptest::option::of(1i64..12),
            events in prop::collection::vec((0i64..20, -3i64..4), 0..8),
            comparisons in prop::collection::vec((operators(), -4i128..8), 1..4),
            t in 0i64..20,
        ) {
            let mut matches: Vec<_> = events.into_iter().map(|(time, payload)| Match { time, payload }).collect();
            matches.sort_unstable();
            let is_span = matches!(function, Function::SinceLast | Function::SinceFirst);
            let unit = if is_span { 1 } else { 500_000 };
            let asked: Vec<_> = comparisons
                .into_iter()
                .enumerate()
                .map(|(atom, (operator, operand))| (AtomId(atom as u32), Comparison { operator, operand: operand * unit }))
                .collect();
            let ladder = Ladder::new(function, asked.iter().copied());
            let measure = Measure { function, lifetime, scale: 1_000_000, from: i64::MIN, to: i64::MAX, ends_by_retention: false };

            let Verdict { level, turn, is_step } = measure.judge(&matches, &ladder, t);

            prop_assert!(turn > t);
            for instant in t..turn.min(45) {
                prop_assert_eq!(level, measure.judge(&matches, &ladder, instant).level, "at {} of {}..{}", instant, t, turn);
            }
            if is_step {
                prop_assert_eq!(measure.judge(&matches, &ladder, turn), measure.step(&ladder, level, turn));
            }
        }
    }
}
