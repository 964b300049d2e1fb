//! The sampled log: some auctions with everything that their decision depended on, for a while.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use treffer_core::time::{Duration, Instant};

use crate::market::past::Past;

/// Auctions, the oldest first.
#[derive(Debug)]
pub(crate) struct Journal {
    age: Duration,
    bytes: usize,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    entries: VecDeque<Entry>,
    bytes: usize,
}

#[derive(Debug)]
struct Entry {
    past: Arc<Past>,
    bytes: usize,
}

impl Journal {
    /// An empty log that keeps auctions for `age` of engine time, and the latest of them that fit into `bytes`.
    pub(crate) fn new(age: Duration, bytes: usize) -> Self {
        Self {
            age,
            bytes,
            kept: Mutex::default(),
        }
    }

    /// Keeps an auction, and lets go of those that are too old or too many.
    pub(crate) fn add(&self, past: &Arc<Past>) {
        let mut gone = Vec::new();
        let mut kept = self.kept();
        let before = kept.entries.back().map(|own| &*own.past);
        let bytes = past.bytes() + past.shared_bytes(before);
        kept.bytes += bytes;
        kept.entries.push_back(Entry {
            past: Arc::clone(past),
            bytes,
        });
        let oldest = past.time.minus(self.age);
        while kept.is_over(oldest, self.bytes) {
            gone.extend(kept.pop());
        }
        drop(kept);
        // A whole book may go with the last auction of it: that is freed outside the lock.
        drop(gone);
    }

    /// The latest auction of an id, as it is at `now`, that `is_wanted`.
    pub(crate) fn find(
        &self,
        request: &str,
        now: Instant,
        is_wanted: impl Fn(&Past) -> bool,
    ) -> Option<Arc<Past>> {
        let kept = self.kept();
        let oldest = now.minus(self.age);
        let own = |entry: &&Entry| {
            entry.past.request.id == request && entry.past.time > oldest && is_wanted(&entry.past)
        };
        let found = kept.entries.iter().rev().find(own);
        found.map(|entry| Arc::clone(&entry.past))
    }

    /// All that is kept at `now`, the oldest first.
    pub(crate) fn all(&self, now: Instant) -> Vec<Arc<Past>> {
        let oldest = now.minus(self.age);
        let kept = self.kept();
        let young = kept.entries.iter().filter(|own| own.past.time > oldest);
        young.map(|own| Arc::clone(&own.past)).collect()
    }

    /// Forgets what `is_erased`; gives how many auctions that were.
    pub(crate) fn forget(&self, is_erased: impl Fn(&Past) -> bool) -> usize {
        let mut kept = self.kept();
        let before = kept.entries.len();
        kept.entries.retain(|own| !is_erased(&own.past));
        kept.bytes = kept.entries.iter().map(|own| own.bytes).sum();
        before - kept.entries.len()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Nothing that can panic runs under this lock.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn is_over(&self, oldest: Instant, bytes: usize) -> bool {
        let first = self.entries.front();
        self.bytes > bytes || first.is_some_and(|first| first.past.time <= oldest)
    }

    fn pop(&mut self) -> Option<Arc<Past>> {
        let first = self.entries.pop_front()?;
        self.bytes -= first.bytes;
        Some(first.past)
    }
}
