//! Literals: numbers, durations, instants and texts as they are written.

use super::ast::Literal;
use super::token::Kind;
use super::word;
use crate::time::{Duration, Instant};
use crate::value::MICROS;

/// The longest duration that a rule may name: all of accepted time.
pub(super) const LONGEST: Duration = Instant::MAX.since(Instant::MIN);

/// The longest distance that a rule may name, in metres: half the way round the earth.
pub(super) const FARTHEST: u32 = 20_038_000;

/// Bytes of the number, duration or instant that `rest` begins with, with what clings to it.
pub(super) fn length(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let mut end = usize::from(matches!(bytes.first(), Some(b'-' | b'+')));
    let mut is_date = false;
    while let Some(byte) = bytes.get(end) {
        let digit_follows = bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
        let belongs = match byte {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'_' => true,
            b'-' => digit_follows,
            b'.' => digit_follows && bytes.get(end - 1).is_some_and(u8::is_ascii_digit),
            b':' | b'+' => is_date && digit_follows,
            _ => false,
        };
        if !belongs {
            break;
        }
        is_date |= *byte == b'-';
        end += 1;
    }
    end.max(1)
}

/// The token that `written` stands for, or what is wrong with it.
pub(super) fn number(written: &str) -> Result<Kind<'static>, String> {
    let unsigned = written.trim_start_matches(['-', '+']);
    if unsigned.contains('-') {
        return instant(written).map(Kind::Instant);
    }
    if let Some(kilometres) = written.strip_suffix("km") {
        return distance(written, kilometres).map(Kind::Distance);
    }
    let digits = unsigned
        .find(|letter: char| !letter.is_ascii_digit())
        .unwrap_or(unsigned.len());
    let (whole, rest) = unsigned.split_at(digits);
    if whole.is_empty() || unsigned.len() + 1 < written.len() {
        return Err(format!("{} is not a number", word::shown(written)));
    }
    if let Some(fraction) = rest.strip_prefix('.') {
        return decimal(written, whole, fraction).map(Kind::Number);
    }
    if rest.is_empty() {
        let number = written.parse::<i64>().map_err(|_| {
            format!(
                "{} is out of range: integers have 64 bits",
                word::shown(written)
            )
        })?;
        return Ok(Kind::Number(i128::from(number) * i128::from(MICROS)));
    }
    if unsigned.len() != written.len() {
        return Err(format!("{}: durations have no sign", word::shown(written)));
    }
    duration(written, whole, rest).map(Kind::Duration)
}

fn decimal(written: &str, whole: &str, fraction: &str) -> Result<i128, String> {
    if fraction.contains(|letter: char| !letter.is_ascii_digit()) {
        return Err(format!(
            "{} is not a number; durations are whole numbers of s, m, h, d or w",
            word::shown(written)
        ));
    }
    if fraction.len() > 6 {
        return Err(format!(
            "{} has more than six decimals",
            word::shown(written)
        ));
    }
    let sign = if written.starts_with('-') { "-" } else { "" };
    format!("{sign}{whole}{fraction:0<6}")
        .parse::<i64>()
        .map(i128::from)
        .map_err(|_| {
            format!(
                "{} is out of range: decimals lie within 9223372036854.775807 of zero",
                word::shown(written)
            )
        })
}

/// Metres; at least one and at most half the way round the earth.
fn distance(written: &str, kilometres: &str) -> Result<u32, String> {
    let (whole, fraction) = kilometres.split_once('.').unwrap_or((kilometres, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let metres = format!("{whole}{fraction:0<3}").parse::<u32>().ok();
    let is_number = !whole.is_empty() && digits(whole) && digits(fraction) && fraction.len() <= 3;
    metres
        .filter(|metres| is_number && (1..=FARTHEST).contains(metres))
        .ok_or_else(|| {
            format!(
                "{} is not a distance: write 5km or 0.5km, at most {}km",
                word::shown(written),
                FARTHEST / 1_000
            )
        })
}

fn duration(written: &str, whole: &str, unit: &str) -> Result<Duration, String> {
    let unit = match unit {
        "s" => Duration::SECOND.0,
        "m" => Duration::MINUTE.0,
        "h" => Duration::HOUR.0,
        "d" => Duration::DAY.0,
        "w" => 7 * Duration::DAY.0,
        other => {
            return Err(format!(
                "{} is neither a number nor a duration: {} is not one of the units s, m, h, d, w",
                word::shown(written),
                word::shown(other)
            ));
        }
    };
    let span = whole
        .parse::<i64>()
        .ok()
        .and_then(|number| number.checked_mul(unit))
        .filter(|span| *span <= LONGEST.0)
        .ok_or_else(|| format!("{} is longer than {LONGEST}", word::shown(written)))?;
    if span == 0 {
        return Err(format!(
            "{} is no time at all: durations are at least 1s",
            word::shown(written)
        ));
    }
    Ok(Duration(span))
}

/// `2017-03-01`, `2017-03-01T10:00[:00[.250]][Z|+02:00]`; without zone it is UTC; finer than milliseconds is floored.
pub(super) fn instant(written: &str) -> Result<Instant, String> {
    let wrong = || {
        format!(
            "{} is not an instant: write 2017-03-01 or 2017-03-01T10:00:00Z",
            word::shown(written)
        )
    };
    let (day, time) = match written.split_once('T') {
        Some((day, time)) => (day, Some(time)),
        None => (written, None),
    };
    let [year, month, day] = fields(day, '-', [4, 2, 2]).ok_or_else(wrong)?;
    let midnight = Instant::from_date(year, month as u32, day as u32)
        .ok_or_else(|| format!("{} is no day of the calendar", word::shown(written)))?;
    let millis = time.map_or(Some(0), time_of_day).ok_or_else(wrong)?;
    Instant(midnight.0 + millis).checked("rule").map_err(|_| {
        format!(
            "{}: instants lie within 1900 and 2200",
            word::shown(written)
        )
    })
}

/// Milliseconds from midnight UTC, below zero where the zone is east of it.
fn time_of_day(written: &str) -> Option<i64> {
    let (clock, offset) = if let Some(clock) = written.strip_suffix('Z') {
        (clock, 0)
    } else if let Some(sign) = written.find(['+', '-']) {
        let (clock, zone) = written.split_at(sign);
        let [hours, minutes] = fields(zone.get(1..)?, ':', [2, 2])?;
        let offset = hours * 60 + minutes;
        (hours <= 23 && minutes <= 59).then_some(())?;
        (
            clock,
            if zone.starts_with('-') {
                -offset
            } else {
                offset
            },
        )
    } else {
        (written, 0)
    };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let [hours, minutes, seconds] = fields(clock, ':', [2, 2, 2])
        .or_else(|| fields(clock, ':', [2, 2]).map(|[h, m]| [h, m, 0]))?;
    (hours <= 23 && minutes <= 59 && seconds <= 59).then_some(())?;
    (fraction.len() <= 9 && fraction.bytes().all(|byte| byte.is_ascii_digit())).then_some(())?;
    let millis: i64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    Some(((hours * 60 + minutes - offset) * 60 + seconds) * 1_000 + millis)
}

/// Numbers of fixed width, separated.
fn fields<const N: usize>(written: &str, separator: char, widths: [usize; N]) -> Option<[i64; N]> {
    let mut parts = written.split(separator);
    let mut out = [0; N];
    for (field, width) in out.iter_mut().zip(widths) {
        let part = parts.next()?;
        (part.len() == width && part.bytes().all(|byte| byte.is_ascii_digit())).then_some(())?;
        *field = part.parse().ok()?;
    }
    parts.next().is_none().then_some(out)
}

/// The text that `rest` begins with (a quote) and the bytes it takes; or offset, length and message of what is wrong.
pub(super) fn text(rest: &str) -> Result<(String, usize), (usize, usize, String)> {
    let mut out = String::new();
    let mut letters = rest.char_indices().skip(1);
    while let Some((place, letter)) = letters.next() {
        match letter {
            '"' => return Ok((out, place + 1)),
            '\\' => {
                let escape = rest.get(place..).unwrap_or_default();
                let (meant, length) = unescape(escape).ok_or_else(|| {
                    let length = escape.chars().take(2).map(char::len_utf8).sum();
                    let message = "unknown escape: there are \\\", \\\\, \\n, \\r, \\t and \\u{e9}";
                    (place, length, message.to_owned())
                })?;
                out.push(meant);
                // Escapes are ASCII: bytes and letters are the same number.
                letters.nth(length - 2);
            }
            plain => out.push(plain),
        }
    }
    Err((0, rest.len(), "the text has no closing quote".to_owned()))
}

/// The letter that an escape stands for and its length in bytes, at least two.
fn unescape(escape: &str) -> Option<(char, usize)> {
    let plain = match escape.chars().nth(1)? {
        '"' => '"',
        '\\' => '\\',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => {
            let bytes = escape.as_bytes().iter().skip(3);
            let digits =
                escape.get(3..3 + bytes.take_while(|byte| byte.is_ascii_hexdigit()).count())?;
            let open = escape.as_bytes().get(2) == Some(&b'{');
            let closed = escape.as_bytes().get(3 + digits.len()) == Some(&b'}');
            (open && closed && (1..=6).contains(&digits.len())).then_some(())?;
            let letter = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
            return Some((letter, digits.len() + 4));
        }
        _ => return None,
    };
    Some((plain, 2))
}

/// Whether `micros` can be written and read back: an integer of 64 bits or 64 bits of micro units.
pub(super) fn is_writable(micros: i128) -> bool {
    let micro = i128::from(MICROS);
    i64::try_from(micros).is_ok() || (micros % micro == 0 && i64::try_from(micros / micro).is_ok())
}

impl Literal {
    /// The literal's kind with its article, for errors.
    pub(super) const fn noun(&self) -> &'static str {
        match self {
            Self::Text(_) => "a string",
            Self::Number(_) => "a number",
            Self::Bool(_) => "a bool",
            Self::Instant(_) => "an instant",
            Self::Duration(_) => "a duration",
        }
    }
}
