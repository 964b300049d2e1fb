//! What the request does not want: advertisers, apps, categories, seats, and creatives that do not fit.

use super::advertiser::{AdvertiserDefinition, Labels, is_below};
use super::creative::CreativeDefinition;
use super::request::{Categories, DealOffer, Impression, Offer, Request};

impl Request {
    /// Whether the request keeps an advertiser out: by domain, app or category.
    pub fn blocks(&self, advertiser: &AdvertiserDefinition) -> bool {
        names(&self.blocked_domains, advertiser.domain.as_deref())
            || names(&self.blocked_apps, advertiser.bundle.as_deref())
            || self.categories.block(&advertiser.categories)
    }

    /// Whether it says anything of seats.
    pub const fn names_seats(&self) -> bool {
        !(self.blocked_seats.is_empty() && self.allowed_seats.is_empty())
    }

    /// Whether it takes bids of a seat; `None`: of no seat at all.
    pub fn takes_seat(&self, seat: Option<&str>) -> bool {
        !names(&self.blocked_seats, seat) && allows(&self.allowed_seats, seat)
    }
}

impl Categories {
    /// Whether one of the labels is blocked or below what is; those of another taxonomy are not.
    pub fn block(&self, labels: &Labels) -> bool {
        self.is_same_taxonomy(labels)
            && labels
                .codes
                .iter()
                .any(|code| is_under(code, &self.blocked))
    }

    /// Whether the labels are among those that are allowed.
    pub fn allow(&self, labels: &Labels) -> bool {
        let is_allowed = |code: &String| is_under(code, &self.allowed);
        self.allowed.is_empty()
            || (self.is_same_taxonomy(labels)
                && !labels.codes.is_empty()
                && labels.codes.iter().all(is_allowed))
    }

    fn is_same_taxonomy(&self, labels: &Labels) -> bool {
        // 0 is no taxonomy, so nothing was said.
        let number = |said: Option<u32>| said.filter(|own| *own > 0).unwrap_or(1);
        number(self.taxonomy) == number(labels.taxonomy)
    }
}

impl DealOffer {
    /// Whether a seat and an advertiser may bid on it with any of these creatives: whichever is shown leads to domains that are allowed.
    pub fn is_open_to<'a>(
        &self,
        seat: Option<&str>,
        advertiser: &AdvertiserDefinition,
        creatives: impl IntoIterator<Item = &'a CreativeDefinition>,
    ) -> bool {
        let domains = &self.advertiser_domains;
        let mut shown = creatives.into_iter().filter(|own| own.weight > 0);
        allows(&self.seats, seat)
            && (domains.is_empty() || shown.all(|own| own.leads_only_to(advertiser, domains)))
    }

    /// Whether it is open to everybody.
    pub const fn is_open(&self) -> bool {
        self.seats.is_empty() && self.advertiser_domains.is_empty()
    }
}

impl CreativeDefinition {
    /// Its categories; of one that says none those of whoever shows it.
    pub const fn labels<'a>(&'a self, advertiser: &'a AdvertiserDefinition) -> &'a Labels {
        if self.categories.codes.is_empty() {
            &advertiser.categories
        } else {
            &self.categories
        }
    }

    /// Whether bids with it say no other domains: its own, of one that says none that of whoever shows it.
    fn leads_only_to(&self, advertiser: &AdvertiserDefinition, domains: &[String]) -> bool {
        if self.domains.is_empty() {
            return names(domains, advertiser.domain.as_deref());
        }
        self.domains.iter().all(|own| domains.contains(own))
    }

    /// The first offer of the impression that it fits when an advertiser shows it; `None`: the request does not want it, or it is never
    /// chosen.
    pub fn fits<'a>(
        &self,
        advertiser: &AdvertiserDefinition,
        request: &Request,
        impression: &'a Impression,
    ) -> Option<&'a Offer> {
        let place = self.fits_at(self.labels(advertiser), request, impression)?;
        impression.offers.get(place)
    }

    /// The place of the first offer that it fits, with these categories.
    pub(super) fn fits_at(
        &self,
        labels: &Labels,
        request: &Request,
        impression: &Impression,
    ) -> Option<usize> {
        let mut offers = impression.offers.iter();
        let is_wanted = self.weight > 0 && self.is_wanted(labels, request, impression);
        let place = is_wanted.then(|| offers.position(|offer| self.is_made_for(offer)));
        place.flatten()
    }

    fn is_wanted(&self, labels: &Labels, request: &Request, impression: &Impression) -> bool {
        let blocked = &request.blocked_domains;
        let language = self.language.as_ref();
        let speaks = |list: &[String]| language.is_some_and(|own| is_in_range(own, list));
        let is_understood = language.is_none()
            || request.allowed_languages.is_empty()
            || speaks(&request.allowed_languages);
        (self.secure || impression.secure != Some(true))
            && !self.domains.iter().any(|own| blocked.contains(own))
            && !names(&request.blocked_apps, self.bundle.as_deref())
            && !speaks(&request.blocked_languages)
            && is_understood
            && !request.categories.block(&self.categories)
            && request.categories.allow(labels)
    }

    fn is_made_for(&self, offer: &Offer) -> bool {
        self.media == offer.media
            && (self.sizes.is_empty() || self.sizes.iter().any(|own| offer.takes(*own)))
            && self
                .banner_type
                .is_none_or(|own| !offer.blocked_types.contains(&own))
            && self.comes_in(&offer.mimes, &offer.protocols)
            && self.apis.iter().all(|api| offer.apis.contains(api))
            && !self.has_any(&offer.blocked_attributes)
            && self.lasts(offer.min_duration, offer.max_duration)
            && self.fills(offer.layout.as_deref())
    }

    /// Whether it has one of these attributes.
    pub(super) fn has_any(&self, attributes: &[u32]) -> bool {
        self.attributes.iter().any(|own| attributes.contains(own))
    }

    /// Whether it can be had in one of these content types and protocols.
    pub(super) fn comes_in(&self, mimes: &[String], protocols: &[u32]) -> bool {
        share(&self.mimes, mimes) && share(&self.protocols, protocols)
    }

    /// Whether it runs neither shorter nor longer; one that does not say fits where no bound is set.
    pub(super) fn lasts(&self, min: Option<u32>, max: Option<u32>) -> bool {
        match self.duration {
            Some(own) => min.is_none_or(|min| min <= own) && max.is_none_or(|max| own <= max),
            None => min.is_none() && max.is_none(),
        }
    }
}

/// Whether two lists share an entry; an empty one stands for all.
fn share<T: PartialEq>(own: &[T], offered: &[T]) -> bool {
    own.is_empty() || offered.is_empty() || own.iter().any(|one| offered.contains(one))
}

fn is_under(code: &str, all: &[String]) -> bool {
    all.iter().any(|above| is_below(code, above))
}

/// Whether a language is one of a list or a variety of one, as `de-AT` is of `de`: basic filtering of RFC 4647, section 3.3.1, in
/// lower case.
fn is_in_range(language: &str, list: &[String]) -> bool {
    list.iter().any(|range| {
        let rest = language.strip_prefix(range.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    })
}

fn names(list: &[String], one: Option<&str>) -> bool {
    one.is_some_and(|one| list.iter().any(|own| own == one))
}

/// Whether a list allows something; an empty list allows all, any other only what it names.
pub(super) fn allows(list: &[String], one: Option<&str>) -> bool {
    list.is_empty() || names(list, one)
}
