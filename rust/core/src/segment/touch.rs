//! What a change touches: from events, writes and merges to groups of profiles.

use std::collections::{BTreeMap, BTreeSet};

use super::feed::{Cause, Flip};
use super::ledger::Match;
use super::live::{Live, Touch};
use super::selector::{RowCells, SlotCells};
use crate::event::history::StoredEvent;
use crate::event::ingest::EventBatch;
use crate::id::{AttributeId, EventTypeId, GroupId, ProfileId, StreamId};
use crate::profile::dictionary::IdSlot;
use crate::rule::plan::Field;
use crate::time::Instant;
use crate::view::View;

/// A row of a batch on its way to its owner's matches.
struct Hit {
    owner: IdSlot,
    stream: StreamId,
    matching: Match,
    row: u32,
}

impl Live {
    /// Takes in the events of a batch; `owners` and `columns` go by row.
    pub(crate) fn track(
        &mut self,
        view: &View,
        batch: &EventBatch,
        owners: &[Option<IdSlot>],
        columns: &[(Field, Vec<Option<i64>>)],
    ) {
        let mut hits: Vec<Hit> = Vec::new();
        for (row, (event_type, time)) in batch.types.iter().zip(&batch.times).enumerate() {
            let Some(owner) = owners.get(row).copied().flatten() else {
                continue;
            };
            let cells = RowCells { columns, row };
            let row = row as u32;
            self.network
                .selector
                .select(view, *event_type, &cells, |stream, payload| {
                    let matching = Match {
                        time: time.0,
                        payload,
                    };
                    hits.push(Hit {
                        owner,
                        stream,
                        matching,
                        row,
                    });
                });
            self.touch_whole(view.ids.profile(owner), *event_type, Cause::Event(row));
        }
        // One owner after the other, so that what belongs together is touched together.
        hits.sort_unstable_by_key(|hit| (hit.owner, hit.stream, hit.matching, hit.row));
        for hit in hits {
            self.ledger.insert(hit.owner, hit.stream, hit.matching);
            self.touch_stream(
                view.ids.profile(hit.owner),
                hit.stream,
                Cause::Event(hit.row),
            );
        }
    }

    /// Takes in the profiles whose numbers lie from `known` on, of which nothing was known before.
    pub(crate) fn meet(&mut self, known: u32, population: u32) {
        if !self.network.born().is_empty() {
            self.newborn.extend((known..population).map(ProfileId));
        }
    }

    /// Takes an event out again.
    pub(crate) fn void(&mut self, view: &View, owner: IdSlot, event: &StoredEvent, row: u32) {
        let slots = slots(view, event.event_type);
        let read = |slot: usize| event.fields.get(slot).copied().flatten();
        let cells = SlotCells {
            slots: &slots,
            read,
        };
        let mut found = Vec::new();
        self.network
            .selector
            .select(view, event.event_type, &cells, |stream, payload| {
                found.push((stream, payload))
            });
        let profile = view.ids.profile(owner);
        for (stream, payload) in found {
            self.ledger.remove(
                owner,
                stream,
                Match {
                    time: event.time.0,
                    payload,
                },
            );
            self.touch_stream(profile, stream, Cause::Event(row));
        }
        self.touch_whole(profile, event.event_type, Cause::Event(row));
    }

    /// Forgets the events of a type up to and including `until`, which nobody sees any more.
    pub(crate) fn forget(&mut self, event_type: EventTypeId, until: Instant) {
        let streams = self.network.streams();
        let of_type = streams.filter(|(_, stream)| stream.event_type == event_type);
        let meant: BTreeSet<StreamId> = of_type.map(|(id, _)| id).collect();
        if !meant.is_empty() {
            self.ledger
                .forget(|stream| meant.contains(&stream), until.0);
        }
    }

    /// Looks anew at an attribute of the profiles of some owners.
    pub(crate) fn write(
        &mut self,
        view: &View,
        attribute: AttributeId,
        owners: impl Iterator<Item = IdSlot>,
    ) {
        let groups = self.network.of_attribute(attribute);
        if groups.is_empty() {
            return;
        }
        for owner in owners {
            let profile = view.ids.profile(owner);
            for group in groups {
                self.touched.push(Touch {
                    profile,
                    group: *group,
                    cause: Cause::Attribute,
                });
            }
        }
    }

    /// Looks anew at profiles whose ids have changed: survivors, those that are merged away, and those that are split off.
    pub(crate) fn regroup(
        &mut self,
        view: &mut View,
        regrouped: &[ProfileId],
        cause: Cause,
        t: Instant,
    ) {
        let before = self.flips.len();
        for profile in regrouped {
            if !view.live.contains(profile.0) {
                for node in self.roster.clear(*profile) {
                    if let Some(segment) = node.as_segment() {
                        self.flips.push(Flip {
                            segment,
                            profile: *profile,
                            entered: false,
                            cause,
                        });
                    }
                }
                continue;
            }
            for group in self.groups_of(view, *profile) {
                self.touched.push(Touch {
                    profile: *profile,
                    group,
                    cause,
                });
            }
            if self.roster.nodes(*profile).is_empty() {
                self.newborn.push(*profile);
            }
        }
        let flips = self.flips.get(before..).unwrap_or_default();
        view.feed.push(t, flips, None);
    }

    /// All groups that can say anything but no of a profile, those that said yes so far among them.
    fn groups_of(&self, view: &View, profile: ProfileId) -> BTreeSet<GroupId> {
        let network = &self.network;
        let atoms = self
            .roster
            .nodes(profile)
            .iter()
            .filter_map(|node| node.as_atom());
        let mut groups: BTreeSet<GroupId> =
            atoms.filter_map(|atom| network.group_of(atom)).collect();
        for owner in view.ids.slots(profile) {
            for stream in self.ledger.streams(owner) {
                groups.extend(network.watchers(stream));
            }
        }
        groups.extend(network.without_streams());
        groups
    }

    /// Touches the groups that look at a stream.
    pub(super) fn touch_stream(&mut self, profile: ProfileId, stream: StreamId, cause: Cause) {
        for group in self.network.watchers(stream) {
            self.touched.push(Touch {
                profile,
                group: *group,
                cause,
            });
        }
    }

    fn touch_whole(&mut self, profile: ProfileId, event_type: EventTypeId, cause: Cause) {
        for group in self.network.of_type(event_type) {
            self.touched.push(Touch {
                profile,
                group: *group,
                cause,
            });
        }
    }
}

/// Where events of a type store their fields.
pub(super) fn slots(view: &View, event_type: EventTypeId) -> BTreeMap<Field, usize> {
    let fields = view
        .catalog()
        .field_slots(event_type)
        .into_iter()
        .enumerate();
    fields.map(|(slot, (field, _))| (field, slot)).collect()
}
