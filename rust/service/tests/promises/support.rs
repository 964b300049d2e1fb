//! An engine with a small catalog, and calls that decode their answers.

use bytes::Bytes;
use prost::Message;
use prost_types::Timestamp;
use treffer_core::state::{self, Clock};
use treffer_core::time::Instant;
use treffer_service::status::Status;
use treffer_service::{Engine, Settings, proto};

pub const CATALOG: &str = "/treffer.v1.CatalogService/";
pub const INGEST: &str = "/treffer.v1.IngestService/";
pub const AUDIENCE: &str = "/treffer.v1.AudienceService/";

/// 2026-01-01 in seconds.
pub const NOW: i64 = 1_767_225_600;

pub fn engine() -> Engine {
    engine_with(Settings::default())
}

/// A declared engine whose manual clock stands at [`NOW`].
pub fn engine_with(settings: Settings) -> Engine {
    let state = state::Settings {
        clock: Clock::Manual,
        ..state::Settings::default()
    };
    let engine = Engine::new(Settings { state, ..settings });
    engine.advance(Instant(NOW * 1_000)).unwrap();
    declare(&engine);
    engine
}

pub fn declare(engine: &Engine) {
    let declare = proto::DeclareRequest {
        namespaces: ["crm", "cookie"]
            .map(|name| proto::Namespace {
                name: name.to_owned(),
                priority: u32::from(name == "crm"),
                blocked: vec!["unknown".to_owned()],
                ..proto::Namespace::default()
            })
            .to_vec(),
        attributes: [
            ("country", proto::Kind::String),
            ("age", proto::Kind::Integer),
            ("interests", proto::Kind::StringSet),
        ]
        .map(|(name, kind)| proto::Attribute {
            name: name.to_owned(),
            kind: kind as i32,
        })
        .to_vec(),
        item_attributes: vec![proto::ItemAttribute {
            name: "category".to_owned(),
            kind: proto::Kind::String as i32,
        }],
        event_types: vec![proto::EventType {
            name: "purchase".to_owned(),
            properties: vec![proto::Property {
                name: "order".to_owned(),
                kind: proto::Kind::String as i32,
            }],
            retention: None,
        }],
        dimensions: vec![proto::Dimension {
            name: "place".to_owned(),
            kind: proto::DimensionKind::Place as i32,
            stage: "geo".to_owned(),
        }],
    };
    let _: proto::DeclareResponse = ask(engine, CATALOG, "Declare", &declare).unwrap();
}

pub fn ask<Q: Message, A: Message + Default>(
    engine: &Engine,
    service: &str,
    method: &str,
    request: &Q,
) -> Result<A, Status> {
    let answer = engine.call(
        &format!("{service}{method}"),
        Bytes::from(request.encode_to_vec()),
    )?;
    Ok(A::decode(answer.as_slice()).unwrap())
}

pub fn seconds(seconds: i64) -> Option<Timestamp> {
    Some(Timestamp { seconds, nanos: 0 })
}

pub fn text(text: &str) -> proto::Value {
    proto::Value {
        kind: Some(proto::value::Kind::Text(text.to_owned())),
    }
}

pub fn integer(number: i64) -> proto::Value {
    proto::Value {
        kind: Some(proto::value::Kind::Integer(number)),
    }
}

pub fn texts(members: &[&str]) -> proto::Value {
    let members = members.iter().map(|text| (*text).to_owned()).collect();
    proto::Value {
        kind: Some(proto::value::Kind::Strings(proto::StringSet { members })),
    }
}

pub fn profile(id: &str, attributes: &[(&str, proto::Value)]) -> proto::ProfileRow {
    proto::ProfileRow {
        ids: vec![id.to_owned()],
        attributes: attributes
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect(),
        time: None,
    }
}

pub fn purchase(event_id: &str, id: &str, days_ago: i64, item: &str) -> proto::EventRow {
    proto::EventRow {
        event_id: event_id.to_owned(),
        r#type: "purchase".to_owned(),
        time: seconds(NOW - days_ago * 86_400),
        ids: vec![id.to_owned()],
        item: Some(item.to_owned()),
        value_micros: Some(9_990_000),
        quantity: Some(1),
        ..proto::EventRow::default()
    }
}

pub fn load_profiles(
    engine: &Engine,
    rows: Vec<proto::ProfileRow>,
) -> Result<proto::LoadProfilesResponse, Status> {
    let request = proto::LoadProfilesRequest {
        batch: Some(proto::load_profiles_request::Batch::Profiles(
            proto::ProfileRows { rows },
        )),
        ignore: Vec::new(),
        unset: Vec::new(),
    };
    ask(engine, INGEST, "LoadProfiles", &request)
}

pub fn track(
    engine: &Engine,
    rows: Vec<proto::EventRow>,
) -> Result<proto::TrackEventsResponse, Status> {
    let request = proto::TrackEventsRequest {
        batch: Some(proto::track_events_request::Batch::Events(
            proto::EventRows { rows },
        )),
        ignore: Vec::new(),
    };
    ask(engine, INGEST, "TrackEvents", &request)
}

pub fn rule(rule: &str) -> Option<proto::Audience> {
    Some(proto::Audience {
        kind: Some(proto::audience::Kind::Rule(rule.to_owned())),
    })
}

pub fn segment(name: &str) -> Option<proto::Audience> {
    Some(proto::Audience {
        kind: Some(proto::audience::Kind::Segment(name.to_owned())),
    })
}

pub fn count(engine: &Engine, audience: Option<proto::Audience>) -> Result<u64, Status> {
    let request = proto::CountRequest {
        audience,
        ..proto::CountRequest::default()
    };
    ask(engine, AUDIENCE, "Count", &request).map(|answer: proto::CountResponse| answer.count)
}

pub fn define(engine: &Engine, name: &str, rule: &str) -> Result<proto::Segment, Status> {
    let request = proto::DefineSegmentRequest {
        name: name.to_owned(),
        rule: rule.to_owned(),
        description: String::new(),
    };
    ask(engine, CATALOG, "DefineSegment", &request)
        .map(|answer: proto::DefineSegmentResponse| answer.segment.unwrap())
}

/// Six people: `crm:0` to `crm:5`, of whom the even ones live in DE and the first four have an age.
pub fn peopled() -> Engine {
    people(engine())
}

pub fn people(engine: Engine) -> Engine {
    let people = (0..6).map(|number| {
        let country = text(if number % 2 == 0 { "DE" } else { "AT" });
        let mut attributes = vec![("country", country)];
        if number < 4 {
            attributes.push(("age", integer(20 + number)));
        }
        if number < 2 {
            attributes.push(("interests", texts(&["wine", "cheese"])));
        }
        profile(&format!("crm:{number}"), &attributes)
    });
    let answer = load_profiles(&engine, people.collect()).unwrap();
    assert_eq!(6, answer.report.unwrap().accepted);
    let events = vec![
        purchase("e1", "crm:0", 10, "merlot"),
        purchase("e2", "crm:0", 20, "merlot"),
        purchase("e3", "crm:1", 100, "gouda"),
    ];
    assert_eq!(3, track(&engine, events).unwrap().report.unwrap().accepted);
    engine
}

/// The details of a status: reason, metadata, first field violation.
pub fn details(
    status: &Status,
) -> (
    String,
    std::collections::BTreeMap<String, String>,
    Option<String>,
) {
    use treffer_service::google;
    let whole = google::Status::decode(status.details().as_slice()).unwrap();
    assert_eq!(
        (status.code as i32, &status.message),
        (whole.code, &whole.message)
    );
    let packed = |name: &str| {
        whole
            .details
            .iter()
            .find(|any| any.type_url.ends_with(name))
    };
    let info = google::ErrorInfo::decode(packed("ErrorInfo").unwrap().value.as_slice()).unwrap();
    assert_eq!("treffer", info.domain);
    let violation = packed("BadRequest").map(|any| {
        let request = google::BadRequest::decode(any.value.as_slice()).unwrap();
        request.field_violations[0].field.clone()
    });
    (info.reason, info.metadata, violation)
}
