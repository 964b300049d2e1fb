//! How long does a batch of events take from Arrow to the published view, one thread, stage by stage?
//!
//! Measured: nanoseconds of processor time per event (Linux only; other processes count less) of reading Arrow, judging, applying and publishing, as the engine does them. The population:
//! the commerce preset, 1M profiles known by `crm`, 100k items, a history filled with batches of 65,536 rows; then batches of the
//! shape that is named, product views, carts and purchases 7:2:1, event ids of 16 letters, people drawn with a density falling
//! as one over the square root of the rank, times rising. Left out: making the batches, and segments.
//!
//! ```text
//! ingest_timing                      # after 5M events
//! ingest_timing 30                   # after 30M events
//! ```

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::{
    ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMillisecondArray,
};
use treffer_core::catalog::{Catalog, preset};
use treffer_core::record::{Batch, Command};
use treffer_core::rows::{Cells, Column, Rows, Texts};
use treffer_core::state::{Clock as EngineClock, Settings, State};
use treffer_core::time::Instant;
use treffer_core::view::View;
use treffer_service::arrow::batch_of;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const PEOPLE: u64 = 1_000_000;
const ITEMS: u64 = 100_000;
const START: i64 = 1_700_000_000_000;

fn main() -> Result<()> {
    let millions = std::env::args().nth(1).map_or(Ok(5), |text| text.parse())?;
    let mut engine = Engine::new()?;
    let mut source = Source { next: 0, seed: 1 };
    let filled = engine.take(&mut source, 65_536, millions * 1_000_000 / 65_536)?;
    filled.print(&format!("filling up to {millions}M events"));
    for rows in [65_536, 4_096, 65_536, 4_096, 512] {
        let taken = engine.take(&mut source, rows, (2_000_000 / rows).min(1_000))?;
        taken.print(&format!("batches of {rows} rows"));
    }
    engine.print_memory();
    Ok(())
}

/// A state with the view that readers hold, as in the service.
struct Engine {
    state: State,
    published: Arc<View>,
}

impl Engine {
    fn new() -> Result<Self> {
        let settings = Settings {
            clock: EngineClock::Events,
            ..Settings::default()
        };
        let mut state = State::new(settings, Catalog::default());
        let now = Instant(START);
        state.run(Command::Declare(preset::commerce()), now)?;
        let people = names("crm", PEOPLE, |number| format!("c{number:08}"));
        state.run(Command::LoadProfiles(people), now)?;
        let items = names("item", ITEMS, |number| format!("sku-{number}"));
        state.run(Command::LoadItems(items), now)?;
        let published = Arc::new(state.view());
        Ok(Self { state, published })
    }

    fn take(&mut self, source: &mut Source, rows: usize, batches: usize) -> Result<Stages> {
        let mut stages = Stages::default();
        for _ in 0..batches {
            let batch = source.batch(rows)?;
            self.step(&batch, &mut stages)?;
            stages.events += rows;
        }
        Ok(stages)
    }

    /// The whole way of one batch.
    fn step(&mut self, batch: &RecordBatch, stages: &mut Stages) -> Result<()> {
        let start = processor_time()?;
        let rows = batch_of(batch, &[])?.rows;
        let read = processor_time()?;
        let (record, report) = self
            .state
            .check(Command::Track(rows.into()), Instant(START))?;
        let checked = processor_time()?;
        self.state.apply(&record)?;
        drop(record);
        let applied = processor_time()?;
        self.published = Arc::new(self.state.view());
        let published = processor_time()?;
        if report.accepted != batch.num_rows() as u64 {
            return Err(format!("{:?}", report.refused.first()).into());
        }
        stages.read += read.saturating_sub(start);
        stages.check += checked.saturating_sub(read);
        stages.apply += applied.saturating_sub(checked);
        stages.publish += published.saturating_sub(applied);
        stages.longest = stages.longest.max(published.saturating_sub(start));
        Ok(())
    }

    fn print_memory(&self) {
        let events = self.state.dedupe().len() as f64;
        let each = |bytes: usize| bytes as f64 / events;
        println!(
            "bytes per event: history {:.1}, event ids {:.1}",
            each(self.published.history().heap_bytes()),
            each(self.state.dedupe().heap_bytes()),
        );
    }
}

/// What this thread has taken of its core so far.
fn processor_time() -> Result<Duration> {
    // Giving way brings the figure up to date.
    std::thread::yield_now();
    let figures = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let first = figures.split(' ').next().unwrap_or_default();
    Ok(Duration::from_nanos(first.parse()?))
}

/// Time by stage.
#[derive(Default)]
struct Stages {
    events: usize,
    read: Duration,
    check: Duration,
    apply: Duration,
    publish: Duration,
    longest: Duration,
}

impl Stages {
    fn print(&self, label: &str) {
        let each = |time: Duration| time.as_nanos() as f64 / self.events.max(1) as f64;
        println!(
            "{label:<32} ns per event: read {:>5.0}, check {:>5.0}, apply {:>5.0}, publish {:>4.0}, all {:>5.0}; longest batch {:.1} ms",
            each(self.read),
            each(self.check),
            each(self.apply),
            each(self.publish),
            each(self.read + self.check + self.apply + self.publish),
            self.longest.as_secs_f64() * 1e3,
        );
    }
}

/// A batch of one column of names.
fn names(column: &str, count: u64, name: impl Fn(u64) -> String) -> Batch {
    let mut texts = Texts::default();
    (0..count).for_each(|number| texts.push(&name(number)));
    let column = Column {
        name: column.to_owned(),
        cells: Cells::Text(texts),
        present: None,
    };
    Rows {
        len: count as usize,
        columns: vec![column],
    }
    .into()
}

/// Events without end.
struct Source {
    next: u64,
    seed: u64,
}

impl Source {
    fn random(&mut self) -> u64 {
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed(self.seed)
    }

    fn below(&mut self, end: u64) -> u64 {
        ((self.random() >> 32) * end) >> 32
    }

    /// Rank r comes with a density of one over the square root of r; neighbours in rank lie far apart.
    fn person(&mut self) -> u64 {
        let uniform = self.below(1 << 20) as f64 / f64::from(1 << 20);
        let rank = (uniform * uniform * PEOPLE as f64) as u64 + self.below(2);
        rank.min(PEOPLE - 1) * 611_953 % PEOPLE
    }

    fn batch(&mut self, rows: usize) -> Result<RecordBatch> {
        let first = self.next;
        self.next += rows as u64;
        let mut each = |make: &mut dyn FnMut(&mut Self) -> String| -> ArrayRef {
            Arc::new((0..rows).map(|_| Some(make(self))).collect::<StringArray>())
        };
        let mut number = first;
        let event_ids = each(&mut |_| {
            number += 1;
            format!("{:016x}", mixed(number))
        });
        let types = each(&mut |source| match source.below(10) {
            0 => "purchase".to_owned(),
            1 | 2 => "add_to_cart".to_owned(),
            _ => "product_view".to_owned(),
        });
        let people = each(&mut |source| format!("c{:08}", source.person()));
        let items = each(&mut |source| format!("sku-{}", source.below(ITEMS)));
        let channels = each(&mut |source| ["web", "app", "store"][source.below(3) as usize].into());
        let times = (0..rows as i64).map(|row| START + (first as i64 + row) / 50);
        let values: Vec<f64> = (0..rows)
            .map(|_| self.below(20_000) as f64 / 100.0)
            .collect();
        let quantities: Vec<i64> = (0..rows).map(|_| 1 + self.below(4) as i64).collect();
        Ok(RecordBatch::try_from_iter([
            ("event_id", event_ids),
            ("type", types),
            (
                "time",
                Arc::new(TimestampMillisecondArray::from_iter_values(times)) as ArrayRef,
            ),
            ("crm", people),
            ("item", items),
            ("value", Arc::new(Float64Array::from(values))),
            ("quantity", Arc::new(Int64Array::from(quantities))),
            ("channel", channels),
        ])?)
    }
}

const fn mixed(seed: u64) -> u64 {
    let mut z = seed;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
