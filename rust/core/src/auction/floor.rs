//! Floors: which level counts, in the currency of the auction.

use super::book::{Book, currency};
use super::request::{
    DealOffer, DurationFloor, DurationFloors, Impression, Media, Money, Offer, Request,
};

/// The currency of an auction: of those that it allows the first that has a rate, of none that has one the first; else USD.
pub fn auction_currency<'a>(book: &Book, request: &'a Request) -> &'a str {
    let mut all = request.currencies.iter().map(|own| currency(own));
    let first = all.next().unwrap_or("USD");
    let has_rate = |own: &str| book.exchange("USD", own).is_some();
    if request.currencies.len() < 2 || has_rate(first) {
        return first;
    }
    all.find(|own| has_rate(own)).unwrap_or(first)
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
    /// Something in a currency that has no rate, or so much a second of a creative that does not say how long it runs.
    NoRate,
}

impl Floors<'_> {
    /// The floor for a bid on the open market with a creative of this duration for `offer`; `None`: no bid is known to reach it.
    pub fn open(&self, offer: &Offer, duration: Option<u32>) -> Option<i64> {
        self.open_level(offer, duration).amount()
    }

    /// The floor for a bid on a deal.
    pub fn deal(&self, deal: &DealOffer, offer: &Offer, duration: Option<u32>) -> Option<i64> {
        let lower = || {
            let own = self.level(deal.floor.as_ref());
            own.or(|| self.open_level(offer, duration))
        };
        let level = self.by_duration(&deal.floors, (offer.media, duration), lower);
        level.amount()
    }

    fn open_level(&self, offer: &Offer, duration: Option<u32>) -> Level {
        let lower = || self.level(self.impression.floor.as_ref());
        self.by_duration(&offer.floors, (offer.media, duration), lower)
    }

    /// The agreed price of a deal, where it has one.
    pub fn agreed(&self, deal: &DealOffer) -> Level {
        self.level(deal.floor.as_ref().filter(|_| deal.at == Some(3)))
    }

    /// The highest floor for this duration, of video and audio alone; `lower` where none holds. Of what does not say how long it runs,
    /// any of them may hold, so the highest of all does.
    fn by_duration(
        &self,
        floors: &DurationFloors,
        (media, duration): (Media, Option<u32>),
        lower: impl FnOnce() -> Level,
    ) -> Level {
        if floors.is_empty() || !matches!(media, Media::Video | Media::Audio) {
            return lower();
        }
        if let Some(seconds) = duration {
            return self.of_seconds(floors, seconds).or(lower);
        }
        if floors.per_second.as_ref().is_some_and(|own| own.micros > 0) {
            return Level::NoRate;
        }
        let spans = floors.spans.iter();
        let levels = spans.map(|span| self.level(Some(&span.floor)));
        levels.fold(lower(), Level::max)
    }

    fn of_seconds(&self, floors: &DurationFloors, seconds: u32) -> Level {
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
    /// Nothing said is no floor; `None`: no bid is known to reach it.
    const fn amount(self) -> Option<i64> {
        match self {
            Self::Nothing => Some(0),
            Self::Amount(floor) => Some(floor),
            Self::NoRate => None,
        }
    }

    /// This level, or another where it says nothing.
    fn or(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Self::Nothing => other(),
            said @ (Self::Amount(_) | Self::NoRate) => said,
        }
    }
}

impl DurationFloors {
    const fn is_empty(&self) -> bool {
        self.spans.is_empty() && self.per_second.is_none()
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
        self.offers.iter().all(|offer| offer.floors.is_empty())
            && self.deals.iter().all(|deal| deal.floors.is_empty())
    }
}
