//! What a change touches: from events, writes and merges to groups of profiles.

use std::collections::BTreeSet;

use super::feed::Cause;
use super::flips::Flip;
use super::ledger::Match;
use super::live::{AHEAD, Live, Touch};
use super::selector::{RowCells, SlotCells, Slots};
use crate::event::history::StoredEvent;
use crate::event::ingest::EventBatch;
use crate::id::{AttributeId, EventTypeId, GroupId, ProfileId, StreamId};
use crate::order::by_number;
use crate::profile::dictionary::IdSlot;
use crate::rule::plan::Field;
use crate::time::Instant;
use crate::view::View;

/// What became of the rows of a batch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrived<'a> {
    /// Who owns each row.
    pub(crate) owners: &'a [Option<IdSlot>],
    /// The stored values of each field by row.
    pub(crate) columns: &'a [(Field, Vec<Option<i64>>)],
    /// Whether profiles were merged or split by it.
    pub(crate) regroups: bool,
}

impl Live {
    /// Takes in the events of a batch, and judges at `t` what they touch.
    pub(crate) fn track(
        &mut self,
        view: &View,
        batch: &EventBatch,
        arrived: &Arrived<'_>,
        t: Instant,
    ) {
        // One profile after the other, so that what belongs together is touched together.
        let owned = arrived.owners.iter().enumerate();
        let mut order: Vec<(ProfileId, u32, IdSlot)> = owned
            .filter_map(|(row, owner)| Some((view.ids.profile((*owner)?), row as u32, (*owner)?)))
            .collect();
        by_number(&mut order, &mut Vec::new(), |own| u64::from(own.0.0));
        // What comes of merges is to be settled together with the events.
        let is_alone = !arrived.regroups;
        let mut waiting = Vec::new();
        if is_alone {
            // So is what time has touched, but that is of single profiles.
            waiting = std::mem::take(&mut self.touched);
            waiting.sort_unstable();
        }
        let mut newborn = std::mem::take(&mut self.newborn);
        newborn.sort_unstable();
        tell_events(&mut newborn, &order);
        let (mut warmed, mut done, mut settled) = (0, 0, Vec::new());
        for own in order.chunk_by(|a, b| a.0 == b.0) {
            let (place, next) = (warmed.min(order.len()), warmed + AHEAD);
            if done >= place {
                let soon = order.get(place..next.min(order.len())).unwrap_or_default();
                self.warm(soon.iter().map(|own| own.0));
                warmed = next;
            }
            done += own.len();
            for (profile, row, owner) in own {
                self.take(view, batch, arrived.columns, (*profile, *row, *owner));
            }
            if let Some((profile, ..)) = own.first().filter(|_| is_alone) {
                let mut touched = std::mem::take(&mut self.touched);
                let start = waiting.partition_point(|own| own.profile < *profile);
                let timely = waiting.get(start..).unwrap_or_default().iter();
                touched.extend(timely.take_while(|own| own.profile == *profile));
                touched.sort_unstable();
                self.settle_profile(view, &touched, t, &newborn);
                settled.extend(touched.first().map(|own| own.profile));
                touched.clear();
                self.touched = touched;
            }
        }
        // Who is settled is born with that.
        newborn.retain(|own| settled.binary_search(&own.0).is_err());
        self.newborn = newborn;
        waiting.retain(|own| settled.binary_search(&own.profile).is_err());
        self.touched.append(&mut waiting);
    }

    fn take(
        &mut self,
        view: &View,
        batch: &EventBatch,
        columns: &[(Field, Vec<Option<i64>>)],
        (profile, row, owner): (ProfileId, u32, IdSlot),
    ) {
        let index = row as usize;
        let (Some(event_type), Some(time)) = (batch.types.get(index), batch.times.get(index))
        else {
            return;
        };
        let cells = RowCells {
            columns,
            row: index,
        };
        let (touched, ledger, cause) = (&mut self.touched, &mut self.ledger, Cause::Event(row));
        let network = &mut self.network;
        let streams = &network.streams;
        network
            .selector
            .select(view, *event_type, &cells, |stream, payload| {
                let time = time.0;
                let own = Match { time, payload };
                ledger.insert(owner, stream, own);
                if let Some(watched) = streams.get(stream.index()) {
                    let touch = |group| {
                        touched.push(Touch {
                            profile,
                            group,
                            cause,
                        });
                    };
                    watched.by.concerned(view, ledger, profile, own, touch);
                }
            });
        self.touch_whole(profile, *event_type, cause);
    }

    /// Takes in the profiles whose numbers lie from `known` on, of which nothing was known before.
    pub(crate) fn meet(&mut self, known: u32, population: u32) {
        if !self.network.born().is_empty() {
            let new = (known..population).map(ProfileId);
            self.newborn.extend(new.map(|own| (own, Cause::Attribute)));
        }
    }

    /// Takes an event out again.
    pub(crate) fn void(&mut self, view: &View, owner: IdSlot, event: &StoredEvent, row: u32) {
        let slots = Slots::new(view, event.event_type);
        let read = |slot: usize| event.fields.get(slot).copied().flatten();
        let cells = SlotCells {
            slots: &slots,
            read,
        };
        let mut found = Vec::new();
        self.network
            .selector
            .select(view, event.event_type, &cells, |stream, payload| {
                found.push((stream, payload));
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
    /// Numbers from `known` on are new with this record.
    pub(crate) fn regroup(
        &mut self,
        view: &View,
        (regrouped, known): (&[ProfileId], u32),
        cause: Cause,
    ) {
        for profile in regrouped {
            let is_new = profile.0 >= known;
            // Nobody was there who could be merged.
            let cause = if is_new { Cause::Attribute } else { cause };
            if !view.live.contains(profile.0) {
                for node in self.roster.clear(*profile) {
                    if let Some(segment) = node.as_segment() {
                        self.turned(Flip {
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
            if !is_new && self.roster.nodes(*profile).len() == 0 {
                self.newborn.push((*profile, cause));
            }
        }
    }

    /// All groups that can say anything but no of a profile, those that said yes so far among them.
    fn groups_of(&self, view: &View, profile: ProfileId) -> BTreeSet<GroupId> {
        let network = &self.network;
        let mut groups: BTreeSet<GroupId> = self.roster.groups(profile).collect();
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

    /// Touches the groups that a match concerns.
    pub(super) fn touch_concerned(
        &mut self,
        view: &View,
        profile: ProfileId,
        (stream, own): (StreamId, Match),
        cause: Cause,
    ) {
        if let Some(watched) = self.network.streams.get(stream.index()) {
            let touched = &mut self.touched;
            let touch = |group| {
                touched.push(Touch {
                    profile,
                    group,
                    cause,
                });
            };
            watched
                .by
                .concerned(view, &self.ledger, profile, own, touch);
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

/// Has who is new with events be born of the last of them.
fn tell_events(newborn: &mut [(ProfileId, Cause)], order: &[(ProfileId, u32, IdSlot)]) {
    if newborn.is_empty() {
        return;
    }
    for (profile, row, _) in order {
        let found = newborn.binary_search_by_key(profile, |own| own.0);
        if let Some(own) = found.ok().and_then(|place| newborn.get_mut(place)) {
            own.1 = Cause::Event(*row);
        }
    }
}
