//! What can be asked of sets: a tree of operands and operations.

use super::range::ChunkRange;
use super::set::Bitmap;
use super::words::Words;

/// A computed operand, filled chunk by chunk.
///
/// An evaluation asks for rising keys, at most once for each key, and from as many threads as the caller
/// uses for it.
pub trait ChunkSource: Sync {
    /// The chunks outside which there are no members; an evaluation asks for no others.
    fn chunks(&self) -> ChunkRange;

    /// What a chunk costs to fill, in units of combining it with the words of a bitmap (which is 1).
    fn cost(&self) -> u32;

    /// Writes the chunk of `key` to `words`; every word must be written, which holds anything before.
    fn fill(&self, key: u16, words: &mut Words);

    /// As `fill`, where only the ids in `mask` matter: bits outside may come out as they please,
    /// but every word must be written. Lets a dear operand look at candidates only.
    fn fill_within(&self, key: u16, mask: &Words, words: &mut Words);
}

/// A set described, not built.
///
/// `not x` is `Minus(universe, x)`: there is no unbounded complement.
#[derive(Clone)]
pub enum Expression<'a> {
    /// No id.
    Nothing,
    /// The members of a bitmap.
    Set(&'a Bitmap),
    /// The members of a computed operand.
    Source(&'a dyn ChunkSource),
    /// Ids in all operands; without operands, nothing.
    And(Vec<Expression<'a>>),
    /// Ids in at least one operand.
    Or(Vec<Expression<'a>>),
    /// Ids in exactly one of two.
    Xor(Box<Expression<'a>>, Box<Expression<'a>>),
    /// Ids in the first and not in the second.
    Minus(Box<Expression<'a>>, Box<Expression<'a>>),
    /// Ids in at least so many operands: 0 is taken as 1, and more than there are gives nothing.
    /// An operand that stands twice counts twice.
    AtLeast(usize, Vec<Expression<'a>>),
}

impl<'a> From<&'a Bitmap> for Expression<'a> {
    fn from(set: &'a Bitmap) -> Self {
        Self::Set(set)
    }
}

impl Expression<'_> {
    /// A range of chunks that holds all members; the part worth dividing among threads.
    pub fn chunks(&self) -> ChunkRange {
        let hull = |list: &[Self]| {
            list.iter()
                .map(Self::chunks)
                .fold(ChunkRange::NONE, ChunkRange::hull)
        };
        match self {
            Self::Nothing => ChunkRange::NONE,
            Self::Set(set) => set.chunks(),
            Self::Source(source) => source.chunks(),
            Self::And(list) => list
                .iter()
                .map(Self::chunks)
                .reduce(ChunkRange::intersection)
                .unwrap_or(ChunkRange::NONE),
            Self::Or(list) | Self::AtLeast(_, list) => hull(list),
            Self::Xor(a, b) => a.chunks().hull(b.chunks()),
            Self::Minus(a, _) => a.chunks(),
        }
    }
}
