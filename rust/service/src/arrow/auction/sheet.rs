//! The columns of some rows of auctions.

use arrow_array::RecordBatch;
use treffer_core::auction::request::{Impression, Request};
use treffer_core::auction::{Context, ContextValue};
use treffer_core::catalog::Catalog;
use treffer_core::error::{Error, Result};
use treffer_core::rows::{Reason, Refusal};

use super::fill::Refill;
use super::part::{Part, Read};
use super::role::{OfferField, Role};
use crate::batch::Faults;

/// Rows of auctions, read from Arrow. Rows that follow one another and name the same request are one auction.
#[derive(Debug)]
pub(crate) struct Sheet {
    pub(super) len: usize,
    request: Option<Part>,
    impression: Option<Part>,
    /// With what stands before each id.
    pub(super) ids: Vec<(String, Part)>,
    /// True of all impressions.
    pub(super) shared: Vec<(Role, Part)>,
    pub(super) own: Vec<(Role, Part)>,
    pub(super) offers: Option<Part>,
    pub(super) offer: Vec<(OfferField, Part)>,
    pub(super) context: Vec<(String, Part)>,
    /// Cells that could not be read, by row.
    faults: Vec<Refusal>,
}

impl Sheet {
    /// Reads the columns of a batch that are not in `ignore`. A column that is none of auctions and not declared, that comes twice
    /// or that holds something else than it must is an error that names it.
    pub(crate) fn read(batch: &RecordBatch, ignore: &[String], catalog: &Catalog) -> Result<Self> {
        let mut sheet = Self {
            len: batch.num_rows(),
            request: None,
            impression: None,
            ids: Vec::new(),
            shared: Vec::new(),
            own: Vec::new(),
            offers: None,
            offer: Vec::new(),
            context: Vec::new(),
            faults: Vec::new(),
        };
        let (mut faults, mut seen) = (Faults::default(), Vec::new());
        let columns = batch.schema_ref().fields().iter().zip(batch.columns());
        for (field, array) in columns.filter(|(own, _)| !ignore.contains(own.name())) {
            let role = Role::of(field.name(), catalog)?;
            if seen.contains(&role) {
                return Err(Error::invalid(field.name(), "two columns say this"));
            }
            let part = Part::read(field.name(), array.as_ref(), &mut faults)?;
            role.check(&part)?;
            seen.push(role.clone());
            sheet.take(role, part);
        }
        sheet.check()?;
        sheet.faults = faults.into_refusals();
        Ok(sheet)
    }

    fn take(&mut self, role: Role, part: Part) {
        match role {
            Role::Request => self.request = Some(part),
            Role::Impression => self.impression = Some(part),
            Role::Ids => self.ids.push((String::new(), part)),
            Role::Namespace(before) => self.ids.push((before, part)),
            Role::Offers => self.offers = Some(part),
            Role::Offer(field) => self.offer.push((field, part)),
            Role::Context(name, _) => self.context.push((name, part)),
            role if role.is_of_request() => self.shared.push((role, part)),
            role => self.own.push((role, part)),
        }
        // The media types say how many offers there are, so they come first.
        self.offer.sort_by_key(|(own, _)| *own != OfferField::Media);
        // A floor is needed before its currency.
        self.own.sort_by_key(|(own, _)| *own != Role::Floor);
    }

    fn check(&self) -> Result<()> {
        if self.request.is_none() {
            return Err(Error::invalid("request", "the column is required"));
        }
        match (&self.offers, self.offer.first()) {
            (Some(_), Some((_, own))) => {
                let message = "says what \"offers\" says already";
                Err(Error::invalid(&own.name, message))
            }
            _ => Ok(()),
        }
    }

    /// Rows.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// About how many bytes it takes.
    pub(crate) fn heap_bytes(&self) -> usize {
        let named = [&self.request, &self.impression, &self.offers];
        let named = named.into_iter().flatten();
        let ids = self.ids.iter().map(|(_, own)| own);
        let roles = self.shared.iter().chain(&self.own).map(|(_, own)| own);
        let offer = self.offer.iter().map(|(_, own)| own);
        let context = self.context.iter().map(|(_, own)| own);
        let all = named.chain(ids).chain(roles).chain(offer).chain(context);
        all.map(Part::heap_bytes).sum()
    }

    /// The request that a row belongs to; none is a fault.
    pub(crate) fn request(&self, row: usize) -> Option<&str> {
        let own = self.request.as_ref().and_then(|own| own.text(row));
        own.filter(|own| !own.is_empty())
    }

    /// The impression that a row is, where it says so.
    pub(crate) fn impression(&self, row: usize) -> Option<&str> {
        let own = self.impression.as_ref().and_then(|own| own.text(row));
        own.filter(|own| !own.is_empty())
    }

    /// A context in which every column has its place.
    pub(crate) fn context(&self) -> Context {
        let mut context = Context::default();
        for (name, _) in &self.context {
            context.set(name, ContextValue::Text(String::new()));
        }
        context
    }

    /// Writes what a row says of its request over what stands there; the impressions stay.
    pub(crate) fn fill_request(&self, row: usize, request: &mut Request) -> Read<()> {
        let Some(id) = self.request(row) else {
            let message = "is required".to_owned();
            return Err(Refusal::new(row, "request", Reason::Missing, message));
        };
        request.id.clear();
        request.id.push_str(id);
        let mut ids = Refill::of(&mut request.ids);
        for (before, part) in &self.ids {
            part.texts(row).for_each(|own| ids.push(&[before, own]));
        }
        ids.end();
        let mut shared = self.shared.iter();
        shared.try_for_each(|(role, part)| role.fill_request(part, row, request))?;
        if request.allowed_seats.is_empty() || request.blocked_seats.is_empty() {
            return Ok(());
        }
        let message = "seats are either allowed or blocked";
        Err(Refusal::new(
            row,
            "blocked_seats",
            Reason::OutOfRange,
            message.to_owned(),
        ))
    }

    /// Writes what a row says of its impression, the `number`-th of its request, over what stands there, whose context is that of
    /// [`Sheet::context`].
    pub(crate) fn fill_impression(
        &self,
        row: usize,
        number: usize,
        impression: &mut Impression,
    ) -> Read<()> {
        self.unread(row)?;
        impression.id.clear();
        match self.impression(row) {
            Some(id) => impression.id.push_str(id),
            None if number == 1 => impression.id.push('1'),
            None => impression.id.push_str(&number.to_string()),
        }
        for (place, (name, part)) in self.context.iter().enumerate() {
            if let Some(value) = impression.context.value_mut(place) {
                part.fill_context(name, row, value)?;
            }
        }
        impression.floor = None;
        let mut own = self.own.iter();
        own.try_for_each(|(role, part)| role.fill_impression(part, row, impression))?;
        self.fill_offers(row, &mut impression.offers)
    }

    fn unread(&self, row: usize) -> Read<()> {
        let found = self
            .faults
            .binary_search_by_key(&row, |own| own.row as usize);
        let found = found.ok().and_then(|place| self.faults.get(place));
        found.map_or(Ok(()), |own| Err(own.clone()))
    }
}

/// What two rows of one request say differently of it.
pub(crate) fn difference(one: &Request, other: &Request) -> Option<&'static str> {
    let lists = [
        (&one.ids, &other.ids, "ids"),
        (&one.allowed_seats, &other.allowed_seats, "allowed_seats"),
        (&one.blocked_seats, &other.blocked_seats, "blocked_seats"),
        (
            &one.blocked_domains,
            &other.blocked_domains,
            "blocked_domains",
        ),
        (&one.blocked_apps, &other.blocked_apps, "blocked_apps"),
        (
            &one.allowed_languages,
            &other.allowed_languages,
            "allowed_languages",
        ),
        (
            &one.blocked_languages,
            &other.blocked_languages,
            "blocked_languages",
        ),
        (&one.currencies, &other.currencies, "currencies"),
    ];
    let test = (one.test != other.test).then_some("test");
    let consent = (one.consent != other.consent).then_some("consent");
    let categories = (one.categories != other.categories).then_some("blocked_categories");
    let mut lists = lists.into_iter();
    let lists = lists.find_map(|(one, other, name)| (one != other).then_some(name));
    consent.or(categories).or(test).or(lists)
}
