"""A stream out of long polls: what an engine in process and a server make of `Watch`."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

from google.protobuf.message import DecodeError

from treffer.v1 import audience_pb2

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final

WAIT_MS: Final = 250
"""How long one poll waits: whoever ends the stream waits no longer than this for its thread."""


class Polls:
    """Encoded answers to a `WatchRequest`: the first at once, each later one when there is something to tell."""

    def __init__(self, ask: Callable[[bytes], bytes], request: bytes, goes_on: Callable[[], bool]) -> None:
        """Ask by `ask`, as long as `goes_on` says so before each poll."""
        self._ask = ask
        self._goes_on = goes_on
        self._encoded = request
        self._closed = threading.Event()
        self._request: audience_pb2.WatchRequest | None = None

    def __iter__(self) -> Self:
        """Give itself."""
        return self

    def __next__(self) -> bytes:
        """Poll until there is something to tell."""
        while self._goes_on() and not self._closed.is_set():
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
        request.cursor = audience_pb2.WatchResponse.FromString(answer).next_cursor
        request.snapshot, request.wait_ms = False, WAIT_MS
        self._request = request
        return answer
