//! What `CatalogService` promises.

use crate::support::{CATALOG, ask, define, details, engine, peopled};
use treffer_service::proto;
use treffer_service::status::Code;

fn catalog(engine: &treffer_service::Engine) -> proto::GetCatalogResponse {
    ask(engine, CATALOG, "GetCatalog", &proto::GetCatalogRequest {}).unwrap()
}

#[test]
fn what_is_declared_is_described_as_it_was_declared() {
    let described = catalog(&engine());

    assert_eq!(
        vec!["crm", "cookie"],
        described
            .namespaces
            .iter()
            .map(|one| one.name.as_str())
            .collect::<Vec<_>>()
    );
    assert_eq!(vec!["unknown"], described.namespaces[0].blocked);
    assert_eq!(proto::Kind::StringSet as i32, described.attributes[2].kind);
    assert_eq!("category", described.item_attributes[0].name);
    assert_eq!("order", described.event_types[0].properties[0].name);
}

#[test]
fn declaring_a_description_again_changes_nothing() {
    let engine = engine();
    let before = catalog(&engine);

    let again = proto::DeclareRequest {
        namespaces: before.namespaces.clone(),
        attributes: before.attributes.clone(),
        item_attributes: before.item_attributes.clone(),
        event_types: before.event_types.clone(),
        dimensions: before.dimensions.clone(),
    };
    let _: proto::DeclareResponse = ask(&engine, CATALOG, "Declare", &again).unwrap();

    let after = catalog(&engine);
    assert_eq!(
        proto::GetCatalogResponse {
            view: None,
            ..before
        },
        proto::GetCatalogResponse {
            view: None,
            ..after
        }
    );
}

#[test]
fn a_retention_makes_the_round_trip() {
    let engine = engine();
    let retention = prost_types::Duration {
        seconds: 90,
        nanos: 250_000_000,
    };
    let visit = proto::EventType {
        name: "visit".to_owned(),
        properties: Vec::new(),
        retention: Some(retention),
    };
    let request = proto::DeclareRequest {
        event_types: vec![visit],
        ..proto::DeclareRequest::default()
    };
    let _: proto::DeclareResponse = ask(&engine, CATALOG, "Declare", &request).unwrap();

    assert_eq!(Some(retention), catalog(&engine).event_types[1].retention);
}

#[test]
fn a_declaration_that_differs_is_a_failed_precondition_and_takes_nothing() {
    let engine = engine();
    let attribute = |name: &str, kind: proto::Kind| proto::Attribute {
        name: name.to_owned(),
        kind: kind as i32,
    };
    let request = proto::DeclareRequest {
        attributes: vec![
            attribute("new", proto::Kind::Bool),
            attribute("age", proto::Kind::String),
        ],
        ..proto::DeclareRequest::default()
    };

    let status =
        ask::<_, proto::DeclareResponse>(&engine, CATALOG, "Declare", &request).unwrap_err();

    assert_eq!(Code::FailedPrecondition, status.code);
    assert_eq!(
        ("STATE".to_owned(), Some("attribute.kind".to_owned())),
        (details(&status).0, details(&status).2)
    );
    assert_eq!(3, catalog(&engine).attributes.len());
}

#[test]
fn a_kind_that_is_not_one_is_an_invalid_argument() {
    let request = proto::DeclareRequest {
        attributes: vec![proto::Attribute {
            name: "new".to_owned(),
            kind: 99,
        }],
        ..proto::DeclareRequest::default()
    };

    let status =
        ask::<_, proto::DeclareResponse>(&engine(), CATALOG, "Declare", &request).unwrap_err();

    assert_eq!(Code::InvalidArgument, status.code);
    assert_eq!(Some("attribute.kind".to_owned()), details(&status).2);
}

#[test]
fn a_segment_is_given_back_in_canonical_form_with_a_rising_version() {
    let engine = engine();

    let first = define(&engine, "young", "age   < 25").unwrap();
    let same = define(&engine, "young", "age < 25").unwrap();
    let edited = define(&engine, "young", "age < 26").unwrap();

    assert_eq!(("age < 25", 1), (first.rule.as_str(), first.version));
    assert_eq!(1, same.version);
    assert_eq!(("age < 26", 2), (edited.rule.as_str(), edited.version));
    let request = proto::GetSegmentRequest {
        name: "young".to_owned(),
    };
    let got: proto::GetSegmentResponse = ask(&engine, CATALOG, "GetSegment", &request).unwrap();
    assert_eq!(Some(edited), got.segment);
}

#[test]
fn a_faulty_rule_is_an_invalid_argument_with_its_position() {
    let status = define(&engine(), "young", "age < 25 and contry = \"DE\"").unwrap_err();

    let (reason, metadata, field) = details(&status);
    assert_eq!(Code::InvalidArgument, status.code);
    assert_eq!("INVALID_RULE", reason);
    assert_eq!(
        ("13", "19"),
        (metadata["start"].as_str(), metadata["end"].as_str())
    );
    assert_eq!(Some("rule".to_owned()), field);
}

#[test]
fn segments_are_listed_by_name_page_by_page() {
    let engine = engine();
    for name in ["c", "a", "d", "b"] {
        define(&engine, name, "has(age)").unwrap();
    }
    let mut request = proto::ListSegmentsRequest {
        page_size: 3,
        page_token: String::new(),
    };

    let first: proto::ListSegmentsResponse =
        ask(&engine, CATALOG, "ListSegments", &request).unwrap();
    request.page_token.clone_from(&first.next_page_token);
    let second: proto::ListSegmentsResponse =
        ask(&engine, CATALOG, "ListSegments", &request).unwrap();

    let names = |page: &proto::ListSegmentsResponse| -> Vec<String> {
        page.segments
            .iter()
            .map(|segment| segment.name.clone())
            .collect()
    };
    assert_eq!(vec!["a", "b", "c"], names(&first));
    assert_eq!(vec!["d"], names(&second));
    assert_eq!("", second.next_page_token);
    request.page_token = "nonsense".to_owned();
    let status = ask::<_, proto::ListSegmentsResponse>(&engine, CATALOG, "ListSegments", &request)
        .unwrap_err();
    assert_eq!(Code::InvalidArgument, status.code);
}

#[test]
fn a_deleted_segment_is_gone_and_a_used_one_stays() {
    let engine = engine();
    define(&engine, "young", "age < 25").unwrap();
    define(
        &engine,
        "young_de",
        "segment(\"young\") and country = \"DE\"",
    )
    .unwrap();
    let delete = |name: &str| {
        let request = proto::DeleteSegmentRequest {
            name: name.to_owned(),
        };
        ask::<_, proto::DeleteSegmentResponse>(&engine, CATALOG, "DeleteSegment", &request)
    };

    assert_eq!(Code::FailedPrecondition, delete("young").unwrap_err().code);
    delete("young_de").unwrap();
    delete("young").unwrap();
    let status = delete("young").unwrap_err();
    assert_eq!(Code::NotFound, status.code);
    assert_eq!(
        ("segment", "young"),
        (
            details(&status).1["noun"].as_str(),
            details(&status).1["name"].as_str()
        )
    );
}

#[test]
fn a_checked_rule_tells_what_it_names_and_how_large_it_is() {
    let engine = peopled();
    define(&engine, "young", "age < 25").unwrap();
    let rule = "segment(\"young\") and not (country = \"DE\" or count(purchase where item.category = \"wine\" last 90d) >= 2)";
    let request = proto::CheckRuleRequest {
        rule: rule.to_owned(),
    };

    let checked: proto::CheckRuleResponse = ask(&engine, CATALOG, "CheckRule", &request).unwrap();

    assert_eq!(rule, checked.rule);
    assert_eq!(vec!["purchase"], checked.event_types);
    assert_eq!(vec!["country"], checked.attributes);
    assert_eq!(vec!["category"], checked.item_attributes);
    assert_eq!(vec!["young"], checked.segments);
    assert_eq!(
        (4, 1_024),
        checked
            .leaves
            .map(|measure| (measure.actual, measure.limit))
            .unwrap()
    );
    assert_eq!(
        (5, 32),
        checked
            .depth
            .map(|measure| (measure.actual, measure.limit))
            .unwrap()
    );
    assert_eq!(
        (rule.len() as u32, 16_384),
        checked
            .bytes
            .map(|measure| (measure.actual, measure.limit))
            .unwrap()
    );
}
