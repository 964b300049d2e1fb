"""Reservations: exposures that may come, what becomes of them, and what they cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta
    from decimal import Decimal

    from treffer.book import Amount

Outcome: TypeAlias = Literal["done", "again", "fell", "confirmed", "unknown", "faulty"]
"""What became of one row.

`done`; `again`: it was done before, and that stands; `fell`: the line item may not be shown; `confirmed`: the exposure
has come, and that stands; `unknown`: nobody has reserved it within the last three hours; `faulty`: the row is wrong.
"""


@dataclass(frozen=True, slots=True)
class Reservation:
    """An exposure that may come: it counts for the caps of its person until it is confirmed, called off, or lapses."""

    request: str
    """Its id. Whoever reserves without an auction, such as a sender of mails, makes one up."""
    line_item: str
    impression: str = ""
    """Within the request; empty where there is none."""
    ids: Sequence[str] = ()
    """Of the person, as `crm:4711`; the known one of the highest priority counts, else one becomes known."""
    price: Amount = 0
    """The bid, CPM."""
    currency: str = ""
    """Of the price; empty: USD."""
    quantity: Amount = 1
    """For how many exposures it stands."""
    lapse: timedelta | None = None
    """After which it does not count any more, at most an hour; `None`: five minutes."""
    exposure: str = ""
    """That may come, by event type, which has a property `line_item`; empty: `impression`."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """An exposure that has come."""

    key: str
    """Of the reservation."""
    price: Amount | None = None
    """That was cleared, CPM; `None`: the bid."""
    currency: str = ""
    """Of the price; empty: USD."""


@dataclass(frozen=True, slots=True)
class ReservationResult:
    """What became of one row."""

    key: str
    """Of the reservation: what notices carry, and confirming and calling off take."""
    outcome: Outcome
    fell: str | None
    """The stage at which the line item fell: `status`, `flight`, `budget`, `cap` or `cap_state_missing`."""
    lapses: datetime | None
    """From when on it does not count any more; `None` unless it is held."""
    fault: str | None
    """What is wrong with the row."""

    def __bool__(self) -> bool:
        """Tell whether what was asked for is so."""
        return self.outcome in {"done", "again"}


@dataclass(frozen=True, slots=True)
class Spend:
    """What confirmed exposures of a line item have cost, in its campaign's currency."""

    total: Decimal
    day: Decimal
    """On the day of the view's time, as the campaign counts days."""
    pace: float
    """With what probability it takes part: 1 unless it spends evenly."""
    spent: bool
    """Whether its budget or its campaign's is spent."""
