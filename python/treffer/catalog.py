"""What an engine has been told: declarations and segments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from treffer.declarations import Attribute, EventType, ItemAttribute, Namespace
    from treffer.view import View


@dataclass(frozen=True, slots=True)
class Segment:
    """A named, versioned rule."""

    name: str
    rule: str
    """In canonical form."""
    description: str
    version: int
    """1 when created, rising with each edit."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """Everything that is declared, each kind in order of declaration."""

    namespaces: tuple[Namespace, ...]
    attributes: tuple[Attribute, ...]
    item_attributes: tuple[ItemAttribute, ...]
    event_types: tuple[EventType, ...]
    view: View
