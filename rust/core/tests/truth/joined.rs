//! A world of linked ids: random namespaces and rows, and the naive model that sorts all links and joins greedily.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use treffer_core::catalog::{
    AttributeDefinition, Catalog, Declaration, EventTypeDefinition, NamespaceDefinition,
    SegmentDefinition,
};
use treffer_core::record::Command;
use treffer_core::state::{Clock, Settings, State};
use treffer_core::time::Instant;
use treffer_core::value::{Kind, Value};

use crate::world::{NOW, Row, batch, namespace};

/// Ids of one row by namespace, when it came, and what it says; an event has an id, a write to profiles has none.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    pub ids: BTreeMap<&'static str, String>,
    pub hours: i64,
    pub event_id: Option<String>,
    pub age: Option<i64>,
}

/// What happens, in order.
#[derive(Clone, Debug)]
pub enum Step {
    Rows(Vec<Said>),
    Merge(String, String),
    Unmerge(Vec<String>),
}

pub fn namespaces() -> impl Strategy<Value = Vec<NamespaceDefinition>> {
    let one = (any::<bool>(), prop::option::of(1u32..4), 0u32..3);
    prop::collection::vec(one, 3).prop_map(|settings| {
        let named = ["a", "b", "c"].into_iter().zip(settings);
        named
            .map(|(name, (unique, limit, priority))| NamespaceDefinition {
                unique,
                limit: limit.filter(|_| !unique),
                ..namespace(name, priority)
            })
            .chain([NamespaceDefinition {
                household: true,
                ..namespace("h", 9)
            }])
            .collect()
    })
}

pub fn said() -> impl Strategy<Value = Said> {
    let id =
        |weight| prop::option::weighted(weight, (0u32..5).prop_map(|number| number.to_string()));
    (
        (id(0.6), id(0.6), id(0.6), id(0.3)),
        0i64..6,
        prop::option::weighted(0.7, 0u32..1_000),
        prop::option::of(0i64..3),
    )
        .prop_map(|((a, b, c, h), hours, event, age)| {
            let ids = [("a", a), ("b", b), ("c", c), ("h", h)];
            Said {
                ids: ids
                    .into_iter()
                    .filter_map(|(name, id)| Some((name, id?)))
                    .collect(),
                hours,
                // An event id is of one content: the place in the list is added later.
                event_id: event.map(|event| format!("e{event}")),
                age: age.filter(|_| event.is_none()),
            }
        })
        .prop_filter("somebody said it", |said| {
            said.ids.keys().any(|name| *name != "h")
        })
}

/// Rows whose events have ids of their own.
pub fn rows(most: usize) -> impl Strategy<Value = Vec<Said>> {
    prop::collection::vec(said(), 1..most).prop_map(|mut rows| {
        for (place, row) in rows.iter_mut().enumerate() {
            row.event_id = row.event_id.take().map(|id| format!("{id}-{place}"));
        }
        rows
    })
}

pub fn state(namespaces: &[NamespaceDefinition]) -> State {
    let settings = Settings {
        clock: Clock::Manual,
        ..Settings::default()
    };
    let mut state = State::new(settings, Catalog::default());
    let mut declarations: Vec<_> = namespaces
        .iter()
        .cloned()
        .map(Declaration::Namespace)
        .collect();
    declarations.push(Declaration::Attribute(AttributeDefinition {
        name: "age".into(),
        kind: Kind::Integer,
    }));
    declarations.push(Declaration::EventType(EventTypeDefinition {
        name: "view".into(),
        properties: Vec::new(),
        retention: None,
    }));
    state.run(Command::Declare(declarations), NOW).unwrap();
    state
}

/// Keeps segments of every kind live in it.
pub fn watch(state: &mut State) {
    let define = |(name, rule): (&str, &str)| SegmentDefinition {
        name: name.into(),
        rule: rule.into(),
        description: String::new(),
    };
    let segments = [
        ("seen", "count(view last 30d) >= 2"),
        ("lone", "not segment(\"seen\") and not has(age)"),
        ("grown", "age >= 2 and since_last(view) > 2h"),
        (
            "again",
            "sequence(view, view within 3h, not view within 1h)",
        ),
        ("long", "segment(\"seen\") for 1h.."),
    ];
    let definitions = segments.map(define).into();
    state
        .run(Command::DefineSegments(definitions), NOW)
        .unwrap();
}

fn row(said: &Said) -> Row {
    let mut row: Row = said
        .ids
        .iter()
        .map(|(name, id)| (*name, Value::String(id.clone())))
        .collect();
    row.insert("time", Value::Instant(time(said)));
    if let Some(event_id) = &said.event_id {
        row.insert("event_id", Value::String(event_id.clone()));
        row.insert("type", Value::String("view".into()));
    }
    if let Some(age) = said.age {
        row.insert("age", Value::Integer(age));
    }
    row
}

fn time(said: &Said) -> Instant {
    Instant(NOW.0 - said.hours * 3_600_000)
}

/// Feeds rows in pieces of `size`, events and writes of a piece in a batch each.
pub fn feed(state: &mut State, rows: &[Said], size: usize) {
    for piece in rows.chunks(size.max(1)) {
        let (events, writes): (Vec<_>, Vec<_>) =
            piece.iter().partition(|said| said.event_id.is_some());
        let of = |said: Vec<&Said>| batch(&said.into_iter().map(row).collect::<Vec<_>>(), false);
        for command in [
            Command::Track(of(events)),
            Command::LoadProfiles(of(writes)),
        ] {
            let (_, report) = state.run(command, NOW).unwrap();
            assert!(report.refused.is_empty(), "{report:?}");
        }
    }
}

/// Time, event id and texts of a link.
type Stamp = (Instant, String, [String; 2]);

/// Ids that a command set apart: none of one side joins one of the other.
type Sides = (BTreeSet<String>, BTreeSet<String>);

/// The naive model.
#[derive(Debug)]
pub struct Naive {
    namespaces: BTreeMap<String, NamespaceDefinition>,
    pub ids: BTreeSet<String>,
    links: BTreeMap<[String; 2], Stamp>,
    by_hand: Vec<[String; 2]>,
    apart: Vec<Sides>,
    writes: BTreeMap<String, (Instant, Option<i64>)>,
    households: BTreeMap<String, (Instant, String)>,
    events: BTreeMap<String, usize>,
}

impl Naive {
    pub fn new(namespaces: &[NamespaceDefinition]) -> Self {
        let named = namespaces.iter().map(|one| (one.name.clone(), one.clone()));
        Self {
            namespaces: named.collect(),
            ids: BTreeSet::new(),
            links: BTreeMap::new(),
            by_hand: Vec::new(),
            apart: Vec::new(),
            writes: BTreeMap::new(),
            households: BTreeMap::new(),
            events: BTreeMap::new(),
        }
    }

    fn of(&self, id: &str) -> &NamespaceDefinition {
        &self.namespaces[id.split_once(':').unwrap().0]
    }

    pub fn say(&mut self, said: &Said) {
        let (households, mut ids): (Vec<String>, Vec<String>) = said
            .ids
            .iter()
            .map(|(name, id)| format!("{name}:{id}"))
            .partition(|id| self.of(id).household);
        ids.sort_by_key(|id| (std::cmp::Reverse(self.of(id).priority), id.clone()));
        let owner = ids[0].clone();
        self.ids.extend(ids.iter().cloned());
        for other in &ids[1..] {
            let mut pair = [owner.clone(), other.clone()];
            pair.sort();
            let stamp = (
                time(said),
                said.event_id.clone().unwrap_or_default(),
                pair.clone(),
            );
            let kept = self.links.entry(pair).or_insert_with(|| stamp.clone());
            *kept = stamp.min(kept.clone());
        }
        if said.event_id.is_some() {
            *self.events.entry(owner.clone()).or_default() += 1;
        }
        if let Some(age) = said.age {
            let write = (time(said), Some(age));
            let kept = self.writes.entry(owner.clone()).or_insert(write);
            *kept = write.max(*kept);
        }
        for household in households {
            let write = (time(said), household);
            let kept = self
                .households
                .entry(owner.clone())
                .or_insert_with(|| write.clone());
            *kept = write.max(kept.clone());
        }
    }

    fn is_shared(&self, id: &str) -> bool {
        let partners = self
            .links
            .keys()
            .filter(|pair| pair.iter().any(|end| end == id));
        !self.of(id).unique && partners.count() > 100
    }

    fn may_be_one(&self, ids: &BTreeSet<String>) -> bool {
        let meets = |(a, b): &Sides| !ids.is_disjoint(a) && !ids.is_disjoint(b);
        let fits = |name: &String| {
            let count = ids.iter().filter(|id| self.of(id).name == *name).count();
            let namespace = &self.namespaces[name];
            let most = if namespace.unique {
                Some(1)
            } else {
                namespace.limit
            };
            most.is_none_or(|most| count <= most as usize)
        };
        !self.apart.iter().any(meets) && self.namespaces.keys().all(fits)
    }

    /// All profiles, and how many links are refused.
    pub fn profiles(&self) -> (Vec<BTreeSet<String>>, u64) {
        let mut profiles: Vec<BTreeSet<String>> =
            self.ids.iter().map(|id| [id.clone()].into()).collect();
        let mut refused = 0;
        let mut join = |pair: &[String; 2], firmly: bool| {
            let place = |profiles: &[BTreeSet<String>], id| {
                profiles.iter().position(|one| one.contains(id)).unwrap()
            };
            let (a, b) = (place(&profiles, &pair[0]), place(&profiles, &pair[1]));
            if a == b {
                return;
            }
            let whole = &profiles[a] | &profiles[b];
            if firmly || self.may_be_one(&whole) {
                profiles[a] = whole;
                profiles.remove(b);
            } else {
                refused += 1;
            }
        };
        self.by_hand.iter().for_each(|pair| join(pair, true));
        let mut links: Vec<&Stamp> = self.links.values().collect();
        links.sort();
        let is_idle = |pair: &[String; 2]| pair.iter().any(|id| self.is_shared(id));
        let links = links.into_iter().filter(|(_, _, pair)| !is_idle(pair));
        links.for_each(|(_, _, pair)| join(pair, false));
        (profiles, refused)
    }

    fn profile(&self, id: &str) -> Option<BTreeSet<String>> {
        self.profiles().0.into_iter().find(|one| one.contains(id))
    }

    /// Whether the command is in order.
    pub fn merge(&mut self, a: &str, b: &str) -> bool {
        let Some((p, q)) = self.profile(a).zip(self.profile(b)) else {
            return false;
        };
        let before = self.apart.clone();
        if p != q {
            let side = |ids: &BTreeSet<String>, group: &BTreeSet<String>| !ids.is_disjoint(group);
            self.apart
                .retain(|(x, y)| !(side(&p, x) && side(&q, y) || side(&p, y) && side(&q, x)));
            if !self.may_be_one(&(&p | &q)) {
                self.apart = before;
                return false;
            }
        }
        let pair = [a.to_owned(), b.to_owned()];
        let back = [b.to_owned(), a.to_owned()];
        if a != b && !self.by_hand.contains(&pair) && !self.by_hand.contains(&back) {
            self.by_hand.push(pair);
        }
        true
    }

    /// Whether the command is in order.
    pub fn unmerge(&mut self, ids: &[String]) -> bool {
        let ids: BTreeSet<String> = ids.iter().cloned().collect();
        let Some(profile) = ids.first().and_then(|id| self.profile(id)) else {
            return false;
        };
        if !ids.is_subset(&profile) || ids == profile {
            return false;
        }
        self.by_hand
            .retain(|[a, b]| ids.contains(a) == ids.contains(b));
        let rest = &profile - &ids;
        self.apart.push((ids, rest));
        true
    }

    /// Age, household and number of events of a profile.
    pub fn told(&self, profile: &BTreeSet<String>) -> (Option<i64>, Option<String>, usize) {
        let age = profile.iter().filter_map(|id| self.writes.get(id)).max();
        let household = profile
            .iter()
            .filter_map(|id| self.households.get(id))
            .max();
        let events = profile.iter().filter_map(|id| self.events.get(id)).sum();
        (
            age.and_then(|(_, age)| *age),
            household.map(|(_, household)| household.clone()),
            events,
        )
    }
}
