//! Impressions: what is offered, where on the page, at what floors and on what deals.

use treffer_core::auction::Context;
use treffer_core::auction::request::{DealOffer, Impression, Media, Offer};
use treffer_core::time::Instant;

use super::hour::hour_of_week;
use super::model::{Audio, Deal, Imp, Video};
use super::money::{currency, floor, micros};
use super::offer::{audio, banner, floors, native, video};
use super::refused::{Fault, Refused};
use super::words::{count, id, say_all, say_flag, say_name, say_number, say_word, texts, words};

/// What the numbers of positions stand for, from 1 on.
const POSITIONS: [&str; 7] = [
    "above_fold",
    "locked",
    "below_fold",
    "header",
    "footer",
    "sidebar",
    "fullscreen",
];

/// What the numbers of placements of a video stand for, from 1 on.
const PLACEMENTS: [&str; 4] = [
    "instream",
    "accompanying_content",
    "interstitial",
    "standalone",
];

/// What the numbers of who puts ads in stand for, from 1 on.
const INSERTIONS: [&str; 3] = ["client", "server_with_client_trackers", "server"];

/// What the numbers of feeds stand for, from 1 on.
const FEEDS: [&str; 7] = [
    "music_service",
    "broadcast",
    "podcast",
    "catch_up_radio",
    "web_radio",
    "video_game",
    "text_to_speech",
];

/// Reads an impression; `offset` is how many minutes the person's clock is ahead of UTC.
pub(super) fn impression(mut own: Imp, offset: i32) -> Result<Impression, Refused> {
    let id = id(own.id.take()).ok_or_else(|| Refused::new("id", Fault::Missing))?;
    let currency = currency("bidfloorcur", own.bidfloorcur.take())?;
    let floor = floor("bidfloor", own.bidfloor, currency.as_ref())?;
    let qty = own.qty.and_then(|qty| qty.multiplier).map(micros);
    let qty = qty
        .transpose()
        .map_err(|fault| Refused::new("qty.multiplier", fault))?;
    let mut context = Context::default();
    say_placement(&mut context, &own, offset)?;
    let pmp = own.pmp.take().unwrap_or_default();
    let deals = deals(pmp.deals)?;
    say_all(
        &mut context,
        "deals",
        deals.iter().map(|own| own.id.clone()).collect(),
    );
    let (secure, exp) = (own.secure, count(own.exp));
    let offers = offers(own, currency.as_ref(), &mut context)?;
    say_offers(&mut context, &offers);
    Ok(Impression {
        id,
        context,
        offers,
        secure,
        floor,
        deals,
        private_auction: pmp.private_auction,
        exp,
        qty,
    })
}

fn say_placement(context: &mut Context, own: &Imp, offset: i32) -> Result<(), Refused> {
    let banner = own.banner.as_ref().and_then(|own| own.pos);
    let video = own.video.as_ref().and_then(|own| own.pos);
    say_name(context, "position", &POSITIONS, banner.or(video));
    say_flag(context, "rewarded", own.rwdd);
    say_flag(context, "instl", own.instl);
    say_name(context, "ad_insertion", &INSERTIONS, own.ssai);
    let (video, audio) = (own.video.as_deref(), own.audio.as_deref());
    let placement = video.and_then(|own| own.plcmt);
    say_name(context, "placement", &PLACEMENTS, placement);
    say_name(context, "feed", &FEEDS, audio.and_then(|own| own.feed));
    say_flag(context, "skippable", video.and_then(|own| own.skip));
    say_course(context, video, audio);
    let Some(shown) = own.dt else { return Ok(()) };
    if !shown.is_finite() {
        return Err(Refused::new("dt", Fault::NotFinite));
    }
    // What is shown later, as on a screen in public, has an hour of its own. Zero is no time at all.
    if shown > 0.0 && shown < Instant::MAX.0 as f64 {
        context.hour("hour_of_week", hour_of_week(Instant(shown as i64), offset));
    }
    Ok(())
}

/// Says when in the content it starts, in which pod and at which place of it. What a video and an audio both say counts as of the
/// video.
fn say_course(context: &mut Context, video: Option<&Video>, audio: Option<&Audio>) {
    let either = |of_video: fn(&Video) -> Option<i32>, of_audio: fn(&Audio) -> Option<i32>| {
        let own = video.and_then(of_video);
        own.or_else(|| audio.and_then(of_audio))
    };
    let start = match either(|own| own.startdelay, |own| own.startdelay) {
        Some(0) => Some("pre_roll"),
        Some(-1 | 1..) => Some("mid_roll"),
        Some(-2) => Some("post_roll"),
        Some(_) | None => None,
    };
    let place = |own: Option<i32>| match own {
        Some(1) => Some("first"),
        Some(-1) => Some("last"),
        Some(_) | None => None,
    };
    let pod = either(|own| own.podseq, |own| own.podseq);
    let slot = either(|own| own.slotinpod, |own| own.slotinpod);
    let one_of_two = (slot == Some(2)).then_some("first_or_last");
    say_word(context, "start_delay", start);
    say_word(context, "pod_sequence", place(pod));
    say_word(context, "slot_in_pod", place(slot).or(one_of_two));
}

fn offers(
    own: Imp,
    currency: Option<&String>,
    context: &mut Context,
) -> Result<Vec<Offer>, Refused> {
    let mut offers: Vec<_> = own.banner.map(|own| banner(*own)).into_iter().collect();
    if let Some(own) = own.video {
        offers.extend(video(*own, currency).map_err(|refused| refused.within("video"))?);
    }
    if let Some(own) = own.audio {
        offers.extend(audio(*own, currency).map_err(|refused| refused.within("audio"))?);
    }
    if let Some(own) = own.native {
        offers.push(native(own, context).map_err(|refused| refused.within("native"))?);
    }
    if offers.is_empty() {
        return Err(Refused::new("", Fault::NoMedia));
    }
    Ok(offers)
}

/// Says what the offers have in common with targeting: media types, sizes, and how short and long a video or audio may be.
fn say_offers(context: &mut Context, offers: &[Offer]) {
    let mut media: Vec<_> = offers.iter().map(|own| media_name(own.media)).collect();
    media.dedup();
    context.texts("media_type", media);
    let sizes = offers.iter().flat_map(|own| &own.sizes);
    let sizes = sizes.map(|own| format!("{}x{}", own.width, own.height));
    let ratios = offers.iter().flat_map(|own| &own.ratios);
    let ratios = ratios.map(|own| {
        let (width, height) = reduced(own.width, own.height);
        format!("{width}:{height}")
    });
    say_all(context, "format", sizes.chain(ratios).collect());
    // What nothing can be says nothing.
    let possible = offers.iter().filter(|own| {
        let bounds = own.min_duration.zip(own.max_duration);
        bounds.is_none_or(|(min, max)| min <= max)
    });
    let shortest = possible.clone().filter_map(|own| own.min_duration).min();
    let longest = possible.filter_map(|own| own.max_duration).max();
    say_number(context, "min_duration", shortest);
    say_number(context, "max_duration", longest);
}

/// Two numbers without what divides both: `16:9` for `32:18`.
const fn reduced(a: u32, b: u32) -> (u32, u32) {
    let (mut divisor, mut rest) = (a, b);
    while rest > 0 {
        (divisor, rest) = (rest, divisor % rest);
    }
    match divisor {
        0 => (a, b),
        divisor => (a / divisor, b / divisor),
    }
}

const fn media_name(media: Media) -> &'static str {
    match media {
        Media::Banner => "banner",
        Media::Video => "video",
        Media::Audio => "audio",
        Media::Native => "native",
    }
}

fn deals(all: Vec<Deal>) -> Result<Vec<DealOffer>, Refused> {
    let deals = all.into_iter().enumerate();
    let read = |(place, own)| deal(own).map_err(|refused| refused.at("pmp.deals", place));
    deals.map(read).collect()
}

fn deal(own: Deal) -> Result<DealOffer, Refused> {
    let id = id(own.id).ok_or_else(|| Refused::new("id", Fault::Missing))?;
    let currency = currency("bidfloorcur", own.bidfloorcur)?;
    Ok(DealOffer {
        id,
        floor: floor("bidfloor", own.bidfloor, currency.as_ref())?,
        floors: floors(&own.durfloors, own.mincpmpersec, currency.as_ref())?,
        at: count(own.at),
        seats: texts(own.wseat),
        advertiser_domains: words(own.wadomain),
        guaranteed: own.guar.map(|own| own == 1),
    })
}
