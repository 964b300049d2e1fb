//! Whom a match concerns: a step of a sequence says nothing of a profile while no fitting match of another step is there.
//!
//! A chain is complete only when its last missing match comes, whichever that is. So the first step waits for a last one after it,
//! every other step for a first one before it, and the final `not` for a last step before it; whoever comes last finds the others.

use super::chain::Chain;
use super::ledger::{Ledger, Match};
use crate::id::{GroupId, ProfileId, StreamId};
use crate::rule::ast::Absence;
use crate::view::View;

/// The matches behind so many gates are looked up one by one.
const FEW: usize = if cfg!(test) { 1 } else { 4 };

/// The match of another stream without which a match does not concern a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Gate {
    stream: StreamId,
    /// At most so many milliseconds before.
    before: i64,
    /// At most so many milliseconds after.
    after: i64,
    /// Whether it must have the same payload.
    is_keyed: bool,
}

/// A stream that a group looks at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watch {
    pub(super) stream: StreamId,
    /// None: every match concerns the group.
    pub(super) gate: Option<Gate>,
}

/// The groups that look at a stream.
#[derive(Clone, Debug, Default)]
pub(super) struct Watchers {
    /// Each once, rising.
    all: Vec<GroupId>,
    open: Vec<GroupId>,
    /// By stream of the gate, rising.
    gated: Vec<Gated>,
}

/// The groups behind gates of one stream; never none.
#[derive(Clone, Debug)]
struct Gated {
    stream: StreamId,
    /// Rising.
    by: Vec<(Gate, GroupId)>,
}

impl Watch {
    /// A stream of which every match concerns the group.
    pub(super) const fn open(stream: StreamId) -> Self {
        Self { stream, gate: None }
    }
}

impl Chain {
    /// The streams of a sequence and their gates.
    pub(super) fn watches(
        &self,
        steps: &[Vec<StreamId>],
        absent: &[StreamId],
        is_keyed: bool,
    ) -> Vec<Watch> {
        let (Some(first), Some(last)) = (steps.first(), steps.last()) else {
            return Vec::new();
        };
        let within = self.within.unwrap_or(i64::MAX);
        let waits = match self.absence {
            Some(Absence::Within(span)) => span.0,
            Some(Absence::For(_)) | None => self.last.unwrap_or(i64::MAX),
        };
        let mut watches = Vec::new();
        for (place, step) in steps.iter().enumerate() {
            let (others, before, after) = match place {
                0 if steps.len() == 1 => (&[][..], 0, 0),
                0 => (last.as_slice(), 0, within),
                _ => (first.as_slice(), within, 0),
            };
            watches.extend(
                step.iter()
                    .flat_map(|stream| behind(*stream, others, (before, after), is_keyed)),
            );
        }
        let absent = absent.iter();
        watches.extend(absent.flat_map(|stream| behind(*stream, last, (waits, 0), is_keyed)));
        watches
    }
}

/// A stream with a gate for each of the others; without others it is open.
fn behind(
    stream: StreamId,
    others: &[StreamId],
    (before, after): (i64, i64),
    is_keyed: bool,
) -> Vec<Watch> {
    if others.is_empty() {
        return vec![Watch::open(stream)];
    }
    let gate = |other: &StreamId| Watch {
        stream,
        gate: Some(Gate {
            stream: *other,
            before,
            after,
            is_keyed,
        }),
    };
    others.iter().map(gate).collect()
}

impl Watchers {
    /// All groups that look at the stream, each once.
    pub(super) fn all(&self) -> &[GroupId] {
        &self.all
    }

    /// Adds a group, perhaps behind one more gate.
    pub(super) fn add(&mut self, group: GroupId, gate: Option<Gate>) {
        if let Err(place) = self.all.binary_search(&group) {
            self.all.insert(place, group);
        }
        match gate {
            None => self.open.push(group),
            Some(gate) => {
                let place = self.gated.partition_point(|own| own.stream < gate.stream);
                if self
                    .gated
                    .get(place)
                    .is_none_or(|own| own.stream != gate.stream)
                {
                    let (stream, by) = (gate.stream, Vec::new());
                    self.gated.insert(place, Gated { stream, by });
                }
                if let Some(Gated { by, .. }) = self.gated.get_mut(place) {
                    by.insert(
                        by.partition_point(|own| *own < (gate, group)),
                        (gate, group),
                    );
                }
            }
        }
    }

    /// Takes a group out.
    pub(super) fn remove(&mut self, group: GroupId) {
        self.all.retain(|own| *own != group);
        self.open.retain(|own| *own != group);
        self.gated.retain_mut(|Gated { by, .. }| {
            by.retain(|(_, own)| *own != group);
            !by.is_empty()
        });
    }

    /// Calls `visit` with the groups that a match of a profile may concern; with some of them twice.
    #[inline]
    pub(super) fn concerned(
        &self,
        view: &View,
        ledger: &Ledger,
        profile: ProfileId,
        own: Match,
        mut visit: impl FnMut(GroupId),
    ) {
        self.open.iter().for_each(|group| visit(*group));
        if self.gated.is_empty() {
            return;
        }
        for owner in view.ids.slots(profile) {
            if self.gated.len() <= FEW {
                for gated in &self.gated {
                    gated.look(own, ledger.matches(owner, gated.stream), &mut visit);
                }
                continue;
            }
            let mut rest = self.gated.as_slice();
            ledger.each(owner, |stream, matches| {
                let start = rest.partition_point(|gated| gated.stream < stream);
                rest = rest.get(start..).unwrap_or_default();
                if let Some(gated) = rest.first().filter(|gated| gated.stream == stream) {
                    gated.look(own, matches, &mut visit);
                }
            });
        }
    }
}

impl Gated {
    #[inline]
    fn look(&self, own: Match, matches: &[Match], visit: &mut impl FnMut(GroupId)) {
        if !matches.is_empty() {
            let by = self.by.iter().filter(|(gate, _)| gate.lets(own, matches));
            by.for_each(|(_, group)| visit(*group));
        }
    }
}

impl Gate {
    fn lets(&self, own: Match, matches: &[Match]) -> bool {
        let (from, to) = (
            own.time.saturating_sub(self.before),
            own.time.saturating_add(self.after),
        );
        // Most matches come in order of time: nothing lies after them.
        if matches.last().is_none_or(|last| last.time < from) {
            return false;
        }
        let start = matches.partition_point(|other| other.time < from);
        let mut near = matches.get(start..).unwrap_or_default().iter();
        near.any(|other| other.time <= to && (!self.is_keyed || other.payload == own.payload))
    }
}
