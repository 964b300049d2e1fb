//! The row form: which segments each profile is in, as readers see it.

use std::sync::Arc;

use crate::id::{ProfileId, SegmentId};

/// Profiles in one block; a write copies a block.
const BLOCK: usize = 8;

/// Blocks in one shelf; a write copies the pointers of a shelf.
const SHELF: usize = 64;

/// The segments of every profile, rising. A clone shares all blocks.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    shelves: Arc<Vec<Arc<Shelf>>>,
}

type Shelf = Vec<Option<Arc<Block>>>;

#[derive(Debug, Default)]
struct Block {
    /// By profile where its segments end; they start where those of the one before end.
    ends: [u32; BLOCK],
    segments: Vec<SegmentId>,
    /// The record by which it was written.
    stamp: u32,
}

impl Rows {
    /// The segments that a profile is in, rising; none for a profile that nobody knows.
    pub fn of(&self, profile: ProfileId) -> &[SegmentId] {
        let (block, place) = (profile.index() / BLOCK, profile.index() % BLOCK);
        let shelf = self.shelves.get(block / SHELF);
        let block = shelf.and_then(|shelf| shelf.get(block % SHELF)?.as_ref());
        let Some(block) = block else { return &[] };
        let start = place
            .checked_sub(1)
            .and_then(|before| block.ends.get(before))
            .copied();
        let end = block.ends.get(place).copied().unwrap_or(0);
        block
            .segments
            .get(start.unwrap_or(0) as usize..end as usize)
            .unwrap_or_default()
    }

    /// A number that is another whenever a row is another, and other for other profiles; none for a profile without a row.
    pub fn key(&self, profile: ProfileId) -> Option<u64> {
        let block = profile.index() / BLOCK;
        let shelf = self.shelves.get(block / SHELF)?;
        let stamp = shelf.get(block % SHELF)?.as_ref()?.stamp;
        Some(u64::from(profile.0) << 32 | u64::from(stamp))
    }

    /// Writes by a record, `stamp`, the rows of `profiles`, which rise; `row` appends a profile's segments, rising.
    pub(super) fn write(
        &mut self,
        profiles: &[ProfileId],
        stamp: u32,
        mut row: impl FnMut(ProfileId, &mut Vec<SegmentId>),
    ) {
        let shelves = Arc::make_mut(&mut self.shelves);
        let shelf_of = |profile: &ProfileId| profile.index() / BLOCK / SHELF;
        for group in profiles.chunk_by(|a, b| shelf_of(a) == shelf_of(b)) {
            let Some(number) = group.first().map(shelf_of) else {
                continue;
            };
            if shelves.len() <= number {
                shelves.resize_with(number + 1, || Arc::new(vec![None; SHELF]));
            }
            let Some(shelf) = shelves.get_mut(number).map(Arc::make_mut) else {
                continue;
            };
            for own in group.chunk_by(|a, b| a.index() / BLOCK == b.index() / BLOCK) {
                let block = own.first().map_or(0, |first| first.index() / BLOCK);
                if let Some(cell) = shelf.get_mut(block % SHELF) {
                    let old = cell.as_deref();
                    let new = Block::rewritten(old, own, &mut row);
                    *cell = Some(Arc::new(Block { stamp, ..new }));
                }
            }
        }
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        let blocks = self.shelves.iter().flat_map(|shelf| shelf.iter().flatten());
        let blocks: usize = blocks
            .map(|block| size_of::<Block>() + block.segments.capacity() * size_of::<SegmentId>())
            .sum();
        blocks + self.shelves.len() * SHELF * size_of::<Option<Arc<Block>>>()
    }
}

impl Block {
    /// A block with new rows for `profiles` and the old ones for the rest.
    fn rewritten(
        old: Option<&Self>,
        profiles: &[ProfileId],
        row: &mut impl FnMut(ProfileId, &mut Vec<SegmentId>),
    ) -> Self {
        let mut block = Self::default();
        let room = old.map_or(0, |old| old.segments.len()) + 4 * profiles.len();
        block.segments.reserve_exact(room);
        let (mut next, mut start) = (profiles.iter().peekable(), 0);
        for (place, end) in block.ends.iter_mut().enumerate() {
            let old_end = old
                .and_then(|old| old.ends.get(place))
                .map_or(0, |end| *end as usize);
            if let Some(profile) = next.next_if(|profile| profile.index() % BLOCK == place) {
                row(*profile, &mut block.segments);
            } else {
                let kept = old.and_then(|old| old.segments.get(start..old_end));
                block.segments.extend_from_slice(kept.unwrap_or_default());
            }
            start = old_end;
            *end = block.segments.len() as u32;
        }
        block
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_clone_keeps_its_rows() {
        let mut rows = Rows::default();
        let far = ProfileId(5_000);
        rows.write(&[ProfileId(3), ProfileId(4), far], 1, |profile, row| {
            if profile == far || profile.0 == 4 {
                row.extend([SegmentId(1), SegmentId(7)]);
            }
        });
        let old = rows.clone();

        rows.write(&[far], 2, |_, _| {});

        assert_eq!([SegmentId(1), SegmentId(7)], old.of(far));
        assert_ne!(old.key(far), rows.key(far));
        assert_eq!(old.key(ProfileId(4)), rows.key(ProfileId(4)));
        assert_ne!(rows.key(ProfileId(3)), rows.key(ProfileId(4)));
        assert_eq!([SegmentId(1), SegmentId(7)], rows.of(ProfileId(4)));
        assert!(rows.of(far).is_empty() && rows.of(ProfileId(3)).is_empty());
        assert!(rows.of(ProfileId(u32::MAX)).is_empty());
    }
}
