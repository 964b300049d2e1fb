//! One typed column over dense rows (profiles or items), with the time of the write that was kept.

use std::sync::{Arc, OnceLock};

use crate::column::Packed;
use crate::profile::code_index::CodeIndex;
use crate::time::Instant;
use crate::value::Kind;

/// Rows in one chunk: as many as a bitmap chunk has ids.
pub const CHUNK_ROWS: usize = 65_536;

/// A column whose clones share chunks until one is written.
#[derive(Clone, Debug)]
pub struct AttributeColumn {
    kind: Kind,
    version: u64,
    chunks: Vec<Option<Arc<AttributeChunk>>>,
}

/// The rows of one chunk.
#[derive(Debug)]
pub struct AttributeChunk {
    values: Packed,
    written: Packed,
    /// Derived; empty again once the chunk is written.
    index: OnceLock<Option<CodeIndex>>,
    /// Derived as well: values with their rows, rising.
    sorted: OnceLock<Vec<(i64, u16)>>,
}

impl Clone for AttributeChunk {
    fn clone(&self) -> Self {
        Self {
            values: self.values.clone(),
            written: self.written.clone(),
            index: OnceLock::new(),
            sorted: OnceLock::new(),
        }
    }
}

impl AttributeColumn {
    /// A column that nobody has written.
    pub const fn new(kind: Kind) -> Self {
        Self {
            kind,
            version: 0,
            chunks: Vec::new(),
        }
    }

    /// What the values mean: strings and string sets are codes of a pool, decimals micro units, bools 0 and 1, instants ms.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Rises with every write: two columns of one lineage with the same version hold the same.
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// The present value of a row and the time of its write; `None` when unset or never written.
    pub fn read(&self, row: u32) -> Option<(i64, Instant)> {
        let (value, written) = self.last_write(row)?;
        Some((value?, written))
    }

    /// The write that was kept, a remembered `unset` (no value) too; `None` when never written.
    pub fn last_write(&self, row: u32) -> Option<(Option<i64>, Instant)> {
        let chunk = self.chunk(row >> 16)?;
        let row = (row & 0xffff) as usize;
        Some((chunk.values.get(row), Instant(chunk.written.get(row)?)))
    }

    /// Keeps this write, whatever stood there: who wins is decided by the caller.
    pub fn write(&mut self, row: u32, value: Option<i64>, written: Instant) {
        self.version += 1;
        let (key, row) = ((row >> 16) as usize, (row & 0xffff) as usize);
        if self.chunks.len() <= key {
            self.chunks.resize(key + 1, None);
        }
        if let Some(slot) = self.chunks.get_mut(key) {
            let chunk =
                Arc::make_mut(slot.get_or_insert_with(|| Arc::new(AttributeChunk::empty())));
            (chunk.index, chunk.sorted) = (OnceLock::new(), OnceLock::new());
            chunk.values.set(row, value);
            chunk.written.set(row, Some(written.0));
        }
    }

    /// Forgets what was written to a row.
    pub(crate) fn erase(&mut self, row: u32) {
        if self.last_write(row).is_none() {
            return;
        }
        self.version += 1;
        if let Some(Some(chunk)) = self.chunks.get_mut((row >> 16) as usize) {
            let chunk = Arc::make_mut(chunk);
            let row = (row & 0xffff) as usize;
            (chunk.index, chunk.sorted) = (OnceLock::new(), OnceLock::new());
            chunk.values.set(row, None);
            chunk.written.set(row, None);
        }
    }

    /// Keeps many writes at once; of two to the same row the later in the slice stays. Faster than one by one.
    pub fn write_all(&mut self, writes: &[(u32, Option<i64>, Instant)]) {
        let mut by_chunk: std::collections::BTreeMap<u32, Vec<usize>> =
            std::collections::BTreeMap::new();
        for (position, (row, _, _)) in writes.iter().enumerate() {
            by_chunk.entry(row >> 16).or_default().push(position);
        }
        for (key, positions) in by_chunk {
            let chosen = positions
                .iter()
                .filter_map(|position| writes.get(*position));
            if positions.len() < CHUNK_ROWS / 64 {
                chosen.for_each(|(row, value, written)| self.write(*row, *value, *written));
                continue;
            }
            self.version += 1;
            let key = key as usize;
            if self.chunks.len() <= key {
                self.chunks.resize(key + 1, None);
            }
            let Some(slot) = self.chunks.get_mut(key) else {
                continue;
            };
            let (mut values, mut times) = match slot {
                Some(chunk) => (
                    chunk.values.iter().collect(),
                    chunk.written.iter().collect(),
                ),
                None => (vec![None; CHUNK_ROWS], vec![None; CHUNK_ROWS]),
            };
            for (row, value, written) in chosen {
                let row = (row & 0xffff) as usize;
                if let (Some(cell), Some(time)) = (values.get_mut(row), times.get_mut(row)) {
                    (*cell, *time) = (*value, Some(written.0));
                }
            }
            *slot = Some(Arc::new(AttributeChunk {
                values: Packed::from_values(&values),
                written: Packed::from_values(&times),
                index: OnceLock::new(),
                sorted: OnceLock::new(),
            }));
        }
    }

    /// The chunk with key `key`; `None` where nothing was written.
    pub fn chunk(&self, key: u32) -> Option<&AttributeChunk> {
        self.chunks.get(key as usize)?.as_deref()
    }

    /// Bytes on the heap, .
    pub fn heap_bytes(&self) -> usize {
        self.chunks
            .iter()
            .flatten()
            .map(|chunk| {
                chunk.values.heap_bytes() + chunk.written.heap_bytes() + size_of::<AttributeChunk>()
            })
            .sum()
    }
}

impl AttributeChunk {
    fn empty() -> Self {
        Self {
            values: Packed::absent(CHUNK_ROWS),
            written: Packed::absent(CHUNK_ROWS),
            index: OnceLock::new(),
            sorted: OnceLock::new(),
        }
    }

    /// The values, [`CHUNK_ROWS`] long.
    pub const fn values(&self) -> &Packed {
        &self.values
    }

    /// The rows that hold a value, rising. Sorts them when first asked for, about 2 ms.
    pub fn rows_of(&self, value: i64) -> impl Iterator<Item = u16> {
        let sorted = self.sorted.get_or_init(|| {
            let rows = self.values.iter().enumerate();
            let mut all: Vec<_> = rows
                .filter_map(|(row, own)| Some((own?, row as u16)))
                .collect();
            all.sort_unstable();
            all
        });
        let start = sorted.partition_point(|own| own.0 < value);
        let own = sorted.get(start..).unwrap_or_default().iter();
        own.take_while(move |own| own.0 == value).map(|own| own.1)
    }

    /// The rows by code, built when first asked for; `codes_of` appends the codes a value stands for, the same at every call.
    /// `None` where there are too many codes.
    pub fn index(&self, codes_of: impl Fn(i64, &mut Vec<u32>)) -> Option<&CodeIndex> {
        self.index
            .get_or_init(|| CodeIndex::build(&self.values, codes_of))
            .as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn a_column_remembers_the_last_write_of_each_row(
            writes in prop::collection::vec(
                (prop_oneof![0u32..40, 65_530u32..65_545, Just(200_000)], prop::option::of(-5i64..100_000), 0i64..50_000),
                0..60,
            ),
            batch: bool,
        ) {
            let mut column = AttributeColumn::new(Kind::Integer);
            let mut model = BTreeMap::new();
            let writes: Vec<_> = writes.into_iter().map(|(row, value, at)| (row, value, Instant(at))).collect();
            for (row, value, written) in &writes {
                model.insert(*row, (*value, *written));
            }
            if batch {
                column.write_all(&writes);
            } else {
                for (row, value, at) in &writes { column.write(*row, *value, *at); }
            }
            // What is sorted now must not outlive the writes below.
            let rows_of = |column: &AttributeColumn| -> Vec<Vec<u32>> {
                let chunks = || (0..4_u32).filter_map(|key| Some((key, column.chunk(key)?)));
                let of = |value| chunks().flat_map(move |(key, chunk)| chunk.rows_of(value).map(move |row| key << 16 | u32::from(row)));
                (-5..20).map(|value| of(value).collect()).collect()
            };
            let expected = |model: &BTreeMap<u32, (Option<i64>, Instant)>| -> Vec<Vec<u32>> {
                let of = |value: i64| model.iter().filter(move |own| own.1.0 == Some(value)).map(|own| *own.0);
                (-5..20).map(|value| of(value).collect()).collect()
            };
            prop_assert_eq!(expected(&model), rows_of(&column));
            for row in (0..50).step_by(3) {
                model.remove(&row);
                column.erase(row);
            }
            prop_assert_eq!(expected(&model), rows_of(&column));

            for row in (0..50).chain(65_520..65_550).chain([200_000, u32::MAX]) {
                prop_assert_eq!(model.get(&row).copied(), column.last_write(row));
            }
        }
    }

    #[test]
    fn a_large_batch_equals_single_writes() {
        let writes: Vec<_> = (0..5_000u32)
            .map(|x| {
                (
                    x * 29 % 4_000 + 64_000,
                    (x % 7 != 0).then_some(i64::from(x % 300)),
                    Instant(i64::from(x)),
                )
            })
            .collect();
        let (mut single, mut batch) = (
            AttributeColumn::new(Kind::Integer),
            AttributeColumn::new(Kind::Integer),
        );

        for (row, value, at) in &writes {
            single.write(*row, *value, *at);
        }
        batch.write_all(&writes);

        for row in 60_000..70_000 {
            assert_eq!(single.last_write(row), batch.last_write(row));
        }
    }

    #[test]
    fn an_old_clone_keeps_its_values() {
        let mut column = AttributeColumn::new(Kind::Integer);
        column.write(3, Some(1), Instant(0));
        let old = column.clone();

        column.write(3, Some(2), Instant(1));

        assert_eq!(Some((1, Instant(0))), old.read(3));
        assert_eq!(Some((2, Instant(1))), column.read(3));
    }
}
