"""Random auctions that say everything an auction can say, as objects and as rows."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from treffer.auction import Auction, Consent, Impression, Offer, OfferedDeal, Place

if TYPE_CHECKING:
    import random


def row(auction: Auction, one: Impression) -> dict[str, Any]:
    """A row that says what an impression of an auction says."""
    said = auction.consent
    # What is empty or unknown says nothing, so the auction's stands.
    own = {name: value for name, value in one.context.items() if value not in ("", "nowhere", [])}
    context = {**auction.context, **own}
    return {
        "request": auction.id,
        "impression": one.id,
        "ids": list(auction.ids),
        **{name: getattr(said, name) for name in ("gdpr", "vendor", "coppa", "lmt", "dnt", "us_opt_out")},
        "purposes": list(said.purposes),
        **{name: list(getattr(auction, name)) for name in LISTS},
        "taxonomy": auction.taxonomy,
        "floor": one.floor,
        "currency": one.currency,
        "private_auction": one.private_auction,
        "secure": one.secure,
        "deals": [
            {
                "id": deal.id,
                "floor": deal.floor,
                "currency": deal.currency,
                "at": deal.at,
                "seats": list(deal.seats),
                "advertiser_domains": list(deal.advertiser_domains),
            }
            for deal in one.deals
        ],
        "offers": [{name: offer(own, name) for name in OFFER} for own in one.offers],
        **{f"ctx.{name}": context.get(name) for name in CONTEXT},
    }


def offer(own: Offer, name: str) -> object:
    """A field of an offer as rows have it."""
    if name == "sizes":
        return [f"{width}x{height}" for width, height in own.sizes]
    value = getattr(own, name)
    return value if isinstance(value, str | int | None) else list(value)


LISTS = (
    "allowed_seats",
    "blocked_seats",
    "blocked_domains",
    "blocked_apps",
    "blocked_categories",
    "allowed_languages",
    "blocked_languages",
    "currencies",
)
OFFER = (
    "media",
    "sizes",
    "mimes",
    "protocols",
    "apis",
    "blocked_attributes",
    "min_duration",
    "max_duration",
)
CONTEXT: dict[str, tuple[Any, ...]] = {
    "domain": ("wine.example", "news.example", ""),
    "country": ("DE", "DEU", "AT", "nowhere"),
    "hour_of_week": (0, 1, 2, 170),
    "keywords": (["wine", "beer"], ["news"], []),
    "min_duration": (Decimal(7), Decimal("7.5")),
    "place": (Place(Decimal("52.52"), Decimal("13.4")), Place(0, 0)),
    "deals": (["d1"], ["d2", "d1"], []),
}
FLAGS = (None, None, None, True, False)
AMOUNTS = (None, Decimal(0), Decimal("1.000001"), Decimal(3))
CURRENCIES = ("", "", "USD", "EUR", "CHF")


@dataclass
class Draw:
    """Random auctions, one in ten or so with a fault."""

    dice: random.Random

    def one(self, *values: Any) -> Any:  # noqa: ANN401 - of any kind
        """One of these."""
        return self.dice.choice(values)

    def some(self, *values: Any, most: int = 1) -> list[Any]:  # noqa: ANN401 - of any kind
        """A few of these, each once, mostly none."""
        return self.dice.sample(values, self.dice.choice((0, 0, *range(most + 1))))

    def context(self) -> dict[str, Any]:
        """Some dimensions."""
        return {name: self.one(*values) for name, values in CONTEXT.items() if self.dice.random() < 0.4}

    def offer(self) -> Offer:
        """What must fit."""
        return Offer(
            self.one("banner", "banner", "video", "audio", "native"),
            self.some((300, 250), (728, 90), most=2),
            self.some("image/png", "video/mp4", most=2),
            self.some(2, 3, most=2),
            self.some(5),
            self.some(3),
            self.one(None, 10, 20),
            self.one(None, 20, 30),
        )

    def deal(self) -> OfferedDeal:
        """A deal, seldom without an id."""
        return OfferedDeal(
            self.one(*["d1", "d2", "d9"] * 9, ""),
            self.one(*AMOUNTS),
            self.one(*CURRENCIES),
            self.one(None, 1, 3),
            self.some("s1", "s2"),
            self.some("shop.example", "other.example"),
        )

    def impression(self, name: str) -> Impression:
        """A place for an ad, seldom for none."""
        return Impression(
            name,
            [self.offer() for _ in range(self.one(*[1, 2, 3] * 9, 0))],
            self.context(),
            self.one(*AMOUNTS),
            self.one(*CURRENCIES),
            [self.deal() for _ in range(self.one(0, 0, 1, 2))],
            self.one(*FLAGS),
            self.one(*FLAGS),
        )

    def consent(self) -> Consent:
        """What is said of consent."""
        gdpr = self.one(*[False] * 9, *[True] * 6, None)
        flags = [self.one(*[None] * 3, *FLAGS) for _ in range(4)]
        return Consent(gdpr, self.one(*FLAGS), self.some(*[1, 2] * 9, 40, most=2), *flags)

    def auction(self, name: str) -> Auction:
        """Everything that can be said."""
        names = self.dice.sample(["1", "2", "3"], self.one(1, 1, 2, 3))
        names += names[:1] if self.dice.random() < 0.03 else []
        return Auction(
            name,
            self.some("crm:ada", "crm:bob", "crm:nobody", "nothing", most=2),
            self.context(),
            [self.impression(own) for own in names],
            self.consent(),
            self.some("s1", "s2"),
            self.some(*["s1"] * 2, "s2") if self.dice.random() < 0.3 else [],
            self.some("shop.example"),
            self.some("app.other"),
            self.some("IAB7", "IAB9"),
            self.one(None, 1, 2),
            self.some("de"),
            self.some("de"),
            self.some(*["EUR", "USD"] * 9, "eur"),
        )
