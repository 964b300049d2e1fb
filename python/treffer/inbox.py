"""The requests of open streams on a server, which must be able to end while no request comes."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

import grpc

from treffer.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator


class Inboxes:
    """All open streams of a server."""

    def __init__(self) -> None:
        """Begin with none."""
        self._lock = threading.Lock()
        self._open: set[Inbox] = set()
        self._stopping = False

    @contextlib.contextmanager
    def opened(self, requests: Iterator[bytes]) -> Iterator[Inbox]:
        """Give the inbox of one stream."""
        inbox = Inbox(requests)
        with self._lock:
            self._open.add(inbox)
            if self._stopping:
                inbox.stop()
        try:
            yield inbox
        finally:
            inbox.stop()
            with self._lock:
                self._open.discard(inbox)

    def stop(self) -> None:
        """Let every stream end after the request it works on."""
        with self._lock:
            self._stopping = True
            for inbox in self._open:
                inbox.stop()


class Inbox:
    """Requests of one stream, read one ahead in a thread of its own: nothing else can wait for a client and a stop."""

    def __init__(self, requests: Iterator[bytes]) -> None:
        """Begin to read."""
        self._requests = requests
        self._changed = threading.Condition()
        self._next: bytes | None = None
        self._ended = self._stopped = False
        threading.Thread(target=self._read, name="treffer-inbox", daemon=True).start()

    def __iter__(self) -> Iterator[bytes]:
        """Give the requests until the client has no more; raise `Unavailable` when the server stops."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._stopped or self._ended or self._next is not None)
                if self._stopped:
                    raise Unavailable("the server is stopping: send again what was not answered", reason="STOPPING")
                request, self._next = self._next, None
                self._changed.notify_all()
            if request is None:
                return
            yield request

    def stop(self) -> None:
        """Give nothing more."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def _read(self) -> None:
        # gRPC raises where the call has ended in another way than by the client's last request.
        with contextlib.suppress(grpc.RpcError):
            for request in self._requests:
                with self._changed:
                    self._changed.wait_for(lambda: self._stopped or self._next is None)
                    if self._stopped:
                        break
                    self._next = request
                    self._changed.notify_all()
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or self._next is None)
            self._ended = True
            self._changed.notify_all()
