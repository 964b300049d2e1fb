//! Edits of the book: what is wrong with an entry, and what comes of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::book::{Book, HIDDEN};
use super::campaign::{Budget, Campaign, CampaignDefinition, Flight, Status};
use super::cap::{CapDefinition, EXPOSURES, each_cap};
use super::creative::CreativeDefinition;
use super::entry::Entry;
use super::exposure::{CAMPAIGN, LINE_ITEM};
use super::line_item::{LineItem, LineItemDefinition};
use super::price::{Factor, ModifierGroup, RateDefinition, is_currency};
use super::request::Media;
use crate::catalog::{Catalog, SegmentDefinition};
use crate::error::{Error, Result};
use crate::id::{CreativeId, DealId, SegmentId};
use crate::rule::plan::Leaf;
use crate::rule::targeting::{Target, hidden_rules};
use crate::rule::{Targeting, check_targeting, parse_targeting, shown};
use crate::time::{Duration, Instant};
use crate::value::Kind;

/// Longest name in bytes.
const LONGEST_NAME: usize = 128;
/// Most caps of one entry.
const MOST_CAPS: usize = 64;
/// Longest markup of a creative in bytes.
const LONGEST_MARKUP: usize = 256 << 10;

impl Catalog {
    /// Defines or edits all of them, in order, or none, and gives the hidden segments that came or went.
    ///
    /// An error names the entry by its place and the field in it.
    pub fn define_entries(&mut self, entries: &[Entry], time: Instant) -> Result<Vec<SegmentId>> {
        let mut next = self.clone();
        let old_hidden = self.book.hidden.clone();
        for (number, entry) in entries.iter().enumerate() {
            next.define_entry(entry)
                .map_err(|error| error.within(&format!("entries[{number}]")))?;
        }
        let touched = next.settle_hidden(&old_hidden, time)?;
        *self = next;
        Ok(touched)
    }

    fn define_entry(&mut self, entry: &Entry) -> Result<()> {
        match entry {
            Entry::List(list) => {
                check_label("list.name", &list.name)?;
                self.edit().lists.put(&list.name, list.clone());
            }
            Entry::Advertiser(advertiser) => {
                check_label("advertiser.name", &advertiser.name)?;
                self.check_caps("advertiser.caps", &advertiser.caps, &[LINE_ITEM, CAMPAIGN])?;
                let book = self.edit();
                book.advertisers.put(&advertiser.name, advertiser.clone());
            }
            Entry::Creative(creative) => {
                check_label("creative.name", &creative.name)?;
                check_markup(creative.markup.as_deref())?;
                check_native(creative)?;
                self.edit().creatives.put(&creative.name, creative.clone());
            }
            Entry::Deal(deal) => {
                check_label("deal.id", &deal.id)?;
                self.edit().deals.put(&deal.id, deal.clone());
            }
            Entry::Rate(rate) => {
                check_rate(rate)?;
                let book = self.edit();
                book.rates.insert(rate.currency.clone(), rate.worth);
            }
            Entry::Campaign(campaign) => self.define_campaign(campaign)?,
            Entry::LineItem(item) => self.define_line_item(item)?,
            Entry::CampaignStatus(name, status) => self.set_campaign_status(name, *status)?,
            Entry::LineItemStatus(name, status) => self.set_status(name, *status)?,
        }
        Ok(())
    }

    /// The book, to be changed in more than status, flight and budget.
    fn edit(&mut self) -> &mut Book {
        let book = Arc::make_mut(&mut self.book);
        book.version += 1;
        book
    }

    fn define_campaign(&mut self, definition: &CampaignDefinition) -> Result<()> {
        check_label("campaign.name", &definition.name)?;
        let known = self.book.advertiser_id(&definition.advertiser);
        let advertiser = known
            .ok_or_else(|| unknown("campaign.advertiser", "advertiser", &definition.advertiser))?;
        check_flight("campaign.flight", definition.flight)?;
        check_budget("campaign.budget", definition.budget)?;
        if definition.utc_offset.unsigned_abs() > 14 * 60 {
            let message = "more than 14 hours from UTC";
            return Err(Error::invalid("campaign.utc_offset", message));
        }
        check_currency("campaign.currency", &definition.currency)?;
        self.check_caps("campaign.caps", &definition.caps, &[LINE_ITEM, CAMPAIGN])?;
        let campaign = Campaign {
            definition: definition.clone(),
            advertiser,
        };
        self.edit().campaigns.put(&definition.name, campaign);
        Ok(())
    }

    fn set_campaign_status(&mut self, name: &str, status: Status) -> Result<()> {
        let book = Arc::make_mut(&mut self.book);
        let number = book.campaigns.number(name);
        let known = number.and_then(|number| book.campaigns.entry(number));
        let mut campaign = known
            .ok_or_else(|| unknown("campaign_status.name", "campaign", name))?
            .clone();
        // Line items of archived campaigns may be missing in an index.
        book.version += u64::from(campaign.definition.status == Status::Archived);
        campaign.definition.status = status;
        book.campaigns.put(name, campaign);
        Ok(())
    }

    fn set_status(&mut self, name: &str, status: Status) -> Result<()> {
        let number = self.book.line_items.number(name);
        let known = number.and_then(|number| self.book.line_items.entry(number));
        let item = known.ok_or_else(|| unknown("line_item_status.name", "line item", name))?;
        let mut definition = item.definition.clone();
        definition.status = status;
        self.define_line_item(&definition)
    }

    fn define_line_item(&mut self, definition: &LineItemDefinition) -> Result<()> {
        let number = self.book.line_items.number(&definition.name);
        let old = number.and_then(|number| self.book.line_items.entry(number));
        let is_light = old.is_some_and(|old| is_light(&old.definition, definition));
        let item = match old {
            Some(old) if is_light => {
                check_flight("line_item.flight", definition.flight)?;
                check_budget("line_item.budget", definition.budget)?;
                LineItem {
                    definition: definition.clone(),
                    ..old.clone()
                }
            }
            Some(_) | None => self.checked(definition)?,
        };
        let book = Arc::make_mut(&mut self.book);
        book.version += u64::from(!is_light);
        book.count_uses(&item, 1);
        let (_, old) = book.line_items.put(&definition.name, item);
        if let Some(old) = old {
            book.count_uses(&old, -1);
        }
        Ok(())
    }

    fn checked(&self, definition: &LineItemDefinition) -> Result<LineItem> {
        check_label("line_item.name", &definition.name)?;
        let known = self.book.campaign_id(&definition.campaign);
        let campaign =
            known.ok_or_else(|| unknown("line_item.campaign", "campaign", &definition.campaign))?;
        check_flight("line_item.flight", definition.flight)?;
        check_budget("line_item.budget", definition.budget)?;
        self.check_caps("line_item.caps", &definition.caps, &[LINE_ITEM])?;
        let price = &definition.price;
        price.check().map_err(|error| error.within("line_item"))?;
        let targeting = match definition.rule.trim() {
            "" => None,
            rule => Some(
                self.targeting(rule)
                    .map_err(|error| error.within("line_item"))?,
            ),
        };
        let modifiers = price.groups.iter().enumerate().map(|(number, group)| {
            let made = self.modifiers(group);
            made.map_err(|error| error.within(&format!("groups[{number}]")))
        });
        let modifiers = modifiers.collect::<Result<Vec<_>>>();
        let creatives = |name: &String| self.book.creatives.number(name);
        let deals = |id: &String| self.book.deals.number(id);
        let field = "line_item.creatives";
        let creatives = numbers(field, "creative", &definition.creatives, creatives)?;
        let deals = numbers("line_item.deals", "deal", &definition.deals, deals)?;
        Ok(LineItem {
            definition: definition.clone(),
            campaign,
            targeting,
            modifiers: modifiers.map_err(|error| error.within("line_item.price"))?,
            creatives: creatives.into_iter().map(CreativeId).collect(),
            deals: deals.into_iter().map(DealId).collect(),
        })
    }

    /// Parses and checks the rule of a line item.
    pub fn targeting(&self, rule: &str) -> Result<Targeting> {
        let limits = self.limits();
        let targeting = check_targeting(&parse_targeting(rule, limits)?, self, limits)?;
        self.refuse_paused(&plain_segments(&targeting).collect())?;
        Ok(targeting)
    }

    fn modifiers(&self, group: &ModifierGroup) -> Result<Vec<(Targeting, Factor)>> {
        let mut modifiers = Vec::with_capacity(group.modifiers.len());
        for (place, modifier) in group.modifiers.iter().enumerate() {
            let rule = self.targeting(&modifier.condition);
            let field = format!("modifiers[{place}].condition");
            let rule = rule.map_err(|error| error.within(&field))?;
            modifiers.push((rule, modifier.factor));
        }
        modifiers.sort_by_key(|(_, factor)| std::cmp::Reverse(*factor));
        let factor = |(rule, factor)| (rule, Factor::of(factor));
        Ok(modifiers.into_iter().map(factor).collect())
    }

    /// Refuses caps that would never count; `names`: properties one of which says what was shown.
    fn check_caps(&self, field: &str, caps: &[CapDefinition], names: &[&str]) -> Result<()> {
        if caps.len() > MOST_CAPS {
            let message = format!("{}: at most {MOST_CAPS}", caps.len());
            return Err(Error::invalid(field, message));
        }
        for (number, cap) in caps.iter().enumerate() {
            let invalid = |part: &str, message: String| {
                Err(Error::invalid(format!("{field}[{number}].{part}"), message))
            };
            if cap.window < Duration::SECOND {
                return invalid("window", "shorter than a second".to_owned());
            }
            let types = self.exposure_types(&cap.types);
            if types.is_empty() {
                return invalid("types", "no type of exposure is declared".to_owned());
            }
            let mut says_any = false;
            for name in types {
                let id = self.event_type_id(name);
                let Some(declared) = id.and_then(|id| self.event_type(id)) else {
                    return invalid("types", format!("there is no event type {}", shown(name)));
                };
                let mut own = declared.definition.properties.iter();
                says_any |=
                    own.any(|own| own.kind == Kind::String && names.contains(&own.name.as_str()));
                let retention = declared.definition.retention;
                if let Some(retention) = retention.filter(|own| *own < cap.window) {
                    let window = cap.window;
                    let message =
                        format!("{window} is longer than {retention}, for which {name:?} is kept");
                    return invalid("window", message);
                }
            }
            if !says_any {
                let names = names.join(" or ");
                let message =
                    format!("none of them has a text property {names}: nothing would count");
                return invalid("types", message);
            }
        }
        Ok(())
    }

    /// Refuses to keep a new type for less than the window of a cap that it counts for.
    pub(crate) fn refuse_shorter_than_caps(&self, name: &str, retention: Duration) -> Result<()> {
        let mut longest: Option<Duration> = None;
        each_cap(&self.book, |_, cap| {
            if cap.counts(name) {
                longest = longest.max(Some(cap.window));
            }
        });
        match longest.filter(|window| retention < *window) {
            Some(window) => {
                let message = format!(
                    "{retention} is shorter than {window}, the window of a cap that it counts for"
                );
                Err(Error::state("event_type.retention", message))
            }
            None => Ok(()),
        }
    }

    fn exposure_types<'a>(&self, types: &'a [String]) -> Vec<&'a str> {
        if types.is_empty() {
            let declared = |name: &&str| self.event_type_id(name).is_some();
            return EXPOSURES.into_iter().filter(declared).collect();
        }
        types.iter().map(String::as_str).collect()
    }

    /// Defines the hidden segments that are needed now and deletes those that no longer are.
    fn settle_hidden(
        &mut self,
        old: &BTreeMap<String, u32>,
        time: Instant,
    ) -> Result<Vec<SegmentId>> {
        let book = Arc::clone(&self.book);
        let mut touched = Vec::new();
        for rule in old.keys().filter(|rule| !book.hidden.contains_key(*rule)) {
            touched.push(self.delete_segment(&format!("{HIDDEN}{rule}"))?);
        }
        for rule in book.hidden.keys().filter(|rule| !old.contains_key(*rule)) {
            let definition = SegmentDefinition {
                name: format!("{HIDDEN}{rule}"),
                rule: rule.clone(),
                description: String::new(),
            };
            touched.push(self.define_hidden_segment(definition, time)?);
        }
        Ok(touched)
    }
}

impl Book {
    /// One use more or less of every segment that a line item names; an archived one needs none.
    fn count_uses(&mut self, item: &LineItem, change: i32) {
        if item.definition.status == Status::Archived {
            return;
        }
        let segments: BTreeSet<_> = item.rules().flat_map(plain_segments).collect();
        for segment in segments {
            let uses = &mut self.segment_uses;
            uses.update(segment.0, |uses| *uses = uses.saturating_add_signed(change));
        }
        let rules: BTreeSet<_> = item.rules().flat_map(hidden_rules).collect();
        for rule in rules {
            let uses = self.hidden.entry(rule.to_owned()).or_default();
            *uses = uses.saturating_add_signed(change);
            if *uses == 0 {
                self.hidden.remove(rule);
            }
        }
    }
}

/// The segments that a rule names as such.
fn plain_segments(rule: &Targeting) -> impl Iterator<Item = SegmentId> {
    rule.leaves().into_iter().filter_map(|leaf| match leaf {
        Target::Profile(Leaf::Segment(id, None), _) => Some(*id),
        Target::Profile(..) | Target::Context(..) => None,
    })
}

/// Whether an edit changes nothing but status, flight and budget, and does not bring back what was archived.
fn is_light(old: &LineItemDefinition, new: &LineItemDefinition) -> bool {
    let same = LineItemDefinition {
        status: new.status,
        flight: new.flight,
        budget: new.budget,
        ..old.clone()
    };
    same == *new && old.status != Status::Archived
}

fn unknown(field: &str, noun: &str, name: &str) -> Error {
    Error::invalid(field, format!("there is no {noun} {}", shown(name)))
}

/// The numbers behind names, each once.
fn numbers(
    field: &str,
    noun: &str,
    names: &[String],
    number: impl Fn(&String) -> Option<u32>,
) -> Result<Vec<u32>> {
    let mut numbers = Vec::with_capacity(names.len());
    for name in names {
        let number = number(name).ok_or_else(|| unknown(field, noun, name))?;
        if !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    Ok(numbers)
}

fn check_markup(markup: Option<&str>) -> Result<()> {
    let actual = markup.map_or(0, str::len);
    check_limit("creative.markup".to_owned(), LONGEST_MARKUP, actual)
}

/// More than the limit of something is an error of its field.
pub(super) fn check_limit(field: String, limit: usize, actual: usize) -> Result<()> {
    if actual <= limit {
        return Ok(());
    }
    Err(Error::Limit {
        field,
        limit: limit as u64,
        actual: actual as u64,
    })
}

fn check_native(creative: &CreativeDefinition) -> Result<()> {
    let Some(ad) = &creative.native else {
        return Ok(());
    };
    let field = "creative.native";
    if creative.media != Media::Native {
        return Err(Error::invalid(field, "is no part of another media type"));
    }
    if creative.markup.is_some() {
        return Err(Error::invalid(field, "may not stand beside markup"));
    }
    ad.check(field, LONGEST_MARKUP)
}

fn check_label(field: &str, name: &str) -> Result<()> {
    if name.is_empty() || name.len() > LONGEST_NAME {
        let message = format!("{} does not have 1 to {LONGEST_NAME} bytes", shown(name));
        return Err(Error::invalid(field, message));
    }
    Ok(())
}

fn check_flight(field: &str, flight: Flight) -> Result<()> {
    match (flight.start, flight.end) {
        (Some(start), Some(end)) if end <= start => {
            Err(Error::invalid(field, "ends before it begins"))
        }
        _ => Ok(()),
    }
}

fn check_budget(field: &str, budget: Budget) -> Result<()> {
    let amounts = [budget.total, budget.day].into_iter().flatten();
    if amounts.min().is_some_and(|least| least < 0) {
        return Err(Error::invalid(field, "is negative"));
    }
    Ok(())
}

fn check_currency(field: &str, currency: &str) -> Result<()> {
    if currency.is_empty() || is_currency(currency) {
        return Ok(());
    }
    let message = format!("{} is not three capital letters", shown(currency));
    Err(Error::invalid(field, message))
}

fn check_rate(rate: &RateDefinition) -> Result<()> {
    check_currency("rate.currency", &rate.currency)?;
    if rate.currency.is_empty() {
        return Err(Error::invalid("rate.currency", "is empty"));
    }
    if rate.worth <= 0 {
        return Err(Error::invalid("rate.worth", "is not more than 0"));
    }
    Ok(())
}
