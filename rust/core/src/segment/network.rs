//! Who hangs on what: streams, groups, atoms and segments, each shared by all that ask the same.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;

use super::followers::Followers;
use super::formula::{Formula, Node, formula};
use super::gate::{Watch, Watchers};
use super::group::{Group, GroupKey, Method, Question, Reading, asked};
use super::ladder::Ladder;
use super::roster::Roster;
use super::selector::{Selector, Stream};
use crate::id::{AtomId, AttributeId, EventTypeId, GroupId, ProfileId, SegmentId, StreamId};
use crate::rule::plan::{Leaf, Plan};
use crate::view::View;

/// Everything that live segments watch. Numbers are not used again.
#[derive(Clone, Debug, Default)]
pub(super) struct Network {
    pub(super) streams: Vec<WatchedStream>,
    stream_numbers: HashMap<Stream, StreamId>,
    pub(super) selector: Selector,
    groups: Vec<Counted<Group>>,
    group_numbers: HashMap<GroupKey, GroupId>,
    atoms: Vec<Counted<Atom>>,
    /// The ladders that the levels of the roster are still of, where those of the groups are new.
    moved: BTreeMap<GroupId, Ladder>,
    pub(super) segments: Vec<Option<Rule>>,
    /// By group, and where they are to be made anew.
    pub(super) followers: Vec<Followers>,
    pub(super) unfollowed: BTreeSet<GroupId>,
    /// By atom, then by segment: the segments whose rule names it itself.
    users_of_atoms: Vec<Vec<SegmentId>>,
    users_of_segments: Vec<Vec<SegmentId>>,
    by_attribute: HashMap<AttributeId, Vec<GroupId>>,
    /// Groups that are judged over the whole history, by type.
    whole_by_type: HashMap<EventTypeId, Vec<GroupId>>,
    /// Segments that hold of a profile of which nothing is known, and those that name one of them.
    pub(super) born: Vec<SegmentId>,
}

/// Something with the number of those that need it; nobody: it is gone.
#[derive(Clone, Debug)]
struct Counted<T> {
    own: T,
    users: u32,
}

/// The group of an atom, and where its truth is read.
#[derive(Clone, Copy, Debug)]
struct Atom {
    group: GroupId,
    reading: Reading,
}

/// A stream with the groups that look at it; none: it is gone.
#[derive(Clone, Debug)]
pub(super) struct WatchedStream {
    own: Stream,
    pub(super) by: Watchers,
}

/// The rule of a live segment.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) formula: Formula,
    /// More than the rank of all segments that it names.
    pub(super) rank: u32,
}

/// What a definition has added.
#[derive(Clone, Debug, Default)]
pub(super) struct Added {
    pub(super) streams: Vec<StreamId>,
    pub(super) groups: BTreeSet<GroupId>,
    pub(super) atoms: BTreeSet<AtomId>,
}

/// What has gone.
#[derive(Clone, Debug, Default)]
pub(super) struct Removed {
    pub(super) streams: BTreeSet<StreamId>,
    pub(super) groups: BTreeSet<GroupId>,
    pub(super) atoms: BTreeSet<AtomId>,
}

impl Removed {
    /// Adds what has gone beside.
    pub(super) fn add(&mut self, other: Self) {
        self.streams.extend(other.streams);
        self.groups.extend(other.groups);
        self.atoms.extend(other.atoms);
    }
}

impl Network {
    /// The groups that look at a stream.
    pub(super) fn watchers(&self, stream: StreamId) -> &[GroupId] {
        let watched = self.streams.get(stream.index());
        watched.map_or(&[], |watched| watched.by.all())
    }

    /// A stream; `None` once nobody needs it.
    pub(super) fn stream(&self, id: StreamId) -> Option<&Stream> {
        let watched = self.streams.get(id.index())?;
        (!watched.by.all().is_empty()).then_some(&watched.own)
    }

    /// All streams that somebody needs.
    pub(super) fn streams(&self) -> impl Iterator<Item = (StreamId, &Stream)> {
        let all = self.streams.iter().enumerate();
        all.filter(|(_, watched)| !watched.by.all().is_empty())
            .map(|(number, watched)| (StreamId(number as u32), &watched.own))
    }

    /// A group; `None` once nobody needs it.
    pub(super) fn group(&self, id: GroupId) -> Option<&Group> {
        let watched = self.groups.get(id.index())?;
        (watched.users > 0).then_some(&watched.own)
    }

    /// All groups that somebody needs.
    pub(super) fn groups(&self) -> impl Iterator<Item = (GroupId, &Group)> {
        let all = self.groups.iter().enumerate();
        all.filter(|(_, watched)| watched.users > 0)
            .map(|(number, watched)| (GroupId(number as u32), &watched.own))
    }

    /// The groups that look at an attribute, those judged over the whole history too.
    pub(super) fn of_attribute(&self, attribute: AttributeId) -> &[GroupId] {
        self.by_attribute.get(&attribute).map_or(&[], Vec::as_slice)
    }

    /// The groups judged over the whole history that look at events of a type.
    pub(super) fn of_type(&self, event_type: EventTypeId) -> &[GroupId] {
        self.whole_by_type
            .get(&event_type)
            .map_or(&[], Vec::as_slice)
    }

    /// The groups that look at attributes or are judged over the whole history.
    pub(super) fn without_streams(&self) -> impl Iterator<Item = GroupId> {
        let groups = self.groups();
        groups
            .filter(|(_, group)| {
                matches!(group.method, Method::Attribute(_) | Method::Whole { .. })
            })
            .map(|(id, _)| id)
    }

    /// The live segments whose rule asks how old a membership is that comes of `segment`.
    pub(super) fn asking_age_of(&self, segment: SegmentId) -> BTreeSet<SegmentId> {
        let asking = self.groups().filter(|(_, group)| {
            matches!(&group.method, Method::Whole { needs, .. } if needs.segments.contains(&segment))
        });
        let atoms = asking.flat_map(|(_, group)| &group.atoms);
        let users = atoms.flat_map(|atom| self.users(Node::atom(*atom)));
        users.copied().collect()
    }

    /// The atom that asks this of a group: for tests.
    #[cfg(test)]
    pub(super) fn atom_of(&self, key: &GroupKey, question: &Question) -> Option<AtomId> {
        let group = self.group(*self.group_numbers.get(key)?)?;
        let place = group.questions.iter().position(|own| own == question)?;
        group.atoms.get(place).copied()
    }

    /// The atoms of a group.
    pub(super) fn atoms_of(&self, group: GroupId) -> &[AtomId] {
        self.group(group).map_or(&[], |group| &group.atoms)
    }

    /// The group of an atom.
    pub(super) fn group_of(&self, atom: AtomId) -> Option<GroupId> {
        self.atoms.get(atom.index()).map(|atom| atom.own.group)
    }

    /// Atoms by their groups.
    pub(super) fn by_group(&self, atoms: &BTreeSet<AtomId>) -> HashMap<GroupId, Vec<AtomId>> {
        let mut groups: HashMap<GroupId, Vec<AtomId>> = HashMap::new();
        for atom in atoms {
            if let Some(group) = self.group_of(*atom) {
                groups.entry(group).or_default().push(*atom);
            }
        }
        groups
    }

    /// Whether an atom is true where its comparison does not hold.
    pub(super) fn is_complement(&self, atom: AtomId) -> bool {
        let reading = self.atoms.get(atom.index()).map(|atom| atom.own.reading);
        matches!(reading, Some(Reading::Level(_, true)))
    }

    /// Whether an atom or a segment is true of a profile.
    #[inline]
    pub(super) fn holds(&self, roster: &Roster, profile: ProfileId, node: Node) -> bool {
        let atom = node.as_atom().and_then(|atom| self.atoms.get(atom.index()));
        match atom.map(|atom| atom.own) {
            Some(Atom {
                group,
                reading: Reading::Level(extent, inverted),
            }) => {
                let level = roster.level(profile, group);
                level.is_some_and(|level| extent.holds(level) != inverted)
            }
            Some(Atom {
                reading: Reading::Node,
                ..
            })
            | None => roster.holds(profile, node),
        }
    }

    /// What leads from the levels of the roster to those of the groups; the roster is to follow it.
    pub(super) fn take_moves(&mut self) -> Vec<(GroupId, Vec<u32>)> {
        let moved = std::mem::take(&mut self.moved);
        let groups = moved.into_iter().filter_map(|(id, old)| {
            let group = self.group(id)?;
            Some((id, old.levels_on(&group.ladder)))
        });
        groups.collect()
    }

    /// The segments whose rule names the node itself.
    pub(super) fn users(&self, node: Node) -> &[SegmentId] {
        let (users, index) = match node.as_segment() {
            Some(segment) => (&self.users_of_segments, segment.index()),
            None => (
                &self.users_of_atoms,
                node.as_atom().map_or(0, AtomId::index),
            ),
        };
        users.get(index).map_or(&[], Vec::as_slice)
    }

    /// The formula and rank of a live segment.
    pub(super) fn rule(&self, segment: SegmentId) -> Option<(&Formula, u32)> {
        let rule = self.segments.get(segment.index())?.as_ref()?;
        Some((&rule.formula, rule.rank))
    }

    /// Watches a segment with this plan, or gives the one of that number a new plan; what is new goes to `added`. Whoever has
    /// defined or removed segments calls [`Network::judge_births`] at the end.
    pub(super) fn define(
        &mut self,
        view: &View,
        segment: SegmentId,
        plan: &Plan,
        added: &mut Added,
    ) -> Removed {
        // New atoms first: what both plans need stays.
        let own = formula(plan, &mut |leaf| self.node(view, leaf, added));
        let nodes = own.nodes();
        let names = nodes.iter().filter_map(|node| node.as_segment());
        let rank = names.filter_map(|id| Some(self.rule(id)?.1 + 1)).max();
        self.keep(&nodes);
        let removed = self.remove(segment);
        for node in &nodes {
            self.users_mut(*node).push(segment);
        }
        if self.segments.len() <= segment.index() {
            self.segments.resize_with(segment.index() + 1, || None);
        }
        if let Some(place) = self.segments.get_mut(segment.index()) {
            let rank = rank.unwrap_or(0);
            *place = Some(Rule { formula: own, rank });
        }
        self.rank_users(segment);
        removed
    }

    /// Watches a segment no more.
    pub(super) fn remove(&mut self, segment: SegmentId) -> Removed {
        let mut removed = Removed::default();
        let Some(rule) = self
            .segments
            .get_mut(segment.index())
            .and_then(Option::take)
        else {
            return removed;
        };
        for node in rule.formula.nodes() {
            self.users_mut(node).retain(|user| *user != segment);
            if let Some(atom) = node.as_atom() {
                self.release(atom, &mut removed);
            }
        }
        removed
    }

    /// Counts one more user of each atom.
    fn keep(&mut self, nodes: &BTreeSet<Node>) {
        for atom in nodes.iter().filter_map(|node| node.as_atom()) {
            if let Some(watched) = self.atoms.get_mut(atom.index()) {
                watched.users += 1;
            }
        }
    }

    fn release(&mut self, atom: AtomId, removed: &mut Removed) {
        let Some(watched) = self.atoms.get_mut(atom.index()) else {
            return;
        };
        watched.users -= 1;
        if watched.users > 0 {
            return;
        }
        removed.atoms.insert(atom);
        let id = watched.own.group;
        let Some(group) = self.groups.get_mut(id.index()) else {
            return;
        };
        let old = group.own.remove(atom);
        group.users -= 1;
        if group.users > 0 {
            self.reread(id, old);
            return;
        }
        removed.groups.insert(id);
        self.group_numbers.remove(&group.own.key);
        let streams = group.own.method.streams();
        let attributes = self.by_attribute.values_mut();
        let lists = attributes.chain(self.whole_by_type.values_mut());
        lists.for_each(|list| list.retain(|own| *own != id));
        for stream in streams {
            self.unwatch(stream, id, removed);
        }
    }

    fn unwatch(&mut self, stream: StreamId, by: GroupId, removed: &mut Removed) {
        if let Some(watched) = self.streams.get_mut(stream.index()) {
            watched.by.remove(by);
            if watched.by.all().is_empty() {
                removed.streams.insert(stream);
                self.selector.remove(stream, &watched.own);
                self.stream_numbers.remove(&watched.own);
            }
        }
    }

    fn node(&mut self, view: &View, leaf: &Leaf, added: &mut Added) -> Formula {
        if let Leaf::Segment(id, None) = leaf {
            return Formula::Segment(*id);
        }
        let (key, question) = asked(view, leaf);
        let inverted = matches!(question, Question::Compare(_, true) | Question::Holds(true));
        let group = self.group_for(view, key, added);
        let atom = self.atom_for(group, question, added);
        if inverted {
            Formula::Not(Box::new(Formula::Atom(atom)))
        } else {
            Formula::Atom(atom)
        }
    }

    fn group_for(&mut self, view: &View, key: GroupKey, added: &mut Added) -> GroupId {
        if let Some(id) = self.group_numbers.get(&key) {
            return *id;
        }
        let id = GroupId(self.groups.len() as u32);
        let method = Method::of(view, &key, &mut |stream| self.stream_for(stream, added));
        for Watch { stream, gate } in method.watches() {
            if let Some(watched) = self.streams.get_mut(stream.index()) {
                watched.by.add(id, gate);
            }
        }
        match &method {
            Method::Attribute(attribute) => {
                self.by_attribute.entry(*attribute).or_default().push(id);
            }
            Method::Whole { needs, .. } => {
                for attribute in &needs.attributes {
                    self.by_attribute.entry(*attribute).or_default().push(id);
                }
                for event_type in &needs.types {
                    self.whole_by_type.entry(*event_type).or_default().push(id);
                }
            }
            Method::Aggregate { .. } | Method::Sequence { .. } => {}
        }
        self.group_numbers.insert(key.clone(), id);
        self.groups.push(Counted {
            own: Group::new(key, method),
            users: 0,
        });
        added.groups.insert(id);
        id
    }

    fn stream_for(&mut self, stream: Stream, added: &mut Added) -> StreamId {
        if let Some(id) = self.stream_numbers.get(&stream) {
            return *id;
        }
        let id = StreamId(self.streams.len() as u32);
        self.selector.add(id, &stream);
        self.stream_numbers.insert(stream.clone(), id);
        self.streams.push(WatchedStream {
            own: stream,
            by: Watchers::default(),
        });
        added.streams.push(id);
        id
    }

    fn atom_for(&mut self, group: GroupId, question: Question, added: &mut Added) -> AtomId {
        let next = AtomId(self.atoms.len() as u32);
        let Some(own) = self.groups.get_mut(group.index()) else {
            return next;
        };
        if let Some(place) = own
            .own
            .questions
            .iter()
            .position(|other| *other == question)
            && let Some(atom) = own.own.atoms.get(place)
        {
            return *atom;
        }
        own.users += 1;
        let old = own.own.push(next, question);
        added.groups.insert(group);
        added.atoms.insert(next);
        self.atoms.push(Counted {
            own: Atom {
                group,
                reading: Reading::Node,
            },
            users: 0,
        });
        self.reread(group, old);
        next
    }

    /// Notes where the truth of each atom of a group is read now.
    fn reread(&mut self, id: GroupId, old: Ladder) {
        let Some(group) = self.groups.get(id.index()) else {
            return;
        };
        for (atom, reading) in group.own.readings() {
            if let Some(watched) = self.atoms.get_mut(atom.index()) {
                watched.own.reading = reading;
            }
        }
        self.unfollowed.insert(id);
        self.moved.entry(id).or_insert(old);
    }

    fn users_mut(&mut self, node: Node) -> &mut Vec<SegmentId> {
        let group = node.as_atom().and_then(|atom| self.group_of(atom));
        self.unfollowed.extend(group);
        let (users, index) = match node.as_segment() {
            Some(segment) => (&mut self.users_of_segments, segment.index()),
            None => (
                &mut self.users_of_atoms,
                node.as_atom().map_or(0, AtomId::index),
            ),
        };
        if users.len() <= index {
            users.resize_with(index + 1, Vec::new);
        }
        #[expect(clippy::indexing_slicing, reason = "index < len by the lines before")]
        &mut users[index]
    }

    /// Ranks what hangs on a segment whose rule is new.
    fn rank_users(&mut self, segment: SegmentId) {
        let mut open = vec![segment];
        while let Some(id) = open.pop() {
            let Some((_, rank)) = self.rule(id) else {
                continue;
            };
            for user in self.users(Node::segment(id)).to_vec() {
                let rule = self.segments.get_mut(user.index()).and_then(Option::as_mut);
                if let Some(rule) = rule.filter(|rule| rule.rank <= rank) {
                    rule.rank = rank + 1;
                    open.push(user);
                }
            }
        }
    }
}
