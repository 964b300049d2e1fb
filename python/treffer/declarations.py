"""What an engine must know before data arrives: namespaces, attributes, item attributes, event types, dimensions."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping
    from typing import TypeAlias

Kind: TypeAlias = Literal["string", "string_set", "integer", "decimal", "bool", "instant"]
"""What a declared value holds. Decimals are exact to six places; instants are UTC, exact to the millisecond."""

NormalForm: TypeAlias = Literal["none", "lowercase_trim"]
"""How the ids of a namespace are rewritten before they are compared."""


@dataclass(frozen=True, slots=True)
class Namespace:
    """A kind of id, such as `crm` or `cookie`; a column of that name holds its values."""

    name: str
    unique: bool = False
    """Two ids of a unique namespace never share a profile."""
    limit: int | None = None
    """At most this many ids of the namespace in one profile; `None`: no limit."""
    priority: int = 0
    """What arrives with several ids belongs to the one of the highest priority."""
    blocked: frozenset[str] = frozenset()
    """Values that name nobody, such as `unknown`."""
    normal_form: NormalForm = "none"
    household: bool = False
    """A household groups profiles and never merges them."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """A typed fact about profiles: `NAME` in rules and columns."""

    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class ItemAttribute:
    """A typed fact about what is viewed or bought: `item.NAME` in rules, `NAME` in the columns of `load_items`."""

    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class EventType:
    """A kind of event. Each has `item`, `value`, `quantity` and `channel`; `properties` are what it has beside them."""

    name: str
    properties: Mapping[str, Kind] = field(default_factory=lambda: MappingProxyType({}))
    """Name to kind, never a string set. A name has the same kind in all event types."""
    retention: dt.timedelta | None = None
    """From time + retention on an event is invisible; `None`: kept for ever."""


DimensionKind: TypeAlias = Literal["choice", "vocabulary", "set", "number", "hour_of_week", "place"]
"""What a dimension holds: one text of a few or of many, several texts, a number, 0 to 167, or a point."""

DimensionStage: TypeAlias = Literal["inventory", "daypart", "geo", "device", "format", "deal", "audience"]
"""Where line items fall that ask something else of a dimension."""


@dataclass(frozen=True, slots=True)
class Dimension:
    """What auctions say of the moment: `ctx.NAME` in the rules of line items."""

    name: str
    kind: DimensionKind
    stage: DimensionStage


Declaration: TypeAlias = Namespace | Attribute | ItemAttribute | EventType | Dimension
