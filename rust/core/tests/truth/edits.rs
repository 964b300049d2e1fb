//! Segments that are edited while time goes on.

use treffer_core::catalog::SegmentDefinition;
use treffer_core::record::Command;
use treffer_core::state::{Clock, State};
use treffer_core::time::{Duration, Instant};
use treffer_core::value::Value;

use crate::world::{NOW, Row, batch, state};

fn later(millis: i64) -> Instant {
    NOW.plus(Duration(millis))
}

fn define(state: &mut State, name: &str, rule: &str, now: Instant) {
    let definition = SegmentDefinition {
        name: name.into(),
        rule: rule.into(),
        description: String::new(),
    };
    let command = Command::DefineSegment(definition);
    state.run(command, now).unwrap();
}

/// What the feed has told of everybody: the instant, and whether the segment was entered.
fn told(state: &State) -> Vec<(Instant, bool)> {
    let view = state.view();
    let slice = view.feed().read(0, usize::MAX, |_| true).unwrap();
    let changes = slice.changes.iter();
    changes.map(|own| (own.time, own.entered)).collect()
}

#[test]
fn who_entered_by_time_leaves_though_the_age_that_the_rule_asks_is_of_a_segment_edited_then() {
    let mut state = state(Clock::Manual);
    define(&mut state, "old", "age >= 25", NOW);
    let rule = "since_first(purchase last 4s) < 6s or segment(\"old\") for 8s..";
    define(&mut state, "own", rule, NOW);
    let event: Row = [
        ("event_id", Value::String("a".into())),
        ("type", Value::String("purchase".into())),
        ("time", Value::Instant(later(3_000))),
        ("crm", Value::String("1".into())),
    ]
    .into();
    state
        .run(Command::Track(batch(&[event], false)), NOW)
        .unwrap();

    define(&mut state, "old", "age >= 30", later(7_000));

    assert_eq!(
        told(&state),
        [(later(3_000), true), (later(7_000), false)],
        "one record sees both"
    );
}
