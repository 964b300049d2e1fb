//! Which rows stand at a time: what changes without a new index.

use std::sync::Arc;

use super::campaign::Status;
use super::index::Index;
use super::lot::Lot;
use super::posting::{clear, set};
use super::reason::Counts;
use super::standing::{ALWAYS, Standing};
use super::survivor::Fate;
use crate::bitmap::line::Line;
use crate::catalog::Catalog;
use crate::id::LineItemId;

/// How the line items of an index stand. Follows when budgets are spent and probabilities move; made anew when status, flight or
/// budget change, or a flight turns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mask {
    /// Rows of line items that fall nowhere yet.
    pub(super) alive: Vec<Line>,
    /// Those that fall in whatever auction.
    pub(super) counts: Counts,
    /// By place in the index where its line item falls in whatever auction; `None` for those that are not counted.
    pub(super) fates: Vec<Option<Fate>>,
    /// Rows of line items that do not always take part; empty when all do.
    pub(super) paced: Vec<Line>,
    /// By row, those that there are not among them; empty when all always take part.
    chances: Vec<Chance>,
    /// By line item its place in the index; [`NOWHERE`] for those that it lacks.
    places: Arc<[u32]>,
}

/// With what probability the line item of a row takes part, beside what the draw depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chance {
    pub(super) number: LineItemId,
    /// In 65,536ths.
    pub(super) probability: u32,
}

const NOWHERE: u32 = u32::MAX;

impl Mask {
    /// How the line items of `index` stand; the catalog says of their status, flight and budget what is true now.
    ///
    /// Line items that the index lacks are not counted; archived ones neither, whether it has them or not.
    pub fn of(index: &Index, catalog: &Catalog, standing: &Standing) -> Self {
        let mut mask = Self {
            alive: vec![Line::default(); index.width],
            counts: Counts::default(),
            fates: vec![None; index.items.len()],
            paced: Vec::new(),
            chances: Vec::new(),
            places: places(index, catalog),
        };
        let book = catalog.book();
        for (own, fate) in index.items.iter().zip(&mut mask.fates) {
            let item = book.line_items.entry(own.number.0);
            let Some(item) = item.filter(|item| book.status(item) != Status::Archived) else {
                continue;
            };
            let fell = standing.falls(catalog, own.number, item);
            *fate = Some(fell);
            mask.counts.count(fell);
            if fell.is_none() {
                let rows = own.start..own.start + u32::from(own.rows);
                rows.for_each(|row| set(&mut mask.alive, row));
            }
        }
        mask.set_pace(index, standing);
        mask
    }

    /// As [`Mask::of`] for a standing that follows `old`, of which this mask is: `None` where more has changed than spent line items
    /// and probabilities. No flight may have turned and no edit come between.
    pub fn follow(
        &self,
        index: &Index,
        catalog: &Catalog,
        (old, new): (&Standing, &Standing),
    ) -> Option<Self> {
        if (&old.building, &old.spent_campaigns) != (&new.building, &new.spent_campaigns) {
            return None;
        }
        let mut mask = self.clone();
        for number in old.spent.symmetric_difference(&new.spent) {
            mask.turn(index, catalog, *number, (old, new));
        }
        if old.pace != new.pace {
            mask.set_pace(index, new);
        }
        Some(mask)
    }

    fn turn(
        &mut self,
        index: &Index,
        catalog: &Catalog,
        number: LineItemId,
        (old, new): (&Standing, &Standing),
    ) {
        let book = catalog.book();
        let place = self.places.get(number.index()).map(|own| *own as usize);
        let own = place.and_then(|place| index.items.get(place));
        let fate = place.and_then(|place| self.fates.get_mut(place));
        let item = book.line_items.entry(number.0);
        let item = item.filter(|item| book.status(item) != Status::Archived);
        let (Some(own), Some(fate), Some(item)) = (own, fate, item) else {
            return;
        };
        let falls = |standing: &Standing| standing.falls(catalog, number, item);
        let (before, now) = (falls(old), falls(new));
        self.counts.take(before);
        self.counts.count(now);
        *fate = Some(now);
        for row in own.start..own.start + u32::from(own.rows) {
            match now {
                None => set(&mut self.alive, row),
                Some(_) => clear(&mut self.alive, row),
            }
        }
    }

    fn set_pace(&mut self, index: &Index, standing: &Standing) {
        (self.paced, self.chances) = (Vec::new(), Vec::new());
        for (number, pace) in &standing.pace {
            let place = self.places.get(number.index());
            let own = place.and_then(|place| index.items.get(*place as usize));
            let Some(own) = own.filter(|_| *pace < ALWAYS) else {
                continue;
            };
            if self.chances.is_empty() {
                let always = |number: &LineItemId| Chance::always(*number);
                self.chances = index.numbers.iter().map(always).collect();
                self.paced = vec![Line::default(); index.width];
            }
            for row in own.start..own.start + u32::from(own.rows) {
                set(&mut self.paced, row);
                if let Some(chance) = self.chances.get_mut(row as usize) {
                    chance.probability = *pace;
                }
            }
        }
    }

    /// Whether the line item of a row takes part.
    #[inline]
    pub(super) fn passes(&self, lot: Lot, row: u32) -> bool {
        let chance = self.chances.get(row as usize);
        chance.is_none_or(|own| lot.passes(own.number, own.probability))
    }
}

impl Chance {
    const fn always(number: LineItemId) -> Self {
        Self {
            number,
            probability: ALWAYS,
        }
    }
}

fn places(index: &Index, catalog: &Catalog) -> Arc<[u32]> {
    let mut places = vec![NOWHERE; catalog.book().line_items.len() as usize];
    for (place, own) in index.items.iter().enumerate() {
        let entry = places.get_mut(own.number.index());
        entry.into_iter().for_each(|entry| *entry = place as u32);
    }
    places.into()
}
