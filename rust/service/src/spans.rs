//! Counts by line item in spans of time: minutes for an hour, hours for thirty days, the oldest forgotten first where that is too much.

use std::collections::VecDeque;

use treffer_core::auction::{Counts, STAGES, Stage};
use treffer_core::id::LineItemId;
use treffer_core::time::{Duration, Instant};

/// What is counted of a line item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    /// It fell at a stage.
    Fell(Stage),
    /// It fell nowhere.
    Eligible,
    /// It is part of the answer.
    Answered,
    /// It is the first of the answer.
    Best,
}

/// How many columns there are.
const COLUMNS: usize = STAGES + 3;

/// All counts.
#[derive(Debug)]
pub(crate) struct Spans {
    bytes: usize,
    minutes: Ladder,
    hours: Ladder,
}

/// Spans of one length.
#[derive(Debug)]
struct Ladder {
    length: Duration,
    most: usize,
    spans: VecDeque<Span>,
}

/// What happened in one span.
#[derive(Debug, Default)]
struct Span {
    start: i64,
    requests: u64,
    /// By column, then by number of the line item.
    counts: [Vec<u32>; COLUMNS],
}

/// What became of one line item in a span.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) start: i64,
    pub(crate) requests: u64,
    pub(crate) counts: Counts,
    pub(crate) answered: u32,
    pub(crate) best: u32,
}

/// Where each line item fell in one impression, by its number. Counts are many small columns: they are added in the order of numbers,
/// so that memory is walked and not jumped in.
#[derive(Debug, Default)]
pub(crate) struct Fates(Vec<u8>);

/// The fate of a line item that took no part.
const NONE: u8 = u8::MAX;

/// One request to be counted.
#[derive(Debug)]
pub(crate) struct Counting<'a>([Option<&'a mut Span>; 2]);

impl Column {
    const fn index(self) -> usize {
        match self {
            Self::Fell(stage) => stage.index(),
            Self::Eligible => STAGES,
            Self::Answered => STAGES + 1,
            Self::Best => STAGES + 2,
        }
    }
}

impl Fates {
    /// Nobody has taken part yet.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// A line item fell at a stage, or nowhere.
    pub(crate) fn set(&mut self, item: LineItemId, fell: Option<Stage>) {
        if self.0.len() <= item.index() {
            self.0.resize(item.index() + 1, NONE);
        }
        if let Some(own) = self.0.get_mut(item.index()) {
            *own = fell.map_or(Column::Eligible, Column::Fell).index() as u8;
        }
    }
}

impl Spans {
    /// No counts yet; they will take at most so many bytes, beside those of the latest minute and hour.
    pub(crate) const fn new(bytes: usize) -> Self {
        Self {
            bytes,
            minutes: Ladder::new(Duration::MINUTE, 60),
            hours: Ladder::new(Duration::HOUR, 24 * 30),
        }
    }

    /// One more request at `time`.
    pub(crate) fn request(&mut self, time: Instant) -> Counting<'_> {
        while self.taken() > self.bytes && self.forget() {}
        let Self { minutes, hours, .. } = self;
        Counting([minutes.span(time), hours.span(time)])
    }

    /// What became of a line item in the spans of a length that end after `since`, the oldest first.
    pub(crate) fn rows(&self, length: Duration, item: LineItemId, since: Instant) -> Vec<Row> {
        let all = [&self.minutes, &self.hours];
        let ladder = all.into_iter().find(|own| own.length == length);
        let spans = ladder.into_iter().flat_map(|own| &own.spans);
        let young = spans.filter(|own| own.start + length.0 > since.0);
        young.map(|own| own.row(item)).collect()
    }

    /// Bytes that counts take.
    fn taken(&self) -> usize {
        let all = self.minutes.spans.iter().chain(&self.hours.spans);
        let columns = all.flat_map(|own| &own.counts);
        columns.map(|own| size_of::<u32>() * own.capacity()).sum()
    }

    /// Forgets the oldest span that is not the only one of its length; minutes first, which hours hold too.
    fn forget(&mut self) -> bool {
        let mut all = [&mut self.minutes, &mut self.hours].into_iter();
        let long = all.find(|own| own.spans.len() > 1);
        long.and_then(|own| own.spans.pop_front()).is_some()
    }
}

impl Ladder {
    const fn new(length: Duration, most: usize) -> Self {
        Self {
            length,
            most,
            spans: VecDeque::new(),
        }
    }

    /// The span of an instant; `None` when that is older than all that are kept.
    fn span(&mut self, time: Instant) -> Option<&mut Span> {
        let start = time.0.div_euclid(self.length.0) * self.length.0;
        let place = self.spans.partition_point(|own| own.start < start);
        let is_there = self.spans.get(place).is_some_and(|own| own.start == start);
        if !is_there {
            if place == 0 && self.spans.len() >= self.most {
                return None;
            }
            let new = Span {
                start,
                ..Span::default()
            };
            self.spans.insert(place, new);
        }
        let last = self.spans.back().map_or(start, |own| own.start);
        let oldest = last - self.length.0 * (self.most as i64 - 1);
        while self.spans.front().is_some_and(|own| own.start < oldest) {
            self.spans.pop_front();
        }
        self.spans.iter_mut().rev().find(|own| own.start == start)
    }
}

impl Span {
    fn add(&mut self, fates: &Fates) {
        for (item, own) in fates.0.iter().enumerate() {
            self.count(item, usize::from(*own));
        }
    }

    /// Once more this column of the line item of this number; what is no column is counted nowhere.
    fn count(&mut self, item: usize, column: usize) {
        let Some(counts) = self.counts.get_mut(column) else {
            return;
        };
        if counts.len() <= item {
            counts.resize(item + 1, 0);
        }
        if let Some(count) = counts.get_mut(item) {
            *count += 1;
        }
    }

    fn row(&self, item: LineItemId) -> Row {
        let count = |column: Column| {
            let own = self.counts.get(column.index())?;
            own.get(item.index()).copied()
        };
        let count = |column| count(column).unwrap_or(0);
        let mut counts = Counts {
            eligible: count(Column::Eligible),
            ..Counts::default()
        };
        for stage in Stage::ALL {
            counts.add(stage, count(Column::Fell(stage)));
        }
        Row {
            start: self.start,
            requests: self.requests,
            counts,
            answered: count(Column::Answered),
            best: count(Column::Best),
        }
    }
}

impl Counting<'_> {
    /// The request itself is counted.
    pub(crate) fn begin(&mut self) {
        let spans = self.0.iter_mut().flatten();
        spans.for_each(|own| own.requests += 1);
    }

    /// Once more what became of line items in an impression.
    pub(crate) fn add(&mut self, fates: &Fates) {
        self.0.iter_mut().flatten().for_each(|own| own.add(fates));
    }

    /// Once more this of a line item.
    pub(crate) fn count(&mut self, item: LineItemId, column: Column) {
        for own in self.0.iter_mut().flatten() {
            own.count(item.index(), column.index());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Instant {
        Instant(minutes * Duration::MINUTE.0)
    }

    fn eligible(spans: &Spans, length: Duration) -> Vec<(i64, u32)> {
        let rows = spans.rows(length, LineItemId(7), Instant::MIN);
        let rows = rows.iter();
        rows.map(|own| (own.start / Duration::MINUTE.0, own.counts.eligible))
            .collect()
    }

    #[test]
    fn minutes_are_kept_for_an_hour_and_hours_for_thirty_days() {
        let mut spans = Spans::new(usize::MAX);
        for minute in [0, 0, 59, 61, 60 * 24 * 30] {
            let mut counting = spans.request(at(minute));
            counting.begin();
            counting.count(LineItemId(7), Column::Eligible);
        }

        assert_eq!([(43_200, 1)], *eligible(&spans, Duration::MINUTE));
        assert_eq!([(60, 1), (43_200, 1)], *eligible(&spans, Duration::HOUR));
    }

    #[test]
    fn a_late_request_is_counted_where_it_belongs_and_one_that_is_too_old_is_not() {
        let mut spans = Spans::new(usize::MAX);
        for minute in (1_000..1_060).chain([1_001, 3]) {
            spans
                .request(at(minute))
                .count(LineItemId(7), Column::Eligible);
        }
        let rows = eligible(&spans, Duration::MINUTE);

        assert_eq!(60, rows.len());
        assert_eq!([(1_000, 1), (1_001, 2)], rows[..2]);
    }

    #[test]
    fn each_line_item_is_counted_where_it_fell_in_each_impression() {
        let (mut spans, mut fates) = (Spans::new(usize::MAX), Fates::default());
        let mut counting = spans.request(at(0));
        for fallen in [&[(7, Some(Stage::Geo)), (0, None)][..], &[(7, None)]] {
            fates.clear();
            for (item, fell) in fallen {
                fates.set(LineItemId(*item), *fell);
            }
            counting.add(&fates);
        }

        let counts = |item| {
            let rows = spans.rows(Duration::HOUR, LineItemId(item), Instant::MIN);
            let fell = |row: &Row| row.counts.fallen.iter().sum::<u32>();
            rows.iter()
                .map(|own| (own.counts.eligible, fell(own)))
                .collect::<Vec<_>>()
        };
        assert_eq!([(1, 0)], *counts(0));
        assert_eq!([(1, 1)], *counts(7));
        assert_eq!([(0, 0)], *counts(3));
    }

    #[test]
    fn the_oldest_minutes_go_first_where_counts_take_too_much() {
        let mut spans = Spans::new(4_000);
        for minute in 0..50 {
            let mut counting = spans.request(at(minute));
            for item in 0..100 {
                counting.count(LineItemId(item), Column::Fell(Stage::Geo));
            }
        }

        let minutes = eligible(&spans, Duration::MINUTE);
        assert!(spans.taken() <= 5_000, "{}", spans.taken());
        assert_eq!([(0, 0)], *eligible(&spans, Duration::HOUR));
        assert!((2..12).contains(&minutes.len()), "{minutes:?}");
        assert_eq!(Some(&(49, 0)), minutes.last());
    }
}
