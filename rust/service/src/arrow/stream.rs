//! Arrow IPC streams, taken apart batch by batch.

use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow_array::{Array, RecordBatch};
use arrow_buffer::Buffer;
use arrow_ipc::reader::StreamDecoder;
use bytes::Bytes;
use treffer_core::error::{Error, Result};

/// A cell takes a bit at least, except in columns that are null throughout: these are allowed for as often again.
const CELLS_PER_BYTE: u64 = 16;

/// Cells that any stream may have.
const FREE_CELLS: u64 = 1 << 20;

/// The record batches of an Arrow IPC stream; an empty one where there are none, for its columns. After an error there is nothing
/// more.
pub struct Batches {
    decoder: StreamDecoder,
    rest: Buffer,
    cells: Cells,
    given: bool,
    done: bool,
}

impl Batches {
    /// Bytes of a stream; nothing is read yet.
    pub fn new(stream: Bytes) -> Self {
        Self {
            decoder: StreamDecoder::new(),
            cells: Cells::of(stream.len()),
            rest: Buffer::from(stream),
            given: false,
            done: false,
        }
    }

    fn read(&mut self) -> Result<Option<RecordBatch>> {
        if let Some(batch) = self
            .decoder
            .decode(&mut self.rest)
            .map_err(|error| damaged(&error))?
        {
            self.given = true;
            self.cells.spend(&batch)?;
            return Ok(Some(batch));
        }
        self.decoder.finish().map_err(|error| damaged(&error))?;
        let Some(schema) = self.decoder.schema() else {
            return Err(damaged(&"there is no schema"));
        };
        let empty = !std::mem::replace(&mut self.given, true);
        Ok(empty.then(|| RecordBatch::new_empty(schema)))
    }
}

/// Batches from elsewhere in the process, each if its parts agree: lengths, offsets, keys and texts. How long its memory is, is the word
/// of whoever made it, and nobody may write there meanwhile.
pub(crate) fn sound(batches: Vec<RecordBatch>) -> impl Iterator<Item = Result<RecordBatch>> {
    let bytes: usize = batches.iter().map(RecordBatch::get_array_memory_size).sum();
    let mut cells = Cells::of(bytes);
    batches.into_iter().map(move |batch| {
        cells.spend(&batch)?;
        let schema = batch.schema();
        for (field, column) in schema.fields().iter().zip(batch.columns()) {
            let checked = column.to_data().validate_full();
            checked.map_err(|error| Error::invalid(field.name(), error.to_string()))?;
        }
        Ok(batch)
    })
}

/// Cells that may still come: columns that are null throughout claim any number of rows without a byte.
struct Cells(u64);

impl Cells {
    const fn of(bytes: usize) -> Self {
        Self(FREE_CELLS.saturating_add((bytes as u64).saturating_mul(CELLS_PER_BYTE)))
    }

    fn spend(&mut self, batch: &RecordBatch) -> Result<()> {
        let columns = batch.num_columns().max(1) as u64;
        let cells = (batch.num_rows() as u64).saturating_mul(columns);
        let left = self.0.checked_sub(cells);
        self.0 = left.ok_or_else(|| damaged(&"it claims more cells than its bytes can hold"))?;
        Ok(())
    }
}

fn damaged(error: &dyn std::fmt::Display) -> Error {
    Error::invalid("arrow_stream", format!("not an Arrow IPC stream: {error}"))
}

impl Iterator for Batches {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        // The decoder panics on some damaged streams; the broken decoder is not used again.
        let read = catch_unwind(AssertUnwindSafe(|| self.read()))
            .unwrap_or_else(|_| Err(damaged(&"its parts contradict each other")));
        let next = read.transpose();
        self.done = !matches!(next, Some(Ok(_)));
        next
    }
}
