//! Strings of the Global Privacy Platform.

use super::*;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Base64url of bits that are written as text; blanks do not count, and what lacks to a whole character is zeros.
fn encoded(bits: &str) -> String {
    let bits: Vec<u8> = bits.bytes().filter(|own| *own != b' ').collect();
    let six = |six: &[u8]| {
        let number = (0..6).fold(0, |sum, place| {
            sum << 1 | usize::from(six.get(place) == Some(&b'1'))
        });
        char::from(*ALPHABET.get(number).unwrap_or(&b'A'))
    };
    bits.chunks(6).map(six).collect()
}

/// Who reads nothing of the old string.
fn silent(_: &str) -> Option<bool> {
    None
}

#[test]
fn the_header_names_the_sections_in_their_order() {
    let sections = Sections::of("DBACNY~CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA~1YNN");
    assert_eq!(
        Some("CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA"),
        sections.section(2)
    );
    assert_eq!(Some("1YNN"), sections.section(6));
    assert_eq!(None, sections.section(7));
}

#[test]
fn ids_may_come_as_ranges() {
    // Two entries: 2 alone, then 7 to 9, five further and two more.
    let header = encoded("000011 000001 000000000010 0 011 1 00011 011");
    assert_eq!(Some(vec![2, 7, 8, 9]), ids(&header));
}

#[test]
fn a_section_of_the_states_opts_out_where_it_says_so() {
    let national = |sale: &str, sharing: &str, targeted: &str| {
        encoded(&format!(
            "000001 01 01 01 01 01 01 {sale} {sharing} {targeted} 00"
        ))
    };
    let told = |section: u32, text: &str, applied: &[i32]| {
        Sections(vec![(section, text)]).us_opt_out(applied, silent)
    };
    assert_eq!(Some(false), told(7, &national("10", "10", "10"), &[]));
    assert_eq!(Some(true), told(7, &national("10", "10", "01"), &[7]));
    assert_eq!(Some(true), told(7, &national("01", "00", "00"), &[2, 7]));
    assert_eq!(None, told(7, &national("01", "01", "01"), &[2]));
    let controlled = format!("{}.{}", national("10", "10", "10"), encoded("01 1"));
    assert_eq!(Some(true), told(7, &controlled, &[]));
    // In Utah four notices come before it, in California three.
    let own = |notices: &str| encoded(&format!("000001 {notices} 01 10 000000"));
    assert_eq!(Some(true), told(11, &own("10 10 10 10"), &[]));
    assert_eq!(Some(true), told(8, &own("10 10 10"), &[]));
    assert_eq!(None, told(28, &own("10 10 10"), &[]));
}

#[test]
fn each_state_says_it_behind_its_own_notices() {
    // So many notices come before sale and targeted advertising, after a version; in newer sections two words on an agreement as well.
    let notices = [
        (9, 3),
        (10, 3),
        (11, 4),
        (12, 3),
        (13, 3),
        (14, 3),
        (15, 3),
        (16, 3),
        (17, 3),
        (18, 4),
        (19, 3),
        (20, 3),
        (21, 3),
        (22, 3),
        (23, 3),
        (24, 5),
        (25, 5),
        (26, 5),
        (27, 5),
    ];
    for (id, notices) in notices {
        let told = |sale: &str, targeted: &str, filling: &str, after: &str| {
            let bits = format!(
                "000001 {} {sale} {targeted} {}",
                "01".repeat(notices),
                filling.repeat(14)
            );
            let text = format!("{}{after}", encoded(&bits));
            Sections(vec![(id, &text)]).us_opt_out(&[], silent)
        };
        for filling in ["01", "10"] {
            assert_eq!(Some(false), told("10", "00", filling, ""), "{id}");
            assert_eq!(Some(true), told("01", "10", filling, ""), "{id}");
            assert_eq!(Some(true), told("10", "01", filling, ""), "{id}");
        }
        assert_eq!(
            Some(id < 25),
            told("10", "10", "10", &format!(".{}", encoded("01 1"))),
            "{id}"
        );
    }
}

#[test]
fn a_newer_section_may_begin_with_its_own_header() {
    let header = encoded("011000 000001 000000000010 0 011 0 011");
    let told = |core: &str, after: &str| {
        let text = format!("{header}.{}{after}", encoded(core));
        Sections(vec![(24, &text)]).us_opt_out(&[], silent)
    };
    let kept = "000001 10 00 01 01 01 10 10 00";
    assert_eq!(Some(false), told(kept, ""));
    assert_eq!(Some(true), told(kept, &format!(".{}", encoded("01 1"))));
    assert_eq!(Some(true), told("000001 10 00 01 01 01 10 01 00", ""));
    assert_eq!(None, Sections(vec![(24, &header)]).us_opt_out(&[], silent));
}

#[test]
fn the_old_string_counts_within_it_too() {
    let sections = Sections(vec![(6, "1YYN")]);
    assert_eq!(
        Some(true),
        sections.us_opt_out(&[6], |text| Some(text == "1YYN"))
    );
    assert_eq!(None, sections.us_opt_out(&[7], |_| Some(true)));
}

#[test]
fn what_cannot_be_read_holds_nothing() {
    let endless = encoded(&format!(
        "000011 000001 111111111111 1 011 {}1",
        "0".repeat(20)
    ));
    let wide = encoded("000011 000001 000000000001 1 011 000000000000000011");
    for text in [
        "",
        "~",
        "gppString",
        "DB",
        "EBAC~x",
        "D\u{fc}AA~x",
        &endless,
        &wide,
    ] {
        let sections = Sections::of(text);
        assert!(sections.0.is_empty(), "{text}");
    }
    assert_eq!(None, Sections(vec![(7, "B")]).us_opt_out(&[], silent));
}

proptest::proptest! {
    #[test]
    fn no_text_ends_in_a_panic(text in "D?B?[A-Za-z0-9~._-]{0,40}") {
        let sections = Sections::of(&text);
        let _ = (sections.section(TCF_EU), sections.us_opt_out(&[], silent));
    }
}
