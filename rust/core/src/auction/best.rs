//! The best bids and the stages of all others, told from lines of rows; few line items are looked at.

use super::decide::Pass;
use super::decision::Outcome;
use super::index::NONE;
use super::posting::rows_of;
use super::reason::Stage;
use super::scratch::{Look, Scratch};
use super::survivor::Market;
use crate::bitmap::line::Line;

/// Looks of creatives that are always worth asking one by one.
const FEW_LOOKS: usize = 16;
/// A look is worth asking for so many line items.
const LINE_ITEMS_PER_LOOK: usize = 4;

impl<'a> Pass<'a> {
    /// Whether lines tell it sooner than a look at each of so many line items.
    pub(super) fn is_told_by_lines(&self, line_items: u32) -> bool {
        self.index.looks.len() <= FEW_LOOKS + line_items as usize / LINE_ITEMS_PER_LOOK
    }

    /// Counts where line items fall and keeps the best bids; `floor` is the one on the open market.
    pub(super) fn by_levels(
        &self,
        floor: i64,
        market: &Market<'a>,
        scratch: &mut Scratch,
        outcome: &mut Outcome,
    ) {
        scratch.list_live();
        self.others(market, scratch, outcome);
        self.creatives(scratch, outcome);
        let eligible = self.floors(floor, market, scratch, outcome);
        outcome.counts.eligible += eligible;
        self.top(floor, eligible, market, scratch);
    }

    /// Line items that take a second look whatever they bid.
    fn others(&self, market: &Market<'a>, scratch: &mut Scratch, outcome: &mut Outcome) {
        if self.index.all_plain {
            return;
        }
        scratch.rows.clear();
        let Scratch {
            alive, live, rows, ..
        } = scratch;
        for at in live.iter().map(|at| *at as usize) {
            if let (Some(line), Some(plain)) = (alive.get_mut(at), self.index.plain.get(at)) {
                rows_of(at, &line.and_not(plain), &mut |row| rows.push(row));
                *line = line.and(plain);
            }
        }
        self.second_look(market, scratch, outcome);
    }

    /// Decides the rows that are listed one by one.
    fn second_look(&self, market: &Market<'a>, scratch: &mut Scratch, outcome: &mut Outcome) {
        let rows = std::mem::take(&mut scratch.rows);
        let mut last = NONE;
        for row in &rows {
            let place = self.index.glances.get(*row as usize);
            let place = place.map_or(NONE, |own| own.place);
            if std::mem::replace(&mut last, place) != place {
                outcome.counts.count(self.fate(place, market, scratch));
            }
        }
        scratch.rows = rows;
    }

    /// Takes away the rows of line items without a creative that fits.
    fn creatives(&self, scratch: &mut Scratch, outcome: &mut Outcome) {
        let index = self.index;
        let looks = 0..index.looks.len() as u32;
        let fit = |look, looks: &mut [Look]| self.look_fits(look, looks).is_some();
        let all = looks
            .clone()
            .filter(|own| fit(*own, &mut scratch.looks))
            .count()
            == index.looks.len();
        if all && index.all_show {
            return;
        }
        let before = self.count_live(scratch);
        scratch.fitting.resize(index.width, Line::default());
        for at in &scratch.live {
            if let Some(line) = scratch.fitting.get_mut(*at as usize) {
                *line = Line::default();
            }
        }
        for look in looks {
            if !fit(look, &mut scratch.looks) {
                continue;
            }
            let rows = index.showing.get(look);
            rows.add_where(&mut scratch.fitting, &scratch.live);
        }
        for at in scratch.live.iter().map(|at| *at as usize) {
            if let (Some(line), Some(fit)) = (scratch.alive.get_mut(at), scratch.fitting.get(at)) {
                *line = line.and(fit);
            }
        }
        let after = self.count_live(scratch);
        outcome.counts.add(Stage::Creative, before - after);
    }

    /// Takes away the rows of line items that cannot reach the floor, and tells how many of the others reach it for sure. Those
    /// of which levels do not tell are decided one by one and taken away too.
    fn floors(
        &self,
        floor: i64,
        market: &Market<'a>,
        scratch: &mut Scratch,
        outcome: &mut Outcome,
    ) -> u32 {
        let index = self.index;
        let before = self.count_live(scratch);
        let possible = index.most.lines(index.most.sparing(floor));
        let sure = index.least.reaching(floor);
        let sure = sure.map_or(&[] as &[Line], |level| index.least.lines(level));
        scratch.rows.clear();
        let Scratch {
            alive, live, rows, ..
        } = scratch;
        let mut fallen = 0;
        for at in live.iter().map(|at| *at as usize) {
            let Some(line) = alive.get_mut(at) else {
                continue;
            };
            let some = possible
                .get(at)
                .map_or(Line::default(), |own| line.and(own));
            fallen += self.fields(at, &line.and_not(&some));
            *line = sure.get(at).map_or(Line::default(), |own| line.and(own));
            rows_of(at, &some.and_not(line), &mut |row| rows.push(row));
        }
        outcome.counts.add(Stage::Floor, fallen);
        let eligible = self.count_live(scratch);
        if fallen + eligible < before {
            self.second_look(market, scratch, outcome);
        }
        eligible
    }

    /// Keeps the best bids of line items that reach the floor, from the highest level down for as long as a lower bid can be among
    /// the best.
    fn top(&self, floor: i64, eligible: u32, market: &Market<'a>, scratch: &mut Scratch) {
        self.price_later(market, scratch);
        let levels = &self.index.most;
        let most = (market.most as u64).min(u64::from(eligible));
        // Some of them bid less than they could.
        let wanted = most + most / 2;
        let share = wanted * u64::from(levels.len()) / u64::from(eligible.max(1));
        let mut level = levels.holding(share);
        let mut above: &[Line] = &[];
        if eligible == 0 {
            return;
        }
        loop {
            let lines = levels.lines(level);
            scratch.list_level(lines, above);
            self.keep_listed(floor, market, scratch);
            let bound = levels.bound(level);
            if !bound.is_some_and(|own| scratch.can_be_best(own.saturating_sub(1), market.most)) {
                break;
            }
            above = lines;
            // Twice as many as before.
            let next = levels.holding(2 * u64::from(levels.count(level)));
            level = next.max(level + 1);
        }
    }

    fn keep_listed(&self, floor: i64, market: &Market<'a>, scratch: &mut Scratch) {
        let rows = std::mem::take(&mut scratch.rows);
        let items = || rows.iter().filter_map(|row| self.index.owner(*row));
        // Brings near what is looked at next.
        std::hint::black_box(items().fold(0, |all, (_, own)| all ^ own.low));
        let mut last = NONE;
        for (place, item) in items() {
            let is_new = std::mem::replace(&mut last, place) != place;
            if !is_new || !scratch.can_be_best(item.high, market.most) {
                continue;
            }
            if item.low == item.high {
                self.keep_open(place, item.high, floor, market, scratch);
            } else {
                scratch.later.push((item.high, place));
            }
        }
        scratch.rows = rows;
        self.price_later(market, scratch);
    }

    fn fields(&self, at: usize, line: &Line) -> u32 {
        match &self.index.ends {
            None => line.count(),
            Some(ends) => ends.get(at).map_or(0, |ends| line.fields(ends)),
        }
    }

    /// How many line items have a row left in the lines that are listed.
    fn count_live(&self, scratch: &Scratch) -> u32 {
        let live = scratch.live.iter().map(|at| *at as usize);
        let lines = live.filter_map(|at| Some((at, scratch.alive.get(at)?)));
        lines.map(|(at, line)| self.fields(at, line)).sum()
    }
}

impl Scratch {
    /// Lists the rows that are left of a level, without those above.
    fn list_level(&mut self, level: &[Line], above: &[Line]) {
        let Scratch {
            alive, live, rows, ..
        } = self;
        rows.clear();
        for at in live.iter().map(|at| *at as usize) {
            if let (Some(line), Some(level)) = (alive.get(at), level.get(at)) {
                let own = line.and(level);
                let own = above.get(at).map_or(own, |above| own.and_not(above));
                rows_of(at, &own, &mut |row| rows.push(row));
            }
        }
    }
}
