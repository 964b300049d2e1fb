"""Files of rows, CSV or Parquet, read part by part, so that a file may be larger than memory."""

from __future__ import annotations

import codecs
import contextlib
import csv
import gzip
import io
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from treffer.cells import checked_encoding
from treffer.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import IO, Final

    from numpy.typing import NDArray

BLOCK: Final = 4 * 2**20
"""Bytes of CSV read at a time; a row must fit."""
ROWS: Final = 65_536
"""Rows of Parquet read at a time."""
SHOWN: Final = 80
ESCAPED: Final = re.compile("[\udc80-\udcff]")
"""Bytes that are no text."""


@dataclass(frozen=True, slots=True)
class Form:
    """How a CSV file is written; Parquet says so itself."""

    delimiter: str = ","
    encoding: str = "utf-8"
    nulls: frozenset[str] = frozenset()
    """What a missing cell holds, beside nothing."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row is refused: the field, a stable word, and a message for people."""

    row: int
    """Counted from 0 over the file, without the header."""
    field: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows of a file. Columns of CSV are raw bytes."""

    rows: NDArray[np.int64]
    """Which row of the file each is."""
    cells: pa.RecordBatch
    malformed: list[Fault] = field(default_factory=list)
    """Rows before the end of this part that are none: too few cells or too many."""


class Rows(Protocol):
    """An open file."""

    columns: tuple[str, ...]
    """Names of its columns."""
    total: int
    """How much there is to read, in whatever unit `done` counts."""

    def done(self) -> int:
        """How much of `total` has been read."""
        ...

    def __iter__(self) -> Iterator[Part]:
        """Give the rows in order, once. Raises `InvalidArgument` where the file ends to be one."""
        ...


@contextlib.contextmanager
def opened(path: Path, form: Form) -> Iterator[Rows]:
    """Open a .csv, .csv.gz or .parquet file. Raises `InvalidArgument` for another and for a damaged one."""
    if path.suffix not in {".csv", ".gz", ".parquet"}:
        raise _damaged(path, "is neither .csv, .csv.gz nor .parquet")
    with path.open("rb") as raw:
        try:
            yield _Parquet(path, raw) if path.suffix == ".parquet" else _Csv(path, raw, form)
        except (pa.ArrowInvalid, EOFError, gzip.BadGzipFile) as error:
            raise _damaged(path, str(error)) from error


class _Csv:
    def __init__(self, path: Path, raw: IO[bytes], form: Form) -> None:
        self.columns = _header(path, form)
        self._path = path
        self.total = path.stat().st_size
        self._raw = raw
        self._malformed: list[Fault] = []
        stream = pa.input_stream(raw, compression="gzip" if path.suffix == ".gz" else None)
        self._reader: Iterator[pa.RecordBatch] = iter(())
        if _is_header(path):
            return
        with self._telling(0):
            self._reader = self._opened(stream, form)

    def _opened(self, stream: pa.NativeFile, form: Form) -> Iterator[pa.RecordBatch]:
        reader: Iterator[pa.RecordBatch] = pyarrow.csv.open_csv(
            stream,
            # One thread: the rows that cannot be cut into cells are numbered only then.
            pyarrow.csv.ReadOptions(
                column_names=self.columns, skip_rows_after_names=1, use_threads=False, block_size=BLOCK
            ),
            pyarrow.csv.ParseOptions(
                delimiter=form.delimiter, newlines_in_values=True, invalid_row_handler=self._skipped
            ),
            pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(self.columns, pa.binary()),
                null_values=["", *form.nulls],
                strings_can_be_null=True,
                check_utf8=False,
            ),
        )
        return reader

    def done(self) -> int:
        return self._raw.tell()

    def __iter__(self) -> Iterator[Part]:
        row = 0
        held: Part | None = None
        for cells in self._read():
            if held is not None:
                yield held
            rows, malformed = self._numbered(row, len(cells))
            row += len(rows) + len(malformed)
            held = Part(rows, cells, malformed)
        if held is not None:
            yield self._closed(held)
        if self._malformed:
            yield Part(np.arange(0), pa.record_batch([[]] * len(self.columns), self.columns), self._malformed)

    def _read(self) -> Iterator[pa.RecordBatch]:
        count = 0
        while True:
            with self._telling(count):
                cells = next(self._reader, None)
            if cells is None:
                return
            yield cells
            count += len(cells)

    @contextlib.contextmanager
    def _telling(self, count: int) -> Iterator[None]:
        """Say after how many rows reading failed."""
        try:
            yield
        except OSError as error:
            raise _damaged(self._path, f"after {count:,} rows: {error}") from error

    def _closed(self, part: Part) -> Part:
        """The last part without a row whose last cell is still open at the end of the file."""
        last = part.cells.column(-1)[-1].as_py() if len(part.cells) else None
        if last is None or b"\n" not in last or _tail(self._path).rstrip(b"\r\n").endswith(b'"'):
            return part
        name = self.columns[-1]
        message = f"a quote is not closed by the end of the file: {last[:SHOWN].decode(errors='replace')}"
        fault = Fault(int(part.rows[-1]), name, "MALFORMED", message)
        return Part(part.rows[:-1], part.cells.slice(0, len(part.cells) - 1), [*part.malformed, fault])

    def _numbered(self, first: int, count: int) -> tuple[NDArray[np.int64], list[Fault]]:
        """Number the next `count` good rows, and give the malformed ones among them: the parser may be further on."""
        end = first + count
        for number, fault in enumerate(self._malformed, 1):
            if fault.row >= end:
                break
            end = first + count + number
        malformed = self._malformed[: end - first - count]
        del self._malformed[: len(malformed)]
        return np.setdiff1d(np.arange(first, end), [fault.row for fault in malformed]), malformed

    def _skipped(self, row: pyarrow.csv.InvalidRow) -> str:
        message = f"{row.actual_columns} cells, where the header has {row.expected_columns}: {row.text[:SHOWN]}"
        # The parser counts from 1, and the header too.
        self._malformed.append(Fault(row.number - 2, "", "MALFORMED", message))
        return "skip"


class _Parquet:
    def __init__(self, path: Path, raw: IO[bytes]) -> None:
        self._file = pq.ParquetFile(raw)
        self.columns = _distinct(path, self._file.schema_arrow.names)
        self.total = self._file.metadata.num_rows
        self._row = 0

    def done(self) -> int:
        return self._row

    def __iter__(self) -> Iterator[Part]:
        for cells in self._file.iter_batches(ROWS):
            rows = np.arange(self._row, self._row + len(cells))
            self._row += len(cells)
            yield Part(rows, cells)


def _unpacked(path: Path) -> gzip.GzipFile | io.BufferedReader:
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")


def _is_header(path: Path) -> bool:
    """Whether a file is one line without an end, which the parser takes for a row that is too long."""
    with _unpacked(path) as raw:
        line = raw.readline(BLOCK)
    return len(line) < BLOCK and b"\r" not in line and b"\n" not in line


def _tail(path: Path) -> bytes:
    """The last bytes of a file as it was written."""
    tail = b""
    with _unpacked(path) as raw:
        if path.suffix != ".gz":
            raw.seek(max(0, path.stat().st_size - SHOWN))
        while block := raw.read(BLOCK):
            tail = (tail + block)[-SHOWN:]
    return tail


def _header(path: Path, form: Form) -> tuple[str, ...]:
    if not (form.delimiter.isascii() and len(form.delimiter) == 1):
        raise InvalidArgument(f"delimiter: {form.delimiter!r} is not one letter of ASCII", field="delimiter")
    encoding = checked_encoding(form.encoding)
    # Programs that write UTF-8 for spreadsheets begin with a mark.
    encoding = "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding
    with _unpacked(path) as raw:
        # More than the header is decoded; what is wrong behind it is the fault of its row.
        text = io.TextIOWrapper(raw, encoding, errors="surrogateescape", newline="")
        try:
            names = next(csv.reader(text, delimiter=form.delimiter), [])
        except TypeError:
            raise InvalidArgument(f"delimiter: {form.delimiter!r} is not one letter", field="delimiter") from None
        except csv.Error as error:
            raise _damaged(path, f"the header: {error}") from None
    if any(ESCAPED.search(name) for name in names):
        raise _damaged(path, f"the header is not {form.encoding}")
    if not names:
        raise _damaged(path, "is empty: not even a header")
    return _distinct(path, names)


def _distinct(path: Path, names: list[str]) -> tuple[str, ...]:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise _damaged(path, f"columns are there more than once: {', '.join(twice)}")
    return tuple(names)


def _damaged(path: Path, why: str) -> InvalidArgument:
    return InvalidArgument(f"file: {path.name}: {why}", field="file")
