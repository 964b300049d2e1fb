//! The best bids and the stages of all others, told from lines of rows; few line items are looked at.

use super::decide::Pass;
use super::decision::Outcome;
use super::index::{Glance, Index, NONE};
use super::posting::clear_if;
use super::price::Exchange;
use super::reason::Stage;
use super::scratch::{Look, Scratch};
use super::survivor::Market;
use crate::bitmap::line::{Funnel, Line, Listing};

/// Looks of creatives that are always worth asking one by one.
const FEW_LOOKS: usize = 16;
/// A look is worth asking for so many line items.
const LINE_ITEMS_PER_LOOK: usize = 4;
/// At first, so many times the line items that are wanted are looked at, at most.
const MOST_TIMES: u64 = 8;

impl<'a> Pass<'a> {
    /// Whether lines tell it sooner than a look at each of so many line items.
    pub(super) fn is_told_by_lines(&self, line_items: u32) -> bool {
        self.index.looks.len() <= FEW_LOOKS + line_items as usize / LINE_ITEMS_PER_LOOK
    }

    /// Counts where line items fall and keeps the best bids.
    pub(super) fn by_levels(
        &self,
        left: u32,
        market: &Market<'a>,
        scratch: &mut Scratch,
        outcome: &mut Outcome,
    ) {
        scratch.list_live();
        let left = self.others(left, market, scratch, outcome);
        let left = self.creatives(left, scratch, outcome);
        let left = self.floors(left, market, scratch, outcome);
        let eligible = self.pacing(left, scratch, outcome);
        outcome.counts.eligible += eligible;
        self.top(eligible, market, scratch);
    }

    /// Decides line items that take a second look whatever they bid, and tells how many of so many are left.
    fn others(
        &self,
        left: u32,
        market: &Market<'a>,
        scratch: &mut Scratch,
        outcome: &mut Outcome,
    ) -> u32 {
        if self.index.all_plain {
            return left;
        }
        let Scratch {
            alive, live, rows, ..
        } = scratch;
        let mut listing = Listing {
            lines: alive,
            live,
            within: None,
            without: Some(&self.index.plain),
            bits: rows,
        };
        listing.run();
        let [plain] = self.narrow(alive, live, [self.index.plain.as_slice()]);
        self.one_by_one(market, scratch, outcome);
        plain
    }

    /// Takes away the rows of line items without a creative that fits, and tells how many of so many are left.
    fn creatives(&self, left: u32, scratch: &mut Scratch, outcome: &mut Outcome) -> u32 {
        let index = self.index;
        let looks = 0..index.looks.len() as u32;
        let fit = |look, looks: &mut [Look]| self.look_fits(look, looks).is_some();
        let mut all = looks.clone();
        if left == 0 || (index.all_show && all.all(|own| fit(own, &mut scratch.looks))) {
            return left;
        }
        scratch.fitting.resize(index.width, Line::default());
        fill_live(&mut scratch.fitting, &scratch.live, Line::default());
        for look in looks {
            if !fit(look, &mut scratch.looks) {
                continue;
            }
            let rows = index.showing.get(look);
            rows.add_where(&mut scratch.fitting, &scratch.live);
        }
        let Scratch {
            alive,
            live,
            fitting,
            ..
        } = scratch;
        let [fit] = self.narrow(alive, live, [fitting.as_slice()]);
        outcome.counts.add(Stage::Creative, left - fit);
        fit
    }

    /// Takes away the rows of line items that cannot reach the floor, and tells how many of so many reach it for sure. Those of which
    /// levels do not tell are decided one by one and taken away too.
    fn floors(
        &self,
        left: u32,
        market: &Market<'a>,
        scratch: &mut Scratch,
        outcome: &mut Outcome,
    ) -> u32 {
        if left == 0 {
            return 0;
        }
        if !market.is_plain {
            self.floors_of_looks(market, scratch);
        }
        let (possible, sure) = self.levels(market.reaching(market.open_floor));
        let Scratch {
            alive,
            live,
            rows,
            reaching,
            certain,
            ..
        } = scratch;
        let filters = if market.is_plain {
            [possible, sure]
        } else {
            [reaching.as_slice(), certain.as_slice()]
        };
        let [some] = self.narrow(alive, live, [filters[0]]);
        outcome.counts.add(Stage::Floor, left - some);
        let mut listing = Listing {
            lines: alive,
            live,
            within: None,
            without: Some(filters[1]),
            bits: rows,
        };
        listing.run();
        if rows.is_empty() {
            return some;
        }
        let [all] = self.narrow(alive, live, [filters[1]]);
        self.one_by_one(market, scratch, outcome);
        all
    }

    /// Narrows the lines that are listed, and tells how many line items are left after each filter.
    fn narrow<const N: usize>(
        &self,
        alive: &mut [Line],
        live: &[u32],
        filters: [&[Line]; N],
    ) -> [u32; N] {
        let (mut left, marks) = ([0; N], std::array::from_fn::<_, N, _>(|at| at + 1));
        let mut funnel = Funnel {
            alive,
            live: Some(live),
            filters: &filters,
            marks: &marks,
            ends: self.ends(),
            left: &mut left,
        };
        funnel.run();
        left
    }

    /// Rows that may bid so much, and those that do for sure.
    fn levels(&self, reach: Option<i64>) -> (&[Line], &[Line]) {
        let (most, least) = (&self.index.most, &self.index.least);
        let possible = reach.map(|reach| most.lines(most.sparing(reach)));
        let sure = reach.and_then(|reach| Some(least.lines(least.reaching(reach)?)));
        (possible.unwrap_or_default(), sure.unwrap_or_default())
    }

    /// Collects which rows may reach, or may miss, a floor that depends on the creative.
    fn floors_of_looks(&self, market: &Market<'a>, scratch: &mut Scratch) {
        let index = self.index;
        scratch.by_floor.clear();
        for look in 0..index.looks.len() as u32 {
            if self.look_fits(look, &mut scratch.looks).is_some() {
                let floor = self.bar(look, market, scratch);
                scratch.by_floor.push((floor, look));
            }
        }
        scratch.by_floor.sort_unstable();
        let Scratch {
            live,
            by_floor,
            fitting,
            reaching,
            certain,
            ..
        } = scratch;
        for lines in [&mut *reaching, &mut *certain, &mut *fitting] {
            lines.resize(index.width, Line::default());
        }
        fill_live(reaching, live, Line::default());
        fill_live(certain, live, Line::FULL);
        for looks in by_floor.chunk_by(|a, b| a.0 == b.0) {
            let floor = looks.first().and_then(|own| own.0);
            let (possible, sure) = self.levels(market.reaching(floor));
            fill_live(fitting, live, Line::default());
            for (_, look) in looks {
                index.showing.get(*look).add_where(fitting, live);
            }
            for at in live.iter().map(|at| *at as usize) {
                let lines = (reaching.get_mut(at), certain.get_mut(at), fitting.get(at));
                let (Some(reaching), Some(certain), Some(own)) = lines else {
                    continue;
                };
                let may = possible.get(at).map(|some| own.and(some));
                *reaching = reaching.or(&may.unwrap_or_default());
                let short = sure.get(at).map(|all| own.and_not(all));
                *certain = certain.and_not(&short.unwrap_or(*own));
            }
        }
    }

    /// Takes away the rows of line items whose turn it is not, and tells how many of so many are left.
    fn pacing(&self, left: u32, scratch: &mut Scratch, outcome: &mut Outcome) -> u32 {
        let paced = &self.mask.paced;
        if paced.is_empty() || left == 0 {
            return left;
        }
        let Scratch {
            alive, live, rows, ..
        } = scratch;
        let mut listing = Listing {
            lines: alive,
            live,
            within: Some(paced),
            without: None,
            bits: rows,
        };
        listing.run();
        for row in rows.iter() {
            let waits = !self.mask.passes(self.lot, *row);
            clear_if(alive, *row, waits);
        }
        let eligible = self.count_live(scratch);
        outcome.counts.add(Stage::Pacing, left - eligible);
        eligible
    }

    /// Keeps the best bids of line items that take part, from the highest level down for as long as a lower bid can be among the
    /// best.
    fn top(&self, eligible: u32, market: &Market<'a>, scratch: &mut Scratch) {
        self.price_later(market, scratch);
        let Some(exchange) = market.exchange.filter(|_| eligible > 0) else {
            return;
        };
        let levels = &self.index.most;
        let mut level = self.first_level(eligible, market);
        let mut above: &[Line] = &[];
        loop {
            let lines = levels.lines(level);
            scratch.list_level(lines, above);
            self.keep_listed(exchange, market, scratch);
            let bound = levels.bound(level);
            let next = bound.map(|own| exchange.down(own.saturating_sub(1)));
            if !next.is_some_and(|own| scratch.can_be_best(own, market.most)) {
                break;
            }
            above = lines;
            // Twice as many as before.
            let next = levels.holding(2 * u64::from(levels.count(level)));
            level = next.max(level + 1);
        }
    }

    /// A level that is likely to hold the best of so many.
    fn first_level(&self, eligible: u32, market: &Market<'a>) -> usize {
        let Index { most, least, .. } = self.index;
        let best = (market.most as u64).min(u64::from(eligible));
        let share = best * u64::from(most.len()) / u64::from(eligible).max(1);
        // As many as are wanted bid so much for sure: what cannot is not among the best.
        let sure = least.least(least.holding(share));
        let level = sure.map_or(0, |own| most.sparing(own));
        level.min(most.holding(MOST_TIMES * share))
    }

    /// The lowest and the highest bid of a line item.
    fn bounds(&self, glance: &Glance) -> Option<(i64, i64)> {
        if glance.look != NONE {
            return Some((i64::from(glance.low), i64::from(glance.high)));
        }
        let item = self.index.items.get(glance.place as usize)?;
        Some((item.low, item.high))
    }

    fn keep_listed(&self, exchange: Exchange, market: &Market<'a>, scratch: &mut Scratch) {
        let rows = std::mem::take(&mut scratch.rows);
        let glances = || {
            let glance = |row: &u32| Some((*row, self.index.glances.get(*row as usize)?));
            rows.iter().filter_map(glance)
        };
        // Brings near what is looked at next.
        let numbers = rows.iter();
        let numbers = numbers.filter_map(|row| self.index.numbers.get(*row as usize));
        let near = glances().fold(0, |all, (_, own)| all ^ own.place);
        std::hint::black_box(numbers.fold(near, |all, own| all ^ own.0));
        let mut last = NONE;
        for (row, glance) in glances() {
            if std::mem::replace(&mut last, glance.place) == glance.place {
                continue;
            }
            let Some((low, high)) = self.bounds(glance) else {
                continue;
            };
            let bound = exchange.down(high);
            if !scratch.can_be_best(bound, market.most) {
                continue;
            }
            match self.index.numbers.get(row as usize) {
                Some(number) if low == high => {
                    let own = market.kept(*number, glance.place, bound);
                    scratch.keep(own, market.most);
                }
                _ => scratch.later.push((bound, glance.place)),
            }
        }
        scratch.rows = rows;
        self.price_later(market, scratch);
    }
}

fn fill_live(lines: &mut [Line], live: &[u32], with: Line) {
    for at in live {
        if let Some(line) = lines.get_mut(*at as usize) {
            *line = with;
        }
    }
}

impl Scratch {
    /// Lists the rows that are left of a level, without those above.
    fn list_level(&mut self, level: &[Line], above: &[Line]) {
        let Self {
            alive, live, rows, ..
        } = self;
        let mut listing = Listing {
            lines: alive,
            live,
            within: Some(level),
            without: Some(above),
            bits: rows,
        };
        listing.run();
    }
}
