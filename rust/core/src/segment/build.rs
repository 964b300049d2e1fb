//! Segments that begin, change or end while everything else goes on: their streams are filled from history.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::feed::Cause;
use super::flips::Flip;
use super::formula::Node;
use super::group::Method;
use super::ledger::{Ledger, Match};
use super::live::{Live, Touch};
use super::network::{Added, Network, Removed};
use super::selector::{Selector, SlotCells, Slots};
use crate::event::run::SHARD_PROFILES;
use crate::id::{
    AttributeId, EventTypeId, GroupId, ItemAttributeId, ProfileId, SegmentId, StreamId,
};
use crate::profile::dictionary::IdSlot;
use crate::rule::plan::Field;
use crate::view::View;

/// Who is to be decided where a rule is new; new atoms that turn true see to it themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// Whoever is touched.
    Touched,
    /// Everybody of whom the rule names something that is true.
    Named,
    /// Everybody.
    Everybody,
}

/// Flips by segment, in their order.
type Turned = BTreeMap<SegmentId, Vec<Flip>>;

/// Who is in a segment by now: in the view, and as what has run out since has left it.
fn members(view: &View, segment: SegmentId, turned: &Turned) -> BTreeSet<u32> {
    let mut members: BTreeSet<u32> = view.members(segment).iter().collect();
    for flip in turned.get(&segment).into_iter().flatten() {
        if flip.entered {
            members.insert(flip.profile.0);
        } else {
            members.remove(&flip.profile.0);
        }
    }
    members
}

impl Live {
    /// Makes segments live, or gives them new rules; their plans are those of the view's catalog. Judged when the record is settled.
    pub(crate) fn define(&mut self, view: &View, segments: &[SegmentId]) {
        if self.adopts(view, segments) {
            return;
        }
        let mut all: BTreeSet<SegmentId> = segments.iter().copied().collect();
        for segment in segments {
            for user in self.network.asking_age_of(*segment) {
                // What holds of whom nothing is known may have changed inside.
                let removed = self.network.remove(user);
                self.drop_gone(&removed);
                all.insert(user);
            }
        }
        let mut added = Added::default();
        let turned = self.turned_since(&all);
        let order = view.catalog().segment_order().into_iter();
        let order: Vec<SegmentId> = order.filter(|segment| all.contains(segment)).collect();
        for segment in &order {
            if let Some(own) = view.catalog().segment(*segment) {
                if self.network.rule(*segment).is_none()
                    && members(view, *segment, &turned).is_empty()
                {
                    self.begun.insert(*segment);
                }
                let removed = self.network.define(view, *segment, &own.plan, &mut added);
                self.drop_gone(&removed);
            }
        }
        self.network.judge_births();
        self.climb();
        self.fresh = self.network.by_group(&added.atoms);
        let everybody = 0..self.bound(view);
        self.fill(view, &added.streams, everybody.clone(), Cause::Edit);
        self.judge_all(view, &added, everybody);
        order
            .iter()
            .for_each(|segment| self.decide_old(view, *segment, &added, &turned));
    }

    /// All profiles and owners are below.
    pub(super) fn bound(&self, view: &View) -> u32 {
        view.population().max(self.ledger.bound())
    }

    /// Who is to be decided where a rule is new.
    pub(super) fn scope(&self, segment: SegmentId, added: &Added) -> Scope {
        let is_new = |node: &Node| {
            node.as_atom()
                .is_some_and(|atom| added.atoms.contains(&atom))
        };
        let rule = self.network.rule(segment);
        let all_new = rule.is_none_or(|(formula, _)| formula.nodes().iter().all(is_new));
        if self.network.born().contains(&segment) {
            Scope::Everybody
        } else if all_new {
            Scope::Touched
        } else {
            Scope::Named
        }
    }

    /// Sees to it that whoever a new rule may say otherwise of is decided.
    fn decide_old(&mut self, view: &View, segment: SegmentId, added: &Added, turned: &Turned) {
        match self.scope(segment, added) {
            Scope::Everybody => self.redefined_for_all.push(segment),
            Scope::Named => _ = self.redefined.insert(segment),
            Scope::Touched => {}
        }
        let members = members(view, segment, turned).into_iter();
        self.reconsidered
            .extend(members.map(|profile| (segment, ProfileId(profile))));
    }

    /// What has turned in some segments since the view.
    fn turned_since(&self, segments: &BTreeSet<SegmentId>) -> Turned {
        let mut turned = Turned::default();
        let flips = self.flips.iter_from(0);
        for flip in flips.filter(|flip| segments.contains(&flip.segment)) {
            turned.entry(flip.segment).or_default().push(flip);
        }
        turned
    }

    /// Ends a segment: its members leave.
    pub(crate) fn remove(&mut self, view: &View, segment: SegmentId) {
        self.unprepare();
        let removed = self.network.remove(segment);
        self.drop_gone(&removed);
        self.climb();
        let turned = self.turned_since(&BTreeSet::from([segment]));
        for profile in members(view, segment, &turned).into_iter().map(ProfileId) {
            self.roster.set(profile, Node::segment(segment), false);
            let cause = Cause::Edit;
            self.flips.push(Flip {
                segment,
                profile,
                entered: false,
                cause,
            });
        }
    }

    /// Lets the roster follow the groups whose comparisons are others than before.
    pub(super) fn climb(&mut self) {
        let moves = self.network.take_moves();
        self.roster.climb(&moves);
        self.network.follow();
    }

    /// Begins anew from the catalog and the truth of the view: for declarations that reach into live rules.
    pub(crate) fn rebuild(&mut self, view: &View) {
        self.unprepare();
        self.network = Network::default();
        self.ledger = Ledger::default();
        self.roster.restart();
        let live = view.catalog().segments().filter(|own| !own.paused);
        let live: Vec<SegmentId> = live.map(|own| own.id).collect();
        self.define(view, &live);
    }

    /// What is derived of the truth of the view, made anew at its time: for comparisons.
    #[cfg(test)]
    pub(crate) fn made_anew(view: &View) -> (Self, View) {
        let (mut live, mut view) = (Self::default(), view.clone());
        view.members = super::columns::Columns::default();
        view.rows = super::rows::Rows::default();
        live.rebuild(&view);
        let time = view.time();
        live.settle(&mut view, time, None);
        live.publish(&mut view);
        (live, view)
    }

    /// Looks anew at everything that depends on attributes of items.
    pub(crate) fn items_changed(&mut self, view: &View, attributes: &BTreeSet<ItemAttributeId>) {
        let named =
            |field: &Field| matches!(field, Field::ItemAttribute(own) if attributes.contains(own));
        let streams = self.network.streams().filter(|(_, stream)| {
            let tests = stream.filter.iter().flat_map(|filter| filter.leaves());
            stream.payload.iter().any(named) || tests.into_iter().any(|test| named(&test.field))
        });
        let streams: BTreeSet<StreamId> = streams.map(|(id, _)| id).collect();
        for owner in (0..self.ledger.bound()).map(IdSlot) {
            let old: Vec<StreamId> = self
                .ledger
                .streams(owner)
                .filter(|own| streams.contains(own))
                .collect();
            let profile = view.ids.profile(owner);
            for stream in old {
                self.touch_stream(profile, stream, Cause::Item);
            }
        }
        self.network.selector.forget_items();
        self.ledger.drop_streams(&streams);
        let everybody = 0..self.bound(view);
        let streams: Vec<_> = streams.into_iter().collect();
        self.fill(view, &streams, everybody, Cause::Item);
        for (group, _) in self
            .network
            .groups()
            .filter(|(_, group)| matches!(group.method, Method::Whole { .. }))
        {
            for profile in view.live.iter().map(ProfileId) {
                self.touched.push(Touch {
                    profile,
                    group,
                    cause: Cause::Item,
                });
            }
        }
    }

    /// Fills streams that are empty from the history of some owners, and touches all whose matches they find.
    pub(super) fn fill(
        &mut self,
        view: &View,
        streams: &[StreamId],
        owners: Range<u32>,
        cause: Cause,
    ) {
        let mut selector = Selector::default();
        let mut types: BTreeSet<EventTypeId> = BTreeSet::new();
        for id in streams {
            if let Some(stream) = self.network.stream(*id) {
                selector.add(*id, stream);
                types.insert(stream.event_type);
            }
        }
        let (start, end) = (owners.start as usize, owners.end as usize);
        let shards = start / SHARD_PROFILES..end.div_ceil(SHARD_PROFILES);
        for event_type in types {
            let slots = Slots::new(view, event_type);
            for shard in shards.clone() {
                let filled = (&mut selector, event_type, &slots);
                self.fill_shard(view, filled, shard, &owners, cause);
            }
        }
    }

    fn fill_shard(
        &mut self,
        view: &View,
        (selector, event_type, slots): (&mut Selector, EventTypeId, &Slots),
        shard: usize,
        owners: &Range<u32>,
        cause: Cause,
    ) {
        let Some(run) = view.history.run(event_type, shard) else {
            return;
        };
        let mut hits: Vec<(StreamId, Match)> = Vec::new();
        run.for_each_profile(|local, events| {
            let owner = IdSlot((shard * SHARD_PROFILES) as u32 + u32::from(local));
            if !owners.contains(&owner.0) {
                return;
            }
            hits.clear();
            for event in events {
                let read = |slot: usize| run.field(slot)?.get(event);
                let (cells, time) = (SlotCells { slots, read }, run.time(event).0);
                selector.select(view, event_type, &cells, |stream, payload| {
                    hits.push((stream, Match { time, payload }));
                });
            }
            hits.sort_unstable();
            let profile = view.ids.profile(owner);
            for own in hits.chunk_by(|a, b| a.0 == b.0) {
                for (stream, matching) in own {
                    self.ledger.insert(owner, *stream, *matching);
                }
            }
            for (stream, matching) in &hits {
                self.touch_concerned(view, profile, (*stream, *matching), cause);
            }
        });
    }

    /// Touches new groups, and old ones with new atoms, for every profile within some numbers, or whose owners are, of which they may
    /// say yes.
    pub(super) fn judge_all(&mut self, view: &View, added: &Added, numbers: Range<u32>) {
        let mut by_stream: BTreeMap<StreamId, Vec<GroupId>> = BTreeMap::new();
        for id in &added.groups {
            match self.network.group(*id).map(|group| &group.method) {
                Some(Method::Attribute(attribute)) => {
                    let (attribute, id) = (*attribute, *id);
                    self.touch_present(view, attribute, id, numbers.clone());
                }
                Some(Method::Whole { .. }) => {
                    for profile in live(view, numbers.clone()) {
                        self.touched.push(Touch {
                            profile,
                            group: *id,
                            cause: Cause::Edit,
                        });
                    }
                }
                Some(method) => {
                    for stream in method.streams() {
                        by_stream.entry(stream).or_default().push(*id);
                    }
                }
                None => {}
            }
        }
        // Streams that were filled just now have touched their watchers already.
        added
            .streams
            .iter()
            .for_each(|stream| _ = by_stream.remove(stream));
        if by_stream.is_empty() {
            return;
        }
        for owner in numbers.map(IdSlot) {
            for (stream, groups) in &by_stream {
                if self.ledger.matches(owner, *stream).is_empty() {
                    continue;
                }
                let profile = view.ids.profile(owner);
                for group in groups {
                    self.touched.push(Touch {
                        profile,
                        group: *group,
                        cause: Cause::Edit,
                    });
                }
            }
        }
    }

    fn touch_present(
        &mut self,
        view: &View,
        attribute: AttributeId,
        group: GroupId,
        numbers: Range<u32>,
    ) {
        let column = view.fact(attribute).column();
        let written = live(view, numbers).filter(|profile| column.read(profile.0).is_some());
        self.touched.extend(written.map(|profile| Touch {
            profile,
            group,
            cause: Cause::Edit,
        }));
    }

    /// Lets go of what nobody asks any more.
    pub(super) fn drop_gone(&mut self, removed: &Removed) {
        if !removed.streams.is_empty() {
            self.ledger.drop_streams(&removed.streams);
        }
        if !removed.atoms.is_empty() {
            self.roster.drop_gone(&removed.atoms, &removed.groups);
        }
    }
}

/// The profiles that live within some numbers.
fn live(view: &View, numbers: Range<u32>) -> impl Iterator<Item = ProfileId> {
    let live = numbers.filter(|profile| view.live.contains(*profile));
    live.map(ProfileId)
}
