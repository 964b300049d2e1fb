//! Storing accepted events, and taking them back.

use crate::event::content::{hash_fields, hash_id};
use crate::event::dedupe::Seen;
use crate::event::history::StoredEvent;
use crate::event::ingest::EventBatch;
use crate::event::recent::NewColumns;
use crate::id::{EventTypeId, ProfileId};
use crate::profile::dictionary::IdSlot;
use crate::profile::regrouping::Regrouping;
use crate::profile::relate::RowIds;
use crate::rule::plan::Field;
use crate::segment::Arrived;
use crate::state::State;
use crate::time::Instant;
use crate::view::View;

/// Stores accepted events, each under the slot of its owner.
pub(crate) fn apply(state: &mut State, batch: &EventBatch, now: Instant) -> Regrouping {
    let known = state.view.population();
    let view = &mut state.view;
    let rows = RowIds::intern(view, &batch.owners, batch.times.len());
    let time = |row: usize| batch.times.get(row).copied().unwrap_or(now);
    let event_id = |row: usize| batch.event_ids.get(row).unwrap_or_default();
    let change = view.relate(&rows, now, &time, event_id);
    let owners = rows.owners;
    let number = |owner: &Option<IdSlot>| owner.map(IdSlot::owner);
    let numbers: Vec<Option<ProfileId>> = owners.iter().map(number).collect();
    let fields: Vec<(Field, Vec<Option<i64>>)> = batch
        .fields
        .iter()
        .map(|(field, column)| (*field, view.encode(*field, column, batch.times.len())))
        .collect();
    let mut by_type: Vec<Vec<u32>> = vec![Vec::new(); view.catalog.event_types().len()];
    for (row, event_type) in batch.types.iter().enumerate() {
        by_type
            .get_mut(event_type.index())
            .into_iter()
            .for_each(|rows| rows.push(row as u32));
    }
    for (number, rows) in by_type
        .iter()
        .enumerate()
        .filter(|(_, rows)| !rows.is_empty())
    {
        let event_type = EventTypeId(number as u32);
        let columns: Vec<(usize, &[Option<i64>])> = fields
            .iter()
            .filter_map(|(field, codes)| {
                Some((view.catalog.slot(event_type, *field)?, codes.as_slice()))
            })
            .collect();
        let events = NewColumns {
            rows,
            owners: &numbers,
            times: &batch.times,
            fields: &columns,
        };
        view.history.append_columns(event_type, &events);
    }
    let seen = batch.keys.iter().enumerate().filter_map(|(row, key)| {
        Some(Seen {
            key: *key,
            time: *batch.times.get(row)?,
            event_type: *batch.types.get(row)?,
            owner: numbers.get(row).copied().flatten(),
        })
    });
    state.dedupe.insert_each(seen);
    if !view.reservations.is_empty() {
        for ((key, event_type), time) in batch.keys.iter().zip(&batch.types).zip(&batch.times) {
            if view.exposures.is_exposure(*event_type) {
                view.reservations.expose(key.id, *time, now);
            }
        }
    }
    state.live.meet(known, state.view.population());
    let arrived = Arrived {
        owners: &owners,
        columns: &fields,
        regroups: !change.is_empty(),
    };
    state.live.track(&state.view, batch, &arrived, now);
    change
}

/// Takes events back: they leave the history, and their ids stay known.
pub(crate) fn void(state: &mut State, event_ids: &[String]) {
    for (row, event_id) in event_ids.iter().enumerate() {
        let Some(seen) = state.dedupe.void(hash_id(event_id)) else {
            continue;
        };
        let Some(owner) = seen.owner else { continue };
        if let Some(event) = state.view.remove_event(owner, &seen) {
            state
                .live
                .void(&state.view, IdSlot(owner.0), &event, row as u32);
        }
    }
}

impl View {
    fn remove_event(&mut self, owner: ProfileId, seen: &Seen) -> Option<StoredEvent> {
        let mut scratch = Vec::new();
        let slots = self.catalog.field_slots(seen.event_type);
        let found = self.history.events(owner).into_iter().find(|event| {
            let cells = slots.iter().zip(&event.fields).enumerate();
            let cells = cells.filter_map(|(slot, ((field, _), code))| {
                Some((slot, self.cell(*field, (*code)?)?))
            });
            let is_candidate = event.event_type == seen.event_type && event.time == seen.time;
            is_candidate && hash_fields(cells, &mut scratch) == seen.key.fields
        });
        let event = found?;
        self.history
            .remove(owner, event.event_type, event.time, &event.fields);
        Some(event)
    }
}
