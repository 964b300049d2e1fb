//! Profiles: their ids and attributes.

pub mod attribute;
pub mod code_index;
pub mod dictionary;
pub mod fact;
pub mod identifier;
pub mod ingest;
pub mod owner;
