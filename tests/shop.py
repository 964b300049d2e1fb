"""A shop small enough to count by hand: six people, four items, ten events."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import treffer

if TYPE_CHECKING:
    from treffer import Engine
    from treffer.tables import Row

NOW: Final = dt.datetime(2024, 6, 30, 12, tzinfo=dt.UTC)


def ago(**span: float) -> dt.datetime:
    """The instant that lies a span of days, hours ... before `NOW`."""
    return NOW - dt.timedelta(**span)


ITEMS: Final[list[Row]] = [
    {"item": "riesling", "category": "wine", "price": Decimal("12.50")},
    {"item": "merlot", "category": "wine", "price": Decimal("9.90")},
    {"item": "pils", "category": "beer", "price": Decimal("1.20")},
    {"item": "bread", "category": "bakery", "price": Decimal("3.40")},
]

PEOPLE: Final[list[Row]] = [
    {"crm": "anna", "country": "DE", "age": 34, "interests": {"wine", "art"}, "newsletter": True},
    {"crm": "ben", "country": "DE", "age": 17, "interests": {"beer"}, "newsletter": False},
    {"crm": "cleo", "country": "AT", "age": 52, "interests": ["wine"], "newsletter": True},
    {"crm": "dan", "country": "FR", "age": 41, "interests": []},
    {"crm": "eva", "country": "AT"},
]


def bought(event_id: str, crm: str, item: str, value: str, time: dt.datetime) -> Row:
    """A purchase of one."""
    return {
        "event_id": event_id,
        "type": "purchase",
        "time": time,
        "crm": crm,
        "item": item,
        "value": Decimal(value),
        "quantity": 1,
    }


EVENTS: Final[list[Row]] = [
    bought("e1", "anna", "riesling", "12.50", ago(days=2)),
    bought("e2", "anna", "merlot", "9.90", ago(days=40)),
    bought("e3", "anna", "bread", "3.40", ago(days=1)),
    bought("e4", "ben", "pils", "1.20", ago(days=3)),
    bought("e5", "ben", "pils", "1.20", ago(days=200)),
    bought("e6", "cleo", "riesling", "12.50", ago(days=10)),
    bought("e7", "cleo", "merlot", "9.90", ago(days=89)),
    bought("e8", "cleo", "riesling", "12.50", ago(days=91)),
    {"event_id": "e9", "type": "add_to_cart", "time": ago(hours=2), "crm": "dan", "item": "merlot"},
    bought("e10", "fritz", "bread", "3.40", ago(days=300)),
]

WINE_LOVERS: Final = 'count(purchase where item.category = "wine" last 90d) >= 2'


def fill(engine: Engine) -> None:
    """Declare the commerce preset and load everything; each row must be taken."""
    engine.declare(treffer.presets.commerce)
    reports = (engine.load_items(ITEMS), engine.load_profiles(PEOPLE), engine.track(EVENTS))
    assert [0, 0, 0] == [len(report.refused) for report in reports], reports
