//! The rule language as a whole.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod meaning;
mod random;
mod text;

use crate::catalog::{
    AttributeDefinition, Catalog, Declaration, EventTypeDefinition, PropertyDefinition,
    SegmentDefinition, preset,
};
use crate::error::Error;
use crate::rule::{Limits, Plan, Rule, check, parse};
use crate::time::Duration;
use crate::value::Kind;

fn tree(text: &str) -> Rule {
    parse(text, &Limits::default()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The commerce preset, more attributes, a type kept for 30 days and two segments.
fn catalog() -> Catalog {
    let mut catalog = Catalog::default();
    catalog.declare(&preset::commerce()).unwrap();
    for (name, kind) in [("spend", Kind::Decimal), ("last_seen", Kind::Instant)] {
        let name = name.to_owned();
        catalog
            .declare_attribute(&AttributeDefinition { name, kind })
            .unwrap();
    }
    let heartbeat = EventTypeDefinition {
        name: "heartbeat".to_owned(),
        properties: vec![
            PropertyDefinition {
                name: "seen".to_owned(),
                kind: Kind::Instant,
            },
            PropertyDefinition {
                name: "ok".to_owned(),
                kind: Kind::Bool,
            },
        ],
        retention: Some(Duration(30 * Duration::DAY.0)),
    };
    catalog
        .declare(&[Declaration::EventType(heartbeat)])
        .unwrap();
    for (name, rule) in [
        ("wine", "interests has \"wine\""),
        ("cart", "segment(\"wine\") and age > 3"),
    ] {
        let (name, rule) = (name.to_owned(), rule.to_owned());
        let description = String::new();
        catalog
            .define_segment(SegmentDefinition {
                name,
                rule,
                description,
            })
            .unwrap();
    }
    catalog
}

fn planned(text: &str) -> Plan {
    check(&tree(text), &catalog(), &Limits::default())
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The text that the error points to, and its message.
fn fault(text: &str, error: Error) -> (String, String) {
    match error {
        Error::Rule {
            field,
            start,
            end,
            message,
        } => {
            assert_eq!("rule", field);
            let place = text.get(start as usize..end as usize);
            (
                place
                    .unwrap_or_else(|| panic!("{start}..{end} of {text}"))
                    .to_owned(),
                message,
            )
        }
        other => panic!("{text}: {other}"),
    }
}

/// Each text with what its error points to and a part of the message.
fn assert_faults(faults: &[(&str, &str, &str)], run: impl Fn(&str) -> Result<(), Error>) {
    for (text, place, part) in faults {
        let error = match run(text) {
            Ok(()) => panic!("accepted: {text}"),
            Err(error) => error,
        };
        let (actual, message) = fault(text, error);
        assert_eq!((*text, *place), (*text, actual.as_str()), "{message}");
        assert!(
            message.contains(part),
            "{text}\nexpected: {part}\nactual:   {message}"
        );
    }
}
