//! What one command can put into the book.

use super::advertiser::AdvertiserDefinition;
use super::campaign::{CampaignDefinition, Status};
use super::creative::{CreativeDefinition, DealDefinition};
use super::line_item::LineItemDefinition;
use super::list::ListDefinition;
use super::price::RateDefinition;

/// One thing to define or edit; the name decides which. Later ones may name earlier ones of the same command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A named list.
    List(ListDefinition),
    /// An advertiser.
    Advertiser(AdvertiserDefinition),
    /// A campaign.
    Campaign(CampaignDefinition),
    /// A creative.
    Creative(CreativeDefinition),
    /// A deal.
    Deal(DealDefinition),
    /// A line item.
    LineItem(Box<LineItemDefinition>),
    /// The worth of a currency.
    Rate(RateDefinition),
    /// A campaign that is to run, wait or end, by name.
    CampaignStatus(String, Status),
    /// A line item that is to run, wait or end, by name.
    LineItemStatus(String, Status),
}
