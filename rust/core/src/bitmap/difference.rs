//! What changed between two versions of a set.

use super::expression::Expression;
use super::range::ChunkRange;
use super::set::Bitmap;

/// What is new in `new`, and what is gone from `old`: `(entered, left)`.
///
/// Chunks that both versions share are skipped without being looked at, so the cost follows what was
/// written between the two.
pub fn difference(old: &Bitmap, new: &Bitmap) -> (Bitmap, Bitmap) {
    let (before, after) = (changed(old, new), changed(new, old));
    let minus = |a: &Bitmap, b: &Bitmap| {
        Expression::Minus(Box::new(a.into()), Box::new(b.into())).members_within(ChunkRange::ALL)
    };
    (minus(&after, &before), minus(&before, &after))
}

/// The chunks of `set` that `other` does not share.
fn changed(set: &Bitmap, other: &Bitmap) -> Bitmap {
    let mut changed = Bitmap::new();
    let (keys, chunks) = set.spine();
    let (other_keys, other_chunks) = other.spine();
    let mut at = 0;
    for (&key, chunk) in keys.iter().zip(chunks) {
        while other_keys.get(at).is_some_and(|&other| other < key) {
            at += 1;
        }
        let twin = other_chunks
            .get(at)
            .filter(|_| other_keys.get(at) == Some(&key));
        if !twin.is_some_and(|twin| twin.is_same(chunk)) {
            changed.put(key, Some(chunk.clone()));
        }
    }
    changed
}
