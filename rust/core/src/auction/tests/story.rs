//! What happened to reservations, remembered in plain lists.

use std::collections::BTreeMap;

use crate::auction::cap::{CapDefinition, CapUnit};
use crate::auction::key::Key;
use crate::auction::reason::Stage;
use crate::auction::reservation::KNOWN_FOR;
use crate::auction::reserve::Answer;
use crate::time::{Duration, Instant};

pub(super) const START: Instant = Instant(1_700_000_000_000);
pub(super) const ITEMS: [&str; 3] = ["red", "white", "unbound"];
pub(super) const PEOPLE: u8 = 4;
pub(super) const BUDGET: i64 = 12_000;

pub(super) fn cap(count: u32, minutes: i64, unit: CapUnit) -> CapDefinition {
    CapDefinition {
        count,
        window: Duration(minutes * Duration::MINUTE.0),
        unit,
        types: Vec::new(),
    }
}

pub(super) fn caps_of(item: u8) -> Vec<CapDefinition> {
    match item {
        0 => vec![
            cap(1, 10, CapUnit::Profile),
            campaign_cap(),
            household_cap(),
        ],
        1 => vec![campaign_cap(), household_cap()],
        _ => Vec::new(),
    }
}

pub(super) fn campaign_cap() -> CapDefinition {
    cap(2, 60, CapUnit::Profile)
}

pub(super) fn household_cap() -> CapDefinition {
    cap(3, 60, CapUnit::Household)
}

pub(super) fn key(number: u8, item: u8) -> Key {
    Key {
        request: format!("request {number}"),
        impression: "1".to_owned(),
        line_item: ITEMS[usize::from(item)].to_owned(),
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fate {
    Held,
    Cancelled,
    Confirmed,
}

/// A reservation as it is remembered.
#[derive(Clone, Debug)]
pub(super) struct Own {
    pub(super) item: u8,
    pub(super) who: Option<u8>,
    pub(super) made: Instant,
    pub(super) lapses: Instant,
    pub(super) price: i64,
    pub(super) fate: Fate,
}

/// All that happened, in plain lists.
#[derive(Default)]
pub(super) struct Story {
    pub(super) now: i64,
    pub(super) made: BTreeMap<(u8, u8), Own>,
    /// Event id, line item, person, time.
    pub(super) events: Vec<(String, u8, u8, Instant)>,
    /// By person the smallest of those that are one.
    pub(super) one: Vec<u8>,
    pub(super) spent: BTreeMap<u8, i64>,
    pub(super) overruns: u64,
    /// Until when a hold counts whose exposure has come ahead of its time.
    pub(super) covered: BTreeMap<(u8, u8), Instant>,
}

impl Story {
    pub(super) fn new() -> Self {
        Self {
            one: (0..PEOPLE).collect(),
            ..Self::default()
        }
    }

    pub(super) fn time(&self) -> Instant {
        Instant(START.0 + self.now)
    }

    pub(super) fn is_known(&self, own: &Own) -> bool {
        self.time() < own.made.plus(KNOWN_FOR)
    }

    pub(super) fn find(&self, at: (u8, u8)) -> Option<&Own> {
        self.made.get(&at).filter(|own| self.is_known(own))
    }

    pub(super) fn is_exposed(&self, at: (u8, u8)) -> bool {
        let id = key(at.0, at.1).event_id();
        self.events.iter().any(|own| own.0 == id)
    }

    /// Exposures of a line item that count within a window.
    pub(super) fn count(&self, item: u8, who: u8, cap: &CapDefinition) -> u32 {
        // People 0 and 1 are of one household.
        let same = |other: u8| {
            let is_one = self.one[usize::from(other)] == self.one[usize::from(who)];
            let home = |own: u8| {
                (0..PEOPLE)
                    .any(|id| id < 2 && self.one[usize::from(id)] == self.one[usize::from(own)])
            };
            is_one || (cap.unit == CapUnit::Household && home(who) && home(other))
        };
        let alike = |other: u8| match (item, other) {
            (0 | 1, 0 | 1) => other == item || cap.count > 1,
            _ => other == item,
        };
        let now = self.time();
        let events = self.events.iter();
        let events = events.filter(|(_, own, of, at)| {
            alike(*own) && same(*of) && *at > now.minus(cap.window) && *at <= now
        });
        let held = self.made.iter().filter(|(at, own)| {
            let is_held = own.fate == Fate::Held && now < own.lapses && !self.is_exposed(**at);
            let is_held = is_held || self.covered.get(at).is_some_and(|until| now < *until);
            is_held && alike(own.item) && own.who.is_some_and(same)
        });
        (events.count() + held.count()) as u32
    }

    pub(super) fn is_full(&self, item: u8, who: u8) -> bool {
        let caps = caps_of(item);
        caps.iter()
            .any(|cap| self.count(item, who, cap) >= cap.count)
    }

    pub(super) fn reserve(
        &mut self,
        (number, item, who, lapse, price): (u8, u8, Option<u8>, i64, i64),
    ) -> Answer {
        let at = (number, item);
        match self.find(at) {
            Some(own) if own.fate == Fate::Confirmed => return Answer::Confirmed,
            Some(own) if own.fate == Fate::Held && self.time() < own.lapses => {
                return Answer::Again;
            }
            _ => {}
        }
        if item == 2 && self.spent.get(&2).copied().unwrap_or(0) >= BUDGET {
            return Answer::Fell(Stage::Budget);
        }
        if !caps_of(item).is_empty() {
            match who {
                None => return Answer::Fell(Stage::CapStateMissing),
                Some(who) if self.is_full(item, who) => return Answer::Fell(Stage::Cap),
                Some(_) => {}
            }
        }
        let made = self.time();
        let own = Own {
            item,
            who,
            made,
            lapses: made.plus(Duration(lapse * Duration::MINUTE.0)),
            price,
            fate: Fate::Held,
        };
        self.made.insert(at, own);
        self.covered.remove(&at);
        self.cover(at);
        Answer::Done
    }

    /// What is held goes on to be until its exposure counts.
    fn cover(&mut self, at: (u8, u8)) {
        let (id, now) = (key(at.0, at.1).event_id(), self.time());
        let event = self.events.iter().find(|own| own.0 == id);
        let Some(time) = event.map(|own| own.3).filter(|time| *time > now) else {
            return;
        };
        let is_held = |own: &Own| own.fate == Fate::Held && now < own.lapses;
        if self.find(at).is_some_and(is_held) {
            self.covered.insert(at, time);
        }
    }

    /// An exposure came under the key of a reservation, or under an id of its own.
    pub(super) fn expose(&mut self, id: &str, at: (u8, u8), who: u8, time: Instant) {
        if self.events.iter().all(|own| own.0 != id) {
            self.events.push((id.to_owned(), at.1, who, time));
            if id == key(at.0, at.1).event_id() {
                self.cover(at);
            }
        }
    }

    pub(super) fn confirm(&mut self, (number, item, price): (u8, u8, Option<i64>)) -> Answer {
        let (at, now) = ((number, item), self.time());
        let Some(own) = self.find(at).cloned() else {
            return Answer::Unknown;
        };
        if own.fate == Fate::Confirmed {
            return Answer::Again;
        }
        if let Some(who) = own.who.filter(|_| !self.is_exposed(at)) {
            let is_late = own.fate != Fate::Held || own.lapses <= now;
            self.overruns += u64::from(is_late && self.is_full(item, who));
            self.events
                .push((key(number, item).event_id(), item, who, now));
        }
        *self.spent.entry(item).or_default() += price.unwrap_or(own.price);
        self.made.get_mut(&at).unwrap().fate = Fate::Confirmed;
        Answer::Done
    }

    pub(super) fn cancel(&mut self, at: (u8, u8)) -> Answer {
        match self.find(at).map(|own| own.fate) {
            None => Answer::Unknown,
            Some(Fate::Confirmed) => Answer::Confirmed,
            Some(Fate::Cancelled) => Answer::Again,
            Some(Fate::Held) => {
                self.made.get_mut(&at).unwrap().fate = Fate::Cancelled;
                Answer::Done
            }
        }
    }
}
