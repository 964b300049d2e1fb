//! Rows of profiles as they are left behind, until the view gets them.
//!
//! Whoever has judged a profile has at hand what it is in now, and later that would have to be fetched from far away again.

use std::collections::BTreeMap;

use super::flips::Flips;
use super::prepare::Aside;
use super::roster::Roster;
use super::rows::{Rows, Word, write, write_all};
use crate::id::{ProfileId, SegmentId};
use crate::order::by_number;

/// The rows so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Drafts {
    places: Vec<Draft>,
    sorted: Vec<Draft>,
    rows: Vec<Word>,
    /// How many flips they are of.
    flips: usize,
}

/// A later one of the same profile takes its place.
#[derive(Clone, Copy, Debug)]
struct Draft {
    profile: ProfileId,
    start: u32,
    end: u32,
}

impl Drafts {
    /// Notes the row of a profile of which something has flipped since there were `before` flips.
    pub(super) fn note(
        &mut self,
        roster: &Roster,
        aside: &BTreeMap<SegmentId, Aside>,
        profile: ProfileId,
        (before, now): (usize, usize),
    ) {
        if before == now {
            return;
        }
        self.flips = self.flips.saturating_add(now - before);
        let start = self.rows.len();
        append(roster, aside, profile, &mut self.rows);
        self.places.push(Draft {
            profile,
            start: start as u32,
            end: self.rows.len() as u32,
        });
    }

    /// Flips were taken back: what was noted is of no use.
    pub(super) const fn spoil(&mut self) {
        self.flips = usize::MAX;
    }

    /// Writes the rows of all of whom something has flipped; the runs of `flips` are in order of profiles. Nothing is noted any more then.
    pub(super) fn write(
        &mut self,
        view: &mut Rows,
        roster: &Roster,
        aside: &BTreeMap<SegmentId, Aside>,
        flips: &Flips,
    ) {
        // Of anything else that has flipped no draft knows.
        if self.flips == flips.len() {
            by_number(&mut self.places, &mut self.sorted, |own| {
                u64::from(own.profile.0)
            });
            let last = |own: &[Draft]| own.last().copied();
            let drafts = self.places.chunk_by(|a, b| a.profile == b.profile);
            let mut rest = drafts.clone().filter_map(last);
            let profiles = drafts.filter_map(last).map(|own| own.profile);
            view.write(profiles, |_, page| {
                let own = rest
                    .next()
                    .and_then(|own| self.rows.get(own.start as usize..own.end as usize));
                page.extend_from_slice(own.unwrap_or_default());
            });
        } else {
            let profiles = flips.runs().chunk_by(|a, b| a.profile == b.profile);
            let profiles = profiles.filter_map(|own| Some(own.first()?.profile));
            view.write(profiles, |profile, page| {
                append(roster, aside, profile, page);
            });
        }
        self.places.clear();
        self.rows.clear();
        self.flips = 0;
    }
}

/// Appends what a profile is in, but for segments that nobody sees yet.
fn append(
    roster: &Roster,
    aside: &BTreeMap<SegmentId, Aside>,
    profile: ProfileId,
    row: &mut Vec<Word>,
) {
    let segments = roster.segments(profile);
    if aside.is_empty() {
        write_all(segments, row);
    } else {
        let seen = segments.filter(|own| !aside.contains_key(own));
        seen.for_each(|own| write(own, row));
    }
}
