//! What a request says, as one number.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::context::{Context, ContextValue};
use super::native::{Asset, Layout, Side, Wanted};
use super::request::{Consent, DealOffer, DurationFloors, Impression, Money, Offer, Request};

/// Sets the draws of samples apart from those of auctions.
const SAMPLES: u64 = 0x7472_6566_6665_7221;

/// The share of requests that is kept: one in so many, by a draw of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// A request is in when its draw is less; the larger of two samples has all of the smaller.
    below: u64,
    seed: u64,
}

impl Sample {
    /// One request in `one_in`: 1 is all, 0 is none. Of equal seeds the same requests are in.
    pub const fn one_in(one_in: u64, seed: u64) -> Self {
        let below = match one_in {
            0 => 0,
            1 => u64::MAX,
            _ => u64::MAX / one_in,
        };
        Self {
            below,
            seed: seed ^ SAMPLES,
        }
    }

    /// Whether the request of this id is in.
    pub fn has(self, request: &str) -> bool {
        self.below > 0 && xxh3_64_with_seed(request.as_bytes(), self.seed) <= self.below
    }
}

impl Request {
    /// A hash of what the request says: equal for two that were written otherwise and say the same, and the same in every process.
    ///
    /// Neither the order of names and of members of sets counts, nor what is repeated there, nor whatever says nothing. It finds
    /// mistakes and careless edits; whoever wants two requests of one hash can make them.
    pub fn fingerprint(&self) -> u64 {
        let mut print = Print(START);
        print.request(self);
        print.0
    }
}

/// Begins every fingerprint.
const START: u64 = 0x243F_6A88_85A3_08D3;
/// An odd number without a pattern.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// The hash of what was said so far. Every list says how long it is, and every field has a fixed place; those that came later stand
/// behind the others of an offer, where they say anything.
struct Print(u64);

impl Print {
    /// Both halves of a product, as in `wyhash` (Wang Yi).
    fn number(&mut self, number: u64) {
        let product = u128::from(self.0 ^ number) * u128::from(STEP);
        self.0 = ((product as u64) ^ ((product >> 64) as u64)).wrapping_add(START);
    }

    fn flags<const N: usize>(&mut self, flags: [Option<bool>; N]) {
        let digit = |all: u64, flag: Option<bool>| all * 3 + flag.map_or(2, u64::from);
        self.number(flags.into_iter().fold(0, digit));
    }

    /// A number of 32 bits that may be absent.
    fn some(&mut self, number: Option<u32>) {
        self.number(number.map_or(0, |own| u64::from(own) << 1 | 1));
    }

    fn some_long(&mut self, number: Option<i64>) {
        self.number(u64::from(number.is_some()));
        self.number(number.unwrap_or_default().cast_unsigned());
    }

    fn text(&mut self, text: &str) {
        self.number(xxh3_64_with_seed(text.as_bytes(), self.0));
    }

    /// In the order in which they were said.
    fn texts(&mut self, texts: &[String]) {
        self.number(texts.len() as u64);
        texts.iter().for_each(|text| self.text(text));
    }

    /// In whatever order, each once.
    fn set<T: Ord>(&mut self, all: &[T], mut write: impl FnMut(&mut Self, &T)) {
        if all.is_sorted_by(|a, b| a < b) {
            return self.list(all, write);
        }
        let mut sorted: Vec<&T> = all.iter().collect();
        sorted.sort_unstable();
        sorted.dedup();
        self.list(&sorted, |own, one| write(own, one));
    }

    fn names(&mut self, texts: &[String]) {
        self.set(texts, |own, text| own.text(text));
    }

    fn numbers(&mut self, numbers: &[u32]) {
        self.set(numbers, |own, number| own.number(u64::from(*number)));
    }

    fn list<T>(&mut self, all: &[T], mut write: impl FnMut(&mut Self, &T)) {
        self.number(all.len() as u64);
        all.iter().for_each(|own| write(self, own));
    }

    fn request(&mut self, own: &Request) {
        self.text(&own.id);
        self.texts(&own.ids);
        self.consent(&own.consent);
        self.names(&own.allowed_seats);
        self.names(&own.blocked_seats);
        self.names(&own.blocked_domains);
        self.names(&own.blocked_apps);
        self.some(own.categories.taxonomy);
        self.names(&own.categories.allowed);
        self.names(&own.categories.blocked);
        self.names(&own.allowed_languages);
        self.names(&own.blocked_languages);
        self.texts(&own.currencies);
        self.flags([Some(own.test)]);
        self.some(own.at);
        self.some(own.tmax);
        self.context(&own.context);
        self.list(&own.impressions, Self::impression);
    }

    fn consent(&mut self, own: &Consent) {
        let flags = [own.coppa, own.lmt, own.dnt, own.gdpr, own.vendor];
        self.flags(flags);
        self.flags([own.us_opt_out]);
        let bits = |bits: u32, purpose: u8| bits | 1 << purpose;
        let purposes = own.purposes.map(|own| own.iter().fold(0, bits));
        self.some(purposes);
    }

    /// A sum over names, whatever their order.
    fn context(&mut self, own: &Context) {
        let mut sum = 0_u64;
        for (name, value) in own.said() {
            let mut print = Self(START);
            print.text(name);
            print.value(value);
            sum = sum.wrapping_add(print.0);
        }
        self.number(sum);
    }

    fn value(&mut self, own: &ContextValue) {
        match own {
            ContextValue::Text(text) => {
                self.number(0);
                self.text(text);
            }
            ContextValue::Texts(texts) => {
                self.number(1);
                self.names(texts);
            }
            ContextValue::Number(number) => {
                self.number(2);
                self.number(number.cast_unsigned());
            }
            ContextValue::Place(place) => {
                self.number(3);
                self.number(u64::from(place.latitude.cast_unsigned()));
                self.number(u64::from(place.longitude.cast_unsigned()));
            }
        }
    }

    fn impression(&mut self, own: &Impression) {
        self.text(&own.id);
        self.context(&own.context);
        self.list(&own.offers, Self::offer);
        self.flags([own.secure, own.private_auction]);
        self.money(own.floor.as_ref());
        self.list(&own.deals, Self::deal);
        self.some(own.exp);
        self.some_long(own.qty);
    }

    fn offer(&mut self, own: &Offer) {
        self.number(own.media as u64);
        self.set(&own.sizes, |print, size| {
            print.number(u64::from(size.width) << 32 | u64::from(size.height));
        });
        self.names(&own.mimes);
        self.numbers(&own.protocols);
        self.numbers(&own.apis);
        self.numbers(&own.blocked_attributes);
        self.some(own.min_duration);
        self.some(own.max_duration);
        self.floors(&own.floors);
        // Written only where they are, so that what was said before there were these has the fingerprint that it had.
        if let Some(layout) = &own.layout {
            self.layout(layout);
        }
        if !own.ratios.is_empty() || !own.blocked_types.is_empty() {
            self.set(&own.ratios, |print, own| {
                print.number(u64::from(own.width) << 32 | u64::from(own.height));
                print.number(u64::from(own.min_width));
            });
            self.numbers(&own.blocked_types);
        }
    }

    fn layout(&mut self, own: &Layout) {
        self.number(own.writing as u64);
        self.flags([Some(own.has_privacy), Some(own.trackers.is_some())]);
        self.list(own.trackers.as_deref().unwrap_or_default(), |print, own| {
            print.number(u64::from(own.event));
            print.numbers(&own.methods);
        });
        self.texts(own.version.as_slice());
        self.list(&own.assets, Self::asset);
    }

    fn asset(&mut self, own: &Asset) {
        self.number(u64::from(own.id.cast_unsigned()) << 1 | u64::from(own.required));
        match &own.wanted {
            Wanted::Unknown => self.number(0),
            Wanted::Title { longest } => {
                self.number(1);
                self.some(*longest);
            }
            Wanted::Image {
                kind,
                width,
                height,
                mimes,
            } => {
                self.number(2);
                self.some(*kind);
                self.side(*width);
                self.side(*height);
                self.names(mimes);
            }
            Wanted::Data { kind, longest } => {
                self.number(3);
                self.number(u64::from(*kind));
                self.some(*longest);
            }
            Wanted::Video {
                mimes,
                protocols,
                blocked_attributes,
                min_duration,
                max_duration,
            } => {
                self.number(4);
                self.names(mimes);
                self.numbers(protocols);
                self.numbers(blocked_attributes);
                self.some(*min_duration);
                self.some(*max_duration);
            }
        }
    }

    fn side(&mut self, own: Side) {
        let (kind, pixels) = match own {
            Side::Any => (0, 0),
            Side::Exactly(pixels) => (1, pixels),
            Side::AtLeast(pixels) => (2, pixels),
        };
        self.number(kind << 32 | u64::from(pixels));
    }

    fn deal(&mut self, own: &DealOffer) {
        self.text(&own.id);
        self.money(own.floor.as_ref());
        self.floors(&own.floors);
        self.some(own.at);
        self.names(&own.seats);
        self.names(&own.advertiser_domains);
        self.flags([own.guaranteed]);
    }

    fn floors(&mut self, own: &DurationFloors) {
        self.list(&own.spans, |print, span| {
            print.some(span.min);
            print.some(span.max);
            print.money(Some(&span.floor));
        });
        self.money(own.per_second.as_ref());
    }

    fn money(&mut self, own: Option<&Money>) {
        self.some_long(own.map(|own| own.micros));
        let currency = own.and_then(|own| own.currency.as_ref());
        self.number(u64::from(currency.is_some()));
        if let Some(currency) = currency {
            self.text(currency);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::*;
    use crate::auction::native::Writing;
    use crate::auction::request::Ratio;

    fn request() -> Request {
        let mut request = Request {
            id: "r1".to_owned(),
            ids: vec!["crm:1".to_owned()],
            ..Request::default()
        };
        request.context.text("country", "DE");
        request.context.texts("format", ["a", "b"]);
        request.impressions.push(Impression::default());
        request
    }

    /// Offers a native ad of such a layout.
    fn layout(request: &mut Request, layout: Layout) {
        request.impressions[0].offers = vec![Offer {
            layout: Some(Box::new(layout)),
            ..Offer::default()
        }];
    }

    /// A layout of one part that is like no other.
    fn whole(edit: impl FnOnce(&mut Layout)) -> Layout {
        let mut own = Layout {
            assets: vec![Asset::default()],
            ..Layout::default()
        };
        edit(&mut own);
        own
    }

    fn asks(request: &mut Request, wanted: Wanted) {
        let asset = Asset {
            wanted,
            ..Asset::default()
        };
        let own = Layout {
            assets: vec![asset],
            ..Layout::default()
        };
        layout(request, own);
    }

    fn flexible() -> Offer {
        Offer {
            ratios: vec![Ratio::default()],
            ..Offer::default()
        }
    }

    fn typed() -> Offer {
        Offer {
            blocked_types: vec![1],
            ..Offer::default()
        }
    }

    const fn text(kind: u32) -> Wanted {
        let longest = None;
        Wanted::Data { kind, longest }
    }

    const fn picture(width: Side, height: Side) -> Wanted {
        Wanted::Image {
            kind: None,
            width,
            height,
            mimes: Vec::new(),
        }
    }

    #[test]
    fn what_says_the_same_has_the_same_fingerprint() {
        let mut other = Request {
            context: Context::default(),
            ..request()
        };
        other.context.texts("format", ["b", "a", "b"]);
        other.context.text("domain", "");
        other.context.text("country", "DE");

        assert_eq!(request().fingerprint(), other.fingerprint());
    }

    #[test]
    fn a_fingerprint_is_the_same_in_every_process() {
        assert_eq!(PRINT, request().fingerprint());
    }

    /// Told to callers, who may keep it: it changes with a new version of the wire at most.
    const PRINT: u64 = 8_677_593_122_988_698_422;

    #[test]
    fn whatever_is_said_changes_the_fingerprint() {
        type Edit = fn(&mut Request);
        let edits: [Edit; 27] = [
            |own| own.id.push('0'),
            |own| own.ids.clear(),
            |own| own.consent.lmt = Some(false),
            |own| own.test = true,
            |own| own.blocked_seats.push("s".to_owned()),
            |own| own.blocked_domains.push("s".to_owned()),
            |own| own.context.text("country", "AT"),
            |own| own.impressions.push(Impression::default()),
            |own| own.impressions[0].floor = Some(Money::default()),
            |own| own.impressions[0].private_auction = Some(false),
            |own| own.impressions[0].offers.push(flexible()),
            |own| own.impressions[0].offers.push(typed()),
            |own| layout(own, Layout::default()),
            |own| layout(own, whole(|own| own.has_privacy = true)),
            |own| layout(own, whole(|own| own.version = Some("1".to_owned()))),
            |own| layout(own, whole(|own| own.writing = Writing::Wrapped)),
            |own| layout(own, whole(|own| own.trackers = Some(Vec::new()))),
            |own| layout(own, whole(|own| own.assets[0].required = true)),
            |own| layout(own, whole(|own| own.assets[0].id = 7)),
            |own| asks(own, text(1)),
            |own| asks(own, text(2)),
            |own| asks(own, Wanted::Unknown),
            |own| asks(own, Wanted::Title { longest: None }),
            |own| asks(own, Wanted::Title { longest: Some(9) }),
            |own| asks(own, picture(Side::Exactly(9), Side::Any)),
            |own| asks(own, picture(Side::AtLeast(9), Side::Any)),
            |own| asks(own, picture(Side::Any, Side::Exactly(9))),
        ];
        let mut seen = vec![request().fingerprint()];
        for edit in edits {
            let mut own = request();
            edit(&mut own);
            seen.push(own.fingerprint());
        }
        let all = seen.len();
        seen.sort_unstable();
        seen.dedup();

        assert_eq!(all, seen.len());
    }

    #[test]
    fn a_sample_holds_its_share_and_the_larger_all_of_the_smaller() {
        let (large, small) = (Sample::one_in(10, 7), Sample::one_in(100, 7));
        let ids = (0..100_000).map(|number: u32| number.to_string());
        let (mut in_large, mut in_small) = (0, 0);
        for id in ids {
            in_large += u32::from(large.has(&id));
            in_small += u32::from(small.has(&id));
            assert!(large.has(&id) || !small.has(&id));
        }

        assert!((9_500..10_500).contains(&in_large), "{in_large}");
        assert!((850..1_150).contains(&in_small), "{in_small}");
        assert!(Sample::one_in(1, 3).has("x") && !Sample::one_in(0, 3).has("x"));
    }
}
