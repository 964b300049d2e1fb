//! Loops for any processor; on aarch64 the compiler makes NEON of them.

#![expect(
    unsafe_code,
    reason = "the vector trait is unsafe for the sake of the other instruction sets"
)]

use super::generic::{Tally, Vector};

const LANES: usize = 4;

#[derive(Clone, Copy)]
pub(super) struct Plain([u64; LANES]);

impl Plain {
    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(u64, u64) -> u64) -> Self {
        Self(std::array::from_fn(|lane| f(self.0[lane], other.0[lane])))
    }
}

impl Vector for Plain {
    const WORDS: usize = LANES;
    type Tally = PlainTally;

    #[inline(always)]
    unsafe fn zero() -> Self {
        Self([0; LANES])
    }

    #[inline(always)]
    unsafe fn ones() -> Self {
        Self([u64::MAX; LANES])
    }

    #[inline(always)]
    unsafe fn load(from: *const u64) -> Self {
        // SAFETY: the caller promises `LANES` readable words; `u64` alignment is enough.
        Self(unsafe { from.cast::<[u64; LANES]>().read() })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut u64) {
        // SAFETY: the caller promises `LANES` writable words.
        unsafe { to.cast::<[u64; LANES]>().write(self.0) }
    }

    #[inline(always)]
    unsafe fn and(self, other: Self) -> Self {
        self.zip(other, |a, b| a & b)
    }

    #[inline(always)]
    unsafe fn or(self, other: Self) -> Self {
        self.zip(other, |a, b| a | b)
    }

    #[inline(always)]
    unsafe fn xor(self, other: Self) -> Self {
        self.zip(other, |a, b| a ^ b)
    }

    #[inline(always)]
    unsafe fn and_not(self, other: Self) -> Self {
        self.zip(other, |a, b| a & !b)
    }
}

pub(super) struct PlainTally(u32);

impl Tally<Plain> for PlainTally {
    #[inline(always)]
    unsafe fn new() -> Self {
        Self(0)
    }

    #[inline(always)]
    unsafe fn add(&mut self, vectors: [Plain; 8]) {
        let bits: u32 = vectors.as_flattened_words().map(u64::count_ones).sum();
        self.0 = self.0.wrapping_add(bits);
    }

    #[inline(always)]
    unsafe fn total(self) -> u32 {
        self.0
    }
}

trait Flattened {
    fn as_flattened_words(&self) -> impl Iterator<Item = u64>;
}

impl Flattened for [Plain; 8] {
    #[inline(always)]
    fn as_flattened_words(&self) -> impl Iterator<Item = u64> {
        self.iter().flat_map(|vector| vector.0)
    }
}

super::table::table!("plain", Plain, super::array::merge, super::scalar::pick);
