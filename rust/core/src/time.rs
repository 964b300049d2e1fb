//! Instants, durations and the windows of rules.

use std::fmt;

use crate::error::{Error, Result};

/// Milliseconds since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Instant(pub i64);

/// A span of time in milliseconds; in rules always whole seconds and at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Duration(pub i64);

impl Duration {
    /// One second.
    pub const SECOND: Self = Self(1_000);
    /// One minute.
    pub const MINUTE: Self = Self(60_000);
    /// One hour.
    pub const HOUR: Self = Self(3_600_000);
    /// Twenty-four hours.
    pub const DAY: Self = Self(86_400_000);
}

impl Instant {
    /// 1900-01-01T00:00:00Z, the first instant that is accepted.
    pub const MIN: Self = Self(-2_208_988_800_000);
    /// 2200-01-01T00:00:00Z, the first instant that is no longer accepted.
    pub const MAX: Self = Self(7_258_118_400_000);

    /// `Ok(self)` within 1900..2200, else an error that names `field`.
    pub fn checked(self, field: &str) -> Result<Self> {
        if (Self::MIN..Self::MAX).contains(&self) {
            Ok(self)
        } else {
            Err(Error::invalid(
                field,
                format!("{}: instants lie within 1900 and 2200", self.0),
            ))
        }
    }

    /// The instant `span` later; saturates.
    #[must_use]
    pub const fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// The instant `span` earlier; saturates.
    #[must_use]
    pub const fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(span.0))
    }

    /// `self - earlier`, negative when `earlier` is later; saturates.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration(self.0.saturating_sub(earlier.0))
    }

    /// Midnight UTC of a calendar day (proleptic Gregorian), `None` when the day does not exist.
    ///
    /// Source of the day count: Howard Hinnant, "chrono-compatible low-level date algorithms".
    pub fn from_date(year: i64, month: u32, day: u32) -> Option<Self> {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let longest = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => return None,
        };
        if day == 0 || day > longest || !(1..=9999).contains(&year) {
            return None;
        }
        let shifted = if month <= 2 { year - 1 } else { year };
        let era = shifted.div_euclid(400);
        let of_era = shifted.rem_euclid(400);
        let of_year = (153 * ((i64::from(month) + 9) % 12) + 2) / 5 + i64::from(day) - 1;
        let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
        Some(Self(days * Duration::DAY.0))
    }

    /// Reads `2017-03-01`, `2017-03-01T10:00[:00[.250]][Z|+02:00]` or the same with a space for the `T`; `None` when it is
    /// none of these. Without a zone it is UTC; finer than milliseconds is floored. The range is not checked.
    pub fn parse(text: &str) -> Option<Self> {
        let (day, clock) = match text.split_once(['T', ' ']) {
            Some((day, clock)) => (day, Some(clock)),
            None => (text, None),
        };
        let [year, month, day] = digits(day, '-', [4, 2, 2])?;
        let midnight = Self::from_date(year, month as u32, day as u32)?;
        let millis = match clock {
            Some(clock) => time_of_day(clock)?,
            None => 0,
        };
        Some(Self(midnight.0 + millis))
    }

    /// The calendar day that the instant falls on, as (year, month, day) in UTC.
    pub fn date(self) -> (i64, u32, u32) {
        let days = self.0.div_euclid(Duration::DAY.0) + 719_468;
        let era = days.div_euclid(146_097);
        let of_era = days.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 {
            shifted_month + 3
        } else {
            shifted_month - 9
        };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        (year, month as u32, day as u32)
    }
}

/// Milliseconds from midnight UTC; below zero where the zone is east of it.
fn time_of_day(text: &str) -> Option<i64> {
    let (clock, offset) = if let Some(clock) = text.strip_suffix('Z') {
        (clock, 0)
    } else if let Some(sign) = text.find(['+', '-']) {
        let (clock, zone) = text.split_at(sign);
        let [hours, minutes] = digits(zone.get(1..)?, ':', [2, 2])?;
        (hours <= 23 && minutes <= 59).then_some(())?;
        let offset = hours * 60 + minutes;
        (
            clock,
            if zone.starts_with('-') {
                -offset
            } else {
                offset
            },
        )
    } else {
        (text, 0)
    };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let [hours, minutes, seconds] = digits(clock, ':', [2, 2, 2])
        .or_else(|| digits(clock, ':', [2, 2]).map(|[hours, minutes]| [hours, minutes, 0]))?;
    (hours <= 23 && minutes <= 59 && seconds <= 59).then_some(())?;
    let readable =
        (1..=9).contains(&fraction.len()) && fraction.bytes().all(|byte| byte.is_ascii_digit());
    readable.then_some(())?;
    let millis: i64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    Some(((hours * 60 + minutes - offset) * 60 + seconds) * 1_000 + millis)
}

/// Numbers of fixed width, separated.
fn digits<const N: usize>(text: &str, separator: char, widths: [usize; N]) -> Option<[i64; N]> {
    let mut parts = text.split(separator);
    let mut out = [0; N];
    for (number, width) in out.iter_mut().zip(widths) {
        let part = parts.next()?;
        (part.len() == width && part.bytes().all(|byte| byte.is_ascii_digit())).then_some(())?;
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(out)
}

/// `2017-03-01` at midnight, else `2017-03-01T10:00:00Z` or `2017-03-01T10:00:00.250Z`.
impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.date();
        let rest = self.0.rem_euclid(Duration::DAY.0);
        write!(f, "{year:04}-{month:02}-{day:02}")?;
        if rest == 0 {
            return Ok(());
        }
        let (hours, minutes) = (rest / Duration::HOUR.0, rest / Duration::MINUTE.0 % 60);
        write!(f, "T{hours:02}:{minutes:02}:{:02}", rest / 1_000 % 60)?;
        if rest % 1_000 != 0 {
            write!(f, ".{:03}", rest % 1_000)?;
        }
        f.write_str("Z")
    }
}

/// The largest unit of d, h, m, s that divides the span: `30d`, `90m`, `1s`; `250ms` only outside rules.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (unit, name) in [
            (Self::DAY, "d"),
            (Self::HOUR, "h"),
            (Self::MINUTE, "m"),
            (Self::SECOND, "s"),
        ] {
            if self.0 % unit.0 == 0 && (self.0 != 0 || unit == Self::SECOND) {
                return write!(f, "{}{name}", self.0 / unit.0);
            }
        }
        write!(f, "{}ms", self.0)
    }
}

/// Which part of history an aggregate looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Window {
    /// The whole history.
    All,
    /// `last D`: (t - D, t].
    Last(Duration),
    /// `since T`: [T, t].
    Since(Instant),
    /// `between T1 and T2`: [T1, T2), cut at t.
    Between(Instant, Instant),
}

/// The instants x with `after < x <= until`; empty when `until <= after`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Range {
    /// Exclusive start.
    pub after: Instant,
    /// Inclusive end.
    pub until: Instant,
}

impl Window {
    /// What the window covers at `t`.
    pub fn range(self, t: Instant) -> Range {
        let (after, until) = match self {
            Self::All => (Instant(i64::MIN), t),
            Self::Last(span) => (t.minus(span), t),
            Self::Since(start) => (Instant(start.0 - 1), t),
            Self::Between(start, end) => (Instant(start.0 - 1), t.min(Instant(end.0 - 1))),
        };
        Range { after, until }
    }
}

impl Range {
    /// Whether `x` lies inside.
    pub const fn contains(self, x: Instant) -> bool {
        self.after.0 < x.0 && x.0 <= self.until.0
    }

    /// The part that events of a type with retention `span` can still be seen in at `t`: from time + span on they are gone.
    #[must_use]
    pub fn retained(self, t: Instant, span: Option<Duration>) -> Self {
        let after = span.map_or(self.after, |span| self.after.max(t.minus(span)));
        Self { after, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_instants_agree_over_three_centuries() {
        let mut expected = Instant::MIN.0;
        for year in 1900..2200 {
            for month in 1..=12 {
                for day in 1..=31 {
                    if let Some(instant) = Instant::from_date(year, month, day) {
                        assert_eq!(expected, instant.0);
                        assert_eq!((year, month, day), instant.date());
                        expected += Duration::DAY.0;
                    }
                }
            }
        }
        assert_eq!(Instant::MAX.0, expected);
    }

    #[test]
    fn instants_are_read_as_they_are_shown() {
        for millis in [
            0,
            1,
            250,
            86_399_999,
            -1,
            1_488_362_400_000,
            Instant::MIN.0,
            Instant::MAX.0 - 1,
        ] {
            assert_eq!(
                Some(Instant(millis)),
                Instant::parse(&Instant(millis).to_string())
            );
        }
        let ten = Instant(1_488_362_400_000);
        for text in [
            "2017-03-01T10:00Z",
            "2017-03-01 10:00:00",
            "2017-03-01T12:00:00.0009+02:00",
            "2017-03-01T05:30-04:30",
        ] {
            assert_eq!(Some(ten), Instant::parse(text), "{text}");
        }
        for text in [
            "",
            "T",
            "2017",
            "2017-3-1",
            "2017-02-29",
            "2017-03-01T",
            "2017-03-01T24:00",
            "2017-03-01T10",
            "2017-03-01T10:00.",
            "2017-03-01T10:00+1",
            "+017-03-01",
            "2017-03-01T10:00:00ZZ",
            "2017-03-01é",
            "2017-03-01T1é:00",
        ] {
            assert_eq!(None, Instant::parse(text), "{text}");
        }
    }

    #[test]
    fn a_window_is_open_at_its_start_and_closed_at_its_end() {
        let range = Window::Last(Duration(10)).range(Instant(100));

        assert!(!range.contains(Instant(90)));
        assert!(range.contains(Instant(91)));
        assert!(range.contains(Instant(100)));
        assert!(!range.contains(Instant(101)));
    }

    #[test]
    fn durations_show_the_largest_dividing_unit() {
        assert_eq!("30d", Duration(30 * 86_400_000).to_string());
        assert_eq!("90m", Duration(5_400_000).to_string());
        assert_eq!("0s", Duration(0).to_string());
    }
}
