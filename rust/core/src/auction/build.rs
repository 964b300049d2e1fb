//! An index from a catalog.

use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::HashMap;

use super::campaign::Status;
use super::check::Checks;
use super::clause::Key;
use super::code::{Code, CodedRow, Subject};
use super::compile::stage_of;
use super::creative::CreativeDefinition;
use super::demand::Demands;
use super::index::{Blocks, Checked, Glance, Index, Indexed, Modifying, NONE, Shown};
use super::layout::Layout;
use super::line_item::LineItem;
use super::membership::Memberships;
use super::posting::{Postings, clear, set};
use super::price::{Factor, bid};
use super::shape::Shape;
use super::slot::{Codes, Slot};
use super::standing::segment;
use crate::bitmap::line::{LINE_BITS, Line};
use crate::catalog::Catalog;
use crate::id::{AdvertiserId, CreativeId, LineItemId, SegmentId};
use crate::rule::Targeting;
use crate::rule::ast::Boolean;

/// The fewest rows of a value that are kept as lines.
const LEAST_DENSE: usize = 64;
/// Rows that weigh as much as a line: see the crate doc.
const ROWS_PER_DENSE: usize = 400;

impl Index {
    /// Builds the index of all line items that are not archived. Takes seconds for a million.
    pub fn build(catalog: &Catalog) -> Self {
        let book = catalog.book();
        let items = book.line_items.iter();
        let items = items.filter(|(_, item)| book.status(item) != Status::Archived);
        let items: Vec<_> = items
            .map(|(number, own)| (LineItemId(number), own))
            .collect();
        let (mut code, mut checks) = (Code::default(), Checks::default());
        for (_, item) in &items {
            code.push(catalog, item, &mut checks);
        }
        let layout = Layout::of(&code);
        Builder {
            catalog,
            limit: (layout.rows / ROWS_PER_DENSE).max(LEAST_DENSE),
            items,
            code,
            layout,
        }
        .index(checks)
    }
}

struct Builder<'a> {
    catalog: &'a Catalog,
    items: Vec<(LineItemId, &'a LineItem)>,
    code: Code,
    layout: Layout,
    /// Values of so many rows are kept as lines.
    limit: usize,
}

/// What becomes a slot.
struct Raw {
    present: Vec<Line>,
    absent: Vec<Line>,
    add: Vec<(u32, u32)>,
    sub: Vec<(u32, u32)>,
}

impl Builder<'_> {
    fn index(self, mut checks: Checks) -> Index {
        let (slots, segments) = self.slots();
        let mut index = Index {
            identity: Arc::default(),
            catalog: self.catalog.clone(),
            width: self.layout.width,
            glances: vec![Glance::NOTHING; self.layout.width * LINE_BITS],
            ends: self.ends(),
            items: Vec::with_capacity(self.items.len()),
            places: vec![NONE; self.catalog.book().line_items.len() as usize],
            slots,
            codes: self.codes(),
            segments,
            demands: self.demands(),
            checks: Checks::default(),
            checked: std::array::from_fn(|_| Checked::default()),
            needs_person: self.lines(),
            capped: self.lines(),
            open: self.lines(),
            all_open: true,
            deals: Postings::default(),
            advertisers: Postings::default(),
            caps: HashMap::new(),
            capped_by: Postings::default(),
            purposes: BTreeMap::new(),
            blocks: self.blocks(),
            modifiers: Vec::new(),
            shown: Vec::new(),
            looks: Vec::new(),
            currencies: Vec::new(),
        };
        self.put_items(&mut index, &mut checks);
        self.put_rows(&mut index);
        index.checks = checks;
        index
    }

    fn lines(&self) -> Vec<Line> {
        vec![Line::default(); self.layout.width]
    }

    fn ends(&self) -> Option<Vec<Line>> {
        if self.code.rows.len() == self.items.len() {
            return None;
        }
        let mut ends = vec![Line::FULL; self.layout.width];
        for (item, start) in &self.layout.order {
            let rows = self.layout.len(&self.code, *item);
            (0..rows.saturating_sub(1)).for_each(|row| clear(&mut ends, start + row));
        }
        Some(ends)
    }

    fn codes(&self) -> Vec<Codes> {
        let mut all = vec![Codes::default(); self.catalog.dimensions().len()];
        for (dimension, keys) in &self.code.keys {
            let Some(codes) = all.get_mut(dimension.index()) else {
                continue;
            };
            for (key, code) in keys {
                match key {
                    Key::Text(text) => _ = codes.texts.insert(text.clone(), *code),
                    Key::Number(number) => _ = codes.numbers.insert(*number, *code),
                }
            }
        }
        all
    }

    /// Visits all rows in the order in which they lie: the row, and where it lies.
    fn each_row(&self, mut visit: impl FnMut(&CodedRow, u32)) {
        for (item, start) in &self.layout.order {
            let Some(rows) = self.code.items.get(*item as usize) else {
                continue;
            };
            for (row, at) in rows.clone().zip(*start..) {
                if let Some(row) = self.code.rows.get(row as usize) {
                    visit(row, at);
                }
            }
        }
    }

    fn slots(&self) -> (Vec<Slot>, Memberships) {
        let mut raws: HashMap<(Subject, u8), Raw> = HashMap::new();
        self.each_row(|row, at| {
            for clause in self.code.clauses_of(row) {
                let raw = raws.entry((clause.subject, clause.group));
                let raw = raw.or_insert_with(|| self.raw());
                if !clause.present {
                    clear(&mut raw.present, at);
                }
                if !clause.absent {
                    clear(&mut raw.absent, at);
                }
                let pairs =
                    |codes: &[u32]| codes.iter().map(|code| (*code, at)).collect::<Vec<_>>();
                raw.add.extend(pairs(self.code.codes(&clause.add)));
                raw.sub.extend(pairs(self.code.codes(&clause.sub)));
            }
        });
        let mut raws: Vec<_> = raws.into_iter().collect();
        raws.sort_by_key(|(key, _)| *key);
        let (mut slots, mut groups, mut taken) = (Vec::new(), Vec::new(), Vec::new());
        for ((subject, _), raw) in raws {
            match subject {
                Subject::Dimension(dimension) => {
                    let keys = self.code.keys.get(&dimension).map_or(0, HashMap::len);
                    let mut slot = Slot {
                        dimension,
                        stage: stage_of(self.catalog, dimension),
                        add: self.postings(&raw.add, keys),
                        sub: self.postings(&raw.sub, keys),
                        present: raw.present,
                        absent: raw.absent,
                        folded: Vec::new(),
                    };
                    slot.fold(keys);
                    slots.push(slot);
                }
                Subject::Segments => {
                    groups.push((raw.present, raw.add));
                    taken.extend(raw.sub);
                }
            }
        }
        let (segments, width) = (self.catalog.segment_bound(), self.layout.width);
        let segments = Memberships::of(groups, taken, segments, width, self.limit);
        slots.sort_by_key(|slot| slot.stage);
        (slots, segments)
    }

    fn demands(&self) -> Demands {
        let mut popularity = vec![0; self.catalog.segment_bound()];
        let clauses = self.code.clauses.iter();
        for clause in clauses.filter(|own| own.subject == Subject::Segments) {
            for segment in self.code.codes(&clause.add) {
                if let Some(count) = popularity.get_mut(*segment as usize) {
                    *count += 1;
                }
            }
        }
        let mut demands = Demands::of_none(self.layout.width * LINE_BITS);
        self.each_row(|row, at| demands.push(&self.code, row, at, &popularity));
        demands
    }

    fn raw(&self) -> Raw {
        Raw {
            present: vec![Line::FULL; self.layout.width],
            absent: vec![Line::FULL; self.layout.width],
            add: Vec::new(),
            sub: Vec::new(),
        }
    }

    fn postings(&self, pairs: &[(u32, u32)], codes: usize) -> Postings {
        Postings::of(pairs, codes, self.layout.width, self.limit)
    }

    /// What rows ask beside clauses.
    fn put_rows(&self, index: &mut Index) {
        self.each_row(|row, at| {
            if row.needs_person {
                set(&mut index.needs_person, at);
            }
            for (stage, check) in self.code.checks_of(row) {
                if let Some(checked) = index.checked.get_mut(stage.index()) {
                    checked.pairs.push((at, *check));
                }
            }
        });
        for checked in &mut index.checked {
            let starts = (0..=self.layout.width).map(|line| {
                let first = (line * LINE_BITS) as u32;
                checked.pairs.partition_point(|(row, _)| *row < first) as u32
            });
            checked.starts = starts.collect();
        }
    }

    fn put_items(&self, index: &mut Index, checks: &mut Checks) {
        let book = self.catalog.book();
        let (mut deals, mut advertisers, mut caps) = (Vec::new(), Vec::new(), Vec::new());
        let mut interned = Interned::default();
        for (place, (item, start)) in self.layout.order.iter().enumerate() {
            let Some((number, item_of)) = self.items.get(*item as usize) else {
                continue;
            };
            let rows = self.layout.len(&self.code, *item);
            let indexed =
                self.indexed(*number, item_of, *start, rows, checks, &mut interned, index);
            let glance = glance(&indexed, place as u32, &index.shown);
            for row in *start..*start + rows {
                if let Some(own) = index.glances.get_mut(row as usize) {
                    *own = glance;
                }
                deals.extend(item_of.deals.iter().map(|deal| (deal.0, row)));
                if let Some(campaign) = book.campaigns.entry(item_of.campaign.0) {
                    advertisers.push((campaign.advertiser.0, row));
                }
                for cap in book.caps(*number, item_of) {
                    let next = index.caps.len() as u32;
                    caps.push((*index.caps.entry(cap).or_insert(next), row));
                    set(&mut index.capped, row);
                }
                if indexed.is_open {
                    set(&mut index.open, row);
                }
                for purpose in item_of.definition.purposes.iter() {
                    let lines = index.purposes.entry(purpose);
                    set(lines.or_insert_with(|| self.lines()), row);
                }
            }
            index.all_open &= indexed.is_open;
            if let Some(own) = index.places.get_mut(number.index()) {
                *own = place as u32;
            }
            index.items.push(indexed);
        }
        index.deals = self.postings(&deals, book.deals.len() as usize);
        index.advertisers = self.postings(&advertisers, book.advertisers.len() as usize);
        index.capped_by = self.postings(&caps, index.caps.len());
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "what is interned is shared by all line items"
    )]
    fn indexed(
        &self,
        number: LineItemId,
        item: &LineItem,
        start: u32,
        rows: u32,
        checks: &mut Checks,
        interned: &mut Interned,
        index: &mut Index,
    ) -> Indexed {
        let (low, high) = bounds(item);
        let currency = self.catalog.book().campaigns.entry(item.campaign.0);
        let currency = currency.map_or_else(String::new, |own| own.definition.currency.clone());
        let currency = interned.currency(currency, &mut index.currencies);
        let shows = index.shown.len() as u32;
        interned.show(self.catalog, item, index);
        let modifiers = index.modifiers.len() as u32;
        for (group, all) in item.modifiers.iter().enumerate() {
            let modifying = all.iter().map(|(rule, factor)| {
                let segment = lone_segment(self.catalog, rule);
                let mut check = || checks.number(self.catalog, &Shape::of(rule, true).owned());
                Modifying {
                    factor: *factor,
                    number: segment.map_or_else(&mut check, |own| own.0),
                    group: group as u8,
                    is_segment: segment.is_some(),
                }
            });
            index.modifiers.extend(modifying.collect::<Vec<_>>());
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

    fn blocks(&self) -> Blocks {
        let mut blocks = Blocks::default();
        for (number, advertiser) in self.catalog.book().advertisers.iter() {
            let id = AdvertiserId(number);
            let put = |map: &mut HashMap<String, Vec<AdvertiserId>>, key: &Option<String>| {
                if let Some(key) = key {
                    map.entry(key.clone()).or_default().push(id);
                }
            };
            put(&mut blocks.domains, &advertiser.domain);
            put(&mut blocks.bundles, &advertiser.bundle);
            put(&mut blocks.seats, &advertiser.seat);
            for code in &advertiser.categories.codes {
                blocks.categories.entry(code.clone()).or_default().push(id);
            }
        }
        blocks
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
fn glance(item: &Indexed, place: u32, shown: &[Shown]) -> Glance {
    let prices = u32::try_from(item.low)
        .ok()
        .zip(u32::try_from(item.high).ok());
    let creatives = shown.get(item.shows as usize..).unwrap_or_default();
    let first = creatives.first().filter(|_| item.creatives > 0);
    let is_plain = item.is_open && !item.has_deals && item.currency == 0;
    match (prices, first) {
        (Some((low, high)), Some(first)) if is_plain => Glance {
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

/// Numbers of what many line items share.
#[derive(Default)]
struct Interned {
    currencies: HashMap<String, u16>,
    looks: HashMap<CreativeDefinition, u32>,
    /// The looks of creatives.
    of: HashMap<CreativeId, u32>,
}

impl Interned {
    fn currency(&mut self, currency: String, all: &mut Vec<String>) -> u16 {
        let next = all.len() as u16;
        let number = *self.currencies.entry(currency.clone()).or_insert(next);
        if number == next {
            all.push(currency);
        }
        number
    }

    /// Puts the creatives of a line item behind each other.
    fn show(&mut self, catalog: &Catalog, item: &LineItem, index: &mut Index) {
        for id in &item.creatives {
            if let Some(creative) = catalog.book().creatives.entry(id.0) {
                let look = self.look(*id, creative, &mut index.looks);
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
        id: CreativeId,
        creative: &CreativeDefinition,
        all: &mut Vec<CreativeDefinition>,
    ) -> u32 {
        if let Some(known) = self.of.get(&id) {
            return *known;
        }
        let look = CreativeDefinition {
            name: String::new(),
            weight: creative.weight.min(1),
            ..creative.clone()
        };
        let next = all.len() as u32;
        let number = *self.looks.entry(look.clone()).or_insert(next);
        if number == next {
            all.push(look);
        }
        self.of.insert(id, number);
        number
    }
}
