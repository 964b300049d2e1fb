//! What `IngestService` promises.

use std::sync::Arc;

use crate::support::{
    INGEST, NOW, ask, count, details, engine, load_profiles, peopled, profile, purchase, rule,
    text, texts, track,
};
use arrow_array::{
    ArrayRef, Int64Array, NullArray, RecordBatch, StringArray, TimestampSecondArray, UInt64Array,
};
use treffer_service::proto::RefusalReason as R;
use treffer_service::status::Code;
use treffer_service::{Engine, Settings, proto};

fn refusals(report: &proto::Report) -> Vec<(u64, String, proto::RefusalReason)> {
    let refused = report.refused.iter();
    refused
        .map(|refusal| {
            (
                refusal.row,
                refusal.field.clone(),
                proto::RefusalReason::try_from(refusal.reason).unwrap(),
            )
        })
        .collect()
}

#[test]
fn each_row_is_judged_on_its_own_and_the_rest_is_taken() {
    let engine = peopled();
    let mut late = purchase("x", "crm:0", 0, "merlot");
    late.time = crate::support::seconds(NOW + 3_600);
    let rows = vec![
        purchase("n1", "crm:0", 1, "merlot"),
        purchase("", "crm:0", 1, "merlot"),
        purchase("n3", "4711", 1, "merlot"),
        purchase("n4", "email:x", 1, "merlot"),
        purchase("n5", "crm:unknown", 1, "merlot"),
        late,
        purchase("e1", "crm:0", 10, "merlot"),
        purchase("e1", "crm:0", 11, "merlot"),
        purchase("n9", "crm:9", 1, "merlot"),
    ];

    let report = track(&engine, rows).unwrap().report.unwrap();

    let expected = [
        (1, "event_id", R::Missing),
        (2, "ids", R::WrongType),
        (3, "ids", R::Undeclared),
        (4, "ids", R::NoId),
        (5, "time", R::Future),
        (7, "event_id", R::Conflict),
    ];
    let actual = refusals(&report);
    assert_eq!(
        expected.map(|(row, _, reason)| (row, reason)).to_vec(),
        actual.iter().map(|one| (one.0, one.2)).collect::<Vec<_>>()
    );
    assert_eq!("event_id", actual[0].1);
    assert_eq!((2, 1), (report.accepted, report.duplicates));
}

#[test]
fn rows_of_different_kinds_keep_their_numbers() {
    let engine = engine();
    let rows = vec![
        profile("crm:1", &[("age", crate::support::integer(30))]),
        profile("crm:2", &[("age", text("thirty"))]),
        profile("crm:3", &[("age", crate::support::integer(40))]),
        profile("crm:4", &[("interests", texts(&[]))]),
        profile("crm:5", &[("height", crate::support::integer(180))]),
    ];

    let report = load_profiles(&engine, rows).unwrap().report.unwrap();

    assert_eq!(
        vec![
            (1, "age".to_owned(), R::WrongType),
            (4, "height".to_owned(), R::Undeclared)
        ],
        refusals(&report)
    );
    assert_eq!(3, report.accepted);
    assert_eq!(2, count(&engine, rule("has(age)")).unwrap());
    assert_eq!(1, count(&engine, rule("has(interests)")).unwrap());
}

#[test]
fn several_ids_of_a_row_may_lie_in_one_namespace() {
    let engine = engine();
    let mut row = profile("crm:1", &[("age", crate::support::integer(30))]);
    row.ids.push("crm:2".to_owned());
    row.ids.push("cookie:unknown".to_owned());

    let report = load_profiles(&engine, vec![row]).unwrap().report.unwrap();

    assert_eq!((1, 1), (report.accepted, report.blocked_ids));
}

#[test]
fn a_property_cannot_pose_as_a_column_of_every_event() {
    let engine = peopled();
    let mut row = purchase("n1", "crm:0", 1, "merlot");
    row.properties.insert("cookie".to_owned(), text("a"));

    let report = track(&engine, vec![row]).unwrap().report.unwrap();

    assert_eq!(
        vec![(0, "cookie".to_owned(), proto::RefusalReason::Undeclared)],
        refusals(&report)
    );
}

#[test]
fn voided_events_count_no_longer() {
    let engine = peopled();
    let bought = || count(&engine, rule("count(purchase) >= 1")).unwrap();
    assert_eq!(2, bought());
    let request = proto::VoidEventsRequest {
        event_ids: ["e3", "nobody", "e3"].map(str::to_owned).to_vec(),
    };

    let answer: proto::VoidEventsResponse = ask(&engine, INGEST, "VoidEvents", &request).unwrap();

    let report = answer.report.unwrap();
    assert_eq!((1, 1), (report.accepted, report.duplicates));
    assert_eq!(1, report.refused[0].row);
    assert_eq!(1, bought());
}

fn stream(batches: &[RecordBatch]) -> bytes::Bytes {
    let mut out = Vec::new();
    let mut writer =
        arrow_ipc::writer::StreamWriter::try_new(&mut out, &batches[0].schema()).unwrap();
    for batch in batches {
        writer.write(batch).unwrap();
    }
    writer.finish().unwrap();
    drop(writer);
    out.into()
}

fn load_stream(
    engine: &Engine,
    batches: &[RecordBatch],
    ignore: &[&str],
) -> Result<proto::Report, treffer_service::status::Status> {
    let request = proto::LoadProfilesRequest {
        batch: Some(proto::load_profiles_request::Batch::ArrowStream(stream(
            batches,
        ))),
        ignore: ignore.iter().map(|name| (*name).to_owned()).collect(),
        unset: Vec::new(),
    };
    ask(engine, INGEST, "LoadProfiles", &request)
        .map(|answer: proto::LoadProfilesResponse| answer.report.unwrap())
}

fn people(numbers: std::ops::Range<i64>) -> RecordBatch {
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(numbers.clone()));
    let ages: ArrayRef = Arc::new(
        numbers
            .map(|number| match number % 3 {
                0 => None,
                1 => Some(20),
                _ => Some(u64::MAX),
            })
            .collect::<UInt64Array>(),
    );
    RecordBatch::try_from_iter_with_nullable([("crm", ids, false), ("age", ages, true)]).unwrap()
}

#[test]
fn rows_are_numbered_over_all_batches_of_a_stream() {
    let engine = engine();

    let report = load_stream(&engine, &[people(0..4), people(4..6)], &[]).unwrap();

    assert_eq!(
        vec![2, 5],
        report
            .refused
            .iter()
            .map(|refusal| refusal.row)
            .collect::<Vec<_>>()
    );
    assert_eq!(4, report.accepted);
    assert_eq!(4, engine.view().population());
}

#[test]
fn an_undeclared_column_refuses_the_whole_unless_it_is_ignored() {
    let engine = engine();
    let extra: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    let ids: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    let batch = RecordBatch::try_from_iter([("crm", ids), ("extra", extra)]).unwrap();

    let status = load_stream(&engine, std::slice::from_ref(&batch), &[]).unwrap_err();

    assert_eq!(Code::InvalidArgument, status.code);
    assert!(details(&status).2.unwrap().contains("extra"));
    assert_eq!(0, engine.view().population());
    assert_eq!(
        1,
        load_stream(&engine, &[batch], &["extra"]).unwrap().accepted
    );
}

#[test]
fn the_columns_of_an_empty_stream_are_judged_too() {
    let engine = engine();
    let extra: ArrayRef = Arc::new(Int64Array::from(Vec::<i64>::new()));
    let ids: ArrayRef = Arc::new(StringArray::from(Vec::<&str>::new()));
    let batch = RecordBatch::try_from_iter([("crm", ids.clone()), ("extra", extra)]).unwrap();

    assert_eq!(
        Code::InvalidArgument,
        load_stream(&engine, &[batch], &[]).unwrap_err().code
    );
    let fine = RecordBatch::try_from_iter([("crm", ids)]).unwrap();
    assert_eq!(0, load_stream(&engine, &[fine], &[]).unwrap().accepted);
}

#[test]
fn a_column_without_any_value_writes_nothing_whatever_its_type() {
    let engine = engine();
    let ids: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    let nulls: ArrayRef = Arc::new(NullArray::new(1));
    let batch = RecordBatch::try_from_iter_with_nullable([
        ("crm", ids, false),
        ("age", nulls.clone(), true),
        ("interests", nulls, true),
    ]);

    let report = load_stream(&engine, &[batch.unwrap()], &[]).unwrap();

    assert_eq!((1, 0), (report.accepted, report.refused.len()));
    assert_eq!(
        0,
        count(&engine, rule("has(age) or has(interests)")).unwrap()
    );
}

#[test]
fn a_damaged_stream_is_an_invalid_argument_that_takes_nothing() {
    let engine = engine();
    let whole = stream(&[people(0..4)]);
    let request = proto::LoadProfilesRequest {
        batch: Some(proto::load_profiles_request::Batch::ArrowStream(
            whole.slice(..whole.len() / 2),
        )),
        ignore: Vec::new(),
        unset: Vec::new(),
    };

    let status = ask::<_, proto::LoadProfilesResponse>(&engine, INGEST, "LoadProfiles", &request)
        .unwrap_err();

    assert_eq!(Code::InvalidArgument, status.code);
    assert_eq!(Some("arrow_stream".to_owned()), details(&status).2);
    assert_eq!(0, engine.view().population());
}

#[test]
fn a_stream_that_grows_too_large_when_read_exhausts_a_resource_and_takes_nothing() {
    let engine = Engine::new(Settings {
        expanded: 500,
        ..Settings::default()
    });

    let status = load_stream(&engine, &[people(0..40), people(40..80)], &[]).unwrap_err();

    assert_eq!(Code::ResourceExhausted, status.code);
    assert_eq!(Some("arrow_stream".to_owned()), details(&status).2);
}

#[test]
fn a_request_without_a_batch_is_an_invalid_argument() {
    let status = ask::<_, proto::TrackEventsResponse>(
        &engine(),
        INGEST,
        "TrackEvents",
        &proto::TrackEventsRequest::default(),
    );

    assert_eq!(Some("batch".to_owned()), details(&status.unwrap_err()).2);
}

#[test]
fn events_come_as_arrow_and_count_once() {
    let engine = engine();
    let columns: [(&str, ArrayRef); 5] = [
        ("event_id", Arc::new(StringArray::from(vec!["a", "b"]))),
        (
            "type",
            Arc::new(StringArray::from(vec!["purchase", "nothing"])),
        ),
        (
            "time",
            Arc::new(TimestampSecondArray::from(vec![NOW - 5, NOW - 4])),
        ),
        ("crm", Arc::new(StringArray::from(vec!["1", "2"]))),
        ("order", Arc::new(StringArray::from(vec![Some("o"), None]))),
    ];
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true)))
            .unwrap();
    let request = proto::TrackEventsRequest {
        batch: Some(proto::track_events_request::Batch::ArrowStream(stream(&[
            batch,
        ]))),
        ignore: Vec::new(),
    };

    let first: proto::TrackEventsResponse = ask(&engine, INGEST, "TrackEvents", &request).unwrap();
    let again: proto::TrackEventsResponse = ask(&engine, INGEST, "TrackEvents", &request).unwrap();

    let (first, again) = (first.report.unwrap(), again.report.unwrap());
    assert_eq!(
        vec![(1, "type".to_owned(), proto::RefusalReason::Undeclared)],
        refusals(&first)
    );
    assert_eq!((1, 0), (first.accepted, again.accepted));
    assert_eq!(1, again.duplicates);
    assert_eq!(
        1,
        count(&engine, rule("distinct(purchase.order) = 1")).unwrap()
    );
}

#[test]
fn items_are_written_row_by_row() {
    let engine = peopled();
    let item = |item: &str, category: &str| proto::ItemRow {
        item: item.to_owned(),
        attributes: [("category".to_owned(), text(category))].into(),
    };
    let rows = vec![
        item("merlot", "beer"),
        item("", "x"),
        item("merlot", "wine"),
    ];
    let request = proto::LoadItemsRequest {
        batch: Some(proto::load_items_request::Batch::Items(proto::ItemRows {
            rows,
        })),
        ignore: Vec::new(),
        unset: Vec::new(),
    };

    let answer: proto::LoadItemsResponse = ask(&engine, INGEST, "LoadItems", &request).unwrap();

    assert_eq!(2, answer.report.unwrap().accepted);
    assert_eq!(
        1,
        count(
            &engine,
            rule("count(purchase where item.category = \"wine\") >= 2")
        )
        .unwrap()
    );
}

/// One batch of a stream.
fn streamed(
    engine: &Engine,
    batch: u64,
    rows: Option<proto::stream_events_request::Rows>,
) -> proto::StreamEventsResponse {
    let request = proto::StreamEventsRequest {
        batch,
        rows,
        ignore: Vec::new(),
    };
    ask(engine, INGEST, "StreamEvents", &request).unwrap()
}

#[test]
fn a_faulty_batch_of_a_stream_is_a_status_in_its_answer() {
    use proto::stream_events_request::Rows;
    use proto::stream_events_response::Outcome;
    let engine = peopled();
    let rows = vec![
        purchase("s1", "crm:0", 1, "merlot"),
        purchase("", "crm:0", 1, "merlot"),
    ];

    let good = streamed(&engine, 7, Some(Rows::Events(proto::EventRows { rows })));
    let damaged = streamed(&engine, 8, Some(Rows::ArrowStream("no Arrow".into())));
    let nothing = streamed(&engine, 9, None);

    let report = match good.outcome {
        Some(Outcome::Report(report)) => report,
        other => unreachable!("{other:?}"),
    };
    assert_eq!(1, report.accepted);
    assert_eq!(
        vec![(1, "event_id".to_owned(), R::Missing)],
        refusals(&report)
    );
    for (number, answer) in [(8, damaged), (9, nothing)] {
        assert_eq!((number, &good.view), (answer.batch, &answer.view));
        let status = match answer.outcome {
            Some(Outcome::Status(status)) => status,
            other => unreachable!("{other:?}"),
        };
        assert_eq!(Code::InvalidArgument as i32, status.code);
        assert!(!status.message.is_empty() && !status.details.is_empty());
    }
}
