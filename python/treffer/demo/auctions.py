"""Auctions for the demo's households: what is asked, what came of all of them, and of one in particular."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from treffer.auction import Auction, Consent, Impression, Offer, OfferedDeal
from treffer.demo.advertisers import ALCOHOL, BOOK, LINE_ITEMS, PARENTS, RECIPES
from treffer.demo.answers import EVERYONE
from treffer.reservation import Confirmation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from treffer.auction import Bid, ContextValue, Decision, Verdict
    from treffer.engine import Engine

AUCTIONS: Final = 400
STAGES: Final = {
    "building": "a segment that it needs is being built",
    "status": "it or its campaign is paused",
    "flight": "its campaign has not begun, or is over",
    "budget": "its money is spent",
    "inventory": "another site, app or exchange",
    "daypart": "another hour",
    "geo": "another place",
    "device": "another device",
    "format": "another size",
    "deal": "no deal that it may bid on",
    "block_list": "blocked: the advertiser, or what it sells",
    "consent": "it needs to know the person, and may not",
    "audience": "another person, or nobody is known",
    "cap": "shown often enough",
    "cap_state_missing": "it has a cap, and nobody to count for",
    "creative": "nothing to show in this place",
    "floor": "its price is below the floor",
    "pacing": "it waits, to spend evenly",
}
"""Where line items fall, in their order, in words."""

# Sites and formats of the auctions, taken in turns whose lengths have no common divisor.
SITES: Final = (
    "news.example",
    *RECIPES,
    "weather.example",
    *PARENTS,
    None,
    "games.example",
    "video.example",
    "tv.example",
)
FORMATS: Final = (
    ("300x250", Offer(sizes=[(300, 250)])),
    ("728x90", Offer(sizes=[(728, 90)])),
    ("300x250", Offer(sizes=[(300, 250), (336, 280)])),
    ("970x250", Offer(sizes=[(970, 250)])),
    ("video", Offer("video", min_duration=5, max_duration=30)),
)
FLOORS: Final = (None, "0.25", "1", None, "2.50", "0.50", "4")
CONSENTS: Final = (
    *[Consent(gdpr=False)] * 8,
    Consent(gdpr=True, vendor=True, purposes=[1, 3, 4]),
    Consent(gdpr=True, vendor=True, purposes=[1]),
    Consent(gdpr=True, vendor=False),
    Consent(gdpr=False, lmt=True),
    Consent(gdpr=False, us_opt_out=True),
)


@dataclass(frozen=True, slots=True)
class Auctioned:
    """What came of all auctions. Equal exactly when two engines decided the same."""

    decisions: tuple[dict[str, object], ...]
    """As plain values, in the order of the auctions."""
    line_items: int
    known: int
    """Auctions whose household was looked up."""
    answered: int
    """Auctions with a bid."""
    eligible: int
    """Line items, counted in every auction."""
    reasons: dict[str, int]
    """By stage, in their order, how many line items fell there; with the eligible these are all in all auctions."""
    won: dict[str, int]
    """By line item in how many auctions its bid was the highest, the largest number first."""
    household: str
    """Of the auction that is shown: the one with the most bids, then the most eligible line items."""
    shown: str
    """Its decision for people."""
    explained: str
    """Why one line item did not bid in it: the one against which the most speaks."""

    def numbers(self) -> dict[str, object]:
        """Give what a program may want to know."""
        return {
            "auctions": len(self.decisions),
            "line_items": self.line_items,
            "known": self.known,
            "answered": self.answered,
            "eligible": self.eligible,
            "reasons": self.reasons,
            "won": self.won,
        }


def booked(engine: Engine) -> int:
    """Define advertisers, campaigns, creatives and line items, hold the auctions once, and show what wins.

    What is bid is reserved. The highest bid of each auction wins: its exposure is confirmed at its price, and the
    others are called off. Gives how many were shown, of which `held` finds caps reached.
    """
    engine.book(*BOOK)
    asked = auctions(engine)
    bids = [decision.bids for decision in engine.match(asked, reserve=True) if decision.bids]
    shown = engine.confirm([Confirmation(_key(own[0]), own[0].price) for own in bids])
    gone = engine.cancel([_key(one) for own in bids for one in own[1:]])
    if refused := [one for one in (*shown, *gone) if not one]:
        raise ValueError(f"the demo's reservations were refused: {refused[:3]!r}")
    return len(shown)


def _key(bid: Bid) -> str:
    if bid.reservation is None:
        raise ValueError(f"the demo's bid is not reserved: {bid!r}")
    return bid.reservation


def auctions(engine: Engine) -> list[Auction]:
    """Auctions for households all over the file, on varied sites, at varied hours, with varied consent."""
    households = sorted(engine.members(EVERYONE).ids("crm").to_pylist(), key=int)
    step = max(1, len(households) // AUCTIONS)
    return [_auction(number, crm) for number, crm in enumerate(households[::step][:AUCTIONS])]


def _auction(number: int, crm: str) -> Auction:
    site, (size, offer) = SITES[number % len(SITES)], FORMATS[number % len(FORMATS)]
    context: dict[str, ContextValue] = {"country": "US", "hour_of_week": number * 37 % 168}
    if site is not None:
        context["domain"] = site
    deals = [OfferedDeal("homepage", floor=10)] if number % 3 else []
    return Auction(
        f"auction-{number}",
        # Now and then nobody is known.
        [f"crm:{crm}"] if number % 19 else [],
        context,
        [Impression("1", [offer], {"format": [size]}, FLOORS[number % len(FLOORS)], deals=deals)],
        CONSENTS[number % len(CONSENTS)],
        blocked_domains=["grocer.example"] if number % 23 == 0 else (),
        blocked_categories=[ALCOHOL] if number % 6 == 0 else (),
    )


def held(engine: Engine) -> Auctioned:
    """Hold all auctions and look closer at one; `booked` comes first."""
    asked = auctions(engine)
    decisions = engine.match(asked)
    place = max(range(len(asked)), key=lambda number: (len(decisions[number].bids), _eligible(decisions[number])))
    verdict = _refused(engine.explain_match(asked[place]))
    fallen = sum((Counter(dict(one.fallen)) for each in decisions for one in each.impressions), Counter[str]())
    winners = Counter(each.bids[0].line_item for each in decisions if each.bids)
    return Auctioned(
        decisions=tuple(decision.to_dict() for decision in decisions),
        line_items=len(LINE_ITEMS),
        known=sum(decision.profile is not None for decision in decisions),
        answered=winners.total(),
        eligible=sum(map(_eligible, decisions)),
        reasons={stage: fallen[stage] for stage in STAGES if stage in fallen},
        won=dict(winners.most_common()),
        household=next(iter(asked[place].ids), "nobody"),
        shown=str(decisions[place]),
        explained=str(verdict),
    )


def _eligible(decision: Decision) -> int:
    return sum(one.eligible for one in decision.impressions)


def _refused(verdicts: Sequence[Verdict]) -> Verdict:
    return max(verdicts, key=lambda one: (not one, len(one.failing) + len(one.false_parts)))
