//! The portable format: both ways with the `roaring` crate, with reference files, and with damage.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use super::super::population::{roaring, set};
use super::*;
use proptest::collection::vec;
use proptest::prelude::*;
use std::path::PathBuf;

fn written_by_roaring(set: &Bitmap, with_runs: bool) -> Vec<u8> {
    let mut other = roaring(set);
    if with_runs {
        other.optimize();
    } else {
        other.remove_run_compression();
    }
    let mut bytes = Vec::new();
    other.serialize_into(&mut bytes).unwrap();
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn roaring_reads_what_we_write_and_we_read_what_it_writes(set in set(), with_runs: bool) {
        let bytes = set.to_portable();
        let theirs = written_by_roaring(&set, with_runs);

        let read = Bitmap::from_portable(&theirs).unwrap();

        prop_assert_eq!(Ok(()), read.validate());
        prop_assert_eq!(&set, &read);
        prop_assert_eq!(&set, &Bitmap::from_portable(&bytes).unwrap());
        let back = roaring::RoaringBitmap::deserialize_from(&bytes[..]).unwrap();
        prop_assert!(back.iter().eq(set.iter()));
    }

    #[test]
    fn cut_bytes_are_an_error(set in set(), at in any::<prop::sample::Index>()) {
        let bytes = set.to_portable();
        let cut = at.index(bytes.len());
        prop_assert!(Bitmap::from_portable(&bytes[..cut]).is_err());
        let longer = [&bytes[..], &[0]].concat();
        prop_assert_eq!(Err(PortableError::Trailing { at: bytes.len(), extra: 1 }), Bitmap::from_portable(&longer));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_bytes_are_an_error_or_a_valid_set(
        set in set(),
        damage in vec((prop_oneof![3 => 0..40_usize, 1 => any::<usize>()], any::<u8>()), 1..4),
    ) {
        let mut bytes = set.to_portable();
        for (at, value) in damage {
            let at = at % bytes.len();
            bytes[at] = value;
        }
        if let Ok(read) = Bitmap::from_portable(&bytes) {
            prop_assert_eq!(Ok(()), read.validate());
            let again = Bitmap::from_portable(&read.to_portable());
            prop_assert_eq!(Ok(read), again);
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(tail in vec(any::<u8>(), 0..80), cookie in prop_oneof![Just(12_346_u32), Just(12_347), Just(0x0003_303B), any::<u32>()]) {
        let bytes = [&cookie.to_le_bytes()[..], &tail].concat();
        if let Ok(read) = Bitmap::from_portable(&bytes) {
            prop_assert_eq!(Ok(()), read.validate());
        }
    }
}

fn words(numbers: &[u16]) -> Vec<u8> {
    numbers
        .iter()
        .flat_map(|number| number.to_le_bytes())
        .collect()
}

#[test]
fn an_error_says_what_is_wrong_and_where() {
    const NO_RUNS: u16 = COOKIE as u16;
    for (bytes, expected) in [
        (words(&[7, 0]), "unknown cookie at byte 0"),
        (
            words(&[NO_RUNS, 0, 1, 1]),
            "more chunks than there are keys at byte 4",
        ),
        (
            words(&[NO_RUNS, 0, 2, 0]),
            "ends at byte 8, within the keys at byte 8",
        ),
        (
            words(&[NO_RUNS, 0, 2, 0, 5, 0, 5, 0, 24, 0, 26, 0, 1, 1]),
            "keys do not rise at byte 12",
        ),
        (
            words(&[NO_RUNS, 0, 1, 0, 5, 0, 15, 0, 1]),
            "offset is not where the chunk starts at byte 12",
        ),
        (
            words(&[NO_RUNS, 0, 1, 0, 5, 1, 16, 0, 9, 9]),
            "ids of an array do not rise at byte 18",
        ),
        (
            words(&[COOKIE_WITH_RUNS, 0, 0]),
            "ends at byte 6, within the keys at byte 5",
        ),
    ] {
        assert_eq!(
            expected,
            Bitmap::from_portable(&bytes).unwrap_err().to_string()
        );
    }
}

#[test]
fn runs_are_checked() {
    let with_runs = |len: u16, runs: &[u16]| {
        let head = [&words(&[COOKIE_WITH_RUNS, 0])[..], &[1], &words(&[3, len])].concat();
        Bitmap::from_portable(&[head, words(runs)].concat())
    };
    for (len, runs, expected) in [
        (
            0,
            &[0_u16][..],
            "runs do not hold as many ids as the header says at byte 9",
        ),
        (
            3,
            &[1, 5, 4],
            "runs do not hold as many ids as the header says at byte 9",
        ),
        (4, &[1, 65_535, 4], "run goes beyond its chunk at byte 11"),
        (
            4,
            &[2, 5, 1, 6, 2],
            "runs overlap or do not rise at byte 15",
        ),
    ] {
        assert_eq!(expected, with_runs(len, runs).unwrap_err().to_string());
    }
    let touching = with_runs(4, &[2, 5, 1, 7, 2]).unwrap();
    assert_eq!(Ok(()), touching.validate());
    assert_eq!(Bitmap::full(3 * 65_536 + 5..3 * 65_536 + 10), touching);
}

/// The folder of other people's data, or none with a word why.
fn data() -> Option<PathBuf> {
    let near = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("TREFFER_TEST_DATA").map_or_else(near, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: there is no test data in {}", folder.display());
    None
}

#[test]
fn the_reference_files_read_and_write_back() {
    let Some(folder) = data() else { return };
    for name in [
        "roaring_bitmapwithruns.bin",
        "roaring_bitmapwithoutruns.bin",
    ] {
        let bytes = std::fs::read(folder.join(name)).unwrap();

        let set = Bitmap::from_portable(&bytes).unwrap();

        assert_eq!(Ok(()), set.validate());
        assert_eq!(200_100, set.len());
        assert!(
            roaring::RoaringBitmap::deserialize_from(&bytes[..])
                .unwrap()
                .iter()
                .eq(set.iter())
        );
        assert_eq!(set, Bitmap::from_portable(&set.to_portable()).unwrap());
    }
}
