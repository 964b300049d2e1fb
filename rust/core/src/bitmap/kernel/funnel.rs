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
    for (at, line) in funnel.alive.iter_mut().enumerate() {
        let mut own = *line;
        let mut next = 0;
        for (mark, left) in funnel.marks.iter().zip(funnel.left.iter_mut()) {
            if own.is_empty() {
                break;
            }
            while next < *mark {
                let filter = funnel.filters.get(next).and_then(|filter| filter.get(at));
                own = filter.map_or(Line([0; 8]), |filter| own.and(filter));
                next += 1;
            }
            *left += count(&own, at);
        }
        *line = own;
    }
}
