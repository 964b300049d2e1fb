//! Trees and their plans.

use std::collections::BTreeSet;

use super::{assert_faults, catalog, planned, tree};
use crate::rule::ast::{Boolean, Operator};
use crate::rule::plan::{EventTypes, Field, FieldTest, Leaf, Selection, Test};
use crate::rule::{Limits, check, normalize, parse};
use crate::time::{Duration, Instant};
use crate::value::Kind;

fn test_of(text: &str) -> Test {
    match planned(text) {
        Boolean::Leaf(Leaf::Attribute(_, asked)) => asked,
        other => panic!("{other:?}"),
    }
}

fn texts(texts: &[&str]) -> BTreeSet<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn conditions_become_tests_of_their_kind() {
    let day = Instant(1_488_326_400_000);
    for (text, expected) in [
        ("country = \"DE\"", Test::TextIn(texts(&["DE"]), true)),
        ("country != \"DE\"", Test::TextIn(texts(&["DE"]), false)),
        (
            "country in {\"DE\", \"AT\", \"DE\"}",
            Test::TextIn(texts(&["AT", "DE"]), true),
        ),
        ("country not in {}", Test::TextIn(texts(&[]), false)),
        (
            "country starts_with \"D\"",
            Test::StartsWith("D".to_owned()),
        ),
        ("country contains \"E\"", Test::Contains("E".to_owned())),
        ("has(country)", Test::Present),
        ("interests has \"wine\"", Test::HasAny(texts(&["wine"]))),
        (
            "interests has any {\"b\", \"a\"}",
            Test::HasAny(texts(&["a", "b"])),
        ),
        ("interests has all {}", Test::HasAll(texts(&[]))),
        ("has(interests)", Test::Present),
        ("age != 2.5", Test::Number(Operator::NotEqual, 2_500_000)),
        ("spend <= 2", Test::Number(Operator::LessOrEqual, 2_000_000)),
        (
            "age not in {1, 2}",
            Test::NumberIn(BTreeSet::from([1_000_000, 2_000_000]), false),
        ),
        ("newsletter = true", Test::Bool(true)),
        ("newsletter != true", Test::Bool(false)),
        (
            "last_seen >= 2017-03-01",
            Test::Instant(Operator::GreaterOrEqual, day),
        ),
        (
            "last_seen in {2017-03-01}",
            Test::InstantIn(BTreeSet::from([day]), true),
        ),
        (
            "since(last_seen) < 1d",
            Test::Since(Operator::Less, Duration::DAY),
        ),
        (
            "until(last_seen) >= 1h",
            Test::Until(Operator::GreaterOrEqual, Duration::HOUR),
        ),
    ] {
        assert_eq!(expected, test_of(text), "{text}");
    }
}

#[test]
fn operands_of_aggregates_are_micros_or_milliseconds() {
    for (text, expected) in [
        ("count(purchase) >= 2", 2_000_000),
        ("sum(purchase.value) > 250.5", 250_500_000),
        ("since_last(purchase) < 30d", 30 * 86_400_000),
    ] {
        let Boolean::Leaf(Leaf::Aggregate(aggregate)) = planned(text) else {
            panic!("{text}");
        };
        assert_eq!(expected, aggregate.operand);
    }
}

#[test]
fn names_are_resolved_to_numbers() {
    let catalog = catalog();
    let category = Field::ItemAttribute(catalog.item_attribute_id("category").unwrap());
    let order = Field::Property(catalog.property_id("order").unwrap());
    let expected = Selection {
        types: EventTypes::One(catalog.event_type_id("purchase").unwrap()),
        filter: Some(Boolean::Leaf(FieldTest {
            field: category,
            kind: Kind::String,
            test: Test::TextIn(texts(&["wine"]), true),
        })),
    };

    let plan = planned("distinct(purchase.order where item.category = \"wine\") > 2");

    let Boolean::Leaf(Leaf::Aggregate(aggregate)) = plan else {
        panic!("{plan:?}");
    };
    assert_eq!(expected, aggregate.selection);
    assert_eq!(Some((order, Kind::String)), aggregate.field);
}

#[test]
fn faults_of_meaning_are_found_at_their_place() {
    let catalog = catalog();
    let limits = Limits::default();
    assert_faults(FAULTS, |text| {
        check(&parse(text, &limits)?, &catalog, &limits).map(|_| ())
    });
}

const FAULTS: &[(&str, &str, &str)] = &[
    (
        "contry = \"DE\"",
        "contry",
        "there is no attribute \"contry\"; did you mean \"country\"?",
    ),
    (
        "purchase = 1",
        "purchase",
        "it is an event type: count(purchase) >= 1",
    ),
    ("wine = true", "wine", "it is a segment: segment(\"wine\")"),
    (
        "count(purchse) > 1",
        "purchse",
        "there is no event type \"purchse\"; did you mean \"purchase\"?",
    ),
    (
        "segment(\"wne\")",
        "\"wne\"",
        "there is no segment \"wne\"; did you mean \"wine\"?",
    ),
    (
        "count(purchase where ordr = \"x\") > 1",
        "ordr",
        "event type \"purchase\" has no property \"ordr\"; did you mean \"order\"?",
    ),
    (
        "count(purchase where query = \"x\") > 1",
        "query",
        "event type \"purchase\" has no property \"query\"",
    ),
    (
        "count(any where nothing = \"x\") > 1",
        "nothing",
        "no event type has property \"nothing\"",
    ),
    (
        "count(purchase where category = \"x\") > 1",
        "category",
        "did you mean item.category?",
    ),
    (
        "count(purchase where item.categry = \"x\") > 1",
        "categry",
        "there is no item attribute \"categry\"; did you mean \"category\"?",
    ),
    (
        "age = 3 and age = \"x\"",
        "age = \"x\"",
        "age is an integer, \"x\" is a string",
    ),
    (
        "country = 5",
        "country = 5",
        "country is a string, 5 is a number; write \"5\"",
    ),
    (
        "country < \"DE\"",
        "country < \"DE\"",
        "strings have no order",
    ),
    (
        "country has \"DE\"",
        "country has \"DE\"",
        "country is a string, has needs a string set",
    ),
    (
        "country in {\"DE\", 1}",
        "country in {\"DE\", 1}",
        "1 is a number",
    ),
    (
        "interests = \"wine\"",
        "interests = \"wine\"",
        "interests has \"wine\"",
    ),
    (
        "interests in {\"wine\"}",
        "interests in {\"wine\"}",
        "has any or has all",
    ),
    (
        "interests contains \"wine\"",
        "interests contains \"wine\"",
        "a set is asked with has",
    ),
    (
        "age starts_with \"1\"",
        "age starts_with \"1\"",
        "age is an integer, starts_with needs a string",
    ),
    (
        "newsletter = 1",
        "newsletter = 1",
        "newsletter is a bool, 1 is a number; write newsletter = true",
    ),
    (
        "newsletter < true",
        "newsletter < true",
        "bools have no order",
    ),
    (
        "newsletter in {true}",
        "newsletter in {true}",
        "write newsletter = true",
    ),
    (
        "last_seen < 30d",
        "last_seen < 30d",
        "write since(last_seen) < 30d",
    ),
    (
        "last_seen < \"2017\"",
        "last_seen < \"2017\"",
        "without quotes",
    ),
    (
        "since(age) < 30d",
        "since(age) < 30d",
        "age is an integer, since needs an instant",
    ),
    (
        "since(last_seen) = 30d",
        "since(last_seen) = 30d",
        "not with =",
    ),
    (
        "until(last_seen) != 30d",
        "until(last_seen) != 30d",
        "not with !=",
    ),
    (
        "since_last(purchase) = 30d",
        "since_last(purchase) = 30d",
        "not with =",
    ),
    (
        "since_last(purchase) < 30",
        "since_last(purchase) < 30",
        "since_last gives a duration such as 30d, 30 is a number",
    ),
    (
        "count(purchase) > 30d",
        "count(purchase) > 30d",
        "count gives a number, 30d is a duration",
    ),
    (
        "sum(purchase.order) > 1",
        "order",
        "sum needs a number, order is a string",
    ),
    (
        "max(purchase.item.brand) > 1",
        "brand",
        "max needs a number, item.brand is a string",
    ),
    (
        "min(heartbeat.seen) > 1",
        "seen",
        "min needs a number, seen is an instant",
    ),
    (
        "avg(heartbeat.ok) > 1",
        "ok",
        "avg needs a number, ok is a bool",
    ),
    (
        "distinct(purchase.item.tags) > 1",
        "tags",
        "distinct needs one value, item.tags is a string set",
    ),
    (
        "count(heartbeat last 31d) > 1",
        "count(heartbeat last 31d) > 1",
        "last 31d looks back further than \"heartbeat\" is kept, which is 30d",
    ),
    (
        "count(any last 31d) > 1",
        "count(any last 31d) > 1",
        "\"heartbeat\"",
    ),
    (
        "sequence(purchase, heartbeat last 31d)",
        "sequence(purchase, heartbeat last 31d)",
        "\"heartbeat\"",
    ),
    (
        "count(purchase between 2018-01-01 and 2018-01-01) > 1",
        "count(purchase between 2018-01-01 and 2018-01-01) > 1",
        "the window is empty",
    ),
    (
        "sequence(purchase within 1h, not return for 2h)",
        "sequence(purchase within 1h, not return for 2h)",
        "lone step",
    ),
    (
        "sequence(purchase, not return for 2h last 2h)",
        "sequence(purchase, not return for 2h last 2h)",
        "never true",
    ),
    (
        "sequence(purchase, not return within 2h last 1h)",
        "sequence(purchase, not return within 2h last 1h)",
        "never true",
    ),
    (
        "sequence(purchase, return on query)",
        "query",
        "event type \"purchase\" has no property \"query\"",
    ),
    (
        "sequence(purchase, search on order)",
        "order",
        "event type \"search\" has no property \"order\"",
    ),
    (
        "sequence(purchase, return on item.tags)",
        "tags",
        "on needs one value",
    ),
    (
        "segment(\"wine\") for 2d..1d",
        "segment(\"wine\") for 2d..1d",
        "the age 2d..1d is empty",
    ),
    (
        "segment(\"wine\") for 2d..2d",
        "segment(\"wine\") for 2d..2d",
        "is empty",
    ),
];

#[test]
fn what_lies_within_the_retention_is_accepted() {
    for text in [
        "count(heartbeat last 30d) > 1",
        "count(any last 30d) > 1",
        "count(heartbeat since 1950-01-01) > 1",
        "count(purchase last 365d) > 1",
        "sequence(purchase, not return for 2h last 7201s)",
        "sequence(any, any on order last 30d)",
    ] {
        planned(text);
    }
}

#[test]
fn a_tree_built_by_a_program_is_held_to_the_same_limits() {
    let catalog = catalog();
    let limits = Limits::default();
    let leaf = tree("age = 1");
    let message =
        |rule: &crate::rule::Rule| check(rule, &catalog, &limits).unwrap_err().to_string();

    let mut deep = leaf.clone();
    for _ in 0..31 {
        deep = Boolean::Not(Box::new(deep));
    }
    assert!(check(&deep, &catalog, &limits).is_ok());
    assert!(message(&Boolean::Not(Box::new(deep))).contains("limit of 32"));
    assert!(message(&Boolean::Or(vec![leaf.clone(); 1_025])).contains("limit of 1024"));
    assert!(message(&Boolean::And(vec![leaf])).contains("at least two"));
    assert!(message(&Boolean::Or(vec![])).contains("at least two"));
}

#[test]
fn leaves_inside_where_count_as_leaves() {
    let limits = Limits {
        leaves: 3,
        ..Limits::default()
    };
    let three = tree("count(purchase where value > 1 and quantity > 1) > 1");
    let four = tree("count(purchase where value > 1 and quantity > 1) > 1 and age > 3");

    assert!(check(&three, &catalog(), &limits).is_ok());
    assert!(check(&four, &catalog(), &limits).is_err());
}

#[test]
fn segments_count_with_those_they_use() {
    let limits = |segments| Limits {
        segments,
        ..Limits::default()
    };
    let rule = tree("segment(\"cart\") and segment(\"wine\") and segment(\"cart\")");

    assert!(check(&rule, &catalog(), &limits(2)).is_ok());
    let error = check(&rule, &catalog(), &limits(1))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("needs 2 segments, with those they use; the limit is 1"),
        "{error}"
    );
}

#[test]
fn equal_meanings_have_one_canonical_form() {
    for (left, right) in [
        (
            "age = 1 and (newsletter = true and has(country))",
            "has(country) and age = 1 and newsletter = true",
        ),
        ("age = 1 or age = 1", "age = 1"),
        ("not not age = 1", "age = 1"),
        (
            "not not (age = 1 and not not has(age))",
            "has(age) and age = 1",
        ),
        ("age in {1}", "age = 1"),
        (
            "country in {\"a\", \"b\"}",
            "country in {\"b\", \"a\", \"a\"}",
        ),
        ("interests has all {\"a\"}", "interests has \"a\""),
        (
            "count(purchase where value > 1 and (item = \"a\" and quantity > 1)) > 1",
            "count(purchase where quantity > 1 and item = \"a\" and value > 1) > 1",
        ),
    ] {
        assert_eq!(
            normalize(&planned(left)),
            normalize(&planned(right)),
            "{left}"
        );
    }
}

#[test]
fn a_negated_equality_stays_apart_from_an_inequality() {
    let (negated, unequal) = (
        planned("not country = \"DE\""),
        planned("country != \"DE\""),
    );

    assert_ne!(normalize(&negated), normalize(&unequal));
}

#[test]
fn the_deepest_rule_that_can_be_allowed_fits_the_stack_of_a_small_thread() {
    let limits = Limits {
        depth: u32::MAX,
        ..Limits::default()
    };
    let nested = "not (age = 1 or ".repeat(20);
    let text = move |levels: usize| {
        let inner = format!(
            "count(purchase where {}value = 1) > 1",
            "not ".repeat(levels)
        );
        format!("{nested}{inner}{}", ")".repeat(20))
    };
    let deepest = Limits::DEEPEST as usize - 42;

    let run = move || {
        let rule = parse(&text(deepest), &limits).unwrap();
        let plan = check(&rule, &catalog(), &limits).unwrap();
        assert_eq!(rule, parse(&rule.to_string(), &limits).unwrap());
        assert!(parse(&text(deepest + 43), &limits).is_err());
        normalize(&plan)
    };

    let thread = std::thread::Builder::new()
        .stack_size(1 << 20)
        .spawn(run)
        .unwrap();
    assert!(thread.join().is_ok());
}
