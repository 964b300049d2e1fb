//! The running engine: one writer, and the view that readers hold.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{SystemTime, UNIX_EPOCH};

use treffer_core::catalog::Catalog;
use treffer_core::error::{Error, Result};
use treffer_core::record::Command;
use treffer_core::rows::Report;
use treffer_core::state::{Clock, State};
use treffer_core::time::Instant;
use treffer_core::view::View;

use crate::settings::Settings;

/// An engine in this process. Any number of threads may ask and change it; who asks never waits for who changes.
#[derive(Debug)]
pub struct Engine {
    settings: Settings,
    // A writer that panics leaves its state in doubt: the lock stays poisoned, and every later change is refused.
    writer: Mutex<State>,
    // Held only to clone or replace the pointer.
    current: Mutex<Arc<View>>,
}

impl Engine {
    /// An engine that knows nothing yet.
    pub fn new(settings: Settings) -> Self {
        let state = State::new(settings.state, Catalog::with_limits(settings.rules));
        let current = Mutex::new(Arc::new(state.view()));
        Self {
            settings,
            writer: Mutex::new(state),
            current,
        }
    }

    /// How the engine runs.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What is true now: under the system clock at most one tick old, unless a change is under way.
    pub fn view(&self) -> Arc<View> {
        if self.settings.state.clock == Clock::System {
            self.tick();
        }
        self.published()
    }

    /// Judges a command, applies what is accepted of it, and publishes the view in which that stands.
    pub fn change(&self, command: Command) -> Result<(Report, Arc<View>)> {
        let mut state = self.writer.lock().map_err(|_| stopped())?;
        let now = self.now(&state);
        let (_, report) = state.run(command, now)?;
        Ok((report, self.publish(&state)))
    }

    /// Moves a manual clock forward. Backwards and for any other clock it is an error.
    pub fn advance(&self, to: Instant) -> Result<Arc<View>> {
        let to = to.checked("to")?;
        if self.settings.state.clock != Clock::Manual {
            return Err(Error::state("to", "only a manual clock is moved by hand"));
        }
        let mut state = self.writer.lock().map_err(|_| stopped())?;
        let time = state.current().time();
        if to < time {
            let message = format!("{to} is before engine time, which is {time}");
            return Err(Error::state("to", message));
        }
        state.run(Command::Advance, to)?;
        Ok(self.publish(&state))
    }

    /// Bytes on the heap, part by part.
    pub fn memory(&self) -> Result<Vec<(&'static str, usize)>> {
        let state = self.writer.lock().map_err(|_| stopped())?;
        let view = state.current();
        let attributes = view.catalog().attributes();
        Ok(vec![
            ("ids", view.ids().heap_bytes()),
            (
                "attributes",
                attributes.map(|(id, _)| view.fact(id).heap_bytes()).sum(),
            ),
            ("items", view.items().heap_bytes()),
            ("history", view.history().heap_bytes()),
            ("derived", view.history().derived_bytes()),
            ("event_ids", state.dedupe().heap_bytes()),
        ])
    }

    /// Lets time pass where a tick is due and nobody is changing anything.
    fn tick(&self) {
        let due = |view: &View| system_time().since(view.time()).0 >= self.settings.tick;
        if !due(&self.published()) {
            return;
        }
        let mut state = match self.writer.try_lock() {
            Ok(state) => state,
            Err(TryLockError::WouldBlock | TryLockError::Poisoned(_)) => return,
        };
        // Of several readers that saw the tick due, the first has done it. A clock that is out of range does not tick.
        if due(state.current()) && state.run(Command::Advance, system_time()).is_ok() {
            self.publish(&state);
        }
    }

    fn now(&self, state: &State) -> Instant {
        match self.settings.state.clock {
            Clock::System => system_time(),
            Clock::Events | Clock::Manual => state.current().time(),
        }
    }

    fn publish(&self, state: &State) -> Arc<View> {
        let view = Arc::new(state.view());
        let old = std::mem::replace(&mut *self.pointer(), Arc::clone(&view));
        // The last reader of an old view may be this thread: it is freed outside the lock.
        drop(old);
        view
    }

    fn published(&self) -> Arc<View> {
        Arc::clone(&self.pointer())
    }

    fn pointer(&self) -> MutexGuard<'_, Arc<View>> {
        // Nothing that can panic runs under this lock.
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn stopped() -> Error {
    Error::Internal(
        "a change failed half-way; the engine answers, but takes no more changes".to_owned(),
    )
}

fn system_time() -> Instant {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let millis = since.map_or(0, |since| since.as_millis());
    Instant(i64::try_from(millis).unwrap_or(i64::MAX))
}
