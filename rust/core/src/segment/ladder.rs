//! Comparisons of one value as a ladder: the constants cut the line of values into levels, and a comparison holds on some of them.
//!
//! What is kept of a profile is the level on which its value stands. A step from one level to another concerns the comparisons whose
//! constant lies between, so its cost follows what turns and not how many ask.

use crate::id::AtomId;
use crate::rule::ast::{Function, Operator};
use crate::value::MICROS;

/// A comparison with a constant; micro units, or milliseconds for spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Comparison {
    pub(super) operator: Operator,
    pub(super) operand: i128,
}

/// A place on the line of values: just before its constant, or just after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Cut {
    operand: i128,
    is_after: bool,
}

/// The levels on which a comparison holds; never on level 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Extent {
    from: u32,
    to: u32,
    /// Everywhere but from `from` to `to`.
    is_outside: bool,
}

/// Level 0: there is no value. Level 1: below all cuts. Level n + 1: past n cuts. Without cuts: what is true stands on level 1.
#[derive(Clone, Debug, Default)]
pub(super) struct Ladder {
    cuts: Vec<Cut>,
    /// By level: the comparisons that may hold on it and not on the next, or the other way round.
    turning: Vec<Vec<(AtomId, Extent)>>,
    base: u32,
    /// The least whole number on each level that has a lower end, from level 2 on; spans: of milliseconds.
    least: Vec<usize>,
}

impl Comparison {
    /// `numerator / denominator OPERATOR operand`, exactly, for a positive denominator.
    pub(super) fn holds(&self, numerator: i128, denominator: i128) -> bool {
        self.operator
            .holds(numerator, self.operand.saturating_mul(denominator))
    }

    fn cuts(self) -> impl Iterator<Item = Cut> {
        let (before, after) = match self.operator {
            Operator::GreaterOrEqual | Operator::Less => (true, false),
            Operator::Greater | Operator::LessOrEqual => (false, true),
            Operator::Equal | Operator::NotEqual => (true, true),
        };
        let operand = self.operand;
        let cut = move |is_after| Cut { operand, is_after };
        let before = before.then(|| cut(false));
        before.into_iter().chain(after.then(|| cut(true)))
    }
}

impl Cut {
    /// Whether `numerator / denominator` lies past it.
    #[inline]
    fn is_passed(&self, numerator: i128, denominator: i128) -> bool {
        let bound = self.operand.saturating_mul(denominator);
        self.lies_before(numerator, bound)
    }

    /// Whether a value lies past it.
    #[inline]
    fn is_passed_by(&self, value: i128) -> bool {
        self.lies_before(value, self.operand)
    }

    #[inline]
    const fn lies_before(&self, value: i128, bound: i128) -> bool {
        if self.is_after {
            value > bound
        } else {
            value >= bound
        }
    }

    /// The least whole number past it, each worth `unit`; none is below 0.
    fn least(&self, unit: i128) -> usize {
        let floor = self.operand.div_euclid(unit);
        let is_whole = self.operand.rem_euclid(unit) == 0;
        let least = if is_whole && !self.is_after {
            floor
        } else {
            floor.saturating_add(1)
        };
        usize::try_from(least.max(0)).unwrap_or(usize::MAX)
    }
}

impl Extent {
    /// Of a question that is true or not.
    pub(super) const TRUE: Self = Self {
        from: 1,
        to: u32::MAX,
        is_outside: false,
    };

    /// Whether the comparison turns at most once on the way from level 1 to the top.
    pub(super) const fn turns_once(&self) -> bool {
        !self.is_outside && (self.to == u32::MAX || self.from == 1)
    }

    /// Whether the comparison holds on a level.
    #[inline]
    pub(super) const fn holds(&self, level: u32) -> bool {
        level > 0 && (self.from <= level && level < self.to) != self.is_outside
    }
}

impl Ladder {
    /// The ladder of an aggregate that is compared like this.
    pub(super) fn new(
        function: Function,
        asked: impl Iterator<Item = (AtomId, Comparison)> + Clone,
    ) -> Self {
        let mut cuts: Vec<Cut> = asked.clone().flat_map(|(_, own)| own.cuts()).collect();
        cuts.sort_unstable();
        cuts.dedup();
        let unit = match function {
            Function::SinceLast | Function::SinceFirst => 1,
            _ => i128::from(MICROS),
        };
        let mut ladder = Self {
            turning: vec![Vec::new(); cuts.len() + 1],
            least: cuts.iter().map(|cut| cut.least(unit)).collect(),
            cuts,
            base: 0,
        };
        if matches!(
            function,
            Function::Count | Function::Sum | Function::Distinct
        ) {
            ladder.base = ladder.of_value(0);
        }
        for (atom, comparison) in asked {
            let extent = ladder.extent(&comparison);
            for (level, turning) in ladder.turning.iter_mut().enumerate() {
                let level = level as u32;
                if extent.holds(level) != extent.holds(level + 1) {
                    turning.push((atom, extent));
                }
            }
        }
        ladder
    }

    /// The ladder of one question that is true or not.
    pub(super) fn of_truth(atom: AtomId) -> Self {
        Self {
            turning: vec![vec![(atom, Extent::TRUE)]],
            ..Self::default()
        }
    }

    /// The level of a profile that has no events.
    pub(super) const fn base(&self) -> u32 {
        self.base
    }

    /// The level of `numerator / denominator`, for a positive denominator.
    #[inline]
    pub(super) fn of(&self, numerator: i128, denominator: i128) -> u32 {
        let passed = self
            .cuts
            .partition_point(|cut| cut.is_passed(numerator, denominator));
        passed as u32 + 1
    }

    /// The level of a value.
    #[inline]
    pub(super) fn of_value(&self, value: i128) -> u32 {
        self.cuts.partition_point(|cut| cut.is_passed_by(value)) as u32 + 1
    }

    /// Whether a value stands on a level above 0.
    #[inline]
    pub(super) fn is_on(&self, level: u32, value: i128) -> bool {
        let level = level as usize;
        let (below, above) = (level.checked_sub(2), level.checked_sub(1));
        let cut = |place: Option<usize>| place.and_then(|place| self.cuts.get(place));
        cut(below).is_none_or(|cut| cut.is_passed_by(value))
            && !cut(above).is_some_and(|cut| cut.is_passed_by(value))
    }

    /// The level of a whole number of things.
    #[inline]
    pub(super) fn of_whole(&self, number: usize) -> u32 {
        let passed = self.least.partition_point(|least| *least <= number);
        passed as u32 + 1
    }

    /// The least whole number on a level; none where the level has no lower end, or is not there.
    #[inline]
    pub(super) fn least_whole(&self, level: u32) -> Option<usize> {
        self.least.get((level as usize).checked_sub(2)?).copied()
    }

    /// The levels on which a comparison holds that has its cuts here.
    pub(super) fn extent(&self, comparison: &Comparison) -> Extent {
        // The first level past a cut.
        let past = |is_after| {
            let operand = comparison.operand;
            let cut = Cut { operand, is_after };
            self.cuts.partition_point(|own| *own < cut) as u32 + 2
        };
        let (from, to, is_outside) = match comparison.operator {
            Operator::GreaterOrEqual => (past(false), u32::MAX, false),
            Operator::Greater => (past(true), u32::MAX, false),
            Operator::Less => (1, past(false), false),
            Operator::LessOrEqual => (1, past(true), false),
            Operator::Equal => (past(false), past(true), false),
            Operator::NotEqual => (past(false), past(true), true),
        };
        Extent {
            from,
            to,
            is_outside,
        }
    }

    /// The highest level.
    #[cfg(test)]
    fn top(&self) -> u32 {
        self.cuts.len() as u32 + 1
    }

    /// By level the comparisons that may hold on it and not on the next, or the other way round.
    pub(super) fn turning(&self) -> &[Vec<(AtomId, Extent)>] {
        &self.turning
    }

    /// By level of this ladder the level of another one on which everything that both ask is answered alike.
    pub(super) fn levels_on(&self, other: &Self) -> Vec<u32> {
        let past = |cut: &Cut| other.cuts.partition_point(|own| own <= cut) as u32 + 1;
        [0, 1]
            .into_iter()
            .chain(self.cuts.iter().map(past))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::operators;
    use proptest::prelude::*;

    fn comparisons() -> impl Strategy<Value = Vec<Comparison>> {
        let own = (operators(), -3i128..5).prop_map(|(operator, half)| Comparison {
            operator,
            operand: half * 500_000,
        });
        prop::collection::vec(own, 1..6)
    }

    fn ladder(comparisons: &[Comparison]) -> Ladder {
        let atoms = (0..).map(AtomId);
        let asked: Vec<_> = atoms.zip(comparisons.iter().copied()).collect();
        Ladder::new(Function::Count, asked.iter().copied())
    }

    proptest! {
        #[test]
        fn a_comparison_holds_on_the_levels_of_the_values_of_which_it_holds(own in comparisons(), value in -5i128..8, denominator in 1i128..4) {
            let ladder = ladder(&own);

            let level = ladder.of(value * 250_000, denominator);

            for comparison in &own {
                prop_assert_eq!(comparison.holds(value * 250_000, denominator), ladder.extent(comparison).holds(level));
                prop_assert!(!ladder.extent(comparison).holds(0));
            }
            prop_assert_eq!(ladder.of(value * 250_000, 1), ladder.of_value(value * 250_000));
            for other in 1..12 {
                prop_assert_eq!(other == ladder.of_value(value * 250_000), ladder.is_on(other, value * 250_000) && other <= ladder.top());
            }
        }

        #[test]
        fn a_whole_number_stands_where_its_value_does(own in comparisons(), number in 0usize..6) {
            let ladder = ladder(&own);

            let level = ladder.of_whole(number);

            prop_assert_eq!(ladder.of(number as i128 * 1_000_000, 1), level);
            if let Some(least) = ladder.least_whole(level) {
                prop_assert!(least <= number && (least == 0 || ladder.of_whole(least - 1) < level));
            }
        }

        #[test]
        fn a_level_of_another_ladder_answers_alike(kept in comparisons(), gone in comparisons(), new in comparisons(), value in -5i128..8) {
            let (old, new) = (
                ladder(&[kept.clone(), gone].concat()),
                ladder(&[kept.clone(), new].concat()),
            );

            let levels = old.levels_on(&new);
            let level = levels.get(old.of(value * 250_000, 1) as usize).copied();

            for comparison in &kept {
                prop_assert_eq!(Some(comparison.holds(value * 250_000, 1)), level.map(|level| new.extent(comparison).holds(level)));
            }
            prop_assert_eq!(Some(&0), levels.first());
        }
    }
}
