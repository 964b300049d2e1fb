//! What runs: the one writer, the view that readers hold, and how time passes.
//!
//! Under the system clock time goes on in steps: no record lets more expiries run than a step may, so a storm of them is spread over
//! records, other writers have their turn between, and the view's time lags behind the clock meanwhile.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;

use treffer_core::catalog::Catalog;
use treffer_core::error::{Error, Result};
use treffer_core::record::Command;
use treffer_core::rows::Report;
use treffer_core::segment::Counters;
use treffer_core::state::{Clock, State};
use treffer_core::time::{Duration, Instant};
use treffer_core::view::View;

use crate::clock::{Believed, Source};
use crate::settings::Settings;

/// How long a piece of a segment that is being built holds up other writers, about.
const PIECE: std::time::Duration = std::time::Duration::from_millis(10);
/// The same where their own records take longer.
const LONGEST_PIECE: std::time::Duration = std::time::Duration::from_millis(50);
/// How long one writer lets others go before it at most, so that its turn comes however many there are.
const LONGEST_WAY: std::time::Duration = std::time::Duration::from_millis(5);

/// How live maintenance goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Live {
    /// What was done so far.
    pub counters: Counters,
    /// Alarms that wait, a few stale ones among them.
    pub waiting_alarms: usize,
    /// How far the clock was ahead of the view at the last step: zero unless expiries are being caught up with.
    pub lag: Duration,
    /// Whether the system clock has jumped and waits for confirmation.
    pub held: bool,
}

/// A running engine without the thread that lets time pass.
#[derive(Debug)]
pub(crate) struct Running {
    settings: Settings,
    source: Source,
    // A writer that panics leaves its state in doubt: the lock stays poisoned, and every later change is refused.
    writer: Mutex<Writer>,
    /// Writers that wait for their turn.
    waiting: AtomicUsize,
    // Held by whoever builds segments that it will define: one at a time.
    preparing: Mutex<()>,
    // Held only to clone or replace what is in it, and to wait for that.
    current: Mutex<Published>,
    news: Condvar,
}

#[derive(Debug)]
struct Writer {
    state: State,
    believed: Believed,
}

#[derive(Clone, Debug)]
struct Published {
    view: Arc<View>,
    live: Live,
}

/// How far the next record may go.
#[derive(Clone, Copy, Debug)]
struct Step {
    /// The time of the clock.
    now: Instant,
    /// The time that one record may reach.
    reached: Instant,
    held: bool,
}

impl Step {
    fn lag(&self) -> Duration {
        self.now.since(self.reached).max(Duration(0))
    }
}

impl Running {
    pub(crate) fn new(settings: Settings, source: Source) -> Self {
        let state = State::new(settings.state, Catalog::with_limits(settings.rules));
        let current = Mutex::new(Published {
            view: Arc::new(state.view()),
            live: Live::default(),
        });
        let believed = Believed::new(source.read());
        Self {
            settings,
            source,
            writer: Mutex::new(Writer { state, believed }),
            waiting: AtomicUsize::new(0),
            preparing: Mutex::new(()),
            current,
            news: Condvar::new(),
        }
    }

    pub(crate) const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What is published, after a tick where one is due and nobody is changing anything.
    pub(crate) fn view(&self) -> Arc<View> {
        if self.is_due() {
            self.tick_for_reader();
        }
        Arc::clone(&self.pointer().view)
    }

    fn tick_for_reader(&self) {
        let mut writer = match self.writer.try_lock() {
            Ok(writer) => writer,
            Err(TryLockError::WouldBlock | TryLockError::Poisoned(_)) => return,
        };
        // Of several readers that saw the tick due, the first has done it.
        if self.is_due() {
            self.step(&mut writer);
        }
    }

    /// How live maintenance goes, and the view in which it is so.
    pub(crate) fn live(&self) -> (Live, Arc<View>) {
        let current = self.pointer();
        (current.live, Arc::clone(&current.view))
    }

    /// The view as soon as it `is_news`, at the latest after `wait`.
    pub(crate) fn await_news(
        &self,
        wait: std::time::Duration,
        is_news: impl Fn(&View) -> bool,
    ) -> Arc<View> {
        let waited = self
            .news
            .wait_timeout_while(self.pointer(), wait, |current| !is_news(&current.view));
        let (current, _) = waited.unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&current.view)
    }

    pub(crate) fn change(&self, command: Command) -> Result<(Report, Arc<View>)> {
        let prepared = self.prepare(&command)?;
        let changed = self.run(command);
        if prepared.is_some() && changed.is_err() {
            self.lock()?.state.unprepare();
        }
        changed
    }

    /// Builds the segments that a command will define, piece by piece, so that other writers have their turn between; what is given
    /// back is held until they are defined.
    fn prepare(&self, command: &Command) -> Result<Option<MutexGuard<'_, ()>>> {
        let definitions = match command {
            Command::DefineSegment(own) => std::slice::from_ref(own),
            Command::DefineSegments(all) => all,
            _ => return Ok(None),
        };
        // Nothing that is guarded by it can be left half-done.
        let turn = self
            .preparing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let mut is_done = !self.lock()?.state.prepare(definitions);
        let (mut ids, mut ended) = (64_u32, std::time::Instant::now());
        while !is_done {
            self.give_way();
            let mut writer = self.lock()?;
            let began = std::time::Instant::now();
            is_done = writer.state.prepare_more(ids);
            drop(writer);
            // As long as the others had it: half of the time is theirs, however long their records are.
            let share = began.duration_since(ended).clamp(PIECE, LONGEST_PIECE);
            ended = std::time::Instant::now();
            let is_short = ended.duration_since(began) < share;
            ids = if is_short {
                ids.saturating_mul(2)
            } else {
                ids / 2
            }
            .max(1);
        }
        Ok(Some(turn))
    }

    /// Lets those that wait for the writer have it: a lock that is taken again at once would hardly ever be theirs.
    fn give_way(&self) {
        let began = std::time::Instant::now();
        while self.waiting.load(Ordering::Relaxed) > 0 && began.elapsed() < LONGEST_WAY {
            thread::sleep(std::time::Duration::from_micros(20));
        }
    }

    fn run(&self, command: Command) -> Result<(Report, Arc<View>)> {
        loop {
            let mut writer = self.lock()?;
            let step = self.next_step(&mut writer);
            if step.lag() <= self.settings.lag {
                let (_, report) = writer.state.run(command, step.reached)?;
                return Ok((report, self.publish(&writer.state, step)));
            }
            writer.state.run(Command::Advance, step.reached)?;
            self.publish(&writer.state, step);
            drop(writer);
            self.give_way();
        }
    }

    pub(crate) fn advance(&self, to: Instant) -> Result<Arc<View>> {
        let to = to.checked("to")?;
        match self.settings.state.clock {
            Clock::Manual => self.move_by_hand(to),
            Clock::System => self.confirm(to),
            Clock::Events => Err(Error::state("to", "only a manual clock is moved by hand")),
        }
    }

    /// Lets due expiries run, no more than fit one record; `true` when more wait. Not for clocks that others move.
    pub(crate) fn tick(&self) -> bool {
        if self.settings.state.clock != Clock::System {
            return false;
        }
        let Ok(mut writer) = self.lock() else {
            return false;
        };
        let now = writer.believed.follow(self.source.read());
        // Where nothing is due time need not pass: whoever reads sees to that.
        if writer.state.reach(0, now) >= now {
            let held = writer.believed.doubts(self.source.read());
            let mut current = self.pointer();
            (current.live.held, current.live.lag) = (held, Duration(0));
            return false;
        }
        self.step(&mut writer)
    }

    pub(crate) fn memory(&self) -> Result<Vec<(&'static str, usize)>> {
        let writer = self.lock()?;
        let view = writer.state.current();
        let attributes = view.catalog().attributes();
        let (members, rows) = view.membership_bytes();
        Ok(vec![
            ("ids", view.ids().heap_bytes()),
            (
                "attributes",
                attributes.map(|(id, _)| view.fact(id).heap_bytes()).sum(),
            ),
            ("items", view.items().heap_bytes()),
            ("history", view.history().heap_bytes()),
            ("derived", view.history().derived_bytes()),
            ("event_ids", writer.state.dedupe().heap_bytes()),
            ("live", writer.state.live_bytes()),
            ("members", members),
            ("rows", rows),
            ("feed", view.feed().heap_bytes()),
            ("reservations", view.reservations().heap_bytes()),
        ])
    }

    fn move_by_hand(&self, to: Instant) -> Result<Arc<View>> {
        let time = self.lock()?.state.current().time();
        if to < time {
            let message = format!("{to} is before engine time, which is {time}");
            return Err(Error::state("to", message));
        }
        loop {
            let mut writer = self.lock()?;
            let reached = writer.state.reach(self.settings.alarms_per_record, to);
            writer.state.run(Command::Advance, reached)?;
            let step = Step {
                now: to,
                reached,
                held: false,
            };
            let view = self.publish(&writer.state, step);
            if reached >= to {
                return Ok(view);
            }
        }
    }

    fn confirm(&self, to: Instant) -> Result<Arc<View>> {
        let mut writer = self.lock()?;
        writer.believed.confirm(to, self.source.read())?;
        self.step(&mut writer);
        Ok(Arc::clone(&self.pointer().view))
    }

    /// Whether a reader should let time pass. While expiries are caught up with it should not: that takes its time.
    fn is_due(&self) -> bool {
        if self.settings.state.clock != Clock::System {
            return false;
        }
        let (live, view) = self.live();
        let is_idle = live.lag == Duration(0) && !live.held;
        is_idle && self.source.read().since(view.time()).0 >= self.settings.tick
    }

    /// Lets time pass by one record; `true` when it has further to go. A clock that is out of range does not move it.
    fn step(&self, writer: &mut Writer) -> bool {
        let step = self.next_step(writer);
        if writer.state.run(Command::Advance, step.reached).is_err() {
            return false;
        }
        self.publish(&writer.state, step);
        step.lag() > Duration(0)
    }

    fn next_step(&self, writer: &mut Writer) -> Step {
        match self.settings.state.clock {
            Clock::System => {
                let reading = self.source.read();
                let now = writer.believed.follow(reading);
                Step {
                    now,
                    reached: writer.state.reach(self.settings.alarms_per_record, now),
                    held: writer.believed.doubts(reading),
                }
            }
            Clock::Events | Clock::Manual => {
                let time = writer.state.current().time();
                Step {
                    now: time,
                    reached: time,
                    held: false,
                }
            }
        }
    }

    fn publish(&self, state: &State, step: Step) -> Arc<View> {
        let view = Arc::new(state.view());
        let new = Published {
            view: Arc::clone(&view),
            live: Live {
                counters: *state.live_counters(),
                waiting_alarms: state.waiting_alarms(),
                lag: step.lag(),
                held: step.held,
            },
        };
        let old = std::mem::replace(&mut *self.pointer(), new);
        self.news.notify_all();
        // The last reader of an old view may be this thread: it is freed outside the lock.
        drop(old);
        view
    }

    fn lock(&self) -> Result<MutexGuard<'_, Writer>> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let writer = self.writer.lock();
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        writer.map_err(|_| {
            Error::Internal(
                "a change failed half-way; the engine answers, but takes no more changes"
                    .to_owned(),
            )
        })
    }

    fn pointer(&self) -> MutexGuard<'_, Published> {
        // Nothing that can panic runs under this lock.
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
