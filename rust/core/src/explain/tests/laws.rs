//! Laws over random worlds.

use proptest::prelude::*;

use super::naive::{BEGINNING, END, Naive, Past};
use super::small::small;
use crate::explain::course::course;
use crate::explain::{Explanation, courses, explain, holds, nested, since, until};
use crate::person::Person;
use crate::rule::ast::{Boolean, LeafKind, Rule};
use crate::rule::{Plan, check, parse};
use crate::testing::{Case, World, cases};
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

    #[test]
    fn every_part_of_an_explanation_is_what_its_own_text_says(case in cases(2)) {
        for person in &case.world.people {
            let Case { world, rule, plan, t } = &case;
            let whole = explain(rule, plan, person, &world.catalog, *t);
            prop_assert_eq!(rule.to_string(), &*whole.text);
            says_what_it_is(&whole, world, person, *t)?;
        }
    }
}

fn says_what_it_is(
    part: &Explanation,
    world: &World,
    person: &Person,
    t: Instant,
) -> Result<(), TestCaseError> {
    let (rule, plan) = read(&part.text, world);
    let catalog = &world.catalog;
    prop_assert_eq!(holds(&plan, person, catalog, t), part.holds, "{}", part);
    prop_assert_eq!(since(&plan, person, catalog, t), part.since, "{}", part);
    prop_assert_eq!(until(&plan, person, catalog, t), part.until, "{}", part);
    prop_assert!(part.since.is_none_or(|since| since <= t), "{}", part);
    prop_assert!(part.until.is_none_or(|until| t < until), "{}", part);
    let mut texts = part.parts.iter().map(|part| part.text.clone());
    match &rule {
        Boolean::And(rules) | Boolean::Or(rules) => {
            let expected: Vec<String> = rules.iter().map(Rule::to_string).collect();
            prop_assert_eq!(expected, texts.collect::<Vec<_>>());
        }
        Boolean::Not(rule) => prop_assert_eq!(Some(rule.to_string()), texts.next()),
        Boolean::Leaf(leaf) => {
            if let LeafKind::Segment(name, _) = &leaf.kind
                && let Some(text) = texts.next()
            {
                let id = catalog.segment_id(&name.text);
                let segment = id.and_then(|id| catalog.segment(id));
                prop_assert_eq!(segment.map(|segment| segment.rule.to_string()), Some(text));
            }
            prop_assert_eq!(None, texts.next());
        }
    }
    prop_assert!(part.to_string().lines().count() > part.parts.len());
    part.parts
        .iter()
        .try_for_each(|part| says_what_it_is(part, world, person, t))
}

fn read(text: &str, world: &World) -> (Rule, Plan) {
    let limits = world.catalog.limits();
    let rule = parse(text, limits).unwrap();
    let plan = check(&rule, &world.catalog, limits).unwrap();
    (rule, plan)
}
