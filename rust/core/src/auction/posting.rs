//! Which rows name which value.

use crate::bitmap::line::{LINE_BITS, Line};

/// Sets of rows by value code. Long ones are lines, short ones lists.
#[derive(Clone, Debug, Default)]
pub(super) struct Postings {
    /// By code where its rows begin; one more at the end.
    starts: Vec<u32>,
    rows: Vec<u32>,
    /// By code where its lines begin; [`NONE`] for those that are lists.
    dense: Vec<u32>,
    lines: Vec<Line>,
    /// Lines of one set.
    width: usize,
}

const NONE: u32 = u32::MAX;

/// The rows of one value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Posting<'a> {
    /// A list, rising.
    Rows(&'a [u32]),
    /// One bit for each row.
    Lines(&'a [Line]),
}

impl Postings {
    /// Collects the rows of values, in rising order; `width` lines hold all rows, and lists have less than `limit`.
    pub(super) fn of(pairs: &[(u32, u32)], codes: usize, width: usize, limit: usize) -> Self {
        let mut counts = vec![0_u32; codes];
        for (code, _) in pairs {
            if let Some(count) = counts.get_mut(*code as usize) {
                *count += 1;
            }
        }
        let mut postings = Self {
            starts: Vec::with_capacity(codes + 1),
            rows: Vec::new(),
            dense: Vec::with_capacity(codes),
            lines: Vec::new(),
            width,
        };
        let mut start = 0;
        for count in &counts {
            postings.starts.push(start);
            let is_dense = *count as usize >= limit;
            let place = if is_dense {
                postings.lines.len() as u32
            } else {
                NONE
            };
            postings.dense.push(place);
            if is_dense {
                let end = postings.lines.len() + width;
                postings.lines.resize(end, Line::default());
            } else {
                start += count;
            }
        }
        postings.starts.push(start);
        postings.rows = vec![0; start as usize];
        postings.fill(pairs);
        postings
    }

    fn fill(&mut self, pairs: &[(u32, u32)]) {
        let mut next = self.starts.clone();
        for (code, row) in pairs {
            let dense = self.dense.get(*code as usize).copied().unwrap_or(NONE);
            if dense == NONE {
                let Some(next) = next.get_mut(*code as usize) else {
                    continue;
                };
                if let Some(cell) = self.rows.get_mut(*next as usize) {
                    *cell = *row;
                }
                *next += 1;
            } else if let Some(lines) = self.lines.get_mut(dense as usize..) {
                set(lines, *row);
            }
        }
    }

    /// The rows of a value; none for a code that was not given.
    #[inline]
    pub(super) fn get(&self, code: u32) -> Posting<'_> {
        let code = code as usize;
        let dense = self.dense.get(code).copied().unwrap_or(NONE);
        if dense != NONE {
            let lines = self.lines.get(dense as usize..dense as usize + self.width);
            return Posting::Lines(lines.unwrap_or_default());
        }
        let bounds = (self.starts.get(code), self.starts.get(code + 1));
        let rows = match bounds {
            (Some(start), Some(end)) => self.rows.get(*start as usize..*end as usize),
            _ => None,
        };
        Posting::Rows(rows.unwrap_or_default())
    }

    /// Bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        4 * (self.starts.capacity() + self.rows.capacity() + self.dense.capacity())
            + size_of::<Line>() * self.lines.capacity()
    }
}

impl Posting<'_> {
    /// Whether there are none for sure.
    pub(super) const fn is_nothing(&self) -> bool {
        matches!(self, Self::Rows([]))
    }

    /// Sets the rows.
    pub(super) fn add_to(self, lines: &mut [Line]) {
        match self {
            Self::Rows(rows) => rows.iter().for_each(|row| set(lines, *row)),
            Self::Lines(own) => {
                let pairs = lines.iter_mut().zip(own);
                pairs.for_each(|(line, own)| *line = line.or(own));
            }
        }
    }

    /// Sets the rows, as far as it is told in lines in those that are named.
    pub(super) fn add_where(self, lines: &mut [Line], live: &[u32]) {
        let Self::Lines(own) = self else {
            return self.add_to(lines);
        };
        for at in live.iter().map(|at| *at as usize) {
            if let (Some(line), Some(own)) = (lines.get_mut(at), own.get(at)) {
                *line = line.or(own);
            }
        }
    }

    /// Clears the rows.
    pub(super) fn take_from(self, lines: &mut [Line]) {
        match self {
            Self::Rows(rows) => rows.iter().for_each(|row| clear(lines, *row)),
            Self::Lines(own) => {
                let pairs = lines.iter_mut().zip(own);
                pairs.for_each(|(line, own)| *line = line.and_not(own));
            }
        }
    }

    /// Whether a row is among them.
    pub(super) fn has(self, row: u32) -> bool {
        match self {
            Self::Rows(rows) => rows.binary_search(&row).is_ok(),
            Self::Lines(lines) => has(lines, row),
        }
    }

    /// Visits all rows, rising.
    pub(super) fn each(self, mut visit: impl FnMut(u32)) {
        match self {
            Self::Rows(rows) => rows.iter().for_each(|row| visit(*row)),
            Self::Lines(lines) => {
                for (at, line) in lines.iter().enumerate() {
                    rows_of(at, line, &mut visit);
                }
            }
        }
    }
}

/// Sets a row.
#[inline]
pub(super) fn set(lines: &mut [Line], row: u32) {
    if let Some(line) = lines.get_mut(row as usize / LINE_BITS) {
        line.0[row as usize / 64 % 8] |= 1 << (row % 64);
    }
}

/// Clears a row.
#[inline]
pub(super) fn clear(lines: &mut [Line], row: u32) {
    if let Some(line) = lines.get_mut(row as usize / LINE_BITS) {
        line.0[row as usize / 64 % 8] &= !(1 << (row % 64));
    }
}

/// Clears a row if so, without a branch.
#[inline]
pub(super) fn clear_if(lines: &mut [Line], row: u32, is_so: bool) {
    if let Some(line) = lines.get_mut(row as usize / LINE_BITS) {
        line.0[row as usize / 64 % 8] &= !(u64::from(is_so) << (row % 64));
    }
}

/// Whether a row is set.
#[inline]
pub(super) fn has(lines: &[Line], row: u32) -> bool {
    let line = lines.get(row as usize / LINE_BITS);
    line.is_some_and(|line| line.0[row as usize / 64 % 8] >> (row % 64) & 1 == 1)
}

/// Visits the rows that are set in line `at`, rising.
#[inline]
pub(super) fn rows_of(at: usize, line: &Line, visit: &mut impl FnMut(u32)) {
    for (place, word) in line.0.iter().enumerate() {
        let mut left = *word;
        while left != 0 {
            visit((at * LINE_BITS + place * 64) as u32 + left.trailing_zeros());
            left &= left - 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_lines_hold_the_same_rows() {
        let pairs: Vec<(u32, u32)> = (0..900)
            .map(|row| (row % 3, row))
            .filter(|(code, row)| *code != 1 || *row < 90)
            .collect();
        let postings = Postings::of(&pairs, 4, 2, 100);
        for code in 0..4 {
            let expected: Vec<u32> = pairs
                .iter()
                .filter(|own| own.0 == code)
                .map(|own| own.1)
                .collect();
            let mut found = Vec::new();
            postings.get(code).each(|row| found.push(row));
            assert_eq!(expected, found);
            let mut lines = vec![Line::default(); 2];
            postings.get(code).add_to(&mut lines);
            assert!(expected.iter().all(|row| has(&lines, *row)));
            assert_eq!(
                expected.len() as u32,
                lines.iter().map(Line::count).sum::<u32>()
            );
            postings.get(code).take_from(&mut lines);
            assert!(lines.iter().all(Line::is_empty));
        }
    }
}
