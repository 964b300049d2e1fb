//! The thread that lets time pass, so that expiries become visible without a reader.

use std::sync::Arc;
use std::thread::{Builder, Thread, park_timeout};
use std::time::Duration;

use crate::running::Running;

/// Between two steps of a storm of expiries other writers have this long to get their turn.
const TURN: Duration = Duration::from_millis(1);

/// Ticks until it is dropped, or the engine is.
#[derive(Debug)]
pub(crate) struct Ticker(Thread);

impl Ticker {
    /// Starts the thread; `None` where the machine has no room for one: then time passes with readers and writers alone.
    pub(crate) fn start(running: &Arc<Running>) -> Option<Self> {
        // Not a pointer that keeps the engine: when that goes, the thread ends at its next tick, and nobody waits for it.
        let weak = Arc::downgrade(running);
        let tick = u64::try_from(running.settings().tick).unwrap_or(0).max(1);
        let work = move || {
            while let Some(running) = weak.upgrade() {
                let rest = if running.tick() {
                    TURN
                } else {
                    Duration::from_millis(tick)
                };
                drop(running);
                park_timeout(rest);
            }
        };
        let handle = Builder::new().name("treffer-tick".to_owned()).spawn(work);
        handle.ok().map(|handle| Self(handle.thread().clone()))
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.0.unpark();
    }
}
