//! Auctions in Arrow batches: rows to requests, decisions to rows.

use std::sync::Arc;

use arrow_array::RecordBatch;
use bytes::Bytes;
use treffer_core::auction::request::{Impression, Request};
use treffer_core::auction::{Book, Context, Outcome};
use treffer_core::catalog::Catalog;
use treffer_core::error::{Error, Result};
use treffer_core::rows::{Reason, Refusal};
use treffer_core::view::View;

use super::matching::settle;
use super::reserve::{Bidding, reserve_bids};
use crate::arrow::auction::{Sheet, difference};
use crate::arrow::{Batches, Decisions};
use crate::engine::Engine;
use crate::ingest::parts;
use crate::market::{Known, Market};
use crate::settings::Settings;

type Read<T> = std::result::Result<T, Refusal>;

/// One row of a sheet.
type Row<'a> = (&'a Sheet, usize);

/// What came of a request whose bids may be reserved.
struct Made {
    profile: Option<u32>,
    outcomes: Vec<Outcome>,
}

/// Decides the auctions of record batches; the answer has one row for each row. With `reserve` what is bid is reserved, and what is
/// refused is left out.
pub(super) fn decided(
    engine: &Engine,
    (now, market): (&View, &Arc<Market>),
    (batches, ignore): (impl Iterator<Item = Result<RecordBatch>>, &[String]),
    reserve: bool,
) -> Result<RecordBatch> {
    let settings = engine.settings();
    let sheets = sheets(settings, now.catalog(), batches, ignore)?;
    let book = now.catalog().book();
    let mut decisions = Decisions::of(book, reserve);
    let most = settings.reading.most_impressions;
    let decide = |request: &mut Request, read: Read<()>| {
        read.and_then(|()| decide(engine, (now, market), request))
    };
    if reserve {
        let mut all = Vec::new();
        each(&sheets, most, |request, rows, read| {
            let made = decide(request, read);
            all.push((request.clone(), rows.to_vec(), made));
        });
        let bids = reserve_all(engine, book, &mut all)?;
        for ((request, rows, made), bids) in all.iter().zip(bids) {
            tell(&mut decisions, (request, rows), made, &bids);
        }
    } else {
        each(&sheets, most, |request, rows, read| {
            let made = decide(request, read);
            tell(&mut decisions, (request, rows), &made, &[]);
        });
    }
    decisions.batch()
}

/// Reserves what was bid, and gives how many bids each impression had before any was left out.
fn reserve_all<R>(
    engine: &Engine,
    book: &Book,
    all: &mut [(Request, R, Read<Made>)],
) -> Result<Vec<Vec<usize>>> {
    let count = |own: &(Request, R, Read<Made>)| {
        let outcomes = own.2.iter().flat_map(|made| &made.outcomes);
        outcomes.map(|outcome| outcome.bids.len()).collect()
    };
    let bids = all.iter().map(count).collect();
    let biddings = all.iter_mut().filter_map(|(request, _, made)| {
        let outcomes = &mut made.as_mut().ok()?.outcomes;
        Some(Bidding { request, outcomes })
    });
    reserve_bids(engine, book, &mut biddings.collect::<Vec<_>>())?;
    Ok(bids)
}

/// Adds the rows of a request; `bids` says how many bids each impression had where some may have been left out.
fn tell(
    decisions: &mut Decisions<'_>,
    (request, rows): (&Request, &[Row<'_>]),
    made: &Read<Made>,
    bids: &[usize],
) {
    match made {
        Ok(Made { profile, outcomes }) => {
            let both = request.impressions.iter().zip(outcomes);
            for (place, (impression, outcome)) in both.enumerate() {
                let left = outcome.bids.len();
                let unreserved = bids.get(place).map_or(0, |all| all.saturating_sub(left));
                decisions.decided((request, impression), *profile, outcome, unreserved);
            }
        }
        Err(fault) => {
            for (sheet, row) in rows {
                decisions.faulty(sheet.request(*row), sheet.impression(*row), fault);
            }
        }
    }
}

fn decide(
    engine: &Engine,
    (now, market): (&View, &Arc<Market>),
    request: &mut Request,
) -> Read<Made> {
    let policy = settle(engine.settings(), request);
    let policy = policy.map_err(|error| {
        let message = match error {
            Error::State { message, .. } => message,
            other => other.to_string(),
        };
        Refusal::new(0, "gdpr", Reason::Missing, message)
    })?;
    let mut known = Known::of(now, &policy, request);
    let hindsight = engine.hindsight();
    let outcomes = hindsight.decide((now, market), &policy, request, &mut known);
    Ok(Made {
        profile: known.profile().map(|own| own.0),
        outcomes,
    })
}

/// Reads all batches, within the bytes that a stream may take.
fn sheets(
    settings: &Settings,
    catalog: &Catalog,
    batches: impl Iterator<Item = Result<RecordBatch>>,
    ignore: &[String],
) -> Result<Vec<Sheet>> {
    let (mut sheets, mut bytes) = (Vec::new(), 0);
    for batch in batches {
        for part in parts(&batch?, settings.rows) {
            let sheet = Sheet::read(&part, ignore, catalog)?;
            bytes += sheet.heap_bytes();
            if bytes > settings.expanded {
                return Err(Error::Limit {
                    field: "arrow_stream".to_owned(),
                    limit: settings.expanded as u64,
                    actual: bytes as u64,
                });
            }
            sheets.push(sheet);
        }
    }
    Ok(sheets)
}

/// Calls `visit` with one request after the other, its rows, and what is wrong with the first faulty one.
fn each<'a>(
    sheets: &'a [Sheet],
    most: usize,
    mut visit: impl FnMut(&mut Request, &[Row<'a>], Read<()>),
) {
    let rows = sheets
        .iter()
        .flat_map(|sheet| (0..sheet.len()).map(move |row| (sheet, row)));
    let mut rows = rows.peekable();
    let mut slate = Slate::of(sheets, most);
    let mut own = Vec::new();
    while let Some(first) = rows.next() {
        own.clear();
        own.push(first);
        let id = first.0.request(first.1);
        let mut read = slate.begin(first);
        let goes_on = |(sheet, row): &Row<'_>| id.is_some() && sheet.request(*row) == id;
        while let Some(next) = rows.next_if(goes_on) {
            own.push(next);
            read = read.and_then(|()| slate.go_on(next));
        }
        visit(&mut slate.request, &own, read);
    }
}

/// A request that is written over the one before it.
struct Slate {
    request: Request,
    /// Impressions that were used before.
    spare: Vec<Impression>,
    /// What a later row says of the request.
    other: Request,
    context: Context,
    most: usize,
}

impl Slate {
    fn of(sheets: &[Sheet], most: usize) -> Self {
        Self {
            request: Request::default(),
            spare: Vec::new(),
            other: Request::default(),
            context: sheets.first().map(Sheet::context).unwrap_or_default(),
            most,
        }
    }

    fn begin(&mut self, (sheet, row): Row<'_>) -> Read<()> {
        self.spare.append(&mut self.request.impressions);
        sheet.fill_request(row, &mut self.request)?;
        self.add((sheet, row))
    }

    fn go_on(&mut self, (sheet, row): Row<'_>) -> Read<()> {
        sheet.fill_request(row, &mut self.other)?;
        if let Some(field) = difference(&self.request, &self.other) {
            let message = "differs from what another row of the request says";
            return Err(Refusal::new(
                row,
                field,
                Reason::Conflict,
                message.to_owned(),
            ));
        }
        self.add((sheet, row))
    }

    fn add(&mut self, (sheet, row): Row<'_>) -> Read<()> {
        let count = self.request.impressions.len();
        if count >= self.most {
            let message = format!("a request has at most {} impressions", self.most);
            return Err(Refusal::new(row, "impression", Reason::OutOfRange, message));
        }
        let fresh = || Impression {
            context: self.context.clone(),
            ..Impression::default()
        };
        let mut own = self.spare.pop().unwrap_or_else(fresh);
        sheet.fill_impression(row, count + 1, &mut own)?;
        let mut others = self.request.impressions.iter();
        if others.any(|other| other.id == own.id) {
            let message = format!("{:.40?} comes twice in the request", own.id);
            return Err(Refusal::new(row, "impression", Reason::Conflict, message));
        }
        self.request.impressions.push(own);
        Ok(())
    }
}

impl Engine {
    /// Nanoseconds that deciding the auctions of an Arrow stream takes, people looked up, nothing read and nothing answered: what
    /// reading and answering are compared with. A faulty auction is left out.
    pub fn time_auctions(&self, stream: Bytes) -> Result<u64> {
        let now = self.view();
        let (settings, market) = (self.settings(), self.stall().market(&now));
        let sheets = sheets(settings, now.catalog(), Batches::new(stream), &[])?;
        let mut requests = Vec::new();
        each(
            &sheets,
            settings.reading.most_impressions,
            |own, _, read| {
                requests.extend(read.is_ok().then(|| own.clone()));
            },
        );
        let start = std::time::Instant::now();
        for request in &mut requests {
            std::hint::black_box(decide(self, (&now, &market), request).is_ok());
        }
        Ok(u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }
}
