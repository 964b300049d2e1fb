"""`stream`: batches of events one after another, a report for each, on both faces; and what a server does."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import TYPE_CHECKING

import grpc
import pyarrow as pa
import pytest
from google.rpc import code_pb2

import shop
import treffer
from treffer import Engine
from treffer.errors import DeadlineExceeded, InvalidArgument, ResourceExhausted, Unavailable
from treffer.settings import Settings
from treffer.v1 import ingest_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from treffer.exchange import Exchange
    from treffer.polls import Polls
    from treffer.report import Report
    from treffer.server import Server
    from treffer.tables import Batch, Row

STREAM = "/treffer.v1.IngestService/StreamEvents"


@pytest.fixture
def declared(engine: Engine) -> Engine:
    """`engine` that knows the commerce preset and no data."""
    engine.declare(treffer.presets.commerce)
    return engine


def visit(event_id: str, **more: object) -> Row:
    """A page view of Anna's, with something changed."""
    return {"event_id": event_id, "type": "page_view", "time": shop.ago(hours=1), "crm": "anna"} | more


def numbers(report: Report) -> tuple[int, int, int]:
    """Accepted, duplicates, refused."""
    return report.accepted, report.duplicates, len(report.refused)


@pytest.mark.parametrize("ahead", [0, 1, 4])
def test_each_batch_has_its_report_in_order(declared: Engine, ahead: int) -> None:
    """Rows are judged one by one, numbered in their batch, and each view shows the batch."""
    batches: list[Batch] = [
        [visit("a"), visit("b")],
        [visit("b"), visit("c", type="teleport")],
        pa.Table.from_pylist([visit("d")]),
        [],
    ]

    reports = list(declared.stream(batches, ahead=ahead))

    assert [(2, 0, 0), (0, 1, 1), (1, 0, 0), (0, 0, 0)] == [numbers(report) for report in reports]
    assert [(1, "UNDECLARED")] == [(one["row"], one["reason"]) for one in reports[1].refused.to_pylist()]
    assert [None] * 4 == [report.fault for report in reports]
    assert reports[0].view.version < reports[2].view.version
    assert 1 == declared.count("count(page_view) = 3")


def test_faulty_batch_does_not_end_the_stream(declared: Engine) -> None:
    """Its report says why nothing of it was taken; what follows goes on, whoever found the fault."""
    batches: list[Batch] = [[visit("a")], [visit("b", colour="red")], [{"event_id": object()}], [visit("c")]]

    reports = list(declared.stream(batches))

    assert [(1, 0, 0), (0, 0, 0), (0, 0, 0), (1, 0, 0)] == [numbers(report) for report in reports]
    undeclared, unreadable = reports[1].fault, reports[2].fault
    assert isinstance(undeclared, InvalidArgument)
    assert isinstance(unreadable, InvalidArgument)
    assert "colour" in undeclared.field
    assert "INVALID_FIELD" == undeclared.reason
    assert "event_id" in unreadable.field
    assert "colour" in repr(reports[1])


def test_columns_may_be_passed_over(declared: Engine) -> None:
    """`ignore` is that of `track`."""
    (report,) = declared.stream([[visit("a", colour="red")]], ignore=["colour"])

    assert (1, 0, 0) == numbers(report)


def test_nothing_is_done_before_a_report_is_asked_for(declared: Engine) -> None:
    """Batches are taken in the caller's thread, and with `ahead=0` one for each report."""
    taken: list[int] = []

    def batches() -> Iterator[Batch]:
        for number in range(3):
            taken.append(threading.get_ident())
            yield [visit(str(number))]

    stream = declared.stream(batches(), ahead=0)
    assert [] == taken

    next(stream)

    assert [threading.get_ident()] == taken
    assert 2 == len(list(stream))


def test_fault_of_the_source_is_its_own(declared: Engine) -> None:
    """What the caller's iterator raises comes out as it is; what was sent may stand."""

    def batches() -> Iterator[Batch]:
        yield [visit("a")]
        raise OSError("the pipe broke")

    with pytest.raises(OSError, match="the pipe broke"):
        list(declared.stream(batches(), ahead=0))

    assert 1 == declared.count("count(page_view) = 1")


def test_many_batches_are_all_counted(declared: Engine) -> None:
    """More than fit on the way at once."""
    reports = list(declared.stream([visit(f"{number}-{row}") for row in range(10)] for number in range(300)))

    assert 3_000 == sum(report.accepted for report in reports)
    assert 1 == declared.count("count(page_view) = 3000")


def test_batch_larger_than_a_request_is_one_report(declared: Engine) -> None:
    """Rows are numbered over the whole batch; a fault behind its first part is the batch's."""
    rows = 2_000
    table = pa.table(
        {
            "event_id": [f"e{row}" for row in range(rows)],
            "type": ["page_view"] * rows,
            "time": pa.array([shop.ago(hours=1)] * rows, pa.timestamp("ms", "UTC")),
            "crm": [None if row % 500 == 499 else f"p{row % 70}" for row in range(rows)],
            "url": ["x" * 200] * rows,
        }
    )
    small = Engine(declared._transport, 2**17)  # noqa: SLF001 - what is tested is the cutting

    first, second = small.stream([table, [visit("last")]])

    assert (rows - 4, 0, 4) == numbers(first)
    assert [499, 999, 1499, 1999] == first.refused["row"].to_pylist()
    assert (1, 0, 0) == numbers(second)


def streamed(channel: grpc.Channel) -> grpc.StreamStreamMultiCallable[bytes, bytes]:
    """The stream as bytes."""
    return channel.stream_stream(STREAM, None, None)


class Held:
    """A transport whose calls wait until the test lets them go, and answer with an empty report."""

    def __init__(self) -> None:
        """Begin with every call held."""
        self.entered = threading.Semaphore(0)
        self.released = threading.Event()

    def call(self, method: str, request: bytes, timeout: float | None = None) -> bytes:  # noqa: ARG002
        """Wait, then answer."""
        self.entered.release()
        self.released.wait(30)
        if method != STREAM:
            return b""
        batch = ingest_pb2.StreamEventsRequest.FromString(request).batch
        return ingest_pb2.StreamEventsResponse(batch=batch, report=ingest_pb2.Report(accepted=1)).SerializeToString()

    def stream(self, method: str) -> Exchange:
        """Open nothing: a server asks by `call` alone."""
        raise NotImplementedError(method)

    def match_table(self, table: pa.Table, ignore: Sequence[str], *, reserve: bool) -> None:
        """Decide nothing."""

    def watch(self, method: str, request: bytes) -> Polls:
        """Watch nothing."""
        raise NotImplementedError(method, request)

    def advance(self, milliseconds: int) -> None:
        """Do nothing."""

    def memory(self) -> dict[str, int]:
        """Hold nothing."""
        return {}

    def close(self) -> None:
        """Let everybody go."""
        self.released.set()


def held() -> tuple[Held, Server]:
    """A server whose calls wait; it has one worker, and room for two streams."""
    transport = Held()
    settings = Settings(workers=1, ingest_streams=2)
    return transport, treffer.serve(Engine(transport, 2**20), "127.0.0.1:0", settings=settings)


class Source:
    """Batches that the test hands out one by one."""

    def __init__(self) -> None:
        """Begin with nothing to give."""
        self.asked = threading.Semaphore(0)
        self.more = threading.Semaphore(0)
        self.over = False

    def __iter__(self) -> Iterator[Batch]:
        """Wait for the test."""
        while True:
            self.asked.release()
            self.more.acquire(timeout=30)
            if self.over:
                return
            yield [visit("a")]


def test_open_streams_leave_the_workers_to_calls_and_are_limited() -> None:
    """Idle streams hold no worker; one too many is told so, and a stream that ends makes room."""
    transport, server = held()
    transport.released.set()
    with server, treffer.connect(server.target) as remote, ThreadPoolExecutor(2) as pool:
        sources = Source(), Source()
        streams = [remote.stream(source, ahead=0) for source in sources]
        for source, stream in zip(sources, streams, strict=True):
            source.more.release()
            assert 1 == next(stream).accepted

        assert 0 == remote.count("age > 1")
        with pytest.raises(ResourceExhausted) as caught:
            list(remote.stream([[visit("a")]]))
        for source, stream in zip(sources, streams, strict=True):
            source.over = True
            source.more.release()
            assert [] == pool.submit(list, stream).result(30)
        assert server.streams.settled(0, timeout=30)

        assert "OVERLOADED" == caught.value.reason
        assert 1 == len(list(remote.stream([[visit("a")]])))


def test_each_batch_has_a_deadline() -> None:
    """A server that does not answer does not hold its caller, and a stream that is given up leaves its place."""
    transport, server = held()
    with server, treffer.connect(server.target, timeout=0.2) as remote:
        with pytest.raises(DeadlineExceeded):
            list(remote.stream([[visit("a")]]))
        transport.released.set()
        assert server.streams.settled(0, timeout=30)


def test_stopping_answers_the_batch_at_work_and_ends_the_idle() -> None:
    """Nobody waits for the grace to pass: what was taken is answered, then the stream is told why it ends."""
    transport, server = held()
    with treffer.connect(server.target) as remote, ThreadPoolExecutor(3) as pool:
        busy = remote.stream([[visit("a")], [visit("b")]], ahead=0)
        idle = grpc.insecure_channel(server.target)
        silence: SimpleQueue[bytes | None] = SimpleQueue()
        call = streamed(idle)(iter(silence.get, None))
        assert server.streams.settled(1, timeout=30)
        running = pool.submit(next, busy)
        assert transport.entered.acquire(timeout=30)

        stopping = pool.submit(server.stop, 30)
        assert server.stopping.wait(30)
        transport.released.set()

        assert 1 == running.result(30).accepted
        with pytest.raises(Unavailable):
            next(busy)
        stopping.result(20)
        assert grpc.StatusCode.UNAVAILABLE == call.code()
        silence.put(None)
        idle.close()


def test_bytes_that_are_no_request_end_the_stream(declared: Engine) -> None:
    """Which batch they were nobody can say."""
    with treffer.serve(declared, "127.0.0.1:0") as server, grpc.insecure_channel(server.target) as channel:
        good = ingest_pb2.StreamEventsRequest(batch=3).SerializeToString()
        call = streamed(channel)(iter([good, b"\xff\xff", good]))

        first = ingest_pb2.StreamEventsResponse.FromString(next(call))

        assert (3, code_pb2.INVALID_ARGUMENT) == (first.batch, first.status.code)
        with pytest.raises(grpc.RpcError):
            next(call)
        assert grpc.StatusCode.INVALID_ARGUMENT == call.code()
