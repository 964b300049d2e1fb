//! Random scripts: what may happen to an engine, step by step.

use std::collections::BTreeMap;

use proptest::option;
use proptest::prelude::*;
use proptest::strategy::Union;

use crate::catalog::{Catalog, SegmentDefinition};
use crate::id::{AttributeId, ItemAttributeId};
use crate::person::{Event, Person};
use crate::record::Command;
use crate::rows::{Column, Rows};
use crate::rule::testing::{START, catalogs, instants, rules_for, values};
use crate::testing::{column, event_rows, people, strings};
use crate::time::{Duration, Instant};
use crate::value::{Kind, Value};

/// What somebody is called: a customer number, a cookie, or both.
#[derive(Clone, Debug)]
pub(super) struct Who {
    crm: Option<u8>,
    cookie: Option<u8>,
}

/// One thing that happens.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Track(Vec<(Who, Event)>),
    /// The events of an earlier `Track` again, some of them once more.
    Again(usize),
    Write(Vec<(Who, BTreeMap<AttributeId, Value>, Option<Instant>)>),
    Unset(Who, AttributeId),
    Items(BTreeMap<String, BTreeMap<ItemAttributeId, Value>>),
    Void(usize),
    Advance(i64),
    /// Time passes, and whatever comes next is the first to see it.
    Wait(i64),
    /// How it is prepared, too.
    Define(u8, String, Lead),
    Delete(u8),
    Pause(u8),
    Resume(u8),
}

/// How a definition is prepared.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lead {
    /// So many steps before; 0: not at all.
    pub(super) steps: usize,
    /// For so many owners after each step.
    pub(super) owners: u32,
    /// Whether all of it is prepared when the record comes.
    pub(super) is_whole: bool,
}

/// A catalog with up to three segments, and what happens.
#[derive(Clone, Debug)]
pub(super) struct Script {
    pub(super) catalog: Catalog,
    pub(super) steps: Vec<Step>,
}

pub(super) fn scripts(most: usize) -> impl Strategy<Value = Script> {
    catalogs().prop_flat_map(move |catalog| {
        let steps = prop::collection::vec(steps(&catalog), 1..=most);
        (Just(catalog), steps).prop_map(|(catalog, steps)| Script { catalog, steps })
    })
}

fn leads() -> impl Strategy<Value = Lead> {
    (0usize..5, 0u32..4, prop::bool::weighted(0.8)).prop_map(|(steps, owners, is_whole)| Lead {
        steps,
        owners,
        is_whole,
    })
}

fn who() -> impl Strategy<Value = Who> {
    prop_oneof![
        5 => (0u8..4).prop_map(|crm| Who { crm: Some(crm), cookie: None }),
        3 => (0u8..4).prop_map(|cookie| Who { crm: None, cookie: Some(cookie) }),
        1 => (0u8..4, 0u8..4).prop_map(|(crm, cookie)| Who { crm: Some(crm), cookie: Some(cookie) }),
    ]
}

fn some<K: Ord + Copy + std::fmt::Debug + 'static>(
    declared: Vec<(K, Kind)>,
) -> BoxedStrategy<BTreeMap<K, Value>> {
    let (keys, kinds): (Vec<K>, Vec<Kind>) = declared.into_iter().unzip();
    let cells: Vec<_> = kinds
        .into_iter()
        .map(|kind| option::weighted(0.5, values(kind)))
        .collect();
    cells
        .prop_map(move |cells| {
            let pairs = keys.iter().copied().zip(cells);
            pairs
                .filter_map(|(key, value)| Some((key, value?)))
                .collect()
        })
        .boxed()
}

fn steps(catalog: &Catalog) -> BoxedStrategy<Step> {
    let items = ["x", "y", "z"].map(str::to_owned);
    let known = items
        .iter()
        .map(|item| (item.clone(), BTreeMap::new()))
        .collect();
    let attributes: Vec<_> = catalog
        .attributes()
        .map(|(id, own)| (id, own.kind))
        .collect();
    let first = attributes.first().map_or(AttributeId(0), |own| own.0);
    let of_items: Vec<_> = catalog
        .item_attributes()
        .map(|(id, own)| (id, own.kind))
        .collect();
    let events = prop::collection::vec((who(), people(catalog, &known)), 1..4);
    let tracked = events.prop_map(|people| {
        let rows = people.into_iter().flat_map(|(who, person): (Who, Person)| {
            person
                .events
                .into_iter()
                .map(move |event| (who.clone(), event))
        });
        Step::Track(rows.collect())
    });
    let written = (who(), some(attributes), option::weighted(0.7, instants()));
    let names = || 0u8..4;
    Union::new_weighted(vec![
        (8, tracked.boxed()),
        (6, (0i64..9_000).prop_map(Step::Advance).boxed()),
        (4, (0i64..9_000).prop_map(Step::Wait).boxed()),
        (
            3,
            prop::collection::vec(written, 1..3)
                .prop_map(Step::Write)
                .boxed(),
        ),
        (
            1,
            who().prop_map(move |who| Step::Unset(who, first)).boxed(),
        ),
        (
            1,
            prop::collection::btree_map(prop::sample::select(items.to_vec()), some(of_items), 1..3)
                .prop_map(Step::Items)
                .boxed(),
        ),
        (2, (0usize..40).prop_map(Step::Void).boxed()),
        (1, (0usize..5).prop_map(Step::Again).boxed()),
        (
            3,
            (names(), rules_for(catalog), leads())
                .prop_map(|(name, rule, lead)| Step::Define(name, rule.to_string(), lead))
                .boxed(),
        ),
        (1, names().prop_map(Step::Delete).boxed()),
        (1, names().prop_map(Step::Pause).boxed()),
        (2, names().prop_map(Step::Resume).boxed()),
    ])
    .boxed()
}

/// Turns steps into commands, and remembers what repetitions need.
#[derive(Debug)]
pub(super) struct Player {
    pub(super) now: Instant,
    tracked: Vec<Rows>,
    event_ids: Vec<String>,
}

impl Player {
    pub(super) fn new() -> Self {
        let now = START.minus(Duration(10_000));
        Self {
            now,
            tracked: Vec::new(),
            event_ids: Vec::new(),
        }
    }

    pub(super) fn command(&mut self, catalog: &Catalog, step: &Step) -> Option<Command> {
        let name = |number: &u8| format!("s{number}");
        Some(match step {
            Step::Track(rows) => {
                let first = self.event_ids.len();
                let ids: Vec<String> = (first..first + rows.len())
                    .map(|id| format!("e{id}"))
                    .collect();
                self.event_ids.extend(ids.clone());
                let events: Vec<&Event> = rows.iter().map(|(_, event)| event).collect();
                let who: Vec<&Who> = rows.iter().map(|(who, _)| who).collect();
                let rows = event_rows(catalog, id_columns(&who), ids, &events);
                self.tracked.push(rows.clone());
                Command::Track(rows.into())
            }
            Step::Again(number) => Command::Track(self.tracked.get(*number)?.clone().into()),
            Step::Write(rows) => Command::LoadProfiles(profile_rows(catalog, rows).into()),
            Step::Unset(who, attribute) => {
                let columns = id_columns(&[who]);
                let name = catalog.attribute(*attribute)?.name.clone();
                let mut batch = crate::record::Batch::from(Rows { len: 1, columns });
                batch.unset.push(name);
                Command::LoadProfiles(batch)
            }
            Step::Items(items) => Command::LoadItems(item_rows(catalog, items).into()),
            Step::Void(number) => Command::Void(vec![self.event_ids.get(*number)?.clone()]),
            Step::Advance(millis) => {
                self.now = self.now.plus(Duration(*millis));
                Command::Advance
            }
            Step::Wait(millis) => {
                self.now = self.now.plus(Duration(*millis));
                return None;
            }
            Step::Define(number, rule, _) => Command::DefineSegment(definition(*number, rule)),
            Step::Delete(number) => Command::DeleteSegment(name(number)),
            Step::Pause(number) => Command::PauseSegment(name(number)),
            Step::Resume(number) => Command::ResumeSegment(name(number)),
        })
    }
}

/// What a step defines.
pub(super) fn definition(number: u8, rule: &str) -> SegmentDefinition {
    SegmentDefinition {
        name: format!("s{number}"),
        rule: rule.to_owned(),
        description: String::new(),
    }
}

fn id_columns(who: &[&Who]) -> Vec<Column> {
    let text =
        |prefix: &str, own: Option<u8>| own.map(|own| Value::String(format!("{prefix}{own}")));
    let crm: Vec<_> = who.iter().map(|who| text("p", who.crm)).collect();
    let cookie: Vec<_> = who.iter().map(|who| text("c", who.cookie)).collect();
    vec![
        column("crm", Kind::String, &crm),
        column("cookie", Kind::String, &cookie),
    ]
}

fn profile_rows(
    catalog: &Catalog,
    rows: &[(Who, BTreeMap<AttributeId, Value>, Option<Instant>)],
) -> Rows {
    let mut columns = id_columns(&rows.iter().map(|(who, ..)| who).collect::<Vec<_>>());
    for (id, declared) in catalog.attributes() {
        let cells: Vec<_> = rows
            .iter()
            .map(|(_, values, _)| values.get(&id).cloned())
            .collect();
        columns.push(column(&declared.name, declared.kind, &cells));
    }
    let times: Vec<_> = rows
        .iter()
        .map(|(.., time)| time.map(Value::Instant))
        .collect();
    columns.push(column("time", Kind::Instant, &times));
    Rows {
        len: rows.len(),
        columns,
    }
}

fn item_rows(
    catalog: &Catalog,
    items: &BTreeMap<String, BTreeMap<ItemAttributeId, Value>>,
) -> Rows {
    let mut columns = vec![strings("item", items.keys().cloned())];
    for (id, declared) in catalog.item_attributes() {
        let cells: Vec<_> = items
            .values()
            .map(|values| values.get(&id).cloned())
            .collect();
        columns.push(column(&declared.name, declared.kind, &cells));
    }
    Rows {
        len: items.len(),
        columns,
    }
}
