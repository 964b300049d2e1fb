"""`track`, `void`, `load_profiles`, `load_items`: each row is taken, a duplicate, or refused with a reason."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

import duckdb
import polars as pl
import pyarrow as pa
import pytest
from google.rpc.code_pb2 import INVALID_ARGUMENT, OK

import shop
import treffer
from treffer import codec, contract
from treffer.errors import InvalidArgument
from treffer.transport import Refused
from treffer.v1 import ingest_pb2

if TYPE_CHECKING:
    from treffer import Engine
    from treffer.report import Report
    from treffer.tables import Batch, Row

EVERYBODY = "count(any) >= 0"


def numbers(report: Report) -> tuple[int, int, int, int]:
    """Accepted, duplicates, refused, blocked ids."""
    return report.accepted, report.duplicates, len(report.refused), report.blocked_ids


@pytest.fixture
def declared(engine: Engine) -> Engine:
    """`engine` that knows the commerce preset and no data."""
    engine.declare(treffer.presets.commerce)
    return engine


def visit(event_id: object = "v1", **more: object) -> Row:
    """A page view of Anna's, with something changed."""
    return {"event_id": event_id, "type": "page_view", "time": shop.ago(hours=1), "crm": "anna"} | more


def test_tracking_again_gives_duplicates(filled: Engine) -> None:
    """An event counts once, however often it arrives."""
    before = filled.count("count(purchase) >= 3")

    again = filled.track(shop.EVENTS)

    assert (0, len(shop.EVENTS), 0, 0) == numbers(again)
    assert before == filled.count("count(purchase) >= 3") == 2


def test_same_id_with_other_content_is_a_conflict(filled: Engine) -> None:
    """The first event under an id stands."""
    report = filled.track([shop.bought("e1", "anna", "riesling", "99.00", shop.ago(days=2))])

    assert ["CONFLICT"] == report.refused["reason"].to_pylist()
    assert 0 == filled.count("max(purchase.value) >= 99.00")


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        (visit(event_id=None), "event_id", "MISSING"),
        (visit(event_id=""), "event_id", "OUT_OF_RANGE"),
        (visit(event_id="x" * 129), "event_id", "OUT_OF_RANGE"),
        (visit(type=None), "type", "MISSING"),
        (visit(type="teleport"), "type", "UNDECLARED"),
        (visit(time=None), "time", "MISSING"),
        (visit(time=shop.NOW + dt.timedelta(minutes=6)), "time", "FUTURE"),
        (visit(time=dt.datetime(1850, 1, 1, tzinfo=dt.UTC)), "time", "OUT_OF_RANGE"),
        (visit(crm=None), "id", "NO_ID"),
        (visit(crm="unknown"), "id", "NO_ID"),
        (visit(crm="x" * 257), "crm", "OUT_OF_RANGE"),
        (visit(url="x" * 1025), "url", "OUT_OF_RANGE"),
        (visit(value=Decimal("0.0000001")), "value", "OUT_OF_RANGE"),
        (visit(value=float("nan")), "value", "OUT_OF_RANGE"),
        (visit(rating=5), "rating", "UNDECLARED"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_event_at_fault_is_refused_and_the_rest_taken(declared: Engine, row: Row, field: str, reason: str) -> None:
    """A refusal names row, field and reason, in the words of the wire."""
    report = declared.track([visit("first"), row, visit("last")])

    (refused,) = report.refused.to_pylist()
    assert (2, 0, 1) == numbers(report)[:3]
    assert 1 == refused["row"]
    assert reason == refused["reason"]
    assert field == refused["field"]
    assert refused["message"]


def test_event_shortly_ahead_counts_from_its_time_on(declared: Engine) -> None:
    """Clocks differ a little: five minutes ahead are stored, and not seen before their time."""
    declared.track([visit(time=shop.NOW + dt.timedelta(minutes=4))])

    assert 0 == declared.count("count(page_view) >= 1")
    assert 1 == declared.count("count(page_view) >= 1", at=shop.NOW + dt.timedelta(minutes=4))


def test_blocked_id_is_dropped_where_another_stands(declared: Engine) -> None:
    """`unknown` names nobody; the event belongs to the id beside it."""
    report = declared.track([visit(cookie="unknown")])

    assert (1, 0, 0, 1) == numbers(report)
    assert 1 == declared.count(EVERYBODY)


def test_undeclared_column_refuses_the_whole(declared: Engine) -> None:
    """A misspelt column is no row's fault; nothing is taken, unless the caller says to pass it over."""
    rows = [visit(colour="red")]

    with pytest.raises(InvalidArgument) as caught:
        declared.track(rows)

    assert "colour" in caught.value.field
    assert 0 == declared.count(EVERYBODY)
    assert 1 == declared.track(rows, ignore=["colour"]).accepted


@pytest.mark.parametrize(
    ("column", "cells"),
    [
        ("quantity", pa.array(["one"])),
        ("value", pa.array(["12.50"])),
        ("event_id", pa.array([4711.0])),
        ("time", pa.array(["yesterday"])),
        ("crm", pa.array([1.5])),
        ("url", pa.array([b"raw"], pa.binary())),
        ("value", pa.array([{"amount": 1}])),
    ],
    ids=lambda part: part if isinstance(part, str) else str(part.type),
)
def test_column_of_a_wrong_type_takes_nothing(declared: Engine, column: str, cells: pa.Array) -> None:
    """Arrow of a type that does not fit is never cast in silence: the column is named."""
    table = pa.Table.from_pylist([visit()])
    place = table.schema.get_field_index(column)
    wrong = table.append_column(column, cells) if place < 0 else table.set_column(place, column, cells)

    try:
        report = declared.track(wrong)
    except InvalidArgument as error:
        found = error.field
    else:
        assert 0 == report.accepted
        assert ["WRONG_TYPE"] == report.refused["reason"].to_pylist()
        found = report.refused["field"][0].as_py()

    assert column in found
    assert 0 == declared.count(EVERYBODY)


def test_damaged_arrow_is_refused(declared: Engine) -> None:
    """Bytes that only look like an Arrow stream are the caller's fault, never a crash."""
    good = codec.stream(pa.Table.from_pylist([visit(str(row)) for row in range(50)]))
    request = ingest_pb2.TrackEventsRequest.DESCRIPTOR.full_name
    for cut in range(0, len(good) - 8, 97):
        damaged = good[:cut] + bytes(byte ^ 0xFF for byte in good[cut : cut + 16]) + good[cut + 16 :]
        message = ingest_pb2.TrackEventsRequest(arrow_stream=damaged)
        assert code(declared, contract.BY_REQUEST[request], message) in {OK, INVALID_ARGUMENT}


def code(engine: Engine, method: str, request: ingest_pb2.TrackEventsRequest) -> object:
    """How a call ends."""
    try:
        engine.call(method, request.SerializeToString())
    except Refused as refusal:
        return refusal.status.code
    return OK


@pytest.mark.parametrize(
    "form",
    [
        lambda table: table,
        lambda table: table.to_reader(max_chunksize=3),
        pl.from_arrow,
        duckdb.from_arrow,
        lambda table: table.to_pylist(),
        lambda table: table.set_column(table.schema.get_field_index("crm"), "crm", table["crm"].dictionary_encode()),
        lambda table: table.cast(
            pa.schema([f.with_type(pa.large_string()) if f.type == pa.string() else f for f in table.schema])
        ),
        lambda table: table.cast(
            pa.schema([f.with_type(pa.string_view()) if f.type == pa.string() else f for f in table.schema])
        ),
    ],
    ids=["pyarrow", "reader", "polars", "duckdb", "dicts", "dictionary", "large_string", "string_view"],
)
def test_events_mean_the_same_from_every_library(declared: Engine, form: object) -> None:
    """Who counts afterwards cannot tell where the table came from."""
    declared.load_items(shop.ITEMS)
    events = pa.Table.from_pylist([row for row in shop.EVENTS if row["type"] == "purchase"])
    source: Batch = form(events)  # type: ignore[operator]

    report = declared.track(source)

    assert (9, 0, 0, 0) == numbers(report)
    assert 2 == declared.count(shop.WINE_LOVERS)
    assert 2 == declared.count("sum(purchase.value) >= 25.80")


def test_a_table_larger_than_a_request_is_one_report(local: Engine) -> None:
    """Rows are numbered over the whole table, however many requests it took."""
    rows = 2_000
    times = [shop.ago(hours=1)] * rows
    table = pa.table(
        {
            "event_id": [f"e{row}" for row in range(rows)],
            "type": ["page_view"] * rows,
            "time": pa.array(times, pa.timestamp("ms", "UTC")),
            "crm": [None if row % 500 == 499 else f"p{row % 70}" for row in range(rows)],
            "url": ["x" * 200] * rows,
        }
    )
    small = treffer.Engine(local._transport, 2**17)  # noqa: SLF001 - what is tested is the cutting
    small.declare(treffer.presets.commerce)
    told: list[int] = []

    report = small.track(table, progress=told.append)

    assert (rows - 4, 0, 4, 0) == numbers(report)
    assert [499, 999, 1499, 1999] == report.refused["row"].to_pylist()
    assert len(told) > 3
    assert rows == told[-1]
    assert 70 == small.count("count(page_view) >= 1")


def test_no_rows_are_no_fault(declared: Engine) -> None:
    """An empty batch gives an empty report."""
    assert (0, 0, 0, 0) == numbers(declared.track([]))
    assert (0, 0, 0, 0) == numbers(declared.load_profiles([]))
    assert (0, 0, 0, 0) == numbers(declared.load_items([]))


def test_voided_event_has_not_happened(filled: Engine) -> None:
    """Void takes the event out of every answer; again it is a duplicate, an unknown id is refused."""
    report = filled.void(["e1", "e1", "nobody"])

    assert (1, 1, 1, 0) == numbers(report)
    assert ["UNDECLARED"] == report.refused["reason"].to_pylist()
    assert [2] == report.refused["row"].to_pylist()
    assert 1 == filled.count(shop.WINE_LOVERS)


def test_profiles_take_only_what_is_written(declared: Engine) -> None:
    """Null and missing write nothing; an empty set is a value."""
    declared.load_profiles([{"crm": "a", "country": "DE", "interests": ["x"], "time": shop.ago(days=2)}])
    declared.load_profiles([{"crm": "a", "age": 3, "country": None, "interests": [], "time": shop.ago(days=1)}])

    assert 1 == declared.count('country = "DE" and age = 3')
    assert 1 == declared.count("has(interests)")
    assert 0 == declared.count('interests has "x"')


def test_later_write_of_an_attribute_wins_whatever_the_order(declared: Engine) -> None:
    """Write times rule, not arrival."""
    declared.load_profiles([{"crm": "a", "country": "DE", "time": shop.ago(days=1)}])
    declared.load_profiles([{"crm": "a", "country": "AT", "time": shop.ago(days=2)}])

    assert (1, 0) == (declared.count('country = "DE"'), declared.count('country = "AT"'))


def test_profile_row_without_id_is_refused(declared: Engine) -> None:
    """Nobody is no profile."""
    report = declared.load_profiles([{"crm": "a", "age": 1}, {"crm": None, "age": 2}])

    assert (1, 0, 1, 0) == numbers(report)
    assert "NO_ID" == report.refused["reason"][0].as_py()


def test_items_change_what_past_events_say(filled: Engine) -> None:
    """The current attribute of an item counts, for past events too."""
    filled.load_items([{"item": "riesling", "category": "vinegar"}])

    assert 0 == filled.count(shop.WINE_LOVERS)


def test_report_reads_as_a_sentence(declared: Engine) -> None:
    """In a notebook the first refusals stand in words."""
    shown = repr(declared.track([visit(type="teleport")] * 1 + [visit("ok")]))

    assert shown.startswith("Report(accepted=1")
    assert "row 0" in shown
    assert "UNDECLARED" in shown
