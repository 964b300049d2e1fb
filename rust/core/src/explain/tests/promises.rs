//! One test for each sentence of the meanings that this module speaks to.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{
    AttributeDefinition, Catalog, Declaration, EventTypeDefinition, ItemAttributeDefinition,
    PropertyDefinition, SegmentDefinition,
};
use crate::explain::{explain, holds, since, until};
use crate::id::{EventTypeId, SegmentId};
use crate::person::{Event, Person};
use crate::rule::ast::{Age, Boolean};
use crate::rule::plan::{Leaf, Plan};
use crate::time::{Duration, Instant};
use crate::value::{Kind, Value};

fn catalog() -> Catalog {
    let mut catalog = Catalog::default();
    let attribute = |name: &str, kind| {
        Declaration::Attribute(AttributeDefinition {
            name: name.into(),
            kind,
        })
    };
    let event_type = |name: &str, retention: Option<i64>| {
        Declaration::EventType(EventTypeDefinition {
            name: name.into(),
            properties: vec![PropertyDefinition {
                name: "order".into(),
                kind: Kind::String,
            }],
            retention: retention.map(|seconds| Duration(seconds * 1_000)),
        })
    };
    let declarations = [
        attribute("country", Kind::String),
        attribute("age", Kind::Integer),
        attribute("interests", Kind::StringSet),
        attribute("birthday", Kind::Instant),
        attribute("vip", Kind::Bool),
        Declaration::ItemAttribute(ItemAttributeDefinition {
            name: "category".into(),
            kind: Kind::String,
        }),
        event_type("view", None),
        event_type("cart", None),
        event_type("purchase", None),
        event_type("ping", Some(10)),
    ];
    catalog.declare(&declarations).unwrap();
    catalog
}

fn define(catalog: &mut Catalog, name: &str, rule: &str) {
    let definition = SegmentDefinition {
        name: name.into(),
        rule: rule.into(),
        description: String::new(),
    };
    catalog.define_segment(definition).unwrap();
}

fn at(seconds: i64) -> Instant {
    Instant(seconds * 1_000)
}

/// `view@10 i1`: type, second, item, with value 2.50 and quantity 1.
fn person(catalog: &Catalog, events: &[(&str, i64, Option<&str>)]) -> Person {
    let mut events: Vec<Event> = events
        .iter()
        .map(|(name, second, item)| {
            let event_type: EventTypeId = catalog.event_type_id(name).unwrap();
            Event {
                event_type,
                time: at(*second),
                retention: catalog.event_type(event_type).unwrap().definition.retention,
                item: item.map(str::to_owned),
                item_attributes: BTreeMap::new(),
                value: Some(2_500_000),
                quantity: None,
                channel: None,
                properties: BTreeMap::new(),
            }
        })
        .collect();
    events.sort_by_key(|event| event.time);
    Person {
        attributes: BTreeMap::new(),
        events,
    }
}

fn with(catalog: &Catalog, name: &str, value: Value, written: i64) -> Person {
    let mut person = Person::default();
    person
        .attributes
        .insert(catalog.attribute_id(name).unwrap(), (value, at(written)));
    person
}

#[track_caller]
fn check(expected: bool, rule: &str, person: &Person, second: i64) {
    let catalog = catalog();
    let plan = catalog.plan(rule).unwrap();
    assert_eq!(
        expected,
        holds(&plan, person, &catalog, at(second)),
        "{rule} at {second}"
    );
}

#[test]
fn every_comparison_with_an_absent_attribute_is_false() {
    let nobody = Person::default();
    for rule in [
        r#"country = "DE""#,
        r#"country != "DE""#,
        r#"country in {"DE"}"#,
        r#"country not in {"DE"}"#,
        "age < 5",
        "vip = false",
        "has(country)",
        "since(birthday) > 1d",
        "until(birthday) > 1d",
        r#"interests has "wine""#,
    ] {
        check(false, rule, &nobody, 0);
        check(true, &format!("not ({rule})"), &nobody, 0);
    }
}

#[test]
fn present_but_empty_is_present() {
    let catalog = catalog();
    check(
        true,
        "has(country)",
        &with(&catalog, "country", Value::String(String::new()), 0),
        0,
    );
    check(
        true,
        "has(interests)",
        &with(&catalog, "interests", Value::StringSet(BTreeSet::new()), 0),
        0,
    );
    check(
        true,
        r#"country != "DE""#,
        &with(&catalog, "country", Value::String(String::new()), 0),
        0,
    );
}

#[test]
fn strings_compare_bytewise() {
    let person = with(&catalog(), "country", Value::String(" De".into()), 0);
    check(false, r#"country = "DE""#, &person, 0);
    check(
        true,
        r#"country contains "De" and not country starts_with "D""#,
        &person,
        0,
    );
}

#[test]
fn sets_answer_has_any_and_all() {
    let set = ["wine", "cheese"].map(str::to_owned).into();
    let person = with(&catalog(), "interests", Value::StringSet(set), 0);
    check(true, r#"interests has "wine""#, &person, 0);
    check(true, r#"interests has any {"beer", "wine"}"#, &person, 0);
    check(false, r#"interests has all {"beer", "wine"}"#, &person, 0);
}

#[test]
fn since_and_until_of_an_instant_meet_at_it() {
    let person = with(&catalog(), "birthday", Value::Instant(at(100)), 0);
    check(false, "since(birthday) < 1m", &person, 99);
    check(true, "since(birthday) < 1m", &person, 100);
    check(false, "since(birthday) < 1m", &person, 160);
    check(true, "until(birthday) <= 1m", &person, 99);
    check(false, "until(birthday) <= 1m", &person, 100);
    check(false, "until(birthday) <= 1m", &person, 39);
}

#[test]
fn last_is_open_at_its_start_and_closed_at_its_end() {
    let person = person(&catalog(), &[("view", 100, None)]);
    for (expected, second) in [(false, 99), (true, 100), (true, 109), (false, 110)] {
        check(expected, "count(view last 10s) = 1", &person, second);
    }
}

#[test]
fn since_includes_its_instant_and_between_excludes_its_end() {
    let person = person(&catalog(), &[("view", 60, None)]);
    check(
        true,
        "count(view since 1970-01-01T00:01:00Z) = 1",
        &person,
        60,
    );
    check(
        true,
        "count(view between 1970-01-01T00:01:00Z and 1970-01-01T00:02:00Z) = 1",
        &person,
        999,
    );
    check(
        false,
        "count(view between 1970-01-01T00:00:00Z and 1970-01-01T00:01:00Z) = 1",
        &person,
        999,
    );
    check(
        false,
        "count(view between 1970-01-01T00:00:00Z and 1970-01-01T00:02:00Z) = 1",
        &person,
        59,
    );
}

#[test]
fn from_time_plus_retention_on_an_event_is_invisible() {
    let person = person(&catalog(), &[("ping", 100, None)]);
    check(true, "count(ping) = 1", &person, 109);
    check(false, "count(ping) = 1", &person, 110);
}

#[test]
fn counts_and_sums_of_nothing_are_zero_and_the_rest_is_absent() {
    let nobody = Person::default();
    check(
        true,
        "count(view) = 0 and sum(view.value) = 0 and distinct(view.order) = 0",
        &nobody,
        0,
    );
    for rule in [
        "min(view.value) < 1",
        "max(view.value) != 1",
        "avg(view.value) >= 0",
        "since_last(view) > 1s",
    ] {
        check(false, rule, &nobody, 0);
    }
}

#[test]
fn an_event_without_the_property_counts_in_count_and_in_nothing_else() {
    let person = person(&catalog(), &[("view", 1, None)]);
    check(
        true,
        "count(view) = 1 and distinct(view.order) = 0 and sum(view.quantity) = 0",
        &person,
        5,
    );
    check(false, "avg(view.quantity) >= 0", &person, 5);
}

#[test]
fn averages_compare_as_exact_fractions() {
    let catalog = catalog();
    let mut person = person(
        &catalog,
        &[("view", 1, None), ("view", 2, None), ("view", 3, None)],
    );
    for (event, value) in person.events.iter_mut().zip([1, 1, 2]) {
        event.value = Some(value);
    }
    // 4/3 micro units lie strictly between 1 and 2.
    check(
        true,
        "avg(view.value) > 0.000001 and avg(view.value) < 0.000002",
        &person,
        9,
    );
}

#[test]
fn any_names_all_types() {
    check(
        true,
        "count(any) = 2",
        &person(&catalog(), &[("view", 1, None), ("cart", 2, None)]),
        5,
    );
}

#[test]
fn steps_rise_strictly_and_equal_times_never_chain() {
    let catalog = catalog();
    check(
        false,
        "sequence(view, cart)",
        &person(&catalog, &[("view", 5, None), ("cart", 5, None)]),
        9,
    );
    check(
        true,
        "sequence(view, cart)",
        &person(&catalog, &[("view", 5, None), ("cart", 6, None)]),
        9,
    );
    check(
        false,
        "sequence(view, cart)",
        &person(&catalog, &[("view", 6, None), ("cart", 5, None)]),
        9,
    );
}

#[test]
fn within_reaches_from_the_first_step_to_the_last_positive_one() {
    let person = person(
        &catalog(),
        &[("view", 0, None), ("cart", 6, None), ("purchase", 11, None)],
    );
    check(
        false,
        "sequence(view, cart, purchase within 10s)",
        &person,
        20,
    );
    check(
        true,
        "sequence(view, cart, purchase within 11s)",
        &person,
        20,
    );
}

#[test]
fn any_choice_of_events_will_do() {
    let person = person(
        &catalog(),
        &[
            ("view", 0, None),
            ("view", 50, None),
            ("cart", 55, None),
            ("cart", 90, None),
        ],
    );
    check(true, "sequence(view, cart within 10s)", &person, 100);
}

#[test]
fn not_within_is_decided_when_its_span_is_over() {
    let catalog = catalog();
    let rule = "sequence(cart, not purchase within 10s)";
    let idle = person(&catalog, &[("cart", 100, None)]);
    check(false, rule, &idle, 109);
    check(true, rule, &idle, 110);
    check(true, rule, &idle, 1_000);
    check(
        false,
        rule,
        &person(&catalog, &[("cart", 100, None), ("purchase", 110, None)]),
        500,
    );
    check(
        true,
        rule,
        &person(&catalog, &[("cart", 100, None), ("purchase", 111, None)]),
        500,
    );
}

#[test]
fn not_for_ends_the_moment_it_happens() {
    let catalog = catalog();
    let rule = "sequence(cart, not purchase for 10s)";
    let person = person(&catalog, &[("cart", 100, None), ("purchase", 300, None)]);
    for (expected, second) in [(false, 109), (true, 110), (true, 299), (false, 300)] {
        check(expected, rule, &person, second);
    }
}

#[test]
fn an_event_at_exactly_s_does_not_cancel() {
    let person = person(&catalog(), &[("cart", 100, None), ("purchase", 100, None)]);
    check(true, "sequence(cart, not purchase for 10s)", &person, 110);
}

#[test]
fn the_outer_last_tests_the_last_positive_step_only() {
    let person = person(&catalog(), &[("view", 0, None), ("cart", 100, None)]);
    check(true, "sequence(view, cart last 10s)", &person, 109);
    check(false, "sequence(view, cart last 10s)", &person, 110);
}

#[test]
fn the_key_binds_all_steps_and_absent_keys_never_match() {
    let catalog = catalog();
    let rule = "sequence(view, cart on item)";
    check(
        false,
        rule,
        &person(&catalog, &[("view", 1, Some("a")), ("cart", 2, Some("b"))]),
        9,
    );
    check(
        true,
        rule,
        &person(&catalog, &[("view", 1, Some("a")), ("cart", 2, Some("a"))]),
        9,
    );
    check(
        false,
        rule,
        &person(&catalog, &[("view", 1, None), ("cart", 2, None)]),
        9,
    );
    let left = "sequence(cart, not purchase for 10s on item)";
    let bought_other = [("cart", 1, Some("a")), ("purchase", 5, Some("b"))];
    check(true, left, &person(&catalog, &bought_other), 20);
    check(
        false,
        left,
        &person(
            &catalog,
            &[("cart", 1, Some("a")), ("purchase", 5, Some("a"))],
        ),
        20,
    );
}

#[test]
fn a_segment_of_an_age_counts_from_its_unbroken_stretch() {
    let mut catalog = catalog();
    define(&mut catalog, "left", "count(cart last 100s) >= 1");
    let person = person(&catalog, &[("cart", 100, None), ("cart", 150, None)]);
    let plan = catalog.plan(r#"segment("left") for 10s..30s"#).unwrap();

    for (expected, second) in [
        (false, 109),
        (true, 110),
        (true, 129),
        (false, 130),
        (false, 160),
        (false, 260),
    ] {
        assert_eq!(
            expected,
            holds(&plan, &person, &catalog, at(second)),
            "{second}"
        );
    }
}

#[test]
fn since_starts_the_stretch_and_until_ends_it() {
    let catalog = catalog();
    let plan = catalog.plan("count(view last 10s) >= 1").unwrap();
    let person = person(&catalog, &[("view", 100, None), ("view", 105, None)]);

    assert_eq!(Some(at(100)), since(&plan, &person, &catalog, at(107)));
    assert_eq!(Some(at(115)), until(&plan, &person, &catalog, at(107)));
    assert_eq!(Some(at(115)), since(&plan, &person, &catalog, at(500)));
    assert_eq!(None, until(&plan, &person, &catalog, at(500)));
    assert_eq!(None, since(&plan, &person, &catalog, at(50)));
}

#[test]
fn an_attribute_counts_from_its_kept_write() {
    let catalog = catalog();
    let plan = catalog.plan(r#"country = "DE""#).unwrap();
    let person = with(&catalog, "country", Value::String("DE".into()), 70);

    assert_eq!(Some(at(70)), since(&plan, &person, &catalog, at(100)));
    assert_eq!(None, until(&plan, &person, &catalog, at(100)));
}

#[test]
fn an_explanation_names_each_part_with_what_was_found() {
    let catalog = catalog();
    let text = r#"count(view last 10s) >= 2 and not country = "DE""#;
    let person = person(&catalog, &[("view", 100, None), ("view", 105, None)]);
    let rule = crate::rule::parse(text, catalog.limits()).unwrap();

    let explanation = explain(
        &rule,
        &catalog.plan(text).unwrap(),
        &person,
        &catalog,
        at(107),
    );

    let expected = "\
✓ count(view last 10s) >= 2 and not country = \"DE\"   [since 1970-01-01T00:01:45Z, until 1970-01-01T00:01:50Z]
├─ ✓ count(view last 10s) >= 2   [is 2, since 1970-01-01T00:01:45Z, until 1970-01-01T00:01:50Z]
└─ ✓ not country = \"DE\"
   └─ ✗ country = \"DE\"   [is absent]";
    assert_eq!(expected, explanation.to_string());
}

#[test]
fn an_explanation_shows_when_a_sequence_happened_and_the_rule_of_a_segment_once() {
    let mut catalog = catalog();
    define(&mut catalog, "left", "sequence(view, cart)");
    let text = r#"segment("left") and segment("left") for 2s..5s and avg(view.value) < 1"#;
    let mut person = person(
        &catalog,
        &[
            ("view", 100, None),
            ("view", 101, None),
            ("cart", 103, None),
        ],
    );
    person.events[0].value = Some(2_500_001);
    let rule = crate::rule::parse(text, catalog.limits()).unwrap();
    let plan = catalog.plan(text).unwrap();

    let actual = explain(&rule, &plan, &person, &catalog, at(106)).to_string();

    let expected = "\
✗ segment(\"left\") and segment(\"left\") for 2s..5s and avg(view.value) < 1
├─ ✓ segment(\"left\")   [since 1970-01-01T00:01:43Z]
│  └─ ✓ sequence(view, cart)   [is 1970-01-01T00:01:41Z, 1970-01-01T00:01:43Z, since 1970-01-01T00:01:43Z]
├─ ✓ segment(\"left\") for 2s..5s   [is 3s, since 1970-01-01T00:01:45Z, until 1970-01-01T00:01:48Z]
└─ ✗ avg(view.value) < 1   [is about 2.500001]";
    assert_eq!(expected, actual);
}

#[test]
fn events_later_than_t_are_not_there_yet() {
    let person = person(&catalog(), &[("view", 100, None), ("cart", 101, None)]);
    check(false, "count(any) >= 1", &person, 99);
    check(true, "count(any) = 1", &person, 100);
    check(false, "sequence(view, cart)", &person, 100);
    check(true, "sequence(view, cart)", &person, 101);
}

#[test]
fn at_an_earlier_instant_attributes_are_those_of_today() {
    let person = with(&catalog(), "age", Value::Integer(7), 100);
    check(true, "age = 7", &person, 0);
}

#[test]
fn a_rule_over_a_past_window_knows_events_before_its_start() {
    let person = person(&catalog(), &[("view", 10, None), ("view", 60, None)]);
    let since = "count(view since 1970-01-01T00:01:00Z) = 1";
    check(true, since, &person, 60);
    check(false, since, &person, 59);
}

#[test]
fn item_attributes_are_those_of_today_and_absent_for_an_unknown_item() {
    let catalog = catalog();
    let mut person = person(
        &catalog,
        &[("view", 1, Some("a")), ("view", 2, Some("new"))],
    );
    let category = catalog.item_attribute_id("category").unwrap();
    person.events[0]
        .item_attributes
        .insert(category, Value::String("wine".into()));
    for (expected, rule) in [
        (1, r#"item.category = "wine""#),
        (0, r#"item.category != "wine""#),
        (1, r#"not item.category = "wine""#),
        (2, "has(item)"),
    ] {
        let rule = format!("count(view where {rule}) = {expected}");
        check(true, &rule, &person, 9);
    }
}

#[test]
fn sums_do_not_overflow_and_values_may_be_negative() {
    let catalog = catalog();
    let mut person = person(&catalog, &[("view", 1, None); 4]);
    for event in &mut person.events {
        event.value = Some(i64::MAX);
    }
    check(true, "sum(view.value) > 9000000000000", &person, 9);
    for event in &mut person.events {
        event.value = Some(i64::MIN);
    }
    check(true, "sum(view.value) < -9000000000000", &person, 9);
    check(true, "max(view.value) < 0", &person, 9);
}

#[test]
fn a_final_not_without_the_key_cancels_nothing() {
    let events = [("cart", 1, Some("a")), ("purchase", 5, None)];
    let person = person(&catalog(), &events);
    check(
        true,
        "sequence(cart, not purchase for 10s on item)",
        &person,
        20,
    );
    check(
        true,
        "sequence(cart, not purchase within 10s on item)",
        &person,
        20,
    );
    check(false, "sequence(cart, not purchase for 10s)", &person, 20);
}

#[test]
fn a_within_before_the_final_not_is_that_of_the_positive_steps() {
    let person = person(
        &catalog(),
        &[
            ("view", 0, None),
            ("cart", 10, None),
            ("purchase", 30, None),
        ],
    );
    let rule = |steps: &str, last: &str| {
        format!("sequence(view, cart within {steps}, not purchase within {last})")
    };
    check(true, &rule("10s", "19s"), &person, 50);
    check(false, &rule("10s", "19s"), &person, 28);
    check(true, &rule("10s", "19s"), &person, 29);
    check(false, &rule("9s", "19s"), &person, 50);
    check(false, &rule("10s", "20s"), &person, 50);
}

#[test]
fn a_later_choice_holds_where_an_earlier_one_was_cancelled() {
    let events = [("cart", 0, None), ("purchase", 5, None), ("cart", 20, None)];
    let person = person(&catalog(), &events);
    check(
        false,
        "sequence(cart, not purchase within 10s)",
        &person,
        29,
    );
    check(true, "sequence(cart, not purchase within 10s)", &person, 30);
}

#[test]
fn retention_moves_what_the_earliest_event_is() {
    let person = person(&catalog(), &[("ping", 100, None), ("ping", 105, None)]);
    check(true, "since_first(ping) >= 9s", &person, 109);
    check(true, "since_first(ping) <= 5s", &person, 110);
    check(false, "since_first(ping) < 1h", &person, 115);
}

#[test]
fn segments_used_many_times_are_looked_at_once() {
    let catalog = catalog();
    let leaf = |id, age| Boolean::Leaf(Leaf::Segment(SegmentId(id), age));
    let age = Some(Age {
        from: Duration(1_000),
        to: None,
    });
    let doubled = (1..120).map(|id| {
        let plan = Boolean::And(vec![
            leaf(id - 1, age),
            Boolean::Not(Box::new(leaf(id - 1, None))),
        ]);
        (
            SegmentId(id),
            if id % 2 == 0 {
                plan
            } else {
                Boolean::Not(Box::new(plan))
            },
        )
    });
    let mut segments: BTreeMap<SegmentId, Plan> = doubled.collect();
    segments.insert(
        SegmentId(0),
        catalog.plan("count(view last 10s) >= 1").unwrap(),
    );
    let person = person(&catalog, &[("view", 100, None), ("view", 105, None)]);
    let plan = leaf(119, None);

    assert!(holds(&plan, &person, &segments, at(107)));
    assert_eq!(None, since(&plan, &person, &segments, at(107)));
    assert_eq!(None, until(&plan, &person, &segments, at(107)));
    assert!(!holds(&leaf(120, None), &person, &segments, at(107)));
}
