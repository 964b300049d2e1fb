"""`explain`: why somebody is in an audience, or why not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import shop
from treffer.errors import InvalidArgument, NotFound

if TYPE_CHECKING:
    from treffer import Engine

RULE = f'{shop.WINE_LOVERS} and country = "DE"'


def test_explanation_holds_exactly_for_members(filled: Engine) -> None:
    """What explain says one by one is what members says at once."""
    rules = (RULE, "has(interests)", "not (newsletter = true)", "since_last(purchase) > 30d")
    for rule in rules:
        members = set(filled.members(rule).ids("crm").to_pylist())

        for crm in ("anna", "ben", "cleo", "dan", "eva", "fritz"):
            assert (crm in members) == bool(filled.explain(f"crm:{crm}", rule)), (crm, rule)


def test_tree_follows_the_rule(filled: Engine) -> None:
    """Each part with its text, its value and whether it holds."""
    tree = filled.explain("crm:cleo", RULE)

    assert not tree.holds
    assert RULE == tree.text
    assert [(shop.WINE_LOVERS, True, "2"), ('country = "DE"', False, '"AT"')] == [
        (part.text, part.holds, part.value) for part in tree.parts
    ]
    assert shop.NOW == tree.view.time


def test_profile_is_found_by_any_namespace(filled: Engine) -> None:
    """A cookie is as good as a customer number."""
    filled.load_profiles([{"cookie": "c1", "country": "DE"}])

    assert filled.explain("cookie:c1", 'country = "DE"').holds


def test_segment_is_opened(filled: Engine) -> None:
    """A segment in a rule shows what it is made of."""
    filled.define_segment("wine_lovers", shop.WINE_LOVERS)

    tree = filled.explain("crm:anna", 'segment("wine_lovers") and age > 18')

    assert [shop.WINE_LOVERS] == [part.text for part in tree.parts[0].parts]
    assert filled.explain("crm:anna", "wine_lovers").holds


def test_since_and_until_are_told(filled: Engine) -> None:
    """Anna bought her second bottle two days ago, and the first leaves the window in fifty."""
    tree = filled.explain("crm:anna", shop.WINE_LOVERS)

    assert shop.ago(days=2) == tree.since
    assert shop.ago(days=-50) == tree.until


def test_explanation_reads_as_a_tree_and_dumps_as_json(filled: Engine) -> None:
    """One line per part for people, plain types for programs."""
    tree = filled.explain("crm:anna", RULE)

    shown = str(tree).splitlines()
    assert 3 == len(shown)
    assert shown[0].startswith("✓ ")
    assert shown[1].startswith("├─ ✓ count(purchase")
    assert shown[2].startswith('└─ ✓ country = "DE"')
    assert json.loads(json.dumps(tree.to_dict()))["parts"][0]["holds"] is True


@pytest.mark.parametrize("profile", ["crm:nobody", "cookie:anna"])
def test_unknown_profile_is_not_found(filled: Engine, profile: str) -> None:
    """Never "false": nobody is not somebody outside."""
    with pytest.raises(NotFound) as caught:
        filled.explain(profile, RULE)

    assert "profile" == caught.value.metadata["noun"]


@pytest.mark.parametrize("profile", ["", "anna", ":anna", "crm:", "passport:1"])
def test_what_is_no_id_is_refused(filled: Engine, profile: str) -> None:
    """An id is `namespace:value` of a declared namespace."""
    with pytest.raises((InvalidArgument, NotFound)) as caught:
        filled.explain(profile, RULE)

    assert str(caught.value)
