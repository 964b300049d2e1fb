//! A column of auctions: plain cells, lists of anything, or structs.

use std::ops::Range;

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_schema::DataType;
use treffer_core::error::Result;
use treffer_core::rows::{Cells, Column, Reason, Refusal, Texts};

use super::super::{Source, column_of, list, present};
use crate::batch::{Faults, column_bytes};
use crate::openrtb::floor_micros;

/// What stands under one name in all rows.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) name: String,
    /// Which rows have a value, `None`: all. Cells know it themselves.
    present: Option<Vec<bool>>,
    pub(super) body: Body,
}

#[derive(Debug)]
pub(super) enum Body {
    /// Nothing in any row.
    Nothing,
    /// Texts, lists of texts, numbers and truths.
    Cells(Column),
    /// Row r holds the members `offsets[r]..offsets[r + 1]`.
    List {
        offsets: Vec<u32>,
        members: Box<Part>,
    },
    /// Fields by name.
    Struct(Vec<Part>),
}

/// What is wrong with a cell; the row is that of the column.
pub(super) type Read<T> = std::result::Result<T, Refusal>;

const MICROS: i64 = 1_000_000;

impl Part {
    /// Reads a column. A cell that cannot be read is a fault of its row; a type that is not read is an error.
    pub(super) fn read(name: &str, array: &dyn Array, faults: &mut Faults) -> Result<Self> {
        let present = present(array);
        let source = Source {
            name,
            array,
            present: present.as_deref(),
        };
        let body = match array.data_type() {
            DataType::Null => Body::Nothing,
            DataType::List(own) | DataType::LargeList(own) | DataType::FixedSizeList(own, _) => {
                if is_text(own.data_type()) {
                    Body::Cells(column_of(name, array, faults)?)
                } else {
                    Self::list(&source, faults)?
                }
            }
            DataType::Struct(fields) => {
                let columns = array.as_struct().columns();
                let parts = fields.iter().zip(columns);
                let parts = parts.map(|(own, array)| Self::read(own.name(), array, faults));
                Body::Struct(parts.collect::<Result<_>>()?)
            }
            _ => Body::Cells(column_of(name, array, faults)?),
        };
        Ok(Self {
            name: name.to_owned(),
            present,
            body,
        })
    }

    fn list(source: &Source<'_>, faults: &mut Faults) -> Result<Body> {
        let (offsets, members) = list::members_of(source)?;
        let mut inner = Faults::default();
        let members = Box::new(Self::read(source.name, members.as_ref(), &mut inner)?);
        for own in inner.into_refusals() {
            let row = offsets.partition_point(|offset| *offset <= own.row);
            let row = row.saturating_sub(1);
            if source.is_present(row) {
                faults.push(row, source.name, own.reason, own.message);
            }
        }
        Ok(Body::List { offsets, members })
    }

    /// About how many bytes it takes.
    pub(super) fn heap_bytes(&self) -> usize {
        let own = match &self.body {
            Body::Nothing => 0,
            Body::Cells(column) => column_bytes(column),
            Body::List { offsets, members } => 4 * offsets.len() + members.heap_bytes(),
            Body::Struct(parts) => parts.iter().map(Self::heap_bytes).sum(),
        };
        own + self.present.as_ref().map_or(0, Vec::len)
    }

    pub(super) fn is_present(&self, row: usize) -> bool {
        !matches!(self.body, Body::Nothing)
            && self
                .present
                .as_ref()
                .is_none_or(|present| present.get(row).copied().unwrap_or(false))
    }

    fn cells(&self, row: usize) -> Option<&Cells> {
        match &self.body {
            Body::Cells(column) if self.is_present(row) => Some(&column.cells),
            Body::Cells(_) | Body::Nothing | Body::List { .. } | Body::Struct(_) => None,
        }
    }

    pub(super) fn text(&self, row: usize) -> Option<&str> {
        match self.cells(row)? {
            Cells::Text(texts) => texts.get(row),
            _ => None,
        }
    }

    /// The texts of a row, or its only one.
    pub(super) fn texts(&self, row: usize) -> impl Iterator<Item = &str> {
        let none = (None, 0..0);
        let (texts, range): (Option<&Texts>, Range<usize>) = match self.cells(row) {
            Some(Cells::Text(texts)) => (Some(texts), row..row + 1),
            Some(Cells::TextList { offsets, texts }) => (Some(texts), range(offsets, row)),
            _ => none,
        };
        range.filter_map(move |row| texts?.get(row))
    }

    /// True or false, or 1 or 0.
    pub(super) fn flag(&self, row: usize) -> Read<Option<bool>> {
        if let Some(Cells::Bool(truths)) = self.cells(row) {
            return Ok(truths.get(row).copied());
        }
        match self.whole(row) {
            None => Ok(None),
            Some(0) => Ok(Some(false)),
            Some(1) => Ok(Some(true)),
            Some(_) => Err(self.fault(row, Reason::OutOfRange, "is neither 0 nor 1")),
        }
    }

    pub(super) fn number(&self, row: usize) -> Read<Option<u32>> {
        let number = self.whole(row).map(u32::try_from).transpose();
        number.map_err(|_| self.fault(row, Reason::OutOfRange, "is not within 0 and 4294967295"))
    }

    /// A whole number; -1 for a float that is none: floats are what null handling elsewhere makes of whole numbers.
    fn whole(&self, row: usize) -> Option<i64> {
        match self.cells(row)? {
            Cells::Integer(numbers) => numbers.get(row).copied(),
            Cells::Float(numbers) => {
                let float = numbers.get(row).copied()?;
                let is_whole = (0.0..=f64::from(u32::MAX)).contains(&float);
                let is_whole = is_whole && float.fract().abs() <= 0.0;
                Some(if is_whole { float as i64 } else { -1 })
            }
            _ => None,
        }
    }

    /// Numbers of a list, or the only one.
    pub(super) fn numbers(&self, row: usize) -> Read<Vec<u32>> {
        let Some((range, members)) = self.members(row) else {
            return Ok(self.number(row)?.into_iter().collect());
        };
        let one = |at: usize| {
            let number = members.number(at)?;
            number.ok_or_else(|| self.fault(row, Reason::WrongType, "a list cannot hold null"))
        };
        let all: Read<_> = range.map(one).collect();
        all.map_err(|own| self.at(row, own))
    }

    /// Micro units; what has more digits is rounded half to even, or up.
    pub(super) fn micros(&self, row: usize, is_floor: bool) -> Read<Option<i64>> {
        let micros = match self.cells(row) {
            Some(Cells::Integer(numbers)) => {
                numbers.get(row).and_then(|own| own.checked_mul(MICROS))
            }
            Some(Cells::Micros(numbers)) => numbers.get(row).copied(),
            Some(Cells::Float(numbers)) => {
                let float = numbers.get(row).copied().unwrap_or(f64::NAN);
                if is_floor && float >= 0.0 {
                    floor_micros(float).ok()
                } else {
                    micros_even(float)
                }
            }
            _ => return Ok(None),
        };
        let fault = || self.fault(row, Reason::OutOfRange, "does not fit exact micro units");
        micros.map(Some).ok_or_else(fault)
    }

    /// The members of a list that is no list of texts.
    pub(super) fn members(&self, row: usize) -> Option<(Range<usize>, &Self)> {
        match &self.body {
            Body::List { offsets, members } if self.is_present(row) => {
                Some((range(offsets, row), members))
            }
            Body::List { .. } | Body::Nothing | Body::Cells(_) | Body::Struct(_) => None,
        }
    }

    /// A field of a struct.
    pub(super) fn field(&self, name: &str) -> Option<&Self> {
        match &self.body {
            Body::Struct(parts) => parts.iter().find(|own| own.name == name),
            Body::Nothing | Body::Cells(_) | Body::List { .. } => None,
        }
    }

    /// A fault of a row.
    pub(super) fn fault(&self, row: usize, reason: Reason, message: &str) -> Refusal {
        Refusal {
            row: row as u32,
            field: self.name.clone(),
            reason,
            message: message.to_owned(),
        }
    }

    /// A fault of what lies in it, as one of its row.
    pub(super) fn at(&self, row: usize, own: Refusal) -> Refusal {
        let is_inside = own.field != self.name;
        Refusal {
            row: row as u32,
            field: if is_inside {
                format!("{}.{}", self.name, own.field)
            } else {
                own.field
            },
            ..own
        }
    }
}

/// Whether a type holds texts.
fn is_text(own: &DataType) -> bool {
    match own {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => is_text(values),
        _ => false,
    }
}

fn range(offsets: &[u32], row: usize) -> Range<usize> {
    let at = |row: usize| offsets.get(row).copied().unwrap_or_default() as usize;
    at(row)..at(row + 1)
}

fn micros_even(float: f64) -> Option<i64> {
    let scaled = (float * MICROS as f64).round_ties_even();
    // Both bounds are exact: -2^63 fits, 2^63 is one too many.
    (scaled >= i64::MIN as f64 && scaled < i64::MAX as f64).then_some(scaled as i64)
}
