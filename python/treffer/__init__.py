"""treffer: an audience matching engine, in process or served."""

from treffer import auction, book, errors, presets
from treffer._native import Bitmap, Expression
from treffer.declarations import Attribute, Dimension, EventType, ItemAttribute, Namespace
from treffer.engine import Engine
from treffer.opening import connect, open  # noqa: A004 - `treffer.open` is what it is called
from treffer.server import serve

__all__ = [
    "Attribute",
    "Bitmap",
    "Dimension",
    "Engine",
    "EventType",
    "Expression",
    "ItemAttribute",
    "Namespace",
    "auction",
    "book",
    "connect",
    "errors",
    "open",
    "presets",
    "serve",
]
