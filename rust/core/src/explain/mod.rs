//! The reference evaluator: whether a rule holds for one person at an instant, straight from the definitions.
//!
//! Short, obvious and slow. It reads plain persons and shares nothing with the bulk evaluator but the plan, so that each can
//! be tested against the other.

mod change;
mod explanation;
mod history;
mod moment;
mod sequence;
mod test;
#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test that cannot set up its case fails"
)]
mod tests;

pub use change::{since, until};
pub use explanation::{Explanation, Part, explain};

use std::collections::BTreeMap;

use crate::catalog::Catalog;
use crate::explain::moment::Moment;
use crate::id::SegmentId;
use crate::person::Person;
use crate::rule::plan::Plan;
use crate::time::Instant;

/// Where the rules of segments come from.
pub trait Segments {
    /// The plan of a segment's active version; `None` when there is no such segment, which then has no members.
    fn plan(&self, segment: SegmentId) -> Option<&Plan>;
}

impl Segments for Catalog {
    fn plan(&self, segment: SegmentId) -> Option<&Plan> {
        self.segment(segment).map(|segment| &segment.plan)
    }
}

impl Segments for BTreeMap<SegmentId, Plan> {
    fn plan(&self, segment: SegmentId) -> Option<&Plan> {
        self.get(&segment)
    }
}

/// Whether `plan` holds for `person` at `t`: events and time operands as of `t`, attributes, items and catalog as of today.
pub fn holds(plan: &Plan, person: &Person, segments: &impl Segments, t: Instant) -> bool {
    Moment::today(person, segments, t).holds(plan)
}
