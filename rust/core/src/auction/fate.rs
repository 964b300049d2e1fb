//! What becomes of one line item that survived the bitmaps.

use std::hint::select_unpredictable;

use super::choice::chosen;
use super::decide::Pass;
use super::decision::Bid;
use super::floor::Level;
use super::index::{Indexed, Modifying};
use super::lot::ImpressionLot;
use super::posting::has;
use super::price::{Exchange, Factor, Product, bid};
use super::reason::Stage;
use super::request::Offer;
use super::scratch::{Bar, Look, Scratch};
use super::survivor::{Fate, Market};
use crate::id::CreativeId;

/// A creative that was chosen.
#[derive(Clone, Copy)]
pub(super) struct Choice {
    pub(super) id: CreativeId,
    duration: Option<u32>,
    /// Its place among the offers.
    offer: u32,
}

impl<'a> Pass<'a> {
    /// Where the line item at a place falls, if at all; its bids are kept.
    pub(super) fn fate(&self, place: u32, market: &Market<'a>, scratch: &mut Scratch) -> Fate {
        let Some(item) = self.index.items.get(place as usize) else {
            return Some(Stage::Creative);
        };
        if !self.fits(item, &mut scratch.looks) {
            return Some(Stage::Creative);
        }
        let exchange = scratch.exchanges.get(usize::from(item.currency));
        let Some(exchange) = exchange.copied().flatten() else {
            return Some(Stage::Floor);
        };
        if item.has_deals && !self.impression.deals.is_empty() {
            self.fate_on_any(place, item, exchange, market, scratch)
        } else {
            self.fate_on_open_market(place, item, exchange, market, scratch)
        }
    }

    /// The usual case: one way to bid. The exact price and the creative are asked only where they matter.
    fn fate_on_open_market(
        &self,
        place: u32,
        item: &Indexed,
        exchange: Exchange,
        market: &Market<'a>,
        scratch: &mut Scratch,
    ) -> Fate {
        let bounds = self.floors_of(item, market, scratch);
        let bounds = bounds.filter(|_| item.is_open && market.has_open);
        let bound = exchange.down(item.high);
        let Some((_, highest)) = bounds.filter(|(lowest, _)| *lowest <= bound) else {
            return Some(Stage::Floor);
        };
        let mut price = (item.low == item.high).then_some(bound);
        let is_sure = highest.is_some_and(|highest| highest <= exchange.down(item.low));
        if !is_sure {
            let exact = price.unwrap_or_else(|| self.price(place, exchange, scratch));
            let shown = self.shown(item, market.lot, &mut scratch.looks);
            let floor = shown.and_then(|shown| self.floor(&shown, market));
            if floor.is_none_or(|floor| exact < floor) {
                return Some(Stage::Floor);
            }
            price = Some(exact);
        }
        if !self.mask.passes(self.lot, item.start) {
            return Some(Stage::Pacing);
        }
        match price {
            Some(price) if scratch.can_be_best(price, market.most) => {
                self.keep_open(place, price, market, scratch);
            }
            None if scratch.can_be_best(bound, market.most) => scratch.later.push((bound, place)),
            Some(_) | None => {}
        }
        None
    }

    /// The lowest and the highest floor on the open market of what a line item may show; `None`: there is none that a bid could reach.
    fn floors_of(
        &self,
        item: &Indexed,
        market: &Market<'a>,
        scratch: &mut Scratch,
    ) -> Option<(i64, Option<i64>)> {
        if market.is_plain {
            return market.open_floor.map(|floor| (floor, Some(floor)));
        }
        let start = item.shows as usize;
        let all = self.index.shown.get(start..)?;
        let all = all.iter().take(usize::from(item.creatives));
        let (mut lowest, mut highest): (Option<i64>, Option<i64>) = (None, Some(i64::MIN));
        for own in all {
            if self.look_fits(own.look, &mut scratch.looks).is_none() {
                continue;
            }
            let floor = self.bar(own.look, market, scratch);
            lowest = lowest.into_iter().chain(floor).min();
            highest = highest.zip(floor).map(|(one, other)| one.max(other));
        }
        Some((lowest?, highest))
    }

    /// The floor on the open market for creatives of a look that fits; `None`: a rate is missing.
    pub(super) fn bar(&self, look: u32, market: &Market<'a>, scratch: &mut Scratch) -> Option<i64> {
        let known = scratch.bars.get_mut(look as usize)?;
        if *known == Bar::Unknown {
            let offer = scratch.looks.get(look as usize)?.offer()?;
            let offer = self.impression.offers.get(offer as usize)?;
            let duration = self.index.looks.get(look as usize)?.duration;
            let floor = market.floors.open(offer, duration);
            *known = floor.map_or(Bar::NoRate, Bar::Amount);
        }
        known.amount()
    }

    /// The floor on the open market for a creative; `None`: a rate is missing.
    pub(super) fn floor(&self, shown: &Choice, market: &Market<'a>) -> Option<i64> {
        if market.is_plain {
            return market.open_floor;
        }
        let offer = self.impression.offers.get(shown.offer as usize)?;
        market.floors.open(offer, shown.duration)
    }

    /// Any number of ways to bid, floors that may depend on the creative.
    fn fate_on_any(
        &self,
        place: u32,
        item: &Indexed,
        exchange: Exchange,
        market: &Market<'a>,
        scratch: &mut Scratch,
    ) -> Fate {
        let shown = self.shown(item, market.lot, &mut scratch.looks);
        let offers = &self.impression.offers;
        let shown = shown.and_then(|own| Some((own, offers.get(own.offer as usize)?)));
        let Some((shown, offer)) = shown else {
            return Some(Stage::Creative);
        };
        let own = Bid {
            line_item: item.number,
            creative: shown.id,
            deal: None,
            price: self.price(place, exchange, scratch),
            floor: 0,
            order: market.lot.order(item.number),
        };
        let passes = self.mask.passes(self.lot, item.start);
        let mut has_bid = false;
        let names_seats = self.request.names_seats();
        let takes = |deal| !names_seats || self.takes(item, deal);
        if item.is_open && market.has_open && takes(None) {
            let floor = market.floors.open(offer, shown.duration);
            if floor.is_some_and(|floor| floor <= own.price) {
                has_bid = true;
                if passes {
                    self.keep_open(place, own.price, market, scratch);
                }
            }
        }
        for deal in 0..self.impression.deals.len() {
            let number = scratch.offered.get(deal).copied().flatten();
            if !self.is_way(item, deal, &scratch.offered) || !takes(number) {
                continue;
            }
            let bid = self.bid_on(deal, own, offer, shown.duration, market);
            has_bid |= bid.is_some();
            if let Some(bid) = bid.filter(|_| passes) {
                scratch.take(deal, bid);
            }
        }
        match (has_bid, passes) {
            (false, _) => Some(Stage::Floor),
            (true, false) => Some(Stage::Pacing),
            (true, true) => None,
        }
    }

    /// A bid on a deal of the impression, if it reaches the floor or the agreed price.
    fn bid_on(
        &self,
        place: usize,
        own: Bid,
        offer: &Offer,
        duration: Option<u32>,
        market: &Market<'a>,
    ) -> Option<Bid> {
        let deal = self.impression.deals.get(place)?;
        let floor = market.floors.deal(deal, offer, duration)?;
        let price = match market.floors.agreed(deal) {
            Level::Amount(agreed) => Some(agreed).filter(|agreed| *agreed <= own.price),
            Level::Nothing => Some(own.price).filter(|price| floor <= *price),
            Level::NoRate => None,
        };
        Some(Bid {
            deal: Some(place as u32),
            price: price?,
            floor,
            ..own
        })
    }

    /// Whether a line item may bid on the deal at a place of the impression, of those that are on offer.
    fn is_way(&self, item: &Indexed, place: usize, offered: &[Option<u32>]) -> bool {
        let deal = self.impression.deals.get(place);
        let number = offered.get(place).copied().flatten();
        deal.zip(number).is_some_and(|(deal, number)| {
            self.index.deals.get(number).has(item.start)
                && (deal.is_open() || self.may_bid_on(item.start, number, deal))
        })
    }

    /// Whether a creative of a line item fits.
    fn fits(&self, item: &Indexed, looks: &mut [Look]) -> bool {
        let start = item.shows as usize;
        let all = self
            .index
            .shown
            .get(start..start + usize::from(item.creatives));
        let mut all = all.unwrap_or_default().iter();
        all.any(|own| self.look_fits(own.look, looks).is_some())
    }

    /// Which of the offers creatives of a look fit.
    #[inline]
    pub(super) fn look_fits(&self, look: u32, looks: &mut [Look]) -> Option<u32> {
        let known = looks.get_mut(look as usize)?;
        if *known == Look::Unknown {
            let face = self.index.faces.get(look as usize)?;
            *known = face.look(self.wanted, self.impression);
        }
        if *known == Look::Unknown {
            let creative = self.index.looks.get(look as usize)?;
            let place = creative.fits_at(&creative.categories, self.request, self.impression);
            *known = Look::of(place);
        }
        known.offer()
    }

    /// The creative that a line item shows, how long it runs, and which offer it fits.
    pub(super) fn shown(
        &self,
        item: &Indexed,
        lot: ImpressionLot,
        looks: &mut [Look],
    ) -> Option<Choice> {
        let start = item.shows as usize;
        let all = self
            .index
            .shown
            .get(start..start + usize::from(item.creatives))?;
        for own in all {
            self.look_fits(own.look, looks);
        }
        let fitting = all.iter().filter_map(|own| {
            let offer = looks.get(own.look as usize)?.offer()?;
            Some((own, offer))
        });
        let (own, offer) = chosen(fitting, |(own, _)| own.weight, item.number, lot)?;
        let look = self.index.looks.get(own.look as usize)?;
        Some(Choice {
            id: own.id,
            duration: look.duration,
            offer,
        })
    }

    /// The exact price of the line item at a place, in the currency of the auction.
    pub(super) fn price(&self, place: u32, exchange: Exchange, scratch: &mut Scratch) -> i64 {
        let index = self.index;
        // A place is always one of a line item.
        let Some(terms) = index.terms.get(place) else {
            return 0;
        };
        let is_granted = !self.has_purposes || !self.is_ungranted(place, scratch);
        let knows = is_granted && self.viewer.segments().is_some();
        let question = self.question(is_granted);
        let Scratch {
            memo,
            memo_of_nobody,
            members,
            ..
        } = scratch;
        let memo = if is_granted { memo } else { memo_of_nobody };
        let mut holds = |number: u32, is_segment: bool| {
            if is_segment {
                knows && members.has(number)
            } else {
                index.checks.holds(number, &question, memo)
            }
        };
        let price = if let Some(all) = terms.modifiers() {
            // Whether a modifier counts is as good as random, so that nothing branches on it.
            let (mut product, mut settled) = (Product::of(terms.base), None);
            for own in all {
                let counts = (settled != Some(own.group)) & holds(own.number, own.is_segment);
                let factor = index.terms.factor(*own).unwrap_or(Factor::ONE);
                product.times(select_unpredictable(counts, factor, Factor::ONE));
                settled = select_unpredictable(counts, Some(own.group), settled);
            }
            product.bid(terms.maximum)
        } else {
            let item = index.items.get(place as usize);
            let all = item.map_or(&[] as &[Modifying], |own| own.modifiers(&index.modifiers));
            let mut holds = |own: &&Modifying| holds(own.number, own.is_segment);
            let groups = all.chunk_by(|a, b| a.group == b.group);
            let factors = groups.filter_map(|group| Some(group.iter().find(&mut holds)?.factor));
            bid(terms.base, terms.maximum, factors)
        };
        exchange.down(price)
    }

    /// Whether the line item at a place may not know the person, where purposes have to be granted.
    fn is_ungranted(&self, place: u32, scratch: &Scratch) -> bool {
        let item = self.index.items.get(place as usize);
        item.is_some_and(|own| has(&scratch.ungranted, own.start))
    }
}

impl Scratch {
    /// Keeps a bid on the deal at a place if it is the best so far.
    fn take(&mut self, deal: usize, own: Bid) {
        if let Some(best) = self.deals.get_mut(deal)
            && best.is_none_or(|best| own.rank() < best.rank())
        {
            *best = Some(own);
        }
    }
}
