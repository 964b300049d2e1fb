"""`count`, `overlap`, `breakdown`: how many, and how they divide."""

from __future__ import annotations

import copy
import datetime as dt
import json
import pickle
from typing import TYPE_CHECKING

import numpy as np
import pytest

import shop
import treffer
from treffer.errors import InvalidArgument, NotFound, ResourceExhausted

if TYPE_CHECKING:
    from treffer import Engine
    from treffer.codec import Unit

EVERYBODY = "count(any) >= 0"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (EVERYBODY, 6),
        ('country = "DE"', 2),
        ('country != "DE"', 3),
        ('not (country = "DE")', 4),
        ('country in {"DE", "AT"} and age >= 25', 2),
        ('interests has "wine"', 2),
        ("has(interests)", 4),
        ("newsletter = true", 2),
        (shop.WINE_LOVERS, 2),
        ("count(purchase) = 0", 2),
        ("sum(purchase.value last 365d) > 34.00", 1),
        ("since_last(purchase) < 3d", 1),
        ("sequence(add_to_cart, not purchase for 1h on item last 7d)", 1),
        ("count(purchase last 90d) >= 1 and not (count(purchase last 30d) >= 1)", 0),
    ],
)
def test_rules_count_what_a_hand_counts(filled: Engine, rule: str, expected: int) -> None:
    """The shop is small enough to be sure."""
    assert expected == filled.count(rule)


def test_count_is_a_number_that_knows_its_view(filled: Engine) -> None:
    """It counts, compares, formats, copies and dumps as an int."""
    count = filled.count('country = "DE"')

    assert isinstance(count, int)
    assert (2, 3, "2", "2") == (count, count + 1, f"{count}", json.dumps(count))
    assert shop.NOW == count.view.time
    assert count.view.version > 0
    assert count.view == copy.deepcopy(count).view == pickle.loads(pickle.dumps(count)).view  # noqa: S301 - own bytes


def test_bare_name_means_the_segment(filled: Engine) -> None:
    """`wine_lovers` and `segment("wine_lovers")` are the same question."""
    filled.define_segment("wine_lovers", shop.WINE_LOVERS)

    assert 2 == filled.count("wine_lovers") == filled.count('segment("wine_lovers")')


@pytest.mark.parametrize(
    "at",
    [
        shop.ago(days=5),
        shop.ago(days=5).astimezone(dt.timezone(dt.timedelta(hours=5))),
        shop.ago(days=5).replace(tzinfo=None),
        shop.ago(days=5).isoformat(),
        shop.ago(days=5).date(),
        str(shop.ago(days=5).date()),
    ],
    ids=["utc", "other zone", "naive", "text", "date", "date text"],
)
def test_another_instant_is_asked_with_at(filled: Engine, at: dt.datetime) -> None:
    """Five days ago Anna had bought one bottle in 90 days, and Cleo three."""
    count = filled.count(shop.WINE_LOVERS, at=at)

    assert 1 == count
    assert count.view.time is not None
    assert shop.ago(days=5).date() == count.view.time.date()


def test_window_ends_at_its_instant(filled: Engine) -> None:
    """Cleo's second bottle leaves the window 90 days after it was bought, to the millisecond."""
    leaves = shop.ago(days=89) + dt.timedelta(days=90)

    assert 2 == filled.count(shop.WINE_LOVERS, at=leaves - dt.timedelta(milliseconds=1))
    assert 1 == filled.count(shop.WINE_LOVERS, at=leaves)


def test_manual_clock_moves_the_view(filled: Engine, local: Engine) -> None:
    """When the clock passes the end of a window, the answer changes without a new event."""
    local.advance(shop.NOW + dt.timedelta(days=1))

    count = filled.count(shop.WINE_LOVERS)

    assert 1 == count
    assert shop.NOW + dt.timedelta(days=1) == count.view.time


@pytest.mark.parametrize("at", ["soon", "2024-13-01", dt.datetime(1850, 1, 1, tzinfo=dt.UTC), "9999-01-01"])
def test_instant_out_of_this_world_is_refused(filled: Engine, at: str) -> None:
    """Instants lie within 1900 and 2200, and text is ISO 8601."""
    with pytest.raises(InvalidArgument) as caught:
        filled.count(EVERYBODY, at=at)

    assert "at" == caught.value.field


def test_overlap_is_symmetric_with_sizes_on_the_diagonal(filled: Engine) -> None:
    """Rules and segments mix, and the answer is labelled as asked."""
    filled.define_segment("wine_lovers", shop.WINE_LOVERS)
    rules = ["wine_lovers", 'country = "DE"', "newsletter = true"]

    overlap = filled.overlap(rules)

    assert [[2, 1, 2], [1, 2, 1], [2, 1, 2]] == overlap.counts.tolist()
    assert 1 == overlap["wine_lovers", 'country = "DE"']
    assert tuple(rules) == overlap.labels
    assert np.array_equal(np.asarray(overlap), overlap.counts)
    assert [2, 1, 2] == overlap.to_arrow()["wine_lovers"].to_pylist()
    assert "wine_lovers" in repr(overlap)
    assert [int(filled.count(rule)) for rule in rules] == overlap.counts.diagonal().tolist()
    with pytest.raises(KeyError):
        overlap["wine_lovers", "nobody"]


def test_overlap_of_nothing_is_empty(filled: Engine) -> None:
    """No rules give a matrix without cells."""
    assert (0, 0) == filled.overlap([]).counts.shape


def test_fault_in_one_of_several_rules_names_it(filled: Engine) -> None:
    """The path says which rule, the position where in it."""
    with pytest.raises(InvalidArgument) as caught:
        filled.overlap(["age > 1", 'contry = "DE"'])

    assert "audiences[1].rule" == caught.value.field
    assert (0, 6) == caught.value.position
    assert 'contry = "DE"' == caught.value.rule


def test_too_many_rules_are_refused(filled: Engine) -> None:
    """A matrix has a limit."""
    with pytest.raises(ResourceExhausted) as caught:
        filled.overlap(["age > 1"] * 1_025)

    assert "audiences" == caught.value.field


def test_breakdown_by_an_attribute(filled: Engine) -> None:
    """Largest first, and those without the attribute apart."""
    breakdown = filled.breakdown(EVERYBODY, by="country")

    assert [("AT", 2), ("DE", 2), ("FR", 1)] == list(breakdown.items())
    assert (1, 6, 0) == (breakdown.absent, breakdown.total, breakdown.left_out)
    assert {"label": ["AT", "DE", "FR"], "count": [2, 2, 1]} == breakdown.to_arrow().to_pydict()
    assert "AT" in repr(breakdown)
    with pytest.raises(KeyError):
        breakdown["GB"]


@pytest.mark.parametrize(
    ("attribute", "expected", "absent"),
    [
        ("interests", {"wine": 2, "art": 1, "beer": 1}, 2),
        ("age", {"17": 1, "34": 1, "41": 1, "52": 1}, 2),
        ("newsletter", {"true": 2, "false": 1}, 3),
        ("signed_up", {}, 6),
    ],
)
def test_breakdown_knows_every_kind(filled: Engine, attribute: str, expected: dict[str, int], absent: int) -> None:
    """A profile counts once for each member of a set; an empty set is present and has none."""
    breakdown = filled.breakdown(EVERYBODY, by=attribute)

    assert expected == dict(breakdown)
    assert absent == breakdown.absent


def test_breakdown_by_segments_keeps_their_order(filled: Engine) -> None:
    """Empty ones are listed too."""
    filled.define_segment("wine_lovers", shop.WINE_LOVERS)
    filled.define_segment("old", "age > 100")

    breakdown = filled.breakdown('country = "DE"', by=["old", "wine_lovers"])

    assert [("old", 0), ("wine_lovers", 1)] == list(breakdown.items())
    assert 2 == breakdown.total


def test_breakdown_tells_what_a_limit_left_out(filled: Engine) -> None:
    """Nothing is cut in silence."""
    breakdown = filled.breakdown(EVERYBODY, by="age", limit=1)

    assert (1, 3) == (len(breakdown), breakdown.left_out)


def test_breakdown_by_something_unknown_is_not_found(filled: Engine) -> None:
    """An attribute and a segment are looked up by name."""
    for by in ("colour", ["nobody"]):
        with pytest.raises(NotFound, match=r"colour|nobody"):
            filled.breakdown(EVERYBODY, by=by)


@pytest.mark.parametrize("unit", ["profile", "household"])
def test_breakdown_by_segments_tells_who_is_in_none(engine: Engine, unit: Unit) -> None:
    """The rest, in the unit that is counted."""
    engine.declare(
        treffer.Namespace("crm"), treffer.Namespace("home", household=True), treffer.Attribute("n", "integer")
    )
    engine.load_profiles([{"crm": str(n), "home": f"h{n // 2}", "n": n} for n in range(6)])
    engine.define_segments({"small": "n < 2", "odd": "n in {1, 3, 5}"})

    parts = engine.breakdown("n >= 0", by=["small", "odd"], unit=unit)
    nothing = engine.breakdown("n >= 0", by=[], unit=unit)
    all_in = engine.breakdown("n < 2", by=["small"], unit=unit)

    whole = 6 if unit == "profile" else 3
    assert ({"small": 2 if whole == 6 else 1, "odd": 3}, 2, whole) == (dict(parts), parts.absent, parts.total)
    assert ({}, whole) == (dict(nothing), nothing.absent)
    assert 0 == all_in.absent
