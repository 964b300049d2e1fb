//! Codes of the values of one dimension: texts lie behind each other, so that looking one up touches little memory.

use hashbrown::{HashMap, HashTable};
use xxhash_rust::xxh3::xxh3_64;

use super::clause::Key;

/// Values and their codes, which count from 0 in order of first mention.
#[derive(Clone, Debug, Default)]
pub(super) struct Codes {
    texts: HashTable<Coded>,
    bytes: Vec<u8>,
    numbers: HashMap<i64, u32>,
}

/// A text that has a code.
#[derive(Clone, Copy, Debug)]
struct Coded {
    /// In [`Codes::bytes`].
    start: u32,
    len: u32,
    code: u32,
}

impl Codes {
    /// How many there are; all codes are less.
    pub(super) fn len(&self) -> usize {
        self.texts.len() + self.numbers.len()
    }

    /// The code of a text; `None` when nobody names it.
    #[inline]
    pub(super) fn of_text(&self, text: &str) -> Option<u32> {
        self.find(xxh3_64(text.as_bytes()), text)
    }

    /// The code of a number.
    pub(super) fn of_number(&self, number: i64) -> Option<u32> {
        self.numbers.get(&number).copied()
    }

    /// The code of a value, which is added when it is new. The values of a dimension are all texts or all numbers.
    pub(super) fn code(&mut self, key: Key<'_>) -> u32 {
        let next = self.len() as u32;
        match key {
            Key::Text(text) => self.code_of_text(text),
            Key::Number(number) => *self.numbers.entry(number).or_insert(next),
        }
    }

    fn code_of_text(&mut self, text: &str) -> u32 {
        let hash = xxh3_64(text.as_bytes());
        if let Some(code) = self.find(hash, text) {
            return code;
        }
        let own = Coded {
            start: self.bytes.len() as u32,
            len: text.len() as u32,
            code: self.texts.len() as u32,
        };
        self.bytes.extend_from_slice(text.as_bytes());
        let Self { texts, bytes, .. } = self;
        let hash_of = |own: &Coded| xxh3_64(own.text(bytes).unwrap_or_default());
        texts.insert_unique(hash, own, hash_of);
        own.code
    }

    #[inline]
    fn find(&self, hash: u64, text: &str) -> Option<u32> {
        let is_it = |own: &Coded| own.text(&self.bytes) == Some(text.as_bytes());
        self.texts.find(hash, is_it).map(|own| own.code)
    }

    /// Bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        (1 + size_of::<Coded>()) * self.texts.capacity()
            + self.bytes.capacity()
            + 17 * self.numbers.capacity()
    }
}

impl Coded {
    #[inline]
    fn text(self, bytes: &[u8]) -> Option<&[u8]> {
        let start = self.start as usize;
        bytes.get(start..start + self.len as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_the_code_of_their_first_mention() {
        let mut codes = Codes::default();
        let text = |number: u32| format!("{:x}", number.wrapping_mul(2_654_435_761) % 3_000);
        let mut known: Vec<String> = Vec::new();
        for number in 0..9_000 {
            let text = text(number);
            let code = codes.code(Key::Text(&text));
            if code as usize == known.len() {
                known.push(text.clone());
            }
            assert_eq!(Some(&text), known.get(code as usize));
        }

        for (code, text) in known.iter().enumerate() {
            assert_eq!(Some(code as u32), codes.of_text(text));
        }
        assert_eq!(known.len(), codes.len());
        assert_eq!(None, codes.of_text("nobody"));
        assert_eq!(None, codes.of_text(""));
        assert_eq!(None, codes.of_number(7));
    }
}
