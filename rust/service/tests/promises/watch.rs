//! What `AudienceService.Watch`, the versions of segments and memberships promise.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration as Wait;

use crate::support::{
    AUDIENCE, CATALOG, NOW, ask, define, details, engine_with, integer, load_profiles, peopled,
    profile, purchase, text, track,
};
use treffer_core::bitmap::Bitmap;
use treffer_core::time::Instant;
use treffer_service::status::{Code, Status};
use treffer_service::{Engine, Settings, proto};

const DAY: i64 = 86_400;

fn watch(engine: &Engine, request: &proto::WatchRequest) -> Result<proto::WatchResponse, Status> {
    ask(engine, AUDIENCE, "Watch", request)
}

fn from(cursor: u64) -> proto::WatchRequest {
    proto::WatchRequest {
        cursor: Some(cursor),
        ..proto::WatchRequest::default()
    }
}

/// Who is in `buyers` after the changes, beginning with `members`.
fn follow(members: &mut BTreeSet<u32>, changes: &[proto::Change]) {
    for change in changes.iter().filter(|change| change.segment == "buyers") {
        let is_news = if change.entered {
            members.insert(change.profile)
        } else {
            members.remove(&change.profile)
        };
        assert!(is_news, "{change:?} changes nothing");
    }
}

/// People who enter and leave `buyers` and `adults` for several reasons.
fn busy() -> Engine {
    let engine = peopled();
    define(&engine, "buyers", "count(purchase last 30d) >= 1").unwrap();
    define(&engine, "adults", "age >= 21").unwrap();
    track(&engine, vec![purchase("e9", "crm:4", 1, "gouda")]).unwrap();
    load_profiles(&engine, vec![profile("crm:0", &[("age", integer(40))])]).unwrap();
    engine.advance(Instant((NOW + 25 * DAY) * 1_000)).unwrap();
    define(&engine, "buyers", "count(purchase last 60d) >= 1").unwrap();
    engine
}

#[test]
fn changes_tell_who_why_and_when() {
    let engine = busy();
    let request = proto::WatchRequest {
        namespaces: vec!["crm".to_owned()],
        ..from(0)
    };

    let answer = watch(&engine, &request).unwrap();

    let told = answer.changes.iter().map(|own| {
        let cause = own.cause().as_str_name().trim_start_matches("CAUSE_");
        (
            own.segment.as_str(),
            own.ids[0].as_str(),
            own.entered,
            cause,
        )
    });
    let told: Vec<_> = told.collect();
    assert!(
        told.contains(&("buyers", "crm:4", true, "EVENT")),
        "{told:?}"
    );
    assert!(
        told.contains(&("buyers", "crm:0", false, "TIME")),
        "{told:?}"
    );
    assert!(
        told.contains(&("buyers", "crm:0", true, "EDIT")),
        "{told:?}"
    );
    assert!(
        told.contains(&("adults", "crm:0", true, "ATTRIBUTE")),
        "{told:?}"
    );
    let bought = answer.changes.iter().find(|own| !own.event_id.is_empty());
    assert_eq!("e9", bought.unwrap().event_id);
    let left = answer.changes.iter().find(|own| !own.entered).unwrap();
    assert_eq!(crate::support::seconds(NOW + 20 * DAY), left.time);
}

#[test]
fn resumed_from_any_point_it_comes_to_the_same_members() {
    let engine = busy();
    let view = engine.view();
    let id = view.catalog().segment_id("buyers").unwrap();
    let expected: BTreeSet<u32> = view.members(id).iter().collect();
    let whole = watch(&engine, &from(0)).unwrap();
    assert_eq!(view.feed().next(), whole.next_cursor);

    for cut in 0..=whole.next_cursor {
        let mut members = BTreeSet::new();
        let before = whole.changes.iter().filter(|own| own.sequence < cut);
        follow(&mut members, &before.cloned().collect::<Vec<_>>());
        let mut cursor = cut;
        while cursor < whole.next_cursor {
            let page = proto::WatchRequest {
                page_size: 2,
                segments: vec!["buyers".to_owned()],
                ..from(cursor)
            };
            let answer = watch(&engine, &page).unwrap();
            assert!(answer.changes.len() <= 2 && answer.next_cursor > cursor);
            follow(&mut members, &answer.changes);
            cursor = answer.next_cursor;
        }
        assert_eq!(expected, members, "resumed at {cut}");
    }
}

#[test]
fn a_snapshot_and_what_follows_it_are_the_members() {
    let engine = busy();
    let request = proto::WatchRequest {
        segments: vec!["buyers".to_owned()],
        snapshot: true,
        namespaces: vec!["crm".to_owned()],
        ..proto::WatchRequest::default()
    };
    let start = watch(&engine, &request).unwrap();
    let part = &start.snapshot[0];
    let mut members: BTreeSet<u32> = Bitmap::from_portable(&part.bitmap)
        .unwrap()
        .iter()
        .collect();
    assert_eq!(
        ("buyers", false),
        (part.segment.as_str(), part.arrow_stream.is_empty())
    );

    track(&engine, vec![purchase("e10", "crm:5", 0, "gouda")]).unwrap();
    follow(
        &mut members,
        &watch(&engine, &from(start.next_cursor)).unwrap().changes,
    );

    let view = engine.view();
    let id = view.catalog().segment_id("buyers").unwrap();
    assert_eq!(view.members(id).iter().collect::<BTreeSet<u32>>(), members);
}

#[test]
fn without_a_cursor_it_begins_now_and_waits_for_what_comes() {
    let engine = busy();
    let start = watch(&engine, &proto::WatchRequest::default()).unwrap();
    assert!(start.changes.is_empty());

    let answer = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let request = proto::WatchRequest {
                wait_ms: 60_000,
                ..from(start.next_cursor)
            };
            watch(&engine, &request)
        });
        track(&engine, vec![purchase("e10", "crm:5", 0, "gouda")]).unwrap();
        waiting.join().unwrap()
    });

    assert_eq!("e10", answer.unwrap().changes[0].event_id);
}

#[test]
fn publishing_wakes_whoever_waits() {
    let engine = busy();
    let next = engine.view().feed().next();
    let (waits, began) = (AtomicBool::new(false), std::time::Instant::now());

    let view = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            engine.await_news(Wait::from_secs(60), |view| {
                waits.store(true, Ordering::Relaxed);
                view.feed().next() > next
            })
        });
        while !waits.load(Ordering::Relaxed) {
            std::thread::yield_now();
        }
        track(&engine, vec![purchase("e10", "crm:5", 0, "gouda")]).unwrap();
        waiting.join().unwrap()
    });

    assert_eq!(next + 1, view.feed().next());
    assert!(began.elapsed() < Wait::from_secs(30), "publishing wakes it");
}

#[test]
fn a_cursor_of_the_future_is_out_of_range_and_says_what_there_is() {
    let engine = busy();
    let next = engine.view().feed().next();

    let status = watch(&engine, &from(next + 1)).unwrap_err();

    let (reason, metadata, field) = details(&status);
    assert_eq!(
        (Code::OutOfRange, "CURSOR_FUTURE"),
        (status.code, reason.as_str())
    );
    assert_eq!(Some("cursor".to_owned()), field);
    assert_eq!(
        (next.to_string(), "0".to_owned()),
        (metadata["next"].clone(), metadata["first"].clone())
    );
}

#[test]
fn a_reader_that_is_millions_of_changes_behind_is_told_and_starts_again_from_a_snapshot() {
    let engine = engine_with(Settings::default());
    let people =
        (0..8_200).map(|number| profile(&format!("crm:{number}"), &[("age", integer(30))]));
    load_profiles(&engine, people.collect()).unwrap();
    for round in 0..780 {
        let rule = if round % 2 == 0 {
            "age > 1"
        } else {
            "age > 99"
        };
        define(&engine, "everybody", rule).unwrap();
    }

    let status = watch(&engine, &from(0)).unwrap_err();

    let (reason, metadata, _) = details(&status);
    let number = |key: &str| metadata[key].parse::<u64>().unwrap();
    assert_eq!(
        (Code::OutOfRange, "CURSOR_GONE"),
        (status.code, reason.as_str())
    );
    assert!(number("next") - number("first") >= 1 << 22 && number("first") > 0);
    assert_eq!(
        number("first"),
        watch(&engine, &from(number("first"))).unwrap().changes[0].sequence
    );
    let request = proto::WatchRequest {
        snapshot: true,
        ..proto::WatchRequest::default()
    };
    assert_eq!(
        number("next"),
        watch(&engine, &request).unwrap().next_cursor
    );
}

#[test]
fn a_cursor_that_is_gone_says_what_was_missed_and_the_way_to_a_snapshot() {
    use treffer_core::segment::feed::BadCursor;

    let status = Status::bad_cursor(BadCursor::Gone(100), 5, 100, 200);

    let (reason, metadata, _) = details(&status);
    assert_eq!(
        (Code::OutOfRange, "CURSOR_GONE"),
        (status.code, reason.as_str())
    );
    assert!(
        status
            .message
            .contains("changes 5 to 99 are no longer kept")
    );
    assert!(status.message.contains("snapshot"));
    assert_eq!(
        ["5", "100", "200"],
        ["cursor", "first", "next"].map(|key| metadata[key].as_str())
    );
}

#[test]
fn what_does_not_go_together_is_refused() {
    let engine = busy();
    let both = proto::WatchRequest {
        snapshot: true,
        ..from(0)
    };
    let unknown = proto::WatchRequest {
        segments: vec!["nobody".to_owned()],
        ..from(0)
    };

    assert_eq!(
        Code::InvalidArgument,
        watch(&engine, &both).unwrap_err().code
    );
    assert_eq!(Code::NotFound, watch(&engine, &unknown).unwrap_err().code);
}

#[test]
fn a_snapshot_beyond_its_limit_exhausts_a_resource() {
    let small = engine_with(Settings {
        snapshot: 4,
        ..Settings::default()
    });
    load_profiles(&small, vec![profile("crm:0", &[("country", text("DE"))])]).unwrap();
    define(&small, "germans", "country = \"DE\"").unwrap();
    let request = proto::WatchRequest {
        snapshot: true,
        ..proto::WatchRequest::default()
    };

    assert_eq!(
        Code::ResourceExhausted,
        watch(&small, &request).unwrap_err().code
    );
}

#[test]
fn a_deleted_segment_still_tells_who_left_it() {
    let engine = busy();
    let start = engine.view().feed().next();
    let request = proto::DeleteSegmentRequest {
        name: "buyers".to_owned(),
    };
    let _: proto::DeleteSegmentResponse = ask(&engine, CATALOG, "DeleteSegment", &request).unwrap();

    let request = proto::WatchRequest {
        segments: vec!["buyers".to_owned()],
        ..from(start)
    };
    let answer = watch(&engine, &request).unwrap();

    assert!(!answer.changes.is_empty());
    assert!(
        answer
            .changes
            .iter()
            .all(|own| own.segment == "buyers" && !own.entered)
    );
}

#[test]
fn a_segment_shows_its_state_members_and_versions() {
    let engine = busy();
    let name = || "buyers".to_owned();
    let paused: proto::PauseSegmentResponse = ask(
        &engine,
        CATALOG,
        "PauseSegment",
        &proto::PauseSegmentRequest { name: name() },
    )
    .unwrap();
    let resumed: proto::ResumeSegmentResponse = ask(
        &engine,
        CATALOG,
        "ResumeSegment",
        &proto::ResumeSegmentRequest { name: name() },
    )
    .unwrap();
    let versions: proto::ListSegmentVersionsResponse = ask(
        &engine,
        CATALOG,
        "ListSegmentVersions",
        &proto::ListSegmentVersionsRequest { name: name() },
    )
    .unwrap();

    let (paused, resumed) = (paused.segment.unwrap(), resumed.segment.unwrap());
    assert_eq!(
        (proto::SegmentState::Paused, 0),
        (paused.state(), paused.members)
    );
    assert_eq!(
        (proto::SegmentState::Active, 2),
        (resumed.state(), resumed.members)
    );
    let told: Vec<_> = versions
        .versions
        .iter()
        .map(|own| (own.number, own.time))
        .collect();
    assert_eq!(
        vec![
            (1, crate::support::seconds(NOW)),
            (2, crate::support::seconds(NOW + 25 * DAY))
        ],
        told
    );
}

#[test]
fn memberships_are_the_names_of_the_live_segments_of_a_person() {
    let engine = busy();
    let of = |profile: &str| {
        let request = proto::ListMembershipsRequest {
            profile: profile.to_owned(),
        };
        ask(&engine, AUDIENCE, "ListMemberships", &request)
            .map(|answer: proto::ListMembershipsResponse| answer.segments)
    };

    assert_eq!(vec!["adults", "buyers"], of("crm:0").unwrap());
    assert!(of("crm:5").unwrap().is_empty());
    assert_eq!(Code::NotFound, of("crm:99").unwrap_err().code);
}

#[test]
fn waiting_ends_when_nothing_comes() {
    let engine = busy();
    let next = engine.view().feed().next();

    let view = engine.await_news(Wait::from_millis(1), |view| view.feed().next() > next);

    assert_eq!(next, view.feed().next());
}
