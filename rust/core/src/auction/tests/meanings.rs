//! What decisions mean, case by case.

use super::books::NOW;
use crate::auction::advertiser::{AdvertiserDefinition, Labels};
use crate::auction::campaign::{CampaignDefinition, Status};
use crate::auction::cap::{CapDefinition, CapUnit};
use crate::auction::creative::{CreativeDefinition, DealDefinition};
use crate::auction::entry::Entry;
use crate::auction::line_item::LineItemDefinition;
use crate::auction::price::{PriceDefinition, RateDefinition};
use crate::auction::request::{
    Categories, DealOffer, DurationFloor, DurationFloors, Impression, Media, Money, Offer,
    Purposes, Request,
};
use crate::auction::viewer::{Caps, Viewer};
use crate::auction::{Auction, Decider, Index, Mask, Outcome, Policy, Scratch, Stage, Standing};
use crate::catalog::{Catalog, SegmentDefinition, preset};
use crate::id::LineItemId;
use crate::time::Duration;

const PERSON: Viewer<'static> = Viewer::Person {
    segments: &[],
    caps: Caps::Reached(&[]),
    key: None,
};

#[expect(clippy::unnecessary_wraps, reason = "floors are optional")]
const fn usd(micros: i64) -> Option<Money> {
    let currency = None;
    Some(Money { micros, currency })
}

fn item(rule: &str) -> LineItemDefinition {
    LineItemDefinition {
        name: "item".to_owned(),
        campaign: "c".to_owned(),
        rule: rule.to_owned(),
        price: PriceDefinition {
            base: 2_000_000,
            ..PriceDefinition::default()
        },
        creatives: vec!["k".to_owned()],
        ..LineItemDefinition::default()
    }
}

fn catalog(item: LineItemDefinition) -> Catalog {
    let mut catalog = Catalog::default();
    let declarations = [preset::commerce(), preset::openrtb()].concat();
    catalog.declare(&declarations).unwrap();
    let segment = SegmentDefinition {
        name: "wine".to_owned(),
        rule: "interests has \"wine\"".to_owned(),
        description: String::new(),
    };
    catalog.define_segment(segment).unwrap();
    let advertiser = AdvertiserDefinition {
        name: "a".to_owned(),
        domain: Some("shop.de".to_owned()),
        categories: Labels {
            taxonomy: Some(1),
            codes: vec!["IAB8-18".to_owned()],
        },
        ..AdvertiserDefinition::default()
    };
    let campaign = CampaignDefinition {
        name: "c".to_owned(),
        advertiser: "a".to_owned(),
        ..CampaignDefinition::default()
    };
    let creative = CreativeDefinition {
        name: "k".to_owned(),
        duration: Some(20),
        weight: 1,
        ..CreativeDefinition::default()
    };
    let clip = CreativeDefinition {
        name: "v".to_owned(),
        media: Media::Video,
        ..creative.clone()
    };
    let silent = CreativeDefinition {
        name: "silent".to_owned(),
        duration: None,
        ..clip.clone()
    };
    let deal = DealDefinition {
        id: "d".to_owned(),
        seat: None,
    };
    let rate = |currency: &str, worth| {
        let currency = currency.to_owned();
        Entry::Rate(RateDefinition { currency, worth })
    };
    let entries = [
        rate("USD", 1_000_000),
        rate("EUR", 1_500_000),
        Entry::Advertiser(advertiser),
        Entry::Campaign(campaign),
        Entry::Creative(creative),
        Entry::Creative(clip),
        Entry::Creative(silent),
        Entry::Deal(deal),
        Entry::LineItem(Box::new(item)),
    ];
    catalog.define_entries(&entries, NOW).unwrap();
    catalog
}

fn request() -> Request {
    let impression = Impression {
        id: "1".to_owned(),
        offers: vec![Offer::default()],
        ..Impression::default()
    };
    Request {
        id: "r".to_owned(),
        impressions: vec![impression],
        ..Request::default()
    }
}

/// What becomes of the only line item, of whom `is_member` says whether conditions on the profile hold.
fn judged(
    item: LineItemDefinition,
    request: &Request,
    viewer: Viewer<'_>,
    is_member: bool,
) -> (Option<Stage>, Vec<(Option<u32>, i64)>) {
    let catalog = catalog(item);
    let (standing, policy) = (Standing::at(NOW), Policy::new(false));
    let auction = Auction {
        catalog: &catalog,
        stands: &catalog,
        standing: &standing,
        policy: &policy,
        request,
        impression: &request.impressions[0],
        viewer,
        truth: &|_| is_member,
    };
    let own = catalog.book().line_items.entry(0).unwrap();
    let judgement = auction.judge(LineItemId(0), own);
    let bids = judgement.bids.iter();
    (
        judgement.fell,
        bids.map(|bid| (bid.deal, bid.price)).collect(),
    )
}

fn stage(rule: &str, request: &Request, viewer: Viewer<'_>, is_member: bool) -> Option<Stage> {
    judged(item(rule), request, viewer, is_member).0
}

#[test]
fn of_nobody_no_condition_on_the_profile_holds_negated_or_not() {
    let request = request();

    assert_eq!(
        None,
        stage("not segment(\"wine\")", &request, PERSON, false)
    );
    for rule in ["segment(\"wine\")", "not segment(\"wine\")"] {
        assert_eq!(
            Some(Stage::Audience),
            stage(rule, &request, Viewer::Nobody, true)
        );
    }
    let either = "segment(\"wine\") or not has(ctx.country)";
    assert_eq!(None, stage(either, &request, Viewer::Nobody, true));
}

#[test]
fn what_consent_forbids_to_know_falls_at_consent_and_the_rest_stays() {
    let mut request = request();
    request.consent.gdpr = Some(true);
    request.consent.vendor = Some(true);
    let needs = |rule: &str| LineItemDefinition {
        purposes: Purposes::of([3]),
        ..item(rule)
    };

    let denied = judged(needs("segment(\"wine\")"), &request, PERSON, true).0;
    assert_eq!(Some(Stage::Consent), denied);
    assert_eq!(None, judged(needs(""), &request, PERSON, true).0);
    request.consent.purposes = Some(Purposes::of([1, 3]));
    assert_eq!(
        None,
        judged(needs("segment(\"wine\")"), &request, PERSON, true).0
    );
    request.consent.lmt = Some(true);
    assert_eq!(
        Some(Stage::Consent),
        stage("segment(\"wine\")", &request, PERSON, true)
    );
}

#[test]
fn an_item_falls_at_the_first_stage_at_which_its_rule_is_false() {
    let mut request = request();
    request.context.text("country", "DE");
    request.context.text("os", "ios");
    let either = "ctx.country = \"AT\" or (ctx.os = \"ios\" and segment(\"wine\"))";

    assert_eq!(
        Some(Stage::Geo),
        stage(
            "ctx.country = \"AT\" and ctx.os = \"x\"",
            &request,
            PERSON,
            true
        )
    );
    assert_eq!(
        Some(Stage::Audience),
        stage(either, &request, PERSON, false)
    );
    request.context.text("os", "android");
    assert_eq!(Some(Stage::Device), stage(either, &request, PERSON, false));
}

#[test]
fn absent_passes_nothing_and_an_unknown_value_is_not_among_others() {
    let mut request = request();

    assert_eq!(
        Some(Stage::Geo),
        stage("ctx.country != \"DE\"", &request, PERSON, false)
    );
    assert_eq!(
        None,
        stage("not ctx.country = \"DE\"", &request, PERSON, false)
    );
    request.context.text("country", "nowhere");
    assert_eq!(
        None,
        stage("ctx.country != \"DE\"", &request, PERSON, false)
    );
}

#[test]
fn caps_that_nobody_can_tell_have_a_stage_of_their_own() {
    let capped = || LineItemDefinition {
        caps: vec![CapDefinition {
            count: 1,
            window: Duration::DAY,
            unit: CapUnit::Profile,
            types: Vec::new(),
        }],
        ..item("")
    };
    let missing = Viewer::Person {
        segments: &[],
        caps: Caps::Missing,
        key: None,
    };
    let request = request();

    assert_eq!(None, judged(capped(), &request, PERSON, false).0);
    for viewer in [missing, Viewer::Nobody] {
        assert_eq!(
            Some(Stage::CapStateMissing),
            judged(capped(), &request, viewer, false).0
        );
    }
}

#[test]
fn block_lists_name_domains_and_categories_of_the_same_taxonomy_with_what_lies_below() {
    let blocked = |taxonomy, code: &str| {
        let mut request = request();
        request.categories = Categories {
            taxonomy,
            allowed: Vec::new(),
            blocked: vec![code.to_owned()],
        };
        stage("", &request, PERSON, false)
    };
    let mut request = request();
    request.blocked_domains = vec!["shop.de".to_owned()];

    assert_eq!(Some(Stage::BlockList), stage("", &request, PERSON, false));
    assert_eq!(Some(Stage::BlockList), blocked(None, "IAB8"));
    assert_eq!(None, blocked(None, "IAB8-1"));
    assert_eq!(None, blocked(Some(7), "IAB8"));
}

#[test]
fn the_first_level_that_carries_a_floor_counts() {
    let by_duration = |micros| DurationFloors {
        spans: vec![DurationFloor {
            min: Some(15),
            max: Some(30),
            floor: usd(micros).unwrap(),
        }],
        per_second: None,
    };
    let of = |creative: &str, floor, floors| {
        let item = LineItemDefinition {
            creatives: vec![creative.to_owned()],
            ..item("")
        };
        let mut request = request();
        request.impressions[0].floor = floor;
        request.impressions[0].offers[0].floors = floors;
        if creative != "k" {
            request.impressions[0].offers[0].media = Media::Video;
        }
        judged(item, &request, PERSON, false).0
    };
    let with = |floor, floors| of("v", floor, floors);
    let none = DurationFloors::default;

    assert_eq!(Some(Stage::Floor), with(usd(2_000_001), none()));
    assert_eq!(None, with(usd(2_000_001), by_duration(0)));
    assert_eq!(Some(Stage::Floor), with(usd(0), by_duration(2_000_001)));
    // Of pictures durations say nothing; of what does not say how long it runs any may hold.
    assert_eq!(None, of("k", usd(0), by_duration(2_000_001)));
    assert_eq!(Some(Stage::Floor), of("k", usd(2_000_001), by_duration(0)));
    assert_eq!(
        Some(Stage::Floor),
        of("silent", usd(0), by_duration(2_000_001))
    );
    assert_eq!(
        Some(Stage::Floor),
        of("silent", usd(2_000_001), by_duration(0))
    );
    assert_eq!(None, of("silent", usd(0), by_duration(2_000_000)));
    let each_second = DurationFloors {
        spans: Vec::new(),
        per_second: usd(1),
    };
    assert_eq!(
        Some(Stage::Floor),
        of("silent", usd(0), each_second.clone())
    );
    assert_eq!(None, of("v", usd(0), each_second));
    let euros = |micros| {
        let currency = Some("EUR".to_owned());
        Some(Money { micros, currency })
    };
    assert_eq!(None, with(euros(1_333_333), none()));
    assert_eq!(Some(Stage::Floor), with(euros(1_333_334), none()));
    let yen = Some(Money {
        micros: 0,
        currency: Some("JPY".to_owned()),
    });
    assert_eq!(Some(Stage::Floor), with(yen, none()));
}

#[test]
fn a_deal_is_a_way_of_its_own_with_its_own_floor_and_price() {
    let dealing = |open_market| LineItemDefinition {
        deals: vec!["d".to_owned()],
        open_market,
        ..item("")
    };
    let offer = |floor, at| DealOffer {
        id: "d".to_owned(),
        floor,
        at,
        ..DealOffer::default()
    };
    let bids = |open_market, floor, at, private| {
        let mut request = request();
        request.impressions[0].deals = vec![offer(floor, at)];
        request.impressions[0].private_auction = private;
        judged(dealing(open_market), &request, PERSON, false)
    };

    assert_eq!(
        (None, vec![(Some(0), 2_000_000)]),
        bids(None, usd(1), None, None)
    );
    let both = vec![(None, 2_000_000), (Some(0), 1_500_000)];
    assert_eq!(
        (None, both),
        bids(Some(true), usd(1_500_000), Some(3), None)
    );
    let private = vec![(Some(0), 2_000_000)];
    assert_eq!((None, private), bids(Some(true), None, None, Some(true)));
    assert_eq!(
        (Some(Stage::Floor), vec![]),
        bids(None, usd(2_500_000), Some(3), None)
    );
    let mut without = request();
    without.impressions[0].private_auction = Some(true);
    assert_eq!(Some(Stage::Deal), stage("", &without, PERSON, false));
}

#[test]
fn everything_that_speaks_against_an_item_is_told() {
    let mut request = request();
    request.context.text("country", "DE");
    request.impressions[0].offers.clear();
    let catalog = catalog(item(
        "ctx.country = \"AT\" and not (has(ctx.country) or segment(\"wine\"))",
    ));
    let (standing, policy) = (Standing::at(NOW), Policy::new(false));
    let auction = Auction {
        catalog: &catalog,
        stands: &catalog,
        standing: &standing,
        policy: &policy,
        request: &request,
        impression: &request.impressions[0],
        viewer: PERSON,
        truth: &|_| true,
    };
    let own = catalog.book().line_items.entry(0).unwrap();

    let failings = auction.failings(LineItemId(0), own);

    let leaves = [
        "ctx.country = \"AT\"",
        "not has(ctx.country)",
        "not segment(\"wine\")",
    ];
    assert_eq!(leaves.map(str::to_owned).to_vec(), failings.leaves);
    // What it would bid on is not known, so nothing is below a floor.
    assert_eq!([Stage::Geo, Stage::Creative].to_vec(), failings.stages);
}

#[test]
fn what_an_index_that_lags_decides_follows_from_its_definitions_and_the_status_of_now() {
    let indexed = catalog(item(""));
    let index = Index::build(&indexed);
    let (standing, policy) = (Standing::at(NOW), Policy::new(false));
    let request = request();
    let impression = &request.impressions[0];
    for (status, price) in [
        (Status::Active, 9_000_000),
        (Status::Paused, 1),
        (Status::Archived, 1),
    ] {
        let mut edited = LineItemDefinition { status, ..item("") };
        edited.price.base = price;
        let mut now = indexed.clone();
        let entry = Entry::LineItem(Box::new(edited));
        now.define_entries(&[entry], NOW).unwrap();
        let mask = Mask::of(&index, &now, &standing);
        let decider = Decider {
            index: &index,
            mask: &mask,
            policy: &policy,
        };
        let mut outcome = Outcome::default();
        decider.decide(
            &request,
            impression,
            PERSON,
            &mut Scratch::new(0),
            &mut outcome,
        );
        let auction = Auction {
            catalog: &indexed,
            stands: &now,
            standing: &standing,
            policy: &policy,
            request: &request,
            impression,
            viewer: PERSON,
            truth: &|_| true,
        };

        assert_eq!(outcome, auction.decide(), "{status:?}");
    }
}
