//! One attribute of profiles or of items: its column and the pools behind its codes.

use std::cmp::Ordering;

use crate::pool::Pool;
use crate::profile::attribute::AttributeColumn;
use crate::profile::regrouping::Regrouping;
use crate::time::Instant;
use crate::typed::{Cell, TypedCells, TypedColumn};
use crate::value::{Kind, Value};

/// The values of one attribute over dense rows; a clone is cheap.
///
/// Truth is one last write for each slot of a profile. The column holds, for a profile of several slots, the latest of them at
/// the row of its survivor and nothing at the other rows, so that whoever scans it need not know which ids are one profile.
#[derive(Clone, Debug)]
pub struct Fact {
    column: AttributeColumn,
    /// What was written to each slot of profiles that have several; nothing elsewhere.
    own: AttributeColumn,
    /// Texts: the codes of strings and of the members of sets.
    texts: Pool,
    /// Sets: their sorted text codes as little-endian `u32`.
    sets: Pool,
}

/// One write: row, value code, time.
pub(crate) type Write = (u32, Option<i64>, Instant);

impl Fact {
    /// An attribute that nobody has.
    pub fn new(kind: Kind) -> Self {
        Self {
            column: AttributeColumn::new(kind),
            own: AttributeColumn::new(kind),
            texts: Pool::new(),
            sets: Pool::new(),
        }
    }

    /// The codes by row: for profiles that of the latest write to any of their slots, by survivor.
    pub const fn column(&self) -> &AttributeColumn {
        &self.column
    }

    /// The texts behind the codes of strings and of set members.
    pub const fn texts(&self) -> &Pool {
        &self.texts
    }

    /// The sets behind the codes of string sets: sorted text codes as little-endian `u32`.
    pub const fn sets(&self) -> &Pool {
        &self.sets
    }

    /// The present value of a row and the time of its write.
    pub fn read(&self, row: u32) -> Option<(Value, Instant)> {
        let (code, written) = self.column.read(row)?;
        Some((self.value(code)?, written))
    }

    /// The write that was kept for the profile at a row; no value: an `unset`.
    pub fn last_write(&self, row: u32) -> Option<(Option<Value>, Instant)> {
        let (code, written) = self.column.last_write(row)?;
        Some((code.and_then(|code| self.value(code)), written))
    }

    /// The value behind a code; `None` for a code that was never given.
    pub fn value(&self, code: i64) -> Option<Value> {
        let text = |code: u32| self.texts.text(code).map(str::to_owned);
        Some(match self.column.kind() {
            Kind::String => Value::String(text(u32::try_from(code).ok()?)?),
            Kind::StringSet => {
                let key = self.sets.get(u32::try_from(code).ok()?)?;
                let (members, _) = key.as_chunks::<4>();
                Value::StringSet(
                    members
                        .iter()
                        .filter_map(|member| text(u32::from_le_bytes(*member)))
                        .collect(),
                )
            }
            Kind::Integer => Value::Integer(code),
            Kind::Decimal => Value::Decimal(code),
            Kind::Bool => Value::Bool(code != 0),
            Kind::Instant => Value::Instant(Instant(code)),
        })
    }

    /// The codes of a column of `len` cells; new texts and sets are added.
    pub(crate) fn encode(&mut self, cells: &TypedColumn, len: usize) -> Vec<Option<i64>> {
        match &cells.cells {
            TypedCells::Text(texts) => self
                .texts
                .intern_rows(texts, len, |row| cells.is_present(row)),
            TypedCells::TextSet { .. } => (0..len)
                .map(|row| Some(self.encode_set(cells.cell(row)?)))
                .collect(),
            TypedCells::Number(_) => (0..len).map(|row| cells.number(row)).collect(),
        }
    }

    fn encode_set(&mut self, set: Cell<'_>) -> i64 {
        let mut codes: Vec<u32> = set
            .members()
            .map(|member| self.texts.intern(member.as_bytes()))
            .collect();
        codes.sort_unstable();
        let key: Vec<u8> = codes.into_iter().flat_map(u32::to_le_bytes).collect();
        i64::from(self.sets.intern(&key))
    }

    /// Keeps of all writes to a slot, earlier and new, the one with the latest time; of equal times the largest value.
    /// `survivor` gives the row of the profile to which a slot belongs with others.
    pub(crate) fn write_latest(
        &mut self,
        mut writes: Vec<Write>,
        survivor: impl Fn(u32) -> Option<u32>,
    ) {
        let mut own = Vec::new();
        for write in &mut writes {
            if let Some(row) = survivor(write.0) {
                own.push(*write);
                write.0 = row;
            }
        }
        // The latest of all slots is the latest of what it was and what comes in.
        let winners = self.winners(&self.column, writes);
        self.column.write_all(&winners);
        let winners = self.winners(&self.own, own);
        self.own.write_all(&winners);
    }

    /// The writes that are to stand in a column, one for each row.
    fn winners(&self, column: &AttributeColumn, mut writes: Vec<Write>) -> Vec<Write> {
        writes.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| self.rank(*a, *b)));
        let winners = writes
            .chunk_by(|a, b| a.0 == b.0)
            .filter_map(<[Write]>::last);
        let beats = |write: &&Write| {
            let kept = column.last_write(write.0);
            kept.is_none_or(|(value, written)| {
                self.rank((write.0, value, written), **write) == Ordering::Less
            })
        };
        winners.filter(beats).copied().collect()
    }

    /// Follows the slots of profiles: gives back what was written to each, then puts together what became one profile.
    pub(crate) fn regroup(&mut self, change: &Regrouping) {
        let mut back = Vec::new();
        for slot in change.apart.iter().flatten() {
            self.column.erase(*slot);
            if let Some((value, written)) = self.own.last_write(*slot) {
                back.push((*slot, value, written));
                self.own.erase(*slot);
            }
        }
        self.column.write_all(&back);
        let (mut own, mut latest) = (Vec::new(), Vec::new());
        for parts in &change.together {
            let mut best: Option<Write> = None;
            let mut survivor = u32::MAX;
            for (row, is_alone) in parts {
                survivor = survivor.min(*row);
                let Some((value, written)) = self.column.last_write(*row) else {
                    continue;
                };
                let write = (*row, value, written);
                if *is_alone {
                    own.push(write);
                }
                if best.is_none_or(|best| self.rank(best, write) == Ordering::Less) {
                    best = Some(write);
                }
                self.column.erase(*row);
            }
            latest.extend(best.map(|(_, value, written)| (survivor, value, written)));
        }
        self.own.write_all(&own);
        self.column.write_all(&latest);
    }

    /// What was written to a slot itself, whatever was written to the other slots of its profile; `is_alone` when it has none.
    pub(crate) fn own_write(&self, slot: u32, is_alone: bool) -> Option<(Option<Value>, Instant)> {
        let column = if is_alone { &self.column } else { &self.own };
        let (code, written) = column.last_write(slot)?;
        Some((code.and_then(|code| self.value(code)), written))
    }

    /// Keeps the last write to each row, whatever stood there.
    pub(crate) fn write_last(&mut self, writes: &[Write]) {
        self.column.write_all(writes);
    }

    fn rank(&self, (_, a, at_a): Write, (_, b, at_b): Write) -> Ordering {
        let value = |code: Option<i64>| code.and_then(|code| self.value(code));
        at_a.cmp(&at_b).then_with(|| {
            if a == b {
                Ordering::Equal
            } else {
                value(a).cmp(&value(b))
            }
        })
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.column.heap_bytes()
            + self.own.heap_bytes()
            + self.texts.heap_bytes()
            + self.sets.heap_bytes()
    }
}
