//! Reservations of `MatchService`, alone and for what auctions bid.

use treffer_core::auction::confirm::Confirmed;
use treffer_core::auction::floor::auction_currency;
use treffer_core::auction::key::Key;
use treffer_core::auction::request::{Impression, Money, Request};
use treffer_core::auction::reservation::{LONGEST_LAPSE, Phase};
use treffer_core::auction::reserve::{Answer, Asked, ONE};
use treffer_core::auction::{Bid, Book, Outcome, Policy};
use treffer_core::error::{Error, Result};
use treffer_core::record::Command;
use treffer_core::rows::Report;
use treffer_core::time::Duration;
use treffer_core::view::View;

use super::matching::{policy, stage_number};
use super::request::money;
use super::{codec, view};
use crate::engine::Engine;
use crate::proto;
use crate::status::Status;

pub(super) fn reserve(
    engine: &Engine,
    request: proto::ReserveRequest,
) -> Result<proto::ReserveResponse> {
    let rows = request.reservations.into_iter().map(asked).collect();
    let (results, after) = judged(engine, rows, Command::Reserve, |own| own.key.clone())?;
    Ok(proto::ReserveResponse {
        view: view(&after),
        results,
    })
}

pub(super) fn confirm_reservations(
    engine: &Engine,
    request: proto::ConfirmReservationsRequest,
) -> Result<proto::ConfirmReservationsResponse> {
    let rows = request.confirmations.into_iter().map(confirmed).collect();
    let (results, after) = judged(engine, rows, Command::Confirm, |own| own.key.clone())?;
    Ok(proto::ConfirmReservationsResponse {
        view: view(&after),
        results,
    })
}

pub(super) fn cancel_reservations(
    engine: &Engine,
    request: proto::CancelReservationsRequest,
) -> Result<proto::CancelReservationsResponse> {
    let rows = request.keys.into_iter().map(|text| key(&text)).collect();
    let (results, after) = judged(engine, rows, Command::Cancel, Key::clone)?;
    Ok(proto::CancelReservationsResponse {
        view: view(&after),
        results,
    })
}

/// Runs the rows that can be read as one command, and says in their order what became of all.
fn judged<T>(
    engine: &Engine,
    rows: Vec<Result<T>>,
    command: impl FnOnce(Vec<T>) -> Command,
    key: impl Fn(&T) -> Key,
) -> Result<(Vec<proto::ReservationResult>, std::sync::Arc<View>)> {
    let (mut readable, mut places) = (Vec::new(), Vec::new());
    for row in rows {
        places.push(row.map(|own| {
            let key = key(&own);
            readable.push(own);
            key
        }));
    }
    let (report, after) = engine.change(command(readable))?;
    let mut answers = answers(report);
    let result = |place: Result<Key>| match place {
        Ok(key) => told(&after, &key, answers.next()),
        Err(error) => faulty(String::new(), error),
    };
    let results = places.into_iter().map(result).collect();
    Ok((results, after))
}

/// What became of each row, with what is wrong with it.
fn answers(report: Report) -> impl Iterator<Item = (Answer, Option<Error>)> {
    let mut refused = report.refused.into_iter();
    report.answers.into_iter().map(move |answer| {
        let refusal = (answer == Answer::Faulty).then(|| refused.next()).flatten();
        let fault = refusal.map(|own| Error::invalid(own.field, own.message));
        (answer, fault)
    })
}

fn told(
    after: &View,
    key: &Key,
    answer: Option<(Answer, Option<Error>)>,
) -> proto::ReservationResult {
    let (answer, fault) = answer.unwrap_or((Answer::Unknown, None));
    let (outcome, fell) = outcome(answer);
    let held = after.reservations().get(key);
    let held = held.filter(|own| own.phase(after.time()) == Phase::Held);
    proto::ReservationResult {
        key: key.to_string(),
        outcome: outcome as i32,
        fell,
        lapse_time: held.map(|own| codec::timestamp(own.lapses)),
        fault: fault.map(|own| Status::from(own).into_message()),
    }
}

fn faulty(key: String, error: Error) -> proto::ReservationResult {
    proto::ReservationResult {
        key,
        outcome: proto::ReservationOutcome::Faulty as i32,
        fault: Some(Status::from(error).into_message()),
        ..proto::ReservationResult::default()
    }
}

const fn outcome(answer: Answer) -> (proto::ReservationOutcome, i32) {
    match answer {
        Answer::Done => (proto::ReservationOutcome::Done, 0),
        Answer::Again => (proto::ReservationOutcome::Again, 0),
        Answer::Fell(stage) => (proto::ReservationOutcome::Fell, stage_number(stage)),
        Answer::Confirmed => (proto::ReservationOutcome::Confirmed, 0),
        Answer::Unknown => (proto::ReservationOutcome::Unknown, 0),
        Answer::Faulty => (proto::ReservationOutcome::Faulty, 0),
    }
}

fn asked(own: proto::ReservationRequest) -> Result<Asked> {
    Ok(Asked {
        key: Key {
            request: own.request,
            impression: own.impression,
            line_item: own.line_item,
        },
        ids: own.ids,
        price: money(own.price.unwrap_or_default(), "price")?,
        quantity: own.quantity_micros.unwrap_or(ONE),
        lapse: own.lapse_ms.map(Duration),
        exposure: own.exposure,
    })
}

fn confirmed(own: proto::ReservationConfirmation) -> Result<Confirmed> {
    Ok(Confirmed {
        key: key(&own.key)?,
        price: own.price.map(|own| money(own, "price")).transpose()?,
    })
}

fn key(text: &str) -> Result<Key> {
    let message = || format!("{text:.80?} is no key of a reservation");
    Key::parse(text).ok_or_else(|| Error::invalid("key", message()))
}

/// What an impression bids, decided and to be reserved.
pub(super) struct Bidding<'a> {
    pub(super) request: &'a Request,
    pub(super) outcomes: &'a mut [Outcome],
}

/// Reserves what is bid, all impressions of all requests in one command; bids that are refused go. Whom consent denies to know
/// stays unknown here too.
pub(super) fn reserve_bids(
    engine: &Engine,
    book: &Book,
    biddings: &mut [Bidding<'_>],
) -> Result<()> {
    let mut rows = Vec::new();
    let in_earnest = |own: &&mut Bidding<'_>| !own.request.test;
    for own in biddings.iter_mut().filter(in_earnest) {
        let policy = policy(engine.settings(), own.request)?;
        let both = own.request.impressions.iter().zip(own.outcomes.iter());
        for (impression, outcome) in both {
            let bids = outcome.bids.iter();
            let auction = (own.request, impression);
            rows.extend(bids.map(|bid| bid_asked(book, &policy, auction, bid)));
        }
    }
    if rows.is_empty() {
        return Ok(());
    }
    let (report, _) = engine.change(Command::Reserve(rows))?;
    let mut answers = report.answers.into_iter();
    for own in biddings.iter_mut().filter(in_earnest) {
        for outcome in own.outcomes.iter_mut() {
            outcome
                .bids
                .retain(|_| matches!(answers.next(), Some(Answer::Done | Answer::Again)));
        }
    }
    Ok(())
}

fn bid_asked(
    book: &Book,
    policy: &Policy,
    (request, impression): (&Request, &Impression),
    bid: &Bid,
) -> Asked {
    let item = book.line_items.entry(bid.line_item.0);
    let is_denied =
        item.is_none_or(|item| policy.denies(&request.consent, item.definition.purposes));
    let expiry = impression.exp.filter(|seconds| *seconds > 0);
    let expiry = expiry.map(|seconds| Duration(i64::from(seconds) * 1_000).min(LONGEST_LAPSE));
    Asked {
        key: Key::of_bid(book, (request, impression), bid),
        ids: if is_denied {
            Vec::new()
        } else {
            request.ids.clone()
        },
        price: Money {
            micros: bid.price,
            currency: Some(auction_currency(book, request).to_owned()),
        },
        quantity: impression.qty.filter(|own| *own > 0).unwrap_or(ONE),
        lapse: expiry,
        exposure: String::new(),
    }
}
