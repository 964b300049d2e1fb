//! Sequences: true if any choice of events fits.

use crate::explain::Segments;
use crate::explain::history::field;
use crate::explain::moment::Moment;
use crate::person::Event;
use crate::rule::ast::Absence;
use crate::rule::plan::Sequence;
use crate::time::Instant;
use crate::value::Value;

impl<'a, S: Segments> Moment<'a, S> {
    /// The times of a fitting choice: its first event and its last positive step.
    pub(super) fn sequence(&self, sequence: &'a Sequence) -> Option<(Instant, Instant)> {
        let steps: Vec<Vec<&Event>> = sequence
            .steps
            .iter()
            .map(|step| self.selected(step).collect())
            .collect();
        let (first_step, later_steps) = steps.split_first()?;
        let key = |event: &Event| sequence.key.map(|(key, _)| field(event, key));
        first_step.iter().rev().find_map(|first| {
            let same_key = key(first);
            if same_key == Some(None) {
                return None;
            }
            // With the first event fixed, an event of a step can be reached if it is later than the earliest one that can
            // be reached in the step before.
            let mut reachable = vec![first.time];
            for step in later_steps {
                let earliest = reachable.iter().min().copied()?;
                let later = step
                    .iter()
                    .filter(|event| event.time > earliest && key(event) == same_key);
                reachable = later.map(|event| event.time).collect();
            }
            let fits = |s: &Instant| {
                sequence
                    .within
                    .is_none_or(|within| s.since(first.time) <= within)
                    && sequence.last.is_none_or(|last| *s > self.t.minus(last))
                    && self.stays_away(sequence, *s, same_key.as_ref().and_then(Option::as_ref))
            };
            reachable
                .into_iter()
                .rev()
                .find(fits)
                .map(|s| (first.time, s))
        })
    }

    /// The final `not`, for a last positive step at `s`.
    fn stays_away(&self, sequence: &'a Sequence, s: Instant, same_key: Option<&Value>) -> bool {
        let Some((selection, absence)) = &sequence.absent else {
            return true;
        };
        let (span, end) = match absence {
            Absence::Within(span) => (*span, s.plus(*span)),
            Absence::For(span) => (*span, self.t),
        };
        let bound = |event: &Event| {
            sequence
                .key
                .is_none_or(|(key, _)| field(event, key).as_ref() == same_key)
        };
        let came = self
            .selected(selection)
            .any(|event| s < event.time && event.time <= end && bound(event));
        s.plus(span) <= self.t && !came
    }
}
