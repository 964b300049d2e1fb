//! What does it cost a decision that auctions are kept, so that they can be looked at afterwards?
//!
//! Measured: the mean time for a request of `MatchService.Match` in batches of 256, decoding and encoding included, in the least and
//! the median of passes that take turns: nothing kept, the usual samples, every request logged, every request counted. 1,000 line items
//! over two dimensions and a segment, 2,000 people. One thread decides; counting has a thread of its own.
//!
//! `cargo run --release -p treffer-service --example hindsight_timing -- [PASSES] [CASE]`; one case alone is for profilers.
#![allow(clippy::print_stdout, reason = "an example prints")]

use std::error::Error;
use std::time::Instant as Clock;

use bytes::Bytes;
use prost::Message;
use treffer_core::state::{self, Clock as EngineClock};
use treffer_core::time::Instant;
use treffer_service::{Engine, Keeping, Settings, proto};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const ITEMS: u64 = 1_000;
const PEOPLE: u64 = 2_000;
const BATCHES: u64 = 8;
const BATCH: u64 = 256;
const COUNTRIES: [&str; 5] = ["DE", "AT", "CH", "FR", "IT"];

fn main() -> Result<()> {
    let mut said = std::env::args().skip(1);
    let passes = said.next().map_or(Ok(21), |own| own.parse::<usize>())?;
    let wanted = said.next();
    let none = keeping(0, 0, 0);
    let cases = [
        ("none", none),
        ("usual", Keeping::default()),
        (
            "logged",
            Keeping {
                log_one_in: 1,
                ..none
            },
        ),
        (
            "counted",
            Keeping {
                delivery_one_in: 1,
                ..none
            },
        ),
    ];
    let cases = cases.into_iter();
    let cases = cases.filter(|own| wanted.as_deref().is_none_or(|wanted| wanted == own.0));
    let mut cases: Vec<_> = cases
        .map(|(name, keeping)| Ok((name, engine(keeping)?, Vec::new())))
        .collect::<Result<_>>()?;
    let batches: Vec<Bytes> = (0..BATCHES).map(batch).collect();
    for _ in 0..passes {
        for (_, engine, times) in &mut cases {
            let start = Clock::now();
            for own in &batches {
                ask(engine, "/treffer.v1.MatchService/Match", own.clone())?;
            }
            times.push(start.elapsed().as_secs_f64() * 1e6 / (BATCHES * BATCH) as f64);
        }
    }
    for (name, _, mut times) in cases {
        times.sort_by(f64::total_cmp);
        let least = times.first().copied().unwrap_or_default();
        let median = times.get(passes / 2).copied().unwrap_or_default();
        println!("{name:<8} least {least:7.3} us, median {median:7.3} us a request");
    }
    Ok(())
}

fn keeping(log_one_in: u64, delivery_one_in: u64, views: usize) -> Keeping {
    Keeping {
        log_one_in,
        delivery_one_in,
        views,
        ..Keeping::default()
    }
}

fn ask(engine: &Engine, method: &str, request: Bytes) -> Result<Vec<u8>> {
    engine
        .call(method, request)
        .map_err(|status| status.message.into())
}

fn engine(keeping: Keeping) -> Result<Engine> {
    let engine = Engine::new(Settings {
        state: state::Settings {
            clock: EngineClock::Manual,
            ..state::Settings::default()
        },
        gdpr_unless_said: Some(false),
        keeping,
        ..Settings::default()
    });
    engine.advance(Instant(1_700_438_400_000))?;
    let namespace = proto::Namespace {
        name: "crm".to_owned(),
        ..proto::Namespace::default()
    };
    let attribute = proto::Attribute {
        name: "age".to_owned(),
        kind: proto::Kind::Integer as i32,
    };
    let dimensions = ["country", "domain"].map(|name| proto::Dimension {
        name: name.to_owned(),
        kind: proto::DimensionKind::Vocabulary as i32,
        stage: "inventory".to_owned(),
    });
    let declare = proto::DeclareRequest {
        namespaces: vec![namespace],
        attributes: vec![attribute],
        dimensions: dimensions.to_vec(),
        ..proto::DeclareRequest::default()
    };
    let segments = proto::DefineSegmentsRequest {
        segments: (0..20).map(segment).collect(),
    };
    let people = proto::LoadProfilesRequest {
        batch: Some(proto::load_profiles_request::Batch::Profiles(
            proto::ProfileRows {
                rows: (0..PEOPLE).map(person).collect(),
            },
        )),
        ..proto::LoadProfilesRequest::default()
    };
    let book = proto::DefineEntriesRequest { entries: entries() };
    let steps = [
        ("CatalogService/Declare", declare.encode_to_vec()),
        ("IngestService/LoadProfiles", people.encode_to_vec()),
        ("CatalogService/DefineSegments", segments.encode_to_vec()),
        ("BookService/DefineEntries", book.encode_to_vec()),
    ];
    for (method, request) in steps {
        ask(&engine, &format!("/treffer.v1.{method}"), request.into())?;
    }
    Ok(engine)
}

fn person(number: u64) -> proto::ProfileRow {
    let age = proto::Value {
        kind: Some(proto::value::Kind::Integer(
            (number % 60 + 18).cast_signed(),
        )),
    };
    proto::ProfileRow {
        ids: vec![format!("crm:{number}")],
        attributes: [("age".to_owned(), age)].into(),
        time: None,
    }
}

fn segment(number: u64) -> proto::DefineSegmentRequest {
    proto::DefineSegmentRequest {
        name: format!("s{number}"),
        rule: format!("age > {} and age < {}", 18 + 2 * number, 40 + 2 * number),
        description: String::new(),
    }
}

fn entries() -> Vec<proto::Entry> {
    use proto::entry::Kind;
    let advertiser = Kind::Advertiser(proto::Advertiser {
        name: "shop".to_owned(),
        ..proto::Advertiser::default()
    });
    let campaign = Kind::Campaign(proto::Campaign {
        name: "spring".to_owned(),
        advertiser: "shop".to_owned(),
        ..proto::Campaign::default()
    });
    let creative = Kind::Creative(proto::Creative {
        name: "banner".to_owned(),
        ..proto::Creative::default()
    });
    let items = (0..ITEMS).map(|number| Kind::LineItem(line_item(number)));
    let kinds = [advertiser, campaign, creative].into_iter().chain(items);
    let entry = |kind| proto::Entry { kind: Some(kind) };
    kinds.map(entry).collect()
}

fn line_item(number: u64) -> proto::LineItem {
    let country = country(number);
    let domain = number % 97;
    let rule = match number % 4 {
        0 => format!("ctx.country = \"{country}\""),
        1 => format!("ctx.domain = \"d{domain}\" or ctx.country = \"{country}\""),
        2 => format!(
            "segment(\"s{}\") and ctx.country = \"{country}\"",
            number % 20
        ),
        _ => format!(
            "segment(\"s{}\") and ctx.domain = \"d{domain}\"",
            number % 20
        ),
    };
    proto::LineItem {
        name: format!("i{number}"),
        campaign: "spring".to_owned(),
        rule,
        price: Some(proto::LineItemPrice {
            base_micros: (number * 7_919 % 900_000).cast_signed(),
            ..proto::LineItemPrice::default()
        }),
        creatives: vec!["banner".to_owned()],
        ..proto::LineItem::default()
    }
}

fn country(number: u64) -> &'static str {
    let place = number as usize % COUNTRIES.len();
    COUNTRIES.get(place).copied().unwrap_or_default()
}

fn batch(number: u64) -> Bytes {
    let requests = (0..BATCH).map(|own| request(number * BATCH + own));
    let batch = proto::MatchRequest {
        requests: requests.collect(),
        ..proto::MatchRequest::default()
    };
    batch.encode_to_vec().into()
}

fn request(number: u64) -> proto::AuctionRequest {
    let said = |text: String| proto::ContextValue {
        kind: Some(proto::context_value::Kind::Text(text)),
    };
    let context = [
        ("country".to_owned(), said(country(number).to_owned())),
        ("domain".to_owned(), said(format!("d{}", number % 97))),
    ];
    proto::AuctionRequest {
        id: format!("request-{number}"),
        ids: vec![format!("crm:{}", number * 31 % PEOPLE)],
        context: context.into(),
        impressions: vec![proto::AuctionImpression {
            id: "1".to_owned(),
            offers: vec![proto::MediaOffer::default()],
            ..proto::AuctionImpression::default()
        }],
        ..proto::AuctionRequest::default()
    }
}
