//! Notices: what an exchange calls when a bid wins, is to be paid or loses.

use treffer_core::auction::key::{Key, escaped};

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_carries_the_key_and_leaves_macros_alone() {
        let notices = Notices::below("https://bidder.example/notice/");
        let url = Notices::filled(
            notices.loss.as_ref(),
            &Key::new("r 1", "1", "wine & cheese"),
        );

        let expected = "https://bidder.example/notice/loss?key=r%25201%2F1%2Fwine%2520%2526%2520cheese&\
            price=${AUCTION_PRICE}&cur=${AUCTION_CURRENCY}&loss=${AUCTION_LOSS}";
        assert_eq!(Some(expected), url.as_deref());
        assert_eq!(None, Notices::filled(None, &Key::new("", "", "")));
    }
}
