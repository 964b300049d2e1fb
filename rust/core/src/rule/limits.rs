//! How large a rule may be.

/// The sizes beyond which a rule is refused, with an error that names the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limits {
    /// Bytes of text.
    pub text: u32,
    /// Levels of the tree, those of `where` included: a lone leaf is one level. At most [`Limits::DEEPEST`].
    pub depth: u32,
    /// Leaves, those of `where` included.
    pub leaves: u32,
    /// Different segments that the rule needs, directly or through others.
    pub segments: u32,
}

impl Limits {
    /// The depth that is never exceeded, whatever is configured: it bounds the stack.
    pub const DEEPEST: u32 = 128;

    /// The depth in force.
    pub(crate) fn levels(&self) -> u32 {
        self.depth.min(Self::DEEPEST)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            text: 16 * 1024,
            depth: 32,
            leaves: 1_024,
            segments: 256,
        }
    }
}
