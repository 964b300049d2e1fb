//! Which creatives a request wants.

use crate::auction::creative::CreativeDefinition;
use crate::auction::native::{Asset, Data, Image, Layout, NativeAd, Part, Side, Wanted};
use crate::auction::request::{Impression, Media, Offer, Ratio, Request, Size};

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

#[test]
fn a_size_fits_that_is_offered_or_of_a_ratio_that_is() {
    let ratio = |width, height, min_width| Ratio {
        width,
        height,
        min_width,
    };
    let size = |width, height| Size { width, height };
    let fits = |ratios: &[Ratio], sizes: &[Size], own: &[Size]| {
        let creative = CreativeDefinition {
            sizes: own.to_vec(),
            weight: 1,
            ..CreativeDefinition::default()
        };
        let impression = Impression {
            offers: vec![Offer {
                sizes: sizes.to_vec(),
                ratios: ratios.to_vec(),
                ..Offer::default()
            }],
            ..Impression::default()
        };
        creative.fits(&Request::default(), &impression).is_some()
    };
    let wide = [ratio(16, 9, 320)];

    assert!(fits(&wide, &[], &[size(640, 360)]));
    assert!(fits(&wide, &[], &[size(300, 250), size(320, 180)]));
    assert!(fits(&wide, &[size(300, 250)], &[size(300, 250)]));
    assert!(fits(&wide, &[], &[]));
    assert!(!fits(&wide, &[], &[size(304, 171)]));
    assert!(!fits(&wide, &[], &[size(640, 361)]));
    assert!(!fits(&wide, &[size(300, 250)], &[size(728, 90)]));
}

#[test]
fn a_kind_of_banner_may_be_blocked() {
    let fits = |banner_type, blocked: &[u32]| {
        let creative = CreativeDefinition {
            banner_type,
            weight: 1,
            ..CreativeDefinition::default()
        };
        let impression = Impression {
            offers: vec![Offer {
                blocked_types: blocked.to_vec(),
                ..Offer::default()
            }],
            ..Impression::default()
        };
        creative.fits(&Request::default(), &impression).is_some()
    };

    assert!(fits(Some(3), &[]) && fits(Some(3), &[1, 4]) && fits(None, &[3]));
    assert!(!fits(Some(3), &[1, 3]));
}

fn native() -> CreativeDefinition {
    let image = |url: &str, kind, width, height| Image {
        url: url.to_owned(),
        kind,
        size: Some(Size { width, height }),
        mime: Some("image/jpeg".to_owned()),
    };
    CreativeDefinition {
        media: Media::Native,
        weight: 1,
        duration: Some(15),
        protocols: vec![3],
        native: Some(Box::new(NativeAd {
            titles: vec!["Spring has come to town".to_owned(), "Frühling".to_owned()],
            images: vec![
                image("main", 3, 1_200, 627),
                image("square", 3, 600, 600),
                image("icon", 1, 80, 80),
            ],
            data: vec![Data {
                kind: 1,
                value: "Shop".to_owned(),
            }],
            vast: Some("<VAST/>".to_owned()),
            ..NativeAd::default()
        })),
        ..CreativeDefinition::default()
    }
}

const fn asset(wanted: Wanted) -> Asset {
    Asset {
        id: 1,
        required: true,
        wanted,
    }
}

fn image(kind: Option<u32>, width: Side, height: Side, mimes: &[&str]) -> Asset {
    asset(Wanted::Image {
        kind,
        width,
        height,
        mimes: mimes.iter().map(|own| (*own).to_owned()).collect(),
    })
}

/// The picture that is shown for an asset.
fn pictured(asset: &Asset) -> Option<String> {
    match native().part(asset) {
        Some(Part::Image(own)) => Some(own.url.clone()),
        _ => None,
    }
}

#[test]
fn the_first_title_that_is_short_enough_is_shown() {
    let titled = |longest| match native().part(&asset(Wanted::Title { longest })) {
        Some(Part::Title(own)) => Some(own.to_owned()),
        _ => None,
    };

    assert_eq!(Some("Spring has come to town"), titled(None).as_deref());
    assert_eq!(Some("Spring has come to town"), titled(Some(23)).as_deref());
    // Eight characters are nine bytes.
    assert_eq!(Some("Frühling"), titled(Some(8)).as_deref());
    assert_eq!(None, titled(Some(7)));
}

#[test]
fn a_picture_is_of_the_kind_the_size_and_the_content_type_that_are_asked_for() {
    let (any, exactly, least) = (Side::Any, Side::Exactly, Side::AtLeast);
    let found = |asset: Asset| pictured(&asset);
    let name = |own: &str| Some(own.to_owned());

    assert_eq!(name("main"), found(image(None, any, any, &[])));
    assert_eq!(name("icon"), found(image(Some(1), any, any, &[])));
    assert_eq!(
        name("square"),
        found(image(Some(3), exactly(600), any, &[]))
    );
    assert_eq!(name("main"), found(image(Some(3), least(600), any, &[])));
    assert_eq!(name("main"), found(image(Some(3), any, least(601), &[])));
    assert_eq!(
        name("main"),
        found(image(Some(3), least(1_200), least(627), &[]))
    );
    assert_eq!(None, found(image(Some(3), exactly(601), any, &[])));
    assert_eq!(None, found(image(Some(3), any, exactly(601), &[])));
    assert_eq!(None, found(image(Some(1), least(81), any, &[])));
    assert_eq!(None, found(image(Some(2), any, any, &[])));
    assert_eq!(name("main"), found(image(None, any, any, &["image/jpeg"])));
    assert_eq!(None, found(image(None, any, any, &["image/png"])));
}

#[test]
fn another_text_is_of_its_kind_and_a_video_is_as_the_creative_says() {
    let video = |protocols: &[u32], max_duration| {
        asset(Wanted::Video {
            mimes: Vec::new(),
            protocols: protocols.to_vec(),
            min_duration: None,
            max_duration,
        })
    };
    let data = |kind, longest| asset(Wanted::Data { kind, longest });
    let fits = |asset: Asset| native().part(&asset).is_some();

    assert!(fits(data(1, Some(4))) && !fits(data(1, Some(3))) && !fits(data(2, None)));
    assert!(fits(video(&[3], Some(15))));
    assert!(!fits(video(&[2], None)) && !fits(video(&[3], Some(14))));
    assert!(!fits(asset(Wanted::Unknown)));
}

#[test]
fn what_a_layout_cannot_do_without_decides_whether_a_creative_fits() {
    let fits = |creative: &CreativeDefinition, required| {
        let missing = Asset {
            required,
            ..asset(Wanted::Data {
                kind: 2,
                longest: None,
            })
        };
        let layout = Layout {
            assets: vec![asset(Wanted::Title { longest: None }), missing],
            ..Layout::default()
        };
        let impression = Impression {
            offers: vec![Offer {
                media: Media::Native,
                layout: Some(Box::new(layout)),
                ..Offer::default()
            }],
            ..Impression::default()
        };
        creative.fits(&Request::default(), &impression).is_some()
    };
    let laid_out = CreativeDefinition {
        native: None,
        ..native()
    };

    assert!(fits(&native(), false) && !fits(&native(), true));
    // It is known to whoever made it.
    assert!(fits(&laid_out, true));
}

#[test]
fn an_outline_fits_what_the_ad_fits() {
    let outline = CreativeDefinition {
        native: native().native.map(|own| Box::new(own.outline())),
        ..native()
    };
    let assets = [
        asset(Wanted::Title { longest: Some(8) }),
        asset(Wanted::Title { longest: Some(7) }),
        image(Some(3), Side::Exactly(600), Side::Any, &[]),
        asset(Wanted::Data {
            kind: 1,
            longest: Some(3),
        }),
        asset(Wanted::Data {
            kind: 1,
            longest: Some(4),
        }),
    ];

    for asset in assets {
        let both = (
            native().part(&asset).is_some(),
            outline.part(&asset).is_some(),
        );
        assert_eq!(both.0, both.1, "{asset:?}");
    }
}
