"""A file on its way into an engine: read, mapped, sent and counted, part by part."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from treffer import cells, files, mapping, progress
from treffer.errors import InvalidArgument
from treffer.files import SHOWN, Fault
from treffer.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from typing import IO

    from treffer.engine import Engine
    from treffer.files import Form, Part
    from treffer.mapping import Column, ColumnMap, Loadable
    from treffer.report import Report


@dataclass(frozen=True, slots=True)
class Intake:
    """What is to be loaded from which file, and how it is to be read."""

    what: Loadable
    path: Path
    mapping: ColumnMap
    form: Form

    def run(self, engine: Engine, refused: Path | None = None) -> Tally:
        """Load the whole file; refused rows go to the file `refused` as CSV.

        A file that cannot be read, a mapping that does not fit it and a column that nothing declares raise
        `InvalidArgument`. What was sent before a later fault stands; sending the file again is harmless.
        """
        if refused is not None and refused.exists() and refused.samefile(self.path):
            raise InvalidArgument(f"refused: {refused} is the file that is read", field="refused")
        ways: dict[Loadable, Callable[[pa.Table], Report]] = {
            "items": engine.load_items,
            "profiles": engine.load_profiles,
            "events": engine.track,
        }
        send = ways[self.what]
        with files.opened(self.path, self.form) as rows, _written(refused) as written:
            columns = mapping.resolved(self.mapping, self.what, rows.columns, engine.catalog())
            tally = Tally(rows.columns, written)
            with progress.share(f"importing {self.path.name}", rows.total) as done:
                for part in rows:
                    self._take(part, columns, send, tally)
                    done(rows.done(), tally.accepted + tally.duplicates)
        return tally

    def _take(self, part: Part, columns: tuple[Column, ...], send: Callable[[pa.Table], Report], tally: Tally) -> None:
        if not len(part.rows):
            tally.refuse(part.malformed, lambda _row: [])
            return
        faults: dict[int, Fault] = {}
        batch = pa.table({column.name: self._column(part, column, faults) for column in columns})
        if self.mapping.row_ids:
            batch = batch.append_column("event_id", pa.array([f"{self.path.name}:{row}" for row in part.rows.tolist()]))
        kept = [place for place in range(len(part.rows)) if place not in faults] if faults else None
        told: list[Fault] = []
        if kept != []:
            report = send(batch if kept is None else batch.take(kept))
            tally.add(report)
            told.extend(_said(report, part, kept))
        tally.refuse([*part.malformed, *faults.values(), *told], lambda row: _shown(part, row))

    def _column(self, part: Part, column: Column, faults: dict[int, Fault]) -> pa.Array:
        """One column of the batch; what cannot be read is a fault of its row, the first of a row counts."""
        if column.source is None:
            return self._constant(column, len(part.rows))
        read = part.cells[column.source]

        def note(places: list[int], reason: str, kind: str) -> None:
            for place in places:
                message = f'{column.source}: "{_text(part.cells[column.source][place])[:SHOWN]}" is no {kind}'
                faults.setdefault(place, Fault(int(part.rows[place]), column.name, reason, message))

        if pa.types.is_binary(read.type):
            read, wrong = cells.decoded(read, self.form.encoding)
            note(wrong, "ENCODING", f"text in {self.form.encoding}")
        if column.kind == "instant":
            read = cells.numbers(read, self.mapping.time_format)
        if column.kind is not None and cells.is_text(read.type):
            read, wrong = cells.typed(read, column.kind, self.mapping.time_format, self.mapping.separator)
            note(wrong, "WRONG_TYPE", f"{column.kind} here")
        return read

    def _constant(self, column: Column, rows: int) -> pa.Array:
        read, wrong = cells.typed(pa.array([column.constant]), column.kind or "string", "iso", self.mapping.separator)
        if wrong:
            raise InvalidArgument(f"set: {column.name}={column.constant} is no {column.kind}", field="set")
        return pa.repeat(read[0], rows)


def _said(report: Report, part: Part, kept: list[int] | None) -> Iterator[Fault]:
    """What the engine refused, by the row of the file."""
    for one in report.refused.to_pylist():
        place = one["row"] if kept is None else kept[one["row"]]
        yield Fault(int(part.rows[place]), one["field"], one["reason"], one["message"])


def _shown(part: Part, row: int) -> Sequence[str]:
    """What stands in a row of the file; nothing where it could not be cut into cells."""
    place = int(part.rows.searchsorted(row))
    if place == len(part.rows) or part.rows[place] != row:
        return []
    return [_text(column[place]) for column in part.cells.columns]


def _text(cell: pa.Scalar) -> str:
    value = cell.as_py()
    if isinstance(value, bytes):
        return value.decode(errors="backslashreplace")
    return "" if value is None else str(value)


@contextlib.contextmanager
def _written(path: Path | None) -> Iterator[IO[str] | None]:
    if path is None:
        yield None
    else:
        with path.open("w", encoding="utf-8", newline="") as file:
            yield file
