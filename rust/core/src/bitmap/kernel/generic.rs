//! The loops over bit words, for any vector.
//!
//! # Safety
//! Everything here is inlined, and must be, into a function that is compiled for the instruction set of its
//! vector. That is all that is asked of a caller.

#![expect(
    unsafe_code,
    reason = "vector loads and stores; every offset is below WORDS by the loop bounds"
)]

use super::super::words::{Block, WORDS, Words};
use super::Formula;

/// Some neighbouring words that are handled at once.
///
/// # Safety
/// The methods are `unsafe` because a processor without the instructions must not run them, and
/// because `load` and `store` touch `WORDS` words from `at` on.
pub(super) trait Vector: Copy {
    /// Words in a vector; a power of two that divides `WORDS / 4`.
    const WORDS: usize;
    /// Adds up set bits.
    type Tally: Tally<Self>;

    unsafe fn zero() -> Self;
    unsafe fn ones() -> Self;
    unsafe fn load(from: *const u64) -> Self;
    unsafe fn store(self, to: *mut u64);
    unsafe fn and(self, other: Self) -> Self;
    unsafe fn or(self, other: Self) -> Self;
    unsafe fn xor(self, other: Self) -> Self;
    /// `self & !other`.
    unsafe fn and_not(self, other: Self) -> Self;
}

/// Counts the bits of the vectors it is given.
///
/// # Safety
/// As for `Vector`.
pub(super) trait Tally<V> {
    unsafe fn new() -> Self;
    unsafe fn add(&mut self, four: [V; 4]);
    unsafe fn total(self) -> u32;
}

/// Vectors in a step; enough to hide the latency of a load.
const STEP: usize = 4;

#[inline(always)]
unsafe fn load<V: Vector>(words: &Words, at: usize) -> [V; STEP] {
    debug_assert!(at + STEP * V::WORDS <= WORDS);
    let from = words.as_ptr();
    // SAFETY: the callers' loops end at `WORDS`, a multiple of a step.
    unsafe {
        [
            V::load(from.add(at)),
            V::load(from.add(at + V::WORDS)),
            V::load(from.add(at + 2 * V::WORDS)),
            V::load(from.add(at + 3 * V::WORDS)),
        ]
    }
}

#[inline(always)]
unsafe fn store<V: Vector>(words: &mut Words, at: usize, four: [V; STEP]) {
    debug_assert!(at + STEP * V::WORDS <= WORDS);
    let to = words.as_mut_ptr();
    // SAFETY: as in `load`.
    unsafe {
        four[0].store(to.add(at));
        four[1].store(to.add(at + V::WORDS));
        four[2].store(to.add(at + 2 * V::WORDS));
        four[3].store(to.add(at + 3 * V::WORDS));
    }
}

#[inline(always)]
unsafe fn zip<V: Vector>(a: [V; STEP], b: [V; STEP], f: impl Fn(V, V) -> V) -> [V; STEP] {
    [f(a[0], b[0]), f(a[1], b[1]), f(a[2], b[2]), f(a[3], b[3])]
}

#[inline(always)]
pub(super) unsafe fn count<V: Vector>(a: &Words) -> u32 {
    // SAFETY: the caller is compiled for `V`; `at` ends before `WORDS`.
    unsafe {
        let mut tally = V::Tally::new();
        let mut at = 0;
        while at < WORDS {
            tally.add(load::<V>(a, at));
            at += STEP * V::WORDS;
        }
        tally.total()
    }
}

#[inline(always)]
pub(super) unsafe fn and_count<V: Vector>(a: &Words, b: &Words) -> u32 {
    // SAFETY: as in `count`.
    unsafe {
        let mut tally = V::Tally::new();
        let mut at = 0;
        while at < WORDS {
            tally.add(zip(load::<V>(a, at), load::<V>(b, at), |a, b| a.and(b)));
            at += STEP * V::WORDS;
        }
        tally.total()
    }
}

#[inline(always)]
unsafe fn combine<V: Vector>(a: &mut Words, b: &Words, f: impl Fn(V, V) -> V) -> u32 {
    // SAFETY: as in `count`.
    unsafe {
        let mut tally = V::Tally::new();
        let mut at = 0;
        while at < WORDS {
            let four = zip(load::<V>(a, at), load::<V>(b, at), &f);
            store(a, at, four);
            tally.add(four);
            at += STEP * V::WORDS;
        }
        tally.total()
    }
}

#[inline(always)]
pub(super) unsafe fn and<V: Vector>(a: &mut Words, b: &Words) -> u32 {
    // SAFETY: the caller is compiled for `V`.
    unsafe { combine::<V>(a, b, |a, b| a.and(b)) }
}

#[inline(always)]
pub(super) unsafe fn or<V: Vector>(a: &mut Words, b: &Words) -> u32 {
    // SAFETY: the caller is compiled for `V`.
    unsafe { combine::<V>(a, b, |a, b| a.or(b)) }
}

#[inline(always)]
pub(super) unsafe fn xor<V: Vector>(a: &mut Words, b: &Words) -> u32 {
    // SAFETY: the caller is compiled for `V`.
    unsafe { combine::<V>(a, b, |a, b| a.xor(b)) }
}

#[inline(always)]
pub(super) unsafe fn and_not<V: Vector>(a: &mut Words, b: &Words) -> u32 {
    // SAFETY: the caller is compiled for `V`.
    unsafe { combine::<V>(a, b, |a, b| a.and_not(b)) }
}

/// One step of a formula.
#[inline(always)]
unsafe fn step<V: Vector>(formula: &Formula<'_>, at: usize) -> [V; STEP] {
    // SAFETY: `Formula` promises that `words` holds as many as its terms say, so `next` stays inside.
    unsafe {
        let mut next = formula.words().as_ptr();
        let mut take = || {
            let four = load::<V>(*next, at);
            next = next.add(1);
            four
        };
        let mut sum = [V::zero(); STEP];
        for term in formula.terms() {
            let mut product = take();
            for _ in 1..term.plus {
                product = zip(product, take(), |a, b| a.and(b));
            }
            for _ in 0..term.minus {
                product = zip(product, take(), |a, b| a.and_not(b));
            }
            sum = zip(sum, product, |a, b| a.or(b));
        }
        for _ in 0..formula.outer().plus {
            sum = zip(sum, take(), |a, b| a.and(b));
        }
        for _ in 0..formula.outer().minus {
            sum = zip(sum, take(), |a, b| a.and_not(b));
        }
        sum
    }
}

#[inline(always)]
pub(super) unsafe fn formula_count<V: Vector>(formula: &Formula<'_>) -> u32 {
    // SAFETY: as in `count`.
    unsafe {
        let mut tally = V::Tally::new();
        let mut at = 0;
        while at < WORDS {
            tally.add(step::<V>(formula, at));
            at += STEP * V::WORDS;
        }
        tally.total()
    }
}

#[inline(always)]
pub(super) unsafe fn formula<V: Vector>(formula: &Formula<'_>, out: &mut Words) -> u32 {
    // SAFETY: as in `count`.
    unsafe {
        let mut tally = V::Tally::new();
        let mut at = 0;
        while at < WORDS {
            let four = step::<V>(formula, at);
            store(out, at, four);
            tally.add(four);
            at += STEP * V::WORDS;
        }
        tally.total()
    }
}

#[inline(always)]
pub(super) unsafe fn tally<V: Vector>(planes: &mut [Block], words: &Words) {
    // SAFETY: as in `count`.
    unsafe {
        let mut at = 0;
        while at < WORDS {
            let mut carry = load::<V>(words, at);
            for plane in planes.iter_mut() {
                let digit = load::<V>(plane, at);
                store(plane, at, zip(digit, carry, |a, b| a.xor(b)));
                carry = zip(digit, carry, |a, b| a.and(b));
            }
            at += STEP * V::WORDS;
        }
    }
}

#[inline(always)]
pub(super) unsafe fn at_least<V: Vector>(planes: &[Block], least: usize, out: &mut Words) -> u32 {
    // SAFETY: as in `count`.
    unsafe {
        let mut tally = V::Tally::new();
        let mut at = 0;
        while at < WORDS {
            // From the lowest digit up: the digits so far reach those of `least`.
            let mut reached = [V::ones(); STEP];
            for (digit, plane) in planes.iter().enumerate() {
                let counted = load::<V>(plane, at);
                reached = if least >> digit & 1 == 1 {
                    zip(reached, counted, |a, b| a.and(b))
                } else {
                    zip(reached, counted, |a, b| a.or(b))
                };
            }
            store(out, at, reached);
            tally.add(reached);
            at += STEP * V::WORDS;
        }
        tally.total()
    }
}
