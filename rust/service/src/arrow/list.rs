//! Columns of lists of texts: string sets.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, GenericListArray, OffsetSizeTrait};
use arrow_schema::DataType;
use treffer_core::error::{Error, Result};
use treffer_core::rows::{Cells, Reason};

use super::{Source, present, text};
use crate::batch::Faults;

/// The lists of a column. A null inside a present list is a fault of its row.
pub(super) fn lists_of(source: &Source<'_>, faults: &mut Faults) -> Result<Cells> {
    let (offsets, values) = members_of(source)?;
    let nulls = present(values.as_ref());
    let inner = Source {
        name: source.name,
        array: values.as_ref(),
        present: nulls.as_deref(),
    };
    let texts = text::texts_of(&inner)?.ok_or_else(|| source.unsupported())?;
    if nulls.is_some() {
        for (row, range) in offsets.windows(2).enumerate() {
            let (start, end) = (range.first().copied(), range.last().copied());
            let mut members = start.unwrap_or(0)..end.unwrap_or(0);
            if source.is_present(row) && members.any(|member| !inner.is_present(member as usize)) {
                faults.push(
                    row,
                    source.name,
                    Reason::WrongType,
                    "a set cannot hold null",
                );
            }
        }
    }
    Ok(Cells::TextList { offsets, texts })
}

/// Offsets from 0 on, one more than rows, and the members of all lists that they cut.
pub(super) fn members_of(source: &Source<'_>) -> Result<(Vec<u32>, ArrayRef)> {
    let (offsets, values) = match source.array.data_type() {
        DataType::List(_) => ranges(source.name, source.array.as_list::<i32>())?,
        DataType::LargeList(_) => ranges(source.name, source.array.as_list::<i64>())?,
        _ => {
            let list = source.array.as_fixed_size_list();
            let width = list.value_length().unsigned_abs();
            let offsets = (0..=list.len() as u32).map(|row| row * width).collect();
            (offsets, list.values().clone())
        }
    };
    if u32::try_from(values.len()).is_err() {
        return Err(Error::invalid(
            source.name,
            "the column has too many members",
        ));
    }
    Ok((offsets, values))
}

/// Offsets from 0 on, and the members they cut.
fn ranges<O: OffsetSizeTrait>(
    name: &str,
    array: &GenericListArray<O>,
) -> Result<(Vec<u32>, ArrayRef)> {
    let offsets = array.value_offsets();
    let (Some(first), Some(last)) = (offsets.first(), offsets.last()) else {
        return Ok((vec![0], array.values().slice(0, 0)));
    };
    let (first, last) = (first.as_usize(), last.as_usize());
    if last < first || last > array.values().len() {
        return Err(Error::invalid(
            name,
            "the offsets of the column lie outside its members",
        ));
    }
    let offsets = offsets
        .iter()
        .map(|offset| offset.as_usize().saturating_sub(first) as u32)
        .collect();
    Ok((offsets, array.values().slice(first, last - first)))
}
