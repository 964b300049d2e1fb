"""Files of rows, read as Arrow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from treffer.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Final

    from treffer.catalog import Catalog
    from treffer.declarations import Kind

Loadable: TypeAlias = Literal["items", "profiles", "events"]

TYPES: Final[Mapping[Kind, pa.DataType]] = {
    "string": pa.string(),
    "integer": pa.int64(),
    "decimal": pa.decimal128(24, 6),
    "bool": pa.bool_(),
}
"""How a column of a CSV file is read. Instants are recognised by themselves; sets cannot be told in a cell."""


def table(file: Path, catalog: Catalog) -> pa.Table:
    """Read a CSV or Parquet file. In CSV the catalog says what a column holds, so that an id of digits stays text."""
    if file.suffix == ".parquet":
        return pq.read_table(file)
    if file.suffix not in {".csv", ".gz"}:
        raise InvalidArgument(f"file: {file.name} is neither .csv, .csv.gz nor .parquet", field="file")
    options = pyarrow.csv.ConvertOptions(column_types=_types(catalog), strings_can_be_null=True)
    try:
        return pyarrow.csv.read_csv(file, convert_options=options)
    except pa.ArrowInvalid as error:
        raise InvalidArgument(f"file: {file.name}: {error}", field="file") from error


def _types(catalog: Catalog) -> dict[str, pa.DataType]:
    kinds: dict[str, Kind] = dict.fromkeys(("event_id", "type", "item", "channel"), "string")
    kinds |= {"value": "decimal", "quantity": "integer"}
    kinds |= {one.name: "string" for one in catalog.namespaces}
    for event_type in catalog.event_types:
        kinds |= event_type.properties
    kinds |= {one.name: one.kind for one in catalog.item_attributes}
    kinds |= {one.name: one.kind for one in catalog.attributes}
    return {name: TYPES[kind] for name, kind in kinds.items() if kind in TYPES}
