"""Corners of what auctions mean, each small enough to see: absent values, faults, and what the engine gets wrong."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

import pytest

import treffer
from treffer.auction import Auction, Consent, Impression, Offer, Place
from treffer.book import Advertiser, Campaign, Cap, Creative, LineItem

if TYPE_CHECKING:
    from treffer import Engine
    from treffer.auction import ContextValue

SAID: Final = Consent(gdpr=False)


@pytest.fixture
def engine(local: Engine) -> Engine:
    """An advertiser with a campaign and a creative that fits everywhere, and one person."""
    local.declare(treffer.presets.commerce, treffer.presets.openrtb)
    local.load_profiles([{"crm": "ada"}])
    local.book(Advertiser("shop"), Campaign("all", "shop"), Creative("any"))
    return local


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("country", ""),
        ("country", ["DE", "AT"]),
        ("country", 49),
        ("hour_of_week", 168),
        ("hour_of_week", "-1"),
        ("keywords", []),
        ("keywords", 7),
        ("min_duration", "thirty"),
        ("place", "Berlin"),
        ("zip", Place(1, 1)),
    ],
)
def test_what_cannot_be_a_value_of_a_dimension_is_absent(engine: Engine, name: str, value: ContextValue) -> None:
    """Neither an error nor a match: what asks for presence falls, and its negation is eligible."""
    stage = {one.name: one.stage for one in treffer.presets.openrtb if isinstance(one, treffer.Dimension)}[name]
    engine.book(
        LineItem("said", "all", f"has(ctx.{name})", 1, creatives=["any"]),
        LineItem("not_said", "all", f"not has(ctx.{name})", 1, creatives=["any"]),
    )

    (decision,) = engine.match([Auction("1", context={name: value}, consent=SAID)])

    assert ["not_said"] == [bid.line_item for bid in decision.bids]
    assert {stage: 1} == decision.impressions[0].fallen


@pytest.mark.parametrize(
    ("impressions", "field"),
    [
        ([], "impressions"),
        ([Impression("1"), Impression("1")], "impressions[1].id"),
        ([Impression(offers=[])], "impressions[0].offers"),
        ([Impression("1"), Impression("2", floor=-1)], "impressions[1].floor.micros"),
        ([Impression(floor=1, currency="zzz")], "impressions[0].floor.currency"),
    ],
)
def test_a_fault_names_its_field(engine: Engine, impressions: list[Impression], field: str) -> None:
    """And nothing of the request is decided."""
    (decision,) = engine.match([Auction("1", impressions=impressions, consent=SAID)])

    assert decision.fault is not None
    assert decision.fault.startswith(f"{field}: ")
    assert not decision.impressions


def test_impressions_of_one_request_are_decided_each_for_itself(engine: Engine) -> None:
    """Their context goes before that of the request, their offers decide on creatives."""
    engine.book(
        Creative("film", "video"),
        LineItem("top", "all", 'ctx.position = "top"', 2, creatives=["any"]),
        LineItem("film", "all", price=1, creatives=["film"]),
    )
    impressions = [
        Impression("a"),
        Impression("b", context={"position": "bottom"}),
        Impression("c", [Offer("video"), Offer()]),
    ]

    (decision,) = engine.match([Auction("1", (), {"position": "top"}, impressions, SAID)])

    assert [["top"], [], ["top", "film"]] == [[bid.line_item for bid in one.bids] for one in decision.impressions]
    assert [{"creative": 1}, {"format": 1, "creative": 1}, {}] == [dict(one.fallen) for one in decision.impressions]


def test_a_line_item_bids_on_no_more_impressions_than_its_caps_allow(engine: Engine) -> None:
    """Once a day: one impression of a request, not all three."""
    engine.book(LineItem("once", "all", price=1, creatives=["any"], caps=[Cap(1, dt.timedelta(days=1))]))

    (decision,) = engine.match(
        [Auction("1", ["crm:ada"], {}, [Impression("a"), Impression("b"), Impression("c")], SAID)]
    )

    assert 1 == len(decision.bids)


def test_nothing_is_spent_of_a_budget_of_nothing(engine: Engine) -> None:
    """A budget is closed when what was spent reaches it."""
    engine.book(LineItem("broke", "all", price=1, creatives=["any"], budget=0))

    (decision,) = engine.match([Auction("1", consent=SAID)])

    assert {"budget": 1} == decision.impressions[0].fallen


def test_a_currency_that_is_none_is_a_fault(engine: Engine) -> None:
    """As in a floor: three capital letters."""
    (decision,) = engine.match([Auction("1", currencies=["usd"], consent=SAID)])

    assert decision.fault is not None
    assert decision.fault.startswith("currencies[0]: ")


def test_the_decision_on_a_faulty_request_says_which_it_is(engine: Engine) -> None:
    """Whoever prints decisions wants to know."""
    (decision,) = engine.match([Auction("17", impressions=[], consent=SAID)])

    assert "17" == decision.request
    assert str(decision).startswith("17: impressions")
