//! Live segments: memberships that are exact at every instant.
//!
//! Every leaf of a rule is an atom; equal atoms are shared, and atoms that look at the same events are judged together as a group.
//! What each owner id did is kept stream by stream (`ledger`), so a judgement reads only the events that matter to it, and says
//! until when it stands: an alarm for that instant goes on the `wheel`. See `live` for the way of a record.

mod alarm;
mod births;
mod build;
mod chain;
pub(crate) mod columns;
pub(crate) mod course;
mod decide;
mod draft;
mod edit;
pub mod feed;
mod flips;
mod followers;
mod formula;
mod gate;
mod group;
mod judge;
mod ladder;
mod ledger;
mod live;
mod log;
mod network;
mod prepare;
mod roster;
pub mod rows;
mod selector;
mod spare;
#[cfg(test)]
mod tests;
mod touch;
mod wheel;

pub use live::Counters;
pub(crate) use live::Live;
pub(crate) use touch::Arrived;
