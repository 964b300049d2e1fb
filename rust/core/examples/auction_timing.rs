//! Times whole auction decisions: all stage counts, every survivor checked and priced, the best 16 bids returned.
//!
//! Population: RTB-mix, ITEMS line items, each an `and` of independent clauses: exchange (30 values, Zipf 1, 70 % of line
//! items, 1-5 values), country (60, 85 %, 1-3), region (500, 15 %, 1-5), device (7, 50 %, 1-3), os (8, 30 %, 1-2), format (12,
//! 90 %, 1-3), a daily window of 6-14 hours (15 %), domain (20,000, Zipf 0.8, 10 % in, 25 % not in, 20-200), deals (5,000, Zipf
//! 0.6, 10 %, 1-3), segments (20,000, Zipf 0.8, 70 % one of 1-30, 20 % a second one of, 30 % none of 1-10), language (30,
//! Zipf 1.5, 10 %, 1-3). MODIFIED percent of them have two groups of price modifiers. A request says all of that once, 0-3
//! deals, and has 80 segments. Three creatives each, of 200 that look like 20; floor 0.5. Left out: decoding, look-up of people, caps.
//!
//! `cargo run --release -p treffer-core --example auction_timing -- ITEMS REQUESTS MODIFIED`
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "an example prints, and one that cannot set up its case fails"
)]

use std::collections::BTreeSet;
use std::time::Instant as Clock;

use treffer_core::auction::advertiser::AdvertiserDefinition;
use treffer_core::auction::campaign::CampaignDefinition;
use treffer_core::auction::creative::CreativeDefinition;
use treffer_core::auction::entry::Entry;
use treffer_core::auction::line_item::LineItemDefinition;
use treffer_core::auction::price::{Modifier, ModifierGroup, PriceDefinition};
use treffer_core::auction::request::{Impression, Money, Offer, Size};
use treffer_core::auction::viewer::{Caps, Viewer};
use treffer_core::auction::{Decider, Index, Mask, Outcome, Policy, Request, Scratch, Standing};
use treffer_core::catalog::{Catalog, SegmentDefinition, preset};
use treffer_core::id::SegmentId;
use treffer_core::time::Instant;

struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((u128::from(z ^ (z >> 31)) * n as u128) >> 64) as usize
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn between(&mut self, least: usize, most: usize) -> usize {
        least + self.below(most - least + 1)
    }
}

/// Numbers by popularity: the first is the most popular.
struct Zipf(Vec<f64>);

impl Zipf {
    fn new(values: usize, exponent: f64) -> Self {
        let mut sum = 0.0;
        let sums = (1..=values).map(|rank| {
            sum += (rank as f64).powf(-exponent);
            sum
        });
        Self(sums.collect())
    }

    fn one(&self, dice: &mut Dice) -> usize {
        let drawn = dice.below(1 << 53) as f64 / (1_u64 << 53) as f64 * self.0[self.0.len() - 1];
        self.0.partition_point(|sum| *sum <= drawn)
    }

    fn some(&self, dice: &mut Dice, how_many: usize) -> BTreeSet<usize> {
        let mut some = BTreeSet::new();
        while some.len() < how_many.min(self.0.len()) {
            some.insert(self.one(dice));
        }
        some
    }
}

struct Mix {
    exchange: Zipf,
    country: Zipf,
    region: Zipf,
    device: Zipf,
    os: Zipf,
    format: Zipf,
    domain: Zipf,
    deals: Zipf,
    segments: Zipf,
    language: Zipf,
}

fn set(prefix: &str, values: &BTreeSet<usize>) -> String {
    let texts: Vec<_> = values
        .iter()
        .map(|value| format!("\"{prefix}{value}\""))
        .collect();
    format!("{{{}}}", texts.join(", "))
}

impl Mix {
    fn new() -> Self {
        Self {
            exchange: Zipf::new(30, 1.0),
            country: Zipf::new(60, 1.0),
            region: Zipf::new(500, 1.0),
            device: Zipf::new(7, 1.0),
            os: Zipf::new(8, 1.0),
            format: Zipf::new(12, 1.0),
            domain: Zipf::new(20_000, 0.8),
            deals: Zipf::new(5_000, 0.6),
            segments: Zipf::new(20_000, 0.8),
            language: Zipf::new(30, 1.5),
        }
    }

    fn rule(&self, dice: &mut Dice) -> String {
        let mut parts = Vec::new();
        let mut one_of =
            |dice: &mut Dice, percent, asked: &str, prefix: &str, zipf: &Zipf, most| {
                if dice.chance(percent) {
                    let values = dice.between(1, most);
                    parts.push(format!(
                        "ctx.{asked} {}",
                        set(prefix, &zipf.some(dice, values))
                    ));
                }
            };
        one_of(dice, 70, "exchange in", "x", &self.exchange, 5);
        one_of(dice, 85, "country in", "c", &self.country, 3);
        one_of(dice, 15, "region in", "r", &self.region, 5);
        one_of(dice, 50, "device_type in", "d", &self.device, 3);
        one_of(dice, 30, "os in", "o", &self.os, 2);
        one_of(dice, 90, "format has any", "f", &self.format, 3);
        one_of(dice, 10, "deals has any", "deal", &self.deals, 3);
        one_of(dice, 10, "language in", "l", &self.language, 3);
        if dice.chance(15) {
            let (from, hours) = (dice.below(24), dice.between(6, 14));
            let hours = (0..168).filter(|hour| (hour + 24 - from) % 24 < hours);
            let hours: Vec<_> = hours.map(|hour| hour.to_string()).collect();
            parts.push(format!("ctx.hour_of_week in {{{}}}", hours.join(", ")));
        }
        for (percent, asked) in [(10, "in"), (25, "not in")] {
            if dice.chance(percent) {
                let values = dice.between(20, 200);
                let values = set("www.site", &self.domain.some(dice, values));
                parts.push(format!("ctx.domain {asked} {values}"));
            }
        }
        for (percent, most, sign) in [(70, 30, true), (20, 30, true), (30, 10, false)] {
            if dice.chance(percent) {
                let values = dice.between(1, most);
                let members = self.segments.some(dice, values);
                let members: Vec<_> = members
                    .iter()
                    .map(|own| format!("segment(\"s{own}\")"))
                    .collect();
                let any = if members.len() > 1 {
                    format!("({})", members.join(" or "))
                } else {
                    members.concat()
                };
                parts.push(if sign { any } else { format!("not {any}") });
            }
        }
        parts.join(" and ")
    }

    fn request(&self, dice: &mut Dice, id: usize) -> (Request, Vec<SegmentId>) {
        let mut request = Request {
            id: format!("request-{id}"),
            ..Request::default()
        };
        let context = &mut request.context;
        let mut say = |name: &str, prefix: &str, zipf: &Zipf| {
            context.text(name, &format!("{prefix}{}", zipf.one(dice)));
        };
        say("exchange", "x", &self.exchange);
        say("country", "c", &self.country);
        say("region", "r", &self.region);
        say("device_type", "d", &self.device);
        say("os", "o", &self.os);
        say("domain", "www.site", &self.domain);
        say("language", "l", &self.language);
        context.hour("hour_of_week", dice.below(168) as u8);
        let mut impression = Impression {
            id: "1".to_owned(),
            offers: vec![Offer {
                sizes: vec![Size {
                    width: 300,
                    height: 250,
                }],
                ..Offer::default()
            }],
            floor: Some(Money {
                micros: 500_000,
                currency: None,
            }),
            ..Impression::default()
        };
        let format = format!("f{}", self.format.one(dice));
        impression.context.texts("format", [format.as_str()]);
        let deals = dice.below(4);
        let deals = self.deals.some(dice, deals);
        let deals: Vec<_> = deals.iter().map(|own| format!("deal{own}")).collect();
        impression
            .context
            .texts("deals", deals.iter().map(String::as_str));
        request.impressions.push(impression);
        let segments = self.segments.some(dice, 80).into_iter();
        (request, segments.map(|own| SegmentId(own as u32)).collect())
    }
}

fn modifiers(mix: &Mix, dice: &mut Dice) -> Vec<ModifierGroup> {
    let modifier = |condition: String, factor| Modifier { condition, factor };
    let device = |dice: &mut Dice| format!("ctx.device_type = \"d{}\"", mix.device.one(dice));
    let segment = |dice: &mut Dice| format!("segment(\"s{}\")", mix.segments.one(dice));
    vec![
        ModifierGroup {
            name: "device".to_owned(),
            modifiers: vec![
                modifier(device(dice), 1_250_000),
                modifier(device(dice), 800_000),
            ],
        },
        ModifierGroup {
            name: "audience".to_owned(),
            modifiers: vec![modifier(segment(dice), 1_500_000)],
        },
    ]
}

fn catalog(mix: &Mix, dice: &mut Dice, items: usize, modified: usize) -> Catalog {
    let mut catalog = Catalog::default();
    catalog
        .declare(&[preset::commerce(), preset::openrtb()].concat())
        .unwrap();
    for number in 0..20_000 {
        let definition = SegmentDefinition {
            name: format!("s{number}"),
            rule: "age > 3".to_owned(),
            description: String::new(),
        };
        catalog.define_segment(definition).unwrap();
    }
    let mut entries: Vec<Entry> = (0..200)
        .map(|number| {
            Entry::Creative(CreativeDefinition {
                name: format!("k{number}"),
                sizes: vec![Size {
                    width: 300,
                    height: 250,
                }],
                duration: Some(number % 20),
                weight: 1 + number % 3,
                ..CreativeDefinition::default()
            })
        })
        .collect();
    for number in 0..500 {
        entries.push(Entry::Advertiser(AdvertiserDefinition {
            name: format!("a{number}"),
            domain: Some(format!("shop{number}.example")),
            ..AdvertiserDefinition::default()
        }));
        entries.push(Entry::Campaign(CampaignDefinition {
            name: format!("c{number}"),
            advertiser: format!("a{number}"),
            ..CampaignDefinition::default()
        }));
    }
    catalog.define_entries(&entries, Instant(0)).unwrap();
    for first in (0..items).step_by(10_000) {
        let entry = |number: usize| {
            Entry::LineItem(Box::new(LineItemDefinition {
                name: format!("line item {number}"),
                campaign: format!("c{}", number % 500),
                rule: mix.rule(dice),
                price: PriceDefinition {
                    base: 100_000 + dice.below(9_900_000) as i64,
                    maximum: Some(12_000_000),
                    groups: if dice.chance(modified) {
                        modifiers(mix, dice)
                    } else {
                        Vec::new()
                    },
                },
                creatives: (0..3).map(|_| format!("k{}", dice.below(200))).collect(),
                ..LineItemDefinition::default()
            }))
        };
        let entries: Vec<_> = (first..items.min(first + 10_000)).map(entry).collect();
        catalog.define_entries(&entries, Instant(0)).unwrap();
    }
    catalog
}

/// Nanoseconds on the processor, where Linux tells it: other work on the machine counts less.
fn processor_nanos() -> u64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = told.split(' ').next().and_then(|own| own.parse().ok());
    nanos.unwrap_or(0)
}

fn told(name: &str, mut nanos: Vec<u64>, processor: u64) {
    let processor = processor as f64 / nanos.len() as f64 / 1_000.0;
    nanos.sort_unstable();
    let mean = nanos.iter().sum::<u64>() as f64 / nanos.len() as f64 / 1_000.0;
    let at = |percent: usize| nanos[(nanos.len() - 1) * percent / 100] as f64 / 1_000.0;
    println!(
        "{name:20} on the processor {processor:8.1} us; passed: mean {mean:8.1}   p50 {:8.1}   p99 {:8.1}",
        at(50),
        at(99)
    );
}

fn main() {
    let mut arguments = std::env::args()
        .skip(1)
        .map(|own| own.parse::<usize>().unwrap());
    let items = arguments.next().unwrap_or(100_000);
    let requests = arguments.next().unwrap_or(1_000);
    let modified = arguments.next().unwrap_or(30);
    let (mix, mut dice) = (Mix::new(), Dice(7));
    let start = Clock::now();
    let catalog = catalog(&mix, &mut dice, items, modified);
    println!(
        "{items} line items defined in {:.2} s",
        start.elapsed().as_secs_f64()
    );
    let start = Clock::now();
    let index = Index::build(&catalog);
    println!(
        "index of {} rows built in {:.2} s, {:.1} MB",
        index.rows(),
        start.elapsed().as_secs_f64(),
        index.heap_bytes() as f64 / 1e6
    );
    let start = Clock::now();
    let mask = Mask::of(&index, &catalog, &Standing::at(Instant(0)));
    println!("mask in {:.2} ms", start.elapsed().as_secs_f64() * 1e3);
    let mut policy = Policy::new(false);
    policy.open_bids = 16;
    let decider = Decider {
        index: &index,
        mask: &mask,
        policy: &policy,
    };
    let requests: Vec<_> = (0..requests).map(|id| mix.request(&mut dice, id)).collect();
    let (mut scratch, mut outcome) = (Scratch::default(), Outcome::default());
    let (mut eligible, mut audience, mut bids) = (0, 0, 0);
    for (name, keyed) in [
        ("warm-up", false),
        ("first requests", false),
        ("seen", true),
        ("kept", true),
        ("repeated requests", true),
    ] {
        let mut nanos = Vec::with_capacity(requests.len());
        (eligible, audience, bids) = (0, 0, 0);
        let processor = processor_nanos();
        for (number, (request, segments)) in requests.iter().enumerate() {
            let viewer = Viewer::Person {
                segments,
                caps: Caps::Reached(&[]),
                key: keyed.then_some(number as u64 + 1),
            };
            let start = Clock::now();
            decider.decide(
                request,
                &request.impressions[0],
                viewer,
                &mut scratch,
                &mut outcome,
            );
            nanos.push(start.elapsed().as_nanos() as u64);
            eligible += outcome.counts.eligible;
            audience += outcome.counts.fallen[12];
            bids += outcome.bids.len();
        }
        told(name, nanos, processor_nanos() - processor);
    }
    let all = requests.len() as f64;
    println!(
        "a request: {:.1} eligible, {:.1} fell at audience, {:.1} bids",
        f64::from(eligible) / all,
        f64::from(audience) / all,
        bids as f64 / all
    );
}
