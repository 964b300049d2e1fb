"""`members`: the same people as numbers, ids, Arrow and bitmaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest
from pyroaring import BitMap

import shop
from treffer.errors import Aborted, InvalidArgument, NotFound

if TYPE_CHECKING:
    from treffer import Engine

EVERYBODY = "count(any) >= 0"


def test_ids_name_the_members(filled: Engine) -> None:
    """Outside, people are known by their ids; who has none in a namespace is null."""
    filled.load_profiles([{"cookie": "c1", "country": "AT"}])

    members = filled.members('country = "AT"')

    assert {"cleo", "eva", None} == set(members.ids("crm").to_pylist())
    assert {("cleo", None), ("eva", None), (None, "c1")} == {
        (row["crm"], row["cookie"]) for row in members.to_arrow("crm", "cookie").to_pylist()
    }


def test_all_forms_hold_the_same(filled: Engine) -> None:
    """Numbers rise and are unsigned 32 bits; the bitmap is the caller's own."""
    members = filled.members('country != "DE"')

    numbers = members.to_numpy()
    bitmap = members.to_bitmap()
    assert (np.dtype(np.uint32), 3) == (numbers.dtype, len(members))
    assert sorted(numbers.tolist()) == numbers.tolist() == list(bitmap)
    assert (
        numbers.tolist() == members.to_arrow()["profile"].to_pylist() == members.to_arrow("crm")["profile"].to_pylist()
    )
    assert pa.uint32() == members.to_arrow()["profile"].type
    assert isinstance(bitmap, BitMap)
    bitmap.clear()
    assert 3 == len(members) == filled.count('country != "DE"')
    assert all(number in members for number in [int(numbers[0]), *numbers])
    assert not any(other in members for other in ("crm:anna", -1, 2**32, 2**70, 0.0))


def test_nobody_is_an_empty_answer(filled: Engine) -> None:
    """An audience without members has every form too."""
    members = filled.members("age > 100")

    assert (0, 0, 0) == (len(members), len(members.to_numpy()), len(members.ids("crm")))
    assert 0 == len(members.sample(3))


def test_sample_is_drawn_from_the_members(filled: Engine) -> None:
    """The same seed draws the same, and a large sample is everybody."""
    members = filled.members(EVERYBODY)

    first, again = (members.sample(2, seed=5).to_numpy().tolist() for _ in range(2))

    assert first == again
    assert 2 == len(first)
    assert set(first) <= set(members.to_numpy().tolist())
    assert members.to_bitmap() == members.sample(100).to_bitmap()
    assert 6 == members.sample(2).total
    assert {len(members.sample(1, seed=seed).ids("crm")) for seed in range(4)} == {1}


def test_ids_of_members_that_have_changed_are_refused(filled: Engine) -> None:
    """Ids of another crowd than the one that was counted are never given in silence."""
    members = filled.members(shop.WINE_LOVERS)
    filled.track([shop.bought(f"n{n}", "dan", "merlot", "9.90", shop.ago(hours=n)) for n in range(1, 3)])

    with pytest.raises(Aborted):
        members.ids("crm")
    assert 3 == len(filled.members(shop.WINE_LOVERS).ids("crm"))


def test_unknown_namespace_is_not_found(filled: Engine) -> None:
    """The name is said."""
    with pytest.raises(NotFound, match="passport"):
        filled.members(EVERYBODY).ids("passport")


def test_faulty_rule_is_refused_at_once(filled: Engine) -> None:
    """Not only when somebody looks at the members."""
    with pytest.raises(InvalidArgument) as caught:
        filled.members("age >")

    assert "audience.rule" == caught.value.field


def test_members_at_an_instant_stay_there(filled: Engine) -> None:
    """Ids and samples are of the same instant as the members."""
    members = filled.members(shop.WINE_LOVERS, at=shop.ago(days=5))

    assert ["cleo"] == members.ids("crm").to_pylist() == members.sample(1).ids("crm").to_pylist()
    assert shop.ago(days=5) == members.view.time
