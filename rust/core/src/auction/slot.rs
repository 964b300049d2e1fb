//! One clause of every row on one dimension, by value.

use super::check::Said;
use super::codes::Codes;
use super::context::ContextValue;
use super::posting::Postings;
use super::reason::Stage;
use super::shape::texts;
use crate::bitmap::line::Line;
use crate::id::DimensionId;

/// Most values for which rows that pass are kept ready.
pub(super) const MOST_FOLDED: usize = 256;
/// Most lines that are kept ready for one slot.
pub(super) const MOST_FOLDED_LINES: usize = 1 << 19;

/// One clause of every row on one dimension.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    /// Of what.
    pub(super) dimension: DimensionId,
    /// Where rows fall.
    pub(super) stage: Stage,
    /// Rows that pass by themselves when something is said.
    pub(super) present: Vec<Line>,
    /// Rows that pass when nothing is.
    pub(super) absent: Vec<Line>,
    /// Rows that pass when a value is said.
    pub(super) add: Postings,
    /// Rows that do not.
    pub(super) sub: Postings,
    /// By code: rows that pass when this value alone is said; empty when there are too many values.
    pub(super) folded: Vec<Line>,
}

/// Where the rows lie that pass a slot.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Passing {
    /// In [`Slot::absent`].
    #[default]
    Absent,
    /// In [`Slot::present`].
    Present,
    /// In [`Slot::folded`], by code.
    Folded(u32),
    /// In the room that was given.
    Written,
}

impl Slot {
    /// The rows that pass, ready or written to `room`.
    pub(super) fn passing(&self, codes: &Codes, said: &Said<'_>, room: &mut Vec<Line>) -> Passing {
        let Some(value) = said.get(self.dimension.index()).copied().flatten() else {
            return Passing::Absent;
        };
        match value {
            ContextValue::Number(number) => self.single(codes.of_number(*number), room),
            ContextValue::Text(text) => self.single(codes.of_text(text), room),
            ContextValue::Texts(all) if all.len() == 1 => {
                let code = all.first().and_then(|text| codes.of_text(text));
                self.single(code, room)
            }
            ContextValue::Texts(_) => self.several(codes, value, room),
            ContextValue::Place(_) => Passing::Present,
        }
    }

    fn single(&self, code: Option<u32>, room: &mut Vec<Line>) -> Passing {
        let Some(code) = code else {
            return Passing::Present;
        };
        if !self.folded.is_empty() {
            return Passing::Folded(code);
        }
        let (add, sub) = (self.add.get(code), self.sub.get(code));
        if add.is_nothing() && sub.is_nothing() {
            return Passing::Present;
        }
        room.clone_from(&self.present);
        add.add_to(room);
        sub.take_from(room);
        Passing::Written
    }

    fn several(&self, codes: &Codes, value: &ContextValue, room: &mut Vec<Line>) -> Passing {
        room.clone_from(&self.present);
        let said = || texts(value).iter().filter_map(|text| codes.of_text(text));
        said().for_each(|code| self.add.get(code).add_to(room));
        said().for_each(|code| self.sub.get(code).take_from(room));
        Passing::Written
    }

    /// The rows that pass.
    pub(super) fn lines<'a>(&'a self, passing: Passing, room: &'a [Line]) -> &'a [Line] {
        let width = self.present.len();
        match passing {
            Passing::Absent => &self.absent,
            Passing::Present => &self.present,
            Passing::Written => room,
            Passing::Folded(code) => {
                let start = code as usize * width;
                self.folded.get(start..start + width).unwrap_or_default()
            }
        }
    }

    /// Keeps ready what passes for each value, if there are few.
    pub(super) fn fold(&mut self, codes: usize) {
        let width = self.present.len();
        if codes > MOST_FOLDED || codes * width > MOST_FOLDED_LINES {
            return;
        }
        for code in 0..codes as u32 {
            let mut lines = self.present.clone();
            self.add.get(code).add_to(&mut lines);
            self.sub.get(code).take_from(&mut lines);
            self.folded.extend(lines);
        }
    }

    /// Bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        let lines = self.present.len() + self.absent.len() + self.folded.capacity();
        lines * size_of::<Line>() + self.add.heap_bytes() + self.sub.heap_bytes()
    }
}
