"""Auctions: what a request says, and what was decided."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

from treffer.grid import grid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal
    from typing import Final

    from treffer.book import Amount, Media
    from treffer.view import View

STAGES: Final = (
    *("building", "status", "flight", "budget", "inventory", "daypart", "geo", "device", "format", "deal"),
    *("block_list", "consent", "audience", "cap", "cap_state_missing", "creative", "floor", "pacing"),
)
"""At which line items fall, in the order of the checks."""


@dataclass(frozen=True, slots=True)
class Place:
    """A point on the globe in degrees, exact to a millionth."""

    latitude: Amount
    longitude: Amount


ContextValue: TypeAlias = "str | Amount | Place | Sequence[str] | set[str] | frozenset[str]"
"""A text, a number, a place or several texts."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a creative of one media type must be to fit; what is not said is any."""

    media: Media = "banner"
    sizes: Sequence[tuple[int, int]] = ()
    mimes: Sequence[str] = ()
    protocols: Sequence[int] = ()
    apis: Sequence[int] = ()
    """Frameworks that are supported."""
    blocked_attributes: Sequence[int] = ()
    min_duration: int | None = None
    max_duration: int | None = None


@dataclass(frozen=True, slots=True)
class OfferedDeal:
    """A deal as an impression offers it."""

    id: str
    floor: Amount | None = None
    currency: str = ""
    """Of the floor; empty: USD, whatever the impression says."""
    at: int | None = None
    """3: the floor is the agreed price."""
    seats: Sequence[str] = ()
    advertiser_domains: Sequence[str] = ()
    """Of bids on it; all creatives of a line item, or where they say none its advertiser, must have these alone."""


@dataclass(frozen=True, slots=True)
class Impression:
    """One place for an ad."""

    id: str = "1"
    offers: Sequence[Offer] = (Offer(),)
    context: Mapping[str, ContextValue] = field(default_factory=lambda: MappingProxyType({}))
    """By name of dimension; it goes before that of the auction."""
    floor: Amount | None = None
    """Lowest CPM; an explicit 0 counts as said."""
    currency: str = ""
    """Of the floor; empty: USD."""
    deals: Sequence[OfferedDeal] = ()
    private_auction: bool | None = None
    """Only bids on the deals are taken."""
    secure: bool | None = None
    expiry: int | None = None
    """Seconds after which it will not come any more: how long a reservation holds; `None`: five minutes."""
    quantity: Amount | None = None
    """For how many exposures it stands; `None`: one."""


@dataclass(frozen=True, slots=True)
class Consent:
    """What is said of consent; `None`: nothing."""

    gdpr: bool | None = None
    """Whether GDPR applies; where nothing is said the setting `gdpr_unless_said` decides, and must be set."""
    vendor: bool | None = None
    """Whether our vendor id is granted."""
    purposes: Sequence[int] = ()
    """Of TCF, that are granted."""
    coppa: bool | None = None
    lmt: bool | None = None
    dnt: bool | None = None
    us_opt_out: bool | None = None


@dataclass(frozen=True, slots=True)
class Auction:
    """Who might see an ad, where, and what may be shown there."""

    id: str
    """Seeds what is drawn by lot, so that a decision can be repeated."""
    ids: Sequence[str] = ()
    """Of the person, as `crm:4711`; the first known by priority counts. None: nobody is known."""
    context: Mapping[str, ContextValue] = field(default_factory=lambda: MappingProxyType({}))
    """By name of dimension."""
    impressions: Sequence[Impression] = (Impression(),)
    consent: Consent = Consent()
    allowed_seats: Sequence[str] = ()
    blocked_seats: Sequence[str] = ()
    blocked_domains: Sequence[str] = ()
    blocked_apps: Sequence[str] = ()
    blocked_categories: Sequence[str] = ()
    taxonomy: int | None = None
    """`cattax` of the blocked categories; `None`: 1."""
    allowed_languages: Sequence[str] = ()
    blocked_languages: Sequence[str] = ()
    currencies: Sequence[str] = ()
    """That bids may come in; prices are in the first that has a rate. None: in USD."""
    test: bool = False
    """None in earnest: never reserved."""


@dataclass(frozen=True, slots=True)
class Bid:
    """A bid of a line item."""

    line_item: str
    creative: str
    deal: str | None
    """On which deal; `None`: on the open market."""
    price: Decimal
    """CPM in the decision's currency."""
    floor: Decimal
    """That it had to reach."""
    reservation: str | None = None
    """The key under which it is held; `None`: it is not reserved."""


@dataclass(frozen=True, slots=True)
class ImpressionDecision:
    """What came of an impression."""

    impression: str
    eligible: int
    """Line items that fell nowhere, those without a place among the bids too."""
    fallen: Mapping[str, int]
    """By stage how many line items fell there; with the eligible these are all that are not archived."""
    bids: tuple[Bid, ...]
    """The best on each deal and the best on the open market, the highest price first."""
    unreserved: int = 0
    """Bids that were left out since a reservation was refused."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What a decision was made from; with the request it can be made again, see `Engine.explain_decision`."""

    view: int
    """By version."""
    index: int
    """By version."""
    request_hash: int
    """Of what the request said, however it was written."""

    def to_dict(self) -> dict[str, object]:
        """Give plain types that JSON knows; the hash in sixteen hexadecimal digits."""
        return {"view": self.view, "index": self.index, "request_hash": f"{self.request_hash:016x}"}

    def __str__(self) -> str:
        """Show all three."""
        return f"view {self.view}, index {self.index}, request {self.request_hash:016x}"


@dataclass(frozen=True, slots=True)
class Decision:
    """What came of an auction."""

    request: str
    currency: str
    profile: int | None
    """Whose segments counted; `None`: nobody was known, or consent denied to look."""
    impressions: tuple[ImpressionDecision, ...]
    fault: str | None
    """What was wrong with the request; then there are no impressions."""
    view: View
    index: int
    """Version of the index that answered."""
    basis: Basis | None = field(default=None, compare=False)
    """What it was made from; `None` with a fault and in Arrow. Decisions are compared without it."""

    @property
    def bids(self) -> tuple[Bid, ...]:
        """All bids, impression after impression."""
        return tuple(bid for impression in self.impressions for bid in impression.bids)

    def to_dict(self) -> dict[str, object]:
        """Give plain types that JSON knows; amounts as text."""
        return {
            "request": self.request,
            "currency": self.currency,
            "profile": self.profile,
            "fault": self.fault,
            "impressions": [
                {
                    "impression": one.impression,
                    "eligible": one.eligible,
                    "unreserved": one.unreserved,
                    "fallen": dict(one.fallen),
                    "bids": [
                        {
                            "line_item": bid.line_item,
                            "creative": bid.creative,
                            "deal": bid.deal,
                            "price": str(bid.price),
                            "floor": str(bid.floor),
                            "reservation": bid.reservation,
                        }
                        for bid in one.bids
                    ],
                }
                for one in self.impressions
            ],
        }

    def __str__(self) -> str:
        """Show the bids and where the rest fell, impression after impression."""
        if self.fault:
            return f"{self.request}: {self.fault}"
        return "\n".join(self._shown(one) for one in self.impressions)

    def _shown(self, one: ImpressionDecision) -> str:
        head = f"{self.request}, impression {one.impression}: {one.eligible} eligible"
        bids = grid(
            ("line item", "creative", "deal", f"price {self.currency}", "floor"),
            [(bid.line_item, bid.creative, bid.deal or "", str(bid.price), str(bid.floor)) for bid in one.bids],
        )
        fallen = grid(("fell at", "line items"), list(one.fallen.items()))
        return "\n".join([head, *([bids] if one.bids else []), fallen])


@dataclass(frozen=True, slots=True)
class BidResponse:
    """The answer to an OpenRTB request."""

    body: bytes
    """A whole bid response, in the encoding of the request; one without bids too."""
    fault: str | None
    """What is wrong with the request; then it is a no-bid."""
    basis: Basis | None = None
    """What the decision was made from; `None` with a fault."""

    def to_dict(self) -> dict[str, Any]:
        """Read a response in JSON."""
        read: dict[str, Any] = json.loads(self.body)
        return read


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one line item in one auction."""

    impression: str
    line_item: str
    fell: str | None
    """The first stage at which it fell; `None`: it is eligible."""
    failing: tuple[str, ...]
    """All stages at which it would fall if those before were passed."""
    false_parts: tuple[str, ...]
    """The parts of its rule that are false, `not` pushed down to them."""
    bids: tuple[Bid, ...]
    """Those it would make."""

    def __bool__(self) -> bool:
        """Whether it is eligible."""
        return self.fell is None

    def to_dict(self) -> dict[str, object]:
        """Give plain types that JSON knows."""
        return {
            "impression": self.impression,
            "line_item": self.line_item,
            "fell": self.fell,
            "failing": list(self.failing),
            "false_parts": list(self.false_parts),
        }

    def __str__(self) -> str:
        """Show what speaks against it on one line."""
        if self.fell is None:
            return f"✓ {self.line_item}"
        return f"✗ {self.line_item}: {', '.join([*self.failing, *self.false_parts])}"


def response_text(response: Mapping[str, Any], fault: str | None) -> str:
    """Show an OpenRTB bid response in JSON: the bids, and where the other line items fell where it tells that."""
    if fault:
        return f"no bid, reason {response.get('nbr')}: {fault}"
    bids = [
        (bid["impid"], bid["ext"]["line_item"], bid["crid"], bid.get("dealid", ""), str(bid["price"]))
        for seat in response.get("seatbid", ())
        for bid in seat["bid"]
    ]
    fallen = [
        (one["impid"], one["ext"]["stage"], one["ext"]["line_items"])
        for seat in response.get("ext", {}).get("seatnonbid", ())
        for one in seat["nonbid"]
    ]
    price = f"price {response.get('cur', '')}".rstrip()
    parts = [grid(("impression", "line item", "creative", "deal", price), bids)] if bids else ["no bid"]
    if fallen:
        parts.append(grid(("impression", "fell at", "line items"), fallen))
    return "\n".join(parts)
