//! Linear hashing (Litwin 1980): dense numbers by the hash of what they stand for.
//!
//! What a number stands for lies with the owner, who says whether it is the one that is looked for. Buckets are split in turn,
//! one whenever as many entries have come as a bucket is to have on average, so growth never stalls; and clones share all
//! buckets that are not written. A bucket is an open table of lines, each as long as the memory that is fetched at once, and has
//! about as many lines as its entries need: so it does not matter that those not yet split in a round hold twice as much.

use std::sync::Arc;

use crate::line::{self, Line, WIDTH};

/// A bucket has so many entries on average.
const AVERAGE: usize = 128;

/// Buckets in one group, which is copied where one of them is written that a clone shares.
const GROUP: usize = 32;

/// Numbers by hash; a clone is cheap. The number `u32::MAX` cannot be held.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    groups: Arc<Vec<Arc<Vec<Bucket>>>>,
    buckets: usize,
    len: usize,
}

#[derive(Clone, Debug)]
struct Bucket {
    lines: Arc<[Line]>,
    len: usize,
}

impl Bucket {
    fn with_room(entries: usize) -> Self {
        let lines = (entries * 16).div_ceil(WIDTH * 13).max(1);
        Self {
            lines: std::iter::repeat_n(Line::EMPTY, lines).collect(),
            len: 0,
        }
    }

    fn entries(&self) -> impl Iterator<Item = (u32, u32)> {
        line::entries(&self.lines)
    }

    fn insert(&mut self, hash: u32, number: u32) {
        // Beyond thirteen sixteenths many lines are full, and look-ups read on.
        if (self.len + 1) * 16 > self.lines.len() * WIDTH * 13 {
            let mut grown = Self::with_room(self.len + 1 + self.len / 4);
            grown.extend(self.entries());
            *self = grown;
        }
        self.extend(std::iter::once((hash, number)));
    }

    /// Adds entries for which there is room.
    fn extend(&mut self, entries: impl Iterator<Item = (u32, u32)>) {
        let lines = Arc::make_mut(&mut self.lines);
        self.len += entries
            .filter(|(hash, number)| line::push(lines, *hash, *number))
            .count();
    }
}

/// In which of `count` tables, split in turn, a hash is looked for: by as many of its lowest bits as there are tables for.
#[inline]
pub(crate) const fn address(hash: u32, count: usize) -> usize {
    let mask = count.next_power_of_two() - 1;
    let place = hash as usize & mask;
    if place < count {
        place
    } else {
        place & mask >> 1
    }
}

impl Directory {
    /// An index of nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many entries are held.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing is held.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    #[inline]
    fn bucket(&self, hash: u32) -> Option<&Bucket> {
        let place = address(hash, self.buckets);
        self.groups.get(place / GROUP)?.get(place % GROUP)
    }

    #[inline]
    fn bucket_mut(&mut self, place: usize) -> Option<&mut Bucket> {
        let group = Arc::make_mut(&mut self.groups).get_mut(place / GROUP)?;
        Arc::make_mut(group).get_mut(place % GROUP)
    }

    /// The entry with this hash that `is_it` recognises.
    #[inline]
    pub fn find(&self, hash: u32, is_it: impl FnMut(u32) -> bool) -> Option<u32> {
        line::find(&self.bucket(hash)?.lines, hash, is_it)
    }

    /// For each hash the entry that `is_it` recognises, which is also told the place of the hash.
    pub fn find_each(
        &self,
        hashes: &[u32],
        mut is_it: impl FnMut(usize, u32) -> bool,
        mut found: impl FnMut(Option<u32>),
    ) {
        let lines = |hash| self.bucket(hash).map(|bucket| bucket.lines.as_ref());
        line::for_each(hashes, lines, |at, hash, lines| {
            let is_it = |number| is_it(at, number);
            found(lines.and_then(|lines| line::find(lines, hash, is_it)));
        });
    }

    /// Adds an entry that is not held yet.
    pub fn insert(&mut self, hash: u32, number: u32) {
        if self.len >= self.buckets * AVERAGE {
            self.split();
        }
        let place = address(hash, self.buckets);
        if let Some(bucket) = self.bucket_mut(place) {
            bucket.insert(hash, number);
            self.len += 1;
        }
    }

    /// Removes the entry with this hash that `is_it` recognises.
    pub fn remove(&mut self, hash: u32, is_it: impl FnMut(u32) -> bool) -> Option<u32> {
        // Looked for first, so that a bucket is not copied in vain.
        let number = self.find(hash, is_it)?;
        let place = address(hash, self.buckets);
        let bucket = self.bucket_mut(place)?;
        if line::take(Arc::make_mut(&mut bucket.lines), number) {
            bucket.len -= 1;
            self.len -= 1;
        }
        Some(number)
    }

    /// Adds a bucket: it takes those entries of the one whose turn it is that have the next bit of the hash.
    fn split(&mut self) {
        let new = self.buckets;
        let bit = (new + 1).next_power_of_two() >> 1;
        let mut other = Bucket::with_room(0);
        if let Some(bucket) = new.checked_sub(bit).and_then(|old| self.bucket_mut(old)) {
            let goes = |own: &(u32, u32)| own.0 as usize & bit != 0;
            let gone = bucket.entries().filter(goes).count();
            let mut rest = Bucket::with_room(bucket.len - gone);
            rest.extend(bucket.entries().filter(|own| !goes(own)));
            other = Bucket::with_room(gone);
            other.extend(bucket.entries().filter(goes));
            *bucket = rest;
        }
        let groups = Arc::make_mut(&mut self.groups);
        if new.is_multiple_of(GROUP) {
            groups.push(Arc::default());
        }
        if let Some(group) = groups.last_mut() {
            Arc::make_mut(group).push(other);
            self.buckets += 1;
        }
    }

    fn all(&self) -> impl Iterator<Item = &Bucket> {
        self.groups.iter().flat_map(|group| group.iter())
    }

    /// Bytes on the heap; shared ones count in full.
    pub fn heap_bytes(&self) -> usize {
        let group = |group: &Arc<Vec<Bucket>>| group.capacity() * size_of::<Bucket>() + 40;
        let groups: usize = self.groups.iter().map(group).sum();
        // Lines are aligned, so what stands before them takes as much as one.
        let lines: usize = self.all().map(|bucket| bucket.lines.len() + 1).sum();
        self.groups.capacity() * 8 + groups + lines * size_of::<Line>()
    }

    /// Checks the invariants; `hash_of` gives the hash that a number was added with.
    pub fn validate(&self, hash_of: impl Fn(u32) -> u32) -> Result<(), String> {
        let mut held = 0;
        for (place, bucket) in self.all().enumerate() {
            if line::validate(&bucket.lines)? != bucket.len {
                return Err(format!("bucket {place} does not hold {}", bucket.len));
            }
            held += bucket.len;
            let stray =
                |own: &(u32, u32)| address(own.0, self.buckets) != place || hash_of(own.1) != own.0;
            if let Some((_, number)) = bucket.entries().find(stray) {
                return Err(format!("{number} does not belong to bucket {place}"));
            }
        }
        if held == self.len && self.all().count() == self.buckets {
            Ok(())
        } else {
            Err(format!("{held} held, {} counted", self.len))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    const fn spread(number: u32) -> u32 {
        number.wrapping_mul(2_654_435_761)
    }

    #[test]
    fn entries_come_and_go_over_many_splits() {
        let mut directory = Directory::new();
        (0..20_000).for_each(|number| directory.insert(spread(number), number));
        let old = directory.clone();

        for number in (0..20_000).step_by(3) {
            assert_eq!(
                Some(number),
                directory.remove(spread(number), |found| found == number)
            );
        }

        assert_eq!(Ok(()), directory.validate(spread));
        assert_eq!(Ok(()), old.validate(spread));
        for number in 0..20_100 {
            let found = |directory: &Directory| {
                directory
                    .find(spread(number), |found| found == number)
                    .is_some()
            };
            assert_eq!(number < 20_000 && number % 3 != 0, found(&directory));
            assert_eq!(number < 20_000, found(&old));
        }
    }

    #[test]
    fn equal_hashes_share_a_bucket_that_grows() {
        let mut directory = Directory::new();

        (0..3_000).for_each(|number| directory.insert(7, number));

        assert_eq!(Ok(()), directory.validate(|_| 7));
        assert!((0..3_000).all(|number| directory.find(7, |found| found == number).is_some()));
    }

    proptest! {
        #[test]
        fn a_directory_holds_what_a_set_holds(steps in prop::collection::vec((0u32..60, any::<bool>()), 0..200), mask in 0u32..4) {
            let hash = |number: u32| spread(number) & mask;
            let (mut directory, mut model) = (Directory::new(), BTreeSet::new());
            for (number, add) in steps {
                if add && model.insert(number) {
                    directory.insert(hash(number), number);
                } else if !add {
                    let removed = directory.remove(hash(number), |found| found == number);
                    prop_assert_eq!(model.remove(&number), removed.is_some());
                }
            }
            prop_assert_eq!(Ok(()), directory.validate(hash));
            prop_assert_eq!(model.len(), directory.len());
            for number in 0..60 {
                let found = directory.find(hash(number), |found| found == number);
                prop_assert_eq!(model.contains(&number), found.is_some());
            }
        }
    }
}
