//! What auctions are decided with: the index of a book, and how its line items stand.
//!
//! A market follows the published view. Whoever edits the book builds the new index and waits for it; until then auctions are decided
//! with the old one. A mask is made anew when the book changes in status, flight or budget, a flight begins or ends, a
//! budget is spent, or what spends evenly moves on.

pub(crate) mod past;

use std::cell::RefCell;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use treffer_core::auction::exposure::Tally;
use treffer_core::auction::request::{Impression, Request};
use treffer_core::auction::reserve::{USUAL_EXPOSURE, names_somebody};
use treffer_core::auction::spend::Closed;
use treffer_core::auction::viewer::{Caps, stranger};
use treffer_core::auction::{
    Auction, Book, Decider, Index, Mask, Outcome, Policy, Scratch, Standing, Viewer,
};
use treffer_core::catalog::Catalog;
use treffer_core::explain;
use treffer_core::id::{ProfileId, SegmentId};
use treffer_core::person::Person;
use treffer_core::rule::Plan;
use treffer_core::rule::plan::Leaf;
use treffer_core::time::Instant;
use treffer_core::view::View;

use self::past::Ground;
use crate::swaps::Swaps;

/// The market of a running engine.
#[derive(Debug, Default)]
pub(crate) struct Stall {
    current: Mutex<Option<Arc<Market>>>,
    swaps: Swaps,
}

/// What auctions are decided with for a while. Only [`Market::follows`] says whether it still holds.
#[derive(Debug)]
pub(crate) struct Market {
    index: Arc<Index>,
    catalog: Catalog,
    mask: Mask,
    standing: Standing,
    /// Segments of somebody of whom nothing is known.
    stranger: Arc<[SegmentId]>,
    /// A flight begins or ends.
    turns: Option<Instant>,
    /// Whose budgets are spent.
    closed: Closed,
    /// The turn of spending that it follows.
    spent: u64,
    /// Made for the first auction that is kept.
    ground: OnceLock<Arc<Ground>>,
}

/// The person of a request, looked up once for all its impressions.
#[derive(Debug)]
pub(crate) struct Known {
    /// None: nobody is to be known.
    person: Option<Identified>,
}

#[derive(Debug)]
struct Identified {
    profile: Option<ProfileId>,
    /// What the profile is in.
    segments: Vec<SegmentId>,
    /// What was shown already; none: nobody can tell.
    tally: Option<Tally>,
}

thread_local! {
    /// Room for the auctions of this thread.
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

impl Stall {
    /// The market of a view, without waiting for an index that is being built.
    pub(crate) fn market(&self, view: &View) -> Arc<Market> {
        let old = self.pointer().clone();
        match old {
            Some(old) if old.follows(view) => old,
            Some(old) => self.put(old.followed(view)),
            None => {
                self.rebuild(view);
                self.market(view)
            }
        }
    }

    /// Builds the index anew where the book of the view is another; gives the version of the index.
    pub(crate) fn rebuild(&self, view: &View) -> u64 {
        let version = view.catalog().book().version;
        let held = self.pointer().as_ref().map(|old| Arc::clone(&old.index));
        if held.as_ref().is_none_or(|held| held.version() < version) {
            let index = Arc::new(match held {
                Some(held) => held.rebuilt(view.catalog()),
                None => Index::build(view.catalog()),
            });
            self.swaps.note(view, index.version());
            self.put(Market::of(view, index));
        }
        version
    }

    fn put(&self, market: Market) -> Arc<Market> {
        let market = Arc::new(market);
        let mut current = self.pointer();
        // Of two that were made at once the one with the newer index stays.
        let is_newer = |old: &Arc<Market>| old.index.version() > market.index.version();
        if !current.as_ref().is_some_and(is_newer) {
            *current = Some(Arc::clone(&market));
        }
        market
    }

    /// Bytes of the index on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        let held = self.pointer();
        held.as_ref().map_or(0, |own| own.index.heap_bytes())
    }

    /// The changes of the index.
    pub(crate) const fn swaps(&self) -> &Swaps {
        &self.swaps
    }

    fn pointer(&self) -> std::sync::MutexGuard<'_, Option<Arc<Market>>> {
        // Nothing that can panic runs under this lock.
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn standing(view: &View, closed: &Closed) -> Standing {
    Standing {
        spent: closed.line_items.clone(),
        spent_campaigns: closed.campaigns.clone(),
        pace: view.spending().paces().collect(),
        ..Standing::at(view.time())
    }
}

impl Market {
    fn of(view: &View, index: Arc<Index>) -> Self {
        let (catalog, spending) = (view.catalog(), view.spending());
        let closed = spending.closed(catalog.book(), view.time());
        let standing = standing(view, &closed);
        Self {
            mask: Mask::of(&index, catalog, &standing),
            turns: standing.stands_until(catalog.book()),
            stranger: stranger(view).into(),
            spent: spending.turns(),
            catalog: catalog.clone(),
            closed,
            index,
            standing,
            ground: OnceLock::new(),
        }
    }

    /// The market of a later view, with the same index; as little as possible is made anew.
    fn followed(&self, view: &View) -> Self {
        let (catalog, spending) = (view.catalog(), view.spending());
        let is_turned = self.turns.is_some_and(|turns| turns <= view.time());
        if is_turned || !self.catalog.is_for_auctions(catalog) || view.time() < self.standing.time {
            return Self::of(view, Arc::clone(&self.index));
        }
        let closed = spending.closed_since(catalog.book(), view.time(), &self.closed);
        let standing = standing(view, &closed);
        let both = (&self.standing, &standing);
        let mask = self.mask.follow(&self.index, catalog, both);
        Self {
            mask: mask.unwrap_or_else(|| Mask::of(&self.index, catalog, &standing)),
            turns: self.turns,
            stranger: Arc::clone(&self.stranger),
            spent: spending.turns(),
            catalog: catalog.clone(),
            closed,
            index: Arc::clone(&self.index),
            standing,
            ground: OnceLock::new(),
        }
    }

    /// Whether it is good for a view.
    fn follows(&self, view: &View) -> bool {
        self.catalog.is_for_auctions(view.catalog())
            && self.spent == view.spending().turns()
            && view.time() >= self.standing.time
            && [self.turns, self.closed.until]
                .into_iter()
                .flatten()
                .all(|until| view.time() < until)
    }

    /// The version of its index.
    pub(crate) fn version(&self) -> u64 {
        self.index.version()
    }

    fn viewer<'a>(&'a self, view: &'a View, known: &'a Known) -> Viewer<'a> {
        let Some(person) = &known.person else {
            return Viewer::Nobody;
        };
        Viewer::Person {
            segments: person.segments_or(&self.stranger),
            caps: match &person.tally {
                Some(tally) => Caps::Reached(tally.reached()),
                None => Caps::Missing,
            },
            key: person.profile.and_then(|profile| view.row_key(profile)),
        }
    }

    /// Decides the impressions of a request, one after the other: what bids on one may be shown there, and counts for the caps of
    /// the next.
    pub(crate) fn decide_all(
        &self,
        view: &View,
        policy: &Policy,
        request: &Request,
        known: &mut Known,
    ) -> Vec<Outcome> {
        let decide = |impression: &Impression| {
            let outcome = self.decide(view, policy, (request, impression), known);
            known.expect(view, &outcome);
            outcome
        };
        request.impressions.iter().map(decide).collect()
    }

    /// Calls `visit` with each impression and the person before it, as [`Market::decide_all`] comes to them.
    pub(crate) fn each<'a>(
        &self,
        view: &View,
        policy: &Policy,
        request: &'a Request,
        known: &mut Known,
        mut visit: impl FnMut(&'a Impression, &Known),
    ) {
        let mut impressions = request.impressions.iter().peekable();
        while let Some(impression) = impressions.next() {
            visit(impression, known);
            if impressions.peek().is_some() {
                let outcome = self.decide(view, policy, (request, impression), known);
                known.expect(view, &outcome);
            }
        }
    }

    fn decide(
        &self,
        view: &View,
        policy: &Policy,
        (request, impression): (&Request, &Impression),
        known: &Known,
    ) -> Outcome {
        let decider = Decider {
            index: &self.index,
            mask: &self.mask,
            policy,
        };
        let (viewer, mut outcome) = (self.viewer(view, known), Outcome::default());
        SCRATCH.with_borrow_mut(|scratch| {
            decider.decide(request, impression, viewer, scratch, &mut outcome);
        });
        outcome
    }

    /// Calls `visit` with an auction that is decided from the definitions, line item by line item.
    pub(crate) fn explain<R>(
        &self,
        view: &View,
        policy: &Policy,
        (request, impression): (&Request, &Impression),
        known: &Known,
        visit: impl FnOnce(&Auction<'_>) -> R,
    ) -> R {
        let profile = known.profile();
        let person = profile.map_or_else(Person::default, |profile| view.person(profile));
        let truth = |leaf: &Leaf| {
            let plan = Plan::Leaf(leaf.clone());
            explain::holds(&plan, &person, view.catalog(), view.time())
        };
        visit(&Auction {
            catalog: view.catalog(),
            stands: view.catalog(),
            standing: &Standing {
                time: view.time(),
                ..self.standing.clone()
            },
            policy,
            request,
            impression,
            viewer: self.viewer(view, known),
            truth: &truth,
        })
    }
}

/// Counts what bids on an impression for the caps of the next, each line item once.
fn expect(tally: &mut Tally, book: &Book, outcome: &Outcome) {
    let mut bids: Vec<_> = outcome.bids.iter().map(|bid| bid.line_item).collect();
    bids.sort_unstable();
    bids.dedup();
    tally.expect(book, USUAL_EXPOSURE, bids.into_iter());
}

impl Identified {
    /// What the person is in; `stranger`: what somebody is in of whom nothing is known.
    fn segments_or<'a>(&'a self, stranger: &'a [SegmentId]) -> &'a [SegmentId] {
        if self.profile.is_some() {
            &self.segments
        } else {
            stranger
        }
    }
}

/// Whom ids stand for: the first that is known by priority of its namespace.
fn best_known(view: &View, ids: &[String]) -> Option<ProfileId> {
    let priority = |id: &str| {
        let (namespace, _) = id.split_once(':')?;
        let catalog = view.catalog();
        let id = catalog.namespace_id(namespace)?;
        catalog.namespace(id).map(|own| own.priority)
    };
    let known = ids.iter().filter_map(|id| {
        let profile = view.profile(id).ok()?;
        Some((priority(id), profile))
    });
    // Of equal priorities the first of the request counts.
    let best = known.rev().max_by_key(|own| own.0);
    best.map(|own| own.1)
}

impl Known {
    /// Looks up who a request is about, unless consent forbids it. Ids that name nobody, such as barred values, are as none.
    pub(crate) fn of(view: &View, policy: &Policy, request: &Request) -> Self {
        if request.ids.is_empty() || policy.denies_all(&request.consent) {
            return Self { person: None };
        }
        let profile = best_known(view, &request.ids);
        let is_nobody = || !request.ids.iter().any(|id| names_somebody(view, id));
        if profile.is_none() && is_nobody() {
            return Self { person: None };
        }
        let row = profile.map(|profile| view.segments_of(profile));
        Self {
            person: Some(Identified {
                profile,
                segments: row.map_or_else(Vec::new, |own| own.iter().collect()),
                tally: view.exposures().tally(view, profile, request),
            }),
        }
    }

    /// Counts what bids on an impression for the caps of the next.
    fn expect(&mut self, view: &View, outcome: &Outcome) {
        let Some(tally) = self.person.as_mut().and_then(|own| own.tally.as_mut()) else {
            return;
        };
        expect(tally, view.catalog().book(), outcome);
    }

    /// The profile; none where nobody is to be known, or nobody has the ids.
    pub(crate) fn profile(&self) -> Option<ProfileId> {
        self.person.as_ref()?.profile
    }
}
