//! What `AudienceService` promises.

use crate::support::{AUDIENCE, NOW, ask, count, define, details, engine, peopled, rule, segment};
use arrow_array::cast::AsArray;
use arrow_array::types::UInt32Type;
use treffer_core::bitmap::Bitmap;
use treffer_core::record::Command;
use treffer_service::arrow::Batches;
use treffer_service::proto;
use treffer_service::status::{Code, Status};

#[test]
fn a_count_says_which_view_answered_and_when() {
    let engine = peopled();
    let request = proto::CountRequest {
        audience: rule("country = \"DE\""),
        ..proto::CountRequest::default()
    };

    let answer: proto::CountResponse = ask(&engine, AUDIENCE, "Count", &request).unwrap();

    assert_eq!(3, answer.count);
    let view = answer.view.unwrap();
    assert_eq!(engine.view().version(), view.version);
    assert_eq!(crate::support::seconds(NOW), view.time);
}

#[test]
fn a_count_at_another_instant_sees_the_events_of_then() {
    let engine = peopled();
    let ask_at = |seconds: i64| {
        let request = proto::CountRequest {
            audience: rule("count(purchase) >= 2"),
            at: crate::support::seconds(seconds),
            ..proto::CountRequest::default()
        };
        ask(&engine, AUDIENCE, "Count", &request)
            .map(|answer: proto::CountResponse| (answer.count, answer.view.unwrap().time))
    };

    assert_eq!((1, crate::support::seconds(NOW)), ask_at(NOW).unwrap());
    assert_eq!(
        (0, crate::support::seconds(NOW - 15 * 86_400)),
        ask_at(NOW - 15 * 86_400).unwrap()
    );
    let status = ask_at(i64::MAX).unwrap_err();
    assert_eq!(
        (Code::InvalidArgument, Some("at".to_owned())),
        (status.code, details(&status).2)
    );
}

#[test]
fn a_paused_segment_is_not_read_in_any_way_until_it_is_resumed() {
    let engine = peopled();
    define(&engine, "buyers", "count(purchase) >= 1").unwrap();
    engine
        .change(Command::PauseSegment("buyers".to_owned()))
        .unwrap();

    for audience in [
        segment("buyers"),
        rule("segment(\"buyers\") and has(age)"),
        rule("not segment(\"buyers\") for 10m.."),
    ] {
        let status = count(&engine, audience).unwrap_err();
        assert_eq!(Code::FailedPrecondition, status.code);
        assert!(status.message.contains("resume it first"), "{status:?}");
    }
    engine
        .change(Command::ResumeSegment("buyers".to_owned()))
        .unwrap();
    assert_eq!(2, count(&engine, segment("buyers")).unwrap());
}

#[test]
fn a_segment_is_counted_by_its_name_and_an_unknown_one_is_not_found() {
    let engine = peopled();
    define(&engine, "buyers", "count(purchase) >= 1").unwrap();

    assert_eq!(2, count(&engine, segment("buyers")).unwrap());
    assert_eq!(
        Code::NotFound,
        count(&engine, segment("byers")).unwrap_err().code
    );
}

#[test]
fn a_faulty_rule_is_placed_within_its_request() {
    let status = count(&engine(), rule("age > \"x\"")).unwrap_err();

    let (reason, metadata, field) = details(&status);
    assert_eq!(
        (Code::InvalidArgument, "INVALID_RULE"),
        (status.code, reason.as_str())
    );
    assert_eq!(Some("audience.rule".to_owned()), field);
    assert!(metadata.contains_key("start") && metadata.contains_key("end"));
}

#[test]
fn a_request_without_an_audience_is_an_invalid_argument() {
    let status = count(&engine(), None).unwrap_err();

    assert_eq!(
        (Code::InvalidArgument, Some("audience".to_owned())),
        (status.code, details(&status).2)
    );
}

fn overlap(rules: &[&str]) -> Result<Vec<u64>, Status> {
    let request = proto::OverlapRequest {
        audiences: rules.iter().map(|text| rule(text).unwrap()).collect(),
        at: None,
    };
    ask(&peopled(), AUDIENCE, "Overlap", &request)
        .map(|answer: proto::OverlapResponse| answer.counts)
}

#[test]
fn an_overlap_is_a_symmetric_matrix_with_sizes_on_its_diagonal() {
    let matrix = overlap(&["country = \"DE\"", "has(age)", "has(interests)"]).unwrap();

    assert_eq!(vec![3, 2, 1, 2, 4, 2, 1, 2, 2], matrix);
    assert_eq!(Vec::<u64>::new(), overlap(&[]).unwrap());
}

#[test]
fn a_fault_in_one_of_many_audiences_names_its_place() {
    let status = overlap(&["has(age)", "has(ag)"]).unwrap_err();

    assert_eq!(Some("audiences[1].rule".to_owned()), details(&status).2);
}

#[test]
fn too_many_audiences_exhaust_a_resource() {
    let status = overlap(&vec!["has(age)"; 1_025]).unwrap_err();

    assert_eq!(Code::ResourceExhausted, status.code);
    let (reason, metadata, _) = details(&status);
    assert_eq!(
        ("LIMIT", "1024", "1025"),
        (
            reason.as_str(),
            metadata["limit"].as_str(),
            metadata["actual"].as_str()
        )
    );
}

type Parts = Vec<(Option<String>, u64)>;

fn breakdown(
    by: Option<proto::breakdown_request::By>,
    limit: u32,
) -> Result<(u64, Parts, u64), Status> {
    let engine = peopled();
    define(&engine, "buyers", "count(purchase) >= 1").unwrap();
    define(&engine, "german", "country = \"DE\"").unwrap();
    let request = proto::BreakdownRequest {
        audience: rule("country in {\"DE\", \"AT\"}"),
        limit,
        by,
        ..proto::BreakdownRequest::default()
    };
    let answer: proto::BreakdownResponse = ask(&engine, AUDIENCE, "Breakdown", &request)?;
    let parts = answer
        .parts
        .into_iter()
        .map(|part| (part.label, part.count))
        .collect();
    Ok((answer.total, parts, answer.left_out))
}

fn by_attribute(name: &str, limit: u32) -> Result<(u64, Parts, u64), Status> {
    breakdown(
        Some(proto::breakdown_request::By::Attribute(name.to_owned())),
        limit,
    )
}

#[test]
fn a_breakdown_by_attribute_counts_those_without_it_too() {
    let label = |text: &str| Some(text.to_owned());

    assert_eq!(
        (6, vec![(label("AT"), 3), (label("DE"), 3)], 0),
        by_attribute("country", 0).unwrap()
    );
    assert_eq!(
        (6, vec![(label("20"), 1), (label("21"), 1), (None, 2)], 2),
        by_attribute("age", 2).unwrap()
    );
    let sets = vec![(label("cheese"), 2), (label("wine"), 2), (None, 4)];
    assert_eq!((6, sets, 0), by_attribute("interests", 0).unwrap());
    assert_eq!(Code::NotFound, by_attribute("ag", 0).unwrap_err().code);
}

#[test]
fn a_breakdown_by_segments_keeps_their_order_and_ends_with_who_is_in_none() {
    let names = |names: &[&str]| {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        Some(proto::breakdown_request::By::Segments(
            proto::SegmentNames { names },
        ))
    };
    let label = |text: &str| Some(text.to_owned());

    assert_eq!(
        (
            6,
            vec![(label("german"), 3), (label("buyers"), 2), (None, 2)],
            0
        ),
        breakdown(names(&["german", "buyers"]), 1).unwrap()
    );
    assert_eq!(
        Code::NotFound,
        breakdown(names(&["nobody"]), 0).unwrap_err().code
    );
    assert_eq!(
        Some("by".to_owned()),
        details(&breakdown(None, 0).unwrap_err()).2
    );
}

fn members(form: proto::MembersForm) -> proto::MembersRequest {
    proto::MembersRequest {
        audience: rule("has(age)"),
        form: form as i32,
        ..proto::MembersRequest::default()
    }
}

fn ask_members(
    engine: &treffer_service::Engine,
    request: &proto::MembersRequest,
) -> Result<proto::MembersResponse, Status> {
    ask(engine, AUDIENCE, "Members", request)
}

#[test]
fn members_come_page_by_page_and_each_once() {
    let engine = peopled();
    let mut request = proto::MembersRequest {
        namespaces: vec!["cookie".to_owned(), "crm".to_owned()],
        page_size: 3,
        ..members(proto::MembersForm::Rows)
    };

    let first = ask_members(&engine, &request).unwrap();
    request.page_token.clone_from(&first.next_page_token);
    let second = ask_members(&engine, &request).unwrap();

    let ids = |page: &proto::MembersResponse| -> Vec<String> {
        page.members
            .iter()
            .flat_map(|member| member.ids.clone())
            .collect()
    };
    assert_eq!((4, 4), (first.total, second.total));
    assert_eq!(vec!["crm:0", "crm:1", "crm:2"], ids(&first));
    assert_eq!(vec!["crm:3"], ids(&second));
    assert_eq!("", second.next_page_token);
}

#[test]
fn a_page_token_of_another_request_is_an_invalid_argument() {
    let engine = peopled();
    let first = ask_members(
        &engine,
        &proto::MembersRequest {
            page_size: 1,
            ..members(proto::MembersForm::Rows)
        },
    );
    let other = proto::MembersRequest {
        audience: rule("has(country)"),
        page_token: first.unwrap().next_page_token,
        ..members(proto::MembersForm::Rows)
    };

    let status = ask_members(&engine, &other).unwrap_err();

    assert_eq!(
        (Code::InvalidArgument, Some("page_token".to_owned())),
        (status.code, details(&status).2)
    );
}

#[test]
fn members_as_arrow_hold_the_ids_of_the_namespaces_asked_for() {
    let request = proto::MembersRequest {
        namespaces: vec!["crm".to_owned(), "cookie".to_owned()],
        ..members(proto::MembersForm::Arrow)
    };

    let answer = ask_members(&peopled(), &request).unwrap();

    let batches: Vec<_> = Batches::new(answer.arrow_stream)
        .map(Result::unwrap)
        .collect();
    let batch = &batches[0];
    assert_eq!(1, batches.len());
    assert_eq!(
        &[0, 1, 2, 3],
        &batch["profile"].as_primitive::<UInt32Type>().values()[..]
    );
    let crm: Vec<_> = batch["crm"].as_string::<i32>().iter().collect();
    assert_eq!(vec![Some("0"), Some("1"), Some("2"), Some("3")], crm);
    assert_eq!(4, batch["cookie"].null_count());
}

#[test]
fn nobody_is_an_empty_table_and_an_empty_bitmap() {
    let nobody = |form| proto::MembersRequest {
        audience: rule("age > 1000"),
        ..members(form)
    };
    let engine = peopled();

    let table = ask_members(&engine, &nobody(proto::MembersForm::Arrow)).unwrap();
    let bitmap = ask_members(&engine, &nobody(proto::MembersForm::Bitmap)).unwrap();

    let batches: Vec<_> = Batches::new(table.arrow_stream)
        .map(Result::unwrap)
        .collect();
    assert_eq!(
        0,
        batches
            .iter()
            .map(arrow_array::RecordBatch::num_rows)
            .sum::<usize>()
    );
    assert!(Bitmap::from_portable(&bitmap.bitmap).unwrap().is_empty());
}

#[test]
fn members_as_a_bitmap_and_samples_of_them() {
    let engine = peopled();
    let whole = ask_members(&engine, &members(proto::MembersForm::Bitmap)).unwrap();
    let sample = |n| {
        let request = proto::MembersRequest {
            sample: Some(n),
            seed: 7,
            ..members(proto::MembersForm::Bitmap)
        };
        Bitmap::from_portable(&ask_members(&engine, &request).unwrap().bitmap)
            .unwrap()
            .to_vec()
    };

    let whole = Bitmap::from_portable(&whole.bitmap).unwrap().to_vec();
    assert_eq!(vec![0, 1, 2, 3], whole);
    assert_eq!(whole, sample(9));
    assert_eq!(2, sample(2).len());
    assert_eq!(sample(2), sample(2));
}

#[test]
fn forms_that_do_not_go_together_are_invalid_arguments() {
    let engine = peopled();
    let field = |request: &proto::MembersRequest| {
        let status = ask_members(&engine, request).unwrap_err();
        (status.code, details(&status).2.unwrap())
    };

    let unspecified = members(proto::MembersForm::Unspecified);
    assert_eq!(
        (Code::InvalidArgument, "form".to_owned()),
        field(&unspecified)
    );
    let with_ids = proto::MembersRequest {
        namespaces: vec!["crm".to_owned()],
        ..members(proto::MembersForm::Bitmap)
    };
    assert_eq!(
        (Code::InvalidArgument, "namespaces".to_owned()),
        field(&with_ids)
    );
    let paged_sample = proto::MembersRequest {
        sample: Some(1),
        page_token: "x".to_owned(),
        ..members(proto::MembersForm::Rows)
    };
    assert_eq!(
        (Code::InvalidArgument, "page_token".to_owned()),
        field(&paged_sample)
    );
    let large_sample = proto::MembersRequest {
        sample: Some(u32::MAX),
        ..members(proto::MembersForm::Rows)
    };
    assert_eq!(
        (Code::ResourceExhausted, "sample".to_owned()),
        field(&large_sample)
    );
    let unknown = proto::MembersRequest {
        namespaces: vec!["email".to_owned()],
        ..members(proto::MembersForm::Rows)
    };
    assert_eq!(
        Code::NotFound,
        ask_members(&engine, &unknown).unwrap_err().code
    );
}

fn explain(
    profile: &str,
    audience: Option<proto::Audience>,
) -> Result<proto::ExplainResponse, Status> {
    let engine = peopled();
    define(
        &engine,
        "buyers",
        "count(purchase) >= 2 and country = \"DE\"",
    )
    .unwrap();
    let request = proto::ExplainRequest {
        profile: profile.to_owned(),
        audience,
        at: None,
    };
    ask(&engine, AUDIENCE, "Explain", &request)
}

#[test]
fn an_explanation_is_the_rule_part_by_part() {
    let answer = explain("crm:0", segment("buyers")).unwrap();

    let whole = answer.explanation.unwrap();
    assert_eq!(
        ("segment(\"buyers\")", true),
        (whole.text.as_str(), whole.holds)
    );
    let rule = &whole.parts[0];
    let parts: Vec<_> = rule
        .parts
        .iter()
        .map(|part| (part.text.as_str(), part.holds, part.value.as_deref()))
        .collect();
    assert_eq!(
        vec![
            ("count(purchase) >= 2", true, Some("2")),
            ("country = \"DE\"", true, Some("\"DE\""))
        ],
        parts
    );
    assert_eq!(
        crate::support::seconds(NOW - 10 * 86_400),
        rule.parts[0].since
    );
}

#[test]
fn an_unknown_profile_is_not_found_and_never_false() {
    assert_eq!(
        Code::NotFound,
        explain("crm:99", rule("has(age)")).unwrap_err().code
    );
    assert_eq!(
        Code::NotFound,
        explain("email:x", rule("has(age)")).unwrap_err().code
    );
    let status = explain("4711", rule("has(age)")).unwrap_err();
    assert_eq!(
        (Code::InvalidArgument, Some("profile".to_owned())),
        (status.code, details(&status).2)
    );
}
