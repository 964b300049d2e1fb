//! The messages of `proto/treffer/v1`, generated.

#![allow(clippy::pedantic, reason = "generated code")]

include!(concat!(env!("OUT_DIR"), "/treffer.v1.rs"));
