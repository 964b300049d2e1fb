//! What two strictly increasing lists of ids share.
//!
//! Lists of like size are merged, in blocks where the instruction set can; where one is
//! much longer, each id of the shorter is searched for in it by galloping.

use super::super::hits::Hits;

/// From this ratio of lengths on, galloping wins over merging.
const GALLOP: usize = 32;

/// For instruction sets that match no blocks.
#[inline(always)]
pub(super) fn no_blocks(_: &[u16], _: &[u16], _: impl FnMut(usize, u32)) -> (usize, usize) {
    (0, 0)
}

/// The first place from `from` on whose id is at least `id`.
#[inline(always)]
fn gallop(list: &[u16], from: usize, id: u16) -> usize {
    let mut reach = 1;
    while list.get(from + reach).is_some_and(|&other| other < id) {
        reach *= 2;
    }
    let low = from + reach / 2;
    let high = (from + reach + 1).min(list.len());
    let window = list.get(low..high).unwrap_or_default();
    low + window.partition_point(|&other| other < id)
}

/// Calls `found` with the places in `few` and `many` of each shared id.
#[inline(always)]
fn search(few: &[u16], many: &[u16], mut found: impl FnMut(usize, usize)) {
    let mut from = 0;
    for (place, &id) in few.iter().enumerate() {
        from = gallop(many, from, id);
        match many.get(from) {
            None => return,
            Some(&other) if other == id => found(place, from),
            Some(_) => {}
        }
    }
}

/// Calls `found` with the place in `a` of each shared id, from places `at` and `bt` on.
#[inline(always)]
fn merge(a: &[u16], b: &[u16], mut at: usize, mut bt: usize, mut found: impl FnMut(usize)) {
    while let (Some(&left), Some(&right)) = (a.get(at), b.get(bt)) {
        if left == right {
            found(at);
        }
        at += usize::from(left <= right);
        bt += usize::from(right <= left);
    }
}

type Places = (usize, usize);

#[inline(always)]
pub(super) fn match_count(
    a: &[u16],
    b: &[u16],
    blocks: impl Fn(&[u16], &[u16], &mut dyn FnMut(usize, u32)) -> Places,
) -> u32 {
    let (few, many) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let mut count = 0_u32;
    if few.len() * GALLOP < many.len() {
        search(few, many, |_, _| count += 1);
        return count;
    }
    let (at, bt) = blocks(few, many, &mut |_, mask| count += mask.count_ones());
    merge(few, many, at, bt, |_| count += 1);
    count
}

#[inline(always)]
pub(super) fn match_ids(
    a: &[u16],
    b: &[u16],
    hits: &mut Hits,
    blocks: impl Fn(&[u16], &[u16], &mut dyn FnMut(usize, u32)) -> Places,
) {
    *hits = [0; _];
    let mut hit = |place: usize, mask: u64| {
        if let Some(word) = hits.get_mut(place / 64) {
            *word |= mask << (place % 64);
        }
    };
    if a.len() * GALLOP < b.len() {
        return search(a, b, |place, _| hit(place, 1));
    }
    if b.len() * GALLOP < a.len() {
        return search(b, a, |_, place| hit(place, 1));
    }
    // A block starts at a multiple of 16, so its mask stays within one word.
    let (at, bt) = blocks(a, b, &mut |place, mask| hit(place, u64::from(mask)));
    merge(a, b, at, bt, |place| hit(place, 1));
}
