//! Laws 1, 3, 7 and 8, and what a person is.

use proptest::prelude::*;
use treffer_core::catalog::Catalog;
use treffer_core::id::{AttributeId, ProfileId};
use treffer_core::record::{Batch, Command};
use treffer_core::rows::Report;
use treffer_core::state::{Clock, State};
use treffer_core::value::Value;

use crate::world::{Model, NOW, Row, batch, events, rows, sorted, state, writes};

fn complete(report: &Report, rows: usize) {
    assert_eq!(
        rows as u64,
        report.accepted + report.duplicates + report.refused.len() as u64
    );
    assert!(report.refused.is_sorted_by_key(|refusal| refusal.row));
}

/// Feeds rows in the order and the pieces that `cuts` says, some of them twice.
fn feed(
    state: &mut State,
    some: &[Row],
    order: &[usize],
    command: fn(Batch) -> Command,
    dictionary: bool,
) {
    for piece in order.chunks(3) {
        let piece: Vec<Row> = piece
            .iter()
            .map(|row| some[row % some.len()].clone())
            .collect();
        let (_, report) = state.run(command(batch(&piece, dictionary)), NOW).unwrap();
        complete(&report, piece.len());
    }
}

fn shuffled(len: usize) -> impl Strategy<Value = Vec<usize>> {
    let once = Just((0..len).collect::<Vec<_>>());
    (once, prop::collection::vec(0..len, 0..len))
        .prop_map(|(once, again)| [once, again].concat())
        .prop_shuffle()
}

fn world() -> impl Strategy<Value = (Vec<Row>, Vec<usize>, Vec<Row>, Vec<usize>)> {
    (events(25), writes(25)).prop_flat_map(|(events, writes)| {
        let orders = (shuffled(events.len()), shuffled(writes.len()));
        orders.prop_map(move |(a, b)| (events.clone(), a, writes.clone(), b))
    })
}

fn has_id(row: &Row) -> bool {
    let mut model = Model::default();
    model.write(row, None);
    !model.profiles().is_empty()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn arrival_order_pieces_and_repetitions_do_not_matter((some, order, writes, order_of_writes) in world(), clock: bool, writes_first: bool) {
        let clock = if clock { Clock::Manual } else { Clock::Events };
        let (mut straight, mut shuffled) = (state(clock), state(clock));

        let events = straight.run(Command::Track(batch(&some, false)), NOW).unwrap().1;
        let profiles = straight.run(Command::LoadProfiles(batch(&writes, false)), NOW).unwrap().1;
        if writes_first {
            feed(&mut shuffled, &writes, &order_of_writes, Command::LoadProfiles, true);
        }
        feed(&mut shuffled, &some, &order, Command::Track, true);
        if !writes_first {
            feed(&mut shuffled, &writes, &order_of_writes, Command::LoadProfiles, true);
        }

        complete(&events, some.len());
        complete(&profiles, writes.len());
        prop_assert_eq!(0, events.duplicates);
        prop_assert_eq!(some.iter().filter(|row| has_id(row)).count() as u64, events.accepted);
        prop_assert_eq!(straight.current().content_hash(), shuffled.current().content_hash());
        let mut fewer = state(clock);
        fewer.run(Command::Track(batch(&some[1..], false)), NOW).unwrap();
        fewer.run(Command::LoadProfiles(batch(&writes, false)), NOW).unwrap();
        prop_assert_eq!(has_id(&some[0]), fewer.current().content_hash() != straight.current().content_hash());
    }

    #[test]
    fn replaying_the_records_gives_the_same_state((some, order, writes, order_of_writes) in world()) {
        let mut state = state(Clock::Manual);
        let mut records = vec![State::new(*state.settings(), Catalog::default()).check(Command::Declare(crate::world::catalog()), NOW).unwrap().0];
        let mut run = |command: Command| records.push(state.run(command, NOW).unwrap().0);
        for piece in order.chunks(4) {
            let piece: Vec<Row> = piece.iter().map(|row| some[*row].clone()).collect();
            run(Command::Track(batch(&piece, true)));
        }
        let piece: Vec<Row> = order_of_writes.iter().map(|row| writes[*row].clone()).collect();
        run(Command::LoadProfiles(batch(&piece, false)));
        run(Command::Void(vec!["e0".into(), "e0".into(), "nobody".into()]));
        run(Command::Advance);

        let mut again = State::new(*state.settings(), Catalog::default());
        for record in &records {
            again.apply(record).unwrap();
        }

        prop_assert_eq!(state.state_hash(), again.state_hash());
        prop_assert_eq!(state.current().content_hash(), again.current().content_hash());
        let before = again.state_hash();
        again.run(Command::Advance, NOW).unwrap();
        prop_assert_ne!(before, again.state_hash());
    }

    #[test]
    fn an_old_view_keeps_answering((some, order, writes, _) in world()) {
        let mut state = state(Clock::Manual);
        let mut views = Vec::new();
        for piece in order.chunks(5) {
            let piece: Vec<Row> = piece.iter().map(|row| some[*row].clone()).collect();
            state.run(Command::Track(batch(&piece, true)), NOW).unwrap();
            state.run(Command::LoadProfiles(batch(&writes, true)), NOW).unwrap();
            state.run(Command::Void(vec!["e1".into()]), NOW).unwrap();
            let view = state.view();
            let live = view.live().clone();
            views.push((view.content_hash(), view.version(), live, view));
        }
        for (hash, version, live, view) in views {
            prop_assert_eq!((hash, version), (view.content_hash(), view.version()));
            prop_assert_eq!(&live, view.live());
        }
    }

    #[test]
    fn a_person_is_what_its_rows_say((some, order, writes, _) in world(), dictionary: bool, unset in prop::option::of(0u32..6)) {
        let (mut state, mut model) = (state(Clock::Manual), Model::default());
        for piece in order.chunks(7) {
            let piece: Vec<Row> = piece.iter().map(|row| some[*row].clone()).collect();
            piece.iter().for_each(|row| model.track(row));
            state.run(Command::Track(batch(&piece, dictionary)), NOW).unwrap();
        }
        writes.iter().for_each(|row| model.write(row, None));
        state.run(Command::LoadProfiles(batch(&writes, dictionary)), NOW).unwrap();
        let item = |item: &str, category: &str| -> Row {
            [("item", Value::String(item.into())), ("category", Value::String(category.into()))].into()
        };
        let items = [item("i1", "wine"), item("i2", "beer"), item("i1", "tea"), item("i9", "")];
        items.iter().for_each(|row| if let (Value::String(id), value) = (&row["item"], &row["category"]) { model.load_item(id, 0, value.clone()) });
        state.run(Command::LoadItems(batch(&items, dictionary)), NOW).unwrap();
        if let Some(unset) = unset {
            let attribute = AttributeId(unset);
            let name = state.current().catalog().attribute(attribute).unwrap().name.clone();
            let row: Row = [("crm", Value::String("1".into())), ("time", Value::Instant(treffer_core::time::Instant(NOW.0 - 7_200_000)))].into();
            model.write(&row, Some(attribute));
            let batch = Batch { unset: vec![name], ..Batch::from(rows(&[row], dictionary)) };
            state.run(Command::LoadProfiles(batch), NOW).unwrap();
        }

        let view = state.view();
        prop_assert_eq!(Ok(()), view.validate());
        prop_assert_eq!(model.profiles().len() as u64, view.live().len());
        for (ids, id) in model.profiles().iter().flat_map(|ids| ids.iter().map(move |id| (ids, id))) {
            let profile = view.profile(id).unwrap();
            prop_assert_eq!(ids, &view.id_texts(profile).collect());
            let person = view.person(profile);
            prop_assert!(person.events.is_sorted_by_key(|event| event.time));
            prop_assert_eq!(model.person(id), sorted(person));
        }
        prop_assert_eq!(None, view.id_text(ProfileId(view.population())));
        prop_assert!(view.profile("crm:nobody").is_err());
    }

    #[test]
    fn a_voided_event_is_as_if_it_had_never_come((some, _, _, _) in world(), which in 0usize..25) {
        let which = which % some.len();
        let name = format!("e{which}");
        let (mut voided, mut never) = (state(Clock::Manual), state(Clock::Manual));
        voided.run(Command::Track(batch(&some, true)), NOW).unwrap();
        let known = has_id(&some[which]);
        let report = voided.run(Command::Void(vec![name.clone(), name]), NOW).unwrap().1;
        prop_assert_eq!((u64::from(known), u64::from(known)), (report.accepted, report.duplicates));
        prop_assert_eq!(usize::from(!known) * 2, report.refused.len());

        let report = voided.run(Command::Track(batch(&some, false)), NOW).unwrap().1;
        prop_assert_eq!(0, report.accepted);

        // Its ids stay known, so they are written in the other world too.
        let mut ids = some.clone();
        ids.iter_mut().for_each(|row| row.retain(|name, _| ["crm", "aaa", "zzz", "email"].contains(name)));
        if ids.iter().any(|row| !row.is_empty()) {
            never.run(Command::LoadProfiles(batch(&ids, false)), NOW).unwrap();
        }
        let mut rest = some.clone();
        rest.remove(which);
        if !rest.is_empty() {
            never.run(Command::Track(batch(&rest, false)), NOW).unwrap();
        }
        prop_assert_eq!(never.current().content_hash(), voided.current().content_hash());
    }
}
