"""A rule that has been checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from treffer.v1.catalog_pb2 import CheckRuleResponse
    from treffer.view import View


class Rule(str):
    """The text of a right rule in canonical form: a `str` that knows what it names."""

    __slots__ = ("attributes", "event_types", "item_attributes", "segments", "view")

    event_types: tuple[str, ...]
    attributes: tuple[str, ...]
    item_attributes: tuple[str, ...]
    segments: tuple[str, ...]
    view: View
    """The view whose catalog it was checked against."""

    def __new__(cls, message: CheckRuleResponse, view: View) -> Self:
        """Read the answer of a check."""
        rule = super().__new__(cls, message.rule)
        rule.event_types = tuple(message.event_types)
        rule.attributes = tuple(message.attributes)
        rule.item_attributes = tuple(message.item_attributes)
        rule.segments = tuple(message.segments)
        rule.view = view
        return rule
