"""A stream out of long polls: what an engine in process and a server make of `Watch`."""

from __future__ import annotations

import threading
from itertools import pairwise
from typing import TYPE_CHECKING, Self

from google.protobuf.message import DecodeError

from treffer.v1 import audience_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Final

WAIT_MS: Final = 250
"""How long one poll waits: whoever ends the stream waits no longer than this for its thread."""

PART_BYTES: Final = 1 << 20
"""Bytes of a snapshot in one answer, unless one part of it has more: clients of gRPC take 4 MiB as they are."""


class Polls:
    """Encoded answers to a `WatchRequest`: the first at once, each later one when there is something to tell."""

    def __init__(self, ask: Callable[[bytes], bytes], request: bytes, goes_on: Callable[[], bool]) -> None:
        """Ask by `ask`, as long as `goes_on` says so before each poll."""
        self._ask = ask
        self._goes_on = goes_on
        self._encoded = request
        self._closed = threading.Event()
        self._request: audience_pb2.WatchRequest | None = None
        self._ready: Iterator[bytes] = iter(())

    def __iter__(self) -> Self:
        """Give itself."""
        return self

    def __next__(self) -> bytes:
        """Poll until there is something to tell."""
        while self._goes_on() and not self._closed.is_set():
            if (ready := next(self._ready, None)) is not None:
                return ready
            if self._request is None:
                return self._first()
            before = self._request.cursor
            answer = self._ask(self._request.SerializeToString())
            self._request.cursor = audience_pb2.WatchResponse.FromString(answer).next_cursor
            if self._request.cursor != before:
                return answer
        raise StopIteration

    def close(self) -> None:
        """End it with the poll that is under way."""
        self._closed.set()

    def _first(self) -> bytes:
        try:
            request = audience_pb2.WatchRequest.FromString(self._encoded)
        except DecodeError:
            # The engine says what is wrong with bytes that are no request.
            return self._ask(self._encoded)
        request.wait_ms = 0
        answer = self._ask(request.SerializeToString())
        read = audience_pb2.WatchResponse.FromString(answer)
        request.cursor = read.next_cursor
        request.snapshot, request.wait_ms = False, WAIT_MS
        self._request = request
        if len(answer) <= PART_BYTES or not read.snapshot:
            return answer
        self._ready = _parts(read)
        return next(self._ready)


def _parts(whole: audience_pb2.WatchResponse) -> Iterator[bytes]:
    """A snapshot in answers of no more than `PART_BYTES`, or of one part."""
    starts, size = [0], 0
    for place, part in enumerate(whole.snapshot):
        if place > starts[-1] and size + part.ByteSize() > PART_BYTES:
            starts.append(place)
            size = 0
        size += part.ByteSize()
    for start, end in pairwise([*starts, len(whole.snapshot)]):
        yield audience_pb2.WatchResponse(
            view=whole.view,
            snapshot=whole.snapshot[start:end],
            next_cursor=whole.next_cursor if end == len(whole.snapshot) else 0,
            snapshot_goes_on=end < len(whole.snapshot),
        ).SerializeToString()
