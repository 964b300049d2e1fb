//! Lines narrowed by the popular members of lists, and the bits that lists have to be walked for.

use super::super::line::{Line, Sieve};
use super::listing;

#[inline(always)]
pub(super) fn run(own: &mut Sieve<'_>) {
    let Sieve {
        alive,
        live,
        table,
        width,
        chosen,
        open,
    } = own;
    let triple = |number: usize, at: usize| {
        let own = table.get(number * *width + at);
        own.copied().unwrap_or_default()
    };
    let mut listed = [0; 4];
    open.iter_mut().for_each(Vec::clear);
    for at in live.iter().map(|at| *at as usize) {
        let Some(line) = alive.get_mut(at).filter(|_| at < *width) else {
            continue;
        };
        let [mut first, mut second, further] = triple(0, at);
        let mut unwanted = Line::default();
        for number in *chosen {
            let Some([one, two, three]) = table.get(usize::from(*number) * *width + at) else {
                continue;
            };
            first = first.or(one);
            second = second.or(two);
            unwanted = unwanted.or(three);
        }
        let more = triple(1, at);
        let left = line
            .and(&first.or(&more[0]))
            .and(&second.or(&more[1]))
            .and_not(&unwanted);
        *line = left;
        if left.is_empty() {
            continue;
        }
        let all = [
            left.and_not(&first),
            left.and_not(&second),
            left.and(&more[2]),
            left.and(&further),
        ];
        for ((line, bits), listed) in all.iter().zip(open.iter_mut()).zip(&mut listed) {
            listing::list(at, line, bits, listed);
        }
    }
    for (bits, listed) in open.iter_mut().zip(listed) {
        bits.truncate(listed);
    }
}
