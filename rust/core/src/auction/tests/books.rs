//! Random books: line items that ask all kinds of things.

use super::dice::Dice;
use crate::auction::advertiser::{AdvertiserDefinition, Labels};
use crate::auction::campaign::{Budget, CampaignDefinition, Flight, Status};
use crate::auction::cap::{CapDefinition, CapUnit};
use crate::auction::creative::{CreativeDefinition, DealDefinition};
use crate::auction::entry::Entry;
use crate::auction::line_item::{LineItemDefinition, Pacing};
use crate::auction::list::ListDefinition;
use crate::auction::native::{Data, Image, Link, NativeAd};
use crate::auction::price::{Modifier, ModifierGroup, PriceDefinition, RateDefinition};
use crate::auction::request::{Media, Purposes, Size};
use crate::time::{Duration, Instant};

pub(super) const NOW: Instant = Instant(1_500_000_000_000);
pub(super) const COUNTRIES: [&str; 4] = ["DE", "AT", "CH", "FR"];
pub(super) const DOMAINS: [&str; 5] = ["a.de", "b.de", "c.com", "sub.a.de", "d.org"];
pub(super) const FORMATS: [&str; 4] = ["300x250", "728x90", "320x50", "video"];
pub(super) const DATA: [&str; 4] = ["p:1", "p:2", "q:1", "q:3"];
pub(super) const DEALS: [&str; 3] = ["d1", "d2", "d3"];
pub(super) const CURRENCIES: [&str; 4] = ["", "USD", "EUR", "XXX"];
pub(super) const SEATS: [&str; 2] = ["seat1", "seat2"];
pub(super) const CATEGORIES: [&str; 4] = ["IAB1", "IAB1-2", "IAB12", "IAB7"];
pub(super) const LANGUAGES: [&str; 3] = ["de", "en", "de-at"];
pub(super) const SIZES: [Size; 2] = [
    Size {
        width: 300,
        height: 250,
    },
    Size {
        width: 728,
        height: 90,
    },
];
pub(super) const MEDIA: [Media; 5] = [
    Media::Banner,
    Media::Banner,
    Media::Video,
    Media::Audio,
    Media::Native,
];

pub(super) fn texts(all: &[&str]) -> Vec<String> {
    all.iter().map(|own| (*own).to_owned()).collect()
}

fn set(dice: &mut Dice, all: &[&str], percent: usize) -> String {
    let some = dice.some(all, percent);
    format!(
        "{{{}}}",
        some.iter()
            .map(|own| format!("{own:?}"))
            .collect::<Vec<_>>()
            .join(", ")
    )
}

/// A condition on the context.
fn context(dice: &mut Dice) -> String {
    match dice.below(20) {
        0 => format!("ctx.country = {:?}", dice.one(&COUNTRIES)),
        1 => format!("ctx.country != {:?}", dice.one(&COUNTRIES)),
        2 | 3 => format!("ctx.country in {}", set(dice, &COUNTRIES, 50)),
        4 => format!("ctx.country not in {}", set(dice, &COUNTRIES, 40)),
        5 => format!(
            "has(ctx.{})",
            dice.one(&["country", "format", "place", "domain", "min_duration"])
        ),
        6 => format!("ctx.domain in {}", set(dice, &DOMAINS, 50)),
        7 => format!("ctx.domain {}in list(\"safe\")", dice.one(&["", "not "])),
        8 => format!(
            "ctx.domain {} \"{}\"",
            dice.one(&["starts_with", "contains"]),
            dice.one(&["a", ".de", "sub"])
        ),
        9 | 10 => format!("ctx.format has any {}", set(dice, &FORMATS, 40)),
        11 => format!("ctx.format has all {}", set(dice, &FORMATS, 40)),
        12 => format!("ctx.deals has {:?}", dice.one(&DEALS)),
        13 => format!("ctx.data has any {}", set(dice, &DATA, 40)),
        14 => "ctx.data has any list(\"data\")".to_owned(),
        15 => format!(
            "ctx.hour_of_week {} {}",
            dice.one(&["<", ">=", "=", "!="]),
            dice.below(6)
        ),
        16 => format!(
            "ctx.min_duration {} {}",
            dice.one(&["<", ">=", "=", "!="]),
            dice.below(4)
        ),
        17 => format!(
            "ctx.place within {}km of (52.5, 13.4)",
            dice.one(&["0.5", "5", "600"])
        ),
        18 => format!("ctx.exchange in {}", set(dice, &["x", "y", "z"], 50)),
        _ => format!("ctx.os = {:?}", dice.one(&["ios", "android"])),
    }
}

/// A condition on the profile.
fn profile(dice: &mut Dice) -> String {
    match dice.below(8) {
        0 => format!(
            "age {} {}",
            dice.one(&["<", ">=", "!="]),
            dice.one(&[25, 40])
        ),
        1 => format!("interests has {:?}", dice.one(&["0", "1"])),
        2 => "count(purchase last 30d) >= 1".to_owned(),
        3 => format!(
            "segment(\"s{}\") for {}",
            dice.below(3),
            dice.one(&["1h..", "..1h", "10m..2d"])
        ),
        _ => format!("segment(\"s{}\")", dice.below(4)),
    }
}

/// A rule of some depth.
pub(super) fn rule(dice: &mut Dice, depth: usize) -> String {
    if depth == 0 || dice.chance(25) {
        return if dice.chance(75) {
            context(dice)
        } else {
            profile(dice)
        };
    }
    if dice.chance(25) {
        return format!("not ({})", rule(dice, depth - 1));
    }
    let parts = 2 + dice.below(3);
    let parts: Vec<_> = (0..parts)
        .map(|_| format!("({})", rule(dice, depth - 1)))
        .collect();
    parts.join(dice.one(&[" and ", " or "]))
}

fn caps(dice: &mut Dice, percent: usize) -> Vec<CapDefinition> {
    let cap = |_: &mut Dice| CapDefinition {
        count: 3,
        window: Duration(Duration::DAY.0),
        unit: CapUnit::Profile,
        types: Vec::new(),
    };
    (0..2).filter_map(|_| dice.maybe(percent, cap)).collect()
}

fn price(dice: &mut Dice) -> PriceDefinition {
    let groups = (0..dice.below(3)).map(|group| ModifierGroup {
        name: format!("g{group}"),
        modifiers: (0..dice.below(3))
            .map(|_| Modifier {
                condition: rule(dice, 1),
                factor: dice.one(&[0, 333_333, 1_250_000, 2_000_000, 1_100_000]),
            })
            .collect(),
    });
    PriceDefinition {
        groups: groups.collect(),
        base: dice.one(&[0, 900_001, 1_000_000, 1_000_000, 2_500_000]),
        maximum: dice.maybe(30, |dice| dice.one(&[800_000, 1_300_000])),
    }
}

fn labels(dice: &mut Dice) -> Labels {
    Labels {
        taxonomy: dice.one(&[None, Some(1), Some(7)]),
        codes: texts(&dice.some(&CATEGORIES, 30)),
    }
}

fn creative(dice: &mut Dice, name: String) -> CreativeDefinition {
    let media = dice.one(&MEDIA);
    CreativeDefinition {
        name,
        media,
        sizes: dice.some(&SIZES, 60),
        duration: dice.maybe(60, |dice| dice.one(&[5, 15, 30])),
        mimes: texts(&dice.some(&["image/png", "video/mp4"], 30)),
        protocols: dice.some(&[2, 3], 20),
        apis: dice.some(&[5], 10),
        attributes: dice.some(&[1, 3], 20),
        banner_type: dice.maybe(20, |dice| dice.one(&[1, 4])),
        language: dice.maybe(30, |dice| dice.one(&LANGUAGES).to_owned()),
        categories: labels(dice),
        domains: texts(&dice.some(&DOMAINS, 10)),
        bundle: dice.maybe(10, |_| "com.app".to_owned()),
        secure: dice.chance(70),
        weight: dice.one(&[0, 1, 1, 3]),
        native: dice
            .maybe(60, |dice| Box::new(native(dice)))
            .filter(|_| media == Media::Native),
        ..CreativeDefinition::default()
    }
}

fn native(dice: &mut Dice) -> NativeAd {
    let text = |dice: &mut Dice| "n".repeat(dice.one(&[1, 20, 80]));
    let image = |dice: &mut Dice| Image {
        url: text(dice),
        kind: dice.one(&[1, 3]),
        size: dice.maybe(80, |dice| dice.one(&SIZES)),
        mime: dice.maybe(50, |_| "image/png".to_owned()),
    };
    let data = |dice: &mut Dice| Data {
        kind: dice.one(&[1, 2]),
        value: text(dice),
    };
    NativeAd {
        link: Link {
            url: text(dice),
            ..Link::default()
        },
        titles: (0..dice.below(3)).map(|_| text(dice)).collect(),
        images: (0..dice.below(3)).map(|_| image(dice)).collect(),
        data: (0..dice.below(3)).map(|_| data(dice)).collect(),
        vast: dice.maybe(50, text),
        ..NativeAd::default()
    }
}

fn line_item(dice: &mut Dice, name: String, creatives: &[String]) -> LineItemDefinition {
    let hour = |hours: i64| NOW.plus(Duration(hours * Duration::HOUR.0));
    LineItemDefinition {
        name,
        campaign: dice.one(&["c0", "c1", "c2"]).to_owned(),
        status: dice.one(
            &[Status::Active; 12]
                .iter()
                .chain(&[Status::Paused, Status::Archived])
                .copied()
                .collect::<Vec<_>>(),
        ),
        rule: if dice.chance(10) {
            String::new()
        } else {
            let depth = dice.one(&[1, 1, 2, 2, 3]);
            rule(dice, depth)
        },
        flight: Flight {
            start: dice.maybe(10, |dice| hour(dice.one(&[-1, 0, 1]))),
            end: dice.maybe(10, |dice| hour(dice.one(&[2, 3]))),
        },
        budget: Budget::default(),
        pacing: Pacing::AsFast,
        caps: caps(dice, 15),
        price: price(dice),
        creatives: dice.some(creatives, if creatives.len() > 4 { 5 } else { 60 }),
        deals: texts(&dice.some(&DEALS, 12)),
        open_market: dice.one(&[None, None, None, Some(true), Some(true), Some(false)]),
        purposes: Purposes::of(dice.some(&[1, 3, 4], 30)),
    }
}

/// Entries of a random book of `items` line items, and so many creatives.
pub(super) fn entries(dice: &mut Dice, items: usize, creatives: usize) -> Vec<Entry> {
    let list = |name: &str, members: Vec<String>| {
        Entry::List(ListDefinition {
            name: name.to_owned(),
            members: members.into_iter().collect(),
        })
    };
    let mut entries = vec![
        list("safe", texts(&dice.some(&DOMAINS, 50))),
        list("data", texts(&dice.some(&DATA, 40))),
        Entry::Rate(RateDefinition {
            currency: "USD".to_owned(),
            worth: 900_000,
        }),
        Entry::Rate(RateDefinition {
            currency: "EUR".to_owned(),
            worth: 1_000_007,
        }),
    ];
    for number in 0..2 {
        entries.push(Entry::Advertiser(AdvertiserDefinition {
            name: format!("a{number}"),
            domain: dice.maybe(70, |dice| dice.one(&DOMAINS).to_owned()),
            bundle: dice.maybe(20, |_| "com.app".to_owned()),
            categories: labels(dice),
            seat: dice.maybe(70, |dice| dice.one(&SEATS).to_owned()),
            caps: caps(dice, 10),
        }));
    }
    for number in 0..3 {
        entries.push(Entry::Campaign(CampaignDefinition {
            name: format!("c{number}"),
            advertiser: dice.one(&["a0", "a1"]).to_owned(),
            status: dice.one(&[
                Status::Active,
                Status::Active,
                Status::Active,
                Status::Active,
                Status::Active,
                Status::Active,
                Status::Active,
                Status::Paused,
                Status::Archived,
            ]),
            flight: Flight::default(),
            budget: Budget::default(),
            utc_offset: 60,
            currency: dice.one(&CURRENCIES).to_owned(),
            caps: caps(dice, 10),
        }));
    }
    for deal in DEALS {
        let seat = dice.maybe(40, |dice| dice.one(&SEATS).to_owned());
        entries.push(Entry::Deal(DealDefinition {
            id: deal.to_owned(),
            seat,
        }));
    }
    let creatives: Vec<String> = (0..creatives).map(|number| format!("k{number}")).collect();
    entries.extend(
        creatives
            .iter()
            .map(|name| Entry::Creative(creative(dice, name.clone()))),
    );
    entries.extend((0..items).map(|number| {
        Entry::LineItem(Box::new(line_item(dice, format!("i{number}"), &creatives)))
    }));
    entries
}
