//! From cells to the fields of a request, over what an earlier row left there: hardly anything is allocated anew.

use treffer_core::auction::request::{Impression, Money, Purposes, Request};
use treffer_core::auction::{ContextValue, Place, is_currency};
use treffer_core::rows::Reason;

use super::part::{Body, Part, Read};
use super::role::{List, Role};
use crate::openrtb::{COUNTRY, country, lower_all};

/// Texts that are written over others.
pub(super) struct Refill<'a> {
    texts: &'a mut Vec<String>,
    len: usize,
}

impl<'a> Refill<'a> {
    pub(super) const fn of(texts: &'a mut Vec<String>) -> Self {
        Self { texts, len: 0 }
    }

    /// Adds a text of several pieces.
    pub(super) fn push(&mut self, pieces: &[&str]) {
        if self.len == self.texts.len() {
            self.texts.push(String::new());
        }
        if let Some(own) = self.texts.get_mut(self.len) {
            own.clear();
            pieces.iter().for_each(|piece| own.push_str(piece));
            self.len += 1;
        }
    }

    /// Drops what is left of the others.
    pub(super) fn end(self) {
        self.texts.truncate(self.len);
    }

    pub(super) fn all<'b>(texts: &'a mut Vec<String>, new: impl Iterator<Item = &'b str>) {
        let mut own = Self::of(texts);
        new.for_each(|text| own.push(&[text]));
        own.end();
    }
}

impl Role {
    /// Writes what a cell says of a request.
    pub(super) fn fill_request(&self, part: &Part, row: usize, request: &mut Request) -> Read<()> {
        match self {
            Self::Flag(flag) => *flag.of(&mut request.consent) = part.flag(row)?,
            Self::Purposes => request.consent.purposes = purposes(part, row)?,
            Self::Taxonomy => request.categories.taxonomy = part.number(row)?,
            Self::Test => request.test = part.flag(row)?.unwrap_or(false),
            Self::Texts(list) => {
                let texts = list.of(request);
                Refill::all(texts, part.texts(row));
                if list.is_of_words() {
                    lower_all(texts);
                }
                if *list == List::Currencies {
                    let mut codes = request.currencies.iter();
                    return codes.try_for_each(|code| currency(part, row, code));
                }
            }
            Self::Request
            | Self::Impression
            | Self::Ids
            | Self::Namespace(_)
            | Self::Floor
            | Self::Currency
            | Self::PrivateAuction
            | Self::Secure
            | Self::Expiry
            | Self::Quantity
            | Self::Deals
            | Self::Offers
            | Self::Offer(_)
            | Self::Context(..) => {}
        }
        Ok(())
    }

    /// Writes what a cell says of an impression; the floor comes before its currency.
    pub(super) fn fill_impression(
        &self,
        part: &Part,
        row: usize,
        impression: &mut Impression,
    ) -> Read<()> {
        match self {
            Self::Floor => impression.floor = floor(part, row)?,
            Self::Currency => say_currency(part, row, &mut impression.floor)?,
            Self::PrivateAuction => impression.private_auction = part.flag(row)?,
            Self::Secure => impression.secure = part.flag(row)?,
            Self::Expiry => impression.exp = part.number(row)?,
            Self::Quantity => impression.qty = quantity(part, row)?,
            Self::Deals => part.fill_deals(row, &mut impression.deals)?,
            Self::Request
            | Self::Impression
            | Self::Ids
            | Self::Namespace(_)
            | Self::Flag(_)
            | Self::Purposes
            | Self::Taxonomy
            | Self::Texts(_)
            | Self::Test
            | Self::Offers
            | Self::Offer(_)
            | Self::Context(..) => {}
        }
        Ok(())
    }
}

/// Purposes that are granted; none: nothing is said of them.
fn purposes(part: &Part, row: usize) -> Read<Option<Purposes>> {
    let numbers = part.numbers(row)?;
    let known = numbers.iter().map(|own| u8::try_from(*own).unwrap_or(0));
    let known: Vec<_> = known.collect();
    if known.iter().any(|own| !(1..=31).contains(own)) {
        return Err(part.fault(row, Reason::OutOfRange, "is not within 1 and 31"));
    }
    Ok((!known.is_empty()).then(|| Purposes::of(known)))
}

/// For how many exposures an impression stands, in millionths.
fn quantity(part: &Part, row: usize) -> Read<Option<i64>> {
    let micros = part.micros(row, true)?;
    if micros.is_some_and(|own| own <= 0) {
        return Err(part.fault(row, Reason::OutOfRange, "is not more than 0"));
    }
    Ok(micros)
}

/// A floor in USD.
pub(super) fn floor(part: &Part, row: usize) -> Read<Option<Money>> {
    let micros = part.micros(row, true)?;
    if micros.is_some_and(|own| own < 0) {
        return Err(part.fault(row, Reason::OutOfRange, "is negative"));
    }
    let money = |micros| Money {
        micros,
        currency: None,
    };
    Ok(micros.map(money))
}

/// Says in which currency an amount is; without an amount it is checked all the same.
pub(super) fn say_currency(part: &Part, row: usize, amount: &mut Option<Money>) -> Read<()> {
    let Some(code) = part.text(row).filter(|own| !own.is_empty()) else {
        return Ok(());
    };
    currency(part, row, code)?;
    if let Some(amount) = amount {
        amount.currency = Some(code.to_owned());
    }
    Ok(())
}

fn currency(part: &Part, row: usize, code: &str) -> Read<()> {
    if is_currency(code) {
        return Ok(());
    }
    let message = format!("{code:.40?} is not a currency of ISO 4217");
    Err(part.fault(row, Reason::OutOfRange, &message))
}

impl Part {
    /// Writes what a cell says of a dimension.
    pub(super) fn fill_context(
        &self,
        name: &str,
        row: usize,
        value: &mut ContextValue,
    ) -> Read<()> {
        if !self.is_present(row) {
            say(value, "");
            return Ok(());
        }
        match &self.body {
            Body::Struct(_) => *value = ContextValue::Place(self.place(row)?),
            Body::Cells(_) => self.fill_value(name, row, value)?,
            Body::Nothing | Body::List { .. } => say(value, ""),
        }
        Ok(())
    }

    fn fill_value(&self, name: &str, row: usize, value: &mut ContextValue) -> Read<()> {
        if let Some(text) = self.text(row) {
            let text = if name == COUNTRY { country(text) } else { text };
            say(value, text);
        } else if let Some(micros) = self.micros(row, false)? {
            *value = ContextValue::Number(micros);
        } else if let ContextValue::Texts(own) = value {
            Refill::all(own, self.texts(row));
        } else {
            let texts = self.texts(row).map(str::to_owned);
            *value = ContextValue::Texts(texts.collect());
        }
        Ok(())
    }

    fn place(&self, row: usize) -> Read<Place> {
        let degrees = |name, most: u64| {
            let part = self.field(name);
            let micros = part.map(|own| own.micros(row, false)).transpose();
            let micros = micros.map_err(|own| self.at(row, own))?.flatten();
            let micros = micros.filter(|own| own.unsigned_abs() <= most);
            let fault = || self.fault(row, Reason::OutOfRange, OFF_GLOBE);
            micros.map(|own| own as i32).ok_or_else(fault)
        };
        Ok(Place {
            latitude: degrees("latitude", 90_000_000)?,
            longitude: degrees("longitude", 180_000_000)?,
        })
    }
}

const OFF_GLOBE: &str = "latitude or longitude is out of range";

fn say(value: &mut ContextValue, text: &str) {
    if let ContextValue::Text(own) = value {
        own.clear();
        own.push_str(text);
    } else {
        *value = ContextValue::Text(text.to_owned());
    }
}
