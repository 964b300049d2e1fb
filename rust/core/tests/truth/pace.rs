//! Measurements, run by hand: `cargo test --release --test truth pace -- --ignored --nocapture`.

use treffer_core::record::Command;
use treffer_core::rows::{Cells, Column, Rows, Texts};
use treffer_core::state::Clock;

use crate::world::{NOW, state};

const BATCH: usize = 100_000;
const PROFILES: u64 = 100_000;

fn texts(
    len: usize,
    distinct: u64,
    dictionary: bool,
    start: u64,
    text: impl Fn(u64) -> String,
) -> Cells {
    let word = |row: usize| (start + row as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
    if dictionary {
        let words: Vec<String> = (0..distinct).map(text).collect();
        let keys = Some((0..len).map(|row| (word(row) % distinct) as u32).collect());
        let texts: Texts = words.iter().map(String::as_str).collect();
        return Cells::Text(Texts { keys, ..texts });
    }
    let words: Vec<String> = (0..len).map(|row| text(word(row) % distinct)).collect();
    Cells::Text(words.iter().map(String::as_str).collect())
}

fn purchases(start: u64) -> Rows {
    let column = |name: &str, cells| Column {
        name: name.into(),
        cells,
        present: None,
    };
    let event_ids: Vec<String> = (0..BATCH as u64)
        .map(|row| format!("sales:{}", start + row))
        .collect();
    let numbers = |most: u64| {
        (0..BATCH as u64)
            .map(|row| ((start + row) * 7_919 % most) as i64)
            .collect::<Vec<_>>()
    };
    let columns = vec![
        column(
            "event_id",
            Cells::Text(event_ids.iter().map(String::as_str).collect()),
        ),
        column(
            "type",
            texts(BATCH, 1, true, start, |_| "purchase".to_owned()),
        ),
        column(
            "time",
            Cells::Instant(
                (0..BATCH as i64)
                    .map(|row| NOW.0 - 3_000_000_000 + (start as i64 + row) * 1_000)
                    .collect(),
            ),
        ),
        column(
            "crm",
            texts(BATCH, PROFILES, false, start, |number| format!("{number}")),
        ),
        column(
            "item",
            texts(BATCH, 20_000, true, start, |number| format!("i{number}")),
        ),
        column(
            "value",
            Cells::Float(
                numbers(10_000)
                    .iter()
                    .map(|cents| *cents as f64 / 100.0)
                    .collect(),
            ),
        ),
        column("quantity", Cells::Integer(numbers(5))),
        column(
            "order",
            texts(BATCH, 1_000_000, false, start, |number| {
                format!("o{number}")
            }),
        ),
    ];
    Rows {
        len: BATCH,
        columns,
    }
}

#[test]
#[ignore = "a measurement"]
fn two_million_purchases() {
    let mut state = state(Clock::Manual);
    let (mut check, mut apply, mut views) = (0.0, 0.0, Vec::new());
    for batch in 0..20 {
        let rows = purchases(batch * BATCH as u64);
        let start = std::time::Instant::now();
        let (record, report) = state.check(Command::Track(rows.into()), NOW).unwrap();
        check += start.elapsed().as_secs_f64();
        assert_eq!(
            BATCH as u64,
            report.accepted,
            "{:?}",
            report.refused.first()
        );
        let start = std::time::Instant::now();
        state.apply(&record).unwrap();
        views.push(state.view());
        apply += start.elapsed().as_secs_f64();
    }
    let rows = 20.0 * BATCH as f64;
    println!(
        "check {:.0} ns, apply {:.0} ns per event; history {:.1}, event ids {:.1} bytes per event; ids {:.1} bytes each",
        check * 1e9 / rows,
        apply * 1e9 / rows,
        state.current().history().heap_bytes() as f64 / rows,
        state.dedupe().heap_bytes() as f64 / rows,
        state.current().ids().heap_bytes() as f64 / state.current().population() as f64,
    );
}
