//! `AudienceService`.

#![expect(
    clippy::needless_pass_by_value,
    reason = "the table of methods hands each handler its request"
)]

use std::sync::Arc;

use prost::Message;
use prost_types::Timestamp;
use treffer_core::bitmap::{Bitmap, Expression};
use treffer_core::error::{Error, Result};
use treffer_core::explain::{self, Explanation};
use treffer_core::id::{NamespaceId, ProfileId};
use treffer_core::time::Instant;
use treffer_core::view::View;

use super::page::{Page, mark};
use super::{codec, view_at};
use crate::audience::{Audience, Moment, Unit};
use crate::engine::Engine;
use crate::{proto, table};

/// The view of now and the instant that is asked for.
fn moment(engine: &Engine, at: Option<&Timestamp>) -> Result<(Arc<View>, Instant)> {
    let now = engine.view();
    let at = at.map(|at| codec::instant(at, "at")).transpose()?;
    let at = at.unwrap_or_else(|| now.time());
    Ok((now, at))
}

fn moment_of<'v>(engine: &Engine, view: &'v View, at: Instant) -> Moment<'v> {
    let threads = engine.settings().threads;
    Moment { view, at, threads }
}

fn audience(message: Option<&proto::Audience>) -> Result<Audience<'_>> {
    match message.and_then(|audience| audience.kind.as_ref()) {
        Some(proto::audience::Kind::Rule(rule)) => Ok(Audience::Rule(rule)),
        Some(proto::audience::Kind::Segment(name)) => Ok(Audience::Segment(name)),
        None => Err(Error::invalid(
            "audience",
            "a rule or a segment is required",
        )),
    }
}

/// Errors in the audience of a request name it.
fn in_audience(error: Error) -> Error {
    error.within("audience")
}

fn in_profile(error: Error) -> Error {
    error.named("profile")
}

fn unit(number: i32) -> Result<Unit> {
    match proto::Unit::try_from(number) {
        Ok(proto::Unit::Unspecified) => Ok(Unit::Profile),
        Ok(proto::Unit::Household) => Ok(Unit::Household),
        Err(_) => Err(Error::invalid("unit", format!("{number} is not a unit"))),
    }
}

pub(super) fn count(engine: &Engine, request: proto::CountRequest) -> Result<proto::CountResponse> {
    let (now, at) = moment(engine, request.at.as_ref())?;
    let audience = audience(request.audience.as_ref())?;
    let moment = moment_of(engine, &now, at);
    let count = match unit(request.unit)? {
        Unit::Profile => moment.count(audience),
        Unit::Household => moment.households(audience),
    };
    let count = count.map_err(in_audience)?;
    Ok(proto::CountResponse {
        view: Some(view_at(&now, at)),
        count,
    })
}

pub(super) fn overlap(
    engine: &Engine,
    request: proto::OverlapRequest,
) -> Result<proto::OverlapResponse> {
    let (limit, actual) = (engine.settings().overlap, request.audiences.len());
    if actual > limit {
        return Err(Error::Limit {
            field: "audiences".to_owned(),
            limit: limit as u64,
            actual: actual as u64,
        });
    }
    let (now, at) = moment(engine, request.at.as_ref())?;
    let audiences = request
        .audiences
        .iter()
        .enumerate()
        .map(|(place, message)| {
            audience(Some(message)).map_err(|_| {
                Error::invalid(
                    format!("audiences[{place}]"),
                    "a rule or a segment is required",
                )
            })
        });
    let audiences = audiences.collect::<Result<Vec<_>>>()?;
    Ok(proto::OverlapResponse {
        view: Some(view_at(&now, at)),
        counts: moment_of(engine, &now, at).overlap(&audiences)?,
    })
}

pub(super) fn breakdown(
    engine: &Engine,
    request: proto::BreakdownRequest,
) -> Result<proto::BreakdownResponse> {
    use proto::breakdown_request::By;
    let (now, at) = moment(engine, request.at.as_ref())?;
    let whole = audience(request.audience.as_ref())?;
    let moment = moment_of(engine, &now, at);
    let unit = unit(request.unit)?;
    let part = |(label, count)| proto::BreakdownPart { label, count };
    let view = Some(view_at(&now, at));
    match &request.by {
        None => Err(Error::invalid(
            "by",
            "an attribute or segments are required",
        )),
        Some(By::Attribute(attribute)) => {
            let limit = match request.limit as usize {
                0 => 1_000,
                limit => limit,
            };
            let limit = limit.min(engine.settings().parts);
            let found = moment
                .by_attribute(whole, attribute, unit, limit)
                .map_err(in_audience)?;
            Ok(proto::BreakdownResponse {
                view,
                total: found.total,
                parts: found.parts.into_iter().map(part).collect(),
                left_out: found.left_out,
            })
        }
        Some(By::Segments(segments)) => {
            let (total, counts) = moment
                .by_segments(whole, &segments.names, unit)
                .map_err(in_audience)?;
            let labels = segments.names.iter().cloned().map(Some).chain([None]);
            Ok(proto::BreakdownResponse {
                view,
                total,
                parts: labels
                    .zip(counts)
                    .filter(|(label, count)| label.is_some() || *count > 0)
                    .map(part)
                    .collect(),
                left_out: 0,
            })
        }
    }
}

pub(super) fn members(
    engine: &Engine,
    request: proto::MembersRequest,
) -> Result<proto::MembersResponse> {
    let form = match proto::MembersForm::try_from(request.form) {
        Ok(proto::MembersForm::Unspecified) | Err(_) => {
            return Err(Error::invalid(
                "form",
                "rows, Arrow or a bitmap is required",
            ));
        }
        Ok(form) => form,
    };
    check_members(engine, &request, form)?;
    let (now, mut at) = moment(engine, request.at.as_ref())?;
    let namespaces = table::namespaces(&now, &request.namespaces)?;
    let mark = mark_of(&request);
    let mut after = None;
    if !request.page_token.is_empty() {
        let page = Page::of(&request.page_token, mark)?;
        (at, after) = (page.at, Some(page.after));
    }
    let moment = moment_of(engine, &now, at);
    let audience = audience(request.audience.as_ref())?;
    let members = moment.members(audience).map_err(in_audience)?;
    let mut answer = proto::MembersResponse {
        view: Some(view_at(&now, at)),
        total: members.len(),
        ..proto::MembersResponse::default()
    };
    let chosen = match request.sample {
        None => members,
        Some(n) => sample(&members, n, request.seed),
    };
    if form == proto::MembersForm::Bitmap {
        answer.bitmap = chosen.to_portable().into();
        return Ok(answer);
    }
    let (page, more) = page(&chosen, after, page_size(engine, &request, form));
    if let Some(after) = more {
        answer.next_page_token = Page { after, at }.token(mark);
    }
    if form == proto::MembersForm::Rows {
        answer.members = page
            .into_iter()
            .map(|profile| member(&now, profile, &namespaces))
            .collect();
    } else {
        answer.arrow_stream = table::stream(&table::batches(&now, &page, &namespaces)?)?.into();
    }
    Ok(answer)
}

/// What forms do not go with.
fn check_members(
    engine: &Engine,
    request: &proto::MembersRequest,
    form: proto::MembersForm,
) -> Result<()> {
    if form == proto::MembersForm::Bitmap && !request.namespaces.is_empty() {
        return Err(Error::invalid("namespaces", "a bitmap holds no ids"));
    }
    let paged = form != proto::MembersForm::Bitmap && request.sample.is_none();
    if !paged && !request.page_token.is_empty() {
        return Err(Error::invalid(
            "page_token",
            "bitmaps and samples have no pages",
        ));
    }
    let (limit, actual) = (
        engine.settings().members as u64,
        u64::from(request.sample.unwrap_or(0)),
    );
    if form == proto::MembersForm::Rows && actual > limit {
        return Err(Error::Limit {
            field: "sample".to_owned(),
            limit,
            actual,
        });
    }
    Ok(())
}

/// What the pages of one request share.
fn mark_of(request: &proto::MembersRequest) -> u64 {
    let same = proto::MembersRequest {
        page_size: 0,
        page_token: String::new(),
        ..request.clone()
    };
    mark(&same.encode_to_vec())
}

fn page_size(engine: &Engine, request: &proto::MembersRequest, form: proto::MembersForm) -> usize {
    let most = engine.settings().members;
    match (form, request.page_size as usize, request.sample) {
        (proto::MembersForm::Rows, _, Some(_)) => most,
        (proto::MembersForm::Rows, 0, None) => most.min(10_000),
        (proto::MembersForm::Rows, size, None) => size.min(most),
        (_, _, Some(_)) | (_, 0, None) => usize::MAX,
        (_, size, None) => size,
    }
}

fn sample(members: &Bitmap, n: u32, seed: u64) -> Bitmap {
    let drawn = Expression::Set(members).sample(n as usize, seed);
    drawn.into_iter().collect()
}

/// At most `size` members after `after`, and the last of them if there are more.
fn page(members: &Bitmap, after: Option<u32>, size: usize) -> (Vec<u32>, Option<u32>) {
    let rest = match after.map(|after| after.checked_add(1)) {
        None => members.clone(),
        Some(Some(next)) => members - &Bitmap::full(0..next),
        Some(None) => Bitmap::default(),
    };
    let page: Vec<u32> = rest.iter().take(size).collect();
    let more = page
        .last()
        .copied()
        .filter(|_| (page.len() as u64) < rest.len());
    (page, more)
}

fn member(view: &View, profile: u32, namespaces: &[(String, NamespaceId)]) -> proto::Member {
    proto::Member {
        profile,
        ids: ids(view, ProfileId(profile), namespaces),
    }
}

/// The ids of a profile in some namespaces, each `namespace:value`.
pub(super) fn ids(
    view: &View,
    profile: ProfileId,
    namespaces: &[(String, NamespaceId)],
) -> Vec<String> {
    let ids = namespaces.iter().flat_map(|(name, namespace)| {
        let ids = view.names_in(profile, *namespace);
        ids.map(move |value| format!("{name}:{value}"))
    });
    ids.collect()
}

pub(super) fn list_memberships(
    engine: &Engine,
    request: proto::ListMembershipsRequest,
) -> Result<proto::ListMembershipsResponse> {
    let now = engine.view();
    let profile = now.profile(&request.profile).map_err(in_profile)?;
    let segments = now.segments_of(profile).iter();
    let segments = segments.filter(|id| !now.catalog().is_hidden(*id));
    let names = segments.filter_map(|id| now.catalog().segment_name(id));
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    names.sort_unstable();
    Ok(proto::ListMembershipsResponse {
        view: view_at(&now, now.time()).into(),
        profile: profile.0,
        segments: names,
    })
}

pub(super) fn explain(
    engine: &Engine,
    request: proto::ExplainRequest,
) -> Result<proto::ExplainResponse> {
    let (now, at) = moment(engine, request.at.as_ref())?;
    let audience = audience(request.audience.as_ref())?;
    let (rule, plan) = audience.checked(&now).map_err(in_audience)?;
    let profile = now.profile(&request.profile).map_err(in_profile)?;
    let person = now.person(profile);
    let explanation = explain::foretell(&rule, &plan, &person, now.catalog(), at);
    Ok(proto::ExplainResponse {
        view: Some(view_at(&now, at)),
        profile: profile.0,
        explanation: Some(explanation_message(explanation)),
    })
}

fn explanation_message(explanation: Explanation) -> proto::Explanation {
    proto::Explanation {
        text: explanation.text,
        holds: explanation.holds,
        value: explanation.seen.and_then(|seen| seen.text()),
        since: explanation.since.map(codec::timestamp),
        until: explanation.until.map(codec::timestamp),
        parts: explanation
            .parts
            .into_iter()
            .map(explanation_message)
            .collect(),
    }
}
