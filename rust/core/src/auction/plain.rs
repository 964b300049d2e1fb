//! Rules that are a plain conjunction, straight into what they ask: what [`compile`](super::compile::compile) makes of them, without
//! its detours.

use std::collections::BTreeSet;

use super::dimension::DimensionKind;
use super::standing::segment;
use crate::catalog::Catalog;
use crate::id::{DimensionId, SegmentId};
use crate::rule::Targeting;
use crate::rule::ast::Boolean;
use crate::rule::plan::Test;
use crate::rule::targeting::{ContextTest, Target};

/// Any-of groups on segments: with as many they cannot be too many.
const MOST_GROUPS: usize = super::clause::MOST_GROUPS;

/// One row.
#[derive(Debug, Default)]
pub(super) struct Plain<'a> {
    /// Of a dimension each.
    pub(super) values: Vec<(DimensionId, Values<'a>)>,
    /// Of the segments of the person one of each group.
    pub(super) any: Vec<Vec<SegmentId>>,
    /// None of these segments, where something is asked.
    pub(super) none: Option<Vec<SegmentId>>,
}

/// What is asked of a dimension.
#[derive(Debug)]
pub(super) struct Values<'a> {
    pub(super) named: Named<'a>,
    /// Whether one of the values must be said, or none of them may be.
    pub(super) is_wanted: bool,
    /// Whether it passes when nothing is said.
    pub(super) absent: bool,
}

/// Values that are named.
#[derive(Clone, Copy, Debug)]
pub(super) enum Named<'a> {
    Texts(&'a BTreeSet<String>),
    /// Hours of the week in micro units.
    Hours(&'a BTreeSet<i128>),
}

impl<'a> Plain<'a> {
    /// What a rule asks, if it is a conjunction that asks once of each dimension; without one, a row that asks nothing.
    pub(super) fn of(catalog: &Catalog, rule: Option<&'a Targeting>) -> Option<Self> {
        let mut plain = Self::default();
        if let Some(rule) = rule {
            plain.ask(catalog, rule, true)?;
        }
        (plain.any.len() <= MOST_GROUPS).then_some(plain)
    }

    fn ask(&mut self, catalog: &Catalog, rule: &'a Targeting, sign: bool) -> Option<()> {
        match (rule, sign) {
            (Boolean::Leaf(Target::Context(id, test)), _) => {
                self.ask_context(catalog, *id, test, sign)
            }
            (Boolean::Leaf(target @ Target::Profile(..)), true) => {
                self.any.push(vec![segment(catalog, target)?]);
                Some(())
            }
            (Boolean::Leaf(target @ Target::Profile(..)), false) => {
                let none = self.none.get_or_insert_default();
                none.push(segment(catalog, target)?);
                Some(())
            }
            (Boolean::And(parts), true) | (Boolean::Or(parts), false) => {
                let mut parts = parts.iter();
                parts.try_for_each(|part| self.ask(catalog, part, sign))
            }
            (Boolean::Not(inner), _) => self.ask(catalog, inner, !sign),
            (Boolean::Or(parts), true) => {
                let group = parts.iter().map(|part| match part {
                    Boolean::Leaf(target @ Target::Profile(..)) => segment(catalog, target),
                    Boolean::Leaf(Target::Context(..))
                    | Boolean::And(_)
                    | Boolean::Or(_)
                    | Boolean::Not(_) => None,
                });
                self.any.push(group.collect::<Option<_>>()?);
                Some(())
            }
            (Boolean::And(_), false) => None,
        }
    }

    fn ask_context(
        &mut self,
        catalog: &Catalog,
        id: DimensionId,
        test: &'a ContextTest,
        sign: bool,
    ) -> Option<()> {
        let ContextTest::Value(test) = test else {
            return None;
        };
        let kind = catalog.dimension(id)?.kind;
        let (named, among) = match (kind, test) {
            (DimensionKind::Choice | DimensionKind::Vocabulary, Test::TextIn(all, among)) => {
                (Named::Texts(all), *among)
            }
            (DimensionKind::Set, Test::HasAny(all)) => (Named::Texts(all), true),
            (DimensionKind::HourOfWeek, Test::NumberIn(all, true)) if sign => {
                (Named::Hours(all), true)
            }
            _ => return None,
        };
        if self.values.iter().any(|own| own.0 == id) {
            return None;
        }
        let values = Values {
            named,
            is_wanted: among == sign,
            absent: !sign,
        };
        self.values.push((id, values));
        Some(())
    }
}
