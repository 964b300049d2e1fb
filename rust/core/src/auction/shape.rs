//! The rule of a line item with `not` pushed down to its leaves.

use crate::auction::context::ContextValue;
use crate::catalog::Catalog;
use crate::id::ListId;
use crate::rule::Targeting;
use crate::rule::ast::{Boolean, Operator};
use crate::rule::plan::Test;
use crate::rule::targeting::{ContextTest, Target};

/// A rule without `not`: all of none holds, any of none does not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Shape<L = Target> {
    /// All of them.
    All(Vec<Self>),
    /// Any of them.
    Any(Vec<Self>),
    /// A leaf that holds (`true`) or does not.
    Is(L, bool),
}

impl<'a> Shape<&'a Target> {
    /// The shape of a rule, or of its complement.
    pub(super) fn of(rule: &'a Targeting, sign: bool) -> Self {
        let parts =
            |parts: &'a [Targeting]| parts.iter().map(|part| Self::of(part, sign)).collect();
        match (rule, sign) {
            (Boolean::And(operands), true) | (Boolean::Or(operands), false) => {
                Self::All(parts(operands))
            }
            (Boolean::Or(operands), true) | (Boolean::And(operands), false) => {
                Self::Any(parts(operands))
            }
            (Boolean::Not(inner), _) => Self::of(inner, !sign),
            (Boolean::Leaf(leaf), _) => Self::Is(leaf, sign),
        }
    }

    /// The same with leaves of its own.
    pub(super) fn owned(&self) -> Shape {
        self.map(&|leaf: &&Target| (*leaf).clone())
    }
}

impl<L> Shape<L> {
    /// The parts that must all hold.
    pub(super) fn conjuncts(self) -> Vec<Self> {
        match self {
            Self::All(parts) => parts.into_iter().flat_map(Self::conjuncts).collect(),
            lone @ (Self::Any(_) | Self::Is(..)) => vec![lone],
        }
    }

    /// What is known of it when something is known of its leaves (Kleene).
    pub(super) fn value(&self, leaf: &impl Fn(&L, bool) -> Option<bool>) -> Option<bool> {
        match self {
            Self::All(parts) => {
                let mut all = Some(true);
                for part in parts {
                    all = match (all, part.value(leaf)) {
                        (_, Some(false)) => return Some(false),
                        (Some(true), Some(true)) => Some(true),
                        _ => None,
                    };
                }
                all
            }
            Self::Any(parts) => {
                let mut any = Some(false);
                for part in parts {
                    any = match (any, part.value(leaf)) {
                        (_, Some(true)) => return Some(true),
                        (Some(false), Some(false)) => Some(false),
                        _ => None,
                    };
                }
                any
            }
            Self::Is(target, sign) => leaf(target, *sign),
        }
    }

    /// The same over other leaves.
    pub(super) fn map<M>(&self, leaf: &impl Fn(&L) -> M) -> Shape<M> {
        let parts = |parts: &[Self]| parts.iter().map(|part| part.map(leaf)).collect();
        match self {
            Self::All(own) => Shape::All(parts(own)),
            Self::Any(own) => Shape::Any(parts(own)),
            Self::Is(own, sign) => Shape::Is(leaf(own), *sign),
        }
    }

    /// All leaves.
    pub(super) fn leaves(&self) -> Vec<(&L, bool)> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::leaves).collect(),
            Self::Is(target, sign) => vec![(target, *sign)],
        }
    }
}

/// Whether `value` passes what is asked of its dimension; an absent one passes nothing.
pub(super) fn passes(catalog: &Catalog, test: &ContextTest, value: Option<&ContextValue>) -> bool {
    let Some(value) = value else { return false };
    let list = |list: ListId| catalog.book().lists.entry(list.0);
    match (test, value) {
        (ContextTest::Value(test), _) => holds(test, value),
        (ContextTest::InList(own, among), ContextValue::Text(text)) => {
            list(*own).is_some_and(|list| list.members.contains(text) == *among)
        }
        (ContextTest::HasAnyList(own), _) => list(*own).is_some_and(|list| {
            texts(value)
                .iter()
                .any(|text| !text.is_empty() && list.members.contains(text))
        }),
        (ContextTest::Within(metres, centre), ContextValue::Place(place)) => {
            place.is_within(*metres, *centre)
        }
        (ContextTest::InList(..) | ContextTest::Within(..), _) => false,
    }
}

/// The texts of a value.
pub(super) fn texts(value: &ContextValue) -> &[String] {
    match value {
        ContextValue::Text(text) => std::slice::from_ref(text),
        ContextValue::Texts(texts) => texts,
        ContextValue::Number(_) | ContextValue::Place(_) => &[],
    }
}

fn holds(test: &Test, value: &ContextValue) -> bool {
    let text = || match value {
        ContextValue::Text(text) => Some(text),
        ContextValue::Texts(_) | ContextValue::Number(_) | ContextValue::Place(_) => None,
    };
    let number = || match value {
        ContextValue::Number(micros) => Some(i128::from(*micros)),
        ContextValue::Text(_) | ContextValue::Texts(_) | ContextValue::Place(_) => None,
    };
    let has = |wanted: &String| !wanted.is_empty() && texts(value).contains(wanted);
    match test {
        Test::Present => true,
        Test::Number(operator, than) => {
            number().is_some_and(|own| Operator::holds(*operator, own, *than))
        }
        Test::NumberIn(all, among) => number().is_some_and(|own| all.contains(&own) == *among),
        Test::TextIn(all, among) => text().is_some_and(|own| all.contains(own) == *among),
        Test::StartsWith(start) => text().is_some_and(|own| own.starts_with(start)),
        Test::Contains(part) => text().is_some_and(|own| own.contains(part)),
        Test::HasAny(wanted) => wanted.iter().any(has),
        Test::HasAll(wanted) => wanted.iter().all(has),
        Test::Bool(_)
        | Test::Instant(..)
        | Test::InstantIn(..)
        | Test::Since(..)
        | Test::Until(..) => false,
    }
}
