//! What the running engine promises over its calls and in process. One binary: each links the whole engine anew.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::unnecessary_wraps,
    clippy::needless_pass_by_value,
    unreachable_pub,
    reason = "tests may panic and are read for their promises"
)]

mod arrow;
mod audience;
mod call;
mod catalog;
mod clock;
mod hindsight;
mod ingest;
mod support;
mod watch;
