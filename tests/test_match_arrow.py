"""Auctions in Arrow batches, as dicts and as OpenRTB requests: the same decisions as of objects, fault by fault."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa
import pytest

import treffer
from drawn_auctions import Draw, row
from treffer.auction import Auction, Consent, Impression, Offer, OfferedDeal, Place
from treffer.book import Advertiser, Campaign, Cap, Creative, Deal, LineItem, NamedList, Rate
from treffer.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Iterator

    from treffer import Engine
    from treffer.auction import Decision


def fill(engine: Engine) -> None:
    """Three people and a dozen line items, each of which asks something else."""
    engine.advance("2026-03-01")
    engine.declare(treffer.presets.commerce, treffer.presets.openrtb)
    engine.load_profiles([{"crm": name, "country": country} for name, country in (("ada", "DE"), ("bob", "AT"))])
    engine.track([{"event_id": "1", "type": "purchase", "time": "2026-02-28", "crm": "ada", "value": Decimal(20)}])
    engine.define_segment("buyers", "count(purchase last 30d) >= 1")
    engine.book(
        NamedList("safe", ["wine.example"]),
        Rate("USD", 1),
        Rate("EUR", "1.25"),
        Advertiser("shop", "shop.example", seat="s1", categories=["IAB7-1"]),
        Advertiser("other", "other.example", bundle="app.other"),
        Campaign("all", "shop"),
        Campaign("other", "other", currency="EUR"),
        Creative("box", sizes=[(300, 250)], language="de", attributes=[3]),
        Creative("script", sizes=[(300, 250)], apis=[5]),
        Creative("wide", sizes=[(728, 90)], mimes=["image/png"], secure=False),
        Creative("film", "video", duration=15, mimes=["video/mp4"], protocols=[2], weight=2),
        Creative("sound", "audio", duration=30),
        Deal("d1", "s1"),
        Deal("d2"),
        LineItem("buyers", "all", 'segment("buyers")', "2.5", creatives=["box", "script", "film"]),
        LineItem("others", "all", 'not segment("buyers")', 2, creatives=["box", "wide"]),
        LineItem("safe", "all", 'ctx.domain in list("safe")', 1, creatives=["box", "wide", "film", "sound"]),
        LineItem("german", "other", 'ctx.country = "DE"', "1.5", creatives=["wide", "box"], purposes=[1]),
        LineItem("hour", "other", "ctx.hour_of_week in {0, 1}", 3, creatives=["film"]),
        LineItem("near", "other", "ctx.place within 5km of (52.5, 13.4)", 4, creatives=["box", "film"]),
        LineItem("words", "all", 'ctx.keywords has any {"wine", "beer"}', 1, creatives=["box"]),
        LineItem("long", "all", "ctx.min_duration >= 7.5", 1, creatives=["film", "sound"]),
        LineItem("deal", "all", "", 5, creatives=["box", "film"], deals=["d1"]),
        LineItem("both", "other", "", 5, creatives=["box"], deals=["d1", "d2"], open_market=True),
        LineItem("capped", "all", "", 6, creatives=["box", "film"], caps=[Cap(2, dt.timedelta(days=1))]),
    )


@pytest.fixture(scope="module")
def market() -> Iterator[Engine]:
    """An engine that no test changes."""
    with treffer.open(clock="manual") as engine:
        fill(engine)
        yield engine


@pytest.fixture(scope="module")
def served(market: Engine) -> Iterator[Engine]:
    """The same behind gRPC."""
    with treffer.serve(market, "127.0.0.1:0") as server, treffer.connect(server.target) as remote:
        yield remote


def told(decision: Decision) -> Decision:
    """What both forms must agree in: of faults only that there is one."""
    if decision.fault is None:
        return decision
    return treffer.auction.Decision(decision.request, "", None, (), "faulty", decision.view, decision.index)


@pytest.mark.parametrize("seed", range(20))
def test_rows_and_objects_give_the_same_decisions(market: Engine, seed: int) -> None:
    """Everything that an auction can say, faults too; and one explained line item after the other adds up to it."""
    draw = Draw(random.Random(seed))  # noqa: S311 - no secret
    auctions = [draw.auction(f"{seed}-{number}") for number in range(60)]

    objects = market.match(auctions)
    rows = market.match([row(auction, one) for auction in auctions for one in auction.impressions])

    assert [told(one) for one in objects] == [told(one) for one in rows]
    assert 20 < sum(one.fault is None for one in objects) < 60
    assert any(one.bids for one in objects)
    for auction, decision in zip(auctions, objects, strict=True):
        if decision.fault is None and len(auction.impressions) == 1:
            verdicts = market.explain_match(auction)
            fallen = Counter(verdict.fell for verdict in verdicts if verdict.fell)
            assert dict(fallen) == decision.impressions[0].fallen
            assert len(verdicts) - fallen.total() == decision.impressions[0].eligible


TABLE = pa.table(
    {
        "request": ["r1", "r1", "r2", "r3"],
        "crm": pa.array(["ada", "ada", None, "bob"]).dictionary_encode(),
        "gdpr": pa.array([0, 0, 0, 0], pa.int8()),
        "country": ["DE", "DE", "AUT", None],
        "place": [{"latitude": 52.5, "longitude": 13.4}, None, None, None],
        "media": pa.array([["banner", "video"], None, ["video"], ["banner"]]),
        "sizes": pa.array([["300x250"], ["728x90", "300x250"], None, []], pa.large_list(pa.string_view())),
        "floor": pa.array([Decimal("0.50"), None, None, Decimal(1)]),
        "deals": pa.array([["d1"], None, [], None]),
        "hour_of_week": pa.array([None, None, 1, 1], pa.float64()),
    }
)


def test_a_table_gives_a_table_with_a_row_for_each_row(market: Engine) -> None:
    """Ids, counts and bids stand where the row stood that asked, whatever the Arrow types."""
    decisions = market.match(TABLE)
    table = decisions.to_arrow()

    assert ["r1", "r1", "r2", "r3"] == table["request"].to_pylist()
    assert ["1", "2", "1", "1"] == table["impression"].to_pylist()
    assert [None] * 4 == table["fault"].to_pylist()
    rows = table.to_pylist()
    assert [11] * 4 == [own["eligible"] + sum(own["fallen"].values()) for own in rows]
    assert [None, "d1"] == [bid["deal"] for bid in table["bids"][0].as_py() if bid["line_item"] == "both"]
    assert pa.types.is_dictionary(table.schema.field("bids").type.value_type.field("line_item").type)
    assert len(decisions) == 4
    assert decisions.view.version > 0


def test_flat_columns_say_what_objects_say(market: Engine) -> None:
    """Media types, sizes, deals by id and countries of three letters."""
    here = {"country": "DE"}
    said = Consent(gdpr=False)
    sizes = [(300, 250)]
    objects = market.match(
        [
            Auction(
                "r1",
                ["crm:ada"],
                here,
                [
                    Impression(
                        "1",
                        [Offer("banner", sizes), Offer("video", sizes)],
                        {"place": Place("52.5", "13.4")},
                        Decimal("0.5"),
                        deals=[OfferedDeal("d1")],
                    ),
                    Impression("2", [Offer("banner", [(728, 90), (300, 250)])]),
                ],
                said,
            ),
            Auction("r2", (), {"country": "AT", "hour_of_week": 1}, [Impression("1", [Offer("video")])], said),
            Auction("r3", ["crm:bob"], {"hour_of_week": 1}, [Impression(floor=1)], said),
        ]
    )

    assert objects == tuple(market.match(TABLE).each())


def test_any_library_with_arrow_asks_and_reads(market: Engine) -> None:
    """Polars in, polars out; a single batch; several chunks; nothing at all."""
    frame = pl.DataFrame({"request": ["a", "b"], "crm": ["ada", "bob"], "gdpr": [False, False]})
    decisions = market.match(frame)
    again = pl.DataFrame(decisions)
    batch = pa.RecordBatch.from_pylist(frame.to_dicts())

    assert ["a", "b"] == again["request"].to_list()
    assert decisions.table == market.match(batch).table
    assert TABLE.num_rows == len(market.match(pa.concat_tables([TABLE[:1], TABLE[1:]])))
    assert market.match(TABLE).table == market.match(pa.concat_tables([TABLE[:1], TABLE[1:]])).table
    assert len(market.match(TABLE[:0])) == 0
    assert market.match([]) == ()


def test_a_faulty_row_has_its_fault_and_the_others_go_on(market: Engine) -> None:
    """Field, reason and message; one faulty row is the fault of its request."""
    rows = [
        {"request": "a", "gdpr": False},
        {"request": "b", "floor": -1, "gdpr": False},
        {"request": None, "gdpr": False},
        {"request": "c", "gdpr": False, "deals": [{"id": "d1", "floor": -1}]},
        {"request": "c", "gdpr": False},
        {"request": "d", "gdpr": None},
        {"request": "e", "gdpr": False, "crm": "ada"},
        {"request": "e", "gdpr": False, "crm": "bob"},
        {"request": "f", "gdpr": False, "impression": "1"},
        {"request": "f", "gdpr": False, "impression": "1"},
        {"request": "g", "gdpr": False, "currency": "euro"},
        {"request": "h", "gdpr": False, "sizes": ["big"]},
        {"request": "i", "gdpr": False, "media": "print"},
        {"request": "j", "gdpr": False, "purposes": [0]},
        {"request": "j2", "gdpr": False, "place": {"latitude": 91, "longitude": 0}},
        {"request": "k", "gdpr": False},
    ]
    table = market.match(pa.Table.from_pylist(rows, SCHEMA)).to_arrow()
    faults = [own and (own["field"], own["reason"]) for own in table["fault"].to_pylist()]

    assert faults == [
        None,
        ("floor", "OUT_OF_RANGE"),
        ("request", "MISSING"),
        ("deals.floor", "OUT_OF_RANGE"),
        ("deals.floor", "OUT_OF_RANGE"),
        ("gdpr", "MISSING"),
        ("ids", "CONFLICT"),
        ("ids", "CONFLICT"),
        ("impression", "CONFLICT"),
        ("impression", "CONFLICT"),
        ("currency", "OUT_OF_RANGE"),
        ("sizes", "WRONG_TYPE"),
        ("media", "OUT_OF_RANGE"),
        ("purposes", "OUT_OF_RANGE"),
        ("place", "OUT_OF_RANGE"),
        None,
    ]
    assert table["eligible"].is_valid().to_pylist() == [fault is None for fault in faults]
    assert table["bids"].is_valid().to_pylist() == [fault is None for fault in faults]
    assert "2 with bids, 14 faulty" in repr(market.match(pa.Table.from_pylist(rows, SCHEMA)))


SCHEMA = pa.schema(
    {
        "request": pa.string(),
        "impression": pa.string(),
        "gdpr": pa.bool_(),
        "crm": pa.string(),
        "floor": pa.int64(),
        "currency": pa.string(),
        "deals": pa.list_(pa.struct({"id": pa.string(), "floor": pa.int32()})),
        "media": pa.string(),
        "sizes": pa.list_(pa.string()),
        "purposes": pa.list_(pa.int8()),
        "place": pa.struct({"latitude": pa.int64(), "longitude": pa.int64()}),
    }
)


@pytest.mark.parametrize(
    ("columns", "field"),
    [
        ({"crm": ["ada"]}, "request"),
        ({"request": ["a"], "nothing": [1]}, "nothing"),
        ({"request": ["a"], "ctx.nothing": [1]}, "ctx.nothing"),
        ({"request": ["a"], "country": [1]}, "country"),
        ({"request": ["a"], "country": ["DE"], "ctx.country": ["DE"]}, "ctx.country"),
        ({"request": ["a"], "floor": ["cheap"]}, "floor"),
        ({"request": [1]}, "request"),
        ({"request": ["a"], "gdpr": ["yes"]}, "gdpr"),
        ({"request": ["a"], "deals": [[{"name": "d1"}]]}, "deals"),
        ({"request": ["a"], "offers": [[{"media": "video"}]], "media": ["video"]}, "media"),
        ({"request": ["a"], "place": ["here"]}, "place"),
    ],
)
def test_a_column_that_cannot_be_is_told_by_name(market: Engine, columns: dict[str, Any], field: str) -> None:
    """Unknown, twice, or of another type: the whole batch is wrong."""
    with pytest.raises(InvalidArgument) as error:
        market.match(pa.table(columns))

    assert error.value.field == field


def test_columns_may_be_left_aside(market: Engine) -> None:
    """As with `track`."""
    table = pa.table({"request": ["a"], "gdpr": [False], "when": ["now"]})

    assert len(market.match(table, ignore=["when"])) == 1
    assert len(market.match(table, ignore="when")) == 1


def test_the_same_is_decided_over_grpc(market: Engine, served: Engine) -> None:
    """The same table, view and index."""
    here, there = market.match(TABLE), served.match(TABLE)

    assert here.table == there.table
    assert (here.view, here.index) == (there.view, there.index)


@pytest.mark.parametrize(
    "table",
    [
        pytest.param(pa.concat_tables([TABLE, TABLE.slice(2)]), id="in parts"),
        pytest.param(TABLE.slice(1, 2), id="a slice"),
        pytest.param(TABLE.slice(0, 0), id="empty"),
        pytest.param(pa.concat_tables([TABLE.slice(2, 0), TABLE]), id="after a part without rows"),
        pytest.param(TABLE.set_column(0, "request", TABLE["request"].dictionary_encode()), id="with a dictionary"),
        pytest.param(TABLE.set_column(0, "request", TABLE["request"].cast(pa.large_string())), id="of large texts"),
    ],
)
def test_a_table_is_decided_where_it_lies_as_it_is_when_it_is_sent(
    market: Engine, served: Engine, table: pa.Table
) -> None:
    """Whatever its parts, and the types of the answer are the same."""
    here, there = market.match(table).table, served.match(table).table

    assert here == there
    assert here.schema == there.schema


def test_texts_that_are_none_are_refused_by_their_column(market: Engine) -> None:
    """A table in the same process may hold anything."""
    names = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\2\0\0\0"), pa.py_buffer(b"\xff\xfe")])
    with pytest.raises(InvalidArgument) as error:
        market.match(pa.table({"request": names, "gdpr": [False]}))

    assert error.value.field == "request"


def test_columns_without_a_byte_claim_no_end_of_rows(market: Engine, served: Engine) -> None:
    """Null throughout, they take nothing here and would take everything there."""
    table = pa.table({"request": pa.Array.from_buffers(pa.null(), (1 << 31) - 1, [None])})
    for engine in (market, served):
        with pytest.raises(InvalidArgument, match="more cells than its bytes can hold"):
            engine.match(table)


def test_arrow_that_contradicts_itself_is_refused(market: Engine, served: Engine) -> None:
    """With the same kind of error wherever the engine is."""
    schema = pa.schema([pa.field("request", pa.string(), nullable=False)])
    table = pa.table([pa.array(["a", None])], schema=schema)
    for engine in (market, served):
        with pytest.raises(InvalidArgument) as error:
            engine.match(table)
        assert error.value.field == "arrow_stream"


def test_a_large_table_goes_in_several_requests_and_no_auction_is_cut(market: Engine) -> None:
    """Small requests: the same table as in one."""
    small = treffer.Engine(market._transport, 66_000)  # noqa: SLF001 - no setting is that small
    table = pa.concat_tables([TABLE] * 40)
    names = [f"{own}-{row // 4}" for row, own in enumerate(table["request"].to_pylist())]
    table = table.set_column(0, "request", pa.array(names))

    assert market.match(table).table.to_pylist() == small.match(table).table.to_pylist()


def test_requests_as_dicts_give_decisions(market: Engine, served: Engine) -> None:
    """Rows with the key `request`, with what dicts hold well: text for amounts, sets, pairs, places."""
    rows = [
        {
            "request": "r1",
            "crm": "ada",
            "gdpr": False,
            "floor": "0.50",
            "sizes": [(300, 250)],
            "keywords": {"wine"},
            "place": Place("52.5", "13.4"),
        },
        {"request": "r2", "floor": -1},
    ]
    decided, faulty = market.match(rows)

    assert {"buyers", "capped", "near", "words"} & {bid.line_item for bid in decided.bids}
    assert decided.impressions[0].eligible == 5
    assert faulty.fault is not None
    assert "floor" in faulty.fault
    assert (decided, faulty) == served.match(rows)


def test_openrtb_requests_give_decisions(market: Engine, served: Engine) -> None:
    """As bytes, text or dicts; the damaged one has a fault; `bid` tells the same in bid responses."""
    request = {
        "id": "o1",
        "imp": [{"id": "7", "banner": {"w": 300, "h": 250}, "bidfloor": 0.5}],
        "site": {"domain": "wine.example"},
        "regs": {"gdpr": 0},
    }
    text = json.dumps(request)
    first, *rest = market.match([request, text, text.encode(), b"{", {"id": "o2", "imp": []}])
    (answer,) = market.bid([request])

    assert first.impressions[0].impression == "7"
    assert [first, first] == rest[:2]
    assert [one.fault is None for one in rest] == [True, True, False, False]
    assert [bid["price"] for seat in answer.to_dict()["seatbid"] for bid in seat["bid"]] == [
        float(bid.price) for bid in first.bids
    ]
    assert market.match([request, text]) == served.match([request, text])


@pytest.mark.parametrize(
    "requests", [[Auction("a"), {"request": "a"}], [{"request": "a"}, "{}"], [1], "r1", {"request": "a"}, 7]
)
def test_what_is_no_list_of_one_kind_is_refused(market: Engine, requests: Any) -> None:  # noqa: ANN401 - wrong ones
    """Mixed lists, a lone request, other things."""
    with pytest.raises(InvalidArgument, match="requests"):
        market.match(requests)
