//! `IdentityService`.

use treffer_core::error::Result;
use treffer_core::profile::link::Obstacle;
use treffer_core::profile::merge_log::{Cause, Merge, Outcome};
use treffer_core::record::Command;
use treffer_core::time::Instant;

use super::{codec, view};
use crate::engine::Engine;
use crate::proto;

/// Most entries of the merge log in one answer.
const MOST_MERGES: usize = 10_000;

pub(super) fn merge_profiles(
    engine: &Engine,
    request: proto::MergeProfilesRequest,
) -> Result<proto::MergeProfilesResponse> {
    let proto::MergeProfilesRequest { a, b } = request;
    let (_, after) = engine.change(Command::Merge { a, b })?;
    let view = view(&after);
    Ok(proto::MergeProfilesResponse { view })
}

pub(super) fn unmerge_profiles(
    engine: &Engine,
    request: proto::UnmergeProfilesRequest,
) -> Result<proto::UnmergeProfilesResponse> {
    let (_, after) = engine.change(Command::Unmerge { ids: request.ids })?;
    let view = view(&after);
    Ok(proto::UnmergeProfilesResponse { view })
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the table of methods hands each handler its request"
)]
pub(super) fn preview_link(
    engine: &Engine,
    request: proto::PreviewLinkRequest,
) -> Result<proto::PreviewLinkResponse> {
    let now = engine.view();
    let ids: Vec<&str> = request.ids.iter().map(String::as_str).collect();
    let joining = now.what_would_join(&ids)?;
    let refused = joining.refused.into_iter().map(|(id, why)| {
        let obstacle = obstacle(why) as i32;
        proto::RefusedLink { id, obstacle }
    });
    Ok(proto::PreviewLinkResponse {
        view: view(&now),
        profiles: joining.profiles.iter().map(|profile| profile.0).collect(),
        owner: joining.owner,
        ids: joining.ids,
        refused: refused.collect(),
    })
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "the table of methods takes results"
)]
pub(super) fn list_merges(
    engine: &Engine,
    request: proto::ListMergesRequest,
) -> Result<proto::ListMergesResponse> {
    let now = engine.view();
    let most = match request.page_size as usize {
        0 => 1_000,
        size => size.min(MOST_MERGES),
    };
    let counts = now.link_counts();
    Ok(proto::ListMergesResponse {
        view: view(&now),
        merges: now
            .merges(request.after, most)
            .into_iter()
            .map(entry)
            .collect(),
        links_kept: counts.kept,
        refused_unique: counts.unique,
        refused_limit: counts.limit,
        refused_apart: counts.apart,
        links_idle: counts.shared,
        shared_ids: counts.shared_ids,
    })
}

const fn obstacle(obstacle: Obstacle) -> proto::LinkObstacle {
    match obstacle {
        Obstacle::Apart => proto::LinkObstacle::Apart,
        Obstacle::Unique => proto::LinkObstacle::Unique,
        Obstacle::Limit => proto::LinkObstacle::Limit,
        Obstacle::Shared => proto::LinkObstacle::Shared,
    }
}

fn entry(merge: Merge) -> proto::MergeEntry {
    let (outcome, why) = match merge.outcome {
        Outcome::Merged => (
            proto::MergeOutcome::Merged,
            proto::LinkObstacle::Unspecified,
        ),
        Outcome::Split => (proto::MergeOutcome::Split, proto::LinkObstacle::Unspecified),
        Outcome::Refused(why) => (proto::MergeOutcome::Refused, obstacle(why)),
    };
    let (cause, event_id) = match merge.cause {
        Cause::Event(event_id) => (proto::MergeCause::Event, event_id),
        Cause::Row => (proto::MergeCause::ProfileRow, String::new()),
        Cause::ByHand => (proto::MergeCause::ByHand, String::new()),
    };
    proto::MergeEntry {
        sequence: merge.sequence,
        time: (merge.time > Instant::MIN).then(|| codec::timestamp(merge.time)),
        outcome: outcome as i32,
        ids: merge.ids,
        cause: cause as i32,
        event_id,
        obstacle: why as i32,
    }
}
