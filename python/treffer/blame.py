"""Which field of a noun it is that the wire does not take."""

from __future__ import annotations

import dataclasses
import datetime as dt
import operator
from functools import cache
from typing import TYPE_CHECKING, Any, SupportsIndex, TypeVar

from treffer.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

N = TypeVar("N")
M = TypeVar("M")

WRONG = (AttributeError, OverflowError, TypeError, ValueError)
"""What protobuf raises for a value that has no place in a field, and conversions for one that they cannot read."""


def all_checked(convert: Callable[[N], M], nouns: Iterable[N], name: str) -> list[M]:
    """Convert nouns, each called `name[N]`; see `checked`."""
    return [checked(convert, noun, f"{name}[{place}]") for place, noun in enumerate(nouns)]


def checked(convert: Callable[[N], M], noun: N, name: str) -> M:
    """Convert a noun, called `name`, to a message; a lone text stands for a list of one.

    `InvalidArgument` names the field whose value the wire does not take: a wrong type, a number out of its range.
    """
    try:
        return convert(lone(noun))
    except WRONG as error:
        path = "".join([name, *_path(convert, noun)])
        # A conversion may know more than that, such as the key of a mapping.
        own = error.field if isinstance(error, InvalidArgument) else ""
        message = str(error).removeprefix(f"{own}: ")
        raise InvalidArgument(f"{path}: {message}", field=path) from error


def unsigned(number: object, name: str, bits: int = 32) -> int:
    """Give a whole number that the wire takes in so many bits; `InvalidArgument` names `name` for any other."""
    if isinstance(number, SupportsIndex) and 0 <= operator.index(number) < 2**bits:
        return operator.index(number)
    raise InvalidArgument(f"{name}: {number!r} is no whole number from 0 to 2**{bits} - 1", field=name)


def lone(noun: N) -> N:
    """Give the noun with each text that stands where texts belong as one of them, and not as its letters."""
    kind: type = type(noun)
    said = {name: getattr(noun, name) for name in _lists(kind)}
    alone = {name: (value,) for name, value in said.items() if isinstance(value, str)}
    return dataclasses.replace(noun, **alone) if alone else noun  # type: ignore[type-var]


@cache
def _lists(noun: type) -> tuple[str, ...]:
    """Names of the fields that hold several texts."""
    fields = dataclasses.fields(noun) if dataclasses.is_dataclass(noun) else ()
    return tuple(one.name for one in fields if str(one.type).startswith(("Sequence[str]", "Iterable[str]")))


def _path(convert: Callable[[Any], object], noun: Any) -> Iterator[str]:  # noqa: ANN401 - whatever a caller gives
    """Find the one field without which the noun converts, and go on inside of it."""
    if not dataclasses.is_dataclass(noun) or isinstance(noun, type):
        return
    fields = dataclasses.fields(noun)
    if any(hasattr(getattr(noun, field.name), "__next__") for field in fields):
        # What can be read only once has been.
        return
    for field in fields:

        def having(value: object, name: str = field.name) -> object:
            return convert(dataclasses.replace(noun, **{name: value}))

        if not any(_takes(having, value) for value in _usual(field)):
            continue
        yield f".{field.name}"
        value = getattr(noun, field.name)
        if isinstance(value, list | tuple):
            for place, one in enumerate(value):
                if not _takes(having, [one]):
                    yield f"[{place}]"
                    yield from _path(lambda other: having([other]), one)
                    return
        else:
            yield from _path(having, value)
        return


def _usual(field: dataclasses.Field[Any]) -> tuple[object, ...]:
    """Give values of which the wire takes one, whatever the field holds."""
    if field.default is not dataclasses.MISSING:
        return (field.default,)
    if field.default_factory is not dataclasses.MISSING:
        return (field.default_factory(),)
    return ("", 0, dt.timedelta())


def _takes(convert: Callable[[Any], object], value: object) -> bool:
    try:
        convert(value)
    except WRONG:
        return False
    return True
