//! Judging a batch of profile writes, and keeping what was accepted.

use crate::batch::{Columns, report};
use crate::error::Result;
use crate::fit::fit;
use crate::id::AttributeId;
use crate::profile::fact::Write;
use crate::profile::owner::Owners;
use crate::profile::regrouping::Regrouping;
use crate::profile::relate::RowIds;
use crate::record::Batch;
use crate::refusals::Refusals;
use crate::rows::{Reason, Report};
use crate::state::State;
use crate::time::Instant;
use crate::typed::TypedColumn;
use crate::value::Kind;

/// Accepted writes, row by row in columns.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProfileBatch {
    /// Number of rows.
    pub len: usize,
    /// When each row was written; absent: with the record.
    pub times: Option<TypedColumn>,
    /// Whose attributes are written.
    pub owners: Owners,
    /// The present cells are written.
    pub writes: Vec<(AttributeId, TypedColumn)>,
    /// These are unset in every row.
    pub unset: Vec<AttributeId>,
}

/// Judges every row; nothing is written yet.
pub(crate) fn judge(state: &State, batch: Batch, now: Instant) -> Result<(ProfileBatch, Report)> {
    let catalog = state.view.catalog();
    let unset_names = batch.unset.clone();
    let mut columns = Columns::new(batch, "profiles", state.settings.rows_per_batch)?;
    let len = columns.len;
    let (mut refusals, mut blocked) = (Refusals::default(), Vec::new());
    let times = columns.take("time");
    let ids = columns.take_all(|name| catalog.namespace_id(name));
    let writes = columns.take_all(|name| {
        Some((
            catalog.attribute_id(name)?,
            catalog.attribute(catalog.attribute_id(name)?)?.kind,
        ))
    });
    columns.finish()?;
    let mut unset = Vec::new();
    for name in &unset_names {
        let id = catalog
            .attribute_id(name)
            .ok_or_else(|| columns.error(name, "not declared and cannot be unset"))?;
        if writes.iter().any(|((written, _), _)| *written == id) {
            return Err(columns.error(name, "both a column and to be unset"));
        }
        unset.push(id);
    }
    let times = times.map(|column| fit(column, Kind::Instant, len, &mut refusals));
    let latest = state.latest_accepted(now);
    for row in times.iter().flat_map(|_| 0..len) {
        if let Some(time) = times
            .as_ref()
            .and_then(|times| times.number(row))
            .map(Instant)
            .filter(|time| *time > latest)
        {
            let ahead = time.since(state.engine_time(now));
            refusals.add(
                row,
                "time",
                Reason::Future,
                format!("{time} is {ahead} ahead of engine time"),
            );
        }
    }
    let owners = Owners::fit(catalog, ids, len, &mut refusals, &mut blocked);
    let writes: Vec<_> = writes
        .into_iter()
        .map(|((id, kind), column)| (id, fit(column, kind, len, &mut refusals)))
        .collect();
    let accepted = refusals.spared(len);
    let batch = ProfileBatch {
        len: accepted.len(),
        times: times.map(|times| times.select(&accepted, len)),
        owners: owners.select(&accepted, len),
        writes: writes
            .into_iter()
            .map(|(id, column)| (id, column.select(&accepted, len)))
            .collect(),
        unset,
    };
    Ok((batch, report(&accepted, 0, &blocked, refusals)))
}

/// Keeps accepted writes; those without a time count from `time`.
pub(crate) fn apply(state: &mut State, batch: &ProfileBatch, time: Instant) -> Regrouping {
    let (view, live) = (&mut state.view, &mut state.live);
    let known = view.population();
    let row_time = |row: usize| {
        let times = batch.times.as_ref();
        let own = times.and_then(|times| times.number(row));
        own.map_or(time, Instant)
    };
    let rows = RowIds::intern(view, &batch.owners, batch.len);
    let change = view.relate(&rows, time, &row_time, |_| "");
    let owners = rows.owners;
    let write =
        |row: usize, code| Some((owners.get(row).copied().flatten()?.0, code, row_time(row)));
    let ids = &view.ids;
    for (attribute, column) in &batch.writes {
        let Some(fact) = view.attributes.get_mut(attribute.index()) else {
            continue;
        };
        let codes = fact.encode(column, batch.len);
        let writes = codes
            .into_iter()
            .enumerate()
            .filter(|(_, code)| code.is_some());
        let writes: Vec<Write> = writes.filter_map(|(row, code)| write(row, code)).collect();
        fact.write_latest(writes, |slot| ids.survivor(slot));
    }
    for attribute in &batch.unset {
        if let Some(fact) = view.attributes.get_mut(attribute.index()) {
            let writes = (0..batch.len).filter_map(|row| write(row, None)).collect();
            fact.write_latest(writes, |slot| ids.survivor(slot));
        }
    }
    live.meet(known, view.population());
    let owner = |row: usize| owners.get(row).copied().flatten();
    for (attribute, column) in &batch.writes {
        let rows = (0..batch.len).filter(|row| column.is_present(*row));
        live.write(view, *attribute, rows.filter_map(owner));
    }
    for attribute in &batch.unset {
        live.write(view, *attribute, (0..batch.len).filter_map(owner));
    }
    change
}
