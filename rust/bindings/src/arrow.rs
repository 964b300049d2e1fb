//! Record batches from and to other libraries of this process, by pointers: the Arrow `PyCapsule` interface.

use std::ffi::CStr;

use arrow_array::ffi::to_ffi;
use arrow_array::ffi_stream::{ArrowArrayStreamReader, FFI_ArrowArrayStream};
use arrow_array::{Array, RecordBatch, RecordBatchReader, StructArray};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

const STREAM: &CStr = c"arrow_array_stream";
const SCHEMA: &CStr = c"arrow_schema";
const ARRAY: &CStr = c"arrow_array";

/// A schema and an array, as `__arrow_c_array__` gives them.
pub(crate) type Capsules<'py> = (Bound<'py, PyCapsule>, Bound<'py, PyCapsule>);

/// The batches of what has `__arrow_c_stream__`; an empty one where there are none, for its columns.
pub(crate) fn batches(source: &Bound<'_, PyAny>) -> PyResult<Vec<RecordBatch>> {
    let capsule = source.call_method0("__arrow_c_stream__")?;
    let capsule = capsule.cast_into::<PyCapsule>()?;
    let pointer = capsule.pointer_checked(Some(STREAM))?;
    #[expect(unsafe_code, reason = "the interface is one of pointers")]
    // SAFETY: a capsule of this name holds a stream. It is moved out, and what stays in the capsule is released already.
    let stream = unsafe { FFI_ArrowArrayStream::from_raw(pointer.cast().as_ptr()) };
    let mut reader = ArrowArrayStreamReader::try_new(stream).map_err(|error| raised(&error))?;
    let mut batches = Vec::new();
    for batch in &mut reader {
        batches.push(batch.map_err(|error| raised(&error))?);
    }
    if batches.is_empty() {
        batches.push(RecordBatch::new_empty(reader.schema()));
    }
    Ok(batches)
}

/// A batch for another library, which lets go of it when it is done.
pub(crate) fn capsules(py: Python<'_>, batch: RecordBatch) -> PyResult<Capsules<'_>> {
    let rows = StructArray::from(batch).to_data();
    let (array, schema) = to_ffi(&rows).map_err(|error| raised(&error))?;
    Ok((
        PyCapsule::new_with_value(py, schema, SCHEMA)?,
        PyCapsule::new_with_value(py, array, ARRAY)?,
    ))
}

fn raised(error: &dyn std::fmt::Display) -> PyErr {
    PyValueError::new_err(error.to_string())
}
