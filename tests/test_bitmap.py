"""Bitmaps and expressions answer as sets do, and speak the portable roaring format."""

from __future__ import annotations

import numpy as np
import pyroaring
import pytest

import treffer

RNG = np.random.default_rng(5)
SETS = [np.unique(RNG.integers(0, 300_000, size, dtype=np.uint32)) for size in (10, 5_000, 120_000, 250_000)]


def bitmaps() -> list[treffer.Bitmap]:
    """One of each density."""
    return [treffer.Bitmap(ids) for ids in SETS]


def test_an_expression_counts_what_sets_hold() -> None:
    """No matter how operands nest."""
    a, b, c, d = bitmaps()
    sa, sb, sc, sd = (set(ids.tolist()) for ids in SETS)

    expression = ((a | b) & c) - d ^ (d & b)

    expected = ((sa | sb) & sc) - sd ^ (sd & sb)
    assert len(expected) == expression.count()
    assert sorted(expected) == expression.members().to_numpy().tolist()
    assert expression.exceeds(len(expected) - 1)
    assert not expression.exceeds(len(expected))
    assert not expression.is_empty()


def test_a_sample_is_drawn_from_the_members_alike_for_equal_seeds() -> None:
    """Without replacement, rising."""
    expression = bitmaps()[2] - bitmaps()[1]

    sample = expression.sample(100, seed=3).tolist()

    assert len(set(sample)) == 100
    assert sorted(sample) == sample
    assert set(sample) <= set(expression.members().to_numpy().tolist())
    assert sample == expression.sample(100, seed=3).tolist()


def test_ids_in_any_order_make_the_same_set() -> None:
    """Repeated ones too."""
    ids = np.array([70_000, 3, 3, 4_294_967_295, 65_536], dtype=np.uint32)

    bitmap = treffer.Bitmap(ids)

    assert sorted(set(ids.tolist())) == bitmap.to_numpy().tolist()
    assert len(bitmap) == 4
    assert 65_536 in bitmap
    assert 5 not in bitmap


def test_portable_bytes_are_those_of_roaring() -> None:
    """Both ways."""
    for ids in SETS:
        theirs = pyroaring.BitMap(ids)

        assert theirs == pyroaring.BitMap.deserialize(treffer.Bitmap(ids).to_bytes())
        assert ids.tolist() == treffer.Bitmap.from_bytes(theirs.serialize()).to_numpy().tolist()


def test_damaged_bytes_are_refused() -> None:
    """With the field's name, and never a crash."""
    good = treffer.Bitmap(SETS[1]).to_bytes()

    for damaged in (b"", good[:-1], good + b"x", b"\xff" * 40):
        with pytest.raises(ValueError, match="portable"):
            treffer.Bitmap.from_bytes(damaged)


def test_another_dtype_is_refused() -> None:
    """Nothing is cast in silence."""
    with pytest.raises(TypeError):
        treffer.Bitmap(np.array([1, 2], dtype=np.int64))


def test_overlap_counts_what_each_two_share() -> None:
    """The diagonal holds the lengths."""
    matrix = treffer.Bitmap.overlap(bitmaps())

    sets = [set(ids.tolist()) for ids in SETS]
    assert [[len(one & two) for two in sets] for one in sets] == matrix.tolist()


def test_equal_sets_are_equal_and_an_expression_is_true_where_it_has_a_member() -> None:
    """As sets of Python are."""
    one, other = treffer.Bitmap(np.array([1, 2], np.uint32)), treffer.Bitmap(np.array([2, 1], np.uint32))

    assert (one == other, one != other, one == treffer.Bitmap(), one == {1, 2}) == (True, False, False, False)
    assert (bool(one & other), bool(one - other)) == (True, False)


def test_a_number_that_is_no_id_is_in_no_set() -> None:
    """Neither below nor above all."""
    one = treffer.Bitmap(np.array([1, 2], np.uint32))

    assert [number in one for number in (1, np.uint32(2), 3, -1, 2**32)] == [True, True, False, False, False]
