//! One auction as it was decided: everything that the decision depended on, so that it can be made again. The person is in it as the
//! segments and caps that counted, never as a view, which would keep alive what is erased.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use treffer_core::auction::exposure::Tally;
use treffer_core::auction::line_item::LineItem;
use treffer_core::auction::request::{DurationFloor, Impression, Offer, Ratio, Request, Size};
use treffer_core::auction::standing::segment;
use treffer_core::auction::viewer::Caps;
use treffer_core::auction::{
    Auction, Decider, Index, Mask, Outcome, Policy, Scratch, Standing, Viewer,
};
use treffer_core::catalog::Catalog;
use treffer_core::id::{ProfileId, SegmentId};
use treffer_core::person::Person;
use treffer_core::rule::plan::Leaf;
use treffer_core::rule::targeting::Target;
use treffer_core::time::Instant;
use treffer_core::view::View;

use super::{Known, Market, SCRATCH, best_known, expect};
use crate::spans::Fates;

/// What a decision says it was made from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Basis {
    /// The version of the view.
    pub(crate) view: u64,
    /// That of the index.
    pub(crate) index: u64,
    /// See [`Request::fingerprint`].
    pub(crate) request: u64,
}

impl Basis {
    /// What deciding a request by this view and market is made from.
    pub(crate) fn of(view: &View, market: &Market, request: &Request) -> Self {
        Self {
            view: view.version(),
            index: market.version(),
            request: request.fingerprint(),
        }
    }
}

/// What all decisions of a market have in common. It does not keep the index, which is large and follows from the catalog.
#[derive(Debug)]
pub(crate) struct Ground {
    catalog: Catalog,
    /// What the index was built from: older while another is being built.
    indexed: Catalog,
    standing: Standing,
    index: Weak<Index>,
}

/// An auction that was decided.
#[derive(Debug)]
pub(crate) struct Past {
    /// As it was settled; without ids where nobody was looked up.
    pub(crate) request: Request,
    pub(crate) policy: Policy,
    pub(crate) basis: Basis,
    /// The time of the view.
    pub(crate) time: Instant,
    /// The answer; `None`: it is not known.
    pub(crate) outcomes: Option<Vec<Outcome>>,
    ground: Arc<Ground>,
    /// `None`: nobody was to be known.
    seen: Option<Seen>,
}

/// The person as far as they counted.
#[derive(Debug)]
struct Seen {
    profile: Option<ProfileId>,
    segments: Vec<SegmentId>,
    tally: Option<Tally>,
}

/// Which segment answers a condition on the profile.
#[derive(Debug)]
pub(crate) struct Answers<'a>(HashMap<&'a Leaf, SegmentId>);

impl<'a> Answers<'a> {
    /// For the rules of these line items.
    pub(crate) fn of(catalog: &Catalog, items: impl Iterator<Item = &'a LineItem>) -> Self {
        let leaves = items
            .flat_map(LineItem::rules)
            .flat_map(|rule| rule.leaves());
        let answers = leaves.filter_map(|target| match target {
            Target::Profile(leaf, _) => Some((leaf, segment(catalog, target)?)),
            Target::Context(..) => None,
        });
        Self(answers.collect())
    }

    pub(crate) fn get(&self, leaf: &Leaf) -> Option<SegmentId> {
        self.0.get(leaf).copied()
    }
}

impl Ground {
    /// The index; built again where nobody holds it any more.
    fn index(&self) -> Arc<Index> {
        let held = self.index.upgrade();
        held.unwrap_or_else(|| Arc::new(Index::build(&self.indexed)))
    }

    /// By what the definitions are to be read: an index that lags knows nothing of later ones.
    fn definitions(&self) -> &Catalog {
        if self.indexed.book().version == self.catalog.book().version {
            &self.catalog
        } else {
            &self.indexed
        }
    }
}

impl Market {
    /// What decisions of this market keep of it.
    fn ground(&self) -> &Arc<Ground> {
        self.ground.get_or_init(|| {
            Arc::new(Ground {
                catalog: self.catalog.clone(),
                indexed: self.index.catalog().clone(),
                standing: self.standing.clone(),
                index: Arc::downgrade(&self.index),
            })
        })
    }

    /// The auction as it is decided now, before it is.
    pub(crate) fn past(
        &self,
        view: &View,
        policy: &Policy,
        request: &Request,
        known: &Known,
    ) -> Past {
        let basis = Basis::of(view, self, request);
        let mut request = request.clone();
        if known.person.is_none() {
            request.ids.clear();
        }
        let seen = known.person.as_ref().map(|own| Seen {
            profile: own.profile,
            segments: own.segments_or(&self.stranger).to_vec(),
            tally: own.tally.clone(),
        });
        Past {
            request,
            policy: policy.clone(),
            basis,
            time: view.time(),
            outcomes: None,
            ground: Arc::clone(self.ground()),
            seen,
        }
    }

    /// Calls `visit` for each impression with the stage at which every line item fell, from the index, written over `fates`.
    pub(crate) fn trail(&self, past: &Past, fates: &mut Fates, visit: &mut dyn FnMut(&Fates)) {
        let decider = Decider {
            index: &self.index,
            mask: &self.mask,
            policy: &past.policy,
        };
        let outcomes = past.outcomes.as_deref().unwrap_or_default();
        past.each(outcomes, |impression, viewer| {
            fates.clear();
            SCRATCH.with_borrow_mut(|scratch| {
                let own = (&past.request, impression);
                decider.trail(own, viewer, scratch, &mut |item, fell| {
                    fates.set(item, fell);
                });
            });
            visit(fates);
        });
    }
}

impl Past {
    /// The profile that counted.
    pub(crate) fn profile(&self) -> Option<ProfileId> {
        self.seen.as_ref()?.profile
    }

    /// What was defined.
    pub(crate) fn catalog(&self) -> &Catalog {
        self.ground.definitions()
    }

    /// By whose status and flight line items stood: the book of then, which an index that lags does not know yet.
    pub(crate) fn stands(&self) -> &Catalog {
        &self.ground.catalog
    }

    /// How line items stood beside that.
    pub(crate) fn standing(&self) -> Standing {
        Standing {
            time: self.time,
            ..self.ground.standing.clone()
        }
    }

    /// Whether it is known who was in a segment then: it was live, under this name.
    pub(crate) fn knows(&self, segment: SegmentId, name: &str) -> bool {
        let own = self.ground.catalog.segment(segment);
        own.is_some_and(|own| !own.paused && own.definition.name == name)
    }

    /// Whether the person was in a segment.
    pub(crate) fn is_in(&self, segment: SegmentId) -> bool {
        let own = self.seen.as_ref();
        own.is_some_and(|own| own.segments.binary_search(&segment).is_ok())
    }

    /// The person as they are known today; `None`: nobody knows them any more.
    pub(crate) fn recall(&self, view: &View) -> Option<Person> {
        if self.profile().is_none() {
            return Some(Person::default());
        }
        best_known(view, &self.request.ids).map(|profile| view.person(profile))
    }

    fn viewer<'a>(&'a self, tally: Option<&'a Tally>) -> Viewer<'a> {
        let Some(seen) = &self.seen else {
            return Viewer::Nobody;
        };
        Viewer::Person {
            segments: &seen.segments,
            caps: tally.map_or(Caps::Missing, |own| Caps::Reached(own.reached())),
            key: None,
        }
    }

    fn tally(&self) -> Option<Tally> {
        self.seen.as_ref()?.tally.clone()
    }

    /// What bids on an impression counts for the caps of the next.
    fn expect(&self, tally: Option<&mut Tally>, outcome: &Outcome) {
        if let Some(tally) = tally {
            expect(tally, self.ground.catalog.book(), outcome);
        }
    }

    /// Calls `visit` with each impression and the person before it, what the outcomes of those before expect counted.
    pub(crate) fn each(
        &self,
        outcomes: &[Outcome],
        mut visit: impl FnMut(&Impression, Viewer<'_>),
    ) {
        let mut tally = self.tally();
        for (place, impression) in self.request.impressions.iter().enumerate() {
            visit(impression, self.viewer(tally.as_ref()));
            if let Some(outcome) = outcomes.get(place) {
                self.expect(tally.as_mut(), outcome);
            }
        }
    }

    /// Decides all impressions, one after the other.
    fn decided(&self, mut decide: impl FnMut(&Impression, Viewer<'_>) -> Outcome) -> Vec<Outcome> {
        let mut tally = self.tally();
        let decide = |impression| {
            let outcome = decide(impression, self.viewer(tally.as_ref()));
            self.expect(tally.as_mut(), &outcome);
            outcome
        };
        self.request.impressions.iter().map(decide).collect()
    }

    /// Decides it again with the index.
    pub(crate) fn decide(&self) -> Vec<Outcome> {
        let (index, mask) = self.grounds();
        self.decide_by(&index, &mask)
    }

    /// What it is decided by; good for all auctions of the same ground and time.
    pub(crate) fn grounds(&self) -> (Arc<Index>, Mask) {
        let index = self.ground.index();
        let mask = Mask::of(&index, &self.ground.catalog, &self.standing());
        (index, mask)
    }

    /// As [`Past::decide`] with what [`Past::grounds`] gave.
    pub(crate) fn decide_by(&self, index: &Index, mask: &Mask) -> Vec<Outcome> {
        let decider = Decider {
            index,
            mask,
            policy: &self.policy,
        };
        let mut scratch = Scratch::new(0);
        self.decided(|impression, viewer| {
            let mut outcome = Outcome::default();
            decider.decide(
                &self.request,
                impression,
                viewer,
                &mut scratch,
                &mut outcome,
            );
            outcome
        })
    }

    /// Decides it again from the definitions. Slow.
    pub(crate) fn prove(&self) -> Vec<Outcome> {
        let (catalog, standing) = (self.catalog(), self.standing());
        let items = catalog.book().line_items.iter().map(|(_, own)| own);
        let answers = Answers::of(catalog, items);
        let truth = |leaf: &Leaf| answers.get(leaf).is_some_and(|own| self.is_in(own));
        self.decided(|impression, viewer| {
            self.auction(
                (catalog, self.stands(), &standing),
                (impression, viewer),
                &truth,
            )
            .decide()
        })
    }

    /// One of its impressions, to be decided from these definitions by the status of those.
    pub(crate) fn auction<'a>(
        &'a self,
        (catalog, stands, standing): (&'a Catalog, &'a Catalog, &'a Standing),
        (impression, viewer): (&'a Impression, Viewer<'a>),
        truth: &'a dyn Fn(&Leaf) -> bool,
    ) -> Auction<'a> {
        Auction {
            catalog,
            stands,
            standing,
            policy: &self.policy,
            request: &self.request,
            impression,
            viewer,
            truth,
        }
    }

    /// Bytes on the heap, about, without what auctions of one market share.
    pub(crate) fn bytes(&self) -> usize {
        let outcomes = self.outcomes.iter().flatten();
        let bids: usize = outcomes.map(|own| size_of_val(&*own.bids)).sum();
        let segments = self.seen.as_ref().map_or(0, |own| own.segments.len());
        size_of::<Self>() + heap_bytes(&self.request) + bids + 4 * segments
    }

    /// Whether another was decided on the same ground.
    pub(crate) fn shares_ground(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.ground, &other.ground)
    }

    /// Bytes that auctions of its market share, about, as far as the auction `before` does not share them: probabilities move every few
    /// seconds, books seldom.
    pub(crate) fn shared_bytes(&self, before: Option<&Self>) -> usize {
        if before.is_some_and(|before| self.shares_ground(before)) {
            return 0;
        }
        let version = |own: &Self| own.ground.catalog.book().version;
        let is_same = before.is_some_and(|before| version(before) == version(self));
        let book = if is_same { 0 } else { BOOK_BYTES };
        let standing = &self.ground.standing;
        size_of::<Ground>() + book + 32 * (standing.pace.len() + standing.spent.len())
    }
}

/// What a version of the book and of the catalog takes beside what it shares with others, about.
const BOOK_BYTES: usize = 64 << 10;

/// Bytes of a request on the heap, about.
fn heap_bytes(own: &Request) -> usize {
    let lists = [
        &own.ids,
        &own.allowed_seats,
        &own.blocked_seats,
        &own.blocked_domains,
        &own.blocked_apps,
        &own.categories.blocked,
        &own.categories.allowed,
    ];
    let texts: usize = lists.into_iter().map(|own| text_bytes(own)).sum();
    // Names, values and what holds them.
    let said = 96 * own.context.iter().count();
    let impressions = own.impressions.iter().map(|own| {
        let said = 96 * own.context.iter().count();
        let offers = own.offers.iter().map(offer_bytes).sum::<usize>();
        size_of::<Impression>() + said + offers + 256 * own.deals.len()
    });
    texts + said + impressions.sum::<usize>()
}

fn text_bytes(all: &[String]) -> usize {
    all.iter().map(|own| own.len() + size_of::<String>()).sum()
}

fn offer_bytes(own: &Offer) -> usize {
    let lists = [
        &own.protocols,
        &own.apis,
        &own.blocked_attributes,
        &own.blocked_types,
    ];
    let numbers = lists.into_iter().map(Vec::len).sum::<usize>();
    let sizes = own.sizes.len() * size_of::<Size>() + own.ratios.len() * size_of::<Ratio>();
    let floors = own.floors.spans.len() * size_of::<DurationFloor>();
    let layout = own.layout.as_ref().map_or(0, |own| own.heap_bytes());
    size_of::<Offer>() + text_bytes(&own.mimes) + 4 * numbers + sizes + floors + layout
}
