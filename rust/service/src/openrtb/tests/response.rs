use prost::Message;
use serde_json::{Value, json};
use treffer_core::auction::advertiser::{AdvertiserDefinition, Labels};
use treffer_core::auction::campaign::{CampaignDefinition, Status};
use treffer_core::auction::creative::{CreativeDefinition, DealDefinition};
use treffer_core::auction::line_item::LineItemDefinition;
use treffer_core::auction::price::PriceDefinition;
use treffer_core::auction::request::{Media, Size};
use treffer_core::auction::{Auction, Bid, Entry, Outcome, Policy, Stage, Standing, Viewer};
use treffer_core::catalog::preset;
use treffer_core::id::{CreativeId, LineItemId};
use treffer_core::record::Command;
use treffer_core::state::State;

use super::super::model::BidResponse;
use super::super::{Answering, Key, Notices, encode_json, encode_protobuf};
use super::*;

fn name(own: &str) -> String {
    own.to_owned()
}

fn creatives() -> [CreativeDefinition; 2] {
    let banner = CreativeDefinition {
        name: name("red"),
        sizes: [(728, 90), (300, 250)]
            .map(|(width, height)| Size { width, height })
            .into(),
        attributes: vec![2],
        language: Some(name("de")),
        categories: Labels {
            taxonomy: Some(7),
            codes: vec![name("210")],
        },
        secure: true,
        weight: 1,
        ..CreativeDefinition::default()
    };
    let video = CreativeDefinition {
        name: name("spot"),
        media: Media::Video,
        duration: Some(15),
        protocols: vec![7, 3],
        apis: vec![7],
        domains: vec![name("spot.example")],
        bundle: Some(name("com.spot")),
        weight: 1,
        markup: Some(name(
            "<VAST><![CDATA[https://t.example/${TREFFER_KEY}?p=${AUCTION_PRICE}&{key}]]></VAST>",
        )),
        image_url: Some(name("https://spot.example/still.png")),
        ..CreativeDefinition::default()
    };
    [banner, video]
}

/// An advertiser with a line item for the open market, one for a deal, and one that waits.
fn entries() -> Vec<Entry> {
    let advertiser = AdvertiserDefinition {
        name: name("wine shop"),
        domain: Some(name("wine.example")),
        bundle: Some(name("com.wine")),
        seat: Some(name("seat-w")),
        categories: Labels {
            taxonomy: None,
            codes: vec![name("IAB8-18")],
        },
        ..AdvertiserDefinition::default()
    };
    let campaign = CampaignDefinition {
        name: name("autumn"),
        advertiser: name("wine shop"),
        currency: name("EUR"),
        ..CampaignDefinition::default()
    };
    let deal = DealDefinition {
        id: name("d/1"),
        seat: Some(name("seat-d")),
    };
    let item = |own: &str, base: i64| LineItemDefinition {
        name: name(own),
        campaign: name("autumn"),
        creatives: vec![name("red"), name("spot")],
        price: PriceDefinition {
            base,
            ..PriceDefinition::default()
        },
        ..LineItemDefinition::default()
    };
    let on_deal = LineItemDefinition {
        deals: vec![name("d/1")],
        ..item("dealt", 9_000_001)
    };
    let waits = LineItemDefinition {
        status: Status::Paused,
        ..item("waits", 1)
    };
    let mut all = vec![
        Entry::Advertiser(advertiser),
        Entry::Campaign(campaign),
        Entry::Deal(deal),
    ];
    all.extend(creatives().map(Entry::Creative));
    let items = [item("wine & cheese", 2_290_000), on_deal, waits];
    all.extend(items.map(|own| Entry::LineItem(Box::new(own))));
    all
}

fn state() -> State {
    let mut state = State::default();
    let commands = [
        Command::Declare(preset::openrtb()),
        Command::DefineEntries(entries()),
    ];
    for command in commands {
        state.run(command, MONDAY).expect("it is sound");
    }
    state
}

fn answering() -> Answering {
    Answering {
        seat: Some("house".into()),
        notices: Notices::below("https://b.example"),
        tells_reasons: false,
    }
}

/// The response to a request for nobody in particular, as JSON.
fn answered(request: &Request, answering: &Answering) -> Value {
    let view = state().view();
    let (catalog, policy) = (view.catalog(), Policy::new(false));
    let standing = Standing::at(MONDAY);
    let decide = |impression| {
        let auction = Auction {
            catalog,
            stands: catalog,
            standing: &standing,
            policy: &policy,
            request,
            impression,
            viewer: Viewer::Nobody,
            truth: &|_| false,
        };
        auction.decide()
    };
    let outcomes: Vec<_> = request.impressions.iter().map(decide).collect();
    written(&answering.response(request, &outcomes, catalog.book()))
}

fn written(response: &BidResponse) -> Value {
    let bytes = encode_json(response).expect("it is writable");
    let back = BidResponse::decode(encode_protobuf(response).as_slice());
    assert_eq!(Ok(response), back.as_ref());
    serde_json::from_slice(&bytes).expect("it is JSON")
}

#[test]
fn a_bid_tells_price_creative_campaign_and_notices() {
    let request = with(
        r#""cur": ["EUR"], "imp": [{"id": "1", "exp": 60, "bidfloor": 1.5, "bidfloorcur": "EUR", "banner": {"w": 300, "h": 250}}],"#,
    );
    let url = |what: &str| {
        format!(
            "https://b.example/{what}?key=r%2F1%2Fwine%2520%2526%2520cheese&price=${{AUCTION_PRICE}}&cur=${{AUCTION_CURRENCY}}"
        )
    };
    let loss = format!("{}&loss=${{AUCTION_LOSS}}", url("loss"));

    let expected = json!({"id": "r", "cur": "EUR", "seatbid": [{"seat": "seat-w", "bid": [{
        "id": "r/1/wine%20%26%20cheese", "impid": "1", "price": 2.29, "adid": "red", "crid": "red", "cid": "autumn",
        "adomain": ["wine.example"], "bundle": "com.wine", "cat": ["210"], "cattax": 7, "attr": [2], "language": "de",
        "w": 300, "h": 250, "mtype": 1, "exp": 60, "nurl": url("win"), "burl": url("billing"), "lurl": loss,
        "ext": {"line_item": "wine & cheese", "floor": 1.5}
    }]}]});
    assert_eq!(expected, answered(&request, &answering()));
}

#[test]
fn a_video_tells_its_duration_protocol_and_frameworks() {
    let request = with_impression(
        r#""video": {"protocols": [2, 3], "api": [7], "maxduration": 30, "w": 640, "h": 480}"#,
    );
    let mut silent = answering();
    silent.notices = Notices::default();
    let request = Request {
        currencies: vec![name("EUR")],
        ..request
    };

    let bid = &answered(&request, &silent)["seatbid"][0]["bid"][0];
    let expected = json!({"id": "r/1/wine%20%26%20cheese", "impid": "1", "price": 2.29, "adid": "spot", "crid": "spot",
        "cid": "autumn", "adomain": ["spot.example"], "bundle": "com.spot", "cat": ["IAB8-18"], "w": 640, "h": 480,
        "protocol": 3, "apis": [7], "dur": 15, "mtype": 2, "exp": 300, "iurl": "https://spot.example/still.png",
        "adm": "<VAST><![CDATA[https://t.example/r%2F1%2Fwine%2520%2526%2520cheese?p=${AUCTION_PRICE}&{key}]]></VAST>",
        "ext": {"line_item": "wine & cheese", "floor": 0.0}});
    assert_eq!(&expected, bid);
}

#[test]
fn a_bid_on_a_ratio_tells_it() {
    let bid = |format: &str| {
        let fields = format!(
            r#""cur": ["EUR"], "imp": [{{"id": "1", "banner": {{"format": [{format}]}}}}],"#
        );
        let answer = answered(&with(&fields), &answering());
        let bid = &answer["seatbid"][0]["bid"][0];
        ["w", "h", "wratio", "hratio"].map(|own| bid[own].as_i64())
    };
    let flexible = r#"{"wratio": 6, "hratio": 5}"#;
    let exact = r#"{"w": 728, "h": 90}"#;

    assert_eq!([Some(300), Some(250), Some(6), Some(5)], bid(flexible));
    assert_eq!(
        [Some(728), Some(90), None, None],
        bid(&format!("{flexible}, {exact}"))
    );
    assert_eq!([None; 4], bid(r#"{"wratio": 16, "hratio": 9}"#));
}

#[test]
fn a_bid_on_a_deal_names_it_and_is_of_its_seat() {
    let request = with(
        r#""cur": ["EUR"], "imp": [{"id": "1", "banner": {}, "pmp": {"deals": [{"id": "other"}, {"id": "d/1"}]}}],"#,
    );
    let answer = answered(&request, &answering());
    let seats: Vec<_> = answer["seatbid"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|own| &own["seat"])
        .collect();
    let bid = &answer["seatbid"][0]["bid"][0];

    assert_eq!(vec!["seat-d", "seat-w"], seats);
    assert_eq!(
        (json!("d/1"), json!("r/1/dealt/d%2F1"), json!(9.000_001)),
        (
            bid["dealid"].clone(),
            bid["id"].clone(),
            bid["price"].clone()
        )
    );
}

#[test]
fn without_bids_the_answer_tells_why() {
    let request = with_impression(r#""native": {}"#);
    let telling = Answering {
        tells_reasons: true,
        ..answering()
    };

    assert_eq!(
        json!({"id": "r", "nbr": 0}),
        answered(&request, &answering())
    );
    let reason = |code: i32, stage: &str, fell: u32| json!({"impid": "1", "statuscode": code, "ext": {"stage": stage, "line_items": fell}});
    let reasons = json!({"seatnonbid": [{"seat": "house", "nonbid": [reason(501, "status", 1), reason(506, "deal", 1), reason(350, "creative", 1)]}]});
    assert_eq!(
        json!({"id": "r", "nbr": 0, "ext": reasons}),
        answered(&request, &telling)
    );
}

#[test]
fn what_was_refused_is_answered_with_its_code() {
    let refused = decoded(&text_with("\"imp\": [],")).expect_err("it has no impression");

    assert_eq!(json!({"id": "r", "nbr": 2}), written(&refused.response()));
}

#[test]
fn a_bid_of_what_is_not_in_the_book_is_left_out() {
    let bid = Bid {
        line_item: LineItemId(77),
        creative: CreativeId(0),
        deal: None,
        price: 1,
        floor: 0,
        order: 0,
    };
    let mut outcome = Outcome {
        bids: vec![bid],
        ..Outcome::default()
    };
    outcome.counts.count(Some(Stage::Budget));
    let view = state().view();

    let response = answering().response(&with(""), &[outcome], view.catalog().book());
    assert_eq!(json!({"id": "r", "nbr": 503}), written(&response));
}

#[test]
fn the_key_of_a_bid_comes_back_from_its_notice() {
    let request = with(r#""cur": ["EUR"],"#);
    let answer = answered(&request, &answering());
    let id = answer["seatbid"][0]["bid"][0]["id"]
        .as_str()
        .unwrap_or_default();

    let expected = Key {
        request: name("r"),
        impression: name("1"),
        line_item: name("wine & cheese"),
    };
    assert_eq!(Some(expected), Key::parse(id));
}

proptest::proptest! {
    #[test]
    fn a_price_is_written_to_the_micro(price in 0_i64..=1_000_000_000_000_000) {
        let bid = super::super::model::Bid {
            price: Some(super::super::money::units(price)),
            ..Default::default()
        };
        let text = serde_json::to_string(&bid).unwrap_or_default();
        let number = text.trim_start_matches("{\"price\":").trim_end_matches('}');
        proptest::prop_assert_eq!(Some(price), exact(number), "{}", number);
    }
}

/// Micros of a decimal text, digit by digit; `None` when some are lost.
fn exact(number: &str) -> Option<i64> {
    let (digits, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let shift = 6 + exponent.parse::<i32>().ok()? - part.len() as i32;
    let digits: i128 = format!("{whole}{part}").parse().ok()?;
    let power = 10_i128.checked_pow(shift.unsigned_abs())?;
    let micros = if shift < 0 {
        (digits % power == 0).then_some(digits / power)?
    } else {
        digits.checked_mul(power)?
    };
    i64::try_from(micros).ok()
}
