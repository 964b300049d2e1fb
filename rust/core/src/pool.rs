//! Byte strings and their dense codes.

use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::directory::Directory;
use crate::rows::Texts;

/// Entries in one arena.
const ARENA: usize = 4_096;

/// So many look-ups wait for memory together.
const AT_ONCE: usize = 256;

/// Any constant; the same everywhere, so that equal input gives equal memory.
const SEED: u64 = 0x7472_6566_6665_7221;

/// An append-only list of different byte strings with look-up both ways; a clone is cheap.
///
/// Codes count from 0 in order of first mention.
#[derive(Clone, Debug, Default)]
pub struct Pool {
    arenas: Arc<Vec<Arc<Arena>>>,
    directory: Directory,
}

#[derive(Clone, Debug, Default)]
struct Arena {
    /// Where each entry ends; it starts where the one before ends.
    ends: Vec<u32>,
    bytes: Vec<u8>,
}

impl Arena {
    #[inline]
    fn get(&self, entry: usize) -> Option<&[u8]> {
        let start = if entry == 0 {
            0
        } else {
            *self.ends.get(entry - 1)? as usize
        };
        self.bytes.get(start..*self.ends.get(entry)? as usize)
    }

    fn push(&mut self, entry: &[u8]) {
        self.bytes.extend_from_slice(entry);
        self.ends.push(self.bytes.len() as u32);
        if self.ends.len() == ARENA {
            self.bytes.shrink_to_fit();
        }
    }
}

/// The texts of some rows, in order of first mention; behind a dictionary each once.
pub(crate) struct Mentioned<'a> {
    pub(crate) texts: Vec<&'a str>,
    /// By row: which of the texts; `None` where the row has none.
    pub(crate) places: Vec<Option<u32>>,
}

impl<'a> Mentioned<'a> {
    /// The texts of the rows below `len` that are `present`.
    pub(crate) fn of(texts: &'a Texts, len: usize, present: impl Fn(usize) -> bool) -> Self {
        let distinct = texts.keys.as_ref().map_or(0, |_| texts.offsets.len());
        let mut known: Vec<Option<u32>> = vec![None; distinct];
        let mut mentioned = Self {
            texts: Vec::with_capacity(len),
            places: Vec::with_capacity(len),
        };
        for row in 0..len {
            let key = texts.keys.as_ref().and_then(|keys| keys.get(row));
            let known = key.and_then(|key| known.get_mut(*key as usize));
            let place = match known {
                _ if !present(row) => None,
                Some(Some(place)) => Some(*place),
                known => texts.get(row).map(|text| {
                    mentioned.texts.push(text);
                    let place = mentioned.texts.len() as u32 - 1;
                    known.into_iter().for_each(|known| *known = Some(place));
                    place
                }),
            };
            mentioned.places.push(place);
        }
        mentioned
    }
}

fn hash(entry: &[u8]) -> u32 {
    xxh3_64_with_seed(entry, SEED) as u32
}

fn entry(arenas: &[Arc<Arena>], code: u32) -> Option<&[u8]> {
    arenas
        .get(code as usize / ARENA)?
        .get(code as usize % ARENA)
}

impl Pool {
    /// A pool of nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many entries there are; all codes are less.
    pub const fn len(&self) -> u32 {
        self.directory.len() as u32
    }

    /// Whether there are no entries.
    pub const fn is_empty(&self) -> bool {
        self.directory.is_empty()
    }

    /// The code of an entry; `None` when it was never added.
    #[inline]
    pub fn code(&self, bytes: &[u8]) -> Option<u32> {
        self.find(hash(bytes), bytes)
    }

    fn find(&self, hash: u32, bytes: &[u8]) -> Option<u32> {
        let is_it = |code: u32| entry(&self.arenas, code) == Some(bytes);
        self.directory.find(hash, is_it)
    }

    /// The code of an entry, which is added when it is new.
    pub fn intern(&mut self, bytes: &[u8]) -> u32 {
        self.intern_hashed(hash(bytes), bytes)
    }

    fn intern_hashed(&mut self, key: u32, bytes: &[u8]) -> u32 {
        if let Some(code) = self.find(key, bytes) {
            return code;
        }
        let code = self.len();
        let arenas = Arc::make_mut(&mut self.arenas);
        if code as usize == arenas.len() * ARENA {
            arenas.push(Arc::default());
        }
        if let Some(arena) = arenas.last_mut() {
            Arc::make_mut(arena).push(bytes);
        }
        self.directory.insert(key, code);
        code
    }

    /// The codes of many entries; new ones are added in the given order.
    pub(crate) fn intern_each(&mut self, entries: &[&[u8]]) -> Vec<u32> {
        let mut codes = Vec::with_capacity(entries.len());
        let (mut hashes, mut likely) = (Vec::new(), Vec::new());
        for entries in entries.chunks(AT_ONCE) {
            hashes.clear();
            hashes.extend(entries.iter().map(|bytes| hash(bytes)));
            likely.clear();
            self.directory
                .find_each(&hashes, |_, _| true, |found| likely.push(found));
            // Brings near what is compared below.
            let near = likely.iter().flatten();
            let near = near.filter_map(|code| entry(&self.arenas, *code)?.last());
            std::hint::black_box(near.fold(0, |all, byte| all ^ byte));
            for ((bytes, hash), likely) in entries.iter().zip(&hashes).zip(&likely) {
                let known = likely.filter(|code| entry(&self.arenas, *code) == Some(*bytes));
                codes.push(known.unwrap_or_else(|| self.intern_hashed(*hash, bytes)));
            }
        }
        codes
    }

    /// Adds the text of each of `len` rows that is `present`, in order of first mention, and gives the codes; behind a
    /// dictionary each text is looked at once.
    pub fn intern_rows(
        &mut self,
        texts: &Texts,
        len: usize,
        present: impl Fn(usize) -> bool,
    ) -> Vec<Option<i64>> {
        let mentioned = Mentioned::of(texts, len, present);
        let entries: Vec<&[u8]> = mentioned.texts.iter().map(|text| text.as_bytes()).collect();
        let codes = self.intern_each(&entries);
        let code = |place: &Option<u32>| Some(i64::from(*codes.get((*place)? as usize)?));
        mentioned.places.iter().map(code).collect()
    }

    /// The entry with this code; `None` when the code was never given.
    #[inline]
    pub fn get(&self, code: u32) -> Option<&[u8]> {
        entry(&self.arenas, code)
    }

    /// The entry with this code as text; `None` when the code was never given or is not UTF-8.
    pub fn text(&self, code: u32) -> Option<&str> {
        std::str::from_utf8(self.get(code)?).ok()
    }

    /// All entries in order of their codes.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).filter_map(|code| self.get(code))
    }

    /// Bytes on the heap; shared ones count in full.
    pub fn heap_bytes(&self) -> usize {
        let arenas: usize = self
            .arenas
            .iter()
            .map(|arena| {
                size_of::<Arena>() + 16 + arena.ends.capacity() * 4 + arena.bytes.capacity()
            })
            .sum();
        self.arenas.capacity() * 8 + arenas + self.directory.heap_bytes()
    }

    /// Checks the invariants: each code leads to an entry that leads back to the code.
    pub fn validate(&self) -> Result<(), String> {
        self.directory
            .validate(|code| self.get(code).map_or(0, hash))?;
        let held: usize = self.arenas.iter().map(|arena| arena.ends.len()).sum();
        if held != self.len() as usize {
            return Err(format!("{held} entries, {} codes", self.len()));
        }
        let lost = (0..self.len())
            .find(|code| self.get(*code).and_then(|bytes| self.code(bytes)) != Some(*code));
        lost.map_or(Ok(()), |code| Err(format!("code {code} is lost")))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    #[test]
    fn thousands_of_entries_keep_the_code_of_their_first_mention() {
        let (mut pool, mut model) = (Pool::new(), HashMap::new());
        for number in 0..30_000u32 {
            let text = format!("{:x}", number.wrapping_mul(2_654_435_761) % 12_000);
            let next = model.len() as u32;
            let code = *model.entry(text.clone()).or_insert(next);
            assert_eq!(code, pool.intern(text.as_bytes()));
        }
        assert_eq!(Ok(()), pool.validate());
        assert_eq!(model.len(), pool.len() as usize);
        for (text, code) in &model {
            assert_eq!(Some(*code), pool.code(text.as_bytes()));
            assert_eq!(Some(text.as_str()), pool.text(*code));
        }
        assert_eq!(None, pool.code(b"nobody"));
        assert_eq!(None, pool.get(pool.len()));
    }

    #[test]
    fn an_old_clone_knows_nothing_of_later_entries() {
        let mut pool = Pool::new();
        (0..5_000).for_each(|number: u32| _ = pool.intern(&number.to_le_bytes()));
        let old = pool.clone();

        (0..9_000).for_each(|number: u32| _ = pool.intern(&number.to_le_bytes()));

        assert_eq!(5_000, old.len());
        assert_eq!(None, old.code(&7_000u32.to_le_bytes()));
        assert_eq!(Ok(()), old.validate());
        assert_eq!(Ok(()), pool.validate());
    }

    proptest! {
        #[test]
        fn rows_behind_a_dictionary_get_the_codes_of_their_texts(
            words in prop::collection::vec("[ab]{0,2}", 1..6),
            rows in prop::collection::vec((0usize..6, any::<bool>()), 0..40),
        ) {
            let keys: Vec<u32> = rows.iter().map(|(key, _)| (key % words.len()) as u32).collect();
            let mut texts: Texts = words.iter().map(String::as_str).collect();
            texts.keys = Some(keys.clone());
            let (mut pool, mut model) = (Pool::new(), Pool::new());

            let codes = pool.intern_rows(&texts, rows.len(), |row| rows[row].1);

            for (row, (key, (_, present))) in keys.iter().zip(&rows).enumerate() {
                let expected = present.then(|| i64::from(model.intern(words[*key as usize].as_bytes())));
                prop_assert_eq!(expected, codes[row]);
            }
            prop_assert_eq!(model.len(), pool.len());
        }
    }

    /// Among so many there are different texts with the same hash.
    #[test]
    fn many_at_once_get_the_codes_they_would_get_one_by_one() {
        let texts: Vec<String> = (0..200_000).map(|number| format!("id-{number}")).collect();
        let entries: Vec<&[u8]> = texts.iter().map(String::as_bytes).collect();
        let hashes: std::collections::HashSet<u32> =
            entries.iter().map(|text| hash(text)).collect();
        assert!(hashes.len() < entries.len());
        let (mut pool, mut model) = (Pool::new(), Pool::new());

        for repeated in [&entries[..1_000], &entries[500..], &entries[..]] {
            let expected: Vec<u32> = repeated.iter().map(|text| model.intern(text)).collect();
            // Not `assert_eq`, which would print all of them.
            assert!(expected == pool.intern_each(repeated));
        }

        assert_eq!(Ok(()), pool.validate());
    }

    #[test]
    #[ignore = "a measurement"]
    fn ten_million_short_ids() {
        let start = std::time::Instant::now();
        let mut pool = Pool::new();
        for number in 0..10_000_000u64 {
            pool.intern(format!("c{:09}", number.wrapping_mul(7_919) % 1_000_000_007).as_bytes());
        }
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "{:.1} bytes each, {:.2} M/s",
            pool.heap_bytes() as f64 / 1e7,
            10.0 / seconds
        );
        let start = std::time::Instant::now();
        let copy = pool.clone();
        pool.intern(b"one more");
        println!(
            "clone and first write {:?}, {} {}",
            start.elapsed(),
            copy.len(),
            pool.len()
        );
    }
}
