//! Events: what happened, per profile.

mod body;
pub mod content;
pub mod dedupe;
pub mod history;
pub mod ingest;
mod order;
pub mod postings;
mod recent;
mod register;
pub mod run;
mod shard;
mod store;

pub(crate) use store::{apply, void};
