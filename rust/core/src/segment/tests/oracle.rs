//! After every step the live members of every segment are those of the reference, in both forms, and the feed tells how they came.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::script::{Player, Script, Step, definition, scripts};
use crate::explain::holds;
use crate::id::{ProfileId, SegmentId};
use crate::rule::Plan;
use crate::segment::Live;
use crate::segment::formula::Node;
use crate::segment::group::{Question, asked};
use crate::state::{Clock, Settings, State};
use crate::time::Duration;
use crate::view::View;

type Members = BTreeMap<SegmentId, BTreeSet<u32>>;

fn engine(script: &Script) -> State {
    let settings = Settings {
        clock: Clock::Manual,
        skew: Duration(400 * Duration::DAY.0),
        ..Settings::default()
    };
    State::new(settings, script.catalog.clone())
}

/// What the reference says.
fn expected(view: &View) -> Members {
    let live = view.catalog().segments().filter(|segment| !segment.paused);
    live.map(|segment| {
        let is_member = |profile: &u32| {
            let person = view.person(ProfileId(*profile));
            holds(&segment.plan, &person, view.catalog(), view.time())
        };
        (segment.id, view.live().iter().filter(is_member).collect())
    })
    .collect()
}

fn columns(view: &View) -> Members {
    let live = view.catalog().segments().filter(|segment| !segment.paused);
    live.map(|segment| (segment.id, view.members(segment.id).iter().collect()))
        .collect()
}

fn rows(view: &View) -> Members {
    let live = view.catalog().segments().filter(|segment| !segment.paused);
    let mut members: Members = live.map(|segment| (segment.id, BTreeSet::new())).collect();
    for profile in 0..view.population() {
        for segment in view.segments_of(ProfileId(profile)).iter() {
            members.entry(segment).or_default().insert(profile);
        }
    }
    members
}

/// The leaves of which the atoms do not say what the reference says, for whoever looks into a failure.
fn wrong_leaves(state: &State) -> Vec<String> {
    let (view, mut wrong) = (state.view(), Vec::new());
    for segment in view.catalog().segments().filter(|segment| !segment.paused) {
        for leaf in segment.plan.leaves() {
            let (key, question) = asked(&view, leaf);
            let Some(atom) = state.live.network.atom_of(&key, &question) else {
                continue;
            };
            let inverted = matches!(question, Question::Compare(_, true) | Question::Holds(true));
            for profile in view.live().iter().map(ProfileId) {
                let plan = Plan::Leaf(leaf.clone());
                let truth = holds(&plan, &view.person(profile), view.catalog(), view.time());
                let (network, roster) = (&state.live.network, &state.live.roster);
                if network.holds(roster, profile, Node::atom(atom)) != (truth != inverted) {
                    wrong.push(format!("{profile:?} is {truth} of {leaf:?}"));
                }
            }
        }
    }
    wrong
}

/// Follows the feed from `cursor`; every change must change something.
fn follow(view: &View, members: &mut Members, cursor: &mut u64) -> Result<(), TestCaseError> {
    let slice = view.feed().read(*cursor, usize::MAX, |_| true).unwrap();
    let mut turned = BTreeSet::new();
    for change in &slice.changes {
        let once = turned.insert((change.segment, change.profile, change.time));
        prop_assert!(once, "{:?} turns twice", change);
        let own = members.entry(change.segment).or_default();
        let changed = if change.entered {
            own.insert(change.profile.0)
        } else {
            own.remove(&change.profile.0)
        };
        prop_assert!(changed, "{:?} changes nothing", change);
        prop_assert!(change.time <= view.time());
    }
    *cursor = slice.next;
    Ok(())
}

/// Begins to prepare what is defined soon, and goes on with what is being prepared.
fn prepare(state: &mut State, steps: &[Step]) {
    for (ahead, step) in steps.iter().enumerate() {
        let Step::Define(number, rule, lead) = step else {
            continue;
        };
        if lead.steps == ahead + 1 {
            state.prepare(&[definition(*number, rule)]);
        }
        if lead.steps > ahead {
            state.prepare_more(lead.owners);
        }
    }
    if let Some(Step::Define(.., lead)) = steps.first()
        && lead.is_whole
    {
        while lead.steps > 0 && !state.prepare_more(1 + lead.owners) {}
    }
}

fn play(script: &Script) -> Result<(), TestCaseError> {
    let mut state = engine(script);
    let (mut player, mut followed, mut cursor) = (Player::new(), Members::new(), 0);
    for (number, step) in script.steps.iter().enumerate() {
        prepare(&mut state, script.steps.get(number..).unwrap_or_default());
        let Some(command) = player.command(&script.catalog, step) else {
            continue;
        };
        if let Err(error) = state.run(command, player.now) {
            let may_fail = matches!(
                step,
                Step::Define(..) | Step::Delete(_) | Step::Pause(_) | Step::Resume(_)
            );
            prop_assert!(may_fail, "step {}: {}", number, error);
            continue;
        }
        let view = state.view();
        let expected = expected(&view);
        let wrong = wrong_leaves(&state);
        prop_assert!(wrong.is_empty(), "after step {}: {:?}", number, wrong);
        prop_assert_eq!(
            &expected,
            &columns(&view),
            "after step {}: {:?}",
            number,
            step
        );
        prop_assert_eq!(
            &expected,
            &rows(&view),
            "rows after step {}: {:?}",
            number,
            step
        );
        follow(&view, &mut followed, &mut cursor)?;
        followed.retain(|_, members| !members.is_empty());
        let told: Members = expected
            .into_iter()
            .filter(|(_, members)| !members.is_empty())
            .collect();
        prop_assert_eq!(
            told,
            followed.clone(),
            "feed after step {}: {:?}",
            number,
            step
        );
    }
    state.unprepare();
    rebuilt(&state)
}

/// Everything derived, made anew from the truth, is what was kept.
fn rebuilt(state: &State) -> Result<(), TestCaseError> {
    let view = state.view();
    let (anew, seen) = Live::made_anew(&view);
    prop_assert_eq!(columns(&view), columns(&seen));
    prop_assert_eq!(rows(&view), rows(&seen));
    let matches = |live: &Live| {
        let all = live.ledger.all().into_iter();
        let own = all.filter_map(|(owner, stream, matches)| {
            Some((
                owner,
                live.network.stream(stream)?.clone(),
                matches.to_vec(),
            ))
        });
        own.collect::<BTreeSet<_>>()
    };
    prop_assert_eq!(matches(&anew), matches(&state.live));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16_000, max_shrink_iters: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn live_members_are_those_of_the_reference_after_every_step(script in scripts(24)) {
        play(&script)?;
    }
}
