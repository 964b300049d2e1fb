//! Who is known: namespaced ids, their slots, and the profiles they belong to.

use crate::id::{NamespaceId, ProfileId};
use crate::pool::{Mentioned, Pool};
use crate::typed::{TypedCells, TypedColumn};

/// The dense number of an id, in order of first mention. Not the profile that the id belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdSlot(pub u32);

/// All ids that were ever mentioned; a clone is cheap. For now every id is a profile of its own.
#[derive(Clone, Debug, Default)]
pub struct Dictionary {
    /// The namespace, seven bits a byte with the lowest first, then the value: no key is a prefix of another namespace's.
    slots: Pool,
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

fn read_key(key: &[u8]) -> Option<(NamespaceId, &str)> {
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

    /// Whose an id is.
    pub const fn profile(&self, slot: IdSlot) -> ProfileId {
        ProfileId(slot.0)
    }

    /// The ids of a profile.
    pub fn slots(&self, profile: ProfileId) -> impl Iterator<Item = IdSlot> + use<> {
        (profile.0 < self.len())
            .then_some(IdSlot(profile.0))
            .into_iter()
    }

    /// Namespace and value of an id; `None` for a slot that was never given.
    pub fn id(&self, slot: IdSlot) -> Option<(NamespaceId, &str)> {
        read_key(self.slots.get(slot.0)?)
    }

    /// The slot of an id in normal form, which is added when it is new.
    #[cfg(test)]
    pub(crate) fn intern(
        &mut self,
        namespace: NamespaceId,
        value: &str,
        key: &mut Vec<u8>,
    ) -> IdSlot {
        write_key(namespace, value, key);
        IdSlot(self.slots.intern(key))
    }

    /// The profiles of a column of `len` ids; behind a dictionary each id is looked at once.
    pub(crate) fn intern_rows(
        &mut self,
        namespace: NamespaceId,
        values: &TypedColumn,
        len: usize,
    ) -> Vec<Option<ProfileId>> {
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
        let profile = |place: &Option<u32>| {
            let slot = slots.get((*place)? as usize)?;
            Some(self.profile(IdSlot(*slot)))
        };
        mentioned.places.iter().map(profile).collect()
    }

    /// The ids in order of their slots.
    pub(crate) fn pool(&self) -> &Pool {
        &self.slots
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.slots.heap_bytes()
    }

    /// Checks the invariants.
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
