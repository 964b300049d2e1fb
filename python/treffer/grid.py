"""Plain text tables for reading in a notebook or a terminal."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def grid(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Lay `rows` out under `head`: the first column to the left, numbers to the right with thousands set apart."""
    cells = [list(head), *([_shown(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip() for row in cells
    )


def _shown(cell: object) -> str:
    if isinstance(cell, str):
        return cell
    return f"{operator.index(cell):,}"  # type: ignore[arg-type]
