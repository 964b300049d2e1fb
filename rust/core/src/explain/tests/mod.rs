//! The reference evaluator against the promises of the rule language and against even plainer statements of them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod laws;
mod naive;
mod promises;
mod small;
