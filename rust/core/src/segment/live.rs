//! Live maintenance: what a record touches is judged anew, and nothing else.
//!
//! A record touches groups of profiles. Each such pair is judged once, at the record's time; atoms that flip lead to the segments
//! that name them, in order of rank, and flips of segments to those that name these. What falls due before the record's time runs
//! first, each at its own instant.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;

use super::alarm::Alarms;
use super::chain::{Room, Step};
use super::columns::Desk;
use super::course;
use super::decide::Open;
use super::draft::Drafts;
use super::edit::activate;
use super::feed::Cause;
use super::flips::{Flips, Run};
use super::formula::Node;
use super::group::{Fading, Group, Method, Question};
use super::judge::Verdict;
use super::ledger::{Ledger, Match};
use super::network::Network;
use super::prepare::{Aside, Preparation};
use super::roster::Roster;
use crate::explain;
use crate::id::{AtomId, GroupId, ProfileId, SegmentId, StreamId};
use crate::person::Event;
use crate::profile::dictionary::IdSlot;
use crate::rows::Texts;
use crate::rule::plan::Plan;
use crate::time::Instant;
use crate::view::View;

/// Profiles that are read ahead of their turn.
pub(super) const AHEAD: usize = 32;

/// Changes that are kept for readers of the feed.
const KEPT_CHANGES: u64 = 1 << 22;

/// What was done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Groups of profiles that were judged.
    pub judged: u64,
    /// Alarms that went off.
    pub alarms: u64,
    /// Memberships that began or ended.
    pub flips: u64,
    /// Of these, those that time alone ended or began.
    pub expiries: u64,
}

/// What keeps segments live. All of it is derived from the truth.
#[derive(Clone, Debug, Default)]
pub(crate) struct Live {
    pub(super) network: Network,
    pub(super) ledger: Ledger,
    pub(super) roster: Roster,
    pub(super) touched: Vec<Touch>,
    /// Profiles of which nothing was known before.
    pub(super) newborn: Vec<(ProfileId, Cause)>,
    /// Segments to be decided anew for every profile of which they name something that is true.
    pub(super) redefined: BTreeSet<SegmentId>,
    /// Segments to be decided anew for every profile.
    pub(super) redefined_for_all: Vec<SegmentId>,
    /// Segments to be decided anew for one profile each.
    pub(super) reconsidered: Vec<(SegmentId, ProfileId)>,
    /// Segments that begin: their first members are told as one set.
    pub(super) begun: BTreeSet<SegmentId>,
    /// New atoms by group: whoever they are true of is to be told of them.
    pub(super) fresh: HashMap<GroupId, Vec<AtomId>>,
    /// Segments that are built before they are defined.
    pub(super) preparation: Option<Box<Preparation>>,
    /// Who is in them so far; once they are defined, until the record is settled.
    pub(super) aside: BTreeMap<SegmentId, Aside>,
    /// Flips since the last view.
    pub(super) flips: Flips,
    /// How many runs of them are of instants before the record's, as visits tell.
    pub(super) past: usize,
    pub(super) alarms: Alarms,
    pub(super) counters: Counters,
    pub(super) drafts: Drafts,
    desk: Desk,
    pub(super) room: Workroom,
}

/// A group of a profile that is to be judged anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Touch {
    pub(super) profile: ProfileId,
    pub(super) group: GroupId,
    pub(super) cause: Cause,
}

/// Room that is used again.
#[derive(Clone, Debug, Default)]
pub(super) struct Workroom {
    matches: Vec<Match>,
    chain: Room,
    pub(super) open: Open,
    runs: Vec<Run>,
}

impl Live {
    /// What was done so far.
    pub(crate) const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// How many alarms wait.
    pub(crate) const fn waiting(&self) -> usize {
        self.roster.waiting()
    }

    /// Up to `t`, the instant up to which about `count` alarms go off.
    pub(crate) fn reach(&mut self, count: usize, t: Instant) -> Instant {
        self.roster.reach(count, t)
    }

    /// Reads what judging these profiles will need. The reads do not wait for each other, as those of one judgement would.
    pub(super) fn warm(&self, profiles: impl Iterator<Item = ProfileId> + Clone) {
        self.roster.warm(profiles.clone());
        self.ledger.warm(profiles.map(sole_owner));
    }

    /// Judges everything that was touched, at `t`.
    pub(crate) fn settle(&mut self, view: &mut View, t: Instant, event_ids: Option<&Texts>) {
        let mut touched = std::mem::take(&mut self.touched);
        // Of several causes the last in their order counts, of several events the last of the record.
        touched.sort_unstable();
        let mut newborn = std::mem::take(&mut self.newborn);
        newborn.sort_unstable();
        for own in touched.chunk_by(|a, b| a.profile == b.profile) {
            self.settle_profile(view, own, t, &newborn);
        }
        self.bear(view, &newborn, &touched);
        touched.clear();
        newborn.clear();
        (self.touched, self.newborn) = (touched, newborn);
        self.redefine(view);
        self.fresh.clear();
        self.adopt();
        self.tell(view, t, event_ids);
    }

    /// Tells the feed what has flipped up to `t`; the flips of `t` itself may be caused by events.
    fn tell(&mut self, view: &mut View, t: Instant, event_ids: Option<&Texts>) {
        let runs = self.flips.runs();
        let is_timely = |run: &&Run| matches!(run.cause, Cause::Time | Cause::Retention);
        let timely = runs.iter().filter(is_timely).map(Run::len);
        self.counters.expiries += timely.sum::<usize>() as u64;
        self.counters.flips += self.flips.len() as u64;
        let visits = self.alarms.tell();
        if self.begun.is_empty() {
            let own = (t, self.past..runs.len());
            view.feed.push(&self.flips, visits.chain([own]), event_ids);
        } else {
            view.feed.push(&self.flips, visits, None);
            let own = self.flips.iter_from(self.past);
            let rest = activate(view, t, std::mem::take(&mut self.begun), own);
            let own = (t, 0..rest.runs().len());
            view.feed.push(&rest, [own].into_iter(), event_ids);
        }
    }

    /// Hands what has flipped to the view.
    pub(crate) fn publish(&mut self, view: &mut View) {
        view.feed.trim(KEPT_CHANGES);
        self.past = 0;
        if self.flips.is_empty() {
            return;
        }
        let Self {
            flips,
            roster,
            aside,
            ..
        } = self;
        flips.sort(&mut self.room.runs);
        view.members.add(flips, &mut self.desk);
        self.drafts.write(&mut view.rows, roster, aside, flips);
        flips.clear();
    }

    /// Bytes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.ledger.heap_bytes() + self.roster.heap_bytes()
    }

    /// Judges what was touched of one profile, in order.
    pub(super) fn settle_profile(
        &mut self,
        view: &View,
        touched: &[Touch],
        t: Instant,
        newborn: &[(ProfileId, Cause)],
    ) {
        let mut open = std::mem::take(&mut self.room.open);
        for own in touched.chunk_by(|a, b| a.group == b.group) {
            if let Some(last) = own.last() {
                self.judge(view, *last, t, &mut open);
            }
        }
        let before = self.flips.len();
        if let Some(profile) = touched.first().map(|touch| touch.profile) {
            let found = newborn.binary_search_by_key(&profile, |own| own.0);
            if let Some((_, cause)) = found.ok().and_then(|place| newborn.get(place)) {
                self.open_born(view, (profile, *cause), &mut open);
            }
            self.decide(profile, &mut open);
            self.draft(profile, before);
        }
        self.room.open = open;
    }

    /// Notes the row of a profile if something has flipped since there were `before` flips.
    pub(super) fn draft(&mut self, profile: ProfileId, before: usize) {
        let flips = (before, self.flips.len());
        self.drafts.note(&self.roster, &self.aside, profile, flips);
    }

    /// Judges one group of one profile; the segments that name an atom that flipped go to `open`.
    pub(super) fn judge(&mut self, view: &View, touch: Touch, t: Instant, open: &mut Open) {
        let Touch {
            profile,
            group: id,
            cause,
        } = touch;
        let Some(group) = self.network.group(id) else {
            return;
        };
        self.counters.judged += 1;
        if let Method::Attribute(attribute) = &group.method {
            let written = view.fact(*attribute).read(profile.0);
            let value = written.as_ref().map(|(value, _)| value);
            let mut turn = i64::MAX;
            for (atom, question) in group.atoms.iter().zip(&group.questions) {
                let Question::Test(test) = question else {
                    continue;
                };
                let node = Node::atom(*atom);
                if self
                    .roster
                    .set(profile, node, explain::passes(test, value, t))
                {
                    open.ask_users(&self.network, node, cause);
                }
                let instants = value
                    .into_iter()
                    .flat_map(|value| explain::turns(test, value));
                turn = instants
                    .map(|own| own.0)
                    .filter(|own| *own > t.0)
                    .fold(turn, i64::min);
            }
            self.roster.stand(profile, id, 0, Verdict::new((0, turn)));
            return;
        }
        let verdict = judge_group(view, &self.ledger, &mut self.room, group, profile, t);
        let base = group.ladder.base();
        self.stand(touch, base, verdict, open);
    }

    /// Puts a group of a profile where a verdict says; the segments that name an atom that flipped go to `open`.
    pub(super) fn stand(&mut self, touch: Touch, base: u32, verdict: Verdict, open: &mut Open) {
        let Touch {
            profile,
            group: id,
            cause,
        } = touch;
        let old = self.roster.stand(profile, id, base, verdict);
        let network = &self.network;
        if old != verdict.level {
            open.follow(network, id, (old, verdict.level), cause);
        }
        for atom in self.fresh.get(&id).into_iter().flatten() {
            let node = Node::atom(*atom);
            if network.holds(&self.roster, profile, node) {
                open.ask_users(network, node, cause);
            }
        }
    }
}

/// The owner id of most profiles: the number is that of their only id.
pub(super) const fn sole_owner(profile: ProfileId) -> IdSlot {
    IdSlot(profile.0)
}

/// Where a group stands that looks at events.
fn judge_group(
    view: &View,
    ledger: &Ledger,
    room: &mut Workroom,
    group: &Group,
    profile: ProfileId,
    t: Instant,
) -> Verdict {
    match &group.method {
        Method::Aggregate { measure, streams } => {
            let matches = gather(view, ledger, profile, streams, &mut room.matches);
            measure.judge(matches, &group.ladder, t.0)
        }
        Method::Sequence {
            chain,
            steps,
            absent,
            fading,
            ..
        } => {
            let Workroom {
                matches,
                chain: own,
                ..
            } = room;
            let at = (view, ledger, profile);
            own.steps.clear();
            own.absent.clear();
            let mut gone = i64::MAX;
            for (step, streams) in steps.iter().enumerate() {
                let number = step as u32;
                gone = gone.min(each_seen(at, streams, (fading, t), matches, |one| {
                    own.steps.push(Step {
                        key: one.payload,
                        time: one.time,
                        number,
                    });
                }));
            }
            let freed = each_seen(at, absent, (fading, t), matches, |one| {
                own.absent.push(*one);
            });
            let (truth, turn) = chain.judge(steps.len(), own, t.0);
            // A step that is gone ends what holds, and begins nothing; one that must be absent may do both.
            let gone = if truth { gone.min(freed) } else { freed };
            Verdict::new((u32::from(truth), turn.min(gone)))
        }
        Method::Whole { leaf, needs } => {
            let (plan, person) = (Plan::Leaf(leaf.clone()), view.person_at(profile, t));
            let course = course::of(&plan, &person, view.catalog());
            let truth = course.holds(t);
            let inverted = matches!(group.questions.first(), Some(Question::Holds(true)));
            // What leaves retention is gone from the past too, so that an age may be another from then on.
            let named = person.events.iter();
            let named = named.filter(|event| needs.types.contains(&event.event_type));
            let gone = named.filter_map(Event::end);
            let turns = course.until(t).into_iter().chain(gone);
            let turn = turns.map(|own| own.0).min().unwrap_or(i64::MAX);
            Verdict::new((u32::from(truth != inverted), turn))
        }
        // Its atoms are no levels.
        Method::Attribute(_) => Verdict::new((0, i64::MAX)),
    }
}

/// Calls `visit` with the matches of a profile in some streams that can be seen at `t`; gives the instant at which the first of them is
/// gone.
fn each_seen(
    (view, ledger, profile): (&View, &Ledger, ProfileId),
    streams: &[StreamId],
    (fading, t): (&Fading, Instant),
    room: &mut Vec<Match>,
    mut visit: impl FnMut(&Match),
) -> i64 {
    if fading.is_none() {
        let all = gather(view, ledger, profile, streams, room);
        all.iter().for_each(visit);
        return i64::MAX;
    }
    let mut gone = i64::MAX;
    for stream in streams {
        let all = gather(view, ledger, profile, std::slice::from_ref(stream), room);
        for own in all {
            let end = fading.end(*stream, own.time);
            if end > t.0 {
                gone = gone.min(end);
                visit(own);
            }
        }
    }
    gone
}

/// The matches of a profile in some streams, rising by time; `room` is used where they lie in several lists.
fn gather<'a>(
    view: &View,
    ledger: &'a Ledger,
    profile: ProfileId,
    streams: &[StreamId],
    room: &'a mut Vec<Match>,
) -> &'a [Match] {
    let mut owners = view.ids.slots(profile);
    let (first, second) = (owners.next(), owners.next());
    if let (Some(owner), None, [stream]) = (first, second, streams) {
        return ledger.matches(owner, *stream);
    }
    room.clear();
    for owner in first.into_iter().chain(second).chain(owners) {
        for stream in streams {
            room.extend_from_slice(ledger.matches(owner, *stream));
        }
    }
    room.sort_unstable();
    room
}
