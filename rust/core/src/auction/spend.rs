//! What confirmed exposures have cost, and with what probability line items that spend evenly take part.

use std::collections::BTreeSet;
use std::sync::Arc;

use imbl::OrdMap;

use super::book::Book;
use super::campaign::{Budget, Campaign, Flight, Status};
use super::entry::Entry;
use super::line_item::{LineItem, Pacing};
use super::standing::ALWAYS;
use crate::id::{CampaignId, LineItemId};
use crate::time::{Duration, Instant};

/// How often probabilities move, in milliseconds.
const TICK: i64 = 10_000;
/// Over so many ticks is spending observed.
const OBSERVED: i64 = 30;
/// Those, and the one that runs.
const SLOTS: usize = OBSERVED as usize + 1;
/// Probabilities after a longer rest follow from so many ticks: by then they are where they would be.
const MOST_TICKS: i64 = 64;
/// With what probability a line item begins: low, so that the first seconds do not burn a day.
const FIRST: u32 = ALWAYS / 256;
/// A quarter of an hour, in milliseconds, and how many a day has.
const QUARTER: i64 = 15 * Duration::MINUTE.0;
const OF_A_DAY: i64 = Duration::DAY.0 / QUARTER;
/// Nano units in a micro unit.
const NANOS: i64 = 1_000;

/// What something has spent, in nano units of its campaign's currency.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Spend {
    total: i64,
    /// The day that `on_day` is of, by the offset of then.
    day: i64,
    on_day: i64,
    utc_offset: i32,
    /// Quarters of hours since 1970 in which something was spent, and what: those of a day, for days that an edit lets begin at
    /// another instant. Offsets are quarters of hours everywhere in the world.
    quarters: Vec<(i64, i64)>,
    /// By tick, the last of them `tick`.
    recent: [i64; SLOTS],
    tick: i64,
    /// The first tick after a rest that was longer than what is observed.
    since: i64,
}

/// What line items and campaigns have spent. A clone is cheap and does not see later changes.
#[derive(Clone, Debug, Default)]
pub struct Spending {
    items: OrdMap<u32, Arc<Spend>>,
    campaigns: OrdMap<u32, Arc<Spend>>,
    /// With what probability a line item that spends evenly takes part.
    paces: OrdMap<u32, u32>,
    tick: i64,
    turns: u64,
}

/// Whose budgets are spent, and until when that stays so if nothing is confirmed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Closed {
    /// Line items.
    pub line_items: BTreeSet<LineItemId>,
    /// Campaigns.
    pub campaigns: BTreeSet<CampaignId>,
    /// When the day of one of them ends.
    pub until: Option<Instant>,
}

/// A day: `utc_offset` minutes ahead of UTC.
#[derive(Clone, Copy, Debug)]
struct Days {
    utc_offset: i32,
}

impl Days {
    const fn of(campaign: &Campaign) -> Self {
        Self {
            utc_offset: campaign.definition.utc_offset,
        }
    }

    fn offset(self) -> Duration {
        Duration(i64::from(self.utc_offset) * Duration::MINUTE.0)
    }

    fn number(self, t: Instant) -> i64 {
        t.plus(self.offset()).0.div_euclid(Duration::DAY.0)
    }

    fn end(self, t: Instant) -> Instant {
        let next = (self.number(t) + 1).saturating_mul(Duration::DAY.0);
        Instant(next).minus(self.offset())
    }
}

const fn tick(t: Instant) -> i64 {
    t.0.div_euclid(TICK)
}

const fn place(tick: i64) -> usize {
    tick.rem_euclid(SLOTS as i64) as usize
}

impl Spend {
    /// In all.
    pub const fn total(&self) -> i64 {
        self.total
    }

    /// On the day of `t`.
    fn on(&self, days: Days, t: Instant) -> i64 {
        let today = days.number(t);
        if days.utc_offset != self.utc_offset {
            let of_today = |own: &&(i64, i64)| days.number(Instant(own.0 * QUARTER)) == today;
            let quarters = self.quarters.iter().filter(of_today);
            return quarters.fold(0, |all: i64, own| all.saturating_add(own.1));
        }
        if self.day == today { self.on_day } else { 0 }
    }

    fn add(&mut self, cost: i64, days: Days, t: Instant) {
        let (on_day, now) = (self.on(days, t), tick(t));
        if self.total == 0 || now.saturating_sub(self.tick) > OBSERVED {
            self.since = now;
        }
        self.total = self.total.saturating_add(cost);
        (self.day, self.on_day) = (days.number(t), on_day.saturating_add(cost));
        self.utc_offset = days.utc_offset;
        let quarter = t.0.div_euclid(QUARTER);
        match self.quarters.last_mut().filter(|own| own.0 == quarter) {
            Some(own) => own.1 = own.1.saturating_add(cost),
            None => self.quarters.push((quarter, cost)),
        }
        self.quarters.retain(|own| own.0 >= quarter - OF_A_DAY);
        self.roll(now);
        if let Some(own) = self.recent.get_mut(place(now)) {
            *own = own.saturating_add(cost);
        }
    }

    fn roll(&mut self, now: i64) {
        let gone = now.saturating_sub(self.tick).clamp(0, SLOTS as i64);
        for tick in now - gone + 1..=now {
            let own = self.recent.get_mut(place(tick));
            own.into_iter().for_each(|own| *own = 0);
        }
        self.tick = self.tick.max(now);
    }

    /// What was spent in the ticks before `now`, and in how many of them.
    fn observed(&self, now: i64) -> (i64, i64) {
        let mut own = self.clone();
        own.roll(now);
        let recent = own.recent.iter();
        let spent = recent.fold(0, |all: i64, own| all.saturating_add(*own));
        (spent, now.saturating_sub(self.since).clamp(1, OBSERVED))
    }
}

/// What one level, a line item or its campaign, may spend and has spent.
#[derive(Clone, Copy, Debug)]
struct Account<'a> {
    budget: Budget,
    spend: Option<&'a Spend>,
    days: Days,
}

impl Account<'_> {
    fn left(&self, t: Instant) -> (Option<i64>, Option<i64>) {
        let total = self.spend.map_or(0, Spend::total);
        let on_day = self.spend.map_or(0, |own| own.on(self.days, t));
        let left = |budget: Option<i64>, spent: i64| {
            budget.map(|budget| budget.saturating_mul(NANOS).saturating_sub(spent))
        };
        (
            left(self.budget.total, total),
            left(self.budget.day, on_day),
        )
    }

    fn is_spent(&self, t: Instant) -> bool {
        let (total, day) = self.left(t);
        total.is_some_and(|own| own <= 0) || day.is_some_and(|own| own <= 0)
    }

    /// When it is open again, where only the day is spent.
    fn opens(&self, t: Instant) -> Option<Instant> {
        let (total, day) = self.left(t);
        let is_day = total.is_none_or(|own| own > 0) && day.is_some_and(|own| own <= 0);
        is_day.then(|| self.days.end(t))
    }

    /// What may be spent within the ticks that are observed, for each budget whose time is known, and what was.
    fn aims(&self, t: Instant, end: Option<Instant>) -> impl Iterator<Item = (i128, i128)> {
        let (total, day) = self.left(t);
        let today = self.days.end(t);
        let today = end.map_or(today, |end| end.min(today));
        let observed = self.spend.map(|own| own.observed(tick(t)));
        let (observed, ticks) = observed.unwrap_or((0, OBSERVED));
        let total = total.zip(end);
        let day = day.map(|left| (left, today));
        [total, day]
            .into_iter()
            .flatten()
            .map(move |(left, until)| {
                let time = i128::from(until.since(t).0.max(1));
                let target = i128::from(left) * i128::from(ticks * TICK) / time;
                (target, i128::from(observed))
            })
    }
}

/// Where a probability moves that aims at `target` when so much was `observed`: at most twice or half as far.
fn moved(pace: u32, (target, observed): (i128, i128)) -> u32 {
    let (least, most) = (i128::from(pace / 2), i128::from(pace) * 2);
    let exact = if observed == 0 {
        most
    } else {
        i128::from(pace) * target / observed
    };
    let bounded = exact.clamp(least, most).clamp(1, i128::from(ALWAYS));
    u32::try_from(bounded).unwrap_or(ALWAYS)
}

impl Spending {
    /// Changes whenever a budget is spent by a confirmation, or a probability moves.
    pub const fn turns(&self) -> u64 {
        self.turns
    }

    /// What a line item has spent.
    pub fn of_line_item(&self, id: LineItemId) -> Option<&Spend> {
        self.items.get(&id.0).map(Arc::as_ref)
    }

    /// What a campaign has spent.
    pub fn of_campaign(&self, id: CampaignId) -> Option<&Spend> {
        self.campaigns.get(&id.0).map(Arc::as_ref)
    }

    /// What a line item has spent on the day of `t`, as its campaign counts days.
    pub fn on_day(&self, book: &Book, id: LineItemId, t: Instant) -> i64 {
        let item = book.line_items.entry(id.0);
        let campaign = item.and_then(|item| book.campaigns.entry(item.campaign.0));
        let days = campaign.map(Days::of);
        let spend = self.of_line_item(id).zip(days);
        spend.map_or(0, |(own, days)| own.on(days, t))
    }

    /// With what probability line items that spend evenly take part.
    pub fn paces(&self) -> impl Iterator<Item = (LineItemId, u32)> {
        self.paces.iter().map(|(id, pace)| (LineItemId(*id), *pace))
    }

    /// With what probability a line item takes part, in 65,536ths.
    pub fn pace(&self, id: LineItemId) -> u32 {
        self.paces.get(&id.0).copied().unwrap_or(ALWAYS)
    }

    /// All that tells two of them apart.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (u32, &Spend)> {
        let both = self.items.iter().chain(self.campaigns.iter());
        both.map(|(id, own)| (*id, own.as_ref()))
    }

    /// Whether the budget of a line item or of its campaign is spent.
    pub fn is_spent(&self, book: &Book, id: LineItemId, item: &LineItem, t: Instant) -> bool {
        self.are_spent(book, id, item, t).contains(&true)
    }

    /// Whether the budget of a line item is spent, and that of its campaign.
    fn are_spent(&self, book: &Book, id: LineItemId, item: &LineItem, t: Instant) -> [bool; 2] {
        let accounts = self.accounts(book, id, item);
        accounts.map_or([false; 2], |both| both.map(|own| own.is_spent(t)))
    }

    /// Whose budgets are spent.
    pub fn closed(&self, book: &Book, t: Instant) -> Closed {
        let campaigns = book.campaigns.iter().map(|own| own.0);
        let has_budget = |item: &LineItem| item.definition.budget != Budget::default();
        let items = book.line_items.iter().filter(|own| has_budget(own.1));
        self.closed_of(book, t, campaigns, items.map(|own| own.0))
    }

    /// As [`Spending::closed`] at a later time, when budgets are those of then: who has spent nothing is as before.
    pub fn closed_since(&self, book: &Book, t: Instant, old: &Closed) -> Closed {
        let campaigns = self.campaigns.keys().copied();
        let campaigns = campaigns.chain(old.campaigns.iter().map(|own| own.0));
        let items = self.items.keys().copied();
        let items = items.chain(old.line_items.iter().map(|own| own.0));
        self.closed_of(book, t, campaigns, items)
    }

    fn closed_of(
        &self,
        book: &Book,
        t: Instant,
        campaigns: impl Iterator<Item = u32>,
        items: impl Iterator<Item = u32>,
    ) -> Closed {
        let mut closed = Closed::default();
        let mut opens: Option<Instant> = None;
        let mut is_spent = |account: Account<'_>| {
            let is_spent = account.is_spent(t);
            let until = account.opens(t).filter(|_| is_spent);
            opens = opens.into_iter().chain(until).min();
            is_spent
        };
        for number in campaigns {
            let campaign = book.campaigns.entry(number);
            if campaign.is_some_and(|own| is_spent(self.of(number, own))) {
                closed.campaigns.insert(CampaignId(number));
            }
        }
        for number in items {
            let id = LineItemId(number);
            let item = book.line_items.entry(number);
            let accounts = item.and_then(|item| self.accounts(book, id, item));
            if accounts.is_some_and(|[own, _]| is_spent(own)) {
                closed.line_items.insert(id);
            }
        }
        closed.until = opens;
        closed
    }

    fn of(&self, number: u32, campaign: &Campaign) -> Account<'_> {
        Account {
            budget: campaign.definition.budget,
            spend: self.of_campaign(CampaignId(number)),
            days: Days::of(campaign),
        }
    }

    fn accounts(&self, book: &Book, id: LineItemId, item: &LineItem) -> Option<[Account<'_>; 2]> {
        let campaign = book.campaigns.entry(item.campaign.0)?;
        let own = Account {
            budget: item.definition.budget,
            spend: self.of_line_item(id),
            days: Days::of(campaign),
        };
        Some([own, self.of(item.campaign.0, campaign)])
    }

    /// Counts what an exposure of a line item cost.
    pub(super) fn spend(&mut self, book: &Book, id: LineItemId, cost: i64, t: Instant) {
        let Some(item) = book.line_items.entry(id.0) else {
            return;
        };
        let Some(campaign) = book.campaigns.entry(item.campaign.0) else {
            return;
        };
        let were_spent = self.are_spent(book, id, item, t);
        let days = Days::of(campaign);
        for spend in [
            self.items.entry(id.0).or_default(),
            self.campaigns.entry(item.campaign.0).or_default(),
        ] {
            Arc::make_mut(spend).add(cost, days, t);
        }
        self.turns += u64::from(were_spent != self.are_spent(book, id, item, t));
    }

    /// Follows edits of line items.
    pub(crate) fn follow(&mut self, book: &Book, entries: &[Entry]) {
        for entry in entries {
            let Entry::LineItem(own) = entry else {
                continue;
            };
            let Some(id) = book.line_items.number(&own.name) else {
                continue;
            };
            let is_changed = match own.pacing {
                Pacing::Even if self.paces.contains_key(&id) => false,
                Pacing::Even => self.paces.insert(id, FIRST).is_none(),
                Pacing::AsFast => self.paces.remove(&id).is_some(),
            };
            self.turns += u64::from(is_changed);
        }
    }

    /// Moves probabilities by the ticks that have passed until `t`.
    pub(crate) fn run_until(&mut self, book: &Book, t: Instant) {
        let (last, now) = (self.tick, tick(t));
        self.tick = now;
        if now <= last || self.paces.is_empty() {
            return;
        }
        let first = now - (now - last).min(MOST_TICKS);
        let moves: Vec<(u32, u32, u32)> = self
            .paces
            .iter()
            .map(|(id, pace)| {
                let ticks = first + 1..=now;
                let new = ticks.fold(*pace, |pace, tick| {
                    self.step(book, LineItemId(*id), pace, Instant(tick * TICK))
                });
                (*id, *pace, new)
            })
            .collect();
        for (id, old, new) in moves {
            if old != new {
                self.paces.insert(id, new);
                self.turns += 1;
            }
        }
    }

    /// The probability after one tick.
    fn step(&self, book: &Book, id: LineItemId, pace: u32, t: Instant) -> u32 {
        let item = book.line_items.entry(id.0);
        let Some((item, campaign)) =
            item.and_then(|item| Some((item, book.campaigns.entry(item.campaign.0)?)))
        else {
            return pace;
        };
        let flights: [Flight; 2] = [item.definition.flight, campaign.definition.flight];
        let runs = book.status(item) == Status::Active && flights.iter().all(|own| own.covers(t));
        if !runs || self.is_spent(book, id, item, t) {
            return FIRST;
        }
        let end = flights.iter().filter_map(|own| own.end).min();
        let accounts = self.accounts(book, id, item).into_iter().flatten();
        let aims = accounts.flat_map(|own| own.aims(t, end).collect::<Vec<_>>());
        aims.map(|aim| moved(pace, aim)).min().unwrap_or(ALWAYS)
    }
}
