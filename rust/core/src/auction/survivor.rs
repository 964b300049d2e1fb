//! What survives the bitmaps: most line items are judged at a glance, and few are priced.

use super::decide::Pass;
use super::decision::{Bid, Outcome};
use super::floor::{Floors, auction_currency};
use super::index::{Glance, NONE};
use super::lot::ImpressionLot;
use super::price::Exchange;
use super::reason::Stage;
use super::request::Offer;
use super::scratch::{Bar, Kept, Scratch};
use crate::id::LineItemId;

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
    /// From the first currency to that of the auction, where there is a rate.
    pub(super) exchange: Option<Exchange>,
}

impl Market<'_> {
    /// The least bid in the first currency that reaches a floor; `None`: none does.
    pub(super) fn reaching(&self, floor: Option<i64>) -> Option<i64> {
        self.exchange?.reaching(floor?)
    }

    /// A bid on the open market.
    pub(super) const fn kept(&self, number: LineItemId, place: u32, price: i64) -> Kept {
        Kept {
            price,
            order: self.lot.order(number),
            number,
            place,
        }
    }
}

impl<'a> Pass<'a> {
    /// Tells where each of so many line items falls that are left, and keeps the best bids.
    pub(super) fn survivors(&self, left: u32, scratch: &mut Scratch, outcome: &mut Outcome) {
        let market = self.market(scratch);
        if self.is_told_by_lines(left) {
            self.by_levels(left, &market, scratch, outcome);
        } else {
            scratch.list_rows();
            self.one_by_one(&market, scratch, outcome);
            self.price_later(&market, scratch);
        }
        self.answer(&market, scratch, outcome);
    }

    /// Looks at every line item of the rows that are listed; some bids are to be priced later.
    pub(super) fn one_by_one(
        &self,
        market: &Market<'a>,
        scratch: &mut Scratch,
        outcome: &mut Outcome,
    ) {
        let (mut last, mut eligible) = (NONE, 0);
        let rows = std::mem::take(&mut scratch.rows);
        let glances = || {
            let glance = |row: &u32| Some((*row, self.index.glances.get(*row as usize)?));
            rows.iter().filter_map(glance)
        };
        // Brings near what is looked at next.
        std::hint::black_box(glances().fold(0, |all, (_, own)| all ^ own.place));
        let reach = market.reaching(market.open_floor);
        let reach = reach.filter(|_| market.is_plain && market.has_open);
        for (row, glance) in glances() {
            if std::mem::replace(&mut last, glance.place) == glance.place {
                continue;
            }
            match reach.and_then(|reach| self.at_a_glance((row, glance), reach, market, scratch)) {
                Some(None) => eligible += 1,
                Some(fell) => outcome.counts.count(fell),
                None => {
                    let fell = self.fate(glance.place, market, scratch);
                    outcome.counts.count(fell);
                }
            }
        }
        outcome.counts.eligible += eligible;
        scratch.rows = rows;
    }

    pub(super) fn market(&self, scratch: &mut Scratch) -> Market<'a> {
        let book = self.index.catalog.book();
        let floors = Floors {
            book,
            currency: auction_currency(book, self.request),
            impression: self.impression,
        };
        let currencies = self.index.currencies.iter();
        scratch.exchanges.clear();
        let exchanges = currencies.map(|own| book.exchange(own, floors.currency));
        scratch.exchanges.extend(exchanges);
        scratch.offered.clear();
        let deals = 0..self.impression.deals.len();
        scratch.offered.extend(deals.map(|deal| self.offered(deal)));
        let is_plain = self.impression.has_plain_floors();
        scratch.bars.clear();
        if !is_plain {
            scratch.bars.resize(self.index.looks.len(), Bar::Unknown);
        }
        Market {
            lot: self.lot.impression(&self.impression.id),
            is_plain,
            open_floor: floors.open(&Offer::default(), None),
            has_open: self.impression.private_auction != Some(true),
            floors,
            most: self.policy.open_bids.min(self.policy.bids),
            exchange: scratch.exchanges.first().copied().flatten(),
        }
    }

    /// Where a line item falls, if at all; `None`: it takes a second look. `reach` is the least bid of it that reaches the floor. The
    /// bid of one that is eligible is kept, or it is to be priced later.
    #[inline]
    fn at_a_glance(
        &self,
        (row, glance): (u32, &Glance),
        reach: i64,
        market: &Market<'_>,
        scratch: &mut Scratch,
    ) -> Option<Fate> {
        self.look_fits(glance.look, &mut scratch.looks)?;
        if i64::from(glance.high) < reach {
            return Some(Some(Stage::Floor));
        }
        let exchange = market.exchange?;
        let bound = exchange.down(i64::from(glance.high));
        let mut price = (glance.low == glance.high).then_some(bound);
        if i64::from(glance.low) < reach {
            let exact = price.unwrap_or_else(|| self.price(glance.place, exchange, scratch));
            if exact < market.open_floor? {
                return Some(Some(Stage::Floor));
            }
            price = Some(exact);
        }
        if !self.mask.passes(self.lot, row) {
            return Some(Some(Stage::Pacing));
        }
        if scratch.can_be_best(price.unwrap_or(bound), market.most) {
            match price {
                Some(price) => {
                    let number = *self.index.numbers.get(row as usize)?;
                    scratch.keep(market.kept(number, glance.place, price), market.most);
                }
                None => scratch.later.push((bound, glance.place)),
            }
        }
        Some(None)
    }

    /// Keeps a bid on the open market.
    pub(super) fn keep_open(
        &self,
        place: u32,
        price: i64,
        market: &Market<'_>,
        scratch: &mut Scratch,
    ) {
        if let Some(terms) = self.index.terms.get(place) {
            scratch.keep(market.kept(terms.number, place, price), market.most);
        }
    }

    /// Prices what can be among the best, the highest bounds first.
    pub(super) fn price_later(&self, market: &Market<'_>, scratch: &mut Scratch) {
        let mut later = std::mem::take(&mut scratch.later);
        later.sort_unstable_by_key(|own| std::cmp::Reverse(own.0));
        // Brings near what is looked at next.
        let terms = later.iter().filter_map(|own| self.index.terms.get(own.1));
        std::hint::black_box(terms.fold(0, |all, own| all ^ own.base));
        for (bound, place) in &later {
            if !scratch.can_be_best(*bound, market.most) {
                break;
            }
            let Some(terms) = self.index.terms.get(*place) else {
                continue;
            };
            let exchange = scratch.exchanges.get(usize::from(terms.currency));
            if let Some(exchange) = exchange.copied().flatten() {
                let price = self.price(*place, exchange, scratch);
                self.keep_open(*place, price, market, scratch);
            }
        }
        later.clear();
        scratch.later = later;
    }

    /// The best of what was kept, with creatives.
    fn answer(&self, market: &Market<'a>, scratch: &mut Scratch, outcome: &mut Outcome) {
        let Scratch {
            open, deals, looks, ..
        } = scratch;
        let items = || {
            open.iter()
                .map(|own| self.index.items.get(own.place as usize))
        };
        // Brings near what is looked at next.
        let near = items().flatten();
        let near = near.filter_map(|own| self.index.shown.get(own.shows as usize));
        std::hint::black_box(near.fold(0, |all, own| all ^ own.look));
        for (own, item) in open.iter().zip(items()) {
            let shown = item.and_then(|item| self.shown(item, market.lot, looks));
            outcome.bids.extend(shown.map(|shown| Bid {
                line_item: own.number,
                creative: shown.id,
                deal: None,
                price: own.price,
                floor: self.floor(&shown, market).unwrap_or(0),
                order: own.order,
            }));
        }
        outcome.bids.extend(deals.iter().flatten());
        if outcome.bids.len() > open.len() {
            outcome.bids.sort_unstable_by_key(Bid::rank);
        }
        outcome.bids.truncate(self.policy.bids);
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
    pub(super) fn keep(&mut self, own: Kept, most: usize) {
        // Few are kept, and most that come are among the last.
        let better = self
            .open
            .iter()
            .rev()
            .take_while(|other| own.is_before(other));
        let place = self.open.len() - better.count();
        if place < most {
            self.open.truncate(most - 1);
            self.open.insert(place, own);
        }
    }
}

/// Where a line item falls, or that it does not.
pub(super) type Fate = Option<Stage>;
