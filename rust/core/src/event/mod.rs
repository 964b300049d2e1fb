//! Events: what happened, per profile.

pub mod history;
pub mod run;
