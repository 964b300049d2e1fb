//! Auctions afterwards, as far as no face of Python shows it.

use std::thread;

use crate::support::{NOW, ask, engine_with, load_profiles, profile, text};
use treffer_core::time::{Duration, Instant};
use treffer_service::status::{Code, Status};
use treffer_service::{Engine, Keeping, Settings, proto};

const BOOK: &str = "/treffer.v1.BookService/";
const MATCH: &str = "/treffer.v1.MatchService/";
const DELIVERY: &str = "/treffer.v1.DeliveryService/";

fn define(engine: &Engine, kinds: Vec<proto::entry::Kind>) {
    let entries = kinds.into_iter();
    let entries = entries.map(|kind| proto::Entry { kind: Some(kind) });
    let request = proto::DefineEntriesRequest {
        entries: entries.collect(),
    };
    let _: proto::DefineEntriesResponse = ask(engine, BOOK, "DefineEntries", &request).unwrap();
}

fn line_item(name: &str, rule: &str) -> proto::entry::Kind {
    proto::entry::Kind::LineItem(proto::LineItem {
        name: name.to_owned(),
        campaign: "spring".to_owned(),
        rule: rule.to_owned(),
        creatives: vec!["banner".to_owned()],
        ..proto::LineItem::default()
    })
}

/// An engine that keeps every auction, with two people and two line items.
fn engine(keeping: Keeping) -> Engine {
    let engine = engine_with(Settings {
        gdpr_unless_said: Some(false),
        keeping,
        ..Settings::default()
    });
    let ada = proto::ProfileRow {
        ids: vec!["crm:ada".to_owned(), "cookie:a".to_owned()],
        ..profile("crm:ada", &[("country", text("DE"))])
    };
    load_profiles(&engine, vec![ada, profile("crm:bob", &[])]).unwrap();
    define(
        &engine,
        vec![
            proto::entry::Kind::Advertiser(proto::Advertiser {
                name: "shop".to_owned(),
                ..proto::Advertiser::default()
            }),
            proto::entry::Kind::Campaign(proto::Campaign {
                name: "spring".to_owned(),
                advertiser: "shop".to_owned(),
                ..proto::Campaign::default()
            }),
            proto::entry::Kind::Creative(proto::Creative {
                name: "banner".to_owned(),
                ..proto::Creative::default()
            }),
            line_item("germans", "country = \"DE\""),
            line_item("everybody", ""),
        ],
    );
    engine
}

fn all() -> Keeping {
    Keeping {
        log_one_in: 1,
        delivery_one_in: 1,
        ..Keeping::default()
    }
}

fn request(id: &str, person: &str) -> proto::AuctionRequest {
    proto::AuctionRequest {
        id: id.to_owned(),
        ids: vec![person.to_owned()],
        impressions: vec![proto::AuctionImpression {
            id: "1".to_owned(),
            offers: vec![proto::MediaOffer::default()],
            ..proto::AuctionImpression::default()
        }],
        ..proto::AuctionRequest::default()
    }
}

fn decide(engine: &Engine, request: proto::AuctionRequest) -> proto::AuctionDecision {
    let requests = vec![request];
    let answer: proto::MatchResponse = ask(
        engine,
        MATCH,
        "Match",
        &proto::MatchRequest {
            requests,
            ..proto::MatchRequest::default()
        },
    )
    .unwrap();
    answer.decisions.into_iter().next().unwrap()
}

fn explain(
    engine: &Engine,
    request: proto::ExplainDecisionRequest,
) -> Result<proto::ExplainDecisionResponse, Status> {
    ask(engine, DELIVERY, "ExplainDecision", &request)
}

fn by_id(id: &str) -> proto::ExplainDecisionRequest {
    proto::ExplainDecisionRequest {
        request_id: id.to_owned(),
        ..proto::ExplainDecisionRequest::default()
    }
}

fn delivery(engine: &Engine, line_item: &str) -> proto::GetDeliveryResponse {
    let request = proto::GetDeliveryRequest {
        line_item: line_item.to_owned(),
        ..proto::GetDeliveryRequest::default()
    };
    ask(engine, DELIVERY, "GetDelivery", &request).unwrap()
}

#[test]
fn of_an_erased_person_no_auction_is_kept() {
    let engine = engine(all());
    let decision = decide(&engine, request("r1", "cookie:a"));
    decide(&engine, request("r2", "crm:bob"));
    decide(&engine, request("r3", "crm:nobody"));

    let forgotten = engine.forget_auctions(&["crm:ada".to_owned(), "crm:nobody".to_owned()]);

    assert_eq!(2, forgotten);
    for gone in ["r1", "r3"] {
        assert_eq!(
            Code::NotFound,
            explain(&engine, by_id(gone)).unwrap_err().code
        );
    }
    let kept = explain(&engine, by_id("r2")).unwrap();
    assert_eq!((Some(true), true), (kept.same, kept.proven));
    let brought = proto::ExplainDecisionRequest {
        request: Some(request("r1", "cookie:a")),
        basis: decision.basis,
        ..by_id("r1")
    };
    assert_eq!(Code::NotFound, explain(&engine, brought).unwrap_err().code);
    assert_eq!(3, delivery(&engine, "everybody").spans[0].requests);
}

#[test]
fn whom_consent_denies_to_know_is_not_in_the_log() {
    let engine = engine(all());
    let denied = proto::AuctionRequest {
        consent: Some(proto::ConsentFacts {
            lmt: Some(true),
            ..proto::ConsentFacts::default()
        }),
        ..request("r1", "crm:ada")
    };
    decide(&engine, denied.clone());

    let replay = explain(&engine, by_id("r1")).unwrap();

    assert_eq!((Some(true), true), (replay.same, replay.proven));
    assert_eq!(0, engine.forget_auctions(&["crm:ada".to_owned()]));
    let brought = proto::ExplainDecisionRequest {
        request: Some(denied),
        ..by_id("r1")
    };
    assert!(explain(&engine, brought).is_ok());
}

#[test]
fn a_logged_auction_outlives_its_index_and_dies_of_age() {
    let engine = engine(Keeping {
        views: 0,
        log_age: Duration::MINUTE,
        ..all()
    });
    decide(&engine, request("r1", "crm:ada"));
    for number in 0..20 {
        define(
            &engine,
            vec![line_item("germans", &format!("age > {number}"))],
        );
        decide(&engine, request("r2", "crm:ada"));
    }
    let replay = explain(&engine, by_id("r1")).unwrap();
    let later = Instant(NOW * 1_000).plus(Duration::MINUTE);
    engine.advance(later).unwrap();

    assert_eq!((Some(true), true), (replay.same, replay.proven));
    assert_eq!(
        2,
        replay.decision.unwrap().impressions[0].bids.len(),
        "both bid then"
    );
    assert_eq!(
        Code::NotFound,
        explain(&engine, by_id("r1")).unwrap_err().code
    );
}

#[test]
fn a_dry_run_says_so_where_the_log_lacks_what_it_needs() {
    let engine = engine(all());
    decide(&engine, request("r1", "crm:ada"));
    decide(&engine, request("r2", "crm:bob"));
    let run = |rule: &str| -> proto::DryRunResponse {
        let proto::entry::Kind::LineItem(line_item) = line_item("new", rule) else {
            unreachable!("it is one")
        };
        let request = proto::DryRunRequest {
            line_item: Some(line_item),
            ..proto::DryRunRequest::default()
        };
        ask(&engine, DELIVERY, "DryRun", &request).unwrap()
    };
    let (live, new) = (run("country = \"DE\""), run("has(country)"));

    assert_eq!((1, 0, 0), (live.eligible, live.recalled, live.unknown));
    assert_eq!((1, 2, 0), (new.eligible, new.recalled, new.unknown));
}

#[test]
fn auctions_of_many_threads_are_counted_each_once() {
    let engine = engine(all());
    thread::scope(|scope| {
        for thread in 0..4 {
            let engine = &engine;
            scope.spawn(move || {
                for number in 0..100 {
                    decide(engine, request(&format!("{thread}/{number}"), "crm:ada"));
                    if number % 10 == 0 {
                        delivery(engine, "everybody");
                    }
                }
            });
        }
    });
    let answer = delivery(&engine, "germans");
    let span = &answer.spans[0];

    assert_eq!(400, span.requests + answer.shed);
    assert_eq!(span.requests, span.eligible);
}
