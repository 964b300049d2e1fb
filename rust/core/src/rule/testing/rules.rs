//! Random rules that the check accepts.

use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::Union;

use super::conditions::{conditions, numbers, operators, orders};
use super::{catalogs, instants, spans};
use crate::catalog::{Catalog, EventType};
use crate::rule::ast::{
    Absence, Age, Aggregate, Boolean, Field, FieldTest, Filter, Function, Leaf, LeafKind, Literal,
    Name, Rule, Selection, Sequence, Span,
};
use crate::time::{Duration, Window};
use crate::value::Kind;

/// Catalogs, each with a rule that is valid in it.
pub fn rules() -> BoxedStrategy<(Catalog, Rule)> {
    catalogs()
        .prop_flat_map(|catalog| {
            let rules = rules_for(&catalog);
            (Just(catalog), rules)
        })
        .boxed()
}

/// Rules that are valid in `catalog`: it needs at least one attribute and one event type.
pub fn rules_for(catalog: &Catalog) -> BoxedStrategy<Rule> {
    let attributes: Vec<_> = catalog
        .attributes()
        .map(|(_, known)| (known.name.clone(), known.kind))
        .collect();
    let attributes = select(attributes).prop_flat_map(|(name, kind)| {
        conditions(kind).prop_map(move |condition| LeafKind::Attribute(named(&name), condition))
    });
    let events = events(catalog);
    let mut leaves = vec![
        (3, attributes.boxed()),
        (4, aggregates(&events)),
        (3, sequences(&events)),
    ];
    let segments: Vec<_> = catalog
        .named_segments()
        .map(|known| known.definition.name.clone())
        .collect();
    if !segments.is_empty() {
        let segment = |(name, age): (String, _)| LeafKind::Segment(named(&name), age);
        leaves.push((
            2,
            (select(segments), option::weighted(0.4, ages()))
                .prop_map(segment)
                .boxed(),
        ));
    }
    let leaves = Union::new_weighted(leaves).prop_map(|kind| Leaf {
        kind,
        span: Span::default(),
    });
    booleans(leaves.boxed())
}

fn booleans<L: Clone + std::fmt::Debug + 'static>(
    leaves: BoxedStrategy<L>,
) -> BoxedStrategy<Boolean<L>> {
    leaves
        .prop_map(Boolean::Leaf)
        .prop_recursive(3, 8, 3, |inner| {
            let several = prop::collection::vec(inner.clone(), 2..4);
            prop_oneof![
                several.clone().prop_map(Boolean::And),
                several.prop_map(Boolean::Or),
                inner.prop_map(|inner| Boolean::Not(Box::new(inner))),
            ]
        })
        .boxed()
}

fn named(text: &str) -> Name {
    Name {
        text: text.to_owned(),
        span: Span::default(),
    }
}

/// An event type as rules see it.
#[derive(Clone, Debug)]
struct Event {
    name: String,
    fields: Vec<(Field, Kind)>,
    retention: Option<Duration>,
}

impl Event {
    fn fields(&self, fits: fn(Kind) -> bool) -> Vec<Field> {
        let fitting = self.fields.iter().filter(|(_, kind)| fits(*kind));
        fitting.map(|(field, _)| field.clone()).collect()
    }

    /// The span, or as much of it as events are kept.
    fn kept(&self, span: Duration) -> Duration {
        self.retention.map_or(span, |retention| retention.min(span))
    }
}

/// All event types, and `any`.
fn events(catalog: &Catalog) -> Vec<Event> {
    let mut shared: Vec<(Field, Kind)> = [
        ("item", Kind::String),
        ("value", Kind::Decimal),
        ("quantity", Kind::Integer),
        ("channel", Kind::String),
    ]
    .map(|(name, kind)| (Field::Property(named(name)), kind))
    .to_vec();
    let items = catalog.item_attributes();
    shared.extend(items.map(|(_, known)| (Field::ItemAttribute(named(&known.name)), known.kind)));
    let of = |types: Vec<&EventType>, name: &str| {
        let properties = types.iter().flat_map(|known| &known.definition.properties);
        let properties = properties.map(|known| (Field::Property(named(&known.name)), known.kind));
        Event {
            name: name.to_owned(),
            fields: shared.iter().cloned().chain(properties).collect(),
            retention: types
                .iter()
                .filter_map(|known| known.definition.retention)
                .min(),
        }
    };
    let types: Vec<&EventType> = catalog.event_types().map(|(_, known)| known).collect();
    let single = types
        .iter()
        .map(|known| of(vec![known], &known.definition.name));
    let mut events: Vec<Event> = single.collect();
    events.push(of(types.clone(), "any"));
    events
}

fn filters(event: &Event) -> BoxedStrategy<Filter> {
    let tests = select(event.fields.clone()).prop_flat_map(|(field, kind)| {
        conditions(kind).prop_map(move |condition| FieldTest {
            field: field.clone(),
            condition,
            span: Span::default(),
        })
    });
    booleans(tests.boxed())
}

fn selections(event: &Event) -> BoxedStrategy<Selection> {
    let name = event.name.clone();
    option::weighted(0.4, filters(event))
        .prop_map(move |filter| Selection {
            event: named(&name),
            filter,
        })
        .boxed()
}

fn windows(event: &Event) -> BoxedStrategy<Window> {
    let event = event.clone();
    prop_oneof![
        2 => Just(Window::All),
        3 => spans().prop_map(move |span| Window::Last(event.kept(span))),
        1 => instants().prop_map(Window::Since),
        1 => (instants(), spans()).prop_map(|(start, span)| Window::Between(start, start.plus(span))),
    ]
    .boxed()
}

fn aggregates(events: &[Event]) -> BoxedStrategy<LeafKind> {
    (select(events.to_vec()), select(Function::ALL.to_vec()))
        .prop_flat_map(|(event, function)| {
            let fields = match function {
                Function::Count | Function::SinceLast | Function::SinceFirst => Just(None).boxed(),
                Function::Distinct => select(event.fields(|kind| kind != Kind::StringSet))
                    .prop_map(Some)
                    .boxed(),
                Function::Sum | Function::Min | Function::Max | Function::Average => {
                    let numbers =
                        event.fields(|kind| matches!(kind, Kind::Integer | Kind::Decimal));
                    select(numbers).prop_map(Some).boxed()
                }
            };
            let compared = if function.is_span() {
                (orders(), spans().prop_map(Literal::Duration)).boxed()
            } else {
                (operators(), numbers()).boxed()
            };
            (selections(&event), fields, windows(&event), compared).prop_map(
                move |(selection, field, window, (operator, operand))| {
                    LeafKind::Aggregate(Aggregate {
                        function,
                        selection,
                        field,
                        window,
                        operator,
                        operand,
                    })
                },
            )
        })
        .boxed()
}

fn steps(events: &[Event]) -> BoxedStrategy<(Event, Selection)> {
    select(events.to_vec())
        .prop_flat_map(|event| {
            let selections = selections(&event);
            (Just(event), selections)
        })
        .boxed()
}

fn absences() -> impl Strategy<Value = Absence> {
    prop_oneof![
        spans().prop_map(Absence::Within),
        spans().prop_map(Absence::For),
    ]
}

fn sequences(events: &[Event]) -> BoxedStrategy<LeafKind> {
    (
        prop::collection::vec(steps(events), 1..=3),
        option::weighted(0.4, spans()),
        option::weighted(0.5, (steps(events), absences())),
        option::weighted(0.4, any::<Index>()),
        option::weighted(0.5, spans()),
    )
        .prop_map(|(mut steps, within, absent, key, last)| {
            if steps.len() == 1 && absent.is_none() {
                steps.extend(steps.clone());
            }
            let (absent, absence) = absent.unzip();
            let kinds: Vec<&Event> = steps
                .iter()
                .chain(&absent)
                .map(|(event, _)| event)
                .collect();
            let key = key.map(|index| index.get(&common_keys(&kinds)).clone());
            let last = last.and_then(|last| fitting_last(last, &kinds, absence));
            let within = within.filter(|_| steps.len() > 1);
            LeafKind::Sequence(Sequence {
                steps: steps.into_iter().map(|(_, selection)| selection).collect(),
                within,
                absent: absent.map(|(_, selection)| selection).zip(absence),
                key,
                last,
            })
        })
        .boxed()
}

/// Fields of one value that all steps have; `item` is always among them.
fn common_keys(steps: &[&Event]) -> Vec<Field> {
    let first = steps
        .first()
        .map(|event| event.fields(|kind| kind != Kind::StringSet));
    let shared = |field: &Field| {
        steps
            .iter()
            .all(|event| event.fields.iter().any(|(own, _)| own == field))
    };
    first
        .unwrap_or_default()
        .into_iter()
        .filter(shared)
        .collect()
}

/// A `last` that no step's retention cuts and that leaves room after a final `not`.
fn fitting_last(last: Duration, steps: &[&Event], absence: Option<Absence>) -> Option<Duration> {
    let absence = absence.map_or(Duration(0), |absence| match absence {
        Absence::Within(span) | Absence::For(span) => span,
    });
    let longer = last.max(Duration(absence.0 + Duration::SECOND.0));
    let kept = steps.iter().fold(longer, |span, event| event.kept(span));
    Some(kept).filter(|kept| *kept > absence)
}

fn ages() -> impl Strategy<Value = Age> {
    (spans(), spans(), 0..3_u8).prop_map(|(from, more, form)| match form {
        0 => Age { from, to: None },
        1 => Age {
            from: Duration(0),
            to: Some(more),
        },
        _ => Age {
            from,
            to: Some(Duration(from.0 + more.0)),
        },
    })
}
