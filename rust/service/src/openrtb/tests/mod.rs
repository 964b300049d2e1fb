//! Whole requests and answers.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod damage;
mod data;
mod impression;
mod native;
mod refusals;
mod request;
mod response;
mod wire;

use treffer_core::auction::request::{Money, Offer};
use treffer_core::auction::{Context, ContextValue, Request};
use treffer_core::time::Instant;

use super::{Names, Reading, Refused, decode_json};

/// 2023-11-20T00:00:00Z, a Monday.
const MONDAY: Instant = Instant(1_700_438_400_000);

/// Reads all ids, of vendor 23.
fn reading() -> Reading {
    let name = |own: &str| Some(own.to_owned());
    let sources = [("liveramp.com", "ramp"), ("uidapi.com", "uid2")];
    Reading {
        exchange: name("exchange-1"),
        names: Names {
            user: name("exchange"),
            buyer: name("cookie"),
            device: name("ifa"),
            sources: sources
                .map(|(own, space)| (own.to_owned(), space.to_owned()))
                .into(),
        },
        vendor: Some(23),
        ..Reading::default()
    }
}

fn decoded(json: &str) -> Result<Request, Refused> {
    decode_json(json.as_bytes(), &reading(), MONDAY)
}

/// A request of one banner with these further fields.
fn with(fields: &str) -> Request {
    decoded(&text_with(fields)).unwrap_or_else(|refused| panic!("{refused}: {fields}"))
}

fn text_with(fields: &str) -> String {
    let channel =
        if fields.contains("\"app\"") || fields.contains("\"dooh\"") || fields.contains("\"site\"")
        {
            ""
        } else {
            "\"site\": {},"
        };
    let impression = if fields.contains("\"imp\"") {
        ""
    } else {
        "\"imp\": [{\"id\": \"1\", \"banner\": {}}],"
    };
    format!("{{\"id\": \"r\", {channel} {impression} {fields} \"x\": null}}")
}

/// A request of one impression with these fields.
fn with_impression(fields: &str) -> Request {
    with(&impression(fields))
}

fn impression(fields: &str) -> String {
    format!("\"imp\": [{{\"id\": \"1\", {fields}}}],")
}

fn money(micros: i64, currency: Option<&str>) -> Money {
    let currency = currency.map(str::to_owned);
    Money { micros, currency }
}

fn first_offer(own: &Request) -> &Offer {
    own.impressions
        .first()
        .and_then(|own| own.offers.first())
        .expect("there is one")
}

fn text_of<'a>(context: &'a Context, name: &str) -> Option<&'a str> {
    match context.get(name) {
        Some(ContextValue::Text(own)) => Some(own),
        _ => None,
    }
}

fn texts_of(context: &Context, name: &str) -> Vec<String> {
    match context.get(name) {
        Some(ContextValue::Texts(own)) => own.clone(),
        _ => Vec::new(),
    }
}
