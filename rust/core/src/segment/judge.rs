//! Aggregates of one profile at one instant: whether each of several comparisons holds, and until when.
//!
//! All comparisons of a group look at the same events through the same window, so one look at the window's ends serves them all.

use super::ledger::Match;
use crate::rule::ast::{Function, Operator};
use crate::value::MICROS;

/// An aggregate and how it is compared, without the comparisons.
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

/// A comparison with a constant; micro units, or milliseconds for spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Comparison {
    pub(super) operator: Operator,
    pub(super) operand: i128,
}

/// Steps that are looked ahead for the instant at which a sum turns; after that it is looked at again.
const AHEAD: usize = 64;

impl Measure {
    /// Judges every comparison at `t` over matches that rise by time; future ones may be among them. The truths are appended
    /// to `truths`. Gives the first instant after `t` at which one of them may turn if nothing arrives, `i64::MAX`: never.
    pub(super) fn judge(
        &self,
        matches: &[Match],
        comparisons: &[Comparison],
        t: i64,
        truths: &mut Vec<bool>,
    ) -> i64 {
        let gone = self
            .lifetime
            .map_or(i64::MIN, |lifetime| t.saturating_sub(lifetime));
        let start = matches.partition_point(|own| own.time <= gone || own.time < self.from);
        let end = matches.partition_point(|own| own.time < self.to);
        let inside = matches.get(start..end).unwrap_or_default();
        let now = inside.partition_point(|own| own.time <= t);
        let (seen, coming) = inside.split_at_checked(now).unwrap_or((inside, &[]));
        let turn = match self.function {
            Function::Count => self.count(seen, comparisons, truths),
            Function::Sum | Function::Average => self.sum(seen, comparisons, truths),
            Function::Min | Function::Max => self.extreme(seen, comparisons, truths),
            Function::Distinct => self.distinct(seen, comparisons, truths),
            Function::SinceLast => self.span(seen.last(), comparisons, t, truths),
            Function::SinceFirst => self.span(seen.first(), comparisons, t, truths),
        };
        turn.min(coming.first().map_or(i64::MAX, |next| next.time))
    }

    /// When a match no longer counts.
    fn leaves(&self, own: &Match) -> i64 {
        self.lifetime
            .map_or(i64::MAX, |lifetime| own.time.saturating_add(lifetime))
    }

    fn count(&self, seen: &[Match], comparisons: &[Comparison], truths: &mut Vec<bool>) -> i64 {
        let count = seen.len() as i128;
        let mut turn = i64::MAX;
        for comparison in comparisons {
            truths.push(comparison.of_whole(count));
            if let Some(below) = comparison.turns_below(count)
                && let Some(leaving) = seen.get((count - below) as usize - 1)
            {
                turn = turn.min(self.leaves(leaving));
            }
        }
        turn
    }

    fn sum(&self, seen: &[Match], comparisons: &[Comparison], truths: &mut Vec<bool>) -> i64 {
        let mut sum: i128 = seen.iter().map(|own| i128::from(own.payload)).sum();
        let mut count = seen.len() as i128;
        let holds = |comparison: &Comparison, sum: i128, count: i128| match self.function {
            Function::Average if count == 0 => false,
            Function::Average => comparison.holds(sum * self.scale, count),
            _ => comparison.holds(sum * self.scale, 1),
        };
        let first = truths.len();
        truths.extend(comparisons.iter().map(|own| holds(own, sum, count)));
        if self.lifetime.is_none() {
            return i64::MAX;
        }
        for (ahead, own) in seen.iter().enumerate() {
            sum -= i128::from(own.payload);
            count -= 1;
            let turns = comparisons.iter().zip(truths.iter().skip(first));
            let mut turns =
                turns.map(|(comparison, truth)| holds(comparison, sum, count) != *truth);
            if turns.any(|turn| turn) || ahead == AHEAD {
                return self.leaves(own);
            }
        }
        i64::MAX
    }

    fn extreme(&self, seen: &[Match], comparisons: &[Comparison], truths: &mut Vec<bool>) -> i64 {
        let values = || seen.iter().map(|own| own.payload);
        let value = if self.function == Function::Min {
            values().min()
        } else {
            values().max()
        };
        let holds = |comparison: &Comparison| {
            value.is_some_and(|value| comparison.holds(i128::from(value) * self.scale, 1))
        };
        truths.extend(comparisons.iter().map(holds));
        // It stays what it is until the latest event that has it leaves.
        let latest = seen.iter().rfind(|own| Some(own.payload) == value);
        latest.map_or(i64::MAX, |own| self.leaves(own))
    }

    fn distinct(&self, seen: &[Match], comparisons: &[Comparison], truths: &mut Vec<bool>) -> i64 {
        let mut values: Vec<(i64, i64)> = seen.iter().map(|own| (own.payload, own.time)).collect();
        values.sort_unstable();
        let groups = values.chunk_by(|a, b| a.0 == b.0);
        let mut latest: Vec<i64> = groups.filter_map(|own| Some(own.last()?.1)).collect();
        let count = latest.len() as i128;
        truths.extend(comparisons.iter().map(|own| own.of_whole(count)));
        // The first value to go is the one whose latest event is the earliest.
        latest.sort_unstable();
        let turns = comparisons.iter().filter_map(|own| own.turns_below(count));
        let first = turns
            .filter_map(|below| latest.get((count - below) as usize - 1))
            .min();
        first.map_or(i64::MAX, |time| {
            self.leaves(&Match {
                time: *time,
                payload: 0,
            })
        })
    }

    fn span(
        &self,
        own: Option<&Match>,
        comparisons: &[Comparison],
        t: i64,
        truths: &mut Vec<bool>,
    ) -> i64 {
        let Some(own) = own else {
            truths.extend(comparisons.iter().map(|_| false));
            return i64::MAX;
        };
        let span = i128::from(t) - i128::from(own.time);
        let mut turn = self.leaves(own);
        for comparison in comparisons {
            truths.push(comparison.holds(span, 1));
            let operand = i64::try_from(comparison.operand).unwrap_or(i64::MAX);
            let bound = own.time.saturating_add(operand);
            for instant in [bound, bound.saturating_add(1)] {
                if instant > t {
                    turn = turn.min(instant);
                    break;
                }
            }
        }
        turn
    }
}

impl Comparison {
    /// `numerator / denominator OPERATOR operand`, exactly, for a positive denominator.
    pub(super) fn holds(&self, numerator: i128, denominator: i128) -> bool {
        self.operator
            .holds(numerator, self.operand.saturating_mul(denominator))
    }

    /// Of a whole number against micro units.
    pub(super) fn of_whole(&self, number: i128) -> bool {
        self.holds(number * i128::from(MICROS), 1)
    }

    /// The largest whole number from 0 below `count` of which the comparison says otherwise than of `count`.
    fn turns_below(&self, count: i128) -> Option<i128> {
        let micros = i128::from(MICROS);
        let (floor, exact) = (
            self.operand.div_euclid(micros),
            self.operand.rem_euclid(micros) == 0,
        );
        let other = match self.operator {
            // Holds from the bound on, or below it: the last number on the other side.
            Operator::GreaterOrEqual | Operator::Less => {
                let bound = if exact { floor } else { floor + 1 };
                (count >= bound).then(|| bound - 1)
            }
            Operator::Greater | Operator::LessOrEqual => (count > floor).then_some(floor),
            Operator::Equal | Operator::NotEqual => match count.cmp(&floor) {
                _ if !exact => None,
                std::cmp::Ordering::Equal => Some(floor - 1),
                std::cmp::Ordering::Greater => Some(floor),
                std::cmp::Ordering::Less => None,
            },
        };
        other.filter(|other| (0..count).contains(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::sample::select;

    fn operators() -> impl Strategy<Value = Operator> {
        select(vec![
            Operator::Equal,
            Operator::NotEqual,
            Operator::Less,
            Operator::LessOrEqual,
            Operator::Greater,
            Operator::GreaterOrEqual,
        ])
    }

    proptest! {
        #[test]
        fn a_count_turns_at_the_largest_smaller_number_of_another_truth(
            operator in operators(),
            operand in prop_oneof![Just(-500_000), (-2i128..6).prop_map(|whole| whole * 1_000_000), (-2i128..6).prop_map(|whole| whole * 1_000_000 + 500_000)],
            count in 0i128..8,
        ) {
            let comparison = Comparison { operator, operand };
            let expected = (0..count).rev().find(|other| comparison.of_whole(*other) != comparison.of_whole(count));

            prop_assert_eq!(expected, comparison.turns_below(count));
        }

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
            let unit = if matches!(function, Function::SinceLast | Function::SinceFirst) { 1 } else { 500_000 };
            let comparisons: Vec<_> = comparisons
                .into_iter()
                .map(|(operator, operand)| Comparison { operator, operand: operand * unit })
                .collect();
            let measure = Measure { function, lifetime, scale: 1_000_000, from: i64::MIN, to: i64::MAX, ends_by_retention: false };
            let (mut now, mut later) = (Vec::new(), Vec::new());

            let turn = measure.judge(&matches, &comparisons, t, &mut now);

            prop_assert!(turn > t);
            for instant in t..turn.min(45) {
                later.clear();
                measure.judge(&matches, &comparisons, instant, &mut later);
                prop_assert_eq!(&now, &later, "at {} of {}..{}", instant, t, turn);
            }
        }
    }
}
