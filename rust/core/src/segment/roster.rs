//! What is true of each profile, and when that is to be looked at again: the writer's own form.

use super::formula::Node;
use super::wheel::{Due, Wheel};
use crate::id::{GroupId, ProfileId, SegmentId};
use crate::time::Instant;

/// One profile.
#[derive(Clone, Debug, Default)]
struct Entry {
    /// Atoms and segments that are true, rising.
    nodes: Vec<Node>,
    /// By group, rising: when it is judged anew. The wheel has an entry for each, and stale ones beside.
    alarms: Vec<(GroupId, Instant)>,
}

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
    /// Whether an atom or segment is true of a profile.
    #[inline]
    pub(super) fn holds(&self, profile: ProfileId, node: Node) -> bool {
        let entry = self.entries.get(profile.index());
        entry.is_some_and(|entry| entry.nodes.binary_search(&node).is_ok())
    }

    /// Everything that is true of a profile, rising.
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

    /// Sees to it that the group of a profile is judged at `at` or before.
    pub(super) fn arm(&mut self, profile: ProfileId, group: GroupId, at: Instant) {
        if at > Instant::MAX {
            return;
        }
        let alarms = &mut self.entry(profile).alarms;
        match alarms.binary_search_by_key(&group, |alarm| alarm.0) {
            Ok(place) => match alarms.get_mut(place) {
                Some((_, armed)) if at < *armed => *armed = at,
                // Too early an alarm looks again and is set anew.
                Some(_) | None => return,
            },
            Err(place) => alarms.insert(place, (group, at)),
        }
        self.wheel.push(Due { at, profile, group });
    }

    /// Takes the next alarm that is due at `t` or before.
    pub(super) fn due(&mut self, t: Instant) -> Option<Due> {
        while let Some(due) = self.wheel.pop(t) {
            let Some(entry) = self.entries.get_mut(due.profile.index()) else {
                continue;
            };
            if let Ok(place) = entry.alarms.binary_search(&(due.group, due.at)) {
                entry.alarms.remove(place);
                return Some(due);
            }
        }
        None
    }

    /// The instant of the next alarm, stale ones among them.
    pub(super) fn next(&mut self) -> Option<Instant> {
        self.wheel.next()
    }

    /// See [`Wheel::reach`].
    pub(super) fn reach(&mut self, count: usize, t: Instant) -> Instant {
        self.wheel.reach(count, t)
    }

    /// How many alarms wait, stale ones among them.
    pub(super) const fn waiting(&self) -> usize {
        self.wheel.len()
    }

    /// Forgets all atoms and alarms; memberships stay.
    pub(super) fn restart(&mut self) {
        self.wheel = Wheel::new();
        for entry in &mut self.entries {
            entry.nodes.retain(|node| node.as_segment().is_some());
            entry.alarms.clear();
        }
    }

    /// Forgets everything of a profile and gives what was true.
    pub(super) fn clear(&mut self, profile: ProfileId) -> Vec<Node> {
        let entry = self.entry(profile);
        entry.alarms.clear();
        std::mem::take(&mut entry.nodes)
    }

    /// Drops nodes and alarms that `is_gone`.
    pub(super) fn drop_gone(
        &mut self,
        node: impl Fn(Node) -> bool,
        group: impl Fn(GroupId) -> bool,
    ) {
        for entry in &mut self.entries {
            entry.nodes.retain(|own| !node(*own));
            entry.alarms.retain(|(own, _)| !group(*own));
        }
    }

    /// Bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        let entry = |entry: &Entry| {
            entry.nodes.capacity() * size_of::<Node>()
                + entry.alarms.capacity() * size_of::<(GroupId, Instant)>()
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
