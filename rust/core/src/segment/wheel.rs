//! What falls due when: a calendar of buckets, of which only the next is kept in order.
//!
//! Entries far ahead lie unsorted in buckets of about a quarter of an hour; a bucket is put in order of time when time reaches it, so
//! an entry costs a push and its share of one sort by digits. After Brown, "Calendar queues" (1988), with the day's length fixed.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::ops::Bound;

use crate::id::{GroupId, ProfileId};
use crate::order::{by_number, rising};
use crate::time::Instant;

/// Milliseconds of one bucket as a power of two: 17.5 minutes.
const BUCKET_BITS: u32 = 20;

/// Buckets ahead that are found without a search: about 400 days.
const NEAR: usize = if cfg!(test) { 3 } else { 1 << 15 };

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
    /// Bucket numbers below are open: rising by time, those before `taken` are gone.
    opened: i64,
    open: Vec<Due>,
    taken: usize,
    /// What came after its bucket was opened.
    late: BinaryHeap<Reverse<Due>>,
    /// Buckets from `base` on, none of which is open.
    near: VecDeque<Vec<Due>>,
    base: i64,
    /// Those before and after them.
    far: BTreeMap<i64, Vec<Due>>,
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
            self.bucket_mut(number).push(due);
        }
    }

    /// A bucket that is not open.
    fn bucket_mut(&mut self, number: i64) -> &mut Vec<Due> {
        if self.near.is_empty() {
            self.base = number;
        }
        let place = usize::try_from(number - self.base).ok();
        let Some(place) = place.filter(|place| *place < NEAR) else {
            return self.far.entry(number).or_default();
        };
        if self.near.len() <= place {
            self.near.resize_with(place + 1, Vec::new);
        }
        #[expect(clippy::indexing_slicing, reason = "place < len by the lines before")]
        &mut self.near[place]
    }

    /// Takes out the first bucket that has entries, if its number is `last` or lower.
    fn first_bucket(&mut self, last: i64) -> Option<(i64, Vec<Due>)> {
        while self.near.front().is_some_and(Vec::is_empty) {
            self.near.pop_front();
            self.base += 1;
        }
        let first_far = self.far.first_key_value().map(|(number, _)| *number);
        let first_near = (!self.near.is_empty()).then_some(self.base);
        if first_far.into_iter().chain(first_near).min()? > last {
            return None;
        }
        if self.near.is_empty() || first_far.is_some_and(|far| far <= self.base) {
            let (number, mut entries) = self.far.pop_first()?;
            if number == self.base
                && let Some(own) = self.near.front_mut()
            {
                entries.append(own);
            }
            return Some((number, entries));
        }
        let entries = self.near.pop_front()?;
        self.base += 1;
        Some((self.base - 1, entries))
    }

    /// What waits in the open bucket.
    fn rest(&self) -> &[Due] {
        self.open.get(self.taken..).unwrap_or_default()
    }

    /// Takes out everything that is due at `t` or before, and appends it in any order.
    pub(super) fn drain(&mut self, t: Instant, out: &mut Vec<Due>) {
        let before = out.len();
        loop {
            let rest = self.rest();
            let count = rest.partition_point(|due| due.at <= t);
            let is_empty = count == rest.len();
            out.extend_from_slice(rest.get(..count).unwrap_or_default());
            self.taken += count;
            if !(is_empty && self.opens(t)) {
                break;
            }
        }
        while let Some(Reverse(due)) = self.late.peek().filter(|own| own.0.at <= t) {
            out.push(*due);
            self.late.pop();
        }
        self.len -= out.len() - before;
    }

    /// Opens the next bucket if it begins at `t` or before; only once nothing is left in the open one.
    fn opens(&mut self, t: Instant) -> bool {
        let Some((number, mut entries)) = self.first_bucket(bucket(t)) else {
            return false;
        };
        self.opened = number + 1;
        by_number(&mut entries, &mut self.open, |due| rising(due.at));
        (self.open, self.taken) = (entries, 0);
        true
    }

    /// The instant of entry number `count` from now, if there are so many up to `t`; else `t`. Opens no bucket and moves no entry.
    pub(super) fn reach(&self, count: usize, t: Instant) -> Instant {
        let mut ahead: Vec<Instant> = Vec::new();
        let mut add = |entries: &mut dyn Iterator<Item = &Due>| {
            let due = entries.map(|due| due.at).filter(|at| *at <= t);
            ahead.extend(due);
            ahead.len() > count
        };
        // Of what is open no more than `count` and one come before the one that is looked for.
        let open = self.rest().iter().take(count.saturating_add(1));
        let mut is_enough = add(&mut open.chain(self.late.iter().map(|Reverse(due)| due)));
        let mut last = i64::MIN;
        for (number, entries) in self.buckets() {
            // A bucket may come twice, near and far.
            if number > bucket(t) || (is_enough && number != last) {
                break;
            }
            is_enough = add(&mut entries.iter());
            last = number;
        }
        if !is_enough {
            return t;
        }
        *ahead.select_nth_unstable(count).1
    }

    /// All buckets that are not open, rising.
    fn buckets(&self) -> impl Iterator<Item = (i64, &Vec<Due>)> {
        let end = self.base + self.near.len() as i64;
        let far = |numbers: (Bound<i64>, Bound<i64>)| {
            let own = self.far.range(numbers);
            own.map(|(number, entries)| (*number, entries))
        };
        let before = far((Bound::Unbounded, Bound::Excluded(self.base)));
        let inside = (self.base..).zip(&self.near);
        let both = inside.flat_map(|(number, own)| {
            let far = self.far.get(&number).map(|entries| (number, entries));
            [Some((number, own)), far].into_iter().flatten()
        });
        let after = far((Bound::Included(end), Bound::Unbounded));
        before.chain(both).chain(after)
    }

    /// Bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        let later: usize = self.buckets().map(|(_, own)| own.capacity()).sum();
        let near = self.near.capacity() * size_of::<Vec<Due>>();
        near + (later + self.open.capacity() + self.late.capacity()) * size_of::<Due>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn entries_come_out_once_they_are_due_whenever_they_went_in(
            steps in prop::collection::vec((prop::collection::vec(0i64..8_000_000, 0..4), 0i64..3_000_000), 0..40),
        ) {
            let (mut wheel, mut model) = (Wheel::new(), std::collections::BTreeSet::new());
            let mut t = Instant(0);
            for (number, (spans, passed)) in steps.into_iter().enumerate() {
                for (group, span) in spans.into_iter().enumerate() {
                    let at = Instant(t.0 + span);
                    let due = Due { at, profile: ProfileId(number as u32), group: GroupId(group as u32) };
                    wheel.push(due);
                    model.insert(due);
                }
                t = Instant(t.0 + passed);
                for count in [0, 1, 3] {
                    let nth = model.iter().nth(count).map(|due| due.at);
                    prop_assert_eq!(nth.filter(|at| *at <= t).unwrap_or(t), wheel.reach(count, t));
                }
                let mut due = Vec::new();
                wheel.drain(t, &mut due);
                due.sort_unstable();
                let later = model.iter().filter(|due| due.at > t).copied().collect();
                let expected: Vec<_> = std::mem::replace(&mut model, later).into_iter().filter(|due| due.at <= t).collect();
                prop_assert_eq!(expected, due);
                prop_assert_eq!(model.len(), wheel.len());
            }
        }
    }
}
