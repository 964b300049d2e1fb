//! The answer to an impression.

use super::reason::Counts;
use crate::id::{CreativeId, LineItemId};

/// Who may bid on an impression, and where the rest fell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// All line items that are not archived, by what became of them.
    pub counts: Counts,
    /// The best bid on each deal and the best ones on the open market, the highest price first, then by lot.
    pub bids: Vec<Bid>,
}

/// A bid of a line item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bid {
    /// Whose it is.
    pub line_item: LineItemId,
    /// What it shows.
    pub creative: CreativeId,
    /// On which of the impression's deals, by place; `None`: on the open market.
    pub deal: Option<u32>,
    /// CPM in micro units of the auction's currency.
    pub price: i64,
    /// The floor that it had to reach.
    pub floor: i64,
    /// Its place among bids of one price.
    pub order: u64,
}

impl Bid {
    /// Orders bids: the highest price first, then by lot, then by number.
    pub const fn rank(&self) -> (std::cmp::Reverse<i64>, u64, LineItemId, Option<u32>) {
        (
            std::cmp::Reverse(self.price),
            self.order,
            self.line_item,
            self.deal,
        )
    }
}
