//! Record batches from and to other libraries of this process, by pointers: the Arrow `PyCapsule` interface.

use std::ffi::CStr;
use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow_array::ffi::to_ffi;
use arrow_array::ffi_stream::{ArrowArrayStreamReader, FFI_ArrowArrayStream};
use arrow_array::{Array, RecordBatch, RecordBatchReader, StructArray};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use treffer_core::error::Error;
use treffer_service::status::Status;

use crate::error::raised;

const STREAM: &CStr = c"arrow_array_stream";
const SCHEMA: &CStr = c"arrow_schema";
const ARRAY: &CStr = c"arrow_array";

/// A schema and an array, as `__arrow_c_array__` gives them.
pub(crate) type Capsules<'py> = (Bound<'py, PyCapsule>, Bound<'py, PyCapsule>);

/// The batches of what has `__arrow_c_stream__`; an empty one where there are no rows, for its columns.
pub(crate) fn batches(source: &Bound<'_, PyAny>) -> PyResult<Vec<RecordBatch>> {
    let capsule = source.call_method0("__arrow_c_stream__")?;
    let capsule = capsule.cast_into::<PyCapsule>()?;
    let pointer = capsule.pointer_checked(Some(STREAM))?;
    #[expect(unsafe_code, reason = "the interface is one of pointers")]
    // SAFETY: a capsule of this name holds a stream. It is moved out, and what stays in the capsule is released already.
    let stream = unsafe { FFI_ArrowArrayStream::from_raw(pointer.cast().as_ptr()) };
    // Taking over panics on some damaged arrays.
    let read = catch_unwind(AssertUnwindSafe(|| read(stream)));
    let read = read.unwrap_or_else(|_| Err(damaged(&"its parts contradict each other")));
    read.map_err(|error| raised(source.py(), &Status::from(error)))
}

fn read(stream: FFI_ArrowArrayStream) -> Result<Vec<RecordBatch>, Error> {
    let mut reader = ArrowArrayStreamReader::try_new(stream).map_err(|error| damaged(&error))?;
    let mut batches = Vec::new();
    for batch in &mut reader {
        let batch = batch.map_err(|error| damaged(&error))?;
        // Texts of no rows may begin behind what is there of them.
        if batch.num_rows() > 0 {
            batches.push(batch);
        }
    }
    if batches.is_empty() {
        batches.push(RecordBatch::new_empty(reader.schema()));
    }
    Ok(batches)
}

/// A batch for another library, which lets go of it when it is done.
pub(crate) fn capsules(py: Python<'_>, batch: RecordBatch) -> PyResult<Capsules<'_>> {
    let rows = StructArray::from(batch).to_data();
    let (array, schema) = to_ffi(&rows)
        .map_err(|error| raised(py, &Status::from(Error::Internal(error.to_string()))))?;
    Ok((
        PyCapsule::new_with_value(py, schema, SCHEMA)?,
        PyCapsule::new_with_value(py, array, ARRAY)?,
    ))
}

fn damaged(error: &dyn std::fmt::Display) -> Error {
    Error::invalid("arrow_stream", format!("not Arrow: {error}"))
}
