"""The gRPC server: raw bytes in, raw bytes out, and between them the engine, without the GIL."""

from __future__ import annotations

import contextlib
import logging
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Self

import grpc
from google.rpc import code_pb2, status_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from treffer import contract
from treffer import target as targets
from treffer.admission import Admission
from treffer.errors import Internal, InvalidArgument, ResourceExhausted, TrefferError, Unavailable, status
from treffer.inbox import Inboxes
from treffer.polls import Polls
from treffer.settings import Settings
from treffer.transport import DETAILS, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType, TracebackType
    from typing import Final, NoReturn, TypeAlias

    from treffer.engine import Engine

    Handler: TypeAlias = Callable[[bytes, grpc.ServicerContext], bytes]
    Streamer: TypeAlias = Callable[[bytes, grpc.ServicerContext], Iterator[bytes]]

log: Final = logging.getLogger(__name__)

LOOK: Final = 0.5
"""Seconds after which a server looks whether it was told to stop."""
CODES: Final = {code.value[0]: code for code in grpc.StatusCode}


def serve(
    engine: Engine, target: str | None = None, *, insecure: bool = False, settings: Settings | None = None
) -> Server:
    """Serve `engine` at `target` until the answer is stopped; port 0 takes a free one.

    Without encryption and authentication only this machine may call: an address that others can reach raises
    `InvalidArgument` unless `insecure` says that the network is trusted. An address that is taken raises `Unavailable`.
    """
    settings = settings or Settings()
    address = targets.checked(target or settings.target)
    if not (insecure or targets.is_loopback(address)):
        raise InvalidArgument(
            f"target: {address} can be reached from other machines and nothing here is encrypted: "
            "use a loopback address, or say insecure if the network is trusted",
            field="target",
            reason="INSECURE",
        )
    return Server(engine, address, settings)


class Server:
    """A running server; also a context that stops it at its end. The engine stays open."""

    def __init__(self, engine: Engine, address: str, settings: Settings) -> None:
        """Bind the address and start."""
        self.admission = Admission(settings.workers, settings.calls)
        # Streams and watchers hold a thread while they are open: among the calls a few idle ones would stop them all.
        self.streams = Admission(settings.ingest_streams, settings.ingest_streams)
        self.inboxes = Inboxes()
        self.watchers = Admission(settings.watchers, settings.watchers)
        # Behind a queue probes would time out, and whoever watches over servers would end one that only has much to do.
        self.probes = ThreadPoolExecutor(1, thread_name_prefix="treffer-probe")
        self.health = Health(self.probes)
        self.stopping = threading.Event()
        self._grace = settings.grace
        self._server = grpc.server(
            self.admission,
            options=(
                ("grpc.so_reuseport", 0),
                ("grpc.max_receive_message_length", settings.message_bytes),
                ("grpc.max_send_message_length", settings.answer_bytes),
                ("grpc.max_concurrent_streams", settings.streams),
                ("grpc.max_metadata_size", 16 * 1024),
                *settings.pings(),
            ),
        )
        self._server.add_generic_rpc_handlers((Calls(engine, self),))
        health_pb2_grpc.add_HealthServicer_to_server(self.health, self._server)
        names = [service.full_name for service in contract.SERVICES]
        reflection.enable_server_reflection(
            [*names, health_pb2.DESCRIPTOR.services_by_name["Health"].full_name, reflection.SERVICE_NAME], self._server
        )
        try:
            self.port = self._server.add_insecure_port(address)
        except RuntimeError:
            self._shutdown()
            raise Unavailable(f"target: cannot listen on {address}", field="target", reason="CANNOT_LISTEN") from None
        self.target = address if address.startswith("unix:") else f"{address.rpartition(':')[0]}:{self.port}"
        self._server.start()
        log.info("serving", extra={"target": self.target})

    def stop(self, grace: float | None = None) -> None:
        """Say NOT_SERVING, refuse new calls, give running ones `grace` seconds, then end. Again: does nothing.

        Watchers get what they are being told and then UNAVAILABLE, at once.
        """
        self.health.serving = False
        ended = self._server.stop(self._grace if grace is None else grace)
        self.inboxes.stop()
        self.stopping.set()
        ended.wait()
        self._shutdown()
        log.info("stopped", extra={"target": self.target})

    def wait(self) -> None:
        """Block until SIGTERM or SIGINT, then stop. Only for the main thread, which alone receives signals."""
        told = threading.Event()

        def tell(number: int, _frame: FrameType | None) -> None:
            log.info("stopping", extra={"signal": signal.Signals(number).name})
            told.set()

        before = {number: signal.signal(number, tell) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            # A signal that comes just before the wait begins does not wake it; its handler runs when the wait returns.
            while not told.wait(LOOK):
                pass
            self.stop()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def __enter__(self) -> Self:
        """Serve for the length of a block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    def _shutdown(self) -> None:
        self.admission.shutdown()
        self.streams.shutdown()
        self.watchers.shutdown()
        self.probes.shutdown()


class Calls(grpc.GenericRpcHandler):
    """Every method of the contract, each passed to the engine as it came."""

    def __init__(self, engine: Engine, server: Server) -> None:
        """Make the table once; a call only looks it up."""
        self._handlers: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {}
        for method in contract.METHODS:
            path = contract.path(method)
            if method.client_streaming:
                streamed = Streamed(engine, path, server.streams, server.inboxes)
                self._handlers[path] = grpc.stream_stream_rpc_method_handler(streamed, None, None)
            elif method.server_streaming:
                self._handlers[path] = grpc.unary_stream_rpc_method_handler(_streamer(engine, server, path), None, None)
            else:
                self._handlers[path] = grpc.unary_unary_rpc_method_handler(
                    _handler(engine, server.admission, path), None, None
                )

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[bytes, bytes] | None:
        """Find the method; `None`, UNIMPLEMENTED to the caller, where there is no such."""
        return self._handlers.get(handler_call_details.method)


class Streamed:
    """A method whose requests and answers are streams; each request is passed to the engine as a call is."""

    def __init__(self, engine: Engine, path: str, streams: Admission, inboxes: Inboxes) -> None:
        """Run in the threads of `streams`."""
        self.experimental_thread_pool = streams  # where grpcio looks for the pool of a handler
        self._engine = engine
        self._path = path
        self.inboxes = inboxes

    def __call__(self, requests: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
        """Answer one by one, until the client has no more or the server stops."""
        with _said(context, self._path):
            if self.experimental_thread_pool.turned_away:
                raise ResourceExhausted("the server holds no more streams: try again later", reason="OVERLOADED")
            with self.inboxes.opened(requests) as inbox:
                for request in inbox:
                    yield self._engine.call(self._path, request)


class Health(health_pb2_grpc.HealthServicer):
    """The standard health service, `Check` alone: watchers hold threads, and probes do not need them."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        """Begin as serving; probes are answered in `pool`."""
        self.serving = True
        self._names = {"", *(service.full_name for service in contract.SERVICES)}

        def check(
            request: health_pb2.HealthCheckRequest, context: grpc.ServicerContext
        ) -> health_pb2.HealthCheckResponse:
            return self._answer(request, context)

        check.experimental_thread_pool = pool  # type: ignore[attr-defined]
        self.Check = check  # type: ignore[method-assign]

    def _answer(
        self, request: health_pb2.HealthCheckRequest, context: grpc.ServicerContext
    ) -> health_pb2.HealthCheckResponse:
        """Answer for the whole server (no name) or for one service; another name is NOT_FOUND."""
        if request.service not in self._names:
            context.abort(grpc.StatusCode.NOT_FOUND, f"service {request.service!r} is not known")
        answer = health_pb2.HealthCheckResponse
        return answer(status=answer.SERVING if self.serving else answer.NOT_SERVING)


def _handler(engine: Engine, admission: Admission, path: str) -> Handler:
    def handle(request: bytes, context: grpc.ServicerContext) -> bytes:
        with _said(context, path):
            if admission.turned_away:
                raise ResourceExhausted("the server is full: try again later", reason="OVERLOADED")
            if not context.is_active():
                # The caller has gone while the call waited: nobody would read the answer.
                raise Unavailable("the call was given up", reason="GONE")
            return engine.call(path, request)

    return handle


def _streamer(engine: Engine, server: Server, path: str) -> Streamer:
    def handle(request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        def goes_on() -> bool:
            if server.stopping.is_set():
                message = "the server is stopping: go on elsewhere, from the cursor or a new snapshot"
                raise Unavailable(message, reason="STOPPING")
            return context.is_active()

        with _said(context, path):
            if server.watchers.turned_away:
                raise ResourceExhausted("the server has no room for more watchers", reason="OVERLOADED")
            yield from Polls(lambda asked: engine.call(path, asked), request, goes_on)

    # The way in which grpcio lets a method have a pool of its own.
    handle.experimental_thread_pool = server.watchers  # type: ignore[attr-defined]
    return handle


@contextlib.contextmanager
def _said(context: grpc.ServicerContext, path: str) -> Iterator[None]:
    """The one place where exceptions become statuses; of what nobody foresaw the caller learns INTERNAL alone."""
    try:
        yield
    except Refused as refusal:
        _abort(context, refusal.status)
    except TrefferError as error:
        _abort(context, status(error))
    except Exception:
        log.exception("fault", extra={"method": path})
        _abort(context, status(Internal("the server failed; its log says more", reason="INTERNAL")))


def _abort(context: grpc.ServicerContext, said: status_pb2.Status) -> NoReturn:
    context.set_trailing_metadata(((DETAILS, said.SerializeToString()),))
    context.abort(CODES.get(said.code, grpc.StatusCode.UNKNOWN), said.message)
    raise AssertionError(code_pb2.Code.Name(said.code))  # abort has raised already
