//! Fitting loosely typed cells to declared kinds: what converts without loss is converted, the rest is a fault of its row.

use std::collections::BTreeSet;

use crate::refusals::Refusals;
use crate::rows::{Cells, Column, Reason, Texts};
use crate::time::Instant;
use crate::typed::{TypedCells, TypedColumn};
use crate::value::{Kind, MICROS};

/// Longest text in bytes.
pub const LONGEST_TEXT: usize = 1_024;

/// Most members of a string set.
pub const LARGEST_SET: usize = 1_024;

/// Why one cell does not fit.
type Fault = (Reason, String);

/// The column with its cells as `kind`; rows whose cell does not fit are noted. The column has been checked.
pub(crate) fn fit(column: Column, kind: Kind, len: usize, refusals: &mut Refusals) -> TypedColumn {
    let Column {
        name,
        cells,
        present,
    } = column;
    let mut judge = Judge {
        name: &name,
        present,
        refusals,
    };
    let cells = match (kind, cells) {
        (Kind::String, Cells::Text(texts)) => judge.texts(texts, len),
        (Kind::StringSet, Cells::TextList { offsets, texts }) => judge.sets(&offsets, &texts, len),
        (Kind::Integer, Cells::Integer(cells)) | (Kind::Decimal, Cells::Micros(cells)) => {
            TypedCells::Number(cells)
        }
        (Kind::Integer, Cells::Micros(cells)) => {
            judge.numbers(&cells, |micros| match micros % MICROS {
                0 => Ok(micros / MICROS),
                _ => Err((Reason::WrongType, "not a whole number".to_owned())),
            })
        }
        (Kind::Integer, Cells::Float(cells)) => judge.numbers(&cells, whole),
        (Kind::Decimal, Cells::Integer(cells)) => judge.numbers(&cells, |number| {
            number.checked_mul(MICROS).ok_or_else(|| {
                (
                    Reason::OutOfRange,
                    format!("{number} does not fit a decimal"),
                )
            })
        }),
        (Kind::Decimal, Cells::Float(cells)) => judge.numbers(&cells, micros),
        (Kind::Bool, Cells::Bool(cells)) => judge.numbers(&cells, |truth| Ok(i64::from(truth))),
        (Kind::Instant, Cells::Instant(cells)) => {
            judge.numbers(&cells, |millis| within(Instant(millis)))
        }
        (Kind::Instant, Cells::Text(texts)) => judge.instants(&texts, len),
        (kind, cells) => {
            let message = format!("{}, where {kind} is declared", noun(&cells));
            judge.refuse_all(len, &message);
            TypedCells::Number(vec![0; len])
        }
    };
    TypedColumn {
        cells,
        present: judge.present,
    }
}

/// The column as texts that name something: integers are names too.
pub(crate) fn fit_names(column: Column, len: usize, refusals: &mut Refusals) -> TypedColumn {
    let cells = match column.cells {
        Cells::Integer(numbers) => Cells::Text(names(&numbers)),
        other => other,
    };
    fit(Column { cells, ..column }, Kind::String, len, refusals)
}

/// Integers in decimal.
pub(crate) fn names(numbers: &[i64]) -> Texts {
    let mut texts = Texts::default();
    for number in numbers {
        texts.push(&number.to_string());
    }
    texts
}

const fn noun(cells: &Cells) -> &'static str {
    match cells {
        Cells::Text(_) => "text",
        Cells::TextList { .. } => "a list of texts",
        Cells::Integer(_) => "an integer",
        Cells::Micros(_) => "a decimal",
        Cells::Float(_) => "a float",
        Cells::Bool(_) => "a bool",
        Cells::Instant(_) => "an instant",
    }
}

struct Judge<'a> {
    name: &'a str,
    present: Option<Vec<bool>>,
    refusals: &'a mut Refusals,
}

impl Judge<'_> {
    fn is_present(&self, row: usize) -> bool {
        self.present
            .as_ref()
            .is_none_or(|present| present.get(row).copied().unwrap_or(false))
    }

    fn refuse(&mut self, row: usize, (reason, message): Fault) {
        self.refusals.add(row, self.name, reason, message);
    }

    fn refuse_all(&mut self, len: usize, message: &str) {
        for row in (0..len).filter(|row| {
            self.present
                .as_ref()
                .is_none_or(|present| present.get(*row) == Some(&true))
        }) {
            self.refusals
                .add(row, self.name, Reason::WrongType, message);
        }
    }

    fn numbers<T: Copy>(
        &mut self,
        cells: &[T],
        convert: impl Fn(T) -> Result<i64, Fault>,
    ) -> TypedCells {
        let mut numbers = Vec::with_capacity(cells.len());
        for (row, cell) in cells.iter().enumerate() {
            numbers.push(match convert(*cell) {
                Ok(number) => number,
                Err(fault) => {
                    if self.is_present(row) {
                        self.refuse(row, fault);
                    }
                    0
                }
            });
        }
        TypedCells::Number(numbers)
    }

    fn texts(&mut self, texts: Texts, len: usize) -> TypedCells {
        let long = texts
            .offsets
            .iter()
            .zip(texts.offsets.iter().skip(1))
            .any(|(start, end)| (end - start) as usize > LONGEST_TEXT);
        if long {
            for row in 0..len {
                if let Some(text) = texts
                    .get(row)
                    .filter(|text| text.len() > LONGEST_TEXT && self.is_present(row))
                {
                    self.refuse(row, too_long(text));
                }
            }
        }
        TypedCells::Text(texts)
    }

    fn sets(&mut self, offsets: &[u32], texts: &Texts, len: usize) -> TypedCells {
        let (mut cuts, mut members) = (
            vec![0],
            Texts {
                offsets: vec![0],
                ..Texts::default()
            },
        );
        for row in 0..len {
            if self.is_present(row) {
                let range = offsets
                    .get(row)
                    .zip(offsets.get(row + 1))
                    .map_or(0..0, |(start, end)| *start..*end);
                let set: BTreeSet<&str> = range.filter_map(|at| texts.get(at as usize)).collect();
                if let Some(long) = set.iter().find(|text| text.len() > LONGEST_TEXT) {
                    self.refuse(row, too_long(long));
                } else if set.len() > LARGEST_SET {
                    let message =
                        format!("{} members exceed the limit of {LARGEST_SET}", set.len());
                    self.refuse(row, (Reason::OutOfRange, message));
                } else {
                    for text in set {
                        members.push(text);
                    }
                }
            }
            cuts.push(members.offsets.len() as u32 - 1);
        }
        TypedCells::TextSet {
            offsets: cuts,
            texts: members,
        }
    }

    fn instants(&mut self, texts: &Texts, len: usize) -> TypedCells {
        let rows: Vec<usize> = (0..len).collect();
        self.numbers(&rows, |row| {
            let text = texts.get(row).unwrap_or_default();
            let unread = || {
                (
                    Reason::WrongType,
                    format!("{text:.40?} is not an instant such as 2017-03-01T10:00:00Z"),
                )
            };
            within(Instant::parse(text).ok_or_else(unread)?)
        })
    }
}

fn too_long(text: &str) -> Fault {
    (
        Reason::OutOfRange,
        format!("{} bytes exceed the limit of {LONGEST_TEXT}", text.len()),
    )
}

fn within(instant: Instant) -> Result<i64, Fault> {
    match instant.checked("") {
        Ok(instant) => Ok(instant.0),
        Err(_) => Err((
            Reason::OutOfRange,
            format!("{} ms: instants lie within 1900 and 2200", instant.0),
        )),
    }
}

/// Floats of an integer column: null handling elsewhere makes floats of integers, so whole ones are taken.
fn whole(float: f64) -> Result<i64, Fault> {
    if !float.is_finite() || float.abs() >= -(i64::MIN as f64) {
        return Err((
            Reason::OutOfRange,
            format!("{float} does not fit an integer"),
        ));
    }
    if float.fract().abs() <= 0.0 {
        Ok(float as i64)
    } else {
        Err((Reason::WrongType, format!("{float} is not a whole number")))
    }
}

/// Micro units of the exact value of a float, rounded half to even.
fn micros(float: f64) -> Result<i64, Fault> {
    let scaled = float * MICROS as f64;
    if !scaled.is_finite() || scaled.abs() >= -(i64::MIN as f64) {
        return Err((
            Reason::OutOfRange,
            format!("{float} does not fit a decimal"),
        ));
    }
    if (scaled.fract().abs() - 0.5).abs() <= 0.0 {
        // The product may itself have been rounded to the middle: what it lost says on which side the exact value lies.
        let lost = float.mul_add(MICROS as f64, -scaled);
        if lost != 0.0 {
            return Ok(if lost > 0.0 {
                scaled.ceil()
            } else {
                scaled.floor()
            } as i64);
        }
    }
    Ok(scaled.round_ties_even() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fitted(cells: Cells, kind: Kind, len: usize) -> (TypedColumn, Vec<(u32, Reason)>) {
        let mut refusals = Refusals::default();
        let column = fit(
            Column {
                name: "x".into(),
                cells,
                present: None,
            },
            kind,
            len,
            &mut refusals,
        );
        (
            column,
            refusals
                .into_vec()
                .into_iter()
                .map(|refusal| (refusal.row, refusal.reason))
                .collect(),
        )
    }

    #[test]
    fn floats_round_half_to_even_by_their_exact_value() {
        let floats = vec![
            0.5e-6,
            1.5e-6,
            2.5e-6,
            0.1,
            -0.1,
            1.000_000_5,
            0.000_000_5 + 1e-20,
            12.99,
            9e12,
        ];
        let (column, refused) = fitted(Cells::Float(floats.clone()), Kind::Decimal, floats.len());

        assert!(refused.is_empty());
        for (row, float) in floats.iter().enumerate() {
            // Forty digits after the point hold every binary fraction of this size exactly.
            let exact = format!("{float:.60}");
            let (whole, fraction) = exact.split_once('.').unwrap_or((&exact, ""));
            let (kept, rest) = fraction.split_at(6);
            let negative = whole.starts_with('-');
            let mut expected = format!("{}{kept}", whole.trim_start_matches('-'))
                .parse::<i64>()
                .unwrap_or(0);
            let half = format!("5{}", "0".repeat(rest.len() - 1));
            if rest > half.as_str() || rest == half && expected % 2 == 1 {
                expected += 1;
            }
            assert_eq!(
                Some(if negative { -expected } else { expected }),
                column.number(row),
                "{float}"
            );
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_by_row() {
        let floats = vec![f64::NAN, f64::INFINITY, 1e13, -1e300, 1.0];
        let bad = |rows: u32, reason| (0..rows).map(|row| (row, reason)).collect::<Vec<_>>();

        assert_eq!(
            bad(4, Reason::OutOfRange),
            fitted(Cells::Float(floats), Kind::Decimal, 5).1
        );
        assert_eq!(
            bad(1, Reason::OutOfRange),
            fitted(Cells::Integer(vec![i64::MAX, 7]), Kind::Decimal, 2).1
        );
        assert_eq!(
            bad(1, Reason::WrongType),
            fitted(Cells::Micros(vec![1, 7_000_000]), Kind::Integer, 2).1
        );
        assert_eq!(
            bad(1, Reason::WrongType),
            fitted(Cells::Float(vec![0.5, 7.0]), Kind::Integer, 2).1
        );
        assert_eq!(
            bad(2, Reason::WrongType),
            fitted(Cells::Integer(vec![1, 2]), Kind::String, 2).1
        );
        assert_eq!(
            bad(1, Reason::OutOfRange),
            fitted(Cells::Instant(vec![i64::MIN, 0]), Kind::Instant, 2).1
        );
        let long = "x".repeat(LONGEST_TEXT + 1);
        let texts: Texts = [long.as_str(), long.get(1..).unwrap_or_default()]
            .into_iter()
            .collect();
        assert_eq!(
            bad(1, Reason::OutOfRange),
            fitted(Cells::Text(texts), Kind::String, 2).1
        );
        let texts: Texts = ["soon", "2017-03-01"].into_iter().collect();
        assert_eq!(
            bad(1, Reason::WrongType),
            fitted(Cells::Text(texts), Kind::Instant, 2).1
        );
    }

    #[test]
    fn a_set_is_sorted_and_has_each_member_once() {
        let texts: Texts = ["b", "a", "b", "c"].into_iter().collect();
        let (column, refused) = fitted(
            Cells::TextList {
                offsets: vec![0, 3, 3, 4],
                texts,
            },
            Kind::StringSet,
            3,
        );

        assert!(refused.is_empty());
        let members = |row| {
            column
                .cell(row)
                .map(|cell| cell.members().collect::<Vec<_>>().join(","))
        };
        assert_eq!(
            [Some("a,b".into()), Some(String::new()), Some("c".into())],
            [0, 1, 2].map(members)
        );
    }
}
