"""What an engine has been told: declarations and segments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    import datetime as dt

    from treffer.declarations import Attribute, Dimension, EventType, ItemAttribute, Namespace
    from treffer.view import View


SegmentState: TypeAlias = Literal["active", "paused"]
"""Whether a segment is kept live; a paused one cannot be read."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A named, versioned rule."""

    name: str
    rule: str
    """In canonical form."""
    description: str
    version: int
    """1 when created, rising with each edit."""
    state: SegmentState
    members: int
    """How many it has in the view that answered; 0 when paused."""


@dataclass(frozen=True, slots=True)
class SegmentVersion:
    """What a segment was from one edit to the next."""

    number: int
    """1 when created, rising with each edit of the rule."""
    rule: str
    """In canonical form."""
    description: str
    """As it was last in this version."""
    time: dt.datetime | None
    """When it was defined, in engine time; `None` while that had not begun."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """Everything that is declared, each kind in order of declaration."""

    namespaces: tuple[Namespace, ...]
    attributes: tuple[Attribute, ...]
    item_attributes: tuple[ItemAttribute, ...]
    event_types: tuple[EventType, ...]
    dimensions: tuple[Dimension, ...]
    view: View
