//! A decision from the index: rows are narrowed stage by stage, what survives is priced.

use super::check::{Question, Said};
use super::decision::Outcome;
use super::dimension::MOST_DIMENSIONS;
use super::face::Wanted;
use super::index::{Checked, Index, Indexed};
use super::lot::Lot;
use super::mask::Mask;
use super::policy::Policy;
use super::posting::{clear, has};
use super::reason::Stage;
use super::request::{Impression, Request};
use super::scratch::Scratch;
use super::viewer::Viewer;
use crate::bitmap::line::{Funnel, Line, count};

/// Filters that a funnel takes at once.
const FILTERS: usize = 64;

/// The stages of conditions on the context, without the audience.
pub(super) const CONTEXT: [Stage; 6] = [
    Stage::Inventory,
    Stage::Daypart,
    Stage::Geo,
    Stage::Device,
    Stage::Format,
    Stage::Deal,
];

/// What all decisions of a while share.
#[derive(Clone, Copy, Debug)]
pub struct Decider<'a> {
    /// Of which line items.
    pub index: &'a Index,
    /// How they stand.
    pub mask: &'a Mask,
    /// What is settled.
    pub policy: &'a Policy,
}

impl<'a> Decider<'a> {
    /// Decides one impression of a request and writes what came of it to `outcome`.
    ///
    /// Equal to [`Auction::decide`](super::naive::Auction::decide). The scratch may come from auctions of any index.
    pub fn decide(
        &self,
        request: &'a Request,
        impression: &'a Impression,
        viewer: Viewer<'a>,
        scratch: &mut Scratch,
        outcome: &mut Outcome,
    ) {
        let pass = Pass::of(*self, request, impression, viewer);
        outcome.bids.clear();
        outcome.counts = self.mask.counts;
        scratch.start(&pass);
        let mut left = Left {
            outcome,
            count: self.mask.counts.eligible,
        };
        if left.count > 0 {
            pass.match_rows(scratch, &mut left);
        }
        if left.count > 0 {
            pass.caps(scratch, &mut left);
        }
        let survivors = left.count;
        outcome.counts.eligible = 0;
        if survivors > 0 {
            pass.survivors(survivors, scratch, outcome);
        }
        scratch.end();
    }
}

/// How many line items are left, and where the others go.
pub(super) struct Left<'a> {
    pub(super) outcome: &'a mut Outcome,
    pub(super) count: u32,
}

impl Left<'_> {
    /// So many are left after a stage.
    pub(super) fn after(&mut self, stage: Stage, left: u32) {
        self.outcome
            .counts
            .add(stage, self.count.saturating_sub(left));
        self.count = left;
    }
}

/// One decision.
pub(super) struct Pass<'a> {
    pub(super) index: &'a Index,
    pub(super) mask: &'a Mask,
    pub(super) policy: &'a Policy,
    pub(super) request: &'a Request,
    pub(super) impression: &'a Impression,
    pub(super) viewer: Viewer<'a>,
    pub(super) said: Said<'a>,
    pub(super) wanted: Wanted,
    pub(super) lot: Lot,
    /// Whether consent forbids to know the person.
    pub(super) is_denied: bool,
    /// Whether purposes have to be granted.
    pub(super) has_purposes: bool,
}

impl<'a> Pass<'a> {
    pub(super) fn of(
        own: Decider<'a>,
        request: &'a Request,
        impression: &'a Impression,
        viewer: Viewer<'a>,
    ) -> Self {
        let mut said: Said<'a> = [None; MOST_DIMENSIONS];
        // What the impression says goes last, so that it stands.
        for (name, value) in request.context.said().chain(impression.context.said()) {
            let id = own.index.catalog.dimension_id(name);
            if let Some(said) = id.and_then(|id| said.get_mut(id.index())) {
                *said = Some(value);
            }
        }
        let dimensions = own.index.catalog.dimensions();
        for ((_, dimension), said) in dimensions.zip(&mut said) {
            *said = said.and_then(|value| dimension.kind.fitting(value));
        }
        let consent = &request.consent;
        let is_denied = own.policy.denies_all(consent);
        Self {
            index: own.index,
            mask: own.mask,
            policy: own.policy,
            request,
            impression,
            viewer: if is_denied { Viewer::Nobody } else { viewer },
            said,
            wanted: Wanted::of(request, impression),
            lot: Lot::of(own.policy.seed, &request.id),
            is_denied,
            has_purposes: !is_denied
                && own.policy.gdpr_applies(consent)
                && !own.index.purposes.is_empty(),
        }
    }

    /// The stages up to the audience.
    pub(super) fn match_rows(&self, scratch: &mut Scratch, left: &mut Left<'_>) {
        self.context(scratch, left);
        self.block_list(scratch, left);
        self.consent(scratch, left);
        if left.count > 0 {
            self.audience(scratch, left);
        }
    }

    /// What checks are asked about, of line items that may know the person or not.
    pub(super) fn question(&'a self, is_granted: bool) -> Question<'a> {
        Question {
            catalog: &self.index.catalog,
            said: &self.said,
            segments: self.viewer.segments().filter(|_| is_granted),
        }
    }

    pub(super) fn ends(&self) -> Option<&[Line]> {
        self.index.ends.as_deref()
    }

    /// How many line items have a row left.
    pub(super) fn count(&self, scratch: &mut Scratch) -> u32 {
        count(&mut scratch.alive, None, self.ends())
    }

    /// As [`Pass::count`] when nothing is left outside of the lines that are listed.
    pub(super) fn count_live(&self, scratch: &mut Scratch) -> u32 {
        let Scratch { alive, live, .. } = scratch;
        count(alive, Some(live), self.ends())
    }

    /// Looks up for each slot which rows pass.
    pub(super) fn pass_slots(&self, scratch: &mut Scratch) {
        let slots = &self.index.slots;
        let rooms = scratch.rooms.iter_mut();
        for ((slot, room), passing) in slots.iter().zip(rooms).zip(&mut scratch.passing) {
            if let Some(codes) = self.index.code.codes.get(slot.dimension.index()) {
                *passing = slot.passing(codes, &self.said, room);
            }
        }
    }

    fn context(&self, scratch: &mut Scratch, left: &mut Left<'_>) {
        let slots = &self.index.slots;
        self.pass_slots(scratch);
        let has_ways = self.ways(scratch);
        let Scratch {
            alive,
            rooms,
            passing,
            memo,
            ..
        } = scratch;
        let mut batch = Batch::new(self.ends());
        let lines = slots.iter().zip(passing.iter()).zip(rooms.iter());
        let mut lines =
            lines.map(|((slot, passing), room)| (slot.stage, slot.lines(*passing, room)));
        let mut next = lines.next();
        for stage in CONTEXT {
            while let Some((_, filter)) = next.filter(|(own, _)| *own == stage) {
                batch.push(filter, alive, left);
                next = lines.next();
            }
            if stage == Stage::Deal && has_ways {
                batch.push(rooms.last().map_or(&[], Vec::as_slice), alive, left);
            }
            batch.mark(stage);
            if let Some(checked) = self.index.checked(stage) {
                batch.flush(alive, left);
                let question = self.question(true);
                take_failing(checked, alive, |check| {
                    self.index.checks.holds(check, &question, memo)
                });
                left.after(stage, count(alive, None, self.ends()));
            }
        }
        batch.flush(alive, left);
    }

    /// Writes rows that may bid on the open market or a deal to the last room; `false` when all rows may.
    pub(super) fn ways(&self, scratch: &mut Scratch) -> bool {
        let is_private = self.impression.private_auction == Some(true);
        if self.index.all_open && !is_private {
            return false;
        }
        let Some(room) = scratch.rooms.last_mut() else {
            return false;
        };
        room.clone_from(&self.index.open);
        if is_private {
            room.fill(Line::default());
        }
        for (place, offer) in self.impression.deals.iter().enumerate() {
            let Some(number) = self.offered(place) else {
                continue;
            };
            let rows = self.index.deals.get(number);
            if offer.is_open() {
                rows.add_to(room);
            } else {
                rows.each(|row| {
                    if self.may_bid_on(row, number, offer) {
                        super::posting::set(room, row);
                    }
                });
            }
        }
        true
    }

    /// The number of the deal at a place of the impression; `None` of one that nobody knows or that came before.
    pub(super) fn offered(&self, place: usize) -> Option<u32> {
        let deals = &self.impression.deals;
        let offer = deals.get(place)?;
        let is_repeated = deals.iter().take(place).any(|other| other.id == offer.id);
        let number = self.index.catalog.book().deals.number(&offer.id);
        number.filter(|_| !is_repeated)
    }

    pub(super) fn may_bid_on(
        &self,
        row: u32,
        deal: u32,
        offer: &super::request::DealOffer,
    ) -> bool {
        let book = self.index.catalog.book();
        let item = self.index.owner(row);
        let item = item.and_then(|(_, own)| book.line_items.entry(own.number.0));
        let owners = item.and_then(|item| Some((item, book.owners(item)?)));
        owners.is_some_and(|(item, (_, advertiser))| {
            let seat = self.policy.seat(book.deals.entry(deal), advertiser);
            offer.is_open_to(seat, advertiser, item.shown(book))
        })
    }

    /// Whether the request takes bids of a line item on a deal, or on the open market, as far as seats go.
    pub(super) fn takes(&self, item: &Indexed, deal: Option<u32>) -> bool {
        let book = self.index.catalog.book();
        let owners = book.line_items.entry(item.number.0);
        let owners = owners.and_then(|own| book.owners(own));
        owners.is_some_and(|(_, advertiser)| {
            let deal = deal.and_then(|own| book.deals.entry(own));
            let seat = self.policy.seat(deal, advertiser);
            self.request.takes_seat(seat)
        })
    }

    pub(super) fn consent(&self, scratch: &mut Scratch, left: &mut Left<'_>) {
        let index = self.index;
        if self.has_purposes {
            let granted = self.request.consent.purposes.unwrap_or_default();
            let missing = index.purposes.iter();
            let missing =
                missing.filter(|(own, _)| !granted.grant(super::request::Purposes::of([**own])));
            scratch.ungranted.clear();
            scratch.ungranted.resize(index.width, Line::default());
            for (_, lines) in missing {
                let pairs = scratch.ungranted.iter_mut().zip(lines);
                pairs.for_each(|(own, more)| *own = own.or(more));
            }
        } else if !self.is_denied {
            return;
        }
        let personal = index.needs_person.iter().zip(&index.capped);
        for (at, (line, (needs, capped))) in scratch.alive.iter_mut().zip(personal).enumerate() {
            let personal = needs.or(capped);
            let denied = scratch.ungranted.get(at).filter(|_| self.has_purposes);
            *line = line.and_not(&denied.map_or(personal, |denied| personal.and(denied)));
        }
        let now = self.count(scratch);
        left.after(Stage::Consent, now);
    }

    pub(super) fn caps(&self, scratch: &mut Scratch, left: &mut Left<'_>) {
        match self.viewer.reached() {
            Some([]) => {}
            Some(reached) => {
                let codes = reached.iter().filter_map(|key| self.index.caps.get(key));
                for code in codes {
                    let rows = self.index.capped_by.get(*code);
                    rows.take_from(&mut scratch.alive);
                }
                let now = self.count(scratch);
                left.after(Stage::Cap, now);
            }
            None => {
                let pairs = scratch.alive.iter_mut().zip(&self.index.capped);
                pairs.for_each(|(line, capped)| *line = line.and_not(capped));
                let now = self.count(scratch);
                left.after(Stage::CapStateMissing, now);
            }
        }
    }
}

/// Takes away the rows for which a check of a stage fails.
pub(super) fn take_failing(
    checked: &Checked,
    alive: &mut [Line],
    mut holds: impl FnMut(u32) -> bool,
) {
    for at in 0..alive.len() {
        if alive.get(at).is_none_or(Line::is_empty) {
            continue;
        }
        for (row, check) in checked.of(at) {
            if has(alive, *row) && !holds(*check) {
                clear(alive, *row);
            }
        }
    }
}

/// Filters that wait for the funnel.
struct Batch<'a> {
    ends: Option<&'a [Line]>,
    filters: [&'a [Line]; FILTERS],
    len: usize,
    marks: [usize; CONTEXT.len()],
    stages: [Stage; CONTEXT.len()],
    marked: usize,
    /// Whether filters since the last mark have run already.
    has_spilled: bool,
}

impl<'a> Batch<'a> {
    const fn new(ends: Option<&'a [Line]>) -> Self {
        Self {
            ends,
            filters: [&[]; FILTERS],
            len: 0,
            marks: [0; CONTEXT.len()],
            stages: CONTEXT,
            marked: 0,
            has_spilled: false,
        }
    }

    fn push(&mut self, filter: &'a [Line], alive: &mut [Line], left: &mut Left<'_>) {
        if self.len == FILTERS {
            self.flush(alive, left);
            self.has_spilled = true;
        }
        if let Some(place) = self.filters.get_mut(self.len) {
            *place = filter;
            self.len += 1;
        }
    }

    /// Counts after the filters so far, if there is one since the last mark.
    fn mark(&mut self, stage: Stage) {
        let before = self
            .marked
            .checked_sub(1)
            .and_then(|last| self.marks.get(last));
        let has_spilled = std::mem::take(&mut self.has_spilled);
        if before.copied().unwrap_or(0) == self.len && !has_spilled {
            return;
        }
        let place = self
            .marks
            .get_mut(self.marked)
            .zip(self.stages.get_mut(self.marked));
        if let Some((mark, own)) = place {
            (*mark, *own) = (self.len, stage);
            self.marked += 1;
        }
    }

    fn flush(&mut self, alive: &mut [Line], left: &mut Left<'_>) {
        let mut counts = [0; CONTEXT.len() + 1];
        let mut marks = [self.len; CONTEXT.len() + 1];
        let marked = self.marks.get(..self.marked).unwrap_or_default();
        marks
            .iter_mut()
            .zip(marked)
            .for_each(|(own, mark)| *own = *mark);
        // What was not marked is narrowed all the same; its count is told with the end of its stage.
        let is_open = marked.last().copied().unwrap_or(0) != self.len;
        let told = self.marked + usize::from(is_open);
        if told > 0 {
            let mut funnel = Funnel {
                alive,
                live: None,
                filters: self.filters.get(..self.len).unwrap_or_default(),
                marks: marks.get(..told).unwrap_or_default(),
                ends: self.ends,
                left: counts.get_mut(..told).unwrap_or_default(),
            };
            funnel.run();
        }
        let stages = self.stages.iter().take(self.marked);
        stages
            .zip(counts)
            .for_each(|(stage, count)| left.after(*stage, count));
        (self.len, self.marked) = (0, 0);
    }
}
