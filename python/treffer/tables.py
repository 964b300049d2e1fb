"""Batches on their way in: anything that speaks Arrow, or a few dicts, as one Arrow table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import pyarrow as pa

from treffer.errors import InvalidArgument

if TYPE_CHECKING:
    from typing import TypeAlias

INTEGERS = range(-(2**63), 2**63)
EXACT_IN_FLOAT = 2**53


@runtime_checkable
class ArrowStream(Protocol):
    """A table of any library that exports the Arrow C stream interface: pyarrow, polars, duckdb, pandas."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Give a capsule with the stream."""
        ...


@runtime_checkable
class ArrowArray(Protocol):
    """A single record batch of any library that exports the Arrow C array interface."""

    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]:
        """Give two capsules, schema and array."""
        ...


Row: TypeAlias = Mapping[str, object]
Batch: TypeAlias = ArrowStream | ArrowArray | Iterable[Row]


def table(source: Batch, ignore: Collection[str] = (), first: str = "") -> pa.Table:
    """Give `source` as one Arrow table, without copying where it speaks Arrow already.

    Dicts become columns in order of first mention, but for those to `ignore`; a key that a row lacks is null there. No
    rows give no columns, and rows that say nothing the column `first`, so that they are counted. Raises
    `InvalidArgument` for anything else, and for dicts whose values have no place in one column.
    """
    if isinstance(source, pa.Table):
        return source
    try:
        if type(source).__module__.partition(".")[0] == "pandas" and hasattr(source, "columns"):
            return _from_pandas(source, ignore)
        if isinstance(source, ArrowStream):
            return pa.table(source)
        if isinstance(source, ArrowArray):
            return pa.Table.from_batches([pa.record_batch(source)])
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise InvalidArgument(f"rows: {type(source).__name__} gives no Arrow table: {error}", field="rows") from error
    return _from_rows(source, ignore, first)


def _from_pandas(frame: Any, ignore: Collection[str]) -> pa.Table:  # noqa: ANN401 - pandas need not be installed
    """The columns, and an index with a name: without one it is how pandas labels rows, no column of the caller's."""
    named = any(name is not None for name in frame.index.names)
    left = frame.drop(columns=list(ignore), errors="ignore")
    table = pa.Table.from_pandas(left, preserve_index=named)
    return table.drop_columns([name for name in table.column_names if name in ignore])


def divisible(table: pa.Table) -> pa.Table:
    """Give `table` in a form whose slices hold their own rows and no more: without dictionaries and views."""
    fields = [field.with_type(_owned(field.type)) for field in table.schema]
    schema = pa.schema(fields)
    return table if schema.equals(table.schema) else table.cast(schema)


def _owned(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(kind):
        return _owned(kind.value_type)
    return pa.large_string() if pa.types.is_string_view(kind) else kind


def _from_rows(source: object, ignore: Collection[str], first: str) -> pa.Table:
    if isinstance(source, (str, bytes, Mapping)) or not isinstance(source, Iterable):
        raise InvalidArgument(
            f"rows: {type(source).__name__} is neither an Arrow table nor a list of dicts", field="rows"
        )
    rows = list(source)
    for index, row in enumerate(rows):
        if not isinstance(row, Mapping) or not all(isinstance(name, str) for name in row):
            raise InvalidArgument(f"rows[{index}]: not a dict with column names as keys", field=f"rows[{index}]")
    names = dict.fromkeys(name for row in rows for name in row if name not in ignore)
    if rows and first and not names:
        names = {first: None}
    return pa.table({name: _column(name, [_plain(row.get(name)) for row in rows]) for name in names})


def _plain(cell: object) -> object:
    """Unwrap scalars of numpy, so that one row taken from an array counts like a Python value."""
    return cell.item() if type(cell).__module__ == "numpy" and hasattr(cell, "item") else cell


def _column(name: str, cells: Sequence[object]) -> pa.Array:
    kinds: dict[str, int] = {}
    for index, cell in enumerate(cells):
        if cell is not None:
            kinds.setdefault(_kind(name, index, cell), index)
    match sorted(kinds):
        case []:
            return pa.nulls(len(cells))
        case [kind]:
            pass
        case ["decimal", "integer"]:
            kind = "decimal"
        case ["float", "integer"]:
            kind = "float"
        case [first, second, *_]:
            field = f"rows[{max(kinds[first], kinds[second])}].{name}"
            raise InvalidArgument(f"{field}: a column holds one kind, here {first} and {second}", field=field)
    try:
        return pa.array([_cell(kind, cell) for cell in cells], _TYPES[kind])
    except (pa.ArrowException, OverflowError, ValueError) as error:
        field = f"rows{_faulty(kind, cells)}.{name}"
        raise InvalidArgument(f"{field}: {error}", field=field) from error


def _faulty(kind: str, cells: Sequence[object]) -> str:
    """Which row it is that has no place in a column of its kind, where it is one."""
    for index, cell in enumerate(cells):
        try:
            pa.array([_cell(kind, cell)], _TYPES[kind])
        except (pa.ArrowException, OverflowError, ValueError):
            return f"[{index}]"
    return ""


def _kind(name: str, index: int, cell: object) -> str:  # noqa: PLR0911 - one flat match
    field = f"rows[{index}].{name}"
    match cell:
        case bool():
            return "bool"
        case int():
            if cell not in INTEGERS:
                raise InvalidArgument(f"{field}: {cell} does not fit 64 bits", field=field)
            return "integer"
        case float():
            return "float"
        case Decimal():
            if not cell.is_finite():
                raise InvalidArgument(f"{field}: {cell} is no number", field=field)
            return "decimal"
        case str():
            return "string"
        case dt.date():
            return "instant"
        case list() | tuple() | AbstractSet() if all(isinstance(text, str) for text in cell):
            return "string set"
    raise InvalidArgument(
        f"{field}: {type(cell).__name__} is none of str, int, float, Decimal, bool, datetime, list or set of str",
        field=field,
    )


def _cell(kind: str, cell: Any) -> object:  # noqa: ANN401 - `_kind` has narrowed it in a way that mypy cannot follow
    if cell is None:
        return None
    if kind == "instant":
        moment = cell if isinstance(cell, dt.datetime) else dt.datetime.combine(cell, dt.time())
        return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    if kind == "decimal":
        return Decimal(cell)
    if kind == "float" and isinstance(cell, int) and abs(cell) > EXACT_IN_FLOAT:
        raise ValueError(f"{cell} among floats would lose digits")
    if kind == "string set":
        return sorted(cell)
    return cell


_TYPES: Mapping[str, pa.DataType | None] = {
    "bool": pa.bool_(),
    "integer": pa.int64(),
    "float": pa.float64(),
    "decimal": None,  # precision and scale as the values need them
    "string": pa.string(),
    "instant": pa.timestamp("us", "UTC"),
    "string set": pa.list_(pa.string()),
}
