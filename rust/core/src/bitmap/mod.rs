//! Sets of dense `u32` ids.
//!
//! A [`Bitmap`] cuts the ids into chunks of 65,536 and keeps each chunk in the
//! container that suits it: sorted array, bit words, runs, or full; an empty chunk
//! is absent. Chunks are shared: a clone copies the spine only, and a write copies
//! the one chunk it touches when somebody else still holds it.
//!
//! An [`Expression`] combines sets and computed operands ([`ChunkSource`]). It is
//! evaluated chunk by chunk in scratches that stay in the first cache level; a count
//! never builds the set it counts. Every evaluation takes a [`ChunkRange`], so a
//! caller may split the work over threads and add up.
//!
//! Bytes from outside enter through [`Bitmap::from_portable`] and nowhere else.

mod algebra;
mod answer;
mod build;
mod chunk;
mod conjunction;
mod difference;
mod disjunction;
mod evaluator;
mod expression;
mod hits;
mod iter;
mod kernel;
pub(crate) mod line;
mod overlap;
mod portable;
mod program;
mod range;
mod sample;
mod scratch;
mod set;
mod shared;
mod threshold;
mod words;

#[cfg(test)]
mod laws;
#[cfg(test)]
mod population;

pub use difference::difference;
pub use expression::{ChunkSource, Expression};
pub use iter::Iter;
pub use overlap::{overlap, overlap_within};
pub use portable::PortableError;
pub use range::ChunkRange;
pub use set::Bitmap;
pub use words::{CHUNK_BITS, WORDS, Words};

/// The most ids a chunk keeps as a sorted array.
///
/// Roaring's 4,096 is best for size; this is best for time, since an id of an array
/// costs about as much to handle as eight words of bits. The portable format keeps
/// its own limit.
pub const ARRAY_LIMIT: usize = 1024;

/// Name of the instruction set whose kernels this process uses: `plain`, `avx2` or `avx512`.
pub fn instruction_set() -> &'static str {
    kernel::kernels().name
}
