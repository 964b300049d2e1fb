//! Merges by hand, and what a link would do.

use crate::error::{Error, Result};
use crate::id::ProfileId;
use crate::profile::dictionary::{Dictionary, IdSlot};
use crate::profile::identifier::{Identifier, Verdict, normal, split};
use crate::profile::identity::Arrival;
use crate::profile::link::{LinkCounts, Obstacle};
use crate::profile::merge_log::{Cause, Merge, Origin};
use crate::profile::regrouping::Regrouping;
use crate::time::Instant;
use crate::view::View;

/// What ids that arrive together now would come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Joining {
    /// The profiles they belong to today, rising; unknown ids have none.
    pub profiles: Vec<ProfileId>,
    /// The id that would own the row.
    pub owner: String,
    /// All ids of the owner's profile afterwards.
    pub ids: Vec<String>,
    /// The ids that would not join the owner, and why; [`Obstacle::Shared`] also when the owner is the one that is shared.
    pub refused: Vec<(String, Obstacle)>,
}

/// Most ids of one preview or unmerge.
pub const MOST_IDS_NAMED: usize = 1_000;

impl View {
    /// The profile that has the ids of one now: itself, or whom it was merged into.
    pub fn survivor(&self, profile: ProfileId) -> ProfileId {
        if profile.0 < self.population() {
            self.ids.profile(IdSlot(profile.0))
        } else {
            profile
        }
    }

    /// The slot of an id such as `crm:4711`; not found when nobody has it.
    pub fn slot(&self, id: &str) -> Result<IdSlot> {
        let (name, value) = split(id)?;
        let namespace = self.catalog.namespace_id(name);
        let namespace = namespace.ok_or_else(|| Error::not_found("namespace", name))?;
        // What names nobody was never taken in: it is not looked for among what is blocked.
        let slot = self.catalog.namespace(namespace).and_then(|definition| {
            let value = normal(definition.normal_form, value);
            self.ids.slot(namespace, &value)
        });
        slot.ok_or_else(|| Error::not_found("profile", id))
    }

    /// Namespace and value in normal form; no value for one that names nobody.
    fn normal_id(&self, id: &str) -> Result<(crate::id::NamespaceId, Option<String>)> {
        let (name, value) = split(id)?;
        let namespace = self.catalog.namespace_id(name);
        let namespace = namespace.ok_or_else(|| Error::not_found("namespace", name))?;
        let definition = self.catalog.namespace(namespace);
        let value = definition.and_then(|definition| {
            let identifier = Identifier::new(namespace, definition);
            let value = identifier.normal(value);
            (identifier.judge(&value) == Verdict::Fine).then(|| value.into_owned())
        });
        Ok((namespace, value))
    }

    /// What a row with these ids would do now; nothing changes. Unknown ids count as new ones.
    ///
    /// An error for no ids, for more than [`MOST_IDS_NAMED`], for one that is blocked or malformed and for households, which
    /// link nothing.
    pub fn what_would_join(&self, ids: &[&str]) -> Result<Joining> {
        check_named(ids.len())?;
        let mut dictionary = self.ids.clone();
        let mut slots = Vec::new();
        for id in ids {
            let slot = self.intern_into(&mut dictionary, id)?;
            if !slots.contains(&slot) {
                slots.push(slot);
            }
        }
        let known = slots.iter().filter(|slot| slot.0 < self.ids.len());
        let mut profiles: Vec<ProfileId> = known.map(|slot| self.ids.profile(*slot)).collect();
        profiles.sort_unstable();
        profiles.dedup();
        let (identity, names) = dictionary.parts(&self.catalog);
        let rank = |slot: &IdSlot| {
            let priority = names.namespace(slot.0).map(|(_, known)| known.priority);
            (std::cmp::Reverse(priority), names.text(slot.0))
        };
        slots.sort_by_cached_key(rank);
        let owner = slots.first().map_or(0, |slot| slot.0);
        let others = slots.get(1..).unwrap_or_default();
        let arrivals = others.iter().map(|slot| Arrival {
            ends: [owner, slot.0],
            time: self.time,
            event_id: "",
        });
        identity.link(names, self.time, arrivals);
        let refused = others.iter().filter_map(|slot| {
            let link = identity.links.between(owner, slot.0)?;
            let joined = identity.profile(owner) == identity.profile(slot.0);
            let obstacle = link.obstacle.filter(|_| !joined)?;
            Some((names.text(slot.0), obstacle))
        });
        let members = identity.members(identity.profile(owner));
        Ok(Joining {
            profiles,
            owner: names.text(owner),
            refused: refused.collect(),
            ids: members.iter().map(|slot| names.text(*slot)).collect(),
        })
    }

    fn intern_into(&self, dictionary: &mut Dictionary, id: &str) -> Result<IdSlot> {
        let (namespace, value) = self.normal_id(id).map_err(|error| error.named("ids"))?;
        let definition = self.catalog.namespace(namespace);
        if definition.is_some_and(|definition| definition.household) {
            let message = format!("{id:.80?} is a household, which links nothing");
            return Err(Error::invalid("ids", message));
        }
        let message = || format!("{id:.80?} is blocked, empty or too long");
        let value = value.ok_or_else(|| Error::invalid("ids", message()))?;
        Ok(dictionary.intern(namespace, &value, &mut Vec::new()))
    }

    /// The merge log after `sequence`, the oldest first, at most `most`: what became of profiles, the last ten thousand.
    pub fn merges(&self, sequence: u64, most: usize) -> Vec<Merge> {
        let identity = &self.ids.identity;
        let names = self.ids.names(&self.catalog);
        let entries = identity.log.after(sequence).take(most);
        let plain = entries.map(|entry| Merge {
            sequence: entry.sequence,
            time: entry.time,
            outcome: entry.outcome,
            ids: entry.slots.iter().map(|slot| names.text(*slot)).collect(),
            cause: match entry.origin {
                Origin::ByHand => Cause::ByHand,
                Origin::Link(cause) => match identity.links.cause(cause) {
                    "" => Cause::Row,
                    event_id => Cause::Event(event_id.to_owned()),
                },
            },
        });
        plain.collect()
    }

    /// How many links there are, by what became of them.
    pub const fn link_counts(&self) -> LinkCounts {
        self.ids.link_counts()
    }

    /// Joins two ids by hand. After an error nothing has changed.
    pub(crate) fn merge(&mut self, a: &str, b: &str, now: Instant) -> Result<Regrouping> {
        let slot = |id, field| self.slot(id).map_err(|error: Error| error.named(field));
        let ends = [slot(a, "a")?.0, slot(b, "b")?.0];
        let mut ids = self.ids.clone();
        let (identity, names) = ids.parts(&self.catalog);
        let change = identity.merge(ends, names, now).map_err(|obstacle| {
            let why = match obstacle {
                Obstacle::Unique => "a profile would hold two ids of a unique namespace",
                Obstacle::Limit => "a profile would hold too many ids of a namespace",
                Obstacle::Apart => "an unmerge sets them apart",
                Obstacle::Shared => "one of them is shared",
            };
            Error::state(
                "ids",
                format!("{a:.80?} and {b:.80?} cannot be one profile: {why}"),
            )
        })?;
        self.ids = ids;
        Ok(change)
    }

    /// Sets ids apart from the others of their profile. After an error nothing has changed.
    pub(crate) fn unmerge(&mut self, ids: &[String], now: Instant) -> Result<Regrouping> {
        check_named(ids.len())?;
        let mut slots = Vec::new();
        for id in ids {
            slots.push(self.slot(id).map_err(|error| error.named("ids"))?);
        }
        slots.sort_unstable();
        slots.dedup();
        let mut profiles: Vec<_> = slots.iter().map(|slot| self.ids.profile(*slot)).collect();
        profiles.dedup();
        let [profile] = profiles.as_slice() else {
            return Err(Error::state("ids", "they are not of one profile"));
        };
        let of_profile = self.ids.slots(*profile).count();
        if of_profile == 1 {
            return Err(Error::state("ids", "this id was never merged with another"));
        }
        if of_profile == slots.len() {
            let message = "these are all ids of the profile: none is left to set them apart from";
            return Err(Error::state("ids", message));
        }
        let slots: Vec<u32> = slots.into_iter().map(|slot| slot.0).collect();
        let (identity, names) = self.ids.parts(&self.catalog);
        Ok(identity.unmerge(&slots, names, now))
    }
}

fn check_named(actual: usize) -> Result<()> {
    let (field, limit) = ("ids".to_owned(), MOST_IDS_NAMED as u64);
    match actual {
        0 => Err(Error::invalid(field, "at least one id is needed")),
        1..=MOST_IDS_NAMED => Ok(()),
        more => Err(Error::Limit {
            field,
            limit,
            actual: more as u64,
        }),
    }
}
