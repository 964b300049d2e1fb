//! What is wrong with the rows of a batch, gathered while it is judged.

use std::collections::BTreeMap;

use crate::rows::{Reason, Refusal};

/// The first fault of every row that has one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Refusals {
    by_row: BTreeMap<usize, Refusal>,
}

impl Refusals {
    /// Notes a fault; of several in one row the first stays.
    pub(crate) fn add(
        &mut self,
        row: usize,
        field: &str,
        reason: Reason,
        message: impl Into<String>,
    ) {
        let refusal = || Refusal::new(row, field, reason, message);
        self.by_row.entry(row).or_insert_with(refusal);
    }

    /// Whether the row has a fault.
    pub(crate) fn contains(&self, row: usize) -> bool {
        !self.by_row.is_empty() && self.by_row.contains_key(&row)
    }

    /// The rows of a batch of `len` without a fault.
    pub(crate) fn spared(&self, len: usize) -> Vec<u32> {
        (0..len)
            .filter(|row| !self.contains(*row))
            .map(|row| row as u32)
            .collect()
    }

    /// All faults in order of the rows.
    pub(crate) fn into_vec(self) -> Vec<Refusal> {
        self.by_row.into_values().collect()
    }
}
