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
        let mut own = Self {
            width,
            ..Self::default()
        };
        let mut lists = Vec::with_capacity(groups.len() + 1);
        for (base, add) in groups {
            own.bases.push(base);
            lists.push(add);
        }
        lists.push(sub);
        // By segment and group: first how many rows, then where the next one goes.
        let mut cells = vec![0_u32; segments * lists.len()];
        for (group, list) in lists.iter().enumerate() {
            for (segment, _) in list {
                if let Some(count) = cells.get_mut(*segment as usize * lists.len() + group) {
                    *count += 1;
                }
            }
        }
        let lens = cells.clone();
        own.starts.reserve_exact(segments + 1);
        for (at, cell) in cells.iter_mut().enumerate() {
            let group = at % lists.len();
            if group == 0 {
                own.starts.push(own.parts.len() as u32);
            }
            let len = std::mem::take(cell);
            if len > 0 {
                *cell = own.push(group as u8, len, limit);
            }
        }
        own.starts.push(own.parts.len() as u32);
        own.fill(&lists, cells, &lens, limit);
        own
    }

    fn fill(&mut self, lists: &[Pairs], mut cells: Vec<u32>, lens: &[u32], limit: usize) {
        for (group, list) in lists.iter().enumerate() {
            for (segment, row) in list {
                let at = *segment as usize * lists.len() + group;
                let (Some(next), Some(len)) = (cells.get_mut(at), lens.get(at)) else {
                    continue;
                };
                if *len as usize >= limit {
                    let lines = self.lines.get_mut(*next as usize..);
                    set(lines.unwrap_or_default(), *row);
                } else if let Some(own) = self.rows.get_mut(*next as usize) {
                    *own = *row;
                    *next += 1;
                }
            }
        }
    }

    /// Makes room for so many rows and tells where.
    fn push(&mut self, group: u8, len: u32, limit: usize) -> u32 {
        if (len as usize) < limit {
            let start = self.rows.len() as u32;
            self.rows.resize(self.rows.len() + len as usize, 0);
            self.parts.push(Part { start, len, group });
            return start;
        }
        let start = self.lines.len();
        self.lines.resize(start + self.width, Line::default());
        let start = start as u32;
        self.parts.push(Part {
            start,
            len: 0,
            group,
        });
        start
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
