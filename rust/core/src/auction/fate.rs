//! What becomes of one line item that survived the bitmaps.

use super::choice::chosen;
use super::decide::Pass;
use super::decision::Bid;
use super::floor::Level;
use super::index::{Indexed, Modifying, NONE};
use super::lot::ImpressionLot;
use super::posting::has;
use super::price::{Exchange, bid};
use super::reason::Stage;
use super::request::Offer;
use super::scratch::{Look, Scratch};
use super::survivor::{Fate, Market};
use crate::id::CreativeId;

/// Stands for a creative that is chosen once it is known that the bid counts.
pub(super) const LATER: CreativeId = CreativeId(NONE);

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
        let has_deals = item.has_deals && !self.impression.deals.is_empty();
        if market.is_plain && !has_deals {
            self.fate_on_open_market(place, item, exchange, market, scratch)
        } else {
            self.fate_on_any(place, item, exchange, market, scratch)
        }
    }

    /// The usual case: one way to bid, one floor for all. The exact price is asked only where it matters.
    fn fate_on_open_market(
        &self,
        place: u32,
        item: &Indexed,
        exchange: Exchange,
        market: &Market<'a>,
        scratch: &mut Scratch,
    ) -> Fate {
        let bound = exchange.down(item.high);
        let floor = market
            .open_floor
            .filter(|_| item.is_open && market.has_open);
        let Some(floor) = floor.filter(|floor| *floor <= bound) else {
            return Some(Stage::Floor);
        };
        let mut price = (item.low == item.high).then_some(bound);
        if price.is_none() && exchange.down(item.low) < floor {
            let exact = self.price(item, exchange, scratch);
            if exact < floor {
                return Some(Stage::Floor);
            }
            price = Some(exact);
        }
        if !self.lot.passes(item.number, self.mask.pace(place)) {
            return Some(Stage::Pacing);
        }
        match price {
            Some(price) if scratch.can_be_best(price, market.most) => {
                self.keep_open(place, price, floor, market, scratch);
            }
            None if scratch.can_be_best(bound, market.most) => scratch.later.push((bound, place)),
            Some(_) | None => {}
        }
        None
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
            price: self.price(item, exchange, scratch),
            floor: 0,
            order: market.lot.order(item.number),
        };
        let passes = self.lot.passes(item.number, self.mask.pace(place));
        let mut has_bid = false;
        let mut take = |bid: Option<Bid>| {
            has_bid |= bid.is_some();
            if let Some(bid) = bid.filter(|_| passes) {
                scratch.take(bid, market.most);
            }
        };
        if item.is_open && market.has_open {
            let floor = market.floors.open(offer, shown.duration);
            let reached = floor.filter(|floor| *floor <= own.price);
            take(reached.map(|floor| Bid { floor, ..own }));
        }
        for deal in 0..self.impression.deals.len() {
            if self.is_way(item, deal) {
                take(self.bid_on(deal, own, offer, shown.duration, market));
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

    /// Whether a line item may bid on a deal of the impression.
    fn is_way(&self, item: &Indexed, place: usize) -> bool {
        let deals = &self.impression.deals;
        let book = self.index.catalog.book();
        let Some(offer) = deals.get(place).filter(|_| item.has_deals) else {
            return false;
        };
        let is_repeated = deals.iter().take(place).any(|other| other.id == offer.id);
        let own = book.line_items.entry(item.number.0);
        let number = book.deals.number(&offer.id);
        let Some((own, number)) = own.zip(number).filter(|_| !is_repeated) else {
            return false;
        };
        let seat = book.deals.entry(number).and_then(|deal| deal.seat.as_ref());
        let owners = book.owners(own);
        own.deals.iter().any(|deal| deal.0 == number)
            && owners.is_some_and(|(_, advertiser)| offer.is_open_to(seat, advertiser))
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
            let creative = self.index.looks.get(look as usize)?;
            let place = creative.fits_at(self.request, self.impression);
            *known = place.map_or(Look::Unfit, |place| Look::Fits(place as u32));
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

    /// The exact price in the currency of the auction.
    pub(super) fn price(&self, item: &Indexed, exchange: Exchange, scratch: &mut Scratch) -> i64 {
        let start = item.modifiers as usize;
        let all = self
            .index
            .modifiers
            .get(start..start + usize::from(item.modifiers_len));
        let all = all.unwrap_or_default();
        if all.is_empty() {
            return exchange.down(item.high);
        }
        let is_granted = !(self.has_purposes && has(&scratch.ungranted, item.start));
        let knows = is_granted && self.viewer.segments().is_some();
        let (checks, question) = (&self.index.checks, self.question(is_granted));
        let Scratch {
            memo,
            memo_of_nobody,
            members,
            ..
        } = scratch;
        let memo = if is_granted { memo } else { memo_of_nobody };
        let mut holds = |own: &Modifying| {
            if own.is_segment {
                knows && members.has(own.number)
            } else {
                checks.holds(own.number, &question, memo)
            }
        };
        let groups = all.chunk_by(|a, b| a.group == b.group);
        let factors = groups.filter_map(|group| Some(group.iter().find(|own| holds(own))?.factor));
        exchange.down(bid(item.base, item.maximum, factors))
    }
}

impl Scratch {
    /// Keeps a bid if it is among the best of its kind.
    fn take(&mut self, own: Bid, most: usize) {
        let Some(deal) = own.deal else {
            return self.keep(own, most);
        };
        if let Some(best) = self.deals.get_mut(deal as usize)
            && best.is_none_or(|best| own.rank() < best.rank())
        {
            *best = Some(own);
        }
    }
}
