"""What became of the rows of an import, counted as they go."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import IO, Final

    from treffer.files import Fault
    from treffer.report import Report

KEPT: Final = 1_000
"""Refusals that are kept to be shown; all of them go to the file, if there is one."""
SHOWN: Final = 5


class Tally:
    """Counts accepted, repeated and refused rows, and writes the refused ones down."""

    def __init__(self, columns: Sequence[str] = (), written: IO[str] | None = None) -> None:
        """Begin at nothing; refused rows go to `written` as CSV, with their own `columns`."""
        self.accepted = self.duplicates = self.blocked_ids = self.links_refused = 0
        self.refused: Counter[str] = Counter()
        self.first: list[Fault] = []
        self._writer = None if written is None else csv.writer(written)
        if self._writer is not None:
            self._writer.writerow(["row", "field", "reason", "message", *columns])

    def add(self, report: Report) -> None:
        """Count what was taken; refusals come by `refuse`."""
        self.accepted += report.accepted
        self.duplicates += report.duplicates
        self.blocked_ids += report.blocked_ids
        self.links_refused += report.links_refused

    def refuse(self, faults: Iterable[Fault], cells: Callable[[int], Sequence[str]]) -> None:
        """Count faults in order of their rows; `cells` gives what stands in a row of the file."""
        for fault in sorted(faults, key=lambda fault: fault.row):
            self.refused[fault.reason] += 1
            if len(self.first) < KEPT:
                self.first.append(fault)
            if self._writer is not None:
                self._writer.writerow([fault.row, fault.field, fault.reason, fault.message, *cells(fault.row)])

    def numbers(self) -> dict[str, object]:
        """For programs: the counts, and the first refusals."""
        return {
            "accepted": self.accepted,
            "duplicates": self.duplicates,
            "blocked_ids": self.blocked_ids,
            "links_refused": self.links_refused,
            "refused_by_reason": dict(sorted(self.refused.items())),
            "refused": [asdict(fault) for fault in self.first],
        }

    def table(self) -> Table:
        """For people: the counts."""
        answer = Table("rows", "", box=None, show_header=False)
        answer.add_row("accepted", f"{self.accepted:,}")
        answer.add_row("duplicate", f"{self.duplicates:,}")
        for reason, count in self.refused.most_common():
            answer.add_row(f"refused: {reason}", f"{count:,}")
        if self.blocked_ids:
            answer.add_row("blocked ids", f"{self.blocked_ids:,}")
        if self.links_refused:
            answer.add_row("links refused", f"{self.links_refused:,}")
        return answer

    def samples(self) -> list[str]:
        """The first refusals in words."""
        return [
            f"row {fault.row}{fault.field and ', '}{fault.field}: {fault.message} ({fault.reason})"
            for fault in self.first[:SHOWN]
        ]
