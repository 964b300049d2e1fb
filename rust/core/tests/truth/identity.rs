//! Which ids are one profile: against the naive model, in any order.

use std::collections::BTreeSet;

use proptest::prelude::*;
use treffer_core::error::Error;
use treffer_core::id::AttributeId;
use treffer_core::profile::link::Obstacle;
use treffer_core::profile::merge_log::{Cause, Outcome};
use treffer_core::record::Command;
use treffer_core::state::State;
use treffer_core::value::Value;

use crate::joined::{Naive, Said, Step, feed, namespaces, rows, state, watch};
use crate::world::{NOW, namespace};

fn agrees(state: &State, model: &Naive) -> Result<(), TestCaseError> {
    let view = state.view();
    prop_assert_eq!(Ok(()), view.validate());
    let (profiles, refused) = model.profiles();
    prop_assert_eq!(profiles.len() as u64, view.live().len());
    let counts = view.link_counts();
    prop_assert_eq!(refused, counts.unique + counts.limit + counts.apart);
    for ids in &profiles {
        let profile = view.profile(ids.first().unwrap()).unwrap();
        prop_assert_eq!(ids, &view.id_texts(profile).collect::<BTreeSet<_>>());
        prop_assert!(view.live().contains(profile.0));
        prop_assert_eq!(ids.len() > 1, view.compound().contains(profile.0));
        let person = view.person(profile);
        let age = match person.attributes.get(&AttributeId(0)) {
            Some((Value::Integer(age), _)) => Some(*age),
            _ => None,
        };
        prop_assert_eq!(
            model.told(ids),
            (age, view.household(profile), person.events.len())
        );
        prop_assert!(person.events.is_sorted_by_key(|event| event.time));
    }
    Ok(())
}

fn id() -> impl Strategy<Value = String> {
    (prop::sample::select(&["a", "b", "c"][..]), 0u32..5)
        .prop_map(|(name, id)| format!("{name}:{id}"))
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => rows(6).prop_map(Step::Rows),
        1 => (id(), id()).prop_map(|(a, b)| Step::Merge(a, b)),
        1 => prop::collection::vec(id(), 1..3).prop_map(Step::Unmerge),
    ];
    prop::collection::vec(step, 1..12).prop_map(|mut steps| {
        for (place, step) in steps.iter_mut().enumerate() {
            if let Step::Rows(rows) = step {
                let ids = rows.iter_mut().filter_map(|row| row.event_id.as_mut());
                ids.for_each(|id| id.push_str(&format!("-{place}")));
            }
        }
        steps
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn profiles_are_what_sorting_all_links_gives(namespaces in namespaces(), steps in steps(), size in 1usize..5) {
        let (mut state, mut model) = (state(&namespaces), Naive::new(&namespaces));
        for step in steps {
            match step {
                Step::Rows(rows) => {
                    rows.iter().for_each(|said| model.say(said));
                    feed(&mut state, &rows, size);
                }
                Step::Merge(a, b) => {
                    let done = state.run(Command::Merge { a: a.clone(), b: b.clone() }, NOW).is_ok();
                    prop_assert_eq!(model.merge(&a, &b), done);
                }
                Step::Unmerge(ids) => {
                    let done = state.run(Command::Unmerge { ids: ids.clone() }, NOW).is_ok();
                    prop_assert_eq!(model.unmerge(&ids), done);
                }
            }
            agrees(&state, &model)?;
        }
    }

    #[test]
    fn a_preview_says_what_then_happens(namespaces in namespaces(), rows in rows(20), ids in prop::collection::btree_set(id(), 1..4)) {
        let mut state = state(&namespaces);
        feed(&mut state, &rows, 4);
        let ids: Vec<String> = ids.into_iter().collect();
        let named: Vec<&str> = ids.iter().map(String::as_str).collect();
        let before = state.state_hash();

        let joining = state.view().what_would_join(&named).unwrap();

        prop_assert_eq!(before, state.state_hash());
        let mut said = Said { ids: [].into(), hours: 0, event_id: None, age: None };
        let mut lists = std::collections::BTreeMap::<&str, Vec<String>>::new();
        for id in &ids {
            let (name, value) = id.split_once(':').unwrap();
            lists.entry(name).or_default().push(value.into());
        }
        prop_assume!(lists.values().all(|list| list.len() == 1));
        for name in ["a", "b", "c"] {
            said.ids.extend(lists.get(name).map(|list| (name, list[0].clone())));
        }
        feed(&mut state, &[said], 1);
        let view = state.view();
        let profile = view.profile(&joining.owner).unwrap();
        // New ids are numbered in order of mention, which may be another here.
        let all: BTreeSet<String> = joining.ids.into_iter().collect();
        prop_assert_eq!(all, view.id_texts(profile).collect());
        let refused: BTreeSet<String> = joining.refused.into_iter().map(|(id, _)| id).collect();
        let apart = ids.iter().filter(|id| view.profile(id).unwrap() != profile).cloned().collect();
        prop_assert_eq!(refused, apart);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn fifty_orders_and_batchings_give_the_same_content(
        namespaces in namespaces(), rows in rows(60), orders in prop::collection::vec((any::<u64>(), 1usize..20), 50),
    ) {
        let mut straight = state(&namespaces);
        watch(&mut straight);
        feed(&mut straight, &rows, rows.len());
        let mut model = Naive::new(&namespaces);
        rows.iter().for_each(|said| model.say(said));
        agrees(&straight, &model)?;
        for (seed, size) in orders {
            let mut order = rows.clone();
            // A row's place is a hash of the seed and its number: a shuffle that a seed reproduces.
            let mut number = 0u64;
            order.sort_by_cached_key(|_| {
                number += 1;
                (seed ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29).wrapping_mul(0xbf58_476d_1ce4_e5b9)
            });
            let mut shuffled = state(&namespaces);
            watch(&mut shuffled);
            feed(&mut shuffled, &order, size);
            prop_assert_eq!(straight.current().content_hash(), shuffled.current().content_hash());
        }
    }
}

fn shop() -> State {
    let unique = |name: &str, priority| treffer_core::catalog::NamespaceDefinition {
        unique: true,
        ..namespace(name, priority)
    };
    let household = treffer_core::catalog::NamespaceDefinition {
        household: true,
        ..namespace("h", 0)
    };
    state(&[
        unique("a", 9),
        namespace("b", 1),
        namespace("c", 1),
        household,
    ])
}

fn said(ids: &[(&'static str, &str)], hours: i64, event_id: &str) -> Said {
    Said {
        ids: ids.iter().map(|(name, id)| (*name, (*id).into())).collect(),
        hours,
        event_id: Some(event_id.into()),
        age: None,
    }
}

fn ids(state: &State, id: &str) -> Vec<String> {
    let view = state.view();
    view.id_texts(view.profile(id).unwrap()).collect()
}

#[test]
fn a_login_ties_what_a_cookie_did_to_the_customer() {
    let mut state = shop();
    feed(
        &mut state,
        &[
            said(&[("b", "1")], 5, "e1"),
            said(&[("a", "7"), ("b", "1")], 4, "e2"),
        ],
        1,
    );

    let view = state.view();
    let profile = view.profile("a:7").unwrap();
    assert_eq!(view.profile("b:1").unwrap(), profile);
    assert_eq!(2, view.person(profile).events.len());
    assert_eq!((1, 2), (view.live().len(), view.population()));
    assert_eq!(0, view.person(treffer_core::id::ProfileId(1)).events.len());
}

#[test]
fn a_second_customer_on_the_same_cookie_is_refused_counted_and_logged() {
    let mut state = shop();
    feed(&mut state, &[said(&[("a", "7"), ("b", "1")], 4, "e1")], 1);
    let row = crate::world::Row::from([
        ("event_id", Value::String("e2".into())),
        ("type", Value::String("view".into())),
        ("time", Value::Instant(NOW)),
        ("a", Value::String("8".into())),
        ("b", Value::String("1".into())),
    ]);
    let (_, report) = state
        .run(Command::Track(crate::world::batch(&[row], false)), NOW)
        .unwrap();

    assert_eq!((1, 1), (report.accepted, report.links_refused));
    assert_eq!(1, state.view().link_counts().unique);
    let log = state.view().merges(0, 10);
    assert_eq!(
        vec![1, 2],
        log.iter().map(|entry| entry.sequence).collect::<Vec<_>>()
    );
    assert_eq!(
        (Outcome::Merged, Cause::Event("e1".into())),
        (log[0].outcome, log[0].cause.clone())
    );
    assert_eq!(
        (
            Outcome::Refused(Obstacle::Unique),
            Cause::Event("e2".into())
        ),
        (log[1].outcome, log[1].cause.clone())
    );
    assert_eq!(vec!["b:1", "a:8"], log[1].ids);
    assert_eq!(1, state.view().merges(1, 10).len());
}

#[test]
fn a_late_link_takes_the_place_of_a_later_one() {
    let mut state = shop();
    feed(
        &mut state,
        &[
            said(&[("a", "7"), ("b", "1")], 4, "e1"),
            said(&[("a", "8"), ("b", "1")], 5, "e2"),
        ],
        1,
    );

    assert_eq!(vec!["b:1", "a:8"], ids(&state, "b:1"));
    assert_eq!(vec!["a:7"], ids(&state, "a:7"));
    let log = state.view().merges(0, 10);
    let outcomes: Vec<_> = log.iter().map(|entry| entry.outcome).collect();
    assert!(
        outcomes.contains(&Outcome::Split)
            && outcomes.contains(&Outcome::Refused(Obstacle::Unique))
    );
}

#[test]
fn an_unmerge_gives_back_what_each_did_and_holds_until_a_merge_by_hand() {
    let mut state = shop();
    feed(
        &mut state,
        &[
            said(&[("b", "1")], 5, "e1"),
            said(&[("a", "7"), ("b", "1")], 4, "e2"),
        ],
        1,
    );
    state
        .run(
            Command::Unmerge {
                ids: vec!["b:1".into()],
            },
            NOW,
        )
        .unwrap();
    feed(&mut state, &[said(&[("a", "7"), ("b", "1")], 3, "e3")], 1);

    let events = |state: &State, id: &str| {
        state
            .view()
            .person(state.view().profile(id).unwrap())
            .events
            .len()
    };
    assert_eq!((2, 1), (events(&state, "a:7"), events(&state, "b:1")));
    assert_eq!(1, state.view().link_counts().apart);
    assert_eq!(Ok(()), state.view().validate());

    state
        .run(
            Command::Merge {
                a: "b:1".into(),
                b: "a:7".into(),
            },
            NOW,
        )
        .unwrap();
    assert_eq!(
        (3, 0),
        (events(&state, "a:7"), state.view().link_counts().apart)
    );
    assert_eq!(
        Some(Cause::ByHand),
        state
            .view()
            .merges(0, 99)
            .last()
            .map(|entry| entry.cause.clone())
    );
}

#[test]
fn commands_that_cannot_be_are_errors_and_change_nothing() {
    let mut state = shop();
    feed(
        &mut state,
        &[
            said(&[("a", "7"), ("b", "1")], 4, "e1"),
            said(&[("a", "8"), ("b", "2")], 4, "e2"),
            said(&[("c", "1")], 1, "e3"),
        ],
        1,
    );
    let before = state.state_hash();
    let merge = |a: &str, b: &str| Command::Merge {
        a: a.into(),
        b: b.into(),
    };
    let unmerge = |ids: &[&str]| Command::Unmerge {
        ids: ids.iter().map(|id| (*id).into()).collect(),
    };

    let mut error = |command| state.run(command, NOW).unwrap_err();

    assert!(matches!(error(merge("b:1", "b:2")), Error::State { .. }));
    assert!(matches!(error(merge("b:1", "b:9")), Error::NotFound { .. }));
    assert!(matches!(error(unmerge(&["c:1"])), Error::State { .. }));
    assert!(matches!(
        error(unmerge(&["a:7", "b:1"])),
        Error::State { .. }
    ));
    assert!(matches!(
        error(unmerge(&["a:7", "b:2"])),
        Error::State { .. }
    ));
    assert!(matches!(error(unmerge(&["b:9"])), Error::NotFound { .. }));
    assert!(matches!(error(unmerge(&[])), Error::Invalid { .. }));
    assert_eq!(before, state.state_hash());
}

#[test]
fn members_of_one_household_count_once_and_those_without_one_not_at_all() {
    let mut state = shop();
    feed(
        &mut state,
        &[
            said(&[("a", "1"), ("h", "x")], 5, "e1"),
            said(&[("a", "2"), ("h", "x")], 5, "e2"),
            said(&[("a", "3"), ("h", "y")], 5, "e3"),
            said(&[("a", "3"), ("h", "x")], 4, "e4"),
            said(&[("a", "4")], 4, "e5"),
        ],
        2,
    );

    let view = state.view();
    assert_eq!((4, 1), (view.live().len(), view.households_of(view.live())));
    assert_eq!(
        Some("h:x".to_owned()),
        view.household(view.profile("a:3").unwrap())
    );
    assert!(view.profile("h:x").is_err());
}
