//! Single promises, one by one.

use treffer_core::catalog::{
    Catalog, Declaration, EventTypeDefinition, NamespaceDefinition, SegmentDefinition,
};
use treffer_core::error::Error;
use treffer_core::record::{Batch, Command};
use treffer_core::rows::{Cells, Column, Reason, Report, Texts};
use treffer_core::state::{Clock, Settings, State};
use treffer_core::time::{Duration, Instant};
use treffer_core::value::Value;

use crate::world::{NOW, Row, batch, namespace, rows, state};

fn event(id: &str, time: Instant) -> Row {
    let text = |text: &str| Value::String(text.into());
    [
        ("event_id", text(id)),
        ("type", text("purchase")),
        ("time", Value::Instant(time)),
        ("crm", text("1")),
    ]
    .into()
}

fn with(mut row: Row, name: &'static str, value: Value) -> Row {
    row.insert(name, value);
    row
}

fn text(text: &str) -> Value {
    Value::String(text.into())
}

fn track(state: &mut State, some: &[Row], now: Instant) -> Report {
    state
        .run(Command::Track(batch(some, false)), now)
        .unwrap()
        .1
}

fn reasons(report: &Report) -> Vec<(u32, &str, Reason)> {
    report
        .refused
        .iter()
        .map(|refusal| (refusal.row, refusal.field.as_str(), refusal.reason))
        .collect()
}

#[test]
fn an_event_may_lie_five_minutes_ahead_and_no_more() {
    let mut state = state(Clock::Manual);
    let edge = NOW.plus(Duration(5 * 60_000));

    let report = track(
        &mut state,
        &[event("a", edge), event("b", edge.plus(Duration(1)))],
        NOW,
    );

    assert_eq!(1, report.accepted);
    assert_eq!(vec![(1, "time", Reason::Future)], reasons(&report));
    assert_eq!(NOW, state.current().time());
}

#[test]
fn under_the_clock_of_events_the_latest_event_is_now() {
    let mut state = state(Clock::Events);
    assert_eq!(Instant::MIN, state.current().time());

    track(
        &mut state,
        &[event("a", NOW), event("b", NOW.minus(Duration::DAY))],
        Instant(0),
    );
    assert_eq!(NOW, state.current().time());
    track(
        &mut state,
        &[event("c", NOW.minus(Duration::DAY))],
        Instant(0),
    );

    assert_eq!(NOW, state.current().time());
}

#[test]
fn engine_time_never_goes_back() {
    let mut state = state(Clock::Manual);
    state
        .run(Command::Advance, NOW.plus(Duration::DAY))
        .unwrap();

    let (record, _) = state.run(Command::Advance, NOW).unwrap();

    assert_eq!(NOW.plus(Duration::DAY), record.time);
    let stale = treffer_core::record::Record {
        time: NOW,
        ..record
    };
    assert!(state.apply(&stale).is_err());
}

#[test]
fn an_event_leaves_with_its_retention_and_frees_its_id() {
    let mut state = state(Clock::Manual);
    let retention = Some(Duration::DAY);
    let declared = EventTypeDefinition {
        name: "purchase_intent".into(),
        properties: vec![],
        retention,
    };
    state
        .run(
            Command::Declare(vec![Declaration::EventType(declared)]),
            NOW,
        )
        .unwrap();
    let intent = |id, time| with(event(id, time), "type", text("purchase_intent"));
    track(&mut state, &[intent("a", NOW.minus(Duration::HOUR))], NOW);
    let known = state.view();

    let now = NOW.plus(Duration(23 * 3_600_000));
    let report = track(
        &mut state,
        &[
            intent("b", now.minus(Duration::DAY)),
            intent("c", now.minus(Duration(Duration::DAY.0 - 1))),
        ],
        now,
    );
    assert_eq!(vec![(0, "time", Reason::TooOld)], reasons(&report));
    assert_eq!(1, report.accepted);
    // Outside its retention since this instant: the same id may name another event.
    assert_eq!(1, track(&mut state, &[intent("a", now)], now).accepted);

    let much_later = now.plus(Duration(30 * Duration::DAY.0));
    state.run(Command::Advance, much_later).unwrap();
    assert!(state.dedupe().is_empty());
    let profile = state.current().profile("crm:1").unwrap();
    assert!(state.current().person(profile).events.is_empty());
    assert_eq!(1, known.person(profile).events.len());
}

#[test]
fn the_first_of_two_contents_stands() {
    let mut state = state(Clock::Manual);
    let first = with(event("a", NOW), "value", Value::Decimal(1));
    let others = [
        with(first.clone(), "value", Value::Decimal(2)),
        with(
            first.clone(),
            "time",
            Value::Instant(NOW.minus(Duration(1))),
        ),
        with(first.clone(), "type", text("view")),
        with(first.clone(), "crm", text("2")),
        with(first.clone(), "aaa", text("2")),
        with(first.clone(), "quantity", Value::Integer(1)),
    ];
    assert_eq!(
        1,
        track(&mut state, &[first.clone(), first.clone()], NOW).duplicates
    );

    for other in others {
        let report = track(&mut state, &[other.clone(), first.clone()], NOW);
        assert_eq!(
            vec![(0, "event_id", Reason::Conflict)],
            reasons(&report),
            "{other:?}"
        );
        assert_eq!(1, report.duplicates);
        let mut fresh = crate::world::state(Clock::Manual);
        assert_eq!(
            vec![(1, "event_id", Reason::Conflict)],
            reasons(&track(&mut fresh, &[first.clone(), other], NOW))
        );
    }
}

#[test]
fn a_refused_row_leaves_its_event_id_free() {
    let mut state = state(Clock::Manual);
    let bad = with(event("a", NOW), "type", text("nothing"));

    let report = track(&mut state, &[bad, event("a", NOW)], NOW);

    assert_eq!(1, report.accepted);
    assert_eq!(vec![(0, "type", Reason::Undeclared)], reasons(&report));
}

#[test]
fn each_fault_names_its_field() {
    let mut state = state(Clock::Manual);
    let without = |name: &str| {
        let mut row = with(event("a", NOW), "aaa", text("x"));
        row.remove(name);
        row
    };
    let some = [
        without("event_id"),
        without("type"),
        without("time"),
        with(event(&"e".repeat(129), NOW), "aaa", text("x")),
        with(event("", NOW), "aaa", text("x")),
        with(
            with(event("b", NOW), "type", text("view")),
            "order",
            text("o"),
        ),
        with(event("c", Instant::MAX), "aaa", text("x")),
        with(event("d", NOW), "aaa", text(&"x".repeat(253))),
        with(event("e", NOW), "aaa", text(&"x".repeat(252))),
        with(event("f", NOW), "aaa", text("")),
        with(event("g", NOW), "item", text(&"x".repeat(1_025))),
    ];

    let report = track(&mut state, &some, NOW);

    let expected = vec![
        (0, "event_id", Reason::Missing),
        (1, "type", Reason::Missing),
        (2, "time", Reason::Missing),
        (3, "event_id", Reason::OutOfRange),
        (4, "event_id", Reason::OutOfRange),
        (5, "order", Reason::Undeclared),
        (6, "time", Reason::OutOfRange),
        (7, "aaa", Reason::OutOfRange),
        (9, "aaa", Reason::OutOfRange),
        (10, "item", Reason::OutOfRange),
    ];
    assert_eq!(expected, reasons(&report));
    assert_eq!(1, report.accepted);
}

#[test]
fn blocked_ids_are_dropped_and_counted() {
    let mut state = state(Clock::Manual);
    let mut alone = with(event("b", NOW), "email", text(" NoBody"));
    alone.remove("crm");

    let report = track(
        &mut state,
        &[
            with(event("a", NOW), "email", text("NOBODY")),
            alone,
            event("c", NOW),
        ],
        NOW,
    );

    assert_eq!((2, 1), (report.accepted, report.blocked_ids));
    assert_eq!(vec![(1, "id", Reason::NoId)], reasons(&report));
    assert!(state.current().profile("email:nobody").is_err());
}

#[test]
fn a_normal_form_holds_everywhere() {
    let mut state = state(Clock::Manual);
    track(
        &mut state,
        &[with(event("a", NOW), "email", text(" Ab@C "))],
        NOW,
    );

    let profile = state.current().profile("email: aB@c").unwrap();

    let ids: Vec<String> = state.current().id_texts(profile).collect();
    assert!(ids.contains(&"email:ab@c".into()), "{ids:?}");
    assert!(matches!(
        state.current().profile("email"),
        Err(Error::Invalid { .. })
    ));
    assert!(matches!(
        state.current().profile("fax:1"),
        Err(Error::NotFound { .. })
    ));
}

#[test]
fn several_ids_of_one_namespace_come_as_a_list() {
    let mut state = state(Clock::Manual);
    let mut some = rows(&[event("a", NOW), event("b", NOW)], false);
    some.columns.retain(|column| column.name != "crm");
    let texts: Texts = ["9", "10", "9", "7"].into_iter().collect();
    some.columns.push(Column {
        name: "crm".into(),
        cells: Cells::TextList {
            offsets: vec![0, 3, 4],
            texts,
        },
        present: None,
    });

    state.run(Command::Track(some.into()), NOW).unwrap();

    let events = |id: &str| {
        state
            .current()
            .person(state.current().profile(id).unwrap())
            .events
            .len()
    };
    assert_eq!([1, 1, 1], ["crm:10", "crm:9", "crm:7"].map(events));
    let profile = |id: &str| state.current().profile(id).unwrap();
    assert_eq!(profile("crm:10"), profile("crm:9"));
    assert_ne!(profile("crm:10"), profile("crm:7"));
}

#[test]
fn integers_are_taken_where_ids_are_asked_for() {
    let mut state = state(Clock::Manual);
    let some = [with(
        with(event("a", NOW), "crm", Value::Integer(4711)),
        "item",
        Value::Integer(-5),
    )];

    assert_eq!(1, track(&mut state, &some, NOW).accepted);

    let profile = state.current().profile("crm:4711").unwrap();
    assert_eq!(
        Some("-5".into()),
        state.current().person(profile).events[0].item
    );
}

#[test]
fn a_column_that_nobody_declared_refuses_the_batch() {
    let mut state = state(Clock::Manual);
    let some = rows(&[with(event("a", NOW), "colour", text("red"))], false);

    let error = state
        .check(Command::Track(some.clone().into()), NOW)
        .unwrap_err();
    assert!(
        error.to_string().starts_with("events.colour: not declared"),
        "{error}"
    );
    let ignoring = Batch {
        rows: some.clone(),
        ignore: vec!["colour".into()],
        unset: vec![],
    };
    assert_eq!(
        1,
        state.run(Command::Track(ignoring), NOW).unwrap().1.accepted
    );
    for name in ["event_id", "type", "time"] {
        let mut lacking = some.clone();
        lacking
            .columns
            .retain(|column| column.name != name && column.name != "colour");
        let error = state
            .check(Command::Track(lacking.into()), NOW)
            .unwrap_err();
        assert!(
            error.to_string().starts_with(&format!("events.{name}: ")),
            "{error}"
        );
    }
    let mut twice = some;
    twice.columns.push(twice.columns[0].clone());
    assert!(matches!(
        state.check(Command::Track(twice.into()), NOW),
        Err(Error::Invalid { .. })
    ));
}

#[test]
fn a_batch_of_nothing_is_taken() {
    let mut state = state(Clock::Manual);
    for command in [Command::Track, Command::LoadProfiles, Command::LoadItems] {
        assert_eq!(
            Report::default(),
            state.run(command(Batch::default()), NOW).unwrap().1
        );
    }
}

#[test]
fn too_many_rows_are_a_limit() {
    let settings = Settings {
        rows_per_batch: 1,
        ..Settings::default()
    };
    let mut state = State::new(settings, Catalog::default());
    state
        .run(Command::Declare(crate::world::catalog()), NOW)
        .unwrap();

    let error = state
        .check(
            Command::Track(batch(&[event("a", NOW), event("b", NOW)], false)),
            NOW,
        )
        .unwrap_err();

    assert_eq!(
        Error::Limit {
            field: "events".into(),
            limit: 1,
            actual: 2
        },
        error
    );
}

#[test]
fn an_unset_is_a_write_that_is_remembered() {
    let mut state = state(Clock::Manual);
    let row = |hours: i64| -> Row {
        [
            ("crm", text("1")),
            (
                "time",
                Value::Instant(NOW.minus(Duration(hours * 3_600_000))),
            ),
        ]
        .into()
    };
    let write = |state: &mut State, hours| {
        let row = with(row(hours), "country", text("DE"));
        state
            .run(Command::LoadProfiles(batch(&[row], false)), NOW)
            .unwrap();
        state
            .current()
            .person(state.current().profile("crm:1").unwrap())
            .attributes
            .len()
    };
    assert_eq!(1, write(&mut state, 3));

    let unset = Batch {
        unset: vec!["country".into()],
        ..batch(&[row(2)], false)
    };
    state.run(Command::LoadProfiles(unset), NOW).unwrap();

    assert_eq!(
        0,
        state
            .current()
            .person(state.current().profile("crm:1").unwrap())
            .attributes
            .len()
    );
    assert_eq!(0, write(&mut state, 3));
    assert_eq!(1, write(&mut state, 2));
    for unset in ["colour", "country"] {
        let batch = Batch {
            unset: vec![unset.into()],
            ..batch(&[with(row(1), "country", text("DE"))], false)
        };
        assert!(matches!(
            state.check(Command::LoadProfiles(batch), NOW),
            Err(Error::Invalid { .. })
        ));
    }
}

#[test]
fn a_household_owns_nothing() {
    let mut state = state(Clock::Manual);
    let household = NamespaceDefinition {
        household: true,
        ..namespace("home", 99)
    };
    state
        .run(
            Command::Declare(vec![Declaration::Namespace(household)]),
            NOW,
        )
        .unwrap();
    let mut alone = with(event("b", NOW), "home", text("h"));
    alone.remove("crm");

    let report = track(
        &mut state,
        &[with(event("a", NOW), "home", text("h")), alone],
        NOW,
    );

    assert_eq!(vec![(1, "id", Reason::NoId)], reasons(&report));
    assert_eq!(1, state.current().live().len());
}

#[test]
fn a_catalog_edit_is_all_or_nothing() {
    let state = state(Clock::Manual);
    let before = state.state_hash();
    let bad = vec![
        Declaration::Namespace(namespace("fax", 1)),
        Declaration::Namespace(namespace("country", 1)),
    ];

    assert!(state.check(Command::Declare(bad), NOW).is_err());
    let broken = SegmentDefinition {
        name: "s".into(),
        rule: "nothing = 1".into(),
        description: String::new(),
    };
    assert!(state.check(Command::DefineSegment(broken), NOW).is_err());
    assert!(
        state
            .check(Command::DeleteSegment("s".into()), NOW)
            .is_err()
    );

    assert_eq!(before, state.state_hash());
}

#[test]
fn a_segment_comes_and_goes() {
    let mut state = state(Clock::Manual);
    let empty = state.current().content_hash();
    let definition = SegmentDefinition {
        name: "s".into(),
        rule: "age >= 25".into(),
        description: String::new(),
    };
    state.run(Command::DefineSegment(definition), NOW).unwrap();
    assert_ne!(empty, state.current().content_hash());

    state.run(Command::DeleteSegment("s".into()), NOW).unwrap();

    assert_eq!(empty, state.current().content_hash());
}

#[test]
fn an_attribute_declared_later_is_empty_and_can_be_written() {
    let mut state = state(Clock::Manual);
    track(&mut state, &[event("a", NOW)], NOW);
    let old = state.view();
    let later = treffer_core::catalog::AttributeDefinition {
        name: "later".into(),
        kind: treffer_core::value::Kind::Bool,
    };
    state
        .run(Command::Declare(vec![Declaration::Attribute(later)]), NOW)
        .unwrap();
    let id = state.current().catalog().attribute_id("later").unwrap();
    assert_eq!(None, state.current().attribute(id).read(0));

    let row: Row = [("crm", text("1")), ("later", Value::Bool(true))].into();
    state
        .run(
            Command::LoadProfiles(batch(&[row], false)),
            NOW.plus(Duration::DAY),
        )
        .unwrap();

    assert_eq!(
        Some((1, NOW.plus(Duration::DAY))),
        state.current().attribute(id).read(0)
    );
    assert_eq!(None, old.attribute(id).read(0));
}
