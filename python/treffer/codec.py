"""Between the nouns of Python and the messages of the wire: one way there, one back, whatever the transport."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, TypeVar, cast

import numpy as np
import pyarrow as pa
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from treffer import blame
from treffer.breakdown import Breakdown
from treffer.catalog import Catalog, Segment, SegmentVersion
from treffer.declarations import Attribute, Dimension, EventType, ItemAttribute, Namespace
from treffer.errors import InvalidArgument
from treffer.explanation import Explanation
from treffer.identity import Joining, Links, Merge, MergeLog
from treffer.overlap import Overlap
from treffer.report import Report
from treffer.v1 import audience_pb2, catalog_pb2, common_pb2, identity_pb2, ingest_pb2, status_pb2
from treffer.view import View

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Final, Literal, TypeAlias

    from treffer.catalog import SegmentState
    from treffer.declarations import Declaration, DimensionKind, DimensionStage, Kind, NormalForm
    from treffer.identity import Cause, Obstacle, Outcome

    Unit: TypeAlias = Literal["profile", "household"]

When: TypeAlias = "dt.datetime | dt.date | np.datetime64 | str"
"""An instant: a datetime, a date (its midnight), numpy's, or any of them in ISO 8601. Without a zone it is UTC."""

NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")

W = TypeVar("W", bound=str)
N = TypeVar("N", bound=int)

KINDS: Final[dict[Kind, catalog_pb2.Kind]] = {
    "string": catalog_pb2.KIND_STRING,
    "string_set": catalog_pb2.KIND_STRING_SET,
    "integer": catalog_pb2.KIND_INTEGER,
    "decimal": catalog_pb2.KIND_DECIMAL,
    "bool": catalog_pb2.KIND_BOOL,
    "instant": catalog_pb2.KIND_INSTANT,
}
FORMS: Final[dict[NormalForm, catalog_pb2.NormalForm]] = {
    "none": catalog_pb2.NORMAL_FORM_UNSPECIFIED,
    "lowercase_trim": catalog_pb2.NORMAL_FORM_LOWERCASE_TRIM,
}
DIMENSION_KINDS: Final[dict[DimensionKind, catalog_pb2.DimensionKind]] = {
    "choice": catalog_pb2.DIMENSION_KIND_CHOICE,
    "vocabulary": catalog_pb2.DIMENSION_KIND_VOCABULARY,
    "set": catalog_pb2.DIMENSION_KIND_SET,
    "number": catalog_pb2.DIMENSION_KIND_NUMBER,
    "hour_of_week": catalog_pb2.DIMENSION_KIND_HOUR_OF_WEEK,
    "place": catalog_pb2.DIMENSION_KIND_PLACE,
}
UNITS: Final[dict[Unit, audience_pb2.Unit]] = {
    "profile": audience_pb2.UNIT_UNSPECIFIED,
    "household": audience_pb2.UNIT_HOUSEHOLD,
}
OBSTACLES: Final[dict[int, Obstacle]] = {
    identity_pb2.LINK_OBSTACLE_APART: "apart",
    identity_pb2.LINK_OBSTACLE_UNIQUE: "unique",
    identity_pb2.LINK_OBSTACLE_LIMIT: "limit",
    identity_pb2.LINK_OBSTACLE_SHARED: "shared",
}
OUTCOMES: Final[dict[int, Outcome]] = {
    identity_pb2.MERGE_OUTCOME_MERGED: "merged",
    identity_pb2.MERGE_OUTCOME_SPLIT: "split",
    identity_pb2.MERGE_OUTCOME_REFUSED: "refused",
}
CAUSES: Final[dict[int, Cause]] = {
    identity_pb2.MERGE_CAUSE_EVENT: "event",
    identity_pb2.MERGE_CAUSE_PROFILE_ROW: "profile_row",
    identity_pb2.MERGE_CAUSE_BY_HAND: "by_hand",
}
NAMES_OF_KINDS: Final[dict[int, Kind]] = {number: kind for kind, number in KINDS.items()}
NAMES_OF_FORMS: Final[dict[int, NormalForm]] = {number: form for form, number in FORMS.items()}


def audience(rule: str) -> common_pb2.Audience:
    """A bare word is the name of a segment, since no rule is one word; anything else is a rule."""
    if NAME.fullmatch(rule):
        return common_pb2.Audience(segment=rule)
    return common_pb2.Audience(rule=rule)


def timestamp(when: When | None, field: str) -> Timestamp | None:
    """Give `when` to the wire; `InvalidArgument` for what is no instant."""
    if when is None:
        return None
    answer = Timestamp()
    try:
        answer.FromDatetime(_datetime(when))
    except (OverflowError, TypeError, ValueError) as error:
        raise InvalidArgument(f"{field}: {when!r} is no instant, such as 2026-01-31T12:00:00Z", field=field) from error
    return answer


def _datetime(when: When) -> dt.datetime:
    if isinstance(when, str):
        return dt.datetime.fromisoformat(when)
    if isinstance(when, np.datetime64):
        when = when.astype("datetime64[us]").item()
    if isinstance(when, dt.datetime):
        return when
    # Whatever else is no date is refused here.
    return dt.datetime.combine(when, dt.time())  # type: ignore[arg-type]


def instant(stamp: Timestamp) -> dt.datetime:
    """An instant of the wire as a datetime in UTC."""
    return stamp.ToDatetime(dt.UTC)


def view(message: common_pb2.View) -> View:
    """Read the view that answered."""
    return View(message.version, instant(message.time) if message.HasField("time") else None)


def declare(declarations: Iterable[Declaration]) -> catalog_pb2.DeclareRequest:
    """All declarations in one request."""
    request = catalog_pb2.DeclareRequest()
    for one in declarations:
        match one:
            case Namespace():
                request.namespaces.append(blame.checked(_namespace, one, one.name))
            case Attribute():
                request.attributes.add(name=one.name, kind=word(KINDS, one.kind, f"{one.name}.kind"))
            case ItemAttribute():
                request.item_attributes.add(name=one.name, kind=word(KINDS, one.kind, f"{one.name}.kind"))
            case EventType():
                request.event_types.append(_event_type(one))
            case Dimension():
                kind = word(DIMENSION_KINDS, one.kind, f"{one.name}.kind")
                request.dimensions.add(name=one.name, kind=kind, stage=one.stage)
            case _:
                raise InvalidArgument(
                    f"declarations: {one!r} is none of Namespace, Attribute, ItemAttribute, EventType, Dimension",
                    field="declarations",
                )
    return request


def catalog(message: catalog_pb2.GetCatalogResponse) -> Catalog:
    """Read everything that is declared."""
    return Catalog(
        namespaces=tuple(_read_namespace(one) for one in message.namespaces),
        attributes=tuple(Attribute(one.name, NAMES_OF_KINDS[one.kind]) for one in message.attributes),
        item_attributes=tuple(ItemAttribute(one.name, NAMES_OF_KINDS[one.kind]) for one in message.item_attributes),
        event_types=tuple(_read_event_type(one) for one in message.event_types),
        dimensions=tuple(_read_dimension(one) for one in message.dimensions),
        view=view(message.view),
    )


def _read_dimension(message: catalog_pb2.Dimension) -> Dimension:
    kinds = {number: kind for kind, number in DIMENSION_KINDS.items()}
    return Dimension(message.name, kinds[message.kind], cast("DimensionStage", message.stage))


def segment(message: catalog_pb2.Segment) -> Segment:
    """Read one segment."""
    state: SegmentState = "paused" if message.state == catalog_pb2.SEGMENT_STATE_PAUSED else "active"
    return Segment(message.name, message.rule, message.description, message.version, state, message.members)


def segment_version(message: catalog_pb2.SegmentVersion) -> SegmentVersion:
    """Read one version of a segment."""
    time = instant(message.time) if message.HasField("time") else None
    return SegmentVersion(message.number, message.rule, message.description, time)


def live(message: status_pb2.LiveStatus) -> dict[str, int]:
    """Read how live maintenance goes, zeros too."""
    return {field.name: getattr(message, field.name) for field in message.DESCRIPTOR.fields}


REFUSED: Final = pa.schema(
    [
        pa.field("row", pa.uint64(), nullable=False),
        pa.field("field", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("message", pa.string(), nullable=False),
    ]
)
NONE_REFUSED: Final = REFUSED.empty_table()


def refused(refusals: Sequence[ingest_pb2.Refusal], first_row: int) -> pa.Table:
    """Refused rows as a table, numbered from `first_row` on."""
    prefix = len("REFUSAL_REASON_")
    columns = (
        [first_row + one.row for one in refusals],
        [one.field for one in refusals],
        [ingest_pb2.RefusalReason.Name(one.reason)[prefix:] for one in refusals],
        [one.message for one in refusals],
    )
    return pa.table([pa.array(cells, field.type) for cells, field in zip(columns, REFUSED, strict=True)], REFUSED)


def report(parts: Sequence[tuple[int, common_pb2.View, ingest_pb2.Report]]) -> Report:
    """One report from those of consecutive parts of a batch, each with the number of its first row."""
    tables = [refused(part.refused, first_row) for first_row, _, part in parts if part.refused]
    return Report(
        accepted=sum(part.accepted for _, _, part in parts),
        duplicates=sum(part.duplicates for _, _, part in parts),
        blocked_ids=sum(part.blocked_ids for _, _, part in parts),
        links_refused=sum(part.links_refused for _, _, part in parts),
        refused=pa.concat_tables(tables) if tables else NONE_REFUSED,
        view=view(parts[-1][1]),
    )


def unit(said: Unit) -> audience_pb2.Unit:
    """What is to be counted."""
    return word(UNITS, said, "unit")


def joining(message: identity_pb2.PreviewLinkResponse) -> Joining:
    """Read what a row would do."""
    return Joining(
        profiles=tuple(message.profiles),
        owner=message.owner,
        ids=tuple(message.ids),
        refused={one.id: OBSTACLES[one.obstacle] for one in message.refused},
        view=view(message.view),
    )


def merges(message: identity_pb2.ListMergesResponse) -> MergeLog:
    """Read a stretch of the merge log."""
    return MergeLog(
        entries=tuple(_merge(one) for one in message.merges),
        links=Links(
            kept=message.links_kept,
            unique=message.refused_unique,
            limit=message.refused_limit,
            apart=message.refused_apart,
            idle=message.links_idle,
            shared_ids=message.shared_ids,
        ),
        view=view(message.view),
    )


def _merge(one: identity_pb2.MergeEntry) -> Merge:
    return Merge(
        sequence=one.sequence,
        time=instant(one.time) if one.HasField("time") else None,
        outcome=OUTCOMES[one.outcome],
        ids=tuple(one.ids),
        cause=CAUSES[one.cause],
        event_id=one.event_id or None,
        obstacle=OBSTACLES.get(one.obstacle),
    )


def overlap(labels: Sequence[str], message: audience_pb2.OverlapResponse) -> Overlap:
    """Read the matrix."""
    counts = np.array(message.counts, np.uint64).reshape(len(labels), len(labels))
    return Overlap(tuple(labels), counts, view(message.view))


def breakdown(message: audience_pb2.BreakdownResponse) -> Breakdown:
    """Read the parts; the one without a label is those without the attribute."""
    parts = [part for part in message.parts if part.HasField("label")]
    return Breakdown(
        labels=tuple(part.label for part in parts),
        counts=np.array([part.count for part in parts], np.uint64),
        absent=sum(part.count for part in message.parts if not part.HasField("label")),
        left_out=message.left_out,
        total=message.total,
        view=view(message.view),
    )


def explanation(message: audience_pb2.Explanation, seen: View) -> Explanation:
    """Read a tree."""
    return Explanation(
        text=message.text,
        holds=message.holds,
        value=message.value if message.HasField("value") else None,
        since=instant(message.since) if message.HasField("since") else None,
        until=instant(message.until) if message.HasField("until") else None,
        parts=tuple(explanation(part, seen) for part in message.parts),
        view=seen,
    )


def stream(table: pa.Table) -> bytes:
    """Write a table as an Arrow IPC stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def read_stream(data: bytes) -> pa.Table:
    """Read an Arrow IPC stream."""
    with pa.ipc.open_stream(data) as reader:
        return reader.read_all()


def word(known: Mapping[W, N], said: W, field: str) -> N:
    """What a word of the caller stands for; `InvalidArgument` lists those that are known."""
    try:
        return known[said]
    except (KeyError, TypeError):
        raise InvalidArgument(f"{field}: {said!r} is none of {', '.join(known)}", field=field) from None


def _namespace(one: Namespace) -> catalog_pb2.Namespace:
    return catalog_pb2.Namespace(
        name=one.name,
        unique=one.unique,
        limit=one.limit,
        priority=one.priority,
        blocked=sorted(one.blocked),
        normal_form=word(FORMS, one.normal_form, f"{one.name}.normal_form"),
        household=one.household,
    )


def _read_namespace(one: catalog_pb2.Namespace) -> Namespace:
    return Namespace(
        name=one.name,
        unique=one.unique,
        limit=one.limit if one.HasField("limit") else None,
        priority=one.priority,
        blocked=frozenset(one.blocked),
        normal_form=NAMES_OF_FORMS[one.normal_form],
        household=one.household,
    )


def _event_type(one: EventType) -> catalog_pb2.EventType:
    message = catalog_pb2.EventType(name=one.name)
    for name, kind in one.properties.items():
        message.properties.add(name=name, kind=word(KINDS, kind, f"{one.name}.{name}.kind"))
    if one.retention is not None:
        retention = Duration()
        retention.FromTimedelta(one.retention)
        message.retention.CopyFrom(retention)
    return message


def _read_event_type(one: catalog_pb2.EventType) -> EventType:
    return EventType(
        name=one.name,
        properties={each.name: NAMES_OF_KINDS[each.kind] for each in one.properties},
        retention=one.retention.ToTimedelta() if one.HasField("retention") else None,
    )
