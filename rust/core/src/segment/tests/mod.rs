//! Live memberships are what the reference says, after every step of whatever happens.
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot set up its case fails"
)]

mod oracle;
mod script;
