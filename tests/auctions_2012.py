"""5,000 real auctions of January 2012 as `Auction`s, with what they say as plain values beside each.

What 2012 did not know (consent, floors above zero, deals) is made up from the auction's id, the same in every run.
"""

from __future__ import annotations

import datetime as dt
import gzip
import json
import os
import zlib
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from treffer.auction import Auction, Consent, Impression, Offer, OfferedDeal, Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from targeting import Said
    from treffer.auction import ContextValue

DATA: Final = Path(os.environ.get("TREFFER_TEST_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
FILE: Final = DATA / "auctions_2012_first5000.jsonl.gz"

PRIORITIES: Final = {"xchg": 30, "cweb": 20, "adx": 10}
"""Namespaces of people; of several ids the first known counts."""
TAXONOMY: Final = 501
"""Of the exchange's own categories: `sensitive-24`, `vertical-10137`."""
PLACES: Final = {
    "Chicago": ("41.88", "-87.63"),
    "Milwaukee": ("43.04", "-87.91"),
    "Toronto": ("43.65", "-79.38"),
    "Mississauga": ("43.59", "-79.64"),
    "New York": ("40.71", "-74.01"),
    "Brooklyn": ("40.65", "-73.95"),
}
SYSTEMS: Final = ("Windows", "iPhone", "iPad", "Android", "Mac OS X", "Linux", "BlackBerry")
BROWSERS: Final = ("MSIE", "Firefox", "Chrome", "Opera", "Safari")
FLOORS: Final = (None, None, "0", "0.40", "0.40", "1", "2.50")
DEALS: Final = (
    (OfferedDeal("top", floor="3"),),
    (OfferedDeal("sports", floor="1.75", at=3), OfferedDeal("top", floor="2.20", seats=["games", "travel"])),
    (OfferedDeal("sports"), OfferedDeal("unknown", floor=0)),
    (OfferedDeal("cars", floor="1.10", currency="EUR", advertiser_domains=["cars.example", "bank.example"]),),
    (OfferedDeal("top", floor="2", currency="JPY"),),
)


@dataclass(frozen=True, slots=True)
class Case:
    """An auction, and the same as rules see it."""

    auction: Auction
    said: dict[str, Said]
    time: dt.datetime
    verticals: tuple[str, ...]


def cases() -> list[Case]:
    """Read all of them."""
    with gzip.open(FILE, "rt", encoding="utf-8") as lines:
        return [case(json.loads(line)) for line in lines]


def drawn(key: str, what: str, sides: int) -> int:
    """A number below `sides` that only `key` and `what` decide."""
    return zlib.crc32(f"{what} {key}".encode()) % sides


def case(raw: dict[str, Any]) -> Case:
    """One of them; nulls and missing fields are absent, verticals come as numbers or as pairs with a weight."""
    restrictions, spot = raw.get("restrictions") or {}, raw["spots"][0]
    said = told(raw)
    request, key = {name: context(value) for name, value in said.items()}, raw["id"]
    of_impression: dict[str, ContextValue] = {
        name: request.pop(name) for name in ("format", "media_type") if name in request
    }
    categories = [f"sensitive-{one}" for one in restrictions.get("sensitiveCategoryAttribute", ())]
    categories += [f"vertical-{one}" for one in restrictions.get("vertical", ())]
    auction = Auction(
        key,
        [f"{name}:{value}" for name, value in (raw.get("userIds") or {}).items() if name in PRIORITIES],
        request,
        [
            Impression(
                spot["id"],
                [Offer("banner", sizes(spot), blocked_attributes=restrictions.get("creativeAttribute", ()))],
                of_impression,
                FLOORS[drawn(key, "floor", len(FLOORS))],
                deals=offered(key),
                private_auction=True if drawn(key, "private", 9) == 0 and offered(key) else None,
                secure=True if drawn(key, "secure", 12) == 0 else None,
            )
        ],
        consent(key, said.get("country")),
        blocked_domains=restrictions.get("clickUrl", ()),
        blocked_seats=["dating"] if raw["exchange"] == "context_web" else (),
        blocked_categories=categories,
        taxonomy=TAXONOMY,
        allowed_languages=[raw["language"]] if "language" in raw else (),
        currencies=["CAD", "USD"] if said.get("country") == "CA" else (),
    )
    return Case(auction, said, dt.datetime.fromtimestamp(int(raw["timestamp"]), dt.UTC), tuple(verticals(raw)))


def told(raw: dict[str, Any]) -> dict[str, Said]:
    """What is said, by dimension."""
    location, agent = raw.get("location") or {}, raw.get("userAgent") or ""
    country = location.get("countryCode")
    weights = [pair[1] for pair in raw["segments"].get("adxVerticals") or () if isinstance(pair, list)]
    data = [f"adx:{one}" for one in verticals(raw)] + [f"adgear:{one}" for one in raw["segments"].get("adgear") or ()]
    hour = local(raw)
    said: dict[str, Said | None] = {
        "exchange": raw["exchange"],
        "domain": (urlsplit(raw.get("url") or "").hostname or "").removeprefix("www."),
        # A1 stands for an anonymous proxy, which is in no country.
        "country": None if country == "A1" else country,
        "region": location.get("regionCode"),
        "city": location.get("cityName"),
        "zip": location.get("postalCode"),
        "dma": location.get("dma"),
        "language": raw.get("language"),
        "os": next((one for one in SYSTEMS if one in agent), None),
        "browser": next((one for one in BROWSERS if one in agent), None),
        "format": frozenset(raw["spots"][0]["formats"]),
        "media_type": frozenset({"banner"}),
        "data": frozenset(data) or None,
        "weight": max((Decimal(weight).quantize(Decimal("0.000001")) for weight in weights), default=None),
        "hour_of_week": None if hour is None else hour.weekday() * 24 + hour.hour,
    }
    if said["city"] in PLACES:
        latitude, longitude = PLACES[str(said["city"])]
        said["place"] = (float(latitude), float(longitude))
    return {name: value for name, value in said.items() if value is not None and value != ""}


def verticals(raw: dict[str, Any]) -> list[str]:
    """With or without a weight."""
    return [str(one[0] if isinstance(one, list) else one) for one in raw["segments"].get("adxVerticals") or ()]


def local(raw: dict[str, Any]) -> dt.datetime | None:
    """The time on the person's clock. One of the exchanges counts minutes to the west, the other to the east."""
    minutes = (raw.get("location") or {}).get("timezoneOffsetMinutes")
    if minutes is None:
        return None
    east = minutes if raw["exchange"] == "dblclk_adx" else -minutes
    return dt.datetime.fromtimestamp(raw["timestamp"], dt.UTC) + dt.timedelta(minutes=east)


def context(value: Said) -> ContextValue:
    """As auctions say it."""
    if isinstance(value, tuple):
        return Place(*(Decimal(str(degrees)) for degrees in value))
    return value


def sizes(spot: dict[str, Any]) -> list[tuple[int, int]]:
    """Of the formats."""
    pairs = (one.split("x") for one in spot["formats"])
    return [(int(width), int(height)) for width, height in pairs]


def offered(key: str) -> Sequence[OfferedDeal]:
    """Every third auction has deals."""
    return DEALS[drawn(key, "deals", len(DEALS))] if drawn(key, "has deals", 3) == 0 else ()


def consent(key: str, country: Said | None) -> Consent:
    """GDPR on the other side of the ocean, opt-outs here and there."""
    if country == "GB":
        purposes = [1, 2, 3, 4][: drawn(key, "purposes", 5)]
        return Consent(gdpr=True, vendor=drawn(key, "vendor", 4) > 0, purposes=purposes)
    if country == "US" and drawn(key, "opt out", 20) == 0:
        return Consent(gdpr=False, us_opt_out=True)
    if drawn(key, "limited", 15) == 0:
        return Consent(gdpr=False, lmt=True)
    # Every tenth says that GDPR applies wherever it is, and grants some purposes.
    if drawn(key, "gdpr", 10) == 0:
        return Consent(gdpr=True, vendor=True, purposes=[1, 2, 3, 4][: drawn(key, "purposes", 5)])
    return Consent(gdpr=False, lmt=False, dnt=None)
