//! Auctions in record batches, one row for each impression.

mod fill;
mod offer;
mod part;
mod role;
mod sheet;

pub(crate) use sheet::{Sheet, difference};
