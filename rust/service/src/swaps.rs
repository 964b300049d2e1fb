//! When which index began to decide auctions.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use treffer_core::time::Instant;
use treffer_core::view::View;

/// So many are kept.
const KEPT: usize = 1_000;

/// The latest changes of the index, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct Swaps(Mutex<VecDeque<Swap>>);

/// One change of the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Swap {
    /// The version of the index, which is that of the book it was built from.
    pub(crate) index: u64,
    /// The version before; 0 at the first.
    pub(crate) replaced: u64,
    /// The view with which it began, and its time.
    pub(crate) view: u64,
    pub(crate) time: Instant,
}

impl Swaps {
    /// Notes that an index was built for a view; one that is not newer than the last changes nothing.
    pub(crate) fn note(&self, view: &View, index: u64) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let last = all.back().map(|own| own.index);
        if last.is_some_and(|last| index <= last) {
            return;
        }
        if all.len() == KEPT {
            all.pop_front();
        }
        all.push_back(Swap {
            index,
            replaced: last.unwrap_or(0),
            view: view.version(),
            time: view.time(),
        });
    }

    /// Those of versions after `after`.
    pub(crate) fn after(&self, after: u64) -> Vec<Swap> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let later = all.iter().filter(|own| own.index > after);
        later.copied().collect()
    }
}
