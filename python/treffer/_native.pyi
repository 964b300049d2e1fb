"""The engine, in Rust. `treffer.open` is the way to it; bitmaps are offered as `treffer.Bitmap`.

Every call lets other threads run while it works. Arguments of a wrong type raise TypeError.
"""

from typing import ClassVar, Literal, SupportsIndex, final

import numpy as np
import numpy.typing as npt

__all__ = ["Bitmap", "Engine", "Expression", "StatusError"]

class StatusError(Exception):
    """A call ended with another status than OK. The message is the status's own."""

    status: bytes
    """An encoded `google.rpc.Status`: code, message, `ErrorInfo` and, for a field, `BadRequest`."""

@final
class Engine:
    """An engine in this process and in memory."""

    def __new__(
        cls,
        clock: Literal["system", "events", "manual"] = "system",
        gdpr_unless_said: bool | None = None,
        openrtb: dict[str, object] | None = None,
        keeping: dict[str, int] | None = None,
        auctions: dict[str, int] | None = None,
    ) -> Engine:
        """Make an engine that knows nothing. An unknown clock raises ValueError.

        `gdpr_unless_said`: whether GDPR applies to auctions that do not say; without it such an auction is refused.
        `openrtb`: how OpenRTB requests are read, with all of the keys user, buyer, device, sources, vendor,
        needs_inventory, least_tmax, seat, notices.
        `keeping`: how much is kept of auctions, with all of the keys log_one_in, log_age, log_bytes, delivery_one_in,
        delivery_bytes, views, view_age; ages in seconds.
        `auctions`: what they follow, with all of the keys coppa, lmt, dnt, open_bids, bids, seed.
        """

    def call(self, method: str, request: bytes, /) -> bytes:
        """Do one method of `treffer.v1`, named like `/treffer.v1.AudienceService/Count`, encoded.

        Raises StatusError, for an unknown method and bytes that are no such message too.
        """

    def match_table(self, table: object, ignore: list[str], reserve: bool, /) -> tuple[bytes, tuple[object, object]]:
        """Decide auctions as `/treffer.v1.MatchService/Match` does those of a stream, without writing one.

        `table` has `__arrow_c_stream__`. Gives an encoded answer without its rows, and these as `__arrow_c_array__`
        would. Raises StatusError.
        """

    def advance(self, milliseconds: int, /) -> None:
        """Move a manual clock, or confirm a jump of the system clock, to so many milliseconds since 1970-01-01 UTC.

        Raises StatusError for a clock that follows events, where no jump waits, for an earlier time, and outside 1900
        to 2200.
        """

    def time_auctions(self, arrow_stream: bytes, /) -> int:
        """Give the nanoseconds that deciding the auctions of an Arrow stream takes, nothing read and nothing answered.

        For benches: what `Engine.match` takes beside that is reading and answering. Raises StatusError.
        """

    def memory(self) -> dict[str, int]:
        """Give the bytes on the heap by part; which there are, `treffer.Engine.memory` tells."""

@final
class Bitmap:
    """An immutable set of ids from 0 to 2**32 - 1.

    `a & b`, `a | b`, `a ^ b` and `a - b` describe sets, with bitmaps or expressions on either side; nothing is built
    until the expression is asked.
    """

    def __new__(cls, ids: npt.NDArray[np.uint32] | None = None, /) -> Bitmap:
        """Make a set of the ids of a contiguous one-dimensional uint32 array, in any order, repeated or not.

        Raises TypeError for another dtype, ValueError where the array is not contiguous.
        """

    @staticmethod
    def from_bytes(portable: bytes, /) -> Bitmap:
        """Read the portable roaring format (32 bit), wherever it comes from. Damaged bytes raise ValueError."""

    @staticmethod
    def overlap(bitmaps: list[Bitmap], /) -> npt.NDArray[np.uint64]:
        """Count what each two of n bitmaps share, shape (n, n), symmetric; the diagonal holds their lengths."""

    def to_bytes(self) -> bytes:
        """Write the portable roaring format."""

    def to_numpy(self) -> npt.NDArray[np.uint32]:
        """Give all ids, rising, shape (len,)."""

    def __len__(self) -> int: ...
    def __contains__(self, key: SupportsIndex, /) -> bool: ...
    def __eq__(self, other: object, /) -> bool: ...
    __hash__: ClassVar[None]  # type: ignore[assignment]
    def __and__(self, other: Bitmap | Expression, /) -> Expression: ...
    def __or__(self, other: Bitmap | Expression, /) -> Expression: ...
    def __xor__(self, other: Bitmap | Expression, /) -> Expression: ...
    def __sub__(self, other: Bitmap | Expression, /) -> Expression: ...
    def __rand__(self, other: Bitmap | Expression, /) -> Expression: ...
    def __ror__(self, other: Bitmap | Expression, /) -> Expression: ...
    def __rxor__(self, other: Bitmap | Expression, /) -> Expression: ...
    def __rsub__(self, other: Bitmap | Expression, /) -> Expression: ...

@final
class Expression:
    """A set described by operators over bitmaps; each answer is computed chunk by chunk without building the set.

    An expression more than 1,000 deep raises ValueError when it is made.
    """

    def count(self) -> int:
        """Count the members."""

    def is_empty(self) -> bool:
        """Tell whether there is no member; stops at the first."""

    def __bool__(self) -> bool:
        """Tell whether there is a member, as of a set."""

    def exceeds(self, k: int, /) -> bool:
        """Tell whether there are more than `k` members; stops as soon as it is certain."""

    def members(self) -> Bitmap:
        """Build the set."""

    def sample(self, n: int, seed: int = 0) -> npt.NDArray[np.uint32]:
        """Draw `n` members evenly without replacement, rising, or all. Equal seeds draw equal ids."""

    def __and__(self, other: Bitmap | Expression, /) -> Expression: ...
    def __or__(self, other: Bitmap | Expression, /) -> Expression: ...
    def __xor__(self, other: Bitmap | Expression, /) -> Expression: ...
    def __sub__(self, other: Bitmap | Expression, /) -> Expression: ...
    def __rand__(self, other: Bitmap | Expression, /) -> Expression: ...
    def __ror__(self, other: Bitmap | Expression, /) -> Expression: ...
    def __rxor__(self, other: Bitmap | Expression, /) -> Expression: ...
    def __rsub__(self, other: Bitmap | Expression, /) -> Expression: ...
