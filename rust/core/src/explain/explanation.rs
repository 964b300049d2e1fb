//! Why a rule holds or not for a person, part by part.

use std::fmt;

use crate::catalog::Catalog;
use crate::explain::moment::Moment;
use crate::explain::{since, until};
use crate::person::Person;
use crate::rule::ast::{self, Boolean, Function};
use crate::rule::plan::{self, Plan};
use crate::time::{Duration, Instant};
use crate::value::show_micros;

/// One part of a rule and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Canonical text.
    pub text: String,
    /// Whether it holds.
    pub holds: bool,
    /// What was found: `count = 3`, `country = "DE"`, `age is absent`; `None` for `and`, `or`, `not` and segments.
    pub value: Option<String>,
    /// Since when it has been so; `None`: as far back as can be seen.
    pub since: Option<Instant>,
    /// When it turns if nothing arrives; `None`: never.
    pub until: Option<Instant>,
    /// The parts of `and`, `or` and `not`, and the rule of a segment.
    pub parts: Vec<Self>,
}

/// A whole explanation: its root part, and the instant it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The instant.
    pub at: Instant,
    /// The rule.
    pub root: Part,
}

/// Explains a rule of the catalog, of which `plan` is the checked form, for one person at `t`.
pub fn explain(
    rule: &ast::Rule,
    plan: &Plan,
    person: &Person,
    catalog: &Catalog,
    t: Instant,
) -> Explanation {
    Explanation {
        at: t,
        root: Explainer { person, catalog, t }.part(rule, plan),
    }
}

struct Explainer<'a> {
    person: &'a Person,
    catalog: &'a Catalog,
    t: Instant,
}

impl Explainer<'_> {
    fn part(&self, rule: &ast::Rule, plan: &Plan) -> Part {
        let moment = Moment::today(self.person, self.catalog, self.t);
        Part {
            text: rule.to_string(),
            holds: moment.holds(plan),
            value: match (rule, plan) {
                (Boolean::Leaf(leaf), Boolean::Leaf(checked)) => self.value(leaf, checked),
                _ => None,
            },
            since: since(plan, self.person, self.catalog, self.t),
            until: until(plan, self.person, self.catalog, self.t),
            parts: self.parts(rule, plan),
        }
    }

    // A checked rule has the shape of its tree, so both are walked side by side.
    fn parts(&self, rule: &ast::Rule, plan: &Plan) -> Vec<Part> {
        match (rule, plan) {
            (Boolean::And(rules), Boolean::And(plans))
            | (Boolean::Or(rules), Boolean::Or(plans)) => rules
                .iter()
                .zip(plans)
                .map(|(rule, plan)| self.part(rule, plan))
                .collect(),
            (Boolean::Not(rule), Boolean::Not(plan)) => vec![self.part(rule, plan)],
            (_, Boolean::Leaf(plan::Leaf::Segment(segment, _))) => self
                .catalog
                .segment(*segment)
                .map(|segment| self.part(&segment.rule, &segment.plan))
                .into_iter()
                .collect(),
            _ => Vec::new(),
        }
    }

    fn value(&self, leaf: &ast::Leaf, checked: &plan::Leaf) -> Option<String> {
        let moment = Moment::today(self.person, self.catalog, self.t);
        match (&leaf.kind, checked) {
            (ast::LeafKind::Attribute(name, _), plan::Leaf::Attribute(attribute, _)) => {
                Some(match moment.attribute(*attribute) {
                    Some(value) => format!("{} = {value}", name.text),
                    None => format!("{} is absent", name.text),
                })
            }
            (ast::LeafKind::Aggregate(_), plan::Leaf::Aggregate(aggregate)) => {
                let name = function_name(aggregate.function);
                Some(match moment.measure(aggregate) {
                    Some(value) => format!("{name} = {}", shown(aggregate.function, value)),
                    None => format!("{name} is absent"),
                })
            }
            (ast::LeafKind::Sequence(_), plan::Leaf::Sequence(sequence)) => {
                Some(match moment.sequence(sequence) {
                    Some((first, last)) if first == last => format!("matched at {first}"),
                    Some((first, last)) => format!("matched from {first} to {last}"),
                    None => "no match".to_owned(),
                })
            }
            _ => None,
        }
    }
}

const fn function_name(function: Function) -> &'static str {
    match function {
        Function::Count => "count",
        Function::Sum => "sum",
        Function::Min => "min",
        Function::Max => "max",
        Function::Average => "avg",
        Function::Distinct => "distinct",
        Function::SinceLast => "since_last",
        Function::SinceFirst => "since_first",
    }
}

/// A fraction in the units of its function; averages are rounded down to micro units.
fn shown(function: Function, (value, events): (i128, i128)) -> String {
    match function {
        Function::SinceLast | Function::SinceFirst => Duration(value as i64).to_string(),
        Function::Count
        | Function::Sum
        | Function::Min
        | Function::Max
        | Function::Average
        | Function::Distinct => show_micros(value.div_euclid(events.max(1))),
    }
}

impl Part {
    fn write(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        write!(
            f,
            "{:indent$}{} {}",
            "",
            if self.holds { "yes" } else { "no " },
            self.text,
            indent = depth * 2
        )?;
        if let Some(value) = &self.value {
            write!(f, "  [{value}]")?;
        }
        if let Some(since) = self.since {
            write!(f, "  since {since}")?;
        }
        if let Some(until) = self.until {
            write!(f, "  until {until}")?;
        }
        self.parts.iter().try_for_each(|part| {
            writeln!(f)?;
            part.write(f, depth + 1)
        })
    }
}

/// An indented tree, one part a line.
impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.write(f, 0)
    }
}
