//! Members as Arrow.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray, UInt32Array};
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{ArrowError, DataType, Field, Schema};
use treffer_core::error::{Error, Result};
use treffer_core::id::{NamespaceId, ProfileId};
use treffer_core::view::View;

/// Rows of one record batch: few enough that the texts of a column never outgrow 32-bit offsets.
const ROWS: usize = 65_536;

/// The namespaces of these names; an unknown one is not found, a repeated one an error.
pub fn namespaces(view: &View, names: &[String]) -> Result<Vec<(String, NamespaceId)>> {
    let mut found: Vec<(String, NamespaceId)> = Vec::with_capacity(names.len());
    for name in names {
        let id = view.catalog().namespace_id(name);
        let id = id.ok_or_else(|| Error::not_found("namespace", name.as_str()))?;
        if found.iter().any(|(_, other)| *other == id) {
            return Err(Error::invalid(
                "namespaces",
                format!("{name:?} is listed twice"),
            ));
        }
        found.push((name.clone(), id));
    }
    Ok(found)
}

/// The members in rows of `profile` and the smallest id in each namespace, in batches of at most 65,536 rows; at least one batch.
pub fn batches(
    view: &View,
    profiles: &[u32],
    namespaces: &[(String, NamespaceId)],
) -> Result<Vec<RecordBatch>> {
    let ids = namespaces
        .iter()
        .map(|(name, _)| Field::new(name, DataType::Utf8, true));
    let profile = Field::new("profile", DataType::UInt32, false);
    let schema = Arc::new(Schema::new(
        [profile].into_iter().chain(ids).collect::<Vec<_>>(),
    ));
    let mut pieces: Vec<&[u32]> = profiles.chunks(ROWS).collect();
    if pieces.is_empty() {
        pieces.push(&[]);
    }
    let batch = |piece: &&[u32]| {
        let column = |(_, namespace): &(String, NamespaceId)| -> ArrayRef {
            let smallest = |profile: &u32| view.names_in(ProfileId(*profile), *namespace).min();
            Arc::new(piece.iter().map(smallest).collect::<StringArray>())
        };
        let profiles: ArrayRef = Arc::new(UInt32Array::from(piece.to_vec()));
        let columns = [profiles]
            .into_iter()
            .chain(namespaces.iter().map(column))
            .collect();
        RecordBatch::try_new(Arc::clone(&schema), columns).map_err(|error| internal(&error))
    };
    pieces.iter().map(batch).collect()
}

/// An Arrow IPC stream of batches of one schema; at least one batch.
pub(crate) fn stream(batches: &[RecordBatch]) -> Result<Vec<u8>> {
    let Some(first) = batches.first() else {
        return Err(Error::Internal("a table without a batch".to_owned()));
    };
    written(first, batches).map_err(|error| internal(&error))
}

fn written(
    first: &RecordBatch,
    batches: &[RecordBatch],
) -> std::result::Result<Vec<u8>, ArrowError> {
    let mut bytes = Vec::with_capacity(first.get_array_memory_size());
    let mut writer = StreamWriter::try_new(&mut bytes, first.schema_ref())?;
    batches.iter().try_for_each(|batch| writer.write(batch))?;
    writer.finish()?;
    drop(writer);
    Ok(bytes)
}

fn internal(error: &ArrowError) -> Error {
    Error::Internal(error.to_string())
}
