"""Declarations that most engines begin with: `engine.declare(treffer.presets.commerce)`, and your own beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treffer.declarations import Attribute, Declaration, EventType, ItemAttribute, Namespace

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

BY_NAME: Final = {"commerce": commerce}
