//! Times reservations: calls of 16 rows for people of whom little is known, each call one record.
//!
//! Arguments: people, calls. Prints microseconds a row.

use std::time::Instant as Clock;

use treffer_core::auction::Entry;
use treffer_core::auction::advertiser::AdvertiserDefinition;
use treffer_core::auction::campaign::CampaignDefinition;
use treffer_core::auction::cap::{CapDefinition, CapUnit};
use treffer_core::auction::key::Key;
use treffer_core::auction::line_item::LineItemDefinition;
use treffer_core::auction::request::Money;
use treffer_core::auction::reserve::{Asked, ONE};
use treffer_core::catalog::{Catalog, preset};
use treffer_core::record::Command;
use treffer_core::rows::{Cells, Column, Rows, Texts};
use treffer_core::state::{Settings, State};
use treffer_core::time::{Duration, Instant};

const NOW: Instant = Instant(1_700_000_000_000);
const ITEMS: usize = 8;
const CALL: usize = 16;

fn engine(people: usize) -> Result<State, treffer_core::error::Error> {
    let mut state = State::new(Settings::default(), Catalog::default());
    state.run(Command::Declare(preset::commerce()), NOW)?;
    let names: Vec<String> = (0..people).map(|number| format!("c{number}")).collect();
    let texts: Texts = names.iter().map(String::as_str).collect();
    let column = Column {
        name: "crm".to_owned(),
        cells: Cells::Text(texts),
        present: None,
    };
    let rows = Rows {
        len: people,
        columns: vec![column],
    };
    state.run(Command::LoadProfiles(rows.into()), NOW)?;
    let item = |number: usize| {
        Entry::LineItem(Box::new(LineItemDefinition {
            name: format!("item {number}"),
            campaign: "spring".to_owned(),
            caps: vec![CapDefinition {
                count: 2,
                window: Duration::DAY,
                unit: CapUnit::Profile,
                types: Vec::new(),
            }],
            ..LineItemDefinition::default()
        }))
    };
    let owners = [
        Entry::Advertiser(AdvertiserDefinition {
            name: "shop".to_owned(),
            ..AdvertiserDefinition::default()
        }),
        Entry::Campaign(CampaignDefinition {
            name: "spring".to_owned(),
            advertiser: "shop".to_owned(),
            ..CampaignDefinition::default()
        }),
    ];
    let entries = owners.into_iter().chain((0..ITEMS).map(item)).collect();
    state.run(Command::DefineEntries(entries), NOW)?;
    Ok(state)
}

fn asked(people: usize, row: usize) -> Asked {
    // A multiplier of PCG scatters the rows.
    let drawn = row.wrapping_mul(6_364_136_223_846_793_005) >> 20;
    Asked {
        key: Key {
            request: format!("r{row}"),
            impression: "1".to_owned(),
            line_item: format!("item {}", drawn % ITEMS),
        },
        ids: vec![format!("crm:c{}", (drawn >> 8) % (people / 20).max(1))],
        price: Money {
            micros: 1_000_000,
            currency: None,
        },
        quantity: ONE,
        lapse: None,
        exposure: String::new(),
    }
}

fn main() -> Result<(), treffer_core::error::Error> {
    let arguments: Vec<usize> = std::env::args()
        .skip(1)
        .filter_map(|own| own.parse().ok())
        .collect();
    let people = arguments.first().copied().unwrap_or(200_000);
    let calls = arguments.get(1).copied().unwrap_or(6_000);
    let mut state = engine(people)?;
    let commands: Vec<Vec<Asked>> = (0..calls)
        .map(|call| {
            (0..CALL)
                .map(|row| asked(people, call * CALL + row))
                .collect()
        })
        .collect();
    let (start, mut granted) = (Clock::now(), 0);
    for rows in commands {
        let (_, report) = state.run(Command::Reserve(rows), NOW)?;
        // A reader holds the view.
        std::hint::black_box(state.view());
        granted += report.accepted;
    }
    let micros = start.elapsed().as_secs_f64() * 1e6 / (calls * CALL) as f64;
    println!(
        "{micros:.2} us a row, {granted} of {} granted",
        calls * CALL
    );
    Ok(())
}
