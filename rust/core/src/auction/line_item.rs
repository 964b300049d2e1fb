//! Line items: what may bid.

use super::book::Book;
use super::campaign::{Budget, Flight, Status};
use super::cap::CapDefinition;
use super::creative::CreativeDefinition;
use super::price::{Factor, PriceDefinition};
use super::request::Purposes;
use crate::id::{CampaignId, CreativeId, DealId};
use crate::rule::Targeting;

/// A line item.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct LineItemDefinition {
    /// Its name.
    pub name: String,
    /// The campaign that it is of, by name.
    pub campaign: String,
    /// Whether it runs.
    pub status: Status,
    /// For whom and where: a rule over context and profile; empty: everywhere.
    pub rule: String,
    /// When it runs.
    pub flight: Flight,
    /// What it may spend.
    pub budget: Budget,
    /// How it spends.
    pub pacing: Pacing,
    /// Caps of its own.
    pub caps: Vec<CapDefinition>,
    /// What it bids.
    pub price: PriceDefinition,
    /// What it shows, by name; without any it always falls at creative.
    pub creatives: Vec<String>,
    /// Deals that it may bid on, by id.
    pub deals: Vec<String>,
    /// Whether it bids without a deal; `None`: when it has none.
    pub open_market: Option<bool>,
    /// TCF purposes that it needs where GDPR applies.
    pub purposes: Purposes,
}

/// How budget is spent over time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pacing {
    /// Whenever there is a chance.
    #[default]
    AsFast,
    /// As evenly as time left and budget left allow.
    Even,
}

/// A line item in the book.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LineItem {
    /// As defined last.
    pub definition: LineItemDefinition,
    /// The campaign that it is of.
    pub campaign: CampaignId,
    /// The rule, checked; `None`: everywhere.
    pub targeting: Option<Targeting>,
    /// By group of modifiers, the largest factor first.
    pub modifiers: Vec<Vec<(Targeting, Factor)>>,
    /// What it shows, without repetitions.
    pub creatives: Vec<CreativeId>,
    /// Deals that it may bid on, without repetitions.
    pub deals: Vec<DealId>,
}

impl LineItem {
    /// What it shows, as the book has it.
    pub fn shown<'a>(&'a self, book: &'a Book) -> impl Iterator<Item = &'a CreativeDefinition> {
        let creatives = self.creatives.iter();
        creatives.filter_map(|own| book.creatives.entry(own.0))
    }

    /// Whether it bids without a deal.
    pub fn is_open_market(&self) -> bool {
        let set = self.definition.open_market;
        set.unwrap_or(self.definition.deals.is_empty())
    }

    /// All rules that it consists of: its own and those of its modifiers.
    pub fn rules(&self) -> impl Iterator<Item = &Targeting> {
        let modifiers = self.modifiers.iter().flatten();
        self.targeting.iter().chain(modifiers.map(|(rule, _)| rule))
    }
}
