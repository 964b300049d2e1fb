//! The bulk evaluator: the members of any rule at any time, over all profiles.
//!
//! A plan is compiled once per query: every leaf becomes a stored bitmap or a computed operand that fills one 64Ki chunk of
//! profiles at a time from columns and history, and the fused bitmap evaluator runs the tree over them. So a count never
//! builds the set it counts, cheap leaves shield expensive ones, and chunks can be split over threads by the caller.

mod age;
mod aggregate;
mod attribute;
mod compound;
mod field;
mod filter;
mod scan;
mod sequence;
mod tally;
#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test that cannot set up its case fails"
)]
mod tests;
mod values;
mod window;

use std::collections::BTreeMap;

use crate::bitmap::{Bitmap, ChunkRange, ChunkSource, Expression};
use crate::bulk::age::AgeSource;
use crate::bulk::aggregate::AggregateSource;
use crate::bulk::attribute::AttributeSource;
use crate::bulk::compound::{CompoundSource, SlotSource};
use crate::bulk::sequence::SequenceSource;
use crate::id::SegmentId;
use crate::rule::ast::Boolean;
use crate::rule::plan::{Leaf, Plan};
use crate::time::Instant;
use crate::view::View;

/// A plan compiled for one view and one instant.
#[derive(Debug)]
pub struct Query<'v> {
    view: &'v View,
    root: Node<'v>,
    /// Members of segments that the plan names more than once.
    segments: BTreeMap<SegmentId, Bitmap>,
}

enum Node<'v> {
    And(Vec<Self>),
    Or(Vec<Self>),
    Not(Box<Self>),
    Source(Box<dyn ChunkSource + 'v>),
    Segment(SegmentId),
    Live(&'v Bitmap),
}

impl std::fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::And(parts) => f.debug_tuple("And").field(parts).finish(),
            Self::Or(parts) => f.debug_tuple("Or").field(parts).finish(),
            Self::Not(part) => f.debug_tuple("Not").field(part).finish(),
            Self::Source(_) => f.write_str("Source"),
            Self::Segment(segment) => segment.fmt(f),
            Self::Live(members) => f.debug_tuple("Live").field(&members.len()).finish(),
        }
    }
}

/// The members of a segment as they are kept; `None` where they are not kept, or not for `t`.
fn kept(view: &View, segment: SegmentId, t: Instant) -> Option<&Bitmap> {
    (t == view.time() && view.is_live(segment)).then(|| view.members(segment))
}

/// How often each segment is named, those inside segments too, each segment's own rule counted once.
fn mentions(view: &View, plan: &Plan, counts: &mut BTreeMap<SegmentId, u32>) {
    match plan {
        Boolean::And(parts) | Boolean::Or(parts) => {
            parts.iter().for_each(|part| mentions(view, part, counts));
        }
        Boolean::Not(part) => mentions(view, part, counts),
        Boolean::Leaf(Leaf::Segment(segment, _)) => {
            let count = counts.entry(*segment).or_default();
            *count += 1;
            if *count == 1
                && let Some(plan) = view
                    .catalog()
                    .segment(*segment)
                    .map(|segment| &segment.plan)
            {
                mentions(view, plan, counts);
            }
        }
        Boolean::Leaf(Leaf::Attribute(..) | Leaf::Aggregate(_) | Leaf::Sequence(_)) => {}
    }
}

impl<'v> Query<'v> {
    /// Compiles `plan`, which must come from the view's own catalog, at `t`.
    ///
    /// At the view's own time a live segment is its members as they are kept; at any other its rule is compiled.
    pub fn prepare(view: &'v View, plan: &Plan, t: Instant) -> Self {
        let mut counts = BTreeMap::new();
        mentions(view, plan, &mut counts);
        counts.retain(|segment, _| kept(view, *segment, t).is_none());
        let mut query = Self {
            view,
            root: Node::Or(Vec::new()),
            segments: BTreeMap::new(),
        };
        // In order of dependency, so that each finds what it needs already built.
        for segment in view.catalog().segment_order() {
            if counts.get(&segment).is_some_and(|count| *count > 1)
                && let Some(plan) = view.catalog().segment(segment).map(|segment| &segment.plan)
            {
                let node = query.compile(plan, t);
                let members = query.expression_of(&node).members();
                query.segments.insert(segment, members);
            }
        }
        query.root = query.compile(plan, t);
        query
    }

    fn compile(&self, plan: &Plan, t: Instant) -> Node<'v> {
        let each = |parts: &[Plan]| parts.iter().map(|part| self.compile(part, t)).collect();
        match plan {
            Boolean::And(parts) => Node::And(each(parts)),
            Boolean::Or(parts) => Node::Or(each(parts)),
            Boolean::Not(part) => Node::Not(Box::new(self.compile(part, t))),
            Boolean::Leaf(Leaf::Attribute(attribute, test)) => Node::Source(Box::new(
                AttributeSource::new(self.view, *attribute, test, t),
            )),
            Boolean::Leaf(Leaf::Aggregate(aggregate)) => {
                let (source, inverted) = AggregateSource::new(self.view, aggregate, t);
                let node = self.of_events(source);
                if inverted {
                    Node::Not(Box::new(node))
                } else {
                    node
                }
            }
            Boolean::Leaf(Leaf::Sequence(sequence)) => {
                let source = SequenceSource::new(self.view, sequence, t);
                self.of_events(source)
            }
            Boolean::Leaf(Leaf::Segment(segment, age)) => {
                let members = self.compile_segment(*segment, t);
                match age {
                    None => members,
                    Some(age) => {
                        let old_enough =
                            Node::Source(Box::new(AgeSource::new(self.view, *segment, *age, t)));
                        Node::And(vec![members, old_enough])
                    }
                }
            }
        }
    }

    /// A leaf that looks at events; profiles of several ids, where there are any, need more than the fast path.
    fn of_events<S: SlotSource + 'v>(&self, source: S) -> Node<'v> {
        if self.view.compound().is_empty() {
            return Node::Source(Box::new(source));
        }
        Node::Source(Box::new(CompoundSource::new(self.view, source)))
    }

    fn compile_segment(&self, segment: SegmentId, t: Instant) -> Node<'v> {
        if let Some(members) = kept(self.view, segment, t) {
            return Node::Live(members);
        }
        if self.segments.contains_key(&segment) {
            return Node::Segment(segment);
        }
        let defined = self.view.catalog().segment(segment);
        defined.map_or(Node::Or(Vec::new()), |own| self.compile(&own.plan, t))
    }

    fn expression_of<'a>(&'a self, node: &'a Node<'v>) -> Expression<'a> {
        let each =
            |parts: &'a [Node<'v>]| parts.iter().map(|part| self.expression_of(part)).collect();
        match node {
            Node::And(parts) => Expression::And(each(parts)),
            Node::Or(parts) => Expression::Or(each(parts)),
            Node::Not(part) => Expression::Minus(
                Box::new(Expression::Set(self.view.live())),
                Box::new(self.expression_of(part)),
            ),
            Node::Source(source) => Expression::And(vec![
                Expression::Set(self.view.live()),
                Expression::Source(source.as_ref()),
            ]),
            Node::Segment(segment) => match self.segments.get(segment) {
                Some(members) => Expression::Set(members),
                None => Expression::Nothing,
            },
            Node::Live(members) => Expression::Set(members),
        }
    }

    /// The query as an expression, for counts, samples, breakdowns and members, over all chunks or some.
    pub fn expression(&self) -> Expression<'_> {
        self.expression_of(&self.root)
    }

    /// The chunks in which profiles live.
    pub fn chunks(&self) -> ChunkRange {
        ChunkRange::of_ids(self.view.population())
    }
}

/// The members of `plan` at `t`.
pub fn members(view: &View, plan: &Plan, t: Instant) -> Bitmap {
    Query::prepare(view, plan, t).expression().members()
}
