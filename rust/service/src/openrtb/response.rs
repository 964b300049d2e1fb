//! Decisions as bid responses.

use std::sync::Arc;

use treffer_core::auction::advertiser::AdvertiserDefinition;
use treffer_core::auction::creative::CreativeDefinition;
use treffer_core::auction::floor::auction_currency;
use treffer_core::auction::key::{Key, escaped};
use treffer_core::auction::request::{Impression, Media, Offer, Request, Size};
use treffer_core::auction::{Bid, Book, Outcome, Stage};

use super::code::{NO_RATE, code, fallen, nbr};
use super::model::{self, BidResponse, BidResponseExt, NonBid, NonBidExt, SeatBid, SeatNonBid};
use super::money::units;
use super::native::native;
use super::notice::Notices;
use super::refused::Refused;

/// What the operator has settled about answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answering {
    /// The seat of bids whose deal and advertiser have none, and of all reasons; `None`: none is named.
    pub seat: Option<Arc<str>>,
    /// What exchanges call later on.
    pub notices: Notices,
    /// Whether answers tell at which stages line items fell.
    pub tells_reasons: bool,
}

/// Seconds after which a reservation lapses, where the impression does not say.
const LAPSE: u32 = 300;
/// The most seconds that one may last.
const LONGEST_LAPSE: u32 = 3_600;

/// The macro of markup that stands for the key.
const KEY: &str = "${TREFFER_KEY}";

impl Answering {
    /// The response to a request by the outcomes of its impressions, in their order; without bids it tells why. Line items and
    /// creatives are those of the book by which it was decided; a bid of what is not in it is left out.
    pub fn response(&self, request: &Request, outcomes: &[Outcome], book: &Book) -> BidResponse {
        let mut seats = Vec::new();
        for (impression, outcome) in request.impressions.iter().zip(outcomes) {
            let auction = Auction {
                answering: self,
                request,
                impression,
                book,
            };
            let bids = outcome.bids.iter().filter_map(|bid| auction.bid(bid));
            bids.for_each(|(seat, bid)| add(&mut seats, seat, bid));
        }
        let is_no_bid = seats.is_empty();
        let counts = outcomes.iter().map(|own| &own.counts);
        BidResponse {
            id: Some(request.id.clone()),
            seatbid: seats,
            cur: (!is_no_bid).then(|| auction_currency(book, request).to_owned()),
            nbr: is_no_bid.then(|| nbr(counts)),
            ext: self.reasons(request, outcomes, book),
        }
    }

    fn reasons(
        &self,
        request: &Request,
        outcomes: &[Outcome],
        book: &Book,
    ) -> Option<BidResponseExt> {
        let impressions = request.impressions.iter().zip(outcomes);
        let impressions = impressions.filter(|_| self.tells_reasons);
        let nonbid: Vec<_> = impressions
            .flat_map(|(own, outcome)| reasons((request, own), outcome, book))
            .collect();
        let seat = self.seat.as_deref().map(str::to_owned);
        (!nonbid.is_empty()).then(|| BidResponseExt {
            seatnonbid: vec![SeatNonBid { nonbid, seat }],
            basis: None,
        })
    }
}

impl Refused {
    /// The response to what could not be read.
    pub fn response(&self) -> BidResponse {
        BidResponse {
            id: Some(self.request.clone()),
            nbr: Some(self.nbr()),
            ..BidResponse::default()
        }
    }
}

fn reasons(
    (request, impression): (&Request, &Impression),
    outcome: &Outcome,
    book: &Book,
) -> impl Iterator<Item = NonBid> {
    fallen(&outcome.counts).map(move |(stage, fell)| NonBid {
        impid: Some(impression.id.clone()),
        statuscode: Some(match stage {
            Stage::Floor if !has_rates(book, request, impression) => NO_RATE.number,
            _ => code(stage).number,
        }),
        ext: Some(NonBidExt {
            stage: Some(stage.name().to_owned()),
            line_items: number(fell),
        }),
    })
}

/// Whether bids and the floor of an impression can be had in the currency of the auction.
fn has_rates(book: &Book, request: &Request, impression: &Impression) -> bool {
    let currency = auction_currency(book, request);
    let floor = impression.floor.as_ref();
    let floor = floor.and_then(|own| own.currency.as_deref());
    let is_spent = |own: &str| book.exchange(own, currency).is_some();
    let mut campaigns = book.campaigns.iter();
    is_spent(floor.unwrap_or_default())
        && (is_spent("") || campaigns.any(|(_, own)| own.definition.currency == currency))
}

fn add(seats: &mut Vec<SeatBid>, seat: Option<String>, bid: model::Bid) {
    match seats.iter_mut().find(|own| own.seat == seat) {
        Some(own) => own.bid.push(bid),
        None => seats.push(SeatBid {
            bid: vec![bid],
            seat,
        }),
    }
}

/// What the bids of an impression are made from.
struct Auction<'a> {
    answering: &'a Answering,
    request: &'a Request,
    impression: &'a Impression,
    book: &'a Book,
}

impl Auction<'_> {
    /// A bid and its seat.
    fn bid(&self, bid: &Bid) -> Option<(Option<String>, model::Bid)> {
        let item = self.book.line_items.entry(bid.line_item.0)?;
        let (campaign, advertiser) = self.book.owners(item)?;
        let creative = self.book.creatives.entry(bid.creative.0)?;
        let offer = creative.fits(advertiser, self.request, self.impression)?;
        let (line_item, deal) = (&item.definition.name, self.deal(bid));
        let mut own = described(creative, offer);
        let key = self.key(line_item);
        match &creative.native {
            Some(ad) => {
                let layout = offer.layout.as_deref();
                let written = native(creative, ad, layout, |text| shown(text, &key));
                (own.adm, own.adm_native) = (written.adm, written.adm_native);
                // What a video runs and can be had in is not said of an ad of texts.
                own.protocol = None;
                own.dur = own.dur.filter(|_| written.has_video);
            }
            None => own.adm = creative.markup.as_ref().map(|own| shown(own, &key)),
        }
        own.cid = Some(campaign.definition.name.clone());
        own.dealid = deal.cloned();
        fill_in(&mut own, advertiser);
        self.address(&mut own, &key);
        own.price = Some(units(bid.price));
        own.ext = Some(model::BidExt {
            line_item: Some(line_item.clone()),
            floor: Some(units(bid.floor)),
        });
        Some((self.seat(deal, advertiser), own))
    }

    /// Says for which impression a bid is, for how long, and how to tell what became of it.
    fn address(&self, own: &mut model::Bid, key: &Key) {
        let notices = &self.answering.notices;
        own.id = Some(bid_id(key, own.dealid.as_ref()));
        own.impid = Some(self.impression.id.clone());
        let expiry = self.impression.exp.filter(|seconds| *seconds > 0);
        own.exp = number(expiry.unwrap_or(LAPSE).min(LONGEST_LAPSE));
        own.nurl = Notices::filled(notices.win.as_ref(), key);
        own.burl = Notices::filled(notices.billing.as_ref(), key);
        own.lurl = Notices::filled(notices.loss.as_ref(), key);
    }

    /// The seat of the deal, else the advertiser's, else the house's.
    fn seat(&self, deal: Option<&String>, advertiser: &AdvertiserDefinition) -> Option<String> {
        let deal = deal.and_then(|deal| {
            let number = self.book.deals.number(deal)?;
            self.book.deals.entry(number)?.seat.as_ref()
        });
        let seat = deal.or(advertiser.seat.as_ref()).map(String::as_str);
        let seat = seat.or(self.answering.seat.as_deref());
        seat.map(str::to_owned)
    }

    fn key(&self, line_item: &str) -> Key {
        Key::new(&self.request.id, &self.impression.id, line_item)
    }

    fn deal(&self, bid: &Bid) -> Option<&String> {
        let deal = self.impression.deals.get(bid.deal? as usize)?;
        Some(&deal.id)
    }
}

/// The id of a bid: a line item may bid on several deals of one impression.
fn bid_id(key: &Key, deal: Option<&String>) -> String {
    match deal {
        Some(deal) => format!("{key}/{}", escaped(deal)),
        None => key.to_string(),
    }
}

/// What a creative is, as far as it is shown for an offer.
fn described(creative: &CreativeDefinition, offer: &Offer) -> model::Bid {
    let own = creative.sizes.iter().find(|own| offer.takes(**own));
    let size = own.or_else(|| offer.sizes.first()).copied();
    let ratio = match size {
        Some(size) if offer.sizes.contains(&size) => None,
        Some(size) => offer.ratios.iter().find(|own| own.has(size)),
        None => offer.ratios.first(),
    };
    let (w, h) = size.map_or((None, None), |Size { width, height }| {
        (number(width), number(height))
    });
    let (cat, cattax) = labelled(&creative.categories.codes, creative.categories.taxonomy);
    let (language, langb) = spoken(creative.language.as_deref());
    model::Bid {
        adid: Some(creative.name.clone()),
        crid: Some(creative.name.clone()),
        adomain: creative.domains.clone(),
        iurl: creative.image_url.clone(),
        bundle: creative.bundle.clone(),
        cat,
        cattax,
        attr: numbers(&creative.attributes),
        apis: numbers(&creative.apis),
        protocol: shared(&creative.protocols, &offer.protocols).and_then(number),
        language,
        langb,
        w,
        h,
        wratio: ratio.and_then(|own| number(own.width)),
        hratio: ratio.and_then(|own| number(own.height)),
        dur: creative.duration.and_then(number),
        mtype: Some(media_number(creative.media)),
        ..model::Bid::default()
    }
}

/// A text in which the key stands in the place of its macro. Braces alone mark nothing: markup holds scripts.
fn shown(text: &str, key: &Key) -> String {
    if !text.contains(KEY) {
        return text.to_owned();
    }
    text.replace(KEY, &escaped(&key.to_string()))
}

/// What a creative does not say of its own is that of its advertiser.
fn fill_in(own: &mut model::Bid, advertiser: &AdvertiserDefinition) {
    if own.bundle.is_none() {
        own.bundle.clone_from(&advertiser.bundle);
    }
    if own.adomain.is_empty() {
        own.adomain.extend(advertiser.domain.clone());
    }
    if own.cat.is_empty() {
        let categories = &advertiser.categories;
        (own.cat, own.cattax) = labelled(&categories.codes, categories.taxonomy);
    }
}

/// The first of ours that is offered; where one side says nothing, the first of the other.
fn shared<T: PartialEq + Copy>(own: &[T], offered: &[T]) -> Option<T> {
    let both = own.iter().find(|one| offered.contains(one));
    let either = if own.is_empty() { offered } else { own };
    both.or_else(|| either.first()).copied()
}

/// A language in the two letters of ISO 639-1, if it has them, and its whole tag, if that says more.
fn spoken(tag: Option<&str>) -> (Option<String>, Option<String>) {
    let first = tag.and_then(|own| own.split('-').next());
    let short = first.filter(|own| own.len() == 2);
    let long = tag.filter(|own| short != Some(*own));
    (short.map(str::to_owned), long.map(str::to_owned))
}

/// Categories, and their taxonomy if there are any.
fn labelled(codes: &[String], taxonomy: Option<u32>) -> (Vec<String>, Option<i32>) {
    let taxonomy = taxonomy.filter(|_| !codes.is_empty());
    (codes.to_vec(), taxonomy.and_then(number))
}

const fn media_number(media: Media) -> i32 {
    match media {
        Media::Banner => 1,
        Media::Video => 2,
        Media::Audio => 3,
        Media::Native => 4,
    }
}

pub(super) fn number(own: u32) -> Option<i32> {
    i32::try_from(own).ok()
}

fn numbers(all: &[u32]) -> Vec<i32> {
    all.iter().filter_map(|own| number(*own)).collect()
}
