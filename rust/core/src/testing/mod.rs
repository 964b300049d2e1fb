//! Random worlds for property tests: a catalog with segments, items, and people with a short history.
//!
//! See [`rule::testing`](crate::rule::testing) for the vocabularies and for random rules.
#![allow(
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "only tests call this, and tests fail by panicking"
)]

mod people;
mod rows;
mod world;

pub use people::{Items, moments, people};
pub use rows::{column, event_rows, strings};
pub use world::{Case, World, cases, worlds};
