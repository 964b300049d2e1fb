//! What people decided about ids by hand: which belong together, and which are set apart.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Groups of ids that no link may join; a clone is cheap.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Apart {
    given: u32,
    groups: Arc<BTreeMap<u32, [Vec<u32>; 2]>>,
    /// By slot: the number of each unmerge that names it, and the bit of its side.
    sides: Arc<BTreeMap<u32, Vec<(u32, u8)>>>,
}

impl Apart {
    /// What an id stands apart from.
    pub(crate) fn sides(&self, slot: u32) -> &[(u32, u8)] {
        self.sides.get(&slot).map_or(&[], Vec::as_slice)
    }

    /// Sets two groups apart.
    pub(crate) fn set(&mut self, groups: [Vec<u32>; 2]) {
        let number = self.given;
        self.given += 1;
        let sides = Arc::make_mut(&mut self.sides);
        for (group, side) in groups.iter().zip([1, 2]) {
            for slot in group {
                sides.entry(*slot).or_default().push((number, side));
            }
        }
        Arc::make_mut(&mut self.groups).insert(number, groups);
    }

    /// Lifts one unmerge and gives the ids that it named.
    pub(crate) fn lift(&mut self, number: u32) -> Vec<u32> {
        let groups = Arc::make_mut(&mut self.groups).remove(&number);
        let slots = groups.map(|groups| groups.concat()).unwrap_or_default();
        let sides = Arc::make_mut(&mut self.sides);
        for slot in &slots {
            if let Some(own) = sides.get_mut(slot) {
                own.retain(|(of, _)| *of != number);
                if own.is_empty() {
                    sides.remove(slot);
                }
            }
        }
        slots
    }
}

/// Pairs joined by hand; a clone is cheap.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct ByHand {
    given: u32,
    /// By slot, with the number of the command.
    partners: Arc<BTreeMap<u32, Vec<(u32, u32)>>>,
}

impl ByHand {
    /// Joins two ids; again does nothing.
    pub(crate) fn join(&mut self, a: u32, b: u32) {
        if a == b || self.partners(a).any(|other| other == b) {
            return;
        }
        let number = self.given;
        self.given += 1;
        let partners = Arc::make_mut(&mut self.partners);
        partners.entry(a).or_default().push((number, b));
        partners.entry(b).or_default().push((number, a));
    }

    /// Takes back every pair of which one id is in `group` and the other is not; `group` is sorted.
    pub(crate) fn cut(&mut self, group: &[u32]) {
        let is_in = |slot: &u32| group.binary_search(slot).is_ok();
        for (slot, others) in Arc::make_mut(&mut self.partners) {
            others.retain(|(_, other)| is_in(slot) == is_in(other));
        }
    }

    /// The ids that a hand has joined to this one.
    pub(crate) fn partners(&self, slot: u32) -> impl Iterator<Item = u32> {
        let partners = self.partners.get(&slot).into_iter().flatten();
        partners.map(|(_, other)| *other)
    }

    /// The pairs among these ids, in order of the commands.
    pub(crate) fn pairs(&self, slots: &[u32]) -> Vec<[u32; 2]> {
        let own = |slot: u32| {
            let partners = self.partners.get(&slot).into_iter().flatten();
            partners.map(move |(number, other)| (*number, [slot, *other]))
        };
        let mut pairs: Vec<_> = slots
            .iter()
            .copied()
            .flat_map(own)
            .filter(|(_, [a, b])| a < b)
            .collect();
        pairs.sort_unstable();
        pairs.into_iter().map(|(_, pair)| pair).collect()
    }
}
