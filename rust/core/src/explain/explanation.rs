//! A rule, part by part: what was found, whether it holds, since and until when.

use std::fmt::{self, Display, Formatter};

use crate::time::{Duration, Instant};
use crate::value::{Value, show_micros};

/// One part of a rule, with what it came to for one person at one instant; a tree whose leaves are the conditions.
///
/// `Display` shows it as a tree, one part on a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The part as canonical rule text.
    pub text: String,
    /// Whether it is true.
    pub holds: bool,
    /// What was found; `None` for what has parts and for plain segments.
    pub seen: Option<Seen>,
    /// Start of the unbroken stretch in which `holds` is what it is; `None`: from the beginning of time.
    pub since: Option<Instant>,
    /// The first instant at which `holds` turns if nothing arrives; `None`: never.
    pub until: Option<Instant>,
    /// What it is made of, in the order of the text: the operands of `and`, `or` and `not`, the rule of a segment.
    ///
    /// A segment has its rule as its only part where the explanation first comes to it; none when it comes again, when
    /// it would lead too deep, and when the segment is not defined.
    pub parts: Vec<Self>,
}

/// What was found where a rule asks. `Display` shows it as rules write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Nothing: an attribute without a value, the least of no numbers, no choice of events that fits.
    Absent,
    /// The value of an attribute.
    Value(Value),
    /// A count or sum, a least or greatest number: in micro units.
    Number(i128),
    /// `sum` micro units over `count` events, at least one; shown to the millionth.
    Average {
        /// Of the numbers, in micro units.
        sum: i128,
        /// How many numbers.
        count: i128,
    },
    /// The time since an event, or the age of a membership.
    Span(Duration),
    /// When the events happened that make up a sequence, step by step.
    Times(Vec<Instant>),
}

impl Seen {
    /// As rules write it; `None` when there is nothing.
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Absent => None,
            Self::Value(_)
            | Self::Number(_)
            | Self::Average { .. }
            | Self::Span(_)
            | Self::Times(_) => Some(self.to_string()),
        }
    }
}

impl Display for Seen {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("absent"),
            Self::Value(value) => value.fmt(f),
            Self::Number(micros) => f.write_str(&show_micros(*micros)),
            Self::Average { sum, count } => {
                let exact = sum.rem_euclid(*count) == 0;
                let about = if exact { "" } else { "about " };
                write!(f, "{about}{}", show_micros(rounded(*sum, *count)))
            }
            Self::Span(span) => span.fmt(f),
            Self::Times(times) => {
                for (step, time) in times.iter().enumerate() {
                    let comma = if step > 0 { ", " } else { "" };
                    write!(f, "{comma}{time}")?;
                }
                Ok(())
            }
        }
    }
}

/// The nearest whole number to `sum / count`, halves upwards.
fn rounded(sum: i128, count: i128) -> i128 {
    (2 * sum + count).div_euclid(2 * count)
}

impl Display for Explanation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.line(f)?;
        self.tree(f, "")
    }
}

impl Explanation {
    fn line(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let sign = if self.holds { '✓' } else { '✗' };
        write!(f, "{sign} {}", self.text)?;
        let notes: Vec<String> = [
            self.seen.as_ref().map(|seen| format!("is {seen}")),
            self.since.map(|since| format!("since {since}")),
            self.until.map(|until| format!("until {until}")),
        ]
        .into_iter()
        .flatten()
        .collect();
        if notes.is_empty() {
            Ok(())
        } else {
            write!(f, "   [{}]", notes.join(", "))
        }
    }

    /// The parts, each on lines of its own behind `margin`.
    fn tree(&self, f: &mut Formatter<'_>, margin: &str) -> fmt::Result {
        for (place, part) in self.parts.iter().enumerate() {
            let last = place + 1 == self.parts.len();
            let (branch, below) = if last {
                ("└─ ", "   ")
            } else {
                ("├─ ", "│  ")
            };
            write!(f, "\n{margin}{branch}")?;
            part.line(f)?;
            part.tree(f, &format!("{margin}{below}"))?;
        }
        Ok(())
    }
}
