//! Which creative a line item shows.

use super::lot::ImpressionLot;
use crate::id::LineItemId;

/// Among creatives that fit, one by weight and lot; `None` when there is none.
pub(super) fn chosen<T>(
    fitting: impl Iterator<Item = T> + Clone,
    weight: impl Fn(&T) -> u32,
    number: LineItemId,
    lot: ImpressionLot,
) -> Option<T> {
    let total: u64 = fitting.clone().map(|own| u64::from(weight(&own))).sum();
    let mut left = lot.below(number, total);
    for own in fitting {
        let weight = u64::from(weight(&own));
        if left < weight {
            return Some(own);
        }
        left -= weight;
    }
    None
}
