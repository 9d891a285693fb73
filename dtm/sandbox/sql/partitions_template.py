"""Subpartitions that come from a template (SQL Language Reference 19c, CREATE TABLE,
"subpartition_template")."""

from __future__ import annotations

from dataclasses import replace

from dtm.sandbox.sql.catalog import Catalog, now
from dtm.sandbox.sql.catalog_model import Index, Partition, Subpartitioning
from dtm.sandbox.sql.partitions_sql import Bound


def from_template(catalog: Catalog, sub: Subpartitioning, partition: Partition) -> Partition:
    """A partition with the template's subpartitions; without a template one that takes all rows
    (CREATE TABLE, "subpartition_template")."""
    bound: tuple[Bound, ...] = ((None,) * len(sub.columns),) if sub.method == "RANGE" else ()
    text = {"RANGE": ", ".join(["MAXVALUE"] * len(sub.columns)), "LIST": "DEFAULT"}
    everything = Partition(
        0, "", text.get(sub.method, ""), bound, partition.tablespace, sub.method == "LIST"
    )
    made = []
    for part in sub.template or (everything,):
        number = catalog.new_id()
        name = f"{partition.name}_{part.name}" if part.name else f"SYS_SUBP{number}"
        tablespace = part.properties.get("TABLESPACE", partition.tablespace)
        made.append(replace(part, id=number, name=name, tablespace=tablespace, created=now()))
    return replace(partition, subpartitions=tuple(made))


def described(index: Index, part: Partition) -> str:
    """What the dictionary calls a partition of a local index."""
    return index.part_names.get(part.id, part.name)
