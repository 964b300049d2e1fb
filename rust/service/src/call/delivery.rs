//! `DeliveryService`.

#![expect(
    clippy::needless_pass_by_value,
    reason = "the table of methods hands each handler its request"
)]

use std::sync::Arc;

use treffer_core::auction::Policy;
use treffer_core::auction::request::Request;
use treffer_core::error::{Error, Result};
use treffer_core::id::LineItemId;
use treffer_core::rule::plan::Leaf;
use treffer_core::time::{Duration, Instant};
use treffer_core::view::View;

use super::entry::{entry, said};
use super::matching::{basis_message, decision_message, fallen, named, settle, verdicts};
use super::request::auction_request;
use super::{codec, view};
use crate::dry_run::{DryRun, quartiles};
use crate::engine::Engine;
use crate::hindsight::Decided;
use crate::market::Known;
use crate::market::past::{Answers, Past};
use crate::openrtb::{Reading, decode_json};
use crate::proto;
use crate::spans::Row;

/// A request that a caller brings, in either dialect.
enum Brought {
    Message(Box<proto::AuctionRequest>),
    OpenRtb(bytes::Bytes, String),
}

impl Brought {
    fn of(request: &proto::ExplainDecisionRequest) -> Option<Self> {
        let (body, exchange) = (&request.openrtb_json, &request.exchange);
        if !body.is_empty() {
            return Some(Self::OpenRtb(body.clone(), exchange.clone()));
        }
        let message = request.request.clone();
        message.map(|own| Self::Message(Box::new(own)))
    }

    /// As it is decided at an instant.
    fn settled(self, engine: &Engine, at: Instant) -> Result<(Request, Policy)> {
        let settings = engine.settings();
        let mut request = match self {
            Self::Message(own) => auction_request(*own, settings)?,
            Self::OpenRtb(body, exchange) => {
                let reading = Reading {
                    exchange: said(exchange),
                    ..settings.reading.clone()
                };
                decode_json(&body, &reading, at)?
            }
        };
        let policy = settle(settings, &mut request)?;
        Ok((request, policy))
    }
}

pub(super) fn explain_decision(
    engine: &Engine,
    request: proto::ExplainDecisionRequest,
) -> Result<proto::ExplainDecisionResponse> {
    if request.request_id.is_empty() {
        return Err(Error::invalid("request_id", "is required"));
    }
    let (past, source) = match logged(engine, &request)? {
        Some(past) => (past, proto::DecisionSource::Log),
        None => (brought(engine, &request)?, proto::DecisionSource::View),
    };
    let outcomes = past.decide();
    let same = past.outcomes.as_ref().map(|own| *own == outcomes);
    let proven = past.prove() == outcomes;
    let decided = Decided {
        basis: past.basis,
        outcomes,
    };
    let book = past.catalog().book();
    Ok(proto::ExplainDecisionResponse {
        view: Some(proto::View {
            version: past.basis.view,
            time: Some(codec::timestamp(past.time)),
        }),
        basis: Some(basis_message(past.basis)),
        source: source as i32,
        decision: Some(decision_message(
            book,
            &past.request,
            past.profile(),
            &decided,
        )),
        same,
        proven,
        verdicts: all_verdicts(engine, &past, &decided, &request.line_items)?,
    })
}

/// The auction that the log has under this id and basis; the request that the caller brings must be it.
fn logged(engine: &Engine, request: &proto::ExplainDecisionRequest) -> Result<Option<Arc<Past>>> {
    let wanted = request.basis.unwrap_or_default();
    let fits = |said: u64, own: u64| said == 0 || said == own;
    let is_wanted = |past: &Past| {
        fits(wanted.view, past.basis.view)
            && fits(wanted.index, past.basis.index)
            && fits(wanted.request_hash, past.basis.request)
    };
    let (journal, now) = (engine.hindsight().journal(), engine.view().time());
    let Some(past) = journal.find(&request.request_id, now, is_wanted) else {
        return Ok(None);
    };
    if let Some(brought) = Brought::of(request) {
        let brought = brought.settled(engine, past.time);
        let (brought, _) = brought.map_err(|error| error.within("request"))?;
        check(&brought, past.basis.request)?;
    }
    Ok(Some(past))
}

/// The auction of the request that the caller brings, by the view and the index that its decision told.
fn brought(engine: &Engine, request: &proto::ExplainDecisionRequest) -> Result<Arc<Past>> {
    let hindsight = engine.hindsight();
    let Some((brought, basis)) = Brought::of(request).zip(request.basis) else {
        let keeping = hindsight.keeping();
        let hint = format!(
            "; the log keeps one request in {} for {}: bring the request and the basis that the decision told",
            keeping.log_one_in, keeping.log_age
        );
        return Err(not_found("decision", &request.request_id, hint));
    };
    let Some((now, market)) = hindsight.moment(basis.view, basis.index) else {
        let keeping = hindsight.keeping();
        let hint = format!(
            " with index {}; the latest {} views are kept, for at most {}",
            basis.index, keeping.views, keeping.view_age
        );
        return Err(not_found("view", &basis.view.to_string(), hint));
    };
    let brought = brought.settled(engine, now.time());
    let (brought, policy) = brought.map_err(|error| error.within("request"))?;
    if brought.id != request.request_id {
        let message = format!("is {:?}, not {:?}", brought.id, request.request_id);
        return Err(Error::invalid("request.id", message));
    }
    check(&brought, basis.request_hash)?;
    let known = Known::of(&now, &policy, &brought);
    Ok(Arc::new(market.past(&now, &policy, &brought, &known)))
}

fn not_found(noun: &str, name: &str, hint: String) -> Error {
    Error::NotFound {
        noun: noun.to_owned(),
        name: name.to_owned(),
        hint,
    }
}

/// Whether a request is the one that was decided.
fn check(request: &Request, decided: u64) -> Result<()> {
    let own = request.fingerprint();
    if own == decided {
        return Ok(());
    }
    let message = format!(
        "is not the one that was decided: its hash is {own:016x}, that of the decision {decided:016x}"
    );
    Err(Error::invalid("request", message))
}

fn all_verdicts(
    engine: &Engine,
    past: &Past,
    decided: &Decided,
    names: &[String],
) -> Result<Vec<proto::LineItemVerdict>> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let (catalog, standing) = (past.catalog(), past.standing());
    let book = catalog.book();
    let named = named(book, names, engine.settings().explained)?;
    let items = named.iter().filter_map(|id| book.line_items.entry(id.0));
    let answers = Answers::of(catalog, items);
    let truth = |leaf: &Leaf| answers.get(leaf).is_some_and(|own| past.is_in(own));
    let mut all = Vec::new();
    past.each(&decided.outcomes, |impression, viewer| {
        let auction = past.auction(
            (catalog, past.stands(), &standing),
            (impression, viewer),
            &truth,
        );
        all.extend(verdicts(&auction, &named));
    });
    Ok(all)
}

pub(super) fn get_delivery(
    engine: &Engine,
    request: proto::GetDeliveryRequest,
) -> Result<proto::GetDeliveryResponse> {
    let length = match request.step_seconds {
        60 => Duration::MINUTE,
        0 | 3_600 => Duration::HOUR,
        other => {
            let message = format!("{other} is neither 60 nor 3,600");
            return Err(Error::invalid("step_seconds", message));
        }
    };
    let since = request.since.as_ref();
    let since = since.map(|since| codec::instant(since, "since"));
    let since = since.transpose()?.unwrap_or(Instant::MIN);
    let now = engine.view();
    let found = now.catalog().book().line_item_id(&request.line_item);
    let item = found.ok_or_else(|| Error::not_found("line item", &request.line_item))?;
    let hindsight = engine.hindsight();
    let rows = hindsight.delivery().rows(length, item, since);
    Ok(proto::GetDeliveryResponse {
        view: view(&now),
        one_in: hindsight.keeping().delivery_one_in,
        shed: hindsight.delivery().shed(),
        spans: rows.iter().map(span).collect(),
    })
}

fn span(row: &Row) -> proto::DeliverySpan {
    proto::DeliverySpan {
        start: Some(codec::timestamp(Instant(row.start))),
        requests: row.requests,
        impressions: row.counts.total().into(),
        eligible: row.counts.eligible.into(),
        answered: row.answered.into(),
        best: row.best.into(),
        fallen: fallen(&row.counts),
    }
}

pub(super) fn dry_run(
    engine: &Engine,
    request: proto::DryRunRequest,
) -> Result<proto::DryRunResponse> {
    let definition = request.line_item.clone().unwrap_or_default();
    let name = definition.name.clone();
    let kind = Some(proto::entry::Kind::LineItem(definition));
    let definition = entry(proto::Entry { kind })?;
    let pasts = auctions(engine, request)?;
    // Later than what is logged, so that no segment of then has a number that is free now.
    let now = engine.view();
    let mut catalog = now.catalog().clone();
    let defined = catalog.define_entries(&[definition], now.time());
    defined.map_err(|error| error.outside("entries[0]"))?;
    let number = catalog.book().line_item_id(&name);
    let run = number.and_then(|number: LineItemId| DryRun::of(&catalog, number, &now));
    let mut run = run.ok_or_else(|| Error::Internal("a line item was lost".to_owned()))?;
    pasts.iter().for_each(|past| run.look(past));
    Ok(tried(&now, run))
}

/// The auctions that a line item is tried on.
fn auctions(engine: &Engine, request: proto::DryRunRequest) -> Result<Vec<Arc<Past>>> {
    let now = engine.view();
    if request.requests.is_empty() && request.openrtb_json.is_empty() {
        return Ok(engine.hindsight().journal().all(now.time()));
    }
    let exchange = request.exchange;
    let messages = request.requests.into_iter();
    let messages = messages.map(|own| Brought::Message(Box::new(own)));
    let bodies = request.openrtb_json.into_iter();
    let bodies = bodies.map(|body| Brought::OpenRtb(body, exchange.clone()));
    let named = |field: &'static str| move |(place, own)| (format!("{field}[{place}]"), own);
    let messages = messages.enumerate().map(named("requests"));
    let bodies = bodies.enumerate().map(named("openrtb_json"));
    let market = engine.stall().market(&now);
    let past = |(field, own): (String, Brought)| {
        let settled = own.settled(engine, now.time());
        let (request, policy) = settled.map_err(|error| error.within(&field))?;
        let known = Known::of(&now, &policy, &request);
        Ok(Arc::new(market.past(&now, &policy, &request, &known)))
    };
    messages.chain(bodies).map(past).collect()
}

fn tried(now: &View, run: DryRun<'_>) -> proto::DryRunResponse {
    let prices = run.prices.into_iter();
    let prices = prices.map(|(currency, mut prices)| proto::PriceSpread {
        currency,
        bids: prices.len() as u64,
        quartiles_micros: quartiles(&mut prices),
    });
    proto::DryRunResponse {
        view: view(now),
        requests: run.requests,
        impressions: run.impressions,
        eligible: run.counts.eligible.into(),
        fallen: fallen(&run.counts),
        unknown: run.unknown,
        recalled: run.recalled,
        prices: prices.collect(),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "handlers have one shape")]
pub(super) fn list_index_swaps(
    engine: &Engine,
    request: proto::ListIndexSwapsRequest,
) -> Result<proto::ListIndexSwapsResponse> {
    let swaps = engine.stall().swaps().after(request.after).into_iter();
    let swaps = swaps.map(|own| proto::IndexSwap {
        index: own.index,
        replaced: own.replaced,
        view: own.view,
        time: (own.time > Instant::MIN).then(|| codec::timestamp(own.time)),
    });
    Ok(proto::ListIndexSwapsResponse {
        view: view(&engine.view()),
        swaps: swaps.collect(),
    })
}
