//! What is held of a person while a batch of reservations is judged.

use hashbrown::HashMap;

use super::reservation::{Hold, Reservations};
use crate::profile::dictionary::IdSlot;
use crate::time::Instant;
use crate::view::View;

/// What is held: the reservations of a view, and those that are about to be made, by slot.
#[derive(Debug)]
pub(super) struct Held<'a> {
    pub(super) reservations: &'a Reservations,
    pub(super) more: HashMap<IdSlot, Vec<Hold>>,
}

impl<'a> Held<'a> {
    pub(super) fn of(view: &'a View) -> Self {
        Self {
            reservations: view.reservations(),
            more: HashMap::new(),
        }
    }

    pub(super) fn of_slot(&self, slot: IdSlot, t: Instant) -> impl Iterator<Item = &Hold> {
        let more = self.more.get(&slot).into_iter().flatten();
        self.reservations.held(slot, t).chain(more)
    }
}
