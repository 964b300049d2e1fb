//! The row form: which segments each profile is in, as readers see it.

use std::sync::Arc;

use crate::id::{ProfileId, SegmentId};

/// Profiles in one block; a write copies a block.
const BLOCK: usize = 32;

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

    /// Writes the rows of all blocks that hold one of `profiles`, which rise; `row` appends a profile's segments, rising.
    pub(super) fn write(
        &mut self,
        profiles: &[ProfileId],
        mut row: impl FnMut(ProfileId, &mut Vec<SegmentId>),
    ) {
        let shelves = Arc::make_mut(&mut self.shelves);
        for group in profiles.chunk_by(|a, b| a.index() / BLOCK == b.index() / BLOCK) {
            let Some(first) = group.first() else { continue };
            let number = first.index() / BLOCK;
            let mut block = Block::default();
            for (place, end) in block.ends.iter_mut().enumerate() {
                row(
                    ProfileId((number * BLOCK + place) as u32),
                    &mut block.segments,
                );
                *end = block.segments.len() as u32;
            }
            block.segments.shrink_to_fit();
            if shelves.len() <= number / SHELF {
                shelves.resize_with(number / SHELF + 1, || Arc::new(vec![None; SHELF]));
            }
            let shelf = shelves.get_mut(number / SHELF).map(Arc::make_mut);
            if let Some(cell) = shelf.and_then(|shelf| shelf.get_mut(number % SHELF)) {
                *cell = Some(Arc::new(block));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_clone_keeps_its_rows() {
        let mut rows = Rows::default();
        let far = ProfileId(5_000);
        rows.write(&[ProfileId(3), far], |profile, row| {
            if profile == far || profile.0 == 4 {
                row.extend([SegmentId(1), SegmentId(7)]);
            }
        });
        let old = rows.clone();

        rows.write(&[far], |_, _| {});

        assert_eq!([SegmentId(1), SegmentId(7)], old.of(far));
        assert_eq!([SegmentId(1), SegmentId(7)], rows.of(ProfileId(4)));
        assert!(rows.of(far).is_empty() && rows.of(ProfileId(3)).is_empty());
        assert!(rows.of(ProfileId(u32::MAX)).is_empty());
    }
}
