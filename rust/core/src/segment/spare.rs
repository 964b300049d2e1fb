//! Memory that is used again once no view reads it.
//!
//! A record lets go of about as many pages as it writes. Given back to the allocator, their room would be taken by whatever is small,
//! and new pages would come from the system, one fault for every four kilobytes.

use std::collections::VecDeque;
use std::sync::Arc;

/// Groups that wait until nobody reads them; a reader that stays long has those that are more to itself.
const WAITING: usize = if cfg!(test) { 2 } else { 16 };

/// Pieces of memory, let go of in groups that views share.
#[derive(Debug)]
pub(super) struct Spare<T> {
    leaving: VecDeque<Arc<Vec<Arc<T>>>>,
    free: Vec<T>,
}

impl<T> Default for Spare<T> {
    fn default() -> Self {
        Self {
            leaving: VecDeque::new(),
            free: Vec::new(),
        }
    }
}

impl<T> Spare<T> {
    /// Takes over a group that is no longer part of the next view.
    pub(super) fn let_go(&mut self, group: Arc<Vec<Arc<T>>>) {
        self.leaving.push_back(group);
        if self.leaving.len() > WAITING {
            self.leaving.pop_front();
        }
    }

    /// Something that nobody else has, with whatever it held.
    pub(super) fn take(&mut self) -> Option<T> {
        while self.free.is_empty() {
            match Arc::try_unwrap(self.leaving.pop_front()?) {
                Ok(group) => self
                    .free
                    .extend(group.into_iter().filter_map(Arc::into_inner)),
                Err(group) => {
                    self.leaving.push_front(group);
                    return None;
                }
            }
        }
        self.free.pop()
    }

    /// All that is kept.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        let leaving = self.leaving.iter().flat_map(|group| group.iter());
        self.free.iter().chain(leaving.map(|own| &**own))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_never_given_out() {
        let mut spare = Spare::default();
        let group = |from: u32| Arc::new(vec![Arc::new(from), Arc::new(from + 1)]);
        let (read, page) = (group(10), group(20));
        let held = Arc::clone(&page[1]);
        spare.let_go(Arc::clone(&read));
        spare.let_go(page);

        assert_eq!(None, spare.take());

        drop(read);
        let given: Vec<u32> = std::iter::from_fn(|| spare.take()).collect();
        assert_eq!(vec![11, 10, 20], given);
        assert_eq!(21, *held);
        let held: Vec<_> = (0..4).map(|from| group(10 * from)).collect();
        held.iter().for_each(|own| spare.let_go(Arc::clone(own)));
        assert_eq!(2 * WAITING, spare.iter().count());
    }
}
