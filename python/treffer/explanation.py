"""Why a profile is in an audience, or why not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from treffer.view import View


@dataclass(frozen=True, slots=True)
class Explanation:
    """One part of a rule, with what it came to for one profile; a tree whose leaves are the conditions."""

    text: str
    """The part, in the rule language."""
    holds: bool
    """Whether it is true at the view's time."""
    value: str | None
    """What was found, such as `3` or `"DE"`; `None`: the value is absent, or the part has parts."""
    since: dt.datetime | None
    """Start of the unbroken stretch in which `holds` is what it is; `None`: from the beginning."""
    until: dt.datetime | None
    """When `holds` changes if nothing arrives; `None`: never."""
    parts: tuple[Explanation, ...]
    """What it is made of, in the order of the text."""
    view: View

    def __bool__(self) -> bool:
        """Whether the rule holds, so that `if engine.explain(...)` reads as it sounds."""
        return self.holds

    def to_dict(self) -> dict[str, object]:
        """Give plain types that JSON knows; times as ISO 8601."""
        return {
            "text": self.text,
            "holds": self.holds,
            "value": self.value,
            "since": self.since and self.since.isoformat(),
            "until": self.until and self.until.isoformat(),
            "parts": [part.to_dict() for part in self.parts],
        }

    def __str__(self) -> str:
        """Show the tree, one part on a line: a sign, the text, what was found, since and until when."""
        return "\n".join(self._lines("", ""))

    def _lines(self, first: str, rest: str) -> Iterator[str]:
        notes = [] if self.value is None else [f"is {self.value}"]
        notes += [f"{word} {_shown(when)}" for word, when in (("since", self.since), ("until", self.until)) if when]
        yield f"{first}{'✓' if self.holds else '✗'} {self.text}" + f"   [{', '.join(notes)}]" * bool(notes)
        for index, part in enumerate(self.parts, 1):
            last = index == len(self.parts)
            yield from part._lines(rest + ("└─ " if last else "├─ "), rest + ("   " if last else "│  "))  # noqa: SLF001


def _shown(when: dt.datetime) -> str:
    midnight = (when.hour, when.minute, when.second, when.microsecond) == (0, 0, 0, 0)
    return f"{when:%Y-%m-%d}" if midnight else f"{when:%Y-%m-%d %H:%M:%S}"
