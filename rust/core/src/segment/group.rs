//! Groups: predicates of the same events or the same attribute, which are judged together.

use std::collections::BTreeSet;

use super::chain::Chain;
use super::gate::Watch;
use super::judge::Measure;
use super::ladder::{Comparison, Extent, Ladder};
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
    /// All comparisons of one aggregate.
    Aggregate(Selection, Option<(Field, Kind)>, Function, Window),
    /// A sequence.
    Sequence(Sequence),
    /// Whatever is judged over the whole history: filters that ask for the time, ages of segments, aggregates over several retentions.
    Whole(Leaf),
}

/// What an atom asks of its group.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Question {
    /// A test of the attribute.
    Test(Test),
    /// A comparison of the aggregate; `true`: the complement, so that of a profile without events no atom is true.
    Compare(Comparison, bool),
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
        measure: Measure,
        streams: Vec<StreamId>,
    },
    /// By the matches of streams, one list a step.
    Sequence {
        chain: Chain,
        steps: Vec<Vec<StreamId>>,
        absent: Vec<StreamId>,
        /// Whether all matches of a chain have the same payload.
        is_keyed: bool,
        fading: Fading,
    },
    /// By the course of the leaf over all that is known of the profile.
    Whole { leaf: Leaf, needs: Needs },
}

/// For how long matches can be seen, in milliseconds, by stream; those that are not named can be seen for ever.
#[derive(Clone, Debug, Default)]
pub(super) struct Fading(Vec<(StreamId, i64)>);

impl Fading {
    /// Until when a match can be seen.
    pub(super) fn end(&self, stream: StreamId, time: i64) -> i64 {
        let own = self.0.iter().find(|own| own.0 == stream);
        own.map_or(i64::MAX, |(_, span)| time.saturating_add(*span))
    }

    /// Whether all can be seen for ever.
    pub(super) const fn is_none(&self) -> bool {
        self.0.is_empty()
    }
}

/// What can change the course of a leaf for one profile.
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
    /// By place: the atom and what it asks.
    pub(super) atoms: Vec<AtomId>,
    pub(super) questions: Vec<Question>,
    /// What the atoms ask, for all but attributes.
    pub(super) ladder: Ladder,
}

/// Where an atom's truth is read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Reading {
    /// Among the nodes of a profile.
    Node,
    /// From the level of its group; `true`: the complement.
    Level(Extent, bool),
}

/// A leaf as a group, a question of it, and whether the leaf is the complement of that.
pub(super) fn asked(view: &View, leaf: &Leaf) -> (GroupKey, Question) {
    match leaf {
        Leaf::Attribute(id, test) => (GroupKey::Attribute(*id), Question::Test(test.clone())),
        Leaf::Aggregate(own) if is_plain(view, &own.selection) => of_aggregate(own),
        Leaf::Sequence(own) if is_timeless(own) => {
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
    let key = GroupKey::Aggregate(own.selection.clone(), own.field, own.function, own.window);
    let comparison = Comparison {
        operator: own.operator,
        operand: own.operand,
    };
    let zero = matches!(
        own.function,
        Function::Count | Function::Sum | Function::Distinct
    );
    let inverted = zero && comparison.holds(0, 1);
    (key, Question::Compare(comparison, inverted))
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

/// Whether streams can serve the sequence: no filter asks for the time.
fn is_timeless(sequence: &Sequence) -> bool {
    let absent = sequence.absent.iter().map(|(selection, _)| selection);
    let mut all = sequence.steps.iter().chain(absent);
    all.all(|selection| !asks_time(selection.filter.as_ref()))
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
        match key {
            GroupKey::Attribute(id) => Self::Attribute(*id),
            GroupKey::Aggregate(selection, field, function, window) => {
                let types = types(view, selection.types);
                let retention = types.first().and_then(|(_, span)| *span);
                let scale = match field {
                    Some((_, Kind::Integer)) => i128::from(MICROS),
                    _ => 1,
                };
                let streams = streams_of(view, selection, field.map(|(field, _)| field));
                Self::Aggregate {
                    measure: measure((*function, *window), retention, scale),
                    streams: streams.into_iter().map(&mut *stream).collect(),
                }
            }
            GroupKey::Sequence(own) => {
                let key = own.key.map(|(field, _)| field);
                let absent = own.absent.as_ref();
                let mut fading = Fading::default();
                let mut all = |selection: &Selection| -> Vec<StreamId> {
                    let types = types(view, selection.types).into_iter();
                    let streams = streams_of(view, selection, key).into_iter().zip(types);
                    let number = |(own, (_, retention)): (Stream, (_, Option<Duration>))| {
                        let id = stream(own);
                        fading.0.extend(retention.map(|span| (id, span.0)));
                        id
                    };
                    streams.map(number).collect()
                };
                let steps = own.steps.iter().map(&mut all).collect();
                let nots = absent.map_or_else(Vec::new, |(selection, _)| all(selection));
                fading.0.sort_unstable();
                fading.0.dedup();
                Self::Sequence {
                    chain: Chain {
                        within: own.within.map(|span| span.0),
                        absence: absent.map(|(_, absence)| *absence),
                        last: own.last.map(|span| span.0),
                        lifetime: None,
                    },
                    is_keyed: key.is_some(),
                    steps,
                    absent: nots,
                    fading,
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
        self.watches().into_iter().map(|own| own.stream).collect()
    }

    /// The streams that it looks at, and whom a match in them concerns; a stream may come several times.
    pub(super) fn watches(&self) -> Vec<Watch> {
        match self {
            Self::Aggregate { streams, .. } => {
                let streams = streams.iter();
                streams.map(|stream| Watch::open(*stream)).collect()
            }
            Self::Sequence {
                chain,
                steps,
                absent,
                is_keyed,
                ..
            } => chain.watches(steps, absent, *is_keyed),
            Self::Attribute(_) | Self::Whole { .. } => Vec::new(),
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
    pub(super) fn new(key: GroupKey, method: Method) -> Self {
        Self {
            key,
            method,
            atoms: Vec::new(),
            questions: Vec::new(),
            ladder: Ladder::default(),
        }
    }

    /// Adds an atom; gives the ladder that was.
    pub(super) fn push(&mut self, atom: AtomId, question: Question) -> Ladder {
        self.atoms.push(atom);
        self.questions.push(question);
        self.build()
    }

    /// Takes an atom out; gives the ladder that was.
    pub(super) fn remove(&mut self, atom: AtomId) -> Ladder {
        if let Some(place) = self.atoms.iter().position(|own| *own == atom) {
            self.atoms.remove(place);
            self.questions.remove(place);
        }
        self.build()
    }

    /// Where the truth of each atom is read.
    pub(super) fn readings(&self) -> impl Iterator<Item = (AtomId, Reading)> {
        let both = self.atoms.iter().zip(&self.questions);
        both.map(|(atom, question)| {
            let reading = match question {
                Question::Test(_) => Reading::Node,
                Question::Compare(own, inverted) => {
                    Reading::Level(self.ladder.extent(own), *inverted)
                }
                // The level is that of the atom, not of the leaf.
                Question::Holds(_) => Reading::Level(Extent::TRUE, false),
            };
            (*atom, reading)
        })
    }

    fn build(&mut self) -> Ladder {
        let both = self.atoms.iter().zip(&self.questions);
        let ladder = match &self.method {
            Method::Aggregate { measure, .. } => {
                let asked = both.filter_map(|(atom, question)| match question {
                    Question::Compare(own, _) => Some((*atom, *own)),
                    Question::Test(_) | Question::Holds(_) => None,
                });
                Ladder::new(measure.function, asked)
            }
            Method::Sequence { .. } | Method::Whole { .. } => self
                .atoms
                .first()
                .copied()
                .map(Ladder::of_truth)
                .unwrap_or_default(),
            Method::Attribute(_) => Ladder::default(),
        };
        std::mem::replace(&mut self.ladder, ladder)
    }
}
