//! A `where` condition compiled for the events of one type: by event, by run, or by index.

use std::sync::OnceLock;

use crate::bulk::field::{Reader, is_lookup, values_of};
use crate::bulk::scan;
use crate::bulk::values::{Codes, Values};
use crate::event::run::Run;
use crate::id::EventTypeId;
use crate::profile::attribute::AttributeColumn;
use crate::rule::ast::Boolean;
use crate::rule::plan;
use crate::time::Instant;
use crate::view::View;

/// Bits of the events of a run.
pub(super) type Mask = Vec<u64>;

/// A compiled condition.
#[derive(Debug)]
pub(super) struct Filter<'v> {
    /// A leaf that an index answers, if the condition is a conjunction with one.
    lookup: Option<Leaf<'v>>,
    /// The rest; `None` when the lookup is all.
    rest: Option<Node<'v>>,
}

#[derive(Debug)]
enum Node<'v> {
    And(Vec<Self>),
    Or(Vec<Self>),
    Not(Box<Self>),
    Leaf(Leaf<'v>),
}

#[derive(Debug)]
struct Leaf<'v> {
    view: &'v View,
    reader: Reader<'v>,
    values: Values,
    /// For readers behind the item: the items whose attribute is accepted, as far as asked for.
    items: OnceLock<Values>,
}

impl<'v> Filter<'v> {
    /// Compiles a condition for events of one type at `t`.
    pub(super) fn new(
        view: &'v View,
        event_type: EventTypeId,
        filter: &plan::Filter,
        t: Instant,
    ) -> Self {
        let compile = |filter: &plan::Filter| Node::new(view, event_type, filter, t);
        match filter {
            Boolean::Leaf(test) if is_lookup(test) => Self {
                lookup: Some(Leaf::new(view, event_type, test, t)),
                rest: None,
            },
            Boolean::And(parts) => {
                let chosen = parts
                    .iter()
                    .position(|part| matches!(part, Boolean::Leaf(test) if is_lookup(test)));
                let lookup = match chosen.and_then(|at| parts.get(at)) {
                    Some(Boolean::Leaf(test)) => Some(Leaf::new(view, event_type, test, t)),
                    _ => None,
                };
                let rest = parts
                    .iter()
                    .enumerate()
                    .filter(|(at, _)| Some(*at) != chosen);
                Self {
                    lookup,
                    rest: Some(Node::And(rest.map(|(_, part)| compile(part)).collect())),
                }
            }
            Boolean::Leaf(_) | Boolean::Or(_) | Boolean::Not(_) => Self {
                lookup: None,
                rest: Some(compile(filter)),
            },
        }
    }

    /// Whether one event meets the condition.
    pub(super) fn holds(&self, run: &Run, event: usize) -> bool {
        self.lookup
            .as_ref()
            .is_none_or(|leaf| leaf.holds(run, event))
            && self.rest.as_ref().is_none_or(|rest| rest.holds(run, event))
    }

    /// The events of a run that meet the condition.
    pub(super) fn mask(&self, run: &Run) -> Mask {
        let mut mask = match &self.lookup {
            Some(leaf) => leaf.mask(run),
            None => all(run),
        };
        if let Some(rest) = &self.rest {
            and(&mut mask, &rest.mask(run));
        }
        mask
    }

    /// Calls `visit` with each event that an index finds and its profile, if they are few enough to be worth it; those of
    /// one profile come in order. `false`, and no call, when a scan is better.
    pub(super) fn visit_by_index(&self, run: &Run, mut visit: impl FnMut(u16, usize)) -> bool {
        let Some((leaf, codes)) = self
            .lookup
            .as_ref()
            .and_then(|leaf| Some((leaf, leaf.codes()?.listed_codes()?)))
        else {
            return false;
        };
        let Some(key) = leaf.reader.postings_key() else {
            return false;
        };
        let postings = run.postings(key, |event| {
            leaf.reader.read(run, event).map(|code| code as u32)
        });
        let found: Vec<_> = codes.map(|code| postings.of(code)).collect();
        if found.iter().map(|(events, _)| events.len()).sum::<usize>() * 2 > run.len() {
            return false;
        }
        for (events, locals) in found {
            for (event, local) in events.iter().zip(locals) {
                let event = *event as usize;
                if self.rest.as_ref().is_none_or(|rest| rest.holds(run, event)) {
                    visit(*local, event);
                }
            }
        }
        true
    }
}

fn all(run: &Run) -> Mask {
    vec![u64::MAX; run.len().div_ceil(64)]
}

fn and(mask: &mut Mask, other: &[u64]) {
    for (word, other) in mask.iter_mut().zip(other) {
        *word &= other;
    }
}

impl<'v> Node<'v> {
    fn new(view: &'v View, event_type: EventTypeId, filter: &plan::Filter, t: Instant) -> Self {
        let each = |parts: &[plan::Filter]| {
            parts
                .iter()
                .map(|part| Self::new(view, event_type, part, t))
                .collect()
        };
        match filter {
            Boolean::And(parts) => Self::And(each(parts)),
            Boolean::Or(parts) => Self::Or(each(parts)),
            Boolean::Not(part) => Self::Not(Box::new(Self::new(view, event_type, part, t))),
            Boolean::Leaf(test) => Self::Leaf(Leaf::new(view, event_type, test, t)),
        }
    }

    fn holds(&self, run: &Run, event: usize) -> bool {
        match self {
            Self::And(parts) => parts.iter().all(|part| part.holds(run, event)),
            Self::Or(parts) => parts.iter().any(|part| part.holds(run, event)),
            Self::Not(part) => !part.holds(run, event),
            Self::Leaf(leaf) => leaf.holds(run, event),
        }
    }

    fn mask(&self, run: &Run) -> Mask {
        match self {
            Self::And(parts) => {
                let mut mask = all(run);
                for part in parts {
                    and(&mut mask, &part.mask(run));
                }
                mask
            }
            Self::Or(parts) => {
                let mut mask = vec![0; run.len().div_ceil(64)];
                for part in parts {
                    for (word, other) in mask.iter_mut().zip(part.mask(run)) {
                        *word |= other;
                    }
                }
                mask
            }
            Self::Not(part) => part.mask(run).into_iter().map(|word| !word).collect(),
            Self::Leaf(leaf) => leaf.mask(run),
        }
    }
}

impl<'v> Leaf<'v> {
    fn new(view: &'v View, event_type: EventTypeId, test: &plan::FieldTest, t: Instant) -> Self {
        let reader = Reader::new(view, event_type, test.field);
        let values = values_of(view, test, t);
        let items = OnceLock::new();
        Self {
            view,
            reader,
            values,
            items,
        }
    }

    /// What an item may be for its attribute to be accepted: looked up once, and only where events are scanned.
    fn items(&self, column: &AttributeColumn) -> &Values {
        self.items.get_or_init(|| {
            let accepted = |item: &u32| {
                column
                    .read(*item)
                    .is_some_and(|(value, _)| self.values.contains(value))
            };
            let items = (0..self.view.item_pool().len()).filter(accepted);
            Values::Codes(Codes::listed(items, false))
        })
    }

    fn codes(&self) -> Option<&Codes> {
        match &self.values {
            Values::Codes(codes) => Some(codes),
            Values::Ranges(_) => None,
        }
    }

    fn holds(&self, run: &Run, event: usize) -> bool {
        self.reader
            .read(run, event)
            .is_some_and(|value| self.values.contains(value))
    }

    fn mask(&self, run: &Run) -> Mask {
        let mut mask = vec![0; run.len().div_ceil(64)];
        let (slot, values) = match self.reader {
            Reader::Missing => return mask,
            Reader::Slot(slot) => (slot, &self.values),
            Reader::Item(_, slot, column) => (slot, self.items(column)),
        };
        if let Some(column) = run.field(slot) {
            scan::rows(column, values, &mut mask);
        }
        mask
    }
}
