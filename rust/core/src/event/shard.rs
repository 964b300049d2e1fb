//! The events of one type and one shard of profiles: a few runs, merged as they grow.

use std::sync::{Arc, OnceLock};

use crate::event::body::Gather;
use crate::event::recent::Part;
use crate::event::run::Run;

/// This many runs of one size make one.
const FAN: usize = 4;

/// Events in the smallest size of runs.
const SMALLEST: usize = if cfg!(test) { 2 } else { 512 };

/// The events of one type and 4,096 profiles.
#[derive(Debug, Default)]
pub(crate) struct Shard {
    /// Longest first.
    runs: Vec<Arc<Run>>,
    merged: OnceLock<Arc<Run>>,
}

impl Clone for Shard {
    fn clone(&self) -> Self {
        Self {
            runs: self.runs.clone(),
            merged: OnceLock::new(),
        }
    }
}

impl Shard {
    /// The runs, longest first.
    pub(crate) fn runs(&self) -> &[Arc<Run>] {
        &self.runs
    }

    /// Puts what `change` makes of a run, told with its place, where the run was; one without events falls away.
    pub(crate) fn change(&mut self, mut change: impl FnMut(usize, &Run) -> Option<Run>) {
        for (at, run) in self.runs.iter_mut().enumerate() {
            if let Some(new) = change(at, run) {
                *run = Arc::new(new);
            }
        }
        self.runs.retain(|run| !run.is_empty());
        self.merged = OnceLock::new();
    }

    /// Adds events as a run, together with the last runs where enough of them have one size.
    pub(crate) fn push(&mut self, parts: &[Part<'_>]) {
        let new = parts.iter().map(Part::len).sum();
        let tail = self.runs.split_off(self.runs.len() - self.to_merge(new));
        let mut gather = Gather::default();
        tail.iter().for_each(|run| run.add_to(&mut gather));
        parts.iter().for_each(|part| part.add_to(&mut gather));
        self.runs.push(Arc::new(Run::of(gather)));
        self.merged = OnceLock::new();
    }

    /// How many of the last runs are to be merged with `events` new ones.
    fn to_merge(&self, mut events: usize) -> usize {
        let size = |events: usize| (events / SMALLEST).max(1).ilog(FAN);
        let mut merged = 0;
        loop {
            let rest = || self.runs.iter().rev().skip(merged);
            let same = rest().take_while(|run| size(run.len()) <= size(events));
            let same = same.count();
            if same + 1 < FAN {
                return merged;
            }
            events += rest().take(same).map(|run| run.len()).sum::<usize>();
            merged += same;
        }
    }

    /// Bytes on the heap of what is derived.
    pub(crate) fn derived_bytes(&self) -> usize {
        let merged = self.merged.get();
        let merged = merged.map_or(0, |run| run.heap_bytes() + run.derived_bytes());
        let runs = self.runs.iter().map(|run| run.derived_bytes());
        merged + runs.sum::<usize>()
    }

    /// Bytes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        let runs = self.runs.iter();
        size_of::<Self>()
            + runs
                .map(|run| size_of::<Run>() + run.heap_bytes())
                .sum::<usize>()
    }

    /// All events as one run, made when first asked for; `None` when there are none.
    pub(crate) fn merged(&self) -> Option<&Arc<Run>> {
        match self.runs.as_slice() {
            [] => None,
            [only] => Some(only),
            runs => Some(self.merged.get_or_init(|| {
                let runs: Vec<&Run> = runs.iter().map(AsRef::as_ref).collect();
                Arc::new(Run::merge(&runs))
            })),
        }
    }
}
