//! What is held of a person while a batch of reservations is judged.

use hashbrown::HashMap;

use super::key::Key;
use super::request::Request;
use super::reservation::{Hold, Reservations};
use crate::profile::dictionary::IdSlot;
use crate::time::Instant;
use crate::view::View;

/// What is held: the reservations of a view, and those that are about to be made, by slot.
#[derive(Debug)]
pub(super) struct Held<'a> {
    pub(super) reservations: &'a Reservations,
    pub(super) more: HashMap<IdSlot, Vec<Hold>>,
    /// Whose own reservations do not count: an auction that is asked again has the answer that it had.
    request: Option<(&'a Request, &'a View)>,
}

impl<'a> Held<'a> {
    pub(super) fn of(view: &'a View) -> Self {
        Self {
            reservations: view.reservations(),
            more: HashMap::new(),
            request: None,
        }
    }

    /// As [`Held::of`], but for what a request has reserved itself.
    pub(super) fn beside(request: &'a Request, view: &'a View) -> Self {
        Self {
            request: Some((request, view)),
            ..Self::of(view)
        }
    }

    pub(super) fn of_slot(&self, slot: IdSlot, t: Instant) -> impl Iterator<Item = &Hold> {
        let more = self.more.get(&slot).into_iter().flatten();
        let held = self.reservations.held(slot, t);
        let held = held.filter(|(id, hold)| !self.is_own(*id, hold));
        held.map(|(_, hold)| hold).chain(more)
    }

    fn is_own(&self, id: u128, hold: &Hold) -> bool {
        let Some((request, view)) = self.request else {
            return false;
        };
        let name = view.catalog().book().line_items.name(hold.line_item.0);
        let mut impressions = request.impressions.iter();
        name.is_some_and(|name| {
            impressions.any(|own| Key::new(&request.id, &own.id, name).hash() == id)
        })
    }
}
