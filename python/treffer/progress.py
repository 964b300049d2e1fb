"""Progress on the terminal, for what takes longer than a moment."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextlib.contextmanager
def share(title: str, total: int) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on standard error; give what to call with how much of `total` is done, and how many rows that is."""
    rows = TextColumn("{task.fields[rows]:,} rows")
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), rows, TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total, rows=0)
        yield lambda done, rows: bar.update(task, completed=done, rows=rows)
