//! Notices: what an exchange calls when a bid wins, is to be paid or loses.

use std::fmt;

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

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |own: &String| escaped(own);
        let (request, impression) = (part(&self.request), part(&self.impression));
        write!(f, "{request}/{impression}/{}", part(&self.line_item))
    }
}

/// URLs of notices. `{key}` stands for the [`Key`], percent-encoded; macros such as `${AUCTION_PRICE}` stay for the exchange to fill
/// in. What is `None` is not in the answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notices {
    /// The bid won.
    pub win: Option<String>,
    /// It is to be paid.
    pub billing: Option<String>,
    /// It lost.
    pub loss: Option<String>,
}

impl Notices {
    /// The usual ones below a URL: `win`, `billing` and `loss`, with key, price and currency, and the reason of a loss.
    pub fn below(url: &str) -> Self {
        let url = url.trim_end_matches('/');
        let notice = |what: &str, more: &str| {
            let price = "price=${AUCTION_PRICE}&cur=${AUCTION_CURRENCY}";
            Some(format!("{url}/{what}?key={{key}}&{price}{more}"))
        };
        Self {
            win: notice("win", ""),
            billing: notice("billing", ""),
            loss: notice("loss", "&loss=${AUCTION_LOSS}"),
        }
    }

    /// A URL for one key.
    pub(super) fn filled(template: Option<&String>, key: &Key) -> Option<String> {
        let template = template?;
        Some(template.replace("{key}", &escaped(&key.to_string())))
    }
}

/// Percent-encodes all but letters, digits and `-._~`.
pub(super) fn escaped(text: &str) -> String {
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

    fn key(request: &str, impression: &str, line_item: &str) -> Key {
        Key {
            request: request.to_owned(),
            impression: impression.to_owned(),
            line_item: line_item.to_owned(),
        }
    }

    #[test]
    fn a_notice_carries_the_key_and_leaves_macros_alone() {
        let notices = Notices::below("https://bidder.example/notice/");
        let url = Notices::filled(notices.loss.as_ref(), &key("r 1", "1", "wine & cheese"));

        let expected = "https://bidder.example/notice/loss?key=r%25201%2F1%2Fwine%2520%2526%2520cheese&\
            price=${AUCTION_PRICE}&cur=${AUCTION_CURRENCY}&loss=${AUCTION_LOSS}";
        assert_eq!(Some(expected), url.as_deref());
        assert_eq!(None, Notices::filled(None, &key("", "", "")));
    }

    #[test]
    fn what_is_no_key_is_none() {
        for text in ["", "a", "a/b", "a/b/c/d", "a/%/c", "a/%zz/c", "a/%ff/c"] {
            assert_eq!(None, Key::parse(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_key_comes_back_from_its_text(request: String, impression: String, line_item: String) {
            let own = key(&request, &impression, &line_item);
            prop_assert_eq!(Some(own.clone()), Key::parse(&own.to_string()));
        }
    }
}
