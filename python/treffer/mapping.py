"""Which column of a file is what: the mapping of an import."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, ValidationError

from treffer.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path
    from typing import Final

    from treffer.catalog import Catalog
    from treffer.declarations import Kind

Loadable: TypeAlias = Literal["items", "profiles", "events"]

ALL_OTHERS: Final = "*"
"""As a column to ignore: every one that is neither mapped nor declared."""

REQUIRED: Final = {"items": ("item",), "profiles": (), "events": ("event_id", "type", "time")}


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """How columns of a file become columns of a batch. Those it does not name keep their names."""

    columns: Mapping[str, str] = field(default_factory=dict)
    """Name in the batch to name in the file."""
    constants: Mapping[str, str] = field(default_factory=dict)
    """Name in the batch to what every row holds there."""
    ignore: frozenset[str] = frozenset()
    """Columns of the file to pass over; `*` for every other."""
    row_ids: bool = False
    """Whether `event_id` is FILE:ROW."""
    time_format: str = "iso"
    """`iso`, `unix`, `unix_ms`, or as strptime has it."""
    separator: str | None = None
    """What stands between the members of a string set."""


class _Said(BaseModel):
    """What may stand in a mapping file."""

    model_config = ConfigDict(extra="forbid", strict=True)

    map: dict[str, str] = {}
    set: dict[str, str] = {}
    ignore: list[str] = []
    event_id: Literal["row"] | None = None
    time_format: str = "iso"
    separator: str | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a batch, from the file or a constant."""

    name: str
    kind: Kind | None
    """`None`: not declared, which the engine will say."""
    source: str | None = None
    constant: str | None = None


def pairs(words: Iterable[str], option: str) -> dict[str, str]:
    """Read `NAME=TEXT` words. Raises `InvalidArgument` for a word without `=` and a name said twice."""
    answer: dict[str, str] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or not name:
            raise InvalidArgument(f"{option}: {word!r} is not NAME=TEXT", field=option)
        if name in answer:
            raise InvalidArgument(f"{option}: {name} is said twice", field=option)
        answer[name] = text
    return answer


def read(path: Path) -> ColumnMap:
    """Read a mapping file, TOML with `map`, `set`, `ignore`, `event_id`, `time_format` and `separator`."""
    try:
        said = _Said.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (ValidationError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidArgument(f"mapping: {path.name}: {error}", field="mapping") from error
    return ColumnMap(
        said.map,
        said.set,
        frozenset(said.ignore),
        row_ids=said.event_id is not None,
        time_format=said.time_format,
        separator=said.separator,
    )


def resolved(mapping: ColumnMap, what: Loadable, there: tuple[str, ...], catalog: Catalog) -> tuple[Column, ...]:
    """Find each column of the batch among those that are `there`, or say which is missing or meant twice."""
    known = kinds(what, catalog)
    missing = sorted(set(mapping.columns.values()) - set(there))
    if missing:
        raise InvalidArgument(
            f"map: the file has no column {', '.join(map(repr, missing))}, only {', '.join(there)}", field="map"
        )
    answer = [Column(name, known.get(name), source=source) for name, source in mapping.columns.items()]
    answer += [Column(name, known.get(name), constant=text) for name, text in mapping.constants.items()]
    answer += [Column(name, known.get(name), source=name) for name in _kept(mapping, there, known)]
    names = [column.name for column in answer] + ["event_id"] * mapping.row_ids
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InvalidArgument(
            f"map: {', '.join(twice)} would come from two places: ignore one column of the file", field="map"
        )
    _check_required(what, names, catalog)
    return tuple(answer)


def kinds(what: Loadable, catalog: Catalog) -> dict[str, Kind]:
    """What each column of a batch holds."""
    ids: dict[str, Kind] = {one.name: "string" for one in catalog.namespaces}
    match what:
        case "items":
            return {"item": "string", **{one.name: one.kind for one in catalog.item_attributes}}
        case "profiles":
            return {"time": "instant", **ids, **{one.name: one.kind for one in catalog.attributes}}
        case "events":
            fields: dict[str, Kind] = dict.fromkeys(("event_id", "type", "item", "channel"), "string")
            fields |= {"time": "instant", "value": "decimal", "quantity": "integer"}
            for event_type in catalog.event_types:
                fields |= event_type.properties
            return fields | ids


def _kept(mapping: ColumnMap, there: tuple[str, ...], known: Mapping[str, Kind]) -> list[str]:
    used = set(mapping.columns.values()) | mapping.ignore
    kept = [name for name in there if name not in used]
    return [name for name in kept if name in known] if ALL_OTHERS in mapping.ignore else kept


def _check_required(what: Loadable, names: list[str], catalog: Catalog) -> None:
    lacking = [name for name in REQUIRED[what] if name not in names]
    if what != "items" and not any(one.name in names for one in catalog.namespaces):
        lacking.append("an id (a column named after a namespace)")
    if lacking:
        raise InvalidArgument(f"file: {what} need {', '.join(lacking)}: map a column or set a constant", field="map")
