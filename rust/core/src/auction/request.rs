//! What an auction says: who might see the ad, where, and what may be shown there.
//!
//! Whoever decodes `OpenRTB` or another dialect fills these in. Absent stays absent: an empty list and `None` say that
//! nothing was said, and no default is written into a request.

use super::context::Context;
use super::native::Layout;

/// One auction with its impressions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Request {
    /// The exchange's id of the request; it seeds what is drawn by lot.
    pub id: String,
    /// Ids of the person as `namespace:value`, in any order; the first known one by namespace priority counts.
    pub ids: Vec<String>,
    /// What is known of consent.
    pub consent: Consent,
    /// Whether it is a test, which never reserves or spends.
    pub test: bool,
    /// Seats that may bid; empty: all.
    pub allowed_seats: Vec<String>,
    /// Seats that may not bid.
    pub blocked_seats: Vec<String>,
    /// Advertiser domains that may not be shown.
    pub blocked_domains: Vec<String>,
    /// Advertised apps, by bundle, that may not be shown.
    pub blocked_apps: Vec<String>,
    /// Categories of ads that may or may not be shown.
    pub categories: Categories,
    /// Languages of creatives; empty: all.
    pub allowed_languages: Vec<String>,
    /// Languages that no creative may have.
    pub blocked_languages: Vec<String>,
    /// Currencies that bids may come in; empty: all for which there are rates.
    pub currencies: Vec<String>,
    /// Kind of auction: 1 first price, 2 second price plus, others as agreed.
    pub at: Option<u32>,
    /// Milliseconds until the answer must be there, network included.
    pub tmax: Option<u32>,
    /// What is said of site, app, device, place and so on, by name of dimension; true of all impressions.
    pub context: Context,
    /// What is offered; no impression gives a decision without bids.
    pub impressions: Vec<Impression>,
}

/// What a request says of consent; `None` is "not said" throughout.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Consent {
    /// Directed to children.
    pub coppa: Option<bool>,
    /// Tracking is limited on the device.
    pub lmt: Option<bool>,
    /// "Do not track" is set.
    pub dnt: Option<bool>,
    /// GDPR applies.
    pub gdpr: Option<bool>,
    /// Purposes granted in the TCF string.
    pub purposes: Option<Purposes>,
    /// Whether the TCF string grants our vendor id.
    pub vendor: Option<bool>,
    /// The US privacy string, the Global Privacy Platform or the browser (`Sec-GPC`) opts out of sale.
    pub us_opt_out: Option<bool>,
}

/// A set of TCF purposes, numbered 1 to 31; other numbers are never in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Purposes(u32);

impl Purposes {
    /// The set of these; numbers outside 1 to 31 are left out.
    pub fn of(purposes: impl IntoIterator<Item = u8>) -> Self {
        let known = purposes.into_iter().filter(|own| (1..=31).contains(own));
        Self(known.fold(0, |bits, own| bits | 1 << own))
    }

    /// Whether all of `needed` are in it.
    pub const fn grant(self, needed: Self) -> bool {
        needed.0 & !self.0 == 0
    }

    /// The purposes, rising.
    pub fn iter(self) -> impl Iterator<Item = u8> {
        (1..=31).filter(move |own| self.0 & 1 << own != 0)
    }
}

/// Categories of one taxonomy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Categories {
    /// Which taxonomy: `cattax` of `OpenRTB`; `None` is 1, the first content taxonomy.
    pub taxonomy: Option<u32>,
    /// The only ones that may be shown; empty: all. An ad without categories in the taxonomy is none of them.
    pub allowed: Vec<String>,
    /// Those that may not be shown, with what lies below them.
    pub blocked: Vec<String>,
}

/// One place for an ad.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Impression {
    /// Its id within the request.
    pub id: String,
    /// What is said of it, by name of dimension: format, media type, position ... It goes before the request's context.
    pub context: Context,
    /// What creatives may be, one for each media type offered; empty: nothing fits.
    pub offers: Vec<Offer>,
    /// Whether creatives must be served over TLS.
    pub secure: Option<bool>,
    /// Lowest CPM; an explicit 0 counts as said.
    pub floor: Option<Money>,
    /// Deals on offer.
    pub deals: Vec<DealOffer>,
    /// Only bids on the deals are taken; absent is no.
    pub private_auction: Option<bool>,
    /// Seconds until a bid that is taken may be shown.
    pub exp: Option<u32>,
    /// How many people see it, in millionths; absent is one.
    pub qty: Option<i64>,
}

/// What a creative of one media type must be to fit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Offer {
    /// Which media type.
    pub media: Media,
    /// Sizes that fit; empty, without ratios either: any.
    pub sizes: Vec<Size>,
    /// Ratios of which any size fits that is wide enough.
    pub ratios: Vec<Ratio>,
    /// Content types that fit; empty: any.
    pub mimes: Vec<String>,
    /// Protocols that fit, as `OpenRTB` numbers them; empty: any.
    pub protocols: Vec<u32>,
    /// API frameworks that are supported; a creative that needs another does not fit.
    pub apis: Vec<u32>,
    /// Attributes that no creative may have.
    pub blocked_attributes: Vec<u32>,
    /// Kinds of banners that no creative may be, as `OpenRTB` numbers them.
    pub blocked_types: Vec<u32>,
    /// Shortest duration in seconds.
    pub min_duration: Option<u32>,
    /// Longest duration in seconds.
    pub max_duration: Option<u32>,
    /// Floors by the duration of the creative; they go before the impression's floor.
    pub floors: DurationFloors,
    /// Parts of a native ad that are laid out; `None`: nothing was said.
    pub layout: Option<Box<Layout>>,
}

/// What an ad is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Media {
    /// A picture or markup.
    #[default]
    Banner,
    /// Moving pictures.
    Video,
    /// Sound.
    Audio,
    /// Parts that the publisher lays out.
    Native,
}

/// Width and height in device-independent pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Size {
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
}

/// How wide something is to how high.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ratio {
    /// Parts of its width.
    pub width: u32,
    /// Parts of its height.
    pub height: u32,
    /// The least width in device-independent pixels.
    pub min_width: u32,
}

impl Ratio {
    /// Whether a size is of this ratio, and wide enough.
    pub fn has(&self, size: Size) -> bool {
        let cross = |a: u32, b: u32| u64::from(a) * u64::from(b);
        cross(size.width, self.height) == cross(size.height, self.width)
            && size.width >= self.min_width
    }
}

impl Offer {
    /// Whether something of a size fits.
    pub fn takes(&self, size: Size) -> bool {
        let is_any = self.sizes.is_empty() && self.ratios.is_empty();
        is_any || self.sizes.contains(&size) || self.ratios.iter().any(|own| own.has(size))
    }
}

/// An amount of a currency.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Money {
    /// Millionths of a unit of the currency.
    pub micros: i64,
    /// ISO 4217; `None` is USD.
    pub currency: Option<String>,
}

/// Floors that depend on how long the creative runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DurationFloors {
    /// Floors of spans; where several hold, the highest counts.
    pub spans: Vec<DurationFloor>,
    /// Lowest CPM for each second.
    pub per_second: Option<Money>,
}

/// A floor for creatives of `min` to `max` seconds, both included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DurationFloor {
    /// From; absent: 0.
    pub min: Option<u32>,
    /// To; absent: no end.
    pub max: Option<u32>,
    /// Lowest CPM.
    pub floor: Money,
}

/// A deal as the impression offers it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DealOffer {
    /// The deal's id.
    pub id: String,
    /// Lowest CPM, or the price when `at` is 3. Its currency does not come from the impression.
    pub floor: Option<Money>,
    /// Floors by duration; they go before `floor`.
    pub floors: DurationFloors,
    /// Kind of auction: as [`Request::at`], and 3: `floor` is the agreed price.
    pub at: Option<u32>,
    /// Seats that may bid on it; empty: all.
    pub seats: Vec<String>,
    /// Advertiser domains that may bid on it; empty: all.
    pub advertiser_domains: Vec<String>,
    /// Whether a bid must be made.
    pub guaranteed: Option<bool>,
}
