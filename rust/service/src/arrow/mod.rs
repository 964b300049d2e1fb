//! Arrow record batches to rows. Every width, unit and layout that a column of a declared kind may come in is read here; what the
//! cells must be is judged by the catalog.

pub(crate) mod auction;
mod cells;
mod decisions;
mod list;
mod stream;
mod text;

use arrow_array::{Array, BooleanArray, RecordBatch};
use arrow_select::filter::filter_record_batch;
use treffer_core::error::{Error, Result};
use treffer_core::rows::{Column, Rows};

use crate::batch::{Batch, Faults};

pub(crate) use decisions::Decisions;
pub use stream::Batches;
pub(crate) use stream::sound;

/// The rows of `batch`, columns in `ignore` left out. A row with a cell that cannot be read (a number or an instant out of range)
/// is refused; a column of a type that no kind can come from is an error that names the column and the type.
pub fn batch_of(batch: &RecordBatch, ignore: &[String]) -> Result<Batch> {
    let mut faults = Faults::default();
    let rows = rows_of(batch, ignore, &mut faults)?;
    if faults.is_empty() {
        return Ok(Batch {
            rows,
            ..Batch::default()
        });
    }
    let refused = faults.into_refusals();
    let mut keep = vec![true; batch.num_rows()];
    for refusal in &refused {
        if let Some(flag) = keep.get_mut(refusal.row as usize) {
            *flag = false;
        }
    }
    let numbers = (0u32..)
        .zip(&keep)
        .filter_map(|(row, keep)| keep.then_some(row));
    let numbers = Some(numbers.collect());
    let kept =
        filter_record_batch(batch, &BooleanArray::from(keep)).map_err(|error| internal(&error))?;
    let mut none = Faults::default();
    let rows = rows_of(&kept, ignore, &mut none)?;
    if none.is_empty() {
        Ok(Batch {
            rows,
            numbers,
            refused,
        })
    } else {
        Err(Error::Internal(
            "a row that was read once could not be read again".into(),
        ))
    }
}

fn internal(error: &arrow_schema::ArrowError) -> Error {
    Error::Internal(error.to_string())
}

fn rows_of(batch: &RecordBatch, ignore: &[String], faults: &mut Faults) -> Result<Rows> {
    let schema = batch.schema_ref();
    let mut columns = Vec::with_capacity(batch.num_columns());
    for (field, array) in schema.fields().iter().zip(batch.columns()) {
        if !ignore.contains(field.name()) {
            columns.push(column_of(field.name(), array.as_ref(), faults)?);
        }
    }
    Ok(Rows {
        len: batch.num_rows(),
        columns,
    })
}

fn column_of(name: &str, array: &dyn Array, faults: &mut Faults) -> Result<Column> {
    let present = present(array);
    let source = Source {
        name,
        array,
        present: present.as_deref(),
    };
    let cells = cells::cells_of(&source, faults)?;
    Ok(Column {
        name: name.to_owned(),
        cells,
        present,
    })
}

/// One column of the source.
struct Source<'a> {
    name: &'a str,
    array: &'a dyn Array,
    present: Option<&'a [bool]>,
}

impl Source<'_> {
    fn is_present(&self, row: usize) -> bool {
        self.present
            .is_none_or(|present| present.get(row).copied().unwrap_or(false))
    }

    fn unsupported(&self) -> Error {
        Error::invalid(
            self.name,
            format!(
                "columns of the Arrow type {} are not read",
                self.array.data_type()
            ),
        )
    }
}

/// Which rows have a value, `None`: all. Nulls inside a dictionary count.
fn present(array: &dyn Array) -> Option<Vec<bool>> {
    let nulls = array.logical_nulls()?;
    (nulls.null_count() > 0).then(|| nulls.iter().collect())
}
