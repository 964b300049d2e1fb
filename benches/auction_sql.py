"""Targeting of RTB-mix as SQL: a table of line items in duckdb, and requests asked of it."""

from __future__ import annotations

import json
import time
from typing import Any

import duckdb
import pyarrow as pa

# What is asked, in the order of `Asked` in `benches/auction/src/mix.rs`; the last two hold several values.
NAMES = (
    "exchange",
    "country",
    "region",
    "device",
    "os",
    "format",
    "language",
    "hour",
    "domain",
    "deals",
    "segments",
)
SEVERAL = ("deals", "segments")
# A line item has at most so many clauses of a kind.
MOST = 2


def columns() -> list[tuple[str, str, bool]]:
    """Name of each column, what it asks, and whether its values may not be."""
    kinds = [("in", False), ("not", True)]
    return [
        (f"{name}_{word}{number}", name, is_none) for name in NAMES for word, is_none in kinds for number in range(MOST)
    ]


def row(number: int, clauses: list[tuple[int, bool, list[int]]]) -> dict[str, Any]:
    """A line item; a clause that it does not have is null."""
    cells: dict[str, Any] = {"id": number}
    for asked_of, is_none, values in clauses:
        word = f"{NAMES[asked_of]}_{'not' if is_none else 'in'}"
        place = next(place for place in range(MOST) if f"{word}{place}" not in cells)
        cells[f"{word}{place}"] = values
    return cells


def condition(column: str, name: str, *, is_none: bool) -> str:
    """Whether a line item has no such clause, or the request passes it."""
    has = f"list_has_any({column}, ${name})" if name in SEVERAL else f"list_contains({column}, ${name})"
    return f"({column} IS NULL OR {'NOT ' if is_none else ''}{has})"


def table(items: list[dict[str, Any]]) -> tuple[duckdb.DuckDBPyConnection, list[tuple[str, str, bool]]]:
    """A table of line items, without columns that all lack; one thread, as everybody else."""
    used = [own for own in columns() if any(own[0] in item for item in items)]
    connection = duckdb.connect(":memory:", config={"threads": 1})
    cells = {column: pa.array([item.get(column) for item in items], pa.list_(pa.int32())) for column, _, _ in used}
    named = pa.table({"id": [item["id"] for item in items], **cells})
    connection.register("named", named)
    connection.execute("CREATE TABLE line_item AS SELECT * FROM named")
    return connection, used


def asked(lines: list[str]) -> tuple[float, bool]:
    """Microseconds of a request, the mean, and whether every answer is the one that was told."""
    told = [json.loads(line) for line in lines]
    items = [row(number, own["item"]) for number, own in enumerate(one for one in told if "item" in one)]
    connection, used = table(items)
    tests = " AND ".join(condition(column, name, is_none=is_none) for column, name, is_none in used)
    query = f"SELECT id FROM line_item WHERE {tests} ORDER BY id"
    taken, equal = [], True
    for own in told:
        if "request" not in own:
            continue
        values = dict(zip(NAMES, own["request"], strict=True))
        named = {name for _, name, _ in used}
        said = {name: values[name] if name in SEVERAL else values[name][0] for name in named}
        start = time.perf_counter()
        found = [number for (number,) in connection.execute(query, said).fetchall()]
        taken.append((time.perf_counter() - start) * 1e6)
        equal = equal and found == own["found"]
    return sum(taken) / len(taken), equal
