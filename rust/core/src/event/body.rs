//! Times and fields of events, packed column by column, and how the events of several are sorted into one.

use std::ops::Range;

use crate::column::{Cells, Packed, Part};
use crate::event::order::order;
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

    /// The events of `parts`, end to end, in the order of `places`.
    fn gathered(parts: &[(&Self, Range<usize>)], places: &[u32]) -> Self {
        let slots = parts.iter().map(|(body, _)| body.fields.len()).max();
        let fields = (0..slots.unwrap_or(0)).map(|slot| {
            let fields = parts
                .iter()
                .map(|(body, range)| (body.field(slot), range.clone()));
            let fields: Vec<Part<'_>> = fields.collect();
            let is_held = fields.iter().any(|(field, _)| field.is_some());
            let field = is_held.then(|| Packed::gathered(&fields, places));
            field.filter(|field| !matches!(field.cells(), Cells::Absent))
        });
        let times = parts
            .iter()
            .map(|(body, range)| (Some(&body.times), range.clone()));
        Self {
            fields: fields.collect(),
            times: Packed::gathered(&times.collect::<Vec<_>>(), places),
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

    /// All slots with a column are less.
    pub(crate) const fn slots(&self) -> usize {
        self.fields.len()
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

/// Events of several bodies on their way into one, sorted by owner and time; of equals those added first come first.
#[derive(Default)]
pub(crate) struct Gather<'a> {
    parts: Vec<(&'a Body, Range<usize>)>,
    owners: Vec<u32>,
    times: Vec<i64>,
}

impl<'a> Gather<'a> {
    /// Adds the events `range` of a body; `owners` says whose they are, one by one.
    pub(crate) fn add(
        &mut self,
        body: &'a Body,
        range: Range<usize>,
        owners: impl Iterator<Item = u32>,
    ) {
        let time = |time: Option<i64>| time.unwrap_or(0);
        body.times.extend_with(range.clone(), &mut self.times, time);
        self.owners.extend(owners);
        self.parts.push((body, range));
    }

    /// The owners in order, and their events.
    pub(crate) fn sorted(self) -> (Vec<u32>, Body) {
        let places = order(&self.owners, &self.times);
        let owner = |place: &u32| self.owners.get(*place as usize).copied();
        let owners = places.iter().filter_map(owner).collect();
        (owners, Body::gathered(&self.parts, &places))
    }
}
