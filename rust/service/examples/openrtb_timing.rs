//! How long does it take to read a bid request?
//!
//! Measured: the mean time for a request, in the median of repeated passes over real requests in memory: JSON and protobuf to the
//! core's request, the steps of each, and, as the peer, the same JSON to `serde_json::Value`, which checks and converts nothing.
//! Requests that are refused are left out beforehand, so that all columns read the same ones. One thread.
//!
//! `cargo run --release -p treffer-service --example openrtb_timing -- FILE` with one request a line, as `.ndjson.gz`.
#![allow(clippy::print_stdout, reason = "an example prints")]

use std::error::Error;
use std::hint::black_box;
use std::io::Read;
use std::time::Instant as Clock;

use prost::Message;
use treffer_core::time::Instant;
use treffer_service::openrtb::model::BidRequest;
use treffer_service::openrtb::{Names, Reading, decode_json, decode_protobuf};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const PASSES: usize = 101;
const NOW: Instant = Instant(1_700_438_400_000);

fn main() -> Result<()> {
    let file = std::env::args().nth(1).ok_or("say which file")?;
    let reading = reading();
    let json: Vec<_> = requests(&file)?
        .into_iter()
        .filter(|own| decode_json(own, &reading, NOW).is_ok())
        .collect();
    let models = json
        .iter()
        .map(|own| serde_json::from_slice::<BidRequest>(own));
    let models = models.collect::<std::result::Result<Vec<_>, _>>()?;
    let protobuf: Vec<_> = models.iter().map(BidRequest::encode_to_vec).collect();
    report("JSON to request", &json, |own| {
        decode_json(own, &reading, NOW).is_ok()
    });
    report("  of this JSON to model", &json, |own| {
        serde_json::from_slice::<BidRequest>(own).is_ok()
    });
    report("  peer: JSON to Value", &json, |own| {
        serde_json::from_slice::<serde_json::Value>(own).is_ok()
    });
    report("protobuf to request", &protobuf, |own| {
        decode_protobuf(own, &reading, NOW).is_ok()
    });
    report("  of this protobuf to model", &protobuf, |own| {
        BidRequest::decode(own).is_ok()
    });
    Ok(())
}

/// Reads all ids.
fn reading() -> Reading {
    let name = |own: &str| Some(own.to_owned());
    Reading {
        names: Names {
            user: name("exchange"),
            buyer: name("cookie"),
            device: name("ifa"),
            sources: [("liveramp.com".to_owned(), "ramp".to_owned())].into(),
        },
        vendor: Some(23),
        needs_inventory: false,
        ..Reading::default()
    }
}

fn requests(file: &str) -> Result<Vec<Vec<u8>>> {
    let mut all = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(file)?).read_to_string(&mut all)?;
    Ok(all.lines().map(|own| own.as_bytes().to_vec()).collect())
}

fn report(case: &str, all: &[Vec<u8>], read: impl Fn(&[u8]) -> bool) {
    let pass = |_| {
        let start = Clock::now();
        let sound = all
            .iter()
            .filter(|own| read(black_box(own.as_slice())))
            .count();
        assert_eq!(all.len(), black_box(sound), "all of them are read");
        start.elapsed().as_secs_f64() * 1e6 / all.len() as f64
    };
    let mut times: Vec<f64> = (0..PASSES).map(pass).collect();
    times.sort_by(f64::total_cmp);
    let bytes = all.iter().map(Vec::len).sum::<usize>() / all.len().max(1);
    let median = times.get(PASSES / 2).copied().unwrap_or_default();
    println!(
        "{case:<30} {median:8.3} us a request of {bytes} bytes, {} requests",
        all.len()
    );
}
