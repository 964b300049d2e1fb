//! Segments: named, versioned rules that may use each other, but never in a circle.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::name::check_name;
use super::{Catalog, SegmentDefinition};
use crate::auction::book::HIDDEN;
use crate::error::{Error, Result};
use crate::id::SegmentId;
use crate::rule::ast::{LeafKind, Name, Rule};
use crate::rule::plan::{EventTypes, Leaf};
use crate::rule::{Plan, at, check, hint, parse};
use crate::time::{Duration, Instant};

/// A defined segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Its number.
    pub id: SegmentId,
    /// As defined last.
    pub definition: SegmentDefinition,
    /// The rule as a tree.
    pub rule: Rule,
    /// The rule, checked.
    pub plan: Plan,
    /// 1 at first, one more with every edit that changes the tree.
    pub version: u32,
    /// The segments that the rule names itself.
    pub uses: BTreeSet<SegmentId>,
    /// Whether it is not kept live for now; then nobody uses it and it cannot be read.
    pub paused: bool,
    /// What it was and is, the oldest first; the last is the present version.
    pub versions: Vec<SegmentVersion>,
}

impl Segment {
    /// Whether it stands for a condition of line items and users do not see it.
    pub fn is_hidden(&self) -> bool {
        self.definition.name.starts_with(HIDDEN)
    }
}

/// What a segment was from one edit to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentVersion {
    /// See [`Segment::version`].
    pub number: u32,
    /// The rule in canonical form.
    pub rule: String,
    /// The description as it was last in this version.
    pub description: String,
    /// Engine time of the definition; [`Instant::MIN`] where that had not begun or was not told.
    pub time: Instant,
}

/// The history of a segment with a definition more; a tree that stays is no new version.
fn versions(
    old: Option<&Segment>,
    number: u32,
    rule: &Rule,
    description: &str,
    time: Instant,
) -> Vec<SegmentVersion> {
    let mut versions = old.map(|old| old.versions.clone()).unwrap_or_default();
    match versions.last_mut().filter(|last| last.number == number) {
        Some(last) => description.clone_into(&mut last.description),
        None => versions.push(SegmentVersion {
            number,
            rule: rule.to_string(),
            description: description.to_owned(),
            time,
        }),
    }
    versions
}

impl Catalog {
    /// The segment with this number; `None` once it is deleted.
    pub fn segment(&self, id: SegmentId) -> Option<&Segment> {
        self.segments.entry(id.0)?.as_deref()
    }

    /// The number of the segment called `name`.
    pub fn segment_id(&self, name: &str) -> Option<SegmentId> {
        self.segments.number(name).map(SegmentId)
    }

    /// The name of a segment, deleted or not; `None` for a number that was never given.
    pub fn segment_name(&self, id: SegmentId) -> Option<&str> {
        let name = self.segment(id).map(|own| own.definition.name.as_str());
        name.or_else(|| self.former_segments.get(&id).map(String::as_str))
    }

    /// Whether a segment, deleted or not, is one that users do not see.
    pub fn is_hidden(&self, id: SegmentId) -> bool {
        let name = self.segment_name(id);
        name.is_some_and(|name| name.starts_with(HIDDEN))
    }

    /// All segments that are or were called `name`, rising.
    pub fn segments_called(&self, name: &str) -> BTreeSet<SegmentId> {
        let former = self.former_segments.iter();
        let former = former.filter(|(_, former)| former.as_str() == name);
        let former = former.map(|(id, _)| *id);
        former.chain(self.segment_id(name)).collect()
    }

    /// All segments that users defined, in order of definition.
    pub fn named_segments(&self) -> impl DoubleEndedIterator<Item = &Segment> {
        self.segments().filter(|segment| !segment.is_hidden())
    }

    /// All segments in order of definition, those that line items need beside.
    pub fn segments(&self) -> impl DoubleEndedIterator<Item = &Segment> {
        self.segments
            .iter()
            .filter_map(|(_, segment)| segment.as_deref())
    }

    /// Numbers of segments lie below this, those of deleted ones included.
    pub fn segment_bound(&self) -> usize {
        self.segments.iter().len()
    }

    /// All segments, each after those it uses.
    pub fn segment_order(&self) -> Vec<SegmentId> {
        let mut waiting: BTreeMap<SegmentId, usize> = self
            .segments()
            .map(|segment| (segment.id, segment.uses.len()))
            .collect();
        let mut users: BTreeMap<SegmentId, Vec<SegmentId>> = BTreeMap::new();
        for segment in self.segments() {
            for used in &segment.uses {
                users.entry(*used).or_default().push(segment.id);
            }
        }
        let mut ready: BTreeSet<SegmentId> = waiting
            .iter()
            .filter(|(_, uses)| **uses == 0)
            .map(|(id, _)| *id)
            .collect();
        let mut order = Vec::with_capacity(waiting.len());
        while let Some(id) = ready.pop_first() {
            order.push(id);
            for user in users.remove(&id).unwrap_or_default() {
                if let Some(uses) = waiting.get_mut(&user) {
                    *uses -= 1;
                    if *uses == 0 {
                        ready.insert(user);
                    }
                }
            }
        }
        order
    }

    /// Defines a segment or edits the one of that name.
    ///
    /// The version rises when the tree changes; another description or other white space leaves it. Unknown names, a
    /// circle of segments and an edit that would bring a user of the segment over its limits are errors.
    pub fn define_segment(&mut self, definition: SegmentDefinition) -> Result<SegmentId> {
        self.define_segment_at(definition, Instant::MIN)
    }

    /// The numbers and plans that segments would have, each after those that it names, but for those that stay as they are; `None` when
    /// one comes twice, is paused, asks the age of another, or would be refused.
    pub(crate) fn planned(
        &self,
        definitions: &[SegmentDefinition],
    ) -> Option<Vec<(SegmentId, Plan)>> {
        let (mut next, mut plans) = (self.clone(), Vec::new());
        for definition in definitions {
            let id = next.define_segment(definition.clone()).ok()?;
            let own = next.segment(id)?;
            let is_again = plans.iter().any(|(other, _)| *other == id);
            let plan = own.plan.clone();
            let asks_age = |leaf: &Leaf| matches!(leaf, Leaf::Segment(other, Some(_)) if plans.iter().any(|(own, _)| own == other));
            if own.paused || is_again || plan.leaves().into_iter().any(asks_age) {
                return None;
            }
            if self.segment(id).is_none_or(|old| old.version < own.version) {
                plans.push((id, plan));
            }
        }
        (!plans.is_empty()).then_some(plans)
    }

    /// As [`Catalog::define_segment`]; a new version remembers that it was defined at `time`.
    pub fn define_segment_at(
        &mut self,
        definition: SegmentDefinition,
        time: Instant,
    ) -> Result<SegmentId> {
        check_name("segment.name", &definition.name)?;
        self.put_segment(definition, time)
    }

    /// Defines a segment that users do not see, under a name that they cannot write.
    pub(crate) fn define_hidden_segment(
        &mut self,
        definition: SegmentDefinition,
        time: Instant,
    ) -> Result<SegmentId> {
        self.put_segment(definition, time)
    }

    fn put_segment(&mut self, definition: SegmentDefinition, time: Instant) -> Result<SegmentId> {
        let name = &definition.name;
        let rule = parse(&definition.rule, &self.limits)?;
        self.refuse_circle(name, &rule)?;
        let plan = check(&rule, self, &self.limits)?;
        let uses = used_by(&plan);
        self.refuse_paused(&uses)?;
        let old = self.segment_id(name).and_then(|id| self.segment(id));
        if let Some(old) = old {
            self.refuse_too_many(old.id, &uses)?;
        }
        let id = old.map_or(SegmentId(self.segment_bound() as u32), |old| old.id);
        let version = old.map_or(1, |old| old.version + u32::from(old.rule != rule));
        let paused = old.is_some_and(|old| old.paused);
        let versions = versions(old, version, &rule, &definition.description, time);
        let name = name.clone();
        let segment = Some(Arc::new(Segment {
            id,
            definition,
            rule,
            plan,
            version,
            uses,
            paused,
            versions,
        }));
        let table = Arc::make_mut(&mut self.segments);
        match table.entry_mut(id.0) {
            Some(entry) => *entry = segment,
            None => {
                table.push(&name, segment);
            }
        }
        Ok(id)
    }

    /// Deletes a segment; its number is not used again. An error while another segment uses it.
    pub fn delete_segment(&mut self, name: &str) -> Result<SegmentId> {
        let id = self.unused_segment(name)?;
        let table = Arc::make_mut(&mut self.segments);
        table.forget(name);
        if let Some(entry) = table.entry_mut(id.0) {
            *entry = None;
        }
        Arc::make_mut(&mut self.former_segments).insert(id, name.to_owned());
        Ok(id)
    }

    /// Pauses a segment, an error while another uses it, or resumes it; an error when it uses one that is paused. Again: no change.
    pub fn pause_segment(&mut self, name: &str, paused: bool) -> Result<SegmentId> {
        let id = if paused {
            self.unused_segment(name)?
        } else {
            self.known_segment(name)?
        };
        let uses = self
            .segment(id)
            .map(|own| own.uses.clone())
            .unwrap_or_default();
        if !paused {
            self.refuse_paused(&uses)?;
        }
        let table = Arc::make_mut(&mut self.segments);
        if let Some(Some(segment)) = table.entry_mut(id.0) {
            Arc::make_mut(segment).paused = paused;
        }
        Ok(id)
    }

    /// An error when one of the segments is paused: it has no members that anybody could use.
    pub fn refuse_paused(&self, uses: &BTreeSet<SegmentId>) -> Result<()> {
        let mut used = uses.iter().filter_map(|id| self.segment(*id));
        used.find(|own| own.paused).map_or(Ok(()), |own| {
            let message = format!("{:?} is paused: resume it first", own.definition.name);
            Err(Error::state("segment", message))
        })
    }

    /// An error when `plan` names a paused segment: it cannot be read.
    pub fn refuse_unreadable(&self, plan: &Plan) -> Result<()> {
        self.refuse_paused(&used_by(plan))
    }

    fn known_segment(&self, name: &str) -> Result<SegmentId> {
        self.segment_id(name).ok_or_else(|| Error::NotFound {
            noun: "segment".to_owned(),
            name: name.to_owned(),
            hint: hint(name, self.segment_names()),
        })
    }

    fn unused_segment(&self, name: &str) -> Result<SegmentId> {
        let id = self.known_segment(name)?;
        let (hidden, named): (Vec<_>, Vec<_>) = self
            .segments()
            .filter(|segment| segment.uses.contains(&id))
            .partition(|segment| segment.is_hidden());
        let named = named.iter();
        let mut users: Vec<String> = named
            .map(|segment| format!("{:?}", segment.definition.name))
            .collect();
        if !hidden.is_empty() || self.book.uses(id, name) > 0 {
            users.push("line items".to_owned());
        }
        if !users.is_empty() {
            let message = format!("{name:?} is used by {}", users.join(", "));
            return Err(Error::state("segment", message));
        }
        Ok(id)
    }

    /// All segments that these need, themselves included.
    pub fn segments_needed(&self, by: &BTreeSet<SegmentId>) -> BTreeSet<SegmentId> {
        let mut needed = by.clone();
        let mut open: Vec<SegmentId> = by.iter().copied().collect();
        while let Some(segment) = open.pop().and_then(|id| self.segment(id)) {
            open.extend(segment.uses.iter().filter(|used| needed.insert(**used)));
        }
        needed
    }

    pub(crate) fn segment_names(&self) -> impl Iterator<Item = &str> {
        self.named_segments()
            .map(|segment| segment.definition.name.as_str())
    }

    fn refuse_circle(&self, name: &str, rule: &Rule) -> Result<()> {
        for used in segment_leaves(rule) {
            if let Some(path) = self.path(&used.text, name) {
                let message =
                    format!("segments cannot use each other in a circle: {name} -> {path}");
                return Err(at(used.span, message));
            }
        }
        Ok(())
    }

    /// How `from` comes to use `to`, the shortest way; `from` itself when they are the same.
    fn path(&self, from: &str, to: &str) -> Option<String> {
        if from == to {
            return Some(to.to_owned());
        }
        let (start, goal) = (self.segment_id(from)?, self.segment_id(to)?);
        let mut came_from: BTreeMap<SegmentId, SegmentId> = BTreeMap::new();
        let mut open = std::collections::VecDeque::from([start]);
        while let Some(id) = open.pop_front().filter(|_| !came_from.contains_key(&goal)) {
            for used in self
                .segment(id)
                .into_iter()
                .flat_map(|segment| &segment.uses)
            {
                if *used != start && !came_from.contains_key(used) {
                    came_from.insert(*used, id);
                    open.push_back(*used);
                }
            }
        }
        let mut path = vec![goal];
        while let Some(before) = path.last().and_then(|id| came_from.get(id)) {
            path.push(*before);
        }
        let names: Vec<&str> = path
            .iter()
            .rev()
            .filter_map(|id| self.segment(*id))
            .map(|segment| segment.definition.name.as_str())
            .collect();
        came_from.contains_key(&goal).then(|| names.join(" -> "))
    }

    /// Whether every user of `edited` stays within the limit when that comes to use `uses`.
    fn refuse_too_many(&self, edited: SegmentId, uses: &BTreeSet<SegmentId>) -> Result<()> {
        let more = self.segments_needed(uses);
        for user in self.segments() {
            let mut needed = self.segments_needed(&user.uses);
            if !needed.contains(&edited) {
                continue;
            }
            needed.extend(&more);
            let limit = self.limits.segments;
            if needed.len() > limit as usize {
                let message = format!(
                    "{:?}, which uses it, would need {} segments; the limit is {limit}",
                    user.definition.name,
                    needed.len()
                );
                return Err(Error::state("segment", message));
            }
        }
        Ok(())
    }

    /// A type declared later belongs to `any`: its retention must not be shorter than what live rules look back.
    pub(super) fn refuse_short_retention(
        &self,
        event_type: &str,
        retention: Duration,
    ) -> Result<()> {
        for segment in self.segments() {
            for (selection, last) in segment.plan.leaves().into_iter().flat_map(Leaf::selections) {
                if let Some(last) = last.filter(|last| *last > retention)
                    && selection.types == EventTypes::Any
                {
                    let message = format!(
                        "retention {retention} of {event_type:?} is shorter than \"last {last}\" of any in segment {:?}",
                        segment.definition.name
                    );
                    return Err(Error::state("event_type.retention", message));
                }
            }
        }
        Ok(())
    }
}

fn used_by(plan: &Plan) -> BTreeSet<SegmentId> {
    let leaves = plan.leaves().into_iter();
    leaves
        .filter_map(|leaf| match leaf {
            Leaf::Segment(id, _) => Some(*id),
            Leaf::Attribute(..) | Leaf::Aggregate(_) | Leaf::Sequence(_) => None,
        })
        .collect()
}

fn segment_leaves(rule: &Rule) -> impl Iterator<Item = &Name> {
    rule.leaves()
        .into_iter()
        .filter_map(|leaf| match &leaf.kind {
            LeafKind::Segment(name, _) => Some(name),
            LeafKind::Attribute(..)
            | LeafKind::Aggregate(_)
            | LeafKind::Sequence(_)
            | LeafKind::Context(..) => None,
        })
}
