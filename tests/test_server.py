"""The gRPC server, by a real channel on a free port: what it says of itself, what it refuses, how it ends."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import grpc
import pytest
from google.rpc import code_pb2, error_details_pb2
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from grpc_status import rpc_status

import treffer
from treffer import Engine, contract
from treffer.errors import (
    DeadlineExceeded,
    FailedPrecondition,
    Internal,
    InvalidArgument,
    ResourceExhausted,
    Unavailable,
)
from treffer.polls import Polls
from treffer.settings import Settings
from treffer.transport import Refused
from treffer.v1 import audience_pb2, catalog_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from treffer.exchange import Exchange
    from treffer.server import Server

COUNT = "/treffer.v1.AudienceService/Count"


class Held:
    """A transport whose calls wait until the test lets them go."""

    def __init__(self) -> None:
        """Begin with every call held."""
        self.entered = threading.Semaphore(0)
        self.released = threading.Event()
        self.fault: Exception | None = None

    def call(self, method: str, request: bytes, timeout: float | None = None) -> bytes:  # noqa: ARG002
        """Wait, then answer with nothing, which every message can be read from."""
        self.entered.release()
        self.released.wait(30)
        if self.fault is not None:
            raise self.fault
        return b""

    def stream(self, method: str) -> Exchange:
        """Open nothing: a server asks by `call` alone."""
        raise NotImplementedError(method)

    def match_table(self, table: pa.Table, ignore: Sequence[str], *, reserve: bool) -> None:
        """Decide nothing."""

    def watch(self, method: str, request: bytes) -> Polls:
        """Poll what waits."""
        return Polls(lambda asked: self.call(method, asked), request, lambda: True)

    def advance(self, milliseconds: int) -> None:
        """Do nothing."""

    def memory(self) -> dict[str, int]:
        """Hold nothing."""
        return {}

    def close(self) -> None:
        """Let everybody go."""
        self.released.set()


@pytest.fixture
def server(local: Engine) -> Iterator[Server]:
    """A server of an empty engine."""
    with treffer.serve(local, "127.0.0.1:0") as server:
        yield server


@pytest.fixture
def channel(server: Server) -> Iterator[grpc.Channel]:
    """A plain channel to it."""
    with grpc.insecure_channel(server.target) as channel:
        yield channel


def raw(channel: grpc.Channel, method: str) -> grpc.UnaryUnaryMultiCallable[bytes, bytes]:
    """A method as bytes."""
    return channel.unary_unary(method, None, None)


def health(
    channel: grpc.Channel,
) -> grpc.UnaryUnaryMultiCallable[health_pb2.HealthCheckRequest, health_pb2.HealthCheckResponse]:
    """The standard probe."""
    return channel.unary_unary(
        "/grpc.health.v1.Health/Check",
        health_pb2.HealthCheckRequest.SerializeToString,
        health_pb2.HealthCheckResponse.FromString,
    )


def held(calls: int = 4) -> tuple[Held, Server]:
    """A server whose calls wait, which admits `calls` of them."""
    transport = Held()
    return transport, treffer.serve(Engine(transport, 2**20), "127.0.0.1:0", settings=Settings(workers=2, calls=calls))


def test_health_is_serving_for_the_whole_and_for_each_service(channel: grpc.Channel) -> None:
    """A probe may ask for either; an unknown service is NOT_FOUND."""
    check = health(channel)
    for name in ("", *(service.full_name for service in contract.SERVICES)):
        assert health_pb2.HealthCheckResponse.SERVING == check(health_pb2.HealthCheckRequest(service=name)).status

    with pytest.raises(grpc.RpcError) as caught:
        check(health_pb2.HealthCheckRequest(service="nobody"))
    assert grpc.StatusCode.NOT_FOUND == caught.value.code()


def test_reflection_lists_and_describes_the_services(channel: grpc.Channel) -> None:
    """A stranger with grpcurl can find out what may be called."""
    database = ProtoReflectionDescriptorDatabase(channel)

    assert {service.full_name for service in contract.SERVICES} <= set(database.get_services())
    assert "treffer/v1/audience.proto" == database.FindFileContainingSymbol("treffer.v1.AudienceService").name


def test_faults_carry_google_rpc_details(channel: grpc.Channel) -> None:
    """Any gRPC client, not ours alone, finds reason, field and position."""
    check = raw(channel, "/treffer.v1.CatalogService/CheckRule")

    with pytest.raises(grpc.RpcError) as caught:
        check(catalog_pb2.CheckRuleRequest(rule="age >").SerializeToString())

    status = rpc_status.from_call(caught.value)  # type: ignore[arg-type]  # the error of a call is the call
    assert status is not None
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    assert status.details[0].Unpack(info)
    assert status.details[1].Unpack(bad)
    assert ("treffer", "INVALID_RULE") == (info.domain, info.reason)
    assert "rule" == bad.field_violations[0].field
    assert {"start", "end"} <= set(info.metadata)


@pytest.mark.parametrize("method", [contract.path(method) for method in contract.METHODS])
def test_bytes_that_are_no_message_are_refused(channel: grpc.Channel, method: str) -> None:
    """Damaged input gives INVALID_ARGUMENT on every method, never a crash."""
    code = raw(channel, method).future(b"\xff\xff\xff\xff").code()

    assert grpc.StatusCode.INVALID_ARGUMENT == code


@pytest.mark.parametrize("method", [contract.path(one) for one in contract.METHODS if not one.server_streaming])
def test_every_method_answers_an_empty_request(channel: grpc.Channel, method: str) -> None:
    """Each method of the contract exists: it answers, or says what is missing."""
    code = raw(channel, method).future(b"").code()

    assert code in {grpc.StatusCode.OK, grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND}


def test_unknown_method_is_unimplemented(server: Server) -> None:
    """A newer client learns that the server is older."""
    with treffer.connect(server.target) as remote, pytest.raises(Refused) as caught:
        remote.call("/treffer.v1.AudienceService/Guess", b"")

    assert code_pb2.UNIMPLEMENTED == caught.value.status.code


def test_calls_beyond_the_limit_are_turned_away_and_the_count_recovers() -> None:
    """Wave after wave the limit is admitted, those that wait included; health answers meanwhile, and nothing leaks."""
    transport, server = held(calls=4)
    with server, grpc.insecure_channel(server.target) as channel:
        count = raw(channel, COUNT)
        check = health(channel)
        for _wave in range(5):
            transport.released.clear()
            admitted = [count.future(b"", timeout=30) for _ in range(4)]
            assert server.admission.settled(4, timeout=30)
            early = check(health_pb2.HealthCheckRequest(), timeout=30)

            refused = [count.future(b"", timeout=30).code() for _ in range(3)]
            probe = check(health_pb2.HealthCheckRequest(), timeout=30)
            transport.released.set()

            assert [grpc.StatusCode.RESOURCE_EXHAUSTED] * 3 == refused
            assert [health_pb2.HealthCheckResponse.SERVING] * 2 == [early.status, probe.status]
            assert [grpc.StatusCode.OK] * 4 == [call.code() for call in admitted]
            assert server.admission.settled(0, timeout=30)


def test_health_does_not_wait_behind_calls() -> None:
    """A server that has much to do is none that has to be ended."""
    transport, server = held(calls=100)
    with server, grpc.insecure_channel(server.target) as channel:
        count = raw(channel, COUNT)
        waiting = [count.future(b"", timeout=30) for _ in range(50)]
        assert server.admission.settled(50, timeout=30)

        probe = health(channel)(health_pb2.HealthCheckRequest(), timeout=30)
        is_held = not transport.released.is_set()
        transport.released.set()

        assert (health_pb2.HealthCheckResponse.SERVING, True) == (probe.status, is_held)
        assert [grpc.StatusCode.OK] * 50 == [call.code() for call in waiting]


def test_call_that_was_given_up_leaves_its_place() -> None:
    """A caller that goes away while it waits frees its place, and the engine is not asked in vain."""
    transport, server = held(calls=3)
    with server, grpc.insecure_channel(server.target) as channel:
        count = raw(channel, COUNT)
        running = [count.future(b"", timeout=30) for _ in range(2)]
        for _ in running:
            assert transport.entered.acquire(timeout=30)
        waiting = count.future(b"", timeout=30)
        assert server.admission.settled(3, timeout=30)

        waiting.cancel()
        transport.released.set()

        assert [grpc.StatusCode.OK] * 2 == [call.code() for call in running]
        assert server.admission.settled(0, timeout=30)
        assert grpc.StatusCode.CANCELLED == waiting.code()


def test_full_server_raises_resource_exhausted() -> None:
    """The client sees the exception that says: later or smaller."""
    transport, server = held(calls=1)
    with server, treffer.connect(server.target) as remote, ThreadPoolExecutor(1) as pool:
        first = pool.submit(remote.count, "age > 1")
        assert transport.entered.acquire(timeout=30)

        with pytest.raises(ResourceExhausted) as caught:
            remote.count("age > 1")

        transport.released.set()
        assert 0 == first.result(30)
    assert "OVERLOADED" == caught.value.reason


def test_every_call_has_a_deadline() -> None:
    """A server that never answers does not hold its caller."""
    transport, server = held()
    with server, treffer.connect(server.target, timeout=0.2) as remote:
        with pytest.raises(DeadlineExceeded):
            remote.count("age > 1")
        transport.released.set()


def test_unforeseen_fault_is_internal_and_tells_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    """What went wrong inside stands in the log, not in the answer."""
    transport, server = held()
    transport.fault = RuntimeError("the password is swordfish")
    transport.released.set()
    with server, treffer.connect(server.target) as remote, pytest.raises(Internal) as caught:
        remote.count("age > 1")

    assert "swordfish" not in str(caught.value)
    assert "swordfish" in caplog.text
    assert COUNT in {getattr(record, "method", "") for record in caplog.records}


def test_stopping_lets_running_calls_finish() -> None:
    """Who was admitted gets an answer; who comes later finds nobody."""
    transport, server = held()
    with treffer.connect(server.target) as remote, ThreadPoolExecutor(2) as pool:
        running = pool.submit(remote.count, "age > 1")
        assert transport.entered.acquire(timeout=30)

        stopping = pool.submit(server.stop)
        server.stopping.wait(30)
        transport.released.set()

        assert 0 == running.result(30)
        stopping.result(30)
        with pytest.raises(Unavailable):
            remote.count("age > 1")


def test_health_says_not_serving_before_the_end() -> None:
    """A load balancer turns away before the port closes."""
    transport, server = held()
    transport.released.set()
    with server, grpc.insecure_channel(server.target) as channel:
        server.health.serving = False

        answer = health(channel)(health_pb2.HealthCheckRequest())

        assert health_pb2.HealthCheckResponse.NOT_SERVING == answer.status


def test_stopping_again_does_nothing(local: Engine) -> None:
    """A handle may be stopped by hand within its block."""
    with treffer.serve(local, "127.0.0.1:0") as server:
        server.stop()
        server.stop()


def test_port_that_is_taken_is_said_so(local: Engine, server: Server) -> None:
    """Two servers never share a port by accident."""
    with pytest.raises(Unavailable) as caught:
        treffer.serve(local, server.target)

    assert "target" == caught.value.field


@pytest.mark.parametrize("target", ["0.0.0.0:0", "[::]:0", "example.test:0", "192.0.2.1:0"])
def test_other_machines_are_served_only_when_asked_for(local: Engine, target: str) -> None:
    """Nothing is encrypted, so whoever listens to the world must say so."""
    with pytest.raises(InvalidArgument, match="insecure") as caught:
        treffer.serve(local, target)

    assert "target" == caught.value.field


def test_insecure_serves_every_address(local: Engine) -> None:
    """Said explicitly, it is done."""
    with (
        treffer.serve(local, "0.0.0.0:0", insecure=True) as server,
        treffer.connect(f"127.0.0.1:{server.port}") as remote,
    ):
        assert () == remote.segments()


@pytest.mark.parametrize("target", ["", "7411", "localhost", ":7411", "localhost:", "localhost:99999", "::1:80"])
def test_target_that_is_no_address_is_refused(target: str) -> None:
    """A typing mistake is said before anything is sent."""
    with pytest.raises(InvalidArgument) as caught:
        treffer.connect(target or " ")

    assert "target" == caught.value.field


def test_nobody_listening_is_unavailable() -> None:
    """The message names the target."""
    with treffer.connect("127.0.0.1:1") as remote, pytest.raises(Unavailable, match=r"127\.0\.0\.1:1"):
        remote.count("age > 1")


def test_request_beyond_the_message_limit_is_refused(local: Engine) -> None:
    """A limit of the server is an exception of the client, not a broken connection."""
    small = Settings(message_bytes=2**20)
    with treffer.serve(local, "127.0.0.1:0", settings=small) as server, treffer.connect(server.target) as remote:
        with pytest.raises(ResourceExhausted):
            remote.check("x" * 2**21)
        assert () == remote.segments()


def test_clock_of_a_served_engine_is_its_own(server: Server) -> None:
    """A client cannot move time that goes by hand, and confirms a system clock only when that has jumped."""
    with treffer.connect(server.target) as remote, pytest.raises(FailedPrecondition) as told:
        remote.advance("2030-01-01")
    assert told.value.field == "to"
    with treffer.open() as own, treffer.serve(own, "127.0.0.1:0") as running, treffer.connect(running.target) as remote:
        with pytest.raises(FailedPrecondition):
            remote.advance("2030-01-01")
        assert not remote.live()["held"]


def test_closed_engine_refuses(local: Engine, server: Server) -> None:
    """After close every call says so; closing again does nothing."""
    remote = treffer.connect(server.target)
    for engine in (remote, local):
        engine.close()
        engine.close()

        with pytest.raises(FailedPrecondition) as caught:
            engine.segments()

        assert "CLOSED" == caught.value.reason


def test_answers_are_the_engines_own_bytes(local: Engine, channel: grpc.Channel) -> None:
    """The server adds nothing and takes nothing away."""
    request = audience_pb2.OverlapRequest().SerializeToString()
    path = "/treffer.v1.AudienceService/Overlap"

    assert local.call(path, request) == raw(channel, path)(request)


def test_code_names_are_canonical() -> None:
    """Both grpcio and google.rpc number their codes alike."""
    assert {code.value[0]: code.name for code in grpc.StatusCode} == {
        number: name for name, number in code_pb2.Code.items()
    }
