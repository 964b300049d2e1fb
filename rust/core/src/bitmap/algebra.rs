//! Operators on sets.

use super::expression::Expression;
use super::set::Bitmap;
use std::ops::{BitAnd, BitOr, BitXor, Sub};

impl BitAnd for &Bitmap {
    type Output = Bitmap;

    /// Ids in both.
    fn bitand(self, other: Self) -> Bitmap {
        Expression::And(vec![self.into(), other.into()]).members()
    }
}

impl BitOr for &Bitmap {
    type Output = Bitmap;

    /// Ids in either.
    fn bitor(self, other: Self) -> Bitmap {
        Expression::Or(vec![self.into(), other.into()]).members()
    }
}

impl BitXor for &Bitmap {
    type Output = Bitmap;

    /// Ids in exactly one.
    fn bitxor(self, other: Self) -> Bitmap {
        Expression::Xor(Box::new(self.into()), Box::new(other.into())).members()
    }
}

impl Sub for &Bitmap {
    type Output = Bitmap;

    /// Ids in the first and not in the second.
    fn sub(self, other: Self) -> Bitmap {
        Expression::Minus(Box::new(self.into()), Box::new(other.into())).members()
    }
}
