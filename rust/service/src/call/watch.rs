//! `AudienceService.Watch`: the feed, part by part.

#![expect(
    clippy::needless_pass_by_value,
    reason = "the table of methods hands each handler its request"
)]

use std::collections::BTreeSet;
use std::time::{Duration, Instant as Moment};

use treffer_core::bitmap::Bitmap;
use treffer_core::error::{Error, Result};
use treffer_core::id::{NamespaceId, ProfileId, SegmentId};
use treffer_core::segment::feed::{Cause, Change, Slice};
use treffer_core::time::Instant;
use treffer_core::view::View;

use super::audience::ids;
use super::{codec, view};
use crate::engine::Engine;
use crate::status::Status;
use crate::{proto, table};

/// Most bytes of one part of a snapshot, unless it has a single member: clients of gRPC take 4 MiB at once.
const PART_BYTES: usize = 1 << 20;

/// Members of a part that has ids, to begin with.
const PART: usize = 16_384;

/// Which segments are watched; `None`: all.
type Wanted = Option<BTreeSet<SegmentId>>;

/// The next part: what is there from the cursor on, or, after waiting for it, what has come.
pub(super) fn watch(
    engine: &Engine,
    request: proto::WatchRequest,
) -> std::result::Result<proto::WatchResponse, Status> {
    let mut now = engine.view();
    if request.snapshot {
        return Ok(snapshot(engine, &now, &request)?);
    }
    let wait_ms = request.wait_ms.min(engine.settings().wait_ms);
    let until = Moment::now() + Duration::from_millis(wait_ms.into());
    let mut cursor = request.cursor.unwrap_or_else(|| now.feed().next());
    loop {
        let namespaces = table::namespaces(&now, &request.namespaces)?;
        let slice = read(&now, cursor, page_size(engine, &request), &request.segments)?;
        let rest = until.saturating_duration_since(Moment::now());
        if !slice.changes.is_empty() || rest.is_zero() {
            return Ok(part(&now, slice, &namespaces));
        }
        cursor = slice.next;
        now = engine.await_news(rest, |view| view.feed().next() > cursor);
    }
}

fn page_size(engine: &Engine, request: &proto::WatchRequest) -> usize {
    let most = engine.settings().changes;
    match request.page_size as usize {
        0 => most.min(10_000),
        size => size.min(most),
    }
}

fn read(
    view: &View,
    cursor: u64,
    most: usize,
    segments: &[String],
) -> std::result::Result<Slice, Status> {
    let wanted = wanted(view, segments)?;
    let is_seen = |id| !view.catalog().is_hidden(id);
    let is_wanted = |id| {
        let wanted = wanted.as_ref();
        wanted.map_or_else(|| is_seen(id), |wanted| wanted.contains(&id))
    };
    let feed = view.feed();
    let slice = feed.read(cursor, most, is_wanted);
    slice.map_err(|bad| Status::bad_cursor(bad, cursor, feed.first(), feed.next()))
}

/// The segments of these names, deleted ones too; one that never was is not found.
fn wanted(view: &View, names: &[String]) -> Result<Wanted> {
    if names.is_empty() {
        return Ok(None);
    }
    let mut all = BTreeSet::new();
    for name in names {
        let called = view.catalog().segments_called(name);
        if called.is_empty() {
            return Err(Error::not_found("segment", name.as_str()));
        }
        all.extend(called);
    }
    Ok(Some(all))
}

fn part(now: &View, slice: Slice, namespaces: &[(String, NamespaceId)]) -> proto::WatchResponse {
    let changes = slice.changes.into_iter();
    proto::WatchResponse {
        view: view(now),
        snapshot: Vec::new(),
        changes: changes
            .map(|change| message(now, change, namespaces))
            .collect(),
        next_cursor: slice.next,
        snapshot_goes_on: false,
    }
}

fn message(now: &View, change: Change, namespaces: &[(String, NamespaceId)]) -> proto::Change {
    let name = now.catalog().segment_name(change.segment);
    proto::Change {
        sequence: change.sequence,
        segment: name.unwrap_or_default().to_owned(),
        profile: change.profile.0,
        ids: ids(now, holder(now, &change), namespaces),
        entered: change.entered,
        cause: cause(change.cause) as i32,
        event_id: change.event_id.unwrap_or_default(),
        time: (change.time > Instant::MIN).then(|| codec::timestamp(change.time)),
    }
}

/// Whose ids a change is of: what became of a profile that was merged away since may be on the other side by now.
fn holder(now: &View, change: &Change) -> ProfileId {
    let survivor = now.survivor(change.profile);
    let is_in = || {
        let mut segments = now.segments_of(survivor).iter();
        segments.any(|own| own == change.segment)
    };
    if survivor == change.profile || is_in() == change.entered {
        survivor
    } else {
        change.profile
    }
}

const fn cause(cause: Cause) -> proto::Cause {
    match cause {
        Cause::Time => proto::Cause::Time,
        Cause::Retention => proto::Cause::Retention,
        Cause::Attribute => proto::Cause::Attribute,
        Cause::Item => proto::Cause::Item,
        Cause::Edit => proto::Cause::Edit,
        Cause::Unmerge => proto::Cause::Unmerge,
        Cause::Merge => proto::Cause::Merge,
        Cause::Event(_) => proto::Cause::Event,
    }
}

/// All members of one view, and the cursor from which changes go on.
fn snapshot(
    engine: &Engine,
    now: &View,
    request: &proto::WatchRequest,
) -> Result<proto::WatchResponse> {
    if request.cursor.is_some() {
        let message = "a snapshot begins at its own cursor: leave the cursor out";
        return Err(Error::invalid("cursor", message));
    }
    let namespaces = table::namespaces(now, &request.namespaces)?;
    let mut cut = Cut {
        now,
        namespaces: &namespaces,
        limit: engine.settings().snapshot,
        bytes: 0,
        parts: Vec::new(),
    };
    for id in readable(now, &request.segments)? {
        cut.segment(id)?;
    }
    Ok(proto::WatchResponse {
        view: view(now),
        snapshot: cut.parts,
        changes: Vec::new(),
        next_cursor: now.feed().next(),
        snapshot_goes_on: false,
    })
}

/// Members in parts of about [`PART_BYTES`].
struct Cut<'a> {
    now: &'a View,
    namespaces: &'a [(String, NamespaceId)],
    /// So many bytes at most in all.
    limit: usize,
    bytes: usize,
    parts: Vec<proto::SegmentMembers>,
}

impl Cut<'_> {
    /// Adds the members of a segment, in at least one part.
    fn segment(&mut self, id: SegmentId) -> Result<()> {
        let members = self.now.members(id);
        let name = self.now.catalog().segment_name(id).unwrap_or_default();
        let mut size = PART;
        if self.namespaces.is_empty() {
            let whole = members.to_portable();
            if whole.len() <= PART_BYTES {
                return self.add(name, whole, Vec::new());
            }
            let parts = whole.len().div_ceil(PART_BYTES) as u64;
            size = members.len().div_ceil(parts) as usize;
        }
        let profiles: Vec<u32> = members.iter().collect();
        if profiles.is_empty() {
            return self.piece(name, &profiles);
        }
        let mut pieces = profiles.chunks(size.max(1));
        pieces.try_for_each(|piece| self.piece(name, piece))
    }

    /// Adds some members, in halves where they are too large.
    fn piece(&mut self, segment: &str, piece: &[u32]) -> Result<()> {
        let bitmap = Bitmap::from_sorted(piece.iter().copied()).to_portable();
        let mut ids = Vec::new();
        if !self.namespaces.is_empty() {
            ids = table::stream(&table::batches(self.now, piece, self.namespaces)?)?;
        }
        if bitmap.len() + ids.len() <= PART_BYTES || piece.len() <= 1 {
            return self.add(segment, bitmap, ids);
        }
        let (left, right) = piece.split_at(piece.len() / 2);
        self.piece(segment, left)?;
        self.piece(segment, right)
    }

    fn add(&mut self, segment: &str, bitmap: Vec<u8>, arrow_stream: Vec<u8>) -> Result<()> {
        self.bytes += bitmap.len() + arrow_stream.len();
        if self.bytes > self.limit {
            return Err(Error::Limit {
                field: "snapshot".to_owned(),
                limit: self.limit as u64,
                actual: self.bytes as u64,
            });
        }
        self.parts.push(proto::SegmentMembers {
            segment: segment.to_owned(),
            bitmap: bitmap.into(),
            arrow_stream: arrow_stream.into(),
        });
        Ok(())
    }
}

/// The segments of these names, or all that are live; a paused one cannot be read.
fn readable(view: &View, names: &[String]) -> Result<BTreeSet<SegmentId>> {
    let catalog = view.catalog();
    if names.is_empty() {
        let live = catalog.named_segments().filter(|own| !own.paused);
        return Ok(live.map(|own| own.id).collect());
    }
    let ids = names.iter().map(|name| {
        let id = catalog.segment_id(name);
        id.ok_or_else(|| Error::not_found("segment", name.as_str()))
    });
    let ids = ids.collect::<Result<BTreeSet<SegmentId>>>()?;
    catalog.refuse_paused(&ids)?;
    Ok(ids)
}
