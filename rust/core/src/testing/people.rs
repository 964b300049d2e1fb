//! Random people.

use std::collections::BTreeMap;

use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::Union;

use crate::catalog::{Catalog, EventType};
use crate::id::{EventTypeId, ItemAttributeId, PropertyId};
use crate::person::{Event, Person};
use crate::rule::testing::{START, instants, micros, texts, values};
use crate::time::{Duration, Instant};
use crate::value::{Kind, Value};

/// Items by id, with what is known of them.
pub type Items = BTreeMap<String, BTreeMap<ItemAttributeId, Value>>;

/// Three items that may have attributes; events also have a fourth, which has none.
pub(super) fn items(catalog: &Catalog) -> BoxedStrategy<Items> {
    let kinds = catalog
        .item_attributes()
        .map(|(id, known)| (id, known.kind));
    let attributes = some_of(kinds.collect());
    prop::collection::vec(attributes, 3)
        .prop_map(|items| ["x", "y", "z"].map(str::to_owned).into_iter().zip(items))
        .prop_map(Iterator::collect)
        .boxed()
}

/// People with up to eight events, some of them later than most of [`moments`], on few instants so that many coincide.
pub fn people(catalog: &Catalog, items: &Items) -> BoxedStrategy<Person> {
    let kinds = catalog.attributes().map(|(id, known)| (id, known.kind));
    let written = some_of(kinds.collect()).prop_flat_map(|attributes| {
        let written = prop::collection::vec(instants(), attributes.len());
        (Just(attributes), written).prop_map(|(attributes, written)| {
            let pairs = attributes.into_iter().zip(written);
            pairs.map(|((id, value), at)| (id, (value, at))).collect()
        })
    });
    let events = Union::new(
        catalog
            .event_types()
            .map(|(id, known)| events(id, known, items)),
    );
    (written, prop::collection::vec(events, 0..=8))
        .prop_map(|(attributes, mut events)| {
            events.sort_by_key(|event| event.time);
            Person { attributes, events }
        })
        .boxed()
}

/// Instants at which to ask: from before the first event to after the last, some of them much later.
pub fn moments() -> impl Strategy<Value = Instant> {
    let late = select(vec![
        Duration::MINUTE,
        Duration::HOUR,
        Duration(30 * Duration::DAY.0),
    ]);
    prop_oneof![
        8 => instants(),
        6 => (-3_000..35_000_i64).prop_map(|millis| Instant(START.0 + millis)),
        1 => (instants(), late).prop_map(|(instant, span)| instant.plus(span)),
    ]
}

fn events(id: EventTypeId, known: &EventType, items: &Items) -> BoxedStrategy<Event> {
    let kinds = known
        .properties
        .iter()
        .zip(&known.definition.properties)
        .map(|(id, property)| (*id, property.kind));
    let properties = some_of::<PropertyId>(kinds.collect());
    let known_items = items.clone();
    let ids: Vec<String> = items.keys().cloned().chain(["new".to_owned()]).collect();
    let retention = known.definition.retention;
    (
        instants(),
        option::weighted(0.8, select(ids)),
        option::weighted(0.8, micros()),
        option::weighted(0.5, -2..=4_i64),
        option::weighted(0.5, texts()),
        properties,
    )
        .prop_map(
            move |(time, item, value, quantity, channel, properties)| Event {
                event_type: id,
                time,
                retention,
                item_attributes: item
                    .as_ref()
                    .and_then(|item| known_items.get(item))
                    .cloned()
                    .unwrap_or_default(),
                item,
                value,
                quantity,
                channel,
                properties,
            },
        )
        .boxed()
}

/// Values for about two thirds of what is declared.
fn some_of<I: Ord + Copy + std::fmt::Debug + 'static>(
    declared: Vec<(I, Kind)>,
) -> BoxedStrategy<BTreeMap<I, Value>> {
    let (ids, kinds): (Vec<I>, Vec<Kind>) = declared.into_iter().unzip();
    let cells: Vec<_> = kinds
        .into_iter()
        .map(|kind| option::weighted(0.65, values(kind)))
        .collect();
    cells
        .prop_map(move |cells| {
            let pairs = ids.iter().copied().zip(cells);
            pairs
                .filter_map(|(id, value)| Some((id, value?)))
                .collect::<BTreeMap<I, Value>>()
        })
        .boxed()
}
