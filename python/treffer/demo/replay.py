"""The year as it happened: events in their order through live segments, sizes month by month, and every change."""

from __future__ import annotations

import re
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from pyroaring import BitMap

from treffer.demo.segments import SEGMENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from treffer.demo.data import Journey
    from treffer.engine import Engine
    from treffer.watch import Change, Watch

ROWS: Final = 4_096
"""Events in one request: about a day of the year."""
RULES: Final = {segment.name: segment.rule for segment in SEGMENTS}

# Months of the calendar in UTC. The few campaigns that began before the year count for its first month, the last hours
# of New York's year for its last.
_MONTHS: Final = np.arange("2017-01", "2018-01", dtype="datetime64[M]")


@dataclass(frozen=True, slots=True)
class Replay:
    """What live segments did in a year."""

    months: dict[str, dict[str, int]]
    """By month (`2017-01`), the members of each segment when its last event was in."""
    events: int
    seconds: float
    """From the first event to the last published view."""
    live: dict[str, int]
    """`Engine.live()` at the end."""

    @property
    def rate(self) -> int:
        """Events per second; 0 where nothing was replayed."""
        return round(self.events / self.seconds) if self.seconds else 0

    def sizes(self, name: str) -> list[int]:
        """How many members a segment had, month by month."""
        return [sizes[name] for sizes in self.months.values()]


def replay(
    engine: Engine, journey: Journey, progress: Callable[[str, int], None] = lambda _month, _events: None
) -> Replay:
    """Send all events in their order; a refused one raises `ValueError`, for none may be.

    The segments must be defined. `progress` is told the month and the number of events done after each request.
    """
    events = journey.in_order()
    ends = np.searchsorted(events["time"].to_numpy(), _MONTHS[1:].astype("datetime64[ms]"))
    months: dict[str, dict[str, int]] = {}
    done, begun = 0, time.perf_counter()
    for month, end in zip(map(str, _MONTHS), (*ends.tolist(), len(events)), strict=True):
        while done < end:
            report = engine.track(events.slice(done, min(ROWS, end - done)))
            if len(report.refused):
                raise ValueError(f"the demo's data was refused: {report!r}")
            done = min(done + ROWS, end)
            progress(month, done)
        months[month] = {name: int(engine.count(name)) for name in RULES}
    seconds = time.perf_counter() - begun
    return Replay(months, len(events), seconds, engine.live())


@dataclass(frozen=True, slots=True)
class Feed:
    """All changes of all segments, read to the end."""

    changes: tuple[Change, ...]

    def of(self, name: str) -> list[Change]:
        """Give the changes of one segment."""
        return [change for change in self.changes if change.segment == name]

    def moves(self) -> Counter[tuple[str, bool]]:
        """Count entries (`True`) and leavings (`False`) by segment."""
        return Counter((change.segment, change.entered) for change in self.changes)

    def members(self) -> Mapping[str, BitMap]:
        """Give the members that the changes lead to, one after the other, from nobody."""
        members = {name: BitMap() for name in RULES}
        for change in self.changes:
            if change.entered:
                members[change.segment].add(change.profile)
            else:
                members[change.segment].remove(change.profile)
        return members


def drained(engine: Engine, watch: Watch) -> Feed:
    """Read what a watch over all segments has to tell until now, and no further, where it would wait."""
    end = engine.live()["feed_next"]
    changes: list[Change] = []
    while watch.cursor < end:
        changes.append(next(watch))
    return Feed(tuple(changes))


def spelled_out(name: str) -> str:
    """Give the rule of a segment with the rules of the segments that it names in their place."""
    return re.sub(r'segment\("(\w+)"\)', lambda found: f"({spelled_out(found[1])})", RULES[name])


def unequal(engine: Engine, feed: Feed) -> dict[str, str]:
    """Name the segments whose live members are not those of their rule in bulk, or not those that the feed leads to."""
    told = feed.members()
    found: dict[str, str] = {}
    for name in RULES:
        live = engine.members(name).to_bitmap()
        bulk = engine.members(spelled_out(name)).to_bitmap()
        if live != bulk:
            found[name] = f"{len(live ^ bulk):,} households differ from the rule in bulk"
        elif live != told[name]:
            found[name] = f"{len(live ^ told[name]):,} households differ from the feed"
    return found
