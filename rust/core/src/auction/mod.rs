//! Auctions: which line items may bid for an impression, at what price, and why not the others.

pub mod advertiser;
pub mod book;
pub mod campaign;
pub mod cap;
pub mod context;
pub mod creative;
mod define;
pub mod dimension;
pub mod entry;
pub mod line_item;
pub mod list;
pub mod price;
pub mod reason;
pub mod request;
#[cfg(test)]
mod tests;

pub use book::Book;
pub use context::{Context, ContextValue, Place};
pub use entry::Entry;
pub use reason::{Counts, Stage};
pub use request::Request;
