//! Line items as an index holds them: what many share once, prices as bounds.

use hashbrown::HashMap;

use super::advertiser::Labels;
use super::check::Checks;
use super::creative::CreativeDefinition;
use super::index::{Glance, Index, Indexed, Modifying, Shown};
use super::line_item::LineItem;
use super::price::{Factor, bid};
use super::shape::Shape;
use super::standing::segment;
use crate::catalog::Catalog;
use crate::id::{AdvertiserId, CreativeId, LineItemId, SegmentId};
use crate::rule::Targeting;
use crate::rule::ast::Boolean;

/// Numbers of what many line items share.
pub(super) struct Interned<'a> {
    catalog: &'a Catalog,
    pub(super) checks: Checks,
    currencies: HashMap<String, u16>,
    looks: HashMap<CreativeDefinition, u32>,
    /// The looks of creatives, of those that borrow their categories by advertiser.
    of: HashMap<(CreativeId, Option<AdvertiserId>), u32>,
}

impl<'a> Interned<'a> {
    /// With the checks of rows.
    pub(super) fn new(catalog: &'a Catalog, checks: Checks) -> Self {
        Self {
            catalog,
            checks,
            currencies: HashMap::new(),
            looks: HashMap::new(),
            of: HashMap::new(),
        }
    }

    /// A line item with these rows; its modifiers and creatives go to the index.
    pub(super) fn indexed(
        &mut self,
        number: LineItemId,
        item: &LineItem,
        (start, rows): (u32, u32),
        index: &mut Index,
    ) -> Indexed {
        let (low, high) = bounds(item);
        let currency = self.catalog.book().campaigns.entry(item.campaign.0);
        let currency = currency.map_or_else(String::new, |own| own.definition.currency.clone());
        let currency = self.currency(currency, &mut index.currencies);
        let shows = index.shown.len() as u32;
        self.show(item, index);
        let modifiers = index.modifiers.len() as u32;
        for (group, all) in item.modifiers.iter().enumerate() {
            for (rule, factor) in all {
                let modifying = self.modifying(rule, *factor, group);
                index.modifiers.push(modifying);
            }
        }
        let price = &item.definition.price;
        Indexed {
            low,
            high,
            number,
            start,
            rows: rows as u16,
            currency,
            base: price.base,
            maximum: price.maximum.unwrap_or(i64::MAX),
            modifiers,
            modifiers_len: (index.modifiers.len() as u32 - modifiers) as u16,
            shows,
            creatives: (index.shown.len() as u32 - shows) as u16,
            is_open: item.is_open_market(),
            has_deals: !item.deals.is_empty(),
        }
    }

    /// A modifier; a segment goes by its own number.
    fn modifying(&mut self, rule: &Targeting, factor: Factor, group: usize) -> Modifying {
        let segment = lone_segment(self.catalog, rule);
        let mut check = || {
            let shape = Shape::of(rule, true).owned();
            self.checks.number(self.catalog, &shape)
        };
        Modifying {
            factor,
            number: segment.map_or_else(&mut check, |own| own.0),
            group: group as u8,
            is_segment: segment.is_some(),
        }
    }

    fn currency(&mut self, currency: String, all: &mut Vec<String>) -> u16 {
        let next = all.len() as u16;
        let number = *self.currencies.entry(currency.clone()).or_insert(next);
        if number == next {
            all.push(currency);
        }
        number
    }

    /// Puts the creatives of a line item behind each other.
    fn show(&mut self, item: &LineItem, index: &mut Index) {
        let book = self.catalog.book();
        let campaign = book.campaigns.entry(item.campaign.0);
        let Some((_, advertiser)) = book.owners(item) else {
            return;
        };
        for id in &item.creatives {
            if let Some(creative) = book.creatives.entry(id.0) {
                let labels = creative.labels(advertiser);
                let is_borrowed = *labels != creative.categories;
                let from = campaign.map(|own| own.advertiser).filter(|_| is_borrowed);
                let look = self.look((*id, from), (creative, labels), &mut index.looks);
                let weight = creative.weight;
                index.shown.push(Shown {
                    id: *id,
                    look,
                    weight,
                });
            }
        }
    }

    fn look(
        &mut self,
        key: (CreativeId, Option<AdvertiserId>),
        (creative, labels): (&CreativeDefinition, &Labels),
        all: &mut Vec<CreativeDefinition>,
    ) -> u32 {
        if let Some(known) = self.of.get(&key) {
            return *known;
        }
        let look = CreativeDefinition {
            name: String::new(),
            weight: creative.weight.min(1),
            markup: None,
            native: creative.native.as_ref().map(|own| Box::new(own.outline())),
            image_url: None,
            categories: labels.clone(),
            ..creative.clone()
        };
        let next = all.len() as u32;
        let number = *self.looks.entry(look.clone()).or_insert(next);
        if number == next {
            all.push(look);
        }
        self.of.insert(key, number);
        number
    }
}

/// The segment that a rule asks for and nothing else.
fn lone_segment(catalog: &Catalog, rule: &Targeting) -> Option<SegmentId> {
    match rule {
        Boolean::Leaf(leaf) => segment(catalog, leaf),
        Boolean::And(_) | Boolean::Or(_) | Boolean::Not(_) => None,
    }
}

/// The lowest and the highest bid that a line item can make.
fn bounds(item: &LineItem) -> (i64, i64) {
    let price = &item.definition.price;
    let one = Factor::of(1_000_000);
    let groups = item.modifiers.iter();
    let ends = |pick: fn(Factor, Factor) -> Factor| {
        let groups = groups.clone();
        let group =
            move |group: &Vec<(_, Factor)>| group.iter().fold(one, |end, own| pick(end, own.1));
        groups.map(group).collect::<Vec<_>>()
    };
    let least = |a: Factor, b: Factor| if b.micros() < a.micros() { b } else { a };
    let most = |a: Factor, b: Factor| if b.micros() > a.micros() { b } else { a };
    let maximum = price.maximum.unwrap_or(i64::MAX);
    let bid = |factors: Vec<Factor>| bid(price.base, maximum, factors.into_iter());
    (bid(ends(least)), bid(ends(most)))
}

/// What a glance tells of a line item: everything, if it bids on the open market alone, and in the first currency.
pub(super) fn glance(item: &Indexed, place: u32, shown: &[Shown]) -> Glance {
    let prices = u32::try_from(item.low)
        .ok()
        .zip(u32::try_from(item.high).ok());
    let creatives = shown.get(item.shows as usize..).unwrap_or_default();
    let first = creatives.first().filter(|_| item.creatives > 0);
    match (prices, first) {
        (Some((low, high)), Some(first)) if item.is_plain() => Glance {
            place,
            low,
            high,
            look: first.look,
        },
        _ => Glance {
            place,
            ..Glance::NOTHING
        },
    }
}
