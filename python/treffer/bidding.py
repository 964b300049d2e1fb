"""What an engine bids in exchanges, and the exposures that may come of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treffer import codec, holding, trade
from treffer.asking import Asking
from treffer.v1 import book_pb2, match_pb2, status_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Literal

    from treffer.auction import BidResponse
    from treffer.reservation import Confirmation, Reservation, ReservationResult, Spend


class Bidding(Asking):
    """Answers exchanges and holds exposures that may come, in the process or behind gRPC."""

    def bid(  # noqa: PLR0913 - each says one thing more about the answer
        self,
        requests: Iterable[bytes | str | Mapping[str, object]],
        *,
        encoding: Literal["json", "protobuf"] = "json",
        exchange: str = "",
        reasons: bool = False,
        reserve: bool = False,
        basis: bool = False,
    ) -> tuple[BidResponse, ...]:
        """Answer OpenRTB 2.5 and 2.6 requests, each with a bid response in its encoding, to send as it is.

        `exchange` is what `ctx.exchange` is. With `reasons` a response tells in `ext.seatnonbid` at which stages how
        many line items fell, with `basis` in `ext.basis` what it was made from. To `reserve` holds what is bid, but for
        tests, and leaves out what is refused. What cannot be read gets a no-bid, and its `fault` is told. Which ids are
        read, and as whose, is settled by the settings `openrtb_...` when the engine is opened.
        """
        request = match_pb2.BidOpenRtbRequest(
            encoding=codec.word(trade.ENCODINGS, encoding, "encoding"),
            requests=map(trade.openrtb, requests),
            exchange=exchange,
            reasons=reasons,
            reserve=reserve,
            basis=basis,
        )
        return trade.responses(self._ask(request, match_pb2.BidOpenRtbResponse))

    def reserve(self, rows: Iterable[Reservation]) -> tuple[ReservationResult, ...]:
        """Hold exposures that may come: status, flight, budget and caps are judged again, one row after the other.

        What is held counts for caps until it is confirmed, called off, or lapses. The same key again changes nothing.
        """
        return holding.results(self._ask(holding.reserve(rows), match_pb2.ReserveResponse))

    def confirm(self, rows: Iterable[str | Confirmation]) -> tuple[ReservationResult, ...]:
        """Say that exposures have come, by key: each becomes an event whose id is its key, and its cost is spent.

        One that was called off or has lapsed counts too; again changes nothing.
        """
        return holding.results(self._ask(holding.confirm(rows), match_pb2.ConfirmReservationsResponse))

    def cancel(self, keys: Iterable[str]) -> tuple[ReservationResult, ...]:
        """Say that exposures will not come, by key. What is confirmed stays."""
        request = match_pb2.CancelReservationsRequest(keys=[keys] if isinstance(keys, str) else keys)
        return holding.results(self._ask(request, match_pb2.CancelReservationsResponse))

    def spend(self, line_item: str) -> Spend:
        """Tell what a line item has spent and with what probability it takes part. Unknown: `NotFound`."""
        request = book_pb2.GetLineItemRequest(name=line_item)
        return holding.spend(self._ask(request, book_pb2.GetLineItemResponse).spend)

    def reservations(self) -> dict[str, int]:
        """Tell what became of reservations, in numbers that begin with the engine.

        `known` keys, those of the last three hours; `made`, `confirmed`, `cancelled`, `lapsed`; of the confirmed those
        that came `late`, after a lapse or a cancellation, and of these the ones beyond a cap, `cap_overrun`.
        """
        return holding.counters(self._ask(status_pb2.GetStatusRequest(), status_pb2.GetStatusResponse).reservations)
