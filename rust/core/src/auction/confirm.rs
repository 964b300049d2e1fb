//! Confirming and calling off what was reserved: commands are judged against the state, records change it.

use std::collections::BTreeSet;

use super::exposure::{CAMPAIGN, LINE_ITEM};
use super::held::Held;
use super::key::Key;
use super::request::Money;
use super::reservation::{Hold, Phase, Reservation};
use super::reserve::{Answer, Fault, cost, exposure_of, reaches, report};
use crate::error::Result;
use crate::event;
use crate::event::ingest::EventBatch;
use crate::profile::regrouping::Regrouping;
use crate::record::Batch;
use crate::refusals::Refusals;
use crate::rows::{Cells, Column, Report, Rows, Texts};
use crate::state::State;
use crate::time::Instant;
use crate::view::View;

/// What is to be confirmed.
#[derive(Clone, Debug, PartialEq)]
pub struct Confirmed {
    /// Which reservation.
    pub key: Key,
    /// The price that was cleared, CPM; `None`: the bid.
    pub price: Option<Money>,
}

/// Reservations that are confirmed, with what they cost, and the exposures that come of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Confirmations {
    costs: Vec<(Key, i64)>,
    exposures: EventBatch,
    cap_overrun: u64,
}

impl Confirmations {
    /// The ids of the exposures, row by row.
    pub(crate) const fn event_ids(&self) -> &Texts {
        &self.exposures.event_ids
    }
}

/// Judges what is to be confirmed; whatever was reserved is, late or not.
pub(crate) fn confirm(
    state: &State,
    asked: Vec<Confirmed>,
    time: Instant,
) -> Result<(Confirmations, Report)> {
    let (mut refusals, mut seen) = (Refusals::default(), BTreeSet::new());
    let mut made = Confirmations::default();
    let (mut exposures, mut answers) = (Vec::new(), Vec::new());
    let mut held = Held::of(&state.view);
    for (row, asked) in asked.into_iter().enumerate() {
        let id = asked.key.hash();
        let Some(own) = state.view.reservations.at(id, time).copied() else {
            answers.push(Answer::Unknown);
            continue;
        };
        if own.phase(time) == Phase::Confirmed || seen.contains(&id) {
            answers.push(Answer::Again);
            continue;
        }
        match charge(&state.view, &own, asked.price.as_ref()) {
            Ok(cost) => {
                seen.insert(id);
                let is_new = exposure_of(state, id, time).is_none();
                if let Some(owner) = own.owner.filter(|_| own.exposure.is_some() && is_new) {
                    if own.phase(time) != Phase::Held {
                        made.cap_overrun += u64::from(overruns(state, &held, &own, time));
                        let hold = Hold {
                            lapses: Instant::MAX,
                            ..own.hold()
                        };
                        held.more.entry(owner).or_default().push(hold);
                    }
                    exposures.push((asked.key.clone(), own));
                }
                made.costs.push((asked.key, cost));
                answers.push(Answer::Done);
            }
            Err((field, reason, message)) => {
                refusals.add(row, field, reason, message);
                answers.push(Answer::Faulty);
            }
        }
    }
    if !exposures.is_empty() {
        let rows = rows(state, &exposures, time);
        (made.exposures, _) = event::ingest::judge(state, Batch::from(rows), time)?;
    }
    Ok((made, report(answers, refusals)))
}

fn charge(
    view: &View,
    own: &Reservation,
    price: Option<&Money>,
) -> std::result::Result<i64, Fault> {
    let book = view.catalog().book();
    let item = book.line_items.entry(own.line_item.0);
    let campaign = item.and_then(|item| book.campaigns.entry(item.campaign.0));
    match (price, campaign) {
        (Some(price), Some(campaign)) => cost(view, campaign, price, own.quantity),
        _ => Ok(own.cost),
    }
}

/// Whether an exposure that nothing holds any more goes beyond a cap.
fn overruns(state: &State, held: &Held<'_>, own: &Reservation, time: Instant) -> bool {
    let view = &state.view;
    let book = view.catalog().book();
    let item = book.line_items.entry(own.line_item.0);
    let (Some(item), Some(owner)) = (item, own.owner) else {
        return false;
    };
    let profile = Some(view.ids().profile(owner));
    let tally = view.exposures.tally_at(view, held, profile, time);
    let keys = book.caps(own.line_item, item);
    tally.is_some_and(|tally| reaches(tally.reached(), &keys))
}

/// Exposures as rows of events.
fn rows(state: &State, exposures: &[(Key, Reservation)], time: Instant) -> Rows {
    let view = &state.view;
    let (len, catalog) = (exposures.len(), view.catalog());
    let event_id = |key: &Key| match state.remembered_each(&[key.hash()], time).as_slice() {
        [] => key.event_id(),
        _ => key.spare_event_id(),
    };
    let texts = |name: &str, cells: Vec<Option<String>>| Column {
        name: name.to_owned(),
        present: Some(cells.iter().map(Option::is_some).collect()),
        cells: Cells::Text(
            cells
                .iter()
                .map(|own| own.as_deref().unwrap_or_default())
                .collect::<Texts>(),
        ),
    };
    let of = |read: &dyn Fn(&Key, &Reservation) -> Option<String>| -> Vec<Option<String>> {
        exposures.iter().map(|(key, own)| read(key, own)).collect()
    };
    let event_type = |own: &Reservation| catalog.event_type(own.exposure?);
    let campaign = |own: &Reservation| {
        own.exposure
            .filter(|own| view.exposures.names_campaign(*own))?;
        let book = catalog.book();
        let item = book.line_items.entry(own.line_item.0)?;
        book.campaigns.name(item.campaign.0).map(str::to_owned)
    };
    let mut columns = vec![
        texts("event_id", of(&|key, _| Some(event_id(key)))),
        texts(
            "type",
            of(&|_, own| Some(event_type(own)?.definition.name.clone())),
        ),
        Column {
            name: "time".to_owned(),
            cells: Cells::Instant(vec![time.0; len]),
            present: None,
        },
        texts(LINE_ITEM, of(&|key, _| Some(key.line_item.clone()))),
        texts(CAMPAIGN, of(&|_, own| campaign(own))),
    ];
    // A name that no type declares would be refused as a column.
    columns.retain(|own| own.name != CAMPAIGN || catalog.property_id(CAMPAIGN).is_some());
    for (id, namespace) in catalog.namespaces() {
        let ids = of(&|_, own| {
            let (of, value) = view.ids().id(own.owner?)?;
            (of == id).then(|| value.to_owned())
        });
        if ids.iter().any(Option::is_some) {
            columns.push(texts(&namespace.name, ids));
        }
    }
    Rows { len, columns }
}

/// Counts what was confirmed, and stores the exposures.
pub(crate) fn spend(state: &mut State, made: &Confirmations, time: Instant) -> Regrouping {
    let view = &mut state.view;
    for (key, cost) in &made.costs {
        let id = key.hash();
        let Some(line_item) = view.reservations.at(id, time).map(|own| own.line_item) else {
            continue;
        };
        view.reservations.confirm(id, time);
        view.spending
            .spend(view.catalog.book(), line_item, *cost, time);
    }
    view.reservations.overrun(made.cap_overrun);
    if made.exposures.times.is_empty() {
        return Regrouping::default();
    }
    event::apply(state, &made.exposures, time)
}

/// Judges what is to be called off: whatever is not confirmed.
pub(crate) fn cancel(state: &State, asked: Vec<Key>, time: Instant) -> (Vec<Key>, Report) {
    let (mut kept, mut seen) = (Vec::new(), BTreeSet::new());
    let mut judge = |key: Key| {
        let id = key.hash();
        let own = state.view.reservations.at(id, time);
        match own.map(|own| own.phase(time)) {
            None => Answer::Unknown,
            Some(Phase::Confirmed) => Answer::Confirmed,
            Some(Phase::Held | Phase::Lapsed) if seen.insert(id) => {
                kept.push(key);
                Answer::Done
            }
            Some(Phase::Held | Phase::Lapsed | Phase::Cancelled) => Answer::Again,
        }
    };
    let answers = asked.into_iter().map(&mut judge).collect();
    (kept, report(answers, Refusals::default()))
}

/// Calls off what was held.
pub(crate) fn release(state: &mut State, keys: &[Key], time: Instant) {
    for key in keys {
        state.view.reservations.cancel(key.hash(), time);
    }
}
