//! Laws over random rules and random damage.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use proptest::prelude::*;

use super::catalog;
use crate::rule::ast::{
    Aggregate, Boolean, Condition, Field, FieldTest, Function, Leaf, LeafKind, Literal, Name,
    Operator, Rule, Selection, Span,
};
use crate::rule::{Limits, Plan, check, is_reserved, normalize, parse, plan, testing};
use crate::time::{Duration, Instant, Window};

fn limits() -> Limits {
    Limits::default()
}

fn names() -> impl Strategy<Value = Name> {
    let known = prop::sample::select(vec![
        "country",
        "age",
        "interests",
        "last_seen",
        "purchase",
        "value",
        "any",
    ]);
    prop_oneof![known.prop_map(str::to_owned), "[a-zA-Z][a-zA-Z0-9_]{0,9}"]
        .prop_filter("a word of the language", |name| !is_reserved(name))
        .prop_map(|text| Name {
            text,
            span: Span::default(),
        })
}

fn literals() -> impl Strategy<Value = Literal> {
    prop_oneof![
        any::<String>().prop_map(Literal::Text),
        any::<i64>().prop_map(|micros| Literal::Number(i128::from(micros))),
        any::<i64>().prop_map(|number| Literal::Number(i128::from(number) * 1_000_000)),
        any::<bool>().prop_map(Literal::Bool),
        (Instant::MIN.0..Instant::MAX.0).prop_map(|millis| Literal::Instant(Instant(millis))),
        (1..9_000_000_000_i64).prop_map(|seconds| Literal::Duration(Duration(seconds * 1_000))),
    ]
}

fn wild_conditions() -> impl Strategy<Value = Condition> {
    let operators = prop::sample::select(vec![
        Operator::Equal,
        Operator::NotEqual,
        Operator::Less,
        Operator::GreaterOrEqual,
    ]);
    let texts = prop::collection::vec(any::<String>(), 0..3);
    prop_oneof![
        (operators.clone(), literals())
            .prop_map(|(operator, literal)| Condition::Compare(operator, literal)),
        prop::collection::vec(literals(), 0..3).prop_map(Condition::In),
        prop::collection::vec(literals(), 0..3).prop_map(Condition::NotIn),
        any::<String>().prop_map(Condition::StartsWith),
        any::<String>().prop_map(Condition::Contains),
        any::<String>().prop_map(Condition::Has),
        texts.clone().prop_map(Condition::HasAny),
        texts.prop_map(Condition::HasAll),
        Just(Condition::Present),
        (operators.clone(), testing::spans())
            .prop_map(|(operator, span)| Condition::Since(operator, span)),
        (operators, testing::spans()).prop_map(|(operator, span)| Condition::Until(operator, span)),
    ]
}

fn wild_fields() -> impl Strategy<Value = Field> {
    prop_oneof![
        names().prop_map(Field::Property),
        names().prop_map(Field::ItemAttribute),
    ]
}

/// Trees that can be written but need not make sense: names and literals of every sort.
fn wild_trees() -> impl Strategy<Value = Rule> {
    let span = Span::default();
    let tests = (wild_fields(), wild_conditions()).prop_map(move |(field, condition)| FieldTest {
        field,
        condition,
        span,
    });
    let selections = (names(), prop::option::of(tests.prop_map(Boolean::Leaf)));
    let selections = selections.prop_map(|(event, filter)| Selection { event, filter });
    let functions = prop::sample::select(Function::ALL.to_vec());
    let aggregates = (selections, functions, wild_fields(), literals()).prop_map(
        |(selection, function, field, operand)| {
            LeafKind::Aggregate(Aggregate {
                function,
                selection,
                field: function.takes_field().then_some(field),
                window: Window::All,
                operator: Operator::Less,
                operand,
            })
        },
    );
    let segments =
        any::<String>().prop_map(move |text| LeafKind::Segment(Name { text, span }, None));
    let attributes = (names(), wild_conditions())
        .prop_map(|(name, condition)| LeafKind::Attribute(name, condition));
    let leaves = prop_oneof![attributes, aggregates, segments];
    let leaves = leaves.prop_map(move |kind| Boolean::Leaf(Leaf { kind, span }));
    leaves.prop_recursive(5, 16, 4, |inner| {
        let several = prop::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            several.clone().prop_map(Boolean::And),
            several.prop_map(Boolean::Or),
            inner.prop_map(|inner| Boolean::Not(Box::new(inner))),
        ]
    })
}

/// The plan's truth when each leaf, written in normal form, is true or false by its hash.
fn truth(plan: &Plan, seed: u64) -> bool {
    match plan {
        Boolean::And(operands) => operands.iter().all(|operand| truth(operand, seed)),
        Boolean::Or(operands) => operands.iter().any(|operand| truth(operand, seed)),
        Boolean::Not(inner) => !truth(inner, seed),
        Boolean::Leaf(leaf) => {
            let mut hasher = DefaultHasher::new();
            (normal_leaf(leaf), seed).hash(&mut hasher);
            hasher.finish().is_multiple_of(2)
        }
    }
}

fn normal_leaf(leaf: &plan::Leaf) -> Plan {
    normalize(&Boolean::Leaf(leaf.clone()))
}

/// Parses and checks; only a panic fails.
fn digest(text: &str) {
    if let Ok(rule) = parse(text, &limits()) {
        let _ = check(&rule, &catalog(), &limits());
        assert_eq!(
            Ok(&rule),
            parse(
                &rule.to_string(),
                &Limits {
                    text: u32::MAX,
                    ..limits()
                }
            )
            .as_ref()
        );
    }
}

proptest! {
    #[test]
    fn a_valid_tree_is_the_tree_of_its_text((catalog, rule) in testing::rules()) {
        let text = rule.to_string();

        let again = parse(&text, &limits());

        prop_assert_eq!(Ok(&rule), again.as_ref(), "{}", text);
        prop_assert_eq!(&text, &again.unwrap().to_string());
        prop_assert!(check(&rule, &catalog, &limits()).is_ok(), "{}: {:?}", text, check(&rule, &catalog, &limits()));
    }

    #[test]
    fn a_wild_tree_is_the_tree_of_its_text(rule in wild_trees()) {
        let text = rule.to_string();

        let again = parse(&text, &limits());

        prop_assert_eq!(Ok(&rule), again.as_ref(), "{}", text);
        prop_assert_eq!(&text, &again.unwrap().to_string());
    }

    #[test]
    fn the_check_of_a_wild_tree_never_panics(rule in wild_trees()) {
        let _ = check(&rule, &catalog(), &limits());
    }

    #[test]
    fn a_canonical_form_is_its_own_and_has_the_same_truth((catalog, rule) in testing::rules(), seed in any::<u64>()) {
        let plan = check(&rule, &catalog, &limits()).unwrap();

        let normal = normalize(&plan);

        prop_assert_eq!(&normal, &normalize(&normal));
        prop_assert_eq!(truth(&plan, seed), truth(&normal, seed));
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        digest(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn random_words_never_panic(words in prop::collection::vec(words(), 0..30)) {
        digest(&words.join(" "));
        digest(&words.concat());
    }

    #[test]
    fn damaged_rules_never_panic((_, rule) in testing::rules(), cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 1..4)) {
        let mut bytes = rule.to_string().into_bytes();
        for (index, byte, how) in cuts {
            let place = index.index(bytes.len().max(1));
            match how {
                0 => bytes.truncate(place),
                1 => bytes.insert(place.min(bytes.len()), byte),
                2 if place < bytes.len() => {
                    bytes.remove(place);
                }
                _ if place < bytes.len() => bytes[place] = byte,
                _ => {}
            }
        }
        digest(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn segment_orders_put_the_used_first(catalog in testing::catalogs()) {
        let order = catalog.segment_order();

        prop_assert_eq!(catalog.segments().count(), order.len());
        for (place, id) in order.iter().enumerate() {
            for used in &catalog.segment(*id).unwrap().uses {
                prop_assert!(order[..place].contains(used));
            }
        }
    }
}

fn words() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "and",
        "or",
        "not",
        "(",
        ")",
        "{",
        "}",
        ",",
        ".",
        "..",
        "=",
        "!=",
        "<",
        ">=",
        "in",
        "has",
        "any",
        "all",
        "count",
        "sum",
        "sequence",
        "segment",
        "where",
        "last",
        "since",
        "until",
        "between",
        "within",
        "for",
        "on",
        "item",
        "purchase",
        "value",
        "age",
        "country",
        "\"wine\"",
        "\"",
        "\\",
        "3",
        "2.5",
        "-1",
        "30d",
        "10m",
        "2017-03-01",
        "2017-03-01T10:00:00Z",
        "true",
        "ctx",
        "'",
    ])
}
