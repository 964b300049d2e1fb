//! Things in order of a number, those of one number in the order in which they came.

use crate::time::Instant;

/// Fewer are compared with each other.
const FEW: usize = if cfg!(test) { 4 } else { 128 };

/// Digits that are told apart in one pass: fewer where there are few numbers, for each pass goes through all digits too.
const DIGITS: usize = 1 << 11;
const FEW_DIGITS: usize = 1 << 8;

/// So many go by [`DIGITS`].
const MANY: usize = if cfg!(test) { 20 } else { 1_024 };

/// A number that rises with instants.
pub(crate) const fn rising(at: Instant) -> u64 {
    (at.0 as u64) ^ (1 << 63)
}

/// Puts `all` in order of a number; `room` is used again.
///
/// Many go by digits of the number, lowest first: two passes for four million numbers, whatever their order.
pub(crate) fn by_number<T: Copy>(all: &mut Vec<T>, room: &mut Vec<T>, number: impl Fn(&T) -> u64) {
    let is_rising = |a: &T, b: &T| number(a) <= number(b);
    let first = all.chunk_by(is_rising).next().map_or(0, <[T]>::len);
    if first == all.len() {
        return;
    }
    let (left, right) = all.split_at_checked(first).unwrap_or_default();
    if right.is_sorted_by(is_rising) {
        merge(left, right, room, number);
        std::mem::swap(all, room);
        return;
    }
    if all.len() < FEW {
        all.sort_by_key(number);
        return;
    }
    // Only how far they lie apart is looked at.
    let (lowest, highest) = all
        .iter()
        .map(&number)
        .fold((u64::MAX, 0), |(a, b), own| (a.min(own), b.max(own)));
    let number = |own: &T| number(own) - lowest;
    if all.len() < MANY {
        by_digits::<_, FEW_DIGITS>(all, room, highest - lowest, number);
    } else {
        by_digits::<_, DIGITS>(all, room, highest - lowest, number);
    }
}

/// Puts `all` in order of a number up to `highest`, digit by digit; those of one number keep their order.
fn by_digits<T: Copy, const DIGITS: usize>(
    all: &mut Vec<T>,
    room: &mut Vec<T>,
    highest: u64,
    number: impl Fn(&T) -> u64,
) {
    let mut shift = 0;
    while shift < u64::BITS && highest >> shift > 0 {
        by_digit::<_, DIGITS>(all, room, |own| (number(own) >> shift) as usize % DIGITS);
        std::mem::swap(all, room);
        shift += DIGITS.ilog2();
    }
}

/// Puts two runs in order into one.
fn merge<T: Copy>(
    mut left: &[T],
    mut right: &[T],
    merged: &mut Vec<T>,
    number: impl Fn(&T) -> u64,
) {
    merged.clear();
    merged.reserve(left.len() + right.len());
    while let (Some((a, after_a)), Some((b, after_b))) = (left.split_first(), right.split_first()) {
        if number(a) <= number(b) {
            merged.push(*a);
            left = after_a;
        } else {
            merged.push(*b);
            right = after_b;
        }
    }
    merged.extend_from_slice(left);
    merged.extend_from_slice(right);
}

/// Puts `all` into `sorted` in order of one digit; those of one digit keep their order.
fn by_digit<T: Copy, const DIGITS: usize>(
    all: &[T],
    sorted: &mut Vec<T>,
    digit: impl Fn(&T) -> usize,
) {
    let mut places = [0u32; DIGITS];
    for own in all {
        if let Some(count) = places.get_mut(digit(own)) {
            *count += 1;
        }
    }
    let mut end = 0;
    for place in &mut places {
        end += std::mem::replace(place, end);
    }
    sorted.clear();
    sorted.extend_from_slice(all);
    for own in all {
        if let Some(place) = places.get_mut(digit(own)) {
            if let Some(cell) = sorted.get_mut(*place as usize) {
                *cell = *own;
            }
            *place += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_has_one_number_stays_in_its_order(
            numbers in prop::collection::vec(prop_oneof![0u64..5, 2_040u64..2_060, 0..u64::from(u32::MAX), any::<u64>()], 0..40),
        ) {
            let mut all: Vec<(usize, u64)> = numbers.into_iter().enumerate().collect();
            let mut expected = all.clone();
            expected.sort_by_key(|own| own.1);

            by_number(&mut all, &mut Vec::new(), |own| own.1);

            prop_assert_eq!(expected, all);
        }
    }
}
