//! Times and fields of events, packed column by column, and how the events of several are sorted into one.

use std::ops::Range;

use crate::column::Packed;
use crate::time::Instant;

/// What is known of events beside whose they are; immutable.
#[derive(Clone, Debug)]
pub(crate) struct Body {
    times: Packed,
    /// By slot; `None` where no event has the field.
    fields: Vec<Option<Packed>>,
}

impl Body {
    /// Packs `times` and the columns of the slots below `slots` that `field` writes, each as long.
    pub(crate) fn pack(
        times: &[Option<i64>],
        slots: usize,
        mut field: impl FnMut(usize, &mut Vec<Option<i64>>),
    ) -> Self {
        let mut column = Vec::with_capacity(times.len());
        let fields = (0..slots).map(|slot| {
            column.clear();
            field(slot, &mut column);
            let held = column.iter().any(Option::is_some);
            held.then(|| Packed::from_values(&column))
        });
        Self {
            fields: fields.collect(),
            times: Packed::from_values(times),
        }
    }

    /// Number of events.
    pub(crate) const fn len(&self) -> usize {
        self.times.len()
    }

    /// All times, milliseconds since the epoch, none absent.
    pub(crate) const fn times(&self) -> &Packed {
        &self.times
    }

    /// The time of an event; the epoch past the end.
    #[inline]
    pub(crate) fn time(&self, event: usize) -> Instant {
        Instant(self.times.get(event).unwrap_or(0))
    }

    /// The column of a slot; `None` where no event has the field.
    pub(crate) fn field(&self, slot: usize) -> Option<&Packed> {
        self.fields.get(slot)?.as_ref()
    }

    /// All fields of an event, by slot.
    pub(crate) fn fields_of(&self, event: usize) -> Vec<Option<i64>> {
        let fields = self.fields.iter();
        fields.map(|field| field.as_ref()?.get(event)).collect()
    }

    /// Bytes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        let fields = self.fields.iter().flatten();
        self.times.heap_bytes()
            + self.fields.capacity() * size_of::<Option<Packed>>()
            + fields.map(Packed::heap_bytes).sum::<usize>()
    }
}

/// An owner, a time and a place in one number, which sorts by them in this order.
pub(crate) fn sort_key(owner: u32, time: i64, place: usize) -> u128 {
    // The sign bit turned over makes negative times come first.
    let time = (time as u64) ^ 1 << 63;
    u128::from(owner) << 96 | u128::from(time) << 32 | u128::from(place as u32)
}

/// The owner in a [`sort_key`].
pub(crate) const fn key_owner(key: u128) -> u32 {
    (key >> 96) as u32
}

/// The time in a [`sort_key`].
pub(crate) const fn key_time(key: u128) -> i64 {
    ((key >> 32) as u64 ^ 1 << 63) as i64
}

/// The place in a [`sort_key`].
pub(crate) const fn key_place(key: u128) -> usize {
    key as u32 as usize
}

/// Events of several bodies on their way into one, sorted by owner and time; of equals those added first come first.
#[derive(Default)]
pub(crate) struct Gather<'a> {
    keys: Vec<u128>,
    parts: Vec<(&'a Body, Range<usize>)>,
    times: Vec<Option<i64>>,
}

impl<'a> Gather<'a> {
    /// Adds the events `range` of a body; `owners` says whose they are, one by one.
    pub(crate) fn add(
        &mut self,
        body: &'a Body,
        range: Range<usize>,
        owners: impl Iterator<Item = u32>,
    ) {
        let first = self.times.len();
        body.times.extend_into(range.clone(), &mut self.times);
        let times = self.times.iter().skip(first);
        let keys = times
            .zip(owners)
            .zip(first..)
            .map(|((time, owner), place)| sort_key(owner, time.unwrap_or(0), place));
        self.keys.extend(keys);
        self.parts.push((body, range));
    }

    /// The owners in order, and their events.
    pub(crate) fn sorted(self) -> (impl Iterator<Item = u32>, Body) {
        let Self {
            mut keys, parts, ..
        } = self;
        #[expect(
            clippy::stable_sort_primitive,
            reason = "the parts are sorted in themselves, which only the stable sort makes use of"
        )]
        keys.sort();
        let times: Vec<_> = keys.iter().map(|key| Some(key_time(*key))).collect();
        let slots = parts.iter().map(|(body, _)| body.fields.len()).max();
        let mut plain = Vec::with_capacity(keys.len());
        let body = Body::pack(&times, slots.unwrap_or(0), |slot, column| {
            plain.clear();
            for (body, range) in &parts {
                match body.field(slot) {
                    Some(field) => field.extend_into(range.clone(), &mut plain),
                    None => plain.resize(plain.len() + range.len(), None),
                }
            }
            if plain.iter().any(Option::is_some) {
                let cell = |key: &u128| plain.get(key_place(*key)).copied().flatten();
                column.extend(keys.iter().map(cell));
            }
        });
        (keys.into_iter().map(key_owner), body)
    }
}
