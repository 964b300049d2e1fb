//! From a status to an exception, and from a panic to a status.

use std::panic::{AssertUnwindSafe, catch_unwind};

use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use treffer_service::status::Status;

pyo3::create_exception!(
    _native,
    StatusError,
    PyException,
    "A call ended with another status than OK."
);

/// The exception for a status: its message, and the encoded `google.rpc.Status` as `status`.
pub(crate) fn raised(py: Python<'_>, status: &Status) -> PyErr {
    let error = StatusError::new_err(status.message.clone());
    match error
        .value(py)
        .setattr("status", PyBytes::new(py, &status.details()))
    {
        Ok(()) => error,
        Err(other) => other,
    }
}

/// Runs `work` without the interpreter; a panic in it, which is a bug, becomes INTERNAL.
pub(crate) fn detached<T: Send>(
    py: Python<'_>,
    work: impl FnOnce() -> Result<T, Status> + Send,
) -> PyResult<T> {
    let done = py.detach(|| {
        catch_unwind(AssertUnwindSafe(work))
            .unwrap_or_else(|_| Err(Status::internal("the engine failed in a way it should not")))
    });
    done.map_err(|status| raised(py, &status))
}
