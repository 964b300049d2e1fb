//! A batch on its way into the engine: columns of the rows that could be read, and why the others could not.

use treffer_core::rows::{Cells, Column, Reason, Refusal, Rows, Texts};

/// Rows to hand to the engine, and those that fell before.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// The rows that could be read.
    pub rows: Rows,
    /// Which row of the source each of them is, rising; `None`: row r is row r.
    pub numbers: Option<Vec<u32>>,
    /// The rows of the source that could not be read, in rising order.
    pub refused: Vec<Refusal>,
}

impl Batch {
    /// The names of its columns.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.rows.columns.iter().map(|own| own.name.as_str())
    }
}

/// Cells that could not be read; per row the first is kept.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Refusal>);

impl Faults {
    pub(crate) fn push(
        &mut self,
        row: usize,
        field: &str,
        reason: Reason,
        message: impl Into<String>,
    ) {
        self.0.push(Refusal {
            row: row as u32,
            field: field.to_owned(),
            reason,
            message: message.into(),
        });
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One refusal a row, in rising order.
    pub(crate) fn into_refusals(mut self) -> Vec<Refusal> {
        self.0.sort_by_key(|refusal| refusal.row);
        self.0.dedup_by_key(|refusal| refusal.row);
        self.0
    }
}

impl Batch {
    /// The row of the source that row `row` of `rows` is.
    pub fn source_row(&self, row: u32) -> u32 {
        self.numbers.as_ref().map_or(row, |numbers| {
            numbers.get(row as usize).copied().unwrap_or(row)
        })
    }
    /// About how many bytes the rows take.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.rows.columns.iter().map(column_bytes).sum()
    }
}

/// About how many bytes a column takes.
pub(crate) fn column_bytes(column: &Column) -> usize {
    let text_bytes = |texts: &Texts| {
        let keys = texts.keys.as_ref().map_or(0, Vec::len);
        texts.bytes.len() + 4 * (texts.offsets.len() + keys)
    };
    let cells = match &column.cells {
        Cells::Text(texts) => text_bytes(texts),
        Cells::TextList { offsets, texts } => 4 * offsets.len() + text_bytes(texts),
        Cells::Integer(cells) | Cells::Micros(cells) | Cells::Instant(cells) => 8 * cells.len(),
        Cells::Float(cells) => 8 * cells.len(),
        Cells::Bool(cells) => cells.len(),
    };
    cells + column.present.as_ref().map_or(0, Vec::len)
}
