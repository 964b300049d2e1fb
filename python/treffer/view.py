"""What every answer carries: the view it was answered from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import datetime as dt


@dataclass(frozen=True, slots=True)
class View:
    """An immutable state of the engine. A later view has a higher version and never an earlier time."""

    version: int
    """Rises with every change."""
    time: dt.datetime | None
    """The instant at which the answer holds, in UTC: what `at=` asked for, else the view's own time.

    `None` only before the first event of an engine whose clock follows its events."""


class Count(int):
    """A number of profiles: an `int` that knows the view it was counted in."""

    view: View

    def __new__(cls, number: int, view: View) -> Self:
        """Make the number; arithmetic with it gives plain integers."""
        count = super().__new__(cls, number)
        count.view = view
        return count

    def __getnewargs__(self) -> tuple[int, View]:  # type: ignore[override]
        """Keep the view when pickled or copied."""
        return int(self), self.view
