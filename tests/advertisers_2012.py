"""What might have bid on the auctions of 2012: a page of line items, each rule written by hand."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from auctions_2012 import TAXONOMY
from targeting import (
    Leaf,
    Pricing,
    among,
    contains,
    differs,
    has,
    has_all,
    has_any,
    has_listed,
    is_,
    near,
    number,
    off,
    on,
    outside,
    present,
    residual,
    starts,
)
from treffer.book import Advertiser, Campaign, Cap, Creative, Deal, LineItem, NamedList, Rate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from targeting import Condition, Moment
    from treffer.book import Amount, DeliveryStatus, Entry

NOW: Final = dt.datetime(2012, 1, 11, 0, 0, 9, tzinfo=dt.UTC)


@dataclass(slots=True)
class Surfer:
    """A person as the engine was told of them; nothing is absent but what is empty."""

    interests: set[str] = field(default_factory=set)
    visits: int = 0
    region: str | None = None
    views: list[dt.datetime] = field(default_factory=list)
    shown: bool = False
    """Whether `capped` was shown to them today."""

    def viewed(self, seconds: int) -> int:
        """How many pages in the last `seconds`, the beginning left out."""
        return sum(NOW - dt.timedelta(seconds=seconds) < view <= NOW for view in self.views)

    def online(self) -> int | None:
        """For how many seconds there has been a page within five seconds, without a break; `None`: there is none."""
        if not self.viewed(5):
            return None
        since = max(self.views)
        for view in sorted(self.views, reverse=True):
            if view >= since - dt.timedelta(seconds=5):
                since = view
        return int((NOW - since).total_seconds())


def person(text: str, holds: Callable[[Surfer], bool]) -> Condition:
    """A condition on the person."""

    def asked(moment: Moment) -> bool:
        assert isinstance(moment.person, Surfer)
        return holds(moment.person)

    return Leaf(text, asked)


SEGMENTS: Final[dict[str, tuple[str, Callable[[Surfer], bool]]]] = {
    "art": ('interests has any {"3", "35"}', lambda own: bool(own.interests & {"3", "35"})),
    "games": ('interests has any {"8", "41", "105"}', lambda own: bool(own.interests & {"8", "41", "105"})),
    "returning": ("visits >= 2", lambda own: own.visits >= 2),
    "online": ("count(page_view last 5s) >= 1", lambda own: own.viewed(5) >= 1),
    "eager": (
        'segment("returning") and not segment("art")',
        lambda own: own.visits >= 2 and not own.interests & {"3", "35"},
    ),
}
"""Rules, and what they mean."""


def segment(name: str) -> Condition:
    """Who is in it."""
    return person(f'segment("{name}")', SEGMENTS[name][1])


LISTS: Final = {
    "music": ["worldstarhiphop.com", "grooveshark.com", "playlist.com", "newjams.net", "mediatakeout.com"],
    "games": ["cocotiers.curse.com", "curse.com", "myonlinearcade.com", "gameshog.com", "roblox.com", "gaiaonline.com"],
    "unsafe": ["tagged.com", "uberhumor.com", "thechive.com", "funnyjunk.com", "damnyouautocorrect.com"],
    "adgear": ["adgear:125", "adgear:52", "adgear:47"],
}

ADVERTISERS: Final = {
    one.name: one
    for one in (
        Advertiser("games", domain="evony.com", categories=["vertical-10137"], taxonomy=TAXONOMY, seat="games"),
        Advertiser("dating", domain="zoosk.com", categories=["sensitive-24"], taxonomy=TAXONOMY, seat="dating"),
        Advertiser("travel", domain="travel.example", seat="travel"),
        Advertiser("cars", domain="cars.example", categories=["sensitive-31-2"], taxonomy=TAXONOMY),
        # Its category is of another taxonomy, so nothing of the exchange's blocks it.
        Advertiser("bank", domain="bank.example", categories=["sensitive-31"], taxonomy=1),
    )
}
CAMPAIGNS: Final = {
    one.name: one
    for one in (
        *(Campaign(name, name) for name in ADVERTISERS),
        Campaign("europe", "bank", currency="EUR"),
        Campaign("rateless", "bank", currency="CHF"),
        Campaign("paused", "travel", status="paused"),
        Campaign("archived", "travel", status="archived"),
        Campaign("over", "travel", end=dt.datetime(2012, 1, 11, 0, 0, 9, tzinfo=dt.UTC)),
    )
}
CREATIVES: Final = {
    one.name: one
    for one in (
        Creative("any"),
        Creative("box", sizes=[(300, 250), (336, 280)], attributes=[7]),
        Creative("tower", sizes=[(160, 600), (120, 600)]),
        Creative("board", sizes=[(728, 90), (468, 60)], secure=True),
        Creative("french", sizes=[(300, 250), (728, 90)], language="fr"),
        Creative("english", sizes=[(300, 250), (160, 600)], language="en", weight=3),
        Creative("never", weight=0),
        Creative("film", "video", duration=15),
        Creative("flashing", attributes=[22, 1]),
        Creative("groupon", domains=["groupon.com"]),
    )
}
AGREED: Final = {one.id: one for one in (Deal("top"), Deal("sports", seat="games"), Deal("cars"))}
RATES: Final = {"USD": "1", "EUR": "1.28", "CAD": "0.98", "JPY": "0.013"}


@dataclass(frozen=True, slots=True)
class Own:
    """A line item; its fields mean what those of `LineItem` mean."""

    rule: Condition | None
    price: Pricing
    campaign: str = "travel"
    creatives: Sequence[str] = ("any",)
    status: DeliveryStatus = "active"
    start: dt.datetime | None = None
    end: dt.datetime | None = None
    budget: Amount | None = None
    caps: Sequence[Cap] = ()
    deals: Sequence[str] = ()
    open_market: bool | None = None
    purposes: Sequence[int] = ()

    def defined(self, name: str) -> LineItem:
        """As the book takes it."""
        groups = {
            group: {str(condition): factor for condition, factor in factors.items()}
            for group, factors in self.price.groups.items()
        }
        return LineItem(
            name,
            self.campaign,
            "" if self.rule is None else str(self.rule),
            self.price.base,
            self.price.maximum,
            groups,
            self.creatives,
            self.status,
            self.start,
            self.end,
            self.budget,
            caps=self.caps,
            deals=self.deals,
            open_market=self.open_market,
            purposes=self.purposes,
        )


US, CANADA = is_("country", "US"), is_("country", "CA")
EVENING: Final = among("hour_of_week", 42, 43, 44, 45, 46)
BOX, TOWER = has("format", "300x250"), has_any("format", "160x600", "120x600")
ENGLISH: Final = is_("language", "en")
FREQUENT: Final = Cap(1, dt.timedelta(days=1))

# Seventeen pairs of region and size: more rows than a line item may have.
LOCAL: Final = residual(
    (is_("region", "IL") & BOX)
    | (is_("region", "ON") & TOWER)
    | (is_("region", "CA") & BOX)
    | (is_("region", "OH") & has("format", "728x90"))
    | (is_("region", "NY") & BOX)
    | (is_("region", "MI") & TOWER)
    | (is_("region", "TX") & has("format", "728x90"))
    | (is_("region", "IN") & BOX)
    | (is_("region", "WI") & TOWER)
    | (is_("region", "FL") & has("format", "728x90"))
    | (is_("region", "PA") & BOX)
    | (is_("region", "MN") & TOWER)
    | (is_("region", "MO") & has("format", "728x90"))
    | (is_("region", "NC") & BOX)
    | (is_("region", "VA") & TOWER)
    | (is_("region", "GA") & has("format", "728x90"))
    | (is_("region", "CO") & BOX)
)

PAGE: Final[Mapping[str, Own]] = {
    # Everywhere, or told by one dimension.
    "everywhere": Own(None, Pricing("0.30")),
    "us": Own(US, Pricing("0.41")),
    "not_us": Own(~US, Pricing("0.52")),
    "elsewhere": Own(differs("country", "US"), Pricing("0.53")),
    "north_america": Own(among("country", "US", "CA"), Pricing("0.44"), "games"),
    "overseas": Own(outside("country", "US", "CA"), Pricing("3.15"), "bank"),
    "nowhere": Own(~present("country"), Pricing("0.96"), "bank"),
    "no_city": Own(US & ~present("city"), Pricing("0.97")),
    # Texts, lists, numbers, hours, places.
    "music": Own(on("domain", "music", LISTS["music"]), Pricing("1.18"), "dating"),
    "games": Own(on("domain", "games", LISTS["games"]) | contains("domain", "game"), Pricing("1.29"), "games"),
    "safe": Own(off("domain", "unsafe", LISTS["unsafe"]) & ENGLISH, Pricing("0.60"), "bank"),
    "not_unsafe": Own(~on("domain", "unsafe", LISTS["unsafe"]), Pricing("0.61"), "bank"),
    "reference": Own(starts("domain", "dictionary.") | contains("domain", "wiki"), Pricing("2.02")),
    "evening": Own(EVENING, Pricing("0.33")),
    "working_hours": Own(number("hour_of_week", ">=", "32") & number("hour_of_week", "<", "42"), Pricing("0.84")),
    "no_evening": Own(US & ~EVENING, Pricing("0.85"), "games"),
    "chicago": Own(is_("dma", 602) | is_("city", "Chicago"), Pricing("1.46"), "cars"),
    "small_markets": Own(number("dma", ">", "700") & differs("dma", 803), Pricing("0.87"), "cars"),
    "three_markets": Own(~among("dma", 602, 501, 803) & US, Pricing("0.39"), "games"),
    "attentive": Own(number("weight", ">=", "0.5"), Pricing("1.10"), "bank"),
    "distracted": Own(~number("weight", ">=", "0.5"), Pricing("0.31"), "bank"),
    "lakes": Own(near("place", 150_000, 41.88, -87.63) | near("place", 60_000, 43.65, -79.38), Pricing("1.62")),
    "not_new_york": Own(present("place") & ~near("place", 20_000, 40.71, -74.01), Pricing("1.63")),
    # Sets.
    "boxes": Own(BOX, Pricing("0.64"), "games", ["box", "english"]),
    "towers_without_art": Own(TOWER & ~has("data", "adx:3"), Pricing("0.75"), "bank", ["tower"]),
    "collectors": Own(has_all("data", "adx:3", "adx:35"), Pricing("2.06"), "bank"),
    "not_both": Own(present("data") & ~has_all("data", "adx:3", "adx:35"), Pricing("0.37"), "games"),
    "players": Own(has_any("data", "adx:8", "adx:41", "adx:105", "adx:211"), Pricing("1.38"), "games", ["any", "box"]),
    "ours": Own(has_listed("data", "adgear", LISTS["adgear"]), Pricing("4.05"), "bank"),
    "no_data": Own(~present("data") & outside("os", "Windows"), Pricing("0.99"), "cars"),
    # And, or, not over many.
    "either": Own((CANADA & ENGLISH) | (US & is_("language", "es")) | has("format", "468x60"), Pricing("1.21")),
    "neither": Own(~((CANADA | is_("os", "Windows")) & (BOX | EVENING)), Pricing("0.72")),
    "phones": Own(
        among("os", "iPhone", "Android", "BlackBerry") & ~(US & (TOWER | among("region", "CA", "NY", "TX"))),
        Pricing("1.83"),
    ),
    "local": Own(LOCAL & US, Pricing("1.07"), "cars"),
    "deep": Own(
        ~(~(US & (BOX | ~(ENGLISH & ~has("data", "adx:529")))) | (is_("browser", "MSIE") & ~EVENING)),
        Pricing("0.58"),
        "bank",
        ["english", "board"],
    ),
    "everything": Own(
        off("domain", "unsafe", LISTS["unsafe"])
        & EVENING
        & among("country", "US", "CA")
        & outside("os", "Linux")
        & has_any("format", "300x250", "728x90")
        & ~has("data", "adx:184")
        & ~segment("art"),
        Pricing("0.95"),
        "cars",
    ),
    "anything": Own(
        (is_("exchange", "context_web") | EVENING | CANADA) & (CANADA | ENGLISH | has("format", "728x90")),
        Pricing("0.43"),
        "cars",
    ),
    # People.
    "art": Own(segment("art"), Pricing("1.94"), "dating"),
    "newcomers": Own(US & ~segment("returning"), Pricing("0.77")),
    "art_or_music": Own(
        segment("art") | on("domain", "music", LISTS["music"]), Pricing("1.55"), "bank", ["english", "french"]
    ),
    "online_gamers": Own(segment("games") & segment("online") & ~segment("eager"), Pricing("2.16"), "games"),
    "eager": Own(segment("eager") & (EVENING | TOWER), Pricing("1.17"), "cars"),
    "fresh": Own(person('segment("online") for ..3s', lambda own: own.online() in {0, 1, 2}), Pricing("0.59")),
    "lingering": Own(
        person('segment("online") for 3s..7s', lambda own: 3 <= (own.online() or 0) < 7),
        Pricing("0.57"),
        "cars",
    ),
    "long_here": Own(
        ~TOWER & person('segment("online") for 7s..', lambda own: (own.online() or 0) >= 7), Pricing("0.56")
    ),
    "quiet": Own(
        person("count(page_view last 5s) = 0", lambda own: own.viewed(5) == 0)
        & ~person("visits > 1", lambda own: own.visits > 1),
        Pricing("0.68"),
        "bank",
    ),
    "travellers": Own(
        ~person('region in {"IL", "ON"}', lambda own: own.region in {"IL", "ON"})
        & person("has(region)", lambda own: own.region is not None)
        & among("region", "IL", "ON"),
        Pricing("5.19"),
    ),
    "capped": Own(US, Pricing("2.80"), caps=[FREQUENT]),
    "stopped": Own(CANADA, Pricing("9"), caps=[Cap(0, dt.timedelta(hours=1))]),
    "purposeful": Own(segment("returning") | BOX, Pricing("1.01"), "bank", purposes=[1, 3]),
    # Deals, prices, creatives.
    "top_deal": Own(None, Pricing("3.05"), "games", deals=["top"]),
    "all_deals": Own(ENGLISH, Pricing("1.80"), "travel", deals=["top", "sports", "cars"], open_market=True),
    "cars_deal": Own(~EVENING | US, Pricing("1.45"), "cars", deals=["cars", "top"], open_market=False),
    "closed": Own(None, Pricing("7"), open_market=False),
    "priced": Own(
        US,
        Pricing(
            "0.73",
            "1.50",
            {
                "where": {is_("region", "NY"): "1.7", among("region", "NY", "CA"): "1.3", BOX: "0.9"},
                "who": {segment("art"): "2.25", ~segment("returning"): "0.333333"},
                "when": {EVENING: "1.1"},
            },
        ),
        "bank",
    ),
    "euros": Own(
        CANADA | is_("country", "GB"), Pricing("1.234567", None, {"size": {TOWER: "1.01"}}), "europe", ["any", "tower"]
    ),
    "no_rate": Own(US & is_("exchange", "context_web"), Pricing("8"), "rateless"),
    "loud": Own(None, Pricing("1.30"), "bank", ["flashing", "never", "groupon"]),
    "wrong_media": Own(None, Pricing("6"), "bank", ["film", "never"]),
    # Not running.
    "paused": Own(US, Pricing("4"), status="paused"),
    "paused_campaign": Own(None, Pricing("4"), "paused"),
    "archived": Own(None, Pricing("4"), status="archived"),
    "archived_campaign": Own(None, Pricing("4"), "archived"),
    "over": Own(None, Pricing("4"), "over"),
    "not_yet": Own(CANADA, Pricing("4"), start=NOW + dt.timedelta(seconds=1)),
    "just_begun": Own(CANADA, Pricing("0.46"), start=NOW),
}


def entries() -> list[Entry]:
    """Everything for the book, in an order in which later ones may name earlier ones."""
    return [
        *(NamedList(name, members) for name, members in LISTS.items()),
        *(Rate(currency, worth) for currency, worth in RATES.items()),
        *ADVERTISERS.values(),
        *CAMPAIGNS.values(),
        *CREATIVES.values(),
        *AGREED.values(),
        *(own.defined(name) for name, own in PAGE.items()),
    ]
