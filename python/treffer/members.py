"""Who is in an audience."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, SupportsIndex, TypeAlias

import numpy as np
import pyarrow as pa
from pyroaring import BitMap

from treffer import blame, codec
from treffer.errors import Aborted
from treffer.v1 import audience_pb2

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from treffer.view import View

Ask: TypeAlias = Callable[[audience_pb2.MembersRequest], audience_pb2.MembersResponse]


@dataclass(frozen=True, eq=False, repr=False)
class Members:
    """The profiles of an audience in one view: a set of dense numbers, and by them any other form.

    Dense numbers are good within the engine that gave them; outside, profiles are known by their ids.
    """

    view: View
    total: int
    """Size of the whole audience, of which this may be a sample."""
    _request: audience_pb2.MembersRequest
    _bitmap: bytes
    _ask: Ask

    def __len__(self) -> int:
        """How many profiles these are."""
        return len(self._set)

    def __contains__(self, profile: object) -> bool:
        """Tell whether a dense number is among them."""
        if not isinstance(profile, SupportsIndex):
            return False
        number = operator.index(profile)
        return 0 <= number < 2**32 and number in self._set

    def __repr__(self) -> str:
        """Show the size; the members are many."""
        return f"<{len(self):,} members in view {self.view.version}>"

    def to_numpy(self) -> NDArray[np.uint32]:
        """Give the dense numbers, rising."""
        return np.array(self._set.to_array(), np.uint32)

    def to_bitmap(self) -> BitMap:
        """Give the dense numbers as a roaring bitmap of the caller's own."""
        return BitMap(self._set)

    def to_arrow(self, *namespaces: str) -> pa.Table:
        """Give a column `profile` (uint32, rising) and one column of ids per namespace, null where there is none.

        Of several ids of a profile the bytewise smallest is given. Ids are read when asked for: if the audience has
        changed since these members were counted, `Aborted` is raised. An unknown namespace raises `NotFound`.
        """
        if not namespaces:
            return pa.table({"profile": pa.array(self.to_numpy())})
        request = audience_pb2.MembersRequest(form=audience_pb2.MEMBERS_FORM_ARROW, namespaces=namespaces)
        request.MergeFrom(self._request)
        answer = self._ask(request)
        pages = [codec.read_stream(answer.arrow_stream)]
        while answer.next_page_token:
            request.page_token = answer.next_page_token
            answer = self._ask(request)
            pages.append(codec.read_stream(answer.arrow_stream))
        table = pa.concat_tables(pages)
        if not np.array_equal(table["profile"].to_numpy(), self.to_numpy()):
            raise Aborted("the audience has changed since these members were asked for: ask again", reason="MOVED_ON")
        return table

    def ids(self, namespace: str) -> pa.ChunkedArray:
        """Give the ids in one namespace as Arrow strings, one per member in the order of `to_numpy`; see `to_arrow`."""
        return self.to_arrow(namespace)[namespace]

    def sample(self, n: int, seed: int = 0) -> Members:
        """Draw `n` members evenly, or all when there are fewer; the same seed in the same view draws the same."""
        request = audience_pb2.MembersRequest(sample=blame.unsigned(n, "n"), seed=blame.unsigned(seed, "seed", 64))
        drawn = audience_pb2.MembersRequest()
        drawn.CopyFrom(self._request)
        drawn.MergeFrom(request)
        return asked(drawn, self._ask)

    @cached_property
    def _set(self) -> BitMap:
        return BitMap.deserialize(self._bitmap)


def asked(request: audience_pb2.MembersRequest, ask: Ask) -> Members:
    """Ask for the members that `request` means, whichever its form, and hold on to the instant they are of."""
    asking = audience_pb2.MembersRequest()
    asking.CopyFrom(request)
    asking.form = audience_pb2.MEMBERS_FORM_BITMAP
    answer = ask(asking)
    held = audience_pb2.MembersRequest()
    held.CopyFrom(request)
    if answer.view.HasField("time"):
        held.at.CopyFrom(answer.view.time)
    return Members(codec.view(answer.view), answer.total, held, answer.bitmap, ask)
