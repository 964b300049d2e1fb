//! The laws of the truth: what commands, records, states and views promise, against a naive model.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::pedantic,
    missing_docs,
    unreachable_pub,
    reason = "tests may panic and are read for their promises"
)]

mod corners;
mod edits;
mod hot;
mod identity;
mod joined;
mod laws;
mod odd;
mod pace;
mod world;
