"""The engine as Python sees it: the same whether it lives in this process or behind gRPC."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol, Self, overload

from treffer import blame, codec, contract, matching, members, slices, streaming, tables, trade
from treffer.auction import Auction
from treffer.bidding import Bidding
from treffer.declarations import Attribute, Dimension, EventType, ItemAttribute, Namespace
from treffer.errors import InvalidArgument, raised
from treffer.looking_back import LookingBack
from treffer.rule import Rule
from treffer.transport import Refused
from treffer.v1 import audience_pb2, book_pb2, catalog_pb2, common_pb2, identity_pb2, ingest_pb2, match_pb2, status_pb2
from treffer.view import Count
from treffer.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from types import TracebackType
    from typing import Final, TypeAlias

    import pyarrow as pa

    from treffer.auction import Decision, Verdict
    from treffer.book import Entry
    from treffer.breakdown import Breakdown
    from treffer.catalog import Catalog, Segment, SegmentVersion
    from treffer.codec import Unit, When
    from treffer.decisions import Decisions
    from treffer.declarations import Declaration
    from treffer.exchange import Exchange
    from treffer.explanation import Explanation
    from treffer.identity import Joining, MergeLog
    from treffer.members import Members
    from treffer.overlap import Overlap
    from treffer.report import Report
    from treffer.tables import ArrowArray, ArrowStream, Batch
    from treffer.transport import Transport
    from treffer.view import View

    Progress: TypeAlias = Callable[[int], None]

# Room for what a request holds beside its Arrow stream.
HEADROOM: Final = 64 * 1024


def _listed(ids: Iterable[str]) -> list[str]:
    """A lone id is taken as one, not as its letters."""
    return [ids] if isinstance(ids, str) else list(ids)


class _Ingested(Protocol):
    """What the answers to all ingest calls have in common."""

    @property
    def view(self) -> common_pb2.View: ...
    @property
    def report(self) -> ingest_pb2.Report: ...


class Engine(LookingBack, Bidding):
    """An audience matching engine; made by `treffer.open`, `treffer.connect` and nothing else.

    Wherever a rule is asked for, the bare name of a segment means that segment. `at` is the instant for which a rule
    is decided: a datetime, a date or ISO 8601 text, UTC where it names no zone; without it the view's own time counts.
    At another instant only events and time operands differ: attributes and the catalog are today's.

    All methods may be called from several threads; none holds the GIL while the engine works. Faults are the exceptions
    of `treffer.errors`, each with the field and, in rules, the position; a call that raises has changed nothing, except
    where a large table went in several requests: then those before the fault stand, and sending it again is harmless.
    """

    def __init__(self, transport: Transport, request_bytes: int) -> None:
        """Speak over `transport` in requests of at most `request_bytes`."""
        self._transport = transport
        self._request_bytes = request_bytes

    # What is defined

    def declare(self, *declarations: Declaration | Iterable[Declaration]) -> View:
        """Declare namespaces, attributes, item attributes, event types and dimensions, all or none.

        Takes single declarations, presets and other iterables of them in any mix. Declaring again what is declared
        alike does nothing; an event type may gain properties; what differs otherwise raises `FailedPrecondition`.
        """
        flat: list[Declaration] = []
        for one in declarations:
            if isinstance(one, Namespace | Attribute | ItemAttribute | EventType | Dimension):
                flat.append(one)
            else:
                flat.extend(one)
        return codec.view(self._ask(codec.declare(flat), catalog_pb2.DeclareResponse).view)

    def catalog(self) -> Catalog:
        """Give everything that is declared."""
        return codec.catalog(self._ask(catalog_pb2.GetCatalogRequest(), catalog_pb2.GetCatalogResponse))

    def define_segment(self, name: str, rule: str, description: str = "") -> Segment:
        """Create a segment, or give it a new version; a definition equal to the present one does nothing.

        A faulty rule and a cycle of segments raise `InvalidArgument`.
        """
        request = catalog_pb2.DefineSegmentRequest(name=name, rule=rule, description=description)
        return codec.segment(self._ask(request, catalog_pb2.DefineSegmentResponse).segment)

    def define_segments(self, rules: Mapping[str, str]) -> View:
        """Create or edit several segments, names to rules, all or none: one look at the history serves them all.

        One may use those before it. A fault tells which one, as `segments[N]`.
        """
        defined = (catalog_pb2.DefineSegmentRequest(name=name, rule=rule) for name, rule in rules.items())
        request = catalog_pb2.DefineSegmentsRequest(segments=defined)
        return codec.view(self._ask(request, catalog_pb2.DefineSegmentsResponse).view)

    def segment(self, name: str) -> Segment:
        """Give one segment; `NotFound` when there is none of that name."""
        answer = self._ask(catalog_pb2.GetSegmentRequest(name=name), catalog_pb2.GetSegmentResponse)
        return codec.segment(answer.segment)

    def segments(self) -> tuple[Segment, ...]:
        """Give all segments, ordered by name."""
        found: list[Segment] = []
        request = catalog_pb2.ListSegmentsRequest(page_size=1_000)
        while True:
            answer = self._ask(request, catalog_pb2.ListSegmentsResponse)
            found += map(codec.segment, answer.segments)
            request.page_token = answer.next_page_token
            if not request.page_token:
                return tuple(found)

    def delete_segment(self, name: str) -> View:
        """Remove a segment: `NotFound` when there is none, `FailedPrecondition` while another segment uses it."""
        answer = self._ask(catalog_pb2.DeleteSegmentRequest(name=name), catalog_pb2.DeleteSegmentResponse)
        return codec.view(answer.view)

    def pause_segment(self, name: str) -> Segment:
        """Stop keeping a segment live: its members leave, and it cannot be read until it is resumed.

        Reading it, and pausing it while another segment uses it, raise `FailedPrecondition`. Again: does nothing.
        """
        answer = self._ask(catalog_pb2.PauseSegmentRequest(name=name), catalog_pb2.PauseSegmentResponse)
        return codec.segment(answer.segment)

    def resume_segment(self, name: str) -> Segment:
        """Make a paused segment live again, its members decided anew. Again: does nothing."""
        answer = self._ask(catalog_pb2.ResumeSegmentRequest(name=name), catalog_pb2.ResumeSegmentResponse)
        return codec.segment(answer.segment)

    def segment_versions(self, name: str) -> tuple[SegmentVersion, ...]:
        """Give what a segment was and is, the oldest version first."""
        request = catalog_pb2.ListSegmentVersionsRequest(name=name)
        answer = self._ask(request, catalog_pb2.ListSegmentVersionsResponse)
        return tuple(map(codec.segment_version, answer.versions))

    def check(self, rule: str) -> Rule:
        """Give `rule` in canonical form, with the names it uses; `InvalidArgument` tells the position of a fault."""
        answer = self._ask(catalog_pb2.CheckRuleRequest(rule=rule), catalog_pb2.CheckRuleResponse)
        return Rule(answer, codec.view(answer.view))

    # What comes in

    def load_items(
        self,
        items: Batch,
        *,
        unset: Iterable[str] = (),
        ignore: Iterable[str] = (),
        progress: Progress | None = None,
    ) -> Report:
        """Write attributes of items: a column `item`, and one per declared item attribute. Null writes nothing.

        Past events see the new values too. See `load_profiles` for `unset`, and `track` for what `items` may be,
        `ignore` and `progress`.
        """
        gone, ignored = _listed(unset), _listed(ignore)

        def send(stream: bytes) -> _Ingested:
            request = ingest_pb2.LoadItemsRequest(arrow_stream=stream, ignore=ignored, unset=gone)
            return self._ask(request, ingest_pb2.LoadItemsResponse)

        return self._send(tables.table(items, ignored, "item"), send, progress)

    def load_profiles(
        self,
        profiles: Batch,
        *,
        unset: Iterable[str] = (),
        ignore: Iterable[str] = (),
        progress: Progress | None = None,
    ) -> Report:
        """Write attributes of profiles: columns named after namespaces and attributes, and optionally `time`.

        Profiles whose ids are new come into being. Null writes nothing; a set replaces the set; of two writes the later
        `time` wins, and a row without one takes the engine's. `unset` names attributes that every row takes away, which
        is a write like others. See `track` for `profiles`, `ignore` and `progress`.
        """
        gone, ignored = _listed(unset), _listed(ignore)

        def send(stream: bytes) -> _Ingested:
            request = ingest_pb2.LoadProfilesRequest(arrow_stream=stream, ignore=ignored, unset=gone)
            return self._ask(request, ingest_pb2.LoadProfilesResponse)

        return self._send(tables.table(profiles, ignored, "time"), send, progress)

    def track(self, events: Batch, *, ignore: Iterable[str] = (), progress: Progress | None = None) -> Report:
        """Take events: what was done, when, by whom.

        Columns: `event_id`, `type` and `time`; namespaces, of which a row needs one id; and any of `item`, `value`,
        `quantity`, `channel` and declared properties. `events` is anything that exports the Arrow C interface (pyarrow,
        polars, duckdb, pandas), or, for small things, a list of dicts. Rows at fault are refused one by one and listed
        in the report; a column that is undeclared and not in `ignore` refuses the whole with `InvalidArgument`. The
        same event again is a duplicate and changes nothing. `progress` is told the number of rows done after each
        request.
        """
        ignored = _listed(ignore)

        def send(stream: bytes) -> _Ingested:
            request = ingest_pb2.TrackEventsRequest(arrow_stream=stream, ignore=ignored)
            return self._ask(request, ingest_pb2.TrackEventsResponse)

        return self._send(tables.table(events, ignored, "event_id"), send, progress)

    def stream(self, batches: Iterable[Batch], *, ignore: Iterable[str] = (), ahead: int = 4) -> Iterator[Report]:
        """Take batches of events as they come; give the report of each, in order. Nothing is done before it is read.

        Batches and `ignore` are as for `track`. Up to `ahead` batches are on their way before the oldest report is
        awaited, so that a served engine is never idle; a report that is there is given before the next batch is asked
        for, and with `ahead=0` each is. A batch that is wrong as a whole is told in the `fault` of its report, and the
        next goes on; what ends the stream is raised, and what had no report may be sent again without harm.
        """
        ignored = _listed(ignore)
        method = contract.BY_REQUEST[ingest_pb2.StreamEventsRequest.DESCRIPTOR.full_name]

        def cut(batch: Batch) -> Iterator[tuple[int, bytes]]:
            rows = tables.table(batch, ignored, "event_id")
            return ((first_row, stream) for first_row, _, stream in slices.streams(rows, self._room))

        return streaming.reports(lambda: self._open(method), batches, cut, ignored, ahead)

    def void(self, event_ids: Iterable[str]) -> Report:
        """Make accepted events as if they had not happened. Unknown ids are refused rows, repeated ones duplicates.

        Which ids are one profile stays as it is, also where such an event told it: see `unmerge`.
        """
        request = ingest_pb2.VoidEventsRequest(event_ids=_listed(event_ids))
        answer = self._ask(request, ingest_pb2.VoidEventsResponse)
        return codec.report([(0, answer.view, answer.report)])

    def memory(self) -> dict[str, int]:
        """Give the bytes on the heap by part, in process only.

        The parts: ids, attributes, items, history, derived, event_ids, live, members, rows, feed, reservations,
        auction_index. Segments take `live`, which keeps them, `members` by segment, `rows` by profile, and `feed`.
        """
        try:
            return self._transport.memory()
        except Refused as refusal:
            raise raised(refusal.status) from None

    def advance(self, to: When) -> None:
        """Move a manual clock forward to an instant, or confirm up to there a system clock that has jumped.

        Engine time waits where the system clock jumps ahead by more than an hour. Without a jump, for a clock that
        follows events, and backwards `FailedPrecondition` is raised. Of a served engine only a clock that has jumped
        can be confirmed.
        """
        stamp = codec.timestamp(to, "to")
        if stamp is None:
            raise InvalidArgument("to: an instant is needed", field="to")
        try:
            self._transport.advance(stamp.ToMilliseconds())
        except Refused as refusal:
            raise raised(refusal.status) from None

    # Which ids are one profile

    def merge(self, a: str, b: str) -> View:
        """Make the profiles of two ids (`crm:4711`) one by hand, whatever an earlier `unmerge` said.

        An id that nobody has raises `NotFound`; where uniqueness or a limit forbids it, `FailedPrecondition`.
        """
        request = identity_pb2.MergeProfilesRequest(a=a, b=b)
        return codec.view(self._ask(request, identity_pb2.MergeProfilesResponse).view)

    def unmerge(self, ids: Iterable[str]) -> View:
        """Set ids of one profile apart from its others, until a `merge`; what each did goes with it.

        Raises `FailedPrecondition` for ids of several profiles, for all ids of one, and for one that was never merged.
        """
        request = identity_pb2.UnmergeProfilesRequest(ids=_listed(ids))
        return codec.view(self._ask(request, identity_pb2.UnmergeProfilesResponse).view)

    def preview_link(self, ids: Iterable[str]) -> Joining:
        """Say what a row with these ids would join, and what would be refused; nothing changes."""
        request = identity_pb2.PreviewLinkRequest(ids=_listed(ids))
        return codec.joining(self._ask(request, identity_pb2.PreviewLinkResponse))

    def merges(self, after: int = 0, *, limit: int = 1_000) -> MergeLog:
        """Give at most `limit` entries of the merge log after the sequence number `after`, the oldest first.

        The log keeps about the last ten thousand entries.
        """
        after, limit = blame.unsigned(after, "after", 64), blame.unsigned(limit, "limit")
        request = identity_pb2.ListMergesRequest(after=after, page_size=limit)
        return codec.merges(self._ask(request, identity_pb2.ListMergesResponse))

    # What is asked

    def count(self, rule: str, at: When | None = None, *, unit: Unit = "profile") -> Count:
        """Count the profiles of an audience, exactly; or its households, where those without count for none."""
        request = audience_pb2.CountRequest(
            audience=codec.audience(rule), at=codec.timestamp(at, "at"), unit=codec.unit(unit)
        )
        answer = self._ask(request, audience_pb2.CountResponse)
        return Count(answer.count, codec.view(answer.view))

    def overlap(self, rules: Sequence[str], at: When | None = None) -> Overlap:
        """Count what each two of several audiences share."""
        labels = tuple(rules)
        request = audience_pb2.OverlapRequest(audiences=map(codec.audience, labels), at=codec.timestamp(at, "at"))
        return codec.overlap(labels, self._ask(request, audience_pb2.OverlapResponse))

    def breakdown(
        self, rule: str, by: str | Sequence[str], at: When | None = None, *, limit: int = 0, unit: Unit = "profile"
    ) -> Breakdown:
        """Count an audience by the values of an attribute (`by` is its name) or by segments (`by` lists their names).

        Of an attribute at most `limit` values are given, the largest first; 0 stands for 1,000. By the unit `household`
        different households are counted, each in every part in which it has a member.
        """
        request = audience_pb2.BreakdownRequest(
            audience=codec.audience(rule), at=codec.timestamp(at, "at"), unit=codec.unit(unit)
        )
        request.limit = blame.unsigned(limit, "limit")
        if isinstance(by, str):
            request.attribute = by
        else:
            request.segments.CopyFrom(audience_pb2.SegmentNames(names=by))
        return codec.breakdown(self._ask(request, audience_pb2.BreakdownResponse))

    def members(self, rule: str, at: When | None = None) -> Members:
        """Give the profiles of an audience, in any of several forms."""
        request = audience_pb2.MembersRequest(audience=codec.audience(rule), at=codec.timestamp(at, "at"))
        return members.asked(request, lambda asking: self._ask(asking, audience_pb2.MembersResponse))

    def explain(self, profile: str, rule: str, at: When | None = None) -> Explanation:
        """Say why a profile, named by any of its ids (`crm:4711`), is in an audience or not.

        A profile that nobody has heard of raises `NotFound`.
        """
        request = audience_pb2.ExplainRequest(
            profile=profile, audience=codec.audience(rule), at=codec.timestamp(at, "at")
        )
        answer = self._ask(request, audience_pb2.ExplainResponse)
        return codec.explanation(answer.explanation, codec.view(answer.view))

    def segments_of(self, profile: str) -> tuple[str, ...]:
        """Name the live segments that a profile (`crm:4711`) is in, sorted; an unknown profile raises `NotFound`."""
        request = audience_pb2.ListMembershipsRequest(profile=profile)
        return tuple(self._ask(request, audience_pb2.ListMembershipsResponse).segments)

    def watch(
        self, *segments: str, ids: Iterable[str] = (), cursor: int | None = None, snapshot: bool = False
    ) -> Watch:
        """Iterate over who enters and leaves `segments` (none: all), from now on, waiting for what comes.

        `ids` lists the namespaces whose ids are wanted with each change. `cursor` is where an earlier watch ended; from
        there no change is missed and none told twice. With `snapshot` the watch begins with all members, see
        `Watch.snapshot`. A cursor whose changes are no longer kept, or that is ahead of all, raises `OutOfRange`, whose
        metadata says what there is: `first` and `next`. A reader never slows the engine; one that is slower than the
        changes come, by more than 4 million of them, is told so by that error too. Close the watch when done.
        """
        request = audience_pb2.WatchRequest(segments=segments, snapshot=snapshot, namespaces=_listed(ids))
        if cursor is not None:
            request.cursor = blame.unsigned(cursor, "cursor", 64)
        method = contract.BY_REQUEST[request.DESCRIPTOR.full_name]
        return Watch(self._transport.watch(method, request.SerializeToString()))

    def live(self) -> dict[str, int]:
        """Tell how segments are kept live, in numbers that begin with the engine.

        `segments` that are live; how often something was `judged`; `alarms` that went off and `waiting_alarms`; `flips`
        of memberships, of which `expiries` by time alone; `lag_ms` by which the view is behind the clock while expiries
        are caught up with; `held`, whether the clock has jumped and waits for `advance`; `feed_first` and `feed_next`,
        the first change that `watch` can tell and the next that there will be.
        """
        return codec.live(self._ask(status_pb2.GetStatusRequest(), status_pb2.GetStatusResponse).live)

    # Auctions

    def book(self, *entries: Entry) -> View:
        """Define or edit what auctions know of advertisers, all or none: see `treffer.book` for the entries.

        Later ones may name earlier ones; the name decides which entry is edited. Answers when auctions see them. A
        fault raises `InvalidArgument` whose field begins with `entries[N].`.
        """
        return codec.view(self._ask(trade.entries(entries), book_pb2.DefineEntriesResponse).view)

    def line_items(self) -> dict[str, str]:
        """Give the rule of every line item, archived ones too, by name, ordered by name."""
        found: dict[str, str] = {}
        request = book_pb2.ListLineItemsRequest(page_size=10_000)
        while True:
            answer = self._ask(request, book_pb2.ListLineItemsResponse)
            found |= {one.name: one.rule for one in answer.line_items}
            request.page_token = answer.next_page_token
            if not request.page_token:
                return found

    @overload
    def match(
        self, requests: ArrowStream | ArrowArray, *, ignore: Iterable[str] = (), reserve: bool = False
    ) -> Decisions: ...
    @overload
    def match(
        self,
        requests: Iterable[Auction | bytes | str | Mapping[str, object]],
        *,
        ignore: Iterable[str] = (),
        reserve: bool = False,
    ) -> tuple[Decision, ...]: ...
    def match(
        self,
        requests: ArrowStream | ArrowArray | Iterable[Auction | bytes | str | Mapping[str, object]],
        *,
        ignore: Iterable[str] = (),
        reserve: bool = False,
    ) -> Decisions | tuple[Decision, ...]:
        """Decide auctions: which line items may bid, at what price, and how many fell where.

        Arrow gives Arrow: a table with one row for each impression, its columns as `treffer.decisions` tells. Auctions,
        OpenRTB requests in JSON (bytes, text or dicts) and rows as dicts with the key `request` give one `Decision`
        each. `ignore` lists columns of rows that are left aside. Nothing changes, unless to `reserve` is asked for:
        then each bid that is not of a test has a `reservation`, and those that are refused since others were faster are
        left out. A faulty auction has a fault instead of bids. `bid` answers OpenRTB with bid responses.
        """

        def ask(one: match_pb2.MatchRequest) -> match_pb2.MatchResponse:
            return self._ask(one, match_pb2.MatchResponse)

        way = matching.Way(self._room, ask, partial(self._match_table, reserve=reserve), reserve)
        return matching.match(requests, _listed(ignore), way)

    def explain_match(
        self, auction: Auction | bytes | str | Mapping[str, object], line_items: Iterable[str] = ()
    ) -> tuple[Verdict, ...]:
        """Say of line items (none: all, up to 1,000) what becomes of them in an auction, and why.

        The auction may be an OpenRTB request too.
        """
        request = match_pb2.ExplainMatchRequest(line_items=_listed(line_items))
        if isinstance(auction, Auction):
            request.request.CopyFrom(trade.auction(auction))
        else:
            request.openrtb_json = trade.openrtb(auction)
        return trade.verdicts(self._ask(request, match_pb2.ExplainMatchResponse))

    # Life

    def call(self, method: str, request: bytes, timeout: float | None = None) -> bytes:
        """Pass an encoded request to a method of `treffer.v1`, as a server does. Raises `Refused`."""
        return self._transport.call(method, request, timeout)

    def close(self) -> None:
        """Let go of the engine or the connection: later calls raise `FailedPrecondition`. Again: does nothing."""
        self._transport.close()

    def __enter__(self) -> Self:
        """Use the engine for the length of a block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def _send(self, rows: pa.Table, send: Callable[[bytes], _Ingested], progress: Progress | None) -> Report:
        parts: list[tuple[int, common_pb2.View, ingest_pb2.Report]] = []
        for first_row, count, stream in slices.streams(rows, self._room):
            answer = send(stream)
            parts.append((first_row, answer.view, answer.report))
            if progress is not None:
                progress(first_row + count)
        return codec.report(parts)

    def _open(self, method: str) -> Exchange:
        try:
            return self._transport.stream(method)
        except Refused as refusal:
            raise raised(refusal.status) from None

    @property
    def _room(self) -> int:
        return self._request_bytes - HEADROOM
