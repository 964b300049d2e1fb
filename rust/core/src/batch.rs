//! Sorting the columns of a batch by what they are.

use crate::error::{Error, Result};
use crate::record::Batch;
use crate::refusals::Refusals;
use crate::rows::{Cells, Column, Reason, Report, Rows, Texts};

/// Columns of a checked batch, to be taken one by one; none may be left over.
pub(crate) struct Columns {
    noun: &'static str,
    pub(crate) len: usize,
    left: Vec<Column>,
}

impl Columns {
    /// Checks the form of the batch and leaves aside what is to be ignored.
    pub(crate) fn new(batch: Batch, noun: &'static str, limit: u64) -> Result<Self> {
        let Batch {
            rows,
            ignore,
            unset: _,
        } = batch;
        rows.check(noun)?;
        if rows.len as u64 > limit {
            return Err(Error::Limit {
                field: noun.to_owned(),
                limit,
                actual: rows.len as u64,
            });
        }
        let Rows { len, columns } = rows;
        let columns = columns
            .into_iter()
            .filter(|column| !ignore.contains(&column.name))
            .collect();
        Ok(Self {
            noun,
            len,
            left: columns,
        })
    }

    /// The column called `name`.
    pub(crate) fn take(&mut self, name: &str) -> Option<Column> {
        let place = self.left.iter().position(|column| column.name == name)?;
        Some(self.left.remove(place))
    }

    /// The column called `name`, without which rows cannot be read; where there are no rows it may be missing.
    pub(crate) fn require(&mut self, name: &str) -> Result<Column> {
        let none = Column {
            name: name.to_owned(),
            cells: Cells::Text(Texts::default()),
            present: None,
        };
        let nobody_asks = (self.len == 0).then_some(none);
        self.take(name)
            .or(nobody_asks)
            .ok_or_else(|| self.error(name, "this column is required"))
    }

    /// All columns for whose name `find` has an answer.
    pub(crate) fn take_all<T>(&mut self, find: impl Fn(&str) -> Option<T>) -> Vec<(T, Column)> {
        let (mut taken, mut left) = (Vec::new(), Vec::new());
        for column in self.left.drain(..) {
            match find(&column.name) {
                Some(meaning) => taken.push((meaning, column)),
                None => left.push(column),
            }
        }
        self.left = left;
        taken
    }

    /// An error when a column is left that nobody has declared.
    pub(crate) fn finish(&self) -> Result<()> {
        let message = "not declared; to leave the column aside, list it in `ignore`";
        self.left
            .first()
            .map_or(Ok(()), |column| Err(self.error(&column.name, message)))
    }

    pub(crate) fn error(&self, column: &str, message: &str) -> Error {
        Error::invalid(format!("{}.{column}", self.noun), message)
    }
}

/// The report on a batch whose rows were taken or refused.
pub(crate) fn report(
    accepted: &[u32],
    duplicates: u64,
    blocked: &[u32],
    refusals: Refusals,
) -> Report {
    Report {
        accepted: accepted.len() as u64,
        duplicates,
        blocked_ids: blocked
            .iter()
            .filter(|row| accepted.binary_search(row).is_ok())
            .count() as u64,
        links_refused: 0,
        refused: refusals.into_vec(),
        answers: Vec::new(),
    }
}

/// Refuses rows whose required cell is null.
pub(crate) fn require_present(column: &Column, len: usize, refusals: &mut Refusals) {
    if column.present.is_some() {
        for row in (0..len).filter(|row| !column.is_present(*row)) {
            refusals.add(
                row,
                &column.name,
                Reason::Missing,
                "null, where a value is required",
            );
        }
    }
}
