//! Random reservations, confirmations, cancellations, exposures and merges against a list of what happened.

use proptest::prelude::*;

use super::story::{
    BUDGET, Fate, ITEMS, PEOPLE, START, Story, campaign_cap, cap, household_cap, key,
};
use crate::auction::Entry;
use crate::auction::advertiser::AdvertiserDefinition;
use crate::auction::campaign::{Budget, CampaignDefinition};
use crate::auction::cap::CapUnit;
use crate::auction::confirm::Confirmed;
use crate::auction::key::Key;
use crate::auction::line_item::LineItemDefinition;
use crate::auction::request::{Money, Request};
use crate::auction::reserve::{Answer, Asked, ONE};
use crate::catalog::preset;
use crate::id::{CampaignId, LineItemId};
use crate::record::Command;
use crate::rows::Rows;
use crate::state::State;
use crate::testing::{column, strings};
use crate::time::{Duration, Instant};
use crate::value::{Kind, Value};

#[derive(Clone, Debug)]
enum Step {
    /// Key, line item, person (none: nobody), lapse in minutes, price.
    Reserve(Vec<(u8, u8, Option<u8>, i64, i64)>),
    /// Key, line item, price.
    Confirm(Vec<(u8, u8, Option<i64>)>),
    Cancel(Vec<(u8, u8)>),
    /// An event under the key of a reservation, or of its own; now, or by a clock that is ahead.
    Expose(u8, u8, u8, bool, bool),
    Merge(u8, u8),
    /// By how much, and whether the engine is told at once.
    Advance(i64, bool),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let key = || (0..8_u8, 0..ITEMS.len() as u8);
    let lapse = prop_oneof![Just(1_i64), Just(5), Just(60)];
    let asked = (
        key(),
        prop::option::weighted(0.9, 0..PEOPLE),
        lapse,
        0..4_000_i64,
    );
    let asked = asked.prop_map(|((key, item), who, lapse, price)| (key, item, who, lapse, price));
    let confirmed = (key(), prop::option::of(0..4_000_i64));
    let confirmed = confirmed.prop_map(|((key, item), price)| (key, item, price));
    let step = prop_oneof![
        4 => prop::collection::vec(asked, 1..4).prop_map(Step::Reserve),
        2 => prop::collection::vec(confirmed, 1..3).prop_map(Step::Confirm),
        1 => prop::collection::vec(key(), 1..3).prop_map(Step::Cancel),
        1 => (key(), 0..PEOPLE, any::<bool>(), prop::bool::weighted(0.3))
            .prop_map(|((key, item), who, own, is_ahead)| Step::Expose(key, item, who, own, is_ahead)),
        1 => (0..PEOPLE, 0..PEOPLE).prop_map(|(a, b)| Step::Merge(a, b)),
        3 => (prop_oneof![Just(0_i64), Just(30_000), Just(60_000), Just(300_000), Just(3_600_000)], any::<bool>())
            .prop_map(|(by, is_told)| Step::Advance(by, is_told)),
    ];
    prop::collection::vec(step, 1..30)
}

fn book() -> Vec<Entry> {
    let advertiser = |name: &str, caps| AdvertiserDefinition {
        name: name.to_owned(),
        caps,
        ..AdvertiserDefinition::default()
    };
    let campaign = |name: &str, advertiser: &str, caps| CampaignDefinition {
        name: name.to_owned(),
        advertiser: advertiser.to_owned(),
        caps,
        ..CampaignDefinition::default()
    };
    let item = |name: &str, campaign: &str, caps, budget| {
        Entry::LineItem(Box::new(LineItemDefinition {
            name: name.to_owned(),
            campaign: campaign.to_owned(),
            caps,
            budget,
            ..LineItemDefinition::default()
        }))
    };
    let budget = Budget {
        total: Some(BUDGET / 1_000),
        day: None,
    };
    vec![
        Entry::Advertiser(advertiser("wine.example", vec![household_cap()])),
        Entry::Advertiser(advertiser("free.example", Vec::new())),
        Entry::Campaign(campaign("spring", "wine.example", vec![campaign_cap()])),
        Entry::Campaign(campaign("always", "free.example", Vec::new())),
        item(
            ITEMS[0],
            "spring",
            vec![cap(1, 10, CapUnit::Profile)],
            Budget::default(),
        ),
        item(ITEMS[1], "spring", Vec::new(), Budget::default()),
        item(ITEMS[2], "always", Vec::new(), budget),
    ]
}

fn exposure(id: &str, item: u8, who: u8, at: Instant) -> Command {
    let one = |name: &str, text: &str| strings(name, std::iter::once(text.to_owned()));
    let columns = vec![
        one("event_id", id),
        one("type", "impression"),
        column("time", Kind::Instant, &[Some(Value::Instant(at))]),
        one("cookie", &format!("p{who}")),
        one("line_item", ITEMS[usize::from(item)]),
    ];
    Command::Track(Rows { len: 1, columns }.into())
}

fn engine() -> State {
    let mut state = State::default();
    let early = START.minus(Duration::DAY);
    state
        .run(Command::Declare(preset::commerce()), early)
        .unwrap();
    state.run(Command::DefineEntries(book()), early).unwrap();
    let texts = |name: &str, cells: [&str; 2]| strings(name, cells.map(str::to_owned).into_iter());
    let home = Rows {
        len: 2,
        columns: vec![
            texts("cookie", ["p0", "p1"]),
            texts("household", ["h", "h"]),
        ],
    };
    state
        .run(Command::LoadProfiles(home.into()), early)
        .unwrap();
    state
}

fn usd(micros: i64) -> Money {
    Money {
        micros,
        currency: None,
    }
}

fn asked((number, item, who, lapse, price): (u8, u8, Option<u8>, i64, i64)) -> Asked {
    Asked {
        key: key(number, item),
        ids: who
            .map(|who| format!("cookie:p{who}"))
            .into_iter()
            .collect(),
        price: usd(price),
        quantity: ONE,
        lapse: Some(Duration(lapse * Duration::MINUTE.0)),
        exposure: String::new(),
    }
}

fn take(state: &mut State, story: &mut Story, step: &Step) -> Result<(), TestCaseError> {
    let (command, expected) = match step {
        Step::Reserve(rows) => {
            let expected = rows.iter().map(|row| story.reserve(*row)).collect();
            let rows = rows.iter().map(|row| asked(*row));
            (Command::Reserve(rows.collect()), expected)
        }
        Step::Confirm(rows) => {
            let before = story.overruns;
            let mut expected = Vec::new();
            for row in rows {
                let (full, overruns) = (late_and_full(story, *row), story.overruns);
                let is_new = !story.is_exposed((row.0, row.1));
                expected.push(story.confirm(*row));
                let counts = full && is_new && expected.last() == Some(&Answer::Done);
                story.overruns = overruns + u64::from(counts);
            }
            prop_assert!(story.overruns >= before);
            let confirmed = |(number, item, price): &(u8, u8, Option<i64>)| Confirmed {
                key: key(*number, *item),
                price: price.map(usd),
            };
            (
                Command::Confirm(rows.iter().map(confirmed).collect()),
                expected,
            )
        }
        Step::Cancel(rows) => {
            let expected = rows.iter().map(|at| story.cancel(*at)).collect();
            let keys = rows.iter().map(|(number, item)| key(*number, *item));
            (Command::Cancel(keys.collect()), expected)
        }
        Step::Expose(number, item, who, is_own, is_ahead) => {
            let ahead = if *is_ahead { 2 * Duration::MINUTE.0 } else { 0 };
            let time = story.time().plus(Duration(ahead));
            let id = if *is_own {
                format!("own {} {number}", story.now)
            } else {
                key(*number, *item).event_id()
            };
            story.expose(&id, (*number, *item), *who, time);
            (exposure(&id, *item, *who, time), Vec::new())
        }
        Step::Merge(a, b) => {
            let ids = [a, b].map(|id| format!("cookie:p{id}"));
            let is_known = ids.iter().all(|id| state.current().profile(id).is_ok());
            if !is_known || story.one[usize::from(*a)] == story.one[usize::from(*b)] {
                return Ok(());
            }
            let (from, to) = (story.one[usize::from(*a)], story.one[usize::from(*b)]);
            story
                .one
                .iter_mut()
                .filter(|own| **own == from)
                .for_each(|own| *own = to);
            let [a, b] = ids;
            (Command::Merge { a, b }, Vec::new())
        }
        Step::Advance(by, is_told) => {
            story.now += by;
            if !is_told {
                return Ok(());
            }
            (Command::Advance, Vec::new())
        }
    };
    let (_, report) = state.run(command, story.time()).unwrap();
    prop_assert_eq!(expected, report.answers, "{:?}", step);
    Ok(())
}

fn late_and_full(story: &Story, (number, item, _): (u8, u8, Option<i64>)) -> bool {
    let own = story.find((number, item));
    own.is_some_and(|own| {
        let is_late = own.fate != Fate::Held || own.lapses <= story.time();
        is_late && own.who.is_some_and(|who| story.is_full(item, who))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn what_is_granted_and_spent_is_what_a_list_of_all_that_happened_says(steps in steps()) {
        let (mut state, mut story) = (engine(), Story::new());
        let mut closed = crate::auction::spend::Closed::default();
        for step in &steps {
            take(&mut state, &mut story, step)?;
            let view = state.current();
            let book = view.catalog().book();
            closed = view.spending().closed_since(book, view.time(), &closed);
            prop_assert_eq!(&view.spending().closed(book, view.time()), &closed);
            let spent = |item: u8| {
                let own = view.spending().of_line_item(LineItemId(u32::from(item)));
                own.map_or(0, crate::auction::spend::Spend::total)
            };
            for item in 0..ITEMS.len() as u8 {
                prop_assert_eq!(story.spent.get(&item).copied().unwrap_or(0), spent(item));
            }
            let campaign = view.spending().of_campaign(CampaignId(0)).map_or(0, crate::auction::spend::Spend::total);
            prop_assert_eq!(spent(0) + spent(1), campaign);
            prop_assert_eq!(story.overruns, view.reservations().tallies().cap_overrun);
            // What a view says of caps is of its own time.
            for who in (0..PEOPLE).filter(|_| view.time() == story.time()) {
                let profile = view.profile(&format!("cookie:p{who}")).ok();
                let tally = view.exposures().tally(view, profile, &Request::default()).unwrap();
                let expected = profile.is_some() && story.is_full(0, who);
                let keys = view.catalog().book().caps(LineItemId(0), view.catalog().book().line_items.entry(0).unwrap());
                let is_full = keys.iter().any(|key| tally.reached().contains(key));
                prop_assert_eq!(expected, is_full, "person {}", who);
            }
        }
        let mut again = engine();
        let mut told = Story::new();
        for step in &steps {
            take(&mut again, &mut told, step)?;
        }
        prop_assert_eq!(state.state_hash(), again.state_hash());
    }
}

#[test]
fn what_is_wrong_with_a_reservation_is_told_and_the_others_go_on() {
    let mut state = engine();
    let fine = asked((1, 0, Some(2), 5, 1_000));
    let rows = vec![
        Asked {
            key: Key {
                line_item: "rosé".to_owned(),
                ..key(1, 0)
            },
            ..fine.clone()
        },
        Asked {
            price: usd(-1),
            ..fine.clone()
        },
        Asked {
            price: Money {
                micros: 1,
                currency: Some("XTS".to_owned()),
            },
            ..fine.clone()
        },
        Asked {
            quantity: 0,
            ..fine.clone()
        },
        Asked {
            lapse: Some(Duration::DAY),
            ..fine.clone()
        },
        Asked {
            exposure: "purchase".to_owned(),
            ..fine.clone()
        },
        Asked {
            key: Key {
                request: String::new(),
                ..key(1, 0)
            },
            ..fine.clone()
        },
        fine,
    ];
    let (_, report) = state.run(Command::Reserve(rows), START).unwrap();

    let fields: Vec<&str> = report
        .refused
        .iter()
        .map(|own| own.field.as_str())
        .collect();
    let expected = [
        "line_item",
        "price",
        "price.currency",
        "quantity",
        "lapse",
        "exposure",
        "request",
    ];
    assert_eq!(expected.as_slice(), fields);
    assert_eq!(Some(&Answer::Done), report.answers.last());
    assert_eq!((1, 0), (report.accepted, report.duplicates));
}
