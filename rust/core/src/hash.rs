//! Hashes of the truth: `state_hash` of every bit, `content_hash` of what outsiders can tell.

use std::collections::BTreeSet;
use std::hash::Hash;

use xxhash_rust::xxh3::Xxh3;

use crate::id::ProfileId;
use crate::pool::Pool;
use crate::profile::fact::Fact;
use crate::state::State;
use crate::view::View;

impl State {
    /// Equal after the same records, bit for bit: numbers and codes are part of it. Slow.
    pub fn state_hash(&self) -> u128 {
        let mut digest = Xxh3::new();
        let view = &self.view;
        (self.settings, view.version, view.time).hash(&mut digest);
        let mut catalog = Vec::new();
        write_catalog(view, &mut catalog);
        catalog.hash(&mut digest);
        let pools = [view.ids.pool(), &view.items.ids, &view.channels];
        pools
            .into_iter()
            .chain(&view.properties)
            .for_each(|pool| hash_pool(pool, &mut digest));
        view.attributes
            .iter()
            .chain([&view.households])
            .for_each(|fact| hash_profile_fact(fact, view, &mut digest));
        view.ids.hash_identity(&mut digest);
        view.items
            .attributes
            .iter()
            .for_each(|fact| hash_fact(fact, view.items.ids.len(), &mut digest));
        for profile in 0..view.population() {
            let events = view.history.events(ProfileId(profile));
            view.live.contains(profile).hash(&mut digest);
            events.len().hash(&mut digest);
            for event in events {
                (event.time, event.event_type, event.fields).hash(&mut digest);
            }
        }
        let mut seen: Vec<_> = self
            .dedupe
            .iter()
            .map(|seen| (seen.key, seen.time, seen.event_type, seen.owner))
            .collect();
        seen.sort_unstable_by_key(|(key, ..)| key.id);
        seen.hash(&mut digest);
        view.reservations
            .iter()
            .for_each(|own| own.hash(&mut digest));
        view.reservations.tallies().hash(&mut digest);
        view.spending.parts().for_each(|own| own.hash(&mut digest));
        view.spending.paces().for_each(|own| own.hash(&mut digest));
        digest.digest128()
    }
}

fn hash_pool(pool: &Pool, digest: &mut Xxh3) {
    pool.len().hash(digest);
    pool.iter().for_each(|entry| entry.hash(digest));
}

/// What stands for profiles, and what was written to each of their ids.
fn hash_profile_fact(fact: &Fact, view: &View, digest: &mut Xxh3) {
    hash_fact(fact, view.population(), digest);
    for slot in 0..view.population() {
        if view.ids.survivor(slot).is_some() {
            fact.own_write(slot, false).hash(digest);
        }
    }
}

fn hash_fact(fact: &Fact, rows: u32, digest: &mut Xxh3) {
    hash_pool(fact.texts(), digest);
    hash_pool(fact.sets(), digest);
    (0..rows).for_each(|row| fact.column().last_write(row).hash(digest));
}

impl View {
    /// Equal when the truth is: ids and which of them are one profile, attributes, households, visible events, items,
    /// catalog and memberships of live segments, whatever order they came in. Slow.
    ///
    /// Leaves out numbers, versions and everything else that is derived. Unset attributes count as absent and keep no time.
    pub fn content_hash(&self) -> u128 {
        let mut digest = Xxh3::new();
        let mut catalog = Vec::new();
        write_catalog(self, &mut catalog);
        catalog.sort();
        catalog.hash(&mut digest);
        let mut people: Vec<_> = (0..self.population())
            .map(ProfileId)
            .filter(|profile| self.live.contains(profile.0))
            .map(|profile| {
                let ids: BTreeSet<String> = self.id_texts(profile).collect();
                (ids, profile)
            })
            .collect();
        people.sort();
        for (ids, profile) in people {
            ids.hash(&mut digest);
            self.household(profile).hash(&mut digest);
            self.hash_person(profile, &mut digest);
            let segments = self.segments_of(profile).iter();
            let named = segments.filter_map(|id| self.catalog.segment(id));
            let named = named.filter(|segment| !segment.is_hidden());
            let names = named.map(|segment| &segment.definition.name);
            names.collect::<BTreeSet<_>>().hash(&mut digest);
        }
        let mut items: Vec<_> = (0..self.items.ids.len())
            .filter_map(|item| {
                let facts = self.catalog.item_attributes().zip(&self.items.attributes);
                let values = facts
                    .filter_map(|((_, declared), fact)| Some((&declared.name, fact.read(item)?.0)));
                Some((
                    self.items.ids.text(item)?,
                    values.collect::<std::collections::BTreeMap<_, _>>(),
                ))
            })
            .filter(|(_, values)| !values.is_empty())
            .collect();
        items.sort();
        items.hash(&mut digest);
        digest.digest128()
    }

    fn hash_person(&self, profile: ProfileId, digest: &mut Xxh3) {
        let person = self.person(profile);
        let attributes = person.attributes.iter();
        let mut attributes: Vec<_> = attributes
            .map(|(id, write)| {
                (
                    self.catalog.attribute(*id).map(|declared| &declared.name),
                    write,
                )
            })
            .collect();
        attributes.sort();
        attributes.hash(digest);
        let visible = person.events.iter().filter(|event| {
            event
                .retention
                .is_none_or(|retention| event.time.plus(retention) > self.time)
        });
        let mut events: Vec<_> = visible
            .map(|event| {
                let properties = event.properties.iter();
                let mut properties: Vec<_> = properties
                    .map(|(id, value)| {
                        (
                            self.catalog.property(*id).map(|declared| &declared.name),
                            value,
                        )
                    })
                    .collect();
                properties.sort();
                let event_type = self
                    .catalog
                    .event_type(event.event_type)
                    .map(|declared| &declared.definition.name);
                (
                    event.time,
                    event_type,
                    &event.item,
                    event.value,
                    event.quantity,
                    &event.channel,
                    properties,
                )
            })
            .collect();
        events.sort();
        events.hash(digest);
    }
}

/// One text for each thing that is declared, in order of declaration.
fn write_catalog(view: &View, out: &mut Vec<String>) {
    let catalog = &view.catalog;
    out.extend(
        catalog
            .namespaces()
            .map(|(_, declared)| format!("namespace {declared:?}")),
    );
    out.extend(
        catalog
            .attributes()
            .map(|(_, declared)| format!("attribute {declared:?}")),
    );
    out.extend(
        catalog
            .item_attributes()
            .map(|(_, declared)| format!("item attribute {declared:?}")),
    );
    out.extend(catalog.event_types().map(|(_, declared)| {
        let mut definition = declared.definition.clone();
        definition.properties.sort_by(|a, b| a.name.cmp(&b.name));
        format!("event type {definition:?}")
    }));
    out.extend(
        catalog
            .named_segments()
            .map(|segment| format!("segment {:?}", segment.definition)),
    );
    out.extend(
        catalog
            .dimensions()
            .map(|(_, declared)| format!("{declared:?}")),
    );
    catalog.book().write(out);
}
