//! Random worlds.

use proptest::prelude::*;

use super::people::{Items, items, moments, people};
use crate::catalog::Catalog;
use crate::id::SegmentId;
use crate::person::Person;
use crate::rule::testing::{catalogs, rules_for};
use crate::rule::{Plan, Rule, check};
use crate::time::Instant;

/// What is declared, defined and known.
#[derive(Clone, Debug)]
pub struct World {
    /// With up to three segments, which may use each other.
    pub catalog: Catalog,
    /// What is known of items; events may have others.
    pub items: Items,
    /// Some people, who see the items as they are here.
    pub people: Vec<Person>,
}

/// A world, a rule that is valid in it, and when to ask.
#[derive(Clone, Debug)]
pub struct Case {
    /// The world.
    pub world: World,
    /// The rule.
    pub rule: Rule,
    /// The rule, checked.
    pub plan: Plan,
    /// When to ask.
    pub t: Instant,
}

impl World {
    /// The plan of a segment; `None` for a number that no segment has.
    pub fn segment(&self, id: SegmentId) -> Option<&Plan> {
        self.catalog.segment(id).map(|segment| &segment.plan)
    }
}

/// Worlds of one to `most` people.
pub fn worlds(most: usize) -> BoxedStrategy<World> {
    catalogs()
        .prop_flat_map(|catalog| {
            let items = items(&catalog);
            (Just(catalog), items)
        })
        .prop_flat_map(move |(catalog, items)| {
            let people = prop::collection::vec(people(&catalog, &items), 1..=most);
            (Just(catalog), Just(items), people)
        })
        .prop_map(|(catalog, items, people)| World {
            catalog,
            items,
            people,
        })
        .boxed()
}

/// Cases with one to `most` people.
pub fn cases(most: usize) -> BoxedStrategy<Case> {
    worlds(most)
        .prop_flat_map(|world| {
            let rules = rules_for(&world.catalog);
            (Just(world), rules, moments())
        })
        .prop_map(|(world, rule, t)| {
            let plan = match check(&rule, &world.catalog, world.catalog.limits()) {
                Ok(plan) => plan,
                Err(error) => panic!("a random rule is refused: {rule}: {error}"),
            };
            Case {
                world,
                rule,
                plan,
                t,
            }
        })
        .boxed()
}
