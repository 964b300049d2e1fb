//! Events: what happened, per profile.

pub mod content;
pub mod dedupe;
pub mod history;
pub mod ingest;
pub mod postings;
pub mod run;
mod store;

pub(crate) use store::{apply, void};
