"""A stream between client and engine: batches go one way, answers come the other, in order."""

from __future__ import annotations

import queue
import threading
from collections import deque
from typing import TYPE_CHECKING, Protocol

import grpc

if TYPE_CHECKING:
    from collections.abc import Callable


class Exchange(Protocol):
    """What a stream is to its client."""

    def send(self, request: bytes) -> None:
        """Give one request; does not wait for its answer."""
        ...

    def ready(self, count: int) -> bool:
        """Whether `count` answers, or the end of the stream, can be received without waiting."""
        ...

    def receive(self) -> bytes:
        """Give the next answer. Raises as `Transport.call` does when the stream ends instead, or none comes in time."""
        ...

    def close(self) -> None:
        """End the stream; answers that were not received are lost."""
        ...


class Direct:
    """An exchange with an engine in this process: a request is done when it is sent."""

    def __init__(self, call: Callable[[bytes], bytes]) -> None:
        """Answer by `call`."""
        self._call = call
        self._answers: deque[bytes | Exception] = deque()

    def send(self, request: bytes) -> None:
        """Do it."""
        try:
            self._answers.append(self._call(request))
        except Exception as error:  # noqa: BLE001 - it is raised where the answer is received
            self._answers.append(error)

    def ready(self, count: int) -> bool:  # noqa: ARG002
        """Nothing is ever under way."""
        return True

    def receive(self) -> bytes:
        """Give the next answer."""
        answer = self._answers.popleft()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        """Forget what was not received."""
        self._answers.clear()


class Streamed:
    """An exchange over gRPC. Requests are taken from the caller's thread, answers are read in one of their own."""

    def __init__(
        self,
        call: grpc.StreamStreamMultiCallable[bytes, bytes],
        timeout: float,
        failed: Callable[[grpc.RpcError | None], Exception],
    ) -> None:
        """Begin. `failed` names what ended the stream: an error, or `None` for no answer within `timeout` seconds."""
        self._timeout = timeout
        self._failed = failed
        self._requests: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[bytes | grpc.RpcError] = queue.SimpleQueue()
        self._ended = False
        self._call = call(iter(self._requests.get, None))
        threading.Thread(target=self._read, name="treffer-stream", daemon=True).start()

    def send(self, request: bytes) -> None:
        """Queue it; gRPC sends it when the server has room."""
        self._requests.put(request)

    def ready(self, count: int) -> bool:
        """Whether so many answers have come."""
        return self._answers.qsize() >= count or self._ended

    def receive(self) -> bytes:
        """Give the next answer, in time or not at all."""
        try:
            answer = self._answers.get(timeout=self._timeout)
        except queue.Empty:
            self.close()
            raise self._failed(None) from None
        if isinstance(answer, grpc.RpcError):
            raise self._failed(answer) from None
        return answer

    def close(self) -> None:
        """Tell the server that nothing more comes, and wait for nothing more."""
        self._requests.put(None)
        self._call.cancel()

    def _read(self) -> None:
        try:
            for answer in self._call:
                self._answers.put(answer)
        except grpc.RpcError as error:
            self._answers.put(error)
        self._ended = True
