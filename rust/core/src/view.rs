//! What readers see: everything that is true at one version, unchanging.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::auction::exposure::Ledger;
use crate::auction::reservation::Reservations;
use crate::auction::spend::Spending;
use crate::bitmap::Bitmap;
use crate::catalog::Catalog;
use crate::error::Result;
use crate::event::history::{History, StoredEvent};
use crate::id::{
    AttributeId, ItemAttributeId, ItemId, NamespaceId, ProfileId, PropertyId, SegmentId,
};
use crate::item::Items;
use crate::person::{Event, Person};
use crate::pool::Pool;
use crate::profile::attribute::AttributeColumn;
use crate::profile::dictionary::{Dictionary, IdSlot};
use crate::profile::fact::Fact;
use crate::rule::plan::Field;
use crate::segment::columns::Columns;
use crate::segment::feed::Feed;
use crate::segment::rows::{Row, Rows as SegmentRows};
use crate::time::Instant;
use crate::typed::{Cell, TypedCells, TypedColumn};
use crate::value::{Kind, Value};

/// The truth at one version. A clone is cheap; nothing that happens later changes it.
#[derive(Clone, Debug)]
pub struct View {
    pub(crate) version: u64,
    pub(crate) time: Instant,
    pub(crate) catalog: Catalog,
    pub(crate) ids: Dictionary,
    pub(crate) live: Bitmap,
    pub(crate) compound: Bitmap,
    /// How many slots there were when the last record was done.
    known: u32,
    pub(crate) households: Fact,
    pub(crate) attributes: Vec<Fact>,
    pub(crate) items: Items,
    pub(crate) channels: Pool,
    /// By property; texts of string properties.
    pub(crate) properties: Vec<Pool>,
    pub(crate) history: History,
    /// By segment, as of the view's time; empty where it is not live.
    pub(crate) members: Columns,
    pub(crate) rows: SegmentRows,
    pub(crate) feed: Feed,
    pub(crate) reservations: Reservations,
    pub(crate) spending: Spending,
    /// Where the caps of the catalog are counted.
    pub(crate) exposures: Arc<Ledger>,
    /// What is read of something that is not declared.
    nothing: Arc<Fact>,
    nobody: Arc<Bitmap>,
}

impl Default for View {
    fn default() -> Self {
        Self {
            version: 0,
            time: Instant::MIN,
            catalog: Catalog::default(),
            ids: Dictionary::default(),
            live: Bitmap::full(0..0),
            compound: Bitmap::new(),
            known: 0,
            households: Fact::new(Kind::String),
            attributes: Vec::new(),
            items: Items::default(),
            channels: Pool::new(),
            properties: Vec::new(),
            history: History::new(),
            members: Columns::default(),
            rows: SegmentRows::default(),
            feed: Feed::default(),
            reservations: Reservations::default(),
            spending: Spending::default(),
            exposures: Arc::default(),
            nothing: Arc::new(Fact::new(Kind::Integer)),
            nobody: Arc::default(),
        }
    }
}

impl View {
    /// How many records were applied.
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// Engine time: that of the last record; [`Instant::MIN`] before the first.
    pub const fn time(&self) -> Instant {
        self.time
    }

    /// What is declared and defined.
    pub const fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// All profiles, each by its survivor.
    pub const fn live(&self) -> &Bitmap {
        &self.live
    }

    /// The profiles of more than one id.
    pub const fn compound(&self) -> &Bitmap {
        &self.compound
    }

    /// How many profiles were ever numbered; all numbers are less.
    pub const fn population(&self) -> u32 {
        self.ids.profiles()
    }

    /// Who is known.
    pub const fn ids(&self) -> &Dictionary {
        &self.ids
    }

    /// Values and pools of an attribute; empty for one that is not declared.
    pub fn fact(&self, attribute: AttributeId) -> &Fact {
        self.attributes
            .get(attribute.index())
            .unwrap_or(&self.nothing)
    }

    /// The values of an attribute by profile; empty for one that is not declared.
    pub fn attribute(&self, attribute: AttributeId) -> &AttributeColumn {
        self.fact(attribute).column()
    }

    /// The texts of an attribute: values of strings, members of sets.
    pub fn attribute_pool(&self, attribute: AttributeId) -> &Pool {
        self.fact(attribute).texts()
    }

    /// The sets of an attribute: sorted text codes as little-endian `u32`.
    pub fn set_pool(&self, attribute: AttributeId) -> &Pool {
        self.fact(attribute).sets()
    }

    /// All items.
    pub const fn items(&self) -> &Items {
        &self.items
    }

    /// The ids of items; the code of an id is its [`ItemId`].
    pub const fn item_pool(&self) -> &Pool {
        self.items.ids()
    }

    /// Values and pools of an item attribute; empty for one that is not declared.
    pub fn item_fact(&self, attribute: ItemAttributeId) -> &Fact {
        self.items.attribute(attribute).unwrap_or(&self.nothing)
    }

    /// The values of an item attribute by item; empty for one that is not declared.
    pub fn item_attribute(&self, attribute: ItemAttributeId) -> &AttributeColumn {
        self.item_fact(attribute).column()
    }

    /// The texts of an item attribute.
    pub fn item_attribute_pool(&self, attribute: ItemAttributeId) -> &Pool {
        self.item_fact(attribute).texts()
    }

    /// The sets of an item attribute.
    pub fn item_set_pool(&self, attribute: ItemAttributeId) -> &Pool {
        self.item_fact(attribute).sets()
    }

    /// The channels of events.
    pub const fn channel_pool(&self) -> &Pool {
        &self.channels
    }

    /// The texts of a string property; empty for one that is not declared.
    pub fn property_pool(&self, property: PropertyId) -> &Pool {
        self.properties
            .get(property.index())
            .unwrap_or_else(|| self.nothing.texts())
    }

    /// What happened.
    pub const fn history(&self) -> &History {
        &self.history
    }

    /// The members of a live segment at the view's time; none where it is not live, see [`View::is_live`].
    pub fn members(&self, segment: SegmentId) -> &Bitmap {
        self.members.of(segment, &self.nobody)
    }

    /// Whether the members of a segment are kept: it is defined and not paused.
    pub fn is_live(&self, segment: SegmentId) -> bool {
        self.catalog.segment(segment).is_some_and(|own| !own.paused)
    }

    /// The live segments that a profile is in at the view's time; none for a profile that nobody knows.
    pub fn segments_of(&self, profile: ProfileId) -> Row<'_> {
        self.rows.of(profile)
    }

    /// A number that is another whenever the segments of a profile may be others; none for a profile that nobody knows.
    pub fn row_key(&self, profile: ProfileId) -> Option<u64> {
        self.rows.key(profile)
    }

    /// Who entered and left.
    pub const fn feed(&self) -> &Feed {
        &self.feed
    }

    /// Bytes on the heap of memberships, by segment and by profile.
    pub fn membership_bytes(&self) -> (usize, usize) {
        (self.members.heap_bytes(), self.rows.heap_bytes())
    }

    /// Exposures that may come, and those that came of them.
    pub const fn reservations(&self) -> &Reservations {
        &self.reservations
    }

    /// What line items and campaigns have spent.
    pub const fn spending(&self) -> &Spending {
        &self.spending
    }

    /// Where the caps of the catalog are counted.
    pub fn exposures(&self) -> &Ledger {
        &self.exposures
    }

    /// The profile that an id such as `crm:4711` belongs to; not found when nobody has it.
    pub fn profile(&self, id: &str) -> Result<ProfileId> {
        self.slot(id).map(|slot| self.ids.profile(slot))
    }

    /// The ids of a profile as `crm:4711`, in order of first mention; none for a number that was never given.
    pub fn id_texts(&self, profile: ProfileId) -> impl Iterator<Item = String> {
        self.ids.slots(profile).filter_map(|slot| {
            let (namespace, value) = self.ids.id(slot)?;
            Some(format!(
                "{}:{value}",
                self.catalog.namespace(namespace)?.name
            ))
        })
    }

    /// The first id of a profile as `crm:4711`; `None` for a number that was never given.
    pub fn id_text(&self, profile: ProfileId) -> Option<String> {
        self.id_texts(profile).next()
    }

    /// The ids of a profile in one namespace, without its name.
    pub fn ids_in(&self, profile: ProfileId, namespace: NamespaceId) -> impl Iterator<Item = &str> {
        let ids = self.ids.slots(profile).filter_map(|slot| self.ids.id(slot));
        ids.filter(move |(of, _)| *of == namespace)
            .map(|(_, value)| value)
    }

    /// One profile in plain form, with what all its ids did and what was last written to any of them; empty for a number that
    /// was never given or was merged away.
    pub fn person(&self, profile: ProfileId) -> Person {
        self.person_at(profile, self.time)
    }

    /// One profile as it is known once engine time has reached `now`: what is outside retention by then is gone, from the past
    /// too, whether it still lies in memory or not.
    pub(crate) fn person_at(&self, profile: ProfileId, now: Instant) -> Person {
        let attributes = self.attributes.iter().enumerate();
        let attributes = attributes
            .filter_map(|(number, fact)| Some((AttributeId(number as u32), fact.read(profile.0)?)));
        let mut events = self.events(profile);
        events.retain(|event| event.end().is_none_or(|end| now < end));
        Person {
            attributes: attributes.collect(),
            events,
        }
    }

    fn events(&self, profile: ProfileId) -> Vec<Event> {
        let plain = self.stored_events(profile).into_iter().map(|stored| {
            let mut event = Event {
                event_type: stored.event_type,
                time: stored.time,
                retention: self
                    .catalog
                    .event_type(stored.event_type)
                    .and_then(|declared| declared.definition.retention),
                item: None,
                item_attributes: BTreeMap::new(),
                value: None,
                quantity: None,
                channel: None,
                properties: BTreeMap::new(),
            };
            for ((field, kind), code) in self
                .catalog
                .field_slots(stored.event_type)
                .into_iter()
                .zip(stored.fields)
            {
                let Some(cell) = code.and_then(|code| self.cell(field, code)) else {
                    continue;
                };
                self.put(&mut event, field, cell, kind);
            }
            event
        });
        plain.collect()
    }

    fn stored_events(&self, profile: ProfileId) -> Vec<StoredEvent> {
        if !self.ids.is_compound(profile) {
            let is_survivor = self.ids.profile(IdSlot(profile.0)) == profile;
            return if is_survivor {
                self.history.events(profile)
            } else {
                Vec::new()
            };
        }
        let slots = self.ids.slots(profile);
        let mut events: Vec<_> = slots
            .flat_map(|slot| self.history.events(slot.owner()))
            .collect();
        events.sort();
        events
    }

    fn put(&self, event: &mut Event, field: Field, cell: Cell<'_>, kind: Kind) {
        match (field, cell) {
            (Field::Item, Cell::Text(text)) => {
                event.item = Some(text.to_owned());
                event.item_attributes = self.item_values(text);
            }
            (Field::Channel, Cell::Text(text)) => event.channel = Some(text.to_owned()),
            (Field::Value, Cell::Number(number)) => event.value = Some(number),
            (Field::Quantity, Cell::Number(number)) => event.quantity = Some(number),
            (Field::Property(id), cell) => _ = event.properties.insert(id, cell.value(kind)),
            (
                Field::Item
                | Field::Channel
                | Field::Value
                | Field::Quantity
                | Field::ItemAttribute(_),
                _,
            ) => {}
        }
    }

    fn item_values(&self, id: &str) -> BTreeMap<ItemAttributeId, Value> {
        let item = self.items.item(id);
        let values = self.items.attributes.iter().enumerate();
        values
            .filter_map(|(number, fact)| {
                Some((ItemAttributeId(number as u32), fact.read(item?.0)?.0))
            })
            .collect()
    }

    /// The stored value of an item's attribute.
    pub(crate) fn item_code(&self, attribute: ItemAttributeId, item: i64) -> Option<i64> {
        let column = self.item_attribute(attribute);
        column.read(u32::try_from(item).ok()?).map(|(code, _)| code)
    }

    /// The value behind the stored value of a field.
    pub(crate) fn field_value(&self, field: Field, kind: Kind, code: i64) -> Option<Value> {
        match field {
            Field::ItemAttribute(attribute) => self.item_fact(attribute).value(code),
            Field::Item | Field::Value | Field::Quantity | Field::Channel | Field::Property(_) => {
                Some(self.cell(field, code)?.value(kind))
            }
        }
    }

    /// The text or number behind a stored code.
    pub(crate) fn cell(&self, field: Field, code: i64) -> Option<Cell<'_>> {
        let text = |pool| Pool::text(pool, u32::try_from(code).ok()?).map(Cell::Text);
        match field {
            Field::Item => text(&self.items.ids),
            Field::Channel => text(&self.channels),
            Field::Property(id) if self.catalog.property(id)?.kind == Kind::String => {
                text(self.property_pool(id))
            }
            Field::Value | Field::Quantity | Field::Property(_) => Some(Cell::Number(code)),
            Field::ItemAttribute(_) => None,
        }
    }

    /// The codes of a column of `len` cells of a field; new texts are added.
    pub(crate) fn encode(
        &mut self,
        field: Field,
        column: &TypedColumn,
        len: usize,
    ) -> Vec<Option<i64>> {
        let TypedCells::Text(texts) = &column.cells else {
            return (0..len).map(|row| column.number(row)).collect();
        };
        let pool = match field {
            Field::Item => Some(&mut self.items.ids),
            Field::Channel => Some(&mut self.channels),
            Field::Property(id) => self.properties.get_mut(id.index()),
            Field::Value | Field::Quantity | Field::ItemAttribute(_) => None,
        };
        pool.map_or_else(
            || vec![None; len],
            |pool| pool.intern_rows(texts, len, |row| column.is_present(row)),
        )
    }

    /// Takes over a catalog that has grown.
    pub(crate) fn set_catalog(&mut self, catalog: Catalog) {
        if !self.catalog.is_for_auctions(&catalog) {
            self.exposures = Arc::new(Ledger::of(&catalog));
        }
        let new = catalog.attributes().skip(self.attributes.len());
        self.attributes
            .extend(new.map(|(_, attribute)| Fact::new(attribute.kind)));
        let new = catalog.item_attributes().skip(self.items.attributes.len());
        self.items
            .attributes
            .extend(new.map(|(_, attribute)| Fact::new(attribute.kind)));
        self.properties
            .resize_with(catalog.properties().len(), Pool::new);
        self.catalog = catalog;
    }

    /// Ends a record: a new version at `time`. Gives the number from which on profiles are new with it.
    pub(crate) fn publish(&mut self, time: Instant) -> u32 {
        self.version += 1;
        self.time = time;
        let (known, population) = (self.known, self.population());
        if known < population {
            let new = Bitmap::full(known..population);
            let merged = self.merged_away(&new);
            self.live = &(&self.live | &new) - &merged;
            self.known = population;
        }
        known
    }

    fn merged_away(&self, slots: &Bitmap) -> Bitmap {
        let is_survivor = |slot: &u32| self.ids.profile(IdSlot(*slot)).0 == *slot;
        Bitmap::from_sorted(slots.iter().filter(|slot| !is_survivor(slot)))
    }

    /// Says anew which of these numbers, rising, are profiles, and which of those have several ids.
    pub(crate) fn refresh(&mut self, profiles: &[u32]) {
        let all = Bitmap::from_sorted(profiles.iter().copied());
        let several = |profile: &u32| self.ids.is_compound(ProfileId(*profile));
        let compound = Bitmap::from_sorted(profiles.iter().copied().filter(several));
        let merged = self.merged_away(&all);
        self.compound = &(&self.compound - &all) | &compound;
        self.live = &(&self.live | &all) - &merged;
    }

    /// Checks that what follows from links is what deciding everything anew gives. Slow.
    pub fn validate(&self) -> std::result::Result<(), String> {
        self.ids.validate()?;
        self.ids.validate_profiles(&self.catalog)?;
        for slot in 0..self.population() {
            let profile = self.ids.profile(IdSlot(slot));
            if self.live.contains(slot) != (profile.0 == slot) {
                return Err(format!("profile {slot} is wrongly live or not"));
            }
            if self.compound.contains(slot) != self.ids.is_compound(ProfileId(slot)) {
                return Err(format!("profile {slot} wrongly has several ids or not"));
            }
            for fact in self.attributes.iter().chain([&self.households]) {
                let slots = self.ids.slots(ProfileId(slot)).map(|slot| slot.0);
                let alone = self.ids.survivor(slot).is_none();
                let writes = slots.filter_map(|slot| fact.own_write(slot, alone));
                let latest = writes.max_by_key(|(value, written)| (*written, value.clone()));
                if fact.last_write(slot) != latest {
                    return Err(format!("an attribute of profile {slot} is not its latest"));
                }
            }
        }
        Ok(())
    }

    /// The number of an item; `None` when it was never mentioned.
    pub fn item(&self, id: &str) -> Option<ItemId> {
        self.items.item(id)
    }
}
