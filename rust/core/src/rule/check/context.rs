//! Dimensions of the context and lists: declared, and asked what their kind can answer.

use super::{Checker, condition, hint, shown};
use crate::auction::context::Place;
use crate::auction::dimension::DimensionKind;
use crate::error::{Error, Result};
use crate::id::ListId;
use crate::rule::ast::{Condition, ContextCondition, Leaf, LeafKind, Name, Span};
use crate::rule::at;
use crate::rule::literal::FARTHEST;
use crate::rule::plan::Test;
use crate::rule::targeting::{ContextTest, Target};

impl Checker<'_> {
    /// A leaf of the rule of a line item.
    pub(super) fn target(&mut self, leaf: &Leaf) -> Result<Target> {
        match &leaf.kind {
            LeafKind::Context(name, condition) => self.context(name, condition, leaf.span),
            LeafKind::Attribute(..)
            | LeafKind::Aggregate(_)
            | LeafKind::Sequence(_)
            | LeafKind::Segment(..) => Ok(Target::Profile(self.leaf(leaf)?, leaf.to_string())),
        }
    }

    fn context(&self, name: &Name, asked: &ContextCondition, span: Span) -> Result<Target> {
        let declared = self.catalog.dimension_id(&name.text);
        let found = declared.and_then(|id| Some((id, self.catalog.dimension(id)?)));
        let Some((id, dimension)) = found else {
            let known = self.catalog.dimensions().map(|(_, own)| own.name.as_str());
            let hint = hint(&name.text, known);
            let message = format!("there is no dimension {}{hint}", shown(&name.text));
            return Err(at(name.span, message));
        };
        let (kind, text) = (dimension.kind, format!("ctx.{}", name.text));
        let clash = |what: &str| {
            let message = format!("{text} is {}, {what}", kind.noun());
            at(span, message)
        };
        let test = match asked {
            ContextCondition::Value(asked) => ContextTest::Value(value(&text, kind, asked, span)?),
            ContextCondition::InList(list, among) if kind.is_text() => {
                ContextTest::InList(self.list(list)?, *among)
            }
            ContextCondition::InList(..) => return Err(clash("in list(...) needs one text")),
            ContextCondition::HasAnyList(list) if kind == DimensionKind::Set => {
                ContextTest::HasAnyList(self.list(list)?)
            }
            ContextCondition::HasAnyList(_) => return Err(clash("has any list(...) needs a set")),
            ContextCondition::Within(metres, place) if kind == DimensionKind::Place => {
                check_circle(*metres, *place, span)?;
                ContextTest::Within(*metres, *place)
            }
            ContextCondition::Within(..) => return Err(clash("within needs a place")),
        };
        Ok(Target::Context(id, test))
    }

    fn list(&self, name: &Name) -> Result<ListId> {
        let book = self.catalog.book();
        book.lists.number(&name.text).map(ListId).ok_or_else(|| {
            let hint = hint(&name.text, book.lists.names());
            let message = format!("there is no list {}{hint}", shown(&name.text));
            at(name.span, message)
        })
    }
}

fn value(name: &str, kind: DimensionKind, asked: &Condition, span: Span) -> Result<Test> {
    match kind.value_kind() {
        _ if *asked == Condition::Present => Ok(Test::Present),
        Some(kind) => condition::test(name, kind, asked, span),
        None => {
            let message =
                format!("{name} is a place: ask has({name}) or {name} within 5km of (52.52, 13.4)");
            Err(at(span, message))
        }
    }
}

fn check_circle(metres: u32, place: Place, span: Span) -> Result<()> {
    let within = |degrees: i32, most: u32| degrees.unsigned_abs() <= most * 1_000_000;
    if (1..=FARTHEST).contains(&metres)
        && within(place.latitude, 90)
        && within(place.longitude, 180)
    {
        return Ok(());
    }
    let error: Error = at(
        span,
        "a circle has 1 m to half the way round the earth, and a centre on it",
    );
    Err(error)
}
