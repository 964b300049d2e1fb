//! treffer over the same line items: whole decisions, all stage counts, every survivor checked and priced, the best 16 returned.
//!
//! MODIFIED percent of the line items have two groups of price modifiers, each has three creatives of 200 that look like 20; the floor
//! is 0.5. Left out: decoding, look-up of people, caps.

use treffer_core::auction::advertiser::AdvertiserDefinition;
use treffer_core::auction::campaign::CampaignDefinition;
use treffer_core::auction::creative::CreativeDefinition;
use treffer_core::auction::entry::Entry;
use treffer_core::auction::line_item::LineItemDefinition;
use treffer_core::auction::price::{Modifier, ModifierGroup, PriceDefinition};
use treffer_core::auction::request::{Impression, Money, Offer, Request, Size};
use treffer_core::catalog::{Catalog, SegmentDefinition, preset};
use treffer_core::id::SegmentId;
use treffer_core::time::Instant;

use crate::mix::{Asked, Clause, Dice, Event, Mix};

/// Percent of line items with price modifiers.
const MODIFIED: usize = 30;

/// Name of a dimension and what its values begin with, in the order of [`Asked`]; hours are numbers.
const NAMES: [(&str, &str); 11] = [
    ("exchange", "x"),
    ("country", "c"),
    ("region", "r"),
    ("device_type", "d"),
    ("os", "o"),
    ("format", "f"),
    ("language", "l"),
    ("hour_of_week", ""),
    ("domain", "www.site"),
    ("deals", "deal"),
    ("segments", "s"),
];

fn rule(item: &[Clause]) -> String {
    let clause = |clause: &Clause| {
        let (name, prefix) = NAMES[clause.asked as usize];
        let values = clause.values.iter();
        match clause.asked {
            Asked::Segments => {
                let members: Vec<_> = values.map(|own| format!("segment(\"s{own}\")")).collect();
                let any = if members.len() > 1 {
                    format!("({})", members.join(" or "))
                } else {
                    members.concat()
                };
                if clause.is_none {
                    format!("not {any}")
                } else {
                    any
                }
            }
            Asked::Hour => {
                let values: Vec<_> = values.map(usize::to_string).collect();
                format!("ctx.{name} in {{{}}}", values.join(", "))
            }
            _ => {
                let values: Vec<_> = values.map(|own| format!("\"{prefix}{own}\"")).collect();
                let operator = match (clause.asked, clause.is_none) {
                    (Asked::Format | Asked::Deals, _) => "has any",
                    (_, false) => "in",
                    (_, true) => "not in",
                };
                format!("ctx.{name} {operator} {{{}}}", values.join(", "))
            }
        }
    };
    item.iter().map(clause).collect::<Vec<_>>().join(" and ")
}

/// A request and the segments of its person; without a floor everything that matches bids.
pub(crate) fn request(event: &Event, id: usize, has_floor: bool) -> (Request, Vec<SegmentId>) {
    let mut request = Request {
        id: format!("request-{id}"),
        ..Request::default()
    };
    let text = |asked: Asked| {
        let (_, prefix) = NAMES[asked as usize];
        format!("{prefix}{}", event.of(asked)[0])
    };
    let plain = [
        Asked::Exchange,
        Asked::Country,
        Asked::Region,
        Asked::Device,
        Asked::Os,
        Asked::Domain,
        Asked::Language,
    ];
    for asked in plain {
        request.context.text(NAMES[asked as usize].0, &text(asked));
    }
    request
        .context
        .hour("hour_of_week", event.of(Asked::Hour)[0] as u8);
    let mut impression = Impression {
        id: "1".to_owned(),
        offers: vec![Offer {
            sizes: vec![Size {
                width: 300,
                height: 250,
            }],
            ..Offer::default()
        }],
        floor: has_floor.then_some(Money {
            micros: 500_000,
            currency: None,
        }),
        ..Impression::default()
    };
    impression
        .context
        .texts("format", [text(Asked::Format).as_str()]);
    let deals: Vec<_> = event
        .of(Asked::Deals)
        .iter()
        .map(|own| format!("deal{own}"))
        .collect();
    impression
        .context
        .texts("deals", deals.iter().map(String::as_str));
    request.impressions.push(impression);
    let segments = event.of(Asked::Segments).iter();
    (
        request,
        segments.map(|own| SegmentId(*own as u32)).collect(),
    )
}

fn modifiers(mix: &Mix, dice: &mut Dice) -> Vec<ModifierGroup> {
    let modifier = |condition: String, factor| Modifier { condition, factor };
    let one = |dice: &mut Dice, asked| mix.some(dice, asked, 1).first().copied().unwrap_or(0);
    let device = |dice: &mut Dice| format!("ctx.device_type = \"d{}\"", one(dice, Asked::Device));
    let segment = |dice: &mut Dice| format!("segment(\"s{}\")", one(dice, Asked::Segments));
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

/// A catalog with 20,000 segments and these line items.
pub(crate) fn catalog(mix: &Mix, dice: &mut Dice, items: &[Vec<Clause>]) -> Catalog {
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
    for first in (0..items.len()).step_by(10_000) {
        let entries: Vec<_> = (first..items.len().min(first + 10_000))
            .map(|number| line_item(mix, dice, number, &items[number]))
            .collect();
        catalog.define_entries(&entries, Instant(0)).unwrap();
    }
    catalog
}

/// The same with other rules and prices for every so-many-th line item, as an operator edits them.
pub(crate) fn edited(
    catalog: &Catalog,
    mix: &Mix,
    dice: &mut Dice,
    items: usize,
    every: usize,
) -> Catalog {
    let mut catalog = catalog.clone();
    let entries: Vec<_> = (0..items)
        .step_by(every)
        .map(|number| {
            let item = mix.item(dice);
            line_item(mix, dice, number, &item)
        })
        .collect();
    catalog.define_entries(&entries, Instant(0)).unwrap();
    catalog
}

fn line_item(mix: &Mix, dice: &mut Dice, number: usize, item: &[Clause]) -> Entry {
    Entry::LineItem(Box::new(LineItemDefinition {
        name: format!("line item {number}"),
        campaign: format!("c{}", number % 500),
        rule: rule(item),
        price: PriceDefinition {
            base: 100_000 + dice.below(9_900_000) as i64,
            maximum: Some(12_000_000),
            groups: if dice.chance(MODIFIED) {
                modifiers(mix, dice)
            } else {
                Vec::new()
            },
        },
        creatives: (0..3).map(|_| format!("k{}", dice.below(200))).collect(),
        ..LineItemDefinition::default()
    }))
}
