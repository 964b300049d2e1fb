//! What one row asks of one dimension.

use std::collections::{BTreeMap, BTreeSet};

use super::reason::Stage;
use super::shape::Shape;
use crate::id::{DimensionId, SegmentId};

/// Most any-of groups on one dimension of a row.
pub(super) const MOST_GROUPS: usize = 4;

/// A value of a dimension that holds one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Key<'a> {
    /// A text.
    Text(&'a str),
    /// A number in micro units.
    Number(i64),
}

/// The values of a dimension that pass: a finite set or the complement of one, and perhaps being absent.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Domain<'a> {
    /// The set, rising.
    pub(super) values: Vec<Key<'a>>,
    /// Whether present values pass that are not in it.
    pub(super) negated: bool,
    /// Whether being absent passes.
    pub(super) absent: bool,
}

impl<'a> Domain<'a> {
    /// What passes where this does not.
    pub(super) fn complement(self) -> Self {
        Self {
            negated: !self.negated,
            absent: !self.absent,
            ..self
        }
    }

    /// What passes in both.
    pub(super) fn and(&self, other: &Self) -> Self {
        let (own, others) = (self.set(), other.set());
        let values = match (self.negated, other.negated) {
            (false, false) => own.intersection(&others).copied().collect(),
            (false, true) => own.difference(&others).copied().collect(),
            (true, false) => others.difference(&own).copied().collect(),
            (true, true) => own.union(&others).copied().collect(),
        };
        Self {
            values,
            negated: self.negated && other.negated,
            absent: self.absent && other.absent,
        }
    }

    fn set(&self) -> BTreeSet<Key<'a>> {
        self.values.iter().copied().collect()
    }

    /// What passes in either.
    pub(super) fn or(&self, other: &Self) -> Self {
        let both = self.clone().complement().and(&other.clone().complement());
        both.complement()
    }
}

/// What is asked of a set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Members<T> {
    /// Of each group it has one.
    pub(super) any: BTreeSet<BTreeSet<T>>,
    /// Of these it has none.
    pub(super) none: BTreeSet<T>,
    /// Whether an absent set passes, as far as `any` is empty.
    pub(super) absent: bool,
    /// Whether a present set passes at all.
    pub(super) present: bool,
}

impl<T: Ord + Clone> Members<T> {
    /// Asks nothing.
    pub(super) const fn anything() -> Self {
        Self {
            any: BTreeSet::new(),
            none: BTreeSet::new(),
            absent: true,
            present: true,
        }
    }

    /// How many groups both have together.
    fn groups_with(&self, other: Option<&Self>) -> usize {
        let new = |group: &&BTreeSet<T>| !self.any.contains(*group);
        let more = other.map_or(0, |other| other.any.iter().filter(new).count());
        self.any.len() + more
    }

    /// Asks what the other asks too.
    pub(super) fn and(&mut self, other: Self) {
        self.any.extend(other.any);
        self.none.extend(other.none);
        self.absent &= other.absent;
        self.present &= other.present;
    }
}

/// One thing that a row asks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Literal<'a> {
    /// Of a dimension that holds one value.
    Value(DimensionId, Domain<'a>),
    /// Of a set.
    Set(DimensionId, Members<&'a str>),
    /// Of the segments of the person.
    Segments(Members<SegmentId>),
    /// Anything else: looked at row by row at this stage.
    Check(Stage, Shape),
}

/// A conjunction.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Row<'a> {
    /// Of dimensions that hold one value.
    pub(super) values: BTreeMap<DimensionId, Domain<'a>>,
    /// Of sets.
    pub(super) sets: BTreeMap<DimensionId, Members<&'a str>>,
    /// Of the person.
    pub(super) segments: Option<Members<SegmentId>>,
    /// What is looked at row by row.
    pub(super) checks: BTreeSet<(Stage, Shape)>,
}

impl<'a> Row<'a> {
    /// A row of one literal.
    pub(super) fn of(literal: Literal<'a>) -> Self {
        let mut row = Self::default();
        match literal {
            Literal::Value(dimension, domain) => _ = row.values.insert(dimension, domain),
            Literal::Set(dimension, members) => _ = row.sets.insert(dimension, members),
            Literal::Segments(members) => row.segments = Some(members),
            Literal::Check(stage, shape) => _ = row.checks.insert((stage, shape)),
        }
        row
    }

    /// The most any-of groups on one subject that both would have together.
    pub(super) fn groups_with(&self, other: &Self) -> usize {
        let sets = other
            .sets
            .iter()
            .map(|(dimension, members)| members.groups_with(self.sets.get(dimension)));
        let segments = other.segments.as_ref();
        let segments = segments.map(|members| members.groups_with(self.segments.as_ref()));
        sets.chain(segments).max().unwrap_or(0)
    }

    /// Asks what the other asks too.
    pub(super) fn and(&mut self, other: Self) {
        for (dimension, domain) in other.values {
            let domain = match self.values.remove(&dimension) {
                Some(own) => own.and(&domain),
                None => domain,
            };
            self.values.insert(dimension, domain);
        }
        for (dimension, members) in other.sets {
            let own = self.sets.entry(dimension);
            own.or_insert_with(Members::anything).and(members);
        }
        if let Some(members) = other.segments {
            let own = &mut self.segments;
            own.get_or_insert_with(Members::anything).and(members);
        }
        self.checks.extend(other.checks);
    }
}
