//! What rows ask of the segments of a person, row by row: for requests that leave few rows.

use super::code::{Code, CodedRow, Subject};
use crate::id::SegmentId;

/// Words of a cache line.
const LINE_WORDS: usize = 16;
/// No clause.
const NOTHING: u32 = u32::MAX;

/// By row the segments that it asks for.
#[derive(Clone, Debug, Default)]
pub(super) struct Demands {
    /// By row where its demand begins; [`NOTHING`] where it has none.
    starts: Vec<u32>,
    /// A demand: how many groups, then of each group and of those that must not be: how many, and which.
    words: Vec<u32>,
}

/// The segments of a person, one bit each.
#[derive(Clone, Debug, Default)]
pub(super) struct Members(Vec<u64>);

impl Demands {
    /// No demands of `rows` rows.
    pub(super) fn of_none(rows: usize) -> Self {
        Self {
            starts: vec![NOTHING; rows],
            words: Vec::new(),
        }
    }

    /// Takes the demand of a row; what is asked for most goes first, so that a look finds it early.
    pub(super) fn push(&mut self, code: &Code, row: &CodedRow, at: u32, popularity: &[u32]) {
        let clauses = code.clauses_of(row).iter();
        let clauses: Vec<_> = clauses
            .filter(|own| own.subject == Subject::Segments)
            .collect();
        let Some(start) = self
            .starts
            .get_mut(at as usize)
            .filter(|_| !clauses.is_empty())
        else {
            return;
        };
        *start = self.words.len() as u32;
        let groups = || clauses.iter().filter(|own| !own.present);
        self.words.push(groups().count() as u32);
        for group in groups() {
            let mut wanted = code.codes(&group.add).to_vec();
            wanted.sort_by_key(|own| std::cmp::Reverse(popularity.get(*own as usize)));
            self.words.push(wanted.len() as u32);
            self.words.extend(wanted);
        }
        let unwanted = clauses.iter().flat_map(|own| code.codes(&own.sub));
        let unwanted: Vec<u32> = unwanted.copied().collect();
        self.words.push(unwanted.len() as u32);
        self.words.extend(unwanted);
    }

    /// Whether a person meets the demand of a row.
    #[inline]
    pub(super) fn are_met(&self, row: u32, members: &Members) -> bool {
        let start = self.starts.get(row as usize).copied().unwrap_or(NOTHING);
        let Some(words) = self.words.get(start as usize..) else {
            return true;
        };
        let Some((groups, mut words)) = words.split_first() else {
            return true;
        };
        for _ in 0..*groups {
            let Some((group, rest)) = next(words) else {
                return false;
            };
            if !group.iter().any(|own| members.has(*own)) {
                return false;
            }
            words = rest;
        }
        next(words).is_none_or(|(unwanted, _)| !unwanted.iter().any(|own| members.has(*own)))
    }

    /// Something of the demand of a row: asked of many rows at once, it brings near what is looked at next.
    #[inline]
    pub(super) fn near(&self, row: u32) -> u32 {
        let start = self.starts.get(row as usize).copied().unwrap_or(NOTHING) as usize;
        let first = self.words.get(start).copied().unwrap_or(0);
        first
            ^ self
                .words
                .get(start.wrapping_add(LINE_WORDS))
                .copied()
                .unwrap_or(0)
    }

    /// Bytes on the heap.
    pub(super) const fn heap_bytes(&self) -> usize {
        4 * (self.starts.capacity() + self.words.capacity())
    }
}

/// A list with its length before it, and what follows.
#[inline]
fn next(words: &[u32]) -> Option<(&[u32], &[u32])> {
    let (len, rest) = words.split_first()?;
    rest.split_at_checked(*len as usize)
}

impl Members {
    /// Takes these segments in, of `bound` that there are.
    pub(super) fn put(&mut self, segments: &[SegmentId], bound: usize) {
        self.0.resize(bound.div_ceil(64), 0);
        for own in segments {
            if let Some(word) = self.0.get_mut(own.index() / 64) {
                *word |= 1 << (own.0 % 64);
            }
        }
    }

    /// Takes them out again.
    pub(super) fn take(&mut self, segments: &[SegmentId]) {
        for own in segments {
            if let Some(word) = self.0.get_mut(own.index() / 64) {
                *word = 0;
            }
        }
    }

    /// Whether a segment is among them.
    #[inline]
    pub(super) fn has(&self, segment: u32) -> bool {
        let word = self.0.get(segment as usize / 64);
        word.is_some_and(|word| word >> (segment % 64) & 1 == 1)
    }
}
