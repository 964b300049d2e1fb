//! The catalog as a whole.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::collections::BTreeSet;

use super::*;
use crate::error::Error;
use crate::time::{Duration, Instant};

fn event_type(name: &str, properties: &[(&str, Kind)]) -> EventTypeDefinition {
    let property = |(name, kind): &(&str, Kind)| PropertyDefinition {
        name: (*name).to_owned(),
        kind: *kind,
    };
    EventTypeDefinition {
        name: name.to_owned(),
        properties: properties.iter().map(property).collect(),
        retention: None,
    }
}

fn namespace(name: &str) -> NamespaceDefinition {
    NamespaceDefinition {
        name: name.to_owned(),
        unique: false,
        limit: None,
        priority: 1,
        blocked: std::collections::BTreeSet::new(),
        normal_form: NormalForm::None,
        household: false,
    }
}

fn attribute(name: &str, kind: Kind) -> AttributeDefinition {
    let name = name.to_owned();
    AttributeDefinition { name, kind }
}

fn segment(name: &str, rule: &str) -> SegmentDefinition {
    SegmentDefinition {
        name: name.to_owned(),
        rule: rule.to_owned(),
        description: String::new(),
    }
}

fn commerce() -> Catalog {
    let mut catalog = Catalog::default();
    catalog.declare(&preset::commerce()).unwrap();
    catalog
}

#[test]
fn declaring_again_changes_nothing() {
    let mut catalog = commerce();
    let before = catalog.clone();

    catalog.declare(&preset::commerce()).unwrap();

    assert_eq!(before, catalog);
}

#[test]
fn fields_keep_their_slots_when_properties_are_added() {
    let mut catalog = Catalog::default();
    let id = catalog
        .declare_event_type(&event_type(
            "buy",
            &[("a", Kind::String), ("b", Kind::Bool)],
        ))
        .unwrap();
    catalog
        .declare_event_type(&event_type(
            "see",
            &[("c", Kind::Integer), ("b", Kind::Bool)],
        ))
        .unwrap();
    let before = catalog.field_slots(id);

    let again = catalog
        .declare_event_type(&event_type(
            "buy",
            &[("c", Kind::Integer), ("a", Kind::String)],
        ))
        .unwrap();

    let property = |name| Field::Property(catalog.property_id(name).unwrap());
    let after = catalog.field_slots(id);
    assert_eq!(id, again);
    assert_eq!(before, after[..6]);
    assert_eq!((property("c"), Kind::Integer), after[6]);
    for (slot, (field, _)) in after.iter().enumerate() {
        assert_eq!(Some(slot), catalog.slot(id, *field));
    }
    assert_eq!(
        [0, 1, 2, 3].map(Some),
        [Field::Item, Field::Value, Field::Quantity, Field::Channel]
            .map(|field| catalog.slot(id, field))
    );
    let other = catalog.event_type_id("see").unwrap();
    assert_eq!(None, catalog.slot(other, property("a")));
    assert_eq!(
        None,
        catalog.slot(id, Field::ItemAttribute(crate::id::ItemAttributeId(0)))
    );
    assert_eq!(None, catalog.slot(EventTypeId(9), Field::Item));
}

#[test]
fn a_list_of_declarations_is_taken_whole_or_not_at_all() {
    let mut catalog = commerce();
    let before = catalog.clone();

    let error = catalog.declare(&[
        Declaration::Attribute(attribute("fine", Kind::Bool)),
        Declaration::EventType(event_type(
            "fine",
            &[("new", Kind::Bool), ("order", Kind::Integer)],
        )),
    ]);

    assert_eq!(
        "event_type.properties: \"order\" is declared as string and cannot become integer",
        error.unwrap_err().to_string()
    );
    assert_eq!(before, catalog);
}

#[test]
fn names_that_cannot_stand_in_rules_or_columns_are_refused() {
    let mut catalog = commerce();
    let long = "x".repeat(65);
    for (name, part) in [
        ("", "is not a name"),
        ("9lives", "is not a name"),
        ("_x", "is not a name"),
        ("größe", "is not a name"),
        ("a-b", "is not a name"),
        (long.as_str(), "longer than 64 bytes"),
        ("and", "word of the rule language"),
        ("count", "word of the rule language"),
        ("item", ""),
        ("crm", "already the name of a namespace"),
    ] {
        let error = catalog
            .declare_attribute(&attribute(name, Kind::Bool))
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("attribute.name: ") && error.contains(part),
            "{name}: {error}"
        );
    }
    for column in EVENT_COLUMNS {
        assert!(
            catalog.declare_namespace(&namespace(column)).is_err(),
            "{column}"
        );
        let definition = event_type("fresh", &[(column, Kind::Bool)]);
        assert!(catalog.declare_event_type(&definition).is_err(), "{column}");
    }
    assert!(catalog.declare_event_type(&event_type("any", &[])).is_err());
    assert!(catalog.declare_namespace(&namespace("country")).is_err());
    assert!(catalog.declare_namespace(&namespace("order")).is_err());
    assert!(
        catalog
            .declare_event_type(&event_type("fresh", &[("crm", Kind::Bool)]))
            .is_err()
    );
    assert_eq!(commerce(), catalog);
}

#[test]
fn what_is_declared_cannot_change() {
    let mut catalog = commerce();
    let retained = EventTypeDefinition {
        retention: Some(Duration::DAY),
        ..event_type("purchase", &[])
    };
    let item = ItemAttributeDefinition {
        name: "price".to_owned(),
        kind: Kind::Integer,
    };
    for error in [
        catalog
            .declare_attribute(&attribute("age", Kind::String))
            .unwrap_err(),
        catalog.declare_item_attribute(&item).unwrap_err(),
        catalog.declare_namespace(&namespace("crm")).unwrap_err(),
        catalog.declare_event_type(&retained).unwrap_err(),
        catalog
            .declare_event_type(&event_type("purchase", &[("query", Kind::Bool)]))
            .unwrap_err(),
    ] {
        assert!(matches!(error, Error::State { .. }), "{error}");
    }
    assert_eq!(commerce(), catalog);
}

#[test]
fn contradictory_definitions_are_refused() {
    let mut catalog = Catalog::default();
    let plain = namespace("x");
    for definition in [
        NamespaceDefinition {
            limit: Some(0),
            ..plain.clone()
        },
        NamespaceDefinition {
            limit: Some(2),
            unique: true,
            ..plain.clone()
        },
        NamespaceDefinition {
            household: true,
            unique: true,
            ..plain.clone()
        },
        NamespaceDefinition {
            household: true,
            limit: Some(2),
            ..plain.clone()
        },
        NamespaceDefinition {
            blocked: ["x".repeat(257)].into(),
            ..plain.clone()
        },
    ] {
        assert!(
            catalog.declare_namespace(&definition).is_err(),
            "{definition:?}"
        );
    }
    assert!(
        catalog
            .declare_event_type(&event_type("x", &[("a", Kind::StringSet)]))
            .is_err()
    );
    assert!(
        catalog
            .declare_event_type(&event_type("x", &[("a", Kind::Bool), ("a", Kind::Bool)]))
            .is_err()
    );
    let zero = EventTypeDefinition {
        retention: Some(Duration(0)),
        ..event_type("x", &[])
    };
    assert!(catalog.declare_event_type(&zero).is_err());
    assert_eq!(Catalog::default(), catalog);
}

#[test]
fn an_edit_raises_the_version_only_when_the_tree_changes() {
    let mut catalog = commerce();
    let id = catalog.define_segment(segment("s", "age > 3")).unwrap();
    let version = |catalog: &Catalog| catalog.segment(id).unwrap().version;

    assert_eq!(1, version(&catalog));
    assert_eq!(Ok(id), catalog.define_segment(segment("s", " age  >  3 ")));
    assert_eq!(1, version(&catalog));
    assert_eq!(Ok(id), catalog.define_segment(segment("s", "age > 4")));
    assert_eq!(2, version(&catalog));
    assert!(catalog.define_segment(segment("s", "agee > 4")).is_err());
    assert_eq!("age > 4", catalog.segment(id).unwrap().definition.rule);
}

#[test]
fn a_circle_of_segments_is_refused_with_its_path() {
    let mut catalog = commerce();
    catalog.define_segment(segment("a", "age > 3")).unwrap();
    catalog
        .define_segment(segment("b", "not segment(\"a\")"))
        .unwrap();
    catalog
        .define_segment(segment("c", "segment(\"b\") or age > 4"))
        .unwrap();
    let before = catalog.clone();

    for (name, rule, start, path) in [
        ("a", "age > 5 and segment(\"c\")", 20, "a -> c -> b -> a"),
        ("a", "segment(\"b\")", 8, "a -> b -> a"),
        ("a", "segment(\"a\")", 8, "a -> a"),
        ("new", "age > 3 or segment(\"new\")", 19, "new -> new"),
    ] {
        match catalog.define_segment(segment(name, rule)).unwrap_err() {
            Error::Rule {
                start: actual,
                message,
                ..
            } => {
                assert_eq!(start, actual);
                assert!(message.ends_with(path), "{message}");
            }
            other => panic!("{other}"),
        }
    }
    assert_eq!(before, catalog);
}

#[test]
fn a_used_segment_stays_and_a_deleted_number_is_not_used_again() {
    let mut catalog = commerce();
    let a = catalog.define_segment(segment("a", "age > 3")).unwrap();
    let b = catalog
        .define_segment(segment("b", "segment(\"a\")"))
        .unwrap();
    catalog
        .define_segment(segment("c", "segment(\"a\")"))
        .unwrap();

    assert_eq!(
        "segment: \"a\" is used by \"b\", \"c\"",
        catalog.delete_segment("a").unwrap_err().to_string()
    );
    assert_eq!(Ok(b), catalog.delete_segment("b"));
    assert_eq!(None, catalog.segment(b));
    assert_eq!(None, catalog.segment_id("b"));
    let error = catalog.delete_segment("b").unwrap_err().to_string();
    assert!(error.contains("segment \"b\" is not known"), "{error}");
    let again = catalog
        .define_segment(segment("b", "segment(\"a\")"))
        .unwrap();
    assert!(again > b && again > a);
    assert_eq!(4, catalog.segment_bound());
    assert_eq!(
        vec!["a", "c", "b"],
        catalog.segment_names().collect::<Vec<_>>()
    );
}

#[test]
fn the_order_of_segments_puts_the_used_first() {
    let mut catalog = commerce();
    for (name, rule) in [
        ("a", "age > 3"),
        ("b", "age > 4"),
        ("c", "age > 5"),
        ("a", "segment(\"b\") and segment(\"c\")"),
        ("b", "segment(\"c\")"),
    ] {
        catalog.define_segment(segment(name, rule)).unwrap();
    }

    let names: Vec<&str> = catalog
        .segment_order()
        .into_iter()
        .map(|id| catalog.segment(id).unwrap().definition.name.as_str())
        .collect();

    assert_eq!(vec!["c", "b", "a"], names);
}

#[test]
fn an_edit_may_not_bring_a_user_over_the_limit_of_segments() {
    let limits = Limits {
        segments: 2,
        ..Limits::default()
    };
    let mut catalog = Catalog::with_limits(limits);
    catalog.declare(&preset::commerce()).unwrap();
    for (name, rule) in [
        ("a", "age > 1"),
        ("b", "age > 2"),
        ("c", "age > 3"),
        ("user", "segment(\"a\") and segment(\"b\")"),
    ] {
        catalog.define_segment(segment(name, rule)).unwrap();
    }

    let error = catalog
        .define_segment(segment("a", "segment(\"c\")"))
        .unwrap_err()
        .to_string();

    assert!(
        error.contains("\"user\", which uses it, would need 3 segments; the limit is 2"),
        "{error}"
    );
    assert!(
        catalog
            .define_segment(segment("a", "segment(\"b\")"))
            .is_ok()
    );
}

#[test]
fn a_new_type_may_not_be_kept_shorter_than_a_live_rule_over_any_looks_back() {
    let mut catalog = commerce();
    catalog
        .define_segment(segment("busy", "count(any last 30d) > 3"))
        .unwrap();
    let kept = |days| EventTypeDefinition {
        retention: Some(Duration(days * Duration::DAY.0)),
        ..event_type("short", &[])
    };

    let error = catalog
        .declare_event_type(&kept(29))
        .unwrap_err()
        .to_string();

    assert!(
        error.contains(
            "retention 29d of \"short\" is shorter than \"last 30d\" of any in segment \"busy\""
        ),
        "{error}"
    );
    assert!(catalog.declare_event_type(&kept(30)).is_ok());
}

#[test]
fn a_segment_remembers_its_versions_and_a_deleted_one_its_name() {
    let mut catalog = commerce();
    let described = |rule: &str, description: &str| SegmentDefinition {
        description: description.to_owned(),
        ..segment("x", rule)
    };
    let (first, second) = (described("age > 1", "old"), described("age  > 1", "older"));
    catalog.define_segment_at(first, Instant(1)).unwrap();
    catalog.define_segment_at(second, Instant(2)).unwrap();
    let third = described("age > 2", "oldest");
    let id = catalog.define_segment_at(third, Instant(3)).unwrap();

    let version = |number, rule: &str, description: &str, time| SegmentVersion {
        number,
        rule: rule.to_owned(),
        description: description.to_owned(),
        time: Instant(time),
    };
    assert_eq!(
        vec![
            version(1, "age > 1", "older", 1),
            version(2, "age > 2", "oldest", 3)
        ],
        catalog.segment(id).unwrap().versions
    );
    catalog.delete_segment("x").unwrap();
    let again = catalog.define_segment(segment("x", "age > 3")).unwrap();
    assert_eq!(
        (Some("x"), Some("x")),
        (catalog.segment_name(id), catalog.segment_name(again))
    );
    assert_eq!(BTreeSet::from([id, again]), catalog.segments_called("x"));
    assert_eq!(1, catalog.segment(again).unwrap().versions.len());
}
