//! Flips in order of profiles, those of one profile in the order in which they came.

use super::feed::Flip;

/// Fewer flips are compared with each other.
const FEW: usize = if cfg!(test) { 4 } else { 4_096 };

/// Bits of a profile's number that are told apart in one pass.
const DIGIT: u32 = 11;

/// Puts flips in order of profiles; `room` is used again.
///
/// Many flips go by digits of the number, lowest first: two passes for four million profiles, whatever their order.
pub(super) fn by_profile(flips: &mut Vec<Flip>, room: &mut Vec<Flip>) {
    if flips.is_sorted_by_key(|own| own.profile) {
        return;
    }
    if flips.len() < FEW {
        flips.sort_by_key(|own| own.profile);
        return;
    }
    let highest = flips.iter().map(|own| own.profile.0).max().unwrap_or(0);
    let mut shift = 0;
    while shift < u32::BITS && highest >> shift > 0 {
        by_digit(flips, room, shift);
        std::mem::swap(flips, room);
        shift += DIGIT;
    }
}

/// Puts flips into `sorted` in order of one digit; those of one digit keep their order.
fn by_digit(flips: &[Flip], sorted: &mut Vec<Flip>, shift: u32) {
    let digit = |own: &Flip| (own.profile.0 >> shift) as usize & ((1 << DIGIT) - 1);
    let mut places = [0u32; 1 << DIGIT];
    for own in flips {
        if let Some(count) = places.get_mut(digit(own)) {
            *count += 1;
        }
    }
    let mut end = 0;
    for place in &mut places {
        end += std::mem::replace(place, end);
    }
    sorted.clear();
    sorted.extend_from_slice(flips);
    for own in flips {
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
    use crate::id::{ProfileId, SegmentId};
    use crate::segment::feed::Cause;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn flips_of_a_profile_stay_in_their_order(profiles in prop::collection::vec(prop_oneof![0u32..5, 2_040u32..2_060, any::<u32>()], 0..40)) {
            let flip = |(number, profile): (u32, u32)| Flip {
                segment: SegmentId(number),
                profile: ProfileId(profile),
                entered: true,
                cause: Cause::Time,
            };
            let mut flips: Vec<Flip> = (0..).zip(profiles).map(flip).collect();
            let key = |own: &Flip| (own.profile, own.segment);
            let mut expected: Vec<_> = flips.iter().map(key).collect();
            expected.sort_unstable();

            by_profile(&mut flips, &mut Vec::new());

            prop_assert_eq!(expected, flips.iter().map(key).collect::<Vec<_>>());
        }
    }
}
