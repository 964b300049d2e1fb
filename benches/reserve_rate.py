"""Reservations beside ingest, and beside a table of counters in SQLite.

Everybody asks for exposures of a few capped line items. Alone: all rows in calls of 16, one thread; SQLite holds the
counts in memory, one transaction a call, and both grant the same rows, which is checked. Beside ingest: 20,000 rows a
second on a schedule, in calls of 20, while another thread tracks 20,000 events a second; the latency of a call runs
from the time at which it was due.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
import threading
import time
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

import treffer
from harness import Row
from treffer.book import Advertiser, Campaign, Cap, Creative, LineItem
from treffer.v1 import match_pb2

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness import Bench

RESERVE = "/treffer.v1.MatchService/Reserve"
LINE_ITEMS, ALLOWED = 8, 2
A_CALL, RATE, EVENTS = 20, 20_000, 1_000


def shop(people: int) -> treffer.Engine:
    """An engine that knows people, and line items that each may be shown twice a day."""
    engine = treffer.open()
    engine.declare(treffer.presets.commerce, treffer.presets.openrtb)
    engine.load_profiles(pa.table({"crm": [f"c{number}" for number in range(people)]}))
    engine.book(
        Advertiser("shop", domain="shop.example"),
        Campaign("spring", "shop"),
        Creative("banner", sizes=[(300, 250)]),
        *(
            LineItem(
                f"item {number}", "spring", price=1, creatives=["banner"], caps=[Cap(ALLOWED, dt.timedelta(days=1))]
            )
            for number in range(LINE_ITEMS)
        ),
    )
    return engine


def rows(people: int, count: int, name: str) -> list[tuple[str, int, int]]:
    """Request, person and line item of each row."""
    drawn = np.random.default_rng(7)
    who, item = drawn.integers(people // 20, size=count), drawn.integers(LINE_ITEMS, size=count)
    return [(f"{name}{row}", int(who[row]), int(item[row])) for row in range(count)]


def requests(asked: Sequence[tuple[str, int, int]], a_call: int) -> list[bytes]:
    """The rows as calls."""
    price = match_pb2.Amount(micros=1_000_000)
    calls = [asked[start : start + a_call] for start in range(0, len(asked), a_call)]
    return [
        match_pb2.ReserveRequest(
            reservations=(
                match_pb2.ReservationRequest(
                    request=request, impression="1", line_item=f"item {item}", ids=[f"crm:c{who}"], price=price
                )
                for request, who, item in call
            )
        ).SerializeToString()
        for call in calls
    ]


def granted(answers: Sequence[bytes]) -> list[bool]:
    """Which rows were granted."""
    done = match_pb2.RESERVATION_OUTCOME_DONE
    return [one.outcome == done for answer in answers for one in match_pb2.ReserveResponse.FromString(answer).results]


def in_sqlite(asked: Sequence[tuple[str, int, int]], a_call: int) -> tuple[float, list[bool]]:
    """The same in SQLite: seconds, and which rows were granted."""
    table = sqlite3.connect(":memory:", isolation_level=None)
    table.execute("create table held (who integer, item integer, request text unique)")
    table.execute("create index by_key on held (who, item)")
    answers = []
    start = time.perf_counter()
    for first in range(0, len(asked), a_call):
        table.execute("begin")
        for request, who, item in asked[first : first + a_call]:
            key = (who, item)
            (count,) = table.execute("select count(*) from held where who = ? and item = ?", key).fetchone()
            if count < ALLOWED:
                table.execute("insert into held values (?, ?, ?)", (*key, request))
            answers.append(count < ALLOWED)
        table.execute("commit")
    return time.perf_counter() - start, answers


def beside_ingest(engine: treffer.Engine, asked: Sequence[bytes], people: int) -> list[float]:
    """Seconds from when each call was due to its answer, while events come in."""
    now, stop = dt.datetime.now(dt.UTC), threading.Event()
    drawn = np.random.default_rng(9)

    def ingest() -> None:
        begun = time.perf_counter()
        for number in range(1_000_000):
            time.sleep(max(0.0, begun + number * EVENTS / RATE - time.perf_counter()))
            if stop.is_set():
                return
            columns = {
                "event_id": [f"e{number}-{row}" for row in range(EVENTS)],
                "type": ["page_view"] * EVENTS,
                "time": pa.array([now] * EVENTS, pa.timestamp("ms", "UTC")),
                "crm": [f"c{who}" for who in drawn.integers(people, size=EVENTS)],
            }
            engine.track(pa.table(columns))

    thread = threading.Thread(target=ingest)
    thread.start()
    begun, waited = time.perf_counter(), []
    for number, call in enumerate(asked):
        due = begun + number * A_CALL / RATE
        time.sleep(max(0.0, due - time.perf_counter()))
        engine.call(RESERVE, call)
        waited.append(time.perf_counter() - due)
    stop.set()
    thread.join()
    return sorted(waited)


def compare(bench: Bench, *, quick: bool) -> None:
    """Report rate and latency."""
    people, count = (2_000, 2_000) if quick else (200_000, 100_000)
    with shop(people) as engine:
        asked = rows(people, count, "a")
        calls = requests(asked, 16)
        start = time.perf_counter()
        answers = [engine.call(RESERVE, call) for call in calls]
        ours = time.perf_counter() - start
        peer, expected = in_sqlite(asked, 16)
        equal = granted(answers) == expected
        bench.add(
            Row("reserving, calls of 16", "us/row", ours / count * 1e6, {"sqlite": peer / count * 1e6}, equal, "", None)
        )
        later = requests(rows(people, count, "b"), A_CALL)
        waited = beside_ingest(engine, later, people)
        bench.report("reserving 20,000/s beside ingest, p50", "ms", waited[len(waited) // 2] * 1e3)
        p99 = waited[len(waited) * 99 // 100] * 1e3
        limit = Decimal(5)
        bench.report("reserving 20,000/s beside ingest, p99", "ms", p99, f"<= {limit} ms", holds=p99 <= limit)
