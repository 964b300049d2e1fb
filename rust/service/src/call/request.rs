//! Auctions, from messages to the core.

use std::collections::{BTreeMap, BTreeSet};

use treffer_core::auction::request::{
    Categories, Consent, DealOffer, Impression, Money, Offer, Request,
};
use treffer_core::auction::{Context, ContextValue, Place, is_currency};
use treffer_core::error::{Error, Result};

use super::entry::{labels, media, purposes, said, sizes};
use crate::openrtb::{COUNTRY, country, lower};
use crate::proto;
use crate::settings::Settings;

/// One auction; an error names the field.
pub(super) fn auction_request(own: proto::AuctionRequest, settings: &Settings) -> Result<Request> {
    if own.id.is_empty() {
        return Err(Error::invalid("id", "is required"));
    }
    if own.impressions.is_empty() {
        return Err(Error::invalid("impressions", "at least one is required"));
    }
    let limit = settings.reading.most_impressions;
    if own.impressions.len() > limit {
        return Err(Error::Limit {
            field: "impressions".to_owned(),
            limit: limit as u64,
            actual: own.impressions.len() as u64,
        });
    }
    if !own.allowed_seats.is_empty() && !own.blocked_seats.is_empty() {
        let message = "seats are either allowed or blocked";
        return Err(Error::invalid("blocked_seats", message));
    }
    let mut seen = BTreeSet::new();
    let impressions = own.impressions.into_iter().enumerate();
    let impressions = impressions.map(|(place, own)| {
        if !seen.insert(own.id.clone()) {
            let message = format!("{:?} comes twice", own.id);
            return Err(Error::invalid(format!("impressions[{place}].id"), message));
        }
        impression(own).map_err(|error| error.within(&format!("impressions[{place}]")))
    });
    for (place, code) in own.currencies.iter().enumerate() {
        check_currency(code, &format!("currencies[{place}]"))?;
    }
    let blocked = labels(own.blocked_categories);
    Ok(Request {
        id: own.id,
        ids: own.ids,
        test: own.test,
        consent: consent(&own.consent.unwrap_or_default())?,
        allowed_seats: own.allowed_seats,
        blocked_seats: own.blocked_seats,
        blocked_domains: lowered(own.blocked_domains),
        blocked_apps: own.blocked_apps,
        categories: Categories {
            taxonomy: blocked.taxonomy,
            allowed: Vec::new(),
            blocked: blocked.codes,
        },
        allowed_languages: lowered(own.allowed_languages),
        blocked_languages: lowered(own.blocked_languages),
        currencies: own.currencies,
        context: context(own.context)?,
        impressions: impressions.collect::<Result<Vec<_>>>()?,
        ..Request::default()
    })
}

fn lowered(all: Vec<String>) -> Vec<String> {
    all.into_iter().map(lower).collect()
}

fn consent(own: &proto::ConsentFacts) -> Result<Consent> {
    let granted = purposes(&own.purposes, "consent.purposes")?;
    Ok(Consent {
        coppa: own.coppa,
        lmt: own.lmt,
        dnt: own.dnt,
        gdpr: own.gdpr,
        purposes: (!own.purposes.is_empty()).then_some(granted),
        vendor: own.vendor,
        us_opt_out: own.us_opt_out,
    })
}

fn impression(own: proto::AuctionImpression) -> Result<Impression> {
    if own.id.is_empty() {
        return Err(Error::invalid("id", "is required"));
    }
    if own.offers.is_empty() {
        let message = "an impression offers at least one media type";
        return Err(Error::invalid("offers", message));
    }
    let offers = own.offers.into_iter().enumerate();
    let offers = offers
        .map(|(place, own)| offer(own).map_err(|error| error.within(&format!("offers[{place}]"))));
    let deals = own.deals.into_iter().enumerate();
    let deals = deals
        .map(|(place, own)| deal(own).map_err(|error| error.within(&format!("deals[{place}]"))));
    Ok(Impression {
        id: own.id,
        context: context(own.context)?,
        offers: offers.collect::<Result<_>>()?,
        secure: own.secure,
        floor: own.floor.map(|own| money(own, "floor")).transpose()?,
        deals: deals.collect::<Result<_>>()?,
        private_auction: own.private_auction,
        exp: own.expiry_seconds,
        qty: quantity(own.quantity_micros)?,
    })
}

fn quantity(said: Option<i64>) -> Result<Option<i64>> {
    match said {
        Some(own) if own <= 0 => Err(Error::invalid("quantity_micros", "is not more than 0")),
        own => Ok(own),
    }
}

fn offer(own: proto::MediaOffer) -> Result<Offer> {
    Ok(Offer {
        media: media(own.media)?,
        sizes: sizes(&own.sizes),
        mimes: own.mimes,
        protocols: own.protocols,
        apis: own.apis,
        blocked_attributes: own.blocked_attributes,
        min_duration: own.min_duration_seconds,
        max_duration: own.max_duration_seconds,
        ..Offer::default()
    })
}

fn deal(own: proto::DealOffer) -> Result<DealOffer> {
    if own.id.is_empty() {
        return Err(Error::invalid("id", "is required"));
    }
    Ok(DealOffer {
        id: own.id,
        floor: own.floor.map(|own| money(own, "floor")).transpose()?,
        at: own.at,
        seats: own.seats,
        advertiser_domains: lowered(own.advertiser_domains),
        ..DealOffer::default()
    })
}

pub(super) fn money(own: proto::Amount, field: &str) -> Result<Money> {
    if own.micros < 0 {
        return Err(Error::invalid(format!("{field}.micros"), "is negative"));
    }
    if !own.currency.is_empty() {
        check_currency(&own.currency, &format!("{field}.currency"))?;
    }
    Ok(Money {
        micros: own.micros,
        currency: said(own.currency),
    })
}

fn check_currency(code: &str, field: &str) -> Result<()> {
    if is_currency(code) {
        return Ok(());
    }
    let message = format!("{code:?} is not a currency of ISO 4217");
    Err(Error::invalid(field, message))
}

fn context(own: BTreeMap<String, proto::ContextValue>) -> Result<Context> {
    use proto::context_value::Kind;
    let mut context = Context::default();
    for (name, value) in own {
        match value.kind {
            None => {}
            Some(Kind::Text(text)) => {
                let text = if name == COUNTRY {
                    country(&text).to_owned()
                } else {
                    text
                };
                context.set(&name, ContextValue::Text(text));
            }
            Some(Kind::Texts(set)) => context.set(&name, ContextValue::Texts(set.members)),
            Some(Kind::Micros(micros)) => context.set(&name, ContextValue::Number(micros)),
            Some(Kind::Point(point)) => {
                let place = place(point).ok_or_else(|| {
                    let message = "latitude or longitude is out of range";
                    Error::invalid(format!("context.{name}"), message)
                })?;
                context.set(&name, ContextValue::Place(place));
            }
        }
    }
    Ok(context)
}

fn place(point: proto::GeoPoint) -> Option<Place> {
    let (latitude, longitude) = (point.latitude_micros, point.longitude_micros);
    let is_on_globe =
        latitude.unsigned_abs() <= 90_000_000 && longitude.unsigned_abs() <= 180_000_000;
    is_on_globe.then_some(Place {
        latitude,
        longitude,
    })
}
