//! Random sets that aim at the places where chunks change their shape.

use super::{Bitmap, ChunkRange, ChunkSource, Expression, Words};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// What a chunk looks like.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    Few(Vec<u16>),
    Spread { count: u32, seed: u64 },
    Runs(Vec<(u16, u16)>),
    AllBut(Vec<u16>),
}

impl Shape {
    fn ids(&self) -> Vec<u16> {
        match self {
            Self::Few(ids) => ids.clone(),
            Self::Spread { count, seed } => spread(*count, *seed),
            Self::Runs(runs) => runs
                .iter()
                .flat_map(|&(start, len)| start..=start.saturating_add(len))
                .collect(),
            Self::AllBut(holes) => (0..=u16::MAX).filter(|id| !holes.contains(id)).collect(),
        }
    }
}

/// `count` different ids, all over the chunk: an odd step visits each once.
fn spread(count: u32, seed: u64) -> Vec<u16> {
    let step = (seed as u32 | 1).wrapping_mul(2_654_435_761) | 1;
    (0..count)
        .map(|i| i.wrapping_mul(step).wrapping_add(seed as u32) as u16)
        .collect()
}

fn edge() -> impl Strategy<Value = u16> {
    prop_oneof![
        Just(0_u16),
        Just(1),
        Just(63),
        Just(64),
        Just(65),
        Just(u16::MAX - 64),
        Just(u16::MAX - 1),
        Just(u16::MAX),
        any::<u16>(),
    ]
}

/// Sizes around the limits of the containers, ours and the portable format's.
fn size() -> impl Strategy<Value = u32> {
    prop_oneof![
        3 => 1..40_u32,
        2 => 505..520_u32,
        3 => 1020..1030_u32,
        2 => 4094..4099_u32,
        1 => 20_000..65_536_u32,
    ]
}

fn shape() -> impl Strategy<Value = Shape> {
    prop_oneof![
        4 => vec(edge(), 1..12).prop_map(Shape::Few),
        4 => (size(), any::<u64>()).prop_map(|(count, seed)| Shape::Spread { count, seed }),
        2 => vec((edge(), 0..300_u16), 1..8).prop_map(Shape::Runs),
        1 => vec((edge(), 0..30_000_u16), 1..4).prop_map(Shape::Runs),
        1 => vec(edge(), 0..3).prop_map(Shape::AllBut),
    ]
}

/// A set of up to four chunks, the first, its neighbours and the last, in random containers.
pub(super) fn set() -> impl Strategy<Value = Bitmap> {
    let key = prop_oneof![Just(0_u16), Just(1), Just(2), Just(u16::MAX)];
    (btree_map(key, shape(), 0..3), any::<bool>()).prop_map(|(chunks, optimized)| {
        let ids = chunks.iter().flat_map(|(key, shape)| {
            let base = u32::from(*key) << 16;
            shape
                .ids()
                .into_iter()
                .map(move |low| base | u32::from(low))
        });
        let mut set: Bitmap = ids.collect();
        if optimized {
            set.optimize();
        }
        set
    })
}

/// An id near an edge of a chunk, mostly in the first.
pub(super) fn id() -> impl Strategy<Value = u32> {
    (
        prop_oneof![4 => Just(0_u32), 1 => Just(1), 1 => Just(0xFFFF)],
        edge(),
    )
        .prop_map(|(key, low)| key << 16 | u32::from(low))
}

pub(super) fn model(set: &Bitmap) -> BTreeSet<u32> {
    set.iter().collect()
}

pub(super) fn roaring(set: &Bitmap) -> roaring::RoaringBitmap {
    set.iter().collect()
}

/// A bitmap as a computed operand that keeps to the letter of its contract: outside the mask it
/// leaves rubbish.
pub(super) struct Computed(pub(super) Bitmap, pub(super) u32);

impl ChunkSource for Computed {
    fn chunks(&self) -> ChunkRange {
        self.0.chunks()
    }

    fn cost(&self) -> u32 {
        self.1
    }

    fn fill(&self, key: u16, words: &mut Words) {
        self.0.fill_words(key, words);
    }

    fn fill_within(&self, key: u16, mask: &Words, words: &mut Words) {
        self.0.fill_words(key, words);
        for (word, mask) in words.iter_mut().zip(mask) {
            *word = *word & mask | 0xA5A5_5A5A_0FF0_F00F & !mask;
        }
    }
}

/// An expression over sets that are named by number.
#[derive(Clone, Debug)]
pub(super) enum Tree {
    Nothing,
    Set(usize),
    Source(usize),
    And(Vec<Tree>),
    Or(Vec<Tree>),
    Xor(Box<Tree>, Box<Tree>),
    Minus(Box<Tree>, Box<Tree>),
    AtLeast(usize, Vec<Tree>),
}

impl Tree {
    pub(super) fn expression<'a>(
        &self,
        sets: &'a [Bitmap],
        sources: &'a [Computed],
    ) -> Expression<'a> {
        let of = |tree: &Self| tree.expression(sets, sources);
        let all = |list: &[Self]| list.iter().map(of).collect();
        match self {
            Self::Nothing => Expression::Nothing,
            Self::Set(at) => Expression::Set(&sets[*at]),
            Self::Source(at) => Expression::Source(&sources[*at]),
            Self::And(list) => Expression::And(all(list)),
            Self::Or(list) => Expression::Or(all(list)),
            Self::Xor(a, b) => Expression::Xor(Box::new(of(a)), Box::new(of(b))),
            Self::Minus(a, b) => Expression::Minus(Box::new(of(a)), Box::new(of(b))),
            Self::AtLeast(least, list) => Expression::AtLeast(*least, all(list)),
        }
    }

    /// The definition: whether one id is a member.
    pub(super) fn holds(&self, id: u32, sets: &[roaring::RoaringBitmap]) -> bool {
        let holds = |tree: &Self| tree.holds(id, sets);
        match self {
            Self::Nothing => false,
            Self::Set(at) | Self::Source(at) => sets[*at].contains(id),
            Self::And(list) => !list.is_empty() && list.iter().all(holds),
            Self::Or(list) => list.iter().any(holds),
            Self::Xor(a, b) => holds(a) != holds(b),
            Self::Minus(a, b) => holds(a) && !holds(b),
            Self::AtLeast(least, list) => {
                list.iter().filter(|tree| holds(tree)).count() >= (*least).max(1)
            }
        }
    }
}

/// Trees over `sets` sets.
pub(super) fn tree(sets: usize) -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        8 => (0..sets).prop_map(Tree::Set),
        2 => (0..sets).prop_map(Tree::Source),
        1 => Just(Tree::Nothing),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let pair = || (inner.clone(), inner.clone());
        prop_oneof![
            3 => vec(inner.clone(), 0..5).prop_map(Tree::And),
            3 => vec(inner.clone(), 0..5).prop_map(Tree::Or),
            3 => pair().prop_map(|(a, b)| Tree::Minus(Box::new(a), Box::new(b))),
            1 => pair().prop_map(|(a, b)| Tree::Xor(Box::new(a), Box::new(b))),
            1 => (0..5_usize, vec(inner.clone(), 0..6))
                .prop_map(|(least, list)| Tree::AtLeast(least, list)),
        ]
    })
}
