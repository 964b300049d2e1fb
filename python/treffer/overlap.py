"""How much audiences have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from treffer.grid import grid

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from treffer.view import View


@dataclass(frozen=True, slots=True, eq=False)
class Overlap:
    """The sizes of all pairwise intersections of n rules."""

    labels: tuple[str, ...]
    """The rules or segment names, as they were asked for."""
    counts: NDArray[np.uint64]
    """n x n, symmetric; the diagonal holds the sizes of the rules themselves."""
    view: View

    def __getitem__(self, pair: tuple[str, str]) -> int:
        """Give the size of the intersection of two labels; `KeyError` for a label that was not asked for."""
        row, column = (self._place(label) for label in pair)
        return int(self.counts[row, column])

    def __array__(self, dtype: np.dtype[np.uint64] | None = None, copy: bool | None = None) -> NDArray[np.uint64]:  # noqa: FBT001 - numpy's
        """Give `counts` to numpy."""
        return self.counts.__array__(dtype, copy=copy)

    def to_arrow(self) -> pa.Table:
        """One row per rule: its label, and one column per rule with the size of the intersection."""
        columns = [pa.array(self.labels, pa.string()), *(pa.array(column) for column in self.counts.T)]
        return pa.Table.from_arrays(columns, ["rule", *self.labels])

    def __repr__(self) -> str:
        """Show the matrix as a table."""
        return grid(["", *self.labels], [[label, *row] for label, row in zip(self.labels, self.counts, strict=True)])

    def _place(self, label: str) -> int:
        try:
            return self.labels.index(label)
        except ValueError:
            raise KeyError(label) from None
