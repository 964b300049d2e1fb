//! Entries of the book, from messages to the core.

use treffer_core::auction::Entry;
use treffer_core::auction::advertiser::{AdvertiserDefinition, Labels};
use treffer_core::auction::campaign::{Budget, CampaignDefinition, Flight, Status};
use treffer_core::auction::cap::{CapDefinition, CapUnit};
use treffer_core::auction::creative::{CreativeDefinition, DealDefinition};
use treffer_core::auction::line_item::{LineItemDefinition, Pacing};
use treffer_core::auction::list::ListDefinition;
use treffer_core::auction::native::{Data, Image, Link, NativeAd, Tracker};
use treffer_core::auction::price::{Modifier, ModifierGroup, PriceDefinition, RateDefinition};
use treffer_core::auction::request::{Media, Purposes, Size};
use treffer_core::error::{Error, Result};
use treffer_core::time::Duration;

use super::codec;
use crate::openrtb::{lower, mime};
use crate::proto;

/// One entry.
pub(super) fn entry(message: proto::Entry) -> Result<Entry> {
    use proto::entry::Kind;
    let kind = message.kind;
    match kind.ok_or_else(|| Error::invalid("kind", "an entry of some kind is required"))? {
        Kind::List(list) => Ok(Entry::List(ListDefinition {
            name: list.name,
            members: list.members.into_iter().collect(),
        })),
        Kind::Advertiser(own) => advertiser(own).map_err(|error| error.within("advertiser")),
        Kind::Campaign(own) => campaign(own).map_err(|error| error.within("campaign")),
        Kind::Creative(own) => creative(own).map_err(|error| error.within("creative")),
        Kind::Deal(deal) => Ok(Entry::Deal(DealDefinition {
            id: deal.id,
            seat: said(deal.seat),
        })),
        Kind::LineItem(own) => line_item(own).map_err(|error| error.within("line_item")),
        Kind::Rate(rate) => Ok(Entry::Rate(RateDefinition {
            currency: rate.currency,
            worth: rate.worth_micros,
        })),
        Kind::CampaignStatus(edit) => {
            let status = status(edit.status).map_err(|error| error.within("campaign_status"))?;
            Ok(Entry::CampaignStatus(edit.name, status))
        }
        Kind::LineItemStatus(edit) => {
            let status = status(edit.status).map_err(|error| error.within("line_item_status"))?;
            Ok(Entry::LineItemStatus(edit.name, status))
        }
    }
}

/// A text, where one was said.
pub(super) fn said(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn advertiser(own: proto::Advertiser) -> Result<Entry> {
    Ok(Entry::Advertiser(AdvertiserDefinition {
        name: own.name,
        domain: said(lower(own.domain)),
        bundle: said(own.bundle),
        categories: labels(own.categories),
        seat: said(own.seat),
        caps: caps(own.caps)?,
    }))
}

fn campaign(own: proto::Campaign) -> Result<Entry> {
    Ok(Entry::Campaign(CampaignDefinition {
        name: own.name,
        advertiser: own.advertiser,
        status: status(own.status)?,
        flight: flight(own.flight)?,
        budget: budget(own.budget),
        utc_offset: own.utc_offset_minutes,
        currency: own.currency,
        caps: caps(own.caps)?,
    }))
}

fn creative(own: proto::Creative) -> Result<Entry> {
    Ok(Entry::Creative(CreativeDefinition {
        name: own.name,
        media: media(own.media)?,
        sizes: sizes(&own.sizes),
        duration: own.duration_seconds,
        mimes: own.mimes,
        protocols: own.protocols,
        apis: own.apis,
        attributes: own.attributes,
        banner_type: own.banner_type,
        language: said(lower(own.language)),
        categories: labels(own.categories),
        domains: own.domains.into_iter().map(lower).collect(),
        bundle: said(own.bundle),
        secure: own.secure,
        weight: own.weight.unwrap_or(1),
        markup: said(own.markup),
        native: own.native.map(|own| Box::new(native(*own))),
        image_url: said(own.image_url),
    }))
}

fn native(own: proto::NativeAd) -> NativeAd {
    let image = |own: proto::NativeImage| Image {
        url: own.url,
        kind: own.r#type,
        size: own.size.map(size),
        mime: said(mime(lower(own.mime))),
    };
    let data = |own: proto::NativeData| Data {
        kind: own.r#type,
        value: own.value,
    };
    let tracker = |own: proto::NativeTracker| Tracker {
        event: own.event,
        method: own.method,
        url: own.url,
    };
    NativeAd {
        link: Link {
            url: own.url,
            fallback: said(own.fallback_url),
            click_trackers: own.click_trackers,
        },
        titles: own.titles,
        images: own.images.into_iter().map(image).collect(),
        data: own.data.into_iter().map(data).collect(),
        vast: said(own.vast),
        trackers: own.trackers.into_iter().map(tracker).collect(),
        privacy_url: said(own.privacy_url),
    }
}

fn line_item(own: proto::LineItem) -> Result<Entry> {
    let pacing = match proto::Pacing::try_from(own.pacing) {
        Ok(proto::Pacing::Unspecified | proto::Pacing::AsFast) => Pacing::AsFast,
        Ok(proto::Pacing::Even) => Pacing::Even,
        Err(_) => return Err(unknown("pacing", own.pacing)),
    };
    Ok(Entry::LineItem(Box::new(LineItemDefinition {
        name: own.name,
        campaign: own.campaign,
        status: status(own.status)?,
        rule: own.rule,
        flight: flight(own.flight)?,
        budget: budget(own.budget),
        pacing,
        caps: caps(own.caps)?,
        price: price(own.price.unwrap_or_default()),
        creatives: own.creatives,
        deals: own.deals,
        open_market: own.open_market,
        purposes: purposes(&own.purposes, "purposes")?,
    })))
}

fn price(own: proto::LineItemPrice) -> PriceDefinition {
    let groups = own.groups.into_iter().map(|group| {
        let modifiers = group.modifiers.into_iter().map(|own| Modifier {
            condition: own.condition,
            factor: own.factor_micros,
        });
        ModifierGroup {
            name: group.name,
            modifiers: modifiers.collect(),
        }
    });
    PriceDefinition {
        base: own.base_micros,
        maximum: own.maximum_micros,
        groups: groups.collect(),
    }
}

/// Purposes of TCF, each 1 to 31.
pub(super) fn purposes(numbers: &[u32], field: &str) -> Result<Purposes> {
    let checked = numbers.iter().map(|number| {
        let known = u8::try_from(*number)
            .ok()
            .filter(|own| (1..=31).contains(own));
        known.ok_or_else(|| Error::invalid(field, format!("{number} is not within 1 and 31")))
    });
    Ok(Purposes::of(checked.collect::<Result<Vec<_>>>()?))
}

/// Categories of one taxonomy.
pub(super) fn labels(own: Option<proto::CategoryLabels>) -> Labels {
    let own = own.unwrap_or_default();
    Labels {
        taxonomy: own.taxonomy,
        codes: own.codes,
    }
}

/// A media type.
pub(super) fn media(number: i32) -> Result<Media> {
    Ok(match proto::MediaType::try_from(number) {
        Ok(proto::MediaType::Unspecified | proto::MediaType::Banner) => Media::Banner,
        Ok(proto::MediaType::Video) => Media::Video,
        Ok(proto::MediaType::Audio) => Media::Audio,
        Ok(proto::MediaType::Native) => Media::Native,
        Err(_) => return Err(unknown("media", number)),
    })
}

/// Sizes.
pub(super) fn sizes(own: &[proto::FrameSize]) -> Vec<Size> {
    own.iter().copied().map(size).collect()
}

const fn size(own: proto::FrameSize) -> Size {
    Size {
        width: own.width,
        height: own.height,
    }
}

fn status(number: i32) -> Result<Status> {
    Ok(match proto::DeliveryStatus::try_from(number) {
        Ok(proto::DeliveryStatus::Unspecified | proto::DeliveryStatus::Active) => Status::Active,
        Ok(proto::DeliveryStatus::Paused) => Status::Paused,
        Ok(proto::DeliveryStatus::Archived) => Status::Archived,
        Err(_) => return Err(unknown("status", number)),
    })
}

fn flight(own: Option<proto::Flight>) -> Result<Flight> {
    let own = own.unwrap_or_default();
    let instant = |time: Option<prost_types::Timestamp>, field| {
        time.as_ref()
            .map(|time| codec::instant(time, field))
            .transpose()
    };
    Ok(Flight {
        start: instant(own.start, "flight.start")?,
        end: instant(own.end, "flight.end")?,
    })
}

fn budget(own: Option<proto::Budget>) -> Budget {
    let own = own.unwrap_or_default();
    Budget {
        total: own.total_micros,
        day: own.day_micros,
    }
}

fn caps(own: Vec<proto::Cap>) -> Result<Vec<CapDefinition>> {
    let cap = |(place, own): (usize, proto::Cap)| {
        let field = format!("caps[{place}]");
        let window = own.window.as_ref();
        let window = window.map(|span| codec::span(span, &format!("{field}.window")));
        let unit = match proto::CapUnit::try_from(own.unit) {
            Ok(proto::CapUnit::Unspecified | proto::CapUnit::Profile) => CapUnit::Profile,
            Ok(proto::CapUnit::Household) => CapUnit::Household,
            Err(_) => return Err(unknown(&format!("{field}.unit"), own.unit)),
        };
        Ok(CapDefinition {
            count: own.count,
            window: window.transpose()?.unwrap_or(Duration(0)),
            unit,
            types: own.types,
        })
    };
    own.into_iter().enumerate().map(cap).collect()
}

/// A cap as a message.
pub(super) fn cap_message(own: &CapDefinition) -> proto::Cap {
    let unit = match own.unit {
        CapUnit::Profile => proto::CapUnit::Profile,
        CapUnit::Household => proto::CapUnit::Household,
    };
    proto::Cap {
        count: own.count,
        window: Some(codec::duration(own.window)),
        unit: unit as i32,
        types: own.types.clone(),
    }
}

fn unknown(field: &str, number: i32) -> Error {
    Error::invalid(field, format!("{number} is not one of its values"))
}
