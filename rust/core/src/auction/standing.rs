//! How line items stand at a time: what changes from minute to minute and not with a request.

use std::collections::{BTreeMap, BTreeSet};

use super::book::Book;
use super::campaign::Status;
use super::line_item::LineItem;
use super::reason::Stage;
use crate::catalog::Catalog;
use crate::id::{CampaignId, LineItemId, SegmentId};
use crate::rule::plan::Leaf;
use crate::rule::targeting::Target;
use crate::time::Instant;

/// A probability of one, in 65,536ths.
pub const ALWAYS: u32 = 65_536;

/// What is known beside the book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Now.
    pub time: Instant,
    /// Segments that are not live yet.
    pub building: BTreeSet<SegmentId>,
    /// Line items whose budget is spent.
    pub spent: BTreeSet<LineItemId>,
    /// Campaigns whose budget is spent.
    pub spent_campaigns: BTreeSet<CampaignId>,
    /// With what probability a line item takes part, in 65,536ths; absent: always.
    pub pace: BTreeMap<LineItemId, u32>,
}

impl Standing {
    /// Nothing is building, nothing is spent, nothing is held back.
    pub const fn at(time: Instant) -> Self {
        Self {
            time,
            building: BTreeSet::new(),
            spent: BTreeSet::new(),
            spent_campaigns: BTreeSet::new(),
            pace: BTreeMap::new(),
        }
    }

    /// With what probability a line item takes part.
    pub fn pace(&self, number: LineItemId) -> u32 {
        self.pace.get(&number).copied().unwrap_or(ALWAYS)
    }

    /// The first stage at which a line item falls in whatever auction; `None`: at none.
    pub fn falls(&self, catalog: &Catalog, number: LineItemId, item: &LineItem) -> Option<Stage> {
        let book = catalog.book();
        let campaign = book.campaigns.entry(item.campaign.0);
        let flight = campaign.map(|own| own.definition.flight);
        let runs = item.definition.flight.covers(self.time)
            && flight.is_none_or(|flight| flight.covers(self.time));
        let spent = self.spent.contains(&number) || self.spent_campaigns.contains(&item.campaign);
        if self.waits(catalog, item) {
            Some(Stage::Building)
        } else if book.status(item) != Status::Active {
            Some(Stage::Status)
        } else if !runs {
            Some(Stage::Flight)
        } else if spent {
            Some(Stage::Budget)
        } else {
            None
        }
    }

    /// Whether a segment that it needs is not live yet.
    fn waits(&self, catalog: &Catalog, item: &LineItem) -> bool {
        if self.building.is_empty() {
            return false;
        }
        let leaves = item.rules().flat_map(|rule| rule.leaves());
        let mut segments = leaves.filter_map(|leaf| segment(catalog, leaf));
        segments.any(|segment| self.building.contains(&segment))
    }

    /// The first instant after now at which a flight begins or ends; `None`: never.
    pub fn stands_until(&self, book: &Book) -> Option<Instant> {
        let items = book.line_items.iter().map(|(_, own)| own.definition.flight);
        let campaigns = book.campaigns.iter().map(|(_, own)| own.definition.flight);
        let turns = items.chain(campaigns);
        turns.filter_map(|flight| flight.turns(self.time)).min()
    }
}

/// The segment, hidden ones too, that a condition on the profile is asked of.
pub fn segment(catalog: &Catalog, leaf: &Target) -> Option<SegmentId> {
    match leaf {
        Target::Context(..) => None,
        Target::Profile(Leaf::Segment(id, None), _) => Some(*id),
        Target::Profile(_, rule) => catalog.segment_id(&format!("{}{rule}", super::book::HIDDEN)),
    }
}
