//! Campaigns: flights, budgets and caps that line items share.

use super::cap::CapDefinition;
use crate::id::AdvertiserId;
use crate::time::Instant;

/// A campaign.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct CampaignDefinition {
    /// Its name.
    pub name: String,
    /// Whose it is, by name.
    pub advertiser: String,
    /// Whether it runs; line items of one that does not fall at status, those of an archived one are archived too.
    pub status: Status,
    /// When it runs.
    pub flight: Flight,
    /// What it may spend.
    pub budget: Budget,
    /// Minutes that its days are ahead of UTC.
    pub utc_offset: i32,
    /// What prices and budgets are in; empty is USD.
    pub currency: String,
    /// Caps over all its line items.
    pub caps: Vec<CapDefinition>,
}

/// A campaign in the book.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Campaign {
    /// As defined last.
    pub definition: CampaignDefinition,
    /// Whose it is.
    pub advertiser: AdvertiserId,
}

/// Whether something runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// It runs.
    #[default]
    Active,
    /// It waits.
    Paused,
    /// It is over: never looked at, never counted.
    Archived,
}

/// When something runs: [start, end).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Flight {
    /// From; `None`: always before.
    pub start: Option<Instant>,
    /// Until, not included; `None`: for ever.
    pub end: Option<Instant>,
}

impl Flight {
    /// Whether it runs at `t`.
    pub fn covers(&self, t: Instant) -> bool {
        self.start.is_none_or(|start| start <= t) && self.end.is_none_or(|end| t < end)
    }

    /// The first instant after `t` at which that turns; `None`: never.
    pub fn turns(&self, t: Instant) -> Option<Instant> {
        let bounds = [self.start, self.end].into_iter().flatten();
        bounds.filter(|bound| *bound > t).min()
    }
}

/// What may be spent, in micro units; `None`: any amount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Budget {
    /// In all.
    pub total: Option<i64>,
    /// On each day.
    pub day: Option<i64>,
}
