//! Extendible hashing: small entries by the hash of what they stand for.
//!
//! What an entry stands for lies with the owner, who says whether it is the one that is looked for, and can give the hash of
//! an entry again. An overflowing bucket is split alone, so growth never stalls, and clones share all buckets that are not
//! written.

use std::sync::Arc;

use hashbrown::HashTable;

/// A bucket holds at most this many: seven eighths of 1,024, so that its table never grows beyond 1,024 places.
const FULL: usize = 896;

/// Buckets are not split beyond this depth, so that equal hashes cannot split for ever: they share a bucket that grows.
const DEEPEST: u32 = 24;

/// So many look-ups wait for memory together.
const AT_ONCE: usize = 64;

/// Entries by hash; a clone is cheap.
#[derive(Clone, Debug)]
pub struct Directory<E> {
    /// Which bucket the lowest `depth` bits of a hash lead to: `1 << depth` of them.
    routes: Arc<Vec<u32>>,
    buckets: Arc<Vec<Arc<Bucket<E>>>>,
    depth: u32,
    len: usize,
}

#[derive(Clone, Debug)]
struct Bucket<E> {
    /// All hashes in here agree in this many of their lowest bits.
    depth: u32,
    table: HashTable<E>,
}

impl<E> Default for Directory<E> {
    fn default() -> Self {
        Self::new()
    }
}

/// The hash for the table of a bucket: every bit that the table looks at depends on the upper bits of the hash too, for the
/// lower ones are the same in the whole bucket.
const fn place(hash: u32) -> u64 {
    (hash as u64)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .rotate_right(32)
}

const fn routing(hash: u32, depth: u32) -> usize {
    (hash & ((1 << depth) - 1)) as usize
}

impl<E> Directory<E> {
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

    /// How many entries are held.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing is held.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    #[inline]
    fn bucket(&self, hash: u32) -> Option<&Bucket<E>> {
        let route = *self.routes.get(routing(hash, self.depth))?;
        self.buckets.get(route as usize).map(AsRef::as_ref)
    }
}

impl<E: Copy> Directory<E> {
    /// The entry with this hash that `is_it` recognises.
    #[inline]
    pub fn find(&self, hash: u32, mut is_it: impl FnMut(E) -> bool) -> Option<E> {
        self.bucket(hash)?
            .table
            .find(place(hash), |entry| is_it(*entry))
            .copied()
    }

    /// For each hash the entry that `is_it` recognises, which is also told the place of the hash.
    ///
    /// Memory is what look-ups wait for: here many wait at once, step by step.
    pub fn find_each(
        &self,
        hashes: &[u32],
        mut is_it: impl FnMut(usize, E) -> bool,
        mut found: impl FnMut(Option<E>),
    ) {
        let mut buckets: Vec<Option<&Bucket<E>>> = Vec::with_capacity(AT_ONCE);
        for (group, hashes) in hashes.chunks(AT_ONCE).enumerate() {
            buckets.clear();
            buckets.extend(hashes.iter().map(|hash| self.bucket(*hash)));
            let near = buckets.iter().flatten().map(|bucket| bucket.table.len());
            std::hint::black_box(near.fold(0, usize::max));
            for (at, (hash, bucket)) in hashes.iter().zip(&buckets).enumerate() {
                let at = group * AT_ONCE + at;
                let table = bucket.map(|bucket| &bucket.table);
                found(table.and_then(|table| {
                    table.find(place(*hash), |entry| is_it(at, *entry)).copied()
                }));
            }
        }
    }

    /// Adds an entry that is not held yet; `hash_of` gives the hash of any entry held.
    pub fn insert(&mut self, hash: u32, entry: E, hash_of: impl Fn(E) -> u32) {
        while self
            .bucket(hash)
            .is_some_and(|bucket| bucket.table.len() >= FULL && bucket.depth < DEEPEST)
        {
            self.split(hash, &hash_of);
        }
        if let Some(bucket) = self.bucket_mut(hash) {
            bucket
                .table
                .insert_unique(place(hash), entry, |entry| place(hash_of(*entry)));
            self.len += 1;
        }
    }

    /// Removes the entry with this hash that `is_it` recognises.
    pub fn remove(&mut self, hash: u32, mut is_it: impl FnMut(E) -> bool) -> Option<E> {
        // Looked for first, so that a bucket is not copied in vain.
        self.find(hash, &mut is_it)?;
        let found = self
            .bucket_mut(hash)?
            .table
            .find_entry(place(hash), |entry| is_it(*entry))
            .ok()?;
        let entry = found.remove().0;
        self.len -= 1;
        Some(entry)
    }

    fn bucket_mut(&mut self, hash: u32) -> Option<&mut Bucket<E>> {
        let route = *self.routes.get(routing(hash, self.depth))?;
        Arc::make_mut(&mut self.buckets)
            .get_mut(route as usize)
            .map(Arc::make_mut)
    }

    /// Splits the bucket of a hash by one more bit.
    fn split(&mut self, hash: u32, hash_of: &impl Fn(E) -> u32) {
        let new = self.buckets.len() as u32;
        let Some(bucket) = self.bucket_mut(hash) else {
            return;
        };
        let old_depth = bucket.depth;
        let mut sides = [
            HashTable::with_capacity(FULL),
            HashTable::with_capacity(FULL),
        ];
        // All hashes first: where they have to be fetched, many are under way at once.
        let held = bucket.table.iter().map(|entry| (hash_of(*entry), *entry));
        for (hash, entry) in held.collect::<Vec<_>>() {
            let [stay, go] = &mut sides;
            let side = if hash >> old_depth & 1 == 0 { stay } else { go };
            side.insert_unique(place(hash), entry, |entry| place(hash_of(*entry)));
        }
        let [stay, go] = sides;
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
            .map(|bucket| size_of::<Bucket<E>>() + 16 + bucket.table.allocation_size())
            .sum();
        self.routes.capacity() * 4 + self.buckets.capacity() * 8 + buckets
    }

    /// Checks the invariants; `hash_of` gives the hash that an entry was added with.
    pub fn validate(&self, hash_of: impl Fn(E) -> u32) -> Result<(), String> {
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
            if target
                .table
                .iter()
                .any(|entry| routing(hash_of(*entry), target.depth) != route)
            {
                return Err(format!(
                    "an entry of another bucket lies in that of route {route}"
                ));
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

    const fn spread(number: u32) -> u32 {
        number.wrapping_mul(2_654_435_761)
    }

    #[test]
    fn entries_come_and_go_over_many_splits() {
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
            let found = |directory: &Directory<u32>| {
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
        fn a_directory_holds_what_a_set_holds(steps in prop::collection::vec((0u32..60, any::<bool>()), 0..200), mask in 0u32..4) {
            let hash = |number: u32| spread(number) & mask;
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
