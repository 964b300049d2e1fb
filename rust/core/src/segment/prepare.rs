//! Segments that are built before the record that defines them: piece by piece, so that other records come between.
//!
//! It is a cache and nothing else: a record that finds nothing prepared builds the same in one go. What new rules watch is watched from
//! the beginning on, so that whatever comes meanwhile is judged too; whoever's turn has come is judged anew with all that the history
//! holds. Who is in the new segments is noted aside, and told when the record comes. Any other edit of segments ends it.
//!
//! A segment that is there already gets a shadow with its new rule and a number that the catalog has not given yet. When the record
//! comes, the segment takes over the rule, and whoever is not in both or in neither is decided.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;

use super::build::Scope;
use super::decide::Open;
use super::feed::Cause;
use super::flips::{Flip, Flips};
use super::formula::Node;
use super::live::Live;
use super::network::{Added, Removed};
use crate::catalog::SegmentDefinition;
use crate::id::{AtomId, GroupId, ProfileId, SegmentId};
use crate::rule::plan::Plan;
use crate::state::State;
use crate::view::View;

/// What is being built.
#[derive(Clone, Debug, Default)]
pub(super) struct Preparation {
    plans: Vec<Planned>,
    added: Added,
    fresh: HashMap<GroupId, Vec<AtomId>>,
    redefined: BTreeSet<SegmentId>,
    redefined_for_all: Vec<SegmentId>,
    /// The owner whose turn is next, and the first that was not known when it began.
    next: u32,
    end: u32,
}

/// A segment that is being built.
#[derive(Clone, Debug)]
struct Planned {
    segment: SegmentId,
    /// The number under which it is watched so far: of one that is there already that of its shadow.
    watched: SegmentId,
    plan: Plan,
}

/// Who is in a segment that nobody sees yet.
#[derive(Clone, Debug, Default)]
pub(super) struct Aside(Vec<u64>);

impl Aside {
    fn set(&mut self, profile: ProfileId, is_in: bool) {
        let (word, bit) = (profile.index() / 64, 1 << (profile.0 % 64));
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        if let Some(word) = self.0.get_mut(word) {
            *word = if is_in { *word | bit } else { *word & !bit };
        }
    }

    fn contains(&self, profile: ProfileId) -> bool {
        let word = self.0.get(profile.index() / 64);
        word.is_some_and(|word| word >> (profile.0 % 64) & 1 == 1)
    }

    fn iter(&self) -> impl Iterator<Item = ProfileId> {
        let words = self.0.iter().enumerate();
        words.flat_map(|(place, word)| {
            let bits = (0..64).filter(move |bit| word >> bit & 1 == 1);
            bits.map(move |bit| ProfileId((place * 64 + bit) as u32))
        })
    }
}

impl Live {
    /// Begins to build segments, each after those that it names. Their numbers and plans are those that the catalog will give.
    pub(crate) fn prepare(&mut self, view: &View, plans: Vec<(SegmentId, Plan)>) {
        self.unprepare();
        let mut added = Added::default();
        let bound = view.catalog().segment_bound() as u32;
        let last = plans.iter().map(|(segment, _)| segment.0 + 1).max();
        let mut shadows = (bound.max(last.unwrap_or(0))..).map(SegmentId);
        let watched = |(segment, plan): (SegmentId, Plan)| {
            let shadow = (segment.0 < bound).then(|| shadows.next()).flatten();
            let watched = shadow.unwrap_or(segment);
            Planned {
                segment,
                watched,
                plan,
            }
        };
        let plans: Vec<Planned> = plans.into_iter().map(watched).collect();
        for own in &plans {
            self.network
                .define(view, own.watched, &own.plan, &mut added);
        }
        self.network.judge_births();
        self.climb();
        let mut own = Preparation {
            fresh: self.network.by_group(&added.atoms),
            end: self.bound(view),
            ..Preparation::default()
        };
        for Planned { watched, .. } in &plans {
            match self.scope(*watched, &added) {
                Scope::Everybody => own.redefined_for_all.push(*watched),
                Scope::Named => _ = own.redefined.insert(*watched),
                Scope::Touched => {}
            }
            self.aside.insert(*watched, Aside::default());
        }
        own.added = added;
        own.plans = plans;
        let asks_age = |own: &Planned| !self.network.asking_age_of(own.segment).is_empty();
        let is_asked = own.plans.iter().any(asks_age);
        self.preparation = Some(Box::new(own));
        if is_asked {
            // How old a membership is comes of the rule of now, so whoever asks is built anew with it.
            self.unprepare();
        }
    }

    /// Whether anything is being prepared.
    pub(crate) const fn is_preparing(&self) -> bool {
        self.preparation.is_some()
    }

    /// Builds on for about so many owners; `true` when nothing is left to be built.
    pub(crate) fn prepare_more(&mut self, view: &View, owners: u32) -> bool {
        let Some(mut own) = self.preparation.take() else {
            return true;
        };
        let range = own.next..own.next.saturating_add(owners).min(own.end);
        own.next = range.end;
        std::mem::swap(&mut self.fresh, &mut own.fresh);
        if let Some(first) = own.added.streams.iter().min() {
            self.ledger.drop_from(range.clone(), *first);
        }
        self.fill(view, &own.added.streams, range.clone(), Cause::Edit);
        self.judge_all(view, &own.added, range.clone());
        let mut touched = std::mem::take(&mut self.touched);
        touched.sort_unstable();
        for alike in touched.chunk_by(|a, b| a.profile == b.profile) {
            self.settle_profile(view, alike, view.time(), &[]);
        }
        touched.clear();
        self.touched = touched;
        if !(own.redefined.is_empty() && own.redefined_for_all.is_empty()) {
            let mut open = Open::default();
            let profiles = range.filter(|profile| view.live.contains(*profile));
            for profile in profiles.map(ProfileId) {
                self.open_redefined(profile, &own.redefined, &own.redefined_for_all, &mut open);
                self.decide(profile, &mut open);
            }
        }
        std::mem::swap(&mut self.fresh, &mut own.fresh);
        let is_done = own.is_done();
        self.preparation = Some(own);
        is_done
    }

    /// Lets go of what was prepared.
    pub(crate) fn unprepare(&mut self) {
        let Some(own) = self.preparation.take() else {
            return;
        };
        let mut gone = Removed::default();
        for own in own.plans.iter().rev() {
            gone.add(self.network.remove(own.watched));
        }
        self.drop_gone(&gone);
        self.network.judge_births();
        self.climb();
        for (segment, members) in std::mem::take(&mut self.aside) {
            for profile in members.iter() {
                self.roster.set(profile, Node::segment(segment), false);
            }
        }
    }

    /// Whether exactly these segments are prepared as the catalog has them now: then they begin when the record is settled. Else what
    /// was prepared is let go.
    pub(super) fn adopts(&mut self, view: &View, segments: &[SegmentId]) -> bool {
        let is_alike = |own: &Planned| {
            let defined = view.catalog().segment(own.segment);
            segments.contains(&own.segment) && defined.is_some_and(|now| now.plan == own.plan)
        };
        let is_whole = |own: &Preparation| {
            own.is_done() && own.plans.len() == segments.len() && own.plans.iter().all(is_alike)
        };
        if !self.preparation.as_deref().is_some_and(is_whole) {
            self.unprepare();
            return false;
        }
        let plans = self.preparation.take().map(|own| own.plans);
        let is_shadow = |own: &Planned| own.watched != own.segment;
        let shadows = plans.into_iter().flatten().filter(is_shadow).collect();
        self.take_over(view, shadows);
        self.begun.extend(self.aside.keys());
        true
    }

    /// Gives segments the rules of their shadows, and sees to it that whoever these say otherwise of is decided.
    fn take_over(&mut self, view: &View, shadows: Vec<Planned>) {
        if shadows.is_empty() {
            return;
        }
        let (mut added, mut gone) = (Added::default(), Removed::default());
        for own in &shadows {
            // Nothing is added: the shadow asks the same.
            let removed = self
                .network
                .define(view, own.segment, &own.plan, &mut added);
            gone.add(removed);
            gone.add(self.network.remove(own.watched));
        }
        self.drop_gone(&gone);
        self.network.judge_births();
        self.climb();
        for Planned {
            segment, watched, ..
        } in shadows
        {
            let members = self.aside.remove(&watched).unwrap_or_default();
            // The view does not know yet what time has turned in this record.
            let turned = self.flips.iter_from(0);
            let turned = turned.filter(|flip| flip.segment == segment);
            let turned = turned.map(|flip| flip.profile);
            let old = view.members(segment).iter().map(ProfileId).chain(turned);
            let leaving = old.filter(|profile| !members.contains(*profile));
            let reconsidered = leaving.map(|profile| (segment, profile));
            self.reconsidered.extend(reconsidered);
            for profile in members.iter() {
                self.roster.set(profile, Node::segment(watched), false);
                if !self.roster.holds(profile, Node::segment(segment)) {
                    self.reconsidered.push((segment, profile));
                }
            }
        }
    }

    /// Tells who is in the segments that begin with this record and were prepared.
    pub(super) fn adopt(&mut self) {
        if self.preparation.is_some() {
            return;
        }
        for (segment, members) in std::mem::take(&mut self.aside) {
            self.flips.extend(members.iter().map(|profile| Flip {
                segment,
                profile,
                entered: true,
                cause: Cause::Edit,
            }));
        }
    }

    /// Notes that a membership has begun or ended.
    #[inline]
    pub(super) fn turned(&mut self, flip: Flip) {
        note(&mut self.aside, &mut self.flips, flip);
    }
}

/// Notes a flip where it belongs: aside where its segment is being prepared.
#[inline]
pub(super) fn note(aside: &mut BTreeMap<SegmentId, Aside>, flips: &mut Flips, flip: Flip) {
    match aside.get_mut(&flip.segment) {
        Some(members) => members.set(flip.profile, flip.entered),
        None => flips.push(flip),
    }
}

impl State {
    /// Begins to build segments before a command defines them, so that its record has little left to do; [`State::prepare_more`] goes on.
    /// `false` when they are to be built by the record alone: one is paused or comes twice, the age of one is asked for, or the command
    /// will be refused. What was prepared before is let go.
    pub fn prepare(&mut self, definitions: &[SegmentDefinition]) -> bool {
        self.live.unprepare();
        if let Some(plans) = self.view.catalog.planned(definitions) {
            self.live.prepare(&self.view, plans);
        }
        self.live.is_preparing()
    }

    /// Builds on what is prepared, for about so many ids of profiles; `true` when nothing is left to be built.
    pub fn prepare_more(&mut self, ids: u32) -> bool {
        self.live.prepare_more(&self.view, ids)
    }

    /// Lets go of what is prepared, if it is not defined after all.
    pub fn unprepare(&mut self) {
        self.live.unprepare();
    }
}

impl Preparation {
    const fn is_done(&self) -> bool {
        self.next >= self.end
    }
}
