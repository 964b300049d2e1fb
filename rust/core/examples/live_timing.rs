//! Times live maintenance: events through `State::run` with a number of live segments, by stage.
//!
//! Population: PROFILES profiles, PRELOAD events spread evenly over 90 days, then STREAM events at RATE events per second of
//! engine time (0: as in the history), in batches of BATCH rows with string ids; 60 % views, 20 % carts, 20 % purchases of 10,000 items in 200
//! categories, profiles and items uniform. Segments: 30 % windowed counts, 20 % count and not, 15 % sums, 15 % recency, 10 % left
//! carts, 10 % two steps, as in `benches/bench_live.py`. Left out: Arrow, and whoever reads.
//!
//! Then a storm: STORM profiles log in within one second, and an hour later they all leave a segment within one second, in records of
//! 100 events and of a tenth of a second; with ALARMS above 0 in records of about so many alarms.
//!
//! `cargo run --release -p treffer-core --example live_timing -- PROFILES PRELOAD STREAM BATCH SEGMENTS RATE [STORM [ALARMS]]`
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example prints, and one that cannot set up its case fails"
)]

use std::sync::OnceLock;

use treffer_core::catalog::{Catalog, SegmentDefinition, preset};
use treffer_core::id::SegmentId;
use treffer_core::record::Command;
use treffer_core::rows::{Cells, Column, Rows, Texts};
use treffer_core::segment::Counters;
use treffer_core::state::{Clock as EngineClock, Settings, State};
use treffer_core::time::{Duration, Instant};
use treffer_core::view::View;

const START: i64 = 1_700_000_000_000;
const CATEGORIES: u64 = 200;
const ITEMS: u64 = 10_000;
/// Of the history, in milliseconds.
const SPAN: i64 = 90 * Duration::DAY.0;

/// Time on the processor, where Linux tells it, else time that passed: other work on the machine counts less.
struct Clock(f64);

impl Clock {
    fn now() -> Self {
        static START: OnceLock<std::time::Instant> = OnceLock::new();
        // Giving way brings the figure up to date, which otherwise lags by a tick.
        std::thread::yield_now();
        let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
        let nanos = told.split(' ').next().and_then(|own| own.parse().ok());
        let passed = || {
            START
                .get_or_init(std::time::Instant::now)
                .elapsed()
                .as_nanos() as f64
        };
        Self(nanos.unwrap_or_else(passed))
    }

    fn nanos(&self) -> f64 {
        Self::now().0 - self.0
    }
}

/// How long each record took, in microseconds of time on the processor.
#[derive(Default)]
struct Records(Vec<f64>);

impl Records {
    fn tell(&self, name: &str) {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let at = |share: f64| sorted[((sorted.len() - 1) as f64 * share) as usize] / 1e3;
        println!(
            "{name}: {} records, {:.0} ms in all; one p50 {:.2} ms, p90 {:.2}, p99 {:.2}, most {:.2}",
            sorted.len(),
            sorted.iter().sum::<f64>() / 1e3,
            at(0.5),
            at(0.9),
            at(0.99),
            at(1.0),
        );
    }

    /// Where the slowest went: check, apply and publish.
    fn slowest(&self, stages: &[[f64; 3]]) {
        let mut numbers: Vec<usize> = (0..self.0.len()).collect();
        numbers.sort_by(|a, b| f64::total_cmp(&self.0[*b], &self.0[*a]));
        for number in numbers.iter().take(5) {
            let [check, apply, publish] = stages[*number].map(|nanos| nanos / 1e6);
            println!(
                "record {number}: check {check:.2} ms, apply {apply:.2}, publish {publish:.2}"
            );
        }
    }
}

struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((u128::from(z ^ (z >> 31)) * u128::from(n)) >> 64) as u64
    }
}

fn texts(name: &str, cells: impl Iterator<Item = String>) -> Column {
    let mut texts = Texts::default();
    cells.for_each(|cell| texts.push(&cell));
    Column {
        name: name.to_owned(),
        cells: Cells::Text(texts),
        present: None,
    }
}

fn events(
    first: u64,
    rows: u64,
    profiles: u64,
    time: impl Fn(u64) -> i64,
    dice: &mut Dice,
) -> Rows {
    let kinds = [
        "product_view",
        "product_view",
        "product_view",
        "add_to_cart",
        "purchase",
    ];
    let draw: Vec<(u64, u64, u64, i64)> = (0..rows)
        .map(|_| {
            let cents = 100 + dice.below(19_900) as i64;
            (
                dice.below(profiles),
                dice.below(ITEMS),
                dice.below(5),
                cents,
            )
        })
        .collect();
    let numbers = |name: &str, cells: Vec<i64>, make: fn(Vec<i64>) -> Cells| Column {
        name: name.to_owned(),
        cells: make(cells),
        present: None,
    };
    Rows {
        len: rows as usize,
        columns: vec![
            texts("event_id", (first..first + rows).map(|id| format!("e{id}"))),
            texts(
                "type",
                draw.iter().map(|own| kinds[own.2 as usize].to_owned()),
            ),
            numbers(
                "time",
                (first..first + rows).map(time).collect(),
                Cells::Instant,
            ),
            texts("crm", draw.iter().map(|own| format!("customer-{}", own.0))),
            texts("item", draw.iter().map(|own| format!("item-{}", own.1))),
            numbers(
                "value",
                draw.iter().map(|own| own.3 * 10_000).collect(),
                Cells::Micros,
            ),
        ],
    }
}

/// The mix of `benches/bench_live.py`.
fn rule(number: u64) -> String {
    let (place, turn) = (number % 20, number / 20);
    let filter = format!("where item.category = \"c{}\"", number * 7 % CATEGORIES);
    let days = [30, 60, 90][(turn % 3) as usize];
    match place {
        0..6 => format!(
            "count(product_view {filter} last {days}d) >= {}",
            1 + turn % 2
        ),
        9 if turn % 2 == 1 => format!(
            "segment(\"s{}\") and not segment(\"s{}\")",
            number - 9,
            number - 10
        ),
        6..10 => format!(
            "count(product_view {filter} last 30d) >= 1 and not (count(purchase {filter} last {days}d) >= 1)"
        ),
        10..13 => format!(
            "sum(purchase.value last {days}d) > {}",
            600 + turn % 40 * 10
        ),
        13..16 => {
            let filter = if turn % 3 == 0 { "" } else { &filter };
            format!("since_last(purchase {filter}) < {}h", 1 + turn % 72)
        }
        16..18 => format!("sequence(add_to_cart {filter}, not purchase for 30m on item last 7d)"),
        _ => format!("sequence(product_view {filter}, purchase within 1h last {days}d)"),
    }
}

fn usage() -> ! {
    eprintln!("PROFILES PRELOAD STREAM BATCH SEGMENTS RATE [STORM [ALARMS]]");
    std::process::exit(2)
}

/// An engine with items and the history of 90 days.
fn preloaded(profiles: u64, preload: u64, dice: &mut Dice) -> State {
    let settings = Settings {
        clock: EngineClock::Manual,
        skew: Duration(400 * Duration::DAY.0),
        ..Settings::default()
    };
    let mut state = State::new(settings, Catalog::default());
    let now = Instant(START);
    state
        .run(Command::Declare(preset::commerce()), now)
        .unwrap();
    let items = Rows {
        len: ITEMS as usize,
        columns: vec![
            texts("item", (0..ITEMS).map(|item| format!("item-{item}"))),
            texts(
                "category",
                (0..ITEMS).map(|item| format!("c{}", item % CATEGORIES)),
            ),
        ],
    };
    state.run(Command::LoadItems(items.into()), now).unwrap();
    let (mut done, clock) = (0, Clock::now());
    while done < preload {
        let rows = (preload - done).min(262_144);
        let share = |event: u64| i128::from(event) * i128::from(SPAN) / i128::from(preload);
        let rows = events(
            done,
            rows,
            profiles,
            |event| START + share(event) as i64,
            dice,
        );
        done += rows.len as u64;
        state.run(Command::Track(rows.into()), now).unwrap();
    }
    let each = |bytes: usize| bytes as f64 / preload as f64;
    println!(
        "preload: {:.2} us an event; bytes an event: history {:.1}, event ids {:.1}",
        clock.nanos() / 1e3 / preload as f64,
        each(state.current().history().heap_bytes()),
        each(state.dedupe().heap_bytes()),
    );
    state
}

fn define(state: &mut State, segments: u64) {
    let clock = Clock::now();
    let definition = |number| SegmentDefinition {
        name: format!("s{number}"),
        rule: rule(number),
        description: String::new(),
    };
    let flash = SegmentDefinition {
        name: "flash".to_owned(),
        rule: "count(login last 1h) >= 1".to_owned(),
        description: String::new(),
    };
    let definitions = (0..segments).map(definition).chain([flash]).collect();
    let now = Instant(START + SPAN);
    state
        .run(Command::DefineSegments(definitions), now)
        .unwrap();
    let members = (0..segments as u32).map(|id| state.current().members(SegmentId(id)).len());
    println!(
        "define: {:.0} ms for all; members {}, alarms {}, live bytes {} M",
        clock.nanos() / 1e6,
        members.sum::<u64>(),
        state.waiting_alarms(),
        state.live_bytes() / 1_000_000,
    );
}

/// Runs a command, with the next view, and notes how long that took.
fn run(state: &mut State, command: Command, now: Instant, records: &mut Records) -> View {
    let clock = Clock::now();
    state.run(command, now).unwrap();
    let view = state.view();
    records.0.push(clock.nanos() / 1e3);
    view
}

/// Logs `count` profiles in within a second, from `start` on.
fn log_in(state: &mut State, count: u64, start: i64) {
    let mut records = Records::default();
    for first in (0..count).step_by(100_000) {
        let own = first..(first + 100_000).min(count);
        let time = |number: u64| start + (number * 1_000 / count) as i64;
        let rows = Rows {
            len: own.clone().count(),
            columns: vec![
                texts("event_id", own.clone().map(|own| format!("login{own}"))),
                texts("type", own.clone().map(|_| "login".to_owned())),
                Column {
                    name: "time".to_owned(),
                    cells: Cells::Instant(own.clone().map(time).collect()),
                    present: None,
                },
                texts("crm", own.clone().map(|own| format!("customer-{own}"))),
            ],
        };
        let now = Instant(time(own.end));
        run(state, Command::Track(rows.into()), now, &mut records);
    }
    records.tell("log in");
}

fn storm(state: &mut State, (profiles, storm, alarms): (u64, u64, u64), dice: &mut Dice) {
    let flash = state.current().catalog().segment_id("flash").unwrap();
    let start = state.current().time().0 + 1_000;
    log_in(state, storm, start);
    let end = start + Duration::HOUR.0;
    let mut records = Records::default();
    let almost = Instant(end - 500);
    let mut reader = run(state, Command::Advance, almost, &mut records);
    records.tell("an hour");
    let before = reader.members(flash).len();
    let expired = state.live_counters().expiries;
    let mut records = Records::default();
    for number in 0..20 {
        let to = end - 400 + number * 100;
        let reach = |state: &mut State| {
            let reach = state.reach(alarms as usize, Instant(to));
            (alarms > 0 && reach < Instant(to)).then_some(reach)
        };
        while let Some(reach) = reach(state) {
            run(state, Command::Advance, reach, &mut records);
        }
        let first = (1 << 40) + number as u64 * 100;
        let rows = events(first, 100, profiles, |_| to, dice);
        reader = run(
            state,
            Command::Track(rows.into()),
            Instant(to),
            &mut records,
        );
    }
    records.tell("storm");
    let expired = state.live_counters().expiries - expired;
    println!(
        "storm: {:.0} ns for each of {expired} that expire; of {before} members {} are left",
        records.0.iter().sum::<f64>() * 1e3 / expired as f64,
        reader.members(flash).len(),
    );
}

fn main() {
    let arguments = std::env::args().skip(1).map(|own| own.parse().ok());
    let Some(mut arguments) = arguments.collect::<Option<Vec<u64>>>() else {
        usage()
    };
    if arguments.len() < 6 {
        usage()
    }
    arguments.resize(8, 0);
    let [
        profiles,
        preload,
        stream,
        batch,
        segments,
        rate,
        storming,
        alarms,
    ] = arguments[..]
    else {
        usage()
    };
    let mut dice = Dice(7);
    let mut state = preloaded(profiles, preload, &mut dice);
    define(&mut state, segments);
    let before = *state.live_counters();
    let (mut stages, mut done) = (Vec::new(), 0);
    let mut reader = state.view();
    let mut records = Records::default();
    while done < stream {
        let time = |event: u64| {
            let past = event - preload;
            let step = match rate {
                0 => u128::from(past) * SPAN as u128 / u128::from(preload),
                _ => u128::from(past * 1_000 / rate),
            };
            START + SPAN + step as i64
        };
        let rows = events(preload + done, batch, profiles, time, &mut dice);
        let now = Instant(time(preload + done + batch - 1));
        let whole = Clock::now();
        let (record, _) = state.check(Command::Track(rows.into()), now).unwrap();
        let checked = whole.nanos();
        state.apply(&record).unwrap();
        let applied = whole.nanos();
        reader = state.view();
        let all = whole.nanos();
        records.0.push(all / 1e3);
        stages.push([checked, applied - checked, all - applied]);
        done += batch;
    }
    if stream > 0 {
        let after = *state.live_counters();
        let sum = |a: [f64; 3], b: &[f64; 3]| [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
        tell(
            stages.iter().fold([0.0; 3], sum),
            done as f64,
            (&before, &after),
        );
        records.tell("stream");
        records.slowest(&stages);
    }
    println!("view {}", reader.version());
    if storming > 0 {
        storm(&mut state, (profiles, storming, alarms), &mut dice);
    }
}

fn tell([check, apply, publish]: [f64; 3], done: f64, (before, after): (&Counters, &Counters)) {
    println!(
        "an event: check {:.0} ns, apply {:.0} ns, publish {:.0} ns: {:.0} thousand events/s",
        check / done,
        apply / done,
        publish / done,
        done / (check + apply + publish) * 1e6,
    );
    let per = |after: u64, before: u64| (after - before) as f64 / done;
    println!(
        "an event: judged {:.2}, alarms {:.2}, flips {:.2}, expiries {:.2}",
        per(after.judged, before.judged),
        per(after.alarms, before.alarms),
        per(after.flips, before.flips),
        per(after.expiries, before.expiries),
    );
}
