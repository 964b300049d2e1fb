"""What auctions know of advertisers: what may bid, for whom, at what price, how often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from treffer.codec import When

Amount: TypeAlias = "Decimal | int | str"
"""An exact amount with at most six decimals: no floats, which are not what they look like."""

DeliveryStatus: TypeAlias = Literal["active", "paused", "archived"]
"""Whether something runs, waits, or is over: never looked at and never counted."""

Media: TypeAlias = Literal["banner", "video", "audio", "native"]
"""What an ad is made of."""


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `count` exposures of a person in (t - `window`, t]; a minimum gap is a count of 1.

    Exposures are events whose properties `line_item` or `campaign` name what was shown, ads and owned channels alike.
    """

    count: int
    """0 stops whatever has the cap."""
    window: dt.timedelta
    unit: Literal["profile", "household"] = "profile"
    types: Sequence[str] = ()
    """Types of events that count; none: `impression` and `send`."""


@dataclass(frozen=True, slots=True)
class NamedList:
    """A list that rules name: `ctx.domain in list("brand_safe")`. An edit replaces it."""

    name: str
    members: Sequence[str]


@dataclass(frozen=True, slots=True)
class Advertiser:
    """Who pays."""

    name: str
    domain: str = ""
    """What block lists name."""
    bundle: str = ""
    """The app that is advertised."""
    categories: Sequence[str] = ()
    taxonomy: int | None = None
    """`cattax` of the categories; `None`: 1."""
    seat: str = ""
    caps: Sequence[Cap] = ()
    """Over all its campaigns."""


@dataclass(frozen=True, slots=True)
class Campaign:
    """What line items share."""

    name: str
    advertiser: str
    status: DeliveryStatus = "active"
    start: When | None = None
    end: When | None = None
    budget: Amount | None = None
    """In all; `None`: any amount."""
    budget_day: Amount | None = None
    """On each day of `utc_offset`."""
    utc_offset: dt.timedelta | None = None
    """By which its days are ahead of UTC."""
    currency: str = ""
    """Of prices and budgets; empty: USD."""
    caps: Sequence[Cap] = ()
    """Over all its line items."""


@dataclass(frozen=True, slots=True)
class NativeImage:
    """A picture of a native ad."""

    url: str
    type: int = 0
    """What it shows, as OpenRTB numbers it: 1 an icon, 3 the main picture; 0: only layouts that do not say take it."""
    size: tuple[int, int] | None = None
    """Width and height; `None`: it fits every one."""
    mime: str = ""


@dataclass(frozen=True, slots=True)
class NativeTracker:
    """What is called when something happens to a native ad."""

    url: str
    event: int = 1
    """As OpenRTB numbers it: 1 the impression, 2 to 4 that it was seen."""
    method: int = 1
    """As OpenRTB numbers it: 1 as a picture, 2 as a script."""


@dataclass(frozen=True, slots=True)
class NativeAd:
    """What a native ad is made of, put together for each layout; URLs and VAST have the macro `${TREFFER_KEY}`.

    Each asset, first those that are required, then the others, takes the first title, picture or text that fits and
    that no other has. The ad fits where no required asset goes without, and one has something. At most 64 entries of
    each list, 4 KiB for a title or a text, and 256 KiB in all.
    """

    url: str
    """That a click leads to."""
    titles: Sequence[str] = ()
    """The most welcome first: the first that is short enough is shown."""
    images: Sequence[NativeImage] = ()
    """The most welcome first."""
    data: Sequence[tuple[int, str]] = ()
    """Other texts, each with its type as OpenRTB numbers it: 1 the sponsor, 2 a description, 12 what to do ..."""
    vast: str = ""
    """Of a video; its duration, mimes and protocols are those of the creative."""
    trackers: Sequence[NativeTracker] = ()
    """Of which a layout gets those that it can call: an impression of which none can is not told."""
    click_trackers: Sequence[str] = ()
    fallback_url: str = ""
    """For devices that cannot open the other one."""
    privacy_url: str = ""
    """Of a page that says how people are targeted."""


@dataclass(frozen=True, slots=True)
class Creative:
    """What is shown. What it does not say fits everything, but for two things.

    Without a duration it fits no offer that bounds one, and without categories it has those of its advertiser.
    """

    name: str
    media: Media = "banner"
    sizes: Sequence[tuple[int, int]] = ()
    """Width and height."""
    duration: int | None = None
    """Seconds."""
    mimes: Sequence[str] = ()
    protocols: Sequence[int] = ()
    """As OpenRTB numbers them, like `apis` and `attributes`."""
    apis: Sequence[int] = ()
    """Frameworks that it needs."""
    attributes: Sequence[int] = ()
    """What publishers may block."""
    banner_type: int | None = None
    """What publishers may block too, as OpenRTB numbers it: 1 text, 2 a picture, 3 a script, 4 a frame."""
    language: str = ""
    categories: Sequence[str] = ()
    taxonomy: int | None = None
    domains: Sequence[str] = ()
    bundle: str = ""
    secure: bool = False
    weight: int = 1
    """How often it is chosen among others that fit; 0: never."""
    markup: str = ""
    """HTML, VAST or the JSON of a native ad, at most 256 KiB: `adm` of bids.

    `${TREFFER_KEY}` becomes the key of the reservation, percent-encoded; other macros stay for the exchange.
    """
    native: NativeAd | None = None
    """What a native ad is made of that is put together for each layout, instead of markup."""
    image_url: str = ""
    """Of a picture of it, for those who look over ads: `iurl` of bids."""


@dataclass(frozen=True, slots=True)
class Deal:
    """A deal that was agreed with a seller."""

    id: str
    seat: str = ""
    """That bids on it; empty: the advertiser's."""


@dataclass(frozen=True, slots=True)
class LineItem:
    """What may bid: for whom and where, when, at what price, how often, showing what."""

    name: str
    campaign: str
    rule: str = ""
    """Over `ctx.*`, segments and attributes; empty: everywhere, for everybody."""
    price: Amount = 0
    """CPM in the campaign's currency, before modifiers."""
    maximum: Amount | None = None
    """No bid is higher; `None`: any is allowed."""
    modifiers: Mapping[str, Mapping[str, Amount]] | None = None
    """By name of a group, conditions to factors: of each group the largest that holds counts, and groups multiply."""
    creatives: Sequence[str] = ()
    """By name; without any it never bids."""
    status: DeliveryStatus = "active"
    start: When | None = None
    end: When | None = None
    budget: Amount | None = None
    budget_day: Amount | None = None
    pacing: Literal["as_fast", "even"] = "as_fast"
    """`even` spends a budget of the day over the day, a total one until the flight ends; else it holds nothing back."""
    caps: Sequence[Cap] = ()
    deals: Sequence[str] = ()
    """By id, that it may bid on."""
    open_market: bool | None = None
    """Whether it bids without a deal; `None`: when it has none."""
    purposes: Sequence[int] = ()
    """Of TCF, that it needs where GDPR applies."""


@dataclass(frozen=True, slots=True)
class Rate:
    """What one unit of a currency is worth in any unit that all rates share."""

    currency: str
    worth: Amount


@dataclass(frozen=True, slots=True)
class CampaignStatus:
    """An edit of the status of a campaign alone."""

    name: str
    status: DeliveryStatus


@dataclass(frozen=True, slots=True)
class LineItemStatus:
    """An edit of the status of a line item alone."""

    name: str
    status: DeliveryStatus


Entry: TypeAlias = (
    NamedList | Advertiser | Campaign | Creative | Deal | LineItem | Rate | CampaignStatus | LineItemStatus
)
"""One thing to define or edit; the name decides which."""
