//! Caps: at most so many exposures of a person within a sliding window.

use super::book::Book;
use crate::id::{AdvertiserId, CampaignId, LineItemId};
use crate::time::Duration;

/// Exposures that count where a cap names none.
pub(super) const EXPOSURES: [&str; 2] = ["impression", "send"];

/// At most `count` exposures within `window`. A minimum gap between exposures is a count of one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CapDefinition {
    /// How many; 0 stops whatever has the cap.
    pub count: u32,
    /// Within (t - window, t].
    pub window: Duration,
    /// Whose exposures are counted together.
    pub unit: CapUnit,
    /// Event types that count; empty: `impression` and `send`, as far as they are declared.
    pub types: Vec<String>,
}

impl CapDefinition {
    /// Whether events of a type count for it.
    pub fn counts(&self, event_type: &str) -> bool {
        if self.types.is_empty() {
            EXPOSURES.contains(&event_type)
        } else {
            self.types.iter().any(|own| own == event_type)
        }
    }
}

/// Whose exposures are counted together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CapUnit {
    /// A profile's.
    #[default]
    Profile,
    /// A household's; of a profile without one its own.
    Household,
}

/// One cap: what it stands on, and its place in the list there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CapKey {
    /// Of an advertiser.
    Advertiser(AdvertiserId, u16),
    /// Of a campaign.
    Campaign(CampaignId, u16),
    /// Of a line item.
    LineItem(LineItemId, u16),
}

/// All caps of the book.
pub(super) fn each_cap(book: &Book, mut visit: impl FnMut(CapKey, &CapDefinition)) {
    for (number, own) in book.advertisers.iter() {
        for (place, cap) in own.caps.iter().enumerate() {
            visit(CapKey::Advertiser(AdvertiserId(number), place as u16), cap);
        }
    }
    for (number, own) in book.campaigns.iter() {
        for (place, cap) in own.definition.caps.iter().enumerate() {
            visit(CapKey::Campaign(CampaignId(number), place as u16), cap);
        }
    }
    for (number, own) in book.line_items.iter() {
        for (place, cap) in own.definition.caps.iter().enumerate() {
            visit(CapKey::LineItem(LineItemId(number), place as u16), cap);
        }
    }
}

/// The cap of a key; none where the entry is no more, or has fewer.
pub(super) fn cap(book: &Book, key: CapKey) -> Option<&CapDefinition> {
    match key {
        CapKey::Advertiser(id, place) => book.advertisers.entry(id.0)?.caps.get(place as usize),
        CapKey::Campaign(id, place) => {
            let own = book.campaigns.entry(id.0)?;
            own.definition.caps.get(place as usize)
        }
        CapKey::LineItem(id, place) => {
            let own = book.line_items.entry(id.0)?;
            own.definition.caps.get(place as usize)
        }
    }
}
