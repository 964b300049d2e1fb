//! A small world: a catalog, random rows over few words, and the naive model of what they mean.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use treffer_core::catalog::{
    AttributeDefinition, Declaration, EventTypeDefinition, ItemAttributeDefinition,
    NamespaceDefinition, NormalForm, PropertyDefinition,
};
use treffer_core::id::{AttributeId, EventTypeId, PropertyId};
use treffer_core::person::{Event, Person};
use treffer_core::record::{Batch, Command};
use treffer_core::rows::{Cells, Column, Rows, Texts};
use treffer_core::state::{Clock, Settings, State};
use treffer_core::time::{Duration, Instant};
use treffer_core::value::{Kind, Value};

/// The day on which the tests take place.
pub const NOW: Instant = Instant(1_500_000_000_000);

pub fn namespace(name: &str, priority: u32) -> NamespaceDefinition {
    NamespaceDefinition {
        name: name.into(),
        unique: false,
        limit: None,
        priority,
        blocked: BTreeSet::new(),
        normal_form: NormalForm::None,
        household: false,
    }
}

/// Namespaces crm (first), aaa and zzz (equal priority), email (lower case, `nobody` blocked); attributes of each kind; event
/// types view and purchase (order, gift); item attributes category and price.
pub fn catalog() -> Vec<Declaration> {
    let email = NamespaceDefinition {
        blocked: ["nobody".to_owned()].into(),
        normal_form: NormalForm::LowercaseTrim,
        ..namespace("email", 1)
    };
    let property = |name: &str, kind| PropertyDefinition {
        name: name.into(),
        kind,
    };
    let event_type = |name: &str, properties| EventTypeDefinition {
        name: name.into(),
        properties,
        retention: None,
    };
    let attribute = |(name, kind): (&str, Kind)| {
        Declaration::Attribute(AttributeDefinition {
            name: name.into(),
            kind,
        })
    };
    let mut declarations: Vec<_> = [
        namespace("zzz", 5),
        namespace("crm", 9),
        namespace("aaa", 5),
        email,
    ]
    .map(Declaration::Namespace)
    .into();
    declarations.extend(
        [
            ("country", Kind::String),
            ("interests", Kind::StringSet),
            ("age", Kind::Integer),
            ("income", Kind::Decimal),
            ("vip", Kind::Bool),
            ("joined", Kind::Instant),
        ]
        .map(attribute),
    );
    declarations.extend([("category", Kind::String), ("price", Kind::Decimal)].map(
        |(name, kind)| {
            Declaration::ItemAttribute(ItemAttributeDefinition {
                name: name.into(),
                kind,
            })
        },
    ));
    declarations.push(Declaration::EventType(event_type("view", vec![])));
    declarations.push(Declaration::EventType(event_type(
        "purchase",
        vec![
            property("order", Kind::String),
            property("gift", Kind::Bool),
        ],
    )));
    declarations
}

pub fn state(clock: Clock) -> State {
    let mut state = State::new(
        Settings {
            clock,
            ..Settings::default()
        },
        treffer_core::catalog::Catalog::default(),
    );
    state.run(Command::Declare(catalog()), NOW).unwrap();
    state
}

/// One row of whatever batch: cells by column name.
pub type Row = BTreeMap<&'static str, Value>;

/// A column per name that any row has; `dictionary` puts texts behind keys.
pub fn rows(rows: &[Row], dictionary: bool) -> Rows {
    let names: BTreeSet<&str> = rows.iter().flat_map(|row| row.keys().copied()).collect();
    let column = |name: &str| {
        let cells: Vec<Option<&Value>> = rows.iter().map(|row| row.get(name)).collect();
        let kind = cells.iter().flatten().next().unwrap().kind();
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            other => panic!("{other} in a column of texts"),
        };
        let number = |value: &Option<&Value>| match value {
            None => -7,
            Some(
                Value::Integer(number) | Value::Decimal(number) | Value::Instant(Instant(number)),
            ) => *number,
            Some(Value::Bool(truth)) => i64::from(*truth),
            Some(other) => panic!("{other} in a column of numbers"),
        };
        let numbers = || cells.iter().map(number).collect();
        let typed = match kind {
            Kind::String if dictionary => {
                let words: BTreeSet<String> = cells
                    .iter()
                    .flatten()
                    .map(|value| text(value))
                    .chain(["unused".into()])
                    .collect();
                let key = |cell: &Option<&Value>| {
                    cell.map_or(u32::MAX, |value| {
                        words.iter().position(|word| *word == text(value)).unwrap() as u32
                    })
                };
                Cells::Text(Texts {
                    keys: Some(cells.iter().map(key).collect()),
                    ..words.iter().map(String::as_str).collect()
                })
            }
            Kind::String => Cells::Text(
                cells
                    .iter()
                    .map(|cell| cell.map(text).unwrap_or_default())
                    .collect::<Vec<_>>()
                    .iter()
                    .map(String::as_str)
                    .collect(),
            ),
            Kind::StringSet => {
                let (mut offsets, mut texts) = (vec![0], Texts::default());
                for cell in &cells {
                    if let Some(Value::StringSet(members)) = cell {
                        members.iter().rev().for_each(|member| texts.push(member));
                    }
                    offsets.push(texts.offsets.len().saturating_sub(1) as u32);
                }
                Cells::TextList { offsets, texts }
            }
            Kind::Integer => Cells::Integer(numbers()),
            Kind::Decimal => Cells::Micros(numbers()),
            Kind::Bool => Cells::Bool(
                cells
                    .iter()
                    .map(|cell| matches!(cell, Some(Value::Bool(true))))
                    .collect(),
            ),
            Kind::Instant => Cells::Instant(numbers()),
        };
        let present = cells
            .iter()
            .any(Option::is_none)
            .then(|| cells.iter().map(Option::is_some).collect());
        Column {
            name: name.to_owned(),
            cells: typed,
            present,
        }
    };
    Rows {
        len: rows.len(),
        columns: names.into_iter().map(column).collect(),
    }
}

/// A batch of rows; names every required column even when there are no rows.
pub fn batch(some: &[Row], dictionary: bool) -> Batch {
    Batch::from(rows(some, dictionary))
}

fn word(words: &'static [&'static str]) -> impl Strategy<Value = Value> {
    prop::sample::select(words).prop_map(|word| Value::String(word.into()))
}

fn maybe(row: &mut Row, name: &'static str, value: Option<Value>) {
    if let Some(value) = value {
        row.insert(name, value);
    }
}

const CRM: &[&str] = &["1", "2", "3"];
const COOKIES: &[&str] = &["a", "b", "1", "crm:1"];
const EMAILS: &[&str] = &["x@y", " X@Y ", "NOBODY", "z@y"];

fn ids() -> impl Strategy<Value = Row> {
    let optional = |words| prop::option::weighted(0.4, word(words));
    (
        optional(CRM),
        optional(COOKIES),
        optional(COOKIES),
        optional(EMAILS),
    )
        .prop_map(|(crm, aaa, zzz, email)| {
            let mut row = Row::new();
            maybe(&mut row, "crm", crm);
            maybe(&mut row, "aaa", aaa);
            maybe(&mut row, "zzz", zzz);
            maybe(&mut row, "email", email);
            row
        })
}

pub fn instant() -> impl Strategy<Value = Instant> {
    (0i64..40).prop_map(|hours| Instant(NOW.0 - hours * 3_600_000))
}

/// Rows that are all in order but for their ids, which may be missing or blocked; event ids differ.
pub fn events(most: usize) -> impl Strategy<Value = Vec<Row>> {
    let fields = (
        prop::option::of(word(&["i1", "i2", "i3", ""])),
        prop::option::of((-3i64..4).prop_map(|x| Value::Decimal(x * 500_000))),
        prop::option::of((0i64..3).prop_map(Value::Integer)),
        prop::option::of(word(&["email", "push"])),
        prop::option::of(word(&["o1", "o2"])),
        prop::option::of(any::<bool>().prop_map(Value::Bool)),
    );
    let row = (ids(), instant(), any::<bool>(), fields).prop_map(
        |(mut row, time, purchase, (item, value, quantity, channel, order, gift))| {
            row.insert("time", Value::Instant(time));
            row.insert(
                "type",
                Value::String(if purchase { "purchase" } else { "view" }.into()),
            );
            maybe(&mut row, "item", item);
            maybe(&mut row, "value", value);
            maybe(&mut row, "quantity", quantity);
            maybe(&mut row, "channel", channel);
            if purchase {
                maybe(&mut row, "order", order);
                maybe(&mut row, "gift", gift);
            }
            row
        },
    );
    prop::collection::vec(row, 1..most).prop_map(|mut rows| {
        for (number, row) in rows.iter_mut().enumerate() {
            row.insert("event_id", Value::String(format!("e{number}")));
        }
        rows
    })
}

/// Writes with a time each.
pub fn writes(most: usize) -> impl Strategy<Value = Vec<Row>> {
    let set = prop::collection::btree_set(
        prop::sample::select(&["wine", "beer", "tea"][..]).prop_map(str::to_owned),
        0..3,
    );
    let values = (
        prop::option::of(word(&["DE", "AT", ""])),
        prop::option::of(set.prop_map(Value::StringSet)),
        prop::option::of((-2i64..3).prop_map(Value::Integer)),
        prop::option::of((-2i64..3).prop_map(Value::Decimal)),
        prop::option::of(any::<bool>().prop_map(Value::Bool)),
        prop::option::of(instant().prop_map(Value::Instant)),
    );
    let row = (ids(), (0i64..4), values).prop_map(
        |(mut row, hours, (country, interests, age, income, vip, joined))| {
            row.insert("time", Value::Instant(Instant(NOW.0 - hours * 3_600_000)));
            maybe(&mut row, "country", country);
            maybe(&mut row, "interests", interests);
            maybe(&mut row, "age", age);
            maybe(&mut row, "income", income);
            maybe(&mut row, "vip", vip);
            maybe(&mut row, "joined", joined);
            row
        },
    );
    prop::collection::vec(row, 1..most)
}

/// The naive model: everything by its text.
#[derive(Debug, Default)]
pub struct Model {
    people: BTreeMap<String, Person>,
    /// What was written to each owner, with when.
    writes: BTreeMap<String, BTreeMap<AttributeId, (Instant, Option<Value>)>>,
    /// Ids that are one profile.
    profiles: Vec<BTreeSet<String>>,
    seen: BTreeSet<String>,
    items: BTreeMap<String, BTreeMap<u32, Value>>,
}

const ATTRIBUTES: [&str; 6] = ["country", "interests", "age", "income", "vip", "joined"];

fn text(row: &Row, name: &str) -> Option<String> {
    match row.get(name) {
        Some(Value::String(text)) => Some(text.clone()),
        _ => None,
    }
}

fn number(row: &Row, name: &str) -> Option<i64> {
    match row.get(name) {
        Some(Value::Integer(number) | Value::Decimal(number) | Value::Instant(Instant(number))) => {
            Some(*number)
        }
        _ => None,
    }
}

impl Model {
    /// The ids that a row makes known, the owner first.
    fn ids(row: &Row) -> Vec<String> {
        let plain = ["crm", "aaa", "zzz"]
            .into_iter()
            .filter_map(|name| Some(format!("{name}:{}", text(row, name)?)));
        let email = text(row, "email")
            .map(|value| value.trim().to_lowercase())
            .filter(|value| value != "nobody");
        plain
            .chain(email.map(|value| format!("email:{value}")))
            .collect()
    }

    /// Whose the row is; all its ids become one profile, for nothing in this world forbids it.
    fn owner(&mut self, row: &Row) -> Option<String> {
        let ids = Self::ids(row);
        let owner = ids.first()?.clone();
        let mut whole: BTreeSet<String> = ids.into_iter().collect();
        self.profiles.retain(|profile| {
            let apart = profile.is_disjoint(&whole);
            if !apart {
                whole.extend(profile.iter().cloned());
            }
            apart
        });
        self.profiles.push(whole);
        Some(owner)
    }

    /// The ids of each profile.
    pub fn profiles(&self) -> &[BTreeSet<String>] {
        &self.profiles
    }

    pub fn track(&mut self, row: &Row) {
        let event_id = text(row, "event_id").unwrap();
        if self.seen.contains(&event_id) {
            return;
        }
        let properties = [
            text(row, "order").map(Value::String),
            row.get("gift").cloned(),
        ]
        .into_iter()
        .zip([PropertyId(0), PropertyId(1)]);
        let event = Event {
            event_type: EventTypeId(u32::from(text(row, "type").unwrap() == "purchase")),
            time: Instant(number(row, "time").unwrap()),
            retention: None::<Duration>,
            item: text(row, "item"),
            item_attributes: BTreeMap::new(),
            value: number(row, "value"),
            quantity: number(row, "quantity"),
            channel: text(row, "channel"),
            properties: properties
                .filter_map(|(value, id)| Some((id, value?)))
                .collect(),
        };
        if let Some(owner) = self.owner(row) {
            self.people.entry(owner).or_default().events.push(event);
            self.seen.insert(event_id);
        }
    }

    pub fn write(&mut self, row: &Row, unset: Option<AttributeId>) {
        let time = Instant(number(row, "time").unwrap());
        let Some(owner) = self.owner(row) else { return };
        for (number, name) in ATTRIBUTES.iter().enumerate() {
            let id = AttributeId(number as u32);
            let value = if unset == Some(id) {
                None
            } else if let Some(value) = row.get(name) {
                Some(value.clone())
            } else {
                continue;
            };
            let kept = self.writes.entry(owner.clone()).or_default();
            let write = (time, value);
            if kept.get(&id).is_none_or(|kept| *kept < write) {
                kept.insert(id, write);
            }
        }
    }

    /// Of two rows for one item the later wins.
    pub fn load_item(&mut self, item: &str, attribute: u32, value: Value) {
        self.items
            .entry(item.into())
            .or_default()
            .insert(attribute, value);
    }

    /// A person with today's items, events in a canonical order.
    pub fn person(&self, id: &str) -> Person {
        let of = self.profiles.iter().find(|profile| profile.contains(id));
        let mut person = Person::default();
        let mut kept = BTreeMap::<AttributeId, (Instant, Option<Value>)>::new();
        for id in of.into_iter().flatten() {
            person
                .events
                .extend(self.people.get(id).cloned().unwrap_or_default().events);
            for (attribute, write) in self.writes.get(id).into_iter().flatten() {
                let latest = kept.entry(*attribute).or_insert_with(|| write.clone());
                *latest = write.clone().max(latest.clone());
            }
        }
        for (attribute, (time, value)) in kept {
            person
                .attributes
                .extend(value.map(|value| (attribute, (value, time))));
        }
        for event in &mut person.events {
            let values = event.item.as_ref().and_then(|item| self.items.get(item));
            let values = values.into_iter().flatten();
            event.item_attributes = values
                .map(|(id, value)| (treffer_core::id::ItemAttributeId(*id), value.clone()))
                .collect();
        }
        sorted(person)
    }
}

/// Events of the same instant in a canonical order.
pub fn sorted(mut person: Person) -> Person {
    assert!(person.events.is_sorted_by_key(|event| event.time) || person.events.len() > 1);
    person
        .events
        .sort_by_key(|event| (event.time, format!("{event:?}")));
    person
}
