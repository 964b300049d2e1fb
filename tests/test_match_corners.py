"""Corners of what auctions mean, each small enough to see: absent values, faults, and what the engine gets wrong."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import pytest

import treffer
from treffer import EventType
from treffer.auction import Auction, Consent, Impression, Offer, OfferedDeal, Place
from treffer.book import Advertiser, Campaign, Cap, Creative, Deal, LineItem, Rate
from treffer.errors import FailedPrecondition, InvalidArgument
from treffer.reservation import Reservation

if TYPE_CHECKING:
    from treffer import Engine
    from treffer.auction import ContextValue
    from treffer.book import Entry

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


def test_explaining_counts_what_earlier_impressions_take(engine: Engine) -> None:
    """As the decision does: what may be shown on one impression counts for the caps of the next."""
    cap = Cap(1, dt.timedelta(days=1))
    engine.book(LineItem("once", "all", price=1, creatives=["any"], caps=[cap]))
    twice = Auction("1", ["crm:ada"], impressions=[Impression("1"), Impression("2")], consent=SAID)

    (decision,) = engine.match([twice])
    verdicts = engine.explain_match(twice)
    tried = engine.dry_run(LineItem("once", "all", price=1, creatives=["any"], caps=[cap]), [twice])

    assert [{}, {"cap": 1}] == [one.fallen for one in decision.impressions]
    assert [("1", None), ("2", "cap")] == [(one.impression, one.fell) for one in verdicts]
    assert (tried.eligible, tried.fallen) == (1, {"cap": 1})


def test_an_impression_that_may_come_counts_for_caps_of_impressions_alone(engine: Engine) -> None:
    """Of somebody who is known and of somebody who is not."""
    cap = Cap(1, dt.timedelta(days=1), types=["send"])
    engine.book(LineItem("mail", "all", price=1, creatives=["any"], caps=[cap]))

    for person in ("crm:ada", "crm:new"):
        rows = [Reservation(f"{person} {n}", "mail", ids=[person], price=1) for n in range(2)]
        assert ["done", "done"] == [one.outcome for one in engine.reserve(rows)]
        sends = [replace(row, request=f"{row.request} sent", exposure="send") for row in rows]
        assert ["done", "fell"] == [one.outcome for one in engine.reserve(sends)]
    places = [Impression("1"), Impression("2")]
    (decision,) = engine.match([Auction("1", ["crm:other"], impressions=places, consent=SAID)])
    assert [{}, {}] == [one.fallen for one in decision.impressions]


def test_nothing_is_below_a_floor_while_it_is_not_known_what_is_bid(engine: Engine) -> None:
    """Without a deal or a creative there is no bid that a floor could turn down."""
    engine.book(
        Deal("d1"),
        LineItem("on a deal", "all", price=5, creatives=["any"], deals=["d1"]),
        LineItem("bare", "all", price=5),
        LineItem("cheap", "all", price=1, creatives=["any"]),
    )

    verdicts = engine.explain_match(Auction("1", impressions=[Impression(floor=2)], consent=SAID))

    assert {"on a deal": ("deal",), "bare": ("creative",), "cheap": ("floor",)} == {
        one.line_item: one.failing for one in verdicts
    }


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        (LineItem("i", "all", budget="1e30"), "entries[1].line_item.budget"),
        (
            LineItem("i", "all", caps=[Cap(1, dt.timedelta(1)), Cap(-1, dt.timedelta(1))]),
            "entries[1].line_item.caps[1].count",
        ),
        (Creative("c", duration=-1), "entries[1].creative.duration"),
        (Creative("c", weight=2**40), "entries[1].creative.weight"),
        (Campaign("all", "shop", utc_offset=dt.timedelta(seconds=90)), "entries[1].campaign.utc_offset"),
    ],
)
def test_what_the_wire_does_not_take_is_told_with_its_field(engine: Engine, entry: Entry, field: str) -> None:
    """And nothing is defined."""
    with pytest.raises(InvalidArgument) as told:
        engine.book(Creative("before"), entry)

    assert told.value.field == field
    assert str(told.value).startswith(f"{field}: ")


@pytest.mark.parametrize(
    ("auction", "field"),
    [
        (Auction("1", impressions=[Impression("a"), Impression("b", expiry=-1)]), "requests[0].impressions[1].expiry"),
        (
            Auction("1", impressions=[Impression(deals=[OfferedDeal("d", at=-1)])]),
            "requests[0].impressions[0].deals[0].at",
        ),
        (Auction("1", taxonomy=-1), "requests[0].taxonomy"),
        (Auction("1", impressions=[Impression(floor="1e20")]), "requests[0].impressions[0].floor"),
        (Auction("1", context={"min_duration": 1.5}), "requests[0].context"),  # type: ignore[dict-item]
    ],
)
def test_numbers_beyond_those_of_the_wire_name_their_field(engine: Engine, auction: Auction, field: str) -> None:
    """Instead of an error that nobody can place."""
    with pytest.raises(InvalidArgument) as told:
        engine.match([auction])

    assert told.value.field == field


def test_a_taxonomy_of_nought_is_none(engine: Engine) -> None:
    """It does not switch block lists off."""
    engine.book(Advertiser("shop", categories=["IAB7"]), LineItem("pills", "all", price=1, creatives=["any"]))

    auction = Auction("1", blocked_categories=["IAB7"], taxonomy=0, consent=SAID)

    assert {"block_list": 1} == engine.match([auction])[0].impressions[0].fallen


def test_what_was_spent_keeps_its_currency(engine: Engine) -> None:
    """Amounts are kept in the campaign's, and are not converted."""
    engine.book(
        Rate("USD", 1),
        Rate("JPY", "0.01"),
        Campaign("yen", "shop", currency="JPY"),
        Campaign("other dollars", "shop", currency="USD"),
        LineItem("i", "all", price=1, creatives=["any"]),
        LineItem("fresh", "all", price=1, creatives=["any"]),
    )
    (held,) = engine.reserve([Reservation("q", "i", price=5)])
    for _ in range(2):
        with pytest.raises(FailedPrecondition) as told:
            engine.book(Creative("before"), Campaign("all", "shop", currency="JPY"))
        assert told.value.field == "entries[1].campaign.currency"
        with pytest.raises(FailedPrecondition) as told:
            engine.book(LineItem("i", "yen", price=1, creatives=["any"]))
        assert told.value.field == "entries[0].line_item.campaign"
        engine.confirm([held.key])

    engine.book(LineItem("fresh", "yen", price=1, creatives=["any"]))
    engine.book(LineItem("i", "other dollars", price=1, creatives=["any"]), Campaign("yen", "shop", currency="EUR"))
    assert engine.spend("i").total == Decimal("0.005")


def test_exposures_are_kept_for_the_window_of_caps_that_they_count_for(local: Engine) -> None:
    """Also those that are declared after the cap."""
    local.declare(EventType("impression", {"line_item": "string"}))
    month = dt.timedelta(days=30)
    item = LineItem("capped", "all", price=1, creatives=["any"], caps=[Cap(1, month)])
    local.book(Advertiser("shop"), Campaign("all", "shop"), Creative("any"), item)

    local.declare(EventType("click", retention=dt.timedelta(days=1)))
    with pytest.raises(FailedPrecondition) as told:
        local.declare(EventType("send", retention=dt.timedelta(days=1)))
    assert told.value.field == "event_type.retention"
    local.declare(EventType("send", retention=month))


def test_faults_of_modifiers_name_their_place(engine: Engine) -> None:
    """Up to eight groups hold 64 each."""
    groups = {"a": {'country = "DE"': 2}, "b": {"has(country)": 2, "nothing": 3}}
    with pytest.raises(InvalidArgument) as told:
        engine.book(LineItem("i", "all", price=1, creatives=["any"], modifiers=groups))

    assert told.value.field == "entries[0].line_item.price.groups[1].modifiers[1].condition.rule"


def test_a_lone_text_stands_for_a_list_of_one(engine: Engine) -> None:
    """A block list of letters would block nobody."""
    engine.book(Advertiser("shop", domain="evil.example"), LineItem("i", "all", price=1, creatives="any"))

    (blocked,) = engine.match([Auction("1", "crm:ada", blocked_domains="evil.example", consent=SAID)])
    (known,) = engine.match([Auction("2", "crm:ada", consent=SAID)], reserve=True)

    assert {"block_list": 1} == blocked.impressions[0].fallen
    assert known.profile is not None
    (confirmed,) = engine.confirm(known.bids[0].reservation or "")
    assert confirmed.outcome == "done"


@pytest.mark.parametrize(
    ("auction", "field"),
    [
        (Auction("1", impressions=[Impression("a"), Impression("b", floor="x")]), "requests[0].impressions[1].floor"),
        (Auction("1", impressions=(one for one in [Impression(expiry=-1)])), "requests[0]"),  # type: ignore[arg-type]
        ("no auction", "entries[0]"),
    ],
)
def test_faults_of_conversions_say_where_they_are(engine: Engine, auction: Auction | str, field: str) -> None:
    """However deep; what can be read only once is not read again to find out."""
    with pytest.raises(InvalidArgument) as told:
        engine.match([auction]) if isinstance(auction, Auction) else engine.book(auction)  # type: ignore[arg-type]

    assert told.value.field == field
    assert "requests[0].floor" not in str(told.value)


def test_what_a_line_item_spent_elsewhere_keeps_its_currency_too(engine: Engine) -> None:
    """Moved to a campaign of the same currency, it fixes that one's."""
    engine.book(
        Rate("USD", 1), Rate("JPY", "0.01"), Campaign("b", "shop"), LineItem("i", "all", price=1, creatives=["any"])
    )
    (held,) = engine.reserve([Reservation("q", "i", price=5)])
    engine.confirm([held.key])
    engine.book(LineItem("i", "b", price=1, creatives=["any"]))

    with pytest.raises(FailedPrecondition) as told:
        engine.book(Campaign("b", "shop", currency="JPY"))
    assert told.value.field == "entries[0].campaign.currency"
