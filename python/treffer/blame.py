"""Which field of a noun it is that the wire does not take."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING, Any, TypeVar

from treffer.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

N = TypeVar("N")
M = TypeVar("M")


def all_checked(convert: Callable[[N], M], nouns: Iterable[N], name: str) -> list[M]:
    """Convert nouns, each called `name[N].`; see `checked`."""
    return [checked(convert, noun, f"{name}[{place}]", prefix=f"{name}[{place}].") for place, noun in enumerate(nouns)]


def checked(convert: Callable[[N], M], noun: N, name: str, *, prefix: str = "") -> M:
    """Convert a noun, called `name`, to a message.

    `InvalidArgument` names the field whose value the wire does not take: a wrong type, a number out of its range.
    Faults that the conversion names itself are told with `prefix` before them.
    """
    try:
        return convert(noun)
    except InvalidArgument as error:
        if not prefix:
            raise
        raise InvalidArgument(f"{prefix}{error}", field=f"{prefix}{error.field}") from error
    except (AttributeError, OverflowError, TypeError, ValueError) as error:
        path = "".join([name, *_path(convert, noun)])
        raise InvalidArgument(f"{path}: {error}", field=path) from error


def _path(convert: Callable[[Any], object], noun: Any) -> Iterator[str]:  # noqa: ANN401 - whatever a caller gives
    """Find the one field without which the noun converts, and go on inside of it."""
    if not dataclasses.is_dataclass(noun) or isinstance(noun, type):
        return
    for field in dataclasses.fields(noun):

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
    except (AttributeError, OverflowError, TypeError, ValueError):
        return False
    return True
