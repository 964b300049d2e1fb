//! Amounts: units of a currency on the wire, whole micros inside.

use treffer_core::auction::is_currency;
use treffer_core::auction::request::Money;

use super::refused::{Fault, Refused};

/// The most that is read, in units: all micros up to there are exact.
const MOST: f64 = 1_000_000_000.0;
const MICROS: f64 = 1_000_000.0;

/// A floor in micros. What has more than six digits behind the point is rounded up, so that a bid which reaches the micros reaches
/// the floor.
///
/// Exact, whichever way the number came: of a decimal with at most six such digits, `r` millionths, the wire holds the nearest
/// double. Multiplied it is off by at most `r / 2^52`, less than a half below `2^50`: so the nearest whole number is `r`. Dividing
/// two exact numbers gives the nearest double again, hence the same one: only what has more digits differs, and the comparison
/// tells on which side it lies.
pub(crate) fn micros(units: f64) -> Result<i64, Fault> {
    if !units.is_finite() {
        return Err(Fault::NotFinite);
    }
    if units < 0.0 {
        return Err(Fault::Negative);
    }
    if units > MOST {
        return Err(Fault::TooLarge);
    }
    let nearest = (units * MICROS).round();
    let is_above = units > nearest / MICROS;
    Ok(nearest as i64 + i64::from(is_above))
}

/// A floor of a currency that was checked; `None` when none is said.
pub(super) fn floor(
    field: &str,
    units: Option<f64>,
    currency: Option<&String>,
) -> Result<Option<Money>, Refused> {
    let amount = units.map(micros).transpose();
    let amount = amount.map_err(|fault| Refused::new(field, fault))?;
    Ok(amount.map(|micros| Money {
        micros,
        currency: currency.cloned(),
    }))
}

/// Micros as units: the double whose shortest decimal text is exactly the amount, up to a thousand million units.
pub(super) fn units(micros: i64) -> f64 {
    micros as f64 / MICROS
}

/// A currency code in capitals; `None` when nothing is said.
pub(super) fn currency(field: &str, code: Option<String>) -> Result<Option<String>, Refused> {
    let Some(code) = code.filter(|code| !code.is_empty()) else {
        return Ok(None);
    };
    let capitals = code.to_ascii_uppercase();
    if is_currency(&capitals) {
        return Ok(Some(capitals));
    }
    Err(Refused::new(field, Fault::Currency(code)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_floor_is_exact_to_the_micro() {
        let texts = [
            ("0", 0),
            ("0.1", 100_000),
            ("0.29", 290_000),
            ("1.005", 1_005_000),
            ("4.35", 4_350_000),
            ("0.10000000000000001", 100_000),
            ("999999999.999999", 999_999_999_999_999),
            ("1e-6", 1),
        ];
        for (text, expected) in texts {
            assert_eq!(
                Ok(Ok(expected)),
                serde_json::from_str(text).map(micros).map_err(|_| ()),
                "{text}"
            );
        }
    }

    #[test]
    fn a_floor_between_two_micros_is_the_upper_one() {
        assert_eq!(Ok(1_000_001), micros(1.000_000_1));
        assert_eq!(Ok(1), micros(f64::MIN_POSITIVE));
        assert_eq!(Ok(300_001), micros(0.1 + 0.2));
    }

    #[test]
    fn what_cannot_be_counted_is_a_fault() {
        assert_eq!(Err(Fault::Negative), micros(-0.000_001));
        assert_eq!(Ok(0), micros(-0.0));
        assert_eq!(Err(Fault::NotFinite), micros(f64::NAN));
        assert_eq!(Err(Fault::NotFinite), micros(f64::INFINITY));
        assert_eq!(Err(Fault::TooLarge), micros(1_000_000_000.1));
    }

    proptest! {
        #[test]
        fn a_decimal_comes_back_as_it_was(amount in 0_i64..=1_000_000_000_000_000) {
            let text = format!("{}.{:06}", amount / 1_000_000, amount % 1_000_000);
            let read: f64 = serde_json::from_str(&text).unwrap_or(-1.0);
            prop_assert_eq!(Ok(amount), micros(read));
            prop_assert_eq!(read.to_bits(), units(amount).to_bits());
        }
    }
}
