//! What is kept of auctions, so that they can be looked at afterwards: the log, counts of delivery, and the latest views.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use treffer_core::auction::fingerprint::Sample;
use treffer_core::auction::request::Request;
use treffer_core::auction::{Outcome, Policy};
use treffer_core::time::Duration;
use treffer_core::view::View;

use crate::delivery::{Delivery, Moment};
use crate::journal::Journal;
use crate::market::past::Basis;
use crate::market::{Known, Market};
use crate::settings::Settings;

/// How much is kept of auctions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keeping {
    /// One request in so many is logged, by a draw that its id decides; 1: all, 0: none.
    pub log_one_in: u64,
    /// For how long in engine time.
    pub log_age: Duration,
    /// In how many bytes at most, about; the oldest go first.
    pub log_bytes: usize,
    /// One request in so many is counted for delivery, those that are logged among them.
    pub delivery_one_in: u64,
    /// Bytes of those counts.
    pub delivery_bytes: usize,
    /// Views that are kept for requests that callers bring; each keeps alive what it does not share with the next.
    pub views: usize,
    /// For how long in engine time.
    pub view_age: Duration,
}

impl Default for Keeping {
    fn default() -> Self {
        Self {
            log_one_in: 10_000,
            log_age: Duration::DAY,
            log_bytes: 64 << 20,
            delivery_one_in: 1_000,
            delivery_bytes: 128 << 20,
            views: 4,
            view_age: Duration::MINUTE,
        }
    }
}

/// What is kept.
#[derive(Debug)]
pub(crate) struct Hindsight {
    keeping: Keeping,
    logged: Sample,
    counted: Sample,
    journal: Journal,
    delivery: Delivery,
    /// What was noted last, so that most calls need no lock.
    noted: AtomicU64,
    moments: Mutex<VecDeque<Moment>>,
}

/// A decision and what it was made from.
#[derive(Debug)]
pub(crate) struct Decided {
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) basis: Basis,
}

impl Hindsight {
    pub(crate) fn of(settings: &Settings) -> Self {
        let (keeping, seed) = (settings.keeping, settings.auctions.seed);
        Self {
            keeping,
            logged: Sample::one_in(keeping.log_one_in, seed),
            counted: Sample::one_in(keeping.delivery_one_in, seed),
            journal: Journal::new(keeping.log_age, keeping.log_bytes),
            delivery: Delivery::new(keeping.delivery_bytes),
            noted: AtomicU64::new(u64::MAX),
            moments: Mutex::default(),
        }
    }

    pub(crate) const fn keeping(&self) -> &Keeping {
        &self.keeping
    }

    pub(crate) const fn journal(&self) -> &Journal {
        &self.journal
    }

    pub(crate) const fn delivery(&self) -> &Delivery {
        &self.delivery
    }

    /// Keeps a view for a while, with the market that decides by it.
    pub(crate) fn note(&self, view: &Arc<View>, market: &Arc<Market>) {
        let mark = view.version() ^ market.version().rotate_left(32);
        if self.keeping.views == 0 || self.noted.swap(mark, Ordering::Relaxed) == mark {
            return;
        }
        let oldest = view.time().minus(self.keeping.view_age);
        let mut moments = self.moments();
        moments.push_back((Arc::clone(view), Arc::clone(market)));
        let surplus = moments.len().saturating_sub(self.keeping.views);
        let mut gone: Vec<Moment> = moments.drain(..surplus).collect();
        while moments.front().is_some_and(|own| own.0.time() < oldest) {
            gone.extend(moments.pop_front());
        }
        drop(moments);
        self.delivery.free(gone);
    }

    /// The view and market of these versions, if they are still kept.
    pub(crate) fn moment(&self, view: u64, index: u64) -> Option<Moment> {
        let moments = self.moments();
        let own = |own: &&Moment| own.0.version() == view && own.1.version() == index;
        moments.iter().rev().find(own).cloned()
    }

    /// Decides a request, and keeps it where it is in a sample.
    pub(crate) fn decide(
        &self,
        (view, market): (&View, &Arc<Market>),
        policy: &Policy,
        request: &Request,
        known: &mut Known,
    ) -> Vec<Outcome> {
        let is_logged = self.logged.has(&request.id);
        let is_counted = self.counted.has(&request.id);
        let past = (is_logged || is_counted).then(|| market.past(view, policy, request, known));
        let outcomes = market.decide_all(view, policy, request, known);
        if let Some(mut past) = past {
            past.outcomes = Some(outcomes.clone());
            let past = Arc::new(past);
            if is_logged {
                self.journal.add(&past);
            }
            if is_counted {
                self.delivery.add(&past, market);
            }
        }
        outcomes
    }

    /// Forgets every auction of these ids or of the profiles that have them, and the kept views; gives how many auctions.
    pub(crate) fn forget(&self, view: &View, ids: &[String]) -> usize {
        let profiles: Vec<_> = ids.iter().filter_map(|id| view.profile(id).ok()).collect();
        drop(std::mem::take(&mut *self.moments()));
        self.noted.store(u64::MAX, Ordering::Relaxed);
        self.delivery.settle();
        self.journal.forget(|past| {
            let named = |id: &String| {
                let profile = view.profile(id);
                ids.contains(id) || profile.is_ok_and(|own| profiles.contains(&own))
            };
            past.request.ids.iter().any(named)
                || past.profile().is_some_and(|own| profiles.contains(&own))
        })
    }

    fn moments(&self) -> MutexGuard<'_, VecDeque<Moment>> {
        // Nothing that can panic runs under this lock.
        self.moments.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
