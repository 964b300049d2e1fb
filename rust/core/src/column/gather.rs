//! Cells of several columns in a new order, as one column: narrow codes become narrow codes, without the values between.

use std::ops::Range;

use super::{Cells, Packed, gcd};

/// Rows of a column; without one they are absent.
pub(crate) type Part<'a> = (Option<&'a Packed>, Range<usize>);

/// Absent, among codes of four bytes.
const ABSENT: u32 = u32::MAX;

impl Packed {
    /// The cells of `parts`, end to end, in the order of `places`.
    pub(crate) fn gathered(parts: &[Part<'_>], places: &[u32]) -> Self {
        let spans: Option<Vec<_>> = parts.iter().map(Span::of).collect();
        let frame = spans.and_then(|spans| Some((Frame::of(parts, &spans)?, spans)));
        if let Some((frame, spans)) = frame {
            return frame.pack(parts, &spans, places);
        }
        let mut plain = Vec::new();
        for (column, range) in parts {
            match column {
                Some(column) => column.extend_into(range.clone(), &mut plain),
                None => plain.resize(plain.len() + range.len(), None),
            }
        }
        let cell = |place: &u32| plain.get(*place as usize).copied().flatten();
        Self::from_values(&places.iter().map(cell).collect::<Vec<_>>())
    }
}

/// The present values of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Span {
    Nothing,
    /// The least and the largest, and the code of the least.
    Between(i64, i64, u32),
}

impl Span {
    /// `None` where the column is wide.
    fn of((column, range): &Part<'_>) -> Option<Self> {
        let Some(column) = column else {
            return Some(Self::Nothing);
        };
        let bounds = match &column.cells {
            Cells::Absent => None,
            Cells::Constant => (range.start < range.end.min(column.len)).then_some((0, 0)),
            Cells::U8(codes) => bounds(codes.get(range.clone())?, u8::MAX),
            Cells::U16(codes) => bounds(codes.get(range.clone())?, u16::MAX),
            Cells::U32(codes) => bounds(codes.get(range.clone())?, u32::MAX),
            Cells::Wide { .. } => return None,
        };
        let value = |code: u32| column.base + column.unit * i64::from(code);
        Some(match bounds {
            None => Self::Nothing,
            Some((low, high)) => Self::Between(value(low), value(high), low),
        })
    }
}

/// The least and the largest code that is not `absent`, which is the largest of its type.
fn bounds<C: Copy + Ord + Default + Into<u32>>(codes: &[C], absent: C) -> Option<(u32, u32)> {
    let (mut low, mut high) = (absent, C::default());
    for code in codes {
        low = low.min(*code);
        high = high.max(if *code == absent { C::default() } else { *code });
    }
    (low != absent).then_some((low.into(), high.into()))
}

/// How the new codes lie.
#[derive(Clone, Copy, Debug)]
struct Frame {
    base: i64,
    unit: i64,
    /// The largest code.
    most: u32,
}

impl Frame {
    /// The least base and the largest unit that serve all parts; `None` where four bytes do not hold the codes.
    fn of(parts: &[Part<'_>], spans: &[Span]) -> Option<Self> {
        let (mut base, mut top) = (i64::MAX, i64::MIN);
        for span in spans {
            if let Span::Between(low, high, _) = span {
                (base, top) = (base.min(*low), top.max(*high));
            }
        }
        if base > top {
            (base, top) = (0, 0);
        }
        let most = top.checked_sub(base)? as u64;
        let mut unit = 0;
        for ((column, _), span) in parts.iter().zip(spans) {
            if let (Some(column), Span::Between(low, high, _)) = (column, span) {
                unit = gcd(unit, (low - base) as u64);
                unit = if low < high {
                    gcd(unit, column.unit as u64)
                } else {
                    unit
                };
            }
        }
        let unit = unit.max(1);
        let most = u32::try_from(most / unit).ok()?;
        (most < ABSENT).then_some(Self {
            base,
            unit: unit as i64,
            most,
        })
    }

    fn pack(self, parts: &[Part<'_>], spans: &[Span], places: &[u32]) -> Packed {
        let mut codes = Vec::with_capacity(places.len());
        for (part, span) in parts.iter().zip(spans) {
            self.recode(part, *span, &mut codes);
        }
        let code = |place: &u32| codes.get(*place as usize).copied().unwrap_or(ABSENT);
        let each = places.iter().map(code);
        let is_held = codes.iter().any(|code| *code != ABSENT);
        let cells = if !is_held {
            Cells::Absent
        } else if self.most == 0 && !codes.contains(&ABSENT) {
            Cells::Constant
        } else if self.most < u32::from(u8::MAX) {
            Cells::U8(each.map(|code| code as u8).collect())
        } else if self.most < u32::from(u16::MAX) {
            Cells::U16(each.map(|code| code as u16).collect())
        } else {
            Cells::U32(each.collect())
        };
        Packed {
            base: self.base,
            unit: self.unit,
            len: places.len(),
            cells,
        }
    }

    /// Appends the new codes of a part.
    fn recode(self, (column, range): &Part<'_>, span: Span, out: &mut Vec<u32>) {
        let end = out.len() + range.len();
        if let (Some(column), Span::Between(low, high, first)) = (column, span) {
            let shift = ((low - self.base) / self.unit) as u32;
            // Of equal values the unit says nothing.
            let factor = if low < high {
                (column.unit / self.unit) as u32
            } else {
                0
            };
            // Nothing wraps, for no code is larger than `most`; absent ones are put right by the choice.
            let new = |code: u32, absent: u32| {
                let moved = code.wrapping_sub(first).wrapping_mul(factor);
                if code == absent {
                    ABSENT
                } else {
                    moved.wrapping_add(shift)
                }
            };
            match &column.cells {
                Cells::Constant => {
                    out.resize(out.len() + range.end.min(column.len) - range.start, shift);
                }
                Cells::U8(codes) => {
                    let codes = codes.get(range.clone()).unwrap_or_default().iter();
                    out.extend(codes.map(|code| new(u32::from(*code), u32::from(u8::MAX))));
                }
                Cells::U16(codes) => {
                    let codes = codes.get(range.clone()).unwrap_or_default().iter();
                    out.extend(codes.map(|code| new(u32::from(*code), u32::from(u16::MAX))));
                }
                Cells::U32(codes) => {
                    let codes = codes.get(range.clone()).unwrap_or_default().iter();
                    out.extend(codes.map(|code| new(*code, ABSENT)));
                }
                Cells::Absent | Cells::Wide { .. } => {}
            }
        }
        out.resize(end, ABSENT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn values() -> impl Strategy<Value = Vec<Option<i64>>> {
        let scale = prop_oneof![Just(1), Just(500), Just(10_000), Just(1 << 33)];
        let offset = prop_oneof![
            Just(0i64),
            -70_000i64..70_000,
            Just(1 << 40),
            Just(i64::MIN)
        ];
        let codes = prop_oneof![
            Just(0..1i64),
            Just(0..200),
            Just(0..254),
            Just(0..255),
            Just(0..256),
            Just(0..65_535),
            Just(0..65_536),
            Just(0..70_000),
        ];
        let held = prop_oneof![Just(0.999), Just(0.7), Just(0.01)];
        (scale, offset, codes, held).prop_flat_map(|(scale, offset, codes, held)| {
            let value = codes.prop_map(move |code| offset.wrapping_add(code * scale));
            prop::collection::vec(prop::option::weighted(held, value), 0..40)
        })
    }

    proptest! {
        #[test]
        fn gathered_cells_are_those_of_the_parts_and_as_narrow_as_if_packed_alone(
            columns in prop::collection::vec((values(), any::<bool>(), any::<(u8, u8)>()), 0..6),
            shuffle in any::<u64>(),
            whole in any::<bool>(),
        ) {
            let packed: Vec<Packed> = columns.iter().map(|(values, ..)| Packed::from_values(values)).collect();
            let (mut parts, mut model) = (Vec::new(), Vec::new());
            for ((values, held, (start, length)), packed) in columns.iter().zip(&packed) {
                let start = usize::from(*start) % (values.len() + 1);
                let range = if whole { 0..values.len() } else { start..start + usize::from(*length) % (values.len() - start + 1) };
                let cells = values[range.clone()].iter();
                model.extend(cells.map(|value| value.filter(|_| *held)));
                parts.push((held.then_some(packed), range));
            }
            let mut places: Vec<u32> = (0..model.len() as u32).collect();
            places.sort_by_key(|place| u64::from(*place).wrapping_mul(shuffle | 1).rotate_left(17));
            let expected: Vec<_> = places.iter().map(|place| model[*place as usize]).collect();

            let gathered = Packed::gathered(&parts, &places);

            prop_assert_eq!(&expected, &gathered.iter().collect::<Vec<_>>());
            if whole {
                prop_assert_eq!(Packed::from_values(&expected).heap_bytes(), gathered.heap_bytes());
            }
        }
    }
}
