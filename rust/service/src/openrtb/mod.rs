//! `OpenRTB` 2.6, and 2.5: bid requests in, bid responses out, as JSON or protobuf.
//!
//! Both dialects are one model: the messages of `openrtb.proto` under their names in the standard. [`decode_json`] and
//! [`decode_protobuf`] make a [`Request`] of it by the operator's [`Reading`]. What is missing, null, empty or an unknown code is
//! absent, as in the whole of treffer; what cannot be meant is [`Refused`]. [`Answering::response`] and [`Refused::response`] make the
//! answer, [`encode_json`] and [`encode_protobuf`] the bytes.
//!
//! Texts of the context are in lower case where they are words (domain, city, os, browser, make, model, carrier, languages,
//! keywords, sellers), country is two capitals, and ids and codes are as they came. Lists of the standard have names:
//!
//! - `device_type`: mobile, pc, tv, phone, tablet, `connected_device`, `set_top_box`, ooh
//! - `connection_type`: ethernet, wifi, cellular, 2g to 5g
//! - `position`: `above_fold`, locked, `below_fold`, header, footer, sidebar, fullscreen
//! - `placement`: instream, `accompanying_content`, interstitial, standalone
//! - `feed`: `music_service`, broadcast, podcast, `catch_up_radio`, `web_radio`, `video_game`, `text_to_speech`
//! - `start_delay`: `pre_roll`, `mid_roll`, `post_roll`
//! - `pod_sequence`: first, last; `slot_in_pod`: first, last, `first_or_last`
//! - `supply_chain`: complete, incomplete
//! - `ad_insertion`: client, `server_with_client_trackers`, server
//! - `native_context`: content, social, product; `native_placement`: `in_feed`, `in_content`, outside, recommendation
//! - `rewarded`, `instl`, `skippable`, `all_impressions`: yes, no

mod code;
mod consent;
mod country;
mod device;
mod geo;
mod gpp;
mod hour;
mod impression;
mod inventory;
mod json;
pub mod model;
mod money;
mod native;
mod notice;
mod offer;
mod person;
mod refused;
mod request;
mod response;
mod supply;
pub mod tcf;
#[cfg(test)]
mod tests;
mod words;

use prost::{DecodeError, Message};
use serde::de::DeserializeOwned;
use treffer_core::auction::Request;
use treffer_core::time::Instant;

pub use code::{Code, code};
pub(crate) use country::{COUNTRY, country};
use json::Object;
use model::{BidRequest, BidResponse};
pub(crate) use money::micros as floor_micros;
pub(crate) use native::mime;
pub use notice::Notices;
pub use person::Names;
pub use refused::{Fault, Refused};
pub use request::Reading;
pub use response::Answering;
pub use treffer_core::auction::key::Key;
use treffer_core::error::Error;
pub(crate) use words::{lower, lower_all};

/// The request that JSON holds, as it stands at `now`.
pub fn decode_json(body: &[u8], reading: &Reading, now: Instant) -> Result<Request, Refused> {
    let own = read_json(body).map_err(|refused| named(refused, body));
    reading.request(own?, now)
}

/// The request that a protobuf message holds, as it stands at `now`.
pub fn decode_protobuf(body: &[u8], reading: &Reading, now: Instant) -> Result<Request, Refused> {
    let mut own = BidRequest::default();
    match own.merge(body) {
        Ok(()) => reading.request(own, now),
        // What stands before the damage has been read.
        Err(error) => Err(Refused {
            request: own.id.unwrap_or_default(),
            ..damaged(&path(&error), &error)
        }),
    }
}

/// The field at which decoding failed, without places in lists: the error tells each message with its field, from the inside out.
fn path(error: &DecodeError) -> String {
    let text = error.to_string();
    let told = text.split(": ").skip(1);
    let mut fields: Vec<&str> = told
        .map_while(|own| own.split_once('.'))
        .filter(|(message, _)| !message.contains(' '))
        .map(|(_, field)| field)
        .collect();
    fields.reverse();
    fields.join(".")
}

/// A response as JSON.
pub fn encode_json(response: &BidResponse) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(response).map_err(|error| Error::Internal(error.to_string()))
}

/// A response as a protobuf message.
pub fn encode_protobuf(response: &BidResponse) -> Vec<u8> {
    response.encode_to_vec()
}

/// The object that JSON holds; a damaged one is read once more, slower, to name the field.
fn read_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refused> {
    if let Ok(Object(own)) = serde_json::from_slice(body) {
        return Ok(own);
    }
    let mut from = serde_json::Deserializer::from_slice(body);
    let read = serde_path_to_error::deserialize::<_, Object<T>>(&mut from);
    Err(match read.map(|_| from.end()) {
        Err(error) => damaged(&error.path().to_string(), error.inner()),
        // The value is whole, so something stands behind it.
        Ok(Err(error)) => damaged("", &error),
        Ok(Ok(())) => damaged("", &"cannot be read"),
    })
}

/// The same for the request by its id, as far as that can be read.
fn named(refused: Refused, body: &[u8]) -> Refused {
    match serde_json::from_slice(body) {
        Ok(Named { id: Some(request) }) => Refused { request, ..refused },
        Ok(Named { id: None }) | Err(_) => refused,
    }
}

/// A damaged field; a dot stands for the whole, and a question mark for what has no name.
fn damaged(field: &str, why: &dyn std::fmt::Display) -> Refused {
    let field = field.trim_end_matches(['.', '?']);
    Refused::new(field, Fault::Damaged(why.to_string()))
}

/// So much of a request that a no-bid can name it.
#[derive(serde::Deserialize)]
struct Named {
    id: Option<String>,
}
