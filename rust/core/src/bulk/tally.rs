//! Running values of one aggregate for some profiles.

use std::ops::Range;

use crate::bulk::field::Reader;
use crate::column::{Cells, Packed, bit};
use crate::event::run::{Run, SHARD_PROFILES};
use crate::rule::ast::Function;

/// One running value per profile, of a shard or of some.
#[derive(Debug)]
pub(super) enum Tally {
    /// Number of events.
    Count(Vec<u32>),
    /// Sum of the field and number of events that have it.
    Sum(Vec<(i128, u32)>),
    /// The same, for averages.
    Average(Vec<(i128, u32)>),
    /// Least value, if any.
    Least(Vec<Option<i64>>),
    /// Greatest value, if any.
    Greatest(Vec<Option<i64>>),
    /// All values with their profile.
    Distinct(Vec<(u16, i64)>),
    /// Earliest time, if any.
    First(Vec<Option<i64>>),
    /// Latest time, if any.
    Last(Vec<Option<i64>>),
}

fn least(cell: &mut Option<i64>, value: i64) {
    *cell = Some(cell.map_or(value, |old| old.min(value)));
}

fn greatest(cell: &mut Option<i64>, value: i64) {
    *cell = Some(cell.map_or(value, |old| old.max(value)));
}

impl Tally {
    /// Nothing seen yet of the profiles of a shard.
    pub(super) fn new(function: Function) -> Self {
        Self::of(function, SHARD_PROFILES)
    }

    /// Nothing seen yet of so many profiles.
    pub(super) fn of(function: Function, profiles: usize) -> Self {
        let none = || vec![None; profiles];
        let zero = || vec![(0, 0); profiles];
        match function {
            Function::Count => Self::Count(vec![0; profiles]),
            Function::Sum => Self::Sum(zero()),
            Function::Average => Self::Average(zero()),
            Function::Min => Self::Least(none()),
            Function::Max => Self::Greatest(none()),
            Function::Distinct => Self::Distinct(Vec::new()),
            Function::SinceFirst => Self::First(none()),
            Function::SinceLast => Self::Last(none()),
        }
    }

    /// Adds one event.
    #[inline]
    pub(super) fn add(&mut self, run: &Run, reader: Reader, local: u16, event: usize) {
        let at = usize::from(local);
        let value = || reader.read(run, event);
        match self {
            Self::Count(counts) => {
                if let Some(count) = counts.get_mut(at) {
                    *count += 1;
                }
            }
            Self::Sum(sums) | Self::Average(sums) => {
                if let (Some(sum), Some(value)) = (sums.get_mut(at), value()) {
                    *sum = (sum.0 + i128::from(value), sum.1 + 1);
                }
            }
            Self::Least(cells) => {
                if let (Some(cell), Some(value)) = (cells.get_mut(at), value()) {
                    least(cell, value);
                }
            }
            Self::Greatest(cells) => {
                if let (Some(cell), Some(value)) = (cells.get_mut(at), value()) {
                    greatest(cell, value);
                }
            }
            Self::Distinct(values) => values.extend(value().map(|value| (local, value))),
            Self::First(cells) => {
                if let Some(cell) = cells.get_mut(at) {
                    least(cell, run.time(event).0);
                }
            }
            Self::Last(cells) => {
                if let Some(cell) = cells.get_mut(at) {
                    greatest(cell, run.time(event).0);
                }
            }
        }
    }

    /// Adds all events of a range, which rise by time.
    #[inline]
    pub(super) fn add_range(
        &mut self,
        run: &Run,
        reader: Reader,
        local: u16,
        events: Range<usize>,
    ) {
        if let Self::Count(counts) = self {
            if let Some(count) = counts.get_mut(usize::from(local)) {
                *count += events.len() as u32;
            }
            return;
        }
        events.for_each(|event| self.add(run, reader, local, event));
    }

    /// Adds the events of a range that the mask has.
    #[inline]
    pub(super) fn add_masked(
        &mut self,
        run: &Run,
        reader: Reader,
        local: u16,
        events: Range<usize>,
        mask: &[u64],
    ) {
        if let Self::Count(counts) = self {
            if let Some(count) = counts.get_mut(usize::from(local)) {
                *count += ones(mask, events);
            }
            return;
        }
        events
            .filter(|event| bit(mask, *event))
            .for_each(|event| self.add(run, reader, local, event));
    }

    /// Adds to the profile `at` what another tally of the same function, which is not of distinct values, has of `local`.
    pub(super) fn absorb(&mut self, at: u16, other: &Self, local: u16) {
        let (at, local) = (usize::from(at), usize::from(local));
        match (self, other) {
            (Self::Count(own), Self::Count(other)) => {
                if let (Some(own), Some(other)) = (own.get_mut(at), other.get(local)) {
                    *own += other;
                }
            }
            (Self::Sum(own), Self::Sum(other)) | (Self::Average(own), Self::Average(other)) => {
                if let (Some(own), Some(other)) = (own.get_mut(at), other.get(local)) {
                    *own = (own.0 + other.0, own.1 + other.1);
                }
            }
            (Self::Least(own), Self::Least(other)) | (Self::First(own), Self::First(other)) => {
                if let (Some(own), Some(Some(other))) = (own.get_mut(at), other.get(local)) {
                    least(own, *other);
                }
            }
            (Self::Greatest(own), Self::Greatest(other)) | (Self::Last(own), Self::Last(other)) => {
                if let (Some(own), Some(Some(other))) = (own.get_mut(at), other.get(local)) {
                    greatest(own, *other);
                }
            }
            _ => {}
        }
    }

    /// Sets the bit of each profile with events whose value, a fraction, `accepts` takes. A count, sum or number of
    /// distinct values of nothing is not asked: the caller has seen to it that 0 is refused.
    pub(super) fn judge(&mut self, accepts: impl Fn((i128, i128)) -> bool, words: &mut [u64]) {
        let mut put = |at: usize| {
            if let Some(word) = words.get_mut(at / 64) {
                *word |= 1 << (at % 64);
            }
        };
        let mut each = |values: &mut dyn Iterator<Item = Option<(i128, i128)>>| {
            for (at, value) in values.enumerate() {
                if value.is_some_and(&accepts) {
                    put(at);
                }
            }
        };
        let whole = |value: Option<i64>| value.map(|value| (i128::from(value), 1));
        match self {
            Self::Count(counts) => {
                each(
                    &mut counts
                        .iter()
                        .map(|count| (*count > 0).then_some((i128::from(*count), 1))),
                );
            }
            Self::Sum(sums) => each(
                &mut sums
                    .iter()
                    .map(|(sum, present)| (*present > 0).then_some((*sum, 1))),
            ),
            Self::Average(sums) => {
                each(
                    &mut sums
                        .iter()
                        .map(|(sum, present)| (*present > 0).then(|| (*sum, i128::from(*present)))),
                );
            }
            Self::Least(cells) | Self::Greatest(cells) | Self::First(cells) | Self::Last(cells) => {
                each(&mut cells.iter().map(|cell| whole(*cell)));
            }
            Self::Distinct(values) => {
                values.sort_unstable();
                values.dedup();
                for own in values.chunk_by(|a, b| a.0 == b.0) {
                    if let Some((local, _)) = own.first()
                        && accepts((own.len() as i128, 1))
                    {
                        put(usize::from(*local));
                    }
                }
            }
        }
    }
}

/// The value of a function over some events of one profile, at least one, which rise by time: a fraction; `None` where absent.
#[inline]
pub(super) fn value_of(
    function: Function,
    run: &Run,
    reader: Reader,
    events: Range<usize>,
) -> Option<(i128, i128)> {
    let whole = |value: i64| (i128::from(value), 1);
    let values = || events.clone().filter_map(|event| reader.read(run, event));
    match function {
        Function::Count => Some((events.len() as i128, 1)),
        Function::Sum => Some((total(run, reader, events).0, 1)),
        Function::Average => {
            let (sum, present) = total(run, reader, events);
            (present > 0).then(|| (sum, i128::from(present)))
        }
        Function::Min => values().min().map(whole),
        Function::Max => values().max().map(whole),
        Function::Distinct => {
            let mut values: Vec<i64> = values().collect();
            values.sort_unstable();
            values.dedup();
            Some((values.len() as i128, 1))
        }
        Function::SinceFirst => Some(whole(run.time(events.start).0)),
        Function::SinceLast => Some(whole(run.time(events.end - 1).0)),
    }
}

fn total(run: &Run, reader: Reader, events: Range<usize>) -> (i128, u32) {
    match reader {
        Reader::Slot(slot) => run
            .field(slot)
            .map_or((0, 0), |column| sum_of(column, events)),
        Reader::Missing | Reader::Item(..) => {
            let values = events.filter_map(|event| reader.read(run, event));
            values.fold((0, 0), |(sum, present), value| {
                (sum + i128::from(value), present + 1)
            })
        }
    }
}

/// Set bits of `mask` within `events`.
#[inline]
fn ones(mask: &[u64], events: Range<usize>) -> u32 {
    let (first, last) = (events.start / 64, (events.end - 1) / 64);
    let head = u64::MAX << (events.start % 64);
    let tail = u64::MAX >> (63 - (events.end - 1) % 64);
    match mask.get(first..=last) {
        None | Some([]) => 0,
        Some([only]) => (only & head & tail).count_ones(),
        Some([one, between @ .., two]) => {
            (one & head).count_ones()
                + between.iter().map(|word| word.count_ones()).sum::<u32>()
                + (two & tail).count_ones()
        }
    }
}

/// Sum of the present values of some rows, and their number.
#[inline]
fn sum_of(column: &Packed, rows: Range<usize>) -> (i128, u32) {
    let (codes, present) = match column.cells() {
        Cells::Absent => return (0, 0),
        Cells::Constant => (0, rows.len() as u32),
        Cells::U8(cells) => sum_codes(cells.get(rows).unwrap_or(&[]), u8::MAX),
        Cells::U16(cells) => sum_codes(cells.get(rows).unwrap_or(&[]), u16::MAX),
        Cells::U32(cells) => sum_codes(cells.get(rows).unwrap_or(&[]), u32::MAX),
        Cells::Wide { .. } => {
            let values = rows.filter_map(|row| column.get(row));
            return values.fold((0, 0), |(sum, present), value| {
                (sum + i128::from(value), present + 1)
            });
        }
    };
    let (base, unit) = (i128::from(column.base()), i128::from(column.unit()));
    (
        base * i128::from(present) + unit * i128::from(codes),
        present,
    )
}

/// Fewer than 2^32 codes of at most 32 bits: the sum fits 64.
#[inline]
fn sum_codes<C: Copy + PartialEq + Into<u64>>(codes: &[C], absent: C) -> (u64, u32) {
    let (mut sum, mut present) = (0u64, 0u32);
    for code in codes {
        let here = *code != absent;
        sum = sum.wrapping_add(if here { (*code).into() } else { 0 });
        present = present.wrapping_add(u32::from(here));
    }
    (sum, present)
}
