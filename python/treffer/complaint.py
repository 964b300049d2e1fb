"""How the command line says that something is wrong: the message, and the rule with a mark under the fault."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Console

from treffer.errors import AlreadyExists, FailedPrecondition, InvalidArgument, NotFound, OutOfRange, TrefferError
from treffer.terminal import visible

if TYPE_CHECKING:
    from typing import Final

ASKED_WRONGLY: Final = (
    InvalidArgument,
    NotFound,
    AlreadyExists,
    FailedPrecondition,
    OutOfRange,
    FileNotFoundError,
    ValueError,
    OverflowError,
    RecursionError,
)


def made(error: Exception, *, as_json: bool) -> int:
    """Print `error` to standard error and give the exit code: 2 when the caller can put it right, else 1."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    if as_json:
        console.print(json.dumps({"error": _plain(error)}), markup=False)
    else:
        console.print(f"[red]error:[/red] {_escaped(visible(str(error)))}")
        if isinstance(error, TrefferError) and error.rule is not None and error.position is not None:
            console.print(visible(marked(error.rule, error.position)), markup=False)
    return 2 if isinstance(error, ASKED_WRONGLY) else 1


def marked(text: str, position: tuple[int, int]) -> str:
    """The line of `text` in which `position` begins, and carets under the part of it that is at fault."""
    start, end = position
    text = text.expandtabs(1)
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", start)
    line = text[first:] if last < 0 else text[first:last]
    before, fault = text[first:start], text[start : min(end, first + len(line))]
    return f"  {line}\n  {' ' * cell_len(before)}{'^' * max(1, cell_len(fault))}"


def _plain(error: Exception) -> dict[str, object]:
    if not isinstance(error, TrefferError):
        return {"kind": type(error).__name__, "message": str(error)}
    return {
        "kind": type(error).__name__,
        "message": error.message,
        "field": error.field,
        "position": error.position,
        "reason": error.reason,
    }


def _escaped(text: str) -> str:
    return text.replace("[", r"\[")
