//! RTB-mix at so many line items: whole decisions of treffer and its bare search, beside the matches alone of the a-tree crate and of a
//! plain scan.
//!
//! `treffer-bench-auction LINE_ITEMS REQUESTS ROUNDS TREE TOLD`; TREE is 0 to leave the a-tree crate out, whose building is quadratic. The
//! contenders take turns, round by round, on one core; of each request the median over the rounds counts. Answers are compared first: of
//! every request which line items match, of some which bid. When TOLD is not 0, all line items and so many requests with what was found
//! are told first, for others to compare, a line of JSON each. `paced` are whole decisions when every line item spends evenly and has a
//! probability of its own. At last one line item in a hundred is edited, and the index made that follows; up to 100,000 it is compared
//! with one that is built anew. The last line is one JSON object: microseconds a request, seconds to build.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::indexing_slicing,
    reason = "a bench prints, and one that cannot set up its case fails"
)]

mod engine;
mod mix;
mod scan;
mod told;
mod tree;

use std::time::Instant as Clock;

use a_tree::{ATree, Event as TreeEvent};
use mix::{Dice, Event, Mix};
use scan::{Scan, segment_bits};
use treffer_core::auction::lot::Lot;
use treffer_core::auction::standing::ALWAYS;
use treffer_core::auction::viewer::{Caps, Viewer};
use treffer_core::auction::{
    Decider, Index, Mask, Outcome, Policy, Request, Scratch, Stage, Standing,
};
use treffer_core::catalog::Catalog;
use treffer_core::id::{LineItemId, SegmentId};
use treffer_core::time::Instant;

/// Requests of which the very line items are compared.
const COMPARED: usize = 50;

/// With more line items an index is not built once more to be compared.
const MOST_COMPARED: usize = 100_000;

struct Case {
    events: Vec<Event>,
    bits: Vec<Vec<u64>>,
    requests: Vec<(Request, Vec<SegmentId>)>,
    /// How line items stand when all of them spend evenly.
    paced: Mask,
    scan: Scan,
    tree: Option<(ATree<u32>, Vec<TreeEvent>)>,
}

/// By request the nanoseconds of each round.
type Taken = Vec<Vec<u64>>;

fn viewer(segments: &[SegmentId], key: Option<u64>) -> Viewer<'_> {
    Viewer::Person {
        segments,
        caps: Caps::Reached(&[]),
        key,
    }
}

/// How many line items fall nowhere before anything but the rule counts.
fn matching(outcome: &Outcome) -> u32 {
    let late = [
        Stage::Cap,
        Stage::CapStateMissing,
        Stage::Creative,
        Stage::Floor,
        Stage::Pacing,
    ];
    let fallen = late
        .iter()
        .map(|stage| outcome.counts.fallen[stage.index()]);
    outcome.counts.eligible + fallen.sum::<u32>()
}

/// Whether all contenders find the same line items.
fn equal(case: &Case, decider: &Decider<'_>) -> bool {
    let (mut scratch, mut outcome) = (Scratch::default(), Outcome::default());
    let all = Policy {
        open_bids: usize::MAX,
        bids: usize::MAX,
        ..decider.policy.clone()
    };
    let wide = Decider {
        policy: &all,
        ..*decider
    };
    (0..case.events.len()).all(|number| {
        let found = case.scan.matches(&case.events[number], &case.bits[number]);
        let (request, segments) = &case.requests[number];
        let own = &request.impressions[0];
        decider.decide(
            request,
            own,
            viewer(segments, None),
            &mut scratch,
            &mut outcome,
        );
        let mut alike = found.len() == matching(&outcome) as usize;
        alike &= found == search(decider, &case.requests[number], &mut scratch);
        if let Some((tree, events)) = &case.tree {
            let report = tree.search(&events[number]).unwrap();
            let mut matches: Vec<u32> = report.matches().iter().map(|own| **own).collect();
            matches.sort_unstable();
            alike &= matches == found;
        }
        if number < COMPARED {
            let (free, segments) = engine::request(&case.events[number], number, false);
            let own = &free.impressions[0];
            wide.decide(
                &free,
                own,
                viewer(&segments, None),
                &mut scratch,
                &mut outcome,
            );
            let mut bids: Vec<u32> = outcome.bids.iter().map(|bid| bid.line_item.0).collect();
            bids.sort_unstable();
            alike &= bids == found;
            alike &= paced(case, &wide, &free, &segments) == turns(decider, &free, &found);
        }
        if !alike {
            eprintln!("request {number}: the answers differ");
        }
        alike
    })
}

/// The line items that bid when all of them spend evenly, rising.
fn paced(
    case: &Case,
    decider: &Decider<'_>,
    request: &Request,
    segments: &[SegmentId],
) -> Vec<u32> {
    let (mut scratch, mut outcome) = (Scratch::default(), Outcome::default());
    let (own, viewer) = (&request.impressions[0], viewer(segments, None));
    let decider = Decider {
        mask: &case.paced,
        ..*decider
    };
    decider.decide(request, own, viewer, &mut scratch, &mut outcome);
    let mut bids: Vec<u32> = outcome.bids.iter().map(|bid| bid.line_item.0).collect();
    bids.sort_unstable();
    bids
}

/// Those of some line items whose turn it is when all of them spend evenly.
fn turns(decider: &Decider<'_>, request: &Request, items: &[u32]) -> Vec<u32> {
    let lot = Lot::of(decider.policy.seed, &request.id);
    let turn = |own: &&u32| lot.passes(LineItemId(**own), probability(**own));
    items.iter().filter(turn).copied().collect()
}

/// With what probability a line item takes part when all spend evenly: any, evenly spread.
const fn probability(item: u32) -> u32 {
    item.wrapping_mul(40_503) % ALWAYS
}

/// The line items that the bare search finds, rising.
fn search(
    decider: &Decider<'_>,
    (request, segments): &(Request, Vec<SegmentId>),
    scratch: &mut Scratch,
) -> Vec<u32> {
    let mut found = Vec::new();
    let (own, viewer) = (&request.impressions[0], viewer(segments, None));
    decider.search(request, own, viewer, scratch, &mut found);
    let mut found: Vec<u32> = found.iter().map(|own| own.0).collect();
    found.sort_unstable();
    found
}

fn told(name: &str, taken: Taken) -> String {
    let medians = taken.into_iter().map(|mut rounds| {
        rounds.sort_unstable();
        rounds[rounds.len() / 2]
    });
    let mut nanos: Vec<u64> = medians.collect();
    nanos.sort_unstable();
    let mean = nanos.iter().sum::<u64>() as f64 / nanos.len() as f64 / 1e3;
    let at = |percent: usize| nanos[(nanos.len() - 1) * percent / 100] as f64 / 1e3;
    println!(
        "{name:10} mean {mean:9.1} us   p50 {:9.1}   p99 {:9.1}",
        at(50),
        at(99)
    );
    format!(
        "\"{name}\": {{\"mean\": {mean:.3}, \"p50\": {:.3}, \"p99\": {:.3}}}",
        at(50),
        at(99)
    )
}

fn timed<T>(taken: &mut Vec<u64>, work: impl FnOnce() -> T) {
    let start = Clock::now();
    std::hint::black_box(work());
    taken.push(start.elapsed().as_nanos() as u64);
}

fn run(case: &Case, decider: &Decider<'_>, rounds: usize) -> Vec<String> {
    let empty = || vec![Vec::with_capacity(rounds); case.events.len()];
    let (mut ours, mut again, mut trees, mut scans) = (empty(), empty(), empty(), empty());
    let (mut bare, mut bare_again, mut found) = (empty(), empty(), Vec::new());
    let mut paced = empty();
    let even = Decider {
        mask: &case.paced,
        ..*decider
    };
    let (mut scratch, mut kept, mut outcome) =
        (Scratch::default(), Scratch::default(), Outcome::default());
    for round in 0..rounds + 2 {
        for (number, (request, segments)) in case.requests.iter().enumerate() {
            let own = &request.impressions[0];
            let taken = &mut ours[number];
            timed(taken, || {
                decider.decide(
                    request,
                    own,
                    viewer(segments, None),
                    &mut scratch,
                    &mut outcome,
                );
            });
        }
        for (number, (request, segments)) in case.requests.iter().enumerate() {
            let (own, key) = (&request.impressions[0], Some(number as u64 + 1));
            let taken = &mut again[number];
            timed(taken, || {
                decider.decide(request, own, viewer(segments, key), &mut kept, &mut outcome);
            });
        }
        for ((request, segments), taken) in case.requests.iter().zip(&mut paced) {
            let (own, viewer) = (&request.impressions[0], viewer(segments, None));
            timed(taken, || {
                even.decide(request, own, viewer, &mut scratch, &mut outcome);
            });
        }
        for ((request, segments), taken) in case.requests.iter().zip(&mut bare) {
            let (own, viewer) = (&request.impressions[0], viewer(segments, None));
            timed(taken, || {
                decider.search(request, own, viewer, &mut scratch, &mut found);
            });
        }
        for (number, (request, segments)) in case.requests.iter().enumerate() {
            let (own, key) = (&request.impressions[0], Some(number as u64 + 1));
            let taken = &mut bare_again[number];
            timed(taken, || {
                decider.search(request, own, viewer(segments, key), &mut kept, &mut found);
            });
        }
        if let Some((tree, events)) = &case.tree {
            for (event, taken) in events.iter().zip(&mut trees) {
                timed(taken, || tree.search(event).unwrap());
            }
        }
        for (number, event) in case.events.iter().enumerate() {
            let taken = &mut scans[number];
            timed(taken, || case.scan.matches(event, &case.bits[number]));
        }
        if round < 2 {
            // The first rounds warm up, and make those who come again known.
            let all = [
                &mut ours,
                &mut again,
                &mut paced,
                &mut bare,
                &mut bare_again,
                &mut trees,
                &mut scans,
            ];
            all.into_iter().flatten().for_each(Vec::clear);
        }
    }
    let mut lines = vec![
        told("treffer", ours),
        told("repeated", again),
        told("paced", paced),
        told("search", bare),
        told("search_repeated", bare_again),
    ];
    if case.tree.is_some() {
        lines.push(told("a_tree", trees));
    }
    lines.push(told("scan", scans));
    lines
}

/// How long the index takes once one line item in a hundred is another, in seconds, and whether it decides as one that is built anew.
fn rebuilt(case: &Case, decider: &Decider<'_>, later: &Catalog) -> (f64, bool) {
    let start = Clock::now();
    let index = decider.index.rebuilt(later);
    let taken = start.elapsed().as_secs_f64();
    if index.len() > MOST_COMPARED {
        return (taken, true);
    }
    let anew = Index::build(later);
    let outcomes = [&index, &anew].map(|index| {
        let mask = Mask::of(index, later, &Standing::at(Instant(0)));
        let own = Decider {
            index,
            mask: &mask,
            ..*decider
        };
        let (mut scratch, mut outcome) = (Scratch::default(), Outcome::default());
        let decided = case
            .requests
            .iter()
            .take(COMPARED)
            .map(|(request, segments)| {
                let impression = &request.impressions[0];
                own.decide(
                    request,
                    impression,
                    viewer(segments, None),
                    &mut scratch,
                    &mut outcome,
                );
                let bids: Vec<_> = outcome
                    .bids
                    .iter()
                    .map(|bid| (bid.line_item, bid.price))
                    .collect();
                (outcome.counts, bids)
            });
        decided.collect::<Vec<_>>()
    });
    (taken, outcomes[0] == outcomes[1])
}

fn main() {
    let arguments = std::env::args().skip(1).map(|own| own.parse().ok());
    let Some([items, requests, rounds, with_tree, told]) = arguments
        .collect::<Option<Vec<usize>>>()
        .and_then(|own| <[usize; 5]>::try_from(own).ok())
    else {
        eprintln!("LINE_ITEMS REQUESTS ROUNDS TREE TOLD");
        std::process::exit(2)
    };
    let (mix, mut dice) = (Mix::new(), Dice(7));
    let items: Vec<_> = (0..items).map(|_| mix.item(&mut dice)).collect();
    let catalog = engine::catalog(&mix, &mut dice, &items);
    let start = Clock::now();
    let index = Index::build(&catalog);
    let built = start.elapsed().as_secs_f64();
    let mask = Mask::of(&index, &catalog, &Standing::at(Instant(0)));
    let mut standing = Standing::at(Instant(0));
    let numbers = 0..items.len() as u32;
    standing.pace = numbers
        .map(|own| (LineItemId(own), probability(own)))
        .collect();
    let policy = Policy {
        open_bids: 16,
        ..Policy::new(false)
    };
    let decider = Decider {
        index: &index,
        mask: &mask,
        policy: &policy,
    };
    let events: Vec<_> = (0..requests).map(|_| mix.event(&mut dice)).collect();
    let start = Clock::now();
    let tree = (with_tree > 0).then(|| tree::tree(&items));
    let tree_built = start.elapsed().as_secs_f64();
    let case = Case {
        bits: events.iter().map(segment_bits).collect(),
        requests: events
            .iter()
            .enumerate()
            .map(|(number, event)| engine::request(event, number, true))
            .collect(),
        paced: Mask::of(&index, &catalog, &standing),
        scan: Scan::new(&items),
        tree: tree.map(|tree| {
            let made = events.iter().map(|own| tree::event(&tree, own)).collect();
            (tree, made)
        }),
        events,
    };
    let equal = equal(&case, &decider);
    if told > 0 {
        items.iter().for_each(|own| println!("{}", told::item(own)));
    }
    let mut scratch = Scratch::default();
    for (event, request) in case.events.iter().zip(&case.requests).take(told) {
        let found = search(&decider, request, &mut scratch);
        println!("{}", told::request(event, &found));
    }
    let mut fields = run(&case, &decider, rounds);
    let later = engine::edited(&catalog, &mix, &mut dice, items.len(), 100);
    let (rebuilt, is_same) = rebuilt(&case, &decider, &later);
    let equal = equal && is_same;
    fields.push(format!(
        "\"line_items\": {}, \"equal\": {equal}, \"build\": {built:.3}, \"rebuild\": {rebuilt:.3}, \"a_tree_build\": {tree_built:.3}, \"bytes\": {}",
        items.len(),
        index.heap_bytes()
    ));
    println!("{{{}}}", fields.join(", "));
}
