//! What each owner id did, stream by stream: times and payloads of matching events, sorted.
//!
//! Derived from the history and rebuilt from it. It goes by owner, not by profile: merging and splitting profiles moves nothing.
//! The matches of one owner lie together, since a record mostly looks at several streams of a profile; only an owner of very
//! many has a list for each stream, so that an insertion moves little.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::id::StreamId;
use crate::profile::dictionary::IdSlot;

/// An owner of more matches has a list for each stream.
const FLAT: usize = if cfg!(test) { 6 } else { 2_048 };

/// So many streams are looked for one by one.
const FEW: usize = if cfg!(test) { 1 } else { 8 };

/// A matching event: its time in milliseconds and the stored value of the stream's payload field, 0 where none is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Match {
    pub(super) time: i64,
    pub(super) payload: i64,
}

/// The matches of all owners.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    owners: Vec<Book>,
}

/// The matches of one owner, rising by stream, then by time, then by payload.
#[derive(Clone, Debug)]
enum Book {
    /// `matches[i]` is of `streams[i]`.
    Flat {
        streams: Vec<StreamId>,
        matches: Vec<Match>,
    },
    Paged(Vec<Page>),
}

/// The matches of one stream; never none.
#[derive(Clone, Debug)]
struct Page {
    stream: StreamId,
    matches: Vec<Match>,
}

impl Default for Book {
    fn default() -> Self {
        Self::Flat {
            streams: Vec::new(),
            matches: Vec::new(),
        }
    }
}

impl Ledger {
    /// The matches of an owner in a stream, rising by time, then by payload.
    #[inline]
    pub(super) fn matches(&self, owner: IdSlot, stream: StreamId) -> &[Match] {
        match self.owners.get(owner.0 as usize) {
            Some(Book::Flat { streams, matches }) => {
                matches.get(range(streams, stream)).unwrap_or_default()
            }
            Some(Book::Paged(pages)) => {
                let place = pages.binary_search_by_key(&stream, |page| page.stream);
                let page = place.ok().and_then(|place| pages.get(place));
                page.map_or(&[], |page| &page.matches)
            }
            None => &[],
        }
    }

    /// The streams in which the owner has a match, rising.
    pub(super) fn streams(&self, owner: IdSlot) -> impl Iterator<Item = StreamId> {
        let (flat, pages) = match self.owners.get(owner.0 as usize) {
            Some(Book::Flat { streams, .. }) => (streams.as_slice(), &[][..]),
            Some(Book::Paged(pages)) => (&[][..], pages.as_slice()),
            None => (&[][..], &[][..]),
        };
        let flat = flat.chunk_by(|a, b| a == b);
        let flat = flat.filter_map(|alike| alike.first().copied());
        flat.chain(pages.iter().map(|page| page.stream))
    }

    /// Calls `visit` with each stream in which the owner has a match, rising, and the matches.
    #[inline]
    pub(super) fn each(&self, owner: IdSlot, mut visit: impl FnMut(StreamId, &[Match])) {
        match self.owners.get(owner.0 as usize) {
            Some(Book::Flat { streams, matches }) => {
                let mut rest = matches.as_slice();
                for alike in streams.chunk_by(|a, b| a == b) {
                    let (own, after) = rest.split_at_checked(alike.len()).unwrap_or_default();
                    rest = after;
                    if let Some(stream) = alike.first() {
                        visit(*stream, own);
                    }
                }
            }
            Some(Book::Paged(pages)) => {
                pages
                    .iter()
                    .for_each(|page| visit(page.stream, &page.matches));
            }
            None => {}
        }
    }

    /// Reads a little of the matches of some owners, so that they lie in the cache when their turn comes. The reads do not wait for
    /// each other.
    pub(super) fn warm(&self, owners: impl Iterator<Item = IdSlot>) {
        std::hint::black_box(owners.map(|owner| self.read(owner)).fold(0, |a, b| a ^ b));
    }

    #[inline]
    fn read(&self, owner: IdSlot) -> i64 {
        let Some(Book::Flat { streams, matches }) = self.owners.get(owner.0 as usize) else {
            return 0;
        };
        let stream = |place: usize| streams.get(place).map_or(0, |own| i64::from(own.0));
        let time = |place: usize| matches.get(place).map_or(0, |own| own.time & 1);
        let (middle, last) = (matches.len() / 2, matches.len().saturating_sub(1));
        stream(0) + stream(middle) + stream(last) + time(middle) + time(last)
    }

    /// How many owners have room; all that have matches are below.
    pub(super) fn bound(&self) -> u32 {
        self.owners.len() as u32
    }

    /// Adds a match. Most come in order of time.
    pub(super) fn insert(&mut self, owner: IdSlot, stream: StreamId, new: Match) {
        let owner = owner.0 as usize;
        if self.owners.len() <= owner {
            self.owners.resize_with(owner + 1, Book::default);
        }
        if let Some(book) = self.owners.get_mut(owner) {
            book.insert(stream, new);
        }
    }

    /// Takes one match out; `false` when there is none like it.
    pub(super) fn remove(&mut self, owner: IdSlot, stream: StreamId, old: Match) -> bool {
        let book = self.owners.get_mut(owner.0 as usize);
        book.is_some_and(|book| book.remove(stream, old))
    }

    /// Drops all matches of some streams. Few are looked for one by one, since few owners have any.
    pub(super) fn drop_streams(&mut self, streams: &BTreeSet<StreamId>) {
        for book in &mut self.owners {
            if streams.len() > FEW {
                book.retain(|stream, _| !streams.contains(&stream));
                continue;
            }
            for stream in streams {
                book.drop_stream(*stream);
            }
        }
    }

    /// Drops all matches of some owners in this stream and those numbered higher.
    pub(super) fn drop_from(&mut self, owners: Range<u32>, first: StreamId) {
        let range = owners.start as usize..(owners.end as usize).min(self.owners.len());
        for book in self.owners.get_mut(range).into_iter().flatten() {
            book.retain(|stream, _| stream < first);
        }
    }

    /// Drops the matches of some streams up to and including `until`.
    pub(super) fn forget(&mut self, is_meant: impl Fn(StreamId) -> bool, until: i64) {
        for book in &mut self.owners {
            book.retain(|stream, own| own.time > until || !is_meant(stream));
        }
    }

    /// Bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        self.owners.capacity() * size_of::<Book>()
            + self.owners.iter().map(Book::heap_bytes).sum::<usize>()
    }

    /// Everything, for comparisons: owner, stream, matches.
    #[cfg(test)]
    pub(super) fn all(&self) -> Vec<(u32, StreamId, &[Match])> {
        let owners = (0..self.bound()).map(IdSlot);
        owners
            .flat_map(|owner| {
                let streams = self.streams(owner);
                streams.map(move |stream| (owner.0, stream, self.matches(owner, stream)))
            })
            .collect()
    }
}

/// Where the matches of a stream lie, and would go.
#[inline]
fn range(streams: &[StreamId], stream: StreamId) -> std::ops::Range<usize> {
    let start = streams.partition_point(|own| *own < stream);
    let rest = streams.get(start..).unwrap_or_default();
    start..start + rest.partition_point(|own| *own == stream)
}

/// Where a match goes among those of its stream.
fn place(matches: &[Match], new: Match) -> usize {
    match matches.last() {
        Some(last) if *last > new => matches.partition_point(|own| *own <= new),
        Some(_) | None => matches.len(),
    }
}

impl Book {
    fn insert(&mut self, stream: StreamId, new: Match) {
        match self {
            Self::Flat { streams, matches } => {
                let range = range(streams, stream);
                let at = range.start + place(matches.get(range.clone()).unwrap_or_default(), new);
                streams.insert(at, stream);
                matches.insert(at, new);
                if matches.len() > FLAT {
                    *self = Self::Paged(paged(streams, matches));
                }
            }
            Self::Paged(pages) => {
                let found = pages.binary_search_by_key(&stream, |page| page.stream);
                let number = found.unwrap_or_else(|number| {
                    let matches = Vec::with_capacity(2);
                    pages.insert(number, Page { stream, matches });
                    number
                });
                if let Some(page) = pages.get_mut(number) {
                    page.matches.insert(place(&page.matches, new), new);
                }
            }
        }
    }

    fn remove(&mut self, stream: StreamId, old: Match) -> bool {
        match self {
            Self::Flat { streams, matches } => {
                let range = range(streams, stream);
                let own = matches.get(range.clone()).unwrap_or_default();
                let Ok(at) = own.binary_search(&old) else {
                    return false;
                };
                streams.remove(range.start + at);
                matches.remove(range.start + at);
                true
            }
            Self::Paged(pages) => {
                let Ok(number) = pages.binary_search_by_key(&stream, |page| page.stream) else {
                    return false;
                };
                let Some(page) = pages.get_mut(number) else {
                    return false;
                };
                let Ok(at) = page.matches.binary_search(&old) else {
                    return false;
                };
                page.matches.remove(at);
                if page.matches.is_empty() {
                    pages.remove(number);
                }
                true
            }
        }
    }

    fn drop_stream(&mut self, stream: StreamId) {
        match self {
            Self::Flat { streams, matches } => {
                let range = range(streams, stream);
                if !range.is_empty() {
                    streams.drain(range.clone());
                    matches.drain(range);
                }
            }
            Self::Paged(pages) => pages.retain(|page| page.stream != stream),
        }
    }

    fn retain(&mut self, keep: impl Fn(StreamId, &Match) -> bool) {
        match self {
            Self::Flat { streams, matches } => {
                let kept = |(stream, own): (&StreamId, &Match)| keep(*stream, own);
                if streams.iter().zip(matches.iter()).all(kept) {
                    return;
                }
                let both = streams.drain(..).zip(matches.drain(..));
                let kept: Vec<_> = both.filter(|(stream, own)| keep(*stream, own)).collect();
                (*streams, *matches) = kept.into_iter().unzip();
            }
            Self::Paged(pages) => {
                for page in pages.iter_mut() {
                    page.matches.retain(|own| keep(page.stream, own));
                }
                pages.retain(|page| !page.matches.is_empty());
            }
        }
    }

    fn heap_bytes(&self) -> usize {
        match self {
            Self::Flat { streams, matches } => {
                streams.capacity() * size_of::<StreamId>() + matches.capacity() * size_of::<Match>()
            }
            Self::Paged(pages) => {
                let matches: usize = pages.iter().map(|page| page.matches.capacity()).sum();
                pages.capacity() * size_of::<Page>() + matches * size_of::<Match>()
            }
        }
    }
}

fn paged(streams: &[StreamId], matches: &[Match]) -> Vec<Page> {
    let (mut pages, mut start) = (Vec::new(), 0);
    for alike in streams.chunk_by(|a, b| a == b) {
        let own = matches.get(start..start + alike.len()).unwrap_or_default();
        start += alike.len();
        if let Some(stream) = alike.first() {
            pages.push(Page {
                stream: *stream,
                matches: own.to_vec(),
            });
        }
    }
    pages
}
