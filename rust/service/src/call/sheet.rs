//! Small batches: rows of named values, gathered into columns.

use std::collections::HashMap;
use std::mem;

use treffer_core::rows::{Cells, Column, Reason, Rows, Texts};

use crate::batch::{Batch, Faults};

/// A batch begins anew before it has more columns, so that its size stays in proportion to that of the request.
const MOST_COLUMNS: usize = 1_024;

/// One cell.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    Text(String),
    Texts(Vec<String>),
    Integer(i64),
    Micros(i64),
    Float(f64),
    Bool(bool),
    Instant(i64),
}

/// One row on its way into a sheet.
pub(crate) type Row = Vec<(String, Cell)>;

/// Gathers rows. Columns have one kind, so a row whose cells are of other kinds than those above begins a new batch.
#[derive(Default)]
pub(crate) struct Sheet {
    /// Rows of the source so far, refused ones too.
    seen: usize,
    done: Vec<Batch>,
    rows: Vec<u32>,
    columns: Vec<Column>,
    places: HashMap<String, usize>,
    faults: Faults,
}

impl Sheet {
    /// Adds a row; one that names a column twice is refused.
    pub(crate) fn push(&mut self, row: Row) {
        let mut names: Vec<&str> = row.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        if let Some(name) = names
            .windows(2)
            .find_map(|pair| (pair.first() == pair.last()).then(|| pair.first().copied()))
        {
            let name = name.unwrap_or_default().to_owned();
            return self.refuse(&name, Reason::Undeclared, "the row has this column twice");
        }
        if self.columns.len() + row.len() > MOST_COLUMNS
            || !row.iter().all(|(name, cell)| self.fits(name, cell))
        {
            self.cut();
        }
        let place = self.rows.len();
        for (name, cell) in row {
            let slot = *self.places.entry(name.clone()).or_insert_with(|| {
                self.columns.push(empty(name, &cell));
                self.columns.len() - 1
            });
            if let Some(column) = self.columns.get_mut(slot) {
                fill(column, place);
                append(column, cell);
            }
        }
        self.rows.push(self.seen as u32);
        self.seen += 1;
    }

    /// Counts a row that cannot be read.
    pub(crate) fn refuse(&mut self, field: &str, reason: Reason, message: impl Into<String>) {
        self.faults.push(self.seen, field, reason, message);
        self.seen += 1;
    }

    /// The batches, in order; none of them is empty, but the first may hold refusals alone.
    pub(crate) fn into_batches(mut self) -> Vec<Batch> {
        self.cut();
        let refused = mem::take(&mut self.faults).into_refusals();
        if !refused.is_empty() {
            let batch = Batch {
                refused,
                ..Batch::default()
            };
            self.done.insert(0, batch);
        }
        self.done
    }

    fn fits(&self, name: &str, cell: &Cell) -> bool {
        let column = self
            .places
            .get(name)
            .and_then(|place| self.columns.get(*place));
        column.is_none_or(|column| {
            matches!(
                (&column.cells, cell),
                (Cells::Text(_), Cell::Text(_))
                    | (Cells::TextList { .. }, Cell::Texts(_))
                    | (Cells::Integer(_), Cell::Integer(_))
                    | (Cells::Micros(_), Cell::Micros(_))
                    | (Cells::Float(_), Cell::Float(_))
                    | (Cells::Bool(_), Cell::Bool(_))
                    | (Cells::Instant(_), Cell::Instant(_))
            )
        })
    }

    fn cut(&mut self) {
        let numbers = mem::take(&mut self.rows);
        self.places.clear();
        let mut columns = mem::take(&mut self.columns);
        if numbers.is_empty() {
            return;
        }
        for column in &mut columns {
            fill(column, numbers.len());
        }
        self.done.push(Batch {
            rows: Rows {
                len: numbers.len(),
                columns,
            },
            numbers: Some(numbers),
            refused: Vec::new(),
        });
    }
}

fn empty(name: String, cell: &Cell) -> Column {
    let texts = || Texts {
        offsets: vec![0],
        ..Texts::default()
    };
    let cells = match cell {
        Cell::Text(_) => Cells::Text(texts()),
        Cell::Texts(_) => Cells::TextList {
            offsets: vec![0],
            texts: texts(),
        },
        Cell::Integer(_) => Cells::Integer(Vec::new()),
        Cell::Micros(_) => Cells::Micros(Vec::new()),
        Cell::Float(_) => Cells::Float(Vec::new()),
        Cell::Bool(_) => Cells::Bool(Vec::new()),
        Cell::Instant(_) => Cells::Instant(Vec::new()),
    };
    Column {
        name,
        cells,
        present: Some(Vec::new()),
    }
}

/// Absent cells until the column is `len` long.
fn fill(column: &mut Column, len: usize) {
    while let Some(present) = column
        .present
        .as_mut()
        .filter(|present| present.len() < len)
    {
        present.push(false);
        match &mut column.cells {
            Cells::Text(texts) => texts.push(""),
            Cells::TextList { offsets, .. } => offsets.push(offsets.last().copied().unwrap_or(0)),
            Cells::Integer(cells) | Cells::Micros(cells) | Cells::Instant(cells) => cells.push(0),
            Cells::Float(cells) => cells.push(0.0),
            Cells::Bool(cells) => cells.push(false),
        }
    }
}

/// One present cell; its kind has been compared before.
fn append(column: &mut Column, cell: Cell) {
    match (&mut column.cells, cell) {
        (Cells::Text(texts), Cell::Text(text)) => texts.push(&text),
        (Cells::TextList { offsets, texts }, Cell::Texts(members)) => {
            for member in &members {
                texts.push(member);
            }
            offsets.push(offsets.last().copied().unwrap_or(0) + members.len() as u32);
        }
        (Cells::Integer(cells), Cell::Integer(number))
        | (Cells::Micros(cells), Cell::Micros(number))
        | (Cells::Instant(cells), Cell::Instant(number)) => cells.push(number),
        (Cells::Float(cells), Cell::Float(number)) => cells.push(number),
        (Cells::Bool(cells), Cell::Bool(truth)) => cells.push(truth),
        _ => return,
    }
    if let Some(present) = &mut column.present {
        present.push(true);
    }
}
