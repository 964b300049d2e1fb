"""A line item as it is written down in JSON: the names of `treffer.book.LineItem`, windows of caps in seconds."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from decimal import Decimal
from typing import TYPE_CHECKING

from treffer.book import Cap, LineItem
from treffer.errors import InvalidArgument

if TYPE_CHECKING:
    from typing import Any, Final

LONGEST: Final = 10**11
"""Seconds: longer than any window may be."""


def line_item(text: str | bytes) -> LineItem:
    """Read one line item; `InvalidArgument` names what it cannot be."""
    return LineItem(**_said(_object(text), LineItem, "line_item"))


def requests(text: bytes) -> list[bytes]:
    """Read OpenRTB requests: one in JSON, a list of them, or one on each line."""
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        return [line for line in text.splitlines() if line.strip()]
    return [json.dumps(one).encode() for one in whole] if isinstance(whole, list) else [text]


def _object(text: str | bytes) -> object:
    try:
        read = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise InvalidArgument(f"line_item: is no JSON: {error}", field="line_item") from None
    if isinstance(read, dict) and "caps" in read:
        read["caps"] = [_cap(one, f"line_item.caps[{place}]") for place, one in enumerate(_list(read["caps"]))]
    return read


def _list(read: object) -> list[Any]:
    if not isinstance(read, list):
        raise InvalidArgument("line_item.caps: is no list", field="line_item.caps")
    return read


def _cap(one: object, field: str) -> Cap:
    said = _said(one, Cap, field)
    window = said.get("window")
    if not isinstance(window, int) or isinstance(window, bool) or abs(window) > LONGEST:
        raise InvalidArgument(f"{field}.window: is no number of seconds", field=f"{field}.window")
    return Cap(**(said | {"window": dt.timedelta(seconds=window)}))


def _said(read: object, noun: type[LineItem | Cap], field: str) -> dict[str, Any]:
    if not isinstance(read, dict):
        raise InvalidArgument(f"{field}: is no JSON object", field=field)
    fields = {one.name: one for one in dataclasses.fields(noun)}
    for name in read:
        if name not in fields:
            raise InvalidArgument(f"{field}.{name}: is not known", field=f"{field}.{name}")
    if isinstance(read.get("price"), bool):
        raise InvalidArgument(f"{field}.price: is no amount", field=f"{field}.price")
    for name, one in fields.items():
        is_needed = one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING
        if is_needed and name not in read:
            raise InvalidArgument(f"{field}.{name}: is required", field=f"{field}.{name}")
    return read
