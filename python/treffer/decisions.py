"""Decisions of a batch of auctions, as Arrow.

One row for each row that was asked, in the same order, with the columns

- `request`, `impression`: the ids; the impression of a faulty row is null unless it was said,
- `currency`: of the prices; `profile`: whose segments counted, null: nobody's,
- `eligible`: line items that fell nowhere, and `fallen`: a struct of how many fell at each stage; these are all that
  are not archived,
- `bids`: a list of structs of `line_item`, `creative`, `deal` (null: on the open market), `price_micros` and
  `floor_micros`, the highest price first; names are dictionaries. Where they are reserved, of `reservation` too,
- `unreserved`, where bids are reserved: how many were left out since they were refused,
- `fault`: null, or a struct of `field`, `reason` (a stable word as in `Report.refused`) and `message`; then everything
  but the ids is null. One faulty row is the fault of its whole request.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from treffer.auction import Bid, Decision, ImpressionDecision
from treffer.trade import MICRO

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from treffer.view import View

SHOWN: Final = 5


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Decisions:
    """What came of a batch of auctions: a table that every library with Arrow takes, such as `polars.from_arrow`."""

    table: pa.Table
    """One row for each impression; its columns stand in the head of this module."""
    view: View
    """That answered; of a table that went in several requests the last."""
    index: int
    """Version of the index that answered."""

    def to_arrow(self) -> pa.Table:
        """Give the table."""
        return self.table

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Give the table to another library."""
        return self.table.__arrow_c_stream__(requested_schema)

    def __len__(self) -> int:
        """How many impressions."""
        return len(self.table)

    def __repr__(self) -> str:
        """Show how many impressions have bids, and the first faults in words."""
        bids = sum(1 for own in self.table["bids"] if own.is_valid and len(own))
        faults = [(row, own.as_py()) for row, own in enumerate(self.table["fault"]) if own.is_valid]
        shown = "".join(
            f"\n  row {row}, {own['field']}: {own['message']} ({own['reason']})" for row, own in faults[:SHOWN]
        )
        more = f"\n  and {len(faults) - SHOWN:,} more" if len(faults) > SHOWN else ""
        counts = f"{bids:,} with bids, {len(faults):,} faulty"
        return f"<{len(self):,} decisions in view {self.view.version}, {counts}>{shown}{more}"

    def each(self) -> Iterator[Decision]:
        """Give one decision for each request."""
        rows: list[dict[str, Any]] = self.table.to_pylist()
        # A row without a request stands alone.
        numbered = enumerate(rows)
        for _, group in groupby(numbered, lambda own: (own[1]["request"], own[1]["request"] is None and own[0])):
            yield self._decision([row for _, row in group])

    def _decision(self, rows: list[dict[str, Any]]) -> Decision:
        first = rows[0]
        fault = first["fault"]
        return Decision(
            request=first["request"] or "",
            currency=first["currency"] or "",
            profile=first["profile"],
            impressions=() if fault else tuple(map(_impression, rows)),
            fault=f"{fault['field']}: {fault['message']}" if fault else None,
            view=self.view,
            index=self.index,
        )


def _impression(row: dict[str, Any]) -> ImpressionDecision:
    return ImpressionDecision(
        impression=row["impression"],
        eligible=row["eligible"],
        fallen={stage: count for stage, count in row["fallen"].items() if count},
        bids=tuple(
            Bid(
                line_item=own["line_item"],
                creative=own["creative"],
                deal=own["deal"],
                price=own["price_micros"] * MICRO,
                floor=own["floor_micros"] * MICRO,
                reservation=own.get("reservation"),
            )
            for own in row["bids"]
        ),
        unreserved=row.get("unreserved", 0),
    )
