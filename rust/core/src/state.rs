//! The truth and how it changes: commands are judged, records are applied.

use crate::auction::key::event_id_of;
use crate::auction::tender::refuse_other_currencies;
use crate::auction::{confirm, reserve};
use crate::catalog::{Catalog, SegmentDefinition};
use crate::error::{Error, Result};
use crate::event::content::hash_id;
use crate::event::dedupe::{Dedupe, Seen};
use crate::id::{ProfileId, SegmentId};
use crate::profile::regrouping::Regrouping;
use crate::record::{Change, Command, Record};
use crate::rows::{Reason, Refusal, Report};
use crate::segment::feed::Cause;
use crate::segment::{Counters, Live};
use crate::time::{Duration, Instant};
use crate::view::View;
use crate::{event, item, profile};

/// Most event types: the memory of event ids numbers them in 16 bits.
const MOST_EVENT_TYPES: u64 = 65_536;

/// What moves engine time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Clock {
    /// The clock of the machine.
    #[default]
    System,
    /// The latest accepted event: for replays.
    Events,
    /// Whoever runs the engine: for tests.
    Manual,
}

/// What is settled when an engine is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Settings {
    /// What moves engine time.
    pub clock: Clock,
    /// How far ahead of engine time an event or a write may lie; without effect under [`Clock::Events`].
    pub skew: Duration,
    /// Most rows of one batch.
    pub rows_per_batch: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            clock: Clock::System,
            skew: Duration(5 * Duration::MINUTE.0),
            rows_per_batch: 10_000_000,
        }
    }
}

/// Everything that is true, and what is needed to judge what comes next. A clone is cheap and independent.
#[derive(Clone, Debug, Default)]
pub struct State {
    pub(crate) settings: Settings,
    pub(crate) view: View,
    pub(crate) dedupe: Dedupe,
    /// What keeps segments live.
    pub(crate) live: Live,
    /// Old and new numbers of the profiles whose ids changed in the last record, rising; some may be new in it.
    pub(crate) regrouped: Vec<ProfileId>,
    /// New links that were refused in the last record.
    links_refused: u64,
    /// By event type: up to when events were forgotten.
    swept: Vec<Instant>,
}

impl State {
    /// Nothing is declared and nothing is known.
    pub fn new(settings: Settings, catalog: Catalog) -> Self {
        let mut state = Self {
            settings,
            ..Self::default()
        };
        state.view.set_catalog(catalog);
        state.live.rebuild(&state.view);
        state.live.settle(&mut state.view, Instant::MIN, None);
        state
    }

    /// What live maintenance has done so far.
    pub const fn live_counters(&self) -> &Counters {
        self.live.counters()
    }

    /// Alarms that wait, a few stale ones among them.
    pub const fn waiting_alarms(&self) -> usize {
        self.live.waiting()
    }

    /// Up to `t`, the instant up to which about `alarms` go off: what a record should not pass in one step.
    pub fn reach(&mut self, alarms: usize, t: Instant) -> Instant {
        self.live.reach(alarms, t)
    }

    /// Bytes on the heap that live maintenance takes, the views' own not counted.
    pub fn live_bytes(&self) -> usize {
        self.live.heap_bytes()
    }

    /// What was settled at the beginning.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What readers see from now on; later changes do not reach it.
    pub fn view(&self) -> View {
        self.view.clone()
    }

    /// The view without a clone, for whoever holds the state.
    pub const fn current(&self) -> &View {
        &self.view
    }

    /// The memory of event ids.
    pub const fn dedupe(&self) -> &Dedupe {
        &self.dedupe
    }

    /// Judges a command at `now`: what is to be recorded, and what became of the rows. Nothing changes.
    ///
    /// Rows are refused one by one, with field and reason; an error refuses the command as a whole. `now` is not looked at
    /// under [`Clock::Events`]; a `now` before engine time counts as engine time.
    pub fn check(&self, command: Command, now: Instant) -> Result<(Record, Report)> {
        let now = now.checked("now")?;
        let mut time = self.engine_time(now);
        let done = |accepted: usize| Report {
            accepted: accepted as u64,
            ..Report::default()
        };
        let (change, report) = match command {
            Command::Declare(declarations) => {
                let mut catalog = self.view.catalog.clone();
                catalog.declare(&declarations)?;
                let actual = catalog.event_types().len() as u64;
                if actual > MOST_EVENT_TYPES {
                    return Err(Error::Limit {
                        field: "event_types".into(),
                        limit: MOST_EVENT_TYPES,
                        actual,
                    });
                }
                let report = done(declarations.len());
                (Change::Declare(declarations), report)
            }
            Command::LoadItems(batch) => {
                let (batch, report) = item::judge(self, batch)?;
                (Change::LoadItems(batch), report)
            }
            Command::LoadProfiles(batch) => {
                let (batch, report) = profile::ingest::judge(self, batch, now)?;
                (Change::LoadProfiles(batch), report)
            }
            Command::Track(batch) => {
                let (batch, report) = event::ingest::judge(self, batch, now)?;
                if self.settings.clock == Clock::Events {
                    time = batch
                        .times
                        .iter()
                        .fold(time, |latest, time| latest.max(*time));
                }
                (Change::Track(batch), report)
            }
            Command::Void(event_ids) => {
                let (event_ids, report) = self.judge_void(event_ids);
                (Change::Void(event_ids), report)
            }
            Command::Merge { a, b } => {
                self.view.clone().merge(&a, &b, time)?;
                (Change::Merge { a, b }, done(1))
            }
            Command::Unmerge { ids } => {
                self.view.clone().unmerge(&ids, time)?;
                let report = done(ids.len());
                (Change::Unmerge { ids }, report)
            }
            Command::DefineSegment(definition) => {
                self.judge_segments(vec![definition], |_| None)?
            }
            Command::DefineSegments(definitions) => {
                self.judge_segments(definitions, |number| Some(format!("segments[{number}]")))?
            }
            Command::DeleteSegment(name) => {
                self.view.catalog.clone().delete_segment(&name)?;
                (Change::DeleteSegment(name), done(1))
            }
            Command::PauseSegment(name) => {
                self.view.catalog.clone().pause_segment(&name, true)?;
                (Change::PauseSegment(name), done(1))
            }
            Command::ResumeSegment(name) => {
                self.view.catalog.clone().pause_segment(&name, false)?;
                (Change::ResumeSegment(name), done(1))
            }
            Command::DefineEntries(entries) => {
                let mut next = self.view.catalog.clone();
                next.define_entries(&entries, time)?;
                refuse_other_currencies(&self.view, &next, &entries, time)?;
                let report = done(entries.len());
                (Change::DefineEntries(entries), report)
            }
            Command::Reserve(asked) => {
                let (grants, report) = reserve::reserve(self, asked, time);
                (Change::Reserve(grants), report)
            }
            Command::Confirm(asked) => {
                let (made, report) = confirm::confirm(self, asked, time)?;
                (Change::Confirm(made), report)
            }
            Command::Cancel(keys) => {
                let (keys, report) = confirm::cancel(self, keys, time);
                (Change::Cancel(keys), report)
            }
            Command::Advance => (Change::Advance, Report::default()),
        };
        Ok((Record { time, change }, report))
    }

    /// Judges definitions one after the other; `inside` says of which number a fault is to be told.
    fn judge_segments(
        &self,
        definitions: Vec<SegmentDefinition>,
        inside: impl Fn(usize) -> Option<String>,
    ) -> Result<(Change, Report)> {
        let mut catalog = self.view.catalog.clone();
        for (number, definition) in definitions.iter().enumerate() {
            if let Err(error) = catalog.define_segment(definition.clone()) {
                return Err(match inside(number) {
                    Some(inside) => error.within(&inside),
                    None => error,
                });
            }
        }
        let report = Report {
            accepted: definitions.len() as u64,
            ..Report::default()
        };
        Ok((Change::DefineSegments(definitions), report))
    }

    fn judge_void(&self, event_ids: Vec<String>) -> (Vec<String>, Report) {
        let (mut report, mut accepted) = (Report::default(), Vec::new());
        let mut named = hashbrown::HashSet::new();
        for (row, event_id) in event_ids.into_iter().enumerate() {
            let event_id = event_id_of(&event_id).into_owned();
            let id = hash_id(&event_id);
            match self.dedupe.find(id) {
                None => {
                    let message = format!("event {event_id:.128?} is not known");
                    report
                        .refused
                        .push(Refusal::new(row, "event_id", Reason::Undeclared, message));
                }
                Some(Seen { owner: Some(_), .. }) if named.insert(id) => accepted.push(event_id),
                Some(_) => report.duplicates += 1,
            }
        }
        report.accepted = accepted.len() as u64;
        (accepted, report)
    }

    /// Engine time at `now`, before anything is accepted.
    pub(crate) fn engine_time(&self, now: Instant) -> Instant {
        match self.settings.clock {
            Clock::System | Clock::Manual => self.view.time.max(now),
            Clock::Events => self.view.time,
        }
    }

    /// The latest event time that is accepted.
    pub(crate) fn latest_accepted(&self, now: Instant) -> Instant {
        match self.settings.clock {
            Clock::System | Clock::Manual => self.engine_time(now).plus(self.settings.skew),
            Clock::Events => Instant::MAX,
        }
    }

    /// Of many events those that are remembered, each by its place in `ids`; one outside its retention is forgotten, swept or
    /// not.
    pub(crate) fn remembered_each(&self, ids: &[u128], now: Instant) -> Vec<(usize, Seen)> {
        let engine_time = self.engine_time(now);
        let catalog = &self.view.catalog;
        let is_visible = |seen: &Seen| {
            catalog.event_type(seen.event_type).is_some_and(|declared| {
                let retention = declared.definition.retention;
                retention.is_none_or(|retention| seen.time.plus(retention) > engine_time)
            })
        };
        let mut seen = self.dedupe.find_each(ids);
        seen.retain(|(_, seen)| is_visible(seen));
        seen
    }

    /// Applies a record that was checked against this very state, here or before a replay.
    ///
    /// The same records give the same state. An error, which changes nothing, means that the record belongs to another state.
    pub fn apply(&mut self, record: &Record) -> Result<()> {
        if record.time < self.view.time {
            return Err(Error::Internal(format!(
                "a record of {} after {}",
                record.time, self.view.time
            )));
        }
        let mut catalog = self.view.catalog.clone();
        let segments = edit(&mut catalog, &record.change, record.time)?;
        self.live.run_until(&self.view, record.time);
        self.view.reservations.run_until(record.time);
        let book = self.view.catalog.book();
        self.view.spending.run_until(book, record.time);
        let change = self.change(&record.change, record.time, catalog, &segments)?;
        self.links_refused = change.refused;
        self.regrouped = change.profiles.iter().copied().map(ProfileId).collect();
        let (cause, voided);
        let event_ids = match &record.change {
            Change::Track(batch) => Some(&batch.event_ids),
            Change::Confirm(made) => Some(made.event_ids()),
            Change::Void(ids) => {
                voided = ids.iter().map(String::as_str).collect();
                Some(&voided)
            }
            _ => None,
        };
        cause = match record.change {
            Change::Unmerge { .. } => Cause::Unmerge,
            _ => Cause::Merge,
        };
        let known = self.view.publish(record.time);
        self.live
            .regroup(&self.view, (&self.regrouped, known), cause);
        self.live.settle(&mut self.view, record.time, event_ids);
        self.live.publish(&mut self.view);
        self.sweep();
        Ok(())
    }

    /// Changes the truth and says which profiles have other ids now.
    fn change(
        &mut self,
        change: &Change,
        time: Instant,
        catalog: Catalog,
        segments: &[SegmentId],
    ) -> Result<Regrouping> {
        match change {
            Change::Declare(_) => {
                let is_same = self.view.catalog.has_events_of(&catalog);
                self.view.set_catalog(catalog);
                // Rules over `any` see new types, and fields come to types that lacked them.
                if !is_same {
                    self.live.rebuild(&self.view);
                }
            }
            Change::DefineEntries(entries) => {
                self.change_segments(segments, catalog);
                let view = &mut self.view;
                view.spending.follow(view.catalog.book(), entries);
            }
            Change::DefineSegments(_)
            | Change::DeleteSegment(_)
            | Change::PauseSegment(_)
            | Change::ResumeSegment(_) => self.change_segments(segments, catalog),
            Change::LoadItems(batch) => {
                self.view.items.apply(batch, time);
                let written = batch.writes.iter().map(|(attribute, _)| *attribute);
                let written = written.chain(batch.unset.iter().copied()).collect();
                self.live.items_changed(&self.view, &written);
            }
            Change::LoadProfiles(batch) => return Ok(profile::ingest::apply(self, batch, time)),
            Change::Track(batch) => return Ok(event::apply(self, batch, time)),
            Change::Reserve(grants) => reserve::hold(self, grants, time),
            Change::Confirm(made) => return Ok(confirm::spend(self, made, time)),
            Change::Cancel(keys) => confirm::release(self, keys, time),
            Change::Void(event_ids) => event::void(self, event_ids),
            Change::Merge { a, b } => {
                let change = self.view.merge(a, b, time)?;
                self.view.regroup(&change);
                return Ok(change);
            }
            Change::Unmerge { ids } => {
                let change = self.view.unmerge(ids, time)?;
                self.view.regroup(&change);
                return Ok(change);
            }
            Change::Advance => {}
        }
        Ok(Regrouping::default())
    }

    /// Takes over a catalog in which some segments are new, changed, paused or gone.
    fn change_segments(&mut self, segments: &[SegmentId], catalog: Catalog) {
        let live = |catalog: &Catalog, id: SegmentId| {
            let own = catalog.segment(id).filter(|own| !own.paused);
            own.map(|own| own.version)
        };
        let old: Vec<Option<u32>> = segments
            .iter()
            .map(|id| live(&self.view.catalog, *id))
            .collect();
        self.view.set_catalog(catalog);
        let mut defined = Vec::new();
        for (id, old) in segments.iter().zip(old) {
            match live(&self.view.catalog, *id) {
                None => self.live.remove(&self.view, *id),
                own if own == old => {}
                Some(_) => defined.push(*id),
            }
        }
        if !defined.is_empty() {
            self.live.define(&self.view, &defined);
        }
    }

    /// Old and new numbers of the profiles whose ids changed in the last record, rising. A number that is new in the record may
    /// be among them, and one that is no longer live has been merged away.
    pub fn regrouped(&self) -> &[ProfileId] {
        &self.regrouped
    }

    /// Links of the last record that are new and were refused: what a report calls `links_refused`.
    pub const fn links_refused(&self) -> u64 {
        self.links_refused
    }

    /// Checks a command and applies what comes of it.
    pub fn run(&mut self, command: Command, now: Instant) -> Result<(Record, Report)> {
        let (record, mut report) = self.check(command, now)?;
        self.apply(&record)?;
        report.links_refused = self.links_refused;
        Ok((record, report))
    }

    /// Frees what nobody can see any more. Only now and then, for it looks at all events: visibility does not depend on it.
    fn sweep(&mut self) {
        let types = self.view.catalog.event_types();
        let due: Vec<_> = types
            .filter_map(|(id, event_type)| Some((id, event_type.definition.retention?)))
            .collect();
        for (event_type, retention) in due {
            let until = self.view.time.minus(retention);
            if self.swept.len() <= event_type.index() {
                self.swept.resize(event_type.index() + 1, Instant::MIN);
            }
            let Some(swept) = self.swept.get_mut(event_type.index()) else {
                continue;
            };
            if until.since(*swept) >= Duration(retention.0 / 16) {
                *swept = until;
                self.view.history.forget(event_type, until);
                self.live.forget(event_type, until);
                self.dedupe.forget(event_type, until);
            }
        }
    }
}

/// Changes a catalog as a record says, and names the segments that are concerned.
fn edit(catalog: &mut Catalog, change: &Change, time: Instant) -> Result<Vec<SegmentId>> {
    match change {
        Change::Declare(declarations) => catalog.declare(declarations).map(|()| Vec::new()),
        Change::DefineSegments(definitions) => {
            let definitions = definitions.iter();
            definitions
                .map(|own| catalog.define_segment_at(own.clone(), time))
                .collect()
        }
        Change::DeleteSegment(name) => catalog.delete_segment(name).map(|id| vec![id]),
        Change::PauseSegment(name) => catalog.pause_segment(name, true).map(|id| vec![id]),
        Change::ResumeSegment(name) => catalog.pause_segment(name, false).map(|id| vec![id]),
        Change::DefineEntries(entries) => catalog.define_entries(entries, time),
        Change::LoadItems(_)
        | Change::LoadProfiles(_)
        | Change::Track(_)
        | Change::Void(_)
        | Change::Merge { .. }
        | Change::Unmerge { .. }
        | Change::Reserve(_)
        | Change::Confirm(_)
        | Change::Cancel(_)
        | Change::Advance => Ok(Vec::new()),
    }
}
