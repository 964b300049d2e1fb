"""What callers write, under strict mypy: the types of the public faces are part of the promise. Never run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, assert_type

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

import treffer
from treffer import Attribute, Engine, EventType, ItemAttribute, Namespace
from treffer.auction import Auction, Bid, Consent, Decision, Impression, Offer, Place, Verdict
from treffer.book import Campaign, Cap, LineItem, LineItemStatus
from treffer.breakdown import Breakdown
from treffer.catalog import Catalog, Segment, SegmentVersion
from treffer.errors import InvalidArgument, TrefferError
from treffer.explanation import Explanation
from treffer.members import Members
from treffer.overlap import Overlap
from treffer.report import Report
from treffer.rule import Rule
from treffer.server import Server
from treffer.view import Count, View
from treffer.watch import Change, SegmentMembers, Watch

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa


def both_ways_give_the_same_object() -> None:
    """Open, connect, serve."""
    assert_type(treffer.open(), Engine)
    assert_type(treffer.open(clock="manual"), Engine)
    assert_type(treffer.connect("127.0.0.1:7411", timeout=1.5), Engine)
    with treffer.open() as engine, treffer.serve(engine, "127.0.0.1:0") as server:
        assert_type(server, Server)
        assert_type(server.port, int)


def declarations(engine: Engine) -> None:
    """A misspelt kind is found before anything runs."""
    assert_type(engine.declare(treffer.presets.commerce), View)
    engine.declare(Namespace("crm", unique=True), Attribute("age", "integer"), ItemAttribute("price", "decimal"))
    engine.declare([EventType("visit", {"page": "string"}, retention=dt.timedelta(days=30))])
    engine.declare(treffer.presets.commerce, Attribute("age", "text"))  # type: ignore[arg-type]
    assert_type(engine.catalog(), Catalog)


def batches(engine: Engine, table: pa.Table, frame: pl.DataFrame) -> None:
    """Whatever speaks Arrow, and dicts."""
    assert_type(engine.track([{"event_id": "1", "type": "visit", "time": dt.datetime.now(dt.UTC)}]), Report)
    assert_type(engine.track(frame, ignore=["note"]), Report)
    engine.load_items(table)
    engine.load_profiles(table, progress=print)
    engine.void(["1", "2"])
    engine.track(7)  # type: ignore[arg-type]


def streams(engine: Engine, tables: Iterator[pa.Table]) -> None:
    """Batches of any form in, an iterator of reports out."""
    assert_type(engine.stream(tables, ignore=["note"], ahead=0), Iterator[Report])
    assert_type(next(engine.stream([[{"event_id": "e"}]])).fault, TrefferError | None)


def segments(engine: Engine) -> None:
    """A checked rule is text."""
    assert_type(engine.define_segment("x", "age > 1", description="old enough"), Segment)
    assert_type(engine.segments(), tuple[Segment, ...])
    assert_type(engine.pause_segment("x"), Segment)
    assert_type(engine.resume_segment("x").members, int)
    assert_type(engine.segment_versions("x"), tuple[SegmentVersion, ...])
    assert_type(engine.segments_of("crm:1"), tuple[str, ...])
    assert_type(engine.check("age > 1"), Rule)
    text: str = engine.check("age > 1")
    engine.define_segment(text, text)


def answers(engine: Engine) -> None:
    """Numbers, matrices, mappings, members, trees."""
    assert_type(engine.count("x", at=dt.date(2024, 1, 1)), Count)
    number: int = engine.count("x", at="2024-01-01")
    assert_type(engine.count("x").view, View)
    overlap = engine.overlap(["x", "y"])
    assert_type(overlap, Overlap)
    assert_type(overlap["x", "y"], int)
    assert_type(overlap.counts, NDArray[np.uint64])
    breakdown = engine.breakdown("x", by="age")
    assert_type(breakdown, Breakdown)
    assert_type(dict(breakdown), dict[str, int])
    engine.breakdown("x", by=["y", "z"], limit=number)
    members = engine.members("x")
    assert_type(members, Members)
    assert_type(members.sample(3), Members)
    assert_type(members.to_numpy(), NDArray[np.uint32])
    assert_type(members.to_bitmap(), BitMap)
    explanation = engine.explain("crm:1", "x")
    assert_type(explanation, Explanation)
    assert_type(explanation.parts, tuple[Explanation, ...])


def changes(engine: Engine) -> None:
    """A watch is an iterator that can be closed and resumed."""
    with engine.watch("x", "y", ids=["crm"], cursor=7, snapshot=False) as watch:
        assert_type(watch, Watch)
        assert_type(next(watch), Change)
        assert_type(watch.cursor, int)
        assert_type(watch.snapshot["x"], SegmentMembers)
        for change in watch:
            assert_type(change.event_id, str | None)
            assert_type(change.ids, tuple[str, ...])
    assert_type(engine.live(), dict[str, int])


def auctions(engine: Engine) -> None:
    """Entries in, decisions out; a price is exact or does not compile."""
    item = LineItem("wine", "spring", 'ctx.country = "DE"', Decimal("2.5"), caps=[Cap(3, dt.timedelta(days=1))])
    assert_type(engine.book(item, Campaign("spring", "shop"), LineItemStatus("wine", "paused")), View)
    assert_type(engine.line_items(), dict[str, str])
    LineItem("wine", "spring", price=2.5)  # type: ignore[arg-type]
    LineItemStatus("wine", "stopped")  # type: ignore[arg-type]
    auction = Auction(
        "1",
        ["crm:1"],
        {"country": "DE", "keywords": {"wine"}, "hour_of_week": 3, "place": Place("52.5", "13.4")},
        [Impression(offers=[Offer("video")], floor="0.5")],
        Consent(gdpr=False),
    )
    decisions = engine.match([auction])
    assert_type(decisions, tuple[Decision, ...])
    assert_type(decisions[0].profile, int | None)
    assert_type(decisions[0].bids, tuple[Bid, ...])
    assert_type(decisions[0].bids[0].price, Decimal)
    assert_type(decisions[0].impressions[0].fallen, Mapping[str, int])
    verdicts = engine.explain_match(auction, ["wine"])
    assert_type(verdicts, tuple[Verdict, ...])
    assert_type(verdicts[0].fell, str | None)
    assert_type(verdicts[0].false_parts, tuple[str, ...])
    Auction("1", context={"weight": 0.5})  # type: ignore[dict-item]


def faults(engine: Engine) -> None:
    """An exception knows where."""
    try:
        engine.count("age >")
    except InvalidArgument as error:
        assert_type(error.position, tuple[int, int] | None)
        assert_type(error.field, str)
