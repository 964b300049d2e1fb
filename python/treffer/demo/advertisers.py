"""Who bids for the demo's households: line items over the demo's own segments and what auctions say of the moment."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from treffer.book import Advertiser, Campaign, Cap, Creative, Deal, LineItem, NamedList

if TYPE_CHECKING:
    from treffer.book import Entry

RECIPES: Final = ("recipes.example", "dinner.example", "grill.example")
PARENTS: Final = ("parents.example", "babynames.example")
# Of the IAB's first taxonomy: what is under IAB8-5 is a cocktail.
ALCOHOL: Final = "IAB8-5"
LINE_ITEMS: Final = (
    LineItem(
        "wine_weekends",
        "wine",
        # From the first hour of Friday on.
        'segment("wine_lovers") and ctx.hour_of_week >= 96',
        "4.20",
        maximum=6,
        modifiers={
            "basket": {'segment("heavy")': "1.5", 'segment("big_baskets")': "1.25"},
            "place": {'ctx.domain in list("recipes")': "1.1"},
        },
        creatives=["wine_box", "wine_board"],
    ),
    LineItem(
        "wine_recipes",
        "wine",
        'ctx.domain in list("recipes") and not segment("beer_never_wine")',
        "1.80",
        creatives=["wine_box"],
    ),
    LineItem("beer", "beer", 'segment("beer_never_wine") and has(ctx.domain)', "2.10", creatives=["beer_any"]),
    LineItem(
        "diapers",
        "babies",
        'segment("babies_at_home") or (segment("families") and ctx.domain in list("parents"))',
        "5.50",
        creatives=["baby_any"],
        caps=[Cap(1, dt.timedelta(hours=12))],
        purposes=[1, 3, 4],
    ),
    LineItem(
        "parents",
        "babies",
        'ctx.domain in list("parents")',
        "1.40",
        creatives=["baby_any"],
        caps=[Cap(3, dt.timedelta(days=1))],
    ),
    LineItem(
        "welcome", "grocer", 'segment("newcomers") and not segment("daily_shoppers")', "3.75", creatives=["grocer_any"]
    ),
    LineItem(
        "win_back",
        "grocer",
        'segment("win_back") and not segment("active")',
        "6.50",
        modifiers={"wrote": {'segment("campaign_unmoved")': "0.8"}},
        creatives=["grocer_any"],
    ),
    LineItem(
        "own_brand",
        "grocer",
        'segment("active") and not (segment("private_label") or segment("affluent_homeowners"))',
        "0.90",
        creatives=["grocer_any", "grocer_spot"],
    ),
    LineItem(
        "homepage",
        "grocer",
        'ctx.format has any {"970x250"}',
        12,
        creatives=["grocer_any"],
        deals=["homepage"],
    ),
    LineItem("flowers", "spring", 'segment("florist_after_wine")', "2.60", creatives=["flowers_any"]),
    LineItem("charcoal", "summer", 'segment("summer_grillers")', "3.10", creatives=["grocer_any"]),
    LineItem("everybody", "grocer", 'ctx.country = "US"', "0.35", creatives=["grocer_any", "grocer_spot"]),
)

BOOK: Final[tuple[Entry, ...]] = (
    NamedList("recipes", RECIPES),
    NamedList("parents", PARENTS),
    Advertiser("vineyard", domain="vineyard.example", categories=[f"{ALCOHOL}-1"], seat="vineyard"),
    Advertiser("brewery", domain="brewery.example", categories=[ALCOHOL], seat="brewery"),
    Advertiser("nursery", domain="nursery.example", seat="nursery"),
    Advertiser("grocer", domain="grocer.example", seat="grocer"),
    Advertiser("florist", domain="florist.example", seat="florist"),
    Campaign("wine", "vineyard"),
    Campaign("beer", "brewery"),
    Campaign("babies", "nursery"),
    Campaign("grocer", "grocer"),
    # The year ends on 2017-12-31.
    Campaign("spring", "florist", start="2018-02-07", end="2018-02-15"),
    Campaign("summer", "grocer", status="paused"),
    Creative("wine_box", sizes=[(300, 250)]),
    Creative("wine_board", sizes=[(970, 250), (728, 90)], weight=2),
    Creative("beer_any"),
    Creative("baby_any"),
    Creative("grocer_any"),
    Creative("grocer_spot", "video", duration=15),
    Creative("flowers_any"),
    Deal("homepage"),
    *LINE_ITEMS,
)
"""All of it, for `engine.book(*BOOK)`."""
