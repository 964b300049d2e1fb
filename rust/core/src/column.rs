//! A packed column of optional integers: frame of reference, a common unit, the narrowest width that fits.
//!
//! A cell holds `base + unit * code`. In the widths of one, two and four bytes the largest code means absent.

mod gather;

pub(crate) use gather::Part;

/// A column of `i64` or absent; clones are deep.
#[derive(Clone, Debug)]
pub struct Packed {
    base: i64,
    /// At least 1.
    unit: i64,
    len: usize,
    cells: Cells,
}

/// How the codes lie.
#[derive(Clone, Debug)]
pub enum Cells {
    /// All absent.
    Absent,
    /// All hold `base`.
    Constant,
    /// Codes of one byte.
    U8(Vec<u8>),
    /// Codes of two bytes.
    U16(Vec<u16>),
    /// Codes of four bytes.
    U32(Vec<u32>),
    /// Plain values; `present` has a bit per row where any is absent.
    Wide {
        /// Values, 0 where absent.
        values: Vec<i64>,
        /// A bit per row, from the lowest of the first word.
        present: Option<Vec<u64>>,
    },
}

/// The codes that a range of values covers in one column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeRange {
    /// No cell can hold such a value.
    Nothing,
    /// Every present cell does.
    Everything,
    /// Codes `first..=last` (for [`Cells::Wide`]: values, cast to `u64`).
    Between(u64, u64),
}

const fn gcd(mut a: u64, mut b: u64) -> u64 {
    // Usually b is a multiple of a already, or fits 32 bits, where a division is short.
    if a != 0 && a <= u32::MAX as u64 && b <= u32::MAX as u64 {
        let (short, mut next) = (b as u32, a as u32);
        let mut rest = short % next;
        while rest != 0 {
            (next, rest) = (rest, next % rest);
        }
        return next as u64;
    }
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

impl Packed {
    /// `len` absent cells.
    pub const fn absent(len: usize) -> Self {
        Self {
            base: 0,
            unit: 1,
            len,
            cells: Cells::Absent,
        }
    }

    /// Packs the values.
    pub fn from_values(values: &[Option<i64>]) -> Self {
        let (mut low, mut high, mut held) = (i64::MAX, i64::MIN, 0);
        for value in values {
            low = low.min(value.unwrap_or(i64::MAX));
            high = high.max(value.unwrap_or(i64::MIN));
            held += usize::from(value.is_some());
        }
        if held == 0 {
            return Self::absent(values.len());
        }
        if low == high && held == values.len() {
            return Self {
                base: low,
                unit: 1,
                len: values.len(),
                cells: Cells::Constant,
            };
        }
        let mut unit = 0;
        for value in values.iter().flatten() {
            unit = gcd(unit, value.wrapping_sub(low) as u64);
            if unit == 1 {
                break;
            }
        }
        // One value and gaps: the differences are all zero.
        let unit = unit.max(1);
        Self::narrow(values, low, high, unit)
    }

    fn narrow(values: &[Option<i64>], low: i64, high: i64, unit: u64) -> Self {
        let most = high.wrapping_sub(low) as u64 / unit;
        let code = |value: &Option<i64>| {
            let distance = value.map(|value| value.wrapping_sub(low) as u64)?;
            // A division takes longer than all the rest.
            Some(if unit == 1 { distance } else { distance / unit })
        };
        let cells = if most < u64::from(u8::MAX) {
            Cells::U8(
                values
                    .iter()
                    .map(|value| code(value).map_or(u8::MAX, |code| code as u8))
                    .collect(),
            )
        } else if most < u64::from(u16::MAX) {
            Cells::U16(
                values
                    .iter()
                    .map(|value| code(value).map_or(u16::MAX, |code| code as u16))
                    .collect(),
            )
        } else if most < u64::from(u32::MAX) {
            Cells::U32(
                values
                    .iter()
                    .map(|value| code(value).map_or(u32::MAX, |code| code as u32))
                    .collect(),
            )
        } else {
            return Self::wide(values);
        };
        // A narrow code times its unit stays within the distance of low and high, which may exceed i64: such columns are wide.
        match i64::try_from(unit) {
            Ok(unit) if high.checked_sub(low).is_some() => Self {
                base: low,
                unit,
                len: values.len(),
                cells,
            },
            _ => Self::wide(values),
        }
    }

    fn wide(values: &[Option<i64>]) -> Self {
        let present = values.iter().any(Option::is_none).then(|| {
            let mut words = vec![0u64; values.len().div_ceil(64)];
            for (word, group) in words.iter_mut().zip(values.chunks(64)) {
                for (bit, value) in group.iter().enumerate() {
                    *word |= u64::from(value.is_some()) << bit;
                }
            }
            words
        });
        let values: Vec<i64> = values.iter().map(|value| value.unwrap_or(0)).collect();
        Self {
            base: 0,
            unit: 1,
            len: values.len(),
            cells: Cells::Wide { values, present },
        }
    }

    /// Number of rows.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no rows.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How the codes lie, for scans.
    pub const fn cells(&self) -> &Cells {
        &self.cells
    }

    /// The value of code 0.
    pub const fn base(&self) -> i64 {
        self.base
    }

    /// What one code step is worth; at least 1.
    pub const fn unit(&self) -> i64 {
        self.unit
    }

    /// The value of row `row`; `None` where absent or past the end.
    #[inline]
    pub fn get(&self, row: usize) -> Option<i64> {
        if row >= self.len {
            return None;
        }
        let code = match &self.cells {
            Cells::Absent => return None,
            Cells::Constant => 0,
            Cells::U8(codes) => match codes.get(row) {
                Some(&code) if code != u8::MAX => i64::from(code),
                _ => return None,
            },
            Cells::U16(codes) => match codes.get(row) {
                Some(&code) if code != u16::MAX => i64::from(code),
                _ => return None,
            },
            Cells::U32(codes) => match codes.get(row) {
                Some(&code) if code != u32::MAX => i64::from(code),
                _ => return None,
            },
            Cells::Wide { values, present } => {
                let here = present.as_ref().is_none_or(|words| bit(words, row));
                return if here { values.get(row).copied() } else { None };
            }
        };
        Some(self.base + self.unit * code)
    }

    /// All rows in order.
    pub fn iter(&self) -> impl Iterator<Item = Option<i64>> + '_ {
        (0..self.len).map(|row| self.get(row))
    }

    /// Appends the cells of the rows `range` to `out`; absent ones past the end.
    pub(crate) fn extend_into(&self, range: std::ops::Range<usize>, out: &mut Vec<Option<i64>>) {
        self.extend_with(range, out, |value| value);
    }

    /// Appends what `make` makes of the cells of the rows `range`; they are absent past the end.
    pub(crate) fn extend_with<T: Clone>(
        &self,
        range: std::ops::Range<usize>,
        out: &mut Vec<T>,
        make: impl Fn(Option<i64>) -> T,
    ) {
        let end = out.len() + range.len();
        // Nothing wraps, for what comes out was packed.
        let value = |code: u64| self.base.wrapping_add(self.unit.wrapping_mul(code as i64));
        let cell = |code: u64, absent: u64| make((code != absent).then(|| value(code)));
        match &self.cells {
            Cells::Absent => {}
            Cells::Constant => {
                let rows = range.start..range.end.min(self.len);
                out.extend(rows.map(|_| make(Some(self.base))));
            }
            Cells::U8(codes) => {
                let codes = codes.get(range).unwrap_or_default().iter();
                out.extend(codes.map(|code| cell(u64::from(*code), u64::from(u8::MAX))));
            }
            Cells::U16(codes) => {
                let codes = codes.get(range).unwrap_or_default().iter();
                out.extend(codes.map(|code| cell(u64::from(*code), u64::from(u16::MAX))));
            }
            Cells::U32(codes) => {
                let codes = codes.get(range).unwrap_or_default().iter();
                out.extend(codes.map(|code| cell(u64::from(*code), u64::from(u32::MAX))));
            }
            Cells::Wide {
                present: None,
                values,
            } => {
                let values = values.get(range).unwrap_or_default().iter();
                out.extend(values.map(|value| make(Some(*value))));
            }
            Cells::Wide { .. } => out.extend(range.map(|row| make(self.get(row)))),
        }
        out.resize(end, make(None));
    }

    /// Writes a cell; a value that does not fit repacks the column. Past the end: nothing happens.
    pub fn set(&mut self, row: usize, value: Option<i64>) {
        if row >= self.len || self.set_in_place(row, value) {
            return;
        }
        let mut values: Vec<Option<i64>> = self.iter().collect();
        if let Some(cell) = values.get_mut(row) {
            *cell = value;
        }
        *self = Self::from_values(&values);
    }

    fn set_in_place(&mut self, row: usize, value: Option<i64>) -> bool {
        if let Cells::Wide { values, present } = &mut self.cells {
            return match (value, present, values.get_mut(row)) {
                (Some(value), None, Some(cell)) => {
                    *cell = value;
                    true
                }
                (value, Some(words), Some(cell)) => {
                    *cell = value.unwrap_or(0);
                    if let Some(word) = words.get_mut(row / 64) {
                        *word =
                            *word & !(1 << (row % 64)) | u64::from(value.is_some()) << (row % 64);
                    }
                    true
                }
                _ => false,
            };
        }
        let code = match value {
            None => None,
            Some(value) => match self.code(value) {
                None => return false,
                code => code,
            },
        };
        match &mut self.cells {
            Cells::Absent => code.is_none(),
            Cells::Constant => code == Some(0),
            Cells::U8(codes) => put(codes, row, code, u8::MAX),
            Cells::U16(codes) => put(codes, row, code, u16::MAX),
            Cells::U32(codes) => put(codes, row, code, u32::MAX),
            Cells::Wide { .. } => false,
        }
    }

    /// The code of `value` where the frame of reference has one; it may exceed the width.
    fn code(&self, value: i64) -> Option<u64> {
        let distance = i128::from(value) - i128::from(self.base);
        let unit = i128::from(self.unit);
        if distance < 0 || distance % unit != 0 {
            return None;
        }
        u64::try_from(distance / unit).ok()
    }

    /// The codes whose values lie within `low..=high`.
    pub fn code_range(&self, low: i128, high: i128) -> CodeRange {
        if low > high {
            return CodeRange::Nothing;
        }
        let most = match &self.cells {
            Cells::Absent => return CodeRange::Nothing,
            Cells::Constant => {
                let inside = (low..=high).contains(&i128::from(self.base));
                return if inside {
                    CodeRange::Everything
                } else {
                    CodeRange::Nothing
                };
            }
            Cells::Wide { .. } => {
                let (least, most) = (i128::from(i64::MIN), i128::from(i64::MAX));
                return if low <= least && high >= most {
                    CodeRange::Everything
                } else if low > most || high < least {
                    CodeRange::Nothing
                } else {
                    CodeRange::Between(low.max(least) as i64 as u64, high.min(most) as i64 as u64)
                };
            }
            Cells::U8(_) => u8::MAX - 1,
            Cells::U16(_) => return self.narrow_range(low, high, u64::from(u16::MAX - 1)),
            Cells::U32(_) => return self.narrow_range(low, high, u64::from(u32::MAX - 1)),
        };
        self.narrow_range(low, high, u64::from(most))
    }

    fn narrow_range(&self, low: i128, high: i128, most: u64) -> CodeRange {
        let (base, unit) = (i128::from(self.base), i128::from(self.unit));
        let first = (low.saturating_sub(base))
            .saturating_add(unit - 1)
            .div_euclid(unit)
            .max(0);
        let last = (high.saturating_sub(base))
            .div_euclid(unit)
            .min(i128::from(most));
        if first > last {
            CodeRange::Nothing
        } else if first == 0 && last == i128::from(most) {
            CodeRange::Everything
        } else {
            CodeRange::Between(first as u64, last as u64)
        }
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        match &self.cells {
            Cells::Absent | Cells::Constant => 0,
            Cells::U8(codes) => codes.capacity(),
            Cells::U16(codes) => codes.capacity() * 2,
            Cells::U32(codes) => codes.capacity() * 4,
            Cells::Wide { values, present } => {
                values.capacity() * 8 + present.as_ref().map_or(0, |words| words.capacity() * 8)
            }
        }
    }
}

/// Bit `row` of a bit vector; false past the end.
#[inline]
pub fn bit(words: &[u64], row: usize) -> bool {
    words
        .get(row / 64)
        .is_some_and(|word| word >> (row % 64) & 1 == 1)
}

fn put<C: Copy + TryFrom<u64> + PartialEq>(
    codes: &mut [C],
    row: usize,
    code: Option<u64>,
    absent: C,
) -> bool {
    let code = match code.map(C::try_from) {
        None => absent,
        Some(Ok(code)) if code != absent => code,
        Some(_) => return false,
    };
    match codes.get_mut(row) {
        Some(cell) => {
            *cell = code;
            true
        }
        None => false,
    }
}

/// Equal rows, whatever the widths.
impl PartialEq for Packed {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.iter().eq(other.iter())
    }
}

impl Eq for Packed {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cells() -> impl Strategy<Value = Option<i64>> {
        prop_oneof![
            2 => Just(None),
            6 => (-3i64..300).prop_map(Some),
            2 => (0i64..70_000).prop_map(|x| Some(x * 10_000)),
            1 => any::<i64>().prop_map(Some),
            1 => prop_oneof![Just(i64::MIN), Just(i64::MAX), Just(254), Just(255), Just(65_534), Just(65_535)].prop_map(Some),
        ]
    }

    proptest! {
        #[test]
        fn a_column_gives_back_what_was_packed(
            uniform in prop::collection::vec(cells(), 0..200),
            writes in prop::collection::vec((0usize..220, cells()), 0..30),
        ) {
            let mut model = uniform.clone();
            let mut column = Packed::from_values(&model);
            prop_assert_eq!(&model, &column.iter().collect::<Vec<_>>());
            for (row, value) in writes {
                if let Some(cell) = model.get_mut(row) {
                    *cell = value;
                }
                column.set(row, value);
                prop_assert_eq!(&model, &column.iter().collect::<Vec<_>>());
            }
        }

        #[test]
        fn a_code_range_covers_the_same_rows_as_the_values(
            values in prop_oneof![
                prop::collection::vec(cells(), 0..100),
                prop::collection::vec(prop_oneof![Just(None), (0i64..90).prop_map(|x| Some(x * 500 - 7))], 0..100),
            ],
            low in any::<i64>(), high in any::<i64>(), near in -10i64..50_000, span in 0i64..20_000, wide: bool,
        ) {
            let column = Packed::from_values(&values);
            let (low, high) = if wide { (i128::from(low), i128::from(high)) } else { (i128::from(near), i128::from(near + span)) };
            let range = column.code_range(low, high);
            for value in &values {
                let expected = value.is_some_and(|value| (low..=high).contains(&i128::from(value)));
                let actual = value.is_some_and(|value| match range {
                    CodeRange::Nothing => false,
                    CodeRange::Everything => true,
                    CodeRange::Between(first, last) => match column.cells() {
                        Cells::Wide { .. } => (first as i64..=last as i64).contains(&value),
                        _ => (first..=last).contains(&column.code(value).unwrap_or(u64::MAX)),
                    },
                });
                prop_assert_eq!(expected, actual);
            }
        }
    }
}
