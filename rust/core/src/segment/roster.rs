//! What is true of each profile, and when that is to be looked at again: the writer's own form.

use std::collections::BTreeSet;

use super::decide::Known;
use super::formula::Node;
use super::judge::Verdict;
use super::wheel::{Due, Wheel};
use crate::id::{AtomId, GroupId, ProfileId, SegmentId};
use crate::time::Instant;

/// One profile, in one piece of memory, for whoever looks at it looks at several parts: first the standings, then the nodes, which
/// come and go more often.
#[derive(Clone, Debug, Default)]
struct Entry {
    words: Vec<u32>,
    /// Words before the nodes. Nodes are segments that are true, and atoms that are no levels, rising.
    standings: u32,
}

/// How a group stands where it does not stand as it does without events, or is to be judged anew; rising by group. The group, its
/// level on the ladder of the group with [`STEP`], and when it is judged anew, lower half first: [`NEVER`] where time changes
/// nothing. The wheel has an entry for each, and stale ones beside.
type Standing = [u32; 4];

/// Beside a level: the next instant is that of a step, see [`Verdict::is_step`].
const STEP: u32 = 1 << 31;

const fn standing(group: GroupId, (level, is_step): (u32, bool), at: Instant) -> Standing {
    let level = if is_step { level | STEP } else { level };
    [group.0, level, at.0 as u32, (at.0 >> 32) as u32]
}

const fn level_of([_, level, ..]: &Standing) -> u32 {
    *level & !STEP
}

const fn at_of([_, _, low, high]: &Standing) -> Instant {
    Instant((*high as i64) << 32 | *low as i64)
}

/// Words of a standing.
const WIDTH: usize = size_of::<Standing>() / size_of::<u32>();

impl Entry {
    const fn first_node(&self) -> usize {
        self.standings as usize
    }

    #[inline]
    fn nodes(&self) -> &[u32] {
        self.words.get(self.first_node()..).unwrap_or_default()
    }

    #[inline]
    fn standings(&self) -> &[Standing] {
        let own = self.words.get(..self.first_node());
        own.unwrap_or_default().as_chunks().0
    }

    #[inline]
    fn standings_mut(&mut self) -> &mut [Standing] {
        let end = self.first_node();
        let own = self.words.get_mut(..end);
        own.unwrap_or_default().as_chunks_mut().0
    }

    #[inline]
    fn place(&self, group: GroupId) -> Result<usize, usize> {
        let own = self.standings();
        own.binary_search_by_key(&group.0, |[group, ..]| *group)
    }

    fn insert(&mut self, place: usize, new: Standing) {
        let (at, len) = (place * WIDTH, self.words.len());
        self.words.extend_from_slice(&new);
        self.words.copy_within(at..len, at + WIDTH);
        if let Some(own) = self.words.get_mut(at..at + WIDTH) {
            own.copy_from_slice(&new);
        }
        self.standings += WIDTH as u32;
    }

    fn remove(&mut self, place: usize) {
        let at = place * WIDTH;
        self.words.drain(at..at + WIDTH);
        self.standings -= WIDTH as u32;
    }

    /// Makes a node true or false; `false` when it was so already.
    #[inline]
    fn set(&mut self, node: Node, truth: bool) -> bool {
        let first = self.first_node();
        match (self.nodes().binary_search(&node.number()), truth) {
            (Ok(place), false) => _ = self.words.remove(first + place),
            (Err(place), true) => self.words.insert(first + place, node.number()),
            (Ok(_), true) | (Err(_), false) => return false,
        }
        true
    }

    /// See [`Roster::set_segments`]; `room` is used again.
    fn set_segments(&mut self, known: &mut Vec<Known>, room: &mut Vec<u32>) {
        let number = |own: &Known| Node::segment(own.switch().segment()).number();
        let Some(first) = known.first().map(number) else {
            return;
        };
        let before = self.nodes().partition_point(|node| *node < first);
        let kept = self.first_node() + before;
        room.clear();
        room.extend(self.words.drain(kept..));
        let mut rest = room.as_slice();
        known.retain(|own| {
            let number = number(own);
            while let Some((next, after)) = rest.split_first().filter(|(next, _)| **next < number) {
                self.words.push(*next);
                rest = after;
            }
            let (was, after) = match rest.split_first() {
                Some((next, after)) if *next == number => (true, after),
                Some(_) | None => (false, rest),
            };
            rest = after;
            let truth = own.switch().entered();
            if truth {
                self.words.push(number);
            }
            truth != was
        });
        self.words.extend_from_slice(rest);
    }

    /// Keeps what is to be kept.
    fn retain(&mut self, node: impl Fn(Node) -> bool, group: impl Fn(GroupId) -> bool) {
        let standings = self.standings().iter();
        let standings = standings.filter(|own| group(GroupId(own[0]))).flatten();
        let mut words: Vec<u32> = standings.copied().collect();
        let standings = words.len() as u32;
        let nodes = self.nodes().iter().copied();
        words.extend(nodes.filter(|own| node(Node::of_number(*own))));
        if words.len() < self.words.len() {
            *self = Self { words, standings };
        }
    }
}

/// Segments that are written down one by one.
const FEW: usize = if cfg!(test) { 1 } else { 4 };

/// So many atoms and groups that are gone are looked for one by one.
const FEW_GONE: usize = if cfg!(test) { 2 } else { 8 };

const NEVER: Instant = Instant(i64::MAX);

const BEFORE: Instant = Instant(i64::MIN);

/// What is known of a group of a profile that is to be judged anew.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ring {
    /// The level on which it stands.
    pub(super) level: u32,
    /// Whether this is the instant of a step, see [`Verdict::is_step`].
    pub(super) is_step: bool,
}

/// All profiles.
#[derive(Clone, Debug)]
pub(super) struct Roster {
    entries: Vec<Entry>,
    wheel: Wheel,
    /// What is to be judged up to here goes to `soon`, for it is judged in this very run.
    horizon: Instant,
    soon: Vec<Due>,
    /// Room that is used again.
    room: Vec<u32>,
}

impl Default for Roster {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            wheel: Wheel::new(),
            horizon: BEFORE,
            soon: Vec::new(),
            room: Vec::new(),
        }
    }
}

impl Roster {
    /// Whether a segment, or an atom that is no level, is true of a profile.
    #[inline]
    pub(super) fn holds(&self, profile: ProfileId, node: Node) -> bool {
        let entry = self.entries.get(profile.index());
        entry.is_some_and(|entry| entry.nodes().binary_search(&node.number()).is_ok())
    }

    /// Where a group of a profile stands; none: where it stands without events.
    #[inline]
    pub(super) fn level(&self, profile: ProfileId, group: GroupId) -> Option<u32> {
        self.standing(profile, group).map(level_of)
    }

    #[inline]
    fn standing(&self, profile: ProfileId, group: GroupId) -> Option<&Standing> {
        let entry = self.entries.get(profile.index())?;
        entry.standings().get(entry.place(group).ok()?)
    }

    /// The groups of a profile that do not stand as they do without events, or are to be judged anew.
    pub(super) fn groups(&self, profile: ProfileId) -> impl Iterator<Item = GroupId> {
        let standings = self.entries.get(profile.index()).map(Entry::standings);
        let standings = standings.unwrap_or_default().iter();
        standings.map(|[group, ..]| GroupId(*group))
    }

    /// The segments and atoms that are true of a profile and no levels, rising.
    pub(super) fn nodes(&self, profile: ProfileId) -> impl ExactSizeIterator<Item = Node> {
        let nodes = self.entries.get(profile.index()).map(Entry::nodes);
        nodes
            .unwrap_or_default()
            .iter()
            .map(|own| Node::of_number(*own))
    }

    /// The segments that are true of a profile, rising.
    pub(super) fn segments(
        &self,
        profile: ProfileId,
    ) -> impl DoubleEndedIterator<Item = SegmentId> + ExactSizeIterator {
        let nodes = self.entries.get(profile.index()).map(Entry::nodes);
        let nodes = nodes.unwrap_or_default();
        let first = nodes.partition_point(|own| Node::of_number(*own).as_segment().is_none());
        let segments = nodes.get(first..).unwrap_or_default().iter();
        segments.map(|own| Node::of_number(*own).segment_number())
    }

    /// Makes a node true or false; `false` when it was so already.
    pub(super) fn set(&mut self, profile: ProfileId, node: Node, truth: bool) -> bool {
        self.entry(profile).set(node, truth)
    }

    /// Makes segments true or false, rising and each once; keeps those that were not so already.
    pub(super) fn set_segments(&mut self, profile: ProfileId, known: &mut Vec<Known>) {
        let mut room = std::mem::take(&mut self.room);
        let entry = self.entry(profile);
        if known.len() <= FEW {
            known.retain(|own| {
                let switch = own.switch();
                entry.set(Node::segment(switch.segment()), switch.entered())
            });
        } else {
            entry.set_segments(known, &mut room);
        }
        self.room = room;
    }

    /// Reads a little of some profiles, so that they lie in the cache when their turn comes. The reads do not wait for each other.
    pub(super) fn warm(&self, profiles: impl Iterator<Item = ProfileId>) {
        let read = profiles.map(|profile| self.read(profile));
        std::hint::black_box(read.fold(0, |a, b| a ^ b));
    }

    #[inline]
    fn read(&self, profile: ProfileId) -> u32 {
        let Some(entry) = self.entries.get(profile.index()) else {
            return 0;
        };
        // One word of each line of memory, up to a kilobyte.
        let words = entry.words.iter().step_by(16).take(16);
        words.fold(0, |a, b| a ^ b)
    }

    /// Puts a group of a profile where a verdict says, `base` being the level without events, and sees to it that it is judged anew
    /// then or before. Gives the level that was.
    pub(super) fn stand(
        &mut self,
        profile: ProfileId,
        group: GroupId,
        base: u32,
        verdict: Verdict,
    ) -> u32 {
        let Verdict {
            level,
            turn,
            is_step,
        } = verdict;
        let at = if turn > Instant::MAX.0 {
            NEVER
        } else {
            Instant(turn)
        };
        let entry = self.entry(profile);
        let place = entry.place(group);
        let own = place
            .ok()
            .and_then(|own| entry.standings_mut().get_mut(own));
        let (old, is_sooner) = match (own, place) {
            (Some(own), Ok(place)) => {
                let (old, old_at) = (level_of(own), at_of(own));
                // Too early an alarm looks again and is set anew.
                let at_last = at.min(old_at);
                *own = standing(group, (level, is_step && at_last == at), at_last);
                if at_last == NEVER && level == base {
                    entry.remove(place);
                }
                (old, at < old_at)
            }
            (_, Ok(place) | Err(place)) => {
                if at < NEVER || level != base {
                    entry.insert(place, standing(group, (level, is_step), at));
                }
                (base, at < NEVER)
            }
        };
        if is_sooner {
            let due = Due { at, profile, group };
            if at <= self.horizon {
                self.soon.push(due);
            } else {
                self.wheel.push(due);
            }
        }
        old
    }

    /// Takes out all alarms up to `t`, stale ones among them, and appends them in any order. Until [`Roster::rest`] alarms that are
    /// set up to `t` go to [`Roster::soon`].
    pub(super) fn drain(&mut self, t: Instant, out: &mut Vec<Due>) {
        self.horizon = t;
        self.wheel.drain(t, out);
    }

    /// Takes out the alarms that were set since [`Roster::drain`] up to its instant, and appends them.
    pub(super) fn soon(&mut self, out: &mut Vec<Due>) {
        out.append(&mut self.soon);
    }

    /// Ends what [`Roster::drain`] began.
    pub(super) const fn rest(&mut self) {
        self.horizon = BEFORE;
    }

    /// Whether an alarm is neither stale nor the instant of a step.
    pub(super) fn is_judged(&self, due: &Due) -> bool {
        let standing = self.standing(due.profile, due.group);
        standing.is_some_and(|own| at_of(own) == due.at && own[1] & STEP == 0)
    }

    /// Lets an alarm go off: `None` for a stale one.
    pub(super) fn ring(&mut self, due: Due) -> Option<Ring> {
        let entry = self.entries.get_mut(due.profile.index())?;
        let place = entry.place(due.group).ok()?;
        let own = entry.standings_mut().get_mut(place)?;
        if at_of(own) != due.at {
            return None;
        }
        let ring = Ring {
            level: level_of(own),
            is_step: own[1] & STEP != 0,
        };
        *own = standing(due.group, (ring.level, false), NEVER);
        Some(ring)
    }

    /// Puts everyone on the levels of new ladders: by group and old level the new one.
    pub(super) fn climb(&mut self, moves: &[(GroupId, Vec<u32>)]) {
        if moves.is_empty() {
            return;
        }
        for own in self.entries.iter_mut().flat_map(Entry::standings_mut) {
            if let Ok(place) = moves.binary_search_by_key(&own[0], |(group, _)| group.0)
                && let Some((_, levels)) = moves.get(place)
            {
                // What was the next level may be another now.
                own[1] = levels.get(level_of(own) as usize).copied().unwrap_or(0);
            }
        }
    }

    /// See [`Wheel::reach`].
    pub(super) fn reach(&mut self, count: usize, t: Instant) -> Instant {
        self.wheel.reach(count, t)
    }

    /// How many alarms wait, stale ones among them.
    pub(super) const fn waiting(&self) -> usize {
        self.wheel.len()
    }

    /// Forgets all atoms and standings; memberships stay.
    pub(super) fn restart(&mut self) {
        self.wheel = Wheel::new();
        for entry in &mut self.entries {
            entry.retain(|node| node.as_segment().is_some(), |_| false);
        }
    }

    /// Forgets everything of a profile and gives the nodes that were true.
    pub(super) fn clear(&mut self, profile: ProfileId) -> Vec<Node> {
        let entry = std::mem::take(self.entry(profile));
        let nodes = entry.nodes().iter();
        nodes.map(|own| Node::of_number(*own)).collect()
    }

    /// Drops atoms and standings that are gone. Few are looked for one by one, since few profiles have any.
    pub(super) fn drop_gone(&mut self, atoms: &BTreeSet<AtomId>, groups: &BTreeSet<GroupId>) {
        let is_gone = |node: Node| node.as_atom().is_some_and(|atom| atoms.contains(&atom));
        for entry in &mut self.entries {
            if atoms.len() + groups.len() > FEW_GONE {
                entry.retain(|own| !is_gone(own), |own| !groups.contains(&own));
                continue;
            }
            for atom in atoms {
                entry.set(Node::atom(*atom), false);
            }
            for group in groups {
                if let Ok(place) = entry.place(*group) {
                    entry.remove(place);
                }
            }
        }
    }

    /// Bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        let entry = |entry: &Entry| entry.words.capacity() * size_of::<u32>();
        self.entries.capacity() * size_of::<Entry>()
            + self.entries.iter().map(entry).sum::<usize>()
            + self.wheel.heap_bytes()
    }

    fn entry(&mut self, profile: ProfileId) -> &mut Entry {
        let index = profile.index();
        if self.entries.len() <= index {
            self.entries.resize_with(index + 1, Entry::default);
        }
        #[expect(clippy::indexing_slicing, reason = "index < len by the lines before")]
        &mut self.entries[index]
    }
}
