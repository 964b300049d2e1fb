"""Half a year of a real shop, replayed in time order: at ten instants the live segments equal SQL written by hand."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import duckdb
import pytest

import treffer
from treffer import EventType, Namespace

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    import pyarrow as pa

ROOT: Final = Path(__file__).resolve().parents[1]
DATA: Final = Path(os.environ.get("TREFFER_TEST_DATA", ROOT.parent / "shared" / "data"))
FILE: Final = DATA / "online_retail_to_2011_06.csv.gz"

pytestmark = pytest.mark.skipif(not FILE.exists(), reason=f"{FILE.name} is not in $TREFFER_TEST_DATA")

# The ends of the ten parts in which the half-year is replayed; some lie in the shop's holidays.
CUTS: Final = (
    *("2010-12-10", "2010-12-31", "2011-01-15", "2011-02-01", "2011-02-20"),
    *("2011-03-15", "2011-04-10", "2011-05-05", "2011-06-01", "2011-07-01"),
)

# Each segment with the same in SQL: over `seen`, what has happened until now; `past(D)` is the instant D days ago.
SEGMENTS: Final = {
    "frequent": (
        "count(purchase last 30d) >= 20",
        "select crm from seen where kind = 'purchase' and time > past(30) group by crm having count(*) >= 20",
    ),
    "big_spenders": (
        "sum(purchase.value last 90d) > 1000",
        "select crm from seen where kind = 'purchase' and time > past(90) group by crm having sum(value) > 1000",
    ),
    "recent": (
        "since_last(purchase) < 7d",
        "select crm from seen where kind = 'purchase' group by crm having max(time) > past(7)",
    ),
    "lapsed": (
        "count(purchase) >= 1 and count(purchase last 45d) = 0",
        "select crm from seen where kind = 'purchase' group by crm having max(time) <= past(45)",
    ),
    "regulars": (
        "distinct(purchase.order last 60d) >= 3",
        """select crm from seen where kind = 'purchase' and time > past(60) group by crm
           having count(distinct invoice) >= 3""",
    ),
    "dear_lines": (
        "avg(purchase.value where quantity >= 2 last 90d) > 30 and max(purchase.value) >= 100",
        """select crm from seen where kind = 'purchase' group by crm having max(value) >= 100
           and avg(value) filter (where quantity >= 2 and time > past(90)) > 30""",
    ),
    "loyal_without_fuss": (
        "count(purchase last 60d) >= 5 and not count(cancellation) >= 1",
        """select crm from seen where kind = 'purchase' and time > past(60) group by crm having count(*) >= 5
           except select crm from seen where kind = 'cancellation'""",
    ),
    "gave_back_a_lot": (
        "sum(cancellation.value last 60d) < -50",
        "select crm from seen where kind = 'cancellation' and time > past(60) group by crm having sum(value) < -50",
    ),
    "regretted": (
        "sequence(purchase, cancellation within 3d on item last 30d)",
        """select distinct first.crm from seen first join seen second using (crm, item)
           where first.kind = 'purchase' and second.kind = 'cancellation' and second.time > first.time
           and second.time <= first.time + interval 3 day and second.time > past(30)""",
    ),
    "kept_it": (
        "sequence(purchase where value >= 200, not cancellation within 7d on item last 60d)",
        """select distinct crm from seen bought where kind = 'purchase' and value >= 200 and time > past(60)
           and time <= past(7) and not exists (select 1 from seen back where back.crm = bought.crm
           and back.item = bought.item and back.kind = 'cancellation' and back.time > bought.time
           and back.time <= bought.time + interval 7 day)""",
    ),
    "browsers_of_the_range": (
        'distinct(purchase.item where not (item in {"POST", "M"}) last 30d) >= 25 or count(cancellation last 30d) >= 5',
        """select crm from seen where time > past(30) group by crm
           having count(distinct item) filter (where kind = 'purchase' and item not in ('POST', 'M')) >= 25
           or count(*) filter (where kind = 'cancellation') >= 5""",
    ),
    "win_back": (
        'segment("lapsed") and (segment("gave_back_a_lot") or sum(purchase.value) > 500)',
        """select crm from seen group by crm having max(time) filter (where kind = 'purchase') <= past(45)
           and (coalesce(sum(value) filter (where kind = 'cancellation' and time > past(60)), 0) < -50
           or sum(value) filter (where kind = 'purchase') > 500)""",
    ),
    "nobodys_favourite": (
        'not segment("frequent") and not segment("recent") and not segment("win_back")',
        """select distinct crm from seen except select crm from seen where kind = 'purchase' and time > past(7)
           except (select crm from seen where kind = 'purchase' and time > past(30) group by crm having count(*) >= 20)
           except (select crm from seen group by crm having max(time) filter (where kind = 'purchase') <= past(45)
           and (coalesce(sum(value) filter (where kind = 'cancellation' and time > past(60)), 0) < -50
           or sum(value) filter (where kind = 'purchase') > 500))""",
    ),
}


@pytest.fixture(scope="module")
def shop() -> Iterator[duckdb.DuckDBPyConnection]:
    """The lines whose customer is known, in `lines`, and `seen` of them what happened until the variable `now`."""
    with duckdb.connect() as connection:
        connection.execute(
            f"""create table lines as select row_number() over () - 1 as row, InvoiceNo as invoice, StockCode as item,
        if(InvoiceNo like 'C%', 'cancellation', 'purchase') as kind, InvoiceDate::timestamp as time,
        Quantity::bigint as quantity, (Quantity::bigint * UnitPrice::decimal(12, 3))::decimal(18, 3) as value,
        CustomerID as crm from read_csv('{FILE}', all_varchar = true)"""
        )
        connection.execute("delete from lines where crm is null")
        connection.execute("create view seen as select * from lines where time <= getvariable('now')")
        connection.execute("create macro past(days) as getvariable('now') - to_days(days)")
        yield connection


def part(shop: duckdb.DuckDBPyConnection, after: str, until: str) -> pa.Table:
    """What happened from one cut to the next, as events in time order."""
    return shop.sql(
        f"""select '{FILE.name}:' || row as event_id, kind as type, time, crm, item, value, quantity, invoice as "order"
        from lines where time >= '{after}' and time < '{until}' order by time, row"""
    ).to_arrow_table()


def by_hand(shop: duckdb.DuckDBPyConnection, sql: str, now: dt.datetime) -> set[str]:
    """The members by SQL."""
    shop.execute(f"set variable now = timestamp '{now:%Y-%m-%d %H:%M:%S}'")
    return {crm for (crm,) in shop.execute(sql).fetchall()}


def test_segments_equal_sql_at_every_instant(shop: duckdb.DuckDBPyConnection) -> None:
    """Windows run out and lapses begin while nobody does anything; no definition came after its first event."""
    engine = treffer.open(clock="events")
    engine.declare(
        Namespace("crm", unique=True),
        EventType("purchase", {"order": "string"}),
        EventType("cancellation", {"order": "string"}),
    )
    for name, (rule, _) in SEGMENTS.items():
        engine.define_segment(name, rule)
    sizes: dict[str, set[int]] = {name: set() for name in SEGMENTS}
    accepted = 0

    for after, until in zip(("2010-01-01", *CUTS), CUTS, strict=False):
        events = part(shop, after, until)
        report = engine.track(events)
        accepted += report.accepted
        assert (len(events), 0) == (report.accepted, len(report.refused)), report
        now = report.view.time
        assert now is not None

        for name, (_, sql) in SEGMENTS.items():
            expected = by_hand(shop, sql, now)
            assert expected == set(engine.members(name).ids("crm").to_pylist()), f"{name} at {now}"
            sizes[name].add(len(expected))

    assert 176_889 == accepted
    assert [] == [name for name, seen in sizes.items() if len(seen) < 5], "segments that hardly move prove little"
