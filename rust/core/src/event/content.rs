//! What tells one event from another: hashes of its id, its fields and its ids.

use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use crate::id::NamespaceId;
use crate::typed::Cell;

/// Hashes of an event. Two events with the same key are taken for the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EventKey {
    /// Of the event id.
    pub id: u128,
    /// Of the fields, by slot.
    pub fields: u32,
    /// Of the ids of whoever did it.
    pub ids: u32,
}

/// The hash of an event id.
pub(crate) fn hash_id(event_id: &str) -> u128 {
    xxh3_128(event_id.as_bytes())
}

/// The hash of present fields, which come in order of their slots. `scratch` spares an allocation.
pub(crate) fn hash_fields<'a>(
    fields: impl Iterator<Item = (usize, Cell<'a>)>,
    scratch: &mut Vec<u8>,
) -> u32 {
    scratch.clear();
    for (slot, cell) in fields {
        scratch.extend_from_slice(&(slot as u16).to_le_bytes());
        cell.write_to(scratch);
    }
    xxh3_64(scratch) as u32
}

/// The hash of the ids of a row, in any order, each once.
pub(crate) fn hash_ids<'a>(
    ids: impl Iterator<Item = (NamespaceId, &'a str)>,
    scratch: &mut Vec<u8>,
) -> u32 {
    ids.fold(0u32, |sum, (namespace, value)| {
        scratch.clear();
        scratch.extend_from_slice(&namespace.0.to_le_bytes());
        scratch.extend_from_slice(value.as_bytes());
        sum.wrapping_add(xxh3_64(scratch) as u32)
    })
}
