//! 256-bit loops.

#![expect(
    unsafe_code,
    reason = "vector instructions; the table is handed out only where they are present"
)]

use super::generic::{Tally, Vector};
use std::arch::x86_64::{
    __m256i, _SIDD_BIT_MASK, _SIDD_CMP_EQUAL_ANY, _SIDD_UWORD_OPS, _bextr2_u64, _mm_cmpestrm,
    _mm_cmpistrm, _mm_cvtsi128_si32, _mm_loadu_si128, _mm256_add_epi8, _mm256_add_epi64,
    _mm256_and_si256, _mm256_andnot_si256, _mm256_extract_epi64, _mm256_loadu_si256,
    _mm256_or_si256, _mm256_sad_epu8, _mm256_set1_epi8, _mm256_setr_epi8, _mm256_setzero_si256,
    _mm256_shuffle_epi8, _mm256_slli_epi64, _mm256_srli_epi16, _mm256_storeu_si256,
    _mm256_xor_si256,
};
use std::hint::select_unpredictable;

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

/// Harley-Seal: carry-save adders gather eight vectors before one is counted.
pub(super) struct Avx2Tally {
    ones: Avx2,
    twos: Avx2,
    fours: Avx2,
    eights: __m256i,
}

/// A full adder on each bit: the carry and the sum. The operand that is known last should come last.
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
                fours: Avx2::zero(),
                eights: _mm256_setzero_si256(),
            }
        }
    }

    #[inline(always)]
    unsafe fn add(&mut self, v: [Avx2; 8]) {
        // SAFETY: the caller is compiled for AVX2.
        unsafe {
            let (twos_a, ones) = add(v[0], v[1], self.ones);
            let (twos_b, ones) = add(v[2], v[3], ones);
            let (fours_a, twos) = add(twos_a, twos_b, self.twos);
            let (twos_a, ones) = add(v[4], v[5], ones);
            let (twos_b, ones) = add(v[6], v[7], ones);
            let (fours_b, twos) = add(twos_a, twos_b, twos);
            let (eights, fours) = add(fours_a, fours_b, self.fours);
            (self.ones, self.twos, self.fours) = (ones, twos, fours);
            self.eights = _mm256_add_epi64(self.eights, bits(eights));
        }
    }

    #[inline(always)]
    unsafe fn total(self) -> u32 {
        // SAFETY: the caller is compiled for AVX2.
        unsafe {
            let eights = _mm256_slli_epi64::<3>(self.eights);
            let fours = _mm256_slli_epi64::<2>(bits(self.fours));
            let twos = _mm256_slli_epi64::<1>(bits(self.twos));
            let high = _mm256_add_epi64(eights, fours);
            let sum = _mm256_add_epi64(high, _mm256_add_epi64(twos, bits(self.ones)));
            let low = _mm256_extract_epi64::<0>(sum).wrapping_add(_mm256_extract_epi64::<1>(sum));
            let high = _mm256_extract_epi64::<2>(sum).wrapping_add(_mm256_extract_epi64::<3>(sum));
            low.wrapping_add(high) as u32
        }
    }
}

/// Ids in a block that one instruction matches: all pairs of two blocks.
const BLOCK: usize = 8;
const EQUAL: i32 = _SIDD_UWORD_OPS | _SIDD_CMP_EQUAL_ANY | _SIDD_BIT_MASK;

/// Calls `found` with a place in `a`, a multiple of 8, and which of the 8 ids from there on are in `b`; a
/// place may come more than once, an id at most once.
#[inline(always)]
pub(super) fn merge(a: &[u16], b: &[u16], mut found: impl FnMut(usize, u32)) {
    let (mut at, mut bt) = (0, 0);
    // The quick instruction ends a block at the first 0, which only a list's first id can be.
    let zero = |list: &[u16], at: usize| at == 0 && list.first() == Some(&0);
    if zero(a, 0) || zero(b, 0) {
        while at < a.len() && bt < b.len() && (zero(a, at) || zero(b, bt)) {
            careful_step(a, b, &mut at, &mut bt, &mut found);
        }
    }
    // SAFETY: the caller is compiled for AVX2.
    unsafe { quick_steps(a, b, &mut at, &mut bt, &mut found) };
    while at < a.len() && bt < b.len() {
        careful_step(a, b, &mut at, &mut bt, &mut found);
    }
}

/// Matches whole blocks while both lists have two left.
#[inline(always)]
unsafe fn quick_steps(
    a: &[u16],
    b: &[u16],
    at: &mut usize,
    bt: &mut usize,
    found: &mut impl FnMut(usize, u32),
) {
    let (mut i, mut j) = (*at, *bt);
    if i + 2 * BLOCK > a.len() || j + 2 * BLOCK > b.len() {
        return;
    }
    let (end_a, end_b) = (a.len() - 2 * BLOCK, b.len() - 2 * BLOCK);
    // SAFETY: `i + 15` and `j + 15` are within the lists here and by the condition of the loop.
    unsafe {
        let (mut last_a, mut last_b) = (*a.get_unchecked(i + 7), *b.get_unchecked(j + 7));
        while i <= end_a && j <= end_b {
            let left = _mm_loadu_si128(a.as_ptr().add(i).cast());
            let right = _mm_loadu_si128(b.as_ptr().add(j).cast());
            found(
                i,
                _mm_cvtsi128_si32(_mm_cmpistrm::<EQUAL>(right, left)) as u32,
            );
            // Both outcomes are loaded before it is known which one counts: the choice is as good as random,
            // so it must neither be predicted nor wait for a load.
            let (next_a, next_b) = (*a.get_unchecked(i + 15), *b.get_unchecked(j + 15));
            let (step_a, step_b) = (last_a <= last_b, last_b <= last_a);
            i = select_unpredictable(step_a, i + BLOCK, i);
            j = select_unpredictable(step_b, j + BLOCK, j);
            last_a = select_unpredictable(step_a, next_a, last_a);
            last_b = select_unpredictable(step_b, next_b, last_b);
        }
    }
    (*at, *bt) = (i, j);
}

/// Matches one block of each list, which may be short and may hold a 0.
#[inline(always)]
fn careful_step(
    a: &[u16],
    b: &[u16],
    at: &mut usize,
    bt: &mut usize,
    found: &mut impl FnMut(usize, u32),
) {
    let (left, left_len, last_a) = block(a, *at);
    let (right, right_len, last_b) = block(b, *bt);
    // SAFETY: the caller is compiled for AVX2.
    let mask = unsafe {
        let (left, right) = (
            _mm_loadu_si128(left.as_ptr().cast()),
            _mm_loadu_si128(right.as_ptr().cast()),
        );
        _mm_cvtsi128_si32(_mm_cmpestrm::<EQUAL>(right, right_len, left, left_len))
    };
    found(*at, mask as u32);
    *at += BLOCK * usize::from(last_a <= last_b);
    *bt += BLOCK * usize::from(last_b <= last_a);
}

/// The block of a list at `at`, how many ids it has, and the last of them.
#[inline(always)]
fn block(list: &[u16], at: usize) -> ([u16; BLOCK], i32, u16) {
    let rest = list.get(at..).unwrap_or_default();
    if let Some(whole) = rest.first_chunk() {
        let whole: [u16; BLOCK] = *whole;
        return (whole, BLOCK as i32, whole[BLOCK - 1]);
    }
    let mut part = [0; BLOCK];
    for (slot, id) in part.iter_mut().zip(rest) {
        *slot = *id;
    }
    (
        part,
        rest.len() as i32,
        rest.last().copied().unwrap_or(u16::MAX),
    )
}

/// One bit of a word, by its own instruction.
#[inline(always)]
pub(super) fn pick(word: u64, id: u16) -> u64 {
    const ONE_BIT: u64 = 1 << 8;
    // SAFETY: the caller is compiled for BMI1.
    unsafe { _bextr2_u64(word, u64::from(id & 63) | ONE_BIT) }
}

super::table::table!("avx2", Avx2, merge, pick, "avx2,bmi1,bmi2,lzcnt,popcnt");
