//! `treffer._native`: every method extracts, detaches from the interpreter, calls the service and wraps; nothing is decided here.
//! What each does is said in the stub beside the Python package.

mod arrow;
mod bitmap;
mod engine;
mod error;

use mimalloc::MiMalloc;
use pyo3::prelude::*;

/// An engine at work lets go of about as much as it takes, in small pieces that lie far apart. This allocator finds room for them
/// without looking at their neighbours, and asks for huge pages.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[pymodule]
mod _native {
    #[pymodule_export]
    use crate::bitmap::{Bitmap, Expression};
    #[pymodule_export]
    use crate::engine::Engine;
    #[pymodule_export]
    use crate::error::StatusError;
}
