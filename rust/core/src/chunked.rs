//! A sparse table by dense number.

use std::sync::Arc;

/// Values by number; one never written is the default, and a chunk of those takes no memory. Clones share chunks of `CHUNK`
/// values until one is written.
#[derive(Clone, Debug)]
pub(crate) struct Chunked<T, const CHUNK: usize = 1_024> {
    chunks: Arc<Vec<Option<Arc<Vec<T>>>>>,
}

impl<T, const CHUNK: usize> Default for Chunked<T, CHUNK> {
    fn default() -> Self {
        Self {
            chunks: Arc::default(),
        }
    }
}

impl<T: Clone + Default, const CHUNK: usize> Chunked<T, CHUNK> {
    /// The value of a number; `None` in a chunk that nobody has written.
    #[inline]
    pub(crate) fn get(&self, number: u32) -> Option<&T> {
        let number = number as usize;
        self.chunks
            .get(number / CHUNK)?
            .as_ref()?
            .get(number % CHUNK)
    }

    /// Changes the value of a number.
    pub(crate) fn update<R>(&mut self, number: u32, change: impl FnOnce(&mut T) -> R) -> Option<R> {
        let number = number as usize;
        let chunks = Arc::make_mut(&mut self.chunks);
        if chunks.len() <= number / CHUNK {
            chunks.resize(number / CHUNK + 1, None);
        }
        let chunk = chunks
            .get_mut(number / CHUNK)?
            .get_or_insert_with(|| Arc::new(vec![T::default(); CHUNK]));
        Arc::make_mut(chunk).get_mut(number % CHUNK).map(change)
    }

    /// All values in chunks that somebody has written.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.chunks.iter().flatten().flat_map(|chunk| chunk.iter())
    }

    /// How many values lie in chunks up to the last that somebody has written.
    pub(crate) fn capacity(&self) -> u32 {
        (self.chunks.len() * CHUNK) as u32
    }

    /// Bytes on the heap without what the values point to; shared ones count in full.
    pub(crate) fn heap_bytes(&self) -> usize {
        let chunks = self.chunks.iter().flatten().count();
        self.chunks.capacity() * 8 + chunks * (CHUNK * size_of::<T>() + 40)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_clone_keeps_its_values_and_what_was_never_written_is_the_default() {
        let mut table: Chunked<u32> = Chunked::default();
        assert_eq!(None, table.get(5));
        table.update(5_000, |value| *value = 7);
        let old = table.clone();

        table.update(5_000, |value| *value += 1);

        assert_eq!(Some(&7), old.get(5_000));
        assert_eq!(Some(&8), table.get(5_000));
        assert_eq!((Some(&0), None), (table.get(4_999), table.get(3)));
    }
}
