//! Which of a short list of candidates pass.

use super::ARRAY_LIMIT;

/// One bit for each candidate, by its place in the list.
pub(super) type Hits = [u64; ARRAY_LIMIT / 64];

/// No candidate.
pub(super) const NONE: Hits = [0; ARRAY_LIMIT / 64];

/// The first `len` candidates.
pub(super) fn first(len: usize) -> Hits {
    let mut hits = NONE;
    for (at, word) in hits.iter_mut().enumerate() {
        let bits = len.saturating_sub(at * 64).min(64) as u32;
        *word = 1_u64.checked_shl(bits).map_or(u64::MAX, |bit| bit - 1);
    }
    hits
}

pub(super) fn count(hits: &Hits) -> u32 {
    hits.iter().map(|word| word.count_ones()).sum()
}

pub(super) fn is_none(hits: &Hits) -> bool {
    hits.iter().all(|&word| word == 0)
}

pub(super) fn keep(hits: &mut Hits, other: &Hits) {
    hits.iter_mut().zip(other).for_each(|(a, b)| *a &= b);
}

pub(super) fn drop(hits: &mut Hits, other: &Hits) {
    hits.iter_mut().zip(other).for_each(|(a, b)| *a &= !b);
}

pub(super) fn add(hits: &mut Hits, other: &Hits) {
    hits.iter_mut().zip(other).for_each(|(a, b)| *a |= b);
}

pub(super) fn flip(hits: &mut Hits, other: &Hits) {
    hits.iter_mut().zip(other).for_each(|(a, b)| *a ^= b);
}

/// The places of the hits, rising.
pub(super) fn places(hits: &Hits) -> impl Iterator<Item = usize> + '_ {
    let mut words = hits.iter().enumerate();
    let (mut rest, mut base) = (0_u64, 0);
    std::iter::from_fn(move || {
        while rest == 0 {
            let (at, &word) = words.next()?;
            (rest, base) = (word, at * 64);
        }
        let place = base + rest.trailing_zeros() as usize;
        rest &= rest - 1;
        Some(place)
    })
}
