//! What flips in a record, in the order in which it is found.
//!
//! An event turns several memberships of one profile at a time. What they share is noted once, and the rest is four bytes a flip: a
//! record of ten thousand events has a hundred thousand flips, and each goes to the columns, the rows and the feed.

use super::feed::Cause;
use crate::id::{ProfileId, SegmentId};
use crate::order::by_number;

/// A membership that begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Flip {
    pub(super) segment: SegmentId,
    pub(super) profile: ProfileId,
    pub(super) entered: bool,
    pub(super) cause: Cause,
}

/// A segment that is entered or left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Switch(u32);

const _: () = assert!(size_of::<Switch>() == 4);

impl Switch {
    /// Numbers of segments leave a bit free, as those of nodes do.
    #[inline]
    pub(super) const fn new(segment: SegmentId, entered: bool) -> Self {
        Self(segment.0 << 1 | entered as u32)
    }

    /// Of what [`Switch::number`] gave.
    #[inline]
    pub(super) const fn of_number(number: u32) -> Self {
        Self(number)
    }

    /// A number that rises by segment.
    #[inline]
    pub(super) const fn number(self) -> u32 {
        self.0
    }

    /// The same segment the other way.
    #[inline]
    pub(super) const fn opposite(self) -> Self {
        Self(self.0 ^ 1)
    }

    /// As the flip of a profile.
    pub(super) const fn flip(self, profile: ProfileId, cause: Cause) -> Flip {
        Flip {
            segment: self.segment(),
            profile,
            entered: self.entered(),
            cause,
        }
    }

    pub(super) const fn segment(self) -> SegmentId {
        SegmentId(self.0 >> 1)
    }

    pub(super) const fn entered(self) -> bool {
        self.0 & 1 == 1
    }
}

/// Turns of one profile with one cause.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub(super) profile: ProfileId,
    pub(super) cause: Cause,
    start: usize,
    len: u32,
}

impl Run {
    pub(super) const fn len(&self) -> usize {
        self.len as usize
    }
}

/// Flips in their order.
#[derive(Clone, Debug, Default)]
pub(super) struct Flips {
    runs: Vec<Run>,
    switches: Vec<Switch>,
    /// Runs to which nothing is added any more.
    sealed: usize,
}

impl Flips {
    /// How many there are.
    pub(super) const fn len(&self) -> usize {
        self.switches.len()
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.switches.is_empty()
    }

    /// The runs, in order.
    pub(super) fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// The switches of a run.
    #[inline]
    pub(super) fn switches(&self, run: &Run) -> &[Switch] {
        let own = self.switches.get(run.start..run.start + run.len());
        own.unwrap_or_default()
    }

    /// Those from a number of runs on.
    pub(super) fn iter_from(&self, first: usize) -> impl Iterator<Item = Flip> {
        let runs = self.runs.get(first..).unwrap_or_default().iter();
        runs.flat_map(|run| {
            let switches = self.switches(run).iter();
            switches.map(|switch| switch.flip(run.profile, run.cause))
        })
    }

    /// Adds one.
    #[inline]
    pub(super) fn push(&mut self, flip: Flip) {
        let switch = Switch::new(flip.segment, flip.entered);
        self.push_all(flip.profile, flip.cause, std::iter::once(switch));
    }

    /// Adds some of one profile with one cause.
    #[inline]
    pub(super) fn push_all(
        &mut self,
        profile: ProfileId,
        cause: Cause,
        switches: impl ExactSizeIterator<Item = Switch>,
    ) {
        let len = switches.len() as u32;
        if len == 0 {
            return;
        }
        let is_open = self.runs.len() > self.sealed;
        match self.runs.last_mut().filter(|_| is_open) {
            Some(run) if run.profile == profile && run.cause == cause => run.len += len,
            _ => self.runs.push(Run {
                profile,
                cause,
                start: self.switches.len(),
                len,
            }),
        }
        self.switches.extend(switches);
    }

    /// How many runs there are so far; none of them grows any more.
    pub(super) const fn seal(&mut self) -> usize {
        self.sealed = self.runs.len();
        self.sealed
    }

    /// Keeps as many runs, from the first on, before their order was changed.
    pub(super) fn truncate(&mut self, runs: usize) {
        if let Some(first) = self.runs.get(runs) {
            self.switches.truncate(first.start);
            self.runs.truncate(runs);
        }
        self.sealed = self.runs.len();
    }

    /// Puts the runs in order of profiles, those of one in the order in which they came; `room` is used again.
    pub(super) fn sort(&mut self, room: &mut Vec<Run>) {
        by_number(&mut self.runs, room, |own| u64::from(own.profile.0));
        self.sealed = self.runs.len();
    }

    pub(super) fn clear(&mut self) {
        self.runs.clear();
        self.switches.clear();
        self.sealed = 0;
    }
}

impl Extend<Flip> for Flips {
    fn extend<I: IntoIterator<Item = Flip>>(&mut self, flips: I) {
        for flip in flips {
            self.push(flip);
        }
    }
}
