//! How many ids two containers share.

use super::chunk::{Chunk, Run};
use super::kernel::kernels;
use super::scratch::Value;
use super::words::{CHUNK_BITS, Words, count_span};

/// A look at the members of a chunk, wherever they are held.
#[derive(Clone, Copy)]
pub(super) enum View<'v> {
    Ids(&'v [u16]),
    Words(&'v Words),
    Runs(&'v [Run], u32),
    Full,
}

impl<'v> View<'v> {
    pub(super) fn of(chunk: &'v Chunk) -> Self {
        match chunk {
            Chunk::Array(ids) => Self::Ids(ids),
            Chunk::Bits { words, .. } => Self::Words(words),
            Chunk::Runs { runs, len } => Self::Runs(runs, *len),
            Chunk::Full => Self::Full,
        }
    }

    /// None where there are no members to look at.
    pub(super) fn of_value(value: &'v Value<'_>) -> Option<Self> {
        match value {
            Value::Chunk(chunk) => Some(Self::of(chunk)),
            Value::Ids(ids) => Some(Self::Ids(ids.as_slice())),
            Value::Bits(words, _) => Some(Self::Words(words)),
            Value::Empty | Value::Counted(_) => None,
        }
    }

    /// How many members; words are counted.
    fn len(self) -> u32 {
        match self {
            Self::Ids(ids) => ids.len() as u32,
            Self::Words(words) => (kernels().count)(words),
            Self::Runs(_, len) => len,
            Self::Full => CHUNK_BITS,
        }
    }
}

/// How many ids both have.
pub(super) fn shared(a: View<'_>, b: View<'_>) -> u32 {
    match (a, b) {
        (View::Full, other) | (other, View::Full) => other.len(),
        (View::Ids(a), View::Ids(b)) => (kernels().match_count)(a, b),
        (View::Words(a), View::Words(b)) => (kernels().and_count)(a, b),
        (View::Ids(ids), View::Words(words)) | (View::Words(words), View::Ids(ids)) => {
            (kernels().probe_count)(ids, words)
        }
        (View::Runs(runs, _), View::Words(words)) | (View::Words(words), View::Runs(runs, _)) => {
            let counts = runs.iter().map(|run| count_span(words, run.start, run.end));
            counts.sum()
        }
        (View::Runs(runs, _), View::Ids(ids)) | (View::Ids(ids), View::Runs(runs, _)) => {
            ids_in_runs(ids, runs)
        }
        (View::Runs(a, _), View::Runs(b, _)) => runs_in_runs(a, b),
    }
}

fn ids_in_runs(ids: &[u16], runs: &[Run]) -> u32 {
    let mut rest = ids;
    let mut count = 0;
    for run in runs {
        let before = rest.partition_point(|&id| id < run.start);
        rest = rest.get(before..).unwrap_or_default();
        let inside = rest.partition_point(|&id| id <= run.end);
        rest = rest.get(inside..).unwrap_or_default();
        count += inside as u32;
        if rest.is_empty() {
            break;
        }
    }
    count
}

fn runs_in_runs(a: &[Run], b: &[Run]) -> u32 {
    let (mut left, mut right) = (a.iter().peekable(), b.iter().peekable());
    let mut count = 0;
    while let (Some(l), Some(r)) = (left.peek(), right.peek()) {
        let (start, end) = (l.start.max(r.start), l.end.min(r.end));
        count += (u32::from(end) + 1).saturating_sub(u32::from(start));
        if l.end <= end {
            left.next();
        } else {
            right.next();
        }
    }
    count
}
