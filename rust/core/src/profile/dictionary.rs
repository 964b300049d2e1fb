//! Who is known: namespaced ids, their slots, and the profiles they belong to.

use std::hash::{Hash, Hasher};

use crate::catalog::Catalog;
use crate::id::{NamespaceId, ProfileId};
use crate::pool::{Mentioned, Pool};
use crate::profile::identity::Identity;
use crate::profile::link::LinkCounts;
use crate::profile::names::Names;
use crate::typed::{TypedCells, TypedColumn};

/// The dense number of an id, in order of first mention. Not the profile that the id belongs to.
///
/// What happened and what was written belongs to the slot of its owner and stays there, whatever profile that is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdSlot(pub u32);

impl IdSlot {
    /// The number under which the history and the memory of event ids keep what this id owns: that of the profile it is when
    /// alone.
    pub const fn owner(self) -> ProfileId {
        ProfileId(self.0)
    }
}

/// All ids that were ever mentioned, and which of them are one profile; a clone is cheap.
#[derive(Clone, Debug, Default)]
pub struct Dictionary {
    /// The namespace, seven bits a byte with the lowest first, then the value: no key is a prefix of another namespace's.
    slots: Pool,
    pub(super) identity: Identity,
}

fn write_key(namespace: NamespaceId, value: &str, out: &mut Vec<u8>) {
    out.clear();
    let mut rest = namespace.0;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
    out.extend_from_slice(value.as_bytes());
}

pub(super) fn read_key(key: &[u8]) -> Option<(NamespaceId, &str)> {
    let length = key.iter().position(|byte| byte & 0x80 == 0)? + 1;
    let (number, value) = key.split_at_checked(length)?;
    let number = number
        .iter()
        .rev()
        .fold(0u32, |number, byte| number << 7 | u32::from(byte & 0x7f));
    Some((NamespaceId(number), std::str::from_utf8(value).ok()?))
}

impl Dictionary {
    /// How many ids there are; all slots are less.
    pub const fn len(&self) -> u32 {
        self.slots.len()
    }

    /// Whether nobody is known.
    pub const fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// How many profiles were ever numbered; all are less.
    pub const fn profiles(&self) -> u32 {
        self.slots.len()
    }

    /// The slot of an id in normal form; `None` when it was never mentioned.
    pub fn slot(&self, namespace: NamespaceId, value: &str) -> Option<IdSlot> {
        let mut key = Vec::with_capacity(value.len() + 2);
        write_key(namespace, value, &mut key);
        self.slots.code(&key).map(IdSlot)
    }

    /// Whose an id is: the smallest slot of the profile, its survivor, gives the number.
    #[inline]
    pub fn profile(&self, slot: IdSlot) -> ProfileId {
        ProfileId(self.identity.profile(slot.0))
    }

    /// The ids of a profile, rising; none for a number that was never given or that is no survivor.
    pub fn slots(&self, profile: ProfileId) -> impl Iterator<Item = IdSlot> {
        let set = self.identity.set(profile.0);
        let is_alone = set.is_none()
            && profile.0 < self.len()
            && self.identity.profile(profile.0) == profile.0;
        let several = set.into_iter().flatten().map(|slot| IdSlot(*slot));
        is_alone
            .then_some(IdSlot(profile.0))
            .into_iter()
            .chain(several)
    }

    /// Whether a profile has several ids.
    #[inline]
    pub fn is_compound(&self, profile: ProfileId) -> bool {
        self.identity.set(profile.0).is_some()
    }

    /// The survivor, for a slot that is one of several.
    #[inline]
    pub(crate) fn survivor(&self, slot: u32) -> Option<u32> {
        let profile = self.identity.profile(slot);
        self.identity.set(profile).map(|_| profile)
    }

    /// How many links there are, by what became of them.
    pub const fn link_counts(&self) -> LinkCounts {
        self.identity.links.counts()
    }

    /// Links and ids that were looked at to decide which ids are one profile: what that work is measured by.
    pub const fn link_steps(&self) -> u64 {
        self.identity.steps()
    }

    /// The parts that decide, and what they need to know.
    pub(super) fn parts<'a>(&'a mut self, catalog: &'a Catalog) -> (&'a mut Identity, Names<'a>) {
        let names = Names {
            pool: &self.slots,
            catalog,
        };
        (&mut self.identity, names)
    }

    /// Ids by slot, with what their namespaces allow.
    pub(super) const fn names<'a>(&'a self, catalog: &'a Catalog) -> Names<'a> {
        Names {
            pool: &self.slots,
            catalog,
        }
    }

    /// Namespace and value of an id; `None` for a slot that was never given.
    pub fn id(&self, slot: IdSlot) -> Option<(NamespaceId, &str)> {
        read_key(self.slots.get(slot.0)?)
    }

    /// The slot of an id in normal form, which is added when it is new.
    pub(crate) fn intern(
        &mut self,
        namespace: NamespaceId,
        value: &str,
        key: &mut Vec<u8>,
    ) -> IdSlot {
        write_key(namespace, value, key);
        IdSlot(self.slots.intern(key))
    }

    /// The slots of a column of `len` ids; behind a dictionary each id is looked at once.
    pub(crate) fn intern_rows(
        &mut self,
        namespace: NamespaceId,
        values: &TypedColumn,
        len: usize,
    ) -> Vec<Option<IdSlot>> {
        let TypedCells::Text(texts) = &values.cells else {
            return vec![None; len];
        };
        let mentioned = Mentioned::of(texts, len, |row| values.is_present(row));
        let (mut keys, mut ends, mut key) = (Vec::new(), Vec::new(), Vec::new());
        for value in &mentioned.texts {
            write_key(namespace, value, &mut key);
            keys.extend_from_slice(&key);
            ends.push(keys.len());
        }
        let starts = std::iter::once(0).chain(ends.iter().copied());
        let entries = starts.zip(&ends);
        let entries = entries.map(|(start, end)| keys.get(start..*end).unwrap_or_default());
        let slots = self.slots.intern_each(&entries.collect::<Vec<_>>());
        let slot = |place: &Option<u32>| slots.get((*place)? as usize).copied().map(IdSlot);
        mentioned.places.iter().map(slot).collect()
    }

    /// The ids in order of their slots.
    pub(crate) fn pool(&self) -> &Pool {
        &self.slots
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.slots.heap_bytes() + self.identity.heap_bytes()
    }

    /// Checks that the profiles are what deciding all links anew gives.
    pub(crate) fn validate_profiles(&self, catalog: &Catalog) -> Result<(), String> {
        self.identity.validate(self.len(), self.names(catalog))
    }

    /// Hashes the links, what was decided by hand, and which ids are one profile.
    pub(crate) fn hash_identity(&self, digest: &mut impl Hasher) {
        let Identity {
            links,
            by_hand,
            apart,
            log,
            ..
        } = &self.identity;
        for number in 0..links.len() {
            let link = links.get(number);
            let cause = link.map(|link| links.cause(link.cause));
            (link, cause).hash(digest);
        }
        (by_hand, apart, log).hash(digest);
        (0..self.len()).for_each(|slot| self.identity.profile(slot).hash(digest));
    }

    /// Checks the invariants of the ids alone; see [`View::validate`](crate::view::View::validate) for the profiles.
    pub fn validate(&self) -> Result<(), String> {
        self.slots.validate()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_value_in_two_namespaces_names_two_profiles() {
        let (mut dictionary, mut key) = (Dictionary::default(), Vec::new());
        let namespaces = [0, 1, 97, 127, 128, 300, u32::MAX].map(NamespaceId);

        let slots = namespaces.map(|namespace| dictionary.intern(namespace, "a:b", &mut key));

        assert_eq!([0, 1, 2, 3, 4, 5, 6].map(IdSlot), slots);
        for (namespace, slot) in namespaces.into_iter().zip(slots) {
            assert_eq!(Some((namespace, "a:b")), dictionary.id(slot));
            assert_eq!(Some(slot), dictionary.slot(namespace, "a:b"));
        }
        assert_eq!(None, dictionary.slot(NamespaceId(2), "a:b"));
        assert_eq!(Ok(()), dictionary.validate());
    }
}
