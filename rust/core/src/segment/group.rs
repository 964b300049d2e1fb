//! Groups: predicates of the same events or the same attribute, which are judged together.

use std::collections::BTreeSet;

use super::chain::Chain;
use super::judge::{Comparison, Measure};
use super::selector::{Stream, asks_time};
use crate::explain;
use crate::id::{AtomId, AttributeId, EventTypeId, SegmentId, StreamId};
use crate::person::Person;
use crate::rule::ast::Function;
use crate::rule::plan::{Aggregate, EventTypes, Field, Leaf, Plan, Selection, Sequence, Test};
use crate::time::{Duration, Instant, Window};
use crate::value::{Kind, MICROS};
use crate::view::View;

/// What is judged in one go; equal keys are one group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum GroupKey {
    /// All tests of one attribute.
    Attribute(AttributeId),
    /// All aggregates of the same events and field.
    Aggregate(Selection, Option<(Field, Kind)>),
    /// A sequence.
    Sequence(Sequence),
    /// Whatever only the reference judges: filters that ask for the time, ages of segments, sequences over retention.
    Whole(Leaf),
}

/// What an atom asks of its group.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Question {
    /// A test of the attribute.
    Test(Test),
    /// A comparison of an aggregate over a window; `true`: the complement, so that a profile without events has no atoms.
    Compare((Function, Window), Comparison, bool),
    /// Whether it holds; `true`: the complement.
    Holds(bool),
}

/// How a group is judged.
#[derive(Clone, Debug)]
pub(super) enum Method {
    /// By the kept write of an attribute.
    Attribute(AttributeId),
    /// By the matches of streams.
    Aggregate {
        retention: Option<Duration>,
        /// What one unit of the payload is worth in micro units.
        scale: i128,
        streams: Vec<StreamId>,
    },
    /// By the matches of streams, one list a step.
    Sequence {
        chain: Chain,
        steps: Vec<Vec<StreamId>>,
        absent: Vec<StreamId>,
    },
    /// By the reference evaluator.
    Whole { leaf: Leaf, needs: Needs },
}

/// What can change the answer of the reference for one profile.
#[derive(Clone, Debug, Default)]
pub(super) struct Needs {
    /// Events of these types.
    pub(super) types: BTreeSet<EventTypeId>,
    /// Writes of these attributes.
    pub(super) attributes: BTreeSet<AttributeId>,
    /// Segments inside, at any depth.
    pub(super) segments: BTreeSet<SegmentId>,
}

/// A group.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) key: GroupKey,
    pub(super) method: Method,
    /// By place: the atom and what it asks; those of one measure lie together.
    pub(super) atoms: Vec<AtomId>,
    pub(super) questions: Vec<Question>,
    /// The measures of an aggregate and the comparisons of each, in the order of the atoms.
    pub(super) measures: Vec<(Measure, Vec<Comparison>)>,
}

/// A leaf as a group, a question of it, and whether the leaf is the complement of that.
pub(super) fn asked(view: &View, leaf: &Leaf) -> (GroupKey, Question) {
    match leaf {
        Leaf::Attribute(id, test) => (GroupKey::Attribute(*id), Question::Test(test.clone())),
        Leaf::Aggregate(own) if is_plain(view, &own.selection) => of_aggregate(own),
        Leaf::Sequence(own) if is_steady(view, own) => {
            (GroupKey::Sequence(own.clone()), Question::Holds(false))
        }
        Leaf::Aggregate(_) | Leaf::Sequence(_) | Leaf::Segment(..) => {
            let empty = explain::holds(
                &Plan::Leaf(leaf.clone()),
                &Person::default(),
                view.catalog(),
                Instant::MAX,
            );
            (GroupKey::Whole(leaf.clone()), Question::Holds(empty))
        }
    }
}

fn of_aggregate(own: &Aggregate) -> (GroupKey, Question) {
    let key = GroupKey::Aggregate(own.selection.clone(), own.field);
    let comparison = Comparison {
        operator: own.operator,
        operand: own.operand,
    };
    let zero = matches!(
        own.function,
        Function::Count | Function::Sum | Function::Distinct
    );
    let inverted = zero && comparison.holds(0, 1);
    let measure = (own.function, own.window);
    (key, Question::Compare(measure, comparison, inverted))
}

/// The types that a selection names, with their retention.
fn types(view: &View, types: EventTypes) -> Vec<(EventTypeId, Option<Duration>)> {
    let declared = view.catalog().event_types();
    let named = declared.filter(|(id, _)| match types {
        EventTypes::Any => true,
        EventTypes::One(own) => own == *id,
    });
    named
        .map(|(id, declared)| (id, declared.definition.retention))
        .collect()
}

/// Whether streams can serve the selection: no filter that asks for the time, and one retention.
fn is_plain(view: &View, selection: &Selection) -> bool {
    let types = types(view, selection.types);
    let same = types
        .windows(2)
        .all(|pair| matches!(pair, [a, b] if a.1 == b.1));
    same && !asks_time(selection.filter.as_ref())
}

/// Whether streams can serve the sequence: nothing that has happened is ever forgotten.
fn is_steady(view: &View, sequence: &Sequence) -> bool {
    let absent = sequence.absent.iter().map(|(selection, _)| selection);
    sequence.steps.iter().chain(absent).all(|selection| {
        let kept = types(view, selection.types)
            .iter()
            .all(|(_, retention)| retention.is_none());
        kept && !asks_time(selection.filter.as_ref())
    })
}

/// The streams of a selection.
fn streams_of(view: &View, selection: &Selection, payload: Option<Field>) -> Vec<Stream> {
    let types = types(view, selection.types).into_iter();
    types
        .map(|(event_type, _)| Stream {
            event_type,
            filter: selection.filter.clone(),
            payload,
        })
        .collect()
}

impl Method {
    /// How a group is judged; `stream` gives a stream its number.
    pub(super) fn of(
        view: &View,
        key: &GroupKey,
        stream: &mut impl FnMut(Stream) -> StreamId,
    ) -> Self {
        let mut all = |selection: &Selection, payload| -> Vec<StreamId> {
            let streams = streams_of(view, selection, payload).into_iter();
            streams.map(&mut *stream).collect()
        };
        match key {
            GroupKey::Attribute(id) => Self::Attribute(*id),
            GroupKey::Aggregate(selection, field) => Self::Aggregate {
                retention: types(view, selection.types)
                    .first()
                    .and_then(|(_, span)| *span),
                scale: match field {
                    Some((_, Kind::Integer)) => i128::from(MICROS),
                    _ => 1,
                },
                streams: all(selection, field.map(|(field, _)| field)),
            },
            GroupKey::Sequence(own) => {
                let key = own.key.map(|(field, _)| field);
                let absent = own.absent.as_ref();
                Self::Sequence {
                    chain: Chain {
                        within: own.within.map(|span| span.0),
                        absence: absent.map(|(_, absence)| *absence),
                        last: own.last.map(|span| span.0),
                    },
                    steps: own.steps.iter().map(|step| all(step, key)).collect(),
                    absent: absent.map_or_else(Vec::new, |(selection, _)| all(selection, key)),
                }
            }
            GroupKey::Whole(leaf) => {
                let mut needs = Needs::default();
                needs.add(view, &Plan::Leaf(leaf.clone()));
                Self::Whole {
                    leaf: leaf.clone(),
                    needs,
                }
            }
        }
    }

    /// The streams that it looks at, each once.
    pub(super) fn streams(&self) -> BTreeSet<StreamId> {
        match self {
            Self::Aggregate { streams, .. } => streams.iter().copied().collect(),
            Self::Sequence { steps, absent, .. } => {
                steps.iter().flatten().chain(absent).copied().collect()
            }
            Self::Attribute(_) | Self::Whole { .. } => BTreeSet::new(),
        }
    }
}

fn measure(
    (function, window): (Function, Window),
    retention: Option<Duration>,
    scale: i128,
) -> Measure {
    let (last, from, to) = match window {
        Window::All => (None, i64::MIN, i64::MAX),
        Window::Last(span) => (Some(span), i64::MIN, i64::MAX),
        Window::Since(start) => (None, start.0, i64::MAX),
        Window::Between(start, end) => (None, start.0, end.0),
    };
    let lifetime = last.into_iter().chain(retention).min();
    Measure {
        function,
        lifetime: lifetime.map(|span| span.0),
        scale,
        from,
        to,
        ends_by_retention: retention.is_some() && last.is_none_or(|last| lifetime < Some(last)),
    }
}

impl Needs {
    fn add(&mut self, view: &View, plan: &Plan) {
        for leaf in plan.leaves() {
            match leaf {
                Leaf::Attribute(id, _) => _ = self.attributes.insert(*id),
                Leaf::Aggregate(_) | Leaf::Sequence(_) => {
                    for (selection, _) in leaf.selections() {
                        let named = types(view, selection.types);
                        self.types.extend(named.into_iter().map(|(id, _)| id));
                    }
                }
                Leaf::Segment(id, _) => {
                    if self.segments.insert(*id)
                        && let Some(segment) = view.catalog().segment(*id)
                    {
                        self.add(view, &segment.plan);
                    }
                }
            }
        }
    }
}

impl Group {
    /// A group that nobody asks yet.
    pub(super) const fn new(key: GroupKey, method: Method) -> Self {
        Self {
            key,
            method,
            atoms: Vec::new(),
            questions: Vec::new(),
            measures: Vec::new(),
        }
    }

    /// Adds an atom.
    pub(super) fn push(&mut self, atom: AtomId, question: Question) {
        let place = match &question {
            Question::Compare(own, ..) => self.questions.partition_point(
                |other| matches!(other, Question::Compare(other, ..) if other <= own),
            ),
            Question::Test(_) | Question::Holds(_) => self.questions.len(),
        };
        self.atoms.insert(place, atom);
        self.questions.insert(place, question);
        self.measure();
    }

    /// Takes an atom out.
    pub(super) fn remove(&mut self, atom: AtomId) {
        if let Some(place) = self.atoms.iter().position(|own| *own == atom) {
            self.atoms.remove(place);
            self.questions.remove(place);
            self.measure();
        }
    }

    fn measure(&mut self) {
        self.measures.clear();
        let Method::Aggregate {
            retention, scale, ..
        } = self.method
        else {
            return;
        };
        let mut last = None;
        for question in &self.questions {
            let Question::Compare(own, comparison, _) = question else {
                continue;
            };
            if last != Some(*own) {
                last = Some(*own);
                self.measures
                    .push((measure(*own, retention, scale), Vec::new()));
            }
            if let Some((_, comparisons)) = self.measures.last_mut() {
                comparisons.push(*comparison);
            }
        }
    }
}
