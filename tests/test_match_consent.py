"""Whom consent denies to know, and ids that name nobody: nobody is looked up, and nobody becomes known."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

import pytest

import treffer
from treffer.auction import Auction, Consent
from treffer.book import Advertiser, Campaign, Cap, Creative, LineItem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from treffer import Engine

DENIED: Final = Consent(gdpr=True, vendor=False)
EVERYBODY: Final = "has(country) or not has(country)"
DAY: Final = dt.timedelta(days=1)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """A line item that needs nobody, one with a cap and one that needs a purpose; GDPR does not apply unless said."""
    monkeypatch.setenv("TREFFER_GDPR_UNLESS_SAID", "false")
    monkeypatch.setenv("TREFFER_OPENRTB_BUYER", "crm")
    with opened() as own:
        yield own


def opened() -> Engine:
    """Make an engine as the environment says."""
    own = treffer.open(clock="manual")
    own.advance("2026-03-02T12:00:00Z")
    own.declare(treffer.presets.commerce, treffer.presets.openrtb)
    own.book(
        Advertiser("shop"),
        Campaign("all", "shop"),
        Creative("any"),
        LineItem("free", "all", price=1, creatives=["any"]),
        LineItem("capped", "all", price=2, creatives=["any"], caps=[Cap(1, DAY)]),
        LineItem("asking", "all", price=3, creatives=["any"], purposes=[1]),
    )
    return own


def people(engine: Engine) -> int:
    """Count everybody who is known."""
    return int(engine.count(EVERYBODY))


def test_reserving_leaves_those_unknown_whom_consent_denies(engine: Engine) -> None:
    """In every form in which requests come; what is confirmed is paid all the same."""
    rows = [{"request": "r1", "crm": "secret", "gdpr": True, "vendor": False}]
    openrtb = {
        "id": "r2",
        "imp": [{"id": "1", "banner": {"w": 1, "h": 1}}],
        "site": {},
        "user": {"buyeruid": "secret"},
        "regs": {"coppa": 1},
    }

    (decision,) = engine.match([Auction("r0", ["crm:secret"], consent=DENIED)], reserve=True)
    (row,) = engine.match(rows, reserve=True)
    (response,) = engine.bid([openrtb], reserve=True)

    assert ["asking", "free"] == [bid.line_item for bid in decision.bids] == [bid.line_item for bid in row.bids]
    assert response.to_dict()["seatbid"]
    (confirmed,) = engine.confirm([decision.bids[1].reservation or ""])
    assert confirmed.outcome == "done"
    assert engine.spend("free").total > 0
    assert people(engine) == 0


def test_a_purpose_that_is_not_granted_keeps_the_person_unknown(engine: Engine) -> None:
    """Though others may know them in the same auction."""
    granted = Consent(gdpr=True, vendor=True, purposes=[2])

    (decision,) = engine.match([Auction("r0", ["crm:secret"], consent=granted)])
    assert {"asking", "capped"} == {bid.line_item for bid in decision.bids}
    engine.book(treffer.book.LineItemStatus("capped", "paused"), treffer.book.LineItemStatus("free", "paused"))
    engine.match([Auction("r1", ["crm:secret"], consent=granted)], reserve=True)
    assert people(engine) == 0

    engine.match([Auction("r2", ["crm:known"], consent=Consent(gdpr=True, vendor=True, purposes=[1]))], reserve=True)
    assert people(engine) == 1


@pytest.mark.parametrize(
    "nobody", [[], ["cookie:00000000-0000-0000-0000-000000000000"], ["crm:"], ["bad"], ["undeclared:1"]]
)
def test_ids_that_name_nobody_are_as_none(engine: Engine, nobody: list[str]) -> None:
    """Nobody counts what a person has seen, so that what has a cap falls; reserving says the same."""
    engine.book(LineItem("strangers", "all", "not has(country)", 4, creatives=["any"]))

    (decision,) = engine.match([Auction("r", nobody)])
    assert {"cap_state_missing": 1, "audience": 1} == decision.impressions[0].fallen
    (reserving,) = engine.match([Auction("r", nobody)], reserve=True)
    assert reserving.impressions[0].unreserved == 0

    (stranger,) = engine.match([Auction("s", ["crm:4711"])])
    assert not stranger.impressions[0].fallen


@pytest.mark.parametrize("switch", ["coppa", "lmt", "dnt"])
def test_each_switch_of_consent_can_be_turned_off(monkeypatch: pytest.MonkeyPatch, switch: str) -> None:
    """Then it denies nothing."""
    monkeypatch.setenv("TREFFER_GDPR_UNLESS_SAID", "false")
    consent = {"coppa": Consent(coppa=True), "lmt": Consent(lmt=True), "dnt": Consent(dnt=True)}[switch]
    said = Auction("r", ["crm:ada"], consent=consent)
    with opened() as own:
        assert {"consent": 1} == own.match([said])[0].impressions[0].fallen

    monkeypatch.setenv(f"TREFFER_{switch.upper()}_DENIES", "false")
    with opened() as own:
        assert not own.match([said])[0].impressions[0].fallen


def test_how_many_bids_an_answer_holds_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """The best of them."""
    monkeypatch.setenv("TREFFER_GDPR_UNLESS_SAID", "false")
    monkeypatch.setenv("TREFFER_OPEN_BIDS", "1")
    with opened() as own:
        assert ["asking"] == [bid.line_item for bid in own.match([Auction("r", ["crm:ada"])])[0].bids]
    monkeypatch.setenv("TREFFER_OPEN_BIDS", "3")
    with opened() as own:
        assert len(own.match([Auction("r", ["crm:ada"])])[0].bids) == 3
