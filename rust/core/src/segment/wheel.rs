//! What falls due when: a calendar of buckets, of which only the next is kept in order.
//!
//! Entries far ahead lie unsorted in buckets of about a quarter of an hour; a bucket is sorted when time reaches it, so an entry
//! costs a push and its share of one sort. After Brown, "Calendar queues" (1988), with the day's length fixed.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use crate::id::{GroupId, ProfileId};
use crate::time::Instant;

/// Milliseconds of one bucket as a power of two: 17.5 minutes.
const BUCKET_BITS: u32 = 20;

/// A group of one profile is to be judged anew at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Due {
    pub(super) at: Instant,
    pub(super) profile: ProfileId,
    pub(super) group: GroupId,
}

/// All that is due later.
#[derive(Clone, Debug, Default)]
pub(super) struct Wheel {
    /// Bucket numbers below are open: sorted, falling, the next at the end.
    opened: i64,
    open: Vec<Due>,
    /// What came after its bucket was opened.
    late: BinaryHeap<Reverse<Due>>,
    later: BTreeMap<i64, Vec<Due>>,
    len: usize,
}

const fn bucket(at: Instant) -> i64 {
    at.0 >> BUCKET_BITS
}

impl Wheel {
    /// A wheel whose buckets are all ahead of time.
    pub(super) fn new() -> Self {
        Self {
            opened: i64::MIN,
            ..Self::default()
        }
    }

    /// How many entries wait.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Adds an entry.
    pub(super) fn push(&mut self, due: Due) {
        self.len += 1;
        let number = bucket(due.at);
        if number < self.opened {
            self.late.push(Reverse(due));
        } else {
            self.later.entry(number).or_default().push(due);
        }
    }

    /// The instant of the next entry.
    pub(super) fn next(&mut self) -> Option<Instant> {
        while self.open.is_empty() && self.late.is_empty() {
            let (number, mut entries) = self.later.pop_first()?;
            self.opened = number + 1;
            entries.sort_unstable_by(|a, b| b.cmp(a));
            self.open = entries;
        }
        let late = self.late.peek().map(|Reverse(due)| due.at);
        let open = self.open.last().map(|due| due.at);
        match (open, late) {
            (Some(open), Some(late)) => Some(open.min(late)),
            (open, late) => open.or(late),
        }
    }

    /// Takes the next entry out if it is due at `t` or before.
    pub(super) fn pop(&mut self, t: Instant) -> Option<Due> {
        if self.next()? > t {
            return None;
        }
        self.len -= 1;
        let late = self.late.peek().map(|Reverse(due)| *due);
        match (self.open.last().copied(), late) {
            (Some(open), Some(late)) if late < open => self.late.pop().map(|Reverse(due)| due),
            (Some(_), _) => self.open.pop(),
            (None, _) => self.late.pop().map(|Reverse(due)| due),
        }
    }

    /// Whose entries come next in the open bucket, at most `count` of them.
    pub(super) fn soon(&self, count: usize) -> impl Iterator<Item = ProfileId> {
        self.open.iter().rev().take(count).map(|due| due.profile)
    }

    /// The instant of entry number `count` from now, if there are so many up to `t`; else `t`. Opens no bucket after `t`.
    pub(super) fn reach(&mut self, count: usize, t: Instant) -> Instant {
        let mut ahead = Vec::new();
        let mut found = None;
        while found.is_none()
            && let Some(due) = self.pop(t)
        {
            ahead.push(due);
            if ahead.len() > count {
                found = Some(due.at);
            }
        }
        for due in ahead {
            self.push(due);
        }
        found.unwrap_or(t)
    }

    /// Bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        let later: usize = self.later.values().map(Vec::capacity).sum();
        (later + self.open.capacity() + self.late.capacity()) * size_of::<Due>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn entries_come_out_in_order_whenever_they_went_in(
            steps in prop::collection::vec((prop::option::of(0i64..5_000_000), 0i64..5_000_000), 0..60),
        ) {
            let (mut wheel, mut model) = (Wheel::new(), std::collections::BTreeSet::new());
            for (number, (at, t)) in steps.into_iter().enumerate() {
                if let Some(at) = at {
                    let due = Due { at: Instant(at), profile: ProfileId(number as u32), group: GroupId(1) };
                    wheel.push(due);
                    model.insert(due);
                }
                let expected = model.first().copied().filter(|due| due.at <= Instant(t));
                if let Some(due) = expected {
                    model.remove(&due);
                }
                prop_assert_eq!(expected, wheel.pop(Instant(t)));
                prop_assert_eq!(model.len(), wheel.len());
            }
        }
    }
}
