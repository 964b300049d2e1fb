//! Judging a batch of events, row by row.

use hashbrown::HashTable;

use crate::auction::key::event_id_of;
use crate::batch::{Columns, report, require_present};
use crate::catalog::Catalog;
use crate::error::Result;
use crate::event::content::{EventKey, hash_fields, hash_id, hash_ids};
use crate::fit::{fit, fit_names};
use crate::id::EventTypeId;
use crate::profile::owner::Owners;
use crate::record::Batch;
use crate::refusals::Refusals;
use crate::rows::{Column, Reason, Report, Texts};
use crate::rule::plan::Field;
use crate::state::State;
use crate::time::Instant;
use crate::typed::{TypedCells, TypedColumn, pick, select_texts};
use crate::value::Kind;

/// Longest event id in bytes.
pub const LONGEST_EVENT_ID: usize = 128;

/// Accepted events, row by row in columns.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventBatch {
    /// Their ids.
    pub event_ids: Texts,
    /// Hashes that follow from the rest: a cache.
    pub keys: Vec<EventKey>,
    /// Their types.
    pub types: Vec<EventTypeId>,
    /// When they happened.
    pub times: Vec<Instant>,
    /// Who did it.
    pub owners: Owners,
    /// What else is known of them; no field twice, and none that the row's type lacks.
    pub fields: Vec<(Field, TypedColumn)>,
}

/// The built-in fields by column name.
const FIELDS: [(&str, Field, Kind); 4] = [
    ("item", Field::Item, Kind::String),
    ("value", Field::Value, Kind::Decimal),
    ("quantity", Field::Quantity, Kind::Integer),
    ("channel", Field::Channel, Kind::String),
];

/// Judges every row; nothing is stored yet.
pub(crate) fn judge(state: &State, batch: Batch, now: Instant) -> Result<(EventBatch, Report)> {
    let catalog = state.view.catalog();
    let mut columns = Columns::new(batch, "events", state.settings.rows_per_batch)?;
    let len = columns.len;
    let mut refusals = Refusals::default();
    let mut blocked = Vec::new();
    let required = [
        columns.require("event_id")?,
        columns.require("type")?,
        columns.require("time")?,
    ];
    let fields = FIELDS
        .iter()
        .filter_map(|(name, field, kind)| Some(((*field, *kind), columns.take(name)?)));
    let mut fields: Vec<_> = fields.collect();
    let ids = columns.take_all(|name| catalog.namespace_id(name));
    fields.extend(columns.take_all(|name| {
        let id = catalog.property_id(name)?;
        Some((Field::Property(id), catalog.property(id)?.kind))
    }));
    columns.finish()?;
    for column in &required {
        require_present(column, len, &mut refusals);
    }
    let [event_ids, types, times] = required;
    let rows = Judged {
        event_ids: event_ids_of(event_ids, len, &mut refusals),
        types: types_of(catalog, types, len, &mut refusals),
        times: fit(times, Kind::Instant, len, &mut refusals),
        owners: Owners::fit(catalog, ids, len, &mut refusals, &mut blocked),
        fields: fit_fields(fields, len, &mut refusals),
    };
    rows.refuse_undeclared(catalog, &mut refusals);
    rows.refuse_times(state, now, &mut refusals);
    let keys = rows.keys(catalog);
    let (accepted, duplicates) = rows.sift(state, now, &keys, &mut refusals);
    let batch = rows.into_batch(&keys, &accepted, len);
    Ok((batch, report(&accepted, duplicates, &blocked, refusals)))
}

/// The columns of a batch as they fit, before rows are chosen.
struct Judged {
    event_ids: TypedColumn,
    /// `None`: of no known type.
    types: Vec<Option<EventTypeId>>,
    times: TypedColumn,
    owners: Owners,
    fields: Vec<(Field, String, TypedColumn)>,
}

fn event_ids_of(column: Column, len: usize, refusals: &mut Refusals) -> TypedColumn {
    let name = column.name.clone();
    let mut column = fit_names(column, len, refusals);
    let is_long = |row| {
        column
            .text(row)
            .is_some_and(|own| own.len() > LONGEST_EVENT_ID)
    };
    if (0..len).any(is_long) {
        let ids = (0..len).map(|row| event_id_of(column.text(row).unwrap_or_default()));
        let mut texts = Texts::default();
        ids.for_each(|own| texts.push(&own));
        column.cells = TypedCells::Text(texts);
    }
    for row in 0..len {
        match column.text(row) {
            Some(text) if !(1..=LONGEST_EVENT_ID).contains(&text.len()) => {
                let message = format!(
                    "{} bytes: event ids have 1 to {LONGEST_EVENT_ID}",
                    text.len()
                );
                refusals.add(row, &name, Reason::OutOfRange, message);
            }
            Some(_) | None => {}
        }
    }
    column
}

fn types_of(
    catalog: &Catalog,
    column: Column,
    len: usize,
    refusals: &mut Refusals,
) -> Vec<Option<EventTypeId>> {
    let name = column.name.clone();
    let column = fit(column, Kind::String, len, refusals);
    let mut types = Vec::with_capacity(len);
    let mut known: Vec<(&str, EventTypeId)> = Vec::new();
    for row in 0..len {
        let Some(text) = column.text(row) else {
            types.push(None);
            continue;
        };
        let found = known.iter().find(|(name, _)| *name == text);
        let found = found.map(|(_, id)| *id).or_else(|| {
            let id = catalog.event_type_id(text)?;
            // A batch has few types, which come again and again.
            if known.len() < 8 {
                known.push((text, id));
            }
            Some(id)
        });
        if found.is_none() {
            refusals.add(
                row,
                &name,
                Reason::Undeclared,
                format!("event type {text:.80?} is not declared"),
            );
        }
        types.push(found);
    }
    types
}

fn fit_fields(
    columns: Vec<((Field, Kind), Column)>,
    len: usize,
    refusals: &mut Refusals,
) -> Vec<(Field, String, TypedColumn)> {
    let fitted = columns.into_iter().map(|((field, kind), column)| {
        let name = column.name.clone();
        let column = if field == Field::Item {
            fit_names(column, len, refusals)
        } else {
            fit(column, kind, len, refusals)
        };
        (field, name, column)
    });
    fitted.collect()
}

impl Judged {
    /// The cell of a field that a type does not have cannot be kept: the row is refused rather than cut.
    fn refuse_undeclared(&self, catalog: &Catalog, refusals: &mut Refusals) {
        for (field, name, column) in &self.fields {
            let has: Vec<bool> = catalog
                .event_types()
                .map(|(id, _)| catalog.slot(id, *field).is_some())
                .collect();
            if has.iter().all(|has| *has) {
                continue;
            }
            for (row, event_type) in self.types.iter().enumerate() {
                let Some(id) = event_type.filter(|id| has.get(id.index()) == Some(&false)) else {
                    continue;
                };
                if column.is_present(row) {
                    let of = catalog
                        .event_type(id)
                        .map_or("", |event_type| &event_type.definition.name);
                    refusals.add(
                        row,
                        name,
                        Reason::Undeclared,
                        format!("event type {of:?} has no property {name:?}"),
                    );
                }
            }
        }
    }

    fn refuse_times(&self, state: &State, now: Instant, refusals: &mut Refusals) {
        let latest = state.latest_accepted(now);
        let engine_time = state.engine_time(now);
        let catalog = state.view.catalog();
        let retentions: Vec<_> = catalog
            .event_types()
            .map(|(_, event_type)| event_type.definition.retention)
            .collect();
        for (row, event_type) in self.types.iter().enumerate() {
            let Some(time) = self.times.number(row).map(Instant) else {
                continue;
            };
            if time > latest {
                let ahead = time.since(engine_time);
                refusals.add(
                    row,
                    "time",
                    Reason::Future,
                    format!("{time} is {ahead} ahead of engine time"),
                );
            }
            let retention = event_type.and_then(|id| *retentions.get(id.index())?);
            if let Some(retention) =
                retention.filter(|retention| time.plus(*retention) <= engine_time)
            {
                refusals.add(
                    row,
                    "time",
                    Reason::TooOld,
                    format!("{time} lies outside the retention of {retention}"),
                );
            }
        }
    }

    /// The key of every row whose id, type and time are known.
    fn keys(&self, catalog: &Catalog) -> Vec<Option<EventKey>> {
        // By type the columns of the fields that it has, in order of their slots.
        let columns = |id| {
            let own = self.fields.iter();
            let own =
                own.filter_map(|(field, _, column)| Some((catalog.slot(id, *field)?, column)));
            let mut own: Vec<(usize, &TypedColumn)> = own.collect();
            own.sort_unstable_by_key(|(slot, _)| *slot);
            own
        };
        let columns: Vec<_> = catalog.event_types().map(|(id, _)| columns(id)).collect();
        let mut scratch = Vec::new();
        let mut key = |row: usize, event_type: Option<EventTypeId>| {
            let columns = columns.get(event_type?.index())?.iter();
            self.times.number(row)?;
            let cells = columns.filter_map(|(slot, column)| Some((*slot, column.cell(row)?)));
            Some(EventKey {
                id: hash_id(self.event_ids.text(row)?),
                fields: hash_fields(cells, &mut scratch),
                ids: hash_ids(self.owners.ids(row), &mut scratch),
            })
        };
        self.types
            .iter()
            .enumerate()
            .map(|(row, event_type)| key(row, *event_type))
            .collect()
    }

    /// The rows to accept and the number of duplicates, among those without a fault; conflicts become faults.
    fn sift(
        &self,
        state: &State,
        now: Instant,
        keys: &[Option<EventKey>],
        refusals: &mut Refusals,
    ) -> (Vec<u32>, u64) {
        let moment = |row: usize| {
            (
                self.types.get(row).copied().flatten(),
                self.times.number(row).map(Instant),
            )
        };
        let (mut accepted, mut duplicates) = (Vec::with_capacity(keys.len()), 0);
        let ids: Vec<u128> = keys.iter().map(|key| key.map_or(0, |key| key.id)).collect();
        let remembered = state.remembered_each(&ids, now);
        let mut remembered = remembered.into_iter().peekable();
        // Rows that are accepted, by id: the place in the table is the hash.
        let mut fresh: HashTable<u32> = HashTable::with_capacity(keys.len());
        let id_of = |row: u32| ids.get(row as usize).copied();
        for (row, key) in keys.iter().enumerate() {
            let seen = remembered.next_if(|(at, _)| *at == row);
            let Some(key) = key.filter(|_| !refusals.contains(row)) else {
                continue;
            };
            let place = key.id as u64;
            let is_it = |first: &u32| id_of(*first) == Some(key.id);
            let repeats = match fresh.find(place, is_it) {
                Some(&first) => {
                    let first = first as usize;
                    Some(keys.get(first) == Some(&Some(key)) && moment(first) == moment(row))
                }
                None => seen.map(|(_, seen)| {
                    seen.key == key && moment(row) == (Some(seen.event_type), Some(seen.time))
                }),
            };
            match repeats {
                None => {
                    let hash = |row: &u32| id_of(*row).unwrap_or_default() as u64;
                    fresh.insert_unique(place, row as u32, hash);
                    accepted.push(row as u32);
                }
                Some(true) => duplicates += 1,
                Some(false) => {
                    let event_id = self.event_ids.text(row).unwrap_or_default();
                    let message =
                        format!("event {event_id:?} was accepted before with other content");
                    refusals.add(row, "event_id", Reason::Conflict, message);
                }
            }
        }
        (accepted, duplicates)
    }

    fn into_batch(self, keys: &[Option<EventKey>], accepted: &[u32], len: usize) -> EventBatch {
        let is_used = |(_, column): &(Field, TypedColumn)| {
            (0..accepted.len()).any(|row| column.is_present(row))
        };
        let fields = self
            .fields
            .into_iter()
            .map(|(field, _, column)| (field, column.select(accepted, len)));
        EventBatch {
            event_ids: match self.event_ids.cells {
                TypedCells::Text(texts) if accepted.len() == len && texts.keys.is_none() => texts,
                TypedCells::Text(texts) => select_texts(&texts, accepted, |_| true),
                TypedCells::TextSet { .. } | TypedCells::Number(_) => Texts::default(),
            },
            keys: pick(keys, accepted).into_iter().flatten().collect(),
            types: accepted
                .iter()
                .filter_map(|row| self.types.get(*row as usize).copied().flatten())
                .collect(),
            times: accepted
                .iter()
                .filter_map(|row| self.times.number(*row as usize).map(Instant))
                .collect(),
            owners: self.owners.select(accepted, len),
            fields: fields.filter(is_used).collect(),
        }
    }
}
