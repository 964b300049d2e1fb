//! What survives the bitmaps: creatives, prices, floors, pacing, and the best bids.

use super::choice::chosen;
use super::decide::Pass;
use super::decision::{Bid, Outcome};
use super::floor::{Floors, auction_currency};
use super::index::{Indexed, NONE};
use super::lot::ImpressionLot;
use super::posting::{has, rows_of};
use super::price::{Exchange, bid};
use super::reason::Stage;
use super::request::Offer;
use super::scratch::{Look, Scratch};
use crate::id::CreativeId;

/// Stands for a creative that is chosen once it is known that the bid counts.
const LATER: CreativeId = CreativeId(NONE);

/// What pricing needs to know of an impression.
struct Market<'a> {
    lot: ImpressionLot,
    floors: Floors<'a>,
    /// Whether floors are the same for all creatives.
    is_plain: bool,
    /// The floor on the open market, where it is.
    open_floor: Option<i64>,
    has_open: bool,
}

/// A creative that was chosen.
#[derive(Clone, Copy)]
struct Choice {
    id: CreativeId,
    duration: Option<u32>,
    /// Its place among the offers.
    offer: u32,
}

/// Where a line item falls, or that it does not.
type Fate = Option<Stage>;

impl<'a> Pass<'a> {
    /// Looks at every line item that is left and keeps the best bids.
    pub(super) fn survivors(&self, scratch: &mut Scratch, outcome: &mut Outcome) {
        let market = self.market(scratch);
        let mut last = NONE;
        let alive = std::mem::take(&mut scratch.alive);
        for (at, line) in alive
            .iter()
            .enumerate()
            .filter(|(_, line)| !line.is_empty())
        {
            rows_of(at, line, &mut |row| {
                let Some((place, item)) = self.index.owner(row) else {
                    return;
                };
                if place != last {
                    last = place;
                    let fate = self.fate(place, item, &market, scratch);
                    outcome.counts.count(fate);
                }
            });
        }
        scratch.alive = alive;
        self.answer(&market, scratch, outcome);
    }

    fn market(&self, scratch: &mut Scratch) -> Market<'a> {
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
        Market {
            lot: self.lot.impression(&self.impression.id),
            is_plain: self.impression.has_plain_floors(),
            open_floor: floors.open(&Offer::default(), None),
            has_open: self.impression.private_auction != Some(true),
            floors,
        }
    }

    fn fate(&self, place: u32, item: &Indexed, market: &Market<'a>, scratch: &mut Scratch) -> Fate {
        if !self.fits(item.class, scratch) {
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
        let floor = market
            .open_floor
            .filter(|_| item.is_open && market.has_open);
        let Some(floor) = floor.filter(|floor| *floor <= exchange.down(item.high)) else {
            return Some(Stage::Floor);
        };
        let mut price = (item.low == item.high).then(|| exchange.down(item.high));
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
        let most = self.policy.open_bids.min(self.policy.bids);
        let worst = scratch.open.last().filter(|_| scratch.open.len() >= most);
        let bound = price.unwrap_or_else(|| exchange.down(item.high));
        if most > 0 && worst.is_none_or(|worst| worst.price <= bound) {
            let price = price.unwrap_or_else(|| self.price(item, exchange, scratch));
            let own = Bid {
                line_item: item.number,
                creative: LATER,
                deal: None,
                price,
                floor,
                order: market.lot.order(item.number),
            };
            keep(&mut scratch.open, own, most);
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
        let Some(shown) = self.shown(item, market.lot, &mut scratch.looks) else {
            return Some(Stage::Creative);
        };
        let price = self.price(item, exchange, scratch);
        let (floors, duration) = (&market.floors, shown.duration);
        let Some(offer) = self.impression.offers.get(shown.offer as usize) else {
            return Some(Stage::Creative);
        };
        let passes = self.lot.passes(item.number, self.mask.pace(place));
        let mut has_bid = false;
        let mut take = |deal: Option<u32>, price: i64, floor: i64| {
            has_bid = true;
            if !passes {
                return;
            }
            let own = Bid {
                line_item: item.number,
                creative: shown.id,
                deal,
                price,
                floor,
                order: market.lot.order(item.number),
            };
            match deal.and_then(|deal| scratch.deals.get_mut(deal as usize)) {
                None => keep(
                    &mut scratch.open,
                    own,
                    self.policy.open_bids.min(self.policy.bids),
                ),
                Some(best) if best.is_none_or(|best| own.rank() < best.rank()) => *best = Some(own),
                Some(_) => {}
            }
        };
        if item.is_open && market.has_open {
            let floor = floors.open(offer, duration);
            if let Some(floor) = floor.filter(|floor| *floor <= price) {
                take(None, price, floor);
            }
        }
        for (number, deal) in self
            .impression
            .deals
            .iter()
            .enumerate()
            .filter(|_| item.has_deals)
        {
            if !self.is_way(item, number) {
                continue;
            }
            let Some(floor) = floors.deal(deal, offer, duration) else {
                continue;
            };
            match floors.agreed(deal) {
                Some(agreed) => {
                    if let Some(agreed) = agreed.filter(|agreed| *agreed <= price) {
                        take(Some(number as u32), agreed, floor);
                    }
                }
                None if floor <= price => take(Some(number as u32), price, floor),
                None => {}
            }
        }
        match (has_bid, passes) {
            (false, _) => Some(Stage::Floor),
            (true, false) => Some(Stage::Pacing),
            (true, true) => None,
        }
    }

    /// Whether a line item may bid on a deal of the impression.
    fn is_way(&self, item: &Indexed, place: usize) -> bool {
        let deals = &self.impression.deals;
        let book = self.index.catalog.book();
        let Some(offer) = deals.get(place) else {
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

    /// Whether a creative of a class fits.
    fn fits(&self, class: u32, scratch: &mut Scratch) -> bool {
        if let Some(Some(known)) = scratch.classes.get(class as usize) {
            return *known;
        }
        let looks = &mut scratch.looks;
        let mut all = self.index.classes.get(class as usize).into_iter().flatten();
        let fits = all.any(|look| self.look_fits(*look, looks).is_some());
        if let Some(own) = scratch.classes.get_mut(class as usize) {
            *own = Some(fits);
        }
        fits
    }

    /// Which of the offers creatives of a look fit.
    fn look_fits(&self, look: u32, looks: &mut [Look]) -> Option<u32> {
        let known = looks.get_mut(look as usize)?;
        if *known == Look::Unknown {
            let creative = self.index.looks.get(look as usize)?;
            let place = creative.fits_at(self.request, self.impression);
            *known = place.map_or(Look::Unfit, |place| Look::Fits(place as u32));
        }
        known.offer()
    }

    /// The creative that a line item shows, how long it runs, and which offer it fits.
    fn shown(&self, item: &Indexed, lot: ImpressionLot, looks: &mut [Look]) -> Option<Choice> {
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
    fn price(&self, item: &Indexed, exchange: Exchange, scratch: &mut Scratch) -> i64 {
        let Some(price) = self.index.prices.get(item.price as usize) else {
            return exchange.down(item.high);
        };
        let is_granted = !(self.has_purposes && has(&scratch.ungranted, item.start));
        let memo = if is_granted {
            &mut scratch.memo
        } else {
            &mut scratch.memo_of_nobody
        };
        let (checks, question) = (&self.index.checks, self.question(is_granted));
        let factors = price.groups.iter().filter_map(|group| {
            let mut group = group.iter();
            let largest = group.find(|(check, _)| checks.holds(*check, &question, memo));
            largest.map(|(_, factor)| *factor)
        });
        exchange.down(bid(price.base, price.maximum, factors))
    }

    /// The best of what was kept, with creatives.
    fn answer(&self, market: &Market<'a>, scratch: &mut Scratch, outcome: &mut Outcome) {
        outcome
            .bids
            .extend(scratch.open.iter().chain(scratch.deals.iter().flatten()));
        outcome.bids.sort_unstable_by_key(Bid::rank);
        outcome.bids.truncate(self.policy.bids);
        for own in outcome.bids.iter_mut().filter(|own| own.creative == LATER) {
            let place = self.index.places.get(own.line_item.index());
            let item = place.and_then(|place| self.index.items.get(*place as usize));
            if let Some(shown) =
                item.and_then(|item| self.shown(item, market.lot, &mut scratch.looks))
            {
                own.creative = shown.id;
            }
        }
    }
}

/// Keeps the best `most` bids, in order.
fn keep(best: &mut Vec<Bid>, own: Bid, most: usize) {
    let place = best.partition_point(|other| other.rank() < own.rank());
    if place < most {
        best.truncate(most - 1);
        best.insert(place, own);
    }
}
