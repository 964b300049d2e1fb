//! Clauses on the segments of the person.

use super::posting::set;
use crate::bitmap::line::Line;
use crate::id::SegmentId;

/// Pairs of a value and a row.
type Pairs = Vec<(u32, u32)>;

/// For each segment the rows that ask for it or against it; what belongs to one segment lies together.
#[derive(Clone, Debug, Default)]
pub(super) struct Memberships {
    /// By group: rows that pass by themselves.
    pub(super) bases: Vec<Vec<Line>>,
    /// By segment where its parts begin; one more at the end.
    starts: Vec<u32>,
    parts: Vec<Part>,
    rows: Vec<u32>,
    lines: Vec<Line>,
    width: usize,
}

/// Rows that one group adds for a segment, or, as the last group, that are taken away.
#[derive(Clone, Copy, Debug)]
struct Part {
    start: u32,
    /// How many rows; 0: they are lines.
    len: u32,
    group: u8,
}

impl Memberships {
    /// From the rows of each group, and those to take away; values of `limit` rows become lines.
    pub(super) fn of(
        groups: Vec<(Vec<Line>, Pairs)>,
        sub: Pairs,
        segments: usize,
        width: usize,
        limit: usize,
    ) -> Self {
        let mut all: Vec<(u32, u8, u32)> = Vec::new();
        let last = groups.len() as u8;
        let mut own = Self {
            width,
            ..Self::default()
        };
        for (group, (base, add)) in groups.into_iter().enumerate() {
            own.bases.push(base);
            all.extend(
                add.into_iter()
                    .map(|(segment, row)| (segment, group as u8, row)),
            );
        }
        all.extend(sub.into_iter().map(|(segment, row)| (segment, last, row)));
        all.sort_unstable();
        let mut parts = all.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)).peekable();
        for segment in 0..segments as u32 {
            own.starts.push(own.parts.len() as u32);
            while let Some(part) =
                parts.next_if(|part| part.first().is_some_and(|own| own.0 == segment))
            {
                own.push(part, limit);
            }
        }
        own.starts.push(own.parts.len() as u32);
        own
    }

    fn push(&mut self, part: &[(u32, u8, u32)], limit: usize) {
        let group = part.first().map_or(0, |own| own.1);
        let rows = part.iter().map(|own| own.2);
        if part.len() < limit {
            let start = self.rows.len() as u32;
            self.rows.extend(rows);
            let len = part.len() as u32;
            self.parts.push(Part { start, len, group });
            return;
        }
        let start = self.lines.len();
        self.lines.resize(start + self.width, Line::default());
        if let Some(lines) = self.lines.get_mut(start..) {
            rows.for_each(|row| set(lines, row));
        }
        let start = start as u32;
        self.parts.push(Part {
            start,
            len: 0,
            group,
        });
    }

    /// Writes the rows whose clauses hold of somebody in these segments to `passing`, as far as they lie in the lines named.
    ///
    /// `groups` is room for one more than there are groups.
    pub(super) fn collect(
        &self,
        segments: &[SegmentId],
        live: &[u32],
        groups: &mut Vec<Vec<Line>>,
        passing: &mut Vec<Line>,
    ) {
        groups.resize_with(self.bases.len() + 1, Vec::new);
        groups
            .iter_mut()
            .for_each(|own| own.resize(self.width, Line::default()));
        for (group, base) in groups.iter_mut().zip(&self.bases) {
            copy(group, live, base);
        }
        if let Some(taken) = groups.last_mut() {
            fill(taken, live, Line::default());
        }
        for segment in segments {
            for part in self.parts_of(*segment) {
                if let Some(group) = groups.get_mut(usize::from(part.group)) {
                    self.add(*part, live, group);
                }
            }
        }
        passing.resize(self.width, Line::default());
        fill(passing, live, Line::FULL);
        for (number, group) in groups.iter().enumerate() {
            let is_taken = number == self.bases.len();
            for at in live {
                let at = *at as usize;
                if let (Some(line), Some(own)) = (passing.get_mut(at), group.get(at)) {
                    *line = if is_taken {
                        line.and_not(own)
                    } else {
                        line.and(own)
                    };
                }
            }
        }
    }

    fn parts_of(&self, segment: SegmentId) -> &[Part] {
        let bounds = (
            self.starts.get(segment.index()),
            self.starts.get(segment.index() + 1),
        );
        let (Some(start), Some(end)) = bounds else {
            return &[];
        };
        self.parts
            .get(*start as usize..*end as usize)
            .unwrap_or_default()
    }

    #[inline]
    fn add(&self, part: Part, live: &[u32], group: &mut [Line]) {
        let start = part.start as usize;
        if part.len > 0 {
            let rows = self.rows.get(start..start + part.len as usize);
            rows.unwrap_or_default()
                .iter()
                .for_each(|row| set(group, *row));
            return;
        }
        let lines = self
            .lines
            .get(start..start + self.width)
            .unwrap_or_default();
        for at in live {
            let at = *at as usize;
            if let (Some(line), Some(own)) = (group.get_mut(at), lines.get(at)) {
                *line = line.or(own);
            }
        }
    }

    /// Bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        let lines = self.bases.len() * self.width + self.lines.capacity();
        lines * size_of::<Line>()
            + 4 * (self.starts.capacity() + self.rows.capacity())
            + size_of::<Part>() * self.parts.capacity()
    }
}

fn fill(lines: &mut [Line], live: &[u32], with: Line) {
    for at in live {
        if let Some(own) = lines.get_mut(*at as usize) {
            *own = with;
        }
    }
}

fn copy(lines: &mut [Line], live: &[u32], from: &[Line]) {
    for at in live {
        let at = *at as usize;
        if let (Some(own), Some(from)) = (lines.get_mut(at), from.get(at)) {
            *own = *from;
        }
    }
}
