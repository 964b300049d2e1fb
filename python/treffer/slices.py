"""Tables cut into Arrow streams that fit a request."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from treffer import codec, tables

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Final

    import pyarrow as pa

# Rows that are written at once without asking how large they are, which takes longer than to write them.
FEW: Final = 4_096


def streams(table: pa.Table, room: int, key: str | None = None) -> Iterator[tuple[int, int, bytes]]:
    """Cut a table into at least one Arrow stream of at most `room` bytes, each with first row and number of rows.

    A single row is never cut, nor are rows that follow one another with the same value in the column `key`.
    """
    if len(table) <= FEW:
        stream = codec.stream(table)
        if len(stream) <= room:
            return iter([(0, len(table), stream)])
    if table.nbytes > room:
        table = tables.divisible(table)
    return _streams(table, room, key, 0)


def _streams(table: pa.Table, room: int, key: str | None, first_row: int) -> Iterator[tuple[int, int, bytes]]:
    if table.nbytes <= room or len(table) <= 1:
        stream = codec.stream(table)
        if len(stream) <= room or len(table) <= 1:
            yield first_row, len(table), stream
            return
    rows = len(table) // 2 if table.nbytes <= room else max(1, len(table) * room // (2 * table.nbytes))
    starts = [*dict.fromkeys(_next(table, key, start) for start in range(0, len(table), rows)), len(table)]
    if starts[1] == len(table):
        yield first_row, len(table), codec.stream(table)
        return
    for start, end in pairwise(dict.fromkeys(starts)):
        yield from _streams(table.slice(start, end - start), room, key, first_row + start)


def _next(table: pa.Table, key: str | None, start: int) -> int:
    """The first row from `start` on before which a table may be cut."""
    if key is None or start == 0:
        return start
    column = table[key]
    while start < len(table) and column[start].is_valid and column[start] == column[start - 1]:
        start += 1
    return start
