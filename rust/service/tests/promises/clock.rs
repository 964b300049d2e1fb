//! How time passes: in steps, behind a clock that is believed, and without a reader.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration as Wait;

use crate::support::{
    NOW, count, declare, define, engine, engine_with, load_profiles, profile, purchase, rule,
    segment, track,
};
use prost::Message;
use treffer_core::time::{Duration, Instant};
use treffer_service::{Engine, Settings, proto};

const START: i64 = NOW * 1_000;
const HOUR: i64 = 3_600_000;
const PEOPLE: i64 = 100;

/// An engine whose system clock is the number, with steps of ten alarms.
fn clocked() -> (Engine, Arc<AtomicI64>) {
    let clock = Arc::new(AtomicI64::new(START));
    let read = Arc::clone(&clock);
    let settings = Settings {
        alarms_per_record: 10,
        ..Settings::default()
    };
    let engine = Engine::with_clock(settings, move || Instant(read.load(Ordering::Relaxed)));
    declare(&engine);
    (engine, clock)
}

fn at(millis: i64) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: millis.div_euclid(1_000),
        nanos: millis.rem_euclid(1_000) as i32 * 1_000_000,
    }
}

/// A hundred people who bought, a millisecond apart, and so leave `fresh` a millisecond apart, an hour after the start.
fn crowd(engine: &Engine) {
    let events = (0..PEOPLE).map(|number| proto::EventRow {
        time: Some(at(START + number - PEOPLE)),
        ..purchase(&format!("e{number}"), &format!("crm:{number}"), 0, "merlot")
    });
    let answer = track(engine, events.collect()).unwrap();
    assert_eq!(PEOPLE as u64, answer.report.unwrap().accepted);
    define(engine, "fresh", "count(purchase last 1h) >= 1").unwrap();
}

fn fresh(engine: &Engine) -> u64 {
    count(engine, segment("fresh")).unwrap()
}

#[test]
fn a_storm_of_expiries_is_spread_over_records_and_view_time_waits_for_each() {
    let (engine, clock) = clocked();
    crowd(&engine);
    clock.store(START + HOUR, Ordering::Relaxed);

    let (mut steps, mut last) = (0, engine.view().time());
    while engine.tick() {
        steps += 1;
        let (live, view) = engine.live();
        assert!(live.lag > Duration(0) && view.time() > last);
        assert_eq!(Instant(START + HOUR), view.time().plus(live.lag));
        let exact = count(&engine, rule("count(purchase last 1h) >= 1")).unwrap();
        assert_eq!(exact, fresh(&engine), "view time never passes an expiry");
        last = view.time();
    }

    assert!(
        (5..=10).contains(&steps),
        "{steps} steps for a hundred expiries"
    );
    let (live, view) = engine.live();
    assert_eq!((0, Duration(0)), (fresh(&engine), live.lag));
    assert_eq!(Instant(START + HOUR), view.time());
    assert_eq!(PEOPLE as u64, live.counters.expiries);
}

#[test]
fn a_change_in_the_midst_of_a_storm_waits_for_one_step_alone() {
    let (engine, clock) = clocked();
    crowd(&engine);
    clock.store(START + HOUR, Ordering::Relaxed);

    let now = proto::EventRow {
        time: Some(at(START + HOUR)),
        ..purchase("new", "crm:new", 0, "gouda")
    };
    let answer = track(&engine, vec![now]).unwrap();

    assert_eq!(1, answer.report.unwrap().accepted);
    let (live, view) = engine.live();
    assert!(live.lag > Duration(0) && view.time() < Instant(START + HOUR));
    assert!(fresh(&engine) > 50, "most of the storm is still to come");
    while engine.tick() {}
    assert_eq!(1, fresh(&engine));
}

#[test]
fn a_change_waits_while_engine_time_is_far_behind() {
    let (engine, clock) = clocked();
    crowd(&engine);
    clock.store(START + HOUR - 1_000, Ordering::Relaxed);
    engine.tick();
    clock.store(START + HOUR + 119_000, Ordering::Relaxed);

    load_profiles(&engine, vec![profile("crm:new", &[])]).unwrap();

    let (live, _) = engine.live();
    assert_eq!((0, Duration(0)), (fresh(&engine), live.lag));
}

#[test]
fn a_clock_that_jumps_waits_for_confirmation() {
    let (engine, clock) = clocked();
    load_profiles(&engine, vec![profile("crm:0", &[])]).unwrap();
    assert!(
        engine.advance(Instant(START)).is_err(),
        "nothing to confirm"
    );
    clock.store(START + HOUR + 1, Ordering::Relaxed);

    engine.tick();
    load_profiles(&engine, vec![profile("crm:1", &[])]).unwrap();

    let (live, view) = engine.live();
    assert_eq!((true, Instant(START)), (live.held, view.time()));
    for outside in [START - 1, START + HOUR + 2] {
        assert!(engine.advance(Instant(outside)).is_err());
    }
    // Whoever is connected can confirm it, too.
    let asked = proto::ConfirmClockRequest {
        to: Some(at(START + HOUR + 1)),
    };
    let method = "/treffer.v1.StatusService/ConfirmClock";
    engine.call(method, asked.encode_to_vec().into()).unwrap();
    assert_eq!(
        (false, Instant(START + HOUR + 1)),
        (engine.live().0.held, engine.view().time())
    );
    assert!(engine.call(method, asked.encode_to_vec().into()).is_err());
}

#[test]
fn a_clock_that_is_set_back_stands_still() {
    let (engine, clock) = clocked();
    load_profiles(&engine, vec![profile("crm:0", &[])]).unwrap();
    clock.store(START - 2 * HOUR, Ordering::Relaxed);
    engine.tick();
    load_profiles(&engine, vec![profile("crm:1", &[])]).unwrap();
    assert_eq!(Instant(START), engine.view().time());

    clock.store(START + 1_000, Ordering::Relaxed);

    assert_eq!(Instant(START + 1_000), engine.view().time());
    assert!(!engine.live().0.held);
}

#[test]
fn a_manual_clock_runs_a_storm_in_steps_too() {
    let storm = engine();
    crowd(&storm);
    let before = storm.view().version();
    let few = engine_with(Settings {
        alarms_per_record: 10,
        ..Settings::default()
    });
    crowd(&few);

    storm.advance(Instant(START + HOUR)).unwrap();
    few.advance(Instant(START + HOUR)).unwrap();

    assert_eq!(before + 1, storm.view().version());
    assert!(few.view().version() > before + 5);
    assert_eq!((0, 0), (fresh(&storm), fresh(&few)));
    assert_eq!(
        storm.live().0.counters.expiries,
        few.live().0.counters.expiries
    );
}

#[test]
fn an_expiry_becomes_visible_without_a_reader() {
    let engine = Engine::new(Settings {
        tick: 1,
        ..Settings::default()
    });
    declare(&engine);
    define(&engine, "fresh", "count(purchase last 1m) >= 1").unwrap();
    let almost_a_minute_ago = engine.view().time().minus(Duration(59_500)).0;
    let event = proto::EventRow {
        time: Some(at(almost_a_minute_ago)),
        ..purchase("e", "crm:0", 0, "merlot")
    };
    track(&engine, vec![event]).unwrap();
    let id = engine.view().catalog().segment_id("fresh").unwrap();

    let entered = engine.await_news(Wait::ZERO, |_| true);
    let left = engine.await_news(Wait::from_secs(60), |view| view.feed().next() == 2);

    assert!(left.members(id).is_empty());
    assert!(left.version() > entered.version());
}
