"""Declarations that most engines begin with: `engine.declare(treffer.presets.commerce)`, and your own beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treffer.declarations import Attribute, Declaration, Dimension, EventType, ItemAttribute, Namespace

if TYPE_CHECKING:
    from typing import Final

NOBODY: Final = frozenset(
    {"", "0", "-", "null", "NULL", "none", "None", "undefined", "unknown", "anonymous", "n/a", "NaN"}
    | {"00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"}
)
"""Values that systems write when they do not know who it is."""

commerce: Final[tuple[Declaration, ...]] = (
    Namespace("crm", unique=True, limit=1, priority=100, blocked=NOBODY),
    Namespace("email_sha256", limit=10, priority=80, blocked=NOBODY, normal_form="lowercase_trim"),
    Namespace("phone_sha256", limit=10, priority=70, blocked=NOBODY, normal_form="lowercase_trim"),
    Namespace("device", limit=50, priority=30, blocked=NOBODY),
    Namespace("cookie", limit=200, priority=10, blocked=NOBODY),
    Attribute("country", "string"),
    Attribute("region", "string"),
    Attribute("city", "string"),
    Attribute("postal_code", "string"),
    Attribute("language", "string"),
    Attribute("gender", "string"),
    Attribute("age", "integer"),
    Attribute("age_group", "string"),
    Attribute("income", "string"),
    Attribute("interests", "string_set"),
    Attribute("loyalty_tier", "string"),
    Attribute("loyalty_points", "integer"),
    Attribute("newsletter", "bool"),
    Attribute("signed_up", "instant"),
    ItemAttribute("name", "string"),
    ItemAttribute("category", "string"),
    ItemAttribute("department", "string"),
    ItemAttribute("brand", "string"),
    ItemAttribute("price", "decimal"),
    ItemAttribute("tags", "string_set"),
    EventType("page_view", {"url": "string", "referrer": "string"}),
    EventType("search", {"query": "string", "results": "integer"}),
    EventType("product_view", {"url": "string"}),
    EventType("add_to_cart"),
    EventType("remove_from_cart"),
    EventType("checkout", {"order": "string"}),
    EventType("purchase", {"order": "string", "store": "string"}),
    EventType("refund", {"order": "string", "store": "string"}),
    EventType("wishlist_add"),
    EventType("review", {"rating": "integer"}),
    EventType("sign_up"),
    EventType("login"),
    EventType("store_visit", {"store": "string"}),
    EventType("subscribe", {"topic": "string"}),
    EventType("unsubscribe", {"topic": "string"}),
    EventType("complaint", {"topic": "string"}),
    EventType("campaign_received", {"campaign": "string"}),
    EventType("coupon_redeemed", {"campaign": "string", "coupon": "string", "order": "string"}),
    EventType("impression", {"campaign": "string", "creative": "string", "line_item": "string"}),
    EventType("send", {"campaign": "string", "creative": "string", "line_item": "string"}),
    EventType("open", {"campaign": "string", "creative": "string", "line_item": "string"}),
    EventType("click", {"campaign": "string", "creative": "string", "line_item": "string", "url": "string"}),
)
"""The usual of shops and of the messages they send."""

openrtb: Final[tuple[Declaration, ...]] = (
    *(Dimension(name, "choice", "inventory") for name in ("exchange", "channel")),
    *(Dimension(name, "vocabulary", "inventory") for name in ("domain", "app", "publisher")),
    Dimension("page_language", "choice", "inventory"),
    *(Dimension(name, "set", "inventory") for name in ("categories", "keywords", "sellers")),
    Dimension("supply_chain", "choice", "inventory"),
    Dimension("supply_chain_hops", "number", "inventory"),
    Dimension("hour_of_week", "hour_of_week", "daypart"),
    *(Dimension(name, "choice", "geo") for name in ("country", "region")),
    *(Dimension(name, "vocabulary", "geo") for name in ("city", "zip")),
    Dimension("place", "place", "geo"),
    *(Dimension(name, "choice", "device") for name in ("device_type", "os")),
    Dimension("os_version", "vocabulary", "device"),
    Dimension("browser", "choice", "device"),
    *(Dimension(name, "vocabulary", "device") for name in ("make", "model")),
    Dimension("connection_type", "choice", "device"),
    Dimension("carrier", "vocabulary", "device"),
    Dimension("language", "choice", "device"),
    *(Dimension(name, "set", "format") for name in ("format", "media_type")),
    *(Dimension(name, "choice", "format") for name in ("position", "rewarded", "instl", "skippable")),
    *(
        Dimension(name, "choice", "format")
        for name in ("placement", "feed", "start_delay", "pod_sequence", "slot_in_pod")
    ),
    *(
        Dimension(name, "choice", "format")
        for name in ("ad_insertion", "all_impressions", "native_context", "native_placement")
    ),
    *(Dimension(name, "number", "format") for name in ("min_duration", "max_duration")),
    Dimension("deals", "set", "deal"),
    Dimension("data", "set", "audience"),
)
"""What OpenRTB requests usually say of the moment: `ctx.country`, `ctx.format` and so on."""

BY_NAME: Final = {"commerce": commerce, "openrtb": openrtb}
