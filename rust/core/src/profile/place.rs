//! Where ids stand among each other, and how that changes.

use std::sync::Arc;

use hashbrown::HashSet;

use crate::chunked::Chunked;
use crate::profile::load::Load;
use crate::profile::regrouping::Regrouping;

/// The ids of a profile that has several.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Set {
    /// Rising: the first is the survivor.
    pub(super) slots: Vec<u32>,
    pub(super) load: Load,
}

/// Where an id stands. The default: alone.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    /// The survivor, where that is another slot.
    pub(super) profile: Option<u32>,
    /// At a survivor: whether a link of one of its ids was ever refused, so that links connect more ids than the profile has.
    pub(super) contested: bool,
    /// At a survivor of several.
    pub(super) set: Option<Arc<Set>>,
}

/// The survivor of an id.
pub(super) fn profile_in(places: &Chunked<Place>, slot: u32) -> u32 {
    places
        .get(slot)
        .and_then(|place| place.profile)
        .unwrap_or(slot)
}

/// The slots of a profile, rising; none for an id that is no survivor.
pub(super) fn members_in(places: &Chunked<Place>, profile: u32) -> Vec<u32> {
    match places.get(profile) {
        Some(Place {
            profile: Some(_), ..
        }) => Vec::new(),
        Some(Place { set: Some(set), .. }) => set.slots.clone(),
        Some(_) | None => vec![profile],
    }
}

/// What changed since `start`: profiles that joined in place, and all whose ids were decided anew.
pub(super) fn difference(
    start: &Chunked<Place>,
    now: &Chunked<Place>,
    moved: &[u32],
    decided: &HashSet<u32>,
) -> Regrouping {
    let mut change = Regrouping::default();
    let survivors = |places: &Chunked<Place>| {
        let mut all: Vec<u32> = decided
            .iter()
            .map(|slot| profile_in(places, *slot))
            .collect();
        all.sort_unstable();
        all.dedup();
        all
    };
    let (old, new) = (survivors(start), survivors(now));
    let changed = |profile: &u32| members_in(start, *profile) != members_in(now, *profile);
    for profile in old.into_iter().filter(changed) {
        change.profiles.push(profile);
        change.apart.push(members_in(start, profile));
    }
    for profile in new.into_iter().filter(changed) {
        change.profiles.push(profile);
        let parts = members_in(now, profile).into_iter();
        change
            .together
            .push(parts.map(|slot| (slot, true)).collect());
    }
    change.apart.retain(|slots| slots.len() > 1);
    change.together.retain(|parts| parts.len() > 1);
    let mut joined: Vec<(u32, u32)> = moved
        .iter()
        .filter(|profile| !decided.contains(*profile))
        .map(|profile| (profile_in(now, *profile), *profile))
        .collect();
    joined.sort_unstable();
    joined.dedup();
    for parts in joined.chunk_by(|a, b| a.0 == b.0) {
        let is_alone = |profile: u32| start.get(profile).is_none_or(|place| place.set.is_none());
        let part = |(_, profile): &(u32, u32)| (*profile, is_alone(*profile));
        change.together.push(parts.iter().map(part).collect());
        change
            .profiles
            .extend(parts.iter().map(|(_, profile)| *profile));
    }
    change.profiles.sort_unstable();
    change.profiles.dedup();
    change
}
