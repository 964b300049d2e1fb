//! What survives the bitmaps: most line items are judged at a glance, and few are priced.

use super::decide::Pass;
use super::decision::{Bid, Outcome};
use super::fate::LATER;
use super::floor::{Floors, auction_currency};
use super::index::{Glance, NONE};
use super::lot::ImpressionLot;
use super::price::Exchange;
use super::reason::Stage;
use super::request::Offer;
use super::scratch::Scratch;

/// What pricing needs to know of an impression.
pub(super) struct Market<'a> {
    pub(super) lot: ImpressionLot,
    pub(super) floors: Floors<'a>,
    /// Whether floors are the same for all creatives.
    pub(super) is_plain: bool,
    /// The floor on the open market, where it is.
    pub(super) open_floor: Option<i64>,
    pub(super) has_open: bool,
    /// How many bids on the open market are kept.
    pub(super) most: usize,
    /// Whether a glance can tell.
    has_glances: bool,
}

impl<'a> Pass<'a> {
    /// Tells where each of so many line items falls that are left, and keeps the best bids.
    pub(super) fn survivors(&self, left: u32, scratch: &mut Scratch, outcome: &mut Outcome) {
        let market = self.market(scratch);
        match market.open_floor.filter(|_| market.has_glances) {
            Some(floor) if self.is_told_by_lines(left) => {
                self.by_levels(floor, &market, scratch, outcome);
            }
            floor => self.one_by_one(floor, &market, scratch, outcome),
        }
        self.answer(&market, scratch, outcome);
    }

    /// Looks at every line item that is left; `floor` is the one on the open market, if a glance can tell.
    fn one_by_one(
        &self,
        floor: Option<i64>,
        market: &Market<'a>,
        scratch: &mut Scratch,
        outcome: &mut Outcome,
    ) {
        let (mut last, mut eligible) = (NONE, 0);
        scratch.list_rows();
        let rows = std::mem::take(&mut scratch.rows);
        let glances = || {
            rows.iter()
                .filter_map(|row| self.index.glances.get(*row as usize))
        };
        // Brings near what is looked at next.
        std::hint::black_box(glances().fold(0, |all, own| all ^ own.place));
        for glance in glances() {
            if std::mem::replace(&mut last, glance.place) == glance.place {
                continue;
            }
            match floor.and_then(|floor| self.at_a_glance(glance, floor, market, scratch)) {
                Some(true) => eligible += 1,
                Some(false) => outcome.counts.add(Stage::Floor, 1),
                None => outcome
                    .counts
                    .count(self.fate(glance.place, market, scratch)),
            }
        }
        outcome.counts.eligible += eligible;
        scratch.rows = rows;
        self.price_later(market, scratch);
    }

    pub(super) fn market(&self, scratch: &mut Scratch) -> Market<'a> {
        let book = self.index.catalog.book();
        let floors = Floors {
            book,
            currency: auction_currency(self.request),
            impression: self.impression,
        };
        let currencies = self.index.currencies.iter();
        scratch.exchanges.clear();
        let exchanges = currencies.map(|own| book.exchange(own, floors.currency));
        scratch.exchanges.extend(exchanges);
        let (is_plain, has_open) = (
            self.impression.has_plain_floors(),
            self.impression.private_auction != Some(true),
        );
        let is_same = scratch.exchanges.first() == Some(&Some(Exchange::SAME));
        Market {
            lot: self.lot.impression(&self.impression.id),
            is_plain,
            open_floor: floors.open(&Offer::default(), None),
            has_open,
            floors,
            most: self.policy.open_bids.min(self.policy.bids),
            has_glances: is_plain && has_open && is_same && self.mask.pace.is_empty(),
        }
    }

    /// Whether a line item is eligible or falls at its floor; `None`: it takes a second look. The bid of one that is eligible is
    /// kept, or it is to be priced later.
    #[inline]
    fn at_a_glance(
        &self,
        glance: &Glance,
        floor: i64,
        market: &Market<'_>,
        scratch: &mut Scratch,
    ) -> Option<bool> {
        self.look_fits(glance.look, &mut scratch.looks)?;
        if i64::from(glance.high) < floor {
            return Some(false);
        }
        if i64::from(glance.low) < floor {
            return None;
        }
        let bound = i64::from(glance.high);
        if scratch.can_be_best(bound, market.most) {
            if glance.low == glance.high {
                self.keep_open(glance.place, bound, floor, market, scratch);
            } else {
                scratch.later.push((bound, glance.place));
            }
        }
        Some(true)
    }

    /// Keeps a bid on the open market.
    pub(super) fn keep_open(
        &self,
        place: u32,
        price: i64,
        floor: i64,
        market: &Market<'_>,
        scratch: &mut Scratch,
    ) {
        if let Some(item) = self.index.items.get(place as usize) {
            let own = Bid {
                line_item: item.number,
                creative: LATER,
                deal: None,
                price,
                floor,
                order: market.lot.order(item.number),
            };
            scratch.keep(own, market.most);
        }
    }

    /// Prices what can be among the best, the highest bounds first.
    pub(super) fn price_later(&self, market: &Market<'_>, scratch: &mut Scratch) {
        let mut later = std::mem::take(&mut scratch.later);
        later.sort_unstable_by_key(|own| std::cmp::Reverse(*own));
        // Brings near what is looked at next.
        let items = later
            .iter()
            .filter_map(|own| self.index.items.get(own.1 as usize));
        let near = items.filter_map(|own| self.index.modifiers.get(own.modifiers as usize));
        std::hint::black_box(near.fold(0, |all, own| all ^ own.number));
        for (bound, place) in &later {
            if !scratch.can_be_best(*bound, market.most) {
                break;
            }
            let Some(item) = self.index.items.get(*place as usize) else {
                continue;
            };
            let exchange = scratch.exchanges.get(usize::from(item.currency));
            if let (Some(Some(exchange)), Some(floor)) = (exchange.copied(), market.open_floor) {
                let price = self.price(item, exchange, scratch);
                self.keep_open(*place, price, floor, market, scratch);
            }
        }
        later.clear();
        scratch.later = later;
    }

    /// The best of what was kept, with creatives.
    fn answer(&self, market: &Market<'a>, scratch: &mut Scratch, outcome: &mut Outcome) {
        let deals = scratch.deals.iter().flatten();
        outcome.bids.extend(scratch.open.iter().chain(deals));
        outcome.bids.sort_unstable_by_key(Bid::rank);
        outcome.bids.truncate(self.policy.bids);
        for own in outcome.bids.iter_mut().filter(|own| own.creative == LATER) {
            let place = self.index.places.get(own.line_item.index());
            let item = place.and_then(|place| self.index.items.get(*place as usize));
            let shown = item.and_then(|item| self.shown(item, market.lot, &mut scratch.looks));
            if let Some(shown) = shown {
                own.creative = shown.id;
            }
        }
    }
}

impl Scratch {
    /// Whether a bid of at most this price can be among the best on the open market.
    #[inline]
    pub(super) fn can_be_best(&self, bound: i64, most: usize) -> bool {
        let worst = self.open.last().filter(|_| self.open.len() >= most);
        most > 0 && worst.is_none_or(|worst| worst.price <= bound)
    }

    /// Keeps the best `most` bids on the open market, in order.
    pub(super) fn keep(&mut self, own: Bid, most: usize) {
        let place = self.open.partition_point(|other| other.rank() < own.rank());
        if place < most {
            self.open.truncate(most - 1);
            self.open.insert(place, own);
        }
    }
}

/// Where a line item falls, or that it does not.
pub(super) type Fate = Option<Stage>;
