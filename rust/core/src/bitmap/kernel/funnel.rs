//! Lines narrowed by filters, one line after the other: what is left stays in registers, and an empty line ends early.

use super::super::line::{Funnel, Line};

#[inline(always)]
pub(super) fn run(funnel: &mut Funnel<'_>) {
    match funnel.ends {
        None => each(funnel, |line, _| line.count()),
        Some(ends) => each(funnel, |line, at| {
            ends.get(at).map_or(0, |own| line.fields(own))
        }),
    }
}

#[inline(always)]
fn each(funnel: &mut Funnel<'_>, count: impl Fn(&Line, usize) -> u32) {
    let Funnel {
        alive,
        live,
        filters,
        marks,
        left,
        ..
    } = funnel;
    match live {
        None => {
            for (at, line) in alive.iter_mut().enumerate() {
                *line = narrow(*line, at, filters, marks, left, &count);
            }
        }
        Some(live) => {
            for at in live.iter().map(|at| *at as usize) {
                if let Some(line) = alive.get_mut(at) {
                    *line = narrow(*line, at, filters, marks, left, &count);
                }
            }
        }
    }
}

#[inline(always)]
fn narrow(
    mut own: Line,
    at: usize,
    filters: &[&[Line]],
    marks: &[usize],
    left: &mut [u32],
    count: &impl Fn(&Line, usize) -> u32,
) -> Line {
    let mut next = 0;
    for (mark, left) in marks.iter().zip(left) {
        if own.is_empty() {
            break;
        }
        while next < *mark {
            let filter = filters.get(next).and_then(|filter| filter.get(at));
            own = filter.map_or(Line([0; 8]), |filter| own.and(filter));
            next += 1;
        }
        *left += count(&own, at);
    }
    own
}
