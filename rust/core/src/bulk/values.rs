//! What a test accepts, in the units of a stored column.

use crate::pool::Pool;
use crate::rule::ast::Operator;
use crate::rule::plan::Test;
use crate::time::Instant;
use crate::value::{Kind, MICROS};

/// A set of stored values; absent is never in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Values {
    /// Inclusive ranges, disjoint.
    Ranges(Vec<(i128, i128)>),
    /// Codes of a pool.
    Codes(Codes),
}

/// A set of pool codes, or the complement of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Codes {
    words: Vec<u64>,
    inverted: bool,
}

impl Codes {
    /// The listed codes, or all others.
    pub(super) fn listed(codes: impl IntoIterator<Item = u32>, inverted: bool) -> Self {
        let mut words = Vec::new();
        for code in codes {
            let word = code as usize / 64;
            if words.len() <= word {
                words.resize(word + 1, 0u64);
            }
            if let Some(word) = words.get_mut(word) {
                *word |= 1 << (code % 64);
            }
        }
        Self { words, inverted }
    }

    /// Whether the code is in the set.
    #[inline]
    pub(super) fn contains(&self, code: i64) -> bool {
        let word = self.words.get((code >> 6) as usize).copied().unwrap_or(0);
        (word >> (code & 63) & 1 == 1) != self.inverted
    }

    /// The codes, rising; `None` for a complement.
    pub(super) fn listed_codes(&self) -> Option<impl Iterator<Item = u32> + '_> {
        let codes = 0..self.words.len() as u32 * 64;
        (!self.inverted).then(|| codes.filter(|code| self.contains(i64::from(*code))))
    }
}

impl Values {
    /// Whether the stored value is in the set.
    #[inline]
    pub(super) fn contains(&self, value: i64) -> bool {
        match self {
            Self::Ranges(ranges) => ranges
                .iter()
                .any(|(low, high)| (*low..=*high).contains(&i128::from(value))),
            Self::Codes(codes) => codes.contains(value),
        }
    }

    /// What a test of a number, bool or instant accepts at `t`; nothing for tests of texts and sets.
    pub(super) fn of_scalar(test: &Test, kind: Kind, t: Instant) -> Self {
        let at = i128::from(t.0);
        let ranges = match test {
            Test::Present => vec![(i128::MIN, i128::MAX)],
            Test::Number(operator, micros) => in_units(accepted(*operator, *micros), kind),
            Test::NumberIn(micros, among) => in_units(listed(micros.iter().copied(), *among), kind),
            Test::Bool(truth) => vec![(i128::from(*truth), i128::from(*truth))],
            Test::Instant(operator, instant) => accepted(*operator, i128::from(instant.0)),
            Test::InstantIn(instants, among) => {
                listed(instants.iter().map(|instant| i128::from(instant.0)), *among)
            }
            // t - v over span, for v <= t.
            Test::Since(operator, span) => cut(
                accepted(operator.flipped(), at - i128::from(span.0)),
                i128::MIN,
                at,
            ),
            // v - t over span, for v > t.
            Test::Until(operator, span) => cut(
                accepted(*operator, at + i128::from(span.0)),
                at + 1,
                i128::MAX,
            ),
            Test::TextIn(..)
            | Test::StartsWith(_)
            | Test::Contains(_)
            | Test::HasAny(_)
            | Test::HasAll(_) => Vec::new(),
        };
        Self::Ranges(ranges)
    }

    /// What a test of a string accepts, as codes of the pool.
    pub(super) fn of_text(test: &Test, pool: &Pool) -> Self {
        let matching = |accepts: &dyn Fn(&str) -> bool| {
            let text = |code: &u32| {
                pool.get(*code)
                    .and_then(|bytes| std::str::from_utf8(bytes).ok())
                    .is_some_and(accepts)
            };
            Codes::listed((0..pool.len()).filter(text), false)
        };
        match test {
            Test::Present => Self::Codes(Codes::listed([], true)),
            Test::TextIn(texts, among) => Self::Codes(Codes::listed(
                texts.iter().filter_map(|text| pool.code(text.as_bytes())),
                !among,
            )),
            Test::StartsWith(prefix) => {
                Self::Codes(matching(&|text| text.starts_with(prefix.as_str())))
            }
            Test::Contains(part) => Self::Codes(matching(&|text| text.contains(part.as_str()))),
            Test::Number(..)
            | Test::NumberIn(..)
            | Test::Bool(_)
            | Test::Instant(..)
            | Test::InstantIn(..)
            | Test::Since(..)
            | Test::Until(..)
            | Test::HasAny(_)
            | Test::HasAll(_) => Self::Ranges(Vec::new()),
        }
    }

    /// What a test of a string set accepts, as codes of the pool of sets.
    pub(super) fn of_set(test: &Test, texts: &Pool, sets: &Pool) -> Self {
        let code = |text: &String| texts.code(text.as_bytes());
        let matching = |accepts: &dyn Fn(&[u32]) -> bool| {
            let set = |code: &u32| {
                sets.get(*code)
                    .is_some_and(|bytes| accepts(&set_codes(bytes)))
            };
            Self::Codes(Codes::listed((0..sets.len()).filter(set), false))
        };
        match test {
            Test::Present => Self::Codes(Codes::listed([], true)),
            Test::HasAny(wanted) => {
                let wanted: Vec<u32> = wanted.iter().filter_map(code).collect();
                matching(&|set| wanted.iter().any(|code| set.contains(code)))
            }
            Test::HasAll(wanted) => match wanted.iter().map(code).collect::<Option<Vec<u32>>>() {
                Some(wanted) => matching(&|set| wanted.iter().all(|code| set.contains(code))),
                None => Self::Ranges(Vec::new()),
            },
            Test::TextIn(..)
            | Test::StartsWith(_)
            | Test::Contains(_)
            | Test::Number(..)
            | Test::NumberIn(..)
            | Test::Bool(_)
            | Test::Instant(..)
            | Test::InstantIn(..)
            | Test::Since(..)
            | Test::Until(..) => Self::Ranges(Vec::new()),
        }
    }
}

/// The text codes of a set from its key in the pool of sets.
pub(super) fn set_codes(key: &[u8]) -> Vec<u32> {
    key.as_chunks::<4>()
        .0
        .iter()
        .map(|code| u32::from_le_bytes(*code))
        .collect()
}

/// The x with `x OPERATOR constant`.
pub(super) fn accepted(operator: Operator, constant: i128) -> Vec<(i128, i128)> {
    let (below, above) = (constant.saturating_sub(1), constant.saturating_add(1));
    match operator {
        Operator::Equal => vec![(constant, constant)],
        Operator::NotEqual => vec![(i128::MIN, below), (above, i128::MAX)],
        Operator::Less => vec![(i128::MIN, below)],
        Operator::LessOrEqual => vec![(i128::MIN, constant)],
        Operator::Greater => vec![(above, i128::MAX)],
        Operator::GreaterOrEqual => vec![(constant, i128::MAX)],
    }
}

fn listed(constants: impl Iterator<Item = i128>, among: bool) -> Vec<(i128, i128)> {
    let mut constants: Vec<_> = constants.collect();
    constants.sort_unstable();
    constants.dedup();
    if among {
        return constants
            .into_iter()
            .map(|constant| (constant, constant))
            .collect();
    }
    let mut gaps = Vec::new();
    let mut low = i128::MIN;
    for constant in constants {
        gaps.push((low, constant.saturating_sub(1)));
        low = constant.saturating_add(1);
    }
    gaps.push((low, i128::MAX));
    gaps
}

fn cut(ranges: Vec<(i128, i128)>, low: i128, high: i128) -> Vec<(i128, i128)> {
    ranges
        .into_iter()
        .map(|(from, to)| (from.max(low), to.min(high)))
        .filter(|(from, to)| from <= to)
        .collect()
}

/// Ranges of micro units as ranges of what a column of `kind` stores.
pub(super) fn in_units(ranges: Vec<(i128, i128)>, kind: Kind) -> Vec<(i128, i128)> {
    if kind != Kind::Integer {
        return ranges;
    }
    let micros = i128::from(MICROS);
    let whole = |(low, high): (i128, i128)| {
        (
            low.saturating_add(micros - 1).div_euclid(micros),
            high.div_euclid(micros),
        )
    };
    ranges
        .into_iter()
        .map(whole)
        .filter(|(low, high)| low <= high)
        .collect()
}
