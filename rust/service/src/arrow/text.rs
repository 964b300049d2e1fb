//! Columns of texts, in all their layouts.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::array::AnyDictionaryArray;
use arrow_array::cast::AsArray;
use arrow_array::{
    Array, ArrayRef, GenericStringArray, OffsetSizeTrait, StringViewArray, UInt32Array,
};
use arrow_schema::DataType;
use arrow_select::take::take;
use treffer_core::error::{Error, Result};
use treffer_core::rows::Texts;

use super::Source;

/// The texts of a column; `None` when it does not hold texts. A dictionary is kept.
pub(super) fn texts_of(source: &Source<'_>) -> Result<Option<Texts>> {
    match source.array.data_type() {
        DataType::Utf8 => plain(source.name, source.array.as_string::<i32>()).map(Some),
        DataType::LargeUtf8 => plain(source.name, source.array.as_string::<i64>()).map(Some),
        DataType::Utf8View => view(source, source.array.as_string_view()).map(Some),
        DataType::Dictionary(_, _) => dictionary(source),
        _ => Ok(None),
    }
}

/// Only bytes that are looked at here are trusted: an array from another library has not been checked.
fn plain<O: OffsetSizeTrait>(name: &str, array: &GenericStringArray<O>) -> Result<Texts> {
    let offsets = array.value_offsets();
    let (Some(first), Some(last)) = (offsets.first(), offsets.last()) else {
        return Ok(Texts::default());
    };
    let (first, last) = (first.as_usize(), last.as_usize());
    let bytes = array
        .value_data()
        .get(first..last)
        .ok_or_else(|| damaged(name))?;
    if u32::try_from(bytes.len()).is_err() {
        return Err(too_long(name, bytes.len()));
    }
    let bytes = std::str::from_utf8(bytes)
        .map_err(|_| not_utf8(name))?
        .to_owned();
    let offsets = offsets
        .iter()
        .map(|offset| offset.as_usize().saturating_sub(first) as u32)
        .collect();
    Ok(Texts {
        offsets,
        bytes,
        keys: None,
    })
}

fn view(source: &Source<'_>, array: &StringViewArray) -> Result<Texts> {
    let mut texts = Texts {
        offsets: Vec::with_capacity(array.len() + 1),
        ..Texts::default()
    };
    texts.offsets.push(0);
    for (row, bytes) in array.clone().to_binary_view().iter().enumerate() {
        let bytes = if source.is_present(row) {
            bytes.unwrap_or_default()
        } else {
            &[]
        };
        let text = std::str::from_utf8(bytes).map_err(|_| not_utf8(source.name))?;
        texts.push(text);
        if u32::try_from(texts.bytes.len()).is_err() {
            return Err(too_long(source.name, texts.bytes.len()));
        }
    }
    Ok(texts)
}

fn dictionary(source: &Source<'_>) -> Result<Option<Texts>> {
    let Some(array) = source.array.as_any_dictionary_opt() else {
        return Ok(None);
    };
    if matches!(array.values().data_type(), DataType::Dictionary(..)) {
        return Ok(None);
    }
    let (keys, values) = if array.values().len() > array.len() {
        trimmed(array)?
    } else {
        (keys(array), Arc::clone(array.values()))
    };
    let inner = Source {
        name: source.name,
        array: values.as_ref(),
        present: None,
    };
    Ok(texts_of(&inner)?.map(|texts| Texts {
        keys: Some(keys),
        ..texts
    }))
}

fn keys(array: &dyn AnyDictionaryArray) -> Vec<u32> {
    if array.values().is_empty() {
        return vec![0; array.len()];
    }
    let keys = array.normalized_keys().into_iter();
    keys.map(|key| key as u32).collect()
}

/// Of a dictionary with more texts than rows only those that are used: many small batches may share a large one.
fn trimmed(array: &dyn AnyDictionaryArray) -> Result<(Vec<u32>, ArrayRef)> {
    let (mut places, mut used) = (HashMap::new(), Vec::new());
    let mut place = |key: u32| {
        *places.entry(key).or_insert_with(|| {
            used.push(key);
            used.len() as u32 - 1
        })
    };
    let keys = keys(array).into_iter().map(&mut place).collect();
    let values = take(array.values(), &UInt32Array::from(used), None);
    Ok((keys, values.map_err(|error| super::internal(&error))?))
}

fn damaged(name: &str) -> Error {
    Error::invalid(name, "the offsets of the column lie outside its bytes")
}

fn not_utf8(name: &str) -> Error {
    Error::invalid(name, "the texts of the column are not UTF-8")
}

fn too_long(name: &str, actual: usize) -> Error {
    Error::Limit {
        field: name.to_owned(),
        limit: u64::from(u32::MAX),
        actual: actual as u64,
    }
}
