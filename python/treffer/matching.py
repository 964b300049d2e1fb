"""Auctions on their way in, whichever form they have: Arrow, dicts of columns, OpenRTB requests, or `Auction`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import pyarrow as pa

from treffer import codec, slices, tables, trade
from treffer.auction import Auction, Place
from treffer.decisions import Decisions
from treffer.errors import InvalidArgument
from treffer.tables import ArrowArray, ArrowStream
from treffer.v1 import match_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeAlias

    from treffer.auction import Decision

    Ask: TypeAlias = Callable[[match_pb2.MatchRequest], match_pb2.MatchResponse]
    Direct: TypeAlias = Callable[[pa.Table, Sequence[str]], tuple[match_pb2.MatchResponse, pa.RecordBatch] | None]

REQUEST = "request"
MICROS = ("floor", "quantity")


@dataclass(frozen=True, slots=True)
class Way:
    """How an engine is asked."""

    room: int
    """Bytes that a message may take."""
    ask: Ask
    direct: Direct
    """Decides a table where it lies, without a message; `None` where the engine is elsewhere."""
    reserve: bool


def match(
    requests: ArrowStream | ArrowArray | Iterable[object], ignore: Sequence[str], way: Way
) -> Decisions | tuple[Decision, ...]:
    """Ask in the form in which requests come; Arrow is answered in Arrow."""
    # A table is told at once; asking protocols takes as long as deciding a few auctions.
    if isinstance(requests, pa.Table | ArrowStream | ArrowArray):
        return _decisions(tables.table(requests), ignore, way)
    if isinstance(requests, bytes | str | Mapping | Auction) or not isinstance(requests, Iterable):
        raise InvalidArgument(
            f"requests: {type(requests).__name__} is neither an Arrow table nor a list of requests", field="requests"
        )
    listed = list(requests)
    if not listed:
        return ()
    if len(auctions := [one for one in listed if isinstance(one, Auction)]) == len(listed):
        asked = match_pb2.MatchRequest(requests=trade.auctions(auctions), reserve=way.reserve)
        return trade.decisions(way.ask(asked))
    if len(rows := [one for one in listed if isinstance(one, Mapping) and REQUEST in one]) == len(listed):
        return tuple(_decisions(_rows(rows), ignore, way).each())
    if len(openrtb := [one for one in listed if isinstance(one, bytes | str | Mapping)]) == len(listed) and not rows:
        asked = match_pb2.MatchRequest(openrtb_json=map(trade.openrtb, openrtb), reserve=way.reserve)
        return trade.decisions(way.ask(asked))
    raise InvalidArgument(
        "requests: a list holds auctions, OpenRTB requests, or dicts with the key `request`, all of one kind",
        field="requests",
    )


def _decisions(table: pa.Table, ignore: Sequence[str], way: Way) -> Decisions:
    # More than a message has room for is decided message by message, which bounds what it takes.
    fits = table.get_total_buffer_size() <= way.room
    if fits and (found := way.direct(table, ignore)) is not None:
        answer, decided = found
        return Decisions(pa.Table.from_batches([decided]), codec.view(answer.view), answer.index)
    key = REQUEST if table.schema.get_field_index(REQUEST) >= 0 else None
    parts = slices.streams(table, way.room, key)
    asked = (match_pb2.MatchRequest(arrow_stream=one, ignore=ignore, reserve=way.reserve) for _, _, one in parts)
    answers = [way.ask(one) for one in asked]
    read = [codec.read_stream(answer.arrow_stream) for answer in answers]
    last = answers[-1]
    return Decisions(read[0] if len(read) == 1 else pa.concat_tables(read), codec.view(last.view), last.index)


def _rows(rows: Sequence[Mapping[str, object]]) -> pa.Table:
    """Dicts as a table; a key that a row lacks is null there."""
    names = dict.fromkeys(name for row in rows for name in row)
    return pa.table({name: _column(name, [_plain(name, row.get(name)) for row in rows]) for name in names})


def _column(name: str, cells: list[object]) -> pa.Array:
    try:
        return pa.array(cells)
    except (pa.ArrowException, OverflowError, TypeError, ValueError) as error:
        raise InvalidArgument(f"rows.{name}: {error}", field=f"rows.{name}") from error


def _plain(name: str, cell: object) -> object:  # noqa: PLR0911 - one flat match
    """What Arrow understands: lists for sets, structs for dicts and places, text for sizes."""
    match cell:
        case str() if name in MICROS:
            return trade.micros(cell, name) * trade.MICRO
        case Place():
            return {side: trade.micros(getattr(cell, side), name) * trade.MICRO for side in ("latitude", "longitude")}
        case int() | Decimal() if name in MICROS and not isinstance(cell, bool):
            return Decimal(cell)
        case Mapping():
            return {key: _plain(key, value) for key, value in cell.items()}
        case AbstractSet():
            return sorted(str(one) for one in cell)
        case (int() as width, int() as height) if name == "sizes":
            return f"{width}x{height}"
        case list() | tuple():
            return [_plain(name, one) for one in cell]
    return cell
