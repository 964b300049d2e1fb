//! Strings of the Global Privacy Platform, version 1: the sections that they hold, and what those of the United States opt out of.
//!
//! A string is a header and sections, divided by `~`. The header names the sections, in the order in which they come, by their ids: as
//! ranges, whose ends are Fibonacci codes of their distance from the id before.

use std::ops::RangeInclusive;

use super::tcf::Bits;

/// The section that holds a consent string of TCF 2.
pub(super) const TCF_EU: u32 = 2;
/// The section that holds a US privacy string.
const US_PRIVACY: u32 = 6;

/// What the first field of a header is, and the version that is read.
const HEADER: (u64, u64) = (3, 1);
/// Fibonacci codes of ids are shorter than this.
const LONGEST_CODE: usize = 24;
/// A string names no more sections than this.
const MOST_SECTIONS: usize = 64;

/// Where sections of the United States say what the person opts out of: two bits each, 1 for opted out.
const OPT_OUTS: [(RangeInclusive<u32>, &[usize]); 7] = [
    // National: sale, sharing, targeted advertising.
    (7..=7, &[18, 20, 22]),
    // California: sale, sharing; Virginia, Colorado: sale, targeted advertising, as all that follow.
    (8..=10, &[12, 14]),
    // Utah, and Iowa below, have a notice more before them.
    (11..=11, &[14, 16]),
    // Connecticut, Florida, Montana, Oregon, Texas, Delaware.
    (12..=17, &[12, 14]),
    (18..=18, &[14, 16]),
    // Nebraska, New Hampshire, New Jersey, Tennessee, Minnesota.
    (19..=23, &[12, 14]),
    // Maryland, Indiana, Kentucky, Rhode Island: after what they say of an agreement.
    (NEWER, &[16, 18]),
];
/// Sections that may begin with a part which repeats their id and lists their parts; their core begins with a version instead, and none
/// is as high as these ids.
const NEWER: RangeInclusive<u32> = 24..=27;
/// Those of them in which what comes after the core is nothing but sensitive data.
const WITHOUT_CONTROL: RangeInclusive<u32> = 25..=27;
/// The kind of subsection that tells of Global Privacy Control, in its first two bits; whether it is on follows.
const CONTROL: u64 = 1;

/// The sections of a string, by id.
#[derive(Debug, Default)]
pub(super) struct Sections<'a>(Vec<(u32, &'a str)>);

impl<'a> Sections<'a> {
    /// Those of a string; none when it cannot be read.
    pub(super) fn of(text: &'a str) -> Self {
        let mut parts = text.trim().split('~');
        let ids = parts.next().and_then(ids).unwrap_or_default();
        Self(ids.into_iter().zip(parts).collect())
    }

    pub(super) fn section(&self, id: u32) -> Option<&'a str> {
        let own = self.0.iter().find(|(own, _)| *own == id);
        own.map(|(_, text)| *text)
    }

    /// Whether a section that applies opts out of sale, sharing or targeted advertising; `None` when none tells. Without `applied` all
    /// apply.
    pub(super) fn us_opt_out(
        &self,
        applied: &[i32],
        us_privacy: fn(&str) -> Option<bool>,
    ) -> Option<bool> {
        let applies = |id: u32| applied.is_empty() || applied.contains(&id.cast_signed());
        let sections = self.0.iter().filter(|(id, _)| applies(*id));
        let told = sections.filter_map(|(id, text)| match *id {
            US_PRIVACY => us_privacy(text),
            id => opts_out(id, text),
        });
        told.reduce(|one, other| one || other)
    }
}

fn opts_out(id: u32, text: &str) -> Option<bool> {
    let (_, places) = OPT_OUTS.iter().find(|(own, _)| own.contains(&id))?;
    let mut parts = text.split('.').peekable();
    let is_header = |part: &&str| {
        let first = Bits::of(part).and_then(|own| own.number(0, 6));
        NEWER.contains(&id) && first == Some(id.into())
    };
    let _ = parts.next_if(is_header);
    let core = Bits::of(parts.next()?)?;
    let told: Option<Vec<u64>> = places.iter().map(|at| core.number(*at, 2)).collect();
    let is_controlled = |part: &str| {
        let bits = Bits::of(part);
        bits.is_some_and(|own| own.number(0, 3) == Some(CONTROL << 1 | 1))
    };
    let may_be_controlled = !WITHOUT_CONTROL.contains(&id);
    Some(told?.contains(&1) || may_be_controlled && parts.any(is_controlled))
}

/// The ids that a header names, rising; `None` when it is none of version 1.
fn ids(header: &str) -> Option<Vec<u32>> {
    let bits = Bits::of(header)?;
    if (bits.number(0, 6)?, bits.number(6, 6)?) != HEADER {
        return None;
    }
    let (mut at, mut last, mut ids) = (24, 0_u32, Vec::new());
    for _ in 0..bits.number(12, 12)? {
        let is_range = bits.number(at, 1)? == 1;
        let (first, after) = code(&bits, at + 1)?;
        let first = last.checked_add(first)?;
        (last, at) = (first, after);
        if is_range {
            let (span, after) = code(&bits, at)?;
            (last, at) = (first.checked_add(span)?, after);
        }
        let room = MOST_SECTIONS.saturating_sub(ids.len());
        if (last - first) as usize >= room {
            return None;
        }
        ids.extend(first..=last);
    }
    Some(ids)
}

/// The number of a Fibonacci code, and where it ends: the sum of the Fibonacci numbers 1, 2, 3, 5 ... whose bits are set, closed by one
/// bit more.
fn code(bits: &Bits<'_>, at: usize) -> Option<(u32, usize)> {
    let (mut this, mut next, mut sum, mut was_set) = (1_u32, 2_u32, 0_u32, false);
    for place in at..at + LONGEST_CODE {
        let is_set = bits.number(place, 1)? == 1;
        if is_set && was_set {
            return Some((sum, place + 1));
        }
        if is_set {
            sum += this;
        }
        (this, next, was_set) = (next, this + next, is_set);
    }
    None
}

#[cfg(test)]
#[path = "tests/gpp.rs"]
mod tests;
