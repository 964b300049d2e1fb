//! The segments that a rule needs.

use std::collections::BTreeSet;

use super::Segments;
use crate::id::SegmentId;
use crate::rule::ast::Age;
use crate::rule::plan::{Leaf, Plan};

/// The segments that `plan` names, and those that they name, each after all that it names itself.
///
/// A segment that is not defined is left out. In a circle, which the catalog refuses, one comes too early.
pub(crate) fn needed(plan: &Plan, segments: &dyn Segments) -> Vec<SegmentId> {
    let (mut order, mut met) = (Vec::new(), BTreeSet::new());
    // Not by recursion: chains of segments may be long. `true`: all that it names is in order.
    let mut open: Vec<(SegmentId, bool)> = named(plan).iter().map(|(id, _)| (*id, false)).collect();
    while let Some((id, ready)) = open.pop() {
        if ready {
            order.push(id);
        } else if let Some(plan) = segments.plan(id).filter(|_| met.insert(id)) {
            open.push((id, true));
            open.extend(named(plan).iter().map(|(id, _)| (*id, false)));
        }
    }
    order
}

/// The segments that the plan names itself, with the ages asked of them.
pub(super) fn named(plan: &Plan) -> Vec<(SegmentId, Option<Age>)> {
    let leaves = plan.leaves().into_iter();
    leaves
        .filter_map(|leaf| match leaf {
            Leaf::Segment(id, age) => Some((*id, *age)),
            Leaf::Attribute(..) | Leaf::Aggregate(_) | Leaf::Sequence(_) => None,
        })
        .collect()
}
