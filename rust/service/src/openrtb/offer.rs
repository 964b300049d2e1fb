//! What creatives of one media type must be.

use treffer_core::auction::Context;
use treffer_core::auction::request::{
    DurationFloor, DurationFloors, Media, Money, Offer, Ratio, Size,
};

use super::model::{Audio, Banner, DurFloors, Format, Native, Video};
use super::money::{floor, micros};
use super::native::layout;
use super::refused::{Fault, Refused};
use super::words::{count, numbers, words};

/// Most exact durations of one video or audio.
pub(super) const MOST_DURATIONS: usize = 64;
/// Most entries of all lists together where each exact duration has its own.
pub(super) const MOST_ENTRIES: usize = 16_384;

/// A currency that was checked.
type Currency<'a> = Option<&'a String>;

pub(super) fn banner(own: Banner) -> Offer {
    let formats = own.format.iter();
    let mut sizes: Vec<_> = formats
        .filter_map(|format| size(format.w, format.h))
        .collect();
    let whole = size(own.w, own.h).filter(|own| !sizes.contains(own));
    sizes.extend(whole);
    let ratios = own.format.iter().filter_map(ratio);
    Offer {
        media: Media::Banner,
        sizes,
        ratios: ratios.collect(),
        mimes: words(own.mimes),
        apis: numbers(&own.api),
        blocked_attributes: numbers(&own.battr),
        blocked_types: numbers(&own.btype),
        ..Offer::default()
    }
}

/// The offer of a native ad; what is said of where it stands goes to the context.
pub(super) fn native(own: Native, context: &mut Context) -> Result<Offer, Refused> {
    Ok(Offer {
        media: Media::Native,
        apis: numbers(&own.api),
        blocked_attributes: numbers(&own.battr),
        layout: Some(Box::new(layout(own, context)?)),
        ..Offer::default()
    })
}

/// The offers of a video: one, or one for each duration that is asked for exactly.
pub(super) fn video(own: Video, currency: Currency<'_>) -> Result<Vec<Offer>, Refused> {
    let offer = Offer {
        media: Media::Video,
        sizes: size(own.w, own.h).into_iter().collect(),
        protocols: protocols(&own),
        mimes: words(own.mimes),
        apis: numbers(&own.api),
        blocked_attributes: numbers(&own.battr),
        floors: floors(&own.durfloors, own.mincpmpersec, currency)?,
        ..Offer::default()
    };
    let bounds = Bounds {
        min: own.minduration,
        max: own.maxduration,
        extension: own.maxextended,
        pod: own.poddur,
        exact: own.rqddurs,
    };
    bounds.offers(offer)
}

/// Protocols of a video, that of the older field among them.
pub(super) fn protocols(own: &Video) -> Vec<u32> {
    let mut protocols = numbers(&own.protocols);
    let old = count(own.protocol).filter(|own| !protocols.contains(own));
    protocols.extend(old);
    protocols
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
        pod: own.poddur,
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
    /// All creatives of a pod together, and so each of them.
    pod: Option<i32>,
    exact: Vec<i32>,
}

impl Bounds {
    fn offers(self, offer: Offer) -> Result<Vec<Offer>, Refused> {
        let mut exact = numbers(&self.exact);
        exact.sort_unstable();
        exact.dedup();
        limit("rqddurs", MOST_DURATIONS, exact.len())?;
        limit("", MOST_ENTRIES, exact.len() * entries(&offer))?;
        if exact.is_empty() {
            return Ok(vec![Offer {
                // Zero is what the standard takes for granted: it keeps nothing out.
                min_duration: count(self.min).filter(|min| *min > 0),
                max_duration: self.longest(),
                ..offer
            }]);
        }
        // Nothing fits what is longer than its pod.
        let pod = self.pod().unwrap_or(u32::MAX);
        let each = |seconds| Offer {
            min_duration: Some(seconds),
            max_duration: Some(pod.min(seconds)),
            ..offer.clone()
        };
        Ok(exact.into_iter().map(each).collect())
    }

    fn longest(&self) -> Option<u32> {
        let own = u32::try_from(self.extension.unwrap_or(0)).ok();
        let own = own.and_then(|own| Some(count(self.max)?.saturating_add(own)));
        own.into_iter().chain(self.pod()).min()
    }

    fn pod(&self) -> Option<u32> {
        count(self.pod).filter(|seconds| *seconds > 0)
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

/// Entries of all lists of an offer.
fn entries(own: &Offer) -> usize {
    let numbers = own.protocols.len() + own.apis.len() + own.blocked_attributes.len();
    own.sizes.len() + own.mimes.len() + numbers + own.floors.spans.len()
}

pub(super) fn limit(field: &str, limit: usize, actual: usize) -> Result<(), Refused> {
    if actual <= limit {
        return Ok(());
    }
    Err(Refused::new(field, Fault::TooMany { limit, actual }))
}

/// A ratio, of a format that has no size.
fn ratio(own: &Format) -> Option<Ratio> {
    let shape = size(own.wratio, own.hratio).filter(|_| size(own.w, own.h).is_none())?;
    Some(Ratio {
        width: shape.width,
        height: shape.height,
        min_width: count(own.wmin).unwrap_or(0),
    })
}

/// A size whose sides are both told and not zero.
fn size(width: Option<i32>, height: Option<i32>) -> Option<Size> {
    let (width, height) = (count(width)?, count(height)?);
    (width > 0 && height > 0).then_some(Size { width, height })
}
