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
use super::formula::{Formula, Term};

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
    unsafe fn add(&mut self, vectors: [V; 8]);
    unsafe fn total(self) -> u32;
}

/// Vectors in a step; enough to hide the latency of a load.
const STEP: usize = 8;

#[inline(always)]
unsafe fn load<V: Vector>(words: &Words, at: usize) -> [V; STEP] {
    debug_assert!(at + STEP * V::WORDS <= WORDS);
    // SAFETY: the callers' loops end at `WORDS`, a multiple of a step.
    std::array::from_fn(|lane| unsafe { V::load(words.as_ptr().add(at + lane * V::WORDS)) })
}

#[inline(always)]
unsafe fn store<V: Vector>(words: &mut Words, at: usize, vectors: [V; STEP]) {
    debug_assert!(at + STEP * V::WORDS <= WORDS);
    for (lane, vector) in vectors.into_iter().enumerate() {
        // SAFETY: as in `load`.
        unsafe { vector.store(words.as_mut_ptr().add(at + lane * V::WORDS)) };
    }
}

#[inline(always)]
unsafe fn zip<V: Vector>(a: [V; STEP], b: [V; STEP], f: impl Fn(V, V) -> V) -> [V; STEP] {
    std::array::from_fn(|lane| f(a[lane], b[lane]))
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

/// The words of a formula at one place, in order.
struct Operands {
    next: *const *const u64,
    at: usize,
}

impl Operands {
    #[inline(always)]
    unsafe fn take<V: Vector>(&mut self) -> [V; STEP] {
        // SAFETY: the caller takes no more operands than the formula has.
        unsafe {
            let words: &Words = &**self.next.cast::<&Words>();
            self.next = self.next.add(1);
            load::<V>(words, self.at)
        }
    }

    /// `four` and the next `plus` operands, without the next `minus`. Small numbers are spelled out,
    /// since short loops cost more than what they do.
    #[inline(always)]
    unsafe fn confine<V: Vector>(&mut self, four: [V; STEP], term: Term) -> [V; STEP] {
        // SAFETY: as in `take`.
        unsafe {
            let mut four = four;
            let mut plus = term.plus;
            if plus & 1 == 1 {
                four = zip(four, self.take(), |a, b| a.and(b));
            }
            while plus > 1 {
                four = zip(four, self.take(), |a, b| a.and(b));
                four = zip(four, self.take(), |a, b| a.and(b));
                plus -= 2;
            }
            let mut minus = term.minus;
            if minus & 1 == 1 {
                four = zip(four, self.take(), |a, b| a.and_not(b));
            }
            while minus > 1 {
                four = zip(four, self.take(), |a, b| a.and_not(b));
                four = zip(four, self.take(), |a, b| a.and_not(b));
                minus -= 2;
            }
            four
        }
    }
}

/// One step of a formula.
#[inline(always)]
unsafe fn step<V: Vector>(formula: &Formula<'_>, at: usize) -> [V; STEP] {
    let mut operands = Operands {
        next: formula.words().as_ptr().cast(),
        at,
    };
    let rest = |term: &Term| Term {
        plus: term.plus - 1,
        minus: term.minus,
    };
    // SAFETY: `Formula` promises as many words as its terms say, at least one for each term.
    unsafe {
        let Some((first, others)) = formula.terms().split_first() else {
            return [V::zero(); STEP];
        };
        let mut sum: [V; STEP] = operands.take();
        sum = operands.confine(sum, rest(first));
        for term in others {
            let mut product = operands.take();
            product = operands.confine(product, rest(term));
            sum = zip(sum, product, |a, b| a.or(b));
        }
        operands.confine(sum, formula.outer())
    }
}

#[inline(always)]
pub(super) unsafe fn formula_count<V: Vector>(formula: &Formula<'_>) -> u32 {
    if let Some((a, b)) = formula.as_pair() {
        // SAFETY: as in `count`.
        return unsafe { and_count::<V>(a, b) };
    }
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
    let pair = formula.as_pair();
    // SAFETY: as in `count`.
    unsafe {
        let mut tally = V::Tally::new();
        let mut at = 0;
        if let Some((a, b)) = pair {
            while at < WORDS {
                let four = zip(load::<V>(a, at), load::<V>(b, at), |a, b| a.and(b));
                store(out, at, four);
                tally.add(four);
                at += STEP * V::WORDS;
            }
            return tally.total();
        }
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
