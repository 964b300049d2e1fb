//! What each owner id did, stream by stream: times and payloads of matching events, sorted.
//!
//! Derived from the history and rebuilt from it. It goes by owner, not by profile: merging and splitting profiles moves nothing.

use crate::id::StreamId;
use crate::profile::dictionary::IdSlot;

/// A matching event: its time in milliseconds and the stored value of the stream's payload field, 0 where none is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Match {
    pub(super) time: i64,
    pub(super) payload: i64,
}

/// The matches of all owners.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    owners: Vec<Vec<Page>>,
}

/// The matches of one owner in one stream, rising.
#[derive(Clone, Debug)]
struct Page {
    stream: StreamId,
    matches: Vec<Match>,
}

impl Ledger {
    /// The matches of an owner in a stream, rising by time, then by payload.
    #[inline]
    pub(super) fn matches(&self, owner: IdSlot, stream: StreamId) -> &[Match] {
        let pages = self
            .owners
            .get(owner.0 as usize)
            .map_or(&[][..], Vec::as_slice);
        match pages.binary_search_by_key(&stream, |page| page.stream) {
            Ok(place) => pages.get(place).map_or(&[], |page| page.matches.as_slice()),
            Err(_) => &[],
        }
    }

    /// The streams in which the owner has a match, rising.
    pub(super) fn streams(&self, owner: IdSlot) -> impl Iterator<Item = StreamId> {
        let pages = self.owners.get(owner.0 as usize).into_iter().flatten();
        pages.map(|page| page.stream)
    }

    /// How many owners have room; all that have matches are below.
    pub(super) fn bound(&self) -> u32 {
        self.owners.len() as u32
    }

    /// Adds a match. Most come in order of time.
    pub(super) fn insert(&mut self, owner: IdSlot, stream: StreamId, new: Match) {
        let owner = owner.0 as usize;
        if self.owners.len() <= owner {
            self.owners.resize_with(owner + 1, Vec::new);
        }
        let Some(pages) = self.owners.get_mut(owner) else {
            return;
        };
        let place = match pages.binary_search_by_key(&stream, |page| page.stream) {
            Ok(place) => place,
            Err(place) => {
                let matches = Vec::with_capacity(2);
                pages.insert(place, Page { stream, matches });
                place
            }
        };
        if let Some(page) = pages.get_mut(place) {
            match page.matches.last() {
                Some(last) if *last > new => {
                    let at = page.matches.partition_point(|own| *own <= new);
                    page.matches.insert(at, new);
                }
                Some(_) | None => page.matches.push(new),
            }
        }
    }

    /// Takes one match out; `false` when there is none like it.
    pub(super) fn remove(&mut self, owner: IdSlot, stream: StreamId, old: Match) -> bool {
        let Some(pages) = self.owners.get_mut(owner.0 as usize) else {
            return false;
        };
        let Ok(place) = pages.binary_search_by_key(&stream, |page| page.stream) else {
            return false;
        };
        let Some(page) = pages.get_mut(place) else {
            return false;
        };
        let Ok(at) = page.matches.binary_search(&old) else {
            return false;
        };
        page.matches.remove(at);
        if page.matches.is_empty() {
            pages.remove(place);
        }
        true
    }

    /// Drops all matches of streams that `is_gone`.
    pub(super) fn drop_streams(&mut self, is_gone: impl Fn(StreamId) -> bool) {
        for pages in &mut self.owners {
            pages.retain(|page| !is_gone(page.stream));
        }
    }

    /// Drops the matches of some streams up to and including `until`.
    pub(super) fn forget(&mut self, is_meant: impl Fn(StreamId) -> bool, until: i64) {
        for pages in &mut self.owners {
            for page in pages.iter_mut().filter(|page| is_meant(page.stream)) {
                let start = page.matches.partition_point(|own| own.time <= until);
                page.matches.drain(..start);
            }
            pages.retain(|page| !page.matches.is_empty());
        }
    }

    /// Bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        let pages = |pages: &Vec<Page>| {
            let matches: usize = pages
                .iter()
                .map(|page| page.matches.capacity() * size_of::<Match>())
                .sum();
            matches + pages.capacity() * size_of::<Page>()
        };
        self.owners.capacity() * size_of::<Vec<Page>>()
            + self.owners.iter().map(pages).sum::<usize>()
    }

    /// Everything, for comparisons: owner, stream, matches.
    #[cfg(test)]
    pub(super) fn all(&self) -> Vec<(u32, StreamId, &[Match])> {
        let owners = self.owners.iter().enumerate();
        owners
            .flat_map(|(owner, pages)| {
                pages
                    .iter()
                    .map(move |page| (owner as u32, page.stream, page.matches.as_slice()))
            })
            .collect()
    }
}
