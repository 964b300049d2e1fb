//! Lists of ids against a table that has, for each id, one bit for each of 64 sets.

use super::super::kernel::kernels;
use super::super::words::{Block, WORDS};
use super::{Held, Matrix};
use std::borrow::Cow;

/// Sets of a table.
const COLUMNS: usize = 64;
/// Bits of a count: a list has at most 65,536 ids.
const DIGITS: usize = 17;

/// Lists, and room for a table.
#[derive(Default)]
pub(super) struct Rows {
    table: Vec<u64>,
    len: usize,
    /// One after the other.
    ids: Vec<u16>,
    /// For each list its set and where it ends in `ids`.
    lists: Vec<(usize, usize)>,
}

impl Rows {
    /// Forgets all lists; those to come name ids below `len`.
    pub(super) fn start(&mut self, len: usize) {
        self.len = len;
        self.ids.clear();
        self.lists.clear();
    }

    /// Adds the list that `fill` appends, unless it is empty.
    pub(super) fn push_list(&mut self, set: usize, fill: impl FnOnce(&mut Vec<u16>)) {
        let start = self.ids.len();
        fill(&mut self.ids);
        if self.ids.len() > start {
            self.lists.push((set, self.ids.len()));
        }
    }

    /// The ids of a list.
    fn list(&self, at: usize) -> &[u16] {
        let end = |at: usize| self.lists.get(at).map_or(0, |(_, end)| *end);
        let start = at.checked_sub(1).map_or(0, end);
        self.ids.get(start..end(at)).unwrap_or_default()
    }

    /// Adds the overlap of each list with up to 64 sets that are given as words.
    pub(super) fn add_words(
        &mut self,
        held: &[Held<'_>],
        words: &[Cow<'_, Block>],
        matrix: &mut Matrix,
    ) {
        self.table.clear();
        self.table.resize(self.len, 0);
        let mut square = [[0; 4]; COLUMNS];
        for at in (0..WORDS).step_by(4) {
            for (row, words) in square.iter_mut().zip(words) {
                row.copy_from_slice(&words[at..at + 4]);
            }
            (kernels().transpose)(&mut square);
            let rows = self
                .table
                .get_mut(at * 64..(at + 4) * 64)
                .unwrap_or_default();
            for (lane, rows) in rows.chunks_exact_mut(64).enumerate() {
                for (row, four) in rows.iter_mut().zip(&square) {
                    *row = four[lane];
                }
            }
            square = [[0; 4]; COLUMNS];
        }
        for list in 0..self.lists.len() {
            self.count(list, |column, set, count| {
                if let Some(other) = held.get(column) {
                    matrix.add(set, other.set, count);
                }
            });
        }
    }

    /// Adds the overlap of each list with each other.
    pub(super) fn add_lists(&mut self, matrix: &mut Matrix) {
        for first in (0..self.lists.len()).step_by(COLUMNS) {
            let last = (first + COLUMNS).min(self.lists.len());
            self.table.clear();
            self.table.resize(self.len, 0);
            for column in first..last {
                let mut table = std::mem::take(&mut self.table);
                for &id in self.list(column) {
                    if let Some(row) = table.get_mut(usize::from(id)) {
                        *row |= 1 << (column - first);
                    }
                }
                self.table = table;
            }
            // A list meets those after it only; the mirror does the rest.
            for list in 0..last {
                self.count(list, |column, set, count| {
                    if let Some((other, _)) = self
                        .lists
                        .get(first + column)
                        .filter(|_| list < first + column)
                    {
                        matrix.add(set, *other, count);
                    }
                });
            }
        }
    }

    /// Calls `visit` with each column, the list's set and how many of the list's ids have the column's bit.
    fn count(&self, list: usize, mut visit: impl FnMut(usize, usize, u32)) {
        let Some(&(set, _)) = self.lists.get(list) else {
            return;
        };
        let ids = self.list(list);
        let row = |id: u16| self.table.get(usize::from(id)).copied().unwrap_or(0);
        let mut counts = [0_u32; COLUMNS];
        if ids.len() < 48 {
            for &id in ids {
                each_bit(row(id), |column| counts[column] += 1);
            }
        } else {
            let digits = add_up(ids, row);
            for (place, digit) in digits.into_iter().enumerate() {
                each_bit(digit, |column| counts[column] += 1 << place);
            }
        }
        for (column, &count) in counts.iter().enumerate() {
            if count > 0 {
                visit(column, set, count);
            }
        }
    }
}

fn each_bit(mut word: u64, mut visit: impl FnMut(usize)) {
    while word != 0 {
        visit(word.trailing_zeros() as usize);
        word &= word - 1;
    }
}

/// The carry and the sum of three bits in each column.
fn full_adder(a: u64, b: u64, c: u64) -> (u64, u64) {
    let half = a ^ b;
    (a & b | half & c, half ^ c)
}

/// Binary counters, one for each column: digit `i` holds bit `i` of the number of rows that have the column.
fn add_up(ids: &[u16], row: impl Fn(u16) -> u64) -> [u64; DIGITS] {
    let mut digits = [0; DIGITS];
    let mut eights = ids.chunks_exact(8);
    for eight in &mut eights {
        let row = |at: usize| row(eight[at]);
        let (twos_a, ones) = full_adder(row(0), row(1), digits[0]);
        let (twos_b, ones) = full_adder(row(2), row(3), ones);
        let (fours_a, twos) = full_adder(twos_a, twos_b, digits[1]);
        let (twos_a, ones) = full_adder(row(4), row(5), ones);
        let (twos_b, ones) = full_adder(row(6), row(7), ones);
        let (fours_b, twos) = full_adder(twos_a, twos_b, twos);
        let (carry, fours) = full_adder(fours_a, fours_b, digits[2]);
        (digits[0], digits[1], digits[2]) = (ones, twos, fours);
        carry_into(&mut digits, 3, carry);
    }
    for &id in eights.remainder() {
        carry_into(&mut digits, 0, row(id));
    }
    digits
}

fn carry_into(digits: &mut [u64; DIGITS], from: usize, mut carry: u64) {
    for digit in digits.iter_mut().skip(from) {
        if carry == 0 {
            return;
        }
        let before = *digit;
        *digit ^= carry;
        carry &= before;
    }
}
