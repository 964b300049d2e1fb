//! The stages of block lists and of the person.

use super::advertiser::is_below;
use super::check::Memo;
use super::decide::{Left, Pass, take_failing};
use super::posting::{clear, has, set};
use super::reason::Stage;
use super::scratch::Scratch;
use crate::bitmap::line::{LINE_BITS, Line};
use crate::id::{AdvertiserId, SegmentId};

/// When less than one row in so many is left, rows are looked at one by one, and else segment by segment.
const FEW: usize = 6;

impl Pass<'_> {
    /// Takes away the rows of advertisers that the request does not want.
    pub(super) fn block_list(&self, scratch: &mut Scratch, left: &mut Left<'_>) {
        let (request, blocks) = (self.request, &self.index.blocks);
        let lists = [
            (&request.blocked_domains, &blocks.domains),
            (&request.blocked_apps, &blocks.bundles),
        ];
        let mut is_asked = false;
        for (list, known) in lists {
            for all in list.iter().filter_map(|name| known.get(name)) {
                is_asked = true;
                all.iter()
                    .for_each(|own| self.take_advertiser(*own, &mut scratch.alive));
            }
        }
        for blocked in &request.categories.blocked {
            let below = blocks.categories.range(blocked.clone()..);
            // Codes that begin alike lie together, those below among them.
            let alike = below.take_while(|(code, _)| code.starts_with(blocked.as_str()));
            for (_, all) in alike.filter(|(code, _)| is_below(code, blocked)) {
                is_asked = true;
                all.iter()
                    .for_each(|own| self.take_if_blocked(*own, &mut scratch.alive));
            }
        }
        if request.names_seats() {
            is_asked = true;
            self.seats(scratch);
        }
        if is_asked {
            let now = self.count(scratch);
            left.after(Stage::BlockList, now);
        }
    }

    /// Takes away the rows of line items that bid on seats alone that the request does not take.
    fn seats(&self, scratch: &mut Scratch) {
        let Scratch { alive, rooms, .. } = scratch;
        let Some(barred) = rooms.last_mut() else {
            return;
        };
        barred.clear();
        barred.resize(self.index.width, Line::default());
        for (number, own) in self.index.catalog.book().advertisers.iter() {
            if !self.request.takes_seat(self.policy.seat(None, own)) {
                self.index.advertisers.get(number).add_to(barred);
            }
        }
        if self.impression.deals.is_empty() {
            let pairs = alive.iter_mut().zip(barred);
            pairs.for_each(|(line, barred)| *line = line.and_not(barred));
            return;
        }
        let is_private = self.impression.private_auction == Some(true);
        let on_deals = self.on_deals(alive);
        for (at, (line, barred)) in alive.iter_mut().zip(barred).enumerate() {
            let open = self.index.open.get(at).filter(|_| !is_private);
            let open = open.copied().unwrap_or_default().and_not(barred);
            let deals = on_deals.get(at).copied().unwrap_or_default();
            *line = line.and(&open.or(&deals));
        }
    }

    /// Those of the rows that are of line items that may bid on a deal of the impression, on a seat that the request takes.
    fn on_deals(&self, alive: &[Line]) -> Vec<Line> {
        let mut free = vec![Line::default(); self.index.width];
        for (place, offer) in self.impression.deals.iter().enumerate() {
            let Some(number) = self.offered(place) else {
                continue;
            };
            self.index.deals.get(number).each(|row| {
                let item = || self.index.owner(row).map(|own| own.1);
                let is_free = || {
                    (offer.is_open() || self.may_bid_on(row, number, offer))
                        && item().is_some_and(|item| self.takes(item, Some(number)))
                };
                if has(alive, row) && is_free() {
                    set(&mut free, row);
                }
            });
        }
        free
    }

    fn take_if_blocked(&self, advertiser: AdvertiserId, alive: &mut [Line]) {
        let known = self.index.catalog.book().advertisers.entry(advertiser.0);
        if known.is_some_and(|own| self.request.blocks(own)) {
            self.take_advertiser(advertiser, alive);
        }
    }

    fn take_advertiser(&self, advertiser: AdvertiserId, alive: &mut [Line]) {
        self.index.advertisers.get(advertiser.0).take_from(alive);
    }

    /// Narrows to the rows that hold of the person.
    pub(super) fn audience(&self, scratch: &mut Scratch, left: &mut Left<'_>) {
        let index = self.index;
        scratch.list_live();
        self.slots_of_audience(scratch);
        match self.viewer {
            _ if index.segments.bases.is_empty() => {}
            super::viewer::Viewer::Nobody => {}
            super::viewer::Viewer::Person { segments, key, .. } => {
                self.segments(segments, key, left.count, scratch);
            }
        }
        if self.viewer.segments().is_none() {
            let pairs = scratch.alive.iter_mut().zip(&index.needs_person);
            pairs.for_each(|(line, needs)| *line = line.and_not(needs));
        }
        self.checks_of_audience(scratch);
        let now = self.count_live(scratch);
        left.after(Stage::Audience, now);
    }

    /// Clauses on dimensions that belong to the audience.
    fn slots_of_audience(&self, scratch: &mut Scratch) {
        let Scratch {
            alive,
            rooms,
            passing,
            live,
            ..
        } = scratch;
        let slots = self
            .index
            .slots
            .iter()
            .zip(passing.iter())
            .zip(rooms.iter());
        for ((slot, passing), room) in slots.filter(|own| own.0.0.stage == Stage::Audience) {
            narrow(alive, live, slot.lines(*passing, room));
        }
    }

    fn segments(&self, segments: &[SegmentId], key: Option<u64>, left: u32, scratch: &mut Scratch) {
        let width = self.index.width;
        if let Some(lines) = key.and_then(|key| scratch.remembered.get(key)) {
            narrow(&mut scratch.alive, &scratch.live, lines);
            return;
        }
        let again = key.filter(|key| scratch.remembered.comes_again(*key));
        if let Some(key) = again {
            let all: Vec<u32> = (0..width as u32).collect();
            let Scratch {
                groups,
                passing_person,
                ..
            } = scratch;
            self.index
                .segments
                .collect(segments, &all, groups, passing_person);
            if let Some(room) = scratch.remembered.room(key, width) {
                room.clone_from(&scratch.passing_person);
            }
        } else if (left as usize) < width * LINE_BITS / FEW {
            self.look_at_rows(scratch);
            return;
        } else {
            let Scratch {
                groups,
                passing_person,
                live,
                ..
            } = scratch;
            self.index
                .segments
                .collect(segments, live, groups, passing_person);
        }
        narrow(&mut scratch.alive, &scratch.live, &scratch.passing_person);
    }

    /// Takes away rows that ask for something else of the person, one by one.
    fn look_at_rows(&self, scratch: &mut Scratch) {
        let Scratch {
            alive,
            live,
            members,
            unsettled,
            tasks,
            ..
        } = scratch;
        self.index
            .demands
            .narrow(live, alive, members, (unsettled, tasks));
    }

    fn checks_of_audience(&self, scratch: &mut Scratch) {
        let Some(checked) = self.index.checked(Stage::Audience) else {
            return;
        };
        let (checks, with, without) = (
            &self.index.checks,
            self.question(true),
            self.question(false),
        );
        let Scratch {
            alive,
            memo,
            memo_of_nobody,
            ungranted,
            ..
        } = scratch;
        if !self.has_purposes {
            take_failing(checked, alive, |check| checks.holds(check, &with, memo));
            return;
        }
        for (row, check) in &checked.pairs {
            let is_granted = !has(ungranted, *row);
            let holds = |memo: &mut Memo| {
                let question = if is_granted { &with } else { &without };
                checks.holds(*check, question, memo)
            };
            if has(alive, *row) && !holds(if is_granted { memo } else { memo_of_nobody }) {
                clear(alive, *row);
            }
        }
    }
}

/// Narrows the lines named.
fn narrow(alive: &mut [Line], live: &[u32], filter: &[Line]) {
    for at in live {
        let at = *at as usize;
        if let (Some(line), Some(filter)) = (alive.get_mut(at), filter.get(at)) {
            *line = line.and(filter);
        }
    }
}
