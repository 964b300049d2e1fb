//! Every instruction set of this processor does as the definition says.

use super::super::hits::{self, places};
use super::super::words::{Block, Words, has};
use super::{Formula, available};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn block() -> impl Strategy<Value = Block> {
    (any::<u64>(), 0..4_u32).prop_map(|(seed, thin)| {
        let mut block = Block::zeroed();
        let mut state = seed | 1;
        for word in block.iter_mut() {
            *word = u64::MAX;
            for _ in 0..=thin {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                *word &= state ^ state >> 29;
            }
        }
        block
    })
}

/// Sizes on both sides of the blocks of 16 and of the ratio from which on lists gallop.
fn list() -> impl Strategy<Value = Vec<u16>> {
    let near = btree_set(0..2000_u16, 0..900);
    let far = btree_set(any::<u16>(), 0..40);
    let edges = btree_set(
        prop_oneof![Just(0_u16), Just(u16::MAX), 100..140_u16],
        0..40,
    );
    prop_oneof![near, far, edges].prop_map(|ids: BTreeSet<u16>| ids.into_iter().collect())
}

fn count(words: &Words) -> u32 {
    words.iter().map(|word| word.count_ones()).sum()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn words_combine_word_by_word(a in block(), b in block()) {
        for set in available() {
            for (kernel, op) in [
                (set.and, (|a, b| a & b) as fn(u64, u64) -> u64),
                (set.or, |a, b| a | b),
                (set.xor, |a, b| a ^ b),
                (set.and_not, |a, b| a & !b),
            ] {
                let expected: Vec<u64> = a.iter().zip(b.iter()).map(|(a, b)| op(*a, *b)).collect();
                let mut out = a.clone();

                let held = kernel(&mut out, &b);

                prop_assert_eq!(&expected[..], &out[..], "{}", set.name);
                prop_assert_eq!(count(&out), held, "{}", set.name);
            }
            let both: u32 = a.iter().zip(b.iter()).map(|(a, b)| (a & b).count_ones()).sum();
            prop_assert_eq!(count(&a), (set.count)(&a), "{}", set.name);
            prop_assert_eq!(both, (set.and_count)(&a, &b), "{}", set.name);
        }
    }

    #[test]
    fn a_formula_is_a_confined_sum_of_products(
        blocks in vec(block(), 12),
        terms in vec((1..4_usize, 0..3_usize), 0..3),
        outer in (0..2_usize, 0..2_usize),
    ) {
        let mut next = blocks.iter().map(|block| -> &Words { block });
        let mut take = |n: usize| next.by_ref().take(n).collect::<Vec<_>>();
        let terms: Vec<_> = terms.into_iter().map(|(plus, minus)| (take(plus), take(minus))).collect();
        let outer = (take(outer.0), take(outer.1));
        let mut formula = Formula::new();
        for (plus, minus) in &terms {
            formula.add(plus, minus);
        }
        formula.confine(&outer.0, &outer.1);
        let holds = |(plus, minus): &(Vec<&Words>, Vec<&Words>), id| {
            plus.iter().all(|words| has(words, id)) && !minus.iter().any(|words| has(words, id))
        };
        let terms: Vec<_> = terms.into_iter().filter(|(plus, _)| !plus.is_empty()).collect();
        let holds = |id| terms.iter().any(|term| holds(term, id)) && holds(&outer, id);

        for set in available() {
            let mut out = Block::zeroed();
            let held = (set.formula)(&formula, &mut out);

            prop_assert!((0..=u16::MAX).all(|id| holds(id) == has(&out, id)), "{}", set.name);
            prop_assert_eq!(count(&out), held, "{}", set.name);
            prop_assert_eq!(held, (set.formula_count)(&formula), "{}", set.name);
        }
    }

    #[test]
    fn lists_match_by_equal_ids(a in list(), b in list()) {
        let shared: Vec<u16> = a.iter().copied().filter(|id| b.binary_search(id).is_ok()).collect();
        for set in available() {
            let mut found = hits::first(7);

            (set.match_ids)(&a, &b, &mut found);

            let matched: Vec<u16> = places(&found).map(|place| a[place]).collect();
            prop_assert_eq!(&shared, &matched, "{}", set.name);
            prop_assert_eq!(shared.len() as u32, (set.match_count)(&a, &b), "{}", set.name);
        }
    }

    #[test]
    fn ids_are_probed_set_cleared_and_flipped(words in block(), ids in list()) {
        let held: Vec<u16> = ids.iter().copied().filter(|id| has(&words, *id)).collect();
        let (inside, all) = (held.len() as u32, ids.len() as u32);
        for set in available() {
            let mut found = hits::first(7);
            (set.probe)(&ids, &words, &mut found);
            let probed: Vec<u16> = places(&found).map(|place| ids[place]).collect();
            prop_assert_eq!(&held, &probed, "{}", set.name);
            prop_assert_eq!(inside, (set.probe_count)(&ids, &words), "{}", set.name);
            for (kernel, reported, after) in [
                (set.set_ids, all - inside, (|_| true) as fn(bool) -> bool),
                (set.clear_ids, inside, |_| false),
                (set.flip_ids, inside, |was| !was),
            ] {
                let mut out = words.clone();
                prop_assert_eq!(reported, kernel(&mut out, &ids), "{}", set.name);
                let expected = |id| {
                    let was = has(&words, id);
                    if ids.binary_search(&id).is_ok() { after(was) } else { was }
                };
                prop_assert!((0..=u16::MAX).all(|id| expected(id) == has(&out, id)), "{}", set.name);
            }
        }
    }

    #[test]
    fn words_decode_to_their_ids_as_far_as_there_is_room(words in block(), room in 0..66_000_usize) {
        let ids: Vec<u16> = (0..=u16::MAX).filter(|id| has(&words, *id)).take(room).collect();
        for set in available() {
            let mut out = vec![0; room];
            let written = (set.decode)(&words, &mut out);
            prop_assert_eq!(&ids[..], &out[..written], "{}", set.name);
        }
    }

    #[test]
    fn squares_turn_about_their_diagonal(words in block()) {
        let mut squares = [[0; 4]; 64];
        for (row, four) in squares.iter_mut().zip(words.chunks(4)) {
            row.copy_from_slice(four);
        }
        for set in available() {
            let mut turned = squares;
            (set.transpose)(&mut turned);
            for (row, column, lane) in (0..64 * 64 * 4).map(|i| (i / 256, i / 4 % 64, i % 4)) {
                let bit = |squares: &[[u64; 4]; 64], row: usize, column: usize| squares[row][lane] >> column & 1;
                prop_assert_eq!(bit(&squares, row, column), bit(&turned, column, row), "{}", set.name);
            }
        }
    }

    #[test]
    fn counters_tell_who_reached_a_number(blocks in vec(block(), 1..7), least in 1..8_usize) {
        for set in available() {
            let mut planes = vec![Block::zeroed(); 3];
            for block in &blocks {
                (set.tally)(&mut planes, block);
            }
            let mut out = Block::zeroed();

            let reached = (set.at_least)(&planes, least, &mut out);

            let by_hand = |id| blocks.iter().filter(|block| has(block, id)).count() >= least;
            prop_assert!((0..=u16::MAX).all(|id| by_hand(id) == has(&out, id)), "{}", set.name);
            prop_assert_eq!(count(&out), reached, "{}", set.name);
        }
    }
}
