//! `StatusService`.

use treffer_core::error::Result;

use super::view;
use crate::engine::Engine;
use crate::proto;

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
