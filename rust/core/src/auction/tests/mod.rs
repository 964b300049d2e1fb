//! Auctions as a whole.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod books;
mod creatives;
mod demands;
pub(super) mod dice;
mod entries;
mod laws;
mod meanings;
mod pacing;
mod requests;
mod reservations;
mod story;
