"""The two ways to an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treffer import _native
from treffer import target as targets
from treffer.engine import Engine
from treffer.settings import Settings
from treffer.transport import Local, Remote

if TYPE_CHECKING:
    from treffer.settings import Clock


def open(clock: Clock = "system") -> Engine:  # noqa: A001 - `treffer.open` is what it is called
    """Make an empty engine in this process and in memory; it is gone when closed.

    `clock` says what moves engine time: `system`, the machine's clock; `events`, the latest accepted event, for
    replays; `manual`, `Engine.advance`, for tests.
    """
    settings = Settings()
    native = _native.Engine(
        clock,
        settings.gdpr_unless_said,
        settings.openrtb(),
        settings.keeping(),
        settings.auctions(),
    )
    return Engine(Local(native), settings.message_bytes)


def connect(target: str | None = None, *, timeout: float | None = None) -> Engine:
    """Give the engine that is served at `target` (`HOST:PORT`, by default `TREFFER_TARGET` or 127.0.0.1:7411).

    Nothing is sent yet: where nobody listens, the first call raises `Unavailable`. A call without an answer within
    `timeout` seconds (by default `TREFFER_TIMEOUT` or 30) raises `DeadlineExceeded`.
    """
    settings = Settings()
    remote = Remote(targets.checked(target or settings.target), settings, timeout or settings.timeout)
    return Engine(remote, settings.message_bytes)
