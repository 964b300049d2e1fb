//! Items: what was viewed or bought, and what is known of it.

use crate::batch::{Columns, report, require_present};
use crate::error::Result;
use crate::fit::{fit, fit_names};
use crate::id::{ItemAttributeId, ItemId};
use crate::pool::Pool;
use crate::profile::fact::{Fact, Write};
use crate::record::Batch;
use crate::refusals::Refusals;
use crate::rows::Report;
use crate::state::State;
use crate::time::Instant;
use crate::typed::{TypedCells, TypedColumn};

/// All items that were ever mentioned, with their attributes; a clone is cheap.
#[derive(Clone, Debug, Default)]
pub struct Items {
    pub(crate) ids: Pool,
    pub(crate) attributes: Vec<Fact>,
}

/// Accepted writes, row by row in columns; of two rows for one item the later wins.
#[derive(Clone, Debug, PartialEq)]
pub struct ItemBatch {
    /// Number of rows.
    pub len: usize,
    /// Which items.
    pub items: TypedColumn,
    /// The present cells are written.
    pub writes: Vec<(ItemAttributeId, TypedColumn)>,
    /// These are unset in every row.
    pub unset: Vec<ItemAttributeId>,
}

impl Items {
    /// The ids; the code of an id is its [`ItemId`].
    pub const fn ids(&self) -> &Pool {
        &self.ids
    }

    /// The number of an item; `None` when it was never mentioned.
    pub fn item(&self, id: &str) -> Option<ItemId> {
        self.ids.code(id.as_bytes()).map(ItemId)
    }

    /// The id of an item; `None` for a number that was never given.
    pub fn id(&self, item: ItemId) -> Option<&str> {
        self.ids.text(item.0)
    }

    /// The values of an attribute by item; `None` for one that is not declared.
    pub fn attribute(&self, attribute: ItemAttributeId) -> Option<&Fact> {
        self.attributes.get(attribute.index())
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.ids.heap_bytes() + self.attributes.iter().map(Fact::heap_bytes).sum::<usize>()
    }

    /// Keeps accepted writes.
    pub(crate) fn apply(&mut self, batch: &ItemBatch, time: Instant) {
        let items = match &batch.items.cells {
            TypedCells::Text(texts) => self
                .ids
                .intern_rows(texts, batch.len, |row| batch.items.is_present(row)),
            TypedCells::TextSet { .. } | TypedCells::Number(_) => return,
        };
        let write = |row: usize, code| {
            Some((
                u32::try_from(items.get(row).copied().flatten()?).ok()?,
                code,
                time,
            ))
        };
        for (attribute, column) in &batch.writes {
            let Some(fact) = self.attributes.get_mut(attribute.index()) else {
                continue;
            };
            let codes = fact
                .encode(column, batch.len)
                .into_iter()
                .enumerate()
                .filter(|(_, code)| code.is_some());
            let writes: Vec<Write> = codes.filter_map(|(row, code)| write(row, code)).collect();
            fact.write_last(&writes);
        }
        for attribute in &batch.unset {
            if let Some(fact) = self.attributes.get_mut(attribute.index()) {
                let writes: Vec<Write> =
                    (0..batch.len).filter_map(|row| write(row, None)).collect();
                fact.write_last(&writes);
            }
        }
    }
}

/// Judges every row; nothing is written yet.
pub(crate) fn judge(state: &State, batch: Batch) -> Result<(ItemBatch, Report)> {
    let catalog = state.view.catalog();
    let unset_names = batch.unset.clone();
    let mut columns = Columns::new(batch, "items", state.settings.rows_per_batch)?;
    let len = columns.len;
    let mut refusals = Refusals::default();
    let items = columns.require("item")?;
    let writes = columns.take_all(|name| {
        let id = catalog.item_attribute_id(name)?;
        Some((id, catalog.item_attribute(id)?.kind))
    });
    columns.finish()?;
    let mut unset = Vec::new();
    for name in &unset_names {
        let id = catalog
            .item_attribute_id(name)
            .ok_or_else(|| columns.error(name, "not declared and cannot be unset"))?;
        if writes.iter().any(|((written, _), _)| *written == id) {
            return Err(columns.error(name, "both a column and to be unset"));
        }
        unset.push(id);
    }
    require_present(&items, len, &mut refusals);
    let items = fit_names(items, len, &mut refusals);
    let writes: Vec<_> = writes
        .into_iter()
        .map(|((id, kind), column)| (id, fit(column, kind, len, &mut refusals)))
        .collect();
    let accepted = refusals.spared(len);
    let batch = ItemBatch {
        len: accepted.len(),
        items: items.select(&accepted, len),
        writes: writes
            .into_iter()
            .map(|(id, column)| (id, column.select(&accepted, len)))
            .collect(),
        unset,
    };
    Ok((batch, report(&accepted, 0, &[], refusals)))
}
