//! The order of events: by owner, then by time, then as they came.

/// Fewer are sorted by comparing.
const FEW: usize = 512;

/// Bits of an owner that are sorted by at once: as many as tell the profiles of a shard.
const DIGIT: u32 = 12;

/// The places of events in their order.
pub(super) fn order(owners: &[u32], times: &[i64]) -> Vec<u32> {
    let mut places = by_owner(owners);
    let owner = |place: u32| owners.get(place as usize).copied().unwrap_or(0);
    let time = |place: &u32| times.get(*place as usize).copied().unwrap_or(0);
    for own in places.chunk_by_mut(|a, b| owner(*a) == owner(*b)) {
        if !own.is_sorted_by_key(time) {
            own.sort_by_key(time);
        }
    }
    places
}

/// Of one owner those that came first stand first.
fn by_owner(owners: &[u32]) -> Vec<u32> {
    let most = owners.iter().copied().max().unwrap_or(0);
    if owners.len() < FEW {
        let key = |(owner, place): (&u32, u32)| u64::from(*owner) << 32 | u64::from(place);
        let mut keys: Vec<u64> = owners.iter().zip(0u32..).map(key).collect();
        keys.sort_unstable();
        return keys.into_iter().map(|key| key as u32).collect();
    }
    let mut places: Vec<u32> = (0..owners.len() as u32).collect();
    // Digit by digit from the lowest, counting how many have each: a radix sort.
    let mut sorted = vec![0; owners.len()];
    for shift in (0..u32::BITS - most.leading_zeros()).step_by(DIGIT as usize) {
        let digit = |owner: u32| (owner >> shift) as usize % (1 << DIGIT);
        let mut next = vec![0u32; 1 << DIGIT];
        for owner in owners {
            if let Some(count) = next.get_mut(digit(*owner)) {
                *count += 1;
            }
        }
        let mut before = 0;
        for place in &mut next {
            (*place, before) = (before, before + *place);
        }
        for place in &places {
            let owner = owners.get(*place as usize).copied().unwrap_or(0);
            if let Some(next) = next.get_mut(digit(owner)) {
                if let Some(own) = sorted.get_mut(*next as usize) {
                    *own = *place;
                }
                *next += 1;
            }
        }
        std::mem::swap(&mut places, &mut sorted);
    }
    places
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
