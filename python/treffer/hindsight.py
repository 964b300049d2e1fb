"""Auctions afterwards: why a decision was as it was, why a line item does not deliver, what another would have done."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from treffer.auction import STAGES
from treffer.grid import grid

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping
    from decimal import Decimal
    from typing import Literal

    from treffer.auction import Decision, Verdict
    from treffer.view import View


@dataclass(frozen=True, slots=True)
class Replay:
    """A decision that was made again from what it was made from."""

    decision: Decision
    """As the index makes it again."""
    source: Literal["log", "view"]
    """Where it came from: the sampled log, or the caller's request and a view that was still at hand."""
    same: bool | None
    """Whether it is the very answer that was given; `None`: nobody kept that."""
    proven: bool
    """Whether the definitions give it too, line item by line item."""
    verdicts: tuple[Verdict, ...]
    """On the line items that were asked for, impression after impression."""

    def __bool__(self) -> bool:
        """Whether nothing speaks against it."""
        return self.proven and self.same is not False

    def to_dict(self) -> dict[str, object]:
        """Give plain types that JSON knows; amounts as text."""
        basis = self.decision.basis
        return {
            "source": self.source,
            "same": self.same,
            "proven": self.proven,
            "basis": basis.to_dict() if basis else None,
            "decision": self.decision.to_dict(),
            "verdicts": [one.to_dict() for one in self.verdicts],
        }

    def __str__(self) -> str:
        """Show what it was made from, the decision, and what speaks against line items."""
        answer = {None: "nobody kept the answer", True: "the same answer", False: "ANOTHER ANSWER"}[self.same]
        proof = "proven" if self.proven else "NOT WHAT THE DEFINITIONS SAY"
        head = f"from the {self.source}, {self.decision.basis}: {answer}, {proof}"
        return "\n".join([head, str(self.decision), *map(str, self.verdicts)])


@dataclass(frozen=True, slots=True)
class DeliverySpan:
    """What became of a line item in a minute or an hour."""

    start: dt.datetime | None
    """`None`: of the whole time."""
    requests: int
    """Sampled ones, those in which nobody looked at it too."""
    impressions: int
    """In which it was looked at: the eligible and the fallen."""
    eligible: int
    answered: int
    """Of the eligible those in which its bid was part of the answer."""
    best: int
    """Of those in which it came first."""
    fallen: Mapping[str, int]
    """By stage, in the order of the checks."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Why a line item delivers, or does not: what became of it in sampled auctions."""

    line_item: str
    one_in: int
    """So many requests stand behind a sampled one; 0: nothing is sampled."""
    shed: int
    """Samples since the start of the engine that nobody counted, since too many waited."""
    spans: tuple[DeliverySpan, ...]
    """Those in which anything was sampled, the oldest first."""
    view: View

    @property
    def total(self) -> DeliverySpan:
        """Add up all spans."""
        fallen: Counter[str] = Counter()
        for span in self.spans:
            fallen.update(span.fallen)
        return DeliverySpan(
            None,
            sum(span.requests for span in self.spans),
            sum(span.impressions for span in self.spans),
            sum(span.eligible for span in self.spans),
            sum(span.answered for span in self.spans),
            sum(span.best for span in self.spans),
            {stage: fallen[stage] for stage in self._stages()},
        )

    def _stages(self) -> list[str]:
        """Name the stages at which it fell, in the order of the checks."""
        seen = {stage for span in self.spans for stage in span.fallen}
        return [stage for stage in STAGES if stage in seen]

    def to_dict(self) -> dict[str, object]:
        """Give plain types that JSON knows."""
        return {
            "line_item": self.line_item,
            "one_in": self.one_in,
            "shed": self.shed,
            "spans": [_span_dict(span) for span in self.spans],
            "total": _span_dict(self.total),
        }

    def __str__(self) -> str:
        """Show a table of spans, and what they come to."""
        if not self.spans:
            return f"{self.line_item}: nothing was sampled, of one request in {self.one_in:,}"
        stages = self._stages()
        head = ("time", "requests", "impressions", "eligible", "answered", "best", *stages)
        rows = [_row(span, stages) for span in (*self.spans, self.total)]
        return f"{self.line_item}, one request in {self.one_in:,}\n{grid(head, rows)}"


def _row(span: DeliverySpan, stages: Iterable[str]) -> list[object]:
    time = "all" if span.start is None else f"{span.start:%Y-%m-%d %H:%M}"
    counts = (span.requests, span.impressions, span.eligible, span.answered, span.best)
    return [time, *counts, *(span.fallen.get(stage, 0) for stage in stages)]


def _span_dict(span: DeliverySpan) -> dict[str, object]:
    start = None if span.start is None else span.start.isoformat()
    counts = ("requests", "impressions", "eligible", "answered", "best")
    return {"start": start} | {name: getattr(span, name) for name in counts} | {"fallen": dict(span.fallen)}


@dataclass(frozen=True, slots=True)
class PriceSpread:
    """How bids in one currency lie, each impression by the highest."""

    currency: str
    bids: int
    quartiles: tuple[Decimal, ...]
    """The least, the three quartiles, and the highest; CPM."""


@dataclass(frozen=True, slots=True)
class DryRun:
    """What would have become of a line item: impressions are the eligible, the fallen and the unknown."""

    line_item: str
    requests: int
    impressions: int
    eligible: int
    fallen: Mapping[str, int]
    """By stage, in the order of the checks."""
    unknown: int
    """The log lacks what the rule asks of a person whom nobody knows any more."""
    recalled: int
    """A condition that was not live then was asked of what is known of the person today, at the time of the request."""
    prices: tuple[PriceSpread, ...]
    view: View

    def to_dict(self) -> dict[str, object]:
        """Give plain types that JSON knows; amounts as text."""
        counts = ("line_item", "requests", "impressions", "eligible", "unknown", "recalled")
        prices = [
            {"currency": one.currency, "bids": one.bids, "quartiles": [str(price) for price in one.quartiles]}
            for one in self.prices
        ]
        return {name: getattr(self, name) for name in counts} | {"fallen": dict(self.fallen), "prices": prices}

    def __str__(self) -> str:
        """Show how many impressions it would have bid for, at what prices, and where the rest fell."""
        head = f"{self.line_item}: eligible in {self.eligible:,} of {self.impressions:,} impressions"
        lines = [f"{head} of {self.requests:,} requests"]
        if self.recalled or self.unknown:
            lines.append(f"{self.recalled:,} asked of what is known of people today, {self.unknown:,} unknown")
        if self.prices:
            names = ("price", "bids", "least", "quarter", "median", "three quarters", "highest")
            rows = [(one.currency, one.bids, *map(str, one.quartiles)) for one in self.prices]
            lines.append(grid(names, rows))
        if self.fallen:
            lines.append(grid(("fell at", "impressions"), list(self.fallen.items())))
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class IndexSwap:
    """From when on auctions were decided with another index."""

    index: int
    """Its version, which is that of the book it was built from."""
    replaced: int
    """The version before; 0 at the first."""
    view: int
    time: dt.datetime | None
