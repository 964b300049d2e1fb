//! What holds for every method.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::{details, engine, engine_with, load_profiles, people, peopled, profile};
use bytes::Bytes;
use proptest::prelude::*;
use treffer_core::time::Instant;
use treffer_service::status::Code;
use treffer_service::{Engine, METHODS, Settings};

#[test]
fn an_unknown_method_is_unimplemented() {
    let status = engine()
        .call("/treffer.v1.AudienceService/Guess", Bytes::new())
        .unwrap_err();

    assert_eq!(Code::Unimplemented, status.code);
    assert_eq!("UNKNOWN_METHOD", details(&status).0);
}

#[test]
fn every_method_of_the_contract_is_in_the_table_and_nothing_else() {
    let mut contract = BTreeSet::new();
    for file in [
        "audience", "book", "catalog", "delivery", "identity", "ingest", "match", "status",
    ] {
        let path = format!(
            "{}/../../proto/treffer/v1/{file}.proto",
            env!("CARGO_MANIFEST_DIR")
        );
        let text = std::fs::read_to_string(path).unwrap();
        let word = |line: &str, place: usize| line.split([' ', '(']).nth(place).unwrap().to_owned();
        let service = text
            .lines()
            .find(|line| line.starts_with("service "))
            .map(|line| word(line, 1))
            .unwrap();
        let methods = text
            .lines()
            .map(str::trim)
            .filter(|line| line.starts_with("rpc "))
            .map(|line| word(line, 1));
        contract.extend(methods.map(|method| format!("/treffer.v1.{service}/{method}")));
    }

    assert_eq!(
        contract,
        METHODS.iter().map(|method| (*method).to_owned()).collect()
    );
}

#[test]
fn bytes_that_are_no_message_are_an_invalid_argument() {
    let engine = engine();

    for method in METHODS
        .iter()
        .filter(|method| !method.ends_with("/GetCatalog") && !method.ends_with("/GetStatus"))
    {
        let status = engine
            .call(method, Bytes::from_static(b"\x0a\xff"))
            .unwrap_err();
        assert_eq!(
            (Code::InvalidArgument, "INVALID_MESSAGE"),
            (status.code, details(&status).0.as_str()),
            "{method}"
        );
    }
}

/// Messages with fields of every type, well formed at least on the outside.
fn message() -> impl Strategy<Value = Vec<u8>> {
    let bytes = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..12),
        prop::sample::select(vec![
            "crm:0",
            "has(age)",
            "age",
            "country",
            "e1",
            "purchase",
            "count(purchase) >= 1"
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
    ];
    let leaf = prop_oneof![
        bytes.prop_map(|bytes| (2u8, bytes)),
        any::<u64>().prop_map(|number| {
            let mut out = Vec::new();
            prost::encoding::encode_varint(number >> (number % 64), &mut out);
            (0u8, out)
        }),
    ];
    let fields = move |inner: BoxedStrategy<(u8, Vec<u8>)>| {
        prop::collection::vec((1u8..12, inner), 0..4).prop_map(|fields| {
            let mut out = Vec::new();
            for (tag, (wire, body)) in fields {
                out.push(tag << 3 | wire);
                if wire == 2 {
                    prost::encoding::encode_varint(body.len() as u64, &mut out);
                }
                out.extend(body);
            }
            out
        })
    };
    let nested = leaf.boxed().prop_recursive(4, 32, 4, move |inner| {
        fields(inner.boxed()).prop_map(|bytes| (2u8, bytes))
    });
    prop_oneof![
        nested.prop_map(|(_, bytes)| bytes),
        prop::collection::vec(any::<u8>(), 0..64)
    ]
}

proptest! {
    #[test]
    fn random_bytes_never_panic_and_never_find_a_fault_of_the_engine(messages in prop::collection::vec(message(), 1..8)) {
        // Nobody holds an answer back.
        let engine = people(engine_with(Settings { wait_ms: 0, ..Settings::default() }));
        for message in messages {
            for method in METHODS {
                if let Err(status) = engine.call(method, Bytes::from(message.clone())) {
                    prop_assert_ne!(Code::Internal, status.code, "{} {}", method, status.message);
                }
            }
        }
    }
}

#[test]
fn a_reader_keeps_its_view_while_the_writer_goes_on() {
    let engine = peopled();
    let old = engine.view();

    load_profiles(&engine, vec![profile("crm:77", &[])]).unwrap();

    assert_eq!((6, 7), (old.population(), engine.view().population()));
    assert!(engine.view().version() > old.version());
}

#[test]
fn versions_never_go_back_under_many_readers_and_a_writer() {
    let engine = peopled();
    let done = AtomicBool::new(false);

    std::thread::scope(|scope| {
        let reader = || {
            let mut last = 0;
            while !done.load(Ordering::Relaxed) {
                let version = engine.view().version();
                assert!(version >= last);
                last = version;
            }
        };
        scope.spawn(reader);
        scope.spawn(reader);
        for number in 0..200 {
            load_profiles(&engine, vec![profile(&format!("crm:{number}"), &[])]).unwrap();
        }
        done.store(true, Ordering::Relaxed);
    });

    assert_eq!(200, engine.view().population());
}

#[test]
fn the_system_clock_moves_the_view_without_a_writer() {
    let engine = Engine::new(Settings {
        tick: 0,
        ..Settings::default()
    });

    let (first, second) = (engine.view(), engine.view());

    assert!(first.time() > Instant::MIN);
    assert!(second.time() >= first.time());
}

#[test]
fn only_a_manual_clock_is_moved_by_hand_and_never_back() {
    let manual = engine();
    let time = manual.view().time();

    assert!(manual.advance(Instant(time.0 - 1)).is_err());
    assert!(manual.advance(Instant(i64::MAX)).is_err());
    assert_eq!(
        Instant(time.0 + 5),
        manual.advance(Instant(time.0 + 5)).unwrap().time()
    );
    assert!(
        Engine::new(Settings::default())
            .advance(Instant(time.0))
            .is_err()
    );
}
