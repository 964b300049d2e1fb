"""Batch after batch into an engine, a report for each."""

from __future__ import annotations

import contextlib
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from google.rpc import status_pb2

from treffer import codec
from treffer.errors import Internal, TrefferError, raised
from treffer.report import Report
from treffer.transport import Refused
from treffer.v1 import common_pb2, ingest_pb2
from treffer.view import View

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from treffer.exchange import Exchange
    from treffer.tables import Batch

    Cut: TypeAlias = Callable[[Batch], Iterable[tuple[int, bytes]]]


@dataclass(frozen=True, slots=True)
class Sent:
    """A batch that is under way."""

    number: int
    first_rows: Sequence[int]
    """Of its parts: a large batch goes in several requests."""
    fault: TrefferError | None = None
    """Why it, or the rest of it, never left."""


def reports(
    open_exchange: Callable[[], Exchange], batches: Iterable[Batch], cut: Cut, ignore: Sequence[str], ahead: int
) -> Iterator[Report]:
    """Send each batch in the parts that `cut` makes of it, at most `ahead` before the oldest report is awaited."""
    waiting: deque[Sent] = deque()
    seen = View(0, None)
    with contextlib.closing(open_exchange()) as exchange:
        for number, batch in enumerate(batches):
            waiting.append(_send(exchange, number, batch, cut, ignore))
            while waiting and (len(waiting) > ahead or exchange.ready(len(waiting[0].first_rows))):
                report = _receive(exchange, waiting.popleft(), seen)
                seen = report.view
                yield report
        while waiting:
            report = _receive(exchange, waiting.popleft(), seen)
            seen = report.view
            yield report


def _send(exchange: Exchange, number: int, batch: Batch, cut: Cut, ignore: Sequence[str]) -> Sent:
    first_rows = []
    try:
        for first_row, stream in cut(batch):
            request = ingest_pb2.StreamEventsRequest(batch=number, arrow_stream=stream, ignore=ignore)
            exchange.send(request.SerializeToString())
            first_rows.append(first_row)
    except TrefferError as error:
        return Sent(number, first_rows, error)
    return Sent(number, first_rows)


def _receive(exchange: Exchange, sent: Sent, seen: View) -> Report:
    """The report of a batch; the first fault of its parts is its own."""
    parts: list[tuple[int, common_pb2.View, ingest_pb2.Report]] = []
    fault = None
    for first_row in sent.first_rows:
        answer = _answer(exchange)
        if answer.batch != sent.number:
            raise Internal(f"batch {answer.batch} was answered, and batch {sent.number} asked", reason="INTERNAL")
        if answer.HasField("status"):
            fault = fault or raised(status_pb2.Status.FromString(answer.status.SerializeToString()))
        parts.append((first_row, answer.view, answer.report))
    if not parts:
        return Report(0, 0, 0, 0, codec.NONE_REFUSED, seen, sent.fault)
    return replace(codec.report(parts), fault=fault or sent.fault)


def _answer(exchange: Exchange) -> ingest_pb2.StreamEventsResponse:
    try:
        return ingest_pb2.StreamEventsResponse.FromString(exchange.receive())
    except Refused as refusal:
        raise raised(refusal.status) from None
