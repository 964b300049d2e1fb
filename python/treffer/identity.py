"""Which ids are one profile, and how that came about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping
    from typing import Literal, TypeAlias

    from treffer.view import View

    Outcome: TypeAlias = Literal["merged", "split", "refused"]
    Cause: TypeAlias = Literal["event", "profile_row", "by_hand"]
    Obstacle: TypeAlias = Literal["apart", "unique", "limit", "shared"]


@dataclass(frozen=True, slots=True)
class Joining:
    """What a row with some ids would do now."""

    profiles: tuple[int, ...]
    """The profiles that the ids belong to today, rising; unknown ids have none."""
    owner: str
    """The id to which the row would belong."""
    ids: tuple[str, ...]
    """All ids of the owner's profile after the row."""
    refused: Mapping[str, Obstacle]
    """Those of the ids that would not join the owner, and why."""
    view: View


@dataclass(frozen=True, slots=True)
class Merge:
    """One entry of the merge log."""

    sequence: int
    """Rises by 1 from entry to entry, from 1."""
    time: dt.datetime | None
    """Engine time of the change; `None` while that has not begun."""
    outcome: Outcome
    """What happened."""
    ids: tuple[str, ...]
    """Merged: one that each profile before brought in; split: that each after took along; refused: both. At most 32."""
    cause: Cause
    """What made it happen."""
    event_id: str | None
    """The event, where that was the cause."""
    obstacle: Obstacle | None
    """Why a link was refused."""


@dataclass(frozen=True, slots=True)
class Links:
    """How many links between ids there are, by what became of them."""

    kept: int
    """Links that hold."""
    unique: int
    """Refused: a profile would hold two ids of a unique namespace."""
    limit: int
    """Refused: a profile would hold more ids of a namespace than that allows."""
    apart: int
    """Refused: an unmerge set the ids apart."""
    idle: int
    """Without effect, since one of the ids is shared."""
    shared_ids: int
    """Ids that are shared: not unique, and with more than 100 partners."""


@dataclass(frozen=True, slots=True, eq=False)
class MergeLog(Sequence[Merge]):
    """A stretch of the merge log: a sequence of entries, the oldest first."""

    entries: tuple[Merge, ...]
    links: Links
    """All links as they stand now."""
    view: View

    @overload
    def __getitem__(self, place: int) -> Merge: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Merge, ...]: ...
    def __getitem__(self, place: int | slice) -> Merge | tuple[Merge, ...]:
        """Give one entry or several."""
        return self.entries[place]

    def __iter__(self) -> Iterator[Merge]:
        """Go over the entries."""
        return iter(self.entries)

    def __len__(self) -> int:
        """How many entries there are."""
        return len(self.entries)
