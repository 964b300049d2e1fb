//! Which creatives a request wants.

use crate::auction::advertiser::AdvertiserDefinition;
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
    creative
        .fits(&AdvertiserDefinition::default(), &request, &impression)
        .is_some()
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
        creative
            .fits(
                &AdvertiserDefinition::default(),
                &Request::default(),
                &impression,
            )
            .is_some()
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
        creative
            .fits(
                &AdvertiserDefinition::default(),
                &Request::default(),
                &impression,
            )
            .is_some()
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
        attributes: vec![6],
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

fn image(kind: Option<u32>, width: Side, height: Side, mimes: &[&str]) -> Wanted {
    Wanted::Image {
        kind,
        width,
        height,
        mimes: mimes.iter().map(|own| (*own).to_owned()).collect(),
    }
}

/// What is shown for assets that are all required, or all not.
fn shown(required: bool, wanted: Vec<Wanted>) -> Option<Vec<(i32, String)>> {
    let assets = (1..).zip(wanted).map(|(id, wanted)| Asset {
        id,
        required,
        wanted,
    });
    let layout = Layout {
        assets: assets.collect(),
        ..Layout::default()
    };
    let creative = native();
    let text = |part: Part<'_>| match part {
        Part::Title(own) | Part::Video(own) => own.to_owned(),
        Part::Image(own) => own.url.clone(),
        Part::Data(own) => own.value.clone(),
    };
    let parts = creative.parts(&layout)?.into_iter();
    Some(parts.map(|(id, part)| (id, text(part))).collect())
}

/// What is shown for one asset.
fn one(wanted: Wanted) -> Option<String> {
    let (_, text) = shown(true, vec![wanted])?.pop()?;
    Some(text)
}

const fn title(longest: Option<u32>) -> Wanted {
    Wanted::Title { longest }
}

fn name(own: &str) -> String {
    own.to_owned()
}

#[test]
fn the_first_title_that_is_short_enough_is_shown() {
    assert_eq!(Some(name("Spring has come to town")), one(title(None)));
    assert_eq!(Some(name("Spring has come to town")), one(title(Some(23))));
    // Eight characters are nine bytes.
    assert_eq!(Some(name("Frühling")), one(title(Some(8))));
    assert_eq!(None, one(title(Some(7))));
}

#[test]
fn a_picture_is_of_the_kind_the_size_and_the_content_type_that_are_asked_for() {
    let (any, exactly, least) = (Side::Any, Side::Exactly, Side::AtLeast);

    assert_eq!(Some(name("main")), one(image(None, any, any, &[])));
    assert_eq!(Some(name("icon")), one(image(Some(1), any, any, &[])));
    assert_eq!(
        Some(name("square")),
        one(image(Some(3), exactly(600), any, &[]))
    );
    assert_eq!(
        Some(name("main")),
        one(image(Some(3), least(600), any, &[]))
    );
    assert_eq!(
        Some(name("main")),
        one(image(Some(3), any, least(601), &[]))
    );
    assert_eq!(
        Some(name("main")),
        one(image(Some(3), least(1_200), least(627), &[]))
    );
    assert_eq!(None, one(image(Some(3), exactly(601), any, &[])));
    assert_eq!(None, one(image(Some(3), any, exactly(601), &[])));
    assert_eq!(None, one(image(Some(1), least(81), any, &[])));
    assert_eq!(None, one(image(Some(2), any, any, &[])));
    assert_eq!(
        Some(name("main")),
        one(image(None, any, any, &["image/jpeg"]))
    );
    assert_eq!(None, one(image(None, any, any, &["image/png"])));
}

#[test]
fn another_text_is_of_its_kind_and_a_video_is_as_the_creative_says() {
    let video = |protocols: &[u32], max_duration, blocked: &[u32]| Wanted::Video {
        mimes: Vec::new(),
        protocols: protocols.to_vec(),
        blocked_attributes: blocked.to_vec(),
        min_duration: None,
        max_duration,
    };
    let data = |kind, longest| Wanted::Data { kind, longest };

    assert_eq!(Some(name("Shop")), one(data(1, Some(4))));
    assert_eq!([None, None], [one(data(1, Some(3))), one(data(2, None))]);
    assert_eq!(Some(name("<VAST/>")), one(video(&[3], Some(15), &[5])));
    assert_eq!(None, one(video(&[2], None, &[])));
    assert_eq!(None, one(video(&[3], Some(14), &[])));
    assert_eq!(None, one(video(&[3], None, &[6])));
    assert_eq!(None, one(Wanted::Unknown));
}

#[test]
fn an_asset_takes_a_part_that_no_other_has_and_those_that_are_required_go_first() {
    let pictures = |count| vec![image(Some(3), Side::Any, Side::Any, &[]); count];
    let both = Some(vec![(1, "main".to_owned()), (2, "square".to_owned())]);
    let required = Asset {
        required: true,
        ..asset(title(None))
    };
    let optional = Asset {
        id: 7,
        required: false,
        ..required.clone()
    };
    let layout = Layout {
        assets: vec![optional, required],
        ..Layout::default()
    };

    assert_eq!(both, shown(true, pictures(2)));
    assert_eq!(
        (None, both),
        (shown(true, pictures(3)), shown(false, pictures(3)))
    );
    assert_eq!(
        Some(vec![
            (7, Part::Title("Frühling")),
            (1, Part::Title("Spring has come to town"))
        ]),
        native().parts(&layout)
    );
}

#[test]
fn what_a_layout_cannot_do_without_decides_whether_a_creative_fits() {
    let fits = |creative: &CreativeDefinition, assets: Option<Vec<Asset>>| {
        let layout = assets.map(|assets| Layout {
            assets,
            ..Layout::default()
        });
        let impression = Impression {
            offers: vec![Offer {
                media: Media::Native,
                layout: layout.map(Box::new),
                ..Offer::default()
            }],
            ..Impression::default()
        };
        creative
            .fits(
                &AdvertiserDefinition::default(),
                &Request::default(),
                &impression,
            )
            .is_some()
    };
    let missing = |required| Asset {
        required,
        ..asset(Wanted::Data {
            kind: 2,
            longest: None,
        })
    };
    let there = || asset(title(None));
    let laid_out = CreativeDefinition {
        native: None,
        ..native()
    };

    assert!(fits(&native(), Some(vec![there(), missing(false)])));
    assert!(!fits(&native(), Some(vec![there(), missing(true)])));
    // An ad of no parts is none.
    assert!(!fits(&native(), Some(vec![missing(false)])));
    assert!(!fits(&native(), Some(Vec::new())));
    assert!(fits(&native(), None));
    // It is known to whoever made it.
    assert!(fits(&laid_out, Some(vec![missing(true)])));
}

#[test]
fn an_outline_fits_what_the_ad_fits() {
    let outline = CreativeDefinition {
        native: native().native.map(|own| Box::new(own.outline())),
        ..native()
    };
    let wanted = [
        title(Some(8)),
        title(Some(7)),
        image(Some(3), Side::Exactly(600), Side::Any, &[]),
        image(Some(3), Side::AtLeast(601), Side::Any, &["image/png"]),
        Wanted::Data {
            kind: 1,
            longest: Some(3),
        },
        Wanted::Data {
            kind: 1,
            longest: Some(4),
        },
    ];

    for wanted in wanted {
        let layout = Layout {
            assets: vec![asset(wanted)],
            ..Layout::default()
        };
        let both = [native(), outline.clone()].map(|own| own.fills(Some(&layout)));
        assert_eq!(both[0], both[1], "{layout:?}");
    }
}
