//! The order of events: by owner, then by time, then as they came.

use crate::order::by_number;

/// The places of events in their order.
pub(super) fn order(owners: &[u32], times: &[i64]) -> Vec<u32> {
    let mut places: Vec<(u32, u32)> = owners.iter().copied().zip(0..).collect();
    by_number(&mut places, &mut Vec::new(), |own| u64::from(own.0));
    let time = |own: &(u32, u32)| times.get(own.1 as usize).copied().unwrap_or(0);
    for own in places.chunk_by_mut(|a, b| a.0 == b.0) {
        if !own.is_sorted_by_key(time) {
            own.sort_by_key(time);
        }
    }
    places.into_iter().map(|own| own.1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn events_are_in_order_of_owner_time_and_place(
            events in prop_oneof![
                prop::collection::vec((0u32..9, 0i64..5), 0..40),
                prop::collection::vec((0u32..5_000, -3i64..90), 500..900),
                prop::collection::vec((any::<u32>(), any::<i64>()), 500..600),
            ],
        ) {
            let (owners, times): (Vec<u32>, Vec<i64>) = events.iter().copied().unzip();
            let mut expected: Vec<u32> = (0..events.len() as u32).collect();
            expected.sort_by_key(|place| events[*place as usize]);

            prop_assert_eq!(expected, order(&owners, &times));
        }
    }
}
