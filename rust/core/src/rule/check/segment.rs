//! Segments: known, of a possible age, and not too many.

use std::collections::BTreeSet;

use super::{Checker, check_duration, hint, shown};
use crate::error::Result;
use crate::rule::ast::{Age, Name, Span};
use crate::rule::at;
use crate::rule::plan::Leaf;
use crate::time::Duration;

impl Checker<'_> {
    pub(super) fn segment(&mut self, name: &Name, age: Option<Age>, span: Span) -> Result<Leaf> {
        let known = self.catalog.segment_id(&name.text);
        let seen = known.filter(|id| !self.catalog.is_hidden(*id));
        let id = seen.ok_or_else(|| {
            let hint = hint(&name.text, self.catalog.segment_names());
            at(
                name.span,
                format!("there is no segment {}{hint}", shown(&name.text)),
            )
        })?;
        if let Some(age) = age {
            check_age(age, span)?;
        }
        if !self.segments.contains(&id) {
            self.segments
                .extend(self.catalog.segments_needed(&BTreeSet::from([id])));
            let (needed, limit) = (self.segments.len(), self.limits.segments);
            if needed > limit as usize {
                let message = format!(
                    "the rule needs {needed} segments, with those they use; the limit is {limit}"
                );
                return Err(at(name.span, message));
            }
        }
        Ok(Leaf::Segment(id, age))
    }
}

fn check_age(age: Age, span: Span) -> Result<()> {
    if age.from != Duration(0) {
        check_duration(age.from, span)?;
    }
    match age.to {
        Some(to) => {
            check_duration(to, span)?;
            if to <= age.from {
                return Err(at(
                    span,
                    format!("the age {age} is empty: it ends before it begins"),
                ));
            }
            Ok(())
        }
        None if age.from == Duration(0) => Err(at(span, "an age has at least one bound")),
        None => Ok(()),
    }
}
