//! `MatchService`.

use std::sync::Arc;

use arrow_array::RecordBatch;
use prost::Message;
use treffer_core::auction::floor::auction_currency;
use treffer_core::auction::key::Key;
use treffer_core::auction::request::{Impression, Request};
use treffer_core::auction::{Auction, Bid, Book, ContextValue, Counts, Outcome, Policy, Stage};
use treffer_core::error::{Error, Result};
use treffer_core::id::{LineItemId, ProfileId};
use treffer_core::view::View;

use super::auctions;
use super::entry::said;
use super::request::auction_request;
use super::reserve::{Bidding, reserve_bids};
use super::view;
use crate::arrow::{Batches, sound};
use crate::engine::Engine;
use crate::hindsight::Decided;
use crate::market::past::Basis;
use crate::market::{Known, Market};
use crate::openrtb::model::{BasisExt, BidResponse};
use crate::openrtb::{
    Answering, Reading, Refused, decode_json, decode_protobuf, encode_json, encode_protobuf,
};
use crate::proto;
use crate::settings::Settings;
use crate::status::Status;
use crate::table;

/// The dimension that holds what data providers say of the person.
const DATA: &str = "data";

pub(super) fn match_requests(
    engine: &Engine,
    request: proto::MatchRequest,
) -> Result<proto::MatchResponse> {
    let said = [
        !request.requests.is_empty(),
        !request.arrow_stream.is_empty(),
        !request.openrtb_json.is_empty(),
    ];
    if said.into_iter().filter(|own| *own).count() > 1 {
        let message = "requests come in one form: requests, arrow_stream or openrtb_json";
        return Err(Error::invalid("requests", message));
    }
    let settings = engine.settings();
    let now = engine.view();
    let market = engine.stall().market(&now);
    engine.hindsight().note(&now, &market);
    let mut arrow_stream = Vec::new();
    if !request.arrow_stream.is_empty() {
        let batches = Batches::new(request.arrow_stream);
        let rows = (batches, request.ignore.as_slice());
        let decided = auctions::decided(engine, (&now, &market), rows, request.reserve)?;
        arrow_stream = table::stream(&[decided])?;
    }
    let decide = |id: String, own: Result<Request>| {
        let made = own.and_then(|own| Answered::of(engine, (&now, &market), own));
        made.map_err(|error| (id, error))
    };
    let own = request.requests.into_iter();
    let own = own.map(|own| decide(own.id.clone(), auction_request(own, settings)));
    let openrtb = request.openrtb_json.iter().map(|body| {
        let (id, read) = match decode_json(body, &settings.reading, now.time()) {
            Ok(own) => (own.id.clone(), Ok(own)),
            Err(refused) => (refused.request.clone(), Err(refused.into())),
        };
        decide(id, read)
    });
    let mut all: Vec<_> = own.chain(openrtb).collect();
    if request.reserve {
        reserve_all(engine, &now, &mut all)?;
    }
    let book = now.catalog().book();
    let told = |own: std::result::Result<Answered, (String, Error)>| match own {
        Ok(own) => own.message(book, request.reserve),
        Err((request, error)) => proto::AuctionDecision {
            request,
            fault: Some(Status::from(error).into_message()),
            ..proto::AuctionDecision::default()
        },
    };
    Ok(proto::MatchResponse {
        view: view(&now),
        index: market.version(),
        decisions: all.into_iter().map(told).collect(),
        arrow_stream: arrow_stream.into(),
    })
}

impl Engine {
    /// Decides auctions as `MatchService.Match` does those of a stream, where they lie: the answer without its rows, encoded, and these.
    pub fn match_batches(
        &self,
        batches: Vec<RecordBatch>,
        ignore: &[String],
        reserve: bool,
    ) -> Result<(Vec<u8>, RecordBatch)> {
        let now = self.view();
        let market = self.stall().market(&now);
        self.hindsight().note(&now, &market);
        let rows = (sound(batches), ignore);
        let decided = auctions::decided(self, (&now, &market), rows, reserve)?;
        let answer = proto::MatchResponse {
            view: view(&now),
            index: market.version(),
            ..proto::MatchResponse::default()
        };
        Ok((answer.encode_to_vec(), decided))
    }
}

/// A request that is decided.
struct Answered {
    request: Request,
    profile: Option<ProfileId>,
    decided: Decided,
    /// Bids of each impression before any was left out.
    bids: Vec<usize>,
}

impl Answered {
    fn of(engine: &Engine, ground: (&View, &Arc<Market>), mut request: Request) -> Result<Self> {
        let policy = settle(engine.settings(), &mut request)?;
        Ok(Self::under(&policy, engine, ground, request))
    }

    fn under(
        policy: &Policy,
        engine: &Engine,
        ground: (&View, &Arc<Market>),
        request: Request,
    ) -> Self {
        let mut known = Known::of(ground.0, policy, &request);
        let hindsight = engine.hindsight();
        let decided = Decided {
            outcomes: hindsight.decide(ground, policy, &request, &mut known),
            basis: Basis::of(ground.0, ground.1, &request),
        };
        Self {
            profile: known.profile(),
            bids: decided.outcomes.iter().map(|own| own.bids.len()).collect(),
            request,
            decided,
        }
    }

    fn message(&self, book: &Book, reserves: bool) -> proto::AuctionDecision {
        let mut message = decision_message(book, &self.request, self.profile, &self.decided);
        let all = self.request.impressions.iter().zip(&self.decided.outcomes);
        let all = all.zip(&self.bids).zip(&mut message.impressions);
        for (((own, outcome), bids), told) in all {
            told.unreserved = bids.saturating_sub(outcome.bids.len()) as u32;
            if reserves && !self.request.test {
                for (told, bid) in told.bids.iter_mut().zip(&outcome.bids) {
                    told.reservation = Key::of_bid(book, (&self.request, own), bid).to_string();
                }
            }
        }
        message
    }
}

/// Reserves what was bid; what is refused is left out.
fn reserve_all<E>(
    engine: &Engine,
    now: &View,
    all: &mut [std::result::Result<Answered, E>],
) -> Result<()> {
    let decided = all.iter_mut().filter_map(|own| own.as_mut().ok());
    let biddings = decided.map(|own| Bidding {
        request: &own.request,
        outcomes: &mut own.decided.outcomes,
    });
    let mut biddings: Vec<_> = biddings.collect();
    reserve_bids(engine, now.catalog().book(), &mut biddings)
}

pub(super) fn bid_open_rtb(
    engine: &Engine,
    request: proto::BidOpenRtbRequest,
) -> Result<proto::BidOpenRtbResponse> {
    let is_json = match proto::OpenRtbEncoding::try_from(request.encoding) {
        Ok(proto::OpenRtbEncoding::Unspecified | proto::OpenRtbEncoding::Json) => true,
        Ok(proto::OpenRtbEncoding::Protobuf) => false,
        Err(_) => return Err(Error::invalid("encoding", "is not an encoding")),
    };
    let settings = engine.settings();
    let now = engine.view();
    let market = engine.stall().market(&now);
    engine.hindsight().note(&now, &market);
    let bidder = Bidder {
        engine,
        tells_basis: request.basis,
        now: &now,
        market: &market,
        reading: Reading {
            exchange: said(request.exchange),
            ..settings.reading.clone()
        },
        answering: Answering {
            tells_reasons: request.reasons,
            ..settings.answering.clone()
        },
        is_json,
    };
    let all = request.requests.iter().map(|body| bidder.bid(body));
    let mut all: Vec<_> = all.collect();
    if request.reserve {
        reserve_all(engine, &now, &mut all)?;
    }
    let answers = all.into_iter().map(|own| bidder.answer(own));
    Ok(proto::BidOpenRtbResponse {
        view: view(&now),
        index: market.version(),
        answers: answers.collect::<Result<_>>()?,
    })
}

/// What answers `OpenRTB` requests of one batch.
struct Bidder<'a> {
    engine: &'a Engine,
    tells_basis: bool,
    now: &'a View,
    market: &'a Arc<Market>,
    reading: Reading,
    answering: Answering,
    is_json: bool,
}

impl Bidder<'_> {
    fn answer(
        &self,
        answered: std::result::Result<Answered, Refused>,
    ) -> Result<proto::OpenRtbAnswer> {
        let (response, fault, basis) = match answered {
            Ok(own) => {
                let basis = own.decided.basis;
                (self.response(&own), None, Some(basis_message(basis)))
            }
            Err(refused) => {
                let response = refused.response();
                let fault = Status::from(Error::from(refused)).into_message();
                (response, Some(fault), None)
            }
        };
        let response = if self.is_json {
            encode_json(&response)?
        } else {
            encode_protobuf(&response)
        };
        Ok(proto::OpenRtbAnswer {
            response: response.into(),
            fault,
            basis,
        })
    }

    fn response(&self, own: &Answered) -> BidResponse {
        let (book, outcomes) = (self.now.catalog().book(), &own.decided.outcomes);
        let mut response = self.answering.response(&own.request, outcomes, book);
        if self.tells_basis {
            let ext = response.ext.get_or_insert_default();
            ext.basis = Some(basis_ext(own.decided.basis));
        }
        response
    }

    fn bid(&self, body: &[u8]) -> std::result::Result<Answered, Refused> {
        let decode = if self.is_json {
            decode_json
        } else {
            decode_protobuf
        };
        let mut request = decode(body, &self.reading, self.now.time())?;
        let policy = settle(self.engine.settings(), &mut request);
        let policy = policy.map_err(|_| Refused::unsettled(&request.id))?;
        let ground = (self.now, self.market);
        Ok(Answered::under(&policy, self.engine, ground, request))
    }
}

/// What auctions follow for a request; an error where nobody has settled it.
pub(super) fn policy(settings: &Settings, request: &Request) -> Result<Policy> {
    let said = request.consent.gdpr.or(settings.gdpr_unless_said);
    let gdpr = said.ok_or_else(|| {
        let message = "not said, and the setting `gdpr_unless_said` does not say it either";
        Error::state("consent.gdpr", message)
    })?;
    let house_seat = settings.answering.seat.clone();
    Ok(settings.auctions.policy(gdpr, house_seat))
}

/// As [`policy`]. Where consent is denied, what others tell of the person is taken out of the request.
pub(super) fn settle(settings: &Settings, request: &mut Request) -> Result<Policy> {
    let policy = policy(settings, request)?;
    if policy.denies_all(&request.consent) {
        let impressions = request.impressions.iter_mut().map(|own| &mut own.context);
        for context in impressions.chain([&mut request.context]) {
            context.set(DATA, ContextValue::Texts(Vec::new()));
        }
    }
    Ok(policy)
}

/// A decision as a message.
pub(super) fn decision_message(
    book: &Book,
    request: &Request,
    profile: Option<ProfileId>,
    Decided { outcomes, basis }: &Decided,
) -> proto::AuctionDecision {
    let both = request.impressions.iter().zip(outcomes);
    proto::AuctionDecision {
        request: request.id.clone(),
        currency: auction_currency(book, request).to_owned(),
        profile: profile.map(|profile| profile.0),
        impressions: both
            .map(|(own, outcome)| decided(book, own, outcome))
            .collect(),
        fault: None,
        basis: Some(basis_message(*basis)),
    }
}

/// What a decision was made from, as a message.
pub(super) const fn basis_message(basis: Basis) -> proto::DecisionBasis {
    proto::DecisionBasis {
        view: basis.view,
        index: basis.index,
        request_hash: basis.request,
    }
}

/// The same as part of a bid response.
fn basis_ext(basis: Basis) -> BasisExt {
    BasisExt {
        view: Some(basis.view.to_string()),
        index: Some(basis.index.to_string()),
        request_hash: Some(format!("{:016x}", basis.request)),
    }
}

fn decided(book: &Book, impression: &Impression, outcome: &Outcome) -> proto::ImpressionDecision {
    let bids = outcome.bids.iter();
    proto::ImpressionDecision {
        impression: impression.id.clone(),
        eligible: outcome.counts.eligible,
        fallen: fallen(&outcome.counts),
        bids: bids.map(|own| bid(book, impression, own)).collect(),
        unreserved: 0,
    }
}

pub(super) fn fallen(counts: &Counts) -> Vec<proto::StageCount> {
    let all = Stage::ALL.into_iter().zip(counts.fallen);
    all.filter(|(_, count)| *count > 0)
        .map(|(stage, count)| proto::StageCount {
            stage: stage_number(stage),
            count,
        })
        .collect()
}

fn bid(book: &Book, impression: &Impression, own: &Bid) -> proto::Bid {
    let deal = own
        .deal
        .and_then(|place| impression.deals.get(place as usize));
    let name = |name: Option<&str>| name.unwrap_or_default().to_owned();
    proto::Bid {
        line_item: name(book.line_items.name(own.line_item.0)),
        creative: name(book.creatives.name(own.creative.0)),
        deal: deal.map_or_else(String::new, |deal| deal.id.clone()),
        price_micros: own.price,
        floor_micros: own.floor,
        reservation: String::new(),
    }
}

pub(super) const fn stage_number(stage: Stage) -> i32 {
    let stage = match stage {
        Stage::Building => proto::Stage::Building,
        Stage::Status => proto::Stage::Status,
        Stage::Flight => proto::Stage::Flight,
        Stage::Budget => proto::Stage::Budget,
        Stage::Inventory => proto::Stage::Inventory,
        Stage::Daypart => proto::Stage::Daypart,
        Stage::Geo => proto::Stage::Geo,
        Stage::Device => proto::Stage::Device,
        Stage::Format => proto::Stage::Format,
        Stage::Deal => proto::Stage::Deal,
        Stage::BlockList => proto::Stage::BlockList,
        Stage::Consent => proto::Stage::Consent,
        Stage::Audience => proto::Stage::Audience,
        Stage::Cap => proto::Stage::Cap,
        Stage::CapStateMissing => proto::Stage::CapStateMissing,
        Stage::Creative => proto::Stage::Creative,
        Stage::Floor => proto::Stage::Floor,
        Stage::Pacing => proto::Stage::Pacing,
    };
    stage as i32
}

pub(super) fn explain_match(
    engine: &Engine,
    request: proto::ExplainMatchRequest,
) -> Result<proto::ExplainMatchResponse> {
    let settings = engine.settings();
    let now = engine.view();
    let mut auction = if request.openrtb_json.is_empty() {
        let asked = request.request.unwrap_or_default();
        auction_request(asked, settings).map_err(|error| error.within("request"))?
    } else {
        decode_json(&request.openrtb_json, &settings.reading, now.time())?
    };
    let market = engine.stall().market(&now);
    let policy = settle(settings, &mut auction).map_err(|error| error.within("request"))?;
    let mut known = Known::of(&now, &policy, &auction);
    let named = named(
        now.catalog().book(),
        &request.line_items,
        settings.explained,
    )?;
    let mut all = Vec::new();
    market.each(&now, &policy, &auction, &mut known, |impression, known| {
        let one = (&auction, impression);
        market.explain(&now, &policy, one, known, |own| {
            all.extend(verdicts(own, &named));
        });
    });
    Ok(proto::ExplainMatchResponse {
        view: view(&now),
        verdicts: all,
    })
}

/// The line items that are asked for.
pub(super) fn named(book: &Book, names: &[String], limit: usize) -> Result<Vec<LineItemId>> {
    let asked = if names.is_empty() {
        book.line_items.len() as usize
    } else {
        names.len()
    };
    if asked > limit {
        return Err(Error::Limit {
            field: "line_items".to_owned(),
            limit: limit as u64,
            actual: asked as u64,
        });
    }
    if names.is_empty() {
        return Ok((0..book.line_items.len()).map(LineItemId).collect());
    }
    let find = |name: &String| {
        let found = book.line_item_id(name);
        found.ok_or_else(|| Error::not_found("line item", name))
    };
    names.iter().map(find).collect()
}

pub(super) fn verdicts(auction: &Auction<'_>, named: &[LineItemId]) -> Vec<proto::LineItemVerdict> {
    let book = auction.catalog.book();
    let verdict = |id: &LineItemId| {
        let item = book.line_items.entry(id.0)?;
        let (judgement, failings) = auction.verdict(*id, item);
        let bids = judgement.bids.iter().filter(|_| judgement.fell.is_none());
        Some(proto::LineItemVerdict {
            impression: auction.impression.id.clone(),
            line_item: item.definition.name.clone(),
            fell: judgement.fell.map_or(0, stage_number),
            failing: failings.stages.into_iter().map(stage_number).collect(),
            false_parts: failings.leaves,
            bids: bids.map(|own| bid(book, auction.impression, own)).collect(),
        })
    };
    named.iter().filter_map(verdict).collect()
}
