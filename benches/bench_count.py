"""Count audiences with treffer and the usual tools, on the same data in the same run.

a  ((A and B) or (C and D)) minus E minus F over 10M and 100M profiles, uniform random ids, a dense and a sparse mix
b  the overlap matrix of the 200 sets of each real roaring data set
c  a rule over three attributes (set, range, set membership) of 10M profiles
d  rules over 30M purchases of 1M profiles in one year: counts of a 2 % and a 20 % category, a sum, a lapse
r  what a profile and an event cost in bytes

All through the Python call, warm, with all cores for everybody who uses them. Left out: loading, and the wire.
"""

from __future__ import annotations

import itertools
import os
import sys
import tarfile
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyroaring

import treffer
from harness import Bench, Row, arguments, geometric_mean, installed

DAY = 86_400
START = 1_483_228_800  # 2017-01-01
MIXES = {"dense 50/30/20/10/5/2 %": (50, 30, 20, 10, 5, 2), "sparse 5/3/2/1/.5/.2 %": (5, 3, 2, 1, 0.5, 0.2)}
REAL_SETS = ("census1881", "census-income", "wikileaks-noquotes", "uscensus2000")


def at_least(factor: float) -> Callable[[float, Mapping[str, float]], bool]:
    """Treffer is so many times faster than every peer."""
    return lambda ours, peers: min(peers.values()) >= factor * ours


def chdb_session() -> Any:
    """A session of ClickHouse in this process, in memory."""
    from chdb import session

    # Typed here and untyped there, as chdb is installed or not.
    factory: Any = session.Session
    return factory()


# --- a ---------------------------------------------------------------


def random_ids(rng: np.random.Generator, profiles: int, percent: float) -> np.ndarray[Any, np.dtype[np.uint32]]:
    """Each id with the same probability, rising."""
    block = 10_000_000
    parts = []
    for start in range(0, profiles, block):
        drawn = rng.integers(0, 1 << 16, min(block, profiles - start), dtype=np.uint16) < round(
            percent / 100 * (1 << 16)
        )
        parts.append((np.flatnonzero(drawn) + start).astype(np.uint32))
    return np.concatenate(parts)


def packed(ids: np.ndarray[Any, Any], profiles: int) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """A bit per profile in words of 64."""
    bits = np.zeros((profiles + 63) // 64 * 64, dtype=bool)
    bits[ids] = True
    return np.packbits(bits, bitorder="little").view(np.uint64)


def expression_case(bench: Bench, profiles: int, mix: str, *, chdb: bool, duckdb: bool) -> Row:
    """Part a for one population and one mix."""
    rng = np.random.default_rng(7)
    sets = [random_ids(rng, profiles, percent) for percent in MIXES[mix]]
    a, b, c, d, e, f = (treffer.Bitmap(ids) for ids in sets)
    ours = ((a & b) | (c & d)) - e - f
    peers: dict[str, Callable[[], int]] = {}

    ra, rb, rc, rd, re, rf = (pyroaring.BitMap(ids) for ids in sets)
    peers["pyroaring"] = lambda: len(((ra & rb) | (rc & rd)) - re - rf)

    na, nb, nc, nd, ne, nf = (packed(ids, profiles) for ids in sets)
    peers["numpy"] = lambda: int(np.bitwise_count(((na & nb) | (nc & nd)) & ~ne & ~nf).sum())

    if duckdb:
        peers["duckdb"] = duckdb_expression(sets, profiles)
    if chdb:
        peers["chdb"] = chdb_expression(sets)
    return bench.compare(
        f"a: {profiles // 1_000_000 or profiles / 1e6}M {mix}",
        ours.count,
        peers,
        target=">= 2x best, >= 30x chdb",
        holds=lambda own, others: min(others.values()) >= 2 * own and others.get("chdb", np.inf) >= 30 * own,
    )


def duckdb_expression(sets: list[np.ndarray[Any, Any]], profiles: int) -> Callable[[], int]:
    """Six boolean columns."""
    import duckdb

    columns = {}
    for name, ids in zip("abcdef", sets, strict=True):
        bits = np.zeros(profiles, dtype=bool)
        bits[ids] = True
        columns[name] = bits
    members = pa.table(columns)
    connection = duckdb.connect()
    connection.register("source", members)
    connection.execute("create table members as select * from source")
    connection.unregister("source")
    query = "select count(*) from members where ((a and b) or (c and d)) and not e and not f"
    return lambda: int(connection.execute(query).fetchall()[0][0])


def chdb_expression(sets: list[np.ndarray[Any, Any]]) -> Callable[[], int]:
    """Six bitmap states in one row."""
    session = chdb_session()
    session.query("create database if not exists bench engine = Atomic")
    session.query(
        "create or replace table bench.members (s UInt8, bits AggregateFunction(groupBitmap, UInt32)) engine = Memory",
    )
    for number, ids in enumerate(sets):
        source = pa.table({"id": ids})  # noqa: F841  read by name below
        state = "groupBitmapState(assumeNotNull(id))"
        session.query(f"insert into bench.members select {number}, {state} from Python(source)")
    wide = ", ".join(f"anyIf(bits, s = {number}) as {name}" for number, name in enumerate("abcdef"))
    session.query(f"create or replace table bench.wide engine = Memory as select {wide} from bench.members")
    query = (
        "select bitmapAndnotCardinality(bitmapAndnot(bitmapOr(bitmapAnd(a, b), bitmapAnd(c, d)), e), f) from bench.wide"
    )
    return lambda: int(session.query(query, "CSV").data())


def part_a(bench: Bench, *, quick: bool) -> None:
    """Six operands, two populations, two mixes."""
    chdb, duckdb = installed("chdb") and not quick, installed("duckdb")
    rows = [
        expression_case(bench, profiles, mix, chdb=chdb, duckdb=duckdb and profiles <= 10_000_000)
        for profiles, mix in itertools.product([200_000] if quick else [10_000_000, 100_000_000], MIXES)
    ]
    mean = geometric_mean([row.peers["pyroaring"] / row.treffer for row in rows])
    bench.report("a: geometric mean over pyroaring", "ratio", mean, ">= 5", holds=mean >= 5)


# --- b ---------------------------------------------------------------


def test_data() -> Path:
    """Where other people's data lie."""
    return Path(os.environ.get("TREFFER_TEST_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


def real_sets(name: str) -> list[np.ndarray[Any, np.dtype[np.uint32]]]:
    """The 200 sets of one data set, rising."""
    with tarfile.open(test_data() / f"roaring_{name}.tar.xz") as archive:
        files = sorted((member for member in archive if member.isfile()), key=lambda member: member.name)
        texts = [archive.extractfile(member) for member in files]
        return [np.array(text.read().split(b","), dtype=np.uint32) for text in texts if text is not None]


def part_b(bench: Bench, *, quick: bool) -> None:
    """All pairs of 200 real sets."""
    for name in REAL_SETS[-1:] if quick else REAL_SETS:
        if not (test_data() / f"roaring_{name}.tar.xz").exists():
            print(f"b: {name} is not in {test_data().name}: left out", file=sys.stderr)
            continue
        sets = real_sets(name)
        ours = [treffer.Bitmap(ids) for ids in sets]
        theirs = [pyroaring.BitMap(ids) for ids in sets]

        def pairs(theirs: list[pyroaring.BitMap] = theirs) -> np.ndarray[Any, np.dtype[np.uint64]]:
            matrix = np.zeros((len(theirs), len(theirs)), dtype=np.uint64)
            for i, one in enumerate(theirs):
                for j in range(i, len(theirs)):
                    matrix[i, j] = matrix[j, i] = one.intersection_cardinality(theirs[j])
            return matrix

        bench.compare(
            f"b: overlap of 200 x 200, {name}",
            partial(treffer.Bitmap.overlap, ours),
            {"pyroaring": pairs},
            target=">= 2x",
            holds=at_least(2),
            same=np.array_equal,
        )


# --- c ---------------------------------------------------------------

COUNTRIES = [f"C{number:02}" for number in range(30)]
INTERESTS = ["wine", "cheese", "bread", "garden", "sport", "music", "travel", "books", "games", "pets"]


def people(profiles: int) -> pa.Table:
    """Country (skewed), age (18..90) and 0 to 10 interests, each with its own share."""
    rng = np.random.default_rng(11)
    weights = 1 / np.arange(1, 31)
    country = pa.DictionaryArray.from_arrays(
        pa.array(rng.choice(30, profiles, p=weights / weights.sum()).astype(np.int32)),
        COUNTRIES,
    )
    held = rng.random((profiles, 10), dtype=np.float32) < np.linspace(0.3, 0.05, 10, dtype=np.float32)
    offsets = np.concatenate([[0], held.sum(axis=1).cumsum()]).astype(np.int32)
    codes = np.nonzero(held)[1].astype(np.int32)
    interests = pa.ListArray.from_arrays(pa.array(offsets), pa.array(INTERESTS).take(pa.array(codes)))
    return pa.table(
        {
            "crm": pa.array(np.arange(profiles).astype("U8")),
            "country": country,
            "age": rng.integers(18, 91, profiles).astype(np.int64),
            "interests": interests,
        },
    )


def part_c(bench: Bench, *, quick: bool) -> None:
    """A set, a range and a set membership."""
    table = people(100_000 if quick else 10_000_000)
    engine = treffer.open(clock="manual")
    engine.declare(
        [
            treffer.Namespace("crm", unique=True),
            treffer.Attribute("country", "string"),
            treffer.Attribute("age", "integer"),
            treffer.Attribute("interests", "string_set"),
        ],
    )
    report = engine.load_profiles(table)
    if report.accepted != table.num_rows:
        raise SystemExit(f"c: {report}")
    rule = 'country in {"C01", "C04", "C07"} and age >= 25 and age <= 44 and interests has "wine"'
    where = "country in ('C01', 'C04', 'C07') and age between 25 and 44 and {has}"
    peers: dict[str, Callable[[], int]] = {}
    if installed("duckdb"):
        import duckdb

        connection = duckdb.connect()
        connection.register("source", table.drop(["crm"]))
        names = ", ".join(f"'{name}'" for name in COUNTRIES)
        connection.execute(f"create type country as enum ({names})")
        connection.execute(
            "create table people as select country::country as country, age::utinyint as age, interests from source",
        )
        wine = where.format(has="list_contains(interests, 'wine')")
        query = f"select count(*) from people where {wine}"
        peers["duckdb"] = lambda: int(connection.execute(query).fetchall()[0][0])
    if not quick and installed("chdb"):
        session = chdb_session()
        source = table.drop(["crm"]).set_column(0, "country", table["country"].cast(pa.string()))  # noqa: F841
        session.query("create database if not exists bench engine = Atomic")
        session.query(
            "create or replace table bench.people (country LowCardinality(String), age UInt8, "
            "interests Array(LowCardinality(String))) engine = MergeTree order by tuple()",
        )
        session.query(
            "insert into bench.people select assumeNotNull(country), assumeNotNull(age), "
            "arrayMap(x -> assumeNotNull(x), interests) from Python(source)",
        )
        session.query("optimize table bench.people final")
        wine = where.format(has="has(interests, 'wine')")
        question = f"select count() from bench.people where {wine}"
        peers["chdb"] = lambda: int(session.query(question, "CSV").data())
    bench.compare(
        f"c: three attributes, {table.num_rows / 1e6:g}M profiles",
        lambda: int(engine.count(rule)),
        peers,
        target=">= 10x",
        holds=at_least(10),
    )


# --- d ---------------------------------------------------------------


def purchases(profiles: int, events: int) -> tuple[pa.Table, pa.Table, dict[str, np.ndarray[Any, Any]]]:
    """Items with 200 categories, `c0` 20 % and `c1` 2 % of the purchases; one year; the raw columns for the peers."""
    rng = np.random.default_rng(13)
    items = 100_000
    category = rng.integers(2, 200, items)
    category[: items // 5] = 0
    category[items // 5 : items // 5 + items // 50] = 1
    rng.shuffle(category)
    raw: dict[str, np.ndarray[Any, Any]] = {
        "profile": rng.integers(0, profiles, events).astype(np.uint32),
        "time": (START + rng.integers(0, 365 * DAY, events)).astype(np.int64),
        "item": rng.integers(0, items, events).astype(np.uint32),
        "value": rng.integers(1, 2_000, events).astype(np.int64) * 10_000,
    }
    raw["category"] = category[raw["item"]].astype(np.uint8)
    item_table = pa.table(
        {
            "item": pa.array(np.arange(items).astype("U6")),
            "category": pa.array(np.char.add("c", category.astype("U3"))),
        },
    )
    order = np.lexsort((raw["time"], raw["profile"]))
    return item_table, pa.table({name: column[order] for name, column in raw.items()}), raw


def track(engine: Any, table: pa.Table, first: int) -> None:
    """Loads a slice of the raw purchases as events with text ids."""
    number = np.arange(first, first + table.num_rows)
    cents = pc.divide(table["value"], 10_000)
    batch = pa.table(
        {
            "event_id": pa.array(number.astype("U9")),
            "type": pa.DictionaryArray.from_arrays(pa.array(np.zeros(table.num_rows, dtype=np.int8)), ["purchase"]),
            "time": table["time"].cast(pa.timestamp("s", tz="UTC")),
            "crm": table["profile"].cast(pa.string()),
            "item": table["item"].cast(pa.string()),
            "value": pc.multiply(cents.cast(pa.decimal128(19, 0)), pa.scalar(Decimal("0.01"))),
        },
    )
    report = engine.track(batch)
    if report.accepted != table.num_rows:
        raise SystemExit(f"d: {report}")


def history_peers(table: pa.Table, *, chdb: bool) -> dict[str, Callable[[str, str], Callable[[], int]]]:
    """For each peer a maker of counters: (where, having) -> count of profiles."""
    makers: dict[str, Callable[[str, str], Callable[[], int]]] = {}
    if installed("duckdb"):
        import duckdb

        connection = duckdb.connect()
        connection.register("source", table)
        connection.execute("create table purchases as select * from source order by profile, time")

        def on_duckdb(where: str, having: str) -> Callable[[], int]:
            query = (
                f"select count(*) from (select profile from purchases where {where} group by profile having {having})"
            )
            return lambda: int(connection.execute(query).fetchall()[0][0])

        makers["duckdb"] = on_duckdb
    if chdb and installed("chdb"):
        session = chdb_session()
        source = table  # noqa: F841  read by name below
        session.query("create database if not exists bench engine = Atomic")
        columns = "profile UInt32, time Int64, item UInt32, value Int64, category UInt8"
        present = ", ".join(f"assumeNotNull({column.split()[0]})" for column in columns.split(", "))
        for name, order in (("by_profile", "profile, time"), ("by_category", "category, profile, time")):
            session.query(f"create or replace table bench.{name} ({columns}) engine = MergeTree order by ({order})")
            session.query(f"insert into bench.{name} select {present} from Python(source)")
            session.query(f"optimize table bench.{name} final")

        def on_chdb(where: str, having: str) -> Callable[[], int]:
            best = "by_category" if "category" in where else "by_profile"
            query = (
                f"select count() from (select profile from bench.{best} where {where} group by profile having {having}"
                " settings optimize_aggregation_in_order = 0)"
            )
            return lambda: int(session.query(query, "CSV").data())

        makers["chdb"] = on_chdb
    return makers


def part_d(bench: Bench, *, quick: bool) -> None:
    """Counts of a category, a sum over a year, a lapse."""
    profiles, events = (20_000, 600_000) if quick else (1_000_000, 30_000_000)
    items, table, _ = purchases(profiles, events)
    engine = treffer.open(clock="events")
    engine.declare(
        [
            treffer.Namespace("crm", unique=True),
            treffer.ItemAttribute("category", "string"),
            treffer.EventType("purchase"),
        ],
    )
    engine.load_items(items)
    for first in range(0, events, 1_000_000):
        track(engine, table.slice(first, 1_000_000), first)
    now = int(np.max(table["time"].to_numpy()))
    peers = history_peers(table, chdb=not quick)
    d60, d90, d365 = (now - days * DAY for days in (60, 90, 365))
    cases = [
        (
            "2 % category twice in 90 d",
            'count(purchase where item.category = "c1" last 90d) >= 2',
            f"category = 1 and time > {d90}",
            "count(*) >= 2",
            4,
        ),
        (
            "20 % category twice in 90 d",
            'count(purchase where item.category = "c0" last 90d) >= 2',
            f"category = 0 and time > {d90}",
            "count(*) >= 2",
            4,
        ),
        ("sum over a year", "sum(purchase.value last 365d) > 250", f"time > {d365}", "sum(value) > 250000000", 8),
        (
            "bought, not in the last 60 d",
            "count(purchase) >= 1 and count(purchase last 60d) = 0",
            "true",
            f"max(time) <= {d60}",
            8,
        ),
    ]
    for name, rule, where, having, factor in cases:
        bench.compare(
            f"d: {name}, {events / 1e6:g}M events",
            partial(engine.count, rule),
            {peer: maker(where, having) for peer, maker in peers.items()},
            target=f">= {factor}x",
            holds=at_least(factor),
        )
    sizes = engine.memory()
    bench.report(
        "r: history per event", "bytes", sizes["history"] / events, "<= 16", holds=sizes["history"] <= 16 * events
    )
    bench.report("r: dedupe per event", "bytes", sizes["event_ids"] / events)
    bench.report("r: derived columns per event", "bytes", sizes["derived"] / events)
    bench.report("r: ids and attributes per profile", "bytes", (sizes["ids"] + sizes["attributes"]) / profiles)


def main() -> int:
    """Runs the chosen parts."""
    options = arguments(__doc__ or "")
    bench = Bench("count", options.rounds or (3 if options.quick else 9))
    for letter, part in (("a", part_a), ("b", part_b), ("c", part_c), ("d", part_d)):
        if letter in options.only:
            part(bench, quick=options.quick)
    return bench.finish()


if __name__ == "__main__":
    sys.exit(main())
