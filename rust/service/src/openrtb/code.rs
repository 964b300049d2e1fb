//! Reasons in the numbers that exchanges know.

use treffer_core::auction::Stage;
use treffer_core::auction::reason::Counts;

/// A reason for which there is no bid, in the numbers of the `seatnonbid` extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// 0 to 17 as the no-bid reasons of `OpenRTB`, then those of the extension, from 500 on ours.
    pub number: i32,
    /// In words.
    pub text: &'static str,
}

/// No bid, for no particular reason.
const NO_BID: i32 = 0;
/// The last number that no-bid reasons share with the extension.
const LAST_SHARED: i32 = 17;
/// The first number that everybody gives a meaning of their own.
const FIRST_OWN: i32 = 500;

/// What falls at the floor because no rate leads from one currency to the other.
pub(super) const NO_RATE: Code = Code {
    number: 205,
    text: "no rate for the currency",
};

/// What a stage is called: the nearest number that exchanges know, else one of ours.
pub const fn code(stage: Stage) -> Code {
    let (number, text) = match stage {
        Stage::Building => (500, "a segment is still being built"),
        Stage::Status => (501, "paused"),
        Stage::Flight => (502, "outside the flight"),
        Stage::Budget => (503, "budget spent"),
        Stage::Inventory => (201, "inventory not targeted"),
        Stage::Daypart => (504, "time of the week not targeted"),
        Stage::Geo => (505, "place not targeted"),
        Stage::Device => (6, "device not targeted"),
        Stage::Format => (202, "format or media type not targeted"),
        Stage::Deal => (506, "no deal to bid on"),
        Stage::BlockList => (356, "advertiser blocked"),
        Stage::Consent => (204, "consent missing"),
        Stage::Audience => (8, "person not in the audience"),
        Stage::Cap => (9, "cap reached"),
        Stage::CapStateMissing => (1, "state of caps missing"),
        Stage::Creative => (350, "no creative fits"),
        Stage::Floor => (301, "price below the floor"),
        Stage::Pacing => (203, "held back by pacing"),
    };
    Code { number, text }
}

impl Code {
    /// The number as a no-bid reason of `OpenRTB`, which has no word for what only the extension tells.
    pub const fn nbr(self) -> i32 {
        match self.number {
            NO_BID..=LAST_SHARED | FIRST_OWN.. => self.number,
            _ => NO_BID,
        }
    }
}

/// The no-bid reason of an auction without bids: of those that fell last, as they came nearest to a bid.
pub(super) fn nbr<'a>(counts: impl IntoIterator<Item = &'a Counts>) -> i32 {
    let counts = counts.into_iter();
    let last = counts.filter_map(|own| fallen(own).map(|(stage, _)| stage).last());
    match last.max() {
        None => NO_BID,
        // What has a cap for each person falls where nobody is known: no fault of anything technical.
        Some(Stage::CapStateMissing) => code(Stage::Audience).nbr(),
        Some(stage) => code(stage).nbr(),
    }
}

/// Stages at which line items fell, and how many did.
pub(super) fn fallen(counts: &Counts) -> impl Iterator<Item = (Stage, u32)> {
    let all = Stage::ALL.into_iter().zip(counts.fallen);
    all.filter(|(_, fell)| *fell > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stage_has_a_number_of_its_own_that_exchanges_know() {
        let mut numbers: Vec<_> = Stage::ALL.map(|stage| code(stage).number).to_vec();
        numbers.sort_unstable();
        let known =
            |own: &i32| matches!(own, 0..=17 | 200..=205 | 300..=304 | 350..=357 | 500..=599);

        assert!(numbers.iter().all(known));
        assert!(numbers.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn the_reason_is_that_of_whoever_came_nearest_to_a_bid() {
        let counts = |stages: &[Stage]| {
            let mut counts = Counts::default();
            stages.iter().for_each(|stage| counts.count(Some(*stage)));
            counts
        };

        assert_eq!(0, nbr([]));
        assert_eq!(0, nbr([&Counts::default()]));
        assert_eq!(
            8,
            nbr([
                &counts(&[Stage::Geo, Stage::Audience]),
                &counts(&[Stage::Status])
            ])
        );
        assert_eq!(0, nbr([&counts(&[Stage::Audience, Stage::Floor])]));
        assert_eq!(503, nbr([&counts(&[Stage::Budget])]));
        assert_eq!(8, nbr([&counts(&[Stage::CapStateMissing])]));
    }
}
