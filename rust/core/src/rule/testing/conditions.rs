//! Random conditions that fit a kind.

use proptest::prelude::*;
use proptest::strategy::Union;

use super::{instants, micros, spans, texts};
use crate::rule::ast::{Condition, Literal, Operator};
use crate::value::Kind;

const OPERATORS: [Operator; 6] = [
    Operator::Equal,
    Operator::NotEqual,
    Operator::Less,
    Operator::LessOrEqual,
    Operator::Greater,
    Operator::GreaterOrEqual,
];

/// All six.
pub fn operators() -> impl Strategy<Value = Operator> {
    prop::sample::select(OPERATORS.to_vec())
}

pub(super) fn orders() -> impl Strategy<Value = Operator> {
    let orders = OPERATORS.into_iter().filter(|operator| operator.is_order());
    prop::sample::select(orders.collect::<Vec<_>>())
}

pub(super) fn numbers() -> impl Strategy<Value = Literal> + Clone {
    prop_oneof![
        3 => (-2..=4_i64).prop_map(|number| number * 1_000_000),
        1 => micros().boxed(),
    ]
    .prop_map(|micros| Literal::Number(i128::from(micros)))
    .boxed()
}

/// Conditions that [`check`](crate::rule::check) accepts of this kind.
pub(super) fn conditions(kind: Kind) -> BoxedStrategy<Condition> {
    let present = Just(Condition::Present).boxed();
    let own: Vec<BoxedStrategy<Condition>> = match kind {
        Kind::String => {
            let equality = prop::sample::select(vec![Operator::Equal, Operator::NotEqual]);
            let literals = texts().prop_map(Literal::Text).boxed();
            let mut own = sets(literals.clone());
            own.extend([
                (equality, literals)
                    .prop_map(|(operator, text)| Condition::Compare(operator, text))
                    .boxed(),
                texts().prop_map(Condition::StartsWith).boxed(),
                texts().prop_map(Condition::Contains).boxed(),
            ]);
            own
        }
        Kind::StringSet => {
            let several = prop::collection::vec(texts(), 0..3).boxed();
            vec![
                texts().prop_map(Condition::Has).boxed(),
                several.clone().prop_map(Condition::HasAny).boxed(),
                several.prop_map(Condition::HasAll).boxed(),
            ]
        }
        Kind::Integer | Kind::Decimal => ordered(numbers().boxed()),
        Kind::Bool => {
            let equality = prop::sample::select(vec![Operator::Equal, Operator::NotEqual]);
            let compare = |(operator, truth)| Condition::Compare(operator, Literal::Bool(truth));
            vec![(equality, any::<bool>()).prop_map(compare).boxed()]
        }
        Kind::Instant => {
            let mut own = ordered(instants().prop_map(Literal::Instant).boxed());
            own.extend([
                (orders(), spans())
                    .prop_map(|(operator, span)| Condition::Since(operator, span))
                    .boxed(),
                (orders(), spans())
                    .prop_map(|(operator, span)| Condition::Until(operator, span))
                    .boxed(),
            ]);
            own
        }
    };
    Union::new(own.into_iter().chain([present])).boxed()
}

fn ordered(literals: BoxedStrategy<Literal>) -> Vec<BoxedStrategy<Condition>> {
    let mut own = sets(literals.clone());
    let compare = |(operator, literal)| Condition::Compare(operator, literal);
    own.push((operators(), literals).prop_map(compare).boxed());
    own
}

fn sets(literals: BoxedStrategy<Literal>) -> Vec<BoxedStrategy<Condition>> {
    let several = prop::collection::vec(literals, 0..4);
    vec![
        several.clone().prop_map(Condition::In).boxed(),
        several.prop_map(Condition::NotIn).boxed(),
    ]
}
