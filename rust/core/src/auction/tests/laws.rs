//! The index decides as the definitions say.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::books::{NOW, SEATS, entries};
use super::dice::Dice;
use super::requests::request;
use crate::auction::campaign::Status;
use crate::auction::cap::CapKey;
use crate::auction::standing::ALWAYS;
use crate::auction::viewer::{Caps, Viewer, stranger};
use crate::auction::{Auction, Decider, Index, Mask, Outcome, Policy, Scratch, Stage, Standing};
use crate::catalog::{SegmentDefinition, preset};
use crate::explain;
use crate::id::{CampaignId, LineItemId, ProfileId};
use crate::person::Person;
use crate::record::{Batch, Command};
use crate::rows::Rows;
use crate::rule::Plan;
use crate::rule::plan::Leaf;
use crate::state::State;
use crate::testing::{column, strings};
use crate::time::Duration;
use crate::value::{Kind, Value};

const PEOPLE: u32 = 12;

/// Twelve people of whom something is known, and four segments.
fn population() -> State {
    let mut state = State::default();
    let start = NOW.minus(Duration(3 * Duration::DAY.0));
    let declarations = [preset::commerce(), preset::openrtb()].concat();
    state.run(Command::Declare(declarations), start).unwrap();
    let segments = [
        "interests has \"0\"",
        "interests has \"1\"",
        "age > 30 and interests has \"2\"",
        "not interests has \"0\"",
    ];
    let segments = segments
        .iter()
        .enumerate()
        .map(|(number, rule)| SegmentDefinition {
            name: format!("s{number}"),
            rule: (*rule).to_owned(),
            description: String::new(),
        });
    state
        .run(Command::DefineSegments(segments.collect()), start)
        .unwrap();
    for person in 0..u64::from(PEOPLE) {
        let dice = &mut Dice(person);
        let age = dice.maybe(80, |dice| Value::Integer(dice.one(&[20, 25, 33, 40, 50])));
        let interests = dice
            .some(&["0", "1", "2"], 50)
            .into_iter()
            .map(str::to_owned)
            .collect();
        let interests = dice.maybe(80, |_| Value::StringSet(interests));
        let crm = strings("crm", std::iter::once(format!("p{person}")));
        let rows = Rows {
            len: 1,
            columns: vec![
                crm.clone(),
                column("age", Kind::Integer, &[age]),
                column("interests", Kind::StringSet, &[interests]),
            ],
        };
        let ago = dice.one(&[5, 30, 300, 3_000]);
        let at = NOW.minus(Duration(ago * Duration::MINUTE.0));
        // Engine time does not go back: the write is late, and its own time counts for ages.
        let mut batch = Batch::from(rows);
        batch
            .rows
            .columns
            .push(column("time", Kind::Instant, &[Some(Value::Instant(at))]));
        state
            .run(Command::LoadProfiles(batch), NOW.minus(Duration::SECOND))
            .unwrap();
        if dice.chance(40) {
            let rows = Rows {
                len: 1,
                columns: vec![
                    crm,
                    strings("event_id", std::iter::once(person.to_string())),
                    strings("type", std::iter::once("purchase".to_owned())),
                    column("time", Kind::Instant, &[Some(Value::Instant(at))]),
                ],
            };
            state
                .run(Command::Track(rows.into()), NOW.minus(Duration::SECOND))
                .unwrap();
        }
    }
    state.run(Command::Advance, NOW).unwrap();
    assert_eq!(PEOPLE, state.current().population());
    state
}

fn standing(dice: &mut Dice, items: usize) -> Standing {
    let mut standing = Standing::at(NOW);
    // Of most books some line items spend evenly, of some all, of some none.
    let paced = dice.one(&[15, 15, 100, 0]);
    for number in 0..items as u32 {
        if dice.chance(5) {
            standing.spent.insert(LineItemId(number));
        }
        if dice.chance(paced) {
            let pace = dice.one(&[0, 1, 20_000, 50_000, 65_000, ALWAYS]);
            standing.pace.insert(LineItemId(number), pace);
        }
    }
    if dice.chance(10) {
        standing.spent_campaigns.insert(CampaignId(1));
    }
    if dice.chance(10) {
        standing
            .building
            .insert(crate::id::SegmentId(dice.below(6) as u32));
    }
    standing
}

fn some_caps(state: &State, dice: &mut Dice) -> Vec<CapKey> {
    let book = state.current().catalog().book();
    let items = book.line_items.iter();
    let all: BTreeSet<_> = items
        .flat_map(|(number, own)| book.caps(LineItemId(number), own))
        .collect();
    dice.some(&all.into_iter().collect::<Vec<_>>(), 40)
}

/// Every line item, where it fell and what it asks.
fn fates(auction: &Auction<'_>) -> Vec<String> {
    let items = auction.catalog.book().line_items.iter();
    let fate = |(number, own)| {
        let judgement = auction.judge(LineItemId(number), own);
        let definition = &own.definition;
        format!("{number} {:?} {}", judgement.fell, definition.rule)
    };
    items.map(fate).collect()
}

/// The line items that fall at no stage up to the audience.
fn matching(auction: &Auction<'_>) -> BTreeSet<LineItemId> {
    let book = auction.catalog.book();
    let items = book.line_items.iter();
    let items = items.filter(|(_, own)| book.status(own) != Status::Archived);
    let stages = items.map(|(number, own)| {
        let number = LineItemId(number);
        (number, auction.judge(number, own).fell)
    });
    let matching = stages.filter(|(_, fell)| fell.is_none_or(|own| own > Stage::Audience));
    matching.map(|(number, _)| number).collect()
}

fn assert_alike(seed: u64, sizes: &[usize], base: &State, scratch: &mut Scratch) {
    let dice = &mut Dice(seed);
    let mut state = base.clone();
    let items = dice.one(sizes);
    // Of many that look different, line items are looked at one by one.
    let creatives = dice.one(&[4, 4, 60]);
    let first = entries(dice, items, creatives);
    state.run(Command::DefineEntries(first), NOW).unwrap();
    let before = Index::build(state.current().catalog());
    let mut edits = entries(dice, items, creatives);
    edits.retain(|_| dice.chance(15));
    state.run(Command::DefineEntries(edits), NOW).unwrap();
    let (view, standing) = (state.current(), standing(dice, items));
    let (catalog, strange) = (view.catalog(), stranger(view));
    let index = if dice.chance(50) {
        before.rebuilt(catalog)
    } else {
        Index::build(catalog)
    };
    let mask = Mask::of(&index, catalog, &standing);
    let other = self::standing(dice, items);
    let earlier = Standing {
        spent: other.spent,
        pace: other.pace,
        ..standing.clone()
    };
    let followed = Mask::of(&index, catalog, &earlier);
    let followed = followed.follow(&index, catalog, (&earlier, &standing));
    assert_eq!(Some(&mask), followed.as_ref(), "seed {seed}");
    let (mut outcome, mut found) = (Outcome::default(), Vec::new());
    for number in 0..8 {
        let mut policy = Policy::new(dice.chance(50));
        policy.seed = dice.below(3) as u64;
        let house = dice.maybe(50, |dice| dice.one(&[SEATS[0], "house"]));
        policy.house_seat = house.map(Into::into);
        if dice.chance(50) {
            (policy.open_bids, policy.bids) = dice.one(&[(1_000, 1_000), (1, 3), (0, 2), (4, 4)]);
        }
        let request = request(dice, number);
        let known = dice.maybe(80, |dice| ProfileId(dice.below(PEOPLE as usize + 1) as u32));
        let row: Vec<_> = known.map_or_else(Vec::new, |own| view.segments_of(own).iter().collect());
        let reached = some_caps(&state, dice);
        let missing = dice.chance(15);
        let viewer = known.map_or(Viewer::Nobody, |profile| Viewer::Person {
            segments: if profile.0 < PEOPLE { &row } else { &strange },
            caps: if missing {
                Caps::Missing
            } else {
                Caps::Reached(&reached)
            },
            key: Some(u64::from(profile.0) + 1),
        });
        let person = known.map_or_else(Person::default, |profile| view.person(profile));
        let truth =
            |leaf: &Leaf| explain::holds(&Plan::Leaf(leaf.clone()), &person, catalog, view.time());
        for impression in &request.impressions {
            let auction = Auction {
                catalog,
                stands: catalog,
                standing: &standing,
                policy: &policy,
                request: &request,
                impression,
                viewer,
                truth: &truth,
            };
            let decider = Decider {
                index: &index,
                mask: &mask,
                policy: &policy,
            };
            let expected = auction.decide();
            // The first time a person is looked up, the second time remembered, the third time found.
            for _ in 0..3 {
                decider.decide(&request, impression, viewer, scratch, &mut outcome);
                assert_eq!(
                    expected,
                    outcome,
                    "seed {seed}, request {number}, profile {known:?}: {:#?}",
                    fates(&auction)
                );
            }
            assert_eq!(mask.counts.total(), outcome.counts.total());
            let mut told = BTreeMap::new();
            let mut visit = |item, fell| assert!(told.insert(item, fell).is_none());
            let own = (&request, impression);
            decider.trail(own, viewer, scratch, &mut visit);
            let book = catalog.book();
            let all = book
                .line_items
                .iter()
                .map(|(number, own)| (LineItemId(number), own));
            let all = all.filter(|(_, item)| book.status(item) != Status::Archived);
            let fates = all.map(|(number, item)| (number, auction.judge(number, item).fell));
            assert_eq!(fates.collect::<BTreeMap<_, _>>(), told, "seed {seed}");
            decider.search(&request, impression, viewer, scratch, &mut found);
            let once: BTreeSet<_> = found.iter().copied().collect();
            assert_eq!(matching(&auction), once, "seed {seed}, request {number}");
            assert_eq!(once.len(), found.len());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn the_index_decides_as_the_definitions_say(seed: u64) {
        thread_local! {
            static BASE: State = population();
        }
        let mut scratch = Scratch::new(1 << 20);
        BASE.with(|base| {
            for seed in [seed, !seed] {
                assert_alike(seed, &[1, 3, 12, 40], base, &mut scratch);
            }
        });
    }
}

/// Thousands of rows: long postings, many lines, dead ones among them.
#[test]
fn an_index_of_many_lines_decides_as_the_definitions_say() {
    let (base, mut scratch) = (population(), Scratch::new(1 << 20));
    for seed in 0..24 {
        assert_alike(seed, &[700, 3_000], &base, &mut scratch);
    }
}

#[test]
fn random_auctions_reach_every_stage_and_every_kind_of_answer() {
    let (base, mut seen) = (population(), Outcome::default());
    let (mut deals, mut open) = (0, 0);
    for seed in 0..300 {
        let dice = &mut Dice(seed);
        let mut state = base.clone();
        let items = dice.one(&[1, 3, 12, 40]);
        let entries = entries(dice, items, 4);
        state.run(Command::DefineEntries(entries), NOW).unwrap();
        let standing = standing(dice, items);
        let catalog = state.current().catalog();
        let policy = Policy::new(true);
        let reached = some_caps(&state, dice);
        for number in 0..8 {
            let request = request(dice, number);
            let profile = ProfileId(dice.below(PEOPLE as usize) as u32);
            let viewer = match number {
                0 => Viewer::Nobody,
                _ => Viewer::Person {
                    segments: &[],
                    caps: Caps::Reached(&reached),
                    key: None,
                },
            };
            let person = state.current().person(profile);
            let auction = Auction {
                catalog,
                stands: catalog,
                standing: &standing,
                policy: &policy,
                request: &request,
                impression: &request.impressions[0],
                viewer,
                truth: &|leaf| explain::holds(&Plan::Leaf(leaf.clone()), &person, catalog, NOW),
            };
            let outcome = auction.decide();
            seen.counts.eligible += outcome.counts.eligible;
            for (all, own) in seen.counts.fallen.iter_mut().zip(outcome.counts.fallen) {
                *all += own;
            }
            deals += outcome.bids.iter().filter(|bid| bid.deal.is_some()).count();
            open += outcome.bids.iter().filter(|bid| bid.deal.is_none()).count();
        }
    }
    println!(
        "{:?}, {deals} on deals, {open} on the open market",
        seen.counts
    );
    assert!(
        seen.counts.fallen.iter().all(|fallen| *fallen > 0),
        "{:?}",
        seen.counts
    );
    assert!(seen.counts.eligible > 200 && deals > 10 && open > 100);
}
