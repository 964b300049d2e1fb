//! An expression made ready to run: flattened, with bare sets apart from the rest.

use super::chunk::Chunk;
use super::conjunction::Conjunction;
use super::disjunction::Disjunction;
use super::expression::{ChunkSource, Expression};
use super::range::KEYS;
use super::set::Bitmap;
use super::threshold::Threshold;

/// A bitmap and how far an evaluation has come in it.
pub(super) struct Leaf<'a> {
    keys: &'a [u16],
    chunks: &'a [Chunk],
    at: usize,
}

impl<'a> Leaf<'a> {
    pub(super) fn new(set: &'a Bitmap) -> Self {
        let (keys, chunks) = set.spine();
        Self {
            keys,
            chunks,
            at: 0,
        }
    }

    /// The first key from `from` on, or `KEYS`; keys asked for must not fall.
    pub(super) fn seek(&mut self, from: u32) -> u32 {
        let rest = self.keys.get(self.at..).unwrap_or_default();
        let below = |key: &u16| u32::from(*key) < from;
        let mut reach = 1;
        while rest.get(reach - 1).is_some_and(below) {
            reach *= 2;
        }
        // All before `reach / 2` are below, and `reach - 1` is not.
        let window = rest
            .get(reach / 2..(reach - 1).min(rest.len()))
            .unwrap_or_default();
        self.at += reach / 2 + window.partition_point(below);
        self.keys.get(self.at).map_or(KEYS, |&key| u32::from(key))
    }

    /// The chunk of `key`; keys asked for must not fall.
    pub(super) fn chunk(&mut self, key: u16) -> Option<&'a Chunk> {
        (self.seek(u32::from(key)) == u32::from(key)).then(|| self.chunks.get(self.at))?
    }

    pub(super) fn rewind(&mut self) {
        self.at = 0;
    }
}

/// An operation ready to run.
pub(super) enum Node<'a> {
    Set(Leaf<'a>),
    Source(&'a dyn ChunkSource),
    And(Box<Conjunction<'a>>),
    Or(Box<Disjunction<'a>>),
    Xor(Box<(Node<'a>, Node<'a>)>),
    AtLeast(Box<Threshold<'a>>),
}

impl<'a> Node<'a> {
    /// Makes an expression ready; none where it can have no members, whatever is in its operands.
    pub(super) fn prepare(expression: &Expression<'a>) -> Option<Self> {
        match expression {
            Expression::Nothing => None,
            Expression::Set(set) => (!set.is_empty()).then(|| Self::Set(Leaf::new(set))),
            Expression::Source(source) => Some(Self::Source(*source)),
            Expression::And(_) | Expression::Minus(..) => Conjunction::prepare(expression),
            Expression::Or(_) => Disjunction::prepare(expression),
            Expression::Xor(a, b) => match (Self::prepare(a), Self::prepare(b)) {
                (Some(a), Some(b)) => Some(Self::Xor(Box::new((a, b)))),
                (a, b) => a.or(b),
            },
            Expression::AtLeast(least, list) => Threshold::prepare(*least, list),
        }
    }

    /// What a chunk costs, in units of one pass over a chunk.
    pub(super) fn cost(&self) -> u32 {
        match self {
            Self::Set(_) => 1,
            Self::Source(source) => source.cost(),
            Self::And(node) => node.cost(),
            Self::Or(node) => node.cost(),
            Self::Xor(pair) => pair.0.cost().saturating_add(pair.1.cost()),
            Self::AtLeast(node) => node.cost(),
        }
    }

    /// Whether all operands are bitmaps, at any depth.
    pub(super) fn is_stored(&self) -> bool {
        match self {
            Self::Set(_) => true,
            Self::Source(_) => false,
            Self::And(node) => node.is_stored(),
            Self::Or(node) => node.is_stored(),
            Self::Xor(pair) => pair.0.is_stored() && pair.1.is_stored(),
            Self::AtLeast(node) => node.is_stored(),
        }
    }

    /// The first key from `from` on at which there may be members, or `KEYS`; `from` must not fall.
    pub(super) fn seek(&mut self, from: u32) -> u32 {
        match self {
            Self::Set(leaf) => leaf.seek(from),
            Self::Source(source) => {
                let keys = source.chunks().keys();
                let key = keys.start.max(from);
                if key < keys.end { key } else { KEYS }
            }
            Self::And(node) => node.seek(from),
            Self::Or(node) => node.seek(from),
            Self::Xor(pair) => pair.0.seek(from).min(pair.1.seek(from)),
            Self::AtLeast(node) => node.seek(from),
        }
    }

    /// Starts over, so that keys may be asked for from the first on.
    pub(super) fn rewind(&mut self) {
        match self {
            Self::Set(leaf) => leaf.rewind(),
            Self::Source(_) => {}
            Self::And(node) => node.rewind(),
            Self::Or(node) => node.rewind(),
            Self::Xor(pair) => {
                pair.0.rewind();
                pair.1.rewind();
            }
            Self::AtLeast(node) => node.rewind(),
        }
    }
}

/// The operands made ready, bare sets apart from the rest; those without members are left out.
pub(super) fn sort_out<'a>(
    nodes: impl Iterator<Item = Node<'a>>,
) -> (Vec<Leaf<'a>>, Vec<Node<'a>>) {
    let (mut sets, mut others) = (Vec::new(), Vec::new());
    for node in nodes {
        match node {
            Node::Set(leaf) => sets.push(leaf),
            other => others.push(other),
        }
    }
    others.sort_by_key(Node::cost);
    (sets, others)
}
