"""Auctions afterwards: decisions made again, why a line item does not deliver, dry runs; in process and served."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

import pytest

import treffer
from treffer.auction import Auction, Basis, Consent, Decision, Impression, OfferedDeal
from treffer.book import Advertiser, Campaign, Cap, Creative, Deal, LineItem, LineItemStatus, Rate
from treffer.errors import InvalidArgument, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from treffer import Engine

SAID = Consent(gdpr=False)
DAY = dt.timedelta(days=1)
ITEMS = (
    LineItem(
        "buyers",
        "spring",
        'segment("buyers") and ctx.country in {"DE", "AT"}',
        Decimal("2.50"),
        modifiers={"place": {'country = "DE"': "1.2"}},
        creatives=["banner"],
        caps=[Cap(1, dt.timedelta(days=1))],
    ),
    LineItem("everybody", "spring", 'ctx.country in {"DE", "AT"}', 1, creatives=["banner"]),
    LineItem("austrians", "spring", 'country = "AT"', 3, creatives=["banner"], deals=["d1"], open_market=True),
    LineItem("paused", "spring", creatives=["banner"], status="paused"),
    LineItem("bare", "spring"),
)


Opened: TypeAlias = "Callable[..., tuple[Engine, Engine]]"


@pytest.fixture(params=["open", "connect"])
def opened(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opened]:
    """Make an engine with a small book and these settings: as a caller has it, and the one behind it, for its clock."""
    with ExitStack() as stack:

        def make(**settings: int) -> tuple[Engine, Engine]:
            for name, value in settings.items():
                monkeypatch.setenv(f"TREFFER_{name.upper()}", str(value))
            local = stack.enter_context(treffer.open(clock="manual"))
            fill(local)
            if request.param == "open":
                return local, local
            server = stack.enter_context(treffer.serve(local, "127.0.0.1:0"))
            return stack.enter_context(treffer.connect(server.target)), local

        yield make


def fill(engine: Engine) -> None:
    """A wine shop: two people, one of whom buys, and five line items."""
    engine.advance("2026-03-01")
    engine.declare(treffer.presets.commerce, treffer.presets.openrtb)
    engine.load_profiles([{"crm": "ada", "country": "DE"}, {"crm": "bob", "country": "AT"}])
    engine.track([{"event_id": "1", "type": "purchase", "time": "2026-02-28", "crm": "ada", "value": Decimal(20)}])
    engine.define_segment("buyers", "count(purchase last 30d) >= 1")
    engine.book(
        Rate("USD", 1),
        Rate("EUR", 2),
        Advertiser("shop", domain="shop.example"),
        Campaign("spring", "shop"),
        Creative("banner", sizes=[(300, 250)]),
        Deal("d1"),
        *ITEMS,
    )


def auctions() -> list[Auction]:
    """Of all kinds: known, unknown, nobody, denied; several impressions, a deal, a floor, a currency."""
    german = {"country": "DE"}
    return [
        Auction("r1", ["crm:ada"], german, [Impression("1"), Impression("2", floor=2)], SAID),
        Auction("r2", ["crm:bob"], german, [Impression(deals=[OfferedDeal("d1")])], SAID, currencies=["EUR"]),
        Auction("r3", ["crm:nobody"], german, consent=SAID),
        Auction("r4", (), {"country": "FR"}, consent=SAID),
        Auction("r5", ["crm:ada"], german, consent=Consent(gdpr=True)),
        Auction("r6", ["crm:bob"], german, consent=SAID, blocked_domains=["shop.example"]),
    ]


def everything_changes(engine: Engine) -> None:
    """Line items, people and segments become others."""
    engine.book(replace(ITEMS[0], rule="", price=9), LineItemStatus("everybody", "archived"))
    engine.book(LineItemStatus("paused", "active"), LineItem("new", "spring", price=50, creatives=["banner"]))
    engine.void(["1"])
    engine.load_profiles([{"crm": "bob", "country": "DE"}])


def test_a_logged_decision_is_made_again_whatever_has_changed_since(opened: Opened) -> None:
    """By decision and by id, with the index and from the definitions; nothing of today gets in."""
    engine, _ = opened(log_one_in=1)
    decisions = engine.match(auctions())
    everything_changes(engine)
    names = [item.name for item in ITEMS]

    for decision in decisions:
        replay = engine.explain_decision(decision, names)
        assert ("log", True, True) == (replay.source, replay.same, replay.proven)
        assert decision.impressions == replay.decision.impressions
        assert (decision.profile, decision.basis) == (replay.decision.profile, replay.decision.basis)
        assert engine.explain_decision(decision.request).decision == replay.decision
        for impression in decision.impressions:
            own = [one for one in replay.verdicts if one.impression == impression.impression]
            fallen = Counter(one.fell for one in own if one.fell)
            assert dict(fallen) == impression.fallen
            assert {bid.line_item for bid in impression.bids} <= {one.line_item for one in own if one}
    ada, *_ = engine.explain_decision("r4", ["buyers"]).verdicts
    assert ("inventory", "geo")[1] == ada.fell
    assert {'segment("buyers")', 'ctx.country in {"DE", "AT"}'} == set(ada.false_parts)
    with pytest.raises(NotFound, match="new"):
        engine.explain_decision("r1", ["new"])


def test_a_decision_lapses_with_the_log(opened: Opened) -> None:
    """At the instant its age is over it is gone; the error says what is kept."""
    engine, local = opened(log_one_in=1, log_age=60)
    engine.match(auctions())
    local.advance("2026-03-01T00:00:59.999")
    assert engine.explain_decision("r1")

    local.advance("2026-03-01T00:01:00")

    with pytest.raises(NotFound, match="one request in 1 for"):
        engine.explain_decision("r1")
    with pytest.raises(InvalidArgument, match="request_id"):
        engine.explain_decision("")


def test_a_log_of_few_bytes_keeps_the_latest(opened: Opened) -> None:
    """The oldest go first, and the log goes on."""
    engine, _ = opened(log_one_in=1, log_bytes=200_000)
    for number in range(200):
        engine.match([Auction(f"r{number}", consent=SAID)])

    assert engine.explain_decision("r199")
    with pytest.raises(NotFound):
        engine.explain_decision("r0")


def test_a_request_that_was_brought_must_be_the_one_that_was_decided(opened: Opened) -> None:
    """With the log and without it: by its hash."""
    engine, _ = opened(log_one_in=1)
    (first, *_) = auctions()
    (logged,) = engine.match([first])
    tampered = replace(first, context={"country": "AT"})

    assert engine.explain_decision(logged, request=first).same
    with pytest.raises(InvalidArgument, match="hash") as fault:
        engine.explain_decision(logged, request=tampered)
    assert "request" == fault.value.field


def test_a_request_that_was_brought_is_decided_by_the_view_that_it_names(opened: Opened) -> None:
    """As long as that is among the latest; without the log nobody knows the answer that was given."""
    engine, _ = opened(log_one_in=0, views=2)
    first, second, *_ = auctions()
    (decision,) = engine.match([first])
    assert isinstance(decision, Decision)
    basis = decision.basis
    assert basis is not None
    everything_changes(engine)
    (later,) = engine.match([second])

    replay = engine.explain_decision("r1", ["buyers"], request=first, basis=basis)
    assert ("view", None, True) == (replay.source, replay.same, replay.proven)
    assert decision.impressions == replay.decision.impressions
    assert later.basis is not None
    assert basis.index < later.basis.index
    with pytest.raises(NotFound, match="bring the request"):
        engine.explain_decision(decision)
    with pytest.raises(InvalidArgument, match="hash"):
        engine.explain_decision(decision, request=replace(first, ids=["crm:bob"]))
    with pytest.raises(InvalidArgument) as other:
        engine.explain_decision("r2", request=first, basis=basis)
    assert "request.id" == other.value.field

    engine.define_segment("another", "has(country)")
    engine.match([second])

    with pytest.raises(NotFound, match="latest 2 views"):
        engine.explain_decision(decision, request=first)


def test_what_says_the_same_has_the_same_hash(opened: Opened) -> None:
    """However it is written, and in another process too."""
    engine, _ = opened(log_one_in=0)
    one = Auction("r", context={"country": "DE", "format": ["a", "b"]}, consent=SAID)
    two = Auction("r", context={"format": {"b", "a"}, "country": "DE", "domain": ""}, consent=SAID)
    three = replace(one, id="r0")
    hashes = [decision.basis and decision.basis.request_hash for decision in engine.match([one, two, three])]

    assert hashes[0] == hashes[1] != hashes[2]


def test_an_openrtb_decision_is_made_again(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """It tells what it was made from, in its extension too where that is asked for; the hour is that of then."""
    monkeypatch.setenv("TREFFER_GDPR_UNLESS_SAID", "false")
    engine, local = opened(log_one_in=0, views=9, view_age=100_000)
    body = json.dumps(
        {"id": "o1", "site": {"domain": "x.example"}, "imp": [{"id": "1", "banner": {"w": 300, "h": 250}}]}
        | {"device": {"geo": {"country": "DEU"}}}
    ).encode()
    (answer,) = engine.bid([body], exchange="x", basis=True)
    (plain,) = engine.bid([body], exchange="x")
    local.advance("2026-03-01T05:00:00")

    replay = engine.explain_decision("o1", ["everybody"], request=body, basis=answer.basis, exchange="x")

    assert replay.proven
    assert answer.basis is not None
    assert {"basis": answer.basis.to_dict() | {"view": str(answer.basis.view), "index": str(answer.basis.index)}} == (
        answer.to_dict()["ext"]
    )
    assert "ext" not in plain.to_dict()
    with pytest.raises(InvalidArgument, match="hash"):
        engine.explain_decision("o1", request=body, basis=answer.basis, exchange="y")


def test_delivery_counts_what_explanations_say(opened: Opened) -> None:
    """Of every line item, impression by impression, by the minute and by the hour."""
    engine, _ = opened(delivery_one_in=1, log_one_in=1)
    decisions = engine.match(auctions())
    verdicts = [one for d in decisions for one in engine.explain_decision(d, [i.name for i in ITEMS]).verdicts]
    bids = [impression.bids for decision in decisions for impression in decision.impressions]

    for item in ITEMS:
        delivery = engine.delivery(item.name)
        own = [one for one in verdicts if one.line_item == item.name]
        total = delivery.total
        assert dict(Counter(one.fell for one in own if one.fell)) == total.fallen
        assert (len(decisions), len(own)) == (total.requests, total.impressions)
        assert sum(map(bool, own)) == total.eligible
        assert sum(any(bid.line_item == item.name for bid in one) for one in bids) == total.answered
        assert sum(bool(one) and one[0].line_item == item.name for one in bids) == total.best
        assert delivery.spans == engine.delivery(item.name, step="minute").spans
        assert str(total.eligible) in str(delivery)
    assert engine.delivery("buyers").total.fallen["cap"] > 0
    assert "cap" in str(engine.delivery("buyers"))
    assert (1, 0) == (engine.delivery("buyers").one_in, engine.delivery("buyers").shed)
    with pytest.raises(NotFound):
        engine.delivery("nothing")


def test_delivery_is_told_by_time(opened: Opened) -> None:
    """What happened in an hour, a minute, and since an instant."""
    engine, local = opened(delivery_one_in=1)
    for when in ("2026-03-01T00:00:10", "2026-03-01T00:00:59", "2026-03-01T00:01:00", "2026-03-01T02:30:00"):
        local.advance(when)
        engine.match([Auction(when, consent=SAID)])

    def told(step: str, since: str | None = None) -> list[tuple[str, int]]:
        spans = engine.delivery("bare", since, step=step).spans  # type: ignore[arg-type]
        return [(f"{span.start:%H:%M}", span.fallen["creative"]) for span in spans]

    assert [("00:00", 3), ("02:00", 1)] == told("hour")
    assert [("02:00", 1)] == told("hour", "2026-03-01T01:00:00")
    assert [("02:30", 1)] == told("minute")


def test_a_sample_is_drawn_by_the_ids_of_requests(opened: Opened) -> None:
    """About one in ten, the same ones again."""
    engine, _ = opened(delivery_one_in=10)
    some = [Auction(f"r{number}", consent=SAID) for number in range(1_000)]
    engine.match(some)
    once = engine.delivery("bare").total.requests
    engine.match(some)

    assert 60 < once < 140
    assert 2 * once == engine.delivery("bare").total.requests


def test_a_dry_run_of_what_is_defined_tells_what_became_of_it(opened: Opened) -> None:
    """The same eligible, the same stages, as counted by delivery; nothing changes."""
    engine, _ = opened(log_one_in=1, delivery_one_in=1)
    engine.match(auctions())
    before = engine.line_items()

    for item in ITEMS:
        run, real = engine.dry_run(item), engine.delivery(item.name).total
        assert (real.impressions, real.eligible, real.fallen) == (run.impressions, run.eligible, run.fallen)
        assert (0, 0) == (run.unknown, run.recalled)
        assert run.eligible == sum(prices.bids for prices in run.prices)
    assert before == engine.line_items()


def test_a_dry_run_of_something_new_tells_prices_and_what_it_had_to_recall(opened: Opened) -> None:
    """Conditions that were not live are asked of what is known today, at the time of the request."""
    engine, local = opened(log_one_in=1)
    engine.match(auctions())
    local.advance("2026-03-01T12:00:00")
    new = LineItem("new", "spring", "count(purchase last 36h) >= 1", 4, creatives=["banner"])

    run = engine.dry_run(new)

    # Ada bought 24 hours before the requests, which is 36 hours before now.
    assert (6, 7, 2) == (run.requests, run.impressions, run.eligible)
    assert {"block_list": 1, "consent": 1, "audience": 3} == run.fallen
    assert 4 == run.recalled
    (prices,) = run.prices
    assert ("USD", 2, (Decimal(4),) * 5) == (prices.currency, prices.bids, prices.quartiles)
    given = engine.dry_run(new, [Auction("g", ["crm:ada"], consent=SAID), Auction("h", ["crm:bob"], consent=SAID)])
    assert (2, 0) == (given.impressions, given.eligible)
    assert "audience" in str(given)


@pytest.mark.parametrize(
    ("item", "field"),
    [
        (LineItem("x", "nobody"), "line_item.campaign"),
        (LineItem("x", "spring", "ctx.nothing = 1"), "line_item.rule"),
        (LineItem("x", "spring", price=-1), "line_item.price.base"),
    ],
)
def test_a_dry_run_checks_the_line_item(opened: Opened, item: LineItem, field: str) -> None:
    """As a definition would."""
    engine, _ = opened()

    with pytest.raises(InvalidArgument) as fault:
        engine.dry_run(item)

    assert field == fault.value.field
    with pytest.raises(InvalidArgument, match="requests"):
        engine.dry_run(ITEMS[0], [])


def test_changes_of_the_index_are_noted(opened: Opened) -> None:
    """Not those of a pause, which needs none."""
    engine, _ = opened()
    (first,) = engine.index_swaps()
    engine.book(LineItemStatus("bare", "paused"))
    engine.book(LineItem("new", "spring"))
    (second,) = engine.index_swaps(after=first.index)

    assert (0, first.index) == (first.replaced, second.replaced)
    assert first.index < second.index
    assert first.view < second.view
    assert dt.datetime(2026, 3, 1, tzinfo=dt.UTC) == second.time


def test_a_basis_shows_itself() -> None:
    """In full, for people."""
    assert "view 3, index 2, request 00000000000000ff" == str(Basis(3, 2, 255))


def test_a_decision_is_made_again_with_the_reservations_and_budgets_of_then(opened: Opened) -> None:
    """What is held, spent and paced counts as it did, whatever came of it."""
    engine, local = opened(log_one_in=1)
    engine.book(LineItem("even", "spring", "", 1, creatives=["banner"], budget=1, pacing="even", end="2026-03-02"))
    first, *_ = auctions()
    (free,) = engine.match([first], reserve=True)
    (full,) = engine.match([replace(first, id="again")], reserve=True)
    keys = [bid.reservation for bid in free.bids if bid.reservation]
    engine.cancel(keys)
    local.advance("2026-03-01T00:30:00")

    assert free.impressions[0].fallen.get("cap") is None
    assert 1 == full.impressions[0].fallen["cap"]
    for decision in (free, full):
        replay = engine.explain_decision(decision)
        assert (True, True) == (replay.same, replay.proven)
        assert [one.fallen for one in decision.impressions] == [one.fallen for one in replay.decision.impressions]


def test_a_dry_run_knows_the_person_who_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of several ids the first known by priority of its namespace, as when it was decided."""
    monkeypatch.setenv("TREFFER_LOG_ONE_IN", "1")
    with treffer.open(clock="manual") as engine:
        fill(engine)
        engine.load_profiles([{"crm": "zoe", "country": "FR"}, {"cookie": "x", "country": "AT"}])
        engine.match([Auction("r", ["cookie:x", "crm:zoe"], {"country": "DE"}, [Impression()], SAID)])

        found = engine.dry_run(LineItem("french", "spring", 'country = "FR"', 1, creatives=["banner"]))
    assert found.eligible == 1


def test_a_log_of_a_day_holds_it_while_probabilities_move(monkeypatch: pytest.MonkeyPatch) -> None:
    """They move every ten seconds: that is no new book."""
    monkeypatch.setenv("TREFFER_LOG_ONE_IN", "1")
    monkeypatch.setenv("TREFFER_LOG_BYTES", str(4 << 20))
    with treffer.open(clock="manual") as engine:
        fill(engine)
        start = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
        engine.advance(start)
        engine.book(
            LineItem("even", "spring", "", 9, creatives=["banner"], pacing="even", budget=18, end=start + DAY),
        )
        for tick in range(200):
            asked = [Auction(f"a{tick}-{n}", [], {"country": "DE"}, [Impression()], SAID) for n in range(6)]
            bids = [bid for one in engine.match(asked, reserve=True) for bid in one.impressions[0].bids]
            keys = [bid.reservation for bid in bids if bid.line_item == "even" and bid.reservation]
            if keys:
                engine.confirm(keys[:2])
            engine.advance(start + (tick + 1) * dt.timedelta(seconds=10))
        assert engine.explain_decision("a0-0")
