//! The truth of something at every instant.

use std::collections::BTreeSet;

use crate::time::Instant;

/// True or false from the beginning of time, and the instants at which that turns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Timeline {
    first: bool,
    /// Rising; from each of them on the truth is the opposite of what it was just before.
    turns: Vec<Instant>,
}

impl Timeline {
    /// `first` from the beginning, and the opposite from each of the rising `turns` on.
    pub(crate) const fn new(first: bool, turns: Vec<Instant>) -> Self {
        Self { first, turns }
    }

    /// What `truth` is at every instant, when it turns at none but the `critical` ones.
    pub(crate) fn of(critical: &BTreeSet<Instant>, truth: impl Fn(Instant) -> bool) -> Self {
        let first = truth(Instant(i64::MIN));
        let mut turns = Vec::new();
        let mut now = first;
        for instant in critical {
            if truth(*instant) != now {
                turns.push(*instant);
                now = !now;
            }
        }
        Self { first, turns }
    }

    /// The truth at `t`.
    pub(crate) fn at(&self, t: Instant) -> bool {
        self.first ^ (self.turned(t) % 2 == 1)
    }

    /// Since when it has been what it is at `t`; `None`: from the beginning.
    pub(crate) fn since(&self, t: Instant) -> Option<Instant> {
        let before = self.turned(t).checked_sub(1)?;
        self.turns.get(before).copied()
    }

    /// The first instant after `t` at which it is no longer what it is at `t`; `None`: never.
    pub(crate) fn until(&self, t: Instant) -> Option<Instant> {
        self.turns.get(self.turned(t)).copied()
    }

    /// All instants at which it turns.
    pub(crate) fn turns(&self) -> &[Instant] {
        &self.turns
    }

    fn turned(&self, t: Instant) -> usize {
        self.turns.partition_point(|turn| *turn <= t)
    }
}
