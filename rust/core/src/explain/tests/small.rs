//! Cases on a time scale so small that every millisecond can be asked: one where rules have a second.

use std::collections::BTreeMap;

use crate::id::SegmentId;
use crate::person::Person;
use crate::rule::ast::{Absence, Age, Boolean};
use crate::rule::plan::{Aggregate, Filter, Leaf, Plan, Selection, Sequence, Test};
use crate::rule::testing::START;
use crate::testing::Case;
use crate::time::{Duration, Instant, Window};
use crate::value::Value;

/// A case of one person whose seconds have become milliseconds, from zero on.
#[derive(Clone, Debug)]
pub(super) struct Small {
    pub(super) plan: Plan,
    pub(super) person: Person,
    pub(super) segments: BTreeMap<SegmentId, Plan>,
}

impl Small {
    pub(super) fn segment(&self, id: SegmentId) -> Option<&Plan> {
        self.segments.get(&id)
    }
}

/// `None` without a person.
pub(super) fn small(case: &Case) -> Option<Small> {
    let segments = case.world.catalog.segments();
    Some(Small {
        plan: plan(&case.plan),
        person: person(case.world.people.first()?),
        segments: segments
            .map(|segment| (segment.id, plan(&segment.plan)))
            .collect(),
    })
}

fn span(span: Duration) -> Duration {
    Duration(span.0 / 1_000)
}

fn instant(instant: Instant) -> Instant {
    Instant((instant.0 - START.0).div_euclid(1_000))
}

fn value(value: &Value) -> Value {
    match value {
        Value::Instant(own) => Value::Instant(instant(*own)),
        other => other.clone(),
    }
}

fn person(person: &Person) -> Person {
    let mut small = person.clone();
    for (own, written) in small.attributes.values_mut() {
        (*own, *written) = (value(own), instant(*written));
    }
    for event in &mut small.events {
        event.time = instant(event.time);
        event.retention = event.retention.map(span);
        let values = event.item_attributes.values_mut();
        for own in values.chain(event.properties.values_mut()) {
            *own = value(own);
        }
    }
    small
}

fn plan(own: &Plan) -> Plan {
    tree(own, &|leaf| match leaf {
        Leaf::Attribute(id, own) => Leaf::Attribute(*id, test(own)),
        Leaf::Aggregate(own) => Leaf::Aggregate(aggregate(own)),
        Leaf::Sequence(own) => Leaf::Sequence(sequence(own)),
        Leaf::Segment(id, age) => Leaf::Segment(
            *id,
            age.map(|age| Age {
                from: span(age.from),
                to: age.to.map(span),
            }),
        ),
    })
}

fn tree<L>(own: &Boolean<L>, leaf: &impl Fn(&L) -> L) -> Boolean<L> {
    let all = |operands: &[Boolean<L>]| operands.iter().map(|own| tree(own, leaf)).collect();
    match own {
        Boolean::And(operands) => Boolean::And(all(operands)),
        Boolean::Or(operands) => Boolean::Or(all(operands)),
        Boolean::Not(operand) => Boolean::Not(Box::new(tree(operand, leaf))),
        Boolean::Leaf(own) => Boolean::Leaf(leaf(own)),
    }
}

fn test(own: &Test) -> Test {
    match own {
        Test::Instant(operator, constant) => Test::Instant(*operator, instant(*constant)),
        Test::InstantIn(constants, among) => {
            Test::InstantIn(constants.iter().map(|own| instant(*own)).collect(), *among)
        }
        Test::Since(operator, constant) => Test::Since(*operator, span(*constant)),
        Test::Until(operator, constant) => Test::Until(*operator, span(*constant)),
        other => other.clone(),
    }
}

fn selection(own: &Selection) -> Selection {
    let filter: Option<&Filter> = own.filter.as_ref();
    Selection {
        types: own.types,
        filter: filter.map(|filter| {
            tree(filter, &|own| {
                let mut small = own.clone();
                small.test = test(&own.test);
                small
            })
        }),
    }
}

fn aggregate(own: &Aggregate) -> Aggregate {
    Aggregate {
        selection: selection(&own.selection),
        window: match own.window {
            Window::All => Window::All,
            Window::Last(last) => Window::Last(span(last)),
            Window::Since(start) => Window::Since(instant(start)),
            Window::Between(start, end) => Window::Between(instant(start), instant(end)),
        },
        operand: if own.function.is_span() {
            own.operand / 1_000
        } else {
            own.operand
        },
        ..own.clone()
    }
}

fn sequence(own: &Sequence) -> Sequence {
    Sequence {
        steps: own.steps.iter().map(selection).collect(),
        within: own.within.map(span),
        absent: own.absent.as_ref().map(|(step, absence)| {
            let absence = match absence {
                Absence::Within(own) => Absence::Within(span(*own)),
                Absence::For(own) => Absence::For(span(*own)),
            };
            (selection(step), absence)
        }),
        key: own.key,
        last: own.last.map(span),
    }
}
