"""Auctions through a real server: booked, decided and explained as in the process."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

import shop
import treffer
from treffer.auction import Auction, Consent, Impression, Offer, OfferedDeal, Place
from treffer.book import (
    Advertiser,
    Campaign,
    CampaignStatus,
    Cap,
    Creative,
    Deal,
    LineItem,
    LineItemStatus,
    NamedList,
    Rate,
)
from treffer.errors import FailedPrecondition, NotFound, TrefferError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from treffer import Engine

SAID = Consent(gdpr=True, vendor=True, purposes=[1, 2, 3])
AUCTIONS = [
    Auction(
        "everything said",
        ["crm:anna"],
        {"country": "DE", "hour_of_week": 20, "keywords": {"wine"}, "place": Place("52.52", "13.405")},
        [
            Impression("1", [Offer(sizes=[(300, 250)])], {"format": ["300x250"]}, Decimal("0.5"), "EUR", secure=False),
            Impression(
                "2", [Offer("video", mimes=["video/mp4"], max_duration=30)], deals=[OfferedDeal("d1", 1, "USD", 3)]
            ),
        ],
        SAID,
        blocked_domains=["other.example"],
        blocked_categories=["IAB9"],
        allowed_languages=["de", "en"],
        currencies=["EUR"],
    ),
    Auction("denied", ["crm:anna"], {"country": "DE"}, consent=Consent(gdpr=False, lmt=True)),
    Auction("nobody", (), {"country": "AT"}, [Impression(private_auction=True, deals=[OfferedDeal("d1")])], SAID),
    Auction("unknown", ["crm:nobody"], {"country": "AT"}, consent=SAID, blocked_seats=["s1"]),
    Auction("gdpr not said", ["crm:ben"]),
    Auction("no impressions", ["crm:ben"], impressions=[], consent=SAID),
]


@pytest.fixture
def remote(local: Engine) -> Iterator[Engine]:
    """The same engine as `local` behind gRPC; what is booked, is booked through it."""
    shop.fill(local)
    local.declare(treffer.presets.openrtb)
    with treffer.serve(local, "127.0.0.1:0") as server, treffer.connect(server.target) as remote:
        remote.define_segment("adults", "age >= 18")
        remote.book(
            NamedList("near", ["DE", "AT"]),
            Rate("USD", 1),
            Rate("EUR", "1.25"),
            Advertiser("shop", "shop.example", seat="s1", categories=["IAB7-1"], caps=[Cap(9, dt.timedelta(days=7))]),
            Campaign("all", "shop", end="2024-12-31", utc_offset=dt.timedelta(hours=2), budget=100),
            Campaign("other", "shop"),
            Creative("box", sizes=[(300, 250)], language="de"),
            Creative("film", "video", duration=15, mimes=["video/mp4"], weight=2),
            Deal("d1", "s1"),
            LineItem(
                "adults",
                "all",
                'segment("adults") and ctx.country in list("near")',
                "2.5",
                maximum=4,
                modifiers={"place": {"ctx.place within 5km of (52.5, 13.4)": "1.5"}},
                creatives=["box", "film"],
                purposes=[1],
            ),
            LineItem("dealt", "all", "", 3, creatives=["film"], deals=["d1"], open_market=True),
            LineItem("wine", "other", 'ctx.keywords has "wine" and not ctx.hour_of_week >= 100', 1, creatives=["box"]),
            LineItem("late", "other", start="2025-01-01", creatives=["box"]),
            LineItem("paused", "other", creatives=["box"]),
            LineItemStatus("paused", "paused"),
        )
        yield remote


def test_the_same_is_decided_over_grpc_as_in_the_process(local: Engine, remote: Engine) -> None:
    """Bids, prices, stages, faults, view and index; and all that speaks against line items."""
    here, there = local.match(AUCTIONS), remote.match(AUCTIONS)

    assert here == there
    assert ["adults", "wine", "adults", "dealt", "dealt"] == [bid.line_item for bid in there[0].bids]
    assert [None, None, None, None, "d1"] == [bid.deal for bid in there[0].bids]
    assert [False, False, False, False, True, True] == [decision.fault is not None for decision in there]
    for auction in AUCTIONS[:4]:
        assert local.explain_match(auction) == remote.explain_match(auction)
    assert local.line_items() == remote.line_items()


def test_faults_of_the_book_and_of_auctions_are_the_same_over_grpc(local: Engine, remote: Engine) -> None:
    """The kind of error, its field and its words."""
    for entry in (LineItem("x", "nobody"), LineItem("x", "all", "ctx.nothing = 1"), CampaignStatus("nobody", "paused")):
        with pytest.raises(TrefferError) as here:
            local.book(entry)
        with pytest.raises(type(here.value)) as there:
            remote.book(entry)
        assert str(here.value) == str(there.value)
    with pytest.raises(NotFound):
        remote.explain_match(AUCTIONS[0], ["nothing"])
    with pytest.raises(FailedPrecondition, match="gdpr"):
        remote.explain_match(AUCTIONS[4])
