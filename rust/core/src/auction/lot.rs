//! What is drawn by lot: the same request, line item and seed draw the same.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::id::LineItemId;

/// The draws of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lot(u64);

/// The draws of one impression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImpressionLot(u64);

impl Lot {
    /// The draws of the request of this id.
    pub fn of(seed: u64, request: &str) -> Self {
        Self(xxh3_64_with_seed(request.as_bytes(), seed))
    }

    /// Whether a line item takes part, with a probability in 65,536ths: the same for all impressions.
    pub const fn passes(self, number: LineItemId, probability: u32) -> bool {
        ((mixed(self.0, number.0) >> 48) as u32) < probability
    }

    /// The draws of the impression of this id.
    pub fn impression(self, id: &str) -> ImpressionLot {
        ImpressionLot(xxh3_64_with_seed(id.as_bytes(), self.0))
    }
}

impl ImpressionLot {
    /// Who goes first of bids of one price: the least.
    pub const fn order(self, number: LineItemId) -> u64 {
        mixed(self.0, number.0)
    }

    /// A number less than `total`, which is more than 0.
    pub fn below(self, number: LineItemId, total: u64) -> u64 {
        let drawn = u128::from(mixed(!self.0, number.0));
        ((drawn * u128::from(total)) >> 64) as u64
    }
}

/// The finalizer of `SplitMix64` (Steele, Lea, Flood 2014).
const fn mixed(seed: u64, number: u32) -> u64 {
    let mut z = seed ^ (number as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
