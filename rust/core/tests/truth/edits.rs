//! Segments that are edited while time goes on.

use treffer_core::catalog::{Declaration, EventTypeDefinition, SegmentDefinition};
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

#[test]
fn an_age_is_not_woken_by_the_retention_of_what_its_rule_does_not_name() {
    let mut state = state(Clock::Manual);
    let pinged = Declaration::EventType(EventTypeDefinition {
        name: "ping".into(),
        properties: Vec::new(),
        retention: Some(Duration::DAY),
    });
    state.run(Command::Declare(vec![pinged]), NOW).unwrap();
    define(&mut state, "old", "count(purchase) >= 1", NOW);
    define(&mut state, "own", "segment(\"old\") for 1h..", NOW);
    let events = ["purchase", "ping", "ping"].iter().enumerate();
    let events: Vec<Row> = events
        .map(|(number, name)| {
            [
                ("event_id", Value::String(number.to_string())),
                ("type", Value::String((*name).into())),
                ("time", Value::Instant(later(number as i64))),
                ("crm", Value::String("1".into())),
            ]
            .into()
        })
        .collect();
    let tracked = Command::Track(batch(&events, false));
    state.run(tracked, NOW).unwrap();
    state.run(Command::Advance, later(2 * 3_600_000)).unwrap();
    let before = *state.live_counters();

    state
        .run(Command::Advance, later(2 * Duration::DAY.0))
        .unwrap();

    assert_eq!(before.judged, state.live_counters().judged);
    assert_eq!(2, told(&state).len(), "it is entered all the same");
}
