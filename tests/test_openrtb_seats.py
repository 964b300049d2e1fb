"""Seats, categories and currencies of bids: what an exchange would turn down is not sent to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

import treffer
from treffer.book import Advertiser, Campaign, Creative, Deal, LineItem

if TYPE_CHECKING:
    from collections.abc import Iterator

REQUEST: Final[dict[str, Any]] = {
    "id": "x",
    "imp": [{"id": "1", "banner": {"w": 300, "h": 250}, "pmp": {"deals": [{"id": "d"}, {"id": "own"}]}}],
    "site": {},
    "regs": {"gdpr": 0},
}


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[treffer.Engine]:
    """The house's seat is H, an advertiser's S, and a deal's D."""
    monkeypatch.setenv("TREFFER_OPENRTB_SEAT", "H")
    with treffer.open(clock="manual") as engine:
        engine.advance("2026-03-02")
        engine.declare(treffer.presets.commerce, treffer.presets.openrtb)
        engine.book(
            Advertiser("house"),
            Advertiser("seated", seat="S"),
            Campaign("of the house", "house"),
            Campaign("of the seat", "seated"),
            Creative("any"),
            Deal("d", seat="D"),
            Deal("own"),
            LineItem("house", "of the house", price=1, creatives=["any"]),
            LineItem("seated", "of the seat", price=2, creatives=["any"]),
            LineItem("on deals", "of the seat", price=3, creatives=["any"], deals=["d", "own"]),
            LineItem("both", "of the house", price=4, creatives=["any"], deals=["d"], open_market=True),
        )
        yield engine


def bids(engine: treffer.Engine, **said: object) -> set[tuple[str, str, str | None]]:
    """Line item, seat and deal of each bid."""
    (answer,) = engine.bid([REQUEST | said], reasons=True)
    seats = answer.to_dict().get("seatbid", [])
    return {(bid["ext"]["line_item"], seat.get("seat"), bid.get("dealid")) for seat in seats for bid in seat["bid"]}


def fallen(engine: treffer.Engine, **said: object) -> dict[str, int]:
    """Line items by stage."""
    (answer,) = engine.bid([REQUEST | said], reasons=True)
    (seat,) = answer.to_dict()["ext"]["seatnonbid"]
    return {one["ext"]["stage"]: one["ext"]["line_items"] for one in seat["nonbid"]}


@pytest.mark.parametrize(
    ("said", "seats", "blocked"),
    [
        ({"bseat": ["H"]}, {"S", "D"}, 1),
        ({"bseat": ["D"]}, {"H", "S"}, 0),
        ({"bseat": ["S"]}, {"H", "D"}, 1),
        ({"wseat": ["H"]}, {"H"}, 2),
        ({"wseat": ["D"]}, {"D"}, 2),
        ({"wseat": ["S"]}, {"S"}, 2),
        ({"wseat": ["S", "D"]}, {"S", "D"}, 1),
        ({"wseat": ["another"]}, set(), 4),
    ],
)
def test_bids_are_of_seats_that_the_request_takes(
    engine: treffer.Engine, said: dict[str, list[str]], seats: set[str], blocked: int
) -> None:
    """A line item falls at the block list when all seats that it could bid on are barred."""
    assert seats == {seat for _, seat, _ in bids(engine, **said)}
    counts = engine.explain_match(dict(REQUEST | said))
    assert blocked == sum(one.fell == "block_list" for one in counts)
    if blocked:
        assert blocked == fallen(engine, **said)["block_list"]


def test_a_deal_names_the_seats_that_bid_on_it(engine: treffer.Engine) -> None:
    """The deal's own, else the advertiser's, else the house's."""
    engine.book(LineItem("plain", "of the house", price=9, creatives=["any"], deals=["own"], open_market=False))
    imp = REQUEST["imp"][0]

    def on_own(seat: str) -> set[tuple[str, str, str | None]]:
        deals = [{"id": "own", "wseat": [seat]}]
        return {bid for bid in bids(engine, imp=[imp | {"pmp": {"deals": deals}}]) if bid[2]}

    assert {("plain", "H", "own")} == on_own("H")
    assert {("on deals", "S", "own")} == on_own("S")
    assert set() == on_own("D")


def test_a_creative_without_categories_has_those_of_its_advertiser(engine: treffer.Engine) -> None:
    """They are what the bid says, so lists of allowed categories look at them."""
    engine.book(
        Advertiser("house", categories=["IAB7"]),
        Creative("labelled", categories=["IAB8"]),
        LineItem("other", "of the house", price=9, creatives=["labelled"]),
    )

    assert {("house", "H", None), ("both", "H", None), ("both", "D", "d")} == bids(engine, acat=["IAB7"])
    assert {("other", "H", None)} == bids(engine, acat=["IAB8"])


def test_what_has_no_rate_is_told_as_that(engine: treffer.Engine) -> None:
    """And a price below the floor as that."""
    imp = REQUEST["imp"][0]

    def codes(**said: object) -> set[int]:
        (answer,) = engine.bid([REQUEST | said], reasons=True)
        (seat,) = answer.to_dict()["ext"]["seatnonbid"]
        return {one["statuscode"] for one in seat["nonbid"]}

    assert {205} == codes(cur=["CHF"])
    assert {205} == codes(imp=[imp | {"bidfloor": 1, "bidfloorcur": "CHF", "pmp": {}}]) - {506}
    assert {301} == codes(imp=[imp | {"bidfloor": 100, "pmp": {}}]) - {506}


def test_an_impression_that_may_be_shown_for_no_time_says_nothing_of_it(engine: treffer.Engine) -> None:
    """The bid says for how long its reservation would hold."""
    (answer,) = engine.bid([REQUEST | {"imp": [REQUEST["imp"][0] | {"exp": 0}]}])

    assert {300} == {bid["exp"] for seat in answer.to_dict()["seatbid"] for bid in seat["bid"]}


def test_a_request_that_leaves_too_little_time_is_not_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the operator says how much is needed; one that does not say leaves enough."""
    monkeypatch.setenv("TREFFER_OPENRTB_LEAST_TMAX", "50")
    with treffer.open(clock="manual") as engine:
        engine.advance("2026-03-02")
        late, timely, silent = engine.bid([REQUEST | {"tmax": 49}, REQUEST | {"tmax": 50}, REQUEST])

    assert (late.to_dict()["nbr"], late.fault) == (15, "tmax: leaves less than 50 ms")
    assert timely.fault is None
    assert silent.fault is None
