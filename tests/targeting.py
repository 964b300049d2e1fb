"""Targeting rules for tests, each condition with its text and, beside it, what the text means: written for reading.

`is_("country", "US") & ~has("keywords", "cars")` shows itself as a rule of a line item, and says whether it holds of a
`Moment` at a stage: true, false, or unknown while a later stage decides.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from fractions import Fraction
from math import asin, cos, radians, sin, sqrt
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from decimal import Decimal

STAGES: Final = (
    *("building", "status", "flight", "budget", "inventory", "daypart", "geo", "device", "format", "deal"),
    *("block_list", "consent", "audience", "cap", "cap_state_missing", "creative", "floor", "pacing"),
)
"""In which line items fall, in their order."""
PLACE: Final = {stage: place for place, stage in enumerate(STAGES)}

Said: TypeAlias = "str | int | Decimal | tuple[float, float] | frozenset[str]"
"""What is said of a dimension; sets are never empty."""


class Person(Protocol):
    """Whoever conditions on people are asked about."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What conditions are asked about."""

    said: Mapping[str, Said]
    """By dimension; what is absent is not in it."""
    stages: Mapping[str, str]
    """Of the dimensions."""
    person: Person | None
    """`None`: nobody is known, or consent denies to look."""
    is_denied: bool = False


class Condition:
    """A rule or a part of one."""

    def __and__(self, other: Condition) -> Condition:
        """Both."""
        return Joined("and", (*parts("and", self), *parts("and", other)))

    def __or__(self, other: Condition) -> Condition:
        """One or both."""
        return Joined("or", (*parts("or", self), *parts("or", other)))

    def __invert__(self) -> Condition:
        """Not."""
        return Negated(self)

    def value(self, moment: Moment, stage: str, *, sign: bool = True) -> bool | None:
        """Whether it holds (without `sign`: does not), as far as the stages up to `stage` can tell."""
        raise NotImplementedError

    def false_parts(self, moment: Moment, *, sign: bool = True) -> list[str]:
        """Give the leaves that are false, `not` pushed down to them, in the order of the text."""
        raise NotImplementedError


def parts(word: str, one: Condition) -> tuple[Condition, ...]:
    """Give what `one` joins with `word`; itself when it does not."""
    return one.parts if isinstance(one, Joined) and one.word == word else (one,)


@dataclass(frozen=True, slots=True)
class Joined(Condition):
    """All of several, or any."""

    word: str
    parts: tuple[Condition, ...]

    def __str__(self) -> str:
        """Every part that joins others stands in parentheses."""
        return f" {self.word} ".join(f"({part})" if isinstance(part, Joined) else str(part) for part in self.parts)

    def value(self, moment: Moment, stage: str, *, sign: bool = True) -> bool | None:
        """Kleene: one false decides an `and`, one true an `or`; then one unknown; `not` makes either the other."""
        decisive = (self.word == "or") == sign
        is_unknown = False
        for part in self.parts:
            value = part.value(moment, stage, sign=sign)
            if value is decisive:
                return decisive
            is_unknown |= value is None
        return None if is_unknown else not decisive

    def false_parts(self, moment: Moment, *, sign: bool = True) -> list[str]:
        """Those of all parts."""
        return [text for part in self.parts for text in part.false_parts(moment, sign=sign)]


@dataclass(frozen=True, slots=True)
class Negated(Condition):
    """Not."""

    inner: Condition

    def __str__(self) -> str:
        """With parentheses, unless a leaf follows."""
        return f"not ({self.inner})" if isinstance(self.inner, Joined) else f"not {self.inner}"

    def value(self, moment: Moment, stage: str, *, sign: bool = True) -> bool | None:
        """The other way round."""
        return self.inner.value(moment, stage, sign=not sign)

    def false_parts(self, moment: Moment, *, sign: bool = True) -> list[str]:
        """Those of the inner, the other way round."""
        return self.inner.false_parts(moment, sign=not sign)


@dataclass(frozen=True, slots=True)
class Leaf(Condition):
    """A condition on a dimension, false of an absent one; without `dimension`, on the person."""

    text: str
    holds: Callable[[Moment], bool]
    dimension: str | None = None
    is_residual: bool = False
    """Whether it is part of what fits into no row: one leaf of audience, whatever it asks."""

    def __str__(self) -> str:
        """The text."""
        return self.text

    def value(self, moment: Moment, stage: str, *, sign: bool = True) -> bool | None:
        """Of nobody nothing holds, negated or not."""
        if PLACE[self._stage(moment)] > PLACE[stage]:
            return None
        if self.dimension is None and moment.person is None:
            return False
        return self.holds(moment) is sign

    def false_parts(self, moment: Moment, *, sign: bool = True) -> list[str]:
        """Itself when it is false."""
        shown = self.text if sign else f"not {self.text}"
        return [] if self.value(moment, STAGES[-1], sign=sign) else [shown]

    def _stage(self, moment: Moment) -> str:
        if self.dimension is None:
            return "consent" if moment.is_denied else "audience"
        return "audience" if self.is_residual else moment.stages[self.dimension]


def residual(one: Condition) -> Condition:
    """`one` as a part that fits into no row."""
    match one:
        case Joined():
            return Joined(one.word, tuple(map(residual, one.parts)))
        case Negated():
            return Negated(residual(one.inner))
        case Leaf():
            return Leaf(one.text, one.holds, one.dimension, is_residual=True)
    raise TypeError(one)


def _asked(dimension: str, text: str, holds: Callable[[Said], bool]) -> Condition:
    def present(moment: Moment) -> bool:
        return dimension in moment.said and holds(moment.said[dimension])

    return Leaf(text, present, dimension)


def _listed(texts: Iterable[str | int]) -> str:
    return "{" + ", ".join(json.dumps(text) for text in texts) + "}"


def present(dimension: str) -> Condition:
    """Something is said."""
    return _asked(dimension, f"has(ctx.{dimension})", lambda _: True)


def is_(dimension: str, value: str | int) -> Condition:
    """Equal."""
    return _asked(dimension, f"ctx.{dimension} = {json.dumps(value)}", lambda said: said == value)


def differs(dimension: str, value: str | int) -> Condition:
    """Said, and not equal."""
    return _asked(dimension, f"ctx.{dimension} != {json.dumps(value)}", lambda said: said != value)


def among(dimension: str, *values: str | int) -> Condition:
    """One of these."""
    return _asked(dimension, f"ctx.{dimension} in {_listed(values)}", lambda said: said in values)


def outside(dimension: str, *values: str | int) -> Condition:
    """Said, and none of these."""
    return _asked(dimension, f"ctx.{dimension} not in {_listed(values)}", lambda said: said not in values)


def on(dimension: str, name: str, members: Iterable[str]) -> Condition:
    """On a list."""
    return _asked(dimension, f"ctx.{dimension} in list({json.dumps(name)})", lambda said: said in set(members))


def off(dimension: str, name: str, members: Iterable[str]) -> Condition:
    """Said, and not on a list."""
    return _asked(dimension, f"ctx.{dimension} not in list({json.dumps(name)})", lambda said: said not in set(members))


def starts(dimension: str, start: str) -> Condition:
    """A text that begins like this."""
    return _asked(
        dimension, f"ctx.{dimension} starts_with {json.dumps(start)}", lambda said: str(said).startswith(start)
    )


def contains(dimension: str, middle: str) -> Condition:
    """A text with this in it."""
    return _asked(dimension, f"ctx.{dimension} contains {json.dumps(middle)}", lambda said: middle in str(said))


def has(dimension: str, member: str) -> Condition:
    """A set with this in it."""
    return _asked(dimension, f"ctx.{dimension} has {json.dumps(member)}", lambda said: member in members(said))


def has_any(dimension: str, *wanted: str) -> Condition:
    """A set with one of these in it."""
    return _asked(
        dimension, f"ctx.{dimension} has any {_listed(wanted)}", lambda said: bool(members(said) & set(wanted))
    )


def has_all(dimension: str, *wanted: str) -> Condition:
    """A set with all of these in it."""
    return _asked(dimension, f"ctx.{dimension} has all {_listed(wanted)}", lambda said: members(said) >= set(wanted))


def has_listed(dimension: str, name: str, wanted: Iterable[str]) -> Condition:
    """A set with something on a list in it."""
    text = f"ctx.{dimension} has any list({json.dumps(name)})"
    return _asked(dimension, text, lambda said: bool(members(said) & set(wanted)))


COMPARED: Final[dict[str, Callable[[Fraction, Fraction], bool]]] = {
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}


def number(dimension: str, operator: str, than: str) -> Condition:
    """A number in this order to another."""

    def holds(said: Said) -> bool:
        assert not isinstance(said, (tuple, frozenset))
        return COMPARED[operator](Fraction(said), Fraction(than))

    return _asked(dimension, f"ctx.{dimension} {operator} {than}", holds)


EARTH: Final = 6_371_008.8
"""Mean radius in metres."""


def near(dimension: str, metres: int, latitude: float, longitude: float) -> Condition:
    """A place at most so far away."""

    def holds(said: Said) -> bool:
        assert isinstance(said, tuple)
        north, east = radians(said[0] - latitude), radians(said[1] - longitude)
        chord = sin(north / 2) ** 2 + cos(radians(latitude)) * cos(radians(said[0])) * sin(east / 2) ** 2
        return 2 * EARTH * asin(sqrt(chord)) <= metres

    return _asked(dimension, f"ctx.{dimension} within {metres // 1000}km of ({latitude}, {longitude})", holds)


def members(said: Said) -> frozenset[str]:
    """The set that is said."""
    assert isinstance(said, frozenset)
    return said


@dataclass(frozen=True, slots=True)
class Pricing:
    """What a line item bids before it meets a floor."""

    base: str
    maximum: str | None = None
    groups: Mapping[str, Mapping[Condition, str]] = field(default_factory=dict)

    def micros(self, moment: Moment) -> int:
        """One division, rounded down, at most the maximum."""
        price = Fraction(self.base)
        for group in self.groups.values():
            factors = [Fraction(factor) for condition, factor in group.items() if condition.value(moment, STAGES[-1])]
            price *= max(factors, default=Fraction(1))
        if self.maximum is not None:
            price = min(price, Fraction(self.maximum))
        return int(price * 1_000_000)
