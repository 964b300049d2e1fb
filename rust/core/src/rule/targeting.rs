//! The checked rule of a line item: conditions on the context beside conditions on the profile.

use std::collections::BTreeSet;

use super::ast::Boolean;
use super::plan::{Leaf, Test};
use crate::auction::context::Place;
use crate::id::{DimensionId, ListId};

/// The rule of a line item, checked.
pub type Targeting = Boolean<Target>;

/// A condition of a line item.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// Of a dimension of the context.
    Context(DimensionId, ContextTest),
    /// Of the profile; the text is the leaf in canonical form.
    Profile(Leaf, String),
}

/// What is asked of a dimension; false of an absent one, whatever it asks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContextTest {
    /// A test of the value.
    Value(Test),
    /// A text in a list; `false`: present and not in it.
    InList(ListId, bool),
    /// A set that holds at least one member of a list.
    HasAnyList(ListId),
    /// A place at most so many metres away from another.
    Within(u32, Place),
}

impl Target {
    /// The list that it names.
    pub const fn list(&self) -> Option<ListId> {
        match self {
            Self::Context(_, ContextTest::InList(list, _) | ContextTest::HasAnyList(list)) => {
                Some(*list)
            }
            Self::Context(..) | Self::Profile(..) => None,
        }
    }

    /// The rule of the hidden segment that stands for it: `None` for the context and for plain membership.
    pub fn hidden(&self) -> Option<&str> {
        match self {
            Self::Context(..) | Self::Profile(Leaf::Segment(_, None), _) => None,
            Self::Profile(_, text) => Some(text),
        }
    }
}

/// The rules of all hidden segments that a rule needs.
pub fn hidden_rules(targeting: &Targeting) -> BTreeSet<&str> {
    let leaves = targeting.leaves().into_iter();
    leaves.filter_map(Target::hidden).collect()
}
