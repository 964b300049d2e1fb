//! What is looked at row by row: conditions that no set of values can tell.

use hashbrown::HashMap;

use super::context::ContextValue;
use super::dimension::MOST_DIMENSIONS;
use super::shape::{Shape, passes};
use super::standing::segment;
use crate::catalog::Catalog;
use crate::id::{DimensionId, SegmentId};
use crate::rule::targeting::{ContextTest, Target};

/// A leaf of a check.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Ask {
    Context(DimensionId, ContextTest),
    /// `None`: a segment that there is not, which nobody is in.
    Segment(Option<SegmentId>),
}

/// All checks of an index, equal ones once.
#[derive(Clone, Debug, Default)]
pub(super) struct Checks {
    checks: Vec<Shape<Ask>>,
    numbers: HashMap<Shape<Ask>, u32>,
}

/// What is said of each dimension, by number.
pub(super) type Said<'a> = [Option<&'a ContextValue>; MOST_DIMENSIONS];

/// What checks are asked about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question<'a> {
    /// For lists.
    pub(super) catalog: &'a Catalog,
    /// The context.
    pub(super) said: &'a Said<'a>,
    /// Of the person, rising; `None`: nobody.
    pub(super) segments: Option<&'a [SegmentId]>,
}

/// Answers that were given already in this auction.
#[derive(Clone, Debug, Default)]
pub(super) struct Memo {
    answers: Vec<Option<bool>>,
    given: Vec<u32>,
}

impl Checks {
    /// The number of a check.
    pub(super) fn number(&mut self, catalog: &Catalog, shape: &Shape) -> u32 {
        let check = shape.map(&|target| match target {
            Target::Context(id, test) => Ask::Context(*id, test.clone()),
            Target::Profile(..) => Ask::Segment(segment(catalog, target)),
        });
        let next = self.checks.len() as u32;
        let number = *self.numbers.entry(check.clone()).or_insert(next);
        if number == next {
            self.checks.push(check);
        }
        number
    }

    /// Whether a check holds.
    pub(super) fn holds(&self, number: u32, question: &Question<'_>, memo: &mut Memo) -> bool {
        let at = number as usize;
        if let Some(Some(known)) = memo.answers.get(at) {
            return *known;
        }
        let check = self.checks.get(at);
        let holds = check.is_some_and(|check| {
            check.value(&|ask, sign| Some(question.leaf(ask, sign))) == Some(true)
        });
        if memo.answers.len() <= at {
            memo.answers.resize(self.checks.len().max(at + 1), None);
        }
        if let Some(answer) = memo.answers.get_mut(at) {
            *answer = Some(holds);
            memo.given.push(number);
        }
        holds
    }

    /// Bytes on the heap, without what conditions hold.
    pub(super) fn heap_bytes(&self) -> usize {
        2 * self.checks.capacity() * size_of::<Shape<Ask>>()
    }
}

impl Memo {
    /// Forgets all answers.
    pub(super) fn clear(&mut self) {
        for number in self.given.drain(..) {
            if let Some(answer) = self.answers.get_mut(number as usize) {
                *answer = None;
            }
        }
    }
}

impl Question<'_> {
    fn leaf(&self, ask: &Ask, sign: bool) -> bool {
        match (ask, self.segments) {
            (Ask::Context(id, test), _) => {
                let said = self.said.get(id.index()).copied().flatten();
                passes(self.catalog, test, said) == sign
            }
            // Of nobody nothing holds, and nothing is known not to hold.
            (Ask::Segment(_), None) => false,
            (Ask::Segment(own), Some(all)) => {
                own.is_some_and(|own| all.binary_search(&own).is_ok()) == sign
            }
        }
    }
}

/// Whether a part of a rule cannot hold unless something is known of the person.
pub(super) fn needs_person(part: &Shape) -> bool {
    let optimistic = |target: &Target, _| Some(matches!(target, Target::Context(..)));
    part.value(&optimistic) == Some(false)
}
