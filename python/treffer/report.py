"""What became of a batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    from treffer.errors import TrefferError
    from treffer.view import View


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """What was taken, repeated and refused: `accepted + duplicates + len(refused)` is the number of rows."""

    accepted: int
    """Rows that took effect."""
    duplicates: int
    """Rows that repeat an accepted event, id and content."""
    blocked_ids: int
    """Ids that were dropped from accepted rows because they name nobody."""
    links_refused: int
    """Ids of taken rows that were not joined, each pair once: uniqueness, a limit or an unmerge forbids it."""
    refused: pa.Table
    """One row per refused row: `row` (its index in the batch), `field`, `reason` (a stable word), `message`."""
    view: View
    """The first view that shows the batch."""
    fault: TrefferError | None = None
    """Of a batch in a stream: why the rows that are not counted were not even looked at. Elsewhere it is raised."""

    def __repr__(self) -> str:
        """Show the numbers, and the first refusals in words."""
        parts = [f"accepted={self.accepted:,}", f"duplicates={self.duplicates:,}", f"blocked_ids={self.blocked_ids:,}"]
        if self.links_refused:
            parts.append(f"links_refused={self.links_refused:,}")
        shown = "".join(
            f"\n  row {one['row']}, {one['field']}: {one['message']} ({one['reason']})"
            for one in self.refused.slice(0, 5).to_pylist()
        )
        if self.fault is not None:
            parts.append(f"fault={self.fault!r}")
        more = len(self.refused) - 5
        return (
            f"Report({', '.join(parts)}, refused={len(self.refused):,})"
            + shown
            + (f"\n  and {more:,} more" * (more > 0))
        )
