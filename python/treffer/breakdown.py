"""How an audience divides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from treffer.grid import grid

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from treffer.view import View


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Breakdown(Mapping[str, int]):
    """The members of a rule, counted by the value of an attribute or by segment: a mapping of label to number."""

    labels: tuple[str, ...]
    """Values as rules write them without quotes, or segment names."""
    counts: NDArray[np.uint64]
    """One number per label. Values of a string set, and segments, may share members."""
    absent: int
    """Members without the attribute, or in none of the segments."""
    left_out: int
    """How many further values the limit cut off, smallest first."""
    total: int
    """All members of the rule."""
    view: View

    def __getitem__(self, label: str) -> int:
        """Give the number under `label`; `KeyError` where there is none."""
        try:
            return int(self.counts[self.labels.index(label)])
        except ValueError:
            raise KeyError(label) from None

    def __iter__(self) -> Iterator[str]:
        """Go over the labels."""
        return iter(self.labels)

    def __len__(self) -> int:
        """How many labels there are."""
        return len(self.labels)

    def to_arrow(self) -> pa.Table:
        """Two columns, `label` and `count`; those without are not among them."""
        return pa.table({"label": pa.array(self.labels, pa.string()), "count": pa.array(self.counts)})

    def __repr__(self) -> str:
        """Show the numbers as a table."""
        rows: list[tuple[str, object]] = list(zip(self.labels, self.counts, strict=True))
        return grid(["", "count"], [*rows, ("(absent)", self.absent), ("(total)", self.total)])
