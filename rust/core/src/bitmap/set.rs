//! The set itself: a spine of keys and shared chunks.

use super::ARRAY_LIMIT;
use super::chunk::{Chunk, Run, runs_of};
use super::iter::Iter;
use super::kernel::kernels;
use super::range::ChunkRange;
use super::words::{Block, Words, bit_of, clear_span, has, word_of};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// A set of dense `u32` ids.
///
/// A clone copies the spine (a few bytes for each chunk of 65,536 ids) and shares the
/// chunks; a write to either copies only the chunk it touches. Two bitmaps are equal when
/// they have the same members, however they hold them.
#[derive(Clone, Default)]
pub struct Bitmap {
    /// Strictly increasing; the chunk of `keys[i]` is `chunks[i]`.
    keys: Vec<u16>,
    chunks: Vec<Chunk>,
}

/// The chunk of an id and its place there.
fn split(id: u32) -> (u16, u16) {
    ((id >> 16) as u16, id as u16)
}

impl Bitmap {
    /// The empty set.
    pub const fn new() -> Self {
        Self {
            keys: Vec::new(),
            chunks: Vec::new(),
        }
    }

    /// All ids of `range`; an empty or backward range gives the empty set.
    pub fn full(range: Range<u32>) -> Self {
        let mut set = Self::new();
        if range.is_empty() {
            return set;
        }
        let (first, start) = split(range.start);
        let (last, end) = split(range.end - 1);
        for key in first..=last {
            let run = Run {
                start: if key == first { start } else { 0 },
                end: if key == last { end } else { u16::MAX },
            };
            set.put(key, Chunk::from_runs(vec![run]));
        }
        set
    }

    /// How many ids.
    pub fn len(&self) -> u64 {
        self.chunks.iter().map(|chunk| u64::from(chunk.len())).sum()
    }

    /// Whether there is no id.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Whether `id` is a member.
    pub fn contains(&self, id: u32) -> bool {
        let (key, low) = split(id);
        self.chunk(key).is_some_and(|chunk| chunk.contains(low))
    }

    /// The smallest id, or none.
    pub fn min(&self) -> Option<u32> {
        self.iter().next()
    }

    /// The largest id, or none.
    pub fn max(&self) -> Option<u32> {
        let (key, chunk) = self.keys.last().zip(self.chunks.last())?;
        let low = match chunk {
            Chunk::Array(ids) => *ids.last()?,
            Chunk::Runs { runs, .. } => runs.last()?.end,
            Chunk::Full => u16::MAX,
            Chunk::Bits { words, .. } => {
                let (at, word) = words.iter().enumerate().rfind(|(_, word)| **word != 0)?;
                (at * 64) as u16 + (63 - word.leading_zeros() as u16)
            }
        };
        Some(u32::from(*key) << 16 | u32::from(low))
    }

    /// The ids, rising.
    pub fn iter(&self) -> Iter<'_> {
        Iter::new(&self.keys, &self.chunks)
    }

    /// Adds `id`; false when it was a member already.
    pub fn insert(&mut self, id: u32) -> bool {
        let (key, low) = split(id);
        match self.find(key) {
            Ok(at) => self.chunks.get_mut(at).is_some_and(|chunk| add(chunk, low)),
            Err(at) => {
                self.keys.insert(at, key);
                self.chunks.insert(at, Chunk::Array(Arc::from([low])));
                true
            }
        }
    }

    /// Takes `id` away; false when it was no member.
    pub fn remove(&mut self, id: u32) -> bool {
        let (key, low) = split(id);
        let Ok(at) = self.find(key) else {
            return false;
        };
        match self.chunks.get_mut(at).map(|chunk| take(chunk, low)) {
            Some(Taken::Kept) => true,
            Some(Taken::Emptied) => {
                self.keys.remove(at);
                self.chunks.remove(at);
                true
            }
            Some(Taken::Missing) | None => false,
        }
    }

    /// Keys of the chunks that have members, rising: the upper 16 bits of their ids.
    pub fn chunk_keys(&self) -> &[u16] {
        &self.keys
    }

    /// The smallest range of chunks that holds all ids.
    pub fn chunks(&self) -> ChunkRange {
        match (self.keys.first(), self.keys.last()) {
            (Some(&first), Some(&last)) => ChunkRange::new(u32::from(first)..u32::from(last) + 1),
            _ => ChunkRange::NONE,
        }
    }

    /// Replaces the chunk of `key` by the bits of `words`, in the container that suits them.
    pub fn set_chunk(&mut self, key: u16, words: &Words) {
        let len = (kernels().count)(words);
        self.put(key, Chunk::from_words(words, len));
    }

    /// Writes the chunk of `key` to `words`: zeroes where it is absent.
    pub fn fill_words(&self, key: u16, words: &mut Words) {
        match self.chunk(key) {
            Some(chunk) => chunk.write_to(words),
            None => words.fill(0),
        }
    }

    /// Turns chunks into runs where that is much smaller; members stay the same.
    pub fn optimize(&mut self) {
        for chunk in &mut self.chunks {
            if let Some(smaller) = chunk.compressed() {
                *chunk = smaller;
            }
        }
    }

    /// Bytes on the heap; chunks that are shared with other bitmaps count in full.
    pub fn heap_bytes(&self) -> usize {
        let spine =
            self.keys.capacity() * size_of::<u16>() + self.chunks.capacity() * size_of::<Chunk>();
        spine + self.chunks.iter().map(Chunk::heap_bytes).sum::<usize>()
    }

    /// Checks the invariants of spine and containers; says what is broken first.
    pub fn validate(&self) -> Result<(), String> {
        if self.keys.len() != self.chunks.len() {
            return Err("spine has unlike numbers of keys and chunks".to_owned());
        }
        if !self.keys.is_sorted_by(|a, b| a < b) {
            return Err("keys are not strictly increasing".to_owned());
        }
        self.keys
            .iter()
            .zip(&self.chunks)
            .try_for_each(|(key, chunk)| {
                chunk
                    .validate()
                    .map_err(|what| format!("chunk {key}: {what}"))
            })
    }

    /// Keys and chunks, side by side.
    pub(super) fn spine(&self) -> (&[u16], &[Chunk]) {
        (&self.keys, &self.chunks)
    }

    pub(super) fn chunk(&self, key: u16) -> Option<&Chunk> {
        self.chunks.get(self.find(key).ok()?)
    }

    /// Makes ids members (`true`) or not, each at most once and rising; a chunk is copied once however many of its ids turn.
    pub fn turn(&mut self, ids: &[(u32, bool)]) {
        for group in ids.chunk_by(|a, b| split(a.0).0 == split(b.0).0) {
            if let [(id, member)] = group {
                _ = if *member {
                    self.insert(*id)
                } else {
                    self.remove(*id)
                };
                continue;
            }
            let Some((key, _)) = group.first().map(|(id, _)| split(*id)) else {
                continue;
            };
            let old = self.find(key).ok().and_then(|at| self.chunks.get_mut(at));
            if let Some(Chunk::Bits { words, len }) = old
                && turn_bits(&mut *Arc::make_mut(words), len, group)
            {
                continue;
            }
            if let Some(Chunk::Array(old)) = old {
                let new = turn_ids(old, group);
                self.put(key, Chunk::from_ids(&new));
                continue;
            }
            let mut words = Block::zeroed();
            self.fill_words(key, &mut words);
            turn_bits(&mut words, &mut 0, group);
            self.set_chunk(key, &words);
        }
    }

    /// Replaces the chunk of `key`; none removes it.
    pub(super) fn put(&mut self, key: u16, chunk: Option<Chunk>) {
        match (self.find(key), chunk) {
            (Ok(at), Some(chunk)) => {
                if let Some(old) = self.chunks.get_mut(at) {
                    *old = chunk;
                }
            }
            (Ok(at), None) => {
                self.keys.remove(at);
                self.chunks.remove(at);
            }
            (Err(at), Some(chunk)) => {
                self.keys.insert(at, key);
                self.chunks.insert(at, chunk);
            }
            (Err(_), None) => {}
        }
    }

    /// Where `key` is, or where it would go.
    fn find(&self, key: u16) -> Result<usize, usize> {
        // Sets are mostly built and read in rising order.
        match self.keys.last() {
            Some(last) if *last < key => Err(self.keys.len()),
            Some(last) if *last == key => Ok(self.keys.len() - 1),
            _ => self.keys.binary_search(&key),
        }
    }
}

/// Turns bits and counts along; `false` when another container would suit them from now on.
fn turn_bits(words: &mut Words, len: &mut u32, ids: &[(u32, bool)]) -> bool {
    for (id, member) in ids {
        let (_, low) = split(*id);
        let (word, bit) = (&mut words[word_of(low)], bit_of(low));
        let was = *word & bit != 0;
        *word = if *member { *word | bit } else { *word & !bit };
        *len = len
            .wrapping_add(u32::from(*member))
            .wrapping_sub(u32::from(was));
    }
    (ARRAY_LIMIT as u32 + 1..super::CHUNK_BITS).contains(len)
}

/// The ids after turns of some of them.
fn turn_ids(old: &[u16], turns: &[(u32, bool)]) -> Vec<u16> {
    let (mut new, mut rest) = (Vec::with_capacity(old.len() + turns.len()), old);
    for (id, member) in turns {
        let (_, low) = split(*id);
        let (before, after) = rest.split_at(rest.partition_point(|own| *own < low));
        new.extend_from_slice(before);
        if *member {
            new.push(low);
        }
        rest = after.strip_prefix(&[low]).unwrap_or(after);
    }
    new.extend_from_slice(rest);
    new
}

/// Adds `low` to a chunk; false when it was there.
fn add(chunk: &mut Chunk, low: u16) -> bool {
    match chunk {
        Chunk::Array(ids) => {
            let Err(at) = ids.binary_search(&low) else {
                return false;
            };
            let (before, after) = ids.split_at(at);
            if ids.len() < ARRAY_LIMIT {
                *ids = before.iter().chain(&[low]).chain(after).copied().collect();
            } else {
                let longer = [before, &[low], after].concat();
                if let Some(bits) = Chunk::from_ids(&longer) {
                    *chunk = bits;
                }
            }
            true
        }
        Chunk::Bits { len, words } => {
            if has(words, low) {
                return false;
            }
            Arc::make_mut(words)[word_of(low)] |= bit_of(low);
            *len += 1;
            if *len == super::CHUNK_BITS {
                *chunk = Chunk::Full;
            }
            true
        }
        Chunk::Runs { .. } => {
            !chunk.contains(low) && rewrite(chunk, |words| words[word_of(low)] |= bit_of(low))
        }
        Chunk::Full => false,
    }
}

enum Taken {
    Kept,
    Emptied,
    Missing,
}

/// Takes `low` from a chunk.
fn take(chunk: &mut Chunk, low: u16) -> Taken {
    match chunk {
        Chunk::Array(ids) => {
            let Ok(at) = ids.binary_search(&low) else {
                return Taken::Missing;
            };
            if ids.len() == 1 {
                return Taken::Emptied;
            }
            let (before, after) = ids.split_at(at);
            *ids = before.iter().chain(after.iter().skip(1)).copied().collect();
        }
        Chunk::Bits { len, words } => {
            if !has(words, low) {
                return Taken::Missing;
            }
            Arc::make_mut(words)[word_of(low)] &= !bit_of(low);
            *len -= 1;
            // Half the limit, so that a set that hovers around it does not change its form each time.
            if *len as usize <= ARRAY_LIMIT / 2
                && let Some(array) = Chunk::from_words(words, *len)
            {
                *chunk = array;
            }
        }
        Chunk::Runs { len, .. } => {
            let last = *len == 1;
            if !chunk.contains(low) {
                return Taken::Missing;
            }
            if last {
                return Taken::Emptied;
            }
            rewrite(chunk, |words| words[word_of(low)] &= !bit_of(low));
        }
        Chunk::Full => {
            let mut words = Block::zeroed();
            words.fill(u64::MAX);
            clear_span(&mut words, low, low);
            if let Some(runs) = Chunk::from_runs(runs_of(&words)) {
                *chunk = runs;
            }
        }
    }
    Taken::Kept
}

/// Writes a chunk of runs anew after `change`, as runs while they are few.
fn rewrite(chunk: &mut Chunk, change: impl FnOnce(&mut Words)) -> bool {
    let mut words = Block::zeroed();
    chunk.set_in(&mut words);
    change(&mut words);
    let len = (kernels().count)(&words);
    if let Some(new) = Chunk::from_words(&words, len) {
        *chunk = new.compressed().unwrap_or(new);
    }
    true
}

impl PartialEq for Bitmap {
    fn eq(&self, other: &Self) -> bool {
        self.keys == other.keys
            && self
                .chunks
                .iter()
                .zip(&other.chunks)
                .all(|(a, b)| a.equals(b))
    }
}

impl Eq for Bitmap {}

impl fmt::Debug for Bitmap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 8;
        write!(f, "Bitmap({} ids in {} chunks", self.len(), self.keys.len())?;
        for (at, id) in self.iter().take(SHOWN).enumerate() {
            write!(f, "{} {id}", if at == 0 { ":" } else { "," })?;
        }
        let more = self.len() > SHOWN as u64;
        f.write_str(if more { " ...)" } else { ")" })
    }
}
