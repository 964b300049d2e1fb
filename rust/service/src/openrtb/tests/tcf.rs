#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use super::*;
use serde_json::Value;

/// Strings with what they say, or none with a word why.
fn vectors() -> Vec<Value> {
    let near = || concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data").into();
    let folder = std::env::var_os("TREFFER_TEST_DATA").unwrap_or_else(near);
    let path = std::path::Path::new(&folder).join("tcf_v2_vectors.json");
    let Ok(text) = std::fs::read(&path) else {
        eprintln!("skipped: there is no {}", path.display());
        return Vec::new();
    };
    serde_json::from_slice(&text).expect("the vectors are JSON")
}

fn numbers(of: &Value) -> Option<Vec<u64>> {
    Some(of.as_array()?.iter().filter_map(Value::as_u64).collect())
}

#[test]
fn the_vectors_of_the_framework_are_decoded() {
    for vector in vectors() {
        let (text, expect) = (vector["tc"].as_str().unwrap_or_default(), &vector["expect"]);
        let granted = decode(text, None).unwrap_or_else(|| panic!("{text} is not decoded"));
        if let Some(purposes) = numbers(&expect["purposesConsent"]) {
            let own: Vec<_> = granted.purposes.iter().map(u64::from).collect();
            assert_eq!(purposes, own, "{text}");
        }
        if let Some(named) = numbers(&expect["vendorConsent"]) {
            let is_granted =
                |own: &u16| decode(text, Some(*own)).and_then(|own| own.vendor) == Some(true);
            let own: Vec<_> = (0..300).filter(is_granted).map(u64::from).collect();
            assert_eq!(named, own, "{text}");
        }
        if let Some(named) = numbers(&expect["vendorLegitimateInterest"]) {
            let bits = Bits::of(text).expect("it is base64url");
            let (_, after) = vendors(&bits, VENDORS, None).expect("it has a list of vendors");
            let is_named = |own: &u16| vendors(&bits, after, Some(*own)).is_some_and(|own| own.0);
            let own: Vec<_> = (0..300).filter(is_named).map(u64::from).collect();
            assert_eq!(named, own, "{text}");
        }
    }
}

/// A string of the fields of a core segment: purposes, vendors, and what follows them.
fn string(purposes: &[u32], rest: &[(u64, usize)]) -> String {
    let mut bits: Vec<bool> = Vec::new();
    let mut push = |number: u64, len: usize| {
        bits.extend((0..len).rev().map(|bit| number >> bit & 1 == 1));
    };
    push(2, 6);
    (6..152).for_each(|_| push(0, 1));
    push(purposes.iter().map(|own| 1 << (24 - own)).sum(), 24);
    (176..213).for_each(|_| push(0, 1));
    rest.iter().for_each(|(number, len)| push(*number, *len));
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let letter = |six: &[bool]| {
        let place = (0..6).fold(0, |number, at| {
            number << 1 | usize::from(six.get(at) == Some(&true))
        });
        char::from(alphabet[place])
    };
    bits.chunks(6).map(letter).collect()
}

#[test]
fn vendors_are_found_in_ranges() {
    let ranges = [
        (100, 16),
        (1, 1),
        (2, 12),
        (0, 1),
        (7, 16),
        (1, 1),
        (20, 16),
        (30, 16),
    ];
    let nothing = [(0, 16), (0, 1), (0, 12)];
    let text = string(&[1, 24], &[&ranges[..], &nothing[..]].concat());
    let vendor = |own| decode(&text, Some(own)).and_then(|own| own.vendor);

    assert_eq!(
        [Some(false), Some(true), Some(false)],
        [vendor(6), vendor(7), vendor(8)]
    );
    assert_eq!(
        [Some(false), Some(true), Some(true), Some(false)],
        [vendor(19), vendor(20), vendor(30), vendor(31)]
    );
    assert_eq!(
        Some(Purposes::of([1, 24])),
        decode(&text, None).map(|own| own.purposes)
    );
}

#[test]
fn a_purpose_that_the_publisher_forbids_a_vendor_is_not_granted_to_it() {
    let vendors = [(0, 16), (0, 1), (0, 16), (0, 1)];
    let purposes = |kind, vendor| {
        let restriction = [(1, 12), (3, 6), (kind, 2), (1, 12), (0, 1), (9, 16)];
        let text = string(&[2, 3], &[&vendors[..], &restriction[..]].concat());
        decode(&text, vendor).map(|own| own.purposes)
    };

    // Not allowed, and legitimate interest required; that consent is required forbids nothing where it is given.
    for (kind, left) in [(0, vec![2]), (2, vec![2]), (1, vec![2, 3])] {
        assert_eq!(Some(Purposes::of(left)), purposes(kind, Some(9)), "{kind}");
        assert_eq!(Some(Purposes::of([2, 3])), purposes(kind, Some(8)));
        assert_eq!(Some(Purposes::of([2, 3])), purposes(kind, None));
    }
}

#[test]
fn what_is_no_whole_string_of_version_two_grants_nothing() {
    let whole = string(&[1], &[(8, 16), (0, 1), (255, 8), (0, 16), (0, 1), (0, 12)]);

    assert!(decode(&whole, Some(8)).is_some_and(|own| own.vendor == Some(true)));
    for text in [
        "",
        ".",
        "C",
        "BOJ8RZAOJ8RZAABAB8AAAAAZ-A",
        "CO!",
        "日本",
        "1YNN",
    ] {
        assert_eq!(None, decode(text, Some(8)), "{text}");
    }
    for len in 0..whole.len() - 1 {
        assert_eq!(None, decode(&whole[..len], Some(8)), "{len}");
    }
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "[A-Za-z0-9_.=-]{0,400}", vendor: u16) {
        decode(&text, Some(vendor));
        decode(&format!("C{text}"), None);
    }
}
