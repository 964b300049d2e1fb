//! Why line items do not deliver: of sampled auctions it is counted where each line item fell. Auctions wait in a queue, which a thread
//! of its own works off, and whoever asks.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::thread::{Builder, Thread, park_timeout};
use std::time::Duration as Wait;

use treffer_core::id::LineItemId;
use treffer_core::time::{Duration, Instant};
use treffer_core::view::View;

use crate::market::Market;
use crate::market::past::Past;
use crate::spans::{Column, Fates, Row, Spans};

/// A view and a market by which auctions were decided.
pub(crate) type Moment = (Arc<View>, Arc<Market>);

/// Auctions that wait to be counted; what comes on top is shed.
const WAITING: usize = 1_024;
/// Nobody waits longer for the thread to look whether it is still needed.
const REST: Wait = Wait::from_secs(1);

/// What became of line items.
#[derive(Debug)]
pub(crate) struct Delivery {
    // Drop order matters: the thread is woken when the counts it looks for are gone.
    counts: Arc<Counts>,
    worker: OnceLock<Option<Worker>>,
}

#[derive(Debug)]
struct Counts {
    waiting: Mutex<VecDeque<(Arc<Past>, Arc<Market>)>>,
    shed: AtomicU64,
    // Taken before the queue, never the other way round.
    spans: Mutex<Spans>,
    /// What nobody needs any more.
    gone: Mutex<Vec<Moment>>,
}

/// A thread that counts what waits, until it is dropped.
#[derive(Debug)]
struct Worker(Thread);

impl Delivery {
    /// Nothing was counted yet; counts will take at most so many bytes.
    pub(crate) fn new(bytes: usize) -> Self {
        Self {
            counts: Arc::new(Counts {
                waiting: Mutex::default(),
                shed: AtomicU64::new(0),
                spans: Mutex::new(Spans::new(bytes)),
                gone: Mutex::default(),
            }),
            worker: OnceLock::new(),
        }
    }

    /// Lets an auction be counted that this market has decided.
    pub(crate) fn add(&self, past: &Arc<Past>, market: &Arc<Market>) {
        let own = (Arc::clone(past), Arc::clone(market));
        let mut waiting = lock(&self.counts.waiting);
        if waiting.len() >= WAITING {
            self.counts.shed.fetch_add(1, Ordering::Relaxed);
            return;
        }
        waiting.push_back(own);
        drop(waiting);
        self.wake();
    }

    /// Lets go of views away from those who decide: freeing what only they held may take a while.
    pub(crate) fn free(&self, moments: Vec<Moment>) {
        if moments.is_empty() {
            return;
        }
        lock(&self.counts.gone).extend(moments);
        if !self.wake() {
            self.counts.free();
        }
    }

    /// Wakes the thread; `false` where there is none.
    fn wake(&self) -> bool {
        let worker = self.worker.get_or_init(|| Worker::start(&self.counts));
        let thread = worker.as_ref().map(|own| own.0.unpark());
        thread.is_some()
    }

    /// What became of a line item in spans of a length that end after `since`, everything until now counted.
    pub(crate) fn rows(&self, length: Duration, item: LineItemId, since: Instant) -> Vec<Row> {
        self.counts.work_off().rows(length, item, since)
    }

    /// How many samples were not counted.
    pub(crate) fn shed(&self) -> u64 {
        self.counts.shed.load(Ordering::Relaxed)
    }

    /// Counts whatever waits: afterwards nothing is kept of any person.
    pub(crate) fn settle(&self) {
        drop(self.counts.work_off());
    }
}

impl Counts {
    fn free(&self) {
        let gone = std::mem::take(&mut *lock(&self.gone));
        drop(gone);
    }

    fn work_off(&self) -> MutexGuard<'_, Spans> {
        let mut spans = lock(&self.spans);
        let mut fates = Fates::default();
        loop {
            let next = lock(&self.waiting).pop_front();
            let Some((past, market)) = next else {
                return spans;
            };
            count(&mut spans, &mut fates, (&past, &market));
        }
    }
}

fn count(spans: &mut Spans, fates: &mut Fates, (past, market): (&Past, &Market)) {
    let mut counting = spans.request(past.time);
    counting.begin();
    market.trail(past, fates, &mut |own| counting.add(own));
    for outcome in past.outcomes.iter().flatten() {
        let mut bids: Vec<_> = outcome.bids.iter().map(|own| own.line_item).collect();
        if let Some(best) = bids.first() {
            counting.count(*best, Column::Best);
        }
        bids.sort_unstable();
        bids.dedup();
        for item in bids {
            counting.count(item, Column::Answered);
        }
    }
}

impl Worker {
    /// Starts the thread; `None` where the machine has no room for one: then whoever asks does the work.
    fn start(counts: &Arc<Counts>) -> Option<Self> {
        let weak: Weak<Counts> = Arc::downgrade(counts);
        let work = move || {
            while let Some(counts) = weak.upgrade() {
                drop(counts.work_off());
                counts.free();
                drop(counts);
                park_timeout(REST);
            }
        };
        let handle = Builder::new()
            .name("treffer-delivery".to_owned())
            .spawn(work);
        handle.ok().map(|handle| Self(handle.thread().clone()))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.0.unpark();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A count that panics leaves at worst a request counted in part.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
