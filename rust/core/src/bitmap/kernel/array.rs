//! What two strictly increasing lists of ids share.
//!
//! Lists of like size are merged, in blocks where the instruction set can; where one is
//! much longer, each id of the shorter is searched for in it by galloping.

use super::super::hits::Hits;

/// From this ratio of lengths on, galloping wins over merging.
const GALLOP: usize = 32;

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

/// Calls `found` with the place in `a` and the bit 1 for each shared id; for instruction sets that match
/// no blocks.
#[inline(always)]
pub(super) fn merge(a: &[u16], b: &[u16], mut found: impl FnMut(usize, u32)) {
    let (mut at, mut bt) = (0, 0);
    while let (Some(&left), Some(&right)) = (a.get(at), b.get(bt)) {
        if left == right {
            found(at, 1);
        }
        at += usize::from(left <= right);
        bt += usize::from(right <= left);
    }
}

/// How many ids both have. `merge` reports places in its first list and which of the ids from there on are in the second.
#[inline(always)]
pub(super) fn match_count(
    a: &[u16],
    b: &[u16],
    merge: impl Fn(&[u16], &[u16], &mut dyn FnMut(usize, u32)),
) -> u32 {
    let (few, many) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let mut count = 0_u32;
    if few.len() * GALLOP < many.len() {
        search(few, many, |_, _| count = count.wrapping_add(1));
    } else {
        merge(few, many, &mut |_, mask| {
            count = count.wrapping_add(mask.count_ones());
        });
    }
    count
}

/// Which ids of `a` are in `b`. `merge` is as above; its masks must not cross a multiple of 64 places.
#[inline(always)]
pub(super) fn match_ids(
    a: &[u16],
    b: &[u16],
    hits: &mut Hits,
    merge: impl Fn(&[u16], &[u16], &mut dyn FnMut(usize, u32)),
) {
    *hits = [0; _];
    let mut hit = |place: usize, mask: u32| {
        if let Some(word) = hits.get_mut(place / 64) {
            *word |= u64::from(mask) << (place % 64);
        }
    };
    if a.len() * GALLOP < b.len() {
        search(a, b, |place, _| hit(place, 1));
    } else if b.len() * GALLOP < a.len() {
        search(b, a, |_, place| hit(place, 1));
    } else {
        merge(a, b, &mut hit);
    }
}
