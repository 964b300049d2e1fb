"""Threads and processes: the GIL is free while the engine works, and a fork is refused."""

from __future__ import annotations

import multiprocessing
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

import shop
import treffer
from treffer import codec
from treffer.errors import FailedPrecondition
from treffer.v1 import ingest_pb2

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

    from treffer import Engine

ROWS = 100_000


def many_events() -> pa.Table:
    """Enough that taking them lasts some hundredths of a second."""
    numbers = pa.array(range(1, ROWS + 1))
    return pa.table(
        {
            "event_id": numbers.cast(pa.string()),
            "type": pa.repeat(pa.scalar("page_view"), ROWS),
            "time": pa.repeat(pa.scalar(shop.ago(hours=1), pa.timestamp("ms", "UTC")), ROWS),
            "crm": numbers.cast(pa.string()),
        }
    )


def middle_of(work: Callable[[], object]) -> int:
    """How often this thread had its turn while another was in the middle half of one call of `work`."""
    began = threading.Event()

    def timed() -> tuple[float, float]:
        began.set()
        return time.perf_counter(), (work(), time.perf_counter())[1]

    turns = []
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(timed)
        assert began.wait(30)
        while not running.done():
            turns.append(time.perf_counter())
        start, end = running.result()
    quarter = (end - start) / 4
    return sum(start + quarter < turn < end - quarter for turn in turns)


def test_gil_is_free_while_the_engine_works(local: Engine) -> None:
    """A thread that only counts goes on counting while another sits in one long call."""
    local.declare(treffer.presets.commerce)
    stream = codec.stream(many_events())
    request = ingest_pb2.TrackEventsRequest(arrow_stream=stream).SerializeToString()

    turns = middle_of(lambda: local.call("/treffer.v1.IngestService/TrackEvents", request))

    assert turns > 0
    assert ROWS == local.count("count(page_view) >= 1")


def test_gil_that_is_held_would_be_noticed() -> None:
    """One long call that keeps the GIL leaves no turn to others, so the test above means something."""
    assert 0 == middle_of(lambda: sum(range(10**7)))


def test_readers_and_a_writer_agree(engine: Engine) -> None:
    """Many threads on one engine: each answer is of some whole batch, and versions never go back."""
    engine.declare(treffer.presets.commerce)
    batches = [
        [
            {"event_id": f"{batch}-{row}", "type": "login", "time": shop.ago(hours=1), "crm": f"{batch}-{row}"}
            for row in range(10)
        ]
        for batch in range(20)
    ]
    written = threading.Event()

    def read() -> list[tuple[int, int]]:
        seen = []
        while True:
            last = written.is_set()
            count = engine.count("count(login) >= 1")
            seen.append((count.view.version, int(count)))
            if last:
                return seen

    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(read) for _ in range(3)]
        for batch in batches:
            assert 10 == engine.track(batch).accepted
        written.set()
        answers = [reader.result(60) for reader in readers]

    for seen in answers:
        assert sorted(seen) == seen
        assert all(count % 10 == 0 for _, count in seen)
        assert 200 == seen[-1][1]


def ask_in_child(engine: Engine, answer: Connection) -> None:
    """Say what using the parent's engine gave."""
    try:
        engine.segments()
    except FailedPrecondition as error:
        answer.send(error.reason)
    else:
        answer.send("answered")


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_forked_child_is_refused_instead_of_left_to_hang(local: Engine) -> None:
    """An engine belongs to the process that opened it; the parent's goes on."""
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()
    child = context.Process(target=ask_in_child, args=(local, there))
    child.start()

    assert here.poll(30)
    assert "FORKED" == here.recv()
    child.join(30)
    assert 0 == child.exitcode
    assert () == local.segments()
