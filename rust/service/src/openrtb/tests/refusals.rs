use super::super::{Fault, decode_protobuf};
use super::*;

/// What a request is refused for, by field.
fn refused(json: &str) -> (String, Fault) {
    let refused = decoded(json).expect_err(json);
    assert_eq!(2, refused.nbr());
    assert_eq!(
        Some("r")
            .filter(|_| json.contains("\"r\""))
            .unwrap_or_default(),
        refused.request
    );
    (refused.field, refused.fault)
}

fn in_field(field: &str, fault: Fault) -> (String, Fault) {
    (field.to_owned(), fault)
}

#[test]
fn damaged_json_is_refused_with_its_field() {
    let cases = [
        (
            r#"{"id": "r", "imp": [{"bidfloor": "x"}]}"#,
            "imp[0].bidfloor",
        ),
        (
            r#"{"id": "r", "imp": [{}, {"banner": {"w": 1.5}}]}"#,
            "imp[1].banner.w",
        ),
        (r#"{"id": "r", "site": []}"#, "site"),
        (r#"{"id": "r", "device": {"lmt": 2}}"#, "device.lmt"),
        (
            r#"{"id": "r", "imp": [{"video": {"api": [7, "x"]}}]}"#,
            "imp[0].video.api[1]",
        ),
        (r#"{"id": "r", "tmax": 3000000000}"#, "tmax"),
        (
            r#"{"id": "r", "imp": [{"bidfloor": 1e999}]}"#,
            "imp[0].bidfloor",
        ),
        (r#"{"id": 7}"#, "id"),
        (r#"{"id": "#, "id"),
        ("", ""),
        ("[]", ""),
        ("7", ""),
        (r"{} {}", ""),
        (
            r#"{"id": "r", "site": {"domain": "a", "domain": "b"}}"#,
            "site",
        ),
    ];
    for (json, field) in cases {
        let refused = decoded(json).expect_err(json);
        assert_eq!(field, refused.field, "{json}: {refused}");
        assert!(
            matches!(refused.fault, Fault::Damaged(why) if !why.is_empty()),
            "{json}"
        );
    }
}

#[test]
fn a_type_at_fault_still_tells_the_request() {
    let refused = decoded(r#"{"imp": 7, "id": "r"}"#).expect_err("a number is no list");

    assert_eq!(
        ("r", "imp"),
        (refused.request.as_str(), refused.field.as_str())
    );
}

#[test]
fn damaged_protobuf_is_refused() {
    let refused = decode_protobuf(&[0x0a, 0x05, b'r'], &reading(), MONDAY).expect_err("it is cut");

    assert!(matches!(refused.fault, Fault::Damaged(_)));
}

#[test]
fn a_request_has_an_id_and_impressions_with_ids() {
    let missing = |field| in_field(field, Fault::Missing);

    assert_eq!(
        missing("id"),
        refused(r#"{"site": {}, "imp": [{"id": "1", "banner": {}}]}"#)
    );
    assert_eq!(
        Ok(missing("id")),
        decoded(r#"{"id": " "}"#)
            .map_err(|own| (own.field, own.fault))
            .map(|_| ())
            .map_or_else(Ok, Err::<_, ()>)
    );
    assert_eq!(missing("imp"), refused(&text_with("\"imp\": [],")));
    assert_eq!(missing("imp"), refused(&text_with("\"imp\": null,")));
    assert_eq!(
        missing("imp[0].id"),
        refused(&text_with("\"imp\": [{\"banner\": {}}],"))
    );
}

#[test]
fn a_request_is_of_one_of_site_app_and_screen() {
    let beside = |field, other| in_field(field, Fault::Beside(other));

    assert_eq!(
        beside("app", "site"),
        refused(&text_with(r#""site": {}, "app": {},"#))
    );
    assert_eq!(
        beside("dooh", "site"),
        refused(&text_with(r#""site": {}, "dooh": {},"#))
    );
    assert_eq!(
        beside("dooh", "app"),
        refused(&text_with(r#""dooh": {}, "app": {},"#))
    );
}

#[test]
fn a_request_of_none_of_them_is_refused_unless_settled_otherwise() {
    let json = r#"{"id": "r", "imp": [{"id": "1", "banner": {}}]}"#;
    let lenient = Reading {
        needs_inventory: false,
        ..reading()
    };

    assert_eq!(in_field("site", Fault::Missing), refused(json));
    let read = decode_json(json.as_bytes(), &lenient, MONDAY)
        .map(|own| own.context.get("channel").cloned());
    assert_eq!(Ok(None), read);
}

#[test]
fn an_impression_has_a_media_type() {
    assert_eq!(
        in_field("imp[0]", Fault::NoMedia),
        refused(&text_with(&impression("\"banner\": null")))
    );
}

#[test]
fn no_floor_is_negative_or_beyond_counting() {
    let cases = [
        (
            "\"banner\": {}, \"bidfloor\": -0.01",
            "imp[0].bidfloor",
            Fault::Negative,
        ),
        (
            "\"banner\": {}, \"bidfloor\": 1e12",
            "imp[0].bidfloor",
            Fault::TooLarge,
        ),
        (
            "\"banner\": {}, \"pmp\": {\"deals\": [{\"id\": \"d\", \"bidfloor\": -1}]}",
            "imp[0].pmp.deals[0].bidfloor",
            Fault::Negative,
        ),
        (
            "\"banner\": {}, \"pmp\": {\"deals\": [{\"id\": \"d\", \"durfloors\": [{}, {\"bidfloor\": -1}]}]}",
            "imp[0].pmp.deals[0].durfloors[1].bidfloor",
            Fault::Negative,
        ),
        (
            "\"video\": {\"mincpmpersec\": -1}",
            "imp[0].video.mincpmpersec",
            Fault::Negative,
        ),
        (
            "\"audio\": {\"durfloors\": [{\"bidfloor\": -1}]}",
            "imp[0].audio.durfloors[0].bidfloor",
            Fault::Negative,
        ),
        (
            "\"banner\": {}, \"qty\": {\"multiplier\": -1}",
            "imp[0].qty.multiplier",
            Fault::Negative,
        ),
    ];
    for (fields, field, fault) in cases {
        assert_eq!(
            in_field(field, fault),
            refused(&text_with(&impression(fields)))
        );
    }
}

#[test]
fn a_currency_has_three_letters() {
    let fault = |code: &str| Fault::Currency(code.to_owned());
    let of_impression = impression("\"banner\": {}, \"bidfloorcur\": \"EURO\"");
    let of_deal = impression(
        "\"banner\": {}, \"pmp\": {\"deals\": [{\"id\": \"d\", \"bidfloorcur\": \"€\"}]}",
    );

    assert_eq!(
        in_field("imp[0].bidfloorcur", fault("EURO")),
        refused(&text_with(&of_impression))
    );
    assert_eq!(
        in_field("imp[0].pmp.deals[0].bidfloorcur", fault("€")),
        refused(&text_with(&of_deal))
    );
    assert_eq!(
        in_field("cur[1]", fault("12A")),
        refused(&text_with(r#""cur": ["EUR", "12A"],"#))
    );
}

#[test]
fn impressions_have_ids_of_their_own() {
    let json = text_with(r#""imp": [{"id": "1", "banner": {}}, {"id": "1", "banner": {}}],"#);

    assert_eq!(
        in_field("imp[1].id", Fault::Repeated("1".to_owned())),
        refused(&json)
    );
}

#[test]
fn seats_are_either_allowed_or_blocked() {
    let json = text_with(r#""wseat": ["a"], "bseat": ["b"],"#);

    assert_eq!(in_field("bseat", Fault::Beside("wseat")), refused(&json));
    assert_eq!(
        vec!["b"],
        with(r#""wseat": [], "bseat": ["b"],"#).blocked_seats
    );
}

#[test]
fn a_place_lies_on_the_globe() {
    let fault = |most: i32| Fault::OutOfRange(-most, most);
    let device = text_with(r#""device": {"geo": {"lat": 90.1, "lon": 0}},"#);
    let user =
        text_with(r#""device": {"geo": {"country": "DEU"}}, "user": {"geo": {"lon": -180.5}},"#);

    assert_eq!(in_field("device.geo.lat", fault(90)), refused(&device));
    assert_eq!(in_field("user.geo.lon", fault(180)), refused(&user));
}

#[test]
fn there_are_not_too_many_impressions_or_durations() {
    let reading = Reading {
        most_impressions: 1,
        ..reading()
    };
    let json = text_with(r#""imp": [{"id": "1", "banner": {}}, {"id": "2", "banner": {}}],"#);
    let too_many = decode_json(json.as_bytes(), &reading, MONDAY).expect_err("two are too many");
    let durations: Vec<String> = (1..=65).map(|own| own.to_string()).collect();
    let video = impression(&format!(
        "\"video\": {{\"rqddurs\": [{}]}}",
        durations.join(",")
    ));

    assert_eq!(
        Fault::TooMany {
            limit: 1,
            actual: 2
        },
        too_many.fault
    );
    assert_eq!(
        in_field(
            "imp[0].video.rqddurs",
            Fault::TooMany {
                limit: 64,
                actual: 65
            }
        ),
        refused(&text_with(&video))
    );
}

#[test]
fn exact_durations_do_not_multiply_long_lists() {
    let mimes = vec!["\"a/b\""; 10_000].join(",");
    let video = |durations| {
        impression(&format!(
            "\"video\": {{\"mimes\": [{mimes}], \"rqddurs\": {durations}}}"
        ))
    };
    let fault = Fault::TooMany {
        limit: 16_384,
        actual: 20_000,
    };

    assert_eq!(
        in_field("imp[0].video", fault),
        refused(&text_with(&video("[15, 30]")))
    );
    assert!(decoded(&text_with(&video("[15]"))).is_ok());
}

#[test]
fn a_deal_has_an_id() {
    let json = text_with(&impression("\"banner\": {}, \"pmp\": {\"deals\": [{}]}"));

    assert_eq!(
        in_field("imp[0].pmp.deals[0].id", Fault::Missing),
        refused(&json)
    );
}

#[test]
fn numbers_of_protobuf_are_finite() {
    use super::super::model::{Banner, BidRequest, Imp, Site};
    use prost::Message;

    let message = |imp: Imp| BidRequest {
        id: Some("r".to_owned()),
        site: Some(Box::new(Site::default())),
        imp: vec![imp],
        ..BidRequest::default()
    };
    let imp = |floor, shown| Imp {
        id: Some("1".to_owned()),
        banner: Some(Box::new(Banner::default())),
        bidfloor: Some(floor),
        dt: Some(shown),
        ..Imp::default()
    };
    let fault = |own: Imp| {
        let bytes = message(own).encode_to_vec();
        decode_protobuf(&bytes, &reading(), MONDAY)
            .map_err(|own| (own.field, own.fault))
            .map(|_| ())
    };

    assert_eq!(
        Err(in_field("imp[0].bidfloor", Fault::NotFinite)),
        fault(imp(f64::NAN, 0.0))
    );
    assert_eq!(
        Err(in_field("imp[0].dt", Fault::NotFinite)),
        fault(imp(0.0, f64::INFINITY))
    );
    assert_eq!(Ok(()), fault(imp(0.0, 1e300)));
}
