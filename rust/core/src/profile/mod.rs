//! Profiles: their ids and attributes, and which ids are one profile.

mod apart;
pub mod attribute;
pub mod code_index;
mod decide;
pub mod dictionary;
pub mod fact;
pub mod household;
pub mod identifier;
mod identity;
pub mod ingest;
pub mod link;
mod load;
pub mod merge_log;
mod names;
pub mod owner;
mod place;
pub mod preview;
pub(crate) mod regrouping;
pub(crate) mod relate;
