"""Optimizer statistics in the dictionary: row counts and when they were gathered.

Database Reference 19c, "ALL_TABLES", "ALL_TAB_PARTITIONS", "ALL_INDEXES": NUM_ROWS, LAST_ANALYZED.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dtm.sandbox.sql.catalog import Catalog, now
from dtm.sandbox.sql.catalog_model import Index, Partition, Table

LOCKED = "STATTYPE_LOCKED"
_OURS = ("NUM_ROWS", "BLOCKS", "AVG_ROW_LEN", "SAMPLE_SIZE", "LAST_ANALYZED")
_ROWS_PER_BLOCK = 100  # an estimate: the sandbox's blocks are not Oracle's


def found(rows: int) -> dict[str, str]:
    """What is recorded of so many rows."""
    return {
        "NUM_ROWS": str(rows),
        "BLOCKS": str(-(-rows // _ROWS_PER_BLOCK)),
        "SAMPLE_SIZE": str(rows),
        "LAST_ANALYZED": now().replace(microsecond=0).isoformat(" "),
    }


def record(
    catalog: Catalog, table: Table, rows: int | None, parts: Mapping[str, int], *, cascade: bool
) -> None:
    """Record gathered counts: `rows` of the whole table (None: not gathered), `parts` of
    (sub)partitions by name; with `cascade` of the indexes, too."""
    changed = table
    if rows is not None:
        changed = replace(table, statistics=found(rows))
    if parts and changed.partitioning is not None:
        divided = tuple(_part(part, parts) for part in changed.partitioning.partitions)
        changed = replace(changed, partitioning=replace(changed.partitioning, partitions=divided))
    catalog.put(changed)
    if cascade and rows is not None:
        for index in indexes(catalog, table):
            record_index(catalog, index, rows)


def _part(part: Partition, parts: Mapping[str, int]) -> Partition:
    inner = tuple(_part(each, parts) for each in part.subpartitions)
    properties = part.properties
    if part.name in parts:
        properties = {**properties, **found(parts[part.name])}
    return replace(part, properties=properties, subpartitions=inner)


def record_index(catalog: Catalog, index: Index, rows: int) -> None:
    """Record an index's number of entries."""
    catalog.put(replace(index, properties={**index.properties, **found(rows)}))


def indexes(catalog: Catalog, table: Table) -> list[Index]:
    """The indexes of a table."""
    return catalog.indexes_of(table)


def forget(catalog: Catalog, table: Table) -> None:
    """DELETE_TABLE_STATS: of the table, its partitions and indexes."""
    changed = replace(table, statistics={})
    if changed.partitioning is not None:
        parts = tuple(_bare(part) for part in changed.partitioning.partitions)
        changed = replace(changed, partitioning=replace(changed.partitioning, partitions=parts))
    catalog.put(changed)
    for index in indexes(catalog, table):
        catalog.put(replace(index, properties=_without(index.properties)))


def _bare(part: Partition) -> Partition:
    inner = tuple(_bare(each) for each in part.subpartitions)
    return replace(part, properties=_without(part.properties), subpartitions=inner)


def _without(properties: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in properties.items() if name not in _OURS}


def lock(catalog: Catalog, table: Table, *, locked: bool) -> None:
    """LOCK_TABLE_STATS and UNLOCK_TABLE_STATS."""
    properties = {name: value for name, value in table.properties.items() if name != LOCKED}
    if locked:
        properties[LOCKED] = "ALL"
    catalog.put(replace(table, properties=properties))
