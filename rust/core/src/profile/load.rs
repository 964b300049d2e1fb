//! What a group of ids takes up of what may stand in one profile.

use crate::id::NamespaceId;
use crate::profile::apart::Apart;
use crate::profile::link::Obstacle;
use crate::profile::names::Names;

/// How many ids of each limited namespace a group holds, and on which sides of what was set apart it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Load {
    counts: Vec<(NamespaceId, u32)>,
    /// Number of an unmerge, and a bit for each side.
    sides: Vec<(u32, u8)>,
}

impl Load {
    /// That of one id.
    pub(crate) fn of(slot: u32, names: Names<'_>, apart: &Apart) -> Self {
        let limited = names
            .namespace(slot)
            .filter(|(namespace, _)| names.most(*namespace).is_some());
        Self {
            counts: limited
                .into_iter()
                .map(|(namespace, _)| (namespace, 1))
                .collect(),
            sides: apart.sides(slot).to_vec(),
        }
    }

    /// Why the two groups cannot be one; `None` when they can.
    pub(crate) fn obstacle(&self, other: &Self, names: Names<'_>) -> Option<Obstacle> {
        if self.meeting(other).next().is_some() {
            return Some(Obstacle::Apart);
        }
        let is_over = |(namespace, count): &&(NamespaceId, u32)| {
            let more = find(&self.counts, *namespace).unwrap_or(0);
            names
                .most(*namespace)
                .is_some_and(|most| count.saturating_add(more) > most)
        };
        let mut over = other.counts.iter().filter(is_over).peekable();
        over.peek()?;
        let is_unique = |(namespace, _): &(NamespaceId, u32)| {
            let definition = names.catalog.namespace(*namespace);
            definition.is_some_and(|definition| definition.unique)
        };
        Some(if over.any(is_unique) {
            Obstacle::Unique
        } else {
            Obstacle::Limit
        })
    }

    /// The numbers of what sets the two groups apart.
    pub(crate) fn meeting<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = u32> + 'a {
        let both = |(number, sides): &'a (u32, u8)| {
            let whole = find(&other.sides, *number)? | sides;
            (whole == 3).then_some(*number)
        };
        self.sides.iter().filter_map(both)
    }

    /// Takes the other group in.
    pub(crate) fn add(&mut self, other: &Self) {
        for (namespace, more) in &other.counts {
            match self.counts.iter_mut().find(|(own, _)| own == namespace) {
                Some((_, count)) => *count = count.saturating_add(*more),
                None => self.counts.push((*namespace, *more)),
            }
        }
        for (number, more) in &other.sides {
            match self.sides.iter_mut().find(|(own, _)| own == number) {
                Some((_, sides)) => *sides |= more,
                None => self.sides.push((*number, *more)),
            }
        }
    }
}

fn find<K: PartialEq + Copy, V: Copy>(pairs: &[(K, V)], key: K) -> Option<V> {
    pairs
        .iter()
        .find(|(own, _)| *own == key)
        .map(|(_, value)| *value)
}
