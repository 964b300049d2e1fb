//! Bad input never panics, and nothing of it is half-applied.

use proptest::prelude::*;
use treffer_core::record::{Batch, Command};
use treffer_core::rows::{Cells, Column, Rows, Texts};
use treffer_core::state::Clock;

use crate::world::{NOW, state};

fn texts() -> impl Strategy<Value = Texts> {
    let keys = prop::option::of(prop::collection::vec(
        prop_oneof![5 => 0u32..5, 1 => any::<u32>()],
        0..5,
    ));
    let well = prop::collection::vec(prop_oneof![3 => "[a-zé:]{0,3}", 1 => Just("purchase".to_owned()), 1 => Just("x".repeat(1_030)), 1 => Just("2017-03-01".to_owned())], 0..5)
        .prop_map(|words| words.iter().map(String::as_str).collect::<Texts>());
    let damaged = (
        prop::collection::vec(prop_oneof![5 => 0u32..9, 1 => any::<u32>()], 0..6),
        "[aé]{0,4}",
    )
        .prop_map(|(offsets, bytes)| Texts {
            offsets,
            bytes,
            keys: None,
        });
    (prop_oneof![6 => well, 1 => damaged], keys).prop_map(|(texts, keys)| Texts { keys, ..texts })
}

fn cells() -> impl Strategy<Value = Cells> {
    let integers = || prop::collection::vec(prop_oneof![any::<i64>(), -3i64..3, Just(NOW.0)], 0..5);
    prop_oneof![
        6 => texts().prop_map(Cells::Text),
        2 => (prop::collection::vec(prop_oneof![5 => 0u32..4, 1 => any::<u32>()], 0..6), texts())
            .prop_map(|(mut offsets, texts)| { offsets.sort_unstable(); Cells::TextList { offsets, texts } }),
        1 => integers().prop_map(Cells::Integer),
        1 => integers().prop_map(Cells::Micros),
        1 => prop::collection::vec(any::<f64>(), 0..5).prop_map(Cells::Float),
        1 => prop::collection::vec(any::<bool>(), 0..5).prop_map(Cells::Bool),
        3 => integers().prop_map(Cells::Instant),
    ]
}

fn column() -> impl Strategy<Value = Column> {
    const NAMES: [&str; 21] = [
        "event_id",
        "type",
        "time",
        "crm",
        "email",
        "item",
        "value",
        "quantity",
        "channel",
        "order",
        "gift",
        "country",
        "interests",
        "age",
        "income",
        "vip",
        "joined",
        "category",
        "price",
        "other",
        "",
    ];
    let present = prop::option::weighted(0.3, prop::collection::vec(any::<bool>(), 0..5));
    (
        prop::sample::select(&NAMES[..]).prop_map(str::to_owned),
        cells(),
        present,
    )
        .prop_map(|(name, cells, present)| Column {
            name,
            cells,
            present,
        })
}

/// Cuts or grows a column to `len` rows where that is easy, so that not every batch falls at its lengths.
fn fitted(mut column: Column, len: usize) -> Column {
    if let Some(present) = &mut column.present {
        present.resize(len, true);
    }
    match &mut column.cells {
        Cells::Text(texts) => match &mut texts.keys {
            Some(keys) => keys.resize(len, 0),
            None => {
                texts.offsets.truncate(len + 1);
                (texts.offsets.len()..=len).for_each(|_| {
                    texts
                        .offsets
                        .push(texts.offsets.last().copied().unwrap_or(0))
                });
            }
        },
        Cells::TextList { offsets, .. } => {
            offsets.truncate(len + 1);
            (offsets.len()..=len).for_each(|_| offsets.push(offsets.last().copied().unwrap_or(0)));
        }
        Cells::Integer(cells) | Cells::Micros(cells) | Cells::Instant(cells) => {
            cells.resize(len, 1)
        }
        Cells::Float(cells) => cells.resize(len, 0.5),
        Cells::Bool(cells) => cells.resize(len, true),
    }
    column
}

fn odd_batch() -> impl Strategy<Value = Batch> {
    let names = prop::collection::vec(
        prop::sample::select(&["other", "country", "", "category", "age"][..])
            .prop_map(str::to_owned),
        0..3,
    );
    (
        0usize..5,
        prop::collection::vec((column(), prop::bool::weighted(0.95)), 0..8),
        names.clone(),
        names,
        any::<bool>(),
    )
        .prop_map(|(len, columns, ignore, unset, distinct)| {
            let mut columns: Vec<_> = columns
                .into_iter()
                .map(|(column, fit)| if fit { fitted(column, len) } else { column })
                .collect();
            if distinct {
                columns.sort_by(|a, b| a.name.cmp(&b.name));
                columns.dedup_by(|a, b| a.name == b.name);
            }
            Batch {
                rows: Rows { len, columns },
                ignore,
                unset,
            }
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn odd_batches_are_refused_or_taken_in_good_order(batch in odd_batch(), which in 0usize..3, required: bool) {
        let mut state = state(Clock::Manual);
        let mut batch = batch;
        let len = batch.rows.len;
        if required {
            for name in ["event_id", "type", "time", "item"].into_iter().filter(|name| which == 0 && *name != "item" || which == 1 && *name == "item") {
                if batch.rows.column(name).is_none() {
                    let texts: Vec<String> = (0..len).map(|row| match name { "type" => "purchase".into(), "time" => "2017-03-01 10:00".into(), _ => format!("e{row}") }).collect();
                    batch.rows.columns.push(Column { name: name.into(), cells: Cells::Text(texts.iter().map(String::as_str).collect()), present: None });
                }
            }
        }
        let command = [Command::Track, Command::LoadItems, Command::LoadProfiles][which](batch);
        let before = state.state_hash();

        let checked = state.check(command, NOW);

        prop_assert_eq!(before, state.state_hash());
        if let Ok((record, report)) = checked {
            prop_assert_eq!(len as u64, report.accepted + report.duplicates + report.refused.len() as u64);
            state.apply(&record).unwrap();
            prop_assert_eq!(Ok(()), state.dedupe().validate());
            prop_assert_eq!(Ok(()), state.current().ids().validate());
        }
    }
}
