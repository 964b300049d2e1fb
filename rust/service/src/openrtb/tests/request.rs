use treffer_core::auction::request::{Consent, Purposes, Size};
use treffer_core::auction::{Place, dimension};

use super::*;

#[test]
fn what_is_said_nowhere_is_absent() {
    let own = with("");
    let impression = own.impressions.first().expect("there is one");

    assert_eq!((None, None, false), (own.at, own.tmax, own.test));
    assert_eq!(
        (None, None, None, None),
        (
            impression.secure,
            impression.floor.clone(),
            impression.private_auction,
            impression.exp
        )
    );
    assert_eq!(Consent::default(), own.consent);
    assert!(own.ids.is_empty() && own.currencies.is_empty());
    let said: Vec<_> = own.context.iter().map(|(name, _)| name).collect();
    assert_eq!(vec!["hour_of_week", "exchange", "channel"], said);
}

#[test]
fn an_explicit_zero_is_said() {
    let own = with_impression(
        r#""banner": {}, "bidfloor": 0, "secure": 0, "instl": 0, "rwdd": false, "exp": 0, "pmp": {"private_auction": 0}"#,
    );
    let impression = own.impressions.first().expect("there is one");

    assert_eq!(Some(money(0, None)), impression.floor);
    assert_eq!(
        (Some(false), Some(false), Some(0)),
        (
            impression.secure,
            impression.private_auction,
            impression.exp
        )
    );
    assert_eq!(
        (Some("no"), Some("no")),
        (
            text_of(&impression.context, "instl"),
            text_of(&impression.context, "rewarded")
        )
    );
    let consent =
        with(r#""device": {"lmt": 0, "dnt": 0}, "regs": {"coppa": 0, "gdpr": 0},"#).consent;
    assert_eq!(
        [Some(false); 4],
        [consent.lmt, consent.dnt, consent.coppa, consent.gdpr]
    );
}

#[test]
fn null_and_nothing_are_the_same_anywhere() {
    let own = with(
        r#""imp": [null, {"id": "1", "banner": {"format": null, "w": null, "api": [null]}, "video": null, "secure": null}],
        "user": null, "cur": null, "bcat": [null, ""], "at": null,"#,
    );

    assert_eq!(1, own.impressions.len());
    assert_eq!(
        (None, Vec::<String>::new(), Vec::<String>::new()),
        (
            own.at,
            own.currencies.clone(),
            own.categories.blocked.clone()
        )
    );
    assert_eq!(&Offer::default(), first_offer(&own));
}

#[test]
fn flags_and_whole_numbers_are_taken_as_they_come() {
    let own =
        with_impression(r#""banner": {"w": 300.0, "h": 2.5e2}, "secure": true, "instl": 1.0"#);

    assert_eq!(
        vec![Size {
            width: 300,
            height: 250
        }],
        first_offer(&own).sizes
    );
    assert_eq!(
        Some(Some(true)),
        own.impressions.first().map(|own| own.secure)
    );
    assert!(with("\"test\": true,").test);
}

#[test]
fn lists_of_the_request_are_read() {
    let own = with(
        r#""at": 2, "tmax": 120, "cur": ["eur", "USD"], "wseat": ["s1"], "badv": ["Bad.Example"], "bapp": ["com.Bad"], "bcat": ["IAB7-39"],
        "acat": ["IAB1"], "cattax": 2, "wlang": ["EN"], "wlangb": ["de-DE"], "test": 1,"#,
    );

    assert_eq!((Some(2), Some(120), true), (own.at, own.tmax, own.test));
    assert_eq!(vec!["EUR", "USD"], own.currencies);
    assert_eq!(
        (vec!["s1".to_owned()], vec![]),
        (own.allowed_seats, own.blocked_seats)
    );
    assert_eq!(
        (vec!["bad.example".to_owned()], vec!["com.Bad".to_owned()]),
        (own.blocked_domains, own.blocked_apps)
    );
    assert_eq!(Some(2), own.categories.taxonomy);
    assert_eq!(
        (vec!["IAB1".to_owned()], vec!["IAB7-39".to_owned()]),
        (own.categories.allowed, own.categories.blocked)
    );
    assert_eq!(vec!["en", "de-de"], own.allowed_languages);
}

#[test]
fn a_site_tells_domain_publisher_language_categories_and_keywords() {
    let own = with(r#""site": {"page": "https://www.Example.com/x", "publisher": {"id": "p1"}, "cat": ["IAB1"], "sectioncat": ["IAB2"], "pagecat": ["IAB3"],
        "keywords": "Wine, red ", "kwarray": ["bio"], "content": {"language": "de-AT", "cat": ["IAB4"], "keywords": "x"}},"#).context;

    assert_eq!(
        (Some("site"), Some("example.com")),
        (text_of(&own, "channel"), text_of(&own, "domain"))
    );
    assert_eq!(
        (Some("p1"), Some("de")),
        (text_of(&own, "publisher"), text_of(&own, "page_language"))
    );
    assert_eq!(
        vec!["IAB1", "IAB2", "IAB3", "IAB4"],
        texts_of(&own, "categories")
    );
    assert_eq!(vec!["bio", "wine", "red", "x"], texts_of(&own, "keywords"));
}

#[test]
fn an_app_and_a_screen_are_told_by_their_channel() {
    let app = with(r#""app": {"bundle": "com.Foo", "domain": "Foo.example"},"#).context;
    let screen =
        with(r#""dooh": {"domain": "screens.example", "publisher": {"id": "p"}}, "#).context;

    assert_eq!(
        (Some("app"), Some("com.Foo"), Some("foo.example")),
        (
            text_of(&app, "channel"),
            text_of(&app, "app"),
            text_of(&app, "domain")
        )
    );
    assert_eq!(
        (Some("dooh"), Some("screens.example")),
        (text_of(&screen, "channel"), text_of(&screen, "domain"))
    );
}

#[test]
fn where_the_device_is_goes_before_where_the_user_lives() {
    let home = r#""user": {"geo": {"country": "AUT", "city": "Wien", "lat": 48.2, "lon": 16.4}}"#;
    let away = with(&format!(r#""device": {{"geo": {{"country": "DEU", "region": "BE", "lat": 52.52, "lon": -13.405}}}}, {home},"#)).context;
    let unknown = with(&format!(
        r#""device": {{"geo": {{"utcoffset": 60, "country": ""}}}}, {home},"#
    ))
    .context;

    assert_eq!(
        (Some("DE"), Some("BE"), None),
        (
            text_of(&away, "country"),
            text_of(&away, "region"),
            text_of(&away, "city")
        )
    );
    let place = Place {
        latitude: 52_520_000,
        longitude: -13_405_000,
    };
    assert_eq!(Some(&ContextValue::Place(place)), away.get("place"));
    assert_eq!(
        (Some("AT"), Some("wien")),
        (text_of(&unknown, "country"), text_of(&unknown, "city"))
    );
}

#[test]
fn half_a_point_is_no_place_and_an_unknown_country_none() {
    let own = with(r#""device": {"geo": {"lat": 1.0, "country": "XXX"}},"#).context;

    assert_eq!((None, None), (own.get("place"), own.get("country")));
}

#[test]
fn the_hour_is_the_one_of_the_person() {
    let hour = |fields: &str| with(fields).context.get("hour_of_week").cloned();
    let number = |hour: i64| Some(ContextValue::Number(hour * 1_000_000));

    assert_eq!(number(0), hour(""));
    assert_eq!(number(5), hour(r#""device": {"geo": {"utcoffset": 345}},"#));
    assert_eq!(
        number(163),
        hour(r#""user": {"geo": {"utcoffset": -300}},"#)
    );
    assert_eq!(
        number(0),
        hour(r#""device": {"geo": {"utcoffset": 100000}},"#)
    );
}

#[test]
fn a_device_is_told_in_words() {
    let own = with(r#""device": {"devicetype": 4, "connectiontype": 2, "os": "iOS", "osv": "17.1", "make": "Apple", "model": "iPhone", "carrier": "Verizon",
        "language": "en-US", "ua": "Mozilla", "sua": {"browsers": [{"brand": "Not_A Brand"}, {"brand": "Safari", "version": ["17"]}], "platform": {"brand": "macOS"}}},"#).context;
    let expected = [
        ("device_type", "phone"),
        ("connection_type", "wifi"),
        ("os", "ios"),
        ("os_version", "17.1"),
        ("make", "apple"),
        ("model", "iphone"),
        ("carrier", "verizon"),
        ("language", "en"),
        ("browser", "safari"),
    ];
    for (name, text) in expected {
        assert_eq!(Some(text), text_of(&own, name), "{name}");
    }
}

#[test]
fn an_unknown_code_is_absent_and_the_browser_fills_in() {
    let own = with(r#""device": {"devicetype": 99, "connectiontype": 0, "sua": {"platform": {"brand": "Windows", "version": ["10", "0"]}, "model": "X"}},"#).context;

    assert_eq!(
        (None, None),
        (own.get("device_type"), own.get("connection_type"))
    );
    assert_eq!(
        (Some("windows"), Some("10.0"), Some("x")),
        (
            text_of(&own, "os"),
            text_of(&own, "os_version"),
            text_of(&own, "model")
        )
    );
}

#[test]
fn segments_are_of_their_provider() {
    let own = with(
        r#""user": {"data": [{"id": "p1", "name": "P", "segment": [{"id": "7"}, {"name": "x"}]}, {"name": "q", "segment": [{"id": "8"}], "ext": {"segtax": 4}},
        {"segment": [{"id": "9"}]}]}, "site": {"content": {"data": [{"id": "c", "segment": [{"id": "1"}]}]}},"#,
    );

    assert_eq!(
        vec!["p1:7", "q:8", "q/4:8", "c:1"],
        texts_of(&own.context, "data")
    );
}

#[test]
fn a_taxonomy_is_taken_as_it_comes_or_not_at_all() {
    let data = |segtax: &str| {
        let fields = format!(
            r#""user": {{"data": [{{"id": "p", "segment": [{{"id": "7"}}], "ext": {{"segtax": {segtax}}}}}]}},"#
        );
        texts_of(&with(&fields).context, "data")
    };

    for segtax in ["4", "4.0", "\"4\""] {
        assert_eq!(vec!["p:7", "p/4:7"], data(segtax), "{segtax}");
    }
    for segtax in [
        "null",
        "\"iab\"",
        "[1, 2]",
        "{\"x\": 1}",
        "1e300",
        "-5000000000",
        "true",
    ] {
        assert_eq!(vec!["p:7"], data(segtax), "{segtax}");
    }
}

#[test]
fn ids_are_of_the_namespaces_that_are_settled() {
    let fields = r#""user": {"id": "u", "buyeruid": "b", "eids": [{"source": "liveramp.com", "uids": [{"id": "x"}, {"id": "x"}, {"id": ""}]}, {"source": "other.example",
        "uids": [{"id": "y"}]}]}, "device": {"ifa": "AB-1"},"#;

    assert_eq!(
        vec!["cookie:b", "exchange:u", "ramp:x", "ramp:x", "ifa:AB-1"],
        with(fields).ids
    );
    let none =
        decode_json(text_with(fields).as_bytes(), &Reading::default(), MONDAY).map(|own| own.ids);
    assert_eq!(Ok(vec![]), none);
}

#[test]
fn ids_of_others_are_read_where_they_were_of_old() {
    let old = r#""ext": {"eids": [{"source": "uidapi.com", "uids": [{"id": "old"}]}]}"#;
    let new = r#""eids": [{"source": "uidapi.com", "uids": [{"id": "new"}]}]"#;

    assert_eq!(vec!["uid2:old"], with(&format!("\"user\": {{{old}}},")).ids);
    assert_eq!(
        vec!["uid2:new"],
        with(&format!("\"user\": {{{old}, {new}}},")).ids
    );
}

#[test]
fn an_id_of_zeros_is_none() {
    assert!(
        with(r#""device": {"lmt": 1, "ifa": "00000000-0000-0000-0000-000000000000"},"#)
            .ids
            .is_empty()
    );
}

#[test]
fn consent_is_read_in_both_places_and_the_new_one_wins() {
    let old = with(r#""regs": {"ext": {"gdpr": 1, "us_privacy": "1YYN"}},"#).consent;
    let both = with(
        r#""regs": {"gdpr": 0, "us_privacy": "1YNN", "ext": {"gdpr": 1, "us_privacy": "1YYN"}},"#,
    )
    .consent;

    assert_eq!((Some(true), Some(true)), (old.gdpr, old.us_opt_out));
    assert_eq!((Some(false), Some(false)), (both.gdpr, both.us_opt_out));
}

#[test]
fn whoever_has_opted_out_in_one_string_has() {
    const OUT: &str = r#""gpp": "DBABEw~BVkAAAAAAA", "gpp_sid": [16]"#;
    let consent = |regs: &str| with(&format!(r#""regs": {{"gdpr": 0, {regs}}},"#)).consent;

    assert_eq!(Some(true), consent(OUT).us_opt_out);
    assert_eq!(
        Some(true),
        consent(&format!(r#"{OUT}, "us_privacy": "1YNN""#)).us_opt_out
    );
    assert_eq!(Some(false), consent(r#""us_privacy": "1YNN""#).us_opt_out);
    for (header, expected) in [
        (r#""1""#, true),
        ("1", true),
        (r#""0""#, false),
        ("null", false),
    ] {
        let told = consent(&format!(
            r#""us_privacy": "1YNN", "ext": {{"gpc": {header}}}"#
        ));
        assert_eq!(Some(expected), told.us_opt_out, "{header}");
    }
    assert_eq!(None, consent(r#""ext": {"gpc": "0"}"#).us_opt_out);
}

#[test]
fn an_extension_without_fields_may_be_an_empty_list() {
    let empty = with(
        r#""regs": {"gdpr": 1, "ext": []}, "user": {"id": "u", "ext": [ ], "data": [{"id": "p", "ext": []}]},"#,
    );
    let full = text_with(r#""regs": {"ext": [1]},"#);

    assert_eq!(Some(true), empty.consent.gdpr);
    let refused =
        decode_json(full.as_bytes(), &reading(), MONDAY).expect_err("a list is no object");
    assert_eq!("regs.ext", refused.field);
}

#[test]
fn a_consent_string_grants_purposes_and_our_vendor() {
    const GRANTS_23: &str =
        "COrEAV4OrXx94ACABBENAHCIAD-AAAAAAACAAxAAAAgAIAwgAgAAAAEAgQAAAAAEAYQAQAAAACAAAABAAA";
    let old = with(&format!(
        r#""user": {{"ext": {{"consent": "{GRANTS_23}"}}}},"#
    ))
    .consent;
    let broken = with(&format!(
        r#""user": {{"consent": "x", "ext": {{"consent": "{GRANTS_23}"}}}},"#
    ))
    .consent;

    assert_eq!(
        (Some(Purposes::of(3..=9)), Some(true)),
        (old.purposes, old.vendor)
    );
    assert_eq!((None, None), (broken.purposes, broken.vendor));
}

#[test]
fn a_supply_chain_says_who_sells_and_whether_all_are_told() {
    let said = |source: &str| {
        let own = with(&format!(r#""source": {source},"#)).context;
        let word = text_of(&own, "supply_chain").map(str::to_owned);
        let hops = own.get("supply_chain_hops").cloned();
        (word, hops, texts_of(&own, "sellers"))
    };
    let hops = |number: i64| Some(ContextValue::Number(number * 1_000_000));
    let own = r#"{"complete": 1, "ver": "1.0", "nodes": [{"asi": "Exchange.example", "sid": "1", "hp": 1}, {"asi": "b.example"}]}"#;
    let sellers = vec!["exchange.example".to_owned(), "b.example".to_owned()];
    let whole = (Some("complete".to_owned()), hops(2), sellers);

    assert_eq!(whole, said(&format!(r#"{{"schain": {own}}}"#)));
    assert_eq!(whole, said(&format!(r#"{{"ext": {{"schain": {own}}}}}"#)));
    let both = format!(r#"{{"schain": {own}, "ext": {{"schain": {{"complete": 0}}}}}}"#);
    assert_eq!(whole, said(&both));
    let partial = r#"{"schain": {"complete": 0, "nodes": [{"asi": " "}]}}"#;
    assert_eq!(
        (Some("incomplete".to_owned()), hops(1), vec![]),
        said(partial)
    );
    let empty = format!(r#"{{"schain": {{"complete": 0}}, "ext": {{"schain": {own}}}}}"#);
    assert_eq!(whole, said(&empty));
    // An extension of whatever kind is no reason to refuse a request.
    let deep = format!(
        r#"{{"ext": {{"x": {}{}}}}}"#,
        "[".repeat(200),
        "]".repeat(200)
    );
    for silent in [
        deep.as_str(),
        r#"{"ext": {"x": 1e999}}"#,
        r#"{"ext": null}"#,
        r#"{"fd": 1, "tid": "t"}"#,
        r#"{"schain": {"complete": 1, "nodes": []}}"#,
        r#"{"ext": []}"#,
        r#"{"ext": {"schain": "1.0,1!x.example"}}"#,
        r#"{"ext": {"schain": {"complete": "yes", "nodes": [{"asi": 7}]}}}"#,
    ] {
        assert_eq!((None, None, vec![]), said(silent), "{silent}");
    }
}

#[test]
fn every_name_that_is_said_is_a_dimension() {
    let declared: Vec<_> = dimension::openrtb().into_iter().collect();
    for json in data::requests() {
        let Ok(own) = decoded(&json) else { continue };
        let of_impressions = own.impressions.iter().flat_map(|own| own.context.iter());
        for (name, value) in own.context.iter().chain(of_impressions) {
            let dimension = declared.iter().find(|own| own.name == name);
            assert!(
                dimension.is_some_and(|own| own.kind.fitting(value).is_some()),
                "{name}"
            );
        }
    }
}
