//! Links: pairs of ids that arrived together, each with the earliest row that says so.
//!
//! Links are truth and are never dropped, refused ones neither. Each end has a chain of its links through the table, so a hot
//! id costs no more per link than any other.

use std::cmp::Ordering;

use crate::chunked::Chunked;
use crate::directory::Directory;
use crate::pool::Pool;
use crate::profile::names::Names;
use crate::time::Instant;

/// An id that is not unique and has more partners than this is shared.
pub const MOST_PARTNERS: u32 = 100;

/// Why a link does not join its ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Obstacle {
    /// An unmerge by hand set them apart.
    Apart,
    /// Two ids of a unique namespace would share a profile.
    Unique,
    /// A profile would hold more ids of a namespace than that allows.
    Limit,
    /// One of the ids is shared by too many to say who it is.
    Shared,
}

/// How many links there are, by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkCounts {
    /// Links that hold.
    pub kept: u64,
    /// Refused, since two ids of a unique namespace would share a profile.
    pub unique: u64,
    /// Refused, since a profile would hold too many ids of a namespace.
    pub limit: u64,
    /// Refused, since an unmerge by hand set the ids apart.
    pub apart: u64,
    /// Without effect, since one of the ids is shared.
    pub shared: u64,
    /// Ids that are shared.
    pub shared_ids: u64,
}

impl LinkCounts {
    fn of(&mut self, obstacle: Option<Obstacle>) -> &mut u64 {
        match obstacle {
            None => &mut self.kept,
            Some(Obstacle::Apart) => &mut self.apart,
            Some(Obstacle::Unique) => &mut self.unique,
            Some(Obstacle::Limit) => &mut self.limit,
            Some(Obstacle::Shared) => &mut self.shared,
        }
    }
}

/// One link.
#[derive(Clone, Copy, Debug, Default, Hash)]
pub(crate) struct Link {
    /// The slots, the smaller first.
    pub(crate) ends: [u32; 2],
    /// For each end its link before this one, plus 1; 0: none.
    next: [u32; 2],
    /// Of the earliest row.
    pub(crate) time: Instant,
    /// Which event: a code of the causes, of an empty text for a row of profiles.
    pub(crate) cause: u32,
    pub(crate) obstacle: Option<Obstacle>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Chain {
    /// The last link, plus 1; 0: none.
    last: u32,
    partners: u32,
    shared: bool,
}

/// A link that a row made, or moved to an earlier time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fresh {
    pub(crate) number: u32,
    pub(crate) is_new: bool,
}

/// All links; a clone is cheap.
#[derive(Clone, Debug, Default)]
pub(crate) struct Links {
    len: u32,
    table: Chunked<Link>,
    pairs: Directory,
    chains: Chunked<Chain>,
    causes: Pool,
    counts: LinkCounts,
    /// No link comes later in the order of decision.
    latest: Option<Link>,
}

fn hash([a, b]: [u32; 2]) -> u32 {
    let pair = u64::from(a) << 32 | u64::from(b);
    (pair.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32
}

impl Links {
    /// Notes that two different ids came together. `None`: nothing new. An id that becomes shared goes to `shared`.
    pub(crate) fn insert(
        &mut self,
        ends: [u32; 2],
        time: Instant,
        event_id: &str,
        names: Names<'_>,
        shared: &mut Vec<u32>,
    ) -> Option<Fresh> {
        let [a, b] = ends;
        let ends = [a.min(b), a.max(b)];
        let is_it = |number: u32| self.get(number).is_some_and(|link| link.ends == ends);
        let found = self.pairs.find(hash(ends), is_it);
        let Some(number) = found else {
            let cause = self.causes.intern(event_id.as_bytes());
            let number = self.push(ends, time, cause);
            for slot in ends {
                self.count_partner(slot, names, shared);
            }
            return Some(Fresh {
                number,
                is_new: true,
            });
        };
        let kept = self.get(number)?;
        let before = self.causes.get(kept.cause).unwrap_or_default();
        if (kept.time, before) <= (time, event_id.as_bytes()) {
            return None;
        }
        let cause = self.causes.intern(event_id.as_bytes());
        self.table
            .update(number, |link| (link.time, link.cause) = (time, cause));
        Some(Fresh {
            number,
            is_new: false,
        })
    }

    fn push(&mut self, ends: [u32; 2], time: Instant, cause: u32) -> u32 {
        let number = self.len;
        self.len += 1;
        let next = ends.map(|slot| self.chains.get(slot).map_or(0, |chain| chain.last));
        for slot in ends {
            self.chains.update(slot, |chain| {
                chain.last = number + 1;
                chain.partners = chain.partners.saturating_add(1);
            });
        }
        let link = Link {
            ends,
            next,
            time,
            cause,
            obstacle: None,
        };
        self.table.update(number, |place| *place = link);
        self.counts.kept += 1;
        self.pairs.insert(hash(ends), number);
        number
    }

    fn count_partner(&mut self, slot: u32, names: Names<'_>, shared: &mut Vec<u32>) {
        let turns = self
            .chains
            .get(slot)
            .is_some_and(|chain| chain.partners > MOST_PARTNERS && !chain.shared);
        if turns && !names.is_unique(slot) {
            self.chains.update(slot, |chain| chain.shared = true);
            self.counts.shared_ids += 1;
            shared.push(slot);
        }
    }

    /// How many links there are.
    pub(crate) const fn len(&self) -> u32 {
        self.len
    }

    /// A link by its number.
    pub(crate) fn get(&self, number: u32) -> Option<&Link> {
        self.table.get(number)
    }

    /// The link between two ids.
    pub(crate) fn between(&self, a: u32, b: u32) -> Option<&Link> {
        let ends = [a.min(b), a.max(b)];
        let is_it = |number: u32| self.get(number).is_some_and(|link| link.ends == ends);
        self.get(self.pairs.find(hash(ends), is_it)?)
    }

    /// Whether too many ids came together with this one.
    pub(crate) fn is_shared(&self, slot: u32) -> bool {
        self.chains.get(slot).is_some_and(|chain| chain.shared)
    }

    /// Whether one of a link's ids is shared.
    pub(crate) fn is_idle(&self, link: &Link) -> bool {
        link.ends.iter().any(|slot| self.is_shared(*slot))
    }

    /// The links of an id by number, the last first.
    pub(crate) fn of(&self, slot: u32) -> impl Iterator<Item = (u32, &Link)> {
        let mut next = self.chains.get(slot).map_or(0, |chain| chain.last);
        std::iter::from_fn(move || {
            let number = next.checked_sub(1)?;
            let link = self.get(number)?;
            let [first, second] = link.next;
            next = if link.ends.first() == Some(&slot) {
                first
            } else {
                second
            };
            Some((number, link))
        })
    }

    /// Says what became of a link.
    pub(crate) fn settle(&mut self, number: u32, obstacle: Option<Obstacle>) {
        let Some(before) = self.get(number).map(|link| link.obstacle) else {
            return;
        };
        if before == obstacle {
            return;
        }
        let count = self.counts.of(before);
        *count = count.saturating_sub(1);
        *self.counts.of(obstacle) += 1;
        self.table.update(number, |link| link.obstacle = obstacle);
    }

    /// Which of two links is decided first.
    pub(crate) fn order(&self, a: &Link, b: &Link, names: Names<'_>) -> Ordering {
        let cause = |link: &Link| self.causes.get(link.cause);
        let texts = |link: &Link| {
            let mut texts = link.ends.map(|slot| names.text(slot));
            texts.sort();
            texts
        };
        a.time
            .cmp(&b.time)
            .then_with(|| {
                if a.cause == b.cause {
                    Ordering::Equal
                } else {
                    cause(a).cmp(&cause(b))
                }
            })
            .then_with(|| {
                if a.ends == b.ends {
                    Ordering::Equal
                } else {
                    texts(a).cmp(&texts(b))
                }
            })
    }

    /// Whether a link comes after all that were announced so far.
    pub(crate) fn is_last(&self, link: &Link, names: Names<'_>) -> bool {
        self.latest
            .is_none_or(|latest| self.order(&latest, link, names) == Ordering::Less)
    }

    /// Remembers the latest of links: only later ones are the last from now on.
    pub(crate) fn announce(&mut self, link: &Link, names: Names<'_>) {
        if self.is_last(link, names) {
            self.latest = Some(*link);
        }
    }

    /// The event behind a cause; empty for a row of profiles.
    pub(crate) fn cause(&self, code: u32) -> &str {
        self.causes.text(code).unwrap_or_default()
    }

    /// How many there are.
    pub(crate) const fn counts(&self) -> LinkCounts {
        self.counts
    }

    /// Bytes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.table.heap_bytes()
            + self.pairs.heap_bytes()
            + self.chains.heap_bytes()
            + self.causes.heap_bytes()
    }
}
