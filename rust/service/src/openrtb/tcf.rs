//! Consent strings of the Transparency and Consent Framework, version 2: what they grant.
//!
//! A string is segments of base64url divided by dots, the core first; each character of it is six bits, so that fields are read
//! from the characters as they stand.

use treffer_core::auction::request::Purposes;

/// What a string grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Granted {
    /// Purposes for which there is consent, without those that the publisher forbids the vendor.
    pub purposes: Purposes,
    /// Whether the vendor has consent; `None` when none was asked.
    pub vendor: Option<bool>,
}

// Where the fields of the core segment begin, in bits.
const VERSION: usize = 0;
const PURPOSES: usize = 152;
const VENDORS: usize = 213;
/// How many purposes have a bit.
const MOST_PURPOSES: u8 = 24;
/// Restrictions that forbid a purpose outright, and that leave legitimate interest as its only basis, which nobody asks here: both end
/// consent.
const END_CONSENT: [u64; 2] = [0, 2];

/// What `text` grants, and whether it does so to `vendor`; `None` when it is no whole string of version 2.
pub fn decode(text: &str, vendor: Option<u16>) -> Option<Granted> {
    let bits = Bits::of(text)?;
    if bits.number(VERSION, 6)? != 2 {
        return None;
    }
    let (consents, after) = vendors(&bits, VENDORS, vendor)?;
    let (_, after) = vendors(&bits, after, vendor)?;
    let forbidden = forbidden(&bits, after, vendor)?;
    let purposes = bits.number(PURPOSES, usize::from(MOST_PURPOSES))?;
    let is_granted = |purpose: &u8| {
        let bit = 1 << (MOST_PURPOSES - purpose);
        purposes & bit != 0 && forbidden & bit == 0
    };
    Some(Granted {
        purposes: Purposes::of((1..=MOST_PURPOSES).filter(is_granted)),
        vendor: vendor.map(|_| consents),
    })
}

/// Whether a list of vendors names one, and where it ends.
fn vendors(bits: &Bits<'_>, at: usize, vendor: Option<u16>) -> Option<(bool, usize)> {
    let highest = bits.number(at, 16)?;
    let (is_ranges, at) = (bits.number(at + 16, 1)? == 1, at + 17);
    if is_ranges {
        return ranges(bits, at, vendor);
    }
    let end = at + highest as usize;
    bits.has(end).then_some(())?;
    let own = vendor
        .map(u64::from)
        .filter(|own| (1..=highest).contains(own));
    let is_named = own.and_then(|own| bits.number(at + own as usize - 1, 1)) == Some(1);
    Some((is_named, end))
}

/// Whether ranges of vendors hold one, and where they end.
fn ranges(bits: &Bits<'_>, at: usize, vendor: Option<u16>) -> Option<(bool, usize)> {
    let entries = bits.number(at, 12)?;
    let (mut at, mut is_named) = (at + 12, false);
    for _ in 0..entries {
        let is_range = bits.number(at, 1)? == 1;
        let first = bits.number(at + 1, 16)?;
        at += 17;
        let mut last = first;
        if is_range {
            last = bits.number(at, 16)?;
            at += 16;
        }
        is_named |= vendor.is_some_and(|own| (first..=last).contains(&u64::from(own)));
    }
    Some((is_named, at))
}

/// The purposes that the publisher forbids a vendor, as bits like those of the purposes.
fn forbidden(bits: &Bits<'_>, at: usize, vendor: Option<u16>) -> Option<u64> {
    let restrictions = bits.number(at, 12)?;
    let (mut at, mut forbidden) = (at + 12, 0);
    for _ in 0..restrictions {
        let (purpose, kind) = (bits.number(at, 6)?, bits.number(at + 6, 2)?);
        let (is_named, end) = ranges(bits, at + 8, vendor)?;
        at = end;
        if is_named
            && END_CONSENT.contains(&kind)
            && (1..=u64::from(MOST_PURPOSES)).contains(&purpose)
        {
            forbidden |= 1 << (u64::from(MOST_PURPOSES) - purpose);
        }
    }
    Some(forbidden)
}

/// The bits of a segment: six for each byte.
pub(super) struct Bits<'a>(&'a [u8]);

impl<'a> Bits<'a> {
    /// Those of the core segment; `None` when a character is not of base64url.
    pub(super) fn of(text: &'a str) -> Option<Self> {
        let core = text
            .trim()
            .split('.')
            .next()?
            .trim_end_matches('=')
            .as_bytes();
        core.iter()
            .all(|own| sextet(*own).is_some())
            .then_some(Self(core))
    }

    /// Whether the bits before `end` are there.
    const fn has(&self, end: usize) -> bool {
        end <= self.0.len() * 6
    }

    /// The number that `len` bits from `at` on make, the highest first; `None` past the end. At most 58 bits.
    pub(super) fn number(&self, at: usize, len: usize) -> Option<u64> {
        let end = at + len;
        let sixes = self.0.get(at / 6..end.div_ceil(6))?;
        let push = |number, six: &u8| Some(number << 6 | u64::from(sextet(*six)?));
        let number = sixes.iter().try_fold(0_u64, push)?;
        Some(number >> (end.div_ceil(6) * 6 - end) & ((1 << len) - 1))
    }
}

/// What a character of base64url stands for.
const fn sextet(character: u8) -> Option<u8> {
    match character {
        b'A'..=b'Z' => Some(character - b'A'),
        b'a'..=b'z' => Some(character - b'a' + 26),
        b'0'..=b'9' => Some(character - b'0' + 52),
        b'-' | b'+' => Some(62),
        b'_' | b'/' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
#[path = "tests/tcf.rs"]
mod tests;
