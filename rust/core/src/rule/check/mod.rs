//! The check: a tree against the catalog, names resolved and types agreed.

mod aggregate;
mod condition;
mod context;
mod field;
mod segment;
mod sequence;

use std::collections::BTreeSet;

use super::ast::{Boolean, Leaf, LeafKind, Rule, Span};
use super::limits::Limits;
use super::literal::LONGEST;
use super::plan::{self, Plan};
use super::targeting::Targeting;
use super::{at, hint, shown};
use crate::catalog::Catalog;
use crate::error::Result;
use crate::id::SegmentId;
use crate::time::Duration;

/// The plan that `rule` stands for in `catalog`.
///
/// An error names the place in the text and what is wrong there: an unknown name with the nearest known one, values
/// that do not fit a kind, a window that is empty or longer than the retention, a rule beyond the limits. Trees built by
/// programs are checked like parsed ones; their errors point to where their spans point.
pub fn check(rule: &Rule, catalog: &Catalog, limits: &Limits) -> Result<Plan> {
    Checker::new(catalog, limits).boolean(rule, Checker::leaf)
}

/// As [`check`], for the rule of a line item: undeclared dimensions and unknown lists are errors too.
pub fn check_targeting(rule: &Rule, catalog: &Catalog, limits: &Limits) -> Result<Targeting> {
    Checker::new(catalog, limits).boolean(rule, Checker::target)
}

struct Checker<'a> {
    catalog: &'a Catalog,
    limits: &'a Limits,
    leaves: u32,
    depth: u32,
    segments: BTreeSet<SegmentId>,
}

impl<'a> Checker<'a> {
    const fn new(catalog: &'a Catalog, limits: &'a Limits) -> Self {
        Self {
            catalog,
            limits,
            leaves: 0,
            depth: 0,
            segments: BTreeSet::new(),
        }
    }

    fn boolean<A, B>(
        &mut self,
        tree: &Boolean<A>,
        leaf: impl Fn(&mut Self, &A) -> Result<B> + Copy,
    ) -> Result<Boolean<B>> {
        self.depth += 1;
        let limit = self.limits.levels();
        if self.depth > limit {
            let message = format!("the rule nests deeper than the limit of {limit}");
            return Err(at(Span::default(), message));
        }
        let checked = match tree {
            Boolean::And(operands) => Boolean::And(self.chain(operands, leaf)?),
            Boolean::Or(operands) => Boolean::Or(self.chain(operands, leaf)?),
            Boolean::Not(inner) => Boolean::Not(Box::new(self.boolean(inner, leaf)?)),
            Boolean::Leaf(own) => {
                self.leaves += 1;
                let limit = self.limits.leaves;
                if self.leaves > limit {
                    let message = format!("the rule has more leaves than the limit of {limit}");
                    return Err(at(Span::default(), message));
                }
                Boolean::Leaf(leaf(self, own)?)
            }
        };
        self.depth -= 1;
        Ok(checked)
    }

    fn chain<A, B>(
        &mut self,
        operands: &[Boolean<A>],
        leaf: impl Fn(&mut Self, &A) -> Result<B> + Copy,
    ) -> Result<Vec<Boolean<B>>> {
        if operands.len() < 2 {
            let message = "\"and\" and \"or\" join at least two operands";
            return Err(at(Span::default(), message));
        }
        operands
            .iter()
            .map(|operand| self.boolean(operand, leaf))
            .collect()
    }

    fn leaf(&mut self, leaf: &Leaf) -> Result<plan::Leaf> {
        match &leaf.kind {
            LeafKind::Attribute(name, condition) => {
                let id = self.attribute(name)?;
                let kind = self.catalog.attribute(id).map(|attribute| attribute.kind);
                let kind = kind.ok_or_else(|| missing("attribute"))?;
                let test = condition::test(&name.text, kind, condition, leaf.span)?;
                Ok(plan::Leaf::Attribute(id, test))
            }
            LeafKind::Aggregate(aggregate) => {
                Ok(plan::Leaf::Aggregate(self.aggregate(aggregate, leaf.span)?))
            }
            LeafKind::Sequence(sequence) => {
                Ok(plan::Leaf::Sequence(self.sequence(sequence, leaf.span)?))
            }
            LeafKind::Segment(name, age) => self.segment(name, *age, leaf.span),
            LeafKind::Context(..) => Err(at(leaf.span, "only line items have a context")),
        }
    }
}

fn missing(noun: &str) -> crate::error::Error {
    crate::error::Error::Internal(format!("a resolved {noun} is not in the catalog"))
}

/// Rules speak of whole seconds, at least one, and no more than all of accepted time.
fn check_duration(span: Duration, place: Span) -> Result<()> {
    if span < Duration::SECOND || span > LONGEST || span.0 % Duration::SECOND.0 != 0 {
        let message = format!("{span}: durations are whole seconds from 1s to {LONGEST}");
        return Err(at(place, message));
    }
    Ok(())
}
