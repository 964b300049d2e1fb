//! Prices: a base, modifiers and a maximum; and currencies.

use crate::error::{Error, Result};

/// Most groups of modifiers of a line item.
pub const MOST_GROUPS: usize = 8;
/// Most modifiers of a group.
pub const MOST_MODIFIERS: usize = 64;
/// One as a factor.
const ONE: i64 = 1_000_000;

/// Whether a code can be one of ISO 4217: three capital letters.
pub fn is_currency(code: &str) -> bool {
    code.len() == 3 && code.bytes().all(|letter| letter.is_ascii_uppercase())
}

/// What a line item bids: CPM in micro units of its campaign's currency.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PriceDefinition {
    /// Before modifiers.
    pub base: i64,
    /// No bid is higher; `None`: any is allowed.
    pub maximum: Option<i64>,
    /// Of each group the largest factor whose condition holds counts, 1 when none does.
    pub groups: Vec<ModifierGroup>,
}

/// Modifiers of which one counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ModifierGroup {
    /// For people.
    pub name: String,
    /// The modifiers, in any order.
    pub modifiers: Vec<Modifier>,
}

/// A factor under a condition.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Modifier {
    /// A rule like that of a line item.
    pub condition: String,
    /// In micro units: 1,000,000 changes nothing.
    pub factor: i64,
}

/// A factor as a fraction without common divisors: products of them stay small.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Factor {
    over: i64,
    under: i64,
}

impl Factor {
    /// Changes nothing.
    pub(super) const ONE: Self = Self { over: 1, under: 1 };

    /// The fraction of micro units that are not negative.
    pub fn of(micros: i64) -> Self {
        let (mut a, mut b) = (micros, ONE);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        let divisor = a.max(1);
        Self {
            over: micros / divisor,
            under: ONE / divisor,
        }
    }

    /// In micro units.
    pub const fn micros(self) -> i64 {
        self.over * (ONE / self.under)
    }
}

impl PriceDefinition {
    /// An error when it has too many modifiers, negative numbers, or factors whose exact product could overflow.
    pub fn check(&self) -> Result<()> {
        for (field, amount) in [("base", Some(self.base)), ("maximum", self.maximum)] {
            if amount.is_some_and(|amount| amount < 0) {
                return Err(Error::invalid(format!("price.{field}"), "is negative"));
            }
        }
        limit("price.groups", MOST_GROUPS, self.groups.len())?;
        let mut product = Some((i128::from(self.base), 1_i128));
        for (number, group) in self.groups.iter().enumerate() {
            let field = format!("price.groups[{number}].modifiers");
            limit(&field, MOST_MODIFIERS, group.modifiers.len())?;
            if let Some(place) = group.modifiers.iter().position(|own| own.factor < 0) {
                let field = format!("{field}[{place}].factor");
                return Err(Error::invalid(field, "is negative"));
            }
            let factors = || group.modifiers.iter().map(|own| Factor::of(own.factor));
            let over = factors().map(|own| own.over).max().unwrap_or(1).max(1);
            let under = factors().map(|own| own.under).max().unwrap_or(1);
            product = product.and_then(|(all_over, all_under)| {
                let over = all_over.checked_mul(i128::from(over))?;
                Some((over, all_under.checked_mul(i128::from(under))?))
            });
        }
        product.map(|_| ()).ok_or_else(|| {
            let message = "the exact product of base and factors has more than 127 bits: write factors with fewer digits";
            Error::invalid("price.groups", message)
        })
    }

    /// The bid with these factors: one division, rounded down, at most the maximum.
    pub fn bid(&self, factors: impl Iterator<Item = Factor>) -> i64 {
        bid(self.base, self.maximum.unwrap_or(i64::MAX), factors)
    }
}

/// The bid with these factors, which were checked: one division, rounded down, at most the maximum.
pub fn bid(base: i64, maximum: i64, factors: impl Iterator<Item = Factor>) -> i64 {
    let mut product = Product::of(base);
    factors.for_each(|own| product.times(own));
    product.bid(maximum)
}

/// A base times factors, which were checked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Product {
    over: i128,
    under: i128,
}

impl Product {
    /// Of no factors yet.
    pub(super) const fn of(base: i64) -> Self {
        Self {
            over: base as i128,
            under: 1,
        }
    }

    /// Takes a factor in.
    #[inline]
    pub(super) fn times(&mut self, factor: Factor) {
        self.over = times(self.over, factor.over);
        self.under = times(self.under, factor.under);
    }

    /// The bid: rounded down, at most the maximum.
    #[inline]
    pub(super) fn bid(self, maximum: i64) -> i64 {
        // Most products are small, and a division of 64 bits takes a tenth of the time.
        match (u64::try_from(self.over), u64::try_from(self.under)) {
            (Ok(over), Ok(under)) => i64::try_from(over / under),
            (Err(_), _) | (_, Err(_)) => i64::try_from(self.over / self.under),
        }
        .map_or(maximum, |price| price.min(maximum))
    }
}

/// A product that the check of the price has found to fit.
#[inline]
fn times(all: i128, one: i64) -> i128 {
    let small = i64::try_from(all).ok();
    small.map_or_else(
        || all.saturating_mul(i128::from(one)),
        |small| i128::from(small) * i128::from(one),
    )
}

fn limit(field: &str, limit: usize, actual: usize) -> Result<()> {
    if actual <= limit {
        return Ok(());
    }
    Err(Error::Limit {
        field: field.to_owned(),
        limit: limit as u64,
        actual: actual as u64,
    })
}

/// What one unit of a currency is worth.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RateDefinition {
    /// ISO 4217.
    pub currency: String,
    /// Worth of one unit in micro units of any currency that all rates share; more than 0.
    pub worth: i64,
}

/// From one currency to another: an exact fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Exchange {
    over: i64,
    under: i64,
}

impl Exchange {
    /// Of a currency to itself.
    pub const SAME: Self = Self { over: 1, under: 1 };

    /// Between units of two worths, both more than 0.
    pub const fn between(from: i64, to: i64) -> Self {
        Self {
            over: from,
            under: to,
        }
    }

    /// A bid in the other currency, rounded down.
    #[inline]
    pub fn down(self, micros: i64) -> i64 {
        if self.over == self.under {
            return micros;
        }
        let exact = i128::from(micros) * i128::from(self.over);
        i64::try_from(exact.div_euclid(i128::from(self.under))).unwrap_or(i64::MAX)
    }

    /// The least bid that is at least `floor` in the other currency; `None`: none is.
    pub fn reaching(self, floor: i64) -> Option<i64> {
        if self.over == self.under {
            return Some(floor);
        }
        let exact = i128::from(floor) * i128::from(self.under);
        i64::try_from(-(-exact).div_euclid(i128::from(self.over))).ok()
    }

    /// A floor in the other currency, rounded up.
    pub fn up(self, micros: i64) -> i64 {
        let exact = i128::from(micros) * i128::from(self.over);
        let under = i128::from(self.under);
        i64::try_from(-(-exact).div_euclid(under)).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bid_is_rounded_down_once_and_never_above_the_maximum() {
        let factors = || [Factor::of(1_100_000), Factor::of(333_333)].into_iter();

        assert_eq!(36_666, bid(100_000, i64::MAX, factors()));
        assert_eq!(30_000, bid(100_000, 30_000, factors()));
        assert_eq!(1_250_000, Factor::of(1_250_000).micros());
        assert_eq!(0, bid(5, 9, [Factor::of(0)].into_iter()));
    }

    #[test]
    fn floors_round_up_and_bids_down() {
        let exchange = Exchange::between(3, 7);

        assert_eq!((4, 5), (exchange.down(10), exchange.up(10)));
        assert_eq!((3, 3), (exchange.down(7), exchange.up(7)));
    }

    #[test]
    fn a_bid_reaches_a_floor_from_the_least_that_does() {
        for (from, to) in [(3, 7), (7, 3), (1, 1_000_000), (1_000_000, 1), (5, 5)] {
            let exchange = Exchange::between(from, to);
            for floor in [0, 1, 2, 10, 999_999, 1_000_000] {
                let least = exchange.reaching(floor).unwrap_or(i64::MAX);

                assert!(exchange.down(least) >= floor);
                assert!(least == 0 || exchange.down(least - 1) < floor);
            }
        }
        assert_eq!(None, Exchange::between(1, 3).reaching(i64::MAX / 2));
    }

    #[test]
    fn factors_whose_product_could_overflow_are_refused() {
        let group = ModifierGroup {
            name: "g".to_owned(),
            modifiers: vec![Modifier {
                condition: String::new(),
                factor: 1_000_000_000_001,
            }],
        };
        let price = PriceDefinition {
            base: 1_000_000,
            maximum: None,
            groups: vec![group; 8],
        };

        assert!(price.check().is_err());
    }
}
