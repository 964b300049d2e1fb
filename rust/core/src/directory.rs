//! Extendible hashing: an index of dense numbers by the hash of what they stand for.
//!
//! The index knows numbers and hashes only; what a number stands for lies with the owner, who says whether two are equal
//! and can give the hash of a number again. An overflowing bucket is split alone, so growth never stalls, and clones share
//! all buckets that are not written.

use std::sync::Arc;

use hashbrown::HashTable;

/// A bucket holds at most this many: seven eighths of 1,024, so that its table never grows beyond 1,024 places.
const FULL: usize = 896;

/// Buckets are not split beyond this depth, so that equal hashes cannot split for ever: they share a bucket that grows.
const DEEPEST: u32 = 24;

/// Numbers by hash; a clone is cheap.
#[derive(Clone, Debug)]
pub struct Directory {
    /// Which bucket the `depth` routing bits of a hash lead to: `1 << depth` of them.
    routes: Arc<Vec<u32>>,
    buckets: Arc<Vec<Arc<Bucket>>>,
    depth: u32,
    len: usize,
}

#[derive(Clone, Debug)]
struct Bucket {
    /// All hashes in here agree in this many routing bits.
    depth: u32,
    table: HashTable<u32>,
}

impl Default for Directory {
    fn default() -> Self {
        Self::new()
    }
}

/// The routing bits: apart from the low and the topmost ones, which the table of a bucket uses.
const fn routing(hash: u64, depth: u32) -> usize {
    ((hash >> 24) & ((1 << depth) - 1)) as usize
}

impl Directory {
    /// An index of nothing.
    pub fn new() -> Self {
        let bucket = Bucket {
            depth: 0,
            table: HashTable::new(),
        };
        Self {
            routes: Arc::new(vec![0]),
            buckets: Arc::new(vec![Arc::new(bucket)]),
            depth: 0,
            len: 0,
        }
    }

    /// How many numbers are held.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing is held.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The number with this hash that `equal` recognises.
    #[inline]
    pub fn find(&self, hash: u64, mut equal: impl FnMut(u32) -> bool) -> Option<u32> {
        self.bucket(hash)?
            .table
            .find(hash, |number| equal(*number))
            .copied()
    }

    /// Adds a number that is not held yet; `hash_of` gives the hash of any number held.
    pub fn insert(&mut self, hash: u64, number: u32, hash_of: impl Fn(u32) -> u64) {
        while self
            .bucket(hash)
            .is_some_and(|bucket| bucket.table.len() >= FULL && bucket.depth < DEEPEST)
        {
            self.split(hash, &hash_of);
        }
        if let Some(bucket) = self.bucket_mut(hash) {
            bucket
                .table
                .insert_unique(hash, number, |number| hash_of(*number));
            self.len += 1;
        }
    }

    /// Removes the number with this hash that `equal` recognises.
    pub fn remove(&mut self, hash: u64, mut equal: impl FnMut(u32) -> bool) -> Option<u32> {
        self.find(hash, &mut equal)?;
        let entry = self
            .bucket_mut(hash)?
            .table
            .find_entry(hash, |number| equal(*number))
            .ok()?;
        let number = entry.remove().0;
        self.len -= 1;
        Some(number)
    }

    #[inline]
    fn bucket(&self, hash: u64) -> Option<&Bucket> {
        let route = *self.routes.get(routing(hash, self.depth))?;
        self.buckets.get(route as usize).map(AsRef::as_ref)
    }

    fn bucket_mut(&mut self, hash: u64) -> Option<&mut Bucket> {
        let route = *self.routes.get(routing(hash, self.depth))?;
        Arc::make_mut(&mut self.buckets)
            .get_mut(route as usize)
            .map(Arc::make_mut)
    }

    /// Splits the bucket of `hash` by one more routing bit.
    fn split(&mut self, hash: u64, hash_of: &impl Fn(u32) -> u64) {
        let new = self.buckets.len() as u32;
        let Some(bucket) = self.bucket_mut(hash) else {
            return;
        };
        let old_depth = bucket.depth;
        let (mut stay, mut go) = (
            HashTable::with_capacity(FULL),
            HashTable::with_capacity(FULL),
        );
        for &number in &bucket.table {
            let hash = hash_of(number);
            let side = if hash >> (24 + old_depth) & 1 == 0 {
                &mut stay
            } else {
                &mut go
            };
            side.insert_unique(hash, number, |number| hash_of(*number));
        }
        *bucket = Bucket {
            depth: old_depth + 1,
            table: stay,
        };
        Arc::make_mut(&mut self.buckets).push(Arc::new(Bucket {
            depth: old_depth + 1,
            table: go,
        }));
        let routes = Arc::make_mut(&mut self.routes);
        if old_depth == self.depth {
            routes.extend_from_within(..);
            self.depth += 1;
        }
        let first = routing(hash, old_depth) | 1 << old_depth;
        for route in routes.iter_mut().skip(first).step_by(2 << old_depth) {
            *route = new;
        }
    }

    /// Bytes on the heap; shared ones count in full.
    pub fn heap_bytes(&self) -> usize {
        let buckets: usize = self
            .buckets
            .iter()
            .map(|bucket| size_of::<Bucket>() + 16 + bucket.table.allocation_size())
            .sum();
        self.routes.capacity() * 4 + self.buckets.capacity() * 8 + buckets
    }

    /// Checks the invariants; `hash_of` as in [`Self::insert`].
    pub fn validate(&self, hash_of: impl Fn(u32) -> u64) -> Result<(), String> {
        if self.routes.len() != 1 << self.depth {
            return Err(format!(
                "{} routes at depth {}",
                self.routes.len(),
                self.depth
            ));
        }
        let mut held = 0;
        for (route, bucket) in self.routes.iter().enumerate() {
            let Some(target) = self.buckets.get(*bucket as usize) else {
                return Err(format!("route {route} leads nowhere"));
            };
            let mask = (1_usize << target.depth) - 1;
            if self.routes.get(route & mask) != Some(bucket) {
                return Err(format!(
                    "route {route} differs from its prefix of {} bits",
                    target.depth
                ));
            }
            if route > mask {
                continue;
            }
            held += target.table.len();
            if let Some(stray) = target
                .table
                .iter()
                .find(|number| routing(hash_of(**number), target.depth) != route & mask)
            {
                return Err(format!("number {stray} lies in the wrong bucket"));
            }
        }
        if held == self.len {
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

    fn spread(number: u32) -> u64 {
        u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    #[test]
    fn numbers_come_and_go_over_many_splits() {
        let mut directory = Directory::new();
        (0..20_000).for_each(|number| directory.insert(spread(number), number, spread));
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

        (0..3_000).for_each(|number| directory.insert(7, number, |_| 7));

        assert_eq!(Ok(()), directory.validate(|_| 7));
        assert!((0..3_000).all(|number| directory.find(7, |found| found == number).is_some()));
    }

    proptest! {
        #[test]
        fn a_directory_holds_what_a_set_holds(steps in prop::collection::vec((0u32..60, any::<bool>()), 0..200), mask in 0u64..4) {
            let hash = |number: u32| spread(number) & (mask << 24 | 0xff);
            let (mut directory, mut model) = (Directory::new(), BTreeSet::new());
            for (number, add) in steps {
                if add && model.insert(number) {
                    directory.insert(hash(number), number, hash);
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
