"""The demo's segments: what a retailer would ask of a year of purchases, each as a rule and as a sentence.

Together they use every part of the rule language. "Now" is the latest purchase, the evening of 2017-12-31 in New York.
The same questions, written by hand in SQL, stand in tests/test_demo_sizes.py.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Segment(NamedTuple):
    """A segment as `define_segment` takes it."""

    name: str
    rule: str
    description: str


SEGMENTS: Final = (
    Segment(
        "active",
        "count(purchase last 30d) >= 1",
        "bought something in the last 30 days",
    ),
    Segment(
        "lapsed",
        "distinct(purchase.order between 2017-01-01 and 2017-10-01) >= 12 and since_last(purchase) > 60d",
        "came twelve times or more, then not for 60 days",
    ),
    Segment(
        "heavy",
        "sum(purchase.value last 90d) >= 1200.00",
        "spent 1,200 or more in 90 days, the top tenth",
    ),
    Segment(
        "daily_shoppers",
        "distinct(purchase.order last 30d) >= 13",
        "at the till thirteen times or more in 30 days",
    ),
    Segment(
        "big_baskets",
        "distinct(purchase.order last 90d) <= 12 and sum(purchase.value last 90d) >= 600.00",
        "come less than weekly, and then fill the cart",
    ),
    Segment(
        "newcomers",
        "since_first(purchase) < 92d",
        "first bought in the last quarter",
    ),
    Segment(
        "wine_lovers",
        'count(purchase where item.category in {"DOMESTIC WINE", "IMPORTED WINE"} last 90d) >= 2',
        "bought wine twice or more in 90 days",
    ),
    Segment(
        "beer_never_wine",
        'count(purchase where item.category = "BEERS/ALES") >= 3 and '
        'not (count(purchase where item.category in {"DOMESTIC WINE", "IMPORTED WINE", "MISC WINE"}) >= 1)',
        "buy beer, but never a bottle of wine",
    ),
    Segment(
        "private_label",
        'count(purchase where item.brand = "Private" last 90d) >= 100',
        "a hundred articles of our own brand in 90 days",
    ),
    Segment(
        "families",
        'kids != "0"',
        "have children; who never said is not counted",
    ),
    Segment(
        "affluent_homeowners",
        'home_ownership starts_with "Home" and '
        'income in {"100-124K", "125-149K", "150-174K", "175-199K", "200-249K", "250K+"}',
        "own their home and earn 100K or more",
    ),
    Segment(
        "babies_at_home",
        'count(purchase where item.category in {"BABY FOODS", "DIAPERS & DISPOSABLES", "INFANT FORMULA"} '
        "last 60d) >= 3",
        "baby food, diapers or formula, whatever they say",
    ),
    Segment(
        "summer_grillers",
        'count(purchase where item.category = "CHARCOAL AND LIGHTER FLUID" between 2017-05-01 and 2017-09-01) >= 1 and '
        'count(purchase where item.category in {"HOT DOGS", "BEEF"} between 2017-05-01 and 2017-09-01) >= 5',
        "bought charcoal and what goes on it, May to August",
    ),
    Segment(
        "bargain_hunters",
        "avg(purchase.value last 90d) < 2.50 and sum(purchase.loyalty_discount last 90d) >= 100.00",
        "small prices, and 100 or more saved by the card",
    ),
    Segment(
        "big_ticket",
        "max(purchase.value last 365d) >= 100.00",
        "paid 100 or more for one line of one order",
    ),
    Segment(
        "coupon_stopped",
        "count(coupon_redeemed) >= 2 and since_last(coupon_redeemed) > 90d and count(purchase last 30d) >= 1",
        "no coupon for 90 days, and still shopping here",
    ),
    Segment(
        "campaign_moved",
        "sequence(campaign_received, coupon_redeemed within 14d on campaign)",
        "redeemed within two weeks of a campaign's start",
    ),
    Segment(
        "campaign_unmoved",
        'sequence(campaign_received where campaign_type = "Type A", not coupon_redeemed within 30d '
        "on campaign last 180d)",
        "a personal campaign, and no coupon of it in 30 days",
    ),
    Segment(
        "florist_after_wine",
        'sequence(purchase where item.category in {"DOMESTIC WINE", "IMPORTED WINE"}, '
        'purchase where item.department = "FLORAL" within 1d)',
        "bought wine, and flowers within a day after it",
    ),
    Segment(
        "win_back",
        'segment("lapsed") and (segment("campaign_unmoved") or has(age_group))',
        "lapsed, not lost: we wrote lately or know them",
    ),
)
