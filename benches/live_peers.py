"""What others need to keep segments: everything anew after each batch, in one statement.

A segment is a condition in SQL over the events of one profile, with `{t}` for the time. An answer is, by segment,
how many members there are and the sum of their numbers.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

Answer = list[tuple[int, int]]


def statement(wanted: dict[str, str], now: int) -> str:
    """For each segment how many members, and the sum of their numbers."""
    inner = ", ".join(f"({sql.format(t=now)}) as {name}" for name, sql in wanted.items())
    outer = ", ".join(
        f"sum(case when {name} then 1 else 0 end), sum(case when {name} then crm else 0 end)" for name in wanted
    )
    return f"select {outer} from (select crm, {inner} from events group by crm)"


def pairs(numbers: list[Any]) -> Answer:
    """One row as pairs."""
    whole = [int(number or 0) for number in numbers]
    return list(zip(whole[::2], whole[1::2], strict=True))


def on_duckdb(history: pa.Table, wanted: dict[str, str]) -> Callable[[pa.Table, int], Answer]:
    """One table in memory, in order of time."""
    import duckdb

    connection = duckdb.connect(config={"threads": 1})
    connection.register("history", history)
    connection.execute("create table events as select * from history")

    def answer(batch: pa.Table, now: int) -> Answer:
        connection.register("batch", batch)
        connection.execute("insert into events select * from batch")
        return pairs(list(connection.execute(statement(wanted, now)).fetchall()[0]))

    return answer


def on_chdb(history: pa.Table, wanted: dict[str, str]) -> Callable[[pa.Table, int], Answer]:
    """One table sorted by profile, whose parts are merged as they come."""
    session: Any = importlib.import_module("chdb.session").Session()
    session.query("create database if not exists live engine = Atomic")
    session.query("use live")
    session.query(
        "create or replace table events (crm UInt32, kind Int8, time Int64, item Int32, category UInt8, value Int64) "
        "engine = MergeTree order by (crm, time)",
    )
    columns = ", ".join(f"assumeNotNull({name})" for name in history.column_names)
    source = history  # noqa: F841 - read by name below
    session.query(f"insert into events select {columns} from Python(source)")
    session.query("optimize table events final")

    def answer(batch: pa.Table, now: int) -> Answer:
        fresh = batch  # noqa: F841 - read by name below
        session.query(f"insert into events select {columns} from Python(fresh)")
        text = statement(wanted, now) + " settings max_threads = 1"
        return pairs(session.query(text, "CSV").data().strip().split(","))

    return answer


MAKERS = {"duckdb": on_duckdb, "chdb": on_chdb}
