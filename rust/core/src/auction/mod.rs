//! Auctions: which line items may bid for an impression, at what price, and why not the others.

pub mod context;
pub mod request;

pub use context::{Context, ContextValue, Place};
pub use request::Request;
