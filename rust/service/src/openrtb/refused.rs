//! Requests that get no answer but a no-bid.

use std::fmt;

use treffer_core::error::Error;

/// Why a request cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The request's id; empty when it has none or could not be read.
    pub request: String,
    /// The field at fault, such as `imp[0].bidfloor`; empty: the whole.
    pub field: String,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The bytes are not what they should be: why.
    Damaged(String),
    /// It must be there and is not.
    Missing,
    /// It may not stand beside this other field.
    Beside(&'static str),
    /// The impression has no banner, video, audio or native.
    NoMedia,
    /// It is below zero.
    Negative,
    /// It is larger than can be counted exactly.
    TooLarge,
    /// It is no number, or without end.
    NotFinite,
    /// It lies outside these bounds, in whole degrees.
    OutOfRange(i32, i32),
    /// It is no currency code: three letters.
    Currency(String),
    /// It is there twice.
    Repeated(String),
    /// It does not say whether GDPR applies, and the operator has not settled what that means.
    Unsettled,
    /// It leaves less time than the operator needs: so many milliseconds.
    TooSoon(u32),
    /// There are more than the limit.
    TooMany {
        /// How many may be there.
        limit: usize,
        /// How many are.
        actual: usize,
    },
}

/// The code of `OpenRTB` for a request that is not valid.
const INVALID_REQUEST: i32 = 2;
/// That for one that leaves too little time.
const TOO_LITTLE_TIME: i32 = 15;

impl Refused {
    /// The no-bid reason code of `OpenRTB`.
    pub const fn nbr(&self) -> i32 {
        match self.fault {
            Fault::Damaged(_)
            | Fault::Missing
            | Fault::Beside(_)
            | Fault::NoMedia
            | Fault::Negative
            | Fault::TooLarge
            | Fault::NotFinite
            | Fault::OutOfRange(..)
            | Fault::Currency(_)
            | Fault::Repeated(_)
            | Fault::Unsettled
            | Fault::TooMany { .. } => INVALID_REQUEST,
            Fault::TooSoon(_) => TOO_LITTLE_TIME,
        }
    }

    /// A request that leaves open whether GDPR applies, where nobody has settled that.
    pub fn unsettled(request: &str) -> Self {
        Self {
            request: request.to_owned(),
            ..Self::new("regs.gdpr", Fault::Unsettled)
        }
    }

    pub(super) fn new(field: impl Into<String>, fault: Fault) -> Self {
        Self {
            request: String::new(),
            field: field.into(),
            fault,
        }
    }

    /// The same fault in a field of the field `outer`.
    pub(super) fn within(mut self, outer: &str) -> Self {
        self.field = match self.field.as_str() {
            "" => outer.to_owned(),
            own => format!("{outer}.{own}"),
        };
        self
    }

    /// The same fault in an entry of the list `outer`.
    pub(super) fn at(self, outer: &str, place: usize) -> Self {
        self.within(&format!("{outer}[{place}]"))
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        Self::invalid(refused.field, refused.fault.to_string())
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        self.fault.fmt(f)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged(why) => f.write_str(why),
            Self::Missing => f.write_str("is missing"),
            Self::Beside(other) => write!(f, "may not stand beside {other}"),
            Self::NoMedia => f.write_str("has no banner, video, audio or native"),
            Self::Negative => f.write_str("is negative"),
            Self::TooLarge => f.write_str("is larger than can be counted in micros"),
            Self::NotFinite => f.write_str("is not a finite number"),
            Self::OutOfRange(from, to) => write!(f, "lies outside {from} to {to} degrees"),
            Self::Currency(code) => write!(f, "{code:?} is no currency code of three letters"),
            Self::Unsettled => f.write_str("does not say whether GDPR applies, nor does a setting"),
            Self::TooSoon(least) => write!(f, "leaves less than {least} ms"),
            Self::Repeated(id) => write!(f, "{id:?} is there twice"),
            Self::TooMany { limit, actual } => {
                write!(f, "{actual} exceeds the limit of {limit}")
            }
        }
    }
}

impl std::error::Error for Refused {}
