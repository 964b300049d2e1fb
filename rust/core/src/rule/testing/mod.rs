//! Random catalogs, values and rules for property tests.
//!
//! Vocabularies are small and spans short, so that random histories of a few events hit what random rules ask: texts are
//! `a` to `d`, numbers lie around zero in half units, events belong within about twenty seconds of [`START`].

mod catalogs;
mod conditions;
mod rules;

use std::collections::BTreeSet;

use proptest::prelude::*;

pub use catalogs::{catalogs, plain_catalogs};
pub use conditions::operators;
pub use rules::{rules, rules_for};

use crate::time::{Duration, Instant};
use crate::value::{Kind, Value};

/// 2017-03-01T00:00:00Z: where random instants lie.
pub const START: Instant = Instant(1_488_326_400_000);

/// Twenty seconds from [`START`] on, on the second more often than beside it.
pub fn instants() -> impl Strategy<Value = Instant> {
    let beside = prop_oneof![6 => Just(0), 1 => Just(-1), 1 => Just(1), 1 => 0..1_000_i64];
    (0..=20_i64, beside).prop_map(|(seconds, millis)| Instant(START.0 + seconds * 1_000 + millis))
}

/// One to ten seconds, rarely a minute, an hour or 30 days.
pub fn spans() -> impl Strategy<Value = Duration> {
    prop_oneof![
        8 => (1..=10_i64).prop_map(|seconds| Duration(seconds * 1_000)),
        1 => prop::sample::select(vec![
            Duration::MINUTE,
            Duration::HOUR,
            Duration(30 * Duration::DAY.0),
        ]),
    ]
}

/// `a` to `d`, rarely the empty text, a longer or an odd one.
pub fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        9 => prop::sample::select(vec!["a", "b", "c", "d"]),
        1 => prop::sample::select(vec!["", "ab", "ä\"\\\n"]),
    ]
    .prop_map(str::to_owned)
}

/// Numbers in micro units: halves from -2 to 4, rarely a millionth beside or a large one.
pub fn micros() -> impl Strategy<Value = i64> {
    prop_oneof![
        9 => (-4..=8_i64).prop_map(|halves| halves * 500_000),
        1 => prop::sample::select(vec![1, 999_999, 1_000_001, 1_000_000_000_000_000]),
    ]
}

/// Values of one kind.
pub fn values(kind: Kind) -> BoxedStrategy<Value> {
    match kind {
        Kind::String => texts().prop_map(Value::String).boxed(),
        Kind::StringSet => prop::collection::btree_set(texts(), 0..4)
            .prop_map(|texts: BTreeSet<String>| Value::StringSet(texts))
            .boxed(),
        Kind::Integer => prop_oneof![9 => -2..=4_i64, 1 => Just(1_000_000_000)]
            .prop_map(Value::Integer)
            .boxed(),
        Kind::Decimal => micros().prop_map(Value::Decimal).boxed(),
        Kind::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Kind::Instant => instants().prop_map(Value::Instant).boxed(),
    }
}
