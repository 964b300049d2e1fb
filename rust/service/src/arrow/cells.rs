//! Cells of numbers, truths and instants.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type,
    Decimal256Type, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_schema::{DataType, TimeUnit};
use treffer_core::error::Result;
use treffer_core::rows::{Cells, Reason, Texts};
use treffer_core::time::Duration;

use super::{Source, list, text};
use crate::batch::Faults;

/// The cells of a column.
pub(super) fn cells_of(source: &Source<'_>, faults: &mut Faults) -> Result<Cells> {
    use DataType as T;
    Ok(match source.array.data_type() {
        T::Int8 => Cells::Integer(each::<Int8Type, _>(source, i64::from)),
        T::Int16 => Cells::Integer(each::<Int16Type, _>(source, i64::from)),
        T::Int32 => Cells::Integer(each::<Int32Type, _>(source, i64::from)),
        T::Int64 => Cells::Integer(each::<Int64Type, _>(source, |number| number)),
        T::UInt8 => Cells::Integer(each::<UInt8Type, _>(source, i64::from)),
        T::UInt16 => Cells::Integer(each::<UInt16Type, _>(source, i64::from)),
        T::UInt32 => Cells::Integer(each::<UInt32Type, _>(source, i64::from)),
        T::UInt64 => Cells::Integer(checked::<UInt64Type>(source, faults, |number| {
            i64::try_from(number).ok()
        })),
        T::Float16 => Cells::Float(each::<Float16Type, _>(source, f64::from)),
        T::Float32 => Cells::Float(each::<Float32Type, _>(source, f64::from)),
        T::Float64 => Cells::Float(each::<Float64Type, _>(source, |number| number)),
        T::Decimal32(_, scale) => {
            let micros = micros(*scale);
            Cells::Micros(checked::<Decimal32Type>(source, faults, |number| {
                micros(number.into())
            }))
        }
        T::Decimal64(_, scale) => {
            let micros = micros(*scale);
            Cells::Micros(checked::<Decimal64Type>(source, faults, |number| {
                micros(number.into())
            }))
        }
        T::Decimal128(_, scale) => {
            let micros = micros(*scale);
            Cells::Micros(checked::<Decimal128Type>(source, faults, |number| {
                micros(number)
            }))
        }
        T::Decimal256(_, scale) => {
            let micros = micros(*scale);
            Cells::Micros(checked::<Decimal256Type>(source, faults, |number| {
                micros(number.to_i128()?)
            }))
        }
        T::Boolean => Cells::Bool(source.array.as_boolean().values().iter().collect()),
        T::Timestamp(TimeUnit::Second, _) => {
            Cells::Instant(checked::<TimestampSecondType>(source, faults, |time| {
                time.checked_mul(1_000)
            }))
        }
        T::Timestamp(TimeUnit::Millisecond, _) => {
            Cells::Instant(each::<TimestampMillisecondType, _>(source, |time| time))
        }
        T::Timestamp(TimeUnit::Microsecond, _) => {
            Cells::Instant(each::<TimestampMicrosecondType, _>(source, |time| {
                time.div_euclid(1_000)
            }))
        }
        T::Timestamp(TimeUnit::Nanosecond, _) => {
            Cells::Instant(each::<TimestampNanosecondType, _>(source, |time| {
                time.div_euclid(1_000_000)
            }))
        }
        T::Date32 => Cells::Instant(each::<Date32Type, _>(source, |day| {
            i64::from(day) * Duration::DAY.0
        })),
        T::Date64 => Cells::Instant(each::<Date64Type, _>(source, |time| time)),
        // Nothing is present, so nothing is read.
        T::Null => Cells::Text(Texts {
            offsets: vec![0; source.array.len() + 1],
            ..Texts::default()
        }),
        T::Utf8 | T::LargeUtf8 | T::Utf8View | T::Dictionary(..) => {
            Cells::Text(text::texts_of(source)?.ok_or_else(|| source.unsupported())?)
        }
        T::List(_) | T::LargeList(_) | T::FixedSizeList(..) => list::lists_of(source, faults)?,
        _ => return Err(source.unsupported()),
    })
}

/// The values of every row, those of absent rows too.
fn each<T: ArrowPrimitiveType, O>(source: &Source<'_>, convert: impl Fn(T::Native) -> O) -> Vec<O> {
    let values = source.array.as_primitive::<T>().values();
    values.iter().map(|value| convert(*value)).collect()
}

/// As [`each`]; a present value that has no conversion is a fault, and 0.
fn checked<T: ArrowPrimitiveType>(
    source: &Source<'_>,
    faults: &mut Faults,
    convert: impl Fn(T::Native) -> Option<i64>,
) -> Vec<i64> {
    let array = source.array.as_primitive::<T>();
    let values = array.values().iter().enumerate().map(|(row, value)| {
        convert(*value).unwrap_or_else(|| {
            if source.is_present(row) {
                let message = if source.array.data_type().is_decimal() {
                    "the decimal does not fit 64 bits of exact micro units"
                } else {
                    "the number does not fit 64 bits"
                };
                faults.push(row, source.name, Reason::OutOfRange, message);
            }
            0
        })
    });
    values.collect()
}

/// What makes micro units of decimals of `scale` digits after the point: `None` of one that does not fit or has more than six
/// decimals.
fn micros(scale: i8) -> impl Fn(i128) -> Option<i64> {
    let shift = 6 - i32::from(scale);
    let factor = 10_i128.checked_pow(shift.unsigned_abs());
    // Almost all numbers and factors fit 64 bits, in which it takes a few cycles.
    let short = factor.filter(|_| shift >= 0);
    let short = short.and_then(|factor| i64::try_from(factor).ok());
    move |number| {
        if let (Some(factor), Ok(number)) = (short, i64::try_from(number)) {
            return number.checked_mul(factor);
        }
        let micros = match factor {
            Some(factor) if shift >= 0 => number.checked_mul(factor)?,
            Some(factor) => (number % factor == 0).then_some(number / factor)?,
            // Beyond the range of i128 only zero is exact.
            None => (number == 0).then_some(0)?,
        };
        i64::try_from(micros).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::micros;

    #[test]
    fn decimals_become_micro_units_only_when_they_are_exact() {
        assert_eq!(Some(12_990_000), micros(2)(1_299));
        assert_eq!(Some(-1), micros(6)(-1));
        assert_eq!(Some(5_000_000_000), micros(-2)(50));
        assert_eq!(Some(120), micros(9)(120_000));
        assert_eq!(None, micros(9)(120_001));
        assert_eq!(None, micros(0)(i128::MAX));
        assert_eq!(Some(0), micros(-100)(0));
        assert_eq!(None, micros(100)(1));
    }
}
