//! Single values between messages and the core.

use prost_types::Timestamp;
use treffer_core::error::{Error, Result};
use treffer_core::time::{Duration, Instant};
use treffer_core::value::Kind;

use super::sheet::Cell;
use crate::proto;

/// An instant, floored to milliseconds; `field` is named when it is out of range.
pub(crate) fn instant(time: &Timestamp, field: &str) -> Result<Instant> {
    millis(time)
        .ok_or_else(|| Error::invalid(field, "not an instant: nanos lie within 0 and 999,999,999"))
        .and_then(|time| Instant(time).checked(field))
}

/// Milliseconds since the epoch, floored; `None` when the message is malformed or out of the range of 64 bits.
pub(crate) fn millis(time: &Timestamp) -> Option<i64> {
    let nanos = u32::try_from(time.nanos)
        .ok()
        .filter(|nanos| *nanos < 1_000_000_000)?;
    time.seconds
        .checked_mul(1_000)?
        .checked_add(i64::from(nanos / 1_000_000))
}

/// An instant as a message.
pub(crate) fn timestamp(instant: Instant) -> Timestamp {
    Timestamp {
        seconds: instant.0.div_euclid(1_000),
        nanos: instant.0.rem_euclid(1_000) as i32 * 1_000_000,
    }
}

/// A span of whole milliseconds.
pub(crate) fn span(message: &prost_types::Duration, field: &str) -> Result<Duration> {
    let millis = message
        .seconds
        .checked_mul(1_000)
        .and_then(|millis| millis.checked_add(i64::from(message.nanos / 1_000_000)));
    match millis {
        Some(millis) if message.nanos % 1_000_000 == 0 => Ok(Duration(millis)),
        _ => Err(Error::invalid(field, "not a span of whole milliseconds")),
    }
}

/// A span as a message.
pub(crate) const fn duration(span: Duration) -> prost_types::Duration {
    prost_types::Duration {
        seconds: span.0.div_euclid(1_000),
        nanos: span.0.rem_euclid(1_000) as i32 * 1_000_000,
    }
}

/// A kind; `field` is named when it is unspecified or unknown.
pub(crate) fn kind(number: i32, field: &str) -> Result<Kind> {
    Ok(match proto::Kind::try_from(number) {
        Ok(proto::Kind::String) => Kind::String,
        Ok(proto::Kind::StringSet) => Kind::StringSet,
        Ok(proto::Kind::Integer) => Kind::Integer,
        Ok(proto::Kind::Decimal) => Kind::Decimal,
        Ok(proto::Kind::Bool) => Kind::Bool,
        Ok(proto::Kind::Instant) => Kind::Instant,
        Ok(proto::Kind::Unspecified) | Err(_) => {
            return Err(Error::invalid(field, format!("{number} is not a kind")));
        }
    })
}

/// A kind as a number of the wire.
pub(crate) const fn kind_number(kind: Kind) -> i32 {
    let kind = match kind {
        Kind::String => proto::Kind::String,
        Kind::StringSet => proto::Kind::StringSet,
        Kind::Integer => proto::Kind::Integer,
        Kind::Decimal => proto::Kind::Decimal,
        Kind::Bool => proto::Kind::Bool,
        Kind::Instant => proto::Kind::Instant,
    };
    kind as i32
}

/// A cell; `Ok(None)` when the value has no kind, `Err` says what is wrong with it.
pub(crate) fn cell(value: proto::Value) -> std::result::Result<Option<Cell>, &'static str> {
    use proto::value::Kind as K;
    Ok(match value.kind {
        None => None,
        Some(K::Text(text)) => Some(Cell::Text(text)),
        Some(K::Strings(set)) => Some(Cell::Texts(set.members)),
        Some(K::Integer(number)) => Some(Cell::Integer(number)),
        Some(K::Micros(micros)) => Some(Cell::Micros(micros)),
        Some(K::Number(number)) => Some(Cell::Float(number)),
        Some(K::Truth(truth)) => Some(Cell::Bool(truth)),
        Some(K::Instant(time)) => {
            let millis = millis(&time).ok_or("the instant is out of range")?;
            Some(Cell::Instant(millis))
        }
    })
}
