//! The book: what it takes, what it refuses, and what it keeps live.

use crate::auction::advertiser::AdvertiserDefinition;
use crate::auction::campaign::{Budget, CampaignDefinition, Flight, Status};
use crate::auction::cap::{CapDefinition, CapUnit};
use crate::auction::entry::Entry;
use crate::auction::line_item::LineItemDefinition;
use crate::auction::list::ListDefinition;
use crate::catalog::preset;
use crate::error::Error;
use crate::record::Command;
use crate::rule::{Limits, parse, parse_targeting};
use crate::state::State;
use crate::time::{Duration, Instant};

const NOW: Instant = Instant(1_500_000_000_000);

fn state() -> State {
    let mut state = State::default();
    let declarations = [preset::commerce(), preset::openrtb()].concat();
    state.run(Command::Declare(declarations), NOW).unwrap();
    let list = ListDefinition {
        name: "safe".to_owned(),
        members: ["a.de", "b.de"].map(str::to_owned).into(),
    };
    let advertiser = AdvertiserDefinition {
        name: "wine shop".to_owned(),
        ..AdvertiserDefinition::default()
    };
    let campaign = CampaignDefinition {
        name: "autumn".to_owned(),
        advertiser: "wine shop".to_owned(),
        ..CampaignDefinition::default()
    };
    let entries = vec![
        Entry::List(list),
        Entry::Advertiser(advertiser),
        Entry::Campaign(campaign),
    ];
    define(&mut state, entries).unwrap();
    state
}

fn define(state: &mut State, entries: Vec<Entry>) -> Result<(), Error> {
    state.run(Command::DefineEntries(entries), NOW).map(|_| ())
}

fn item(rule: &str) -> LineItemDefinition {
    LineItemDefinition {
        name: "item".to_owned(),
        campaign: "autumn".to_owned(),
        rule: rule.to_owned(),
        ..LineItemDefinition::default()
    }
}

fn entry(item: LineItemDefinition) -> Vec<Entry> {
    vec![Entry::LineItem(Box::new(item))]
}

#[test]
fn a_rule_over_the_context_is_written_as_it_was_read() {
    let rules = [
        "ctx.country = \"DE\"",
        "ctx.domain in list(\"safe\")",
        "ctx.domain not in list(\"safe\")",
        "ctx.keywords has any list(\"safe\")",
        "ctx.format has any {\"300x250\", \"728x90\"}",
        "has(ctx.place)",
        "ctx.place within 5km of (52.52, -13.4)",
        "ctx.place within 0.25km of (-52, 13)",
        "ctx.hour_of_week >= 8 and not ctx.hour_of_week in {11, 12}",
        "ctx.app starts_with \"com.\" or (age > 3 and segment(\"x\") for 10m..)",
    ];
    for text in rules {
        let rule = parse_targeting(text, &Limits::default()).unwrap();

        assert_eq!(text, rule.to_string());
    }
}

#[test]
fn a_segment_cannot_ask_the_context() {
    let error = parse("ctx.country = \"DE\"", &Limits::default()).unwrap_err();

    assert!(error.to_string().contains("only line items have a context"));
}

#[test]
fn a_wrong_entry_is_refused_with_its_place_and_field() {
    let retention = CapDefinition {
        count: 1,
        window: Duration(3_650 * Duration::DAY.0),
        unit: CapUnit::Profile,
        types: vec!["heartbeat".to_owned()],
    };
    let wrong = [
        (
            item("ctx.contry = \"DE\""),
            "line_item.rule",
            "did you mean \"country\"?",
        ),
        (
            item("ctx.domain in list(\"save\")"),
            "line_item.rule",
            "there is no list",
        ),
        (item("ctx.place = 3"), "line_item.rule", "is a place"),
        (
            item("ctx.country within 5km of (1, 2)"),
            "line_item.rule",
            "needs a place",
        ),
        (
            item("ctx.country has \"DE\""),
            "line_item.rule",
            "is a string",
        ),
        (
            LineItemDefinition {
                campaign: "fall".to_owned(),
                ..item("")
            },
            "line_item.campaign",
            "there is no campaign",
        ),
        (
            LineItemDefinition {
                budget: Budget {
                    total: Some(-1),
                    day: None,
                },
                ..item("")
            },
            "line_item.budget",
            "negative",
        ),
        (
            LineItemDefinition {
                flight: Flight {
                    start: Some(NOW),
                    end: Some(NOW),
                },
                ..item("")
            },
            "line_item.flight",
            "ends before",
        ),
        (
            LineItemDefinition {
                caps: vec![retention],
                ..item("")
            },
            "line_item.caps[0].types",
            "heartbeat",
        ),
        (
            LineItemDefinition {
                creatives: vec!["c".to_owned()],
                ..item("")
            },
            "line_item.creatives",
            "there is no creative",
        ),
    ];
    let mut state = state();
    let before = state.state_hash();
    for (item, field, message) in wrong {
        let error = define(&mut state, entry(item)).unwrap_err().to_string();

        assert!(error.starts_with(&format!("entries[0].{field}")), "{error}");
        assert!(error.contains(message), "{error}");
    }
    assert_eq!(before, state.state_hash());
}

#[test]
fn what_line_items_ask_of_profiles_is_kept_live_without_being_seen() {
    let mut state = state();
    let rule = "ctx.country = \"DE\" and count(purchase last 30d) >= 2";
    define(&mut state, entry(item(rule))).unwrap();

    let catalog = state.current().catalog();
    let hidden = catalog
        .segment_id("#count(purchase last 30d) >= 2")
        .unwrap();
    assert!(state.current().is_live(hidden));
    assert_eq!(0, catalog.named_segments().count());
    assert!(catalog.is_hidden(hidden));
    let named = "segment(\"#count(purchase last 30d) >= 2\")";
    assert!(
        catalog
            .plan(named)
            .unwrap_err()
            .to_string()
            .contains("there is no segment")
    );
    let refused = state.run(
        Command::DeleteSegment("#count(purchase last 30d) >= 2".to_owned()),
        NOW,
    );
    assert!(
        refused
            .unwrap_err()
            .to_string()
            .contains("used by line items")
    );

    let archived = Entry::LineItemStatus("item".to_owned(), Status::Archived);
    define(&mut state, vec![archived]).unwrap();
    assert!(!state.current().is_live(hidden));
}

#[test]
fn an_edit_changes_the_content_and_the_same_entries_give_the_same_content() {
    let (mut one, mut other) = (state(), state());
    assert_eq!(one.current().content_hash(), other.current().content_hash());

    define(&mut one, entry(item("ctx.country = \"DE\""))).unwrap();
    assert_ne!(one.current().content_hash(), other.current().content_hash());

    define(&mut other, entry(item("ctx.country = \"AT\""))).unwrap();
    define(&mut other, entry(item("ctx.country = \"DE\""))).unwrap();
    assert_eq!(one.current().content_hash(), other.current().content_hash());
}

#[test]
fn a_pause_leaves_the_version_of_the_book_as_it_is() {
    let mut state = state();
    define(&mut state, entry(item("ctx.country = \"DE\""))).unwrap();
    let before = state.current().catalog().book().version;

    let paused = Entry::LineItemStatus("item".to_owned(), Status::Paused);
    define(&mut state, vec![paused]).unwrap();

    let book = state.current().catalog().book();
    assert_eq!(before, book.version);
    assert_eq!(
        Status::Paused,
        book.status(book.line_items.entry(0).unwrap())
    );
}
