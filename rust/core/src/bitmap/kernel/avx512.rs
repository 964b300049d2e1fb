//! 512-bit loops; lists of ids are handled as with AVX2.

#![expect(
    unsafe_code,
    reason = "vector instructions; the table is handed out only where they are present"
)]

use super::generic::{Tally, Vector};
use std::arch::x86_64::{
    __m512i, _mm512_add_epi64, _mm512_and_si512, _mm512_andnot_si512, _mm512_loadu_si512,
    _mm512_or_si512, _mm512_popcnt_epi64, _mm512_reduce_add_epi64, _mm512_set1_epi64,
    _mm512_setzero_si512, _mm512_storeu_si512, _mm512_xor_si512,
};

#[derive(Clone, Copy)]
pub(super) struct Avx512(__m512i);

impl Vector for Avx512 {
    const WORDS: usize = 8;
    type Tally = Avx512Tally;

    #[inline(always)]
    unsafe fn zero() -> Self {
        // SAFETY: the caller is compiled for AVX-512; so for all methods here.
        Self(unsafe { _mm512_setzero_si512() })
    }

    #[inline(always)]
    unsafe fn ones() -> Self {
        // SAFETY: as in `zero`.
        Self(unsafe { _mm512_set1_epi64(-1) })
    }

    #[inline(always)]
    unsafe fn load(from: *const u64) -> Self {
        // SAFETY: the caller promises eight readable words.
        Self(unsafe { _mm512_loadu_si512(from.cast()) })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut u64) {
        // SAFETY: the caller promises eight writable words.
        unsafe { _mm512_storeu_si512(to.cast(), self.0) }
    }

    #[inline(always)]
    unsafe fn and(self, other: Self) -> Self {
        // SAFETY: as in `zero`.
        Self(unsafe { _mm512_and_si512(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn or(self, other: Self) -> Self {
        // SAFETY: as in `zero`.
        Self(unsafe { _mm512_or_si512(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn xor(self, other: Self) -> Self {
        // SAFETY: as in `zero`.
        Self(unsafe { _mm512_xor_si512(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn and_not(self, other: Self) -> Self {
        // SAFETY: as in `zero`.
        Self(unsafe { _mm512_andnot_si512(other.0, self.0) })
    }
}

pub(super) struct Avx512Tally(__m512i);

impl Tally<Avx512> for Avx512Tally {
    #[inline(always)]
    unsafe fn new() -> Self {
        // SAFETY: as in `zero`.
        Self(unsafe { _mm512_setzero_si512() })
    }

    #[inline(always)]
    unsafe fn add(&mut self, vectors: [Avx512; 8]) {
        for vector in vectors {
            // SAFETY: as in `zero`.
            self.0 = unsafe { _mm512_add_epi64(self.0, _mm512_popcnt_epi64(vector.0)) };
        }
    }

    #[inline(always)]
    unsafe fn total(self) -> u32 {
        // SAFETY: as in `zero`.
        unsafe { _mm512_reduce_add_epi64(self.0) as u32 }
    }
}

super::table::table!(
    "avx512",
    Avx512,
    super::avx2::merge,
    super::avx2::pick,
    "avx512f,avx512bw,avx512vpopcntdq,avx2,bmi1,bmi2,lzcnt,popcnt"
);
