//! What can be set when an engine starts: each limit with its default, in this one place.

use treffer_core::rule::Limits;
use treffer_core::state;
use treffer_core::time::Duration;

use crate::hindsight::Keeping;
use crate::openrtb::{Answering, Reading};

/// How an engine runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Clock, skew and batch size: what the state machine itself must know.
    pub state: state::Settings,
    /// How large rules may be.
    pub rules: Limits,
    /// Threads that work on one question; at least one.
    pub threads: usize,
    /// Milliseconds after which the system clock moves engine time again, so that expiries become visible.
    pub tick: i64,
    /// Expiries that one record lets run under a system or manual clock; a few more where they share an instant.
    pub alarms_per_record: usize,
    /// How far engine time may lag behind the system clock before changes wait for expiries; less than the skew of events, so that
    /// those of now are never refused for it.
    pub lag: Duration,
    /// Rows of one record; longer batches become several.
    pub rows: usize,
    /// Bytes that an Arrow stream may take once it is read.
    pub expanded: usize,
    /// Audiences of one overlap.
    pub overlap: usize,
    /// Parts of one breakdown.
    pub parts: usize,
    /// Members of one page of rows.
    pub members: usize,
    /// Segments of one page.
    pub segments: usize,
    /// Changes of one answer of the feed.
    pub changes: usize,
    /// Milliseconds that an answer of the feed may be held back.
    pub wait_ms: u32,
    /// Bytes of one snapshot of the feed.
    pub snapshot: usize,
    /// Whether GDPR applies where an auction does not say; `None`: such an auction is refused, for nobody can guess it.
    pub gdpr_unless_said: Option<bool>,
    /// Seeds what auctions draw by lot.
    pub seed: u64,
    /// How `OpenRTB` requests are read; its limit of impressions is that of all auctions.
    pub reading: Reading,
    /// How they are answered.
    pub answering: Answering,
    /// Line items of one page.
    pub line_items: usize,
    /// Line items that one explanation of an auction looks at.
    pub explained: usize,
    /// How much is kept of auctions, so that they can be looked at afterwards.
    pub keeping: Keeping,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            state: state::Settings::default(),
            rules: Limits::default(),
            threads: crate::spread::machine_threads(),
            tick: 100,
            alarms_per_record: 20_000,
            lag: Duration::MINUTE,
            rows: 262_144,
            expanded: 1 << 30,
            overlap: 1_024,
            parts: 100_000,
            members: 100_000,
            segments: 1_000,
            changes: 100_000,
            wait_ms: 60_000,
            snapshot: 256 << 20,
            gdpr_unless_said: None,
            seed: 0,
            reading: Reading::default(),
            answering: Answering::default(),
            line_items: 10_000,
            explained: 1_000,
            keeping: Keeping::default(),
        }
    }
}
