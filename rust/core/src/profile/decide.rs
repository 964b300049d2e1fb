//! Deciding the links of connected ids, all from the beginning.

use hashbrown::{HashMap, HashSet};

use crate::profile::apart::{Apart, ByHand};
use crate::profile::link::{Links, Obstacle};
use crate::profile::load::Load;
use crate::profile::names::Names;

/// Ids that links connect, refused ones too, but not through shared ids; and those links.
#[derive(Debug, Default)]
pub(super) struct Connected {
    slots: Vec<u32>,
    links: Vec<u32>,
    /// Links and ids that were looked at.
    pub(super) steps: u64,
}

/// What deciding gave.
#[derive(Debug)]
pub(super) struct Decided {
    /// By number of the link, in the order of decision.
    pub(super) verdicts: Vec<(u32, Option<Obstacle>)>,
    pub(super) groups: Vec<Group>,
}

/// One profile.
#[derive(Debug, Default)]
pub(super) struct Group {
    /// Rising.
    pub(super) slots: Vec<u32>,
    pub(super) load: Load,
    /// Whether a link of one of its ids is refused.
    pub(super) contested: bool,
}

impl Connected {
    /// All that is connected with `seed`, which is not in `seen`; it is afterwards.
    pub(super) fn from(
        seed: u32,
        links: &Links,
        by_hand: &ByHand,
        seen: &mut HashSet<u32>,
    ) -> Self {
        let mut found = Self::default();
        let mut open = vec![seed];
        seen.insert(seed);
        while let Some(slot) = open.pop() {
            found.slots.push(slot);
            found.steps += 1;
            let mut meet = |other: u32| {
                if seen.insert(other) {
                    open.push(other);
                }
            };
            by_hand.partners(slot).for_each(&mut meet);
            if links.is_shared(slot) {
                continue;
            }
            for (number, link) in links.of(slot) {
                found.steps += 1;
                if links.is_idle(link) {
                    continue;
                }
                let [first, second] = link.ends;
                if first == slot {
                    found.links.push(number);
                    meet(second);
                } else {
                    meet(first);
                }
            }
        }
        found
    }
}

/// Groups of connected ids while they grow.
struct Groups {
    places: HashMap<u32, usize>,
    parents: Vec<usize>,
    loads: Vec<Load>,
}

impl Groups {
    fn new(slots: &[u32], names: Names<'_>, apart: &Apart) -> Self {
        let places = slots.iter().enumerate();
        Self {
            places: places.map(|(place, slot)| (*slot, place)).collect(),
            parents: (0..slots.len()).collect(),
            loads: slots
                .iter()
                .map(|slot| Load::of(*slot, names, apart))
                .collect(),
        }
    }

    fn root(&mut self, slot: u32) -> usize {
        let mut place = self.places.get(&slot).copied().unwrap_or_default();
        while let Some(parent) = self.parents.get(place).copied() {
            if parent == place {
                break;
            }
            let above = self.parents.get(parent).copied().unwrap_or(parent);
            if let Some(own) = self.parents.get_mut(place) {
                *own = above;
            }
            place = above;
        }
        place
    }

    /// Joins the groups of two ids, unless something stands against it; `firmly` in any case.
    fn join(&mut self, a: u32, b: u32, names: Names<'_>, firmly: bool) -> Option<Obstacle> {
        let (a, b) = (self.root(a), self.root(b));
        if a == b {
            return None;
        }
        let (own, other) = self.loads.get(a).zip(self.loads.get(b))?;
        let obstacle = own.obstacle(other, names).filter(|_| !firmly);
        if obstacle.is_none() {
            let other = other.clone();
            if let Some(own) = self.loads.get_mut(a) {
                own.add(&other);
            }
            if let Some(parent) = self.parents.get_mut(b) {
                *parent = a;
            }
        }
        obstacle
    }
}

/// Decides: pairs joined by hand first, in order of the commands, then the links in the order of their rows.
pub(super) fn decide(
    connected: &Connected,
    links: &Links,
    by_hand: &ByHand,
    apart: &Apart,
    names: Names<'_>,
) -> Decided {
    let mut groups = Groups::new(&connected.slots, names, apart);
    for [a, b] in by_hand.pairs(&connected.slots) {
        groups.join(a, b, names, true);
    }
    let mut numbers = connected.links.clone();
    numbers.sort_by(|a, b| {
        let pair = links.get(*a).zip(links.get(*b));
        pair.map_or(std::cmp::Ordering::Equal, |(a, b)| links.order(a, b, names))
    });
    let verdicts: Vec<_> = numbers
        .into_iter()
        .filter_map(|number| {
            let [a, b] = links.get(number)?.ends;
            Some((number, groups.join(a, b, names, false)))
        })
        .collect();
    let groups = gather(groups, &connected.slots, links, &verdicts);
    Decided { verdicts, groups }
}

fn gather(
    mut groups: Groups,
    slots: &[u32],
    links: &Links,
    verdicts: &[(u32, Option<Obstacle>)],
) -> Vec<Group> {
    let mut gathered: HashMap<usize, Group> = HashMap::new();
    let mut sorted = slots.to_vec();
    sorted.sort_unstable();
    for slot in &sorted {
        let root = groups.root(*slot);
        gathered.entry(root).or_default().slots.push(*slot);
    }
    let refused = verdicts.iter().filter(|(_, obstacle)| obstacle.is_some());
    for (number, _) in refused {
        for slot in links.get(*number).map_or([0; 2], |link| link.ends) {
            let root = groups.root(slot);
            gathered.entry(root).or_default().contested = true;
        }
    }
    for (root, load) in groups.loads.into_iter().enumerate() {
        if let Some(group) = gathered.get_mut(&root) {
            group.load = load;
        }
    }
    let mut groups: Vec<Group> = gathered.into_values().collect();
    groups.sort_by(|a, b| a.slots.cmp(&b.slots));
    groups
}
