//! Places of events by the hash of their ids: linear hashing (Litwin 1980) in pages.
//!
//! Unlike a [`Directory`](crate::directory::Directory) it is no part of views, holds hundreds of millions, and almost every look-up
//! finds nothing. So what counts is that an event touches one line of one page, and that growth moves an entry about once while
//! as many come: pages of one size lie in large leaves and are split in turn, each before it is full.

use std::sync::Arc;

use hashbrown::HashTable;

use crate::directory::address;
use crate::line::{self, Line, WIDTH};

/// Lines in one page.
const LINES: usize = 64;

/// Pages in one leaf, which is copied where a clone shares it.
const LEAF: usize = 64;

/// Pages begin to be split when they have so many entries on average ...
const FIRST: usize = LINES * WIDTH * 11 / 16;

/// ... and all are before they have so many: room is left for four standard deviations.
const LAST: usize = LINES * WIDTH * 13 / 16;

/// Numbers by hash; a clone is cheap. The number `u32::MAX` cannot be held.
#[derive(Clone, Debug, Default)]
pub(super) struct Register {
    leaves: Vec<Arc<Vec<Line>>>,
    pages: usize,
    len: usize,
    /// What found its page full: next to nothing, unless somebody chooses ids whose hashes are equal.
    spilled: HashTable<(u32, u32)>,
}

/// Of a spilled entry.
fn place((hash, _): (u32, u32)) -> u64 {
    u64::from(hash).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

impl Register {
    /// How many entries are held.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing is held.
    pub(super) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    #[inline]
    fn page(&self, hash: u32) -> Option<&[Line]> {
        self.numbered(address(hash, self.pages))
    }

    #[inline]
    fn numbered(&self, page: usize) -> Option<&[Line]> {
        let start = page % LEAF * LINES;
        self.leaves.get(page / LEAF)?.get(start..start + LINES)
    }

    #[inline]
    fn numbered_mut(&mut self, page: usize) -> Option<&mut [Line]> {
        let start = page % LEAF * LINES;
        let leaf = self.leaves.get_mut(page / LEAF)?;
        Arc::make_mut(leaf).get_mut(start..start + LINES)
    }

    /// The entry with this hash that `is_it` recognises.
    pub(super) fn find(&self, hash: u32, is_it: impl FnMut(u32) -> bool) -> Option<u32> {
        self.find_in(self.page(hash)?, hash, is_it)
    }

    #[inline]
    fn find_in(&self, page: &[Line], hash: u32, mut is_it: impl FnMut(u32) -> bool) -> Option<u32> {
        let found = line::find(page, hash, &mut is_it);
        if found.is_some() || self.spilled.is_empty() {
            return found;
        }
        let is_it = |own: &(u32, u32)| own.0 == hash && is_it(own.1);
        self.spilled.find(place((hash, 0)), is_it).map(|own| own.1)
    }

    /// For each hash the entry that `is_it` recognises, which is also told the place of the hash.
    pub(super) fn find_each(
        &self,
        hashes: &[u32],
        mut is_it: impl FnMut(usize, u32) -> bool,
        mut found: impl FnMut(Option<u32>),
    ) {
        let page = |hash| self.page(hash);
        line::for_each(hashes, page, |at, hash, page| {
            let is_it = |number| is_it(at, number);
            found(page.and_then(|page| self.find_in(page, hash, is_it)));
        });
    }

    /// Adds an entry that is not held yet.
    pub(super) fn insert(&mut self, hash: u32, number: u32) {
        // So many were there when the round began, and those after them are split already.
        let round = (self.pages + 1).next_power_of_two() >> 1;
        if self.len >= FIRST * round + (LAST - FIRST) * (self.pages - round) {
            self.split();
        }
        self.put(hash, number);
        self.len += 1;
    }

    fn put(&mut self, hash: u32, number: u32) {
        let page = self.numbered_mut(address(hash, self.pages));
        if !page.is_some_and(|page| line::push(page, hash, number)) {
            let own = (hash, number);
            self.spilled
                .insert_unique(place(own), own, |own| place(*own));
        }
    }

    /// Adds a page, and parts with it what the one has whose turn it is.
    fn split(&mut self) {
        let new = self.pages;
        if new.is_multiple_of(LEAF) {
            self.leaves.push(Arc::default());
        }
        if let Some(leaf) = self.leaves.last_mut().map(Arc::make_mut) {
            // Only the first leaf grows step by step: a small engine takes little.
            if new >= LEAF && leaf.is_empty() {
                leaf.reserve_exact(LEAF * LINES);
            }
            leaf.extend(std::iter::repeat_n(Line::EMPTY, LINES));
        }
        self.pages += 1;
        let old = new.checked_sub((new + 1).next_power_of_two() >> 1);
        let mut parted = Vec::new();
        if let Some(page) = old
            .filter(|old| *old < new)
            .and_then(|old| self.numbered_mut(old))
        {
            parted.extend(line::entries(page));
            page.fill(Line::EMPTY);
        }
        if !self.spilled.is_empty() {
            let pages = self.pages;
            let comes = |own: &mut (u32, u32)| {
                let page = address(own.0, pages);
                page == new || Some(page) == old
            };
            parted.extend(self.spilled.extract_if(comes));
        }
        for (hash, number) in parted {
            self.put(hash, number);
        }
    }

    /// Removes the numbers that are not to be kept, and says which, rising. It looks at all.
    pub(super) fn retain(&mut self, keep: impl Fn(u32) -> bool) -> Vec<u32> {
        let is_gone = |own: &(u32, u32)| !keep(own.1);
        let mut gone: Vec<u32> = self
            .spilled
            .extract_if(|own| is_gone(own))
            .map(|own| own.1)
            .collect();
        for page in 0..self.pages {
            let lines = self.numbered(page).unwrap_or_default();
            if !line::entries(lines).any(|own| is_gone(&own)) {
                continue;
            }
            let (out, rest): (Vec<_>, Vec<_>) = line::entries(lines).partition(is_gone);
            gone.extend(out.into_iter().map(|own| own.1));
            if let Some(lines) = self.numbered_mut(page) {
                lines.fill(Line::EMPTY);
                for (hash, number) in rest {
                    line::push(lines, hash, number);
                }
            }
        }
        self.len -= gone.len();
        gone.sort_unstable();
        gone
    }

    /// All entries: hashes and numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, u32)> {
        let leaves = self.leaves.iter().flat_map(|leaf| line::entries(leaf));
        leaves.chain(self.spilled.iter().copied())
    }

    /// Bytes on the heap; shared ones count in full.
    pub(super) fn heap_bytes(&self) -> usize {
        let leaf = |leaf: &Arc<Vec<Line>>| leaf.capacity() * size_of::<Line>() + 40;
        let leaves: usize = self.leaves.iter().map(leaf).sum();
        self.leaves.capacity() * 8 + leaves + self.spilled.allocation_size()
    }

    /// Checks the invariants.
    pub(super) fn validate(&self) -> Result<(), String> {
        let mut held = self.spilled.len();
        for page in 0..self.pages {
            let lines = self.numbered(page).unwrap_or_default();
            held += line::validate(lines)?;
            let stray = |own: &(u32, u32)| address(own.0, self.pages) != page;
            if let Some((_, number)) = line::entries(lines).find(stray) {
                return Err(format!("{number} does not belong to page {page}"));
            }
        }
        if held == self.len && self.iter().count() == held {
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

    fn found(register: &Register, hash: impl Fn(u32) -> u32, end: u32) -> BTreeSet<u32> {
        let hashes: Vec<u32> = (0..end).map(&hash).collect();
        let mut found = BTreeSet::new();
        register.find_each(
            &hashes,
            |at, number| at == number as usize,
            |own| found.extend(own),
        );
        for number in 0..end {
            let one = register.find(hash(number), |own| own == number);
            assert_eq!(found.contains(&number).then_some(number), one);
        }
        found
    }

    proptest! {
        /// Where few bits of the hashes are left many are equal: pages are full, and entries spilled.
        #[test]
        fn a_register_holds_what_a_set_holds(
            steps in prop::collection::vec((0u32..900, 1u32..300, prop::bool::weighted(0.8)), 0..12),
            mask in prop_oneof![Just(0u32), Just(3), Just(0x8000_0001), Just(u32::MAX)],
        ) {
            let hash = |number: u32| spread(number) & mask;
            let (mut register, mut model) = (Register::default(), BTreeSet::new());
            let mut views = Vec::new();
            for (step, (first, count, add)) in steps.into_iter().enumerate() {
                let own = first..first + count;
                if add {
                    let new = own.filter(|number| model.insert(*number));
                    new.for_each(|number| register.insert(hash(number), number));
                } else {
                    let gone: Vec<u32> = model.extract_if(own.clone(), |_| true).collect();
                    prop_assert_eq!(gone, register.retain(|number| !own.contains(&number)));
                }
                prop_assert_eq!(Ok(()), register.validate());
                if step == 6 {
                    views.push((register.clone(), model.clone()));
                }
            }
            views.push((register, model));
            for (register, model) in views {
                prop_assert_eq!(model.len(), register.len());
                prop_assert!(model == found(&register, hash, 1_200));
                prop_assert!(model == register.iter().map(|own| own.1).collect());
            }
        }
    }

    #[test]
    fn a_page_and_a_leaf_after_the_other_are_added_while_entries_come() {
        let mut register = Register::default();
        let mut bytes = Vec::new();
        for number in 0..200_000 {
            register.insert(spread(number), number);
            if number > 1_000 {
                bytes.push(register.heap_bytes() / (number as usize + 1));
            }
        }

        assert_eq!(Ok(()), register.validate());
        assert_eq!(200_000, found(&register, spread, 200_000).len());
        assert_eq!(0, register.spilled.len());
        // A leaf has its memory from the beginning; after many it does not matter.
        assert!(bytes.iter().skip(100_000).all(|each| *each < 21));
    }
}
