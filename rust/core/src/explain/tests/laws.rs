//! Laws over random worlds.

use proptest::prelude::*;

use super::naive::{BEGINNING, END, Naive, Past};
use super::small::small;
use crate::explain::course::course;
use crate::explain::{courses, holds, nested, since, until};
use crate::testing::cases;
use crate::time::Instant;

fn asked() -> impl Iterator<Item = Instant> {
    (BEGINNING.0 + 20..END.0).map(Instant)
}

proptest! {
    #[test]
    fn the_reference_says_what_the_naive_statement_says(case in cases(1)) {
        let Some(small) = small(&case) else { return Ok(()) };
        let (naive, segments) = (Naive::new(&small), &small.segments);

        for t in asked() {
            let expected = naive.holds(&small.plan, Past::Today, t);
            let actual = holds(&small.plan, &small.person, segments, t);
            prop_assert_eq!(expected, actual, "at {:?} of {:?}", t, small);
        }
    }

    #[test]
    fn a_stretch_is_what_every_millisecond_says(case in cases(1)) {
        let Some(small) = small(&case) else { return Ok(()) };
        let (naive, segments) = (Naive::new(&small), &small.segments);
        let needed = nested::needed(&small.plan, segments);
        let whole = course(&small.plan, &small.person, &courses(&needed, &small.person, segments));

        for t in asked() {
            let (from, to) = (whole.course.since(t), whole.course.until(t));
            prop_assert_eq!(naive.holds(&small.plan, Past::Today, t), whole.course.holds(t), "at {:?}", t);
            prop_assert_eq!(naive.since(&small.plan, t), from.filter(|from| *from > BEGINNING), "since at {:?}", t);
            prop_assert_eq!(naive.until(&small.plan, t), to.filter(|to| *to <= END), "until at {:?}", t);
        }
        let t = Instant(10);
        prop_assert_eq!(whole.course.since(t), since(&small.plan, &small.person, segments, t));
        prop_assert_eq!(whole.course.until(t), until(&small.plan, &small.person, segments, t));
    }
}
