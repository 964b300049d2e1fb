"""5,000 real auctions and a page of line items: the engine decides as a plain walk over every line item does."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, Final

import pytest

import treffer
from advertisers_2012 import ADVERTISERS, AGREED, CAMPAIGNS, CREATIVES, NOW, PAGE, RATES, SEGMENTS, Surfer, entries
from auctions_2012 import FILE, PRIORITIES, cases, drawn
from targeting import STAGES, Moment
from treffer import Attribute, Dimension, Namespace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from advertisers_2012 import Own
    from auctions_2012 import Case
    from treffer.auction import Bid, Consent, Decision, OfferedDeal
    from treffer.tables import Row

pytestmark = pytest.mark.skipif(not FILE.exists(), reason=f"{FILE.name} is not in $TREFFER_TEST_DATA")

BATCH: Final = 256
SAMPLED: Final = 5
"""Of so many auctions one has every line item explained."""
DIMENSIONS: Final = (
    *treffer.presets.openrtb,
    Dimension("dma", "number", "geo"),
    Dimension("weight", "number", "audience"),
)
STAGE_OF: Final = {one.name: one.stage for one in DIMENSIONS if isinstance(one, Dimension)}
ASKED_BY_RULES: Final = {*STAGE_OF.values(), "consent"}

# What the meanings say, line item by line item


@dataclass(frozen=True, slots=True)
class Made:
    """A bid that a line item makes, in micros of the auction's currency."""

    line_item: str
    deal: str | None
    price: int
    floor: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A line item in an auction."""

    case: Case
    name: str
    own: Own
    moment: Moment
    """What its conditions are asked about."""

    def fell(self) -> str | None:
        """The first stage at which it falls."""
        return next((stage for stage in STAGES if self.falls(stage)), None)

    def falls(self, stage: str) -> bool:
        """Whether it falls at `stage` if it came there."""
        return self.rule_is_false(stage) or self.check_fails(stage)

    def rule_is_false(self, stage: str) -> bool:
        """Whether its rule is false with later stages unknown."""
        rule = self.own.rule
        return rule is not None and stage in ASKED_BY_RULES and rule.value(self.moment, stage) is False

    def failing(self) -> set[str]:
        """All stages that speak against it."""
        rule = next((stage for stage in STAGES if self.rule_is_false(stage)), None)
        return {stage for stage in STAGES if stage == rule or self.check_fails(stage)}

    def check_fails(self, stage: str) -> bool:  # noqa: PLR0911 - one return for each stage
        """Whether something beside the rule speaks against it at `stage`."""
        auction, own = self.case.auction, self.own
        campaign = CAMPAIGNS[own.campaign]
        advertiser = ADVERTISERS[campaign.advertiser]
        match stage:
            case "status":
                return "paused" in {own.status, campaign.status}
            case "flight":
                begun = own.start is None or own.start <= NOW
                return not begun or campaign.end == NOW
            case "deal":
                return not self.ways()
            case "block_list":
                return (
                    advertiser.domain in auction.blocked_domains
                    or advertiser.seat in auction.blocked_seats
                    or (
                        advertiser.taxonomy == auction.taxonomy
                        and any(
                            f"{own}-".startswith(f"{blocked}-")
                            for own in advertiser.categories
                            for blocked in auction.blocked_categories
                        )
                    )
                )
            case "consent":
                return self.moment.is_denied and bool(own.caps)
            case "cap":
                person = self.moment.person
                was_shown = isinstance(person, Surfer) and person.shown and self.name == "capped"
                return was_shown or (person is not None and any(cap.count == 0 for cap in own.caps))
            case "cap_state_missing":
                return self.moment.person is None and bool(own.caps)
            case "creative":
                return not self.fitting()
            case "floor":
                return bool(self.ways() and self.fitting()) and not self.bids()
        return False

    def ways(self) -> list[OfferedDeal | None]:
        """The deals that it may bid on, and `None` for the open market."""
        own, (impression,) = self.own, self.case.auction.impressions
        advertiser = ADVERTISERS[CAMPAIGNS[own.campaign].advertiser]
        is_open = own.open_market if own.open_market is not None else not own.deals
        deals = [
            deal
            for deal in impression.deals
            if deal.id in own.deals
            and (not deal.seats or (AGREED[deal.id].seat or advertiser.seat) in deal.seats)
            and (not deal.advertiser_domains or advertiser.domain in deal.advertiser_domains)
        ]
        return [None, *deals] if is_open and not impression.private_auction else [*deals]

    def fitting(self) -> set[str]:
        """The creatives that may be shown."""
        auction, (impression,) = self.case.auction, self.case.auction.impressions
        (offer,) = impression.offers
        found = set()
        for creative in (CREATIVES[name] for name in self.own.creatives):
            if (
                creative.weight > 0
                and creative.media == offer.media
                and (not creative.sizes or set(creative.sizes) & set(offer.sizes))
                and not set(creative.attributes) & set(offer.blocked_attributes)
                and (creative.secure or not impression.secure)
                and not set(creative.domains) & set(auction.blocked_domains)
                and (not creative.language or creative.language in (auction.allowed_languages or [creative.language]))
            ):
                found.add(creative.name)
        return found

    def bids(self) -> list[Made]:
        """One for each way in which it reaches the floor."""
        (impression,), to = self.case.auction.impressions, currency(self.case)
        campaign = CAMPAIGNS[self.own.campaign].currency or "USD"
        if campaign != to and campaign not in RATES:
            return []
        price = int(self.own.price.micros(self.moment) * rate(campaign, to))
        made = []
        for deal in self.ways():
            source = impression if deal is None or deal.floor is None else deal
            floor = ceil(Fraction(source.floor or 0) * 1_000_000 * rate(source.currency or "USD", to))
            if floor <= price:
                agreed = deal is not None and deal.at == 3
                made.append(Made(self.name, deal.id if deal else None, floor if agreed else price, floor))
        return made


def currency(case: Case) -> str:
    """The first that bids may come in."""
    return next(iter(case.auction.currencies), "USD")


def rate(source: str, to: str) -> Fraction:
    """What one of `source` is in `to`."""
    return Fraction(1) if source == to else Fraction(RATES[source]) / Fraction(RATES[to])


def asked(case: Case, people: Mapping[str, Surfer]) -> list[Asked]:
    """Every line item that is not archived."""
    said, person = case.auction.consent, who(case, people)
    # What others tell of a person is as little to be used as the person's ids.
    usable = {name: value for name, value in case.said.items() if name != "data" or not denies_all(said)}
    denied = Moment(usable, STAGE_OF, None, is_denied=True)
    granted = Moment(case.said, STAGE_OF, person)
    found = []
    for name, own in PAGE.items():
        if "archived" not in {own.status, CAMPAIGNS[own.campaign].status}:
            lacks = said.gdpr and not set(own.purposes) <= set(said.purposes)
            found.append(Asked(case, name, own, denied if lacks or denies_all(said) else granted))
    return found


def denies_all(said: Consent) -> bool:
    """Whether nobody may be looked up at all."""
    return bool(said.lmt or said.us_opt_out or (said.gdpr and not said.vendor))


def who(case: Case, people: Mapping[str, Surfer]) -> Surfer | None:
    """The first known by priority, somebody of whom nothing is known, or without ids nobody."""
    ids = sorted(case.auction.ids, key=lambda one: -PRIORITIES[one.split(":")[0]])
    return next((people[one] for one in ids if one in people), Surfer() if ids else None)


# The engine


def surfers(all_cases: Sequence[Case]) -> dict[str, Surfer]:
    """Those of whom something is known: half of one namespace, some of the others, each id a person."""
    shares = {"xchg": 2, "cweb": 3, "adx": 5}
    found: dict[str, Surfer] = defaultdict(Surfer)
    for case in all_cases:
        for one in case.auction.ids:
            if drawn(one, "known", shares[one.split(":")[0]]) == 0:
                own = found[one]
                own.interests |= set(case.verticals)
                own.visits += 1
                own.region = own.region or str(case.said.get("region", "")) or None
                own.views.append(case.time)
                own.shown = drawn(one, "shown", 4) == 0
    return dict(found)


def ident(one: str) -> Row:
    """An id as a column of a row."""
    namespace, value = one.split(":", 1)
    return {namespace: value}


@pytest.fixture(scope="module")
def all_cases() -> list[Case]:
    """All auctions."""
    return cases()


@pytest.fixture(scope="module")
def people(all_cases: list[Case]) -> dict[str, Surfer]:
    """Whom the engine knows."""
    return surfers(all_cases)


@pytest.fixture(scope="module")
def walked(all_cases: list[Case], people: dict[str, Surfer]) -> list[list[tuple[Asked, str | None]]]:
    """Auction by auction every line item, and where it falls."""
    return [[(one, one.fell()) for one in asked(case, people)] for case in all_cases]


@pytest.fixture(scope="module")
def engine(people: dict[str, Surfer]) -> Iterator[treffer.Engine]:
    """The evening of the auctions, everybody known and everything booked."""
    with treffer.open(clock="manual") as engine:
        engine.advance(NOW)
        engine.declare(
            treffer.presets.commerce,
            DIMENSIONS,
            [Namespace(name, priority=priority) for name, priority in PRIORITIES.items()],
            Attribute("visits", "integer"),
        )
        profiles: list[Row] = [
            {
                **ident(one),
                "visits": own.visits,
                "interests": sorted(own.interests) or None,
                "region": own.region,
            }
            for one, own in people.items()
        ]
        views: list[Row] = [
            {**ident(one), "event_id": f"{one} {place}", "type": "page_view", "time": view}
            for one, own in people.items()
            for place, view in enumerate(own.views)
        ]
        shown: list[Row] = [
            {**ident(one), "event_id": one, "type": "impression", "time": own.views[0], "line_item": "capped"}
            for one, own in people.items()
            if own.shown
        ]
        for report in (engine.load_profiles(profiles), engine.track(views), engine.track(shown)):
            assert len(report.refused) == 0
        for name, (rule, _) in SEGMENTS.items():
            engine.define_segment(name, rule)
        engine.book(*entries())
        yield engine


@pytest.fixture(scope="module")
def decisions(engine: treffer.Engine, all_cases: list[Case]) -> list[Decision]:
    """What the engine makes of all auctions, batch after batch."""
    auctions = [case.auction for case in all_cases]
    batches = (auctions[start : start + BATCH] for start in range(0, len(auctions), BATCH))
    return [decision for batch in batches for decision in engine.match(batch)]


def made(bid: Bid) -> Made:
    """A bid of the engine."""
    price, floor = (int(amount * 1_000_000) for amount in (bid.price, bid.floor))
    return Made(bid.line_item, bid.deal, price, floor)


def best(bids: Sequence[Made]) -> Counter[tuple[str | None, int]]:
    """Deal and price of the bids that are answered: the best on each deal, the two best on the open market."""
    by_deal: dict[str | None, list[int]] = defaultdict(list)
    for bid in bids:
        by_deal[bid.deal].append(bid.price)
    return Counter(
        (deal, price)
        for deal, prices in by_deal.items()
        for price in sorted(prices, reverse=True)[: 2 if deal is None else 1]
    )


def test_segments_are_what_they_mean(engine: treffer.Engine, people: dict[str, Surfer]) -> None:
    """Who is in which segment is settled before auctions ask."""
    counted = {name: int(engine.count(name)) for name in SEGMENTS}

    assert {name: sum(map(holds, people.values())) for name, (_, holds) in SEGMENTS.items()} == counted
    assert all(counted.values())


def test_every_decision_is_that_of_a_walk_over_all_line_items(
    walked: list[list[tuple[Asked, str | None]]], decisions: list[Decision]
) -> None:
    """Eligible line items, where each of the others fell, the best bids with prices and floors: in all 5,000."""
    fallen: Counter[str] = Counter()
    for everyone, decision in zip(walked, decisions, strict=True):
        (impression,), case = decision.impressions, everyone[0][0].case
        expected = Counter(fell for _, fell in everyone if fell is not None)
        bids = [bid for one, fell in everyone if fell is None for bid in one.bids()]

        assert decision.fault is None
        assert expected == impression.fallen, case
        assert len(everyone) - expected.total() == impression.eligible
        assert best(bids) == Counter((bid.deal, made(bid).price) for bid in impression.bids), case
        assert {made(bid) for bid in impression.bids} <= set(bids), case
        fitting = {one.name: one.fitting() for one, fell in everyone if fell is None}
        assert all(bid.creative in fitting[bid.line_item] for bid in impression.bids), case
        prices = [bid.price for bid in impression.bids]
        assert sorted(prices, reverse=True) == prices
        assert currency(case) == decision.currency
        fallen.update(impression.fallen)

    # Every stage that an auction can reach was reached; nothing builds, is out of budget or is held back here.
    assert set(STAGES) - {"building", "budget", "pacing"} == fallen.keys()


def test_profiles_are_looked_up_exactly_when_they_may_be(
    all_cases: list[Case], people: dict[str, Surfer], decisions: list[Decision]
) -> None:
    """Denied consent, unknown ids and no ids give no profile."""
    known = [any(one in people for one in case.auction.ids) for case in all_cases]
    expected = [one and not denies_all(case.auction.consent) for one, case in zip(known, all_cases, strict=True)]

    assert expected == [decision.profile is not None for decision in decisions]
    assert {True, False} == set(expected)


def test_every_line_item_is_explained_as_the_walk_explains_it(
    engine: treffer.Engine, walked: list[list[tuple[Asked, str | None]]]
) -> None:
    """Where it fell, all that speaks against it, all false parts of its rule, and its bids: in every fifth."""
    seen: Counter[str | None] = Counter()
    for everyone in walked[::SAMPLED]:
        auction = everyone[0][0].case.auction
        verdicts = engine.explain_match(auction, [one.name for one, _ in everyone])

        for (one, fell), verdict in zip(everyone, verdicts, strict=True):
            where = (auction.id, one.name)
            assert (one.name, fell) == (verdict.line_item, verdict.fell), where
            assert one.failing() == set(verdict.failing), where
            false_parts = one.own.rule.false_parts(one.moment) if one.own.rule else []
            assert false_parts == list(verdict.false_parts), where
            if verdict:
                assert sorted(one.bids(), key=str) == sorted(map(made, verdict.bids), key=str), where
            seen[verdict.fell] += 1

    assert {None, "inventory", "geo", "format", "deal", "consent", "audience", "floor"} <= seen.keys()


def test_the_same_is_decided_over_grpc(
    engine: treffer.Engine, all_cases: list[Case], decisions: list[Decision]
) -> None:
    """Bids, stages, profile, view and index of the first thousand."""
    auctions = [case.auction for case in all_cases[:1_000]]

    with treffer.serve(engine, "127.0.0.1:0") as server, treffer.connect(server.target) as remote:
        served = remote.match(auctions)

    assert decisions[:1_000] == list(served)


def test_every_line_item_of_the_page_bids_somewhere_unless_it_cannot(
    walked: list[list[tuple[Asked, str | None]]],
) -> None:
    """The page is a test of something: what can bid does in some auctions and not in all."""
    eligible = Counter(one.name for everyone in walked for one, fell in everyone if fell is None)

    assert {
        *("closed", "stopped", "no_rate", "wrong_media", "paused", "paused_campaign"),
        *("archived", "archived_campaign", "over", "not_yet"),
    } == PAGE.keys() - eligible.keys()
    assert len(walked) > max(eligible.values())
