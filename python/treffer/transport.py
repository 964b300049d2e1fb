"""How a request reaches an engine and its answer comes back: in process, or over gRPC."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import grpc
import pyarrow as pa
from google.protobuf.message import DecodeError
from google.rpc import code_pb2, status_pb2

from treffer import _native, contract
from treffer.errors import BY_CODE, FailedPrecondition, Unimplemented
from treffer.exchange import Direct, Streamed
from treffer.polls import Polls
from treffer.v1.status_pb2 import ConfirmClockRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Final

    from treffer.exchange import Exchange
    from treffer.settings import Settings
    from treffer.watch import Parts

DETAILS: Final = "grpc-status-details-bin"


class Refused(Exception):  # noqa: N818 - it carries a status from either side to the one place that names it
    """A call ended with a status other than OK."""

    def __init__(self, status: status_pb2.Status) -> None:
        """Keep the status."""
        super().__init__(status.message)
        self.status = status


class Transport(Protocol):
    """Where calls go. Methods are the paths of `contract`; requests and answers are encoded messages."""

    def call(self, method: str, request: bytes, timeout: float | None = None) -> bytes:
        """Ask and give the answer. Raises `Refused` with what the other side said."""
        ...

    def match_table(
        self, table: pa.Table, ignore: Sequence[str], *, reserve: bool
    ) -> tuple[bytes, pa.RecordBatch] | None:
        """Decide the auctions of a table where it lies: an encoded answer without its rows, and these.

        `None` where the engine is elsewhere.
        """
        ...

    def stream(self, method: str) -> Exchange:
        """Open a stream of requests, each answered as `call` would."""
        ...

    def watch(self, method: str, request: bytes) -> Parts:
        """Ask for a stream; its parts raise `Refused`."""
        ...

    def advance(self, milliseconds: int) -> None:
        """Move a manual clock."""
        ...

    def memory(self) -> dict[str, int]:
        """Bytes on the heap by part."""
        ...

    def close(self) -> None:
        """Let go of the engine. Calling it again does nothing."""
        ...


class _Owned:
    """Belongs to one process: neither an engine in memory nor a gRPC channel is whole in a forked child."""

    def __init__(self) -> None:
        self._process: int | None = os.getpid()

    def _check(self) -> None:
        if self._process is None:
            raise FailedPrecondition("the engine is closed", reason="CLOSED")
        if self._process != os.getpid():
            raise FailedPrecondition(
                "the engine belongs to the process that opened it: open or connect after the fork", reason="FORKED"
            )

    def close(self) -> None:
        """Refuse every later call."""
        self._process = None


@dataclass(frozen=True, slots=True)
class _Array:
    """What the engine gives of Arrow, for a library that takes it."""

    schema: object
    array: object

    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]:
        return self.schema, self.array


class Local(_Owned):
    """An engine in this process."""

    def __init__(self, native: _native.Engine) -> None:
        """Wrap the engine."""
        super().__init__()
        self._native = native

    def call(self, method: str, request: bytes, timeout: float | None = None) -> bytes:  # noqa: ARG002
        """Call the engine; nothing waits here, so there is nothing to time out."""
        self._check()
        try:
            return self._native.call(method, request)
        except _native.StatusError as error:
            raise Refused(status_pb2.Status.FromString(error.status)) from None

    def match_table(self, table: pa.Table, ignore: Sequence[str], *, reserve: bool) -> tuple[bytes, pa.RecordBatch]:
        """Decide the auctions of a table without a message."""
        self._check()
        try:
            answer, decided = self._native.match_table(table, list(ignore), reserve)
        except _native.StatusError as error:
            raise Refused(status_pb2.Status.FromString(error.status)) from None
        return answer, pa.record_batch(_Array(*decided))

    def stream(self, method: str) -> Exchange:
        """Answer each request as it comes."""
        self._check()
        return Direct(lambda request: self.call(method, request))

    def watch(self, method: str, request: bytes) -> Polls:
        """Poll the engine, waiting in it, without the GIL, for what comes."""
        return Polls(lambda asked: self.call(method, asked), request, lambda: True)

    def advance(self, milliseconds: int) -> None:
        """Move a manual clock."""
        self._check()
        try:
            self._native.advance(milliseconds)
        except _native.StatusError as error:
            raise Refused(status_pb2.Status.FromString(error.status)) from None

    def memory(self) -> dict[str, int]:
        """Bytes on the heap by part."""
        self._check()
        try:
            return self._native.memory()
        except _native.StatusError as error:
            raise Refused(status_pb2.Status.FromString(error.status)) from None


class Remote(_Owned):
    """An engine behind a gRPC channel."""

    def __init__(self, target: str, settings: Settings, timeout: float) -> None:
        """Prepare the channel; the connection is made when the first call needs it."""
        super().__init__()
        self._target = target
        self._timeout = timeout
        self._channel = grpc.insecure_channel(
            target,
            options=(
                ("grpc.max_send_message_length", settings.message_bytes),
                ("grpc.max_receive_message_length", settings.answer_bytes),
                # A proxy of the environment is for the web, not for an engine nearby.
                ("grpc.enable_http_proxy", 0),
                *settings.pings(),
            ),
        )
        self._calls: dict[str, grpc.UnaryUnaryMultiCallable[bytes, bytes]] = {}
        self._lock = threading.Lock()

    def call(self, method: str, request: bytes, timeout: float | None = None) -> bytes:
        """Call the server, with a deadline always."""
        self._check()
        try:
            answer: bytes = self._stub(method)(request, timeout=self._timeout if timeout is None else timeout)
        except grpc.RpcError as error:
            raise Refused(_status(error, self._target)) from None
        return answer

    def match_table(self, table: pa.Table, ignore: Sequence[str], *, reserve: bool) -> None:
        """Decide nothing: a table has to be sent."""

    def stream(self, method: str) -> Exchange:
        """Open a stream to the server. The stream may be open for ever, each answer has the deadline of a call."""
        self._check()
        return Streamed(self._channel.stream_stream(method, None, None), self._timeout, self._ended)

    def watch(self, method: str, request: bytes) -> _Streamed:
        """Open a stream. It has no deadline, for it has no end: closing it ends it."""
        self._check()
        stream: grpc.UnaryStreamMultiCallable[bytes, bytes] = self._channel.unary_stream(method, None, None)
        return _Streamed(stream(request), self._target)

    def advance(self, milliseconds: int) -> None:
        """Confirm a system clock that has jumped; whoever serves an engine keeps any other."""
        asked = ConfirmClockRequest()
        asked.to.FromMilliseconds(milliseconds)
        self.call(contract.BY_REQUEST[asked.DESCRIPTOR.full_name], asked.SerializeToString())

    def memory(self) -> dict[str, int]:
        """Refuse: what a served engine holds is its process's own affair."""
        self._check()
        raise Unimplemented("the memory of a served engine is told in its process", reason="MEMORY")

    def close(self) -> None:
        """Close the channel."""
        super().close()
        self._channel.close()

    def _ended(self, error: grpc.RpcError | None) -> Refused:
        if error is not None:
            return Refused(_status(error, self._target))
        message = f"no answer within {self._timeout:g} seconds"
        return Refused(status_pb2.Status(code=code_pb2.DEADLINE_EXCEEDED, message=message))

    def _stub(self, method: str) -> grpc.UnaryUnaryMultiCallable[bytes, bytes]:
        with self._lock:
            if method not in self._calls:
                self._calls[method] = self._channel.unary_unary(method, None, None)
            return self._calls[method]


class _Streamed:
    """The parts of a stream of the server."""

    def __init__(self, call: grpc._CallIterator[bytes], target: str) -> None:
        self._call = call
        self._target = target
        self._closed = False

    def __next__(self) -> bytes:
        """Wait for the next part."""
        try:
            part: bytes = next(self._call)
        except grpc.RpcError as error:
            if self._closed:
                raise StopIteration from None
            raise Refused(_status(error, self._target)) from None
        return part

    def close(self) -> None:
        """Cancel it."""
        self._closed = True
        self._call.cancel()


def _status(error: grpc.RpcError, target: str) -> status_pb2.Status:
    code, message = error.code().value[0], error.details() or ""
    # The stubs call an entry opaque; it is a pair, and bytes where the key ends in -bin.
    trailing: Iterable[tuple[str, bytes]] | None = error.trailing_metadata()  # type: ignore[assignment]
    for key, value in trailing or ():
        if key == DETAILS:
            try:
                status = status_pb2.Status.FromString(value)
            except DecodeError:
                break
            if status.code == code:
                return status
    if code == code_pb2.UNAVAILABLE:
        message = f"nobody answers at {target}: {message}"
    return status_pb2.Status(code=code if code in BY_CODE else code_pb2.UNKNOWN, message=message)
