//! A log of short pieces, each with an owner: a piece is never changed, a newer one takes its place.
//!
//! Views share the pages, and what names a piece is a plain number: no count of owners is kept for each piece, so a record pays for
//! what it writes and not for what lies beside. Pages in which little is left are emptied from the oldest on, as in Rosenblum and
//! Ousterhout, "The design and implementation of a log-structured file system" (1992).

use std::collections::VecDeque;
use std::sync::Arc;

use super::order::by_number;
use crate::id::SegmentId;

/// Bytes of one page, unless one piece has more. Every record copies the last page.
const PAGE: usize = if cfg!(test) { 64 } else { 32 << 10 };

/// Pages in one volume. Every record copies the pointers of the last volume, and those to all volumes.
const VOLUME: usize = if cfg!(test) { 2 } else { 64 };

const _: () = assert!(PAGE / size_of::<SegmentId>() <= u16::MAX as usize);

/// How many times as much as is alive may be kept, beside a few pages.
const SLACK: usize = 2;

/// Where a piece lies; the default is nowhere. From the highest bits on: the number of its page, its start, and its length as far as that
/// fits, see [`LONG`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place(u64);

/// Pieces of this length or more have this length in their place; how long they are says the page.
const LONG: u64 = if cfg!(test) { 3 } else { u16::MAX as u64 };

type Volume<T> = Vec<Arc<Page<T>>>;

/// All pieces. A clone shares everything.
#[derive(Clone, Debug)]
pub(super) struct Log<T> {
    /// All but the last are full.
    volumes: Arc<VecDeque<Arc<Volume<T>>>>,
    /// Number of the first page, and how many there are. Numbers go round; there are never as many pages at a time.
    first: u32,
    count: u32,
    /// Pages of the first volume that lie before the first page; they go with their volume.
    past: u32,
    /// Elements of all pieces, and of those that nothing has taken the place of.
    all: usize,
    alive: usize,
    /// Elements of the last record.
    written: usize,
}

#[derive(Clone, Debug)]
struct Page<T> {
    content: Vec<T>,
    /// By piece: whose it is, and where it starts.
    owners: Vec<(u32, u32)>,
}

/// New places by owner, rising.
type Places = Vec<(u32, Place)>;

/// What a record writes, until it is put.
#[derive(Debug)]
struct Pen<T> {
    full: Vec<Arc<Page<T>>>,
    page: Page<T>,
    number: u32,
    written: usize,
    replaced: usize,
}

/// Elements that a piece is counted with, its owner among them, so that empty ones are let go of too.
const fn room<T>(piece: &[T]) -> usize {
    piece.len() + 1
}

impl Default for Place {
    fn default() -> Self {
        Self(u64::MAX)
    }
}

impl Place {
    fn new(page: u32, start: usize, len: usize) -> Self {
        Self(u64::from(page) << 32 | (start as u64) << 16 | (len as u64).min(LONG))
    }

    const fn page(self) -> u32 {
        (self.0 >> 32) as u32
    }

    const fn start(self) -> usize {
        (self.0 >> 16) as usize & 0xFFFF
    }

    const fn len(self) -> usize {
        (self.0 & 0xFFFF) as usize
    }

    /// Whether there is a piece.
    pub(super) fn is_some(self) -> bool {
        self != Self::default()
    }

    /// A number that no other piece of the log has, until very many pages later; `None` for an empty one.
    pub(super) fn number(self) -> Option<u64> {
        (self.is_some() && self.len() > 0).then_some(self.0)
    }
}

impl<T> Default for Log<T> {
    fn default() -> Self {
        Self {
            volumes: Arc::default(),
            first: 0,
            count: 0,
            past: 0,
            all: 0,
            alive: 0,
            written: 0,
        }
    }
}

impl<T> Page<T> {
    /// Elements of one page.
    const ROOM: usize = PAGE / size_of::<T>();

    fn new() -> Self {
        Self {
            // The last piece may reach over the end.
            content: Vec::with_capacity(Self::ROOM + Self::ROOM / 8),
            owners: Vec::new(),
        }
    }
}

impl<T: Copy> Log<T> {
    /// A piece; empty where there is none.
    #[inline]
    pub(super) fn get(&self, place: Place) -> &[T] {
        let number = place.page().wrapping_sub(self.first);
        let page = self.page(number).filter(|_| place.is_some());
        page.map_or(&[], |page| page.get(place))
    }

    /// A page, counted from the first.
    #[inline]
    fn page(&self, number: u32) -> Option<&Arc<Page<T>>> {
        let number = number as usize + self.past as usize;
        self.volumes.get(number / VOLUME)?.get(number % VOLUME)
    }

    /// Writes the pieces of some owners, each once and rising, and moves what else is alive in pages that hold little. `fill` appends the
    /// new piece after the old one, `current` tells where the pieces of owners lie; gives the new places, rising.
    pub(super) fn rewrite(
        &mut self,
        owners: impl Iterator<Item = u32>,
        current: impl Fn(u32) -> Place,
        mut fill: impl FnMut(u32, &[T], &mut Vec<T>),
    ) -> Places {
        // Looked up in one go, so that the look-ups do not wait for each other.
        let mut places: Vec<(u32, Place)> = owners.map(|own| (own, current(own))).collect();
        let (mut pen, first) = (self.pen(), self.first);
        let (mut moved, emptied) = self.clean(&mut pen, &places, current);
        let before = pen.written;
        for (owner, place) in &mut places {
            let page = place.page().wrapping_sub(first) as usize;
            let old = match emptied.get(page).filter(|_| place.is_some()) {
                Some(page) => page.get(*place),
                None => self.get(*place),
            };
            let gone = place.is_some().then(|| room(old));
            *place = pen.write(*owner, gone, |page| fill(*owner, old, page));
        }
        self.written = pen.written - before;
        self.put(pen);
        if !moved.is_empty() {
            places.extend_from_slice(&moved);
            by_number(&mut places, &mut moved, |own| u64::from(own.0));
        }
        places
    }

    /// Begins to write.
    fn pen(&self) -> Pen<T> {
        let mut page = Page::new();
        let last = self.count.saturating_sub(1);
        if let Some(own) = self.page(last) {
            page.content.extend_from_slice(&own.content);
            page.owners.reserve(2 * own.owners.len());
            page.owners.extend_from_slice(&own.owners);
        }
        Pen {
            full: Vec::new(),
            page,
            number: self.first.wrapping_add(last),
            written: 0,
            replaced: 0,
        }
    }

    /// Takes over what was written.
    fn put(&mut self, pen: Pen<T>) {
        self.all += pen.written;
        self.alive = (self.alive + pen.written).saturating_sub(pen.replaced);
        let volumes = Arc::make_mut(&mut self.volumes);
        if let Some(last) = volumes.back_mut() {
            self.count -= u32::from(Arc::make_mut(last).pop().is_some());
        }
        for page in pen.full.into_iter().chain([Arc::new(pen.page)]) {
            if volumes.back().is_none_or(|own| own.len() == VOLUME) {
                volumes.push_back(Arc::new(Vec::with_capacity(VOLUME)));
            }
            if let Some(volume) = volumes.back_mut() {
                Arc::make_mut(volume).push(page);
            }
            self.count += 1;
        }
    }

    /// Copies what is alive out of the oldest pages where too much is kept, but for the pieces of the owners that are written anyway;
    /// gives the new places, rising, and the pages. Copies little more than the last record has written.
    fn clean(
        &mut self,
        pen: &mut Pen<T>,
        written: &[(u32, Place)],
        current: impl Fn(u32) -> Place,
    ) -> (Places, Volume<T>) {
        let (mut moved, mut emptied) = (Vec::new(), Vec::new());
        // More than a record writes, so that what is kept stays bounded; a whole round in one record would be a long wait.
        let most = 4 * self.written;
        while self.is_lax() && pen.written <= most && self.count > 1 {
            let Some(page) = self.page(0).map(Arc::clone) else {
                break;
            };
            let number = self.first;
            self.let_go();
            self.all -= page.len();
            // In one go, see above.
            let places: Vec<Place> = page.owners.iter().map(|own| current(own.0)).collect();
            for ((owner, start), place) in page.owners.iter().zip(places) {
                let is_alive =
                    place.is_some() && (place.page(), place.start()) == (number, *start as usize);
                if is_alive && written.binary_search_by_key(owner, |own| own.0).is_err() {
                    let piece = page.get(place);
                    let gone = Some(room(piece));
                    let new = pen.write(*owner, gone, |page| page.extend_from_slice(piece));
                    moved.push((*owner, new));
                }
            }
            emptied.push(page);
        }
        moved.sort_unstable_by_key(|own| own.0);
        // An empty piece and the next of its owner may begin at one place, and both be taken for the current one.
        moved.dedup_by_key(|own| own.0);
        (moved, emptied)
    }

    /// Lets go of the first page.
    fn let_go(&mut self) {
        self.first = self.first.wrapping_add(1);
        self.count -= 1;
        self.past += 1;
        if self.past as usize == VOLUME {
            Arc::make_mut(&mut self.volumes).pop_front();
            self.past = 0;
        }
    }

    fn is_lax(&self) -> bool {
        self.all > SLACK * self.alive + 2 * Page::<T>::ROOM
    }

    /// Whether what is counted is so, given where everything alive lies.
    #[cfg(test)]
    pub(super) fn validate(&self, places: impl Iterator<Item = Place>) {
        let alive = places.filter(|place| place.is_some());
        let alive: usize = alive.map(|place| room(self.get(place))).sum();
        let pages = (0..self.count).filter_map(|number| self.page(number));
        let all: usize = pages.map(|page| page.len()).sum();
        assert_eq!((self.alive, self.all), (alive, all));
        assert!(
            all <= 2 * SLACK * alive + 8 * Page::<T>::ROOM + 200,
            "{all} for {alive}"
        );
    }

    /// Bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        let pages = self.volumes.iter().flat_map(|own| own.iter());
        let page = |page: &Arc<Page<T>>| {
            page.content.capacity() * size_of::<T>() + page.owners.capacity() * 8
        };
        pages.map(page).sum()
    }
}

impl<T> Page<T> {
    #[inline]
    fn get(&self, place: Place) -> &[T] {
        let start = place.start();
        let mut end = start + place.len();
        if place.len() as u64 == LONG {
            let next = self.owners.partition_point(|own| own.1 as usize <= start);
            end = self
                .owners
                .get(next)
                .map_or(self.content.len(), |own| own.1 as usize);
        }
        self.content.get(start..end).unwrap_or_default()
    }

    /// What its pieces take.
    fn len(&self) -> usize {
        self.content.len() + self.owners.len()
    }
}

impl<T: Copy> Pen<T> {
    /// Writes a piece of an owner, instead of one of which the room is `gone`; `fill` appends it.
    fn write(&mut self, owner: u32, gone: Option<usize>, fill: impl FnOnce(&mut Vec<T>)) -> Place {
        if self.page.content.len() >= Page::<T>::ROOM {
            let full = std::mem::replace(&mut self.page, Page::new());
            self.full.push(Arc::new(full));
            self.number = self.number.wrapping_add(1);
        }
        let content = &mut self.page.content;
        let start = content.len();
        fill(content);
        let own = content.get(start..).unwrap_or_default();
        self.written += room(own);
        self.replaced += gone.unwrap_or(0);
        self.page.owners.push((owner, start as u32));
        Place::new(self.number, start, own.len())
    }
}
