//! Sets from lists of ids.

use super::ARRAY_LIMIT;
use super::chunk::Chunk;
use super::set::Bitmap;
use super::words::{Block, Words, bit_of, word_of};

impl Bitmap {
    /// The set of rising `ids`; repeats are harmless, and ids out of order are taken too, only slower.
    pub fn from_sorted(ids: impl IntoIterator<Item = u32>) -> Self {
        let mut builder = Builder::default();
        for id in ids {
            builder.push(id);
        }
        builder.finish()
    }

    /// The set of `ids`, in any order, repeats included.
    pub fn from_slice(ids: &[u32]) -> Self {
        if ids.is_sorted() {
            return Self::from_sorted(ids.iter().copied());
        }
        let mut set = Self::new();
        let mut lows = Vec::with_capacity(ids.len());
        for (key, range) in group(ids, &mut lows) {
            if let Some(lows) = lows.get_mut(range) {
                set.put(key, chunk_of(lows));
            }
        }
        set
    }

    /// Appends a chunk: as [`Bitmap::set_chunk`], and quickest where keys rise.
    pub fn append_words(&mut self, key: u16, words: &Words) {
        self.set_chunk(key, words);
    }
}

/// Sorts `ids` into chunks: fills `lows` and gives, for each key, where its lows are.
fn group(ids: &[u32], lows: &mut Vec<u16>) -> Vec<(u16, std::ops::Range<usize>)> {
    const KEYS: usize = 1 << 16;
    let key_of = |id: u32| (id >> 16) as usize;
    let mut starts = vec![0_usize; KEYS + 1];
    for &id in ids {
        starts[key_of(id) + 1] += 1;
    }
    for key in 0..KEYS {
        starts[key + 1] += starts[key];
    }
    let ranges = (0..KEYS)
        .filter(|&key| starts[key] < starts[key + 1])
        .map(|key| (key as u16, starts[key]..starts[key + 1]))
        .collect();
    lows.resize(ids.len(), 0);
    for &id in ids {
        let next = &mut starts[key_of(id)];
        lows[*next] = id as u16;
        *next += 1;
    }
    ranges
}

/// The chunk of `lows` in any order, repeats included.
fn chunk_of(lows: &mut [u16]) -> Option<Chunk> {
    if lows.len() > ARRAY_LIMIT {
        let mut words = Block::zeroed();
        for &low in lows.iter() {
            words[word_of(low)] |= bit_of(low);
        }
        let len = words.iter().map(|word| word.count_ones()).sum();
        return Chunk::from_words(&words, len);
    }
    lows.sort_unstable();
    let mut ids = lows.to_vec();
    ids.dedup();
    Chunk::from_ids(&ids)
}

/// Gathers rising ids chunk by chunk.
#[derive(Default)]
struct Builder {
    set: Bitmap,
    key: u16,
    /// Strictly increasing ids of chunk `key`, which is not yet in `set`.
    lows: Vec<u16>,
}

impl Builder {
    fn push(&mut self, id: u32) {
        let (key, low) = ((id >> 16) as u16, id as u16);
        if key > self.key || self.lows.is_empty() {
            self.flush();
            self.key = key;
        }
        match self.lows.last() {
            _ if key != self.key => {
                self.set.insert(id);
            }
            Some(last) if *last > low => {
                if let Err(at) = self.lows.binary_search(&low) {
                    self.lows.insert(at, low);
                }
            }
            Some(last) if *last == low => {}
            _ => self.lows.push(low),
        }
    }

    fn flush(&mut self) {
        // Keys only rise from flush to flush, so there is nothing to replace.
        self.set.put(self.key, Chunk::from_ids(&self.lows));
        self.lows.clear();
    }

    fn finish(mut self) -> Bitmap {
        self.flush();
        self.set
    }
}

impl FromIterator<u32> for Bitmap {
    /// Ids in any order, repeats included.
    fn from_iter<I: IntoIterator<Item = u32>>(ids: I) -> Self {
        Self::from_slice(&ids.into_iter().collect::<Vec<_>>())
    }
}

impl Extend<u32> for Bitmap {
    /// Adds ids in any order, repeats included.
    fn extend<I: IntoIterator<Item = u32>>(&mut self, ids: I) {
        let new: Self = ids.into_iter().collect();
        *self = &*self | &new;
    }
}
