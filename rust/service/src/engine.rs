//! The running engine: one writer, and the view that readers hold.

use std::sync::Arc;
use std::time::Duration;

use treffer_core::error::Result;
use treffer_core::record::Command;
use treffer_core::rows::Report;
use treffer_core::state::Clock;
use treffer_core::time::Instant;
use treffer_core::view::View;

use crate::clock::Source;
use crate::hindsight::Hindsight;
use crate::market::Stall;
use crate::running::{Live, Running};
use crate::settings::Settings;
use crate::ticker::Ticker;

/// An engine in this process. Any number of threads may ask and change it; who asks never waits for who changes.
#[derive(Debug)]
pub struct Engine {
    // Drop order matters: the ticker is woken when the engine it looks for is gone.
    running: Arc<Running>,
    stall: Stall,
    hindsight: Hindsight,
    _ticker: Option<Ticker>,
}

impl Engine {
    /// An engine that knows nothing yet. Under the system clock a thread lets time pass for as long as the engine lives.
    pub fn new(settings: Settings) -> Self {
        let running = Arc::new(Running::new(settings, Source::machine()));
        let is_timed = running.settings().state.clock == Clock::System;
        let ticker = is_timed.then(|| Ticker::start(&running)).flatten();
        Self {
            hindsight: Hindsight::of(running.settings()),
            running,
            stall: Stall::default(),
            _ticker: ticker,
        }
    }

    /// An engine whose system clock is read from `read`, and which only [`Engine::tick`], changes and readers move.
    pub fn with_clock(
        settings: Settings,
        read: impl Fn() -> Instant + Send + Sync + 'static,
    ) -> Self {
        Self {
            hindsight: Hindsight::of(&settings),
            running: Arc::new(Running::new(settings, Source::new(read))),
            stall: Stall::default(),
            _ticker: None,
        }
    }

    /// How the engine runs.
    pub fn settings(&self) -> &Settings {
        self.running.settings()
    }

    /// What is true now: under the system clock at most one tick old, unless a change is under way or expiries are being caught up
    /// with, see [`Live::lag`].
    pub fn view(&self) -> Arc<View> {
        self.running.view()
    }

    /// Judges a command, applies what is accepted of it, and publishes the view in which that stands.
    ///
    /// Under the system clock no more expiries than [`Settings::alarms_per_record`] run with it: its time is what they reach. Where
    /// that would lie more than [`Settings::lag`] behind the clock, steps of expiries come first.
    pub fn change(&self, command: Command) -> Result<(Report, Arc<View>)> {
        self.running.change(command)
    }

    /// Moves a manual clock forward, or confirms that a system clock that has jumped ahead may be believed as far as `to`.
    /// Backwards, without a jump, and under a clock that follows events it is an error.
    pub fn advance(&self, to: Instant) -> Result<Arc<View>> {
        self.running.advance(to)
    }

    /// Lets expiries run that are due by the system clock, no more than fit one record; `true` when more wait.
    pub fn tick(&self) -> bool {
        self.running.tick()
    }

    /// How live maintenance goes, and the view in which it is so.
    pub fn live(&self) -> (Live, Arc<View>) {
        self.running.live()
    }

    /// The view as soon as it `is_news`, at the latest after `wait`. `is_news` must be quick: publishing waits for it.
    pub fn await_news(&self, wait: Duration, is_news: impl Fn(&View) -> bool) -> Arc<View> {
        self.running.await_news(wait, is_news)
    }

    /// What auctions are decided with.
    pub(crate) const fn stall(&self) -> &Stall {
        &self.stall
    }

    /// What is kept of auctions.
    pub(crate) const fn hindsight(&self) -> &Hindsight {
        &self.hindsight
    }

    /// Forgets whatever is kept of auctions of these ids (`crm:4711`) or of the profiles that have them; gives how many logged auctions
    /// that were. Whoever erases a person calls it with all their ids, before they are gone.
    pub fn forget_auctions(&self, ids: &[String]) -> usize {
        self.hindsight.forget(&self.view(), ids)
    }

    /// Bytes on the heap, part by part.
    pub fn memory(&self) -> Result<Vec<(&'static str, usize)>> {
        let mut parts = self.running.memory()?;
        parts.push(("auction_index", self.stall().heap_bytes()));
        Ok(parts)
    }
}
