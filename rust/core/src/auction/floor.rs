//! Floors: which level counts, in the currency of the auction.

use super::book::{Book, currency};
use super::request::{DealOffer, DurationFloor, DurationFloors, Impression, Money, Offer, Request};

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

/// What a level says of a floor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nothing.
    Nothing,
    /// So much, in the currency of the auction.
    Amount(i64),
    /// Something in a currency that has no rate.
    NoRate,
}

impl Floors<'_> {
    /// The floor for a bid on the open market with a creative of this duration for `offer`; `None`: a rate is missing.
    pub fn open(&self, offer: &Offer, duration: Option<u32>) -> Option<i64> {
        let by_duration = self.of_durations(&offer.floors, duration);
        match by_duration.or(|| self.level(self.impression.floor.as_ref())) {
            Level::Nothing => Some(0),
            Level::Amount(floor) => Some(floor),
            Level::NoRate => None,
        }
    }

    /// The floor for a bid on a deal.
    pub fn deal(&self, deal: &DealOffer, offer: &Offer, duration: Option<u32>) -> Option<i64> {
        let by_duration = self.of_durations(&deal.floors, duration);
        match by_duration.or(|| self.level(deal.floor.as_ref())) {
            Level::Nothing => self.open(offer, duration),
            Level::Amount(floor) => Some(floor),
            Level::NoRate => None,
        }
    }

    /// The agreed price of a deal, where it has one.
    pub fn agreed(&self, deal: &DealOffer) -> Level {
        self.level(deal.floor.as_ref().filter(|_| deal.at == Some(3)))
    }

    /// The highest floor for this duration.
    fn of_durations(&self, floors: &DurationFloors, duration: Option<u32>) -> Level {
        let Some(seconds) = duration else {
            return Level::Nothing;
        };
        let spans = floors.spans.iter();
        let spans = spans
            .filter(|span| span.covers(seconds))
            .map(|span| span.floor.clone());
        let per_second = floors.per_second.as_ref().map(|own| Money {
            micros: own.micros.saturating_mul(i64::from(seconds)),
            currency: own.currency.clone(),
        });
        let levels = spans
            .chain(per_second)
            .map(|floor| self.level(Some(&floor)));
        // A missing rate is above all amounts.
        levels.max().unwrap_or(Level::Nothing)
    }

    fn level(&self, money: Option<&Money>) -> Level {
        let Some(money) = money else {
            return Level::Nothing;
        };
        let from = money.currency.as_deref().unwrap_or_default();
        let exchange = self.book.exchange(from, self.currency);
        exchange.map_or(Level::NoRate, |own| Level::Amount(own.up(money.micros)))
    }
}

impl Level {
    /// This level, or another where it says nothing.
    fn or(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Self::Nothing => other(),
            said @ (Self::Amount(_) | Self::NoRate) => said,
        }
    }
}

impl DurationFloor {
    fn covers(&self, seconds: u32) -> bool {
        (self.min.unwrap_or(0)..=self.max.unwrap_or(u32::MAX)).contains(&seconds)
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
