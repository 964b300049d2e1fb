//! The clock of the machine, and how far it is believed.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use treffer_core::error::{Error, Result};
use treffer_core::time::{Duration, Instant};

/// A running clock that jumps ahead by more than this waits for confirmation.
pub(crate) const LONGEST_JUMP: Duration = Duration::HOUR;

/// Where the time of the system clock is read.
pub(crate) struct Source(Box<dyn Fn() -> Instant + Send + Sync>);

impl Source {
    pub(crate) fn new(read: impl Fn() -> Instant + Send + Sync + 'static) -> Self {
        Self(Box::new(read))
    }

    /// The clock of the machine.
    pub(crate) fn machine() -> Self {
        Self::new(|| {
            let since = SystemTime::now().duration_since(UNIX_EPOCH);
            let millis = since.map_or(0, |since| since.as_millis());
            Instant(i64::try_from(millis).unwrap_or(i64::MAX))
        })
    }

    pub(crate) fn read(&self) -> Instant {
        (self.0)()
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Source")
    }
}

/// Up to when a clock is believed: it goes on by readings that are close enough to the last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Believed {
    until: Instant,
}

impl Believed {
    /// The first reading is believed.
    pub(crate) const fn new(first: Instant) -> Self {
        Self { until: first }
    }

    /// The time at a reading: the reading itself, or, after a jump that nobody has confirmed, the time before it. A clock that
    /// was set back stands still until it is as late as it was.
    pub(crate) fn follow(&mut self, reading: Instant) -> Instant {
        if !self.doubts(reading) {
            self.until = self.until.max(reading);
        }
        self.until
    }

    /// Whether a reading is so far ahead that it must be confirmed.
    pub(crate) fn doubts(self, reading: Instant) -> bool {
        reading.since(self.until) > LONGEST_JUMP
    }

    /// Believes a clock that shows `reading` as far as `to`.
    pub(crate) fn confirm(&mut self, to: Instant, reading: Instant) -> Result<()> {
        if !self.doubts(reading) {
            let message =
                "only a manual clock is moved by hand, and the system clock needs no confirmation";
            return Err(Error::state("to", message));
        }
        if to < self.until || to > reading {
            let message = format!(
                "the clock jumped from {} to {reading}: {to} lies outside",
                self.until
            );
            return Err(Error::state("to", message));
        }
        self.until = to;
        Ok(())
    }
}
