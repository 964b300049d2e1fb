//! Auctions: which line items may bid for an impression, at what price, and why not the others.

pub mod advertiser;
mod block;
pub mod book;
pub mod campaign;
pub mod cap;
mod clause;
mod compile;
pub mod context;
pub mod creative;
pub mod decision;
mod define;
pub mod dimension;
pub mod entry;
pub mod floor;
pub mod line_item;
pub mod list;
pub mod lot;
pub mod naive;
pub mod policy;
pub mod price;
pub mod reason;
pub mod request;
mod shape;
pub mod standing;
#[cfg(test)]
mod tests;
pub mod viewer;

pub use book::Book;
pub use context::{Context, ContextValue, Place};
pub use decision::{Bid, Outcome};
pub use entry::Entry;
pub use naive::Auction;
pub use policy::Policy;
pub use reason::{Counts, Stage};
pub use request::Request;
pub use standing::Standing;
pub use viewer::Viewer;
