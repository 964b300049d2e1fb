//! 256-bit loops.

#![expect(
    unsafe_code,
    reason = "vector instructions; the table is handed out only where they are present"
)]

use super::generic::{Tally, Vector};
use std::arch::x86_64::{
    __m256i, _mm256_add_epi8, _mm256_add_epi64, _mm256_alignr_epi8, _mm256_and_si256,
    _mm256_andnot_si256, _mm256_cmpeq_epi16, _mm256_extract_epi64, _mm256_loadu_si256,
    _mm256_movemask_epi8, _mm256_or_si256, _mm256_packs_epi16, _mm256_permute4x64_epi64,
    _mm256_sad_epu8, _mm256_set1_epi8, _mm256_setr_epi8, _mm256_setzero_si256, _mm256_shuffle_epi8,
    _mm256_slli_epi64, _mm256_srli_epi16, _mm256_storeu_si256, _mm256_xor_si256,
};

#[derive(Clone, Copy)]
pub(super) struct Avx2(__m256i);

impl Vector for Avx2 {
    const WORDS: usize = 4;
    type Tally = Avx2Tally;

    #[inline(always)]
    unsafe fn zero() -> Self {
        // SAFETY: the caller is compiled for AVX2; so for all methods here.
        Self(unsafe { _mm256_setzero_si256() })
    }

    #[inline(always)]
    unsafe fn ones() -> Self {
        // SAFETY: as in `zero`.
        Self(unsafe { _mm256_set1_epi8(-1) })
    }

    #[inline(always)]
    unsafe fn load(from: *const u64) -> Self {
        // SAFETY: the caller promises four readable words.
        Self(unsafe { _mm256_loadu_si256(from.cast()) })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut u64) {
        // SAFETY: the caller promises four writable words.
        unsafe { _mm256_storeu_si256(to.cast(), self.0) }
    }

    #[inline(always)]
    unsafe fn and(self, other: Self) -> Self {
        // SAFETY: as in `zero`.
        Self(unsafe { _mm256_and_si256(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn or(self, other: Self) -> Self {
        // SAFETY: as in `zero`.
        Self(unsafe { _mm256_or_si256(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn xor(self, other: Self) -> Self {
        // SAFETY: as in `zero`.
        Self(unsafe { _mm256_xor_si256(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn and_not(self, other: Self) -> Self {
        // SAFETY: as in `zero`.
        Self(unsafe { _mm256_andnot_si256(other.0, self.0) })
    }
}

/// Harley-Seal: carry-save adders gather four vectors before one is counted.
pub(super) struct Avx2Tally {
    ones: Avx2,
    twos: Avx2,
    fours: __m256i,
}

/// A full adder on each bit: the carry and the sum.
#[inline(always)]
unsafe fn add(a: Avx2, b: Avx2, c: Avx2) -> (Avx2, Avx2) {
    // SAFETY: the caller is compiled for AVX2.
    unsafe {
        let half = a.xor(b);
        (a.and(b).or(half.and(c)), half.xor(c))
    }
}

/// The number of bits set in each of the four words.
#[inline(always)]
unsafe fn bits(vector: Avx2) -> __m256i {
    // SAFETY: the caller is compiled for AVX2.
    unsafe {
        let counts = _mm256_setr_epi8(
            0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2,
            3, 3, 4,
        );
        let nibble = _mm256_set1_epi8(15);
        let low = _mm256_and_si256(vector.0, nibble);
        let high = _mm256_and_si256(_mm256_srli_epi16::<4>(vector.0), nibble);
        let bytes = _mm256_add_epi8(
            _mm256_shuffle_epi8(counts, low),
            _mm256_shuffle_epi8(counts, high),
        );
        _mm256_sad_epu8(bytes, _mm256_setzero_si256())
    }
}

impl Tally<Avx2> for Avx2Tally {
    #[inline(always)]
    unsafe fn new() -> Self {
        // SAFETY: the caller is compiled for AVX2.
        unsafe {
            Self {
                ones: Avx2::zero(),
                twos: Avx2::zero(),
                fours: _mm256_setzero_si256(),
            }
        }
    }

    #[inline(always)]
    unsafe fn add(&mut self, four: [Avx2; 4]) {
        // SAFETY: the caller is compiled for AVX2.
        unsafe {
            let (low, ones) = add(self.ones, four[0], four[1]);
            let (high, ones) = add(ones, four[2], four[3]);
            let (fours, twos) = add(self.twos, low, high);
            self.ones = ones;
            self.twos = twos;
            self.fours = _mm256_add_epi64(self.fours, bits(fours));
        }
    }

    #[inline(always)]
    unsafe fn total(self) -> u32 {
        // SAFETY: the caller is compiled for AVX2.
        unsafe {
            let twos = _mm256_slli_epi64::<1>(bits(self.twos));
            let fours = _mm256_slli_epi64::<2>(self.fours);
            let sum = _mm256_add_epi64(_mm256_add_epi64(fours, twos), bits(self.ones));
            let low = _mm256_extract_epi64::<0>(sum).wrapping_add(_mm256_extract_epi64::<1>(sum));
            let high = _mm256_extract_epi64::<2>(sum).wrapping_add(_mm256_extract_epi64::<3>(sum));
            low.wrapping_add(high) as u32
        }
    }
}

/// Matches blocks of 16 ids until one list has no whole block left; gives where both lists stand.
///
/// `found` gets the place of a block of `a` and which of its ids were met in one block of `b`; a
/// block of `a` may be reported more than once, an id at most once.
#[inline(always)]
pub(super) fn match_blocks(
    a: &[u16],
    b: &[u16],
    mut found: impl FnMut(usize, u32),
) -> (usize, usize) {
    const BLOCK: usize = 16;
    let (mut at, mut bt) = (0, 0);
    while at + BLOCK <= a.len() && bt + BLOCK <= b.len() {
        // SAFETY: the caller is compiled for AVX2; both blocks lie within their lists by the loop condition.
        let (mask, last_a, last_b) = unsafe {
            let left = _mm256_loadu_si256(a.as_ptr().add(at).cast());
            let right = _mm256_loadu_si256(b.as_ptr().add(bt).cast());
            let mask = equal_to_any(left, right);
            (
                mask,
                *a.get_unchecked(at + BLOCK - 1),
                *b.get_unchecked(bt + BLOCK - 1),
            )
        };
        found(at, mask);
        at += BLOCK * usize::from(last_a <= last_b);
        bt += BLOCK * usize::from(last_b <= last_a);
    }
    (at, bt)
}

/// Which of the 16 ids of `a` equal any of `b`: all 256 pairs, by turning `b` within and across its halves.
#[inline(always)]
unsafe fn equal_to_any(a: __m256i, b: __m256i) -> u32 {
    // SAFETY: the caller is compiled for AVX2.
    unsafe {
        let crossed = _mm256_permute4x64_epi64::<0b0100_1110>(b);
        let mut met = _mm256_or_si256(_mm256_cmpeq_epi16(a, b), _mm256_cmpeq_epi16(a, crossed));
        macro_rules! turned {
            ($($bytes:literal)*) => {$(
                let straight = _mm256_cmpeq_epi16(a, _mm256_alignr_epi8::<$bytes>(b, b));
                let across = _mm256_cmpeq_epi16(a, _mm256_alignr_epi8::<$bytes>(crossed, crossed));
                met = _mm256_or_si256(met, _mm256_or_si256(straight, across));
            )*};
        }
        turned!(2 4 6 8 10 12 14);
        // The pack leaves the lower ids in bits 0..8 and the upper ones in bits 16..24.
        let mask = _mm256_movemask_epi8(_mm256_packs_epi16(met, _mm256_setzero_si256())) as u32;
        mask & 0xFF | mask >> 8 & 0xFF00
    }
}

super::table::table!("avx2", Avx2, match_blocks, "avx2,bmi1,bmi2,lzcnt,popcnt");
