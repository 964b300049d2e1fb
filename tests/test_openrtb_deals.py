"""Deals, floors, currencies and languages of bids: what an exchange compares a bid with is what the bid says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest

import treffer
from treffer.book import Advertiser, Campaign, Creative, Deal, LineItem, NativeAd, Rate

if TYPE_CHECKING:
    from collections.abc import Iterator

LAYOUT: Final = {"assets": [{"id": 1, "required": 1, "title": {"len": 25}}]}
TIMED: Final[list[dict[str, Any]]] = [
    {"durfloors": [{"mindur": 1, "maxdur": 30, "bidfloor": 0.1}]},
    {"mincpmpersec": 0.01},
]


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[treffer.Engine]:
    """A shop that has a domain, and an agency that has none."""
    monkeypatch.setenv("TREFFER_GDPR_UNLESS_SAID", "false")
    with treffer.open(clock="manual") as engine:
        engine.advance("2026-03-02")
        engine.declare(treffer.presets.commerce, treffer.presets.openrtb)
        engine.book(
            Rate("USD", 1),
            Rate("EUR", "1.1"),
            Advertiser("shop", domain="shop.example"),
            Advertiser("agency"),
            Campaign("of the shop", "shop"),
            Campaign("of the agency", "agency"),
            Creative("plain", duration=15),
            Creative("clip", media="video", duration=15),
            Creative("endless", media="video"),
            Creative("away", domains=["other.example"]),
            Creative("home", domains=["shop.example"]),
            Creative("both", domains=["shop.example", "other.example"]),
            Creative("text", media="native", duration=15, native=NativeAd("https://l.example", titles=["Short"])),
            Deal("d"),
        )
        yield engine


def item(engine: treffer.Engine, *creatives: str, campaign: str = "of the shop", deals: tuple[str, ...] = ()) -> None:
    """Book the line item, at 1.00."""
    engine.book(LineItem("own", campaign, price=1, creatives=creatives, deals=deals))


def bids(engine: treffer.Engine, offer: dict[str, Any], **said: object) -> tuple[Any, list[dict[str, Any]]]:
    """The currency of the answer, and its bids."""
    request = {"id": "r", "site": {}, "imp": [{"id": "1", **offer}], **said}
    (answer,) = engine.bid([request], reasons=True)
    told = answer.to_dict()
    return told.get("cur"), [bid for seat in told.get("seatbid", []) for bid in seat["bid"]]


@pytest.mark.parametrize(
    ("creatives", "campaign", "may_bid"),
    [
        (["plain"], "of the shop", True),
        (["plain"], "of the agency", False),
        (["home"], "of the agency", True),
        (["away"], "of the shop", False),
        (["both"], "of the shop", False),
        # Which of them is shown is decided later, so all must be allowed.
        (["home", "away"], "of the shop", False),
    ],
)
def test_domains_of_a_deal_are_compared_with_those_of_the_bid(
    engine: treffer.Engine, creatives: list[str], campaign: str, *, may_bid: bool
) -> None:
    """The field is `wadomain`; what a bid says is `adomain`."""
    item(engine, *creatives, campaign=campaign, deals=("d",))
    deal = {"id": "d", "wadomain": ["shop.example"]}

    _, found = bids(engine, {"banner": {}, "pmp": {"private_auction": 1, "deals": [deal]}})

    assert may_bid == bool(found)
    assert all(bid["adomain"] == ["shop.example"] for bid in found)


@pytest.mark.parametrize("timed", TIMED)
@pytest.mark.parametrize(
    ("creative", "offer", "may_bid"),
    [
        ("plain", {"banner": {}}, False),
        ("text", {"native": {"request": json.dumps(LAYOUT)}}, False),
        ("clip", {"video": {}}, True),
    ],
)
def test_floors_by_duration_of_a_deal_are_of_video_and_audio_alone(
    engine: treffer.Engine, timed: dict[str, Any], creative: str, offer: dict[str, Any], *, may_bid: bool
) -> None:
    """Above a floor of 10 nothing else bids 1."""
    item(engine, creative, deals=("d",))
    deal = {"id": "d", "bidfloor": 10, **timed}

    _, found = bids(engine, {**offer, "pmp": {"private_auction": 1, "deals": [deal]}})

    assert may_bid == bool(found)


@pytest.mark.parametrize(
    "video",
    [
        {"durfloors": [{"bidfloor": 5}]},
        {"durfloors": [{"maxdur": 30, "bidfloor": 0.5}, {"mindur": 31, "bidfloor": 9}]},
        {"mincpmpersec": 0.01},
    ],
)
def test_what_does_not_say_how_long_it_runs_reaches_every_floor_or_falls(
    engine: treffer.Engine, video: dict[str, Any]
) -> None:
    """Which of them holds cannot be told."""
    item(engine, "endless")

    assert not bids(engine, {"video": video})[1]
    assert bids(engine, {"video": {"durfloors": [{"bidfloor": 1}]}})[1]


@pytest.mark.parametrize(
    ("allowed", "taken"),
    [([], "USD"), (["EUR", "USD"], "EUR"), (["GBP", "USD"], "USD"), (["GBP", "EUR"], "EUR"), (["GBP"], None)],
)
def test_the_first_currency_that_has_a_rate_is_that_of_the_bids(
    engine: treffer.Engine, allowed: list[str], taken: str | None
) -> None:
    """All that are listed are allowed."""
    item(engine, "plain")

    assert taken == bids(engine, {"banner": {}}, cur=allowed)[0]


@pytest.mark.parametrize(
    ("tag", "language", "langb"), [("de", "de", None), ("de-AT", "de", "de-at"), ("gsw", None, "gsw")]
)
def test_a_language_is_told_in_two_letters_and_what_says_more_as_a_tag(
    engine: treffer.Engine, tag: str, language: str | None, langb: str | None
) -> None:
    """Exchanges compare the two letters."""
    engine.book(Creative("spoken", language=tag))
    item(engine, "spoken")

    _, (bid,) = bids(engine, {"banner": {}}, wlang=[tag])

    assert (language, langb) == (bid.get("language"), bid.get("langb"))


@pytest.mark.parametrize("minutes", [-(2**31), 2**31 - 1])
def test_an_offset_that_no_clock_shows_is_none(engine: treffer.Engine, minutes: int) -> None:
    """Nor is anything else of its batch lost."""
    item(engine, "plain")

    assert bids(engine, {"banner": {}}, device={"geo": {"utcoffset": minutes}})[1]
