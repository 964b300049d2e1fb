//! Budgets and pacing over a day.

use crate::auction::Entry;
use crate::auction::advertiser::AdvertiserDefinition;
use crate::auction::campaign::{Budget, CampaignDefinition, Flight};
use crate::auction::confirm::Confirmed;
use crate::auction::key::Key;
use crate::auction::line_item::{LineItemDefinition, Pacing};
use crate::auction::lot::Lot;
use crate::auction::reason::Stage;
use crate::auction::request::Money;
use crate::auction::reserve::{Answer, Asked, ONE};
use crate::auction::spend::Spend;
use crate::auction::standing::ALWAYS;
use crate::id::{CampaignId, LineItemId};
use crate::record::Command;
use crate::state::State;
use crate::time::{Duration, Instant};

/// Midnight UTC.
const START: Instant = Instant(1_700_006_400_000);

fn engine(utc_offset: i32, budget: Budget, pacing: Pacing, end: Option<Instant>) -> State {
    let mut state = State::default();
    let entries = vec![
        Entry::Advertiser(AdvertiserDefinition {
            name: "wine.example".to_owned(),
            ..AdvertiserDefinition::default()
        }),
        Entry::Campaign(CampaignDefinition {
            name: "spring".to_owned(),
            advertiser: "wine.example".to_owned(),
            utc_offset,
            ..CampaignDefinition::default()
        }),
        Entry::LineItem(Box::new(LineItemDefinition {
            name: "red".to_owned(),
            campaign: "spring".to_owned(),
            budget,
            pacing,
            flight: Flight { start: None, end },
            ..LineItemDefinition::default()
        })),
    ];
    state.run(Command::DefineEntries(entries), START).unwrap();
    state
}

fn key(number: u64) -> Key {
    Key {
        request: format!("r{number}"),
        impression: "1".to_owned(),
        line_item: "red".to_owned(),
    }
}

fn reserve(state: &mut State, number: u64, price: i64, now: Instant) -> Answer {
    let asked = Asked {
        key: key(number),
        ids: Vec::new(),
        price: Money {
            micros: price,
            currency: None,
        },
        quantity: ONE,
        lapse: None,
        exposure: String::new(),
    };
    let (_, report) = state.run(Command::Reserve(vec![asked]), now).unwrap();
    report.answers[0]
}

fn confirm(state: &mut State, number: u64, now: Instant) -> Answer {
    let asked = Confirmed {
        key: key(number),
        price: None,
    };
    let (_, report) = state.run(Command::Confirm(vec![asked]), now).unwrap();
    report.answers[0]
}

fn spent(state: &State) -> i64 {
    let own = state.current().spending().of_line_item(LineItemId(0));
    own.map_or(0, Spend::total)
}

fn pace(state: &State) -> u32 {
    let mut paces = state.current().spending().paces();
    paces.next().map_or(ALWAYS, |own| own.1)
}

#[test]
fn a_budget_closes_when_what_is_confirmed_reaches_it_and_a_day_opens_it_again() {
    let day = Budget {
        total: Some(5),
        day: Some(2),
    };
    // Two hours ahead of UTC: the day ends at 22:00 UTC.
    let mut state = engine(120, day, Pacing::AsFast, None);
    let evening = START.plus(Duration(21 * Duration::HOUR.0));
    for number in 0..3 {
        assert_eq!(Answer::Done, reserve(&mut state, number, 1_000, evening));
    }
    confirm(&mut state, 0, evening);
    assert_eq!(Answer::Done, reserve(&mut state, 3, 1_000, evening));
    confirm(&mut state, 1, evening);

    assert_eq!(
        Answer::Fell(Stage::Budget),
        reserve(&mut state, 4, 1_000, evening)
    );
    let closed = state
        .current()
        .spending()
        .closed(state.current().catalog().book(), evening);
    assert!(closed.line_items.contains(&LineItemId(0)));
    assert_eq!(
        Some(START.plus(Duration(22 * Duration::HOUR.0))),
        closed.until
    );

    let next = START.plus(Duration(22 * Duration::HOUR.0));
    assert_eq!(Answer::Done, reserve(&mut state, 5, 1_000, next));
    // What was reserved before may still be confirmed: by so much may a budget be exceeded.
    for number in [2, 3, 5] {
        assert_eq!(Answer::Done, confirm(&mut state, number, next));
    }
    assert_eq!(5_000, spent(&state));
    let closed = state
        .current()
        .spending()
        .closed(state.current().catalog().book(), next);
    assert_eq!(None, closed.until);
    assert_eq!(
        5_000,
        state
            .current()
            .spending()
            .of_campaign(CampaignId(0))
            .unwrap()
            .total()
    );
}

#[test]
fn a_campaign_closes_by_what_a_line_item_spends_that_is_closed_already() {
    let one = Budget {
        total: Some(1),
        day: None,
    };
    let mut state = engine(0, one, Pacing::AsFast, None);
    let campaign = CampaignDefinition {
        name: "spring".to_owned(),
        advertiser: "wine.example".to_owned(),
        budget: Budget {
            total: Some(2),
            day: None,
        },
        ..CampaignDefinition::default()
    };
    let edit = Command::DefineEntries(vec![Entry::Campaign(campaign)]);
    state.run(edit, START).unwrap();
    for number in 0..2 {
        assert_eq!(Answer::Done, reserve(&mut state, number, 1_000, START));
    }
    let turns = |state: &State| state.current().spending().turns();
    let is_closed = |state: &State| {
        let view = state.current();
        let closed = view.spending().closed(view.catalog().book(), START);
        closed.campaigns.contains(&CampaignId(0))
    };

    confirm(&mut state, 0, START);
    let before = turns(&state);
    assert!(!is_closed(&state));
    confirm(&mut state, 1, START);

    assert!(is_closed(&state));
    // Whoever keeps what is closed looks again only when this moves.
    assert_ne!(before, turns(&state));
}

/// Spends for hours at so many chances every ten seconds, and gives what was spent by hour.
fn run(state: &mut State, hours: i64, chances: impl Fn(i64) -> u64) -> Vec<i64> {
    let (mut number, mut by_hour, mut before) = (0, Vec::new(), 0);
    for tick in 0..hours * 360 {
        let now = START.plus(Duration(tick * 10_000));
        state.run(Command::Advance, now).unwrap();
        let pace = pace(state);
        for _ in 0..chances(tick) {
            number += 1;
            let passes = Lot::of(7, &format!("r{number}")).passes(LineItemId(0), pace);
            if passes && reserve(state, number, 1_000_000, now) == Answer::Done {
                confirm(state, number, now);
            }
        }
        if tick % 360 == 359 {
            by_hour.push(spent(state) - before);
            before = spent(state);
        }
    }
    by_hour
}

#[test]
fn even_pacing_spreads_a_budget_over_the_flight_whatever_the_traffic() {
    let end = START.plus(Duration(6 * Duration::HOUR.0));
    let budget = Budget {
        total: Some(6_000_000),
        day: None,
    };
    let mut state = engine(0, budget, Pacing::Even, Some(end));
    // Traffic comes and goes: between 5 and 35 chances every ten seconds, three times what is wanted in all.
    let by_hour = run(&mut state, 6, |tick| 5 + (tick % 720).abs_diff(360) / 12);

    let total: i64 = by_hour.iter().sum();
    assert!(
        (5_700_000_000..=6_000_000_000).contains(&total),
        "{by_hour:?}"
    );
    for own in &by_hour {
        assert!((700_000_000..=1_300_000_000).contains(own), "{by_hour:?}");
    }
}

#[test]
fn without_enough_traffic_every_chance_is_taken() {
    let budget = Budget {
        total: None,
        day: Some(1_000_000_000),
    };
    let mut state = engine(0, budget, Pacing::Even, None);
    run(&mut state, 1, |_| 1);

    assert_eq!(ALWAYS, pace(&state));
    assert!(spent(&state) > 340_000_000);
}

#[test]
fn as_fast_as_possible_spends_at_once() {
    let budget = Budget {
        total: Some(100_000),
        day: None,
    };
    let mut state = engine(0, budget, Pacing::AsFast, None);
    let by_hour = run(&mut state, 1, |_| 20);

    assert_eq!(vec![100_000_000], by_hour);
    assert_eq!(None, state.current().spending().paces().next());
}
