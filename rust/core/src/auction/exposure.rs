//! Exposures: which caps of a person are reached, told by what happened.
//!
//! An exposure is an event with a property `line_item` or `campaign` that names one of the book; ads and owned channels count alike.

use std::collections::BTreeMap;

use super::book::Book;
use super::cap::{CapDefinition, CapKey, CapUnit, cap, each_cap};
use super::held::Held;
use super::request::Request;
use crate::catalog::Catalog;
use crate::id::{AdvertiserId, CampaignId, EventTypeId, LineItemId, ProfileId, PropertyId};
use crate::profile::attribute::CHUNK_ROWS;
use crate::rule::plan::Field;
use crate::time::Instant;
use crate::value::{Kind, Value};
use crate::view::View;

/// What events tell about exposures.
pub(super) const LINE_ITEM: &str = "line_item";
pub(super) const CAMPAIGN: &str = "campaign";

/// Where caps are counted, made once for a catalog.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// Event types that name line items or campaigns, and where.
    types: Vec<Place>,
    /// Caps that allow nothing.
    closed: Vec<CapKey>,
    has_caps: bool,
    has_households: bool,
}

/// How often what was shown to a person counts for which cap.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    counts: BTreeMap<CapKey, u32>,
    /// Rising, each once.
    reached: Vec<CapKey>,
    has_caps: bool,
}

/// Where events of a type name what was shown.
#[derive(Clone, Debug)]
struct Place {
    event_type: EventTypeId,
    name: String,
    line_item: Option<usize>,
    campaign: Option<usize>,
}

/// What one exposure counts for.
struct Shown {
    time: Instant,
    event_type: EventTypeId,
    line_item: Option<LineItemId>,
    campaign: Option<CampaignId>,
    advertiser: AdvertiserId,
}

/// What is true when exposures are counted.
#[derive(Clone, Copy)]
struct Moment<'a> {
    view: &'a View,
    held: &'a Held<'a>,
    now: Instant,
}

impl Shown {
    fn of(
        book: &Book,
        (event_type, time): (EventTypeId, Instant),
        line_item: Option<LineItemId>,
        named: impl FnOnce() -> Option<CampaignId>,
    ) -> Option<Self> {
        let of_item = line_item.and_then(|id| Some(book.line_items.entry(id.0)?.campaign));
        let campaign = of_item.or_else(named);
        let advertiser = book.campaigns.entry(campaign?.0)?.advertiser;
        Some(Self {
            time,
            event_type,
            line_item,
            campaign,
            advertiser,
        })
    }
}

impl Ledger {
    /// Where the caps of a catalog are counted.
    pub fn of(catalog: &Catalog) -> Self {
        let book = catalog.book();
        let property = |name| {
            let found = catalog.property_id(name);
            found.filter(|id| {
                catalog
                    .property(*id)
                    .is_some_and(|own| own.kind == Kind::String)
            })
        };
        let names = (property(LINE_ITEM), property(CAMPAIGN));
        let types = catalog.event_types().filter_map(|(id, declared)| {
            let slot = |wanted: Option<PropertyId>| {
                let mut fields = catalog.field_slots(id).into_iter();
                fields.position(|(field, _)| Some(field) == wanted.map(Field::Property))
            };
            let (line_item, campaign) = (slot(names.0), slot(names.1));
            (line_item.is_some() || campaign.is_some()).then(|| Place {
                event_type: id,
                name: declared.definition.name.clone(),
                line_item,
                campaign,
            })
        });
        let mut ledger = Self {
            types: types.collect(),
            ..Self::default()
        };
        each_cap(book, |key, cap| {
            ledger.has_caps = true;
            ledger.has_households |= cap.unit == CapUnit::Household;
            if cap.count == 0 {
                ledger.closed.push(key);
            }
        });
        ledger
    }

    /// Whether events of a type are exposures.
    pub(crate) fn is_exposure(&self, event_type: EventTypeId) -> bool {
        self.place(event_type).is_some()
    }

    /// Whether events of a type name line items.
    pub(super) fn names_line_item(&self, event_type: EventTypeId) -> bool {
        self.place(event_type)
            .is_some_and(|own| own.line_item.is_some())
    }

    /// Whether events of a type name campaigns.
    pub(super) fn names_campaign(&self, event_type: EventTypeId) -> bool {
        self.place(event_type)
            .is_some_and(|own| own.campaign.is_some())
    }

    fn place(&self, event_type: EventTypeId) -> Option<&Place> {
        self.types.iter().find(|own| own.event_type == event_type)
    }

    /// What was shown to a profile, or to somebody of whom nothing is known, at the view's time; `None` when nobody can tell, since no
    /// declared event names what was shown.
    ///
    /// What the request has reserved itself does not count: asked again it has the same answer.
    pub fn tally(
        &self,
        view: &View,
        profile: Option<ProfileId>,
        request: &Request,
    ) -> Option<Tally> {
        let held = Held::beside(request, view);
        self.tally_at(view, &held, profile, view.time())
    }

    /// As [`Ledger::tally`] beside all that is `held`, and at a later time.
    pub(super) fn tally_at(
        &self,
        view: &View,
        held: &Held<'_>,
        profile: Option<ProfileId>,
        now: Instant,
    ) -> Option<Tally> {
        let at = Moment { view, held, now };
        let mut tally = Tally {
            counts: BTreeMap::new(),
            reached: self.closed.clone(),
            has_caps: self.has_caps,
        };
        if !self.has_caps {
            return Some(tally);
        }
        if self.types.is_empty() {
            return None;
        }
        let Some(profile) = profile else {
            return Some(tally);
        };
        let own = self.shown(at, profile);
        let mut counts: BTreeMap<CapKey, u32> = BTreeMap::new();
        self.count(at, &own, CapUnit::Profile, &mut counts);
        if self.has_households {
            for other in household(view, profile) {
                let shown = if other == profile {
                    Vec::new()
                } else {
                    self.shown(at, other)
                };
                let shown = if other == profile { &own } else { &shown };
                self.count(at, shown, CapUnit::Household, &mut counts);
            }
        }
        tally.counts = counts;
        tally.settle(view.catalog().book());
        Some(tally)
    }

    /// What was shown to a profile, and what is held for it, which counts as shown just now.
    fn shown(&self, at: Moment<'_>, profile: ProfileId) -> Vec<Shown> {
        let Moment { view, held, now } = at;
        let book = view.catalog().book();
        let types: Vec<EventTypeId> = self.types.iter().map(|own| own.event_type).collect();
        let slots = view.ids().slots(profile);
        let events = slots.flat_map(|slot| view.history().events_of(ProfileId(slot.0), &types));
        let shown = events.filter_map(|event| {
            let place = self.place(event.event_type)?;
            let declared = view.catalog().event_type(event.event_type)?;
            let retention = declared.definition.retention;
            let is_gone = retention.is_some_and(|span| event.time.plus(span) <= now);
            if is_gone || event.time > now {
                return None;
            }
            let text = |slot: Option<usize>, name: &str| {
                let code = event.fields.get(slot?).copied().flatten()?;
                let property = view.catalog().property_id(name)?;
                let code = u32::try_from(code).ok()?;
                view.property_pool(property).text(code)
            };
            let line_item =
                text(place.line_item, LINE_ITEM).and_then(|name| book.line_item_id(name));
            let named = || text(place.campaign, CAMPAIGN).and_then(|name| book.campaign_id(name));
            Shown::of(book, (event.event_type, event.time), line_item, named)
        });
        let slots = view.ids().slots(profile);
        let held = slots.flat_map(|slot| held.of_slot(slot, now));
        let held = held
            .filter_map(|own| Shown::of(book, (own.exposure?, now), Some(own.line_item), || None));
        shown.chain(held).collect()
    }

    fn count(
        &self,
        at: Moment<'_>,
        shown: &[Shown],
        unit: CapUnit,
        counts: &mut BTreeMap<CapKey, u32>,
    ) {
        let (book, now) = (at.view.catalog().book(), at.now);
        for own in shown {
            let name = self.place(own.event_type);
            let name = name.map_or("", |place| place.name.as_str());
            for (key, cap) in caps_of(book, own) {
                if cap.unit == unit && cap.counts(name) && own.time > now.minus(cap.window) {
                    *counts.entry(key).or_default() += 1;
                }
            }
        }
    }
}

impl Tally {
    /// The caps that are reached.
    pub fn reached(&self) -> &[CapKey] {
        &self.reached
    }

    /// Counts one more exposure of each of these line items, which may come as an event of this type.
    pub fn expect(
        &mut self,
        book: &Book,
        event_type: &str,
        line_items: impl Iterator<Item = LineItemId>,
    ) {
        if !self.has_caps {
            return;
        }
        for id in line_items {
            let item = book.line_items.entry(id.0);
            let keys = item.map(|item| book.caps(id, item)).unwrap_or_default();
            let counting = |key: &CapKey| cap(book, *key).is_some_and(|cap| cap.counts(event_type));
            for key in keys.into_iter().filter(counting) {
                *self.counts.entry(key).or_default() += 1;
            }
        }
        self.settle(book);
    }

    fn settle(&mut self, book: &Book) {
        let counts = self.counts.iter();
        let full =
            counts.filter(|(key, count)| cap(book, **key).is_some_and(|cap| **count >= cap.count));
        self.reached.extend(full.map(|(key, _)| *key));
        self.reached.sort_unstable();
        self.reached.dedup();
    }
}

/// The caps that an exposure counts for.
fn caps_of<'a>(book: &'a Book, own: &Shown) -> impl Iterator<Item = (CapKey, &'a CapDefinition)> {
    let line_item = own
        .line_item
        .and_then(|id| Some((id, book.line_items.entry(id.0)?)));
    let line_item = line_item.into_iter().flat_map(|(id, item)| {
        let caps = item.definition.caps.iter().enumerate();
        caps.map(move |(place, cap)| (CapKey::LineItem(id, place as u16), cap))
    });
    let campaign = own
        .campaign
        .and_then(|id| Some((id, book.campaigns.entry(id.0)?)));
    let campaign = campaign.into_iter().flat_map(|(id, campaign)| {
        let caps = campaign.definition.caps.iter().enumerate();
        caps.map(move |(place, cap)| (CapKey::Campaign(id, place as u16), cap))
    });
    let id = own.advertiser;
    let advertiser = book
        .advertisers
        .entry(id.0)
        .into_iter()
        .flat_map(move |advertiser| {
            let caps = advertiser.caps.iter().enumerate();
            caps.map(move |(place, cap)| (CapKey::Advertiser(id, place as u16), cap))
        });
    line_item.chain(campaign).chain(advertiser)
}

/// Everybody in the household of a profile, itself among them; alone where it has none.
fn household(view: &View, profile: ProfileId) -> Vec<ProfileId> {
    let column = view.households.column();
    let code = match view.households.read(profile.0) {
        Some((Value::String(_), _)) => column.read(profile.0).map(|own| own.0),
        _ => None,
    };
    let Some(code) = code else {
        return vec![profile];
    };
    let chunks = (view.population() as usize).div_ceil(CHUNK_ROWS);
    let rows = (0..chunks).filter_map(|key| Some((key, column.chunk(key as u32)?)));
    let rows = rows.flat_map(|(key, chunk)| {
        let start = key * CHUNK_ROWS;
        let alike = chunk.rows_of(code);
        alike.map(move |row| ProfileId((start + usize::from(row)) as u32))
    });
    rows.filter(|own| view.live().contains(own.0)).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::auction::Entry;
    use crate::auction::advertiser::AdvertiserDefinition;
    use crate::auction::campaign::CampaignDefinition;
    use crate::auction::line_item::LineItemDefinition;
    use crate::catalog::{Declaration, EventTypeDefinition, PropertyDefinition, preset};
    use crate::record::Command;
    use crate::rows::Rows;
    use crate::state::State;
    use crate::testing::{column, strings};
    use crate::time::Duration;
    use crate::value::Kind;

    const NOW: Instant = Instant(1_700_000_000_000);

    fn cap(count: u32, minutes: i64, unit: CapUnit) -> CapDefinition {
        CapDefinition {
            count,
            window: Duration(minutes * Duration::MINUTE.0),
            unit,
            types: Vec::new(),
        }
    }

    fn book(state: &mut State) {
        let advertiser = AdvertiserDefinition {
            name: "wine.example".to_owned(),
            caps: vec![cap(3, 60, CapUnit::Household)],
            ..AdvertiserDefinition::default()
        };
        let campaign = CampaignDefinition {
            name: "spring".to_owned(),
            advertiser: advertiser.name.clone(),
            caps: vec![cap(2, 60, CapUnit::Profile), cap(0, 1, CapUnit::Profile)],
            ..CampaignDefinition::default()
        };
        let item = LineItemDefinition {
            name: "red".to_owned(),
            campaign: campaign.name.clone(),
            caps: vec![cap(1, 10, CapUnit::Profile)],
            ..LineItemDefinition::default()
        };
        let entries = vec![
            Entry::Advertiser(advertiser),
            Entry::Campaign(campaign),
            Entry::LineItem(Box::new(item)),
        ];
        state.run(Command::DefineEntries(entries), NOW).unwrap();
    }

    fn show(state: &mut State, id: &str, crm: &str, what: (&str, &str, &str), minutes_ago: i64) {
        let at = NOW.minus(Duration(minutes_ago * Duration::MINUTE.0));
        let one = |name: &str, text: &str| strings(name, std::iter::once(text.to_owned()));
        let columns = vec![
            one("event_id", id),
            one("type", what.0),
            column("time", Kind::Instant, &[Some(Value::Instant(at))]),
            one("crm", crm),
            one(what.1, what.2),
        ];
        let rows = Rows { len: 1, columns };
        state.run(Command::Track(rows.into()), NOW).unwrap();
    }

    #[test]
    fn exposures_on_any_channel_fill_the_caps_of_their_window_and_household() {
        let mut state = State::default();
        let start = Command::Declare(preset::commerce());
        state.run(start, NOW.minus(Duration::DAY)).unwrap();
        book(&mut state);
        let home = Rows {
            len: 2,
            columns: vec![
                strings("crm", ["a", "b"].map(str::to_owned).into_iter()),
                strings("household", ["h", "h"].map(str::to_owned).into_iter()),
            ],
        };
        state.run(Command::LoadProfiles(home.into()), NOW).unwrap();
        show(&mut state, "1", "a", ("impression", "line_item", "red"), 5);
        show(&mut state, "2", "a", ("send", "campaign", "spring"), 20);
        show(&mut state, "3", "b", ("impression", "line_item", "red"), 59);
        show(&mut state, "4", "b", ("impression", "line_item", "red"), 60);
        show(&mut state, "5", "b", ("click", "campaign", "spring"), 1);
        let view = state.view();
        let ledger = Ledger::of(view.catalog());
        let reached = |crm: &str| {
            let tally = ledger
                .tally(&view, view.profile(crm).ok(), &Request::default())
                .unwrap();
            tally.reached().to_vec()
        };
        let (campaign, item) = (CampaignId(0), LineItemId(0));
        let household = CapKey::Advertiser(AdvertiserId(0), 0);
        let closed = CapKey::Campaign(campaign, 1);

        let full = vec![
            household,
            CapKey::Campaign(campaign, 0),
            closed,
            CapKey::LineItem(item, 0),
        ];
        assert_eq!(full, reached("crm:a"));
        assert_eq!(vec![household, closed], reached("crm:b"));
        let mut stranger = ledger.tally(&view, None, &Request::default()).unwrap();
        assert_eq!([closed], stranger.reached());

        stranger.expect(view.catalog().book(), "click", std::iter::once(item));
        assert_eq!([closed], stranger.reached());
        stranger.expect(view.catalog().book(), "impression", std::iter::once(item));
        assert_eq!([closed, CapKey::LineItem(item, 0)], stranger.reached());
    }

    #[test]
    fn caps_that_no_event_can_fill_are_refused() {
        for properties in [vec![], vec![Kind::Integer]] {
            let mut state = State::default();
            let property = |kind| PropertyDefinition {
                name: LINE_ITEM.to_owned(),
                kind,
            };
            let nameless = EventTypeDefinition {
                name: "impression".to_owned(),
                properties: properties.into_iter().map(property).collect(),
                retention: None,
            };
            let declared = Command::Declare(vec![Declaration::EventType(nameless)]);
            state.run(declared, NOW).unwrap();
            let advertiser = AdvertiserDefinition {
                name: "wine.example".to_owned(),
                caps: vec![cap(3, 60, CapUnit::Household)],
                ..AdvertiserDefinition::default()
            };
            let entries = vec![Entry::Advertiser(advertiser)];

            let refused = state.run(Command::DefineEntries(entries), NOW).unwrap_err();
            let message = refused.to_string();
            assert!(message.contains("caps[0].types"), "{message}");
        }
    }
}
