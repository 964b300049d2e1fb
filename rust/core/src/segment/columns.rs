//! The column form: the members of each segment, as readers see it.
//!
//! A record turns a few members in many segments, and to write them into sets that older views share would copy a chunk for each.
//! So the turns of a record are one block beside the sets, sorted by segment; a set takes in what waits for it when that has become
//! much. Blocks of about one size become one when there are a few of them, after O'Neil et al., "The log-structured merge-tree"
//! (1996), so their number stays small however small records are. Whoever reads a set before takes the turns in for this view, once.

use std::ops::RangeInclusive;
use std::sync::{Arc, OnceLock};

use super::flips::{Flips, Switch};
use crate::bitmap::Bitmap;
use crate::id::SegmentId;

/// Turns that may wait for one set, however small or large it is. In between it is as many as make writing them worth while: to take
/// turns in copies the chunks of the set that they are in.
const WAITING: RangeInclusive<u32> = if cfg!(test) { 1..=3 } else { 256..=4_096 };

/// Bytes of a set that may be copied for one turn.
const COPIED: usize = 64;

/// Fewer flips are sorted, more are counted by segment.
const FEW: usize = if cfg!(test) { 4 } else { 256 };

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

/// The turns of a record, or of several, rising by segment, then by profile; of one profile the last counts.
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
    /// By segment.
    waiting: Vec<Waiting>,
    /// Where the turns of each segment go.
    places: Vec<u32>,
    /// Room that is used again.
    few: Vec<(SegmentId, Turn)>,
}

/// How many turns wait for a set, and how many may.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    now: u32,
    most: u32,
}

impl Default for Waiting {
    fn default() -> Self {
        let most = *WAITING.start();
        Self { now: 0, most }
    }
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

    fn heap_bytes(&self) -> usize {
        self.ends.capacity() * size_of::<(SegmentId, u32)>()
            + self.turns.capacity() * size_of::<Turn>()
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

    /// Bytes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        let columns = self.shelves.iter().flat_map(|shelf| shelf.iter());
        let columns = columns.map(|own| size_of::<Column>() + own.set.heap_bytes());
        let blocks = self.blocks.iter().map(|own| own.heap_bytes());
        let read = self.read.get().into_iter().flatten();
        let read = read.filter_map(OnceLock::get).map(Bitmap::heap_bytes);
        columns.chain(blocks).chain(read).sum()
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

    /// Adds the flips of a record, whose runs are in order of profiles.
    pub(super) fn add(&mut self, flips: &Flips, desk: &mut Desk) {
        self.records += 1;
        let block = Arc::new(desk.block(flips, self.records));
        let room = desk.waiting.len().div_ceil(SHELF);
        let shelf = || Arc::new(vec![Column::default(); SHELF]);
        self.shelves
            .resize_with(room.max(self.shelves.len()), shelf);
        self.read = Arc::default();
        self.blocks.push(Arc::clone(&block));
        for (segment, _) in &block.ends {
            let waiting = desk.waiting.get(segment.index());
            if waiting.is_some_and(|own| own.now > own.most) {
                self.take_in(*segment, desk);
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
            if let Some(waiting) = desk.waiting.get_mut(segment.index()) {
                let most = (column.set.heap_bytes() / COPIED) as u32;
                let most = most.clamp(*WAITING.start(), *WAITING.end());
                *waiting = Waiting { now: 0, most };
            }
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
    /// The flips of a record, whose runs are in order of profiles, as a block.
    fn block(&mut self, flips: &Flips, end: u64) -> Block {
        let mut block = Block {
            end,
            ..Block::default()
        };
        if flips.len() < FEW {
            self.sort(flips, &mut block);
        } else {
            self.count(flips, &mut block);
        }
        for place in 0..block.ends.len() {
            let (segment, turns) = block.at(place);
            let own = self.waiting.get_mut(segment.index());
            own.into_iter()
                .for_each(|own| own.now += turns.len() as u32);
        }
        block
    }

    fn sort(&mut self, flips: &Flips, block: &mut Block) {
        for run in flips.runs() {
            let turns = flips.switches(run).iter();
            let turn = |own: &Switch| (own.segment(), (run.profile.0, own.entered()));
            self.few.extend(turns.map(turn));
        }
        // Stable: what came later lies behind.
        self.few.sort_by_key(|own| own.0);
        self.make_room(self.few.last().map_or(0, |own| own.0.index() + 1));
        block.turns.extend(self.few.iter().map(|own| own.1));
        let mut end = 0;
        for own in self.few.chunk_by(|a, b| a.0 == b.0) {
            end += own.len() as u32;
            block.ends.extend(own.first().map(|own| (own.0, end)));
        }
        self.few.clear();
    }

    fn count(&mut self, flips: &Flips, block: &mut Block) {
        let all = || {
            flips
                .runs()
                .iter()
                .map(|run| (run.profile.0, flips.switches(run)))
        };
        self.places.clear();
        for own in all().flat_map(|(_, turns)| turns) {
            let index = own.segment().index();
            if self.places.len() <= index {
                self.places.resize(index + 1, 0);
            }
            if let Some(place) = self.places.get_mut(index) {
                *place += 1;
            }
        }
        self.make_room(self.places.len());
        let mut end = 0;
        for place in &mut self.places {
            end += std::mem::replace(place, end);
        }
        block.turns.resize(flips.len(), (0, false));
        for (profile, turns) in all() {
            for own in turns {
                if let Some(place) = self.places.get_mut(own.segment().index()) {
                    if let Some(cell) = block.turns.get_mut(*place as usize) {
                        *cell = (profile, own.entered());
                    }
                    *place += 1;
                }
            }
        }
        let mut start = 0;
        for (number, end) in self.places.iter().enumerate() {
            if start < *end {
                block.ends.push((SegmentId(number as u32), *end));
                start = *end;
            }
        }
    }

    fn make_room(&mut self, segments: usize) {
        let room = segments.max(self.waiting.len());
        self.waiting.resize(room, Waiting::default());
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

    proptest! {
        #[test]
        fn every_view_keeps_the_members_that_it_had(
            records in prop::collection::vec(prop::collection::vec((0u32..5, 0u32..70_000, any::<bool>()), 1..8), 1..30),
        ) {
            let (mut columns, mut desk) = (Columns::default(), Desk::default());
            let mut model = vec![BTreeSet::new(); 5];
            let (mut views, nobody) = (Vec::new(), Bitmap::new());
            for record in records {
                let own: Vec<Flip> = record
                    .into_iter()
                    .map(|(segment, profile, entered)| Flip {
                        segment: SegmentId(segment),
                        profile: ProfileId(profile % 7 + profile / 65_536 * 65_536),
                        entered,
                        cause: Cause::Time,
                    })
                    .collect();
                for flip in &own {
                    let members = &mut model[flip.segment.index()];
                    if flip.entered { members.insert(flip.profile.0); } else { members.remove(&flip.profile.0); }
                }

                let mut flips = Flips::default();
                flips.extend(own);
                flips.sort(&mut Vec::new());

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
