"""treffer: an audience matching engine, in process or served."""

from treffer import errors, presets
from treffer._native import Bitmap, Expression
from treffer.declarations import Attribute, EventType, ItemAttribute, Namespace
from treffer.engine import Engine
from treffer.opening import connect, open  # noqa: A004 - `treffer.open` is what it is called
from treffer.server import serve

__all__ = [
    "Attribute",
    "Bitmap",
    "Engine",
    "EventType",
    "Expression",
    "ItemAttribute",
    "Namespace",
    "connect",
    "errors",
    "open",
    "presets",
    "serve",
]
