//! A rule over atoms and segments: what remains of it once its leaves are shared.

use std::collections::BTreeSet;

use crate::id::{AtomId, SegmentId};
use crate::rule::ast::Boolean;
use crate::rule::plan::{Leaf, Plan};

/// The rule as a formula over atoms and segments, see [`Formula`].
pub(super) fn formula(plan: &Plan, leaf: &mut impl FnMut(&Leaf) -> Formula) -> Formula {
    match plan {
        Boolean::And(parts) => Formula::And(parts.iter().map(|part| formula(part, leaf)).collect()),
        Boolean::Or(parts) => Formula::Or(parts.iter().map(|part| formula(part, leaf)).collect()),
        Boolean::Not(part) => Formula::Not(Box::new(formula(part, leaf))),
        Boolean::Leaf(own) => leaf(own),
    }
}

/// A rule over what is known of a profile.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Formula {
    And(Vec<Self>),
    Or(Vec<Self>),
    Not(Box<Self>),
    Atom(AtomId),
    Segment(SegmentId),
}

impl Formula {
    /// Whether it holds, given what is true of atoms and segments.
    pub(super) fn holds(&self, truth: &impl Fn(Node) -> bool) -> bool {
        match self {
            Self::And(parts) => parts.iter().all(|part| part.holds(truth)),
            Self::Or(parts) => parts.iter().any(|part| part.holds(truth)),
            Self::Not(part) => !part.holds(truth),
            Self::Atom(atom) => truth(Node::atom(*atom)),
            Self::Segment(segment) => truth(Node::segment(*segment)),
        }
    }

    /// All atoms and segments that it names, each once.
    pub(super) fn nodes(&self) -> BTreeSet<Node> {
        let (mut nodes, mut open) = (BTreeSet::new(), vec![self]);
        while let Some(own) = open.pop() {
            match own {
                Self::And(parts) | Self::Or(parts) => open.extend(parts),
                Self::Not(part) => open.push(part),
                Self::Atom(atom) => _ = nodes.insert(Node::atom(*atom)),
                Self::Segment(segment) => _ = nodes.insert(Node::segment(*segment)),
            }
        }
        nodes
    }
}

/// An atom or a segment as one number: segments have the highest bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Node(u32);

const SEGMENT: u32 = 1 << 31;

impl Node {
    pub(super) const fn atom(id: AtomId) -> Self {
        Self(id.0)
    }

    pub(super) const fn segment(id: SegmentId) -> Self {
        Self(id.0 | SEGMENT)
    }

    /// Of what [`Node::number`] gave.
    pub(super) const fn of_number(number: u32) -> Self {
        Self(number)
    }

    /// A number that rises as nodes do.
    pub(super) const fn number(self) -> u32 {
        self.0
    }

    /// The number of the segment that it is.
    pub(super) const fn segment_number(self) -> SegmentId {
        SegmentId(self.0 & !SEGMENT)
    }

    /// The segment, if it is one.
    pub(super) const fn as_segment(self) -> Option<SegmentId> {
        if self.0 & SEGMENT == 0 {
            None
        } else {
            Some(SegmentId(self.0 & !SEGMENT))
        }
    }

    /// The atom, if it is one.
    pub(super) const fn as_atom(self) -> Option<AtomId> {
        if self.0 & SEGMENT == 0 {
            Some(AtomId(self.0))
        } else {
            None
        }
    }
}
