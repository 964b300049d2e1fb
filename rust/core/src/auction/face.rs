//! What most creatives are judged by: small, so that the looks of all are asked about within a few cache lines.

use super::creative::CreativeDefinition;
use super::request::{Impression, Media, Offer, Request, Size};
use super::scratch::Look;

const DOMAINS: u16 = 1;
const BUNDLE: u16 = 1 << 1;
const LANGUAGE: u16 = 1 << 2;
const CATEGORIES: u16 = 1 << 3;
const SIZES: u16 = 1 << 4;
const MIMES: u16 = 1 << 5;
const PROTOCOLS: u16 = 1 << 6;
const APIS: u16 = 1 << 7;
const ATTRIBUTES: u16 = 1 << 8;
const PARTS: u16 = 1 << 9;
const TYPE: u16 = 1 << 10;

/// A creative, as far as most requests ask.
#[derive(Clone, Copy, Debug)]
pub(super) struct Face {
    media: Media,
    secure: bool,
    is_shown: bool,
    /// What it says of itself.
    says: u16,
    /// Its only size.
    size: Option<Size>,
}

/// What a request asks of creatives for an impression.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    /// A creative that says something of these is looked at as a whole.
    asks: u16,
    /// Every creative is.
    asks_all: bool,
}

impl Face {
    pub(super) fn of(creative: &CreativeDefinition) -> Self {
        let own = creative;
        let lone = own.sizes.first().filter(|_| own.sizes.len() == 1);
        let says = [
            (DOMAINS, !own.domains.is_empty()),
            (BUNDLE, own.bundle.is_some()),
            (LANGUAGE, own.language.is_some()),
            (CATEGORIES, !own.categories.codes.is_empty()),
            (SIZES, own.sizes.len() > 1),
            (MIMES, !own.mimes.is_empty()),
            (PROTOCOLS, !own.protocols.is_empty()),
            (APIS, !own.apis.is_empty()),
            (ATTRIBUTES, !own.attributes.is_empty()),
            (PARTS, own.native.is_some()),
            (TYPE, own.banner_type.is_some()),
        ];
        Self {
            media: own.media,
            secure: own.secure,
            is_shown: own.weight > 0,
            says: bits(&says),
            size: lone.copied(),
        }
    }

    /// Whether it fits, as [`CreativeDefinition::fits_at`] tells; unknown: a glance does not tell.
    pub(super) fn look(self, wanted: Wanted, impression: &Impression) -> Look {
        if wanted.asks_all || self.says & wanted.asks != 0 {
            return Look::Unknown;
        }
        let is_wanted = self.is_shown && (self.secure || impression.secure != Some(true));
        let fits = |offer: &Offer| {
            offer.media == self.media && self.size.is_none_or(|own| offer.takes(own))
        };
        let place = || impression.offers.iter().position(fits);
        Look::of(is_wanted.then(place).flatten())
    }
}

impl Wanted {
    pub(super) fn of(request: &Request, impression: &Impression) -> Self {
        let offers = || impression.offers.iter();
        let categories = &request.categories;
        let languages = (&request.blocked_languages, &request.allowed_languages);
        let asks = [
            (DOMAINS, !request.blocked_domains.is_empty()),
            (BUNDLE, !request.blocked_apps.is_empty()),
            (LANGUAGE, !languages.0.is_empty() || !languages.1.is_empty()),
            (CATEGORIES, !categories.blocked.is_empty()),
            (SIZES, offers().any(asks_size)),
            (MIMES, offers().any(|own| !own.mimes.is_empty())),
            (PROTOCOLS, offers().any(|own| !own.protocols.is_empty())),
            // What an offer does not name is not supported.
            (APIS, true),
            (
                ATTRIBUTES,
                offers().any(|own| !own.blocked_attributes.is_empty()),
            ),
            (PARTS, offers().any(|own| own.layout.is_some())),
            (TYPE, offers().any(|own| !own.blocked_types.is_empty())),
        ];
        // These ask something of a creative that says nothing, too.
        let lasts = |own: &Offer| own.min_duration.is_some() || own.max_duration.is_some();
        Self {
            asks: bits(&asks),
            asks_all: !categories.allowed.is_empty() || offers().any(lasts),
        }
    }
}

const fn asks_size(offer: &Offer) -> bool {
    !offer.sizes.is_empty() || !offer.ratios.is_empty()
}

fn bits(all: &[(u16, bool)]) -> u16 {
    let set = all.iter().filter(|(_, is_so)| *is_so);
    set.fold(0, |bits, (bit, _)| bits | bit)
}
