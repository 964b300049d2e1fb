//! What can be set when an engine starts: each limit with its default, in this one place.

use std::sync::Arc;

use treffer_core::auction::Policy;
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
    /// What else auctions follow.
    pub auctions: Auctions,
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

/// What auctions follow, beside what a request says of GDPR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Auctions {
    /// Whether `coppa` denies to know the person.
    pub coppa: bool,
    /// Whether `lmt` does.
    pub lmt: bool,
    /// Whether `dnt` does.
    pub dnt: bool,
    /// Bids on the open market in the answer of one impression.
    pub open_bids: usize,
    /// Bids in the answer of one impression.
    pub bids: usize,
    /// Seeds what is drawn by lot.
    pub seed: u64,
}

impl Default for Auctions {
    fn default() -> Self {
        let usual = Policy::new(true);
        Self {
            coppa: usual.coppa,
            lmt: usual.lmt,
            dnt: usual.dnt,
            open_bids: usual.open_bids,
            bids: usual.bids,
            seed: usual.seed,
        }
    }
}

impl Auctions {
    /// With what else an auction follows.
    pub fn policy(self, gdpr_unless_said: bool, house_seat: Option<Arc<str>>) -> Policy {
        Policy {
            coppa: self.coppa,
            lmt: self.lmt,
            dnt: self.dnt,
            gdpr_unless_said,
            seed: self.seed,
            open_bids: self.open_bids,
            bids: self.bids,
            house_seat,
        }
    }
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
            auctions: Auctions::default(),
            reading: Reading::default(),
            answering: Answering::default(),
            line_items: 10_000,
            explained: 1_000,
            keeping: Keeping::default(),
        }
    }
}
