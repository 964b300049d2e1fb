//! Page tokens: where the next page begins, and which request it belongs to.

use std::hash::{DefaultHasher, Hash, Hasher};

use treffer_core::error::{Error, Result};
use treffer_core::time::Instant;

/// Where a page of members begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// The last profile of the page before.
    pub(crate) after: u32,
    /// The instant that the first page was asked for.
    pub(crate) at: Instant,
}

impl Page {
    /// The token of a page of the request with this mark.
    pub(crate) fn token(self, mark: u64) -> String {
        format!("{:08x}{:016x}{mark:016x}", self.after, self.at.0)
    }

    /// The page that `token` means, if it is a token of the request with this mark.
    pub(crate) fn of(token: &str, mark: u64) -> Result<Self> {
        let part = |range| u64::from_str_radix(token.get(range)?, 16).ok();
        let parse = || {
            let (after, at) = (part(0..8)?, part(8..24)?);
            let page = Self {
                after: after as u32,
                at: Instant(at as i64),
            };
            (token == page.token(mark)).then_some(page)
        };
        parse().ok_or_else(|| Error::invalid("page_token", "not a token of a page of this request"))
    }
}

/// What a token of a page of named things says before the last name of the page before.
const AFTER: &str = "after:";

/// The page of `names`, which rise, that a token means, and the token of the next one, empty where there is none. At most `size`
/// names, 0 standing for 100, and never more than `most`; `noun` says in an error what they are names of.
pub(crate) fn of_names<'a, 'n>(
    names: &'a [&'n str],
    token: &str,
    size: u32,
    most: usize,
    noun: &str,
) -> Result<(&'a [&'n str], String)> {
    let after = match token.strip_prefix(AFTER) {
        None if !token.is_empty() => {
            let message = format!("not a token of a page of {noun}");
            return Err(Error::invalid("page_token", message));
        }
        after => after,
    };
    let size = match size as usize {
        0 => 100,
        size => size,
    };
    let start = after.map_or(0, |after| names.partition_point(|name| *name <= after));
    let rest = names.get(start..).unwrap_or_default();
    let page = rest.get(..size.min(most)).unwrap_or(rest);
    let more = page.last().filter(|_| page.len() < rest.len());
    let next = more.map_or_else(String::new, |last| format!("{AFTER}{last}"));
    Ok((page, next))
}

/// What tells one request from another; the same within a process.
pub(crate) fn mark(request: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    request.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_token_belongs_to_its_request_alone() {
        let page = Page {
            after: u32::MAX,
            at: Instant(-5),
        };
        let token = page.token(7);

        assert_eq!(page, Page::of(&token, 7).unwrap());
        assert!(Page::of(&token, 8).is_err());
        for damaged in [
            "",
            "x",
            "é",
            &token.to_uppercase(),
            &format!("{token}0"),
            "+0000000",
        ] {
            assert!(Page::of(damaged, 7).is_err(), "{damaged}");
        }
    }
}
