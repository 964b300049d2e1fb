//! A log of short pieces, each with an owner: a piece is never changed, a newer one takes its place.
//!
//! Views share the pages, and what names a piece is a plain number: no count of owners is kept for each piece, so a record pays for
//! what it writes and not for what lies beside. Pages in which little is left are emptied from the oldest on, as in Rosenblum and
//! Ousterhout, "The design and implementation of a log-structured file system" (1992).

use std::collections::VecDeque;
use std::sync::Arc;

/// Bytes of one page, unless one piece has more. Every record copies the last page and the list of all; and allocators keep what is
/// not larger at hand, where larger pieces of memory go back to the system and have to be zeroed by it each time.
const PAGE: usize = if cfg!(test) { 64 } else { 96 << 10 };

/// How many times as much as is alive may be kept, beside a few pages.
const SLACK: usize = 2;

/// Where a piece lies; the default is nowhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// Numbers of pages begin with 1 and are not used again.
    page: u32,
    start: u32,
    len: u32,
}

/// All pieces. A clone shares everything.
#[derive(Clone, Debug)]
pub(super) struct Log<T> {
    pages: Arc<VecDeque<Arc<Page<T>>>>,
    /// Number of the first page.
    first: u32,
    /// Elements of all pieces, and of those that nothing has taken the place of.
    all: usize,
    alive: usize,
}

#[derive(Clone, Debug)]
struct Page<T> {
    content: Vec<T>,
    /// By piece: whose it is, and where it starts.
    owners: Vec<(u32, u32)>,
}

/// What a record writes, until it is put.
#[derive(Debug)]
pub(super) struct Pen<T> {
    full: Vec<Arc<Page<T>>>,
    page: Page<T>,
    number: u32,
    written: usize,
    replaced: usize,
}

impl Place {
    /// Whether there is a piece.
    pub(super) const fn is_some(self) -> bool {
        self.page > 0
    }

    /// Elements that a piece takes, its owner counted, so that empty ones are let go of too.
    const fn room(self) -> usize {
        self.len as usize + 1
    }

    /// A number that no other piece of the log has; `None` for an empty one.
    pub(super) fn number(self) -> Option<u64> {
        (self.len > 0).then(|| u64::from(self.page) << 32 | u64::from(self.start))
    }
}

impl<T> Default for Log<T> {
    fn default() -> Self {
        Self {
            pages: Arc::default(),
            first: 1,
            all: 0,
            alive: 0,
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
        let number = place.page.wrapping_sub(self.first) as usize;
        let page = self.pages.get(number);
        let start = place.start as usize;
        page.and_then(|page| page.content.get(start..start + place.len as usize))
            .unwrap_or_default()
    }

    /// Begins to write.
    pub(super) fn pen(&self) -> Pen<T> {
        let mut page = Page::new();
        if let Some(last) = self.pages.back() {
            page.content.extend_from_slice(&last.content);
            page.owners.reserve(2 * last.owners.len());
            page.owners.extend_from_slice(&last.owners);
        }
        Pen {
            full: Vec::new(),
            page,
            number: self.first + self.pages.len().saturating_sub(1) as u32,
            written: 0,
            replaced: 0,
        }
    }

    /// Takes over what was written.
    pub(super) fn put(&mut self, pen: Pen<T>) {
        self.all += pen.written;
        self.alive = (self.alive + pen.written).saturating_sub(pen.replaced);
        let pages = Arc::make_mut(&mut self.pages);
        pages.pop_back();
        pages.extend(pen.full);
        pages.push_back(Arc::new(pen.page));
    }

    /// Copies what is alive out of the oldest pages where too much is kept, and lets go of them. `current` tells where the piece of an
    /// owner lies now; gives the new places. Copies little more than `written` elements, the number that the record has written.
    pub(super) fn clean(
        &mut self,
        written: usize,
        current: impl Fn(u32) -> Place,
    ) -> Vec<(u32, Place)> {
        let mut moved = Vec::new();
        if !self.is_lax() {
            return moved;
        }
        let mut pen = self.pen();
        // More than a record writes, so that what is kept stays bounded; a whole round in one record would be a long wait.
        let most = 4 * written;
        while self.is_lax() && pen.written <= most && self.pages.len() > 1 {
            let Some(page) = Arc::make_mut(&mut self.pages).pop_front() else {
                break;
            };
            let number = self.first;
            self.first += 1;
            self.all -= page.len();
            for (owner, start) in &page.owners {
                let place = current(*owner);
                if (place.page, place.start) == (number, *start) {
                    let start = place.start as usize;
                    let piece = page.content.get(start..start + place.len as usize);
                    let piece = piece.unwrap_or_default();
                    let new = pen.write(*owner, place, |page| page.extend_from_slice(piece));
                    moved.push((*owner, new));
                }
            }
        }
        self.put(pen);
        moved
    }

    fn is_lax(&self) -> bool {
        self.all > SLACK * self.alive + 2 * Page::<T>::ROOM
    }

    /// Whether what is counted is so, given where everything alive lies.
    #[cfg(test)]
    pub(super) fn validate(&self, places: impl Iterator<Item = Place>) {
        let alive = places.filter(|place| place.is_some());
        let alive: usize = alive.map(Place::room).sum();
        let all: usize = self.pages.iter().map(|page| page.len()).sum();
        assert_eq!((self.alive, self.all), (alive, all));
        assert!(
            all <= 2 * SLACK * alive + 8 * Page::<T>::ROOM + 200,
            "{all} for {alive}"
        );
    }

    /// Bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        let pages = self.pages.iter();
        let page = |page: &Arc<Page<T>>| {
            page.content.capacity() * size_of::<T>() + page.owners.capacity() * 8
        };
        pages.map(page).sum()
    }
}

impl<T> Page<T> {
    /// What its pieces take.
    fn len(&self) -> usize {
        self.content.len() + self.owners.len()
    }
}

impl<T: Copy> Pen<T> {
    /// Writes a piece of an owner, instead of that at `old`; `fill` appends it.
    pub(super) fn write(
        &mut self,
        owner: u32,
        old: Place,
        fill: impl FnOnce(&mut Vec<T>),
    ) -> Place {
        if self.page.content.len() >= Page::<T>::ROOM {
            let full = std::mem::replace(&mut self.page, Page::new());
            self.full.push(Arc::new(full));
            self.number += 1;
        }
        let content = &mut self.page.content;
        let start = content.len();
        fill(content);
        let len = content.len() - start;
        self.page.owners.push((owner, start as u32));
        let place = Place {
            page: self.number,
            start: start as u32,
            len: len as u32,
        };
        self.written += place.room();
        if old.is_some() {
            self.replaced += old.room();
        }
        place
    }

    /// Elements written.
    pub(super) const fn written(&self) -> usize {
        self.written
    }
}
