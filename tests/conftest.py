"""What the tests of the Python faces stand on: an engine in process, the same behind gRPC, and a small shop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import shop
import treffer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from treffer import Engine


@pytest.fixture
def local() -> Iterator[Engine]:
    """An empty engine in this process whose clock goes by hand and stands at `shop.NOW`."""
    with treffer.open(clock="manual") as engine:
        engine.advance(shop.NOW)
        yield engine


@pytest.fixture(params=["open", "connect"])
def engine(request: pytest.FixtureRequest, local: Engine) -> Iterator[Engine]:
    """The engine as a caller has it: the one in this process, and the same through a real server on a free port."""
    if request.param == "open":
        yield local
    else:
        with treffer.serve(local, "127.0.0.1:0") as server, treffer.connect(server.target) as remote:
            yield remote


@pytest.fixture
def filled(engine: Engine) -> Engine:
    """`engine` with the small shop declared and loaded."""
    shop.fill(engine)
    return engine
