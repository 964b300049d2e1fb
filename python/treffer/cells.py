"""Cells of text become what a column is declared to hold; one that cannot is named, and the rest go on."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from treffer.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final

    from treffer.declarations import Kind

Read: TypeAlias = "tuple[pa.Array, list[int]]"
"""The cells that could be read, null where not, and the places of those."""

INSTANT: Final = pa.timestamp("us", "UTC")
UNIX: Final = {"unix": pa.timestamp("s", "UTC"), "unix_ms": pa.timestamp("ms", "UTC")}
"""Time formats that are whole numbers since 1970."""

FINER: Final = r"(\.\d{6})\d+"
"""Parts of a second and what lies below millionths."""

TYPES: Final = {
    "string": pa.string(),
    "integer": pa.int64(),
    "decimal": pa.decimal128(24, 6),
    "bool": pa.bool_(),
}


def checked_encoding(encoding: str) -> str:
    """Give `encoding` back if bytes below 128 mean in it what they mean in ASCII; raise `InvalidArgument` if not."""
    ascii_bytes = bytes(range(128))
    try:
        suits = ascii_bytes.decode(encoding) == ascii_bytes.decode("ascii")
    except (LookupError, UnicodeDecodeError):
        suits = False
    if not suits:
        raise InvalidArgument(f"encoding: {encoding!r} is no encoding that contains ASCII", field="encoding")
    return encoding


def decoded(cells: pa.Array, encoding: str) -> Read:
    """Raw bytes as text."""
    if encoding.lower().replace("_", "-") in {"utf-8", "utf8"}:
        return _bisected(cells, pa.string(), lambda part: part.cast(pa.string()))
    return _each(cells, pa.string(), lambda cell: cell.decode(encoding))


def is_text(kind: pa.DataType) -> bool:
    """Tell whether cells of this type are read by `typed`; others are taken as they are."""
    if pa.types.is_dictionary(kind):
        return is_text(kind.value_type)
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def typed(cells: pa.Array, kind: Kind, time_format: str, separator: str | None = None) -> Read:
    """Text as `kind`. An instant without a zone is UTC; `time_format` is `iso`, `unix`, `unix_ms` or strptime's."""
    cells = cells.cast(pa.string())
    match kind:
        case "instant":
            return _instants(cells, time_format)
        case "string_set":
            return (cells if separator is None else pc.split_pattern(cells, separator)), []
    return _bisected(cells, TYPES[kind], lambda part: part.cast(TYPES[kind]))


def numbers(cells: pa.Array, time_format: str) -> pa.Array:
    """Whole numbers as instants where `time_format` says that they are; other cells as they are."""
    if time_format in UNIX and pa.types.is_integer(cells.type):
        return cells.cast(pa.int64()).cast(UNIX[time_format])
    return cells


def _instants(cells: pa.Array, time_format: str) -> Read:
    if time_format == "iso":
        return _bisected(cells, INSTANT, _iso)
    if time_format in UNIX:
        kind = UNIX[time_format]
        return _bisected(cells, kind, lambda part: part.cast(pa.int64()).cast(kind))
    return _each(cells, INSTANT, lambda cell: _in_utc(dt.datetime.strptime(cell, time_format)))  # noqa: DTZ007 - below


def _iso(cells: pa.Array) -> pa.Array:
    try:
        return _zoned(cells)
    except pa.ArrowInvalid:
        # What is finer than it is kept is floored.
        return _zoned(pc.replace_substring_regex(cells, FINER, r"\1"))


def _zoned(cells: pa.Array) -> pa.Array:
    try:
        return cells.cast(pa.timestamp("us")).cast(INSTANT)
    except pa.ArrowInvalid:
        return cells.cast(INSTANT)


def _in_utc(moment: dt.datetime) -> dt.datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _bisected(cells: pa.Array, kind: pa.DataType, convert: Callable[[pa.Array], pa.Array]) -> Read:
    """Convert all at once; where that fails, halves, down to the cells at fault."""
    try:
        return convert(cells), []
    except pa.ArrowInvalid:
        if len(cells) == 1:
            return pa.nulls(1, kind), [0]
    middle = len(cells) // 2
    (first, wrong), (second, later) = (
        _bisected(half, kind, convert) for half in (cells.slice(0, middle), cells.slice(middle))
    )
    return pa.concat_arrays([first, second]), wrong + [middle + place for place in later]


def _each(cells: pa.Array, kind: pa.DataType, convert: Callable[[Any], object]) -> Read:
    """Convert each different cell once."""
    coded = cells.dictionary_encode()
    values: list[object] = []
    for cell in coded.dictionary.to_pylist():
        try:
            values.append(convert(cell))
        except ValueError:
            values.append(None)
    answer = pa.array(values, kind).take(coded.indices)
    wrong = pc.and_(cells.is_valid(), answer.is_null())
    return answer, pc.indices_nonzero(wrong).to_pylist()
