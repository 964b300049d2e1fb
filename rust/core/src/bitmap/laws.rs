//! The laws of sets and expressions, against `BTreeSet`, the `roaring` crate and the definition.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on must fail"
)]

use super::population::{Computed, Tree, id, model, roaring, set, tree};
use super::{
    ARRAY_LIMIT, Bitmap, CHUNK_BITS, ChunkRange, Expression, difference, overlap, overlap_within,
};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn few(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn valid(set: &Bitmap) -> Result<(), TestCaseError> {
    set.validate().map_err(TestCaseError::fail)
}

/// The members by definition: each id of any leaf is asked about.
fn by_definition(tree: &Tree, sets: &[Bitmap]) -> Vec<u32> {
    let sets: Vec<_> = sets.iter().map(roaring).collect();
    let any = sets
        .iter()
        .fold(roaring::RoaringBitmap::new(), |any, set| any | set);
    any.iter().filter(|id| tree.holds(*id, &sets)).collect()
}

fn sources(sets: &[Bitmap]) -> Vec<Computed> {
    sets.iter()
        .zip([1, 7, 40].iter().cycle())
        .map(|(set, cost)| Computed(set.clone(), *cost))
        .collect()
}

proptest! {
    #![proptest_config(few(96))]

    #[test]
    fn a_set_reads_back_what_it_was_built_from(mut ids in vec(id(), 0..60), set in set()) {
        ids.extend(set.iter());
        let sorted: BTreeSet<u32> = ids.iter().copied().collect();
        let expected: Vec<u32> = sorted.iter().copied().collect();

        let shuffled: Bitmap = ids.iter().copied().collect();
        let rising = Bitmap::from_sorted(expected.iter().copied());
        let disordered = Bitmap::from_sorted(ids.iter().copied());

        valid(&shuffled)?;
        valid(&rising)?;
        valid(&disordered)?;
        prop_assert_eq!(&expected, &shuffled.to_vec());
        prop_assert_eq!(&expected, &rising.iter().collect::<Vec<_>>());
        prop_assert_eq!(&rising, &disordered);
        prop_assert_eq!(expected.len() as u64, rising.len());
        prop_assert_eq!(sorted.first().copied(), rising.min());
        prop_assert_eq!(sorted.last().copied(), rising.max());
        for id in ids {
            prop_assert!(rising.contains(id));
            prop_assert_eq!(sorted.contains(&(id ^ 1)), rising.contains(id ^ 1));
        }
    }

    #[test]
    fn a_full_range_holds_its_ids_and_no_others(start in id(), len in 0..200_000_u32, asked in id()) {
        let range = start..start.saturating_add(len);

        let set = Bitmap::full(range.clone());

        valid(&set)?;
        prop_assert_eq!(range.len() as u64, set.len());
        prop_assert_eq!(range.clone().next(), set.min());
        prop_assert_eq!(range.clone().next_back(), set.max());
        prop_assert_eq!(range.contains(&asked), set.contains(asked));
    }

    #[test]
    fn writes_do_as_to_a_tree_set(set in set(), writes in vec((any::<bool>(), id()), 0..80)) {
        let before = model(&set);
        let mut model = before.clone();
        let mut written = set.clone();
        for (insert, id) in writes {
            if insert {
                prop_assert_eq!(model.insert(id), written.insert(id));
            } else {
                prop_assert_eq!(model.remove(&id), written.remove(id));
            }
        }

        valid(&written)?;
        prop_assert!(model.iter().copied().eq(written.iter()));
        prop_assert!(before.iter().copied().eq(set.iter()), "a clone saw the writes");
    }

    #[test]
    fn operators_agree_with_tree_sets_and_roaring(a in set(), b in set()) {
        let (x, y) = (model(&a), model(&b));
        let (r, s) = (roaring(&a), roaring(&b));
        let cases: [(Bitmap, Vec<u32>, roaring::RoaringBitmap); 4] = [
            (&a & &b, x.intersection(&y).copied().collect(), &r & &s),
            (&a | &b, x.union(&y).copied().collect(), &r | &s),
            (&a - &b, x.difference(&y).copied().collect(), &r - &s),
            (&a ^ &b, x.symmetric_difference(&y).copied().collect(), &r ^ &s),
        ];
        for (ours, expected, oracle) in cases {
            valid(&ours)?;
            prop_assert_eq!(&expected, &ours.to_vec());
            prop_assert!(oracle.iter().eq(ours.iter()));
        }
    }

    #[test]
    fn equality_sees_members_and_not_containers(set in set(), other in set(), id in id()) {
        let mut optimized = set.clone();
        optimized.optimize();
        valid(&optimized)?;
        let mut changed = optimized.clone();
        if !changed.insert(id) {
            changed.remove(id);
        }
        let mut words = [0; 1024];
        let mut rebuilt = Bitmap::new();
        for &key in set.chunk_keys().iter().rev() {
            set.fill_words(key, &mut words);
            rebuilt.set_chunk(key, &words);
        }

        valid(&rebuilt)?;
        prop_assert_eq!(&set, &optimized);
        prop_assert_eq!(&set, &rebuilt);
        prop_assert_ne!(&set, &changed);
        prop_assert_eq!(model(&set) == model(&other), set == other);
    }

    #[test]
    fn a_difference_is_what_entered_and_what_left(old in set(), fresh in set(), writes in vec((any::<bool>(), id()), 0..20)) {
        let mut new = old.clone();
        for (insert, id) in writes {
            if insert { new.insert(id) } else { new.remove(id) };
        }
        for new in [&new, &fresh] {
            let (entered, left) = difference(&old, new);

            valid(&entered)?;
            valid(&left)?;
            prop_assert_eq!(&entered, &(new - &old));
            prop_assert_eq!(&left, &(&old - new));
        }
    }

    #[test]
    fn overlap_is_every_pairwise_count(sets in vec(set(), 0..7), cut in 0..4_u32) {
        let refs: Vec<&Bitmap> = sets.iter().collect();
        let n = sets.len();

        let matrix = overlap(&refs);
        let (low, high) = (ChunkRange::new(0..cut), ChunkRange::new(cut..65_536));
        let parts = overlap_within(&refs, low).into_iter().zip(overlap_within(&refs, high));

        prop_assert!(matrix.iter().copied().eq(parts.map(|(a, b)| a + b)));
        let oracles: Vec<_> = sets.iter().map(roaring).collect();
        for (i, a) in oracles.iter().enumerate() {
            for (j, b) in oracles.iter().enumerate() {
                prop_assert_eq!(a.intersection_len(b), matrix[i * n + j]);
            }
        }
    }
}

/// A dense set alone is words; what is computed beside it must still be asked.
#[test]
fn a_count_asks_what_stands_beside_one_dense_set() {
    let dense = Bitmap::from_sorted((0..4_000).map(|id| id * 7));
    let (one, other) = (Bitmap::from_sorted([0]), Bitmap::from_sorted([7, 14]));
    let computed = Computed(one.clone(), 7);
    let xor = Expression::Xor(Box::new((&one).into()), Box::new((&other).into()));

    let counts = [Expression::Source(&computed), xor]
        .map(|beside| Expression::And(vec![beside, (&dense).into()]).count());

    assert_eq!([1, 3], counts);
}

proptest! {
    #![proptest_config(few(192))]

    #[test]
    fn an_expression_means_its_definition(sets in vec(set(), 4), tree in tree(4), part in set()) {
        let sources = sources(&sets);
        let expression = tree.expression(&sets, &sources);
        let expected = by_definition(&tree, &sets);
        let size = expected.len() as u64;

        let members = expression.members();

        valid(&members)?;
        prop_assert_eq!(&expected, &members.to_vec());
        prop_assert_eq!(size, expression.count());
        prop_assert_eq!(size == 0, expression.is_empty());
        prop_assert!(!expression.exceeds(size));
        prop_assert!(size == 0 || expression.exceeds(size - 1));
        prop_assert_eq!(vec![roaring(&members).intersection_len(&roaring(&part)), size], expression.breakdown(&[&part, &members]));
        let outside = members.chunk_keys().iter().filter(|key| !expression.chunks().keys().contains(&u32::from(**key)));
        prop_assert_eq!(0, outside.count());
    }

    #[test]
    fn ranges_of_chunks_add_up(sets in vec(set(), 3), tree in tree(3), cuts in vec(prop_oneof![0..4_u32, Just(65_535_u32)], 2)) {
        let sources = sources(&sets);
        let expression = tree.expression(&sets, &sources);
        let (low, high) = (cuts[0].min(cuts[1]), cuts[0].max(cuts[1]));
        let ranges = [0..low, low..high, high..65_536].map(ChunkRange::new);

        let total: u64 = ranges.iter().map(|range| expression.count_within(*range)).sum();
        let united = ranges.iter().fold(Bitmap::new(), |all, range| &all | &expression.members_within(*range));
        let mut visited = Bitmap::new();
        for range in ranges {
            expression.for_each_chunk(range, |key, words| visited.append_words(key, words));
        }

        prop_assert_eq!(expression.count(), total);
        prop_assert_eq!(expression.members(), united);
        prop_assert_eq!(expression.members(), visited);
    }

    #[test]
    fn a_sample_is_of_members_each_once(sets in vec(set(), 3), tree in tree(3), n in prop_oneof![0..50_usize, Just(70_000)], seed in any::<u64>()) {
        let sources = sources(&sets);
        let expression = tree.expression(&sets, &sources);
        let members = expression.members();

        let sample = expression.sample(n, seed);

        prop_assert_eq!(n.min(members.len() as usize), sample.len());
        prop_assert!(sample.is_sorted_by(|a, b| a < b));
        prop_assert!(sample.iter().all(|id| members.contains(*id)));
        prop_assert_eq!(&sample, &Expression::from(&members).sample(n, seed));
    }
}

#[test]
fn each_member_is_drawn_about_equally_often() {
    let set: Bitmap = [1, 5, 70_000, 70_001, 200_000].into_iter().collect();
    let mut drawn = std::collections::BTreeMap::new();

    for seed in 0..5000 {
        for id in Expression::from(&set).sample(2, seed) {
            *drawn.entry(id).or_insert(0_u32) += 1;
        }
    }

    // 2,000 draws are expected of each; the standard deviation is 35.
    assert_eq!(5, drawn.len());
    assert!(
        drawn.values().all(|count| count.abs_diff(2000) < 175),
        "{drawn:?}"
    );
}

#[test]
fn a_count_heeds_a_computed_operand_beside_words() {
    let even: Bitmap = (0..65_536).step_by(2).collect();
    let wanted = Computed((0..65_536).step_by(3).collect(), 1_000);

    let both = Expression::And(vec![Expression::Set(&even), Expression::Source(&wanted)]);

    assert_eq!(both.members().len(), both.count());
}

#[test]
fn an_empty_set_answers_every_question() {
    let empty = Bitmap::new();
    let nothing = Expression::And(Vec::new());

    assert_eq!(
        (0, true, None, None),
        (empty.len(), empty.is_empty(), empty.min(), empty.max())
    );
    assert_eq!(Vec::<u32>::new(), nothing.sample(3, 1));
    assert_eq!(vec![0], nothing.breakdown(&[&empty]));
    assert_eq!(Vec::<u64>::new(), overlap(&[]));
    assert_eq!(ChunkRange::NONE, nothing.chunks());
    assert_eq!("Bitmap(0 ids in 0 chunks)", format!("{empty:?}"));
}

#[test]
fn a_set_hovering_around_a_limit_stays_right() {
    let mut set = Bitmap::from_sorted(0..ARRAY_LIMIT as u32);
    for id in [70_000, 9000, 0, 1] {
        assert!(set.insert(id + 2000));
        assert!(set.remove(id + 2000));
        assert_eq!(Ok(()), set.validate());
    }
    for id in 0..CHUNK_BITS {
        set.insert(id);
    }

    assert_eq!(Ok(()), set.validate());
    assert_eq!(Bitmap::full(0..CHUNK_BITS), set);
    assert!(
        set.heap_bytes() < 200,
        "a full chunk takes no memory of its own"
    );
}

#[test]
fn a_clone_shares_chunks_until_one_side_writes() {
    let old: Bitmap = (0..400_000).step_by(3).collect();
    let mut new = old.clone();

    new.insert(100_000);
    let (entered, left) = difference(&old, &new);

    assert_eq!(vec![100_000], entered.to_vec());
    assert!(left.is_empty());
    assert_eq!(1, entered.chunk_keys().len());
    assert!(!old.contains(100_000));
}

#[test]
fn an_expression_may_be_asked_from_many_threads() {
    let a: Bitmap = (0..1_000_000).step_by(3).collect();
    let b: Bitmap = (0..1_000_000).step_by(5).collect();
    let both = Expression::And(vec![(&a).into(), (&b).into()]);
    let expression = &both;

    let total: u64 = std::thread::scope(|scope| {
        let parts = expression.chunks().split(4).into_iter();
        let threads: Vec<_> = parts
            .map(|range| scope.spawn(move || expression.count_within(range)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum()
    });

    assert_eq!(1_000_000_u64.div_ceil(15), total);
}
