"""Reservations: held, confirmed, called off and lapsed, beside caps and budgets."""

from __future__ import annotations

import datetime as dt
import json
import threading
from dataclasses import replace
from decimal import Decimal

import pyarrow as pa
import pytest

import treffer
from treffer.auction import Auction, Consent, Impression, Offer
from treffer.book import Advertiser, Campaign, Cap, Creative, LineItem, Rate
from treffer.errors import InvalidArgument, NotFound
from treffer.reservation import Confirmation, Reservation

DAY = dt.timedelta(days=1)
START = "2026-03-01T12:00:00Z"
BANNER = Impression("1", [Offer(sizes=[(300, 250)])])
SAID = Consent(gdpr=False)


def _book(engine: treffer.Engine) -> None:
    engine.declare(treffer.presets.commerce, treffer.presets.openrtb)
    engine.load_profiles([{"crm": "ada"}, {"crm": "bob"}])
    engine.book(
        Rate("USD", 1),
        Rate("EUR", 2),
        Advertiser("shop", domain="shop.example", seat="s1"),
        Campaign("spring", "shop"),
        Creative("banner", sizes=[(300, 250)]),
        LineItem("twice", "spring", price=2, creatives=["banner"], caps=[Cap(2, DAY)]),
        LineItem("rich", "spring", price=1, creatives=["banner"], budget="0.005"),
    )


@pytest.fixture(autouse=True)
def booked(local: treffer.Engine) -> None:
    """A shop with a line item that may be shown twice a day, and one that has half a cent to spend."""
    local.advance(START)
    _book(local)


def _asked(number: int, line_item: str = "twice", who: str = "crm:ada", price: str = "2") -> Reservation:
    return Reservation(f"r{number}", line_item, "1", [who], price)


def test_what_is_held_counts_until_it_is_called_off_or_lapses(engine: treffer.Engine, local: treffer.Engine) -> None:
    """A cap of two takes two, and a third only when one of them is gone."""
    held = engine.reserve([_asked(1), _asked(2), _asked(3), _asked(1)])

    assert [one.outcome for one in held] == ["done", "done", "fell", "again"]
    assert held[2].fell == "cap"
    assert held[0].lapses == dt.datetime(2026, 3, 1, 12, 5, tzinfo=dt.UTC)
    assert engine.reserve([_asked(4, who="crm:bob")])[0]

    assert engine.cancel([held[0].key])[0]
    assert engine.reserve([_asked(3)])[0]
    local.advance("2026-03-01T12:05:00Z")
    assert [one.outcome for one in engine.reserve([_asked(5), _asked(6), _asked(7)])] == ["done", "done", "fell"]
    assert engine.reservations() == {
        "known": 6,
        "made": 6,
        "confirmed": 0,
        "late": 0,
        "cap_overrun": 0,
        "cancelled": 1,
        "lapsed": 3,
    }


def test_what_is_confirmed_is_an_event_under_its_key_and_is_paid(engine: treffer.Engine, local: treffer.Engine) -> None:
    """A confirmation and a later ingest of the same exposure count once; late ones count too."""
    key, other = (one.key for one in engine.reserve([_asked(1), _asked(2)]))
    assert engine.confirm([Confirmation(key, "3", "EUR")])[0]
    assert engine.confirm([key])[0].outcome == "again"
    assert engine.cancel([key])[0].outcome == "confirmed"
    assert engine.confirm(["r9/1/twice"])[0].outcome == "unknown"

    assert int(engine.count("count(impression) = 1")) == 1
    assert engine.spend("twice").total == Decimal("0.006")
    again = {"event_id": key, "type": "impression", "time": START, "crm": "ada", "line_item": "twice"}
    report = engine.track([again | {"campaign": "spring"}])
    assert (report.accepted, report.duplicates) == (0, 1)

    local.advance("2026-03-01T13:00:00Z")
    assert engine.confirm([other])[0]
    assert engine.reservations()["late"] == 1
    assert int(engine.count("count(impression) = 2")) == 1
    assert engine.reserve([_asked(3)])[0].fell == "cap"


def test_an_exposure_that_comes_before_its_confirmation_counts_once(engine: treffer.Engine) -> None:
    """The event ends the hold, and the confirmation only pays."""
    (key,) = (one.key for one in engine.reserve([_asked(1)]))
    engine.track([{"event_id": key, "type": "impression", "time": START, "crm": "ada", "line_item": "twice"}])

    assert engine.reserve([_asked(2)])[0]
    assert engine.confirm([key])[0]
    assert int(engine.count("count(impression) = 1")) == 1
    assert engine.spend("twice").total == Decimal("0.002")


def test_a_budget_closes_when_it_is_spent(engine: treffer.Engine) -> None:
    """Half a cent is five impressions at a CPM of one; auctions see it at once."""
    keys = [one.key for one in engine.reserve([_asked(n, "rich", price="1") for n in range(6)])]
    auction = Auction("a", impressions=[BANNER], consent=SAID)
    assert engine.match([auction])[0].impressions[0].eligible == 1

    engine.confirm(keys[:5])

    spent = engine.spend("rich")
    assert (spent.total, spent.day, spent.spent, spent.pace) == (Decimal("0.005"), Decimal("0.005"), True, 1)
    assert engine.match([auction])[0].impressions[0].fallen == {"budget": 1, "cap_state_missing": 1}
    assert engine.reserve([_asked(9, "rich")])[0].fell == "budget"
    assert engine.confirm(keys[5:])[0]


def test_auctions_reserve_what_they_bid(engine: treffer.Engine) -> None:
    """Bids carry their keys; what the caps do not allow any more is left out; a test reserves nothing."""
    auctions = [Auction(f"a{n}", ["crm:ada"], impressions=[BANNER], consent=SAID) for n in range(3)]
    decisions = engine.match(auctions, reserve=True)

    held = [[bid.line_item for bid in one.bids] for one in decisions]
    assert held == [["twice", "rich"], ["twice", "rich"], ["rich"]]
    assert [one.impressions[0].unreserved for one in decisions] == [0, 0, 1]
    assert decisions[0].bids[0].reservation == "a0/1/twice"
    assert engine.match([replace(auctions[0], id="b")])[0].impressions[0].fallen == {"cap": 1}
    tested = Auction("t", ["crm:bob"], impressions=[BANNER], consent=SAID, test=True)
    assert [bid.reservation for bid in engine.match([tested], reserve=True)[0].bids] == [None, None]
    assert engine.reservations()["made"] == 5


def test_an_auction_that_is_asked_again_has_the_same_answer(engine: treffer.Engine) -> None:
    """What it holds itself is not in its way, and nothing is held twice; others are told that the cap is reached."""
    first, other = (Auction(name, ["crm:ada"], impressions=[BANNER], consent=SAID) for name in ("a", "b"))
    engine.reserve([_asked(1)])

    (told,) = engine.match([first], reserve=True)
    (again,) = engine.match([first], reserve=True)

    assert told.bids[0].line_item == "twice"
    assert again.impressions == told.impressions
    assert engine.match([first])[0].impressions[0].fallen == {}
    assert engine.match([other])[0].impressions[0].fallen == {"cap": 1}
    assert engine.reservations()["made"] == 3


@pytest.mark.parametrize("form", ["arrow", "rows"])
def test_rows_reserve_what_they_bid(engine: treffer.Engine, local: treffer.Engine, form: str) -> None:
    """The same of Arrow and of dicts; how long it holds and for how many exposures comes with the row."""
    usual = {"ids": "crm:ada", "gdpr": False, "sizes": "300x250", "expiry": 60, "quantity": Decimal("0.5")}
    usual["test"] = False
    rows: list[dict[str, object]] = [usual | {"request": f"a{n}"} for n in range(5)]
    rows.append(usual | {"request": "t", "ids": "crm:bob", "test": True})
    rows.append(usual | {"request": "f", "ids": "crm:bob", "sizes": "no size"})
    if form == "arrow":
        decisions = list(engine.match(pa.Table.from_pylist(rows), reserve=True).each())
    else:
        decisions = list(engine.match(rows, reserve=True))

    held = [[bid.line_item for bid in one.bids] for one in decisions]
    assert held == [["twice", "rich"]] * 2 + [["rich"]] * 3 + [["twice", "rich"], []]
    assert [own.unreserved for one in decisions for own in one.impressions] == [0, 0, 1, 1, 1, 0]
    assert decisions[0].bids[0].reservation == "a0/1/twice"
    assert [bid.reservation for bid in decisions[5].bids] == [None, None]
    assert decisions[6].fault is not None
    assert engine.reservations()["made"] == 7
    after = Auction("b", ["crm:ada"], impressions=[BANNER], consent=SAID)
    assert engine.match([after])[0].impressions[0].fallen == {"cap": 1}
    local.advance("2026-03-01T12:01:00Z")
    assert not engine.match([after])[0].impressions[0].fallen


def test_open_rtb_reserves_and_notices_name_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key of a bid is what its notices carry, and what confirming takes."""
    monkeypatch.setenv("TREFFER_GDPR_UNLESS_SAID", "false")
    monkeypatch.setenv("TREFFER_OPENRTB_NOTICES", "https://bidder.example")
    with treffer.open(clock="manual") as engine:
        engine.advance(START)
        _book(engine)
        request = {"id": "r 1", "imp": [{"id": "1", "banner": {"w": 300, "h": 250}, "exp": 60}], "site": {"id": "s"}}
        (answer,) = engine.bid([request], reserve=True)
        (bid,) = json.loads(answer.body)["seatbid"][0]["bid"]

        assert engine.reservations()["made"] == 1
        engine.advance("2026-03-01T12:01:00Z")
        assert engine.reservations()["lapsed"] == 1
        assert "key=r%25201%2F1%2Frich" in bid["burl"]
        assert engine.confirm(["r%201/1/rich"])[0]
        assert engine.bid([request | {"id": "2", "test": 1}], reserve=True)
        assert engine.reservations()["made"] == 1


def test_faulty_rows_name_their_field_and_the_others_go_on(engine: treffer.Engine) -> None:
    """Nothing is half reserved."""
    rows = [
        Reservation("r1", "nobody", ids=["crm:ada"]),
        Reservation("r1", "twice", ids=["crm:ada"], currency="DOLLARS"),
        Reservation("r1", "twice", ids=["crm:ada"], currency="GBP", price=1),
        Reservation("r1", "twice", ids=["crm:ada"], lapse=DAY),
        Reservation("r1", "twice", ids=["crm:ada"], quantity=0),
        Reservation("r1", "twice", ids=["crm:ada"], exposure="page_view"),
        Reservation("", "twice", ids=["crm:ada"]),
        Reservation("r1", "twice"),
        Reservation("r1", "twice", ids=["crm:new"]),
    ]
    results = engine.reserve(rows)

    assert [one.outcome for one in results] == ["faulty"] * 7 + ["fell", "done"]
    fields = ["line_item", "price.currency", "price.currency", "lapse", "quantity", "exposure", "request"]
    assert all(field in (one.fault or "") for field, one in zip(fields, results[:7], strict=True))
    assert results[7].fell == "cap_state_missing"
    assert engine.confirm(["no key"])[0].outcome == "faulty"
    with pytest.raises(NotFound):
        engine.spend("nobody")


def test_many_threads_never_go_beyond_a_cap(local: treffer.Engine) -> None:
    """Eight threads reserve and call off for one person while events come in: two at most are out at a time."""
    granted: list[str] = []
    lock, wrong = threading.Lock(), []

    def bid(thread: int) -> None:
        for number in range(40):
            (own,) = local.reserve([Reservation(f"{thread}-{number}", "twice", ids=["crm:ada"], price=1)])
            if not own:
                continue
            with lock:
                granted.append(own.key)
                if len(granted) > 2:
                    wrong.append(list(granted))
                granted.remove(own.key)
                local.cancel([own.key])

    def ingest() -> None:
        for number in range(40):
            local.track([{"event_id": f"e{number}", "type": "page_view", "time": START, "crm": "ada"}])

    threads = [threading.Thread(target=bid, args=[n]) for n in range(8)] + [threading.Thread(target=ingest)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    results = local.reserve([Reservation(f"last {n}", "twice", ids=["crm:ada"], price=1) for n in range(5)])

    assert not wrong
    assert sum(map(bool, results)) == 2
    counts = local.reservations()
    assert counts["made"] == counts["cancelled"] + 2
    assert local.memory()["reservations"] > 0
    assert local.memory()["auction_index"] > 0


def _impression(key: str, kind: str = "impression", time: str = START) -> dict[str, object]:
    return {"event_id": key, "type": kind, "time": time, "crm": "ada", "line_item": "twice"}


def test_a_hold_ends_when_its_exposure_counts_and_not_before(engine: treffer.Engine, local: treffer.Engine) -> None:
    """A clock that is ahead, and an event of another kind, open no gap in a cap."""
    ahead, clicked = (one.key for one in engine.reserve([_asked(1), _asked(2)]))
    engine.declare(treffer.EventType("noise", {}))
    engine.track([_impression(ahead, time="2026-03-01T12:00:02Z")])
    engine.track([{"event_id": clicked, "type": "noise", "time": START, "crm": "ada"}])
    assert engine.reserve([_asked(3)])[0].fell == "cap"

    assert [one.outcome for one in engine.confirm([ahead, clicked])] == ["done", "done"]
    assert engine.reserve([_asked(3)])[0].fell == "cap"
    local.advance("2026-03-01T12:00:02Z")
    assert engine.count("count(impression) = 2") == 1
    assert engine.reserve([_asked(3)])[0].fell == "cap"
    local.advance("2026-03-02T12:00:01Z")
    assert engine.reserve([_asked(3), _asked(4)])[0].outcome == "done"


def test_rows_of_one_confirmation_are_as_one_after_the_other(engine: treffer.Engine) -> None:
    """A faulty row says nothing of the next, and each goes on from what those before have shown."""
    keys = []
    for number in range(4):
        keys += [one.key for one in engine.reserve([_asked(number)])]
        engine.cancel(keys)

    twice = engine.confirm([Confirmation(keys[0], "1", "GBP"), Confirmation(keys[0], "1")])
    assert [one.outcome for one in twice] == ["faulty", "done"]
    engine.confirm(keys[1:])
    assert engine.reservations()["cap_overrun"] == 2


def test_a_key_that_is_longer_than_event_ids_is_one(engine: treffer.Engine) -> None:
    """What an ad server logs under it counts once with the confirmation, and can be taken back."""
    engine.book(LineItem("ü" * 20, "spring", price=1, creatives=["banner"]))
    (held,) = engine.reserve([Reservation("550e8400-e29b-41d4-a716-446655440000", "ü" * 20, "1", ["crm:ada"], 1)])
    assert len(held.key) > 128

    engine.confirm([held.key])
    assert engine.track([_impression(held.key) | {"line_item": "ü" * 20}]).duplicates + 1
    assert engine.count("count(impression) = 1") == 1
    assert engine.void([held.key]).accepted == 1
    assert engine.count("count(impression) >= 1") == 0
    assert engine.track([_impression("x" * 129)]).refused.num_rows == 1


def test_caps_that_would_never_count_are_refused() -> None:
    """And a campaign is named in an exposure only where its type has a text for that."""
    with treffer.open(clock="manual") as engine:
        engine.advance(START)
        shown = treffer.EventType("impression", {"line_item": "string", "campaign": "integer"})
        engine.declare(treffer.Namespace("crm"), shown, treffer.EventType("sale", {}))
        rest = (Rate("USD", 1), Advertiser("shop"), Campaign("spring", "shop"), Creative("banner"))
        engine.book(*rest, LineItem("one", "spring", price=1, creatives=["banner"], caps=[Cap(1, DAY)]))

        for caps, field in (([Cap(1, DAY, types=["sale"])], "caps[0].types"), ([Cap(9, DAY)] * 65, "caps")):
            with pytest.raises(InvalidArgument) as caught:
                engine.book(LineItem("never", "spring", price=1, caps=caps))
            assert field in (caught.value.field or "")
        for number, expected in ((1, "done"), (2, "fell")):
            (held,) = engine.reserve([_asked(number, line_item="one")])
            assert held.outcome == expected
            if held:
                engine.confirm([held.key])
        assert engine.count("count(impression) = 1") == 1


def test_a_day_is_spent_whatever_the_offset_becomes(engine: treffer.Engine, local: treffer.Engine) -> None:
    """Daylight saving ends within the first hour of a day: what was spent in it stays spent."""
    local.advance("2026-03-01T23:30:00Z")
    campaign = Campaign("autumn", "shop", utc_offset=dt.timedelta(hours=1))
    item = LineItem("daily", "autumn", price=1, creatives=["banner"], budget_day="0.005")
    engine.book(campaign, item)
    engine.confirm([one.key for one in engine.reserve([_asked(1, line_item="daily", price="6")])])
    assert engine.spend("daily").spent

    engine.book(Campaign("autumn", "shop"))
    assert engine.spend("daily").day == Decimal("0.006")
    assert engine.reserve([_asked(2, line_item="daily")])[0].fell == "budget"
    local.advance("2026-03-02T00:00:00Z")
    assert engine.spend("daily").day == 0
