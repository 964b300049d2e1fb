//! Native ads: what a publisher lays out, and an ad that is put together for it.

use serde::Serialize;
use treffer_core::auction::Context;
use treffer_core::auction::creative::CreativeDefinition;
use treffer_core::auction::native::{
    Asset, Layout, NativeAd, Part, Side, Tracker, Tracking, Wanted, Writing,
};

use super::model::{
    AssetRequest, AssetResponse, DataResponse, EventTrackerResponse, ImageRequest, ImageResponse,
    LinkResponse, Native, NativeRequest, NativeResponse, TitleResponse, VideoResponse,
};
use super::read_json;
use super::refused::{Fault, Refused};
use super::response::number;
use super::words::{count, numbers, say_name, text, words};

/// Most parts that may be asked for.
const MOST_ASSETS: usize = 64;

/// The version that is spoken where none was said.
const VERSION: &str = "1.2";

/// What the numbers of what a native ad stands in stand for, from 1 on.
const CONTEXTS: [&str; 3] = ["content", "social", "product"];

/// What the numbers of where it stands stand for, from 1 on.
const PLACEMENTS: [&str; 4] = ["in_feed", "in_content", "outside", "recommendation"];

/// The event of an impression, and how it is told of, as `OpenRTB` numbers them.
const IMPRESSION: u32 = 1;
const AS_PICTURE: u32 = 1;
const AS_SCRIPT: u32 = 2;

/// A layout, or an ad, as it was written before version 1.1.
#[derive(Default, serde::Deserialize, Serialize)]
#[serde(default)]
struct Wrapped<T> {
    native: Option<T>,
}

/// What is laid out; `None` where nothing is said of it. Where it stands is said in the context.
pub(super) fn layout(own: Native, context: &mut Context) -> Result<Option<Layout>, Refused> {
    let version = own.ver;
    let read = |request: NativeRequest, writing| {
        say_name(context, "native_context", &CONTEXTS, request.context);
        say_name(context, "native_placement", &PLACEMENTS, request.plcmttype);
        read(request, version, writing).map(Some)
    };
    if let Some(request) = own.request_native {
        let read = read(*request, Writing::Message);
        return read.map_err(|own| own.within("request_native"));
    }
    let Some(request) = text(own.request) else {
        return Ok(None);
    };
    let read = written(&request).and_then(|(own, writing)| read(own, writing));
    read.map_err(|own| own.within("request"))
}

/// What JSON says, and how.
fn written(request: &str) -> Result<(NativeRequest, Writing), Refused> {
    let own: NativeRequest = read_json(request.as_bytes())?;
    if !own.assets.is_empty() {
        return Ok((own, Writing::Text));
    }
    let wrapped: Wrapped<NativeRequest> = read_json(request.as_bytes())?;
    Ok(match wrapped.native {
        Some(inner) => (inner, Writing::Wrapped),
        None => (own, Writing::Text),
    })
}

fn read(own: NativeRequest, version: Option<String>, writing: Writing) -> Result<Layout, Refused> {
    let actual = own.assets.len();
    if actual > MOST_ASSETS {
        let limit = MOST_ASSETS;
        return Err(Refused::new("assets", Fault::TooMany { limit, actual }));
    }
    let assets = (0..).zip(own.assets);
    let trackers = own.eventtrackers.iter().filter_map(|own| {
        Some(Tracking {
            event: count(own.event)?,
            methods: numbers(&own.methods),
        })
    });
    let trackers: Vec<_> = trackers.collect();
    Ok(Layout {
        assets: assets.map(asset).collect(),
        trackers: (!trackers.is_empty()).then_some(trackers),
        has_privacy: own.privacy == Some(true),
        version: text(own.ver).or_else(|| text(version)),
        writing,
    })
}

/// A part that is asked for; one without a number has that of its place, from 0 on.
fn asset((place, own): (i32, AssetRequest)) -> Asset {
    let wanted = if let Some(title) = own.title {
        Wanted::Title {
            longest: positive(title.len),
        }
    } else if let Some(image) = own.img {
        picture(image)
    } else if let Some(video) = own.video {
        Wanted::Video {
            mimes: words(video.mimes),
            protocols: numbers(&video.protocols),
            min_duration: positive(video.minduration),
            max_duration: count(video.maxduration),
        }
    } else if let Some((kind, data)) = own.data.and_then(|own| Some((count(own.r#type)?, own))) {
        Wanted::Data {
            kind,
            longest: positive(data.len),
        }
    } else {
        Wanted::Unknown
    };
    Asset {
        id: own.id.unwrap_or(place),
        required: own.required == Some(true),
        wanted,
    }
}

fn picture(own: ImageRequest) -> Wanted {
    let side = |least: Option<i32>, exact: Option<i32>| {
        let least = positive(least).map(Side::AtLeast);
        least.or_else(|| positive(exact).map(Side::Exactly))
    };
    Wanted::Image {
        kind: positive(own.r#type),
        width: side(own.wmin, own.w).unwrap_or_default(),
        height: side(own.hmin, own.h).unwrap_or_default(),
        mimes: words(own.mimes),
    }
}

/// A count that is not zero, which many send for what they do not say.
fn positive(own: Option<i32>) -> Option<u32> {
    count(own).filter(|own| *own > 0)
}

/// The ad of a creative for a layout, as a text in JSON or as a message; `fill` puts into texts what is known by now.
pub(super) fn native(
    creative: &CreativeDefinition,
    ad: &NativeAd,
    layout: Option<&Layout>,
    fill: impl Fn(&str) -> String,
) -> (Option<String>, Option<NativeResponse>) {
    let nothing = Layout::default();
    let layout = layout.unwrap_or(&nothing);
    let own = response(creative, ad, layout, fill);
    match layout.writing {
        Writing::Text => (serde_json::to_string(&own).ok(), None),
        Writing::Wrapped => {
            let own = Wrapped { native: Some(own) };
            (serde_json::to_string(&own).ok(), None)
        }
        Writing::Message => (None, Some(own)),
    }
}

fn response(
    creative: &CreativeDefinition,
    ad: &NativeAd,
    layout: &Layout,
    fill: impl Fn(&str) -> String,
) -> NativeResponse {
    let all = |texts: &[String]| texts.iter().map(|own| fill(own)).collect();
    let assets = layout.assets.iter().filter_map(|asset| {
        let part = creative.part(asset)?;
        Some(part_of(asset.id, part, &fill))
    });
    let privacy = ad.privacy_url.as_ref().filter(|_| layout.has_privacy);
    let version = layout.version.as_deref().unwrap_or(VERSION);
    let own = NativeResponse {
        ver: Some(version.to_owned()),
        assets: assets.collect(),
        link: Some(LinkResponse {
            url: Some(fill(&ad.link.url)),
            clicktrackers: all(&ad.link.click_trackers),
            fallback: ad.link.fallback.as_ref().map(|own| fill(own)),
        }),
        privacy: privacy.map(|own| fill(own)),
        ..NativeResponse::default()
    };
    match &layout.trackers {
        Some(trackers) => NativeResponse {
            eventtrackers: called(ad, trackers, fill),
            ..own
        },
        None => NativeResponse {
            imptrackers: upon_impression(ad, AS_PICTURE)
                .map(|own| fill(own))
                .collect(),
            jstracker: upon_impression(ad, AS_SCRIPT)
                .next()
                .map(|own| script(&fill(own))),
            ..own
        },
    }
}

fn part_of(id: i32, part: Part<'_>, fill: impl Fn(&str) -> String) -> AssetResponse {
    let own = AssetResponse {
        id: Some(id),
        ..AssetResponse::default()
    };
    match part {
        Part::Title(title) => AssetResponse {
            title: Some(TitleResponse {
                text: Some(title.to_owned()),
            }),
            ..own
        },
        Part::Image(image) => AssetResponse {
            img: Some(ImageResponse {
                url: Some(fill(&image.url)),
                w: image.size.and_then(|own| number(own.width)),
                h: image.size.and_then(|own| number(own.height)),
                r#type: number(image.kind).filter(|kind| *kind > 0),
            }),
            ..own
        },
        Part::Data(data) => AssetResponse {
            data: Some(DataResponse {
                value: Some(data.value.clone()),
                r#type: number(data.kind),
            }),
            ..own
        },
        Part::Video(vast) => AssetResponse {
            video: Some(VideoResponse {
                vasttag: Some(fill(vast)),
            }),
            ..own
        },
    }
}

/// Trackers of events and methods that may be called.
fn called(
    ad: &NativeAd,
    offered: &[Tracking],
    fill: impl Fn(&str) -> String,
) -> Vec<EventTrackerResponse> {
    let is_offered = |own: &&Tracker| {
        let mut offered = offered.iter();
        offered.any(|other| other.event == own.event && other.methods.contains(&own.method))
    };
    let trackers = ad.trackers.iter().filter(is_offered);
    let written = trackers.map(|own| EventTrackerResponse {
        event: number(own.event),
        method: number(own.method),
        url: Some(fill(&own.url)),
    });
    written.collect()
}

/// What is called upon the impression.
fn upon_impression(ad: &NativeAd, method: u32) -> impl Iterator<Item = &String> {
    let own = ad.trackers.iter();
    let own = own.filter(move |own| own.event == IMPRESSION && own.method == method);
    own.map(|own| &own.url)
}

/// Markup that runs a script.
fn script(url: &str) -> String {
    let url = url.replace('&', "&amp;").replace('"', "&quot;");
    format!("<script src=\"{url}\"></script>")
}
