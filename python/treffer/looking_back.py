"""What an engine can say of auctions afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from treffer import codec, trade
from treffer.asking import Asking
from treffer.auction import Auction, Decision
from treffer.errors import InvalidArgument
from treffer.hindsight import Delivery, DeliverySpan, DryRun, IndexSwap, PriceSpread, Replay
from treffer.v1 import delivery_pb2, match_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Final, Literal

    from treffer.auction import Basis
    from treffer.book import LineItem
    from treffer.codec import When

    Asked: TypeAlias = "Auction | bytes | str | Mapping[str, object]"

STEPS: Final[Mapping[str, int]] = {"minute": 60, "hour": 3_600}


class LookingBack(Asking):
    """The part of an engine that looks back at auctions."""

    def explain_decision(
        self,
        decision: Decision | str,
        line_items: Iterable[str] = (),
        *,
        request: Asked | None = None,
        basis: Basis | None = None,
        exchange: str = "",
    ) -> Replay:
        """Make a decision again, with the index and from the definitions, and say of line items what became of them.

        `decision` is one that was given, or the id of its request. One auction in `log_one_in` is kept for `log_age`
        with all that it depended on, so that no later edit changes it. Of others bring the `request`, and the `basis`
        where you bring the id alone (an OpenRTB request is read with `exchange`): that works while the engine keeps the
        view and the index, which are the latest few. What is kept nowhere raises `NotFound`; a request that is not the
        one that was decided, `InvalidArgument`.
        """
        told = decision.basis if isinstance(decision, Decision) else None
        asking = delivery_pb2.ExplainDecisionRequest(
            request_id=decision.request if isinstance(decision, Decision) else decision,
            line_items=[line_items] if isinstance(line_items, str) else line_items,
            exchange=exchange,
        )
        if found := basis or told:
            asking.basis.CopyFrom(trade.basis_message(found))
        if isinstance(request, Auction):
            asking.request.CopyFrom(trade.auction(request))
        elif request is not None:
            asking.openrtb_json = trade.openrtb(request)
        return _replay(self._ask(asking, delivery_pb2.ExplainDecisionResponse))

    def delivery(
        self, line_item: str, since: When | None = None, *, step: Literal["minute", "hour"] = "hour"
    ) -> Delivery:
        """Tell why a line item delivers or does not: where it fell in one of `delivery_one_in` auctions, by time.

        Minutes are kept for an hour, hours for thirty days, less where `delivery_bytes` do not suffice.
        """
        asking = delivery_pb2.GetDeliveryRequest(
            line_item=line_item,
            since=codec.timestamp(since, "since"),
            step_seconds=codec.word(STEPS, step, "step"),
        )
        answer = self._ask(asking, delivery_pb2.GetDeliveryResponse)
        spans = tuple(map(_span, answer.spans))
        return Delivery(line_item, answer.one_in, answer.shed, spans, codec.view(answer.view))

    def dry_run(self, line_item: LineItem, requests: Iterable[Asked] | None = None, *, exchange: str = "") -> DryRun:
        """Tell what would have become of a line item that is not defined, in the auctions of the log or in given ones.

        It is checked as `book` would check it; the name of a present line item stands for that. Nothing changes. Of the
        person only what was live counts as it was then; what else the rule asks is asked of what is known today.
        """
        asking = delivery_pb2.DryRunRequest(exchange=exchange)
        asking.line_item.CopyFrom(trade.line_item(line_item))
        for place, one in enumerate(requests or ()):
            if isinstance(one, Auction):
                asking.requests.append(trade.auction(one, f"requests[{place}]"))
            else:
                asking.openrtb_json.append(trade.openrtb(one))
        if requests is not None and not (asking.requests or asking.openrtb_json):
            raise InvalidArgument(
                "requests: none are given; without the argument those of the log count", field="requests"
            )
        return _dry_run(line_item.name, self._ask(asking, delivery_pb2.DryRunResponse))

    def index_swaps(self, after: int = 0) -> tuple[IndexSwap, ...]:
        """Tell since when which index decides auctions, those of versions after `after`; the last thousand are kept."""
        asking = delivery_pb2.ListIndexSwapsRequest(after=after)
        answer = self._ask(asking, delivery_pb2.ListIndexSwapsResponse)
        return tuple(
            IndexSwap(one.index, one.replaced, one.view, codec.instant(one.time) if one.HasField("time") else None)
            for one in answer.swaps
        )


def _replay(answer: delivery_pb2.ExplainDecisionResponse) -> Replay:
    decision = trade.decision(answer.decision, codec.view(answer.view), answer.basis.index)
    return Replay(
        decision=decision,
        source="log" if answer.source == delivery_pb2.DECISION_SOURCE_LOG else "view",
        same=answer.same if answer.HasField("same") else None,
        proven=answer.proven,
        verdicts=trade.verdicts(match_pb2.ExplainMatchResponse(verdicts=answer.verdicts)),
    )


def _span(one: delivery_pb2.DeliverySpan) -> DeliverySpan:
    return DeliverySpan(
        start=codec.instant(one.start),
        requests=one.requests,
        impressions=one.impressions,
        eligible=one.eligible,
        answered=one.answered,
        best=one.best,
        fallen=trade.fallen(one.fallen),
    )


def _dry_run(name: str, answer: delivery_pb2.DryRunResponse) -> DryRun:
    prices = (
        PriceSpread(one.currency, one.bids, tuple(price * trade.MICRO for price in one.quartiles_micros))
        for one in answer.prices
    )
    return DryRun(
        line_item=name,
        requests=answer.requests,
        impressions=answer.impressions,
        eligible=answer.eligible,
        fallen=trade.fallen(answer.fallen),
        unknown=answer.unknown,
        recalled=answer.recalled,
        prices=tuple(prices),
        view=codec.view(answer.view),
    )
