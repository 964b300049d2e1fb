"""What the demo asks an engine, in process or over gRPC: the answers compare as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from treffer.demo.segments import SEGMENTS

if TYPE_CHECKING:
    from treffer.engine import Engine

EVERYONE: Final = "count(purchase) >= 0"
DIVIDED: Final = ("wine_lovers", "age_group")
EXPLAINED: Final = "win_back"


@dataclass(frozen=True, slots=True)
class Answers:
    """Equal exactly when an engine said the same to every question."""

    profiles: int
    sizes: dict[str, int]
    """Number of members by segment, in the order of `SEGMENTS`."""
    members: dict[str, bytes]
    """The same as sets: roaring bitmaps, serialized."""
    overlap: tuple[tuple[int, ...], ...]
    """Who is in both, segment by segment in the order of `SEGMENTS`."""
    breakdown: dict[str, int]
    """Wine lovers by age group, largest first; `(unknown)` last."""
    profile: str
    """The household that is explained: the first of those to win back."""
    explanation: dict[str, object]
    explained: str
    """`explanation` as a tree for people."""


def asked(engine: Engine) -> Answers:
    """Put every question to `engine`."""
    names = [segment.name for segment in SEGMENTS]
    overlap = engine.overlap(names)
    divided = engine.breakdown(DIVIDED[0], by=DIVIDED[1])
    profile = "crm:" + min(engine.members(EXPLAINED).ids("crm").to_pylist(), key=int)
    explanation = engine.explain(profile, EXPLAINED)
    return Answers(
        profiles=int(engine.count(EVERYONE)),
        sizes={name: int(engine.count(name)) for name in names},
        members={name: engine.members(name).to_bitmap().serialize() for name in names},
        overlap=tuple(tuple(row) for row in overlap.counts.tolist()),
        breakdown={**divided, "(unknown)": divided.absent},
        profile=profile,
        explanation=explanation.to_dict(),
        explained=str(explanation),
    )
