//! `treffer._native`: every method extracts, detaches from the interpreter, calls the service and wraps; nothing is decided here.
//! What each does is said in the stub beside the Python package.

mod bitmap;
mod engine;
mod error;

use pyo3::prelude::*;

#[pymodule]
mod _native {
    #[pymodule_export]
    use crate::bitmap::{Bitmap, Expression};
    #[pymodule_export]
    use crate::engine::Engine;
    #[pymodule_export]
    use crate::error::StatusError;
}
