//! The methods of `treffer.v1`: one table from a method and the bytes of its request to the bytes of its answer.

mod auctions;
mod audience;
mod book;
mod catalog;
mod codec;
mod delivery;
mod dimension;
mod entry;
mod identity;
mod ingest;
mod matching;
mod page;
mod request;
mod reserve;
mod sheet;
mod status;
mod watch;

use bytes::Bytes;
use prost::Message;
use treffer_core::time::Instant;
use treffer_core::view::View;

use crate::engine::Engine;
use crate::proto;
use crate::status::Status;

macro_rules! methods {
    ($($path:literal => $module:ident::$handler:ident,)*) => {
        /// All methods by their full names.
        pub const METHODS: &[&str] = &[$($path),*];

        impl Engine {
            /// Answers one request; of a stream that comes each request is one call, and one that goes answers with its next part, see
            /// `WatchRequest.wait_ms`. An unknown method, bytes that are not its request, and whatever the request does wrong end in
            /// a status; nothing has changed then, except what [`Engine::load`] says of batches.
            pub fn call(&self, method: &str, request: Bytes) -> std::result::Result<Vec<u8>, Status> {
                match method {
                    $($path => unary(self, request, $module::$handler),)*
                    _ => Err(Status::unknown_method(method)),
                }
            }
        }
    };
}

methods! {
    "/treffer.v1.CatalogService/Declare" => catalog::declare,
    "/treffer.v1.CatalogService/GetCatalog" => catalog::get_catalog,
    "/treffer.v1.CatalogService/DefineSegment" => catalog::define_segment,
    "/treffer.v1.CatalogService/DefineSegments" => catalog::define_segments,
    "/treffer.v1.CatalogService/GetSegment" => catalog::get_segment,
    "/treffer.v1.CatalogService/ListSegments" => catalog::list_segments,
    "/treffer.v1.CatalogService/DeleteSegment" => catalog::delete_segment,
    "/treffer.v1.CatalogService/PauseSegment" => catalog::pause_segment,
    "/treffer.v1.CatalogService/ResumeSegment" => catalog::resume_segment,
    "/treffer.v1.CatalogService/ListSegmentVersions" => catalog::list_segment_versions,
    "/treffer.v1.CatalogService/CheckRule" => catalog::check_rule,
    "/treffer.v1.IngestService/TrackEvents" => ingest::track_events,
    "/treffer.v1.IngestService/StreamEvents" => ingest::stream_events,
    "/treffer.v1.IngestService/LoadProfiles" => ingest::load_profiles,
    "/treffer.v1.IngestService/LoadItems" => ingest::load_items,
    "/treffer.v1.IngestService/VoidEvents" => ingest::void_events,
    "/treffer.v1.IdentityService/MergeProfiles" => identity::merge_profiles,
    "/treffer.v1.IdentityService/UnmergeProfiles" => identity::unmerge_profiles,
    "/treffer.v1.IdentityService/PreviewLink" => identity::preview_link,
    "/treffer.v1.IdentityService/ListMerges" => identity::list_merges,
    "/treffer.v1.AudienceService/Count" => audience::count,
    "/treffer.v1.AudienceService/Overlap" => audience::overlap,
    "/treffer.v1.AudienceService/Breakdown" => audience::breakdown,
    "/treffer.v1.AudienceService/Members" => audience::members,
    "/treffer.v1.AudienceService/Explain" => audience::explain,
    "/treffer.v1.AudienceService/ListMemberships" => audience::list_memberships,
    "/treffer.v1.AudienceService/Watch" => watch::watch,
    "/treffer.v1.BookService/DefineEntries" => book::define_entries,
    "/treffer.v1.BookService/GetLineItem" => book::get_line_item,
    "/treffer.v1.BookService/ListLineItems" => book::list_line_items,
    "/treffer.v1.MatchService/Match" => matching::match_requests,
    "/treffer.v1.MatchService/ExplainMatch" => matching::explain_match,
    "/treffer.v1.MatchService/BidOpenRtb" => matching::bid_open_rtb,
    "/treffer.v1.MatchService/Reserve" => reserve::reserve,
    "/treffer.v1.MatchService/ConfirmReservations" => reserve::confirm_reservations,
    "/treffer.v1.MatchService/CancelReservations" => reserve::cancel_reservations,
    "/treffer.v1.DeliveryService/ExplainDecision" => delivery::explain_decision,
    "/treffer.v1.DeliveryService/GetDelivery" => delivery::get_delivery,
    "/treffer.v1.DeliveryService/DryRun" => delivery::dry_run,
    "/treffer.v1.DeliveryService/ListIndexSwaps" => delivery::list_index_swaps,
    "/treffer.v1.StatusService/GetStatus" => status::get_status,
    "/treffer.v1.StatusService/ConfirmClock" => status::confirm_clock,
}

fn unary<Q: Message + Default, A: Message, E: Into<Status>>(
    engine: &Engine,
    request: Bytes,
    handler: impl FnOnce(&Engine, Q) -> std::result::Result<A, E>,
) -> std::result::Result<Vec<u8>, Status> {
    let request = Q::decode(request).map_err(|error| Status::invalid_message(&error))?;
    let answer = handler(engine, request).map_err(Into::into)?;
    Ok(answer.encode_to_vec())
}

/// The view that answered, at `at`.
pub(crate) fn view_at(view: &View, at: Instant) -> proto::View {
    proto::View {
        version: view.version(),
        time: (at > Instant::MIN).then(|| codec::timestamp(at)),
    }
}

/// The view that answered, at its own time.
#[expect(clippy::unnecessary_wraps, reason = "messages hold it as an option")]
fn view(view: &View) -> Option<proto::View> {
    Some(view_at(view, view.time()))
}
