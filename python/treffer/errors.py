"""What can go wrong, as Python exceptions: one table from canonical status codes, the same in process and over gRPC."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.rpc import code_pb2, error_details_pb2, status_pb2

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final

    from google.protobuf.message import Message


class TrefferError(Exception):
    """Anything that treffer refuses or fails to do; the classes below say whose turn it is.

    `field` names the request field at fault, such as `rule` or `entries[2].line_item.rule`, and is empty where none is.
    `position` is the half-open span of characters at fault within that field's text, `None` where it is no text.
    `rule` is the text that `position` points into. `reason` is a stable word for programs, such as `INVALID_RULE`.
    `metadata` holds what belongs to the reason, such as `noun` and `name` of what is not found.
    """

    def __init__(  # noqa: PLR0913 - all by name, all optional
        self,
        message: str,
        *,
        field: str = "",
        position: tuple[int, int] | None = None,
        reason: str = "",
        rule: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        """Keep what the caller needs to find the fault."""
        super().__init__(message)
        self.message = message
        self.field = field
        self.position = position
        self.reason = reason
        self.rule = rule
        self.metadata = dict(metadata or {})

    def __str__(self) -> str:
        """Show the message alone; `KeyError` would quote it."""
        return self.message


class Cancelled(TrefferError):  # noqa: N818 - named after the canonical code, like all below
    """The call was cancelled, usually by this side."""


class Unknown(TrefferError):  # noqa: N818
    """The other side failed without saying how."""


class InvalidArgument(TrefferError, ValueError):  # noqa: N818
    """The request is wrong, whatever the state: a bad rule, an undeclared column, a value out of range."""


class DeadlineExceeded(TrefferError, TimeoutError):  # noqa: N818
    """No answer within the timeout; a write may still have happened."""


class NotFound(TrefferError, KeyError):  # noqa: N818
    """Something named does not exist: a profile, a segment, an attribute."""


class AlreadyExists(TrefferError, ValueError):  # noqa: N818
    """The name is taken by something else."""


class PermissionDenied(TrefferError, PermissionError):  # noqa: N818
    """The caller may not do this."""


class ResourceExhausted(TrefferError):  # noqa: N818
    """Too much at once: a limit of the engine, or more calls than the server admits. Later or smaller may work."""


class FailedPrecondition(TrefferError, RuntimeError):  # noqa: N818
    """The state forbids it now: defined otherwise, in use, a clock that does not go by hand."""


class Aborted(TrefferError):  # noqa: N818
    """Another change came between; read again and retry."""


class OutOfRange(TrefferError, ValueError):  # noqa: N818
    """Past the end: a page or a cursor that is no longer or not yet there."""


class Unimplemented(TrefferError, NotImplementedError):  # noqa: N818
    """The server does not know the call; it is probably older than this client."""


class Internal(TrefferError, RuntimeError):  # noqa: N818
    """The engine is wrong, never the caller: please report it."""


class Unavailable(TrefferError, ConnectionError):  # noqa: N818
    """Nobody answers at the target, or it is stopping; the same call may succeed later."""


class DataLoss(TrefferError):  # noqa: N818
    """Stored data is damaged beyond recovery."""


class Unauthenticated(TrefferError, PermissionError):  # noqa: N818
    """The caller did not say who it is."""


BY_CODE: Final[Mapping[int, type[TrefferError]]] = {
    code_pb2.CANCELLED: Cancelled,
    code_pb2.UNKNOWN: Unknown,
    code_pb2.INVALID_ARGUMENT: InvalidArgument,
    code_pb2.DEADLINE_EXCEEDED: DeadlineExceeded,
    code_pb2.NOT_FOUND: NotFound,
    code_pb2.ALREADY_EXISTS: AlreadyExists,
    code_pb2.PERMISSION_DENIED: PermissionDenied,
    code_pb2.RESOURCE_EXHAUSTED: ResourceExhausted,
    code_pb2.FAILED_PRECONDITION: FailedPrecondition,
    code_pb2.ABORTED: Aborted,
    code_pb2.OUT_OF_RANGE: OutOfRange,
    code_pb2.UNIMPLEMENTED: Unimplemented,
    code_pb2.INTERNAL: Internal,
    code_pb2.UNAVAILABLE: Unavailable,
    code_pb2.DATA_LOSS: DataLoss,
    code_pb2.UNAUTHENTICATED: Unauthenticated,
}
CODES: Final[Mapping[type[TrefferError], int]] = {kind: code for code, kind in BY_CODE.items()}

DOMAIN: Final = "treffer"


def raised(status: status_pb2.Status, request: Message | None = None) -> TrefferError:
    """Make the exception that `status` stands for; positions point into the text that `request` carried."""
    info, fields = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    for detail in status.details:
        detail.Unpack(info)
        detail.Unpack(fields)
    metadata = dict(info.metadata)
    field = metadata.pop("field", "") or next((one.field for one in fields.field_violations), "")
    start, end = metadata.pop("start", None), metadata.pop("end", None)
    position = rule = None
    if start is not None and end is not None:
        rule = None if request is None else _text(request, field)
        position = _characters(rule, int(start), int(end))
    return BY_CODE.get(status.code, Unknown)(
        status.message, field=field, position=position, reason=info.reason, rule=rule, metadata=metadata
    )


def status(error: TrefferError) -> status_pb2.Status:
    """Say `error` in the words of the wire. What `raised` makes of it is equal but for the rule's text."""
    info = error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=error.metadata)
    if error.field:
        info.metadata["field"] = error.field
    if error.position is not None:
        start, end = (len((error.rule or "")[:place].encode()) for place in error.position)
        info.metadata.update({"start": str(start), "end": str(end)})
    answer = status_pb2.Status(code=CODES[type(error)], message=error.message)
    answer.details.add().Pack(info)
    if error.field:
        violation = error_details_pb2.BadRequest.FieldViolation(field=error.field, description=error.message)
        answer.details.add().Pack(error_details_pb2.BadRequest(field_violations=[violation]))
    return answer


def _text(request: Message, field: str) -> str | None:
    """Follow a path such as `audiences[2].rule` to its text; `None` where it leads to none."""
    found: object = request
    for step in field.replace("[", ".").replace("]", "").split("."):
        try:
            found = found[int(step)] if step.isdigit() else getattr(found, step)  # type: ignore[index]
        except (AttributeError, IndexError, TypeError):
            return None
    return found if isinstance(found, str) else None


def _characters(text: str | None, start: int, end: int) -> tuple[int, int]:
    """Turn bytes of UTF-8 into characters; without the text they stay what they are."""
    if text is None:
        return start, end
    first, last = (len(text.encode()[:place].decode(errors="ignore")) for place in (start, end))
    return first, last
