//! `StatusService`.

use treffer_core::error::{Error, Result};
use treffer_core::state::Clock;

use super::{codec, view};
use crate::engine::Engine;
use crate::proto;

pub(super) fn confirm_clock(
    engine: &Engine,
    request: proto::ConfirmClockRequest,
) -> Result<proto::ConfirmClockResponse> {
    let to = request
        .to
        .ok_or_else(|| Error::invalid("to", "is required"))?;
    let to = codec::instant(&to, "to")?;
    if engine.settings().state.clock != Clock::System {
        let message = "the clock is not the system's: whoever serves the engine moves it";
        return Err(Error::state("to", message));
    }
    let after = engine.advance(to)?;
    Ok(proto::ConfirmClockResponse { view: view(&after) })
}

#[expect(clippy::unnecessary_wraps, reason = "handlers have one shape")]
pub(super) fn get_status(
    engine: &Engine,
    _: proto::GetStatusRequest,
) -> Result<proto::GetStatusResponse> {
    let (live, now) = engine.live();
    let segments = now.catalog().named_segments().filter(|own| !own.paused);
    let status = proto::LiveStatus {
        segments: segments.count() as u64,
        judged: live.counters.judged,
        alarms: live.counters.alarms,
        flips: live.counters.flips,
        expiries: live.counters.expiries,
        waiting_alarms: live.waiting_alarms as u64,
        lag_ms: live.lag.0.unsigned_abs(),
        held: live.held,
        feed_first: now.feed().first(),
        feed_next: now.feed().next(),
    };
    let reservations = now.reservations();
    let tallies = reservations.tallies();
    let reservations = proto::ReservationStatus {
        known: reservations.len() as u64,
        made: tallies.made,
        confirmed: tallies.confirmed,
        late: tallies.late,
        cap_overrun: tallies.cap_overrun,
        cancelled: tallies.cancelled,
        lapsed: tallies.lapsed,
    };
    Ok(proto::GetStatusResponse {
        view: view(&now),
        live: Some(status),
        reservations: Some(reservations),
    })
}
