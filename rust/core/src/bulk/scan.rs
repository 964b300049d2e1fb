//! Scans of packed columns into bits: which rows hold such a value.

use crate::bulk::values::Values;
use crate::column::{Cells, CodeRange, Packed};

/// Packs 64 flags of 0 or 1, the first into the lowest bit.
#[inline]
fn packed(flags: &[u8; 64]) -> u64 {
    let mut word = 0;
    for (byte, eight) in flags.as_chunks::<8>().0.iter().enumerate() {
        // Each flag lands on the bit of its place in the highest byte; no two partial products meet.
        word |=
            (u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56) << (byte * 8);
    }
    word
}

/// Ors a bit into `words` for each cell that `hit` takes.
#[inline]
fn scan<C: Copy>(cells: &[C], words: &mut [u64], hit: impl Fn(C) -> bool) {
    let (groups, rest) = cells.as_chunks::<64>();
    for (word, group) in words.iter_mut().zip(groups) {
        let mut flags = [0u8; 64];
        for (flag, cell) in flags.iter_mut().zip(group) {
            *flag = u8::from(hit(*cell));
        }
        *word |= packed(&flags);
    }
    if let Some(word) = words.get_mut(groups.len()) {
        for (bit, cell) in rest.iter().enumerate() {
            *word |= u64::from(hit(*cell)) << bit;
        }
    }
}

/// Ors the bits `0..rows` into `words`.
fn fill(rows: usize, words: &mut [u64]) {
    let whole = rows / 64;
    words
        .iter_mut()
        .take(whole)
        .for_each(|word| *word = u64::MAX);
    if let Some(word) = words.get_mut(whole) {
        *word |= (1 << (rows % 64)) - 1;
    }
}

/// Ors into `words` (bit r of word r / 64) the rows of `column` whose value is one of `values`; absent cells never are.
pub(super) fn rows(column: &Packed, values: &Values, words: &mut [u64]) {
    match values {
        Values::Ranges(ranges) => {
            for (low, high) in ranges {
                rows_between(column, *low, *high, words);
            }
        }
        Values::Codes(codes) => {
            let (base, unit) = (column.base(), column.unit());
            let holds = |code: i64| codes.contains(base.wrapping_add(unit.wrapping_mul(code)));
            match column.cells() {
                Cells::Absent => {}
                Cells::Constant => {
                    if codes.contains(base) {
                        fill(column.len(), words);
                    }
                }
                Cells::U8(cells) => {
                    let mut table = [false; 256];
                    for (code, entry) in (0..255).zip(&mut table) {
                        *entry = holds(code);
                    }
                    // A byte always finds its entry.
                    scan(cells, words, |cell| {
                        table.get(usize::from(cell)).copied().unwrap_or(false)
                    });
                }
                Cells::U16(cells) => scan(cells, words, |cell| {
                    cell != u16::MAX && holds(i64::from(cell))
                }),
                Cells::U32(cells) => scan(cells, words, |cell| {
                    cell != u32::MAX && holds(i64::from(cell))
                }),
                Cells::Wide { values, present } => {
                    wide(values, present.as_deref(), words, |value| {
                        codes.contains(value)
                    });
                }
            }
        }
    }
}

/// Ors in the rows whose number lies within `low..=high`.
pub(super) fn between(numbers: &[u32], low: u32, high: u32, words: &mut [u64]) {
    let span = high - low;
    scan(numbers, words, |number| number.wrapping_sub(low) <= span);
}

fn rows_between(column: &Packed, low: i128, high: i128, words: &mut [u64]) {
    let (first, last) = match column.code_range(low, high) {
        CodeRange::Nothing => return,
        CodeRange::Everything => match column.cells() {
            Cells::U8(_) => (0, u64::from(u8::MAX) - 1),
            Cells::U16(_) => (0, u64::from(u16::MAX) - 1),
            Cells::U32(_) => (0, u64::from(u32::MAX) - 1),
            Cells::Absent | Cells::Constant => return fill(column.len(), words),
            Cells::Wide { values, present } => {
                return wide(values, present.as_deref(), words, |_| true);
            }
        },
        CodeRange::Between(first, last) => (first, last),
    };
    // `cell - first <= last - first`, wrapping, is both comparisons at once.
    match column.cells() {
        Cells::Absent | Cells::Constant => {}
        Cells::U8(cells) => {
            let (first, span) = (first as u8, (last - first) as u8);
            scan(cells, words, |cell| cell.wrapping_sub(first) <= span);
        }
        Cells::U16(cells) => {
            let (first, span) = (first as u16, (last - first) as u16);
            scan(cells, words, |cell| cell.wrapping_sub(first) <= span);
        }
        Cells::U32(cells) => {
            let (first, span) = (first as u32, (last - first) as u32);
            scan(cells, words, |cell| cell.wrapping_sub(first) <= span);
        }
        Cells::Wide { values, present } => {
            let (first, last) = (first as i64, last as i64);
            wide(values, present.as_deref(), words, |value| {
                first <= value && value <= last
            });
        }
    }
}

fn wide(values: &[i64], present: Option<&[u64]>, words: &mut [u64], hit: impl Fn(i64) -> bool) {
    let Some(present) = present else {
        return scan(values, words, hit);
    };
    for ((word, group), present) in words.iter_mut().zip(values.chunks(64)).zip(present) {
        for (bit, value) in group.iter().enumerate() {
            *word |= (u64::from(hit(*value)) << bit) & present;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bulk::values::Codes;
    use crate::column::bit;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_scan_finds_the_rows_that_hold_such_a_value(
            cells in prop_oneof![
                prop::collection::vec(prop::option::of(0i64..20), 0..300),
                prop::collection::vec(prop::option::of(0i64..400), 0..300),
                prop::collection::vec(prop::option::of((0i64..90_000).prop_map(|x| x * 7)), 0..300),
                prop::collection::vec(prop::option::of(any::<i64>()), 0..300),
                prop::collection::vec((0i64..20).prop_map(Some), 0..300),
                prop::collection::vec(Just(Some(7)), 0..300),
            ],
            low in -5i64..500, span in 0i64..200, listed in prop::collection::btree_set(0u32..400, 0..5), inverted: bool, all: bool,
        ) {
            let column = Packed::from_values(&cells);
            let ranges = if all { vec![(i128::MIN, i128::MAX)] } else { vec![(i128::from(low), i128::from(low + span))] };
            let codes = Codes::listed(listed.iter().copied(), inverted);
            for values in [Values::Ranges(ranges), Values::Codes(codes)] {
                let mut words = vec![0; cells.len().div_ceil(64) + 1];
                rows(&column, &values, &mut words);
                for (row, cell) in cells.iter().enumerate() {
                    prop_assert_eq!(cell.is_some_and(|value| values.contains(value)), bit(&words, row));
                }
                prop_assert!(!bit(&words, cells.len()));
            }
        }
    }
}
