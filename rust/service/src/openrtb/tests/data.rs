use std::io::Read;
use std::path::Path;

use prost::Message;

use super::super::decode_protobuf;
use super::super::model::BidRequest;
use super::*;

/// Real requests, or none with a word why.
pub(super) fn requests() -> Vec<String> {
    let near = || concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data").into();
    let folder = std::env::var_os("TREFFER_TEST_DATA").unwrap_or_else(near);
    let path = Path::new(&folder).join("bid_requests_openrtb2.ndjson.gz");
    let Ok(file) = std::fs::File::open(&path) else {
        eprintln!("skipped: there is no {}", path.display());
        return Vec::new();
    };
    let mut all = String::new();
    let read = flate2::read::GzDecoder::new(file).read_to_string(&mut all);
    read.expect("the file is whole");
    all.lines().map(str::to_owned).collect()
}

fn lenient() -> Reading {
    Reading {
        needs_inventory: false,
        ..reading()
    }
}

#[test]
fn real_requests_are_read_or_refused_by_field() {
    let all = requests();
    let mut refused = Vec::new();
    for json in &all {
        if let Err(own) = decode_json(json.as_bytes(), &lenient(), MONDAY) {
            assert!(!own.field.is_empty(), "{own}: {json}");
            refused.push(own.to_string());
        }
    }
    refused.sort();
    eprintln!("{} of {} refused: {refused:#?}", refused.len(), all.len());
    assert!(refused.len() * 20 <= all.len(), "most are sound");
}

#[test]
fn json_and_protobuf_of_a_request_read_the_same() {
    for json in requests() {
        let Ok(own) = serde_json::from_str::<BidRequest>(&json) else {
            continue;
        };
        let bytes = own.encode_to_vec();
        let written = serde_json::to_vec(&own).expect("the model is writable");

        let from_json = decode_json(json.as_bytes(), &lenient(), MONDAY);
        assert_eq!(
            from_json,
            decode_protobuf(&bytes, &lenient(), MONDAY),
            "{json}"
        );
        assert_eq!(
            from_json,
            decode_json(&written, &lenient(), MONDAY),
            "{json}"
        );
    }
}
