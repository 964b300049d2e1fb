//! Columns whose cells fit a declared kind: what records carry.

use std::collections::BTreeSet;

use crate::rows::Texts;
use crate::time::Instant;
use crate::value::{Kind, Value};

/// Cells of one kind, each present or absent.
#[derive(Clone, Debug, PartialEq)]
pub struct TypedColumn {
    /// What the cells hold; what stands where `present` is false is meaningless.
    pub cells: TypedCells,
    /// Which rows have a value; `None`: all.
    pub present: Option<Vec<bool>>,
}

/// The cells themselves.
#[derive(Clone, Debug, PartialEq)]
pub enum TypedCells {
    /// Strings.
    Text(Texts),
    /// String sets: row r holds `offsets[r]..offsets[r + 1]` of `texts`, rising and without repetition.
    TextSet {
        /// One more than rows, rising.
        offsets: Vec<u32>,
        /// All texts, end to end.
        texts: Texts,
    },
    /// Integers; decimals in micro units; bools as 0 and 1; instants in milliseconds.
    Number(Vec<i64>),
}

/// One present cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cell<'a> {
    Text(&'a str),
    TextSet(&'a Texts, u32, u32),
    Number(i64),
}

impl Cell<'_> {
    /// The plain value; a number of a kind that is not one is taken for an integer.
    pub(crate) fn value(self, kind: Kind) -> Value {
        match self {
            Self::Text(text) => Value::String(text.to_owned()),
            Self::TextSet(..) => {
                Value::StringSet(self.members().map(str::to_owned).collect::<BTreeSet<_>>())
            }
            Self::Number(number) => match kind {
                Kind::Decimal => Value::Decimal(number),
                Kind::Bool => Value::Bool(number != 0),
                Kind::Instant => Value::Instant(Instant(number)),
                Kind::Integer | Kind::String | Kind::StringSet => Value::Integer(number),
            },
        }
    }

    /// The members of a set; none of anything else.
    pub(crate) fn members(&self) -> impl Iterator<Item = &str> {
        let (texts, range) = match self {
            Self::TextSet(texts, start, end) => (Some(*texts), *start..*end),
            Self::Text(_) | Self::Number(_) => (None, 0..0),
        };
        range.filter_map(move |at| texts?.get(at as usize))
    }

    /// Appends bytes that differ where cells of one kind differ.
    pub(crate) fn write_to(self, out: &mut Vec<u8>) {
        let text = |out: &mut Vec<u8>, text: &str| {
            out.extend_from_slice(&(text.len() as u32).to_le_bytes());
            out.extend_from_slice(text.as_bytes());
        };
        match self {
            Self::Text(one) => text(out, one),
            Self::TextSet(_, start, end) => {
                out.extend_from_slice(&end.saturating_sub(start).to_le_bytes());
                self.members().for_each(|member| text(out, member));
            }
            Self::Number(number) => out.extend_from_slice(&number.to_le_bytes()),
        }
    }
}

impl TypedColumn {
    /// Whether row `row` has a value.
    pub fn is_present(&self, row: usize) -> bool {
        self.present
            .as_ref()
            .is_none_or(|present| present.get(row).copied().unwrap_or(false))
    }

    /// The cell of row `row`; `None` where absent or past the end.
    pub(crate) fn cell(&self, row: usize) -> Option<Cell<'_>> {
        if !self.is_present(row) {
            return None;
        }
        Some(match &self.cells {
            TypedCells::Text(texts) => Cell::Text(texts.get(row)?),
            TypedCells::TextSet { offsets, texts } => {
                Cell::TextSet(texts, *offsets.get(row)?, *offsets.get(row + 1)?)
            }
            TypedCells::Number(numbers) => Cell::Number(*numbers.get(row)?),
        })
    }

    /// The text of row `row`; `None` where there is none.
    pub(crate) fn text(&self, row: usize) -> Option<&str> {
        match self.cell(row)? {
            Cell::Text(text) => Some(text),
            Cell::TextSet(..) | Cell::Number(_) => None,
        }
    }

    /// The number of row `row`; `None` where there is none.
    pub(crate) fn number(&self, row: usize) -> Option<i64> {
        match self.cell(row)? {
            Cell::Number(number) => Some(number),
            Cell::Text(_) | Cell::TextSet(..) => None,
        }
    }

    /// Only the chosen rows of `len`, which rise. When all are chosen only what lies behind a dictionary is copied.
    #[must_use]
    pub(crate) fn select(self, rows: &[u32], len: usize) -> Self {
        let dictionary = matches!(&self.cells, TypedCells::Text(texts) if texts.keys.is_some());
        if rows.len() == len && !dictionary {
            return self;
        }
        let present = self.present.as_ref().map(|present| pick(present, rows));
        let cells = match &self.cells {
            TypedCells::Text(texts) => {
                TypedCells::Text(select_texts(texts, rows, |row| self.is_present(row)))
            }
            TypedCells::TextSet { .. } => {
                let (mut offsets, mut texts) = (vec![0], Texts::default());
                for row in rows {
                    if let Some(cell) = self.cell(*row as usize) {
                        cell.members().for_each(|member| texts.push(member));
                    }
                    offsets.push(texts.offsets.len().saturating_sub(1) as u32);
                }
                TypedCells::TextSet { offsets, texts }
            }
            TypedCells::Number(numbers) => TypedCells::Number(pick(numbers, rows)),
        };
        Self { cells, present }
    }
}

/// The chosen rows of a slice; those past its end are left out.
pub(crate) fn pick<T: Copy>(all: &[T], rows: &[u32]) -> Vec<T> {
    rows.iter()
        .filter_map(|row| all.get(*row as usize).copied())
        .collect()
}

/// The chosen rows; a dictionary keeps only texts that a present row has, in order of mention.
pub(crate) fn select_texts(texts: &Texts, rows: &[u32], present: impl Fn(usize) -> bool) -> Texts {
    let mut chosen = Texts {
        offsets: vec![0],
        ..Texts::default()
    };
    let Some(keys) = &texts.keys else {
        for row in rows {
            chosen.push(texts.get(*row as usize).unwrap_or_default());
        }
        return chosen;
    };
    let mut new_keys: Vec<Option<u32>> = vec![None; texts.offsets.len()];
    let mut selected = Vec::with_capacity(rows.len());
    for row in rows {
        let row = *row as usize;
        let slot = keys
            .get(row)
            .filter(|_| present(row))
            .and_then(|key| new_keys.get_mut(*key as usize));
        selected.push(match (slot, texts.get(row)) {
            (Some(slot), Some(text)) => *slot.get_or_insert_with(|| {
                chosen.push(text);
                chosen.offsets.len() as u32 - 2
            }),
            // Absent: its key is meaningless.
            _ => 0,
        });
    }
    chosen.keys = Some(selected);
    chosen
}
