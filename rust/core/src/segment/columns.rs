//! The column form: the members of each segment, as readers see it.
//!
//! A record turns a few members in many segments, and to write them into sets that older views share would copy a chunk for each.
//! So what turns goes onto a pile beside the set, which takes it in once that has become much. All views share a pile: only the
//! writer adds to it, and each view knows how high it was. Whoever reads a set takes in for this view what lies on its pile, once.

use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use super::flips::Flips;
use crate::bitmap::Bitmap;
use crate::id::SegmentId;
use crate::order::by_number;

/// Turns that may lie on one pile, however small or large its set is. In between it is as many as make writing them worth while: to
/// take turns in copies the chunks of the set that they are in.
const WAITING: RangeInclusive<u32> = if cfg!(test) { 1..=3 } else { 256..=4_096 };

/// Bytes of a set that may be copied for one turn.
const COPIED: usize = 32;

/// Sets that turn together become full one after the other: by segment their piles end sooner, up to a half in so many steps.
const STEPS: u32 = 16;

/// Turns in one sheet.
const SHEET: usize = if cfg!(test) { 2 } else { 64 };

/// Sets in one shelf; a write copies a shelf.
const SHELF: usize = if cfg!(test) { 2 } else { 64 };

/// The members of every segment. A clone shares everything.
#[derive(Clone, Debug, Default)]
pub(crate) struct Columns {
    shelves: Vec<Arc<[Column; SHELF]>>,
    /// How many turns of each pile count, shelf by shelf.
    heights: Vec<Arc<[u32; SHELF]>>,
    /// Sets as readers of this view have made them.
    read: Arc<OnceLock<Vec<OnceLock<Bitmap>>>>,
}

#[derive(Clone, Debug, Default)]
struct Column {
    set: Arc<Bitmap>,
    /// The topmost sheet of the pile.
    top: Option<Arc<Sheet>>,
}

/// Turns of a pile in the order in which they came, and room for more. What is written once stays so.
#[derive(Debug)]
struct Sheet {
    below: Option<Arc<Sheet>>,
    /// How many turns lie below; the sheet below may have more, for another writer.
    start: u32,
    turns: [AtomicU64; SHEET],
}

/// A profile that becomes a member, or is one no longer.
type Turn = (u32, bool);

/// What the writer knows beside. A clone goes on with piles of its own, for two that write must not share one.
#[derive(Debug, Default)]
pub(super) struct Desk {
    /// By segment.
    slots: Vec<Slot>,
    /// Segments of which something has turned in this record.
    turned: Vec<SegmentId>,
    /// Room that is used again.
    turns: Vec<Turn>,
    sorted: Vec<Turn>,
}

/// The pile of a segment as the writer has it.
#[derive(Debug)]
struct Slot {
    /// The topmost sheet; none where the writer has not begun one.
    top: Option<Arc<Sheet>>,
    height: u32,
    /// How high it was with the last record.
    before: u32,
    /// How high it may become.
    most: u32,
}

impl Slot {
    /// An empty pile beside a set of so many bytes.
    fn new(segment: SegmentId, bytes: usize) -> Self {
        let most = (bytes / COPIED) as u32;
        let most = most.clamp(*WAITING.start(), *WAITING.end());
        Self {
            top: None,
            height: 0,
            before: 0,
            most: most - most / 2 * (segment.0 % STEPS) / STEPS,
        }
    }
}

impl Clone for Desk {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Sheet {
    fn new(below: Option<Arc<Self>>, start: u32) -> Self {
        Self {
            below,
            start,
            turns: std::array::from_fn(|_| AtomicU64::default()),
        }
    }

    // The view that tells a height is handed over with an ordering of its own, so no single turn needs one.

    fn write(&self, height: u32, (profile, entered): Turn) {
        let turn = u64::from(profile) << 1 | u64::from(entered);
        if let Some(cell) = self.turns.get((height - self.start) as usize) {
            cell.store(turn, Ordering::Relaxed);
        }
    }

    /// Appends the turns up to a height, in the order in which they came.
    fn read(&self, height: u32, turns: &mut Vec<Turn>) {
        let mut sheets = vec![(self, height)];
        while let Some((top, _)) = sheets.last()
            && let Some(below) = &top.below
        {
            sheets.push((below, top.start));
        }
        for (sheet, end) in sheets.into_iter().rev() {
            let own = sheet.turns.get(..(end - sheet.start) as usize);
            turns.extend(own.unwrap_or_default().iter().map(|cell| {
                let turn = cell.load(Ordering::Relaxed);
                ((turn >> 1) as u32, turn & 1 == 1)
            }));
        }
    }

    fn is_full(&self, height: u32) -> bool {
        (height - self.start) as usize == SHEET
    }

    fn heap_bytes(&self) -> usize {
        let sheets = std::iter::successors(Some(self), |own| own.below.as_deref());
        sheets.count() * size_of::<Self>()
    }
}

impl Drop for Sheet {
    /// One after the other: a high pile would fill the stack.
    fn drop(&mut self) {
        let mut next = self.below.take();
        while let Some(mut own) = next.and_then(Arc::into_inner) {
            next = own.below.take();
        }
    }
}

impl Columns {
    /// The members of a segment; none where nobody was ever.
    pub(crate) fn of<'a>(&'a self, segment: SegmentId, nobody: &'a Bitmap) -> &'a Bitmap {
        let Some(column) = self.column(segment) else {
            return nobody;
        };
        let height = self.height(segment);
        let Some(top) = column.top.as_ref().filter(|_| height > 0) else {
            return &column.set;
        };
        let count = self.shelves.len() * SHELF;
        let cells = self
            .read
            .get_or_init(|| (0..count).map(|_| OnceLock::new()).collect());
        let cell = cells.get(segment.index());
        cell.map_or(nobody, |cell| {
            cell.get_or_init(|| {
                let (mut set, mut turns) = (Bitmap::clone(&column.set), Vec::new());
                top.read(height, &mut turns);
                last_of_each(&mut turns, &mut Vec::new());
                set.turn(&turns);
                set
            })
        })
    }

    /// Bytes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        let columns = self.shelves.iter().flat_map(|shelf| shelf.iter());
        let columns = columns.map(|own| {
            let pile = own.top.as_ref().map_or(0, |top| top.heap_bytes());
            size_of::<Column>() + own.set.heap_bytes() + pile
        });
        let read = self.read.get().into_iter().flatten();
        let read = read.filter_map(OnceLock::get).map(Bitmap::heap_bytes);
        columns.chain(read).sum()
    }

    fn column(&self, segment: SegmentId) -> Option<&Column> {
        let shelf = self.shelves.get(segment.index() / SHELF)?;
        shelf.get(segment.index() % SHELF)
    }

    /// How many turns the set of a segment is still to take in.
    fn height(&self, segment: SegmentId) -> u32 {
        let heights = self.heights.get(segment.index() / SHELF);
        let height = heights.and_then(|own| own.get(segment.index() % SHELF));
        height.copied().unwrap_or(0)
    }

    /// Adds the flips of a record, whose runs are in order of profiles.
    pub(super) fn add(&mut self, flips: &Flips, desk: &mut Desk) {
        self.read = Arc::default();
        for run in flips.runs() {
            for own in flips.switches(run) {
                let turn = (run.profile.0, own.entered());
                desk.push(self, own.segment(), turn);
            }
        }
        let room = desk.slots.len().div_ceil(SHELF).max(self.shelves.len());
        let shelf = || Arc::new(std::array::from_fn(|_| Column::default()));
        self.shelves.resize_with(room, shelf);
        self.heights.resize_with(room, || Arc::new([0; SHELF]));
        let mut turned = std::mem::take(&mut desk.turned);
        for segment in turned.drain(..) {
            self.put(segment, desk);
        }
        desk.turned = turned;
    }

    /// Takes over the pile of a segment, or takes in what lies on it.
    fn put(&mut self, segment: SegmentId, desk: &mut Desk) {
        let (number, place) = (segment.index() / SHELF, segment.index() % SHELF);
        let Some(slot) = desk.slots.get_mut(segment.index()) else {
            return;
        };
        let is_full = slot.height > slot.most;
        let sheet = |top: &Option<Arc<Sheet>>| top.as_ref().map(Arc::as_ptr);
        let has_top = |own: &Column| sheet(&own.top) == sheet(&slot.top);
        if is_full || !self.column(segment).is_some_and(has_top) {
            let shelf = self.shelves.get_mut(number).map(Arc::make_mut);
            let Some(column) = shelf.and_then(|shelf| shelf.get_mut(place)) else {
                return;
            };
            if let Some(top) = slot.top.take_if(|_| is_full) {
                desk.turns.clear();
                top.read(slot.height, &mut desk.turns);
                last_of_each(&mut desk.turns, &mut desk.sorted);
                Arc::make_mut(&mut column.set).turn(&desk.turns);
                *slot = Slot::new(segment, column.set.heap_bytes());
            }
            column.top.clone_from(&slot.top);
        }
        slot.before = slot.height;
        let heights = self.heights.get_mut(number).map(Arc::make_mut);
        if let Some(height) = heights.and_then(|own| own.get_mut(place)) {
            *height = slot.height;
        }
    }
}

/// Puts turns in order of profiles, of several of one profile the last; `room` is used again.
fn last_of_each(turns: &mut Vec<Turn>, room: &mut Vec<Turn>) {
    by_number(turns, room, |own| u64::from(own.0));
    turns.dedup_by(|later, kept| {
        let is_one = later.0 == kept.0;
        if is_one {
            *kept = *later;
        }
        is_one
    });
}

impl Desk {
    /// Adds a turn.
    #[inline]
    fn push(&mut self, view: &Columns, segment: SegmentId, turn: Turn) {
        let Some(slot) = self.slots.get_mut(segment.index()) else {
            let missing = self.slots.len() as u32..=segment.0;
            let slot = |own: u32| Slot::new(SegmentId(own), 0);
            self.slots.extend(missing.map(slot));
            return self.push(view, segment, turn);
        };
        let height = slot.height;
        let Some(top) = slot.top.as_ref().filter(|top| !top.is_full(height)) else {
            slot.begin(view, segment);
            return self.push(view, segment, turn);
        };
        top.write(height, turn);
        slot.height = height + 1;
        if height == slot.before {
            self.turned.push(segment);
        }
    }
}

impl Slot {
    /// Begins a sheet, the first one upon what the view has.
    #[cold]
    fn begin(&mut self, view: &Columns, segment: SegmentId) {
        let below = self.top.take().or_else(|| {
            self.height = view.height(segment);
            self.before = self.height;
            let column = view.column(segment).filter(|_| self.height > 0);
            column.and_then(|column| column.top.clone())
        });
        self.top = Some(Arc::new(Sheet::new(below, self.height)));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::id::ProfileId;
    use crate::segment::feed::Cause;
    use crate::segment::flips::Flip;
    use proptest::prelude::*;

    fn turn(
        (columns, desk): (&mut Columns, &mut Desk),
        model: &mut [BTreeSet<u32>],
        turns: &[(u32, u32, bool)],
    ) -> (Columns, Vec<BTreeSet<u32>>) {
        let mut flips = Flips::default();
        for (segment, profile, entered) in turns {
            let members = &mut model[*segment as usize];
            if *entered {
                members.insert(*profile);
            } else {
                members.remove(profile);
            }
            flips.push(Flip {
                segment: SegmentId(*segment),
                profile: ProfileId(*profile),
                entered: *entered,
                cause: Cause::Time,
            });
        }
        flips.sort(&mut Vec::new());
        columns.add(&flips, desk);
        (columns.clone(), model.to_vec())
    }

    #[test]
    fn one_record_may_turn_very_many_in_one_segment() {
        let mut model = vec![BTreeSet::new()];
        let turns: Vec<_> = (0..300_000).map(|profile| (0, profile, true)).collect();
        let mut writer = (Columns::default(), Desk::default());

        let (view, model) = turn((&mut writer.0, &mut writer.1), &mut model, &turns);

        let nobody = Bitmap::new();
        let members = view.of(SegmentId(0), &nobody);
        assert!(members.iter().eq(model[0].iter().copied()));
    }

    #[test]
    fn a_reader_sees_what_its_view_had_while_the_writer_goes_on() {
        let (mut columns, mut desk) = (Columns::default(), Desk::default());
        let mut model = vec![BTreeSet::new(); 3];
        let (views, taken) = std::sync::mpsc::sync_channel::<(Columns, Vec<BTreeSet<u32>>)>(2);
        std::thread::scope(|scope| {
            scope.spawn(move || {
                let nobody = Bitmap::new();
                for (view, model) in taken {
                    for (segment, members) in model.iter().enumerate() {
                        let own = view.of(SegmentId(segment as u32), &nobody);
                        assert!(own.iter().eq(members.iter().copied()));
                    }
                }
            });
            for record in 0..2_000 {
                let turns = [record % 3, record * 7 % 3]
                    .map(|own| (own, record * 31 % 97, record * 5 % 8 > 2));
                let view = turn((&mut columns, &mut desk), &mut model, &turns);
                assert!(views.send(view).is_ok(), "the reader has failed");
            }
            drop(views);
        });
    }

    proptest! {
        #[test]
        fn every_view_keeps_the_members_that_it_had(
            records in prop::collection::vec(
                (prop::collection::vec((0u32..5, 0u32..70_000, any::<bool>()), 1..8), prop::option::weighted(0.2, any::<bool>())),
                1..30,
            ),
        ) {
            let (mut columns, mut desk) = (Columns::default(), Desk::default());
            let mut model = vec![BTreeSet::new(); 5];
            let (mut views, nobody) = (Vec::new(), Bitmap::new());
            for (mut turns, fork) in records {
                for own in &mut turns {
                    own.1 = own.1 % 7 + own.1 / 65_536 * 65_536;
                }
                // Two go on from here, each its own way, and either may be the one that is kept.
                let mut other = (columns.clone(), desk.clone(), model.clone());
                views.push(turn((&mut columns, &mut desk), &mut model, &turns));
                if let Some(is_kept) = fork {
                    turns.iter_mut().for_each(|own| own.2 ^= own.1 % 2 == 0);
                    views.push(turn((&mut other.0, &mut other.1), &mut other.2, &turns));
                    if is_kept {
                        (columns, desk, model) = other;
                    }
                }
            }
            for (view, model) in views {
                for (segment, members) in model.iter().enumerate() {
                    let own: BTreeSet<u32> = view.of(SegmentId(segment as u32), &nobody).iter().collect();
                    prop_assert_eq!(members, &own);
                }
            }
        }
    }
}
