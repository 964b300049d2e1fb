//! A log of short pieces, each with an owner: a piece is never changed, a newer one takes its place.
//!
//! Views share the pages, and what names a piece is a plain number: no count of owners is kept for each piece, so a record pays for
//! what it writes and not for what lies beside. Pages in which little is left are emptied from the oldest on, as in Rosenblum and
//! Ousterhout, "The design and implementation of a log-structured file system" (1992).

#[cfg(test)]
use std::collections::BTreeSet;
use std::collections::VecDeque;
use std::sync::Arc;

use super::spare::Spare;
use crate::order::by_number;

/// Bytes of one page, unless one piece has more. Every record copies the last page.
const PAGE: usize = if cfg!(test) { 64 } else { 32 << 10 };

/// Pages in one volume. Every record copies the pointers of the last volume, and those to all volumes.
const VOLUME: usize = if cfg!(test) { 2 } else { 64 };

const _: () = assert!(PAGE / size_of::<u16>() <= u16::MAX as usize);

/// How many times as much as is alive may be kept, beside a few pages.
const SLACK: usize = 2;

/// Where a piece lies; the default is nowhere, an empty piece lies in no page. From the highest bits on: the number of its page, its
/// start, and its length as far as that fits, see [`LONG`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place(u64);

/// Pieces of this length or more have this length in their place; how long they are says the page.
const LONG: u64 = if cfg!(test) { 3 } else { u16::MAX as u64 };

type Volume<T> = Vec<Arc<Page<T>>>;

/// All pieces. A clone shares everything but what is for the writer alone.
#[derive(Debug)]
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
    /// Elements that the last record wrote, or of which it took the place.
    written: usize,
    /// By page, where whoever writes has written it all: which of its pieces are no longer alive.
    marks: VecDeque<Option<Marks>>,
    spare: Spare<Page<T>>,
}

#[derive(Clone, Debug)]
struct Page<T> {
    content: Vec<T>,
    pieces: Vec<Piece>,
}

/// Whose a piece is, and where it starts; none is empty, so no two start at one place.
#[derive(Clone, Copy, Debug)]
struct Piece {
    owner: u32,
    start: u32,
}

/// A bit for each place at which a piece may start.
#[derive(Clone, Debug)]
struct Marks(Box<[u64]>);

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
    spare: Spare<Page<T>>,
}

impl Marks {
    fn new(room: usize) -> Self {
        Self(vec![0; room.div_ceil(64)].into())
    }

    fn set(&mut self, start: usize) {
        if let Some(word) = self.0.get_mut(start / 64) {
            *word |= 1 << (start % 64);
        }
    }

    fn has(&self, start: usize) -> bool {
        let word = self.0.get(start / 64);
        word.is_some_and(|word| word >> (start % 64) & 1 == 1)
    }
}

impl Default for Place {
    fn default() -> Self {
        Self(u64::MAX)
    }
}

impl Place {
    const EMPTY: Self = Self(u64::MAX - 1);

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

    /// Whether a page has it.
    fn is_written(self) -> bool {
        self.is_some() && self != Self::EMPTY
    }

    /// A number that no other piece of the log has, until very many pages later; `None` for an empty one.
    pub(super) fn number(self) -> Option<u64> {
        self.is_written().then_some(self.0)
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
            marks: VecDeque::new(),
            spare: Spare::default(),
        }
    }
}

impl<T> Clone for Log<T> {
    fn clone(&self) -> Self {
        Self {
            volumes: Arc::clone(&self.volumes),
            marks: VecDeque::new(),
            spare: Spare::default(),
            ..*self
        }
    }
}

impl<T> Page<T> {
    /// Elements of one page.
    const ROOM: usize = PAGE / size_of::<T>();
    /// Elements in the room of what is noted of a piece.
    const NOTED: usize = size_of::<Piece>().div_ceil(size_of::<T>());

    /// Elements that a piece of so many is counted with.
    const fn room(len: usize) -> usize {
        len + Self::NOTED
    }

    fn new() -> Self {
        Self {
            // The last piece may reach over the end.
            content: Vec::with_capacity(Self::ROOM + Self::ROOM / 8),
            pieces: Vec::new(),
        }
    }

    /// An empty one.
    fn take(spare: &mut Spare<Self>) -> Self {
        let mut page = spare.take().unwrap_or_else(Self::new);
        page.content.clear();
        page.pieces.clear();
        page
    }
}

impl<T: Copy> Log<T> {
    /// A piece; empty where there is none.
    #[inline]
    pub(super) fn get(&self, place: Place) -> &[T] {
        let number = place.page().wrapping_sub(self.first);
        let page = self.page(number).filter(|_| place.is_written());
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
        self.mark(&places);
        let (mut pen, first) = (self.pen(), self.first);
        let (mut moved, emptied) = self.clean(&mut pen, &places, current);
        let (before, replaced) = (pen.written, pen.replaced);
        for (owner, place) in &mut places {
            let page = place.page().wrapping_sub(first) as usize;
            let old = match emptied.get(page).filter(|_| place.is_written()) {
                Some(page) => page.get(*place),
                None => self.get(*place),
            };
            let gone = place.is_written().then(|| Page::<T>::room(old.len()));
            *place = pen.write(*owner, gone, |page| fill(*owner, old, page));
        }
        // Rows that are empty now are written nowhere, and what they leave is to be cleaned as well.
        self.written = (pen.written - before).max(pen.replaced - replaced);
        self.put(pen);
        if !moved.is_empty() {
            places.extend_from_slice(&moved);
            by_number(&mut places, &mut moved, |own| u64::from(own.0));
        }
        places
    }

    /// Marks pieces that something takes the place of.
    fn mark(&mut self, places: &[(u32, Place)]) {
        self.marks.resize_with(self.count as usize, || None);
        for (_, place) in places.iter().filter(|own| own.1.is_written()) {
            let page = place.page().wrapping_sub(self.first) as usize;
            if let Some(Some(marks)) = self.marks.get_mut(page) {
                marks.set(place.start());
            }
        }
    }

    /// Begins to write.
    fn pen(&mut self) -> Pen<T> {
        let mut spare = std::mem::take(&mut self.spare);
        let mut page = Page::take(&mut spare);
        let last = self.count.saturating_sub(1);
        if let Some(own) = self.page(last) {
            page.content.extend_from_slice(&own.content);
            page.pieces.reserve(2 * own.pieces.len());
            page.pieces.extend_from_slice(&own.pieces);
        }
        Pen {
            full: Vec::new(),
            page,
            number: self.first.wrapping_add(last),
            written: 0,
            replaced: 0,
            spare,
        }
    }

    /// Takes over what was written.
    fn put(&mut self, pen: Pen<T>) {
        self.spare = pen.spare;
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
        let marks = || Some(Marks::new(Page::<T>::ROOM));
        self.marks.resize_with(self.count as usize, marks);
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
            let marks = self.let_go(&mut pen.spare);
            self.all -= page.len();
            let is_current = |own: &Piece| {
                let place = current(own.owner);
                let own_place = (number, own.start as usize);
                place.is_written() && (place.page(), place.start()) == own_place
            };
            let is_replaced = |own: &Piece| {
                written
                    .binary_search_by_key(&own.owner, |own| own.0)
                    .is_ok()
            };
            let is_alive = |own: &Piece| {
                let marks = marks.as_ref();
                marks.map_or_else(
                    || is_current(own) && !is_replaced(own),
                    |marks| !marks.has(own.start as usize),
                )
            };
            let pieces = page.pieces.iter().zip(0..);
            for (own, number) in pieces.filter(|(own, _)| is_alive(own)) {
                let piece = page.piece(number);
                let gone = Some(Page::<T>::room(piece.len()));
                let new = pen.write(own.owner, gone, |page| page.extend_from_slice(piece));
                moved.push((own.owner, new));
            }
            emptied.push(page);
        }
        moved.sort_unstable_by_key(|own| own.0);
        (moved, emptied)
    }

    /// Lets go of the first page and gives its marks.
    fn let_go(&mut self, spare: &mut Spare<Page<T>>) -> Option<Marks> {
        self.first = self.first.wrapping_add(1);
        self.count -= 1;
        self.past += 1;
        if self.past as usize == VOLUME {
            let volume = Arc::make_mut(&mut self.volumes).pop_front();
            volume.into_iter().for_each(|own| spare.let_go(own));
            self.past = 0;
        }
        self.marks.pop_front().flatten()
    }

    fn is_lax(&self) -> bool {
        self.all > SLACK * self.alive + 2 * Page::<T>::ROOM
    }

    /// Whether what is counted is so, given where everything alive lies.
    #[cfg(test)]
    pub(super) fn validate(&self, places: impl Iterator<Item = Place>) {
        let places: Vec<Place> = places.filter(|place| place.is_written()).collect();
        let alive: usize = places
            .iter()
            .map(|own| Page::<T>::room(self.get(*own).len()))
            .sum();
        let found = places.iter().map(|own| (own.page(), own.start()));
        let found: BTreeSet<(u32, usize)> = found.collect();
        assert_eq!(places.len(), found.len());
        for (number, marks) in (self.first..).zip(&self.marks) {
            let page = self.page(number - self.first);
            for piece in page.into_iter().flat_map(|page| &page.pieces) {
                let start = piece.start as usize;
                let is_alive = found.contains(&(number, start));
                assert!(marks.as_ref().is_none_or(|own| own.has(start) != is_alive));
            }
        }
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
        let pages = pages.map(|own| &**own).chain(self.spare.iter());
        let page = |page: &Page<T>| {
            page.content.capacity() * size_of::<T>() + page.pieces.capacity() * size_of::<Piece>()
        };
        let marks = self.marks.len() * (size_of::<Marks>() + Page::<T>::ROOM / 8);
        pages.map(page).sum::<usize>() + marks
    }
}

impl<T> Page<T> {
    #[inline]
    fn get(&self, place: Place) -> &[T] {
        let start = place.start();
        let mut end = start + place.len();
        if place.len() as u64 == LONG {
            let next = self
                .pieces
                .partition_point(|own| own.start as usize <= start);
            end = self.end(next);
        }
        self.content.get(start..end).unwrap_or_default()
    }

    /// A piece by its number.
    fn piece(&self, number: usize) -> &[T] {
        let range = self.end(number)..self.end(number + 1);
        self.content.get(range).unwrap_or_default()
    }

    /// Where the piece before this one ends.
    fn end(&self, number: usize) -> usize {
        let next = self.pieces.get(number);
        next.map_or(self.content.len(), |own| own.start as usize)
    }

    /// What its pieces take.
    fn len(&self) -> usize {
        self.content.len() + Self::NOTED * self.pieces.len()
    }
}

impl<T: Copy> Pen<T> {
    /// Writes a piece of an owner, instead of one of which the room is `gone`; `fill` appends it.
    fn write(&mut self, owner: u32, gone: Option<usize>, fill: impl FnOnce(&mut Vec<T>)) -> Place {
        if self.page.content.len() >= Page::<T>::ROOM {
            let full = std::mem::replace(&mut self.page, Page::take(&mut self.spare));
            self.full.push(Arc::new(full));
            self.number = self.number.wrapping_add(1);
        }
        let content = &mut self.page.content;
        let start = content.len();
        fill(content);
        let len = content.len() - start;
        self.replaced += gone.unwrap_or(0);
        if len == 0 {
            return Place::EMPTY;
        }
        self.written += Page::<T>::room(len);
        self.page.pieces.push(Piece {
            owner,
            start: start as u32,
        });
        Place::new(self.number, start, len)
    }
}
