//! Sequences: enough steps, one key in all of them, spans that leave something to find.

use super::aggregate::not_one_value;
use super::{Checker, check_duration};
use crate::error::Result;
use crate::rule::ast::{Absence, Field, Sequence, Span};
use crate::rule::at;
use crate::rule::plan;
use crate::time::Duration;
use crate::value::Kind;

impl Checker<'_> {
    pub(super) fn sequence(&mut self, sequence: &Sequence, span: Span) -> Result<plan::Sequence> {
        check_shape(sequence, span)?;
        let steps = sequence
            .steps
            .iter()
            .map(|step| self.selection(step))
            .collect::<Result<Vec<_>>>()?;
        let absent = match &sequence.absent {
            Some((step, absence)) => Some((self.selection(step)?, *absence)),
            None => None,
        };
        let all: Vec<&plan::Selection> = steps
            .iter()
            .chain(absent.as_ref().map(|(step, _)| step))
            .collect();
        let key = match &sequence.key {
            Some(key) => Some(self.key(key, &all)?),
            None => None,
        };
        if let Some(last) = sequence.last {
            for step in all {
                self.last(last, step.types, span)?;
            }
        }
        Ok(plan::Sequence {
            steps,
            within: sequence.within,
            absent,
            key,
            last: sequence.last,
        })
    }

    fn key(&self, key: &Field, steps: &[&plan::Selection]) -> Result<(plan::Field, Kind)> {
        let mut found = None;
        for step in steps {
            found = Some(self.field(key, step.types)?);
        }
        match found {
            Some((_, Kind::StringSet)) => Err(not_one_value("on", key)),
            Some(found) => Ok(found),
            None => Err(super::missing("step")),
        }
    }
}

fn check_shape(sequence: &Sequence, span: Span) -> Result<()> {
    let positive = sequence.steps.len();
    if positive == 0 || (positive == 1 && sequence.absent.is_none()) {
        return Err(at(
            span,
            "a sequence needs two steps, or one step and a final \"not\" step",
        ));
    }
    if positive == 1 && sequence.within.is_some() {
        let message = "\"within\" after a lone step says nothing: that of a final \"not\" step follows the step";
        return Err(at(span, message));
    }
    let absence: Option<Duration> = sequence.absent.as_ref().map(|(_, absence)| match absence {
        Absence::Within(span) | Absence::For(span) => *span,
    });
    for duration in [sequence.within, absence, sequence.last]
        .into_iter()
        .flatten()
    {
        check_duration(duration, span)?;
    }
    match (sequence.last, absence) {
        (Some(last), Some(absence)) if last <= absence => {
            let message = format!(
                "never true: the last step lies within the last {last}, and {absence} must have passed since"
            );
            Err(at(span, message))
        }
        _ => Ok(()),
    }
}
