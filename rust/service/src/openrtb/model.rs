//! The messages of `openrtb.proto`, generated: one model for JSON and protobuf.

#![allow(
    clippy::pedantic,
    clippy::len_without_is_empty,
    reason = "generated code"
)]

include!(concat!(env!("OUT_DIR"), "/treffer.openrtb.rs"));
