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
use super::offer::{limit, protocols};
use super::read_json;
use super::refused::Refused;
use super::response::number;
use super::words::{count, numbers, say_name, text, words};

/// Most parts that may be asked for.
const MOST_ASSETS: usize = 64;

/// Most entries of all lists of a layout together.
const MOST_ENTRIES: usize = 1_024;

/// Longest version that is one, in bytes.
const LONGEST_VERSION: usize = 16;

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
#[serde(default, bound(deserialize = "T: serde::Deserialize<'de> + Default"))]
struct Wrapped<T> {
    #[serde(deserialize_with = "super::json::message")]
    native: Option<T>,
}

/// What is laid out; no parts where nothing is said of it. Where it stands is said in the context.
pub(super) fn layout(own: Native, context: &mut Context) -> Result<Layout, Refused> {
    let version = own.ver;
    let read = |request: NativeRequest, writing| {
        say_name(context, "native_context", &CONTEXTS, request.context);
        say_name(context, "native_placement", &PLACEMENTS, request.plcmttype);
        read(request, version, writing)
    };
    if let Some(request) = own.request_native {
        let read = read(*request, Writing::Message);
        return read.map_err(|own| own.within("request_native"));
    }
    let Some(request) = text(own.request) else {
        return Ok(Layout::default());
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
    limit("assets", MOST_ASSETS, own.assets.len())?;
    let methods = own.eventtrackers.iter().map(|own| own.methods.len() + 1);
    let actual = methods.sum::<usize>() + own.assets.iter().map(entries).sum::<usize>();
    limit("", MOST_ENTRIES, actual)?;
    let trackers = own.eventtrackers.iter().filter_map(|own| {
        Some(Tracking {
            event: count(own.event)?,
            methods: numbers(&own.methods),
        })
    });
    let trackers: Vec<_> = trackers.collect();
    let is_numbered = own.assets.iter().any(|own| own.id.is_some());
    let assets = (0..).zip(own.assets);
    let version = text(own.ver).or_else(|| text(version));
    Ok(Layout {
        assets: assets.map(|own| asset(own, is_numbered)).collect(),
        trackers: (!trackers.is_empty()).then_some(trackers),
        has_privacy: own.privacy == Some(true),
        version: version.filter(|own| own.len() <= LONGEST_VERSION),
        writing,
    })
}

/// Entries of all lists of an asset.
fn entries(own: &AssetRequest) -> usize {
    let image = own.img.as_ref().map_or(0, |own| own.mimes.len());
    let video = own.video.as_ref();
    let video = video.map_or(0, |own| {
        own.mimes.len() + own.protocols.len() + own.battr.len()
    });
    image + video
}

/// A part that is asked for. Where none has a number, each has that of its place, from 0 on; else one without a number is nothing.
fn asset((place, own): (i32, AssetRequest), is_numbered: bool) -> Asset {
    Asset {
        id: own.id.unwrap_or(place),
        required: own.required == Some(true),
        wanted: match own.id {
            None if is_numbered => Wanted::Unknown,
            None | Some(_) => wanted(own),
        },
    }
}

fn wanted(own: AssetRequest) -> Wanted {
    if let Some(title) = own.title {
        return Wanted::Title {
            longest: positive(title.len),
        };
    }
    if let Some(image) = own.img {
        return picture(image);
    }
    if let Some(own) = own.video {
        return Wanted::Video {
            protocols: protocols(&own),
            mimes: mimes(own.mimes),
            blocked_attributes: numbers(&own.battr),
            min_duration: positive(own.minduration),
            max_duration: positive(own.maxduration),
        };
    }
    let data = own.data.and_then(|own| Some((count(own.r#type)?, own.len)));
    data.map_or(Wanted::Unknown, |(kind, len)| Wanted::Data {
        kind,
        longest: positive(len),
    })
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
        mimes: mimes(own.mimes),
    }
}

/// Content types in lower case.
fn mimes(all: Vec<String>) -> Vec<String> {
    words(all).into_iter().map(mime).collect()
}

/// A content type; what many write for JPEG is that.
pub(crate) fn mime(own: String) -> String {
    match own.as_str() {
        "image/jpg" => "image/jpeg".to_owned(),
        _ => own,
    }
}

/// A count that is not zero, which many send for what they do not say.
fn positive(own: Option<i32>) -> Option<u32> {
    count(own).filter(|own| *own > 0)
}

/// An ad for a layout, as a text in JSON or as a message, and whether there is a video in it.
pub(super) struct Written {
    pub(super) adm: Option<String>,
    pub(super) adm_native: Option<NativeResponse>,
    pub(super) has_video: bool,
}

/// The ad of a creative for a layout; `fill` puts into URLs and VAST what is known by now.
pub(super) fn native(
    creative: &CreativeDefinition,
    ad: &NativeAd,
    layout: Option<&Layout>,
    fill: impl Fn(&str) -> String,
) -> Written {
    let nothing = Layout::default();
    let layout = layout.unwrap_or(&nothing);
    let own = response(creative, ad, layout, fill);
    let has_video = own.assets.iter().any(|own| own.video.is_some());
    let (adm, adm_native) = match layout.writing {
        Writing::Text => (serde_json::to_string(&own).ok(), None),
        Writing::Wrapped => {
            let own = Wrapped { native: Some(own) };
            (serde_json::to_string(&own).ok(), None)
        }
        Writing::Message => (None, Some(own)),
    };
    Written {
        adm,
        adm_native,
        has_video,
    }
}

fn response(
    creative: &CreativeDefinition,
    ad: &NativeAd,
    layout: &Layout,
    fill: impl Fn(&str) -> String,
) -> NativeResponse {
    let all = |texts: &[String]| texts.iter().map(|own| fill(own)).collect();
    let parts = creative.parts(layout).unwrap_or_default().into_iter();
    let privacy = ad.privacy_url.as_ref().filter(|_| layout.has_privacy);
    let version = layout.version.as_deref().unwrap_or(VERSION);
    let own = NativeResponse {
        ver: Some(version.to_owned()),
        assets: parts.map(|(id, part)| part_of(id, part, &fill)).collect(),
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
