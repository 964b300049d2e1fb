"""How the parts of an engine ask: one message to the call that takes it, and its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from google.protobuf.message import Message

from treffer import contract
from treffer.errors import raised
from treffer.transport import Refused
from treffer.v1 import match_pb2

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from treffer.transport import Transport

A = TypeVar("A", bound=Message)


class Asking:
    """A part of an engine, in the process or behind gRPC."""

    _transport: Transport

    def _ask(self, request: Message, answer: type[A]) -> A:
        method = contract.BY_REQUEST[request.DESCRIPTOR.full_name]
        try:
            return answer.FromString(self._transport.call(method, request.SerializeToString()))
        except Refused as refusal:
            raise raised(refusal.status, request) from None

    def _match_table(
        self, table: pa.Table, ignore: Sequence[str], *, reserve: bool
    ) -> tuple[match_pb2.MatchResponse, pa.RecordBatch] | None:
        try:
            found = self._transport.match_table(table, ignore, reserve=reserve)
        except Refused as refusal:
            raise raised(refusal.status) from None
        if found is None:
            return None
        answer, decided = found
        return match_pb2.MatchResponse.FromString(answer), decided
