"""How many calls a server works on and lets wait; what comes on top is turned away at once."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")


class Admission(ThreadPoolExecutor):
    """The thread pool of a grpcio server, with an end to its queue.

    grpcio queues without bound in its pool, and its own `maximum_concurrent_rpcs` has lost count in released versions.
    Here every call is counted from `submit` until its future is done, whichever way it ends, so the count cannot drift.
    A call above the limit runs on a second small pool, where `turned_away` is true and the handler refuses it; health
    and reflection do not look at that, and so answer even when the server is full.
    """

    def __init__(self, workers: int, limit: int) -> None:
        """Run `workers` calls at a time and hold at most `limit`, those that wait included."""
        super().__init__(workers, thread_name_prefix="treffer-call")
        self._limit = limit
        self._count = 0
        self._changed = threading.Condition()
        self._here = threading.local()
        self._outside = ThreadPoolExecutor(2, thread_name_prefix="treffer-shed", initializer=self._mark)

    @property
    def turned_away(self) -> bool:
        """Whether the call on this thread came when the server was full."""
        return getattr(self._here, "outside", False)

    def settled(self, count: int, timeout: float) -> bool:
        """Wait until exactly `count` calls are admitted and not done; `False` after `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self._count == count, timeout)

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run `fn` in the pool, or outside of it when the limit is reached."""
        with self._changed:
            admitted = self._count < self._limit
            self._count += admitted
            self._changed.notify_all()
        if not admitted:
            return self._outside.submit(fn, *args, **kwargs)
        try:
            future = super().submit(fn, *args, **kwargs)
        except BaseException:
            self._leave()
            raise
        future.add_done_callback(self._leave)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - inherited
        """Stop both pools."""
        self._outside.shutdown(wait, cancel_futures=cancel_futures)
        super().shutdown(wait, cancel_futures=cancel_futures)

    def _leave(self, _future: Future[T] | None = None) -> None:
        with self._changed:
            self._count -= 1
            self._changed.notify_all()

    def _mark(self) -> None:
        self._here.outside = True
