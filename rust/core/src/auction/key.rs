//! Keys of reservations.

use std::borrow::Cow;
use std::fmt;

use super::book::Book;
use super::decision::Bid;
use super::request::{Impression, Request};
use crate::event::content::hash_id;
use crate::event::ingest::LONGEST_EVENT_ID;

/// What a reservation goes by, from the bid to its notices: one for each line item on an impression.
///
/// As text the parts are percent-encoded, so that none holds the `/` between them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The request's id.
    pub request: String,
    /// The impression's.
    pub impression: String,
    /// The line item's name.
    pub line_item: String,
}

impl Key {
    /// Of its parts.
    pub fn new(request: &str, impression: &str, line_item: &str) -> Self {
        let [request, impression, line_item] = [request, impression, line_item].map(str::to_owned);
        Self {
            request,
            impression,
            line_item,
        }
    }

    /// Of what a line item bids on an impression of a request; the book is that of the decision.
    pub fn of_bid(book: &Book, (request, impression): (&Request, &Impression), bid: &Bid) -> Self {
        let line_item = book.line_items.name(bid.line_item.0);
        Self::new(&request.id, &impression.id, line_item.unwrap_or_default())
    }

    /// The key that a text is of; `None` when it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('/').map(unescaped);
        let key = Self {
            request: parts.next()??,
            impression: parts.next()??,
            line_item: parts.next()??,
        };
        parts.next().is_none().then_some(key)
    }
}

impl Key {
    /// The id of the exposure as an event: the text, or where that is too long for one, its hash.
    pub fn event_id(&self) -> String {
        let text = self.to_string();
        if text.len() <= LONGEST_EVENT_ID {
            text
        } else {
            format!("{:032x}", hash_id(&text))
        }
    }

    /// The id of the exposure where another event has [`Key::event_id`].
    pub(super) fn spare_event_id(&self) -> String {
        format!("{:032x}", hash_id(&format!("{self}/exposure")))
    }

    /// The hash of the event id.
    pub(crate) fn hash(&self) -> u128 {
        hash_id(&self.event_id())
    }
}

/// The id of an event as it is said; of the key of a reservation that is too long for one, that of its exposure.
pub(crate) fn event_id_of(text: &str) -> Cow<'_, str> {
    let key = (text.len() > LONGEST_EVENT_ID).then(|| Key::parse(text));
    let key = key.flatten().filter(|own| own.to_string() == text);
    key.map_or(Cow::Borrowed(text), |own| Cow::Owned(own.event_id()))
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |own: &String| escaped(own);
        let (request, impression) = (part(&self.request), part(&self.impression));
        write!(f, "{request}/{impression}/{}", part(&self.line_item))
    }
}

/// Percent-encodes all but letters, digits and `-._~`.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.extend([byte >> 4, byte & 15].map(digit));
        }
    }
    out
}

/// What a percent-encoded text stands for; `None` when it stands for nothing.
fn unescaped(text: &str) -> Option<String> {
    let (mut out, mut rest) = (Vec::with_capacity(text.len()), text.bytes());
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let (high, low) = (hex(rest.next()?)?, hex(rest.next()?)?);
            out.push(high << 4 | low);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).ok()
}

fn digit(value: u8) -> char {
    let digit = char::from_digit(u32::from(value), 16);
    digit.map_or('0', |digit| digit.to_ascii_uppercase())
}

fn hex(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_no_key_is_none() {
        for text in ["", "a", "a/b", "a/b/c/d", "a/%/c", "a/%zz/c", "a/%ff/c"] {
            assert_eq!(None, Key::parse(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_key_comes_back_from_its_text(request: String, impression: String, line_item: String) {
            let own = Key::new(&request, &impression, &line_item);
            prop_assert_eq!(Some(own.clone()), Key::parse(&own.to_string()));
        }
    }

    #[test]
    fn a_key_that_is_too_long_for_an_event_id_has_one_all_the_same() {
        let (short, long) = (
            Key::new("r", "1", "wine"),
            Key::new(&"r".repeat(200), "1", "wine"),
        );

        assert_eq!("r/1/wine", short.event_id());
        assert_eq!(32, long.event_id().len());
        assert_ne!(
            long.event_id(),
            Key::new(&"r".repeat(201), "1", "wine").event_id()
        );
    }
}
