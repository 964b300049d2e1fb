//! What creatives of one media type must be.

use treffer_core::auction::request::{DurationFloor, DurationFloors, Media, Money, Offer, Size};

use super::model::{Audio, Banner, DurFloors, Native, Video};
use super::money::{floor, micros};
use super::refused::{Fault, Refused};
use super::words::{count, numbers, words};

/// Most exact durations of one video or audio.
pub(super) const MOST_DURATIONS: usize = 64;

/// A currency that was checked.
type Currency<'a> = Option<&'a String>;

pub(super) fn banner(own: Banner) -> Offer {
    let formats = own.format.iter().map(|format| (format.w, format.h));
    let sizes = formats.chain([(own.w, own.h)]);
    Offer {
        media: Media::Banner,
        sizes: distinct(sizes.filter_map(|(w, h)| size(w, h))),
        mimes: words(own.mimes),
        apis: numbers(&own.api),
        blocked_attributes: numbers(&own.battr),
        ..Offer::default()
    }
}

pub(super) fn native(own: &Native) -> Offer {
    Offer {
        media: Media::Native,
        apis: numbers(&own.api),
        blocked_attributes: numbers(&own.battr),
        ..Offer::default()
    }
}

/// The offers of a video: one, or one for each duration that is asked for exactly.
pub(super) fn video(own: Video, currency: Currency<'_>) -> Result<Vec<Offer>, Refused> {
    let mut protocols = numbers(&own.protocols);
    protocols.extend(count(own.protocol));
    let offer = Offer {
        media: Media::Video,
        sizes: size(own.w, own.h).into_iter().collect(),
        mimes: words(own.mimes),
        protocols: distinct(protocols),
        apis: numbers(&own.api),
        blocked_attributes: numbers(&own.battr),
        floors: floors(&own.durfloors, own.mincpmpersec, currency)?,
        ..Offer::default()
    };
    let bounds = Bounds {
        min: own.minduration,
        max: own.maxduration,
        extension: own.maxextended,
        exact: own.rqddurs,
    };
    bounds.offers(offer)
}

/// The offers of audio, as those of a video.
pub(super) fn audio(own: Audio, currency: Currency<'_>) -> Result<Vec<Offer>, Refused> {
    let offer = Offer {
        media: Media::Audio,
        mimes: words(own.mimes),
        protocols: numbers(&own.protocols),
        apis: numbers(&own.api),
        blocked_attributes: numbers(&own.battr),
        floors: floors(&own.durfloors, own.mincpmpersec, currency)?,
        ..Offer::default()
    };
    let bounds = Bounds {
        min: own.minduration,
        max: own.maxduration,
        extension: own.maxextended,
        exact: own.rqddurs,
    };
    bounds.offers(offer)
}

/// How long a creative may run.
struct Bounds {
    min: Option<i32>,
    max: Option<i32>,
    /// Above `max`; less than 0: without end.
    extension: Option<i32>,
    exact: Vec<i32>,
}

impl Bounds {
    fn offers(self, offer: Offer) -> Result<Vec<Offer>, Refused> {
        let exact = distinct(numbers(&self.exact));
        if exact.len() > MOST_DURATIONS {
            let (limit, actual) = (MOST_DURATIONS, exact.len());
            return Err(Refused::new("rqddurs", Fault::TooMany { limit, actual }));
        }
        let bounded = |min, max| Offer {
            min_duration: min,
            max_duration: max,
            ..offer.clone()
        };
        if exact.is_empty() {
            // Zero is what the standard takes for granted: it keeps nothing out.
            let min = count(self.min).filter(|min| *min > 0);
            return Ok(vec![bounded(min, self.longest())]);
        }
        let exact = exact.into_iter();
        Ok(exact.map(|own| bounded(Some(own), Some(own))).collect())
    }

    fn longest(&self) -> Option<u32> {
        let extension = self.extension.unwrap_or(0);
        let extension = u32::try_from(extension).ok()?;
        Some(count(self.max)?.saturating_add(extension))
    }
}

/// Floors by duration; they are of the currency of what they stand in.
pub(super) fn floors(
    spans: &[DurFloors],
    per_second: Option<f64>,
    currency: Currency<'_>,
) -> Result<DurationFloors, Refused> {
    let span = |(place, own): (usize, &DurFloors)| {
        let micros = micros(own.bidfloor.unwrap_or(0.0));
        let micros = micros.map_err(|fault| Refused::new("bidfloor", fault));
        Ok(DurationFloor {
            min: count(own.mindur),
            max: count(own.maxdur),
            floor: Money {
                micros: micros.map_err(|refused| refused.at("durfloors", place))?,
                currency: currency.cloned(),
            },
        })
    };
    Ok(DurationFloors {
        spans: spans
            .iter()
            .enumerate()
            .map(span)
            .collect::<Result<_, _>>()?,
        per_second: floor("mincpmpersec", per_second, currency)?,
    })
}

/// A size whose sides are both told and not zero.
fn size(width: Option<i32>, height: Option<i32>) -> Option<Size> {
    let (width, height) = (count(width)?, count(height)?);
    (width > 0 && height > 0).then_some(Size { width, height })
}

/// Each once, in order.
fn distinct<T: Ord + Copy>(all: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut seen = std::collections::BTreeSet::new();
    all.into_iter().filter(|own| seen.insert(*own)).collect()
}
