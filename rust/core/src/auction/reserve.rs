//! Reserving, confirming and calling off: commands are judged against the state, records change it.

use hashbrown::{HashMap, HashSet};

use super::campaign::Campaign;
use super::cap::CapKey;
use super::held::Held;
use super::key::Key;
use super::line_item::LineItem;
use super::reason::Stage;
use super::request::Money;
use super::reservation::{LONGEST_LAPSE, Phase, Reservation, USUAL_LAPSE};
use super::standing::Standing;
use crate::catalog::Catalog;
use crate::event::dedupe::Seen;
use crate::id::{EventTypeId, LineItemId, NamespaceId};
use crate::profile::dictionary::IdSlot;
use crate::profile::identifier::{Identifier, Verdict, split};
use crate::refusals::Refusals;
use crate::rows::{Reason, Report};
use crate::state::State;
use crate::time::{Duration, Instant};
use crate::view::View;

/// The exposure that is reserved where nobody says.
pub const USUAL_EXPOSURE: &str = "impression";
/// One exposure.
pub const ONE: i64 = 1_000_000;

/// What is to be reserved.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// What the reservation goes by; its line item is the one that is asked for.
    pub key: Key,
    /// Ids of the person as `crm:4711`, as in a request; none: nobody is known.
    pub ids: Vec<String>,
    /// The bid, CPM; without a currency in USD.
    pub price: Money,
    /// For how many exposures the impression stands, in millionths.
    pub quantity: i64,
    /// How long it holds; `None`: five minutes.
    pub lapse: Option<Duration>,
    /// The event type of the exposure that may come; empty: `impression`.
    pub exposure: String,
}

/// What is wrong with a row: its field, why, and in words.
pub(super) type Fault = (&'static str, Reason, String);

/// What became of one row of a command on reservations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// It is done.
    Done,
    /// It was done before.
    Again,
    /// The line item falls at a stage.
    Fell(Stage),
    /// It is confirmed already, which stands.
    Confirmed,
    /// Nobody has reserved it, or too long ago.
    Unknown,
    /// The report says what is wrong with the row.
    Faulty,
}

/// Reservations that are granted.
#[derive(Clone, Debug, PartialEq)]
pub struct Grant {
    key: Key,
    /// The hash of the key: a cache.
    id: u128,
    line_item: LineItemId,
    exposure: Option<EventTypeId>,
    owner: Option<(NamespaceId, String)>,
    quantity: i64,
    cost: i64,
    lapses: Instant,
    /// Whether the exposure has come before.
    exposed: Option<Instant>,
}

/// Somebody that a batch reserves for, by one id in normal form.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Somebody {
    namespace: NamespaceId,
    value: String,
    /// `None`: nobody has the id yet.
    slot: Option<IdSlot>,
}

/// What a batch has granted so far.
struct Granting<'a> {
    state: &'a State,
    time: Instant,
    held: Held<'a>,
    /// Keys that are granted.
    keys: HashSet<u128>,
    /// What people have got of whom nothing is known.
    strangers: HashMap<Somebody, Vec<(LineItemId, Option<EventTypeId>)>>,
    grants: Vec<Grant>,
    refusals: Refusals,
}

/// Judges what is asked for, one after the other: each counts for the caps of those behind it.
pub(crate) fn reserve(state: &State, asked: Vec<Asked>, time: Instant) -> (Vec<Grant>, Report) {
    let mut granting = Granting {
        state,
        time,
        held: Held::of(&state.view),
        keys: HashSet::new(),
        strangers: HashMap::new(),
        grants: Vec::new(),
        refusals: Refusals::default(),
    };
    let rows = asked.into_iter().enumerate();
    let answers = rows
        .map(|(row, asked)| granting.judge(row, asked))
        .collect();
    (granting.grants, report(answers, granting.refusals))
}

pub(super) fn report(answers: Vec<Answer>, refusals: Refusals) -> Report {
    let count = |wanted: Answer| answers.iter().filter(|own| **own == wanted).count() as u64;
    Report {
        accepted: count(Answer::Done),
        duplicates: count(Answer::Again),
        refused: refusals.into_vec(),
        answers,
        ..Report::default()
    }
}

impl Granting<'_> {
    fn judge(&mut self, row: usize, asked: Asked) -> Answer {
        let catalog = self.state.view.catalog();
        let Some((id, item, campaign)) = line_item(catalog, &asked.key.line_item) else {
            let message = format!("line item {:.80?} is not in the book", asked.key.line_item);
            return self.refuse(row, "line_item", Reason::Undeclared, message);
        };
        let (cost, lapse) = match self.terms(&asked, campaign) {
            Ok(terms) => terms,
            Err((field, reason, message)) => return self.refuse(row, field, reason, message),
        };
        let exposure = match self.exposure(&asked.exposure) {
            Ok(exposure) => exposure,
            Err(message) => return self.refuse(row, "exposure", Reason::Undeclared, message),
        };
        let id_of_key = asked.key.hash();
        if self.keys.contains(&id_of_key) {
            return Answer::Again;
        }
        let known = self.held.reservations.at(id_of_key, self.time);
        match known.map(|own| own.phase(self.time)) {
            Some(Phase::Held) => return Answer::Again,
            Some(Phase::Confirmed) => return Answer::Confirmed,
            Some(Phase::Lapsed | Phase::Cancelled) | None => {}
        }
        if let Some(stage) = self.falls(id, item) {
            return Answer::Fell(stage);
        }
        let somebody = somebody(&self.state.view, &asked.ids);
        if let Some(stage) = self.is_capped(id, item, somebody.as_ref()) {
            return Answer::Fell(stage);
        }
        let grant = Grant {
            owner: None,
            exposed: exposure_of(self.state, id_of_key, self.time).map(|own| own.time),
            id: id_of_key,
            key: asked.key,
            line_item: id,
            exposure,
            quantity: asked.quantity,
            cost,
            lapses: self.time.plus(lapse),
        };
        self.grant(grant, somebody);
        Answer::Done
    }

    fn refuse(
        &mut self,
        row: usize,
        field: &str,
        reason: Reason,
        message: impl Into<String>,
    ) -> Answer {
        self.refusals.add(row, field, reason, message);
        Answer::Faulty
    }

    /// What it costs and how long it holds.
    fn terms(
        &self,
        asked: &Asked,
        campaign: &Campaign,
    ) -> std::result::Result<(i64, Duration), Fault> {
        if asked.key.request.is_empty() {
            return Err(("request", Reason::Missing, "empty".to_owned()));
        }
        if asked.quantity <= 0 {
            let message = format!("{} millionths: more than none are shown", asked.quantity);
            return Err(("quantity", Reason::OutOfRange, message));
        }
        let lapse = asked.lapse.unwrap_or(USUAL_LAPSE);
        if lapse.0 <= 0 || lapse > LONGEST_LAPSE {
            let message = format!(
                "{lapse}: a reservation holds for more than 0s and at most {LONGEST_LAPSE}"
            );
            return Err(("lapse", Reason::OutOfRange, message));
        }
        let cost = cost(&self.state.view, campaign, &asked.price, asked.quantity)?;
        Ok((cost, lapse))
    }

    fn exposure(&self, name: &str) -> std::result::Result<Option<EventTypeId>, String> {
        let catalog = self.state.view.catalog();
        let wanted = if name.is_empty() {
            USUAL_EXPOSURE
        } else {
            name
        };
        let declared = catalog.event_type_id(wanted);
        let names = |id: &EventTypeId| self.state.view.exposures.names_line_item(*id);
        match declared.filter(names) {
            None if !name.is_empty() => Err(format!(
                "no declared event type {name:.80?} has a property \"line_item\""
            )),
            found => Ok(found),
        }
    }

    fn falls(&self, id: LineItemId, item: &LineItem) -> Option<Stage> {
        let view = &self.state.view;
        let standing = Standing::at(self.time);
        let fell = standing.falls(view.catalog(), id, item);
        let book = view.catalog().book();
        let is_spent = || view.spending.is_spent(book, id, item, self.time);
        fell.or_else(|| is_spent().then_some(Stage::Budget))
    }

    fn is_capped(&self, id: LineItemId, item: &LineItem, of: Option<&Somebody>) -> Option<Stage> {
        let view = &self.state.view;
        let book = view.catalog().book();
        let keys = book.caps(id, item);
        if keys.is_empty() {
            return None;
        }
        let Some(of) = of else {
            return Some(Stage::CapStateMissing);
        };
        let profile = of.slot.map(|slot| view.ids().profile(slot));
        let ledger = &view.exposures;
        let tally = ledger.tally_at(view, &self.held, profile, self.time);
        let Some(mut tally) = tally else {
            return Some(Stage::CapStateMissing);
        };
        for (own, exposure) in self.strangers.get(of).into_iter().flatten() {
            let exposure = exposure.and_then(|id| view.catalog().event_type(id));
            if let Some(exposure) = exposure {
                let name = exposure.definition.name.as_str();
                tally.expect(book, name, std::iter::once(*own));
            }
        }
        reaches(tally.reached(), &keys).then_some(Stage::Cap)
    }

    fn grant(&mut self, mut grant: Grant, somebody: Option<Somebody>) {
        self.keys.insert(grant.id);
        if let Some(own) = somebody {
            grant.owner = Some((own.namespace, own.value.clone()));
            // What has come as an event counts as that.
            if grant.exposed.is_none_or(|at| at > self.time) {
                self.expect(own, &grant);
            }
        }
        self.grants.push(grant);
    }

    fn expect(&mut self, own: Somebody, grant: &Grant) {
        if let Some(slot) = own.slot {
            let hold = grant.reservation(own.slot, self.time).hold();
            self.held.more.entry(slot).or_default().push(hold);
        } else {
            let granted = self.strangers.entry(own).or_default();
            granted.push((grant.line_item, grant.exposure));
        }
    }
}

impl Grant {
    const fn reservation(&self, owner: Option<IdSlot>, time: Instant) -> Reservation {
        Reservation::held(
            (self.line_item, self.exposure),
            owner,
            (self.quantity, self.cost),
            (time, self.lapses),
            matches!(self.exposed, Some(at) if at.0 <= time.0),
        )
    }
}

fn line_item<'a>(
    catalog: &'a Catalog,
    name: &str,
) -> Option<(LineItemId, &'a LineItem, &'a Campaign)> {
    let book = catalog.book();
    let id = book.line_item_id(name)?;
    let item = book.line_items.entry(id.0)?;
    Some((id, item, book.campaigns.entry(item.campaign.0)?))
}

pub(super) fn reaches(reached: &[CapKey], keys: &[CapKey]) -> bool {
    keys.iter().any(|key| reached.binary_search(key).is_ok())
}

/// What an impression costs at a price, in nano units of the campaign's currency, rounded up.
pub(super) fn cost(
    view: &View,
    campaign: &Campaign,
    price: &Money,
    quantity: i64,
) -> std::result::Result<i64, Fault> {
    if price.micros < 0 {
        let message = format!("{} micros: a price is not negative", price.micros);
        return Err(("price", Reason::OutOfRange, message));
    }
    let (from, to) = (
        price.currency.as_deref().unwrap_or_default(),
        campaign.definition.currency.as_str(),
    );
    let Some(exchange) = view.catalog().book().exchange(from, to) else {
        let message = format!("no rate from {from:.8?} to {to:.8?}");
        return Err(("price.currency", Reason::Undeclared, message));
    };
    let exact = i128::from(exchange.up(price.micros)) * i128::from(quantity);
    let nanos = -(-exact).div_euclid(i128::from(ONE));
    i64::try_from(nanos).map_err(|_| ("price", Reason::OutOfRange, "too much".to_owned()))
}

/// Whom ids stand for: of those that are known the one of the highest priority, else of all; the first of equals.
fn somebody(view: &View, ids: &[String]) -> Option<Somebody> {
    let judged = ids.iter().filter_map(|id| identified(view, id));
    // Of equals the last would count.
    let best = judged
        .rev()
        .max_by_key(|(priority, own)| (own.slot.is_some(), *priority));
    best.map(|own| own.1)
}

/// Whether an id names a person, known or not: it can be read, its namespace is declared and of persons, and the value is not barred.
pub fn names_somebody(view: &View, id: &str) -> bool {
    identified(view, id).is_some()
}

fn identified(view: &View, id: &str) -> Option<(u32, Somebody)> {
    let (name, value) = split(id).ok()?;
    let namespace = view.catalog().namespace_id(name)?;
    let definition = view.catalog().namespace(namespace)?;
    let identifier = Identifier::new(namespace, definition);
    let value = identifier.normal(value);
    if definition.household || identifier.judge(&value) != Verdict::Fine {
        return None;
    }
    let own = Somebody {
        namespace,
        slot: view.ids().slot(namespace, &value),
        value: value.into_owned(),
    };
    Some((definition.priority, own))
}

/// Holds what was granted.
pub(crate) fn hold(state: &mut State, grants: &[Grant], time: Instant) {
    let (known, mut key) = (state.view.population(), Vec::new());
    for grant in grants {
        let owner = grant.owner.as_ref();
        let owner =
            owner.map(|(namespace, value)| state.view.ids.intern(*namespace, value, &mut key));
        let held = grant.reservation(owner, time);
        state.view.reservations.hold(grant.id, held);
        if let Some(at) = grant.exposed.filter(|at| *at > time) {
            state.view.reservations.expose(grant.id, at, time);
        }
    }
    state.live.meet(known, state.view.population());
}

/// The exposure of a key, where it has come as an event.
pub(super) fn exposure_of(state: &State, id: u128, time: Instant) -> Option<Seen> {
    let seen = state.remembered_each(&[id], time).into_iter().next();
    let seen = seen.map(|(_, own)| own);
    seen.filter(|own| state.view.exposures.is_exposure(own.event_type))
}
