//! Random numbers from a seed.

/// A stream of random numbers.
pub(in crate::auction) struct Dice(pub(in crate::auction) u64);

impl Dice {
    /// A number less than `n`.
    pub(in crate::auction) fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((u128::from(z ^ (z >> 31)) * n as u128) >> 64) as usize
    }

    /// True in `percent` of all cases.
    pub(super) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of these.
    pub(super) fn one<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }

    /// Each of these with a chance of `percent`.
    pub(super) fn some<T: Clone>(&mut self, all: &[T], percent: usize) -> Vec<T> {
        let mut some = all.to_vec();
        some.retain(|_| self.chance(percent));
        some
    }

    /// Something in `percent` of all cases.
    pub(super) fn maybe<T>(
        &mut self,
        percent: usize,
        make: impl FnOnce(&mut Self) -> T,
    ) -> Option<T> {
        self.chance(percent).then(|| make(self))
    }
}
