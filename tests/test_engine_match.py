"""Auctions: who may bid, at what price, and why not the others."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

import treffer
from treffer.auction import Auction, Consent, Impression, Offer, OfferedDeal
from treffer.book import (
    Advertiser,
    Campaign,
    Cap,
    Creative,
    Deal,
    LineItem,
    LineItemStatus,
    NamedList,
    Rate,
)
from treffer.errors import InvalidArgument, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator

SAID = Consent(gdpr=False)
GERMAN = {"country": "DE", "domain": "wine.example", "format": ["300x250"]}


@pytest.fixture
def engine() -> Iterator[treffer.Engine]:
    """A wine shop: two people, one of whom buys, and three line items."""
    with treffer.open(clock="manual") as engine:
        engine.advance("2026-03-01")
        engine.declare(treffer.presets.commerce, treffer.presets.openrtb)
        engine.load_profiles([{"crm": "ada", "country": "DE"}, {"crm": "bob", "country": "AT"}])
        engine.track([{"event_id": "1", "type": "purchase", "time": "2026-02-28", "crm": "ada", "value": Decimal(20)}])
        engine.define_segment("buyers", "count(purchase last 30d) >= 1")
        engine.book(
            NamedList("safe", ["wine.example", "news.example"]),
            Advertiser("shop", domain="shop.example", seat="s1"),
            Campaign("spring", "shop"),
            Creative("banner", sizes=[(300, 250)]),
            Deal("d1"),
            LineItem(
                "buyers",
                "spring",
                'segment("buyers") and ctx.domain in list("safe")',
                Decimal("2.50"),
                modifiers={"place": {'ctx.country = "DE"': "1.2"}},
                creatives=["banner"],
                caps=[Cap(2, dt.timedelta(days=1))],
            ),
            LineItem("everybody", "spring", 'ctx.country in {"DE", "AT"}', 1, creatives=["banner"]),
            LineItem("austrians", "spring", 'country = "AT"', 3, creatives=["banner"], deals=["d1"], open_market=True),
        )
        yield engine


def decided(engine: treffer.Engine, *ids: str, **more: object) -> treffer.auction.ImpressionDecision:
    """The decision on one impression."""
    auction = Auction("r1", ids, GERMAN, **({"consent": SAID} | more))  # type: ignore[arg-type]
    (decision,) = engine.match([auction])
    assert decision.fault is None
    return decision.impressions[0]


def bids(decision: treffer.auction.ImpressionDecision) -> list[tuple[str, Decimal]]:
    """Who bids what."""
    return [(bid.line_item, bid.price) for bid in decision.bids]


def test_a_decision_has_prices_for_the_eligible_and_a_stage_for_the_rest(engine: treffer.Engine) -> None:
    """What is eligible and what fell are all line items."""
    decision = decided(engine, "crm:ada")

    assert bids(decision) == [("buyers", Decimal(3)), ("everybody", Decimal(1))]
    assert decision.fallen == {"audience": 1}
    assert decision.eligible == 2


def test_without_a_person_only_line_items_bid_that_need_none(engine: treffer.Engine) -> None:
    """Nobody known, or consent denied: rules over people fall."""
    nobody = decided(engine)
    denied = decided(engine, "crm:ada", consent=Consent(gdpr=True))

    assert bids(nobody) == bids(denied) == [("everybody", Decimal(1))]
    assert nobody.fallen == {"audience": 2}
    assert denied.fallen == {"consent": 2}


def test_an_unsaid_gdpr_is_refused_unless_it_is_settled(
    engine: treffer.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody guesses whether the law applies."""
    (decision,) = engine.match([Auction("r1")])
    monkeypatch.setenv("TREFFER_GDPR_UNLESS_SAID", "false")
    with treffer.open() as settled:
        (other,) = settled.match([Auction("r1")])

    assert decision.fault is not None
    assert "consent.gdpr" in decision.fault
    assert other.fault is None


def test_exposures_of_any_channel_fill_a_cap(engine: treffer.Engine) -> None:
    """Two within a day and the line item falls; a day later it bids again."""
    shown = {"line_item": "buyers", "crm": "ada"}
    engine.track(
        [
            {"event_id": "2", "type": "impression", "time": "2026-02-28T12:00:00", **shown},
            {"event_id": "3", "type": "send", "time": "2026-02-28T13:00:00", "channel": "email", **shown},
        ]
    )
    full = decided(engine, "crm:ada")
    engine.advance("2026-03-01T12:00:00")
    again = decided(engine, "crm:ada")

    assert full.fallen == {"audience": 1, "cap": 1}
    assert bids(again)[0][0] == "buyers"


def test_floors_deals_and_blocks_decide_too(engine: treffer.Engine) -> None:
    """A floor takes the cheap, a deal has its own, a block list takes all."""
    engine.book(Rate("USD", 1), Rate("EUR", "1.1"))
    floored = decided(engine, "crm:bob", impressions=[Impression(floor=Decimal("1.01"))])
    dealt = decided(
        engine, "crm:bob", impressions=[Impression(floor=9, deals=[OfferedDeal("d1", floor=2)], private_auction=True)]
    )
    blocked = decided(engine, "crm:bob", blocked_domains=["shop.example"])

    assert bids(floored) == [("austrians", Decimal(3))]
    assert floored.fallen == {"audience": 1, "floor": 1}
    assert [(bid.line_item, bid.deal, bid.floor) for bid in dealt.bids] == [("austrians", "d1", Decimal(2))]
    assert blocked.fallen == {"block_list": 3}


def test_a_purchase_ends_the_retargeting_at_once(engine: treffer.Engine) -> None:
    """The next auction knows what happened before it."""
    engine.define_segment("cart", "sequence(add_to_cart, not purchase for 10m last 7d)")
    engine.book(LineItem("cart", "spring", 'segment("cart")', 5, creatives=["banner"]))
    engine.track([{"event_id": "c", "type": "add_to_cart", "time": "2026-02-28T23:00:00", "crm": "bob"}])
    left = decided(engine, "crm:bob")
    engine.track([{"event_id": "p", "type": "purchase", "time": "2026-03-01", "crm": "bob"}])
    bought = decided(engine, "crm:bob")

    assert bids(left)[0] == ("cart", Decimal(5))
    assert "cart" not in dict(bids(bought))


def test_a_pause_is_seen_without_a_new_index(engine: treffer.Engine) -> None:
    """The index stays, the stage is status."""
    (before,) = engine.match([Auction("r1", context=GERMAN, consent=SAID)])
    engine.book(LineItemStatus("everybody", "paused"))
    (after,) = engine.match([Auction("r1", context=GERMAN, consent=SAID)])

    assert before.index == after.index
    assert after.impressions[0].fallen["status"] == 1


def test_a_flight_begins_and_ends_at_its_instant(engine: treffer.Engine) -> None:
    """Without an edit and without an event."""
    engine.book(LineItem("short", "spring", "", 9, creatives=["banner"], start="2026-03-02", end="2026-03-03"))
    seen = []
    for when in ("2026-03-01T23:59:59.999", "2026-03-02", "2026-03-02T23:59:59.999", "2026-03-03"):
        engine.advance(when)
        seen.append("short" in dict(bids(decided(engine))))

    assert seen == [False, True, True, False]


def test_an_explanation_names_everything_that_speaks_against_a_line_item(engine: treffer.Engine) -> None:
    """All failing stages and all false parts, not only the first."""
    auction = Auction("r1", ["crm:bob"], {"domain": "bad.example"}, [Impression(offers=[Offer("video")])], SAID)
    verdict, other = engine.explain_match(auction, ["buyers", "austrians"])

    assert not verdict
    assert verdict.fell == "inventory"
    assert set(verdict.failing) >= {"inventory", "creative"}
    assert 'ctx.domain in list("safe")' in verdict.false_parts
    assert 'segment("buyers")' in verdict.false_parts
    assert other.fell == "creative"
    with pytest.raises(NotFound):
        engine.explain_match(auction, ["nothing"])


def test_a_faulty_request_does_not_harm_the_others(engine: treffer.Engine) -> None:
    """Each request of a batch stands alone."""
    good, bad = Auction("r1", context=GERMAN, consent=SAID), Auction("r2", impressions=[], consent=SAID)
    one, two, three = engine.match([good, bad, good])

    assert one.bids == three.bids
    assert two.fault is not None
    assert "impressions" in two.fault


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        (LineItem("x", "nobody"), "entries[0].line_item.campaign"),
        (LineItem("x", "spring", "ctx.nothing = 1"), "entries[0].line_item.rule"),
        (LineItem("x", "spring", price=-1), "entries[0].line_item.price.base"),
        (Campaign("x", "shop", caps=[Cap(1, dt.timedelta(0))]), "entries[0].campaign.caps[0].window"),
    ],
)
def test_a_faulty_entry_names_its_field(engine: treffer.Engine, entry: treffer.book.Entry, field: str) -> None:
    """And nothing of the command is taken."""
    before = engine.line_items()

    with pytest.raises(InvalidArgument) as fault:
        engine.book(entry)

    assert fault.value.field == field
    assert engine.line_items() == before
    with pytest.raises(InvalidArgument):
        engine.book(LineItem("x", "spring", price=1.5))  # type: ignore[arg-type]


def test_segments_know_nothing_of_the_context(engine: treffer.Engine) -> None:
    """The error says where `ctx` belongs."""
    with pytest.raises(InvalidArgument, match="line item"):
        engine.define_segment("x", 'ctx.country = "DE"')
