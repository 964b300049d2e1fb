//! What has spent keeps its currency: amounts are kept in that of the campaign.

use super::book::currency;
use super::campaign::Campaign;
use super::entry::Entry;
use super::reservation::Phase;
use super::spend::Spend;
use crate::catalog::Catalog;
use crate::error::{Error, Result};
use crate::id::LineItemId;
use crate::time::Instant;
use crate::view::View;

/// Refuses entries that lead to `next` where what was spent or is reserved would be read in another currency. An error names the entry.
pub(crate) fn refuse_other_currencies(
    view: &View,
    next: &Catalog,
    entries: &[Entry],
    time: Instant,
) -> Result<()> {
    for (number, entry) in entries.iter().enumerate() {
        let refused = match entry {
            Entry::Campaign(own) => campaign(view, next, &own.name, time),
            Entry::LineItem(own) => line_item(view, next, &own.name, time),
            Entry::List(_)
            | Entry::Advertiser(_)
            | Entry::Creative(_)
            | Entry::Deal(_)
            | Entry::Rate(_)
            | Entry::CampaignStatus(..)
            | Entry::LineItemStatus(..) => Ok(()),
        };
        refused.map_err(|error| error.within(&format!("entries[{number}]")))?;
    }
    Ok(())
}

fn campaign(view: &View, next: &Catalog, name: &str, time: Instant) -> Result<()> {
    let (old, new) = (view.catalog().book(), next.book());
    let Some(id) = old.campaign_id(name) else {
        return Ok(());
    };
    let both = old.campaigns.entry(id.0).zip(new.campaigns.entry(id.0));
    let Some((before, _)) = both.filter(differ) else {
        return Ok(());
    };
    let is_its = |item: LineItemId| {
        let item = old.line_items.entry(item.0);
        item.is_some_and(|own| own.campaign == id)
    };
    // What a line item spent elsewhere before is read in this currency too.
    let mut items = old.line_items.iter().map(|(number, _)| LineItemId(number));
    let has_spent = |item: LineItemId| view.spending().of_line_item(item).is_some();
    let by_item = items.any(|item| has_spent(item) && is_its(item));
    let spent = view.spending().of_campaign(id).map_or(0, Spend::total);
    let spent = spent.max(i64::from(by_item));
    refuse("campaign.currency", before, spent, (view, time), is_its)
}

fn line_item(view: &View, next: &Catalog, name: &str, time: Instant) -> Result<()> {
    let (old, new) = (view.catalog().book(), next.book());
    let Some(id) = old.line_item_id(name) else {
        return Ok(());
    };
    let both = old.line_items.entry(id.0).zip(new.line_items.entry(id.0));
    let both = both.and_then(|(before, after)| {
        let before = old.campaigns.entry(before.campaign.0)?;
        Some((before, new.campaigns.entry(after.campaign.0)?))
    });
    let Some((before, _)) = both.filter(differ) else {
        return Ok(());
    };
    let spent = view.spending().of_line_item(id).map_or(0, Spend::total);
    refuse("line_item.campaign", before, spent, (view, time), |own| {
        own == id
    })
}

fn differ((before, after): &(&Campaign, &Campaign)) -> bool {
    currency(&before.definition.currency) != currency(&after.definition.currency)
}

fn refuse(
    field: &str,
    before: &Campaign,
    spent: i64,
    (view, time): (&View, Instant),
    is_its: impl Fn(LineItemId) -> bool,
) -> Result<()> {
    let mut reserved = view.reservations().iter().map(|(_, own)| own);
    let is_owed = |phase: Phase| matches!(phase, Phase::Held | Phase::Lapsed);
    let mut is_reserved =
        || reserved.any(|own| own.cost != 0 && is_owed(own.phase(time)) && is_its(own.line_item));
    if spent == 0 && !is_reserved() {
        return Ok(());
    }
    let known = currency(&before.definition.currency);
    let message = format!(
        "{known} was spent or is reserved, and amounts are not converted: make another campaign"
    );
    Err(Error::state(field, message))
}
