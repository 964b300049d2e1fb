//! Typed values: what attributes, item attributes and event properties hold.

use std::collections::BTreeSet;
use std::fmt;

use crate::time::Instant;

/// Micro units in one unit of a decimal.
pub const MICROS: i64 = 1_000_000;

/// What a declared attribute or property holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// UTF-8 text up to 1 KiB, compared bytewise.
    String,
    /// A set of strings; a write replaces the set. Not for event properties.
    StringSet,
    /// `i64`.
    Integer,
    /// `i64` micro units.
    Decimal,
    /// True or false.
    Bool,
    /// Milliseconds since the epoch.
    Instant,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::String => "string",
            Self::StringSet => "string set",
            Self::Integer => "integer",
            Self::Decimal => "decimal",
            Self::Bool => "bool",
            Self::Instant => "instant",
        })
    }
}

/// One value. The order is total: within a kind the natural one, which breaks ties of writes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// Text.
    String(String),
    /// A set of texts.
    StringSet(BTreeSet<String>),
    /// An integer.
    Integer(i64),
    /// Micro units.
    Decimal(i64),
    /// True or false.
    Bool(bool),
    /// An instant.
    Instant(Instant),
}

impl Value {
    /// The kind of this value.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::String(_) => Kind::String,
            Self::StringSet(_) => Kind::StringSet,
            Self::Integer(_) => Kind::Integer,
            Self::Decimal(_) => Kind::Decimal,
            Self::Bool(_) => Kind::Bool,
            Self::Instant(_) => Kind::Instant,
        }
    }

    /// The number in micro units, for integers and decimals.
    pub fn micros(&self) -> Option<i128> {
        match self {
            Self::Integer(number) => Some(i128::from(*number) * i128::from(MICROS)),
            Self::Decimal(micros) => Some(i128::from(*micros)),
            Self::String(_) | Self::StringSet(_) | Self::Bool(_) | Self::Instant(_) => None,
        }
    }
}

/// Shows micro units as a plain decimal: `250`, `250.5`, `-0.000001`.
pub fn show_micros(micros: i128) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let (whole, rest) = (
        micros.unsigned_abs() / 1_000_000,
        micros.unsigned_abs() % 1_000_000,
    );
    if rest == 0 {
        return format!("{sign}{whole}");
    }
    let digits = format!("{rest:06}");
    format!("{sign}{whole}.{}", digits.trim_end_matches('0'))
}

/// As rules write them: strings quoted, sets in braces, decimals plain, instants in ISO form.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::String(text) => write!(f, "{}", crate::rule::quoted(text)),
            Self::StringSet(texts) => {
                let quoted: Vec<_> = texts.iter().map(|text| crate::rule::quoted(text)).collect();
                write!(f, "{{{}}}", quoted.join(", "))
            }
            Self::Integer(number) => write!(f, "{number}"),
            Self::Decimal(micros) => f.write_str(&show_micros(i128::from(*micros))),
            Self::Bool(truth) => write!(f, "{truth}"),
            Self::Instant(instant) => write!(f, "{instant}"),
        }
    }
}
