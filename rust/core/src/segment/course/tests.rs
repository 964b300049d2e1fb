//! The walk over what comes and goes against the reference.

use proptest::prelude::*;

use super::of;
use crate::explain::course_of;
use crate::id::SegmentId;
use crate::rule::ast::{Age, Boolean};
use crate::rule::plan::{Leaf, Plan};
use crate::testing::{Case, cases};
use crate::time::Duration;

fn ages() -> impl Strategy<Value = Age> {
    let spans = (0i64..20, prop::option::of(1i64..20));
    spans.prop_map(|(from, more)| Age {
        from: Duration(from * 1_000),
        to: more.map(|more| Duration((from + more) * 1_000)),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn a_course_is_that_of_the_reference(case in cases(1), age in ages(), number in 0u32..3) {
        let Case { world, plan, .. } = &case;
        let aged = Boolean::Leaf(Leaf::Segment(SegmentId(number), Some(age)));
        for person in &world.people {
            for plan in [plan, &aged, &Plan::Not(Box::new(aged.clone()))] {
                let expected = course_of(plan, person, &world.catalog);
                let actual = of(plan, person, &world.catalog);
                prop_assert_eq!(&expected, &actual, "{:?}", plan);
            }
        }
    }
}
