//! Households: a second grouping, which merges no profiles.

use std::borrow::Cow;

use crate::bitmap::{Bitmap, Expression};
use crate::id::{NamespaceId, ProfileId};
use crate::profile::attribute::CHUNK_ROWS;
use crate::profile::identifier::IdColumn;
use crate::rows::Texts;
use crate::typed::{TypedCells, TypedColumn};
use crate::value::Value;
use crate::view::View;

/// Households that were met so far; for counts over several chunks.
#[derive(Clone, Debug, Default)]
pub struct Households {
    seen: Vec<u64>,
    count: u64,
}

impl Households {
    /// How many there are.
    pub const fn len(&self) -> u64 {
        self.count
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Adds those of the profiles in a chunk of members.
    pub fn add(&mut self, view: &View, key: u16, members: &[u64; CHUNK_ROWS / 64]) {
        let Some(chunk) = view.households.column().chunk(u32::from(key)) else {
            return;
        };
        for (at, word) in members.iter().enumerate() {
            let mut rest = *word;
            while rest != 0 {
                let row = at * 64 + rest.trailing_zeros() as usize;
                rest &= rest - 1;
                if let Some(code) = chunk.values().get(row) {
                    self.insert(code as usize);
                }
            }
        }
    }

    /// Takes in those that another has met.
    pub fn merge(&mut self, other: &Self) {
        if self.seen.len() < other.seen.len() {
            self.seen.resize(other.seen.len(), 0);
        }
        for (word, more) in self.seen.iter_mut().zip(&other.seen) {
            *word |= more;
        }
        self.count = self
            .seen
            .iter()
            .map(|word| u64::from(word.count_ones()))
            .sum();
    }

    fn insert(&mut self, code: usize) {
        if self.seen.len() <= code / 64 {
            self.seen.resize(code / 64 + 1, 0);
        }
        if let Some(word) = self.seen.get_mut(code / 64) {
            let bit = 1 << (code % 64);
            self.count += u64::from(*word & bit == 0);
            *word |= bit;
        }
    }
}

impl View {
    /// The household of a profile as `household:7`: of all writes the latest, of equal times the largest text.
    pub fn household(&self, profile: ProfileId) -> Option<String> {
        match self.households.read(profile.0)?.0 {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// What a profile is called in a namespace, without its name: ids, or the household that it lives in.
    pub fn names_in(
        &self,
        profile: ProfileId,
        namespace: NamespaceId,
    ) -> impl Iterator<Item = Cow<'_, str>> {
        let definition = self.catalog.namespace(namespace);
        let household = definition.filter(|own| own.household);
        let household = household.and_then(|own| {
            let text = self.household(profile)?;
            let value = text.strip_prefix(&own.name)?.strip_prefix(':')?;
            Some(Cow::Owned(value.to_owned()))
        });
        let ids = self.ids_in(profile, namespace).map(Cow::Borrowed);
        household.into_iter().chain(ids)
    }

    /// In how many different households the members of an expression live; those without one count for none.
    pub fn count_households(&self, members: &Expression<'_>) -> u64 {
        let mut households = Households::default();
        members.for_each_chunk(members.chunks(), |key, words| {
            households.add(self, key, words);
        });
        households.len()
    }

    /// In how many different households these profiles live.
    pub fn households_of(&self, members: &Bitmap) -> u64 {
        self.count_households(&Expression::Set(members))
    }

    pub(crate) fn encode_households(&mut self, column: &IdColumn, len: usize) -> Vec<Option<i64>> {
        let namespace = self.catalog.namespace(column.namespace);
        let (Some(namespace), TypedCells::Text(texts)) = (namespace, &column.values.cells) else {
            return vec![None; len];
        };
        let distinct = 0..texts.offsets.len().saturating_sub(1);
        let plain = Texts {
            keys: None,
            ..texts.clone()
        };
        let named: Vec<String> = distinct
            .map(|text| format!("{}:{}", namespace.name, plain.get(text).unwrap_or_default()))
            .collect();
        let cells = TypedColumn {
            cells: TypedCells::Text(Texts {
                keys: texts.keys.clone(),
                ..named.iter().map(String::as_str).collect()
            }),
            present: column.values.present.clone(),
        };
        self.households.encode(&cells, len)
    }
}
