//! Which creatives a request wants.

use crate::auction::creative::CreativeDefinition;
use crate::auction::request::{Impression, Offer, Request};

/// Whether a creative in a language fits where these are allowed and those are blocked.
fn is_wanted(language: &str, allowed: &[&str], blocked: &[&str]) -> bool {
    let texts = |all: &[&str]| all.iter().map(|own| (*own).to_owned()).collect();
    let creative = CreativeDefinition {
        language: (!language.is_empty()).then(|| language.to_owned()),
        weight: 1,
        ..CreativeDefinition::default()
    };
    let request = Request {
        allowed_languages: texts(allowed),
        blocked_languages: texts(blocked),
        ..Request::default()
    };
    let impression = Impression {
        offers: vec![Offer::default()],
        ..Impression::default()
    };
    creative.fits(&request, &impression).is_some()
}

#[test]
fn a_language_stands_for_its_varieties_and_not_the_other_way_round() {
    assert!(is_wanted("de-at", &["fr", "de"], &[]));
    assert!(is_wanted("de", &["de"], &["de-at"]));
    assert!(is_wanted("den", &[], &["de"]));
    assert!(!is_wanted("de", &["de-at"], &[]));
    assert!(!is_wanted("de-at", &[], &["de"]));
    assert!(!is_wanted("den", &["de"], &[]));
}

#[test]
fn everybody_understands_a_creative_without_language() {
    assert!(is_wanted("", &["de"], &["en"]));
}
