//! The rows of a column chunk by code. Derived, rebuilt from the chunk.

use crate::bitmap::Words;
use crate::column::Packed;

/// More different codes than this are scanned, not indexed.
const MOST_CODES: usize = 1_024;

/// Above this many rows a code has a bit per row, below it a list.
const MOST_LISTED: usize = 2_048;

/// Which rows of a chunk have a code.
#[derive(Debug)]
pub struct CodeIndex {
    /// Rising by code.
    codes: Vec<(u32, Rows)>,
}

#[derive(Debug)]
enum Rows {
    Listed(Vec<u16>),
    Bits(Box<Words>),
}

impl CodeIndex {
    /// Indexes a chunk of at most 65,536 rows; `codes_of` appends the codes that a value stands for. `None`: too many codes.
    pub fn build(values: &Packed, codes_of: impl Fn(i64, &mut Vec<u32>)) -> Option<Self> {
        let mut rows: hashbrown::HashMap<u32, Vec<u16>> = hashbrown::HashMap::new();
        let mut known: hashbrown::HashMap<i64, Vec<u32>> = hashbrown::HashMap::new();
        for (row, value) in values.iter().enumerate() {
            let Some(value) = value else { continue };
            let codes = known.entry(value).or_insert_with(|| {
                let mut codes = Vec::new();
                codes_of(value, &mut codes);
                codes
            });
            for code in codes {
                rows.entry(*code).or_default().push(row as u16);
            }
            if rows.len() > MOST_CODES {
                return None;
            }
        }
        let mut codes: Vec<_> = rows
            .into_iter()
            .map(|(code, rows)| (code, Rows::of(rows)))
            .collect();
        codes.sort_unstable_by_key(|(code, _)| *code);
        Some(Self { codes })
    }

    fn rows(&self, code: u32) -> Option<&Rows> {
        let place = self
            .codes
            .binary_search_by_key(&code, |(code, _)| *code)
            .ok()?;
        self.codes.get(place).map(|(_, rows)| rows)
    }

    /// Ors in the rows that have any of the codes.
    pub fn any_of(&self, codes: &[u32], words: &mut Words) {
        for rows in codes.iter().filter_map(|code| self.rows(*code)) {
            rows.or_into(words);
        }
    }

    /// Ors in the rows that have all of the codes; none for no codes.
    pub fn all_of(&self, codes: &[u32], words: &mut Words) {
        let Some((first, others)) = codes.split_first() else {
            return;
        };
        let mut common = [0; 1024];
        self.any_of(&[*first], &mut common);
        for code in others {
            let mut own = [0; 1024];
            self.any_of(&[*code], &mut own);
            for (word, own) in common.iter_mut().zip(&own) {
                *word &= own;
            }
        }
        for (word, common) in words.iter_mut().zip(&common) {
            *word |= common;
        }
    }
}

impl Rows {
    fn of(rows: Vec<u16>) -> Self {
        if rows.len() <= MOST_LISTED {
            return Self::Listed(rows);
        }
        let mut words = Box::new([0; 1024]);
        for row in rows {
            put(&mut words, row);
        }
        Self::Bits(words)
    }

    fn or_into(&self, words: &mut Words) {
        match self {
            Self::Listed(rows) => rows.iter().for_each(|row| put(words, *row)),
            Self::Bits(bits) => {
                for (word, bits) in words.iter_mut().zip(bits.iter()) {
                    *word |= bits;
                }
            }
        }
    }
}

#[inline]
fn put(words: &mut Words, row: u16) {
    if let Some(word) = words.get_mut(usize::from(row >> 6)) {
        *word |= 1 << (row & 63);
    }
}
