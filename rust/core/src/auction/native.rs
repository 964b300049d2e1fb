//! Native ads: the parts that an advertiser has, and those that a publisher lays out.
//!
//! After the `OpenRTB` Dynamic Native Ads API, version 1.2.

use super::block::allows;
use super::creative::CreativeDefinition;
use super::define::check_limit;
use super::request::Size;
use crate::error::{Error, Result};

/// Most entries of each list of a native ad: as many as there are bits in [`Taken`].
const MOST_ENTRIES: usize = u64::BITS as usize;
/// Longest title and other text in bytes: whatever is laid out has few characters.
const LONGEST_TEXT: usize = 4 << 10;

/// What a native ad is made of. What is asked for is put together for each request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct NativeAd {
    /// Where a click leads.
    pub link: Link,
    /// Titles, of which the first that is short enough is taken.
    pub titles: Vec<String>,
    /// Pictures, of which the first that fits is taken.
    pub images: Vec<Image>,
    /// Other texts, of which the first of the kind that is short enough is taken.
    pub data: Vec<Data>,
    /// VAST of a video; how long it runs and what it can be had in says the creative.
    pub vast: Option<String>,
    /// What is called when something happens to the ad.
    pub trackers: Vec<Tracker>,
    /// A page that says how people are targeted.
    pub privacy_url: Option<String>,
}

/// Where a click leads.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Link {
    /// The page or the place in an app.
    pub url: String,
    /// Where it leads instead when a device cannot open it.
    pub fallback: Option<String>,
    /// What is called upon a click.
    pub click_trackers: Vec<String>,
}

/// A picture.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Image {
    /// Where it is.
    pub url: String,
    /// What it shows, as `OpenRTB` numbers it: 1 an icon, 3 the main picture.
    pub kind: u32,
    /// Its size, where that is known.
    pub size: Option<Size>,
    /// Its content type, where that is known.
    pub mime: Option<String>,
}

/// A text that is no title.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Data {
    /// What it says, as `OpenRTB` numbers it: 1 the sponsor, 2 a description ...
    pub kind: u32,
    /// The text.
    pub value: String,
}

/// What is called when something happens to the ad.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tracker {
    /// Upon what, as `OpenRTB` numbers it: 1 the impression ...
    pub event: u32,
    /// How, as `OpenRTB` numbers it: 1 as a picture, 2 as a script.
    pub method: u32,
    /// Where.
    pub url: String,
}

/// What a publisher lays out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// The parts that are asked for.
    pub assets: Vec<Asset>,
    /// What may be called; `None`: trackers go by the rules of version 1.1.
    pub trackers: Option<Vec<Tracking>>,
    /// Whether a page on privacy can be shown.
    pub has_privacy: bool,
    /// The version that is spoken, where that was said.
    pub version: Option<String>,
    /// How the ad is to be written.
    pub writing: Writing,
}

/// How a layout was written, and an ad for it is to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Writing {
    /// As a text in JSON.
    #[default]
    Text,
    /// The same as the field `native` of an object, as before version 1.1.
    Wrapped,
    /// As a message.
    Message,
}

/// A part that is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asset {
    /// Its number within the layout.
    pub id: i32,
    /// Whether nothing fits that lacks it.
    pub required: bool,
    /// What it is.
    pub wanted: Wanted,
}

/// What a part that is asked for must be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Wanted {
    /// Nothing that is known here.
    #[default]
    Unknown,
    /// A title.
    Title {
        /// Most characters; absent: any.
        longest: Option<u32>,
    },
    /// A picture.
    Image {
        /// What it shows; absent: anything.
        kind: Option<u32>,
        /// Its width.
        width: Side,
        /// Its height.
        height: Side,
        /// Content types that fit; empty: any.
        mimes: Vec<String>,
    },
    /// Another text.
    Data {
        /// What it says.
        kind: u32,
        /// Most characters; absent: any.
        longest: Option<u32>,
    },
    /// A video.
    Video {
        /// Content types that fit; empty: any.
        mimes: Vec<String>,
        /// Protocols that fit; empty: any.
        protocols: Vec<u32>,
        /// Attributes that it may not have.
        blocked_attributes: Vec<u32>,
        /// Shortest duration in seconds.
        min_duration: Option<u32>,
        /// Longest duration in seconds.
        max_duration: Option<u32>,
    },
}

/// How wide or high a picture must be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Side {
    /// Anything.
    #[default]
    Any,
    /// Exactly so many pixels.
    Exactly(u32),
    /// So many or more, for it is scaled.
    AtLeast(u32),
}

/// What may be called upon an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tracking {
    /// Which event.
    pub event: u32,
    /// How.
    pub methods: Vec<u32>,
}

/// A part that fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// A title.
    Title(&'a str),
    /// A picture.
    Image(&'a Image),
    /// Another text.
    Data(&'a Data),
    /// The VAST of a video.
    Video(&'a str),
}

impl Side {
    const fn fits(self, pixels: u32) -> bool {
        match self {
            Self::Any => true,
            Self::Exactly(own) => pixels == own,
            Self::AtLeast(own) => pixels >= own,
        }
    }
}

/// What of an ad is shown already: a bit for each entry of a list.
#[derive(Default)]
struct Taken {
    titles: u64,
    images: u64,
    data: u64,
    vast: u64,
}

impl CreativeDefinition {
    /// The parts that are shown in a layout, by the number of their asset and in the order of the layout. Each asset takes the first
    /// part that fits and is not taken, first those that are required, then the others. `None`: the creative is not made of parts,
    /// lacks one that is required, or has none for any asset.
    pub fn parts(&self, layout: &Layout) -> Option<Vec<(i32, Part<'_>)>> {
        let mut parts = vec![None; layout.assets.len()];
        let fills = self.fill(layout, |place, part| {
            if let Some(own) = parts.get_mut(place) {
                *own = Some(part);
            }
        });
        let assets = layout.assets.iter().zip(parts);
        let shown = assets.filter_map(|(asset, part)| Some((asset.id, part?)));
        fills.then(|| shown.collect())
    }

    /// Whether it has parts for a layout. A creative that is not made of parts is laid out by whoever made it.
    pub(super) fn fills(&self, layout: Option<&Layout>) -> bool {
        let layout = layout.filter(|_| self.native.is_some());
        layout.is_none_or(|layout| self.fill(layout, |_, _| {}))
    }

    fn fill<'a>(&'a self, layout: &Layout, mut show: impl FnMut(usize, Part<'a>)) -> bool {
        let Some(ad) = self.native.as_deref() else {
            return false;
        };
        let (mut taken, mut is_any) = (Taken::default(), false);
        for is_required in [true, false] {
            let assets = layout.assets.iter().enumerate();
            for (place, asset) in assets.filter(|own| own.1.required == is_required) {
                match self.part(ad, &asset.wanted, &mut taken) {
                    Some(part) => show(place, part),
                    None if is_required => return false,
                    None => continue,
                }
                is_any = true;
            }
        }
        is_any
    }

    /// The first part that is what is wanted and not taken; it is then.
    fn part<'a>(&self, ad: &'a NativeAd, wanted: &Wanted, taken: &mut Taken) -> Option<Part<'a>> {
        match wanted {
            Wanted::Unknown => None,
            Wanted::Title { longest } => {
                let title = take(&ad.titles, &mut taken.titles, |own| is_short(own, *longest));
                title.map(|own| Part::Title(own))
            }
            Wanted::Image {
                kind,
                width,
                height,
                mimes,
            } => {
                let fits = |own: &Image| {
                    kind.is_none_or(|kind| kind == own.kind)
                        && own.size.is_none_or(|size| width.fits(size.width))
                        && own.size.is_none_or(|size| height.fits(size.height))
                        && own
                            .mime
                            .as_ref()
                            .is_none_or(|mime| allows(mimes, Some(mime)))
                };
                take(&ad.images, &mut taken.images, fits).map(Part::Image)
            }
            Wanted::Data { kind, longest } => {
                let fits = |own: &Data| own.kind == *kind && is_short(&own.value, *longest);
                take(&ad.data, &mut taken.data, fits).map(Part::Data)
            }
            Wanted::Video {
                mimes,
                protocols,
                blocked_attributes,
                min_duration,
                max_duration,
            } => {
                let fits = |_: &String| {
                    self.comes_in(mimes, protocols)
                        && self.lasts(*min_duration, *max_duration)
                        && !self.has_any(blocked_attributes)
                };
                let vast = take(ad.vast.as_slice(), &mut taken.vast, fits);
                vast.map(|own| Part::Video(own))
            }
        }
    }
}

impl Layout {
    /// Bytes on the heap, about.
    pub fn heap_bytes(&self) -> usize {
        let texts = |all: &[String]| {
            all.iter()
                .map(|own| own.len() + size_of::<String>())
                .sum::<usize>()
        };
        let assets = self.assets.iter().map(|own| {
            let lists = match &own.wanted {
                Wanted::Unknown | Wanted::Title { .. } | Wanted::Data { .. } => 0,
                Wanted::Image { mimes, .. } => texts(mimes),
                Wanted::Video {
                    mimes,
                    protocols,
                    blocked_attributes,
                    ..
                } => texts(mimes) + 4 * (protocols.len() + blocked_attributes.len()),
            };
            size_of::<Asset>() + lists
        });
        let trackers = self.trackers.iter().flatten();
        let trackers = trackers.map(|own| size_of::<Tracking>() + 4 * own.methods.len());
        let version = self.version.as_ref().map_or(0, String::len);
        size_of::<Self>() + version + assets.sum::<usize>() + trackers.sum::<usize>()
    }
}

impl NativeAd {
    /// What is wrong with it as the field `outer`: a text that is empty or too long, a list that is too long, or more than `longest`
    /// bytes in all.
    pub(super) fn check(&self, outer: &str, longest: usize) -> Result<()> {
        let (link, images) = (&self.link, self.images.iter());
        let lone = [
            ("url", Some(&link.url)),
            ("fallback_url", link.fallback.as_ref()),
            ("vast", self.vast.as_ref()),
            ("privacy_url", self.privacy_url.as_ref()),
        ];
        let lists: [(&str, &str, usize, Vec<&String>); 5] = [
            (
                "click_trackers",
                "",
                longest,
                link.click_trackers.iter().collect(),
            ),
            ("titles", "", LONGEST_TEXT, self.titles.iter().collect()),
            (
                "images",
                ".url",
                longest,
                self.images.iter().map(|own| &own.url).collect(),
            ),
            (
                "data",
                ".value",
                LONGEST_TEXT,
                self.data.iter().map(|own| &own.value).collect(),
            ),
            (
                "trackers",
                ".url",
                longest,
                self.trackers.iter().map(|own| &own.url).collect(),
            ),
        ];
        let mut bytes = images
            .filter_map(|own| own.mime.as_ref())
            .map(String::len)
            .sum();
        for (field, text) in lone {
            bytes += text.map_or(0, String::len);
            if text.is_some_and(String::is_empty) {
                return Err(Error::invalid(format!("{outer}.{field}"), "is empty"));
            }
        }
        for (list, field, longest, texts) in lists {
            check_limit(format!("{outer}.{list}"), MOST_ENTRIES, texts.len())?;
            for (place, text) in texts.into_iter().enumerate() {
                let field = format!("{outer}.{list}[{place}]{field}");
                if text.is_empty() {
                    return Err(Error::invalid(field, "is empty"));
                }
                check_limit(field, longest, text.len())?;
                bytes += text.len();
            }
        }
        check_limit(outer.to_owned(), longest, bytes)
    }

    /// As far as it matters whether it fits: ads of one outline fit the same layouts.
    pub(super) fn outline(&self) -> Self {
        let blank = |own: &String| "x".repeat(own.chars().count());
        let image = |own: &Image| Image {
            url: String::new(),
            ..own.clone()
        };
        let data = |own: &Data| Data {
            kind: own.kind,
            value: blank(&own.value),
        };
        Self {
            link: Link::default(),
            titles: self.titles.iter().map(blank).collect(),
            images: self.images.iter().map(image).collect(),
            data: self.data.iter().map(data).collect(),
            vast: self.vast.as_ref().map(|_| String::new()),
            trackers: Vec::new(),
            privacy_url: None,
        }
    }
}

/// The first entry that fits and is not taken; it is then.
fn take<'a, T>(all: &'a [T], taken: &mut u64, fits: impl Fn(&T) -> bool) -> Option<&'a T> {
    let mut free = (0..MOST_ENTRIES)
        .zip(all)
        .filter(|(place, _)| *taken >> place & 1 == 0);
    let (place, own) = free.find(|(_, own)| fits(own))?;
    *taken |= 1 << place;
    Some(own)
}

/// Whether a text has at most so many characters.
fn is_short(text: &str, longest: Option<u32>) -> bool {
    // No character takes less than a byte.
    longest
        .is_none_or(|most| text.len() <= most as usize || text.chars().nth(most as usize).is_none())
}
