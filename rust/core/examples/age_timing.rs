//! Times a segment with an age, for people of 100, 400 and 1,600 events: what the reference takes for one look at one person, and what
//! live maintenance takes to define the segment over PEOPLE people, and for one more event of each of them.
//!
//! `cargo run --release -p treffer-core --example age_timing -- PEOPLE`
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "an example prints, and one that cannot set up its case fails"
)]

use std::time::Instant as Clock;

use treffer_core::catalog::{Catalog, SegmentDefinition, preset};
use treffer_core::explain;
use treffer_core::id::ProfileId;
use treffer_core::record::Command;
use treffer_core::rows::{Cells, Column, Rows, Texts};
use treffer_core::state::{Settings, State};
use treffer_core::time::{Duration, Instant};

const START: i64 = 1_700_000_000_000;

fn texts(name: &str, cells: impl Iterator<Item = String>) -> Column {
    let mut texts = Texts::default();
    cells.for_each(|cell| texts.push(&cell));
    Column {
        name: name.to_owned(),
        cells: Cells::Text(texts),
        present: None,
    }
}

/// Of each person the events from `first` on, over 90 days.
fn events(people: u64, first: u64, count: u64, of: u64) -> Rows {
    let all = || (first..first + count).flat_map(|event| (0..people).map(move |own| (event, own)));
    let time = |event: u64, own: u64| {
        START + (event * 90 * Duration::DAY.0 as u64 / of + own * 977) as i64
    };
    Rows {
        len: (people * count) as usize,
        columns: vec![
            texts("event_id", all().map(|own| format!("{}-{}", own.0, own.1))),
            texts(
                "type",
                all().map(|own| {
                    ["product_view", "purchase"][usize::from(own.0 % 3 == 0)].to_owned()
                }),
            ),
            Column {
                name: "time".to_owned(),
                cells: Cells::Instant(all().map(|own| time(own.0, own.1)).collect()),
                present: None,
            },
            texts("crm", all().map(|own| format!("customer-{}", own.1))),
        ],
    }
}

fn define(state: &mut State, name: &str, rule: &str) {
    let definition = SegmentDefinition {
        name: name.to_owned(),
        rule: rule.to_owned(),
        description: String::new(),
    };
    let now = state.current().time();
    state.run(Command::DefineSegment(definition), now).unwrap();
}

fn main() {
    let people = std::env::args()
        .nth(1)
        .map_or(200, |own| own.parse().unwrap());
    for count in [100, 400, 1_600] {
        let mut state = State::new(Settings::default(), Catalog::default());
        let now = Instant(START + 90 * Duration::DAY.0);
        state
            .run(Command::Declare(preset::commerce()), now)
            .unwrap();
        state
            .run(Command::Track(events(people, 0, count, count).into()), now)
            .unwrap();
        define(
            &mut state,
            "active",
            "count(product_view last 7d) >= 3 and since_last(purchase) < 2d",
        );

        let began = Clock::now();
        define(&mut state, "loyal", "segment(\"active\") for 1d..92d");
        let defined = began.elapsed();

        let began = Clock::now();
        let now = now.plus(Duration::HOUR);
        state
            .run(Command::Track(events(people, count, 1, count).into()), now)
            .unwrap();
        let tracked = began.elapsed();

        let view = state.view();
        let loyal = view.catalog().segment_id("loyal").unwrap();
        let plan = &view.catalog().segment(loyal).unwrap().plan;
        let person = view.person(ProfileId(0));
        let began = Clock::now();
        let holds = explain::holds(plan, &person, view.catalog(), now);
        let until = explain::until(plan, &person, view.catalog(), now);
        println!(
            "{count} events: the reference {:.3} ms a person ({holds}, {until:?}); define {:.3} ms a person, {} members; an event {:.3} ms",
            began.elapsed().as_secs_f64() * 1e3,
            defined.as_secs_f64() * 1e3 / people as f64,
            view.members(loyal).len(),
            tracked.as_secs_f64() * 1e3 / people as f64,
        );
    }
}
