//! Creatives: what is shown.

use super::advertiser::Labels;
use super::native::NativeAd;
use super::request::{Media, Size};

/// A creative. What it does not say fits everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct CreativeDefinition {
    /// Its name.
    pub name: String,
    /// What it is made of.
    pub media: Media,
    /// Sizes that it can have.
    pub sizes: Vec<Size>,
    /// Seconds that it runs.
    pub duration: Option<u32>,
    /// Content types that it can be had in.
    pub mimes: Vec<String>,
    /// Protocols that it can be had in, as `OpenRTB` numbers them.
    pub protocols: Vec<u32>,
    /// API frameworks that it needs.
    pub apis: Vec<u32>,
    /// Attributes that publishers may block.
    pub attributes: Vec<u32>,
    /// What kind of banner it is, as `OpenRTB` numbers it, which publishers may block.
    pub banner_type: Option<u32>,
    /// Its language.
    pub language: Option<String>,
    /// Its categories.
    pub categories: Labels,
    /// Domains that it leads to.
    pub domains: Vec<String>,
    /// The app that it leads to.
    pub bundle: Option<String>,
    /// Whether all of it is served over TLS.
    pub secure: bool,
    /// How often it is chosen among others that fit; 0: never.
    pub weight: u32,
    /// What is shown: HTML, VAST or the JSON of a native ad. Whether it fits does not depend on it.
    pub markup: Option<String>,
    /// What a native ad is made of that is put together for each request, instead of markup.
    pub native: Option<Box<NativeAd>>,
    /// Where a picture of it is, for those who look over ads.
    pub image_url: Option<String>,
}

/// A deal that was agreed with a seller.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct DealDefinition {
    /// The id that requests carry.
    pub id: String,
    /// The seat that bids on it; `None`: the advertiser's.
    pub seat: Option<String>,
}
