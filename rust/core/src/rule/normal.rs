//! The canonical form of a plan: equal forms mean the same, so that equal atoms can be shared.
//!
//! Nested `and`s and `or`s are flattened, operands sorted and told once, double negations dropped, and tests that can be
//! written in two ways written in one. A `not` is never pushed inwards: `not (x = v)` also holds where x is absent.

use std::collections::BTreeSet;

use super::ast::{Boolean, Operator};
use super::plan::{Aggregate, FieldTest, Leaf, Plan, Selection, Sequence, Test};

/// `plan` in canonical form. It holds for the same profiles at the same times; its operands are sorted.
pub fn normalize(plan: &Plan) -> Plan {
    boolean(plan, &leaf)
}

fn boolean<L: Ord + Clone>(tree: &Boolean<L>, leaf: &impl Fn(&L) -> L) -> Boolean<L> {
    match tree {
        Boolean::Leaf(own) => Boolean::Leaf(leaf(own)),
        Boolean::Not(inner) => match boolean(inner, leaf) {
            Boolean::Not(positive) => *positive,
            other @ (Boolean::And(_) | Boolean::Or(_) | Boolean::Leaf(_)) => {
                Boolean::Not(Box::new(other))
            }
        },
        Boolean::And(operands) => {
            let flat = operands
                .iter()
                .flat_map(|operand| match boolean(operand, leaf) {
                    Boolean::And(inner) => inner,
                    other @ (Boolean::Or(_) | Boolean::Not(_) | Boolean::Leaf(_)) => vec![other],
                });
            chain(flat.collect(), Boolean::And)
        }
        Boolean::Or(operands) => {
            let flat = operands
                .iter()
                .flat_map(|operand| match boolean(operand, leaf) {
                    Boolean::Or(inner) => inner,
                    other @ (Boolean::And(_) | Boolean::Not(_) | Boolean::Leaf(_)) => vec![other],
                });
            chain(flat.collect(), Boolean::Or)
        }
    }
}

/// One operand stands for itself.
fn chain<L>(operands: BTreeSet<Boolean<L>>, join: fn(Vec<Boolean<L>>) -> Boolean<L>) -> Boolean<L> {
    let mut operands: Vec<_> = operands.into_iter().collect();
    match operands.pop() {
        Some(lone) if operands.is_empty() => lone,
        last => {
            operands.extend(last);
            join(operands)
        }
    }
}

fn leaf(leaf: &Leaf) -> Leaf {
    match leaf {
        Leaf::Attribute(attribute, asked) => Leaf::Attribute(*attribute, test(asked)),
        Leaf::Aggregate(aggregate) => Leaf::Aggregate(Aggregate {
            selection: selection(&aggregate.selection),
            ..aggregate.clone()
        }),
        Leaf::Sequence(sequence) => Leaf::Sequence(Sequence {
            steps: sequence.steps.iter().map(selection).collect(),
            absent: sequence
                .absent
                .as_ref()
                .map(|(step, absence)| (selection(step), *absence)),
            ..sequence.clone()
        }),
        Leaf::Segment(id, age) => Leaf::Segment(*id, *age),
    }
}

fn selection(selection: &Selection) -> Selection {
    let field_test = |own: &FieldTest| FieldTest {
        test: test(&own.test),
        ..own.clone()
    };
    Selection {
        types: selection.types,
        filter: selection
            .filter
            .as_ref()
            .map(|filter| boolean(filter, &field_test)),
    }
}

fn test(asked: &Test) -> Test {
    let equality = |among: bool| {
        if among {
            Operator::Equal
        } else {
            Operator::NotEqual
        }
    };
    match asked {
        Test::NumberIn(numbers, among) => match lone(numbers) {
            Some(number) => Test::Number(equality(*among), *number),
            None => asked.clone(),
        },
        Test::InstantIn(instants, among) => match lone(instants) {
            Some(instant) => Test::Instant(equality(*among), *instant),
            None => asked.clone(),
        },
        Test::HasAll(texts) if texts.len() == 1 => Test::HasAny(texts.clone()),
        Test::HasAll(texts) if texts.is_empty() => Test::Present,
        Test::StartsWith(text) | Test::Contains(text) if text.is_empty() => Test::Present,
        Test::Present
        | Test::Number(..)
        | Test::TextIn(..)
        | Test::StartsWith(_)
        | Test::Contains(_)
        | Test::HasAny(_)
        | Test::HasAll(_)
        | Test::Bool(_)
        | Test::Instant(..)
        | Test::Since(..)
        | Test::Until(..) => asked.clone(),
    }
}

fn lone<T: Ord>(set: &BTreeSet<T>) -> Option<&T> {
    set.first().filter(|_| set.len() == 1)
}
