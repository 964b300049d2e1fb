//! Segments that begin, change or end while everything else goes on: their streams are filled from history.

use std::collections::{BTreeMap, BTreeSet};

use super::feed::{Cause, Flip};
use super::group::{Method, Node};
use super::ledger::{Ledger, Match};
use super::live::{Live, Touch};
use super::network::{Added, Network, Removed};
use super::selector::{Selector, SlotCells};
use super::touch::slots;
use crate::event::run::SHARD_PROFILES;
use crate::id::{
    AttributeId, EventTypeId, GroupId, ItemAttributeId, ProfileId, SegmentId, StreamId,
};
use crate::profile::dictionary::IdSlot;
use crate::rule::plan::Field;
use crate::time::Instant;
use crate::view::View;

impl Live {
    /// Makes a segment live, or gives it a new rule; its plan is that of the view's catalog. Judged when the record is settled.
    pub(crate) fn define(&mut self, view: &View, segment: SegmentId) {
        let aged = self.network.asking_age_of(segment);
        for user in &aged {
            let removed = self.network.remove(*user);
            self.drop_gone(&removed);
        }
        self.define_one(view, segment);
        for user in aged.iter().filter(|user| **user != segment) {
            self.define_one(view, *user);
        }
    }

    fn define_one(&mut self, view: &View, segment: SegmentId) {
        let Some(plan) = view.catalog().segment(segment).map(|own| &own.plan) else {
            return;
        };
        let (added, removed) = self.network.define(view, segment, plan);
        self.drop_gone(&removed);
        self.fill(view, &added.streams, Cause::Edit);
        self.judge_all(view, &added);
        self.redefined.push(segment);
    }

    /// Ends a segment: its members leave.
    pub(crate) fn remove(&mut self, view: &mut View, segment: SegmentId, t: Instant) {
        let removed = self.network.remove(segment);
        self.drop_gone(&removed);
        let members = view
            .members
            .get(segment.index())
            .cloned()
            .unwrap_or_default();
        let before = self.flips.len();
        for profile in members.iter().map(ProfileId) {
            self.roster.set(profile, Node::segment(segment), false);
            let cause = Cause::Edit;
            self.flips.push(Flip {
                segment,
                profile,
                entered: false,
                cause,
            });
        }
        view.feed
            .push(t, self.flips.get(before..).unwrap_or_default(), None);
    }

    /// Begins anew from the catalog and the truth of the view: for declarations that reach into live rules.
    pub(crate) fn rebuild(&mut self, view: &View) {
        self.network = Network::default();
        self.ledger = Ledger::default();
        self.roster.restart();
        let mut all = Added::default();
        for segment in view.catalog().segment_order() {
            if let Some(own) = view.catalog().segment(segment).filter(|own| !own.paused) {
                let (added, _) = self.network.define(view, segment, &own.plan);
                all.streams.extend(added.streams);
                all.groups.extend(added.groups);
                self.redefined.push(segment);
            }
        }
        self.fill(view, &all.streams, Cause::Edit);
        self.judge_all(view, &all);
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
        self.ledger.drop_streams(|stream| streams.contains(&stream));
        self.fill(view, &streams.into_iter().collect::<Vec<_>>(), Cause::Item);
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

    /// Fills empty streams from the history and touches all whose matches they find.
    fn fill(&mut self, view: &View, streams: &[StreamId], cause: Cause) {
        let mut selector = Selector::default();
        let mut types: BTreeSet<EventTypeId> = BTreeSet::new();
        for id in streams {
            if let Some(stream) = self.network.stream(*id) {
                selector.add(*id, stream);
                types.insert(stream.event_type);
            }
        }
        let shards = (view.population() as usize).div_ceil(SHARD_PROFILES);
        for event_type in types {
            let slots = slots(view, event_type);
            for shard in 0..shards {
                self.fill_shard(view, &mut selector, event_type, &slots, shard, cause);
            }
        }
    }

    fn fill_shard(
        &mut self,
        view: &View,
        selector: &mut Selector,
        event_type: EventTypeId,
        slots: &BTreeMap<Field, usize>,
        shard: usize,
        cause: Cause,
    ) {
        let Some(run) = view.history.run(event_type, shard) else {
            return;
        };
        let mut hits: Vec<(StreamId, Match)> = Vec::new();
        run.for_each_profile(|local, events| {
            let owner = IdSlot((shard * SHARD_PROFILES) as u32 + u32::from(local));
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
                if let Some((stream, _)) = own.first() {
                    self.touch_stream(profile, *stream, cause);
                }
            }
        });
    }

    /// Touches new groups, and old ones with new atoms, for every profile of which they may say yes.
    fn judge_all(&mut self, view: &View, added: &Added) {
        let mut by_stream: BTreeMap<StreamId, Vec<GroupId>> = BTreeMap::new();
        for id in &added.groups {
            match self.network.group(*id).map(|group| &group.method) {
                Some(Method::Attribute(attribute)) => {
                    let (attribute, id) = (*attribute, *id);
                    self.touch_present(view, attribute, id);
                }
                Some(Method::Whole { .. }) => {
                    for profile in view.live.iter().map(ProfileId) {
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
        for owner in (0..self.ledger.bound()).map(IdSlot) {
            let profile = view.ids.profile(owner);
            for stream in self.ledger.streams(owner) {
                for group in by_stream.get(&stream).into_iter().flatten() {
                    self.touched.push(Touch {
                        profile,
                        group: *group,
                        cause: Cause::Edit,
                    });
                }
            }
        }
    }

    fn touch_present(&mut self, view: &View, attribute: AttributeId, group: GroupId) {
        let column = view.fact(attribute).column();
        for profile in view
            .live
            .iter()
            .filter(|profile| column.read(*profile).is_some())
        {
            let profile = ProfileId(profile);
            self.touched.push(Touch {
                profile,
                group,
                cause: Cause::Edit,
            });
        }
    }

    /// Lets go of what nobody asks any more.
    fn drop_gone(&mut self, removed: &Removed) {
        if !removed.streams.is_empty() {
            self.ledger
                .drop_streams(|stream| removed.streams.contains(&stream));
        }
        if !removed.atoms.is_empty() {
            self.roster.drop_gone(
                |node| {
                    node.as_atom()
                        .is_some_and(|atom| removed.atoms.contains(&atom))
                },
                |group| removed.groups.contains(&group),
            );
        }
    }
}
