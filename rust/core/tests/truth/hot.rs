//! Ids that many ids come together with.

use proptest::prelude::*;
use treffer_core::catalog::NamespaceDefinition;
use treffer_core::record::Command;

use crate::joined::{Naive, Said, feed, state};
use crate::world::{NOW, namespace};

fn meets(cookie: usize, tablet: &str, hours: i64) -> Said {
    Said {
        ids: [("b", format!("{cookie}")), ("c", tablet.to_owned())].into(),
        hours,
        event_id: Some(format!("e{cookie}-{tablet}")),
        age: None,
    }
}

fn spaces(unique: bool) -> [NamespaceDefinition; 2] {
    let hot = NamespaceDefinition {
        unique,
        ..namespace("c", 9)
    };
    [namespace("b", 1), hot]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn an_id_of_more_than_a_hundred_partners_links_nothing_in_any_order(
        partners in 98usize..104, others in prop::collection::vec((0usize..120, 0i64..5), 0..12), seed: u64, size in 1usize..40,
    ) {
        let mut rows: Vec<Said> = (0..partners).map(|cookie| meets(cookie, "hot", cookie as i64 % 5)).collect();
        rows.extend(others.into_iter().map(|(cookie, hours)| meets(cookie, "cool", hours)));
        rows.dedup_by(|a, b| a.event_id == b.event_id);
        let mut known = std::collections::BTreeSet::new();
        rows.retain(|row| known.insert(row.event_id.clone()));
        let namespaces = spaces(false);
        let mut model = Naive::new(&namespaces);
        rows.iter().for_each(|said| model.say(said));
        let mut number = 0u64;
        rows.sort_by_cached_key(|_| {
            number += 1;
            (seed ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(31).wrapping_mul(0xbf58_476d_1ce4_e5b9)
        });
        let mut state = state(&namespaces);

        feed(&mut state, &rows, size);

        let view = state.view();
        prop_assert_eq!(Ok(()), view.validate());
        prop_assert_eq!(model.profiles().0.len() as u64, view.live().len());
        prop_assert_eq!(u64::from(partners > 100), view.link_counts().shared_ids);
        for ids in model.profiles().0 {
            let profile = view.profile(ids.first().unwrap()).unwrap();
            prop_assert_eq!(ids, view.id_texts(profile).collect());
        }
    }
}

#[test]
fn the_work_for_a_hot_id_is_linear_in_its_partners() {
    for unique in [true, false] {
        for size in [1, 10_000] {
            // Later links first: none is the last in the order of decision.
            let rows: Vec<Said> = (0..10_000)
                .map(|cookie| meets(cookie, "hot", 9_999 - cookie as i64))
                .collect();
            let mut state = state(&spaces(unique));

            feed(&mut state, &rows, size);

            let view = state.view();
            let profiles = if unique { 1 } else { 10_001 };
            assert_eq!(profiles, view.live().len());
            let steps = view.ids().link_steps();
            assert!(
                steps <= 5 * 10_000,
                "{steps} steps, unique {unique}, size {size}"
            );
        }
    }
}

#[test]
fn a_shared_id_can_be_joined_by_hand() {
    let rows: Vec<Said> = (0..150).map(|cookie| meets(cookie, "hot", 1)).collect();
    let mut state = state(&spaces(false));
    feed(&mut state, &rows, 20);

    let (a, b) = ("c:hot".to_owned(), "b:7".to_owned());
    state.run(Command::Merge { a, b }, NOW).unwrap();

    let view = state.view();
    assert_eq!(150, view.live().len());
    assert_eq!(view.profile("c:hot").unwrap(), view.profile("b:7").unwrap());
}
