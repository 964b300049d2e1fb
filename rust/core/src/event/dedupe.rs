//! Which events were accepted: a hash of each id, with what tells a repetition from a conflict.

use std::sync::Arc;

use crate::column::bit;
use crate::event::content::EventKey;
use crate::event::register::Register;
use crate::id::{EventTypeId, ProfileId};
use crate::time::{Duration, Instant};

/// Entries in one chunk.
const CHUNK: usize = 4_096;

/// So many events are remembered at once.
const AT_ONCE: usize = 256;

/// What is remembered of an accepted event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Hashes of id and content.
    pub key: EventKey,
    /// When it happened.
    pub time: Instant,
    /// Of which type.
    pub event_type: EventTypeId,
    /// Whose it is; `None` once it is voided.
    pub owner: Option<ProfileId>,
}

/// [`Seen`] in 32 bytes: the lowest bits of the id are the hash in the register.
#[derive(Clone, Copy, Debug)]
struct Entry {
    id: [u32; 3],
    fields: u32,
    ids: u32,
    /// Milliseconds since [`Instant::MIN`] in the lower 48 bits, the type above them.
    moment: [u32; 2],
    /// [`VOIDED`] or a profile.
    owner: u32,
}

const VOIDED: u32 = u32::MAX;

/// Three centuries of milliseconds need 44 bits.
const TIME_BITS: u32 = 48;

impl Entry {
    fn new(seen: &Seen) -> Self {
        let since = seen
            .time
            .since(Instant::MIN)
            .0
            .clamp(0, (1 << TIME_BITS) - 1) as u64;
        let moment = since | u64::from(seen.event_type.0 as u16) << TIME_BITS;
        let id = seen.key.id;
        Self {
            id: upper(id),
            fields: seen.key.fields,
            ids: seen.key.ids,
            moment: [moment as u32, (moment >> 32) as u32],
            owner: seen.owner.map_or(VOIDED, |owner| owner.0),
        }
    }

    fn time(&self) -> Instant {
        let [low, high] = self.moment.map(u64::from);
        let since = (low | high << 32) & ((1 << TIME_BITS) - 1);
        Instant::MIN.plus(Duration(since as i64))
    }

    fn event_type(&self) -> EventTypeId {
        let [_, high] = self.moment;
        EventTypeId(high >> (TIME_BITS - 32))
    }

    /// With the lowest bits of the id.
    fn seen(&self, lowest: u32) -> Seen {
        let [a, b, c] = self.id.map(u128::from);
        Seen {
            key: EventKey {
                id: u128::from(lowest) | a << 32 | b << 64 | c << 96,
                fields: self.fields,
                ids: self.ids,
            },
            time: self.time(),
            event_type: self.event_type(),
            owner: (self.owner != VOIDED).then_some(ProfileId(self.owner)),
        }
    }
}

/// All event ids that are remembered; a clone is cheap. At most 65,536 event types.
#[derive(Clone, Debug, Default)]
pub struct Dedupe {
    chunks: Vec<Arc<Chunk>>,
    /// Places of forgotten entries, to be used again from the last.
    free: Vec<u32>,
    places: Register,
}

#[derive(Clone, Debug)]
struct Chunk {
    entries: Vec<Entry>,
    /// No entry in here is earlier.
    earliest: Instant,
}

impl Chunk {
    /// Makes room for so many more, and for no more than a chunk holds in the end.
    fn make_room(&mut self, more: usize) {
        let length = self.entries.len();
        if length + more > self.entries.capacity() {
            let room = (length + more).max(length * 2).min(CHUNK);
            self.entries.reserve_exact(room.saturating_sub(length));
        }
    }
}

/// All but the lowest bits of an id, by which the register goes.
const fn upper(id: u128) -> [u32; 3] {
    [(id >> 32) as u32, (id >> 64) as u32, (id >> 96) as u32]
}

fn entry(chunks: &[Arc<Chunk>], place: u32) -> Option<&Entry> {
    chunks
        .get(place as usize / CHUNK)?
        .entries
        .get(place as usize % CHUNK)
}

impl Dedupe {
    /// How many ids are remembered.
    pub const fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether no id is remembered.
    pub const fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// What is remembered of the event with this id hash.
    pub fn find(&self, id: u128) -> Option<Seen> {
        entry(&self.chunks, self.place(id)?).map(|entry| entry.seen(id as u32))
    }

    /// Of many events those that are remembered, each by its place in `ids`.
    pub(crate) fn find_each(&self, ids: &[u128]) -> Vec<(usize, Seen)> {
        let (mut at, mut known) = (0, Vec::new());
        self.places_of(ids, |place| {
            let seen = place.and_then(|place| entry(&self.chunks, place));
            let lowest = ids.get(at).map_or(0, |id| *id as u32);
            known.extend(seen.map(|entry| (at, entry.seen(lowest))));
            at += 1;
        });
        known
    }

    fn places_of(&self, ids: &[u128], found: impl FnMut(Option<u32>)) {
        let hashes: Vec<u32> = ids.iter().map(|id| *id as u32).collect();
        let is_it = |at: usize, place: u32| {
            let id = ids.get(at).map(|id| upper(*id));
            entry(&self.chunks, place).is_some_and(|entry| Some(entry.id) == id)
        };
        self.places.find_each(&hashes, is_it, found);
    }

    fn place(&self, id: u128) -> Option<u32> {
        self.places.find(id as u32, |place| {
            entry(&self.chunks, place).is_some_and(|entry| entry.id == upper(id))
        })
    }

    /// Remembers events, one by one as [`Dedupe::insert`] does.
    pub(crate) fn insert_each(&mut self, events: impl IntoIterator<Item = Seen>) {
        let mut events = events.into_iter();
        let mut now = Vec::with_capacity(AT_ONCE);
        loop {
            now.clear();
            now.extend(events.by_ref().take(AT_ONCE));
            if now.is_empty() {
                return;
            }
            if self.free.is_empty() && self.are_new(&now) {
                self.append(&now);
            } else {
                now.iter().for_each(|seen| self.insert(seen));
            }
        }
    }

    /// Whether no id is remembered, nor comes twice; half of an id is enough to doubt it.
    fn are_new(&self, events: &[Seen]) -> bool {
        let ids: Vec<u128> = events.iter().map(|seen| seen.key.id).collect();
        let mut known = false;
        self.places_of(&ids, |place| known |= place.is_some());
        let mut halves: Vec<u64> = ids.iter().map(|id| (id >> 64) as u64).collect();
        halves.sort_unstable();
        !known && halves.windows(2).all(|pair| pair.first() != pair.last())
    }

    /// Remembers events with new ids.
    fn append(&mut self, events: &[Seen]) {
        let mut rest = events;
        let mut first = self.next_place();
        while !rest.is_empty() {
            let room = CHUNK - first as usize % CHUNK;
            let (now, later) = rest.split_at(room.min(rest.len()));
            if let Some(chunk) = self.chunks.last_mut().map(Arc::make_mut) {
                let times = now.iter().map(|seen| seen.time);
                chunk.earliest = times.fold(chunk.earliest, Instant::min);
                chunk.make_room(now.len());
                chunk.entries.extend(now.iter().map(Entry::new));
            }
            for (seen, place) in now.iter().zip(first..) {
                self.places.insert(seen.key.id as u32, place);
            }
            rest = later;
            if !rest.is_empty() {
                first = self.next_place();
            }
        }
    }

    /// The place after the last; there is a chunk for it.
    fn next_place(&mut self) -> u32 {
        let length = self
            .chunks
            .last()
            .map_or(CHUNK, |chunk| chunk.entries.len());
        if length == CHUNK {
            self.chunks.push(Arc::new(Chunk {
                entries: Vec::new(),
                earliest: Instant(i64::MAX),
            }));
        }
        (self.chunks.len() as u32 - 1) * CHUNK as u32 + (length % CHUNK) as u32
    }

    /// Remembers an event; one with the same id is replaced.
    pub(crate) fn insert(&mut self, seen: &Seen) {
        if let Some(place) = self.place(seen.key.id) {
            self.put(place, seen);
            return;
        }
        let place = self.free.pop().unwrap_or_else(|| self.next_place());
        self.put(place, seen);
        self.places.insert(seen.key.id as u32, place);
    }

    /// Writes at a place that is in use, free or the next of the last chunk.
    fn put(&mut self, place: u32, seen: &Seen) {
        if let Some(chunk) = self
            .chunks
            .get_mut(place as usize / CHUNK)
            .map(Arc::make_mut)
        {
            chunk.earliest = chunk.earliest.min(seen.time);
            if let Some(entry) = chunk.entries.get_mut(place as usize % CHUNK) {
                *entry = Entry::new(seen);
            } else {
                chunk.make_room(1);
                chunk.entries.push(Entry::new(seen));
            }
        }
    }

    /// Marks an event as voided and gives back what it was; `None` when it is unknown or voided already.
    pub(crate) fn void(&mut self, id: u128) -> Option<Seen> {
        let place = self.place(id)?;
        let seen = entry(&self.chunks, place)?.seen(id as u32);
        seen.owner?;
        self.put(
            place,
            &Seen {
                owner: None,
                ..seen
            },
        );
        Some(seen)
    }

    /// Forgets the events of a type up to and including `until`.
    pub(crate) fn forget(&mut self, event_type: EventTypeId, until: Instant) -> u64 {
        let mut gone = vec![0_u64; self.chunks.len() * CHUNK / 64];
        let mut any = false;
        for (chunk, bits) in self.chunks.iter().zip(gone.chunks_mut(CHUNK / 64)) {
            if chunk.earliest > until {
                continue;
            }
            for (entries, bits) in chunk.entries.chunks(64).zip(bits) {
                for (bit, entry) in entries.iter().enumerate() {
                    let is_gone = entry.event_type() == event_type && entry.time() <= until;
                    *bits |= u64::from(is_gone) << bit;
                }
                any |= *bits != 0;
            }
        }
        let mut forgotten = 0;
        if any {
            // A free place keeps its entry until it is used again: the register says that it is not in use.
            let places = self.places.retain(|place| !bit(&gone, place as usize));
            forgotten = places.len() as u64;
            self.free.extend(places.into_iter().rev());
        }
        self.refresh(until);
        forgotten
    }

    /// Sets the earliest times anew where the sweep has looked.
    fn refresh(&mut self, until: Instant) {
        let mut free = self.free.clone();
        free.sort_unstable();
        for (number, chunk) in self
            .chunks
            .iter_mut()
            .enumerate()
            .filter(|(_, chunk)| chunk.earliest <= until)
        {
            let used = chunk.entries.iter().enumerate();
            let used = used.filter(|(offset, _)| {
                free.binary_search(&((number * CHUNK + offset) as u32))
                    .is_err()
            });
            let earliest = used
                .map(|(_, entry)| entry.time())
                .min()
                .unwrap_or(Instant(i64::MAX));
            if earliest != chunk.earliest {
                Arc::make_mut(chunk).earliest = earliest;
            }
        }
    }

    /// All that is remembered, in no particular order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Seen> {
        let seen = |(lowest, place)| Some(entry(&self.chunks, place)?.seen(lowest));
        self.places.iter().filter_map(seen)
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        let chunks: usize = self
            .chunks
            .iter()
            .map(|chunk| chunk.entries.capacity() * size_of::<Entry>() + 48)
            .sum();
        chunks + self.chunks.capacity() * 8 + self.free.capacity() * 4 + self.places.heap_bytes()
    }

    /// Checks the invariants.
    pub fn validate(&self) -> Result<(), String> {
        self.places.validate()?;
        let places: usize = self.chunks.iter().map(|chunk| chunk.entries.len()).sum();
        if places != self.len() + self.free.len() {
            return Err(format!(
                "{places} places, {} used, {} free",
                self.len(),
                self.free.len()
            ));
        }
        let late = self.iter().find(|seen| {
            self.place(seen.key.id)
                .and_then(|place| self.chunks.get(place as usize / CHUNK))
                .is_none_or(|chunk| chunk.earliest > seen.time)
        });
        late.map_or(Ok(()), |seen| {
            Err(format!("{seen:?} is earlier than its chunk says"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn seen(id: u128, time: i64, event_type: u32, owner: u32) -> Seen {
        let key = EventKey {
            id: id << 64 | id.wrapping_mul(0x9e37_79b9_7f4a_7c15) & 0xffff_ffff_ffff_ffff,
            fields: 1,
            ids: 2,
        };
        Seen {
            key,
            time: Instant(time),
            event_type: EventTypeId(event_type),
            owner: Some(ProfileId(owner)),
        }
    }

    #[derive(Clone, Debug)]
    enum Step {
        Insert(Vec<Seen>),
        Void(u128),
        Forget(EventTypeId, Instant),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let one = (0u128..40, -50i64..50, 0u32..3, 0u32..5);
        let one = one.prop_map(|(id, time, kind, owner)| seen(id, time, kind, owner));
        let step = prop_oneof![
            8 => prop::collection::vec(one, 1..4).prop_map(Step::Insert),
            2 => (0u128..40).prop_map(|id| Step::Void(seen(id, 0, 0, 0).key.id)),
            1 => (0u32..3, -60i64..60).prop_map(|(kind, until)| Step::Forget(EventTypeId(kind), Instant(until))),
        ];
        prop::collection::vec(step, 0..120)
    }

    proptest! {
        #[test]
        fn what_is_remembered_equals_a_map(steps in steps()) {
            let (mut dedupe, mut model) = (Dedupe::default(), BTreeMap::new());
            for step in steps {
                match step {
                    Step::Insert(events) => {
                        dedupe.insert_each(events.iter().copied());
                        model.extend(events.into_iter().map(|seen| (seen.key.id, seen)));
                    }
                    Step::Void(id) => {
                        let expected = model.get(&id).copied().filter(|seen: &Seen| seen.owner.is_some());
                        prop_assert_eq!(expected, dedupe.void(id));
                        model.entry(id).and_modify(|seen| seen.owner = None);
                    }
                    Step::Forget(event_type, until) => {
                        let before = model.len();
                        model.retain(|_, seen| seen.event_type != event_type || seen.time > until);
                        prop_assert_eq!((before - model.len()) as u64, dedupe.forget(event_type, until));
                    }
                }
                prop_assert_eq!(Ok(()), dedupe.validate());
            }
            let held: BTreeMap<_, _> = dedupe.iter().map(|seen| (seen.key.id, seen)).collect();
            prop_assert_eq!(model, held);
        }
    }

    #[test]
    fn many_events_take_less_than_fifty_bytes_each() {
        let mut dedupe = Dedupe::default();
        (0..200_000).for_each(|id| dedupe.insert(&seen(id, id as i64, 0, 0)));

        assert!(
            dedupe.heap_bytes() < 200_000 * 50,
            "{}",
            dedupe.heap_bytes() / 200_000
        );
        assert_eq!(100_001, dedupe.forget(EventTypeId(0), Instant(100_000)));
        assert_eq!(Ok(()), dedupe.validate());
    }
}
