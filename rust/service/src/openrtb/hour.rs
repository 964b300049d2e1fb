//! The hour of the week where the person is.

use treffer_core::time::{Duration, Instant};

use super::model::BidRequest;

/// The clocks furthest from UTC, in minutes.
const FURTHEST: i32 = 14 * 60;
const HOURS: i64 = 7 * 24;
/// The epoch was a Thursday: hours since the Monday before.
const EPOCH: i64 = 3 * 24;

/// Minutes ahead of UTC: of the device, else of the user's home; 0 when nobody tells, or tells what no clock shows.
pub(super) fn offset(request: &BidRequest) -> i32 {
    let device = request.device.as_ref().and_then(|own| own.geo.as_ref());
    let user = request.user.as_ref().and_then(|own| own.geo.as_ref());
    let told = device.and_then(|own| own.utcoffset);
    let told = told.or_else(|| user?.utcoffset);
    told.filter(|own| (-FURTHEST..=FURTHEST).contains(own))
        .unwrap_or(0)
}

/// 0 for the first hour of Monday to 167, on a clock that is `offset` minutes ahead of UTC.
pub(super) fn hour_of_week(now: Instant, offset: i32) -> u8 {
    let local = now.plus(Duration(i64::from(offset) * Duration::MINUTE.0));
    let hours = local.0.div_euclid(Duration::HOUR.0).saturating_add(EPOCH);
    hours.rem_euclid(HOURS) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openrtb::model::{Device, Geo};

    #[test]
    fn what_no_clock_shows_is_no_offset() {
        for (told, read) in [
            (840, 840),
            (-840, -840),
            (841, 0),
            (i32::MIN, 0),
            (i32::MAX, 0),
        ] {
            let geo = Geo {
                utcoffset: Some(told),
                ..Geo::default()
            };
            let device = Device {
                geo: Some(geo),
                ..Device::default()
            };
            let request = BidRequest {
                device: Some(Box::new(device)),
                ..BidRequest::default()
            };
            assert_eq!(read, offset(&request), "{told}");
        }
    }

    #[test]
    fn the_week_begins_on_monday() {
        let monday = Instant(1_700_438_400_000); // 2023-11-20T00:00:00Z

        assert_eq!(0, hour_of_week(monday, 0));
        assert_eq!(167, hour_of_week(monday, -1));
        assert_eq!(5, hour_of_week(monday, 330));
        assert_eq!(72, hour_of_week(Instant(0), 0));
        assert_eq!(71, hour_of_week(Instant(-1), 0));
    }
}
