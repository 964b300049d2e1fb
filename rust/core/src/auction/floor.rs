//! Floors: which level counts, in the currency of the auction.

use super::book::{Book, currency};
use super::request::{DealOffer, DurationFloors, Impression, Money, Offer, Request};

/// The currency of an auction: the first that it allows, else USD.
pub fn auction_currency(request: &Request) -> &str {
    request
        .currencies
        .first()
        .map_or("USD", |own| currency(own))
}

/// The floors of an impression.
#[derive(Clone, Copy, Debug)]
pub struct Floors<'a> {
    /// For rates.
    pub book: &'a Book,
    /// What floors are told in.
    pub currency: &'a str,
    /// Whose floors.
    pub impression: &'a Impression,
}

impl Floors<'_> {
    /// The floor for a bid on the open market with a creative of this duration for `offer`; `None`: a rate is missing.
    pub fn open(&self, offer: &Offer, duration: Option<u32>) -> Option<i64> {
        let by_duration = self.of_durations(&offer.floors, duration)?;
        match (by_duration, &self.impression.floor) {
            (Some(floor), _) => Some(floor),
            (None, Some(floor)) => self.converted(floor),
            (None, None) => Some(0),
        }
    }

    /// The floor for a bid on a deal.
    pub fn deal(&self, deal: &DealOffer, offer: &Offer, duration: Option<u32>) -> Option<i64> {
        let by_duration = self.of_durations(&deal.floors, duration)?;
        match (by_duration, &deal.floor) {
            (Some(floor), _) => Some(floor),
            (None, Some(floor)) => self.converted(floor),
            (None, None) => self.open(offer, duration),
        }
    }

    /// The agreed price of a deal, where it has one; `Some(None)`: a rate is missing.
    pub fn agreed(&self, deal: &DealOffer) -> Option<Option<i64>> {
        let price = deal.floor.as_ref().filter(|_| deal.at == Some(3));
        price.map(|price| self.converted(price))
    }

    /// The highest floor for this duration; `Some(None)`: this level carries none.
    fn of_durations(&self, floors: &DurationFloors, duration: Option<u32>) -> Option<Option<i64>> {
        let Some(seconds) = duration else {
            return Some(None);
        };
        let mut highest = None;
        for span in &floors.spans {
            let min = span.min.unwrap_or(0);
            if (min..=span.max.unwrap_or(u32::MAX)).contains(&seconds) {
                highest = highest.max(Some(self.converted(&span.floor)?));
            }
        }
        if let Some(per_second) = &floors.per_second {
            let micros = per_second.micros.saturating_mul(i64::from(seconds));
            let currency = per_second.currency.clone();
            highest = highest.max(Some(self.converted(&Money { micros, currency })?));
        }
        Some(highest)
    }

    fn converted(&self, money: &Money) -> Option<i64> {
        let from = money.currency.as_deref().unwrap_or_default();
        let exchange = self.book.exchange(from, self.currency)?;
        Some(exchange.up(money.micros))
    }
}

impl Impression {
    /// Whether no floor depends on the creative: one floor holds for each deal and one for the open market.
    pub fn has_plain_floors(&self) -> bool {
        let depends =
            |floors: &DurationFloors| !floors.spans.is_empty() || floors.per_second.is_some();
        !self.offers.iter().any(|offer| depends(&offer.floors))
            && !self.deals.iter().any(|deal| depends(&deal.floors))
    }
}
