//! The column form: the members of each segment, as readers see it.
//!
//! A record turns a few members in many segments, and to write them into sets that older views share would copy a chunk for each.
//! So the turns of a record are one block beside the sets, sorted by segment; a set takes in what waits for it when that has become
//! much. Blocks of about one size become one when there are a few of them, after O'Neil et al., "The log-structured merge-tree"
//! (1996), so their number stays small however small records are. Whoever reads a set before takes the turns in for this view, once.

use std::sync::{Arc, OnceLock};

use super::feed::Flip;
use crate::bitmap::Bitmap;
use crate::id::SegmentId;

/// Turns that may wait for one set.
const WAITING: u32 = if cfg!(test) { 3 } else { 4_096 };

/// So many blocks of one size become one.
const FAN: usize = if cfg!(test) { 2 } else { 8 };

/// Turns of the smallest blocks; every size is [`FAN`] times the one before.
const SMALL: usize = if cfg!(test) { 4 } else { 4_096 };

/// Sets in one shelf; a write copies a shelf.
const SHELF: usize = if cfg!(test) { 2 } else { 64 };

/// The members of every segment. A clone shares everything.
#[derive(Clone, Debug, Default)]
pub(crate) struct Columns {
    shelves: Vec<Arc<Vec<Column>>>,
    /// Turns, block by block, the oldest and largest first.
    blocks: Vec<Arc<Block>>,
    /// How many records there were.
    records: u64,
    /// Sets as readers of this view have made them.
    read: Arc<OnceLock<Vec<OnceLock<Bitmap>>>>,
}

#[derive(Clone, Debug, Default)]
struct Column {
    set: Arc<Bitmap>,
    /// How many records are in the set.
    from: u64,
}

/// A profile that becomes a member, or is one no longer.
type Turn = (u32, bool);

/// The turns of a record, or of several, rising by segment, then by profile, each profile once.
#[derive(Debug, Default)]
struct Block {
    /// How many records there were with its last one.
    end: u64,
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
}

impl Block {
    fn of(&self, segment: SegmentId) -> &[Turn] {
        let Ok(place) = self.ends.binary_search_by_key(&segment, |own| own.0) else {
            return &[];
        };
        self.at(place).1
    }

    /// The turns of the segment at a place.
    fn at(&self, place: usize) -> (SegmentId, &[Turn]) {
        let end = |place: usize| self.ends.get(place).map_or(0, |own| own.1 as usize);
        let start = place.checked_sub(1).map_or(0, end);
        let segment = self.ends.get(place).map_or(SegmentId(0), |own| own.0);
        let turns = self.turns.get(start..end(place));
        (segment, turns.unwrap_or_default())
    }

    /// How often blocks were made one until there was one of this size, about.
    fn level(&self) -> u32 {
        (self.turns.len() / SMALL)
            .checked_ilog(FAN)
            .map_or(0, |own| own + 1)
    }

    /// One block of several, the oldest first; `from` tells how many records are in the set of a segment.
    fn merged(blocks: &[Arc<Self>], from: impl Fn(SegmentId) -> u64) -> Self {
        let mut merged = Self {
            end: blocks.last().map_or(0, |own| own.end),
            turns: Vec::with_capacity(blocks.iter().map(|own| own.turns.len()).sum()),
            ..Self::default()
        };
        let (mut places, mut own) = (vec![0; blocks.len()], Vec::new());
        let next = |places: &[usize]| {
            let heads = blocks.iter().zip(places);
            let heads = heads.filter_map(|(block, place)| Some(block.ends.get(*place)?.0));
            heads.min()
        };
        while let Some(segment) = next(&places) {
            let from = from(segment);
            for (block, place) in blocks.iter().zip(&mut places) {
                let (head, turns) = block.at(*place);
                if *place < block.ends.len() && head == segment {
                    *place += 1;
                    if block.end > from {
                        own.extend_from_slice(turns);
                    }
                }
            }
            merged.append(segment, &mut own);
        }
        merged
    }

    /// Appends the turns of a segment after those of lower ones; of several of one profile the last.
    fn append(&mut self, segment: SegmentId, turns: &mut Vec<Turn>) {
        if turns.is_empty() {
            return;
        }
        last_of_each(turns);
        self.turns.append(turns);
        self.ends.push((segment, self.turns.len() as u32));
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

    /// The turns of a segment after so many records, rising by profile, each profile once. Turns of before may be among them where no
    /// later ones are: they change nothing.
    fn waiting(&self, segment: SegmentId, from: u64) -> Vec<Turn> {
        let mut turns = Vec::new();
        for block in self.blocks.iter().filter(|block| block.end > from) {
            turns.extend_from_slice(block.of(segment));
        }
        last_of_each(&mut turns);
        turns
    }

    /// Adds the flips of a record, in their order.
    pub(super) fn add(&mut self, flips: &[Flip], desk: &mut Desk) {
        self.records += 1;
        let block = desk.block(flips, self.records);
        let room = desk.turns.len().div_ceil(SHELF);
        let shelf = || Arc::new(vec![Column::default(); SHELF]);
        self.shelves
            .resize_with(room.max(self.shelves.len()), shelf);
        self.read = Arc::default();
        let segments: Vec<SegmentId> = block.ends.iter().map(|own| own.0).collect();
        self.blocks.push(Arc::new(block));
        for segment in segments {
            let waiting = desk.waiting.get(segment.index());
            if waiting.is_some_and(|own| *own > WAITING) {
                self.take_in(segment, desk);
            }
        }
        self.merge();
    }

    /// Makes blocks one until there are few of each size, and none is smaller than a later one.
    fn merge(&mut self) {
        while let Some(last) = self.blocks.last() {
            let level = last.level();
            let alike = self.blocks.iter().rev();
            let alike = alike.take_while(|block| block.level() <= level).count();
            let is_smallest = |block: &Arc<Block>| block.level() == level;
            let place = self.blocks.len() - alike;
            let own = self.blocks.get(place..).unwrap_or_default();
            if own.iter().all(is_smallest) && alike < FAN {
                return;
            }
            let from = |segment| self.column(segment).map_or(0, |own| own.from);
            let merged = Block::merged(own, from);
            self.blocks.truncate(place);
            self.blocks.push(Arc::new(merged));
        }
    }

    /// Writes what waits for a set into it.
    fn take_in(&mut self, segment: SegmentId, desk: &mut Desk) {
        let turns = self.waiting(segment, self.column(segment).map_or(0, |own| own.from));
        let end = self.records;
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
}

/// Keeps of several turns of one profile the last.
fn last_of_each(turns: &mut Vec<Turn>) {
    if !turns.is_sorted_by_key(|turn| turn.0) {
        // Stable: what came later lies behind.
        turns.sort_by_key(|turn| turn.0);
    }
    turns.dedup_by(|later, kept| {
        let is_one = later.0 == kept.0;
        if is_one {
            *kept = *later;
        }
        is_one
    });
}

impl Desk {
    fn block(&mut self, flips: &[Flip], end: u64) -> Block {
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
            end,
            turns: Vec::with_capacity(flips.len()),
            ..Block::default()
        };
        let both = self.turns.iter_mut().zip(&mut self.waiting);
        for (number, (turns, waiting)) in both.enumerate() {
            *waiting += turns.len() as u32;
            block.append(SegmentId(number as u32), turns);
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

                let levels: Vec<u32> = columns.blocks.iter().map(|own| own.level()).collect();
                prop_assert!(levels.is_sorted_by(|a, b| a >= b) && levels.chunk_by(|a, b| a == b).all(|own| own.len() < FAN));
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
