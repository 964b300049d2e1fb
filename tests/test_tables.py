"""What may be given as a batch: anything that speaks Arrow without a copy, and a few dicts."""

from __future__ import annotations

import datetime as dt
from collections import UserDict
from decimal import Decimal

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from treffer.codec import stream
from treffer.errors import InvalidArgument
from treffer.tables import divisible, table

EXPECTED = pa.table({"crm": pa.array(["a", "b"]), "age": pa.array([1, 2])})


class Exporter:
    """A stranger that speaks the Arrow C array interface and nothing else."""

    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]:
        """Export one batch."""
        exported: tuple[object, object] = EXPECTED.to_batches()[0].__arrow_c_array__(requested_schema)
        return exported


def test_arrow_is_taken_as_it_is() -> None:
    """A pyarrow table is not copied."""
    taken = table(EXPECTED)

    assert EXPECTED["age"].chunk(0).buffers()[1].address == taken["age"].chunk(0).buffers()[1].address


@pytest.mark.parametrize(
    "source",
    [
        EXPECTED,
        EXPECTED.to_batches()[0],
        EXPECTED.to_reader(),
        Exporter(),
        pl.DataFrame({"crm": ["a", "b"], "age": [1, 2]}),
        duckdb.sql("select * from (values ('a', 1::bigint), ('b', 2::bigint)) as t (crm, age)"),
        [{"crm": "a", "age": 1}, {"crm": "b", "age": 2}],
        ({"crm": crm, "age": age} for crm, age in (("a", 1), ("b", 2))),
        [UserDict({"crm": "a", "age": 1}), {"age": np.int64(2), "crm": np.str_("b")}],
    ],
    ids=lambda source: f"{type(source).__module__}.{type(source).__name__}",
)
def test_every_source_gives_the_same_rows(source: object) -> None:
    """Whatever a caller has in hand, the engine sees the same table."""
    assert EXPECTED.to_pylist() == table(source).to_pylist()  # type: ignore[arg-type]


def test_pandas_gives_its_columns_and_not_its_index() -> None:
    """An index is how pandas labels rows, not a column that somebody declared."""
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"crm": ["a", "b"], "age": [1, 2]}, index=["first", "second"])

    assert EXPECTED.to_pylist() == table(frame).to_pylist()


@pytest.mark.parametrize(
    ("cells", "kind", "expected"),
    [
        ([True, None], pa.bool_(), [True, None]),
        ([1, None], pa.int64(), [1, None]),
        ([1, 2.5], pa.float64(), [1.0, 2.5]),
        ([1, Decimal("2.50")], pa.decimal128(3, 2), [Decimal("1.00"), Decimal("2.50")]),
        (["a", ""], pa.string(), ["a", ""]),
        ([{"b", "a"}, ("c",), [], frozenset("d")], pa.list_(pa.string()), [["a", "b"], ["c"], [], ["d"]]),
        (
            [dt.datetime(2024, 1, 1), dt.date(2024, 1, 2)],  # noqa: DTZ001 - without a zone is UTC: that is the point
            pa.timestamp("us", "UTC"),
            [dt.datetime(2024, 1, 1, tzinfo=dt.UTC), dt.datetime(2024, 1, 2, tzinfo=dt.UTC)],
        ),
        (
            [dt.datetime(2024, 1, 1, 2, tzinfo=dt.timezone(dt.timedelta(hours=2)))],
            pa.timestamp("us", "UTC"),
            [dt.datetime(2024, 1, 1, tzinfo=dt.UTC)],
        ),
    ],
    ids=["bool", "integer", "float", "decimal", "string", "set", "naive", "zone"],
)
def test_python_values_find_their_arrow_type(cells: list[object], kind: pa.DataType, expected: list[object]) -> None:
    """Each Python type has one place, and loses nothing on the way there."""
    column = table([{"x": cell} for cell in cells])["x"]

    assert kind == column.type
    assert expected == column.to_pylist()


def test_missing_keys_are_null() -> None:
    """Rows need not have the same keys."""
    assert [{"a": 1, "b": None}, {"a": None, "b": "x"}] == table([{"a": 1}, {"b": "x"}]).to_pylist()


def test_no_rows_are_an_empty_table() -> None:
    """Nothing to do is no fault."""
    assert (0, 0) == (table([]).num_rows, table([]).num_columns)


@pytest.mark.parametrize(
    ("rows", "field"),
    [
        ([{"age": 1}, {"age": "two"}], "rows[1].age"),
        ([{"age": 1}, {"age": True}], "rows[1].age"),
        ([{"age": object()}], "rows[0].age"),
        ([{"age": 2**63}], "rows[0].age"),
        ([{"age": b"raw"}], "rows[0].age"),
        ([{"tags": ["a", 1]}], "rows[0].tags"),
        ([{"price": 2**60}, {"price": 0.5}], "rows[0].price"),
        ([{"price": Decimal("NaN")}], "rows[0].price"),
        ([{"a": 1}, 7], "rows[1]"),
        ([{1: "a"}], "rows[0]"),
        ("rows", "rows"),
        (7, "rows"),
        ({"a": [1]}, "rows"),
    ],
)
def test_what_has_no_place_is_refused_by_row_and_field(rows: object, field: str) -> None:
    """A fault in a dict names the row and the key."""
    with pytest.raises(InvalidArgument) as caught:
        table(rows)  # type: ignore[arg-type]

    assert field == caught.value.field
    assert field in str(caught.value)


@pytest.mark.parametrize("form", [pa.string_view(), pa.dictionary(pa.int32(), pa.string())], ids=str)
def test_slices_of_a_divisible_table_hold_their_own_rows(form: pa.DataType) -> None:
    """A part of a table that shares its texts is sent without the texts of the other parts."""
    texts = pa.array([f"{row:0100}" for row in range(1_000)])
    shared = pa.table({"url": texts.cast(form)})

    owned = divisible(shared)

    assert shared.to_pylist() == owned.to_pylist()
    assert len(stream(owned.slice(0, 1))) < len(stream(owned)) / 100
    assert owned is divisible(owned)


def test_pandas_gives_an_index_with_a_name() -> None:
    """`set_index` names a column of the caller's."""
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"crm": ["a", "b"], "age": [1, 2], "left": [0, 0]}).set_index("crm")

    assert {"age": [1, 2], "crm": ["a", "b"]} == table(frame, ignore=["left"]).to_pydict()
    assert {"age": [1, 2]} == table(frame, ignore=["left", "crm"]).to_pydict()


def test_what_gives_no_table_is_refused_in_one_way() -> None:
    """Whatever the library in between says."""
    pandas = pytest.importorskip("pandas")
    for wrong in (
        pandas.DataFrame({"crm": [1, "b"]}),
        pandas.DataFrame([["a", "b"]], columns=["crm", "crm"]),
        pandas.Series(["a"]),
        pl.Series("crm", ["a"]),
    ):
        with pytest.raises(InvalidArgument) as caught:
            table(wrong)
        assert (caught.value.field or "").startswith("rows")
