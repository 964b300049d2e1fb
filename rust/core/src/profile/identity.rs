//! Which ids are one profile.
//!
//! Links are decided in the order of their rows, whatever order they come in. Three cases need no second look at earlier
//! decisions: a link between profiles that nobody ever disputed, when both fit into one, for then every link between their ids
//! holds in any order; a link after all others; a link of a shared id. Any other link has the ids decided anew that links
//! connect with it, once per record.

use std::sync::Arc;

use hashbrown::HashSet;

use crate::chunked::Chunked;
use crate::profile::apart::{Apart, ByHand};
use crate::profile::decide::{Connected, Decided, decide};
use crate::profile::link::{Fresh, Links, Obstacle};
use crate::profile::load::Load;
use crate::profile::merge_log::{MergeLog, Origin, Outcome};
use crate::profile::names::Names;
use crate::profile::place::{Place, Set, difference, members_in, profile_in};
use crate::profile::regrouping::Regrouping;
use crate::time::Instant;

/// Two ids that came together, by slot.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival<'a> {
    pub(crate) ends: [u32; 2],
    pub(crate) time: Instant,
    /// Empty for a row of profiles.
    pub(crate) event_id: &'a str,
}

/// Links, commands about ids, and the profiles that follow; a clone is cheap.
#[derive(Clone, Debug, Default)]
pub(crate) struct Identity {
    pub(crate) links: Links,
    pub(crate) by_hand: ByHand,
    pub(crate) apart: Apart,
    pub(crate) log: MergeLog,
    places: Chunked<Place>,
    /// Links and ids that were looked at to decide: what the work is measured by.
    steps: u64,
}

/// Ids that were one profile and are one profile, by the first of them.
struct Part {
    before: u32,
    after: u32,
    slot: u32,
}

impl Identity {
    /// The survivor of an id's profile.
    #[inline]
    pub(crate) fn profile(&self, slot: u32) -> u32 {
        profile_in(&self.places, slot)
    }

    /// The slots of a profile of several, rising; `None` for an id alone and for a number that is no survivor.
    pub(crate) fn set(&self, profile: u32) -> Option<&[u32]> {
        let set = self.places.get(profile)?.set.as_ref()?;
        Some(&set.slots)
    }

    /// The slots of a profile, rising.
    pub(crate) fn members(&self, profile: u32) -> Vec<u32> {
        members_in(&self.places, profile)
    }

    fn is_contested(&self, profile: u32) -> bool {
        self.places
            .get(profile)
            .is_some_and(|place| place.contested)
    }

    fn load(&self, profile: u32, names: Names<'_>) -> Load {
        match self
            .places
            .get(profile)
            .and_then(|place| place.set.as_ref())
        {
            Some(set) => set.load.clone(),
            None => Load::of(profile, names, &self.apart),
        }
    }

    /// Takes in links and decides what follows.
    pub(crate) fn link<'a>(
        &mut self,
        names: Names<'_>,
        now: Instant,
        arrivals: impl IntoIterator<Item = Arrival<'a>>,
    ) -> Regrouping {
        let (mut fresh, mut shared) = (Vec::new(), Vec::new());
        for arrival in arrivals {
            let Arrival {
                ends,
                time,
                event_id,
            } = arrival;
            self.steps += 1;
            fresh.extend(self.links.insert(ends, time, event_id, names, &mut shared));
        }
        if fresh.is_empty() {
            return Regrouping::default();
        }
        let start = self.places.clone();
        self.sort(&mut fresh, names);
        let (mut seeds, mut moved) = (self.share(&shared), Vec::new());
        for one in &fresh {
            seeds.extend(self.take_in(*one, names, now, &mut moved));
        }
        let is_new = |one: &&Fresh| one.is_new;
        if let Some(last) = fresh.iter().rev().find(is_new)
            && let Some(link) = self.links.get(last.number).copied()
        {
            self.links.announce(&link, names);
        }
        let decided = self.redecide(&seeds, names, now);
        let mut change = difference(&start, &self.places, &moved, &decided);
        change.refused = self.refused(&fresh);
        change
    }

    /// In the order of decision, each once.
    fn sort(&self, fresh: &mut Vec<Fresh>, names: Names<'_>) {
        fresh.sort_by(|a, b| {
            let links = self.links.get(a.number).zip(self.links.get(b.number));
            links
                .map_or(std::cmp::Ordering::Equal, |(a, b)| {
                    self.links.order(a, b, names)
                })
                .then_with(|| (a.number, !a.is_new).cmp(&(b.number, !b.is_new)))
        });
        fresh.dedup_by_key(|one| one.number);
    }

    fn refused(&self, fresh: &[Fresh]) -> u64 {
        let is_refused = |one: &&Fresh| {
            let link = self.links.get(one.number);
            let obstacle = link.and_then(|link| link.obstacle);
            one.is_new && obstacle.is_some_and(|obstacle| obstacle != Obstacle::Shared)
        };
        fresh.iter().filter(is_refused).count() as u64
    }

    /// Makes the links of ids idle that have become shared, and gives the ids to decide anew: those they may have joined.
    fn share(&mut self, shared: &[u32]) -> Vec<(u32, Origin)> {
        let mut seeds = Vec::new();
        for slot in shared {
            let links: Vec<_> = self
                .links
                .of(*slot)
                .map(|(number, link)| (number, *link))
                .collect();
            self.steps += links.len() as u64;
            for (number, link) in links {
                self.links.settle(number, Some(Obstacle::Shared));
                seeds.extend(link.ends.map(|end| (end, Origin::Link(link.cause))));
            }
        }
        seeds
    }

    /// Decides one link where that needs no second look at others; otherwise gives an id to decide anew.
    fn take_in(
        &mut self,
        fresh: Fresh,
        names: Names<'_>,
        now: Instant,
        moved: &mut Vec<u32>,
    ) -> Option<(u32, Origin)> {
        let link = *self.links.get(fresh.number)?;
        if self.links.is_idle(&link) {
            self.links.settle(fresh.number, Some(Obstacle::Shared));
            return None;
        }
        let [p, q] = link.ends.map(|slot| self.profile(slot));
        let is_last = fresh.is_new && self.links.is_last(&link, names);
        let is_calm = is_last || !self.is_contested(p) && !self.is_contested(q);
        let origin = Origin::Link(link.cause);
        let obstacle = if p == q {
            None
        } else {
            self.load(p, names).obstacle(&self.load(q, names), names)
        };
        match obstacle {
            None if is_calm => {
                self.links.settle(fresh.number, None);
                if p != q {
                    self.log
                        .write(now, Outcome::Merged, link_order(p, q), origin);
                    self.join(p, q, names);
                    moved.extend([p, q]);
                }
                None
            }
            Some(obstacle) if is_last => {
                self.links.settle(fresh.number, Some(obstacle));
                self.log
                    .write(now, Outcome::Refused(obstacle), link.ends, origin);
                for profile in [p, q] {
                    self.places.update(profile, |place| place.contested = true);
                }
                None
            }
            None | Some(_) => link.ends.first().map(|slot| (*slot, origin)),
        }
    }

    fn take_set(&mut self, profile: u32, names: Names<'_>) -> Arc<Set> {
        let set = self
            .places
            .get(profile)
            .is_some_and(|place| place.set.is_some())
            .then(|| self.places.update(profile, |place| place.set.take()));
        set.flatten().flatten().unwrap_or_else(|| {
            Arc::new(Set {
                slots: vec![profile],
                load: Load::of(profile, names, &self.apart),
            })
        })
    }

    /// Two profiles become one.
    fn join(&mut self, p: u32, q: u32, names: Names<'_>) {
        let contested = self.is_contested(p) || self.is_contested(q);
        let (mut big, mut small) = ((p, self.take_set(p, names)), (q, self.take_set(q, names)));
        if big.1.slots.len() < small.1.slots.len() {
            std::mem::swap(&mut big, &mut small);
        }
        let into = p.min(q);
        let ((was, mut set), (_, other)) = (big, small);
        // Where the larger one survives its slots know their profile already.
        let moving: &[u32] = if into == was { &[] } else { &set.slots };
        for slot in moving.iter().chain(&other.slots) {
            self.places.update(*slot, |place| {
                place.profile = (*slot != into).then_some(into);
                place.contested = false;
            });
        }
        let grown = Arc::make_mut(&mut set);
        let in_order = grown.slots.last() < other.slots.first();
        grown.slots.extend(&other.slots);
        if !in_order {
            grown.slots.sort_unstable();
        }
        grown.load.add(&other.load);
        self.places.update(into, |place| {
            *place = Place {
                profile: None,
                contested,
                set: Some(set),
            }
        });
    }

    /// Decides anew whatever links connect with the seeds; gives all ids that were decided.
    fn redecide(
        &mut self,
        seeds: &[(u32, Origin)],
        names: Names<'_>,
        now: Instant,
    ) -> HashSet<u32> {
        let mut seen = HashSet::new();
        for (seed, origin) in seeds {
            if seen.contains(seed) {
                continue;
            }
            let connected = Connected::from(*seed, &self.links, &self.by_hand, &mut seen);
            self.steps += connected.steps;
            let decided = decide(&connected, &self.links, &self.by_hand, &self.apart, names);
            self.settle(&decided, *origin, now);
        }
        seen
    }

    fn settle(&mut self, decided: &Decided, origin: Origin, now: Instant) {
        for (number, obstacle) in &decided.verdicts {
            let Some(link) = self.links.get(*number).copied() else {
                continue;
            };
            if let Some(obstacle) = obstacle
                && link.obstacle != Some(*obstacle)
            {
                let own = Origin::Link(link.cause);
                self.log
                    .write(now, Outcome::Refused(*obstacle), link.ends, own);
            }
            self.links.settle(*number, *obstacle);
        }
        self.log_groups(decided, origin, now);
        for group in &decided.groups {
            let into = group.slots.first().copied().unwrap_or_default();
            for slot in &group.slots {
                let place = Place {
                    profile: (*slot != into).then_some(into),
                    contested: *slot == into && group.contested,
                    set: (*slot == into && group.slots.len() > 1).then(|| {
                        Arc::new(Set {
                            slots: group.slots.clone(),
                            load: group.load.clone(),
                        })
                    }),
                };
                self.places.update(*slot, |old| *old = place);
            }
        }
    }

    /// Logs each profile that falls apart, and each that is joined from several, by an id of every part that went from the one before to
    /// the one after: what stays behind or was there already says nothing of what moved.
    fn log_groups(&mut self, decided: &Decided, origin: Origin, now: Instant) {
        let mut parts: Vec<Part> = Vec::new();
        for group in &decided.groups {
            let after = group.slots.first().copied().unwrap_or_default();
            parts.extend(group.slots.iter().map(|slot| Part {
                before: self.profile(*slot),
                after,
                slot: *slot,
            }));
        }
        parts.sort_unstable_by_key(|own| (own.before, own.after, own.slot));
        parts.dedup_by_key(|own| (own.before, own.after));
        self.log_several(&parts, |own| own.before, Outcome::Split, (origin, now));
        parts.sort_unstable_by_key(|own| (own.after, own.before));
        self.log_several(&parts, |own| own.after, Outcome::Merged, (origin, now));
    }

    fn log_several(
        &mut self,
        parts: &[Part],
        profile: impl Fn(&Part) -> u32,
        outcome: Outcome,
        (origin, now): (Origin, Instant),
    ) {
        let of_one = parts.chunk_by(|a, b| profile(a) == profile(b));
        for same in of_one.filter(|same| same.len() > 1) {
            let slots = same.iter().map(|own| own.slot);
            self.log.write(now, outcome, slots, origin);
        }
    }

    /// Joins two ids by hand, lifting what set their profiles apart. After an error this identity is no longer of use.
    pub(crate) fn merge(
        &mut self,
        [a, b]: [u32; 2],
        names: Names<'_>,
        now: Instant,
    ) -> Result<Regrouping, Obstacle> {
        let start = self.places.clone();
        let (p, q) = (self.profile(a), self.profile(b));
        let mut slots = self.members(p);
        if p != q {
            let whole = |slots: &[u32], apart: &Apart| {
                slots.iter().fold(Load::default(), |mut load, slot| {
                    load.add(&Load::of(*slot, names, apart));
                    load
                })
            };
            let (own, others) = (slots.clone(), self.members(q));
            let meeting: Vec<u32> = whole(&own, &self.apart)
                .meeting(&whole(&others, &self.apart))
                .collect();
            slots.extend(&others);
            for number in meeting {
                slots.extend(self.apart.lift(number));
            }
            let load = whole(&own, &self.apart);
            if let Some(obstacle) = load.obstacle(&whole(&others, &self.apart), names) {
                return Err(obstacle);
            }
        }
        self.by_hand.join(a, b);
        Ok(self.redecide_all(&start, &slots, names, now))
    }

    /// Sets ids, rising and some of one profile, apart from its others.
    pub(crate) fn unmerge(&mut self, slots: &[u32], names: Names<'_>, now: Instant) -> Regrouping {
        let start = self.places.clone();
        let profile = slots.first().map_or(0, |slot| self.profile(*slot));
        let members = self.members(profile);
        let others = |slot: &u32| slots.binary_search(slot).is_err();
        let rest = members.iter().copied().filter(others).collect();
        self.by_hand.cut(slots);
        self.apart.set([slots.to_vec(), rest]);
        self.redecide_all(&start, &members, names, now)
    }

    fn redecide_all(
        &mut self,
        start: &Chunked<Place>,
        slots: &[u32],
        names: Names<'_>,
        now: Instant,
    ) -> Regrouping {
        let seeds: Vec<_> = slots.iter().map(|slot| (*slot, Origin::ByHand)).collect();
        let decided = self.redecide(&seeds, names, now);
        difference(start, &self.places, &[], &decided)
    }

    /// Links and ids that were looked at so far.
    pub(crate) const fn steps(&self) -> u64 {
        self.steps
    }

    /// Bytes on the heap, without those of sets.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.links.heap_bytes() + self.places.heap_bytes()
    }

    /// Checks that the profiles of the first `len` ids are what deciding everything anew gives.
    pub(crate) fn validate(&self, len: u32, names: Names<'_>) -> Result<(), String> {
        let mut anew = self.clone();
        let seeds: Vec<_> = (0..len).map(|slot| (slot, Origin::ByHand)).collect();
        anew.redecide(&seeds, names, Instant(0));
        for slot in 0..len {
            let (profile, expected) = (self.profile(slot), anew.profile(slot));
            if profile != expected {
                return Err(format!("slot {slot} is of {profile}, not of {expected}"));
            }
            if self.members(slot) != anew.members(slot) {
                return Err(format!("profile {slot} has lost its slots"));
            }
            let sets = [self, &anew].map(|one| one.places.get(slot)?.set.clone());
            let [Some(own), Some(other)] = sets else {
                continue;
            };
            if own.load.obstacle(&Load::default(), names)
                != other.load.obstacle(&Load::default(), names)
            {
                return Err(format!("profile {slot} counts its ids wrongly"));
            }
        }
        let obstacle = |one: &Self, number| one.links.get(number).and_then(|link| link.obstacle);
        let wrong = (0..self.links.len())
            .find(|number| obstacle(self, *number) != obstacle(&anew, *number));
        if self.links.counts() != anew.links.counts() {
            return Err("links are counted wrongly".to_owned());
        }
        wrong.map_or(Ok(()), |number| {
            Err(format!("link {number} is decided wrongly"))
        })
    }
}

fn link_order(p: u32, q: u32) -> [u32; 2] {
    [p.min(q), p.max(q)]
}
