//! Bringing the ids of a batch together.

use crate::profile::dictionary::IdSlot;
use crate::profile::identifier::IdColumn;
use crate::profile::identity::Arrival;
use crate::profile::owner::Owners;
use crate::profile::regrouping::Regrouping;
use crate::time::Instant;
use crate::view::View;

/// The ids of rows by slot.
#[derive(Debug)]
pub(crate) struct RowIds {
    /// Who owns each row.
    pub(crate) owners: Vec<Option<IdSlot>>,
    /// Row, owner and another id of the row.
    others: Vec<(u32, [u32; 2])>,
    /// Row, owner and the code of a household.
    households: Vec<(u32, u32, i64)>,
}

impl RowIds {
    /// Makes all ids of a batch of `len` rows known.
    pub(crate) fn intern(view: &mut View, ids: &Owners, len: usize) -> Self {
        let mut rows = Self {
            owners: vec![None; len],
            others: Vec::new(),
            households: Vec::new(),
        };
        for IdColumn { namespace, values } in ids.owning(&view.catalog) {
            let slots = view.ids.intern_rows(*namespace, values, len);
            for (row, (owner, slot)) in rows.owners.iter_mut().zip(slots).enumerate() {
                match (&owner, slot) {
                    (Some(owner), Some(slot)) if *owner != slot => {
                        rows.others.push((row as u32, [owner.0, slot.0]));
                    }
                    (None, Some(_)) => *owner = slot,
                    (Some(_) | None, _) => {}
                }
            }
        }
        for column in ids.households(&view.catalog) {
            rows.intern_households(view, column, len);
        }
        rows
    }

    fn intern_households(&mut self, view: &mut View, column: &IdColumn, len: usize) {
        let codes = view.encode_households(column, len);
        for (row, (owner, code)) in self.owners.iter().zip(codes).enumerate() {
            if let (Some(owner), Some(code)) = (owner, code) {
                self.households.push((row as u32, owner.0, code));
            }
        }
    }
}

impl View {
    /// Links the ids of each row to its owner and notes households; rows are of `time`, the record of `now`.
    pub(crate) fn relate<'a>(
        &mut self,
        rows: &RowIds,
        now: Instant,
        time: &dyn Fn(usize) -> Instant,
        event_id: impl Fn(usize) -> &'a str,
    ) -> Regrouping {
        let arrivals = rows.others.iter().map(|(row, ends)| Arrival {
            ends: *ends,
            time: time(*row as usize),
            event_id: event_id(*row as usize),
        });
        let (identity, names) = self.ids.parts(&self.catalog);
        let change = identity.link(names, now, arrivals);
        self.regroup(&change);
        let write =
            |(row, owner, code): &(u32, u32, i64)| (*owner, Some(*code), time(*row as usize));
        let ids = &self.ids;
        let writes = rows.households.iter().map(write).collect();
        self.households
            .write_latest(writes, |slot| ids.survivor(slot));
        change
    }

    /// Moves what follows from the slots of profiles.
    pub(crate) fn regroup(&mut self, change: &Regrouping) {
        if change.is_empty() {
            return;
        }
        for fact in &mut self.attributes {
            fact.regroup(change);
        }
        self.households.regroup(change);
        self.refresh(&change.profiles);
    }
}
