//! The book: everything that auctions know of advertisers and what they want.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::advertiser::AdvertiserDefinition;
use super::campaign::{Campaign, Status};
use super::cap::CapKey;
use super::creative::{CreativeDefinition, DealDefinition};
use super::line_item::LineItem;
use super::list::ListDefinition;
use super::price::Exchange;
use crate::chunked::Chunked;
use crate::id::{AdvertiserId, CampaignId, LineItemId, SegmentId};
use crate::pool::Pool;

/// All entries. A clone is cheap and does not see later changes.
#[derive(Clone, Debug, Default)]
pub struct Book {
    /// Changes with every edit but those of status, flight and budget.
    pub version: u64,
    /// Named lists.
    pub lists: Entries<ListDefinition>,
    /// Advertisers.
    pub advertisers: Entries<AdvertiserDefinition>,
    /// Campaigns.
    pub campaigns: Entries<Campaign>,
    /// Creatives.
    pub creatives: Entries<CreativeDefinition>,
    /// Deals, by id.
    pub deals: Entries<DealDefinition>,
    /// Line items.
    pub line_items: Entries<LineItem>,
    /// Worth of a unit by currency.
    pub rates: BTreeMap<String, i64>,
    /// How many line items name a segment, by number.
    pub(super) segment_uses: Chunked<u32>,
    /// How many line items need the hidden segment of a rule.
    pub(super) hidden: BTreeMap<String, u32>,
}

/// Named entries with dense numbers, in order of definition. A clone shares what was not written since.
#[derive(Clone, Debug)]
pub struct Entries<T> {
    names: Pool,
    entries: Chunked<Option<Arc<T>>>,
}

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self {
            names: Pool::new(),
            entries: Chunked::default(),
        }
    }
}

impl<T> Entries<T> {
    /// The number of the entry called `name`.
    pub fn number(&self, name: &str) -> Option<u32> {
        self.names.code(name.as_bytes())
    }

    /// The entry with a number.
    pub fn entry(&self, number: u32) -> Option<&T> {
        self.entries.get(number)?.as_deref()
    }

    /// The name of the entry with a number.
    pub fn name(&self, number: u32) -> Option<&str> {
        self.names.text(number)
    }

    /// How many there are; all numbers are less.
    pub fn len(&self) -> u32 {
        self.names.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// All names, in order of definition.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).filter_map(|number| self.name(number))
    }

    /// All entries with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        (0..self.len()).filter_map(|number| Some((number, self.entry(number)?)))
    }

    /// Puts an entry under its name and gives its number and what was there before.
    pub(super) fn put(&mut self, name: &str, entry: T) -> (u32, Option<Arc<T>>) {
        let number = self.names.intern(name.as_bytes());
        let new = Arc::new(entry);
        let old = self.entries.update(number, |own| own.replace(new));
        (number, old.flatten())
    }
}

impl Book {
    /// The campaign and advertiser of a line item.
    pub fn owners(&self, item: &LineItem) -> Option<(&Campaign, &AdvertiserDefinition)> {
        let campaign = self.campaigns.entry(item.campaign.0)?;
        let advertiser = self.advertisers.entry(campaign.advertiser.0)?;
        Some((campaign, advertiser))
    }

    /// The status of a line item, that of its campaign considered.
    pub fn status(&self, item: &LineItem) -> Status {
        let campaign = self.campaigns.entry(item.campaign.0);
        let campaign = campaign.map_or(Status::Archived, |own| own.definition.status);
        item.definition.status.max(campaign)
    }

    /// All caps that hold for a line item.
    pub fn caps(&self, number: LineItemId, item: &LineItem) -> Vec<CapKey> {
        let Some((campaign, advertiser)) = self.owners(item) else {
            return Vec::new();
        };
        let (of_campaign, of_advertiser) = (item.campaign, campaign.advertiser);
        let own = (0..item.definition.caps.len()).map(|cap| CapKey::LineItem(number, cap as u16));
        let shared = (0..campaign.definition.caps.len())
            .map(|cap| CapKey::Campaign(of_campaign, cap as u16));
        let all =
            (0..advertiser.caps.len()).map(|cap| CapKey::Advertiser(of_advertiser, cap as u16));
        own.chain(shared).chain(all).collect()
    }

    /// From one currency to another; `None` when a rate is missing. Empty is USD.
    pub fn exchange(&self, from: &str, to: &str) -> Option<Exchange> {
        let (from, to) = (currency(from), currency(to));
        if from == to {
            return Some(Exchange::SAME);
        }
        Some(Exchange::between(
            *self.rates.get(from)?,
            *self.rates.get(to)?,
        ))
    }

    /// How many line items need a segment, as such or as a hidden one.
    pub fn uses(&self, segment: SegmentId, name: &str) -> u32 {
        let hidden = name
            .strip_prefix(HIDDEN)
            .and_then(|rule| self.hidden.get(rule));
        self.segment_uses.get(segment.0).copied().unwrap_or(0) + hidden.copied().unwrap_or(0)
    }

    /// The number of a campaign.
    pub fn campaign_id(&self, name: &str) -> Option<CampaignId> {
        self.campaigns.number(name).map(CampaignId)
    }

    /// The number of an advertiser.
    pub fn advertiser_id(&self, name: &str) -> Option<AdvertiserId> {
        self.advertisers.number(name).map(AdvertiserId)
    }

    /// The number of a line item.
    pub fn line_item_id(&self, name: &str) -> Option<LineItemId> {
        self.line_items.number(name).map(LineItemId)
    }

    /// One text for each entry, for hashes of the content.
    pub(crate) fn write(&self, out: &mut Vec<String>) {
        out.extend(self.lists.iter().map(|(_, own)| format!("{own:?}")));
        out.extend(self.advertisers.iter().map(|(_, own)| format!("{own:?}")));
        let campaigns = self.campaigns.iter();
        out.extend(campaigns.map(|(_, own)| format!("{:?}", own.definition)));
        out.extend(self.creatives.iter().map(|(_, own)| format!("{own:?}")));
        out.extend(self.deals.iter().map(|(_, own)| format!("{own:?}")));
        let line_items = self.line_items.iter();
        out.extend(line_items.map(|(_, own)| format!("{:?}", own.definition)));
        out.extend(self.rates.iter().map(|own| format!("rate {own:?}")));
    }
}

/// Equal when the entries are, whatever edits led there. Slow.
impl PartialEq for Book {
    fn eq(&self, other: &Self) -> bool {
        let (mut own, mut others) = (Vec::new(), Vec::new());
        self.write(&mut own);
        other.write(&mut others);
        own == others
    }
}

/// What the names of hidden segments begin with; no name of a user does.
pub(crate) const HIDDEN: &str = "#";

/// USD where nothing is said.
pub fn currency(said: &str) -> &str {
    if said.is_empty() { "USD" } else { said }
}
