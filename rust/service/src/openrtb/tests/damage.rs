use proptest::prelude::*;
use prost::Message;

use super::super::decode_protobuf;
use super::super::model::BidRequest;
use super::data::requests;
use super::*;

/// A request that says much.
const RICH: &str = r#"{"id": "r", "at": 1, "tmax": 100, "cur": ["EUR"], "test": 0, "bcat": ["IAB1"], "badv": ["a.example"],
    "imp": [{"id": "1", "bidfloor": 0.5, "bidfloorcur": "EUR", "secure": 1, "banner": {"format": [{"w": 300, "h": 250}]},
    "video": {"mimes": ["video/mp4"], "rqddurs": [15, 30], "durfloors": [{"mindur": 1, "bidfloor": 2.5}]},
    "native": {"request": "{\"assets\": [{\"id\": 1, \"img\": {\"w\": 9}}], \"eventtrackers\": [{\"event\": 1, \"methods\": [1]}]}"},
    "pmp": {"private_auction": 1, "deals": [{"id": "d", "at": 3, "bidfloor": 4.0, "wseat": ["s"]}]}},
    {"id": "2", "native": {"ver": 1.2, "request": {"native": {"assets": [{"title": {"len": 9}}]}}}},
    {"id": "3", "native": {"request_native": {"assets": [{"id": 1, "data": {"type": 1}}, {"id": 2, "video": {"mimes": ["video/mp4"]}}]}}}],
    "site": {"page": "https://www.example.com/x", "cat": ["IAB2"], "content": {"language": "de"}},
    "device": {"lmt": 0, "ifa": "abc", "devicetype": 4, "geo": {"lat": 52.5, "lon": 13.4, "country": "DEU", "utcoffset": 60}},
    "user": {"id": "u", "buyeruid": "b", "ext": {"eids": [{"source": "liveramp.com", "uids": [{"id": "x"}]}],
    "consent": "COrEAV4OrXx94ACABBENAHCIAD-AAAAAAACAAxAAAAgAIAwgAgAAAAEAgQAAAAAEAYQAQAAAACAAAABAAA"},
    "data": [{"id": "p", "segment": [{"id": "7"}], "ext": {"segtax": 4}}]}, "regs": {"coppa": 0, "ext": {"gdpr": 1}}}"#;

fn read_both(bytes: &[u8]) {
    let _ = decode_json(bytes, &reading(), MONDAY);
    let _ = decode_protobuf(bytes, &reading(), MONDAY);
}

fn protobuf(json: &str) -> Vec<u8> {
    let own: BidRequest = serde_json::from_str(json).expect("it is sound");
    own.encode_to_vec()
}

#[test]
fn a_request_cut_anywhere_is_refused_or_read_but_never_a_panic() {
    assert!(decoded(RICH).is_ok());
    for bytes in [RICH.as_bytes().to_vec(), protobuf(RICH)] {
        (0..bytes.len()).for_each(|end| read_both(&bytes[..end]));
    }
}

#[test]
fn real_requests_with_bytes_changed_never_panic() {
    for (seed, json) in requests().iter().enumerate() {
        let mut bytes = json.clone().into_bytes();
        let len = bytes.len();
        let mut random = seed as u64;
        for _ in 0..8 {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            bytes[(random >> 33) as usize % len] = (random >> 24) as u8;
            read_both(&bytes);
        }
    }
}

#[test]
fn damage_in_protobuf_names_the_request_and_the_field() {
    let named = |rest: &[u8]| {
        let bytes = [&[0x0a, 1, b'r'], rest].concat();
        let refused = decode_protobuf(&bytes, &reading(), MONDAY).expect_err("it is damaged");
        (refused.request, refused.field)
    };
    let told = |field: &str| ("r".to_owned(), field.to_owned());

    assert_eq!(told("wseat"), named(&[0x4a, 1, 0xff]));
    let mimes = [0x12, 5, 0x12, 3, 0x3a, 1, 0xff];
    assert_eq!(told("imp.banner.mimes"), named(&mimes));
    assert_eq!(told(""), named(&[0xff]));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        read_both(&bytes);
    }

    #[test]
    fn a_request_with_bytes_changed_never_panics(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        is_json: bool,
    ) {
        let mut bytes = if is_json { RICH.as_bytes().to_vec() } else { protobuf(RICH) };
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        read_both(&bytes);
    }

    #[test]
    fn numbers_of_any_size_never_panic(number in any::<f64>(), whole in any::<i64>()) {
        let fields = ["bidfloor", "instl", "exp", "dt", "secure"].map(|own| format!("\"{own}\": {number}, \"x\": {whole}"));
        let (lat, whole) = (number, whole);
        let place = format!("\"device\": {{\"geo\": {{\"lat\": {lat}, \"lon\": {lat}, \"utcoffset\": {whole}}}}},");
        for own in &fields {
            read_both(text_with(&impression(&format!("\"banner\": {{}}, {own}"))).as_bytes());
        }
        read_both(text_with(&place).as_bytes());
    }
}
