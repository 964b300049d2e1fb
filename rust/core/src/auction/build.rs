//! An index from a catalog.

use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::HashMap;

use super::campaign::Status;
use super::check::Checks;
use super::code::{Code, CodedRow, Subject};
use super::compile::stage_of;
use super::demand::{Demands, Ranks};
use super::earlier::Earlier;
use super::face::Face;
use super::index::{Blocks, Checked, Glance, Index, NONE};
use super::indexed::{Interned, glance};
use super::layout::Layout;
use super::level::Levels;
use super::line_item::LineItem;
use super::membership::Memberships;
use super::posting::{Postings, clear, set};
use super::slot::Slot;
use super::terms::AllTerms;
use crate::bitmap::line::{LINE_BITS, Line};
use crate::catalog::Catalog;
use crate::id::{AdvertiserId, LineItemId, SegmentId};

/// The fewest rows of a value that are kept as lines.
const LEAST_DENSE: usize = 64;
/// Rows that weigh as much as a line: see the crate doc.
const ROWS_PER_DENSE: usize = 400;

impl Index {
    /// Builds the index of all line items that are not archived. Takes seconds for a million.
    pub fn build(catalog: &Catalog) -> Self {
        let (mut code, mut checks) = (Code::of_none(catalog.dimensions().len()), Checks::default());
        let items = items(catalog);
        for own in &items {
            code.push(catalog, *own, &mut checks);
        }
        Builder::of(catalog, items, code).index(checks)
    }

    /// The index of a later state of the catalog that this one was built from: decides as one that is built from it, and is ready
    /// sooner the fewer line items and lists have changed.
    #[must_use]
    pub fn rebuilt(&self, catalog: &Catalog) -> Self {
        let (items, mut earlier) = (items(catalog), Earlier::of(self, catalog));
        let places = items.iter().map(|own| earlier.place(catalog, *own));
        let places: Vec<Option<usize>> = places.collect();
        let renewed = places.iter().filter(|own| own.is_none()).count();
        let renewed = self.code.renewed + renewed;
        // Values that nobody names any more keep their codes, so once in a while all start anew.
        if renewed > items.len() / 2 {
            return Self::build(catalog);
        }
        let mut code = Code::after(&self.code, catalog.dimensions().len(), renewed);
        let mut checks = self.checks.clone();
        for (own, place) in items.iter().zip(places) {
            match place {
                Some(place) => code.take(&self.code, place),
                None => code.push(catalog, *own, &mut checks),
            }
        }
        Builder::of(catalog, items, code).index(checks)
    }
}

/// All line items that are not archived.
fn items(catalog: &Catalog) -> Vec<(LineItemId, &LineItem)> {
    let book = catalog.book();
    let items = book.line_items.iter();
    let items = items.filter(|(_, item)| book.status(item) != Status::Archived);
    items
        .map(|(number, own)| (LineItemId(number), own))
        .collect()
}

struct Builder<'a> {
    catalog: &'a Catalog,
    items: Vec<(LineItemId, &'a LineItem)>,
    code: Arc<Code>,
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

impl<'a> Builder<'a> {
    fn of(catalog: &'a Catalog, items: Vec<(LineItemId, &'a LineItem)>, mut code: Code) -> Self {
        code.shrink();
        let layout = Layout::of(&code);
        Self {
            catalog,
            limit: (layout.rows / ROWS_PER_DENSE).max(LEAST_DENSE),
            items,
            code: Arc::new(code),
            layout,
        }
    }

    fn index(self, checks: Checks) -> Index {
        let (slots, segments) = self.slots();
        let width = self.layout.width;
        let mut index = Index {
            identity: Arc::default(),
            catalog: self.catalog.clone(),
            width: self.layout.width,
            glances: vec![Glance::NOTHING; self.layout.width * LINE_BITS],
            numbers: vec![LineItemId(NONE); width * LINE_BITS],
            ends: self.ends(),
            items: Vec::with_capacity(self.items.len()),
            places: vec![NONE; self.catalog.book().line_items.len() as usize],
            slots,
            code: Arc::clone(&self.code),
            segments,
            demands: Demands::of_none(width),
            ranks: Ranks::default(),
            plain: self.lines(),
            all_plain: true,
            most: Levels::default(),
            least: Levels::default(),
            showing: Postings::default(),
            all_show: true,
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
            terms: AllTerms::default(),
            shown: Vec::new(),
            looks: Vec::new(),
            faces: Vec::new(),
            currencies: Vec::new(),
        };
        self.put_items(&mut index, checks);
        self.put_rows(&mut index);
        self.put_demands(&mut index);
        self.put_prices(&mut index);
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
                let add = self.code.codes(&clause.add).iter();
                raw.add.extend(add.map(|code| (*code, at)));
                let sub = self.code.codes(&clause.sub).iter();
                raw.sub.extend(sub.map(|code| (*code, at)));
            }
        });
        let mut raws: Vec<_> = raws.into_iter().collect();
        raws.sort_by_key(|(key, _)| *key);
        let (mut slots, mut groups, mut taken) = (Vec::new(), Vec::new(), Vec::new());
        for ((subject, _), raw) in raws {
            match subject {
                Subject::Dimension(dimension) => {
                    let keys = self.code.values_of(dimension);
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

    fn put_demands(&self, index: &mut Index) {
        let named = index.modifiers.iter().filter(|own| own.is_segment);
        let named: Vec<u32> = named.map(|own| own.number).collect();
        let ranks = Ranks::of(&self.code, &named, self.catalog.segment_bound());
        for own in index.modifiers.iter_mut().filter(|own| own.is_segment) {
            own.number = ranks.place(SegmentId(own.number)).unwrap_or(NONE);
        }
        self.each_row(|row, at| index.demands.push(&self.code, row, at, &ranks));
        index.demands.pack(&ranks);
        index.ranks = ranks;
        index.terms = AllTerms::of(&index.items, &index.modifiers);
    }

    /// What tells of many line items at once what they bid and show.
    fn put_prices(&self, index: &mut Index) {
        let (mut showing, mut plain) = (Vec::new(), self.lines());
        for item in &index.items {
            let rows = item.start..item.start + u32::from(item.rows);
            if item.is_plain() {
                rows.clone().for_each(|row| set(&mut plain, row));
            }
            let shown = index.shown.iter().skip(item.shows as usize);
            let mut looks: Vec<u32> = shown
                .take(usize::from(item.creatives))
                .map(|own| own.look)
                .collect();
            looks.sort_unstable();
            looks.dedup();
            for look in looks {
                showing.extend(rows.clone().map(|row| (look, row)));
            }
        }
        let items = index.items.iter().filter(|own| own.is_plain());
        index.all_plain = items.clone().count() == index.items.len();
        index.all_show = index.items.iter().all(|own| own.creatives > 0);
        index.most = Levels::of(items.clone(), |own| own.high, self.layout.width);
        index.least = Levels::of(items, |own| own.low, self.layout.width);
        index.showing = self.postings(&showing, index.looks.len());
        index.plain = plain;
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

    fn put_items(&self, index: &mut Index, checks: Checks) {
        let book = self.catalog.book();
        let (mut deals, mut advertisers, mut caps) = (Vec::new(), Vec::new(), Vec::new());
        let mut interned = Interned::new(self.catalog, checks);
        for (place, (item, start)) in self.layout.order.iter().enumerate() {
            let Some((number, item_of)) = self.items.get(*item as usize) else {
                continue;
            };
            let rows = self.layout.len(&self.code, *item);
            let indexed = interned.indexed(*number, item_of, (*start, rows), index);
            let glance = glance(&indexed, place as u32, &index.shown);
            for row in *start..*start + rows {
                if let Some(own) = index.glances.get_mut(row as usize) {
                    *own = glance;
                }
                if let Some(own) = index.numbers.get_mut(row as usize) {
                    *own = *number;
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
        index.faces = index.looks.iter().map(Face::of).collect();
        index.checks = interned.checks;
        index.deals = self.postings(&deals, book.deals.len() as usize);
        index.advertisers = self.postings(&advertisers, book.advertisers.len() as usize);
        index.capped_by = self.postings(&caps, index.caps.len());
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
            for code in &advertiser.categories.codes {
                blocks.categories.entry(code.clone()).or_default().push(id);
            }
        }
        blocks
    }
}
