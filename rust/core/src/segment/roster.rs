//! What is true of each profile, and when that is to be looked at again: the writer's own form.

use super::formula::Node;
use super::wheel::{Due, Wheel};
use crate::id::{GroupId, ProfileId, SegmentId};
use crate::time::Instant;

/// One profile.
#[derive(Clone, Debug, Default)]
struct Entry {
    /// Segments that are true, and atoms that are no levels, rising.
    nodes: Vec<Node>,
    /// By group, rising, where it does not stand as it does without events or is to be judged anew.
    standings: Vec<Standing>,
}

/// How a group stands.
#[derive(Clone, Copy, Debug)]
struct Standing {
    group: GroupId,
    /// On the ladder of the group.
    level: u32,
    /// When it is judged anew, [`NEVER`] where time changes nothing. The wheel has an entry for each, and stale ones beside.
    at: Instant,
}

const NEVER: Instant = Instant(i64::MAX);

/// All profiles.
#[derive(Clone, Debug)]
pub(super) struct Roster {
    entries: Vec<Entry>,
    wheel: Wheel,
}

impl Default for Roster {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            wheel: Wheel::new(),
        }
    }
}

impl Roster {
    /// Whether a segment, or an atom that is no level, is true of a profile.
    #[inline]
    pub(super) fn holds(&self, profile: ProfileId, node: Node) -> bool {
        let entry = self.entries.get(profile.index());
        entry.is_some_and(|entry| entry.nodes.binary_search(&node).is_ok())
    }

    /// Where a group of a profile stands; none: where it stands without events.
    #[inline]
    pub(super) fn level(&self, profile: ProfileId, group: GroupId) -> Option<u32> {
        let standings = &self.entries.get(profile.index())?.standings;
        let place = standings.binary_search_by_key(&group, |own| own.group);
        standings.get(place.ok()?).map(|own| own.level)
    }

    /// The groups of a profile that do not stand as they do without events, or are to be judged anew.
    pub(super) fn groups(&self, profile: ProfileId) -> impl Iterator<Item = GroupId> {
        let entry = self.entries.get(profile.index());
        entry
            .into_iter()
            .flat_map(|entry| entry.standings.iter().map(|own| own.group))
    }

    /// The segments and atoms that are true of a profile and no levels, rising.
    pub(super) fn nodes(&self, profile: ProfileId) -> &[Node] {
        self.entries
            .get(profile.index())
            .map_or(&[], |entry| &entry.nodes)
    }

    /// The segments that a profile is in, rising.
    pub(super) fn segments(&self, profile: ProfileId) -> impl Iterator<Item = SegmentId> {
        let nodes = self.nodes(profile);
        let start = nodes.partition_point(|node| node.as_segment().is_none());
        nodes
            .get(start..)
            .unwrap_or_default()
            .iter()
            .filter_map(|node| node.as_segment())
    }

    /// Makes a node true or false; `false` when it was so already.
    pub(super) fn set(&mut self, profile: ProfileId, node: Node, truth: bool) -> bool {
        let nodes = &mut self.entry(profile).nodes;
        match (nodes.binary_search(&node), truth) {
            (Ok(place), false) => {
                nodes.remove(place);
                true
            }
            (Err(place), true) => {
                nodes.insert(place, node);
                true
            }
            (Ok(_), true) | (Err(_), false) => false,
        }
    }

    /// Reads a little of a profile, so that it lies in the cache when its turn comes.
    #[inline]
    pub(super) fn warm(&self, profile: ProfileId) -> u32 {
        let Some(entry) = self.entries.get(profile.index()) else {
            return 0;
        };
        let (standings, nodes) = (&entry.standings, &entry.nodes);
        let level = |place: usize| standings.get(place).map_or(0, |own| own.level);
        let node = |place: usize| {
            nodes
                .get(place)
                .map_or(0, |own| u32::from(own.as_segment().is_some()))
        };
        level(0)
            + level(standings.len() / 2)
            + level(standings.len().saturating_sub(1))
            + node(nodes.len() / 2)
    }

    /// Whose alarms go off next, about, at most `count` of them.
    pub(super) fn soon(&self, count: usize) -> impl Iterator<Item = ProfileId> {
        self.wheel.soon(count)
    }

    /// Puts a group of a profile on a level, `base` being that without events, and sees to it that it is judged anew at `at` or
    /// before. Gives the level that was.
    pub(super) fn stand(
        &mut self,
        profile: ProfileId,
        group: GroupId,
        (base, level): (u32, u32),
        at: Instant,
    ) -> u32 {
        let at = if at > Instant::MAX { NEVER } else { at };
        let standings = &mut self.entry(profile).standings;
        let place = standings.binary_search_by_key(&group, |own| own.group);
        let (old, is_sooner) = match place {
            Ok(place) => {
                let Some(own) = standings.get_mut(place) else {
                    return base;
                };
                let old = std::mem::replace(&mut own.level, level);
                // Too early an alarm looks again and is set anew.
                let is_sooner = at < own.at;
                own.at = own.at.min(at);
                if own.at == NEVER && level == base {
                    standings.remove(place);
                }
                (old, is_sooner)
            }
            Err(place) => {
                if at < NEVER || level != base {
                    standings.insert(place, Standing { group, level, at });
                }
                (base, at < NEVER)
            }
        };
        if is_sooner {
            self.wheel.push(Due { at, profile, group });
        }
        old
    }

    /// Takes the next alarm that is due at `t` or before.
    pub(super) fn due(&mut self, t: Instant) -> Option<Due> {
        while let Some(due) = self.wheel.pop(t) {
            let Some(entry) = self.entries.get_mut(due.profile.index()) else {
                continue;
            };
            let standings = &mut entry.standings;
            let place = standings.binary_search_by_key(&due.group, |own| own.group);
            if let Ok(place) = place
                && let Some(own) = standings.get_mut(place)
                && own.at == due.at
            {
                own.at = NEVER;
                return Some(due);
            }
        }
        None
    }

    /// Puts everyone on the levels of new ladders: by group and old level the new one.
    pub(super) fn climb(&mut self, moves: &[(GroupId, Vec<u32>)]) {
        if moves.is_empty() {
            return;
        }
        for own in self.entries.iter_mut().flat_map(|own| &mut own.standings) {
            if let Ok(place) = moves.binary_search_by_key(&own.group, |(group, _)| *group)
                && let Some((_, levels)) = moves.get(place)
            {
                own.level = levels.get(own.level as usize).copied().unwrap_or(0);
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
            entry.nodes.retain(|node| node.as_segment().is_some());
            entry.standings.clear();
        }
    }

    /// Forgets everything of a profile and gives the nodes that were true.
    pub(super) fn clear(&mut self, profile: ProfileId) -> Vec<Node> {
        let entry = self.entry(profile);
        entry.standings.clear();
        std::mem::take(&mut entry.nodes)
    }

    /// Drops nodes and standings that are gone.
    pub(super) fn drop_gone(
        &mut self,
        node: impl Fn(Node) -> bool,
        group: impl Fn(GroupId) -> bool,
    ) {
        for entry in &mut self.entries {
            entry.nodes.retain(|own| !node(*own));
            entry.standings.retain(|own| !group(own.group));
        }
    }

    /// Bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        let entry = |entry: &Entry| {
            entry.nodes.capacity() * size_of::<Node>()
                + entry.standings.capacity() * size_of::<Standing>()
        };
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
