//! Random requests, some of which say odd things.

use super::books::{
    CATEGORIES, COUNTRIES, CURRENCIES, DATA, DEALS, DOMAINS, FORMATS, LANGUAGES, MEDIA, SEATS,
    SIZES, texts,
};
use super::dice::Dice;
use crate::auction::context::{Context, ContextValue, Place};
use crate::auction::native::{Asset, Layout, Side, Wanted};
use crate::auction::request::{
    Categories, Consent, DealOffer, DurationFloor, DurationFloors, Impression, Money, Offer,
    Purposes, Ratio, Request,
};

fn context(dice: &mut Dice, percent: usize) -> Context {
    let mut context = Context::default();
    let mut say = |dice: &mut Dice, name: &str, all: &[&str]| {
        if dice.chance(percent) {
            context.text(name, dice.one(all));
        }
    };
    say(dice, "country", &["DE", "DE", "AT", "CH", "FR", "GB", ""]);
    say(dice, "domain", &DOMAINS);
    say(dice, "exchange", &["x", "y"]);
    say(dice, "os", &["ios", "android"]);
    say(dice, "format", &FORMATS);
    say(dice, "nothing", &["declared"]);
    for (name, all) in [("format", &FORMATS[..]), ("data", &DATA), ("deals", &DEALS)] {
        if dice.chance(percent) {
            context.texts(name, dice.some(all, 50));
        }
    }
    if dice.chance(percent) {
        context.hour("hour_of_week", dice.below(7) as u8);
    }
    if dice.chance(percent) {
        context.set(
            "min_duration",
            ContextValue::Number(dice.below(4) as i64 * 1_000_000),
        );
    }
    if dice.chance(percent) {
        let latitude = 52_500_000 + dice.below(3) as i32 * 30_000;
        let longitude = 13_400_000;
        context.set(
            "place",
            ContextValue::Place(Place {
                latitude,
                longitude,
            }),
        );
    }
    if dice.chance(5) {
        context.set(
            dice.one(&["country", "hour_of_week", "place"]),
            ContextValue::Number(7),
        );
    }
    context
}

fn money(dice: &mut Dice) -> Money {
    Money {
        micros: dice.one(&[0, 500_000, 1_000_000, 1_111_000]),
        currency: dice.maybe(30, |dice| dice.one(&CURRENCIES).to_owned()),
    }
}

fn floors(dice: &mut Dice, percent: usize) -> DurationFloors {
    if !dice.chance(percent) {
        return DurationFloors::default();
    }
    let spans = (0..dice.below(3)).map(|_| DurationFloor {
        min: dice.maybe(50, |dice| dice.one(&[5, 10])),
        max: dice.maybe(50, |dice| dice.one(&[15, 20])),
        floor: money(dice),
    });
    DurationFloors {
        spans: spans.collect(),
        per_second: dice.maybe(30, |_| Money {
            micros: 60_000,
            currency: None,
        }),
    }
}

const RATIOS: [Ratio; 2] = [
    Ratio {
        width: 6,
        height: 5,
        min_width: 0,
    },
    Ratio {
        width: 728,
        height: 90,
        min_width: 729,
    },
];

fn offer(dice: &mut Dice) -> Offer {
    Offer {
        media: dice.one(&MEDIA),
        sizes: dice.some(&SIZES, 40),
        ratios: dice.some(&RATIOS, 10),
        mimes: texts(&dice.some(&["image/png", "video/mp4"], 30)),
        protocols: dice.some(&[2, 3], 20),
        apis: dice.some(&[5], 50),
        blocked_attributes: dice.some(&[1, 3], 10),
        blocked_types: dice.some(&[1, 4], 10),
        min_duration: dice.maybe(10, |_| 5),
        max_duration: dice.maybe(10, |_| 15),
        floors: floors(dice, 15),
        layout: dice.maybe(40, |dice| Box::new(layout(dice))),
    }
}

fn layout(dice: &mut Dice) -> Layout {
    let asset = |dice: &mut Dice| Asset {
        id: 1,
        required: dice.chance(70),
        wanted: wanted(dice),
    };
    Layout {
        assets: (0..dice.below(3)).map(|_| asset(dice)).collect(),
        ..Layout::default()
    }
}

fn wanted(dice: &mut Dice) -> Wanted {
    let longest = |dice: &mut Dice| dice.maybe(80, |dice| dice.one(&[5, 25, 90]));
    let side = |dice: &mut Dice| dice.one(&[Side::Any, Side::Exactly(300), Side::AtLeast(250)]);
    match dice.below(20) {
        0..6 => Wanted::Title {
            longest: longest(dice),
        },
        6..12 => Wanted::Image {
            kind: dice.maybe(50, |dice| dice.one(&[1, 3])),
            width: side(dice),
            height: side(dice),
            mimes: texts(&dice.some(&["image/png", "image/gif"], 30)),
        },
        12..16 => Wanted::Data {
            kind: dice.one(&[1, 2]),
            longest: longest(dice),
        },
        16..19 => Wanted::Video {
            mimes: texts(&dice.some(&["image/png", "video/mp4"], 30)),
            protocols: dice.some(&[2, 3], 20),
            blocked_attributes: dice.some(&[1, 3], 20),
            min_duration: dice.maybe(20, |_| 10),
            max_duration: dice.maybe(20, |_| 15),
        },
        _ => Wanted::Unknown,
    }
}

fn deal(dice: &mut Dice) -> DealOffer {
    DealOffer {
        id: dice.one(&["d1", "d2", "d3", "d4"]).to_owned(),
        floor: dice.maybe(60, money),
        floors: floors(dice, 10),
        at: dice.one(&[None, Some(1), Some(3)]),
        seats: texts(&dice.some(&[SEATS[0], SEATS[1], "house"], 12)),
        advertiser_domains: texts(&dice.some(&DOMAINS, 10)),
        guaranteed: None,
    }
}

fn impression(dice: &mut Dice, number: usize) -> Impression {
    Impression {
        id: number.to_string(),
        context: context(dice, 20),
        offers: (0..dice.below(4)).map(|_| offer(dice)).collect(),
        secure: dice.one(&[None, Some(false), Some(true)]),
        floor: dice.maybe(50, money),
        deals: (0..dice.below(4)).map(|_| deal(dice)).collect(),
        private_auction: dice.one(&[None, None, None, None, Some(false), Some(false), Some(true)]),
        exp: None,
        qty: None,
    }
}

fn consent(dice: &mut Dice) -> Consent {
    let rarely = |dice: &mut Dice| dice.one(&[None, None, Some(false), Some(false), Some(true)]);
    let mut consent = Consent::default();
    if dice.chance(30) {
        consent.coppa = rarely(dice);
        consent.lmt = rarely(dice);
        consent.us_opt_out = rarely(dice);
    }
    consent.gdpr = dice.one(&[None, Some(false), Some(true)]);
    consent.vendor = dice.one(&[None, Some(true), Some(true), Some(true), Some(false)]);
    consent.purposes = dice.maybe(80, |dice| Purposes::of(dice.some(&[1, 3, 4, 9], 70)));
    consent
}

/// A random request of two impressions.
pub(super) fn request(dice: &mut Dice, id: usize) -> Request {
    Request {
        id: id.to_string(),
        ids: Vec::new(),
        consent: consent(dice),
        test: false,
        allowed_seats: texts(&dice.some(&[SEATS[0], SEATS[1], "house"], 8)),
        blocked_seats: texts(&dice.some(&[SEATS[0], SEATS[1], "house"], 8)),
        blocked_domains: texts(&dice.some(&DOMAINS, 8)),
        blocked_apps: texts(&dice.some(&["com.app"], 8)),
        categories: Categories {
            taxonomy: dice.one(&[None, Some(1), Some(7)]),
            allowed: texts(&dice.some(&CATEGORIES, 5)),
            blocked: texts(&dice.some(&CATEGORIES, 8)),
        },
        allowed_languages: texts(&dice.some(&LANGUAGES, 10)),
        blocked_languages: texts(&dice.some(&LANGUAGES, 10)),
        currencies: texts(&dice.some(&["EUR", "USD", "YYY"], 20)),
        at: None,
        tmax: None,
        context: {
            let percent = dice.one(&[20, 70, 90]);
            let mut own = context(dice, percent);
            if dice.chance(60) {
                own.text("country", dice.one(&COUNTRIES));
            }
            own
        },
        impressions: (0..2).map(|number| impression(dice, number)).collect(),
    }
}
