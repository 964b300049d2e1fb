//! Random catalogs.

use proptest::prelude::*;
use proptest::sample::subsequence;

use super::rules_for;
use crate::catalog::{
    AttributeDefinition, Catalog, Declaration, EventTypeDefinition, ItemAttributeDefinition,
    NamespaceDefinition, NormalForm, PropertyDefinition, SegmentDefinition,
};
use crate::time::Duration;
use crate::value::Kind;

const ATTRIBUTES: [(&str, Kind); 8] = [
    ("color", Kind::String),
    ("city", Kind::String),
    ("tags", Kind::StringSet),
    ("age", Kind::Integer),
    ("points", Kind::Integer),
    ("spend", Kind::Decimal),
    ("active", Kind::Bool),
    ("seen", Kind::Instant),
];

const ITEM_ATTRIBUTES: [(&str, Kind); 6] = [
    ("category", Kind::String),
    ("labels", Kind::StringSet),
    ("stock", Kind::Integer),
    ("price", Kind::Decimal),
    ("new", Kind::Bool),
    ("released", Kind::Instant),
];

const PROPERTIES: [(&str, Kind); 5] = [
    ("order", Kind::String),
    ("rating", Kind::Integer),
    ("discount", Kind::Decimal),
    ("gift", Kind::Bool),
    ("due", Kind::Instant),
];

/// Catalogs with one to three event types, some of them kept for a short time only, and without segments.
pub fn plain_catalogs() -> impl Strategy<Value = Catalog> {
    (
        subsequence(ATTRIBUTES.to_vec(), 1..=ATTRIBUTES.len()),
        subsequence(ITEM_ATTRIBUTES.to_vec(), 0..=ITEM_ATTRIBUTES.len()),
        prop::collection::vec(event_types(), 1..=3),
    )
        .prop_map(|(attributes, item_attributes, event_types)| {
            let mut declarations = vec![namespace("crm", true, 9), namespace("cookie", false, 1)];
            declarations.extend(attributes.into_iter().map(|(name, kind)| {
                let name = name.to_owned();
                Declaration::Attribute(AttributeDefinition { name, kind })
            }));
            declarations.extend(item_attributes.into_iter().map(|(name, kind)| {
                let name = name.to_owned();
                Declaration::ItemAttribute(ItemAttributeDefinition { name, kind })
            }));
            let names = ["buy", "view", "cart"];
            declarations.extend(names.into_iter().zip(event_types).map(
                |(name, mut definition)| {
                    name.clone_into(&mut definition.name);
                    Declaration::EventType(definition)
                },
            ));
            declarations
        })
        .prop_filter_map("a contradictory catalog", |declarations| {
            let mut catalog = Catalog::default();
            catalog.declare(&declarations).ok().map(|()| catalog)
        })
}

/// Catalogs with up to three segments, which may use each other.
pub fn catalogs() -> BoxedStrategy<Catalog> {
    (plain_catalogs(), 0..=3_usize)
        .prop_flat_map(|(catalog, segments)| with_segments(catalog, segments))
        .boxed()
}

fn with_segments(catalog: Catalog, more: usize) -> BoxedStrategy<Catalog> {
    if more == 0 {
        return Just(catalog).boxed();
    }
    rules_for(&catalog)
        .prop_filter_map("a rule that cannot be a segment", move |rule| {
            let mut next = catalog.clone();
            let name = format!("s{}", next.segment_bound());
            let definition = SegmentDefinition {
                name,
                rule: rule.to_string(),
                description: String::new(),
            };
            next.define_segment(definition).ok().map(|_| next)
        })
        .prop_flat_map(move |next| with_segments(next, more - 1))
        .boxed()
}

fn event_types() -> impl Strategy<Value = EventTypeDefinition> {
    let retention = prop_oneof![
        2 => Just(None),
        1 => (3..=20_i64).prop_map(|seconds| Some(Duration(seconds * 1_000))),
    ];
    (
        subsequence(PROPERTIES.to_vec(), 0..=PROPERTIES.len()).prop_shuffle(),
        retention,
    )
        .prop_map(|(properties, retention)| {
            let property = |(name, kind): (&str, Kind)| PropertyDefinition {
                name: name.to_owned(),
                kind,
            };
            EventTypeDefinition {
                name: String::new(),
                properties: properties.into_iter().map(property).collect(),
                retention,
            }
        })
}

fn namespace(name: &str, unique: bool, priority: u32) -> Declaration {
    Declaration::Namespace(NamespaceDefinition {
        name: name.to_owned(),
        unique,
        limit: None,
        priority,
        blocked: ["unknown".to_owned()].into(),
        normal_form: NormalForm::None,
        household: false,
    })
}
