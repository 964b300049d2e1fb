//! Profiles: their ids and attributes.

pub mod attribute;
