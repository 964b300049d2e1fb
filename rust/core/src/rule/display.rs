//! The canonical text of a tree: single spaces, the fewest parentheses that keep the tree, operands in their order.
//!
//! Reading it back gives the same tree, for every tree whose names are names and whose literals can be written.

use std::fmt::{Display, Formatter, Result};

use super::ast::{
    Absence, Age, Aggregate, Boolean, Condition, ContextCondition, Field, FieldTest, Leaf,
    LeafKind, Literal, Name, Operator, Selection, Sequence,
};
use super::quoted;
use crate::time::{Duration, Window};
use crate::value::show_micros;

impl<L: Display> Display for Boolean<L> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::And(operands) => joined(f, operands, " and "),
            Self::Or(operands) => joined(f, operands, " or "),
            Self::Not(inner) => {
                f.write_str("not ")?;
                operand(f, inner)
            }
            Self::Leaf(leaf) => leaf.fmt(f),
        }
    }
}

fn joined<L: Display>(f: &mut Formatter<'_>, operands: &[Boolean<L>], word: &str) -> Result {
    for (place, inner) in operands.iter().enumerate() {
        if place > 0 {
            f.write_str(word)?;
        }
        operand(f, inner)?;
    }
    Ok(())
}

/// An operand of `and`, `or` or `not`: chains stand in parentheses, so that the tree is kept.
fn operand<L: Display>(f: &mut Formatter<'_>, inner: &Boolean<L>) -> Result {
    match inner {
        Boolean::And(_) | Boolean::Or(_) => write!(f, "({inner})"),
        Boolean::Not(_) | Boolean::Leaf(_) => inner.fmt(f),
    }
}

impl Display for Leaf {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match &self.kind {
            LeafKind::Attribute(name, condition) => write_condition(f, name, condition),
            LeafKind::Aggregate(aggregate) => aggregate.fmt(f),
            LeafKind::Sequence(sequence) => sequence.fmt(f),
            LeafKind::Segment(name, age) => {
                write!(f, "segment({})", quoted(&name.text))?;
                age.map_or(Ok(()), |age| write!(f, " for {age}"))
            }
            LeafKind::Context(name, condition) => write_context(f, &name.text, condition),
        }
    }
}

impl Display for FieldTest {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write_condition(f, &self.field, &self.condition)
    }
}

fn write_condition(f: &mut Formatter<'_>, name: &dyn Display, condition: &Condition) -> Result {
    match condition {
        Condition::Compare(operator, literal) => write!(f, "{name} {operator} {literal}"),
        Condition::In(literals) => write!(f, "{name} in {}", Set(literals)),
        Condition::NotIn(literals) => write!(f, "{name} not in {}", Set(literals)),
        Condition::StartsWith(text) => write!(f, "{name} starts_with {}", quoted(text)),
        Condition::Contains(text) => write!(f, "{name} contains {}", quoted(text)),
        Condition::Has(text) => write!(f, "{name} has {}", quoted(text)),
        Condition::HasAny(texts) => write!(f, "{name} has any {}", Set(&literals(texts))),
        Condition::HasAll(texts) => write!(f, "{name} has all {}", Set(&literals(texts))),
        Condition::Present => write!(f, "has({name})"),
        Condition::Since(operator, span) => write!(f, "since({name}) {operator} {span}"),
        Condition::Until(operator, span) => write!(f, "until({name}) {operator} {span}"),
    }
}

fn write_context(f: &mut Formatter<'_>, name: &str, condition: &ContextCondition) -> Result {
    let name = format_args!("ctx.{name}");
    match condition {
        ContextCondition::Value(condition) => write_condition(f, &name, condition),
        ContextCondition::InList(list, among) => {
            let not = if *among { "" } else { "not " };
            write!(f, "{name} {not}in list({})", quoted(&list.text))
        }
        ContextCondition::HasAnyList(list) => {
            write!(f, "{name} has any list({})", quoted(&list.text))
        }
        ContextCondition::Within(metres, place) => {
            let kilometres = show_micros(i128::from(*metres) * 1_000);
            write!(f, "{name} within {kilometres}km of {place}")
        }
    }
}

fn literals(texts: &[String]) -> Vec<Literal> {
    texts.iter().cloned().map(Literal::Text).collect()
}

struct Set<'a>(&'a [Literal]);

impl Display for Set<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str("{")?;
        for (place, literal) in self.0.iter().enumerate() {
            let comma = if place > 0 { ", " } else { "" };
            write!(f, "{comma}{literal}")?;
        }
        f.write_str("}")
    }
}

impl Display for Aggregate {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}({}", self.function.name(), self.selection.event)?;
        if let Some(field) = &self.field {
            write!(f, ".{field}")?;
        }
        write_filter(f, &self.selection)?;
        match self.window {
            Window::All => Ok(()),
            Window::Last(span) => write!(f, " last {span}"),
            Window::Since(start) => write!(f, " since {start}"),
            Window::Between(start, end) => write!(f, " between {start} and {end}"),
        }?;
        write!(f, ") {} {}", self.operator, self.operand)
    }
}

impl Display for Selection {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.event.fmt(f)?;
        write_filter(f, self)
    }
}

fn write_filter(f: &mut Formatter<'_>, selection: &Selection) -> Result {
    match &selection.filter {
        Some(filter) => write!(f, " where {filter}"),
        None => Ok(()),
    }
}

impl Display for Sequence {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str("sequence(")?;
        for (place, step) in self.steps.iter().enumerate() {
            let comma = if place > 0 { ", " } else { "" };
            write!(f, "{comma}{step}")?;
        }
        if let Some(within) = self.within {
            write!(f, " within {within}")?;
        }
        match &self.absent {
            None => Ok(()),
            Some((step, Absence::Within(span))) => write!(f, ", not {step} within {span}"),
            Some((step, Absence::For(span))) => write!(f, ", not {step} for {span}"),
        }?;
        if let Some(key) = &self.key {
            write!(f, " on {key}")?;
        }
        if let Some(last) = self.last {
            write!(f, " last {last}")?;
        }
        f.write_str(")")
    }
}

impl Display for Field {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::ItemAttribute(name) => write!(f, "item.{name}"),
            Self::Property(name) => name.fmt(f),
        }
    }
}

impl Display for Age {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if self.from != Duration(0) {
            self.from.fmt(f)?;
        }
        f.write_str("..")?;
        self.to.map_or(Ok(()), |to| to.fmt(f))
    }
}

impl Display for Literal {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Text(text) => f.write_str(&quoted(text)),
            Self::Number(micros) => f.write_str(&show_micros(*micros)),
            Self::Bool(truth) => truth.fmt(f),
            Self::Instant(instant) => instant.fmt(f),
            Self::Duration(span) => span.fmt(f),
        }
    }
}

impl Display for Name {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(&self.text)
    }
}

impl Display for Operator {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(self.symbol())
    }
}
