//! The column form: the members of each segment, as readers see it.
//!
//! A record turns a few members in many segments, and to write them into sets that older views share would copy a chunk for each.
//! So the turns of a record are one block beside the sets, sorted by segment; a set takes in what waits for it when that has become
//! much, or when its turn comes. Whoever reads a set before takes the turns in for this view, once.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};

use super::feed::Flip;
use crate::bitmap::Bitmap;
use crate::id::SegmentId;

/// Turns that may wait for one set.
const WAITING: u32 = if cfg!(test) { 3 } else { 4_096 };

/// In so many blocks every set takes in what waits for it.
const ROUND: usize = if cfg!(test) { 3 } else { 32 };

/// Sets in one shelf; a write copies a shelf.
const SHELF: usize = if cfg!(test) { 2 } else { 64 };

/// The members of every segment. A clone shares everything.
#[derive(Clone, Debug, Default)]
pub(crate) struct Columns {
    shelves: Vec<Arc<Vec<Column>>>,
    /// Turns, block by block; those of before a set's `from` are in the set.
    blocks: VecDeque<Arc<Block>>,
    /// Number of the first block.
    first: u64,
    /// Sets as readers of this view have made them.
    read: Arc<OnceLock<Vec<OnceLock<Bitmap>>>>,
}

#[derive(Clone, Debug, Default)]
struct Column {
    set: Arc<Bitmap>,
    /// The first block that is not in the set.
    from: u64,
}

/// A profile that becomes a member, or is one no longer.
type Turn = (u32, bool);

/// The turns of one record, rising by segment, then by profile.
#[derive(Debug, Default)]
struct Block {
    /// Where the turns of a segment end; they start where those of the one before do.
    ends: Vec<(SegmentId, u32)>,
    turns: Vec<Turn>,
}

/// What the writer knows beside.
#[derive(Clone, Debug, Default)]
pub(super) struct Desk {
    /// By segment: turns of the block that is made, in the order in which they were found.
    turns: Vec<Vec<Turn>>,
    /// By segment: how many turns wait.
    waiting: Vec<u32>,
    /// The segment whose set takes in next what waits for it.
    next: usize,
}

impl Block {
    fn of(&self, segment: SegmentId) -> &[Turn] {
        let Ok(place) = self.ends.binary_search_by_key(&segment, |own| own.0) else {
            return &[];
        };
        let end = |place: usize| self.ends.get(place).map_or(0, |own| own.1 as usize);
        let start = place.checked_sub(1).map_or(0, end);
        self.turns.get(start..end(place)).unwrap_or_default()
    }
}

impl Columns {
    /// The members of a segment; none where nobody was ever.
    pub(crate) fn of<'a>(&'a self, segment: SegmentId, nobody: &'a Bitmap) -> &'a Bitmap {
        let column = self.column(segment);
        let set = column.map_or(nobody, |column| column.set.as_ref());
        let turns = self.waiting(segment, column.map_or(0, |column| column.from));
        if turns.is_empty() {
            return set;
        }
        let count = self.shelves.len() * SHELF;
        let read = self
            .read
            .get_or_init(|| (0..count).map(|_| OnceLock::new()).collect());
        let read = read.get(segment.index());
        read.map_or(nobody, |cell| {
            cell.get_or_init(|| {
                let mut set = set.clone();
                set.turn(&turns);
                set
            })
        })
    }

    fn column(&self, segment: SegmentId) -> Option<&Column> {
        let shelf = self.shelves.get(segment.index() / SHELF)?;
        shelf.get(segment.index() % SHELF)
    }

    /// The turns of a segment from a block on, rising by profile, each profile once.
    fn waiting(&self, segment: SegmentId, from: u64) -> Vec<Turn> {
        let skipped = from.saturating_sub(self.first) as usize;
        let mut turns = Vec::new();
        for block in self.blocks.iter().skip(skipped) {
            turns.extend_from_slice(block.of(segment));
        }
        last_of_each(&mut turns);
        turns
    }

    /// Adds the flips of a record, in their order.
    pub(super) fn add(&mut self, flips: &[Flip], desk: &mut Desk) {
        let block = desk.block(flips);
        let room = desk.turns.len().div_ceil(SHELF);
        let shelf = || Arc::new(vec![Column::default(); SHELF]);
        self.shelves
            .resize_with(room.max(self.shelves.len()), shelf);
        self.read = Arc::default();
        let full: Vec<SegmentId> = block.ends.iter().map(|own| own.0).collect();
        self.blocks.push_back(Arc::new(block));
        for segment in full {
            if desk
                .waiting
                .get(segment.index())
                .is_some_and(|own| *own > WAITING)
            {
                self.take_in(segment, desk);
            }
        }
        let share = desk.waiting.len().div_ceil(ROUND);
        for _ in 0..share {
            let segment = SegmentId(desk.next as u32);
            if desk.waiting.get(desk.next).is_some_and(|own| *own > 0) {
                self.take_in(segment, desk);
            }
            desk.next = (desk.next + 1) % desk.waiting.len().max(1);
        }
        // A round later every set has had its turn; one block more, since a round may begin in the middle.
        while self.blocks.len() > ROUND + 1 {
            self.drop_first(desk);
        }
    }

    /// Writes what waits for a set into it.
    fn take_in(&mut self, segment: SegmentId, desk: &mut Desk) {
        let turns = self.waiting(segment, self.column(segment).map_or(0, |own| own.from));
        let end = self.first + self.blocks.len() as u64;
        let shelf = self.shelves.get_mut(segment.index() / SHELF);
        let shelf = shelf.map(Arc::make_mut);
        if let Some(column) = shelf.and_then(|shelf| shelf.get_mut(segment.index() % SHELF)) {
            Arc::make_mut(&mut column.set).turn(&turns);
            column.from = end;
        }
        if let Some(waiting) = desk.waiting.get_mut(segment.index()) {
            *waiting = 0;
        }
    }

    /// Lets go of the oldest block; sets that have not taken it in do so first.
    fn drop_first(&mut self, desk: &mut Desk) {
        let Some(block) = self.blocks.front().cloned() else {
            return;
        };
        for (segment, _) in &block.ends {
            if self
                .column(*segment)
                .is_some_and(|own| own.from <= self.first)
            {
                self.take_in(*segment, desk);
            }
        }
        self.blocks.pop_front();
        self.first += 1;
    }
}

/// Keeps of several turns of one profile the last.
fn last_of_each(turns: &mut Vec<Turn>) {
    if turns.is_sorted_by(|a, b| a.0 < b.0) {
        return;
    }
    // Stable, and looked at from the end.
    turns.sort_by_key(|turn| turn.0);
    turns.reverse();
    turns.dedup_by_key(|turn| turn.0);
    turns.reverse();
}

impl Desk {
    fn block(&mut self, flips: &[Flip]) -> Block {
        for flip in flips {
            let index = flip.segment.index();
            if self.turns.len() <= index {
                self.turns.resize_with(index + 1, Vec::new);
                self.waiting.resize(index + 1, 0);
            }
            if let Some(turns) = self.turns.get_mut(index) {
                turns.push((flip.profile.0, flip.entered));
            }
        }
        let mut block = Block {
            ends: Vec::new(),
            turns: Vec::with_capacity(flips.len()),
        };
        let both = self.turns.iter_mut().zip(&mut self.waiting);
        for (number, (turns, waiting)) in both.enumerate() {
            if turns.is_empty() {
                continue;
            }
            last_of_each(turns);
            *waiting += turns.len() as u32;
            block.turns.append(turns);
            let end = block.turns.len() as u32;
            block.ends.push((SegmentId(number as u32), end));
        }
        block
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::id::ProfileId;
    use crate::segment::feed::Cause;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_view_keeps_the_members_that_it_had(
            records in prop::collection::vec(prop::collection::vec((0u32..5, 0u32..70_000, any::<bool>()), 1..8), 1..30),
        ) {
            let (mut columns, mut desk) = (Columns::default(), Desk::default());
            let mut model = vec![BTreeSet::new(); 5];
            let (mut views, nobody) = (Vec::new(), Bitmap::new());
            for record in records {
                let flips: Vec<Flip> = record
                    .into_iter()
                    .map(|(segment, profile, entered)| Flip {
                        segment: SegmentId(segment),
                        profile: ProfileId(profile % 7 + profile / 65_536 * 65_536),
                        entered,
                        cause: Cause::Time,
                    })
                    .collect();
                for flip in &flips {
                    let members = &mut model[flip.segment.index()];
                    if flip.entered { members.insert(flip.profile.0); } else { members.remove(&flip.profile.0); }
                }

                columns.add(&flips, &mut desk);

                prop_assert!(columns.blocks.len() <= ROUND + 1);
                views.push((columns.clone(), model.clone()));
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
