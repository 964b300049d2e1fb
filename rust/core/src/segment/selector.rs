//! Which streams an event belongs to: an index over the conditions that live segments put on single events.
//!
//! A stream that demands one of a few texts of a field stands behind these texts, so that an event is compared with the streams
//! that name its own item, category or channel, and not with all of its type.

use std::sync::Arc;

use hashbrown::HashMap;

use crate::explain::passes;
use crate::id::{EventTypeId, StreamId};
use crate::rule::ast::Boolean;
use crate::rule::plan::{Field, FieldTest, Filter, Test};
use crate::time::Instant;
use crate::value::{Kind, Value};
use crate::view::View;

/// What a stream holds: the events of one type that pass a filter and have a payload, when one is asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Stream {
    pub(super) event_type: EventTypeId,
    /// Never one that asks for the time: such rules are judged over the whole history.
    pub(super) filter: Option<Filter>,
    /// The field whose stored value is kept with the time; events without it do not belong to the stream.
    pub(super) payload: Option<Field>,
}

/// The stored value of a field of one event.
pub(super) trait Cells {
    /// The stored value; `None` where absent. Attributes of items are looked up in `view`.
    fn code(&self, view: &View, field: Field) -> Option<i64>;
}

/// All streams by event type.
#[derive(Clone, Debug, Default)]
pub(super) struct Selector {
    types: Vec<TypeIndex>,
}

#[derive(Clone, Debug, Default)]
struct TypeIndex {
    /// Streams behind texts of a field, one index a field.
    by_text: Vec<TextIndex>,
    /// All others.
    others: Vec<Candidate>,
}

#[derive(Clone, Debug)]
struct TextIndex {
    field: Field,
    /// By text the number of its list.
    texts: HashMap<String, u32>,
    lists: Vec<Vec<Candidate>>,
    /// By stored code what `texts` has for it, once asked; behind attributes of items by the code of the item. Many items share one
    /// list, so that lists stay in the cache.
    known: Vec<Known>,
}

/// What is known of a code: the number of a list with [`Known::FIRST`], or one of two words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Known(u32);

impl Known {
    const UNASKED: Self = Self(0);
    const NOTHING: Self = Self(1);
    /// Of the first list.
    const FIRST: u32 = 2;

    fn of(list: Option<u32>) -> Self {
        list.map_or(Self::NOTHING, |list| Self(list + Self::FIRST))
    }

    fn list(self) -> Option<usize> {
        self.0.checked_sub(Self::FIRST).map(|list| list as usize)
    }
}

/// A stream whose event type fits, and what remains to be asked.
#[derive(Clone, Debug)]
struct Candidate {
    stream: StreamId,
    rest: Option<Arc<Filter>>,
    payload: Option<Field>,
}

/// The texts that the filter demands of one field, and what it demands beside that.
fn demanded(
    filter: &Filter,
) -> Option<(Field, &std::collections::BTreeSet<String>, Option<Filter>)> {
    let listed =
        |test: &FieldTest| test.kind == Kind::String && matches!(test.test, Test::TextIn(_, true));
    match filter {
        Boolean::Leaf(test) if listed(test) => match &test.test {
            Test::TextIn(texts, true) => Some((test.field, texts, None)),
            _ => None,
        },
        Boolean::And(parts) => {
            let place = parts
                .iter()
                .position(|part| matches!(part, Boolean::Leaf(test) if listed(test)))?;
            let (field, texts, _) = demanded(parts.get(place)?)?;
            let rest = parts.iter().enumerate().filter(|(at, _)| *at != place);
            let mut rest: Vec<Filter> = rest.map(|(_, part)| part.clone()).collect();
            let rest = if rest.len() == 1 {
                rest.pop()
            } else {
                Some(Boolean::And(rest))
            };
            Some((field, texts, rest))
        }
        Boolean::Leaf(_) | Boolean::Or(_) | Boolean::Not(_) => None,
    }
}

impl Selector {
    /// Adds a stream.
    pub(super) fn add(&mut self, id: StreamId, stream: &Stream) {
        let index = stream.event_type.index();
        if self.types.len() <= index {
            self.types.resize_with(index + 1, TypeIndex::default);
        }
        if let Some(own) = self.types.get_mut(index) {
            own.add(id, stream);
        }
    }

    /// Takes a stream out.
    pub(super) fn remove(&mut self, id: StreamId, stream: &Stream) {
        if let Some(own) = self.types.get_mut(stream.event_type.index()) {
            own.others.retain(|candidate| candidate.stream != id);
            for index in &mut own.by_text {
                index.remove(id);
            }
            own.by_text.retain(|index| !index.texts.is_empty());
        }
    }

    /// Calls `visit` with each stream that the event belongs to, and the payload, 0 where none is asked for.
    pub(super) fn select(
        &mut self,
        view: &View,
        event_type: EventTypeId,
        cells: &impl Cells,
        mut visit: impl FnMut(StreamId, i64),
    ) {
        let Some(own) = self.types.get_mut(event_type.index()) else {
            return;
        };
        for candidate in &own.others {
            candidate.offer(view, cells, &mut visit);
        }
        for index in &mut own.by_text {
            if let Some(candidates) = index.of(view, cells) {
                for candidate in candidates {
                    candidate.offer(view, cells, &mut visit);
                }
            }
        }
    }

    /// Forgets what was known of the attributes of items.
    pub(super) fn forget_items(&mut self) {
        for index in self.types.iter_mut().flat_map(|own| &mut own.by_text) {
            if matches!(index.field, Field::ItemAttribute(_)) {
                index.known.clear();
            }
        }
    }
}

impl TypeIndex {
    fn add(&mut self, id: StreamId, stream: &Stream) {
        let found = stream.filter.as_ref().and_then(demanded);
        let candidate = |rest: Option<&Filter>| Candidate {
            stream: id,
            rest: rest.map(|filter| Arc::new(filter.clone())),
            payload: stream.payload,
        };
        let Some((field, texts, rest)) = found else {
            self.others.push(candidate(stream.filter.as_ref()));
            return;
        };
        let place = self.by_text.iter().position(|index| index.field == field);
        let place = place.unwrap_or_else(|| {
            self.by_text.push(TextIndex {
                field,
                texts: HashMap::new(),
                lists: Vec::new(),
                known: Vec::new(),
            });
            self.by_text.len() - 1
        });
        if let Some(index) = self.by_text.get_mut(place) {
            for text in texts {
                index.add(text, candidate(rest.as_ref()));
            }
        }
    }
}

impl TextIndex {
    fn add(&mut self, text: &str, candidate: Candidate) {
        self.known.clear();
        let next = self.lists.len() as u32;
        let list = *self.texts.entry(text.to_owned()).or_insert(next);
        if list == next {
            self.lists.push(Vec::new());
        }
        if let Some(list) = self.lists.get_mut(list as usize) {
            list.push(candidate);
        }
    }

    fn remove(&mut self, id: StreamId) {
        self.known.clear();
        let mut lists = Vec::with_capacity(self.lists.len());
        self.texts.retain(|_, list| {
            let own = self.lists.get_mut(*list as usize).map(std::mem::take);
            let mut own = own.unwrap_or_default();
            own.retain(|candidate| candidate.stream != id);
            let is_needed = !own.is_empty();
            if is_needed {
                *list = lists.len() as u32;
                lists.push(own);
            }
            is_needed
        });
        self.lists = lists;
    }

    #[inline]
    fn of(&mut self, view: &View, cells: &impl Cells) -> Option<&[Candidate]> {
        let key = match self.field {
            Field::ItemAttribute(_) => Field::Item,
            own => own,
        };
        let place = usize::try_from(cells.code(view, key)?).ok()?;
        let mut known = self.known.get(place).copied().unwrap_or_default();
        if known == Known::UNASKED {
            known = Known::of(self.find(view, cells));
            if self.known.len() <= place {
                self.known.resize(place + 1, Known::UNASKED);
            }
            *self.known.get_mut(place)? = known;
        }
        self.lists.get(known.list()?).map(Vec::as_slice)
    }

    fn find(&self, view: &View, cells: &impl Cells) -> Option<u32> {
        let code = cells.code(view, self.field)?;
        let Some(Value::String(text)) = view.field_value(self.field, Kind::String, code) else {
            return None;
        };
        self.texts.get(&text).copied()
    }
}

impl Candidate {
    #[inline]
    fn offer(&self, view: &View, cells: &impl Cells, visit: &mut impl FnMut(StreamId, i64)) {
        let payload = match self.payload {
            None => Some(0),
            Some(field) => cells.code(view, field),
        };
        if let Some(payload) = payload
            && self
                .rest
                .as_ref()
                .is_none_or(|rest| holds(rest, view, cells))
        {
            visit(self.stream, payload);
        }
    }
}

fn holds(filter: &Filter, view: &View, cells: &impl Cells) -> bool {
    match filter {
        Boolean::And(parts) => parts.iter().all(|part| holds(part, view, cells)),
        Boolean::Or(parts) => parts.iter().any(|part| holds(part, view, cells)),
        Boolean::Not(part) => !holds(part, view, cells),
        Boolean::Leaf(test) => cells
            .code(view, test.field)
            .is_some_and(|code| accepts(test, view, code)),
    }
}

/// Whether the test accepts the stored value.
fn accepts(test: &FieldTest, view: &View, code: i64) -> bool {
    match (&test.test, test.kind) {
        (Test::Present, _) => true,
        (Test::Number(operator, constant), Kind::Decimal) => {
            operator.holds(i128::from(code), *constant)
        }
        (Test::Number(operator, constant), Kind::Integer) => operator.holds(
            i128::from(code) * i128::from(crate::value::MICROS),
            *constant,
        ),
        (own, kind) => {
            let value = view.field_value(test.field, kind, code);
            // Streams have no filter that asks for the time, so any will do.
            passes(own, value.as_ref(), Instant::MIN)
        }
    }
}

/// Whether the filter asks for the time, so that an event may come into a selection or drop out later.
pub(crate) fn asks_time(filter: Option<&Filter>) -> bool {
    filter.is_some_and(|filter| {
        let tests = filter.leaves().into_iter();
        tests
            .into_iter()
            .any(|test| matches!(test.test, Test::Since(..) | Test::Until(..)))
    })
}

/// The cells of one row of a batch, given as columns of stored values.
pub(super) struct RowCells<'a> {
    pub(super) columns: &'a [(Field, Vec<Option<i64>>)],
    pub(super) row: usize,
}

impl Cells for RowCells<'_> {
    fn code(&self, view: &View, field: Field) -> Option<i64> {
        let stored = |field: Field| {
            let (_, codes) = self.columns.iter().find(|(own, _)| *own == field)?;
            codes.get(self.row).copied().flatten()
        };
        match field {
            Field::ItemAttribute(attribute) => view.item_code(attribute, stored(Field::Item)?),
            Field::Item | Field::Value | Field::Quantity | Field::Channel | Field::Property(_) => {
                stored(field)
            }
        }
    }
}

/// The cells of a stored event.
pub(super) struct SlotCells<'a, F: Fn(usize) -> Option<i64>> {
    pub(super) slots: &'a Slots,
    pub(super) read: F,
}

/// Where events of a type store their fields.
#[derive(Debug)]
pub(super) struct Slots(Vec<(Field, usize)>);

impl Slots {
    pub(super) fn new(view: &View, event_type: EventTypeId) -> Self {
        let fields = view
            .catalog()
            .field_slots(event_type)
            .into_iter()
            .enumerate();
        Self(fields.map(|(slot, (field, _))| (field, slot)).collect())
    }
}

impl<F: Fn(usize) -> Option<i64>> Cells for SlotCells<'_, F> {
    #[inline]
    fn code(&self, view: &View, field: Field) -> Option<i64> {
        let stored = |field: Field| {
            let (_, slot) = self.slots.0.iter().find(|(own, _)| *own == field)?;
            (self.read)(*slot)
        };
        match field {
            Field::ItemAttribute(attribute) => view.item_code(attribute, stored(Field::Item)?),
            Field::Item | Field::Value | Field::Quantity | Field::Channel | Field::Property(_) => {
                stored(field)
            }
        }
    }
}
