//! Profiles: their ids and attributes.
