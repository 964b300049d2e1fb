//! Which rows stand at a time: what changes without a new index.

use super::campaign::Status;
use super::index::Index;
use super::posting::set;
use super::reason::Counts;
use super::standing::{ALWAYS, Standing};
use crate::bitmap::line::Line;
use crate::catalog::Catalog;

/// How the line items of an index stand. Made anew when status, flight, budget or pace change, or a flight turns.
#[derive(Clone, Debug)]
pub struct Mask {
    /// Rows of line items that fall nowhere yet.
    pub(super) alive: Vec<Line>,
    /// Those that fall in whatever auction.
    pub(super) counts: Counts,
    /// By place: with what probability a line item takes part; empty when all always do.
    pub(super) pace: Vec<u32>,
}

impl Mask {
    /// How the line items of `index` stand; the catalog says of their status, flight and budget what is true now.
    ///
    /// Line items that the index lacks are not counted; archived ones neither, whether it has them or not.
    pub fn of(index: &Index, catalog: &Catalog, standing: &Standing) -> Self {
        let mut mask = Self {
            alive: vec![Line::default(); index.width],
            counts: Counts::default(),
            pace: Vec::new(),
        };
        let book = catalog.book();
        for own in &index.items {
            let item = book.line_items.entry(own.number.0);
            let Some(item) = item.filter(|item| book.status(item) != Status::Archived) else {
                continue;
            };
            let fell = standing.falls(catalog, own.number, item);
            mask.counts.count(fell);
            if fell.is_none() {
                let rows = own.start..own.start + u32::from(own.rows);
                rows.for_each(|row| set(&mut mask.alive, row));
            }
        }
        if !standing.pace.is_empty() {
            let paces = index.items.iter().map(|own| standing.pace(own.number));
            mask.pace = paces.collect();
        }
        mask
    }

    /// With what probability the line item at a place takes part.
    pub(super) fn pace(&self, place: u32) -> u32 {
        self.pace.get(place as usize).copied().unwrap_or(ALWAYS)
    }
}
