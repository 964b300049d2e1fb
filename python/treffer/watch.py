"""The change feed: who entered and left which segment, when and why."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Literal, Protocol, Self, TypeAlias

import numpy as np
import pyarrow as pa
from pyroaring import BitMap

from treffer import codec
from treffer.errors import raised
from treffer.transport import Refused
from treffer.v1 import audience_pb2

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Final

    from numpy.typing import NDArray

Cause: TypeAlias = Literal["event", "time", "attribute", "item", "merge", "unmerge", "edit", "retention"]
"""Why a membership changed: `time` passed, an `attribute` or one of an `item` was written, a segment was edited ..."""

CAUSES: Final[dict[int, Cause]] = {
    audience_pb2.CAUSE_EVENT: "event",
    audience_pb2.CAUSE_TIME: "time",
    audience_pb2.CAUSE_ATTRIBUTE: "attribute",
    audience_pb2.CAUSE_ITEM: "item",
    audience_pb2.CAUSE_MERGE: "merge",
    audience_pb2.CAUSE_UNMERGE: "unmerge",
    audience_pb2.CAUSE_EDIT: "edit",
    audience_pb2.CAUSE_RETENTION: "retention",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One profile that entered or left one segment."""

    segment: str
    profile: int
    """The dense number, good within this engine."""
    ids: tuple[str, ...]
    """`namespace:value` in the namespaces asked for, as they are when the change is read.

    Where the profile was merged away since, they are those of its survivor if that one is now where the change says,
    and none if it is not. Ids that a merge brings to somebody whose membership stays as it is come with no change.
    """
    entered: bool
    """`False`: left."""
    cause: Cause
    event_id: str | None
    """Which event, where one is the cause."""
    time: dt.datetime | None
    """When the membership changed, in engine time; `None` while that has not begun."""
    sequence: int
    """Rises by one with every change of any segment, whoever watches."""


@dataclass(frozen=True, slots=True, eq=False)
class SegmentMembers:
    """All members of one segment, as a watch with a snapshot begins with them."""

    segment: str
    bitmap: bytes
    """The dense numbers in the portable roaring format."""
    table: pa.Table | None
    """Columns `profile` and one per namespace asked for (the smallest id); `None` where none was."""

    def to_bitmap(self) -> BitMap:
        """Give the dense numbers as a roaring bitmap of the caller's own."""
        return BitMap.deserialize(self.bitmap)

    def to_numpy(self) -> NDArray[np.uint32]:
        """Give the dense numbers, rising."""
        return np.array(self.to_bitmap().to_array(), np.uint32)


class Parts(Protocol):
    """Encoded answers of a stream, one after the other. Closed, from whichever thread, it ends."""

    def __next__(self) -> bytes:
        """Wait for the next. Raises `Refused` with what the other side said."""
        ...

    def close(self) -> None:
        """End it. Again: does nothing."""
        ...


class Watch:
    """An iterator over changes, without an end of its own; made by `Engine.watch`. Also a context that closes it.

    One thread iterates; any may close. An error ends it, and `cursor` says from where a new watch goes on.
    """

    def __init__(self, parts: Parts) -> None:
        """Take the first answers, which come at once: what is wrong with the request is raised here."""
        self._parts = parts
        first = self._next_part()
        snapshot = list(first.snapshot)
        while first.snapshot_goes_on:
            first = self._next_part()
            snapshot += first.snapshot
        self.snapshot: Mapping[str, SegmentMembers] = {
            segment: _members(segment, list(own)) for segment, own in groupby(snapshot, lambda one: one.segment)
        }
        """By segment, its members where the watch began; empty unless a snapshot was asked for."""
        self._cursor = first.changes[0].sequence if first.changes else first.next_cursor
        self._part = first
        self._place = 0

    @property
    def cursor(self) -> int:
        """The sequence number from which a new watch goes on after the last change that this one gave."""
        return self._cursor

    def close(self) -> None:
        """End the iteration, also one that waits. Again: does nothing."""
        self._parts.close()

    def __iter__(self) -> Self:
        """Give itself."""
        return self

    def __next__(self) -> Change:
        """Wait for the next change."""
        while self._place >= len(self._part.changes):
            self._cursor = self._part.next_cursor
            self._part, self._place = self._next_part(), 0
        change = _change(self._part.changes[self._place])
        self._place += 1
        self._cursor = change.sequence + 1
        return change

    def __enter__(self) -> Self:
        """Watch for the length of a block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def _next_part(self) -> audience_pb2.WatchResponse:
        try:
            return audience_pb2.WatchResponse.FromString(next(self._parts))
        except Refused as refusal:
            raise raised(refusal.status) from None


def _change(message: audience_pb2.Change) -> Change:
    return Change(
        segment=message.segment,
        profile=message.profile,
        ids=tuple(message.ids),
        entered=message.entered,
        cause=CAUSES[message.cause],
        event_id=message.event_id or None,
        time=codec.instant(message.time) if message.HasField("time") else None,
        sequence=message.sequence,
    )


def _members(segment: str, parts: list[audience_pb2.SegmentMembers]) -> SegmentMembers:
    """Put the parts of one segment together."""
    bitmap = parts[0].bitmap
    if len(parts) > 1:
        bitmap = BitMap.union(*(BitMap.deserialize(one.bitmap) for one in parts)).serialize()
    tables = [codec.read_stream(one.arrow_stream) for one in parts if one.arrow_stream]
    return SegmentMembers(segment, bitmap, pa.concat_tables(tables) if tables else None)
