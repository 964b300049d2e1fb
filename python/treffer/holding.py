"""Between the nouns of reservations and the messages of the wire."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from treffer.blame import all_checked
from treffer.reservation import Confirmation, ReservationResult, Spend
from treffer.trade import micros, money, stage
from treffer.v1 import match_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Final

    from treffer.reservation import Outcome, Reservation
    from treffer.v1 import book_pb2, status_pb2

NANO: Final = Decimal("0.000000001")
ALWAYS: Final = 65_536


def reserve(rows: Iterable[Reservation]) -> match_pb2.ReserveRequest:
    """All rows in one request."""
    return match_pb2.ReserveRequest(reservations=all_checked(_reservation, rows, "reservations"))


def _reservation(one: Reservation) -> match_pb2.ReservationRequest:
    lapse = None if one.lapse is None else one.lapse // dt.timedelta(milliseconds=1)
    return match_pb2.ReservationRequest(
        request=one.request,
        impression=one.impression,
        line_item=one.line_item,
        ids=one.ids,
        price=money(one.price, one.currency, "price"),
        quantity_micros=micros(one.quantity, "quantity"),
        lapse_ms=lapse,
        exposure=one.exposure,
    )


def confirm(rows: Iterable[str | Confirmation]) -> match_pb2.ConfirmReservationsRequest:
    """All rows in one request; a key alone is paid at the bid."""
    rows = (rows,) if isinstance(rows, str) else rows
    named = (Confirmation(row) if isinstance(row, str) else row for row in rows)
    return match_pb2.ConfirmReservationsRequest(confirmations=all_checked(_confirmation, named, "confirmations"))


def _confirmation(one: Confirmation) -> match_pb2.ReservationConfirmation:
    return match_pb2.ReservationConfirmation(key=one.key, price=money(one.price, one.currency, "price"))


def results(
    message: match_pb2.ReserveResponse | match_pb2.ConfirmReservationsResponse | match_pb2.CancelReservationsResponse,
) -> tuple[ReservationResult, ...]:
    """Read what became of the rows."""
    return tuple(map(_result, message.results))


def _result(one: match_pb2.ReservationResult) -> ReservationResult:
    name = match_pb2.ReservationOutcome.Name(one.outcome).removeprefix("RESERVATION_OUTCOME_").lower()
    held = one.HasField("lapse_time")
    return ReservationResult(
        key=one.key,
        outcome=cast("Outcome", name),
        fell=stage(one.fell) if one.fell else None,
        lapses=one.lapse_time.ToDatetime(tzinfo=dt.UTC) if held else None,
        fault=one.fault.message if one.HasField("fault") else None,
    )


def spend(one: book_pb2.Spend) -> Spend:
    """Read what a line item has spent."""
    return Spend(total=one.total_nanos * NANO, day=one.day_nanos * NANO, pace=one.pace / ALWAYS, spent=one.spent)


def counters(one: status_pb2.ReservationStatus) -> dict[str, int]:
    """Read what became of reservations, in numbers."""
    return {field.name: getattr(one, field.name) for field in one.DESCRIPTOR.fields}
