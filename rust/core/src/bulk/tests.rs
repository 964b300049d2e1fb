//! One meaning: the bulk evaluator agrees with the reference about every profile, and what is stored is what was sent.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::bitmap::Bitmap;
use crate::bulk::{Query, members};
use crate::catalog::Catalog;
use crate::explain::holds;
use crate::id::{EventTypeId, ItemAttributeId, ProfileId};
use crate::person::{Event, Person};
use crate::record::Command;
use crate::rows::{Cells, Column, Rows, Texts};
use crate::rule::ast::Rule;
use crate::rule::plan::{Field, Leaf, Plan};
use crate::rule::testing::{START, instants, micros, rules, texts, values};
use crate::state::{Clock, Settings, State};
use crate::testing::{column, event_rows, strings};
use crate::time::{Duration, Instant};
use crate::value::{Kind, Value};

/// A catalog, a rule over it, what is known of items, and people.
#[derive(Clone, Debug)]
struct World {
    catalog: Catalog,
    rule: Rule,
    items: BTreeMap<String, BTreeMap<ItemAttributeId, Value>>,
    people: Vec<Person>,
    /// Under how many ids each person acts.
    cookies: usize,
}

fn worlds() -> impl Strategy<Value = World> {
    rules().prop_flat_map(|(catalog, rule)| {
        let items = prop::collection::btree_map(texts(), item_attributes(&catalog), 0..4);
        let people = prop::collection::vec(people(&catalog), 1..5);
        let parts = (Just(catalog), Just(rule), items, people, 1..4usize);
        parts.prop_map(|(catalog, rule, items, mut people, cookies)| {
            // Items are what they are today, whenever the event was.
            for event in people.iter_mut().flat_map(|person| &mut person.events) {
                event.item_attributes = event
                    .item
                    .as_ref()
                    .and_then(|item| items.get(item))
                    .cloned()
                    .unwrap_or_default();
            }
            World {
                catalog,
                rule,
                items,
                people,
                cookies,
            }
        })
    })
}

fn maybe<T: Clone + std::fmt::Debug>(
    value: impl Strategy<Value = T>,
) -> impl Strategy<Value = Option<T>> {
    prop::option::weighted(0.7, value)
}

fn present<K: Ord + Clone>(keys: &[K], values: Vec<Option<Value>>) -> BTreeMap<K, Value> {
    keys.iter()
        .cloned()
        .zip(values)
        .filter_map(|(key, value)| Some((key, value?)))
        .collect()
}

fn item_attributes(
    catalog: &Catalog,
) -> impl Strategy<Value = BTreeMap<ItemAttributeId, Value>> + use<> {
    let (ids, kinds): (Vec<_>, Vec<_>) = catalog
        .item_attributes()
        .map(|(id, declared)| (id, declared.kind))
        .unzip();
    let each: Vec<_> = kinds.into_iter().map(|kind| maybe(values(kind))).collect();
    each.prop_map(move |values| present(&ids, values))
}

fn people(catalog: &Catalog) -> impl Strategy<Value = Person> + use<> {
    let (ids, kinds): (Vec<_>, Vec<_>) = catalog
        .attributes()
        .map(|(id, declared)| (id, declared.kind))
        .unzip();
    let attributes: Vec<_> = kinds.into_iter().map(|kind| maybe(values(kind))).collect();
    let types: Vec<_> = catalog
        .event_types()
        .map(|(id, _)| events(catalog, id).boxed())
        .collect();
    let events = prop::collection::vec(prop::sample::select(types).prop_flat_map(|one| one), 0..12);
    (attributes, instants(), events).prop_map(move |(values, written, mut events)| {
        events.sort_by(by_time);
        let attributes = present(&ids, values)
            .into_iter()
            .map(|(id, value)| (id, (value, written)))
            .collect();
        Person { attributes, events }
    })
}

fn by_time(a: &Event, b: &Event) -> std::cmp::Ordering {
    let key = |event: &Event| {
        (
            event.time,
            event.event_type,
            event.item.clone(),
            event.value,
            event.quantity,
        )
    };
    key(a)
        .cmp(&key(b))
        .then_with(|| a.channel.cmp(&b.channel))
        .then_with(|| a.properties.cmp(&b.properties))
}

fn events(catalog: &Catalog, event_type: EventTypeId) -> impl Strategy<Value = Event> + use<> {
    let retention = catalog.event_type(event_type).unwrap().definition.retention;
    let declared = catalog
        .field_slots(event_type)
        .into_iter()
        .filter_map(|(field, kind)| match field {
            Field::Property(id) => Some((id, kind)),
            _ => None,
        });
    let (ids, kinds): (Vec<_>, Vec<_>) = declared.unzip();
    let properties: Vec<_> = kinds.into_iter().map(|kind| maybe(values(kind))).collect();
    let fields = (
        maybe(texts()),
        maybe(micros()),
        maybe(-2..=4_i64),
        maybe(texts()),
    );
    (instants(), fields, properties).prop_map(
        move |(time, (item, value, quantity, channel), properties)| Event {
            event_type,
            time,
            retention,
            // An empty item names nothing.
            item: item.filter(|item| !item.is_empty()),
            item_attributes: BTreeMap::new(),
            value,
            quantity,
            channel,
            properties: present(&ids, properties),
        },
    )
}

impl World {
    /// The state after loading it all, behind `filler` other profiles, with events split over two batches.
    fn load(&self, filler: usize) -> State {
        let settings = Settings {
            clock: Clock::Manual,
            skew: Duration(400 * Duration::DAY.0),
            ..Settings::default()
        };
        let mut state = State::new(settings, self.catalog.clone());
        let mut run = |rows: Rows, command: fn(crate::record::Batch) -> Command| {
            let (_, report) = state.run(command(rows.into()), START).unwrap();
            assert_eq!(Vec::<crate::rows::Refusal>::new(), report.refused);
        };
        let fillers = strings("crm", (0..filler).map(|number| format!("f{number}")));
        run(
            Rows {
                len: filler,
                columns: vec![fillers],
            },
            Command::LoadProfiles,
        );
        run(self.item_rows(), Command::LoadItems);
        run(self.people_rows(), Command::LoadProfiles);
        let events: Vec<(usize, &Event)> = self
            .people
            .iter()
            .enumerate()
            .flat_map(|(at, person)| person.events.iter().map(move |event| (at, event)))
            .collect();
        let (first, second) = events.split_at(events.len() / 3);
        for (number, part) in [second, first].into_iter().enumerate() {
            run(self.event_rows(number, part), Command::Track);
        }
        run(self.link_rows(), Command::LoadProfiles);
        assert_eq!(Ok(()), state.view().validate());
        assert_eq!(
            self.cookies > 1,
            state.view().compound().len() == self.people.len() as u64
        );
        state
    }

    /// Every id of a person in one row.
    fn link_rows(&self) -> Rows {
        let people = 0..self.people.len();
        let mut list = (vec![0u32], Texts::default());
        for number in people.clone() {
            (1..self.cookies).for_each(|cookie| list.1.push(&format!("p{number}-{cookie}")));
            list.0.push(list.1.offsets.len().saturating_sub(1) as u32);
        }
        let (offsets, texts) = list;
        let cookies = Column {
            name: "cookie".to_owned(),
            cells: Cells::TextList { offsets, texts },
            present: None,
        };
        Rows {
            len: people.len(),
            columns: vec![
                strings("crm", people.map(|number| format!("p{number}"))),
                cookies,
            ],
        }
    }

    /// The id under which a person acts in its event of this number, in one of two columns.
    fn acting(&self, events: &[(usize, &Event)]) -> [Column; 2] {
        let cookie = |number: usize| number % self.cookies;
        let each = |read: &dyn Fn(usize, usize) -> Option<String>| {
            let people = events.iter().enumerate();
            let ids = people.map(|(number, (person, _))| read(*person, cookie(number)));
            ids.map(|id| id.map(Value::String)).collect::<Vec<_>>()
        };
        let crm = each(&|person, cookie| (cookie == 0).then(|| format!("p{person}")));
        let cookies = each(&|person, cookie| (cookie > 0).then(|| format!("p{person}-{cookie}")));
        [
            column("crm", Kind::String, &crm),
            column("cookie", Kind::String, &cookies),
        ]
    }

    fn item_rows(&self) -> Rows {
        let items: Vec<_> = self
            .items
            .iter()
            .filter(|(item, _)| !item.is_empty())
            .collect();
        let mut columns = vec![strings(
            "item",
            items.iter().map(|(item, _)| (*item).clone()),
        )];
        for (id, declared) in self.catalog.item_attributes() {
            let values: Vec<_> = items
                .iter()
                .map(|(_, attributes)| attributes.get(&id).cloned())
                .collect();
            columns.push(column(&declared.name, declared.kind, &values));
        }
        Rows {
            len: items.len(),
            columns,
        }
    }

    fn people_rows(&self) -> Rows {
        let mut columns = vec![strings(
            "crm",
            (0..self.people.len()).map(|number| format!("p{number}")),
        )];
        for (id, declared) in self.catalog.attributes() {
            let own = |person: &Person| person.attributes.get(&id).map(|(value, _)| value.clone());
            let values: Vec<_> = self.people.iter().map(own).collect();
            columns.push(column(&declared.name, declared.kind, &values));
        }
        let written = |person: &Person| {
            person
                .attributes
                .values()
                .next()
                .map(|(_, at)| Value::Instant(*at))
        };
        columns.push(column(
            "time",
            Kind::Instant,
            &self.people.iter().map(written).collect::<Vec<_>>(),
        ));
        Rows {
            len: self.people.len(),
            columns,
        }
    }

    fn event_rows(&self, batch: usize, events: &[(usize, &Event)]) -> Rows {
        let ids = (0..events.len()).map(|number| format!("{batch}:{number}"));
        let plain: Vec<&Event> = events.iter().map(|(_, event)| *event).collect();
        event_rows(
            &self.catalog,
            self.acting(events).into(),
            ids.collect(),
            &plain,
        )
    }

    /// At the view's time every segment, by its name, is who its rule says, and so is a rule that names it.
    fn kept_members_agree(&self) -> Result<(), TestCaseError> {
        let state = self.load(3);
        let view = state.view();
        let rule = self.catalog.plan(&self.rule.to_string()).unwrap();
        let of = |plan: &Plan| -> Bitmap {
            let who = view.live().iter().filter(|profile| {
                let person = view.person(ProfileId(*profile));
                holds(plan, &person, view.catalog(), view.time())
            });
            who.collect()
        };
        for segment in view.catalog().segments() {
            let named = Plan::Leaf(Leaf::Segment(segment.id, None));
            let found = members(&view, &named, view.time());
            prop_assert_eq!(&of(&segment.plan), &found, "{}", segment.rule);
            let compiled = members(&view, &segment.plan, view.time());
            prop_assert_eq!(&compiled, &found, "{}", segment.rule);
        }
        prop_assert_eq!(of(&rule), members(&view, &rule, view.time()));
        Ok(())
    }

    fn agrees(&self, filler: usize, t: Instant) -> Result<(), TestCaseError> {
        let state = self.load(filler);
        let view = state.view();
        let plan = self.catalog.plan(&self.rule.to_string()).unwrap();
        let found = members(&view, &plan, t);
        let mut expected = 0;
        for (number, person) in self.people.iter().enumerate() {
            let profile = view.profile(&format!("crm:p{number}")).unwrap();
            let mut stored = view.person(profile);
            stored.events.sort_by(by_time);
            prop_assert_eq!(person, &stored, "what is stored is what was sent");
            let truth = holds(&plan, &person.seen_at(t.max(view.time())), &self.catalog, t);
            expected += u64::from(truth);
            prop_assert_eq!(
                truth,
                found.contains(profile.0),
                "{} for p{} at {}",
                self.rule,
                number,
                t
            );
        }
        if holds(&plan, &Person::default(), &self.catalog, t) {
            expected += filler as u64;
        }
        let query = Query::prepare(&view, &plan, t);
        prop_assert_eq!(
            expected,
            query.expression().count(),
            "the count is the number of members"
        );
        prop_assert_eq!(expected, found.len());
        found.validate().map_err(TestCaseError::fail)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, ..ProptestConfig::default() })]

    #[test]
    fn bulk_and_reference_agree_about_every_profile(world in worlds(), t in instants()) {
        world.agrees(0, t)?;
    }

    #[test]
    fn what_is_kept_of_a_segment_is_what_its_rule_says(world in worlds()) {
        world.kept_members_agree()?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn they_agree_across_the_edges_of_shards_and_chunks(
        world in worlds(), t in instants(), filler in prop::sample::select(vec![4_094usize, 8_191, 65_533]),
    ) {
        world.agrees(filler, t)?;
    }
}
