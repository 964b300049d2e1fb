"""`watch`, `segments_of`, `live`, paused segments and versions: segments as they live."""

from __future__ import annotations

import contextlib
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import grpc
import pyarrow as pa
import pytest
from pyroaring import BitMap

import shop
import treffer
from treffer import contract
from treffer.errors import (
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    OutOfRange,
    ResourceExhausted,
    Unavailable,
)
from treffer.settings import Settings
from treffer.v1 import audience_pb2

if TYPE_CHECKING:
    from treffer import Engine
    from treffer.watch import Change, Watch

HOUR = shop.ago(hours=-1)


def taken(watch: Watch, count: int) -> list[Change]:
    """The next changes."""
    return [next(watch) for _ in range(count)]


def told(changes: list[Change]) -> list[tuple[str, str, bool, str]]:
    """What each says of segment, person, direction and cause."""
    return [(one.segment, one.ids[0], one.entered, one.cause) for one in changes]


def test_each_change_tells_its_cause(filled: Engine, local: Engine) -> None:
    """An event, time, an attribute, an item and an edit are told apart."""
    filled.define_segment("carts", "sequence(add_to_cart, not purchase for 30m on item last 7d)")
    filled.define_segment("buyers", 'count(purchase where item.category = "beer" last 1h) >= 1')
    filled.define_segment("grown", "age >= 18")
    with filled.watch("buyers", "grown", ids=["crm"]) as watch:
        filled.track([shop.bought("n1", "eva", "pils", "1.20", shop.NOW)])
        filled.load_profiles([{"crm": "eva", "age": 20}])
        local.advance(HOUR)
        filled.track([shop.bought("n2", "eva", "bread", "1.20", HOUR)])
        filled.load_items([{"item": "bread", "category": "beer"}])
        filled.define_segment("grown", "age >= 21")

        changes = taken(watch, 5)

    assert [
        ("buyers", "crm:eva", True, "event"),
        ("grown", "crm:eva", True, "attribute"),
        ("buyers", "crm:eva", False, "time"),
        ("buyers", "crm:eva", True, "item"),
        ("grown", "crm:eva", False, "edit"),
    ] == told(changes)
    assert ["n1", None, None, None, None] == [change.event_id for change in changes]
    assert [shop.NOW, shop.NOW, HOUR, HOUR, HOUR] == [change.time for change in changes]
    assert sorted({change.sequence for change in changes}) == [change.sequence for change in changes]


def test_a_watch_goes_on_from_any_cursor(filled: Engine) -> None:
    """Whoever comes back with a cursor misses nothing and hears nothing twice."""
    start = filled.live()["feed_next"]
    filled.define_segment("beer", 'count(purchase where item.category = "beer") >= 1')
    filled.define_segment("adults", "age >= 18")
    filled.track([shop.bought("n1", "eva", "pils", "1.20", shop.NOW)])
    filled.void(["n1", "e4", "e5"])
    count = filled.live()["feed_next"] - start
    with filled.watch(cursor=start) as watch:
        whole = taken(watch, count)

    for cut in range(count):
        with filled.watch(cursor=start + cut) as watch:
            assert start + cut == watch.cursor
            assert whole[cut:] == taken(watch, count - cut)
            assert start + count == watch.cursor

    members: dict[str, set[int]] = {"beer": set(), "adults": set()}
    for change in whole:
        (members[change.segment].add if change.entered else members[change.segment].remove)(change.profile)
    assert {name: set(filled.members(name).to_numpy()) for name in members} == members


def test_a_snapshot_is_where_the_deltas_begin(filled: Engine) -> None:
    """All members of one view, and then what changes."""
    filled.define_segment("wine_lovers", shop.WINE_LOVERS)
    with filled.watch("wine_lovers", ids=["crm"], snapshot=True) as watch:
        start = watch.snapshot["wine_lovers"]
        filled.track([shop.bought("n1", "dan", "merlot", "9.90", shop.NOW)])
        filled.track([shop.bought("n2", "dan", "merlot", "9.90", shop.NOW)])
        change = next(watch)

    assert start.table is not None
    assert ["anna", "cleo"] == start.table["crm"].to_pylist()
    assert filled.members("wine_lovers").to_bitmap() == start.to_bitmap() | BitMap([change.profile])
    assert ("dan", "n2") == (change.ids[0].partition(":")[2], change.event_id)
    with filled.watch("wine_lovers") as watch:
        assert {} == watch.snapshot


def test_a_large_snapshot_comes_in_parts(local: Engine) -> None:
    """A client that nobody told to take more than 4 MiB gets it all, of one view, and then the changes."""
    local.declare(treffer.Namespace("crm"), treffer.Attribute("age", "integer"))
    names = [f"{'n' * 246}{number:06}" for number in range(60_000)]
    local.load_profiles(pa.table({"crm": names, "age": [*range(30_000), *range(30_000)]}))
    local.define_segment("all", "age >= 0")
    local.define_segment("none", "age < 0")
    local.define_segment("some", "age >= 20000")
    asked = audience_pb2.WatchRequest(snapshot=True, namespaces=["crm"]).SerializeToString()
    path = contract.BY_REQUEST[audience_pb2.WatchRequest.DESCRIPTOR.full_name]

    with treffer.serve(local, "127.0.0.1:0") as server, grpc.insecure_channel(server.target) as channel:
        stream: grpc.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(path, None, None)
        parts: list[audience_pb2.WatchResponse] = []
        for part in stream(asked):
            parts.append(audience_pb2.WatchResponse.FromString(part))
            if not parts[-1].snapshot_goes_on:
                break
        with treffer.connect(server.target) as engine, engine.watch(snapshot=True, ids=["crm"]) as watch:
            local.load_profiles([{"crm": names[0], "age": 20_000}])
            change = next(watch)

    assert len(parts) > 3
    assert 1 == len({part.view.version for part in parts})
    for name, members in watch.snapshot.items():
        assert members.table is not None
        assert members.to_numpy().tolist() == members.table["profile"].to_pylist()
        told = [BitMap.deserialize(one.bitmap) for part in parts for one in part.snapshot if one.segment == name]
        assert BitMap.union(*told) == members.to_bitmap()
    assert {"all": 60_000, "none": 0, "some": 20_000} == {
        name: len(members.to_bitmap()) for name, members in watch.snapshot.items()
    }
    everybody = watch.snapshot["all"].table
    assert everybody is not None
    assert everybody["crm"].to_pylist() == names
    assert ("some", True, parts[-1].next_cursor) == (change.segment, change.entered, change.sequence)


def test_cursor_of_the_future_is_out_of_range(filled: Engine) -> None:
    """It is refused at once, and what there is is said."""
    following = filled.live()["feed_next"]

    with pytest.raises(OutOfRange) as caught:
        filled.watch(cursor=following + 7)

    assert ("CURSOR_FUTURE", "cursor") == (caught.value.reason, caught.value.field)
    assert {"cursor": str(following + 7), "first": "0", "next": str(following)} == caught.value.metadata


def test_watch_of_nothing_known_is_refused_at_once(filled: Engine) -> None:
    """The fault is where `watch` is called, not somewhere in a loop."""
    with pytest.raises(NotFound):
        filled.watch("nobody")
    with pytest.raises(NotFound):
        filled.watch(ids=["nowhere"])
    with pytest.raises(InvalidArgument):
        filled.watch(cursor=0, snapshot=True)


def test_closing_ends_a_watch_that_waits(filled: Engine) -> None:
    """Another thread may end it: the loop is over, without an error."""
    watch = filled.watch()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(list, watch)

        watch.close()

        assert [] == waiting.result(30)
    watch.close()
    assert [] == list(watch)


def test_a_change_wakes_whoever_waits(filled: Engine) -> None:
    """Nobody has to ask again."""
    filled.define_segment("beer", 'count(purchase where item.category = "beer") >= 1')
    with filled.watch("beer", ids=["crm"]) as watch, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(next, watch)
        filled.track([shop.bought("n1", "eva", "pils", "1.20", shop.NOW)])

        assert ("crm:eva",) == waiting.result(30).ids


def test_a_server_that_stops_tells_its_watchers(local: Engine) -> None:
    """A watch ends with UNAVAILABLE and goes on elsewhere from its cursor."""
    shop.fill(local)
    local.define_segment("adults", "age >= 18")
    with (
        treffer.serve(local, "127.0.0.1:0") as server,
        treffer.connect(server.target) as remote,
        ThreadPoolExecutor(1) as pool,
    ):
        watch = remote.watch("adults")
        waiting = pool.submit(next, watch)
        server.stop()

        with pytest.raises(Unavailable) as caught:
            waiting.result(30)

    assert "STOPPING" == caught.value.reason
    local.load_profiles([{"crm": "eva", "age": 20}])
    with local.watch("adults", cursor=watch.cursor, ids=["crm"]) as again:
        assert ("crm:eva",) == next(again).ids


class Wire:
    """A connection between two ends that can fall silent without being closed, as when a cable is pulled."""

    def __init__(self, target: str) -> None:
        """Listen for one client of a target."""
        self._there = target.rpartition(":")[0], int(target.rpartition(":")[2])
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.target = f"127.0.0.1:{self._listening.getsockname()[1]}"
        self._cut = threading.Event()
        self._ends: list[socket.socket] = []
        threading.Thread(target=self._join, daemon=True).start()

    def _join(self) -> None:
        client = self._listening.accept()[0]
        server = socket.create_connection(self._there)
        self._ends = [client, server]
        for one, other in ((client, server), (server, client)):
            threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65_536):
                if not self._cut.is_set():
                    other.sendall(data)

    def cut(self) -> None:
        """Carry nothing any more, and tell nobody."""
        self._cut.set()

    def close(self) -> None:
        """Close all ends."""
        for one in (self._listening, *self._ends):
            one.close()


def test_an_end_that_is_gone_without_a_word_is_noticed_by_the_other(
    local: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A watch that waits ends with UNAVAILABLE, and the server has its thread back."""
    monkeypatch.setenv("TREFFER_KEEPALIVE", "0.5")
    with (
        treffer.serve(local, "127.0.0.1:0") as server,
        contextlib.closing(Wire(server.target)) as wire,
        treffer.connect(wire.target) as remote,
        ThreadPoolExecutor(1) as pool,
    ):
        waiting = pool.submit(next, remote.watch())
        assert () == remote.segments()
        wire.cut()

        with pytest.raises(Unavailable):
            waiting.result(60)
        assert server.watchers.settled(0, timeout=60)


def test_watchers_leave_room_for_calls_and_beyond_their_limit_are_turned_away(local: Engine) -> None:
    """They have threads of their own; one that is closed makes room."""
    settings = Settings(workers=1, calls=4, watchers=2)
    with treffer.serve(local, "127.0.0.1:0", settings=settings) as server, treffer.connect(server.target) as remote:
        watches = [remote.watch() for _ in range(2)]

        assert () == remote.segments()
        with pytest.raises(ResourceExhausted) as caught:
            remote.watch()
        assert "OVERLOADED" == caught.value.reason
        for watch in watches:
            watch.close()
        assert server.watchers.settled(0, timeout=30)
        remote.watch().close()


def test_many_watchers_hear_the_same_while_a_writer_goes_on(filled: Engine) -> None:
    """A slow reader slows nobody: each comes to all changes, in order."""
    filled.define_segment("beer", 'count(purchase where item.category = "beer") >= 3')
    watches = [filled.watch("beer") for _ in range(4)]
    began = threading.Barrier(5)

    def follow(watch: Watch) -> list[Change]:
        began.wait(30)
        return taken(watch, 50)

    with ThreadPoolExecutor(4) as pool:
        following = [pool.submit(follow, watch) for watch in watches]
        began.wait(30)
        for number in range(150):
            filled.track([shop.bought(f"n{number}", f"p{number // 3}", "pils", "1.20", shop.NOW)])
        heard = [each.result(60) for each in following]
    for watch in watches:
        watch.close()

    assert [heard[0]] * 4 == heard
    assert 50 == len({change.profile for change in heard[0]})


def test_paused_segment_is_not_read_until_it_is_resumed(filled: Engine) -> None:
    """Its members leave and come back, and its state is seen."""
    filled.define_segment("adults", "age >= 18")
    paused = filled.pause_segment("adults")

    assert ("paused", 0, paused) == (paused.state, paused.members, filled.pause_segment("adults"))
    for ask in (filled.count, filled.members, lambda name: filled.explain("crm:anna", name)):
        with pytest.raises(FailedPrecondition, match="resume it first"):
            ask("adults")
    with pytest.raises(FailedPrecondition):
        filled.watch("adults", snapshot=True)
    resumed = filled.resume_segment("adults")
    assert ("active", 3) == (resumed.state, resumed.members)
    assert 3 == filled.count("adults")


def test_used_segment_cannot_be_paused(filled: Engine) -> None:
    """A rule never loses what it stands on."""
    filled.define_segment("x", "age > 1")
    filled.define_segment("y", 'segment("x")')

    with pytest.raises(FailedPrecondition, match="y"):
        filled.pause_segment("x")


def test_versions_of_a_segment_are_kept(filled: Engine, local: Engine) -> None:
    """Each edit of the rule is a version with its time; another description is none."""
    filled.define_segment("x", "age > 1", "first")
    filled.define_segment("x", "age > 1", "still")
    local.advance(HOUR)
    filled.define_segment("x", "age > 2", "second")

    versions = filled.segment_versions("x")

    assert [(1, "age > 1", "still", shop.NOW), (2, "age > 2", "second", HOUR)] == [
        (one.number, one.rule, one.description, one.time) for one in versions
    ]
    with pytest.raises(NotFound):
        filled.segment_versions("nobody")


def test_segments_of_a_person_are_named(filled: Engine) -> None:
    """The row form: what holds of one profile now."""
    filled.define_segment("wine_lovers", shop.WINE_LOVERS)
    filled.define_segment("adults", "age >= 18")

    assert ("adults", "wine_lovers") == filled.segments_of("crm:anna")
    assert () == filled.segments_of("crm:fritz")
    with pytest.raises(NotFound):
        filled.segments_of("crm:nobody")


def test_live_tells_how_segments_are_kept(filled: Engine, local: Engine) -> None:
    """Numbers of the engine, the same on both faces."""
    filled.define_segment("buyers", "count(purchase last 7d) >= 1")
    before = filled.live()
    local.advance(shop.ago(days=-30))

    after = filled.live()

    assert (1, 0, 0) == (after["segments"], after["lag_ms"], after["held"])
    assert 2 == after["expiries"] - before["expiries"] == after["feed_next"] - before["feed_next"]
    assert after["judged"] > before["judged"]
    assert before["waiting_alarms"] > 0
    assert local.live() == after
    memory = local.memory()
    assert min(memory[part] for part in ("live", "members", "rows", "feed")) > 0


def test_causes_of_who_is_new(engine: Engine) -> None:
    """An event, a row or an unmerge makes a profile; nobody was there to be merged."""
    engine.declare(
        treffer.Namespace("crm"),
        treffer.Namespace("cookie"),
        treffer.Attribute("n", "integer"),
        treffer.EventType("visit", {}),
    )
    engine.define_segments({"none": "not has(n)", "some": "n >= 1"})
    with engine.watch() as watch:
        engine.track([{"event_id": "e1", "type": "visit", "time": shop.NOW, "crm": "1"}])
        engine.track([{"event_id": "e2", "type": "visit", "time": shop.NOW, "crm": "1", "cookie": "a"}])
        engine.unmerge(["cookie:a"])
        engine.load_profiles([{"crm": "9", "cookie": "z", "n": 2}])
        changes = taken(watch, 3)

    assert [("none", True, "event", "e1"), ("none", True, "unmerge", None), ("some", True, "attribute", None)] == [
        (one.segment, one.entered, one.cause, one.event_id) for one in changes
    ]


def test_ids_of_who_was_merged_away_are_told_where_the_survivor_is_on_that_side(engine: Engine) -> None:
    """A channel that keeps cookies lets go of one whose person is out, and keeps one whose person is in."""
    engine.declare(
        treffer.Namespace("crm"),
        treffer.Namespace("cookie"),
        treffer.Attribute("vip", "bool"),
        treffer.EventType("visit", {}),
    )
    engine.define_segment("prospects", "count(visit) >= 1 and not (vip = true)")
    with engine.watch("prospects", ids=["cookie"]) as watch:
        engine.load_profiles([{"crm": "1", "vip": True}, {"crm": "2", "cookie": "c"}])
        engine.track([{"event_id": "e1", "type": "visit", "time": shop.NOW, "cookie": "a"}])
        first = next(watch)
        engine.track([{"event_id": "e2", "type": "visit", "time": shop.NOW, "cookie": "a", "crm": "1"}])
        gone = next(watch)
        engine.track([{"event_id": "e3", "type": "visit", "time": shop.NOW, "crm": "2"}])
        engine.track([{"event_id": "e4", "type": "visit", "time": shop.NOW, "cookie": "d"}])
        engine.track([{"event_id": "e5", "type": "visit", "time": shop.NOW, "cookie": "d", "crm": "2"}])
        kept = taken(watch, 3)

    assert [(("cookie:a",), True), (("cookie:a",), False)] == [(one.ids, one.entered) for one in (first, gone)]
    assert [True, True, False] == [one.entered for one in kept]
    assert "cookie:c" in kept[0].ids
    assert "cookie:d" in kept[1].ids
    assert () == kept[2].ids
