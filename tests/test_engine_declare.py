"""`declare` and `catalog`: what must be known before data arrives."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

import treffer
from treffer import Attribute, EventType, ItemAttribute, Namespace
from treffer.errors import FailedPrecondition, InvalidArgument

if TYPE_CHECKING:
    from treffer import Engine
    from treffer.declarations import Declaration


def test_catalog_gives_back_what_was_declared(engine: Engine) -> None:
    """Every property of a declaration survives the way there and back, in order."""
    namespaces = (
        Namespace("crm", unique=True, priority=9, blocked=frozenset({"0", "?"}), normal_form="lowercase_trim"),
        Namespace("cookie", limit=2),
        Namespace("family", household=True),
    )
    attributes = (Attribute("zeta", "string_set"), Attribute("alpha", "instant"), Attribute("score", "decimal"))
    items = (ItemAttribute("price", "decimal"), ItemAttribute("fragile", "bool"))
    events = (EventType("rating", {"stars": "integer", "text": "string"}, retention=dt.timedelta(days=30)),)

    engine.declare(namespaces, attributes, items, events)

    catalog = engine.catalog()
    assert namespaces == catalog.namespaces
    assert attributes == catalog.attributes
    assert items == catalog.item_attributes
    assert events == catalog.event_types


def test_declaring_again_changes_nothing(engine: Engine) -> None:
    """A program may declare what it needs each time it starts."""
    engine.declare(treffer.presets.commerce)
    before = engine.catalog()

    engine.declare(treffer.presets.commerce)

    after = engine.catalog()
    assert before.event_types == after.event_types
    assert before.namespaces == after.namespaces


def test_own_declarations_stand_beside_a_preset(engine: Engine) -> None:
    """Presets and single declarations mix in one call, and an event type gains properties."""
    engine.declare(
        treffer.presets.commerce, Attribute("shoe_size", "integer"), EventType("purchase", {"till": "string"})
    )

    catalog = engine.catalog()
    purchase = next(one for one in catalog.event_types if one.name == "purchase")
    assert {"order", "store", "till"} == set(purchase.properties)
    assert Attribute("shoe_size", "integer") == catalog.attributes[-1]


def test_nothing_to_declare_is_fine(engine: Engine) -> None:
    """An empty declaration does nothing."""
    assert () == (engine.declare(), engine.catalog().namespaces)[1]


@pytest.mark.parametrize(
    ("declaration", "field"),
    [
        (Attribute("", "string"), "attribute.name"),
        (Attribute("a b", "string"), "attribute.name"),
        (Attribute("and", "string"), "attribute.name"),
        (Namespace("crm:x"), "namespace.name"),
        (Namespace("crm", limit=0), "namespace.limit"),
        (Namespace("crm", unique=True, limit=2), "namespace.limit"),
        (EventType("any"), "event_type.name"),
        (EventType("visit", {"value": "decimal"}), "event_type.properties"),
        (EventType("visit", {"tags": "string_set"}), "event_type.properties"),
        (ItemAttribute("1st", "string"), "item_attribute.name"),
    ],
    ids=lambda part: part if isinstance(part, str) else part.name,
)
def test_malformed_declaration_is_refused_whole(engine: Engine, declaration: Declaration, field: str) -> None:
    """One fault refuses the whole call, names its place, and leaves nothing behind."""
    with pytest.raises(InvalidArgument) as caught:
        engine.declare(Attribute("fine", "string"), declaration)

    assert field == caught.value.field
    assert field in str(caught.value)
    assert () == engine.catalog().attributes


def test_other_kind_for_a_declared_name_is_refused(engine: Engine) -> None:
    """Schema edits only add."""
    engine.declare(Attribute("age", "integer"))

    with pytest.raises(FailedPrecondition) as caught:
        engine.declare(Attribute("age", "string"))

    assert "attribute.kind" == caught.value.field
    assert "age" in str(caught.value)
    assert (Attribute("age", "integer"),) == engine.catalog().attributes


@pytest.mark.parametrize(
    ("declaration", "field"),
    [
        (Attribute("age", "text"), "age.kind"),  # type: ignore[arg-type]
        (EventType("visit", {"page": "url"}), "visit.page.kind"),  # type: ignore[dict-item]
        (Namespace("crm", normal_form="upper"), "crm.normal_form"),  # type: ignore[arg-type]
        ("age", "declarations"),
    ],
)
def test_words_that_are_no_kind_are_refused(engine: Engine, declaration: Declaration, field: str) -> None:
    """A misspelt kind is named together with the known ones."""
    with pytest.raises(InvalidArgument) as caught:
        engine.declare([declaration])

    assert field == caught.value.field
