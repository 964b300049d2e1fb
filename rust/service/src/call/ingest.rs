//! `IngestService`.

use std::collections::BTreeMap;

use prost_types::Timestamp;
use treffer_core::catalog::Catalog;
use treffer_core::error::{Error, Result};
use treffer_core::record::Command;
use treffer_core::rows::Reason;

use super::sheet::{Cell, Row, Sheet};
use super::{codec, view};
use crate::arrow::Batches;
use crate::batch::Batch as Rows;
use crate::engine::Engine;
use crate::ingest::{Ingested, Noun, Taking, add, refusal_message};
use crate::proto;
use crate::status::Status;

pub(super) fn track_events(
    engine: &Engine,
    request: proto::TrackEventsRequest,
) -> Result<proto::TrackEventsResponse> {
    use proto::track_events_request::Batch;
    let taking = Taking::of(Noun::Events, &request.ignore);
    let ingested = match request.batch.ok_or_else(no_batch)? {
        Batch::ArrowStream(bytes) => engine.load_all(taking, Batches::new(bytes))?,
        Batch::Events(events) => load_rows(engine, taking, events.rows, event)?,
    };
    Ok(proto::TrackEventsResponse {
        view: view(&ingested.view),
        report: Some(ingested.report),
    })
}

/// One batch of a stream: what is wrong with it is told in its answer, and the stream goes on.
#[expect(clippy::unnecessary_wraps, reason = "handlers give a result")]
pub(super) fn stream_events(
    engine: &Engine,
    request: proto::StreamEventsRequest,
) -> Result<proto::StreamEventsResponse> {
    use proto::stream_events_request::Rows;
    use proto::stream_events_response::Outcome;
    let taking = Taking::of(Noun::Events, &request.ignore);
    let ingested = match request.rows {
        None => Err(Error::invalid(
            "rows",
            "rows or an Arrow stream are required",
        )),
        Some(Rows::ArrowStream(bytes)) => engine.load_all(taking, Batches::new(bytes)),
        Some(Rows::Events(events)) => load_rows(engine, taking, events.rows, event),
    };
    let (after, outcome) = match ingested {
        Ok(ingested) => (ingested.view, Outcome::Report(ingested.report)),
        Err(error) => {
            let status = Status::from(error).into_message();
            (engine.view(), Outcome::Status(status))
        }
    };
    Ok(proto::StreamEventsResponse {
        batch: request.batch,
        view: view(&after),
        outcome: Some(outcome),
    })
}

pub(super) fn load_profiles(
    engine: &Engine,
    request: proto::LoadProfilesRequest,
) -> Result<proto::LoadProfilesResponse> {
    use proto::load_profiles_request::Batch;
    let taking = Taking {
        unset: &request.unset,
        ..Taking::of(Noun::Profiles, &request.ignore)
    };
    let ingested = match request.batch.ok_or_else(no_batch)? {
        Batch::ArrowStream(bytes) => engine.load_all(taking, Batches::new(bytes))?,
        Batch::Profiles(profiles) => load_rows(engine, taking, profiles.rows, profile)?,
    };
    Ok(proto::LoadProfilesResponse {
        view: view(&ingested.view),
        report: Some(ingested.report),
    })
}

pub(super) fn load_items(
    engine: &Engine,
    request: proto::LoadItemsRequest,
) -> Result<proto::LoadItemsResponse> {
    use proto::load_items_request::Batch;
    let taking = Taking {
        unset: &request.unset,
        ..Taking::of(Noun::Items, &request.ignore)
    };
    let ingested = match request.batch.ok_or_else(no_batch)? {
        Batch::ArrowStream(bytes) => engine.load_all(taking, Batches::new(bytes))?,
        Batch::Items(items) => load_rows(engine, taking, items.rows, item)?,
    };
    Ok(proto::LoadItemsResponse {
        view: view(&ingested.view),
        report: Some(ingested.report),
    })
}

pub(super) fn void_events(
    engine: &Engine,
    request: proto::VoidEventsRequest,
) -> Result<proto::VoidEventsResponse> {
    let (voided, after) = engine.change(Command::Void(request.event_ids))?;
    let mut report = proto::Report::default();
    add(&mut report, &voided);
    let refused = voided.refused.into_iter();
    report.refused = refused
        .map(|refusal| {
            let row = u64::from(refusal.row);
            refusal_message(refusal, row)
        })
        .collect();
    Ok(proto::VoidEventsResponse {
        view: view(&after),
        report: Some(report),
    })
}

fn no_batch() -> Error {
    Error::invalid("batch", "rows or an Arrow stream are required")
}

/// Why a row cannot be read: field, kind of fault, message.
type Fault = (String, Reason, String);

fn fault<T>(
    field: &str,
    reason: Reason,
    message: impl Into<String>,
) -> std::result::Result<T, Fault> {
    Err((field.to_owned(), reason, message.into()))
}

/// Reads rows against the catalog of now. A row that cannot be read is refused.
fn load_rows<R>(
    engine: &Engine,
    taking: Taking<'_>,
    rows: Vec<R>,
    read: impl Fn(R, &Names<'_>) -> std::result::Result<Row, Fault>,
) -> Result<Ingested> {
    let mut ingested = engine.nothing_ingested();
    let now = engine.view();
    let names = Names {
        catalog: now.catalog(),
        ignore: taking.ignore,
    };
    let mut sheet = Sheet::default();
    for row in rows {
        match read(row, &names) {
            Ok(row) => sheet.push(row),
            Err((field, reason, message)) => sheet.refuse(&field, reason, message),
        }
    }
    let batches = sheet.into_batches();
    let columns = batches.iter().flat_map(Rows::names);
    taking.check(now.catalog(), &columns.collect::<Vec<_>>())?;
    for batch in batches {
        engine.ingest(taking, batch, 0, &mut ingested)?;
    }
    ingested.report.refused.sort_by_key(|refusal| refusal.row);
    Ok(ingested)
}

/// What rows may name.
struct Names<'a> {
    catalog: &'a Catalog,
    ignore: &'a [String],
}

fn event(event: proto::EventRow, names: &Names<'_>) -> std::result::Result<Row, Fault> {
    let mut row = vec![
        ("event_id".to_owned(), required("event_id", event.event_id)?),
        ("type".to_owned(), required("type", event.r#type)?),
    ];
    let Some(time) = event.time else {
        return fault("time", Reason::Missing, "an event has a time");
    };
    row.push(("time".to_owned(), instant("time", &time)?));
    ids(&event.ids, names, &mut row)?;
    let optional = [
        ("item", event.item.map(Cell::Text)),
        ("value", event.value_micros.map(Cell::Micros)),
        ("quantity", event.quantity.map(Cell::Integer)),
        ("channel", event.channel.map(Cell::Text)),
    ];
    let optional = optional
        .into_iter()
        .filter_map(|(name, cell)| Some((name.to_owned(), cell?)));
    row.extend(optional);
    values(
        event.properties,
        names,
        |name| names.catalog.property_id(name).is_some(),
        &mut row,
    )?;
    Ok(row)
}

fn profile(profile: proto::ProfileRow, names: &Names<'_>) -> std::result::Result<Row, Fault> {
    let mut row = Row::new();
    if let Some(time) = profile.time {
        row.push(("time".to_owned(), instant("time", &time)?));
    }
    ids(&profile.ids, names, &mut row)?;
    values(
        profile.attributes,
        names,
        |name| names.catalog.attribute_id(name).is_some(),
        &mut row,
    )?;
    Ok(row)
}

fn item(item: proto::ItemRow, names: &Names<'_>) -> std::result::Result<Row, Fault> {
    let mut row = vec![("item".to_owned(), required("item", item.item)?)];
    values(
        item.attributes,
        names,
        |name| names.catalog.item_attribute_id(name).is_some(),
        &mut row,
    )?;
    Ok(row)
}

fn required(field: &str, text: String) -> std::result::Result<Cell, Fault> {
    if text.is_empty() {
        return fault(field, Reason::Missing, "empty, where a text is required");
    }
    Ok(Cell::Text(text))
}

fn instant(field: &str, time: &Timestamp) -> std::result::Result<Cell, Fault> {
    match codec::millis(time) {
        Some(millis) => Ok(Cell::Instant(millis)),
        None => fault(field, Reason::OutOfRange, "the instant is out of range"),
    }
}

/// A column of lists for each namespace.
fn ids(ids: &[String], names: &Names<'_>, row: &mut Row) -> std::result::Result<(), Fault> {
    let mut by_namespace: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for id in ids {
        let Some((namespace, value)) = id.split_once(':') else {
            return fault(
                "ids",
                Reason::WrongType,
                format!("{id:.40?} is not an id such as \"crm:4711\""),
            );
        };
        if names.catalog.namespace_id(namespace).is_none() {
            return fault(
                "ids",
                Reason::Undeclared,
                format!("namespace {namespace:.40?} is not declared"),
            );
        }
        by_namespace
            .entry(namespace)
            .or_default()
            .push(value.to_owned());
    }
    if by_namespace.is_empty() {
        return fault("ids", Reason::NoId, "at least one id is required");
    }
    let columns = by_namespace.into_iter();
    row.extend(columns.map(|(namespace, values)| (namespace.to_owned(), Cell::Texts(values))));
    Ok(())
}

fn values(
    values: BTreeMap<String, proto::Value>,
    names: &Names<'_>,
    is_declared: impl Fn(&str) -> bool,
    row: &mut Row,
) -> std::result::Result<(), Fault> {
    for (name, value) in values {
        if names.ignore.contains(&name) {
            continue;
        }
        if !is_declared(&name) {
            return fault(&name, Reason::Undeclared, "not declared");
        }
        match codec::cell(value) {
            Ok(Some(cell)) => row.push((name, cell)),
            Ok(None) => {}
            Err(message) => return fault(&name, Reason::OutOfRange, message),
        }
    }
    Ok(())
}
