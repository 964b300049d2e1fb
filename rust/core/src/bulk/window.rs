//! The events of each profile that a range of time covers.

use crate::column::{Cells, CodeRange};
use crate::event::run::Run;
use crate::time::{Instant, Range};

/// Calls `visit` with each profile of the run that has events within `range`, and those events.
#[inline]
pub(super) fn within(run: &Run, range: Range, mut visit: impl FnMut(u16, std::ops::Range<usize>)) {
    let times = run.times();
    let codes = times.code_range(i128::from(range.after.0) + 1, i128::from(range.until.0));
    let (first, last) = match codes {
        CodeRange::Nothing => return,
        CodeRange::Everything => return run.for_each_profile(visit),
        CodeRange::Between(first, last) => (first, last),
    };
    match times.cells() {
        Cells::Absent | Cells::Constant => {}
        Cells::U8(codes) => cut(run, codes, first as u8, last as u8, visit),
        Cells::U16(codes) => cut(run, codes, first as u16, last as u16, visit),
        Cells::U32(codes) => cut(run, codes, first as u32, last as u32, visit),
        Cells::Wide { values, .. } => cut(run, values, first as i64, last as i64, &mut visit),
    }
}

#[inline]
fn cut<C: Copy + Ord>(
    run: &Run,
    codes: &[C],
    first: C,
    last: C,
    mut visit: impl FnMut(u16, std::ops::Range<usize>),
) {
    run.for_each_profile(|local, events| {
        let Some(own) = codes.get(events.clone()) else {
            return;
        };
        // Most windows reach to the end of history or start at its beginning.
        let (Some(&earliest), Some(&latest)) = (own.first(), own.last()) else {
            return;
        };
        if latest < first || earliest > last {
            return;
        }
        let start = if earliest >= first {
            0
        } else {
            own.partition_point(|code| *code < first)
        };
        let end = if latest <= last {
            own.len()
        } else {
            own.partition_point(|code| *code <= last)
        };
        if start < end {
            visit(local, events.start + start..events.start + end);
        }
    });
}

/// The events of one profile that the range covers.
pub(super) fn events_within(run: &Run, local: u16, range: Range) -> std::ops::Range<usize> {
    let events = run.events_of(local);
    let first_past = |from: usize, time: Instant| {
        let (mut low, mut high) = (from, events.end);
        while low < high {
            let middle = low + (high - low) / 2;
            if run.time(middle) <= time {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    };
    let start = first_past(events.start, range.after);
    start..first_past(start, range.until)
}
