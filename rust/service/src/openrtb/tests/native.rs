use prost::Message;
use serde_json::{Value, json};
use treffer_core::auction::creative::CreativeDefinition;
use treffer_core::auction::native::{
    Asset, Data, Image, Layout, Link, NativeAd, Side, Tracker, Tracking, Wanted, Writing,
};
use treffer_core::auction::request::{Media, Size};

use super::super::model::{Bid, BidRequest, NativeResponse};
use super::super::native::native;
use super::super::{Fault, decode_protobuf};
use super::*;

/// A request of one impression for such a native ad.
fn asking(native: &Value) -> String {
    text_with(&impression(&format!("\"native\": {native}")))
}

/// What is read of a layout in JSON.
fn laid_out(request: &Value) -> Layout {
    let read = decoded(&asking(&json!({"request": request.to_string()})));
    layout_of(&read.unwrap_or_else(|refused| panic!("{refused}")))
}

fn layout_of(request: &Request) -> Layout {
    let layout = first_offer(request).layout.as_deref();
    layout.cloned().expect("there is one")
}

fn whole() -> Value {
    json!({"ver": "1.2", "context": 1, "plcmttype": 4, "privacy": 1,
    "eventtrackers": [{"event": 1, "methods": [1, 2]}, {"event": 2, "methods": [1]}],
    "assets": [
        {"id": 0, "required": 1, "title": {"len": 25}},
        {"id": 2, "required": 1, "img": {"type": 3, "w": 1200, "hmin": 600, "mimes": ["Image/JPG"]}},
        {"id": 3, "img": {"w": 80, "h": 80, "wmin": 0, "hmin": 0}},
        {"id": 4, "data": {"type": 1, "len": 0}},
        {"id": 5, "video": {"mimes": ["video/mp4"], "protocols": [3], "protocol": 2, "battr": [6], "maxduration": 30, "minduration": 0}},
        {"id": 6}
    ]})
}

fn asset(id: i32, required: bool, wanted: Wanted) -> Asset {
    Asset {
        id,
        required,
        wanted,
    }
}

fn name(own: &str) -> String {
    own.to_owned()
}

fn expected() -> Layout {
    let title = Wanted::Title { longest: Some(25) };
    let main = Wanted::Image {
        kind: Some(3),
        width: Side::Exactly(1_200),
        height: Side::AtLeast(600),
        mimes: vec![name("image/jpeg")],
    };
    let any = Wanted::Image {
        kind: None,
        width: Side::Exactly(80),
        height: Side::Exactly(80),
        mimes: Vec::new(),
    };
    let sponsor = Wanted::Data {
        kind: 1,
        longest: None,
    };
    let video = Wanted::Video {
        mimes: vec![name("video/mp4")],
        protocols: vec![3, 2],
        blocked_attributes: vec![6],
        min_duration: None,
        max_duration: Some(30),
    };
    Layout {
        assets: vec![
            asset(0, true, title),
            asset(2, true, main),
            asset(3, false, any),
            asset(4, false, sponsor),
            asset(5, false, video),
            asset(6, false, Wanted::Unknown),
        ],
        trackers: Some(vec![
            Tracking {
                event: 1,
                methods: vec![1, 2],
            },
            Tracking {
                event: 2,
                methods: vec![1],
            },
        ]),
        has_privacy: true,
        version: Some(name("1.2")),
        writing: Writing::Text,
    }
}

#[test]
fn a_layout_tells_which_parts_are_asked_for() {
    assert_eq!(expected(), laid_out(&whole()));
}

#[test]
fn targeting_knows_what_a_native_ad_stands_in_and_where() {
    let own = decoded(&asking(&json!({"request": whole().to_string()}))).expect("it is sound");
    let context = &own.impressions[0].context;

    assert_eq!(
        (Some("content"), Some("recommendation")),
        (
            text_of(context, "native_context"),
            text_of(context, "native_placement")
        )
    );
}

#[test]
fn an_old_layout_stands_in_an_object_and_has_the_version_beside_it() {
    let inner = json!({"assets": [{"id": 1, "title": {"len": 9}}]});
    let request = json!({"ver": "1.0", "request": json!({"native": inner}).to_string()});
    let own = layout_of(&decoded(&asking(&request)).expect("it is sound"));

    let title = Wanted::Title { longest: Some(9) };
    assert_eq!(vec![asset(1, false, title)], own.assets);
    assert_eq!(
        (Writing::Wrapped, Some("1.0"), None),
        (own.writing, own.version.as_deref(), own.trackers)
    );
}

#[test]
fn a_layout_may_come_as_a_message() {
    let text = asking(&json!({"request_native": whole()}));
    let model: BidRequest = serde_json::from_str(&text).expect("it is sound");
    let from_message = decode_protobuf(&model.encode_to_vec(), &reading(), MONDAY);

    let expected = Layout {
        writing: Writing::Message,
        ..expected()
    };
    assert_eq!(Ok(&expected), from_message.as_ref().map(layout_of).as_ref());
    assert_eq!(decoded(&text), from_message);
}

#[test]
fn a_native_without_a_layout_asks_for_no_parts() {
    for own in [json!({}), json!({"request": " "}), json!({"request": null})] {
        let own = decoded(&asking(&own)).expect("it is sound");

        assert_eq!(Layout::default(), layout_of(&own));
    }
}

#[test]
fn what_senders_leave_out_or_write_their_own_way_is_read_all_the_same() {
    let own = laid_out(&json!({"ver": 1.1, "assets": [{"title": {}}, {"img": {}}]}));
    let ids: Vec<_> = own.assets.iter().map(|own| own.id).collect();
    assert_eq!((vec![0, 1], Some("1.1")), (ids, own.version.as_deref()));

    // An object where a text is meant, and a version beside it.
    let inner = json!({"assets": [{"id": 1, "title": {"len": 9}}]});
    let own = decoded(&asking(&json!({"ver": 1.0, "request": inner}))).expect("it is sound");
    let own = layout_of(&own);
    assert_eq!(
        (1, Writing::Text, Some("1.0")),
        (own.assets.len(), own.writing, own.version.as_deref())
    );

    // A number that another part has is not given twice, and a version is short.
    let own = laid_out(
        &json!({"ver": "a version of a kind", "assets": [{"id": 1, "title": {}}, {"title": {}}]}),
    );
    let wanted: Vec<_> = own.assets.iter().map(|own| &own.wanted).collect();
    assert_eq!(
        vec![&Wanted::Title { longest: None }, &Wanted::Unknown],
        wanted
    );
    assert_eq!(None, own.version);
}

#[test]
fn a_damaged_layout_is_refused_with_its_field() {
    let refused = |native: Value| {
        let refused = decoded(&asking(&native)).expect_err("it is damaged");
        assert_eq!((2, "r"), (refused.nbr(), refused.request.as_str()));
        (refused.field, refused.fault)
    };
    let in_text = |request: Value| refused(json!({"request": request.to_string()}));

    let (field, fault) = refused(json!({"request": "{json string}"}));
    assert!(field.starts_with("imp[0].native.request"), "{field}");
    assert!(matches!(fault, Fault::Damaged(_)));
    let (field, fault) = in_text(json!({"assets": [{"id": 1}, {"id": 2, "title": {"len": "x"}}]}));
    assert_eq!("imp[0].native.request.assets[1].title.len", field);
    assert!(matches!(fault, Fault::Damaged(_)));
    let (field, _) = in_text(json!({"native": {"assets": {}}}));
    assert_eq!("imp[0].native.request.native.assets", field);
    let (field, _) = in_text(json!({"native": []}));
    assert_eq!("imp[0].native.request.native", field);
    let (field, _) = refused(json!({"request": []}));
    assert_eq!("imp[0].native.request", field);
    let mimes = vec!["image/png"; 1_025];
    let (field, fault) = in_text(json!({"assets": [{"id": 1, "img": {"mimes": mimes}}]}));
    let (limit, actual) = (1_024, 1_025);
    assert_eq!(
        ("imp[0].native.request", Fault::TooMany { limit, actual }),
        (field.as_str(), fault)
    );
    let many: Vec<_> = (0..65).map(|id| json!({"id": id})).collect();
    let (field, fault) = refused(json!({"request_native": {"assets": many}}));
    assert_eq!(
        (
            "imp[0].native.request_native.assets",
            Fault::TooMany {
                limit: 64,
                actual: 65
            }
        ),
        (field.as_str(), fault)
    );
}

fn creative() -> CreativeDefinition {
    let image = |url: &str, kind, width, height| Image {
        url: name(url),
        kind,
        size: Some(Size { width, height }),
        mime: None,
    };
    let tracker = |event, method, url: &str| Tracker {
        event,
        method,
        url: name(url),
    };
    CreativeDefinition {
        media: Media::Native,
        duration: Some(15),
        protocols: vec![2],
        native: Some(Box::new(NativeAd {
            link: Link {
                url: name("https://shop.example/?k=KEY"),
                fallback: Some(name("https://shop.example/m")),
                click_trackers: vec![name("https://t.example/c?KEY")],
            },
            titles: vec![name("Spring has come to every town"), name("Spring \"26")],
            images: vec![
                image("main.jpg", 3, 1_200, 627),
                image("icon.png", 1, 80, 80),
            ],
            data: vec![Data {
                kind: 1,
                value: name("Shop"),
            }],
            vast: Some(name("<VAST KEY/>")),
            trackers: vec![
                tracker(1, 1, "https://t.example/i?KEY"),
                tracker(1, 2, "https://t.example/i.js?a=1&b=\"2\""),
                tracker(2, 1, "https://t.example/v"),
                tracker(2, 2, "https://t.example/v.js"),
            ],
            privacy_url: Some(name("https://shop.example/privacy")),
        })),
        ..CreativeDefinition::default()
    }
}

fn put_together(layout: Option<&Layout>) -> (Option<Value>, Option<NativeResponse>) {
    let creative = creative();
    let ad = creative.native.as_ref().expect("there is one");
    let own = native(&creative, ad, layout, |own| own.replace("KEY", "r/1"));
    let text = own
        .adm
        .map(|own| serde_json::from_str(&own).expect("it is JSON"));
    (text, own.adm_native)
}

fn link() -> Value {
    json!({"url": "https://shop.example/?k=r/1", "fallback": "https://shop.example/m",
        "clicktrackers": ["https://t.example/c?r/1"]})
}

fn assets() -> Value {
    json!([
        {"id": 0, "title": {"text": "Spring \"26"}},
        {"id": 2, "img": {"url": "main.jpg", "w": 1200, "h": 627, "type": 3}},
        {"id": 3, "img": {"url": "icon.png", "w": 80, "h": 80, "type": 1}},
        {"id": 4, "data": {"value": "Shop", "type": 1}},
        {"id": 5, "video": {"vasttag": "<VAST r/1/>"}}
    ])
}

#[test]
fn an_ad_is_put_together_of_the_parts_that_are_asked_for() {
    let (text, message) = put_together(Some(&laid_out(&whole())));

    let trackers = json!([
        {"event": 1, "method": 1, "url": "https://t.example/i?r/1"},
        {"event": 1, "method": 2, "url": "https://t.example/i.js?a=1&b=\"2\""},
        {"event": 2, "method": 1, "url": "https://t.example/v"}
    ]);
    let expected = json!({"ver": "1.2", "link": link(), "assets": assets(), "eventtrackers": trackers,
        "privacy": "https://shop.example/privacy"});
    assert_eq!((Some(expected), None), (text, message));
}

#[test]
fn an_ad_for_an_old_layout_has_its_trackers_and_its_wrapping() {
    let own = json!({"native": {"ver": "1.0", "assets": whole()["assets"]}});
    let (text, _) = put_together(Some(&laid_out(&own)));

    let script = "<script src=\"https://t.example/i.js?a=1&amp;b=&quot;2&quot;\"></script>";
    let expected = json!({"native": {"ver": "1.0", "link": link(), "assets": assets(),
        "imptrackers": ["https://t.example/i?r/1"], "jstracker": script}});
    assert_eq!(Some(expected), text);
}

#[test]
fn an_ad_for_a_message_is_one() {
    let layout = Layout {
        writing: Writing::Message,
        ..laid_out(&whole())
    };
    let (text, message) = put_together(Some(&layout));
    let (same, _) = put_together(Some(&laid_out(&whole())));

    let message = message.expect("there is one");
    assert_eq!(None, text);
    assert_eq!(same, serde_json::to_value(&message).ok());
}

/// Field numbers and what they hold, in order.
fn fields(mut bytes: &[u8]) -> Vec<(u32, Vec<u8>)> {
    use prost::encoding::{WireType, decode_key, decode_varint};
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let (number, wire) = decode_key(&mut bytes).expect("it is whole");
        let value = decode_varint(&mut bytes).expect("it is whole");
        let len = if wire == WireType::LengthDelimited {
            value as usize
        } else {
            all.push((number, vec![value as u8]));
            continue;
        };
        let (own, rest) = bytes.split_at(len);
        all.push((number, own.to_vec()));
        bytes = rest;
    }
    all
}

fn of(fields: &[(u32, Vec<u8>)], number: u32) -> Vec<Vec<(u32, Vec<u8>)>> {
    let own = fields.iter().filter(|own| own.0 == number);
    own.map(|own| self::fields(&own.1)).collect()
}

#[test]
fn numbers_of_an_ad_on_the_wire_are_those_of_google() {
    let layout = Layout {
        writing: Writing::Message,
        ..laid_out(&whole())
    };
    let (_, adm_native) = put_together(Some(&layout));
    let bid = Bid {
        adm_native,
        ..Bid::default()
    };
    let bytes = bid.encode_to_vec();
    let ad = of(&fields(&bytes), 50).pop().expect("there is one");
    let text = |own: &str| own.as_bytes().to_vec();
    let numbers: Vec<_> = ad.iter().map(|own| own.0).collect();
    let assets = of(&ad, 2);
    let part = |place: usize, number| of(&assets[place], number).pop().expect("there is one");

    assert_eq!(vec![1, 2, 2, 2, 2, 2, 3, 8, 8, 8, 9], numbers);
    assert_eq!(vec![(1, text("Spring \"26"))], part(0, 3));
    let numbers: Vec<_> = part(1, 4).into_iter().map(|own| own.0).collect();
    assert_eq!(vec![1, 2, 3, 4], numbers);
    assert_eq!(vec![(2, text("Shop")), (3, vec![1])], part(3, 6));
    assert_eq!(vec![(1, text("<VAST r/1/>"))], part(4, 5));
    let numbers: Vec<_> = of(&ad, 3)[0].iter().map(|own| own.0).collect();
    assert_eq!(vec![1, 2, 3], numbers);
    let tracker = &of(&ad, 8)[0];
    assert_eq!(
        ((1, vec![1]), (2, vec![1])),
        (tracker[0].clone(), tracker[1].clone())
    );
}
