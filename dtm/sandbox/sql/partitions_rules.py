"""What partitions mean: bounds, the condition that selects a partition's rows.

(VLDB and Partitioning Guide 19c, "Partition Administration".) A partitioned table is one file
table; the partition a row is in follows from its key columns. Range: NULL sorts above every
value, so only MAXVALUE takes it.
"""

from __future__ import annotations

import re
from dataclasses import replace

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import Kind, OraType
from dtm.sandbox.sql.catalog import now
from dtm.sandbox.sql.catalog_model import Partition, Partitioning, Table, TableColumn
from dtm.sandbox.sql.ddl_context import Ddl
from dtm.sandbox.sql.encoding import Encoded
from dtm.sandbox.sql.partitions_parse import PartitionClause, PartitionDef
from dtm.sandbox.sql.partitions_sql import Bound, below, high_value
from dtm.sandbox.sql.storage_tables import may_be_wide

_MONTHS = re.compile(r"NUMTOYMINTERVAL|TO_YMINTERVAL|TO\s+MONTH|'\s*(MONTH|YEAR)\b", re.IGNORECASE)


def build_partitioning(
    ddl: Ddl, table: Table, clause: PartitionClause, *, row_movement: bool
) -> Partitioning:
    """The partitioning a CREATE TABLE describes."""
    for name in clause.columns:
        column = table.column(name)
        if column is None:
            raise OraError(904, f'"{name}"', offset=clause.offset)
        if column.type.kind in (Kind.CLOB, Kind.BLOB, Kind.LONG, Kind.TIMESTAMP_TZ):
            raise OraError(14135, offset=clause.offset)
    if clause.method == "LIST" and len(clause.columns) > 1:
        raise OraError(14304, offset=clause.offset)
    wide = {
        c.name for n in clause.columns if (c := table.column(n)) is not None and may_be_wide(c)
    }
    partitioning = Partitioning(
        clause.method, clause.columns, (), clause.interval, row_movement, frozenset(wide)
    )
    for definition in clause.partitions:
        partitioning = add_partition(ddl, table, partitioning, definition)
    return with_step(ddl, table, partitioning)


def with_step(ddl: Ddl, table: Table, partitioning: Partitioning) -> Partitioning:
    """INTERVAL's expression evaluated; ORA-14761 with MAXVALUE, ORA-14767 after the 28th."""
    if partitioning.interval is None:
        return replace(partitioning, step=None)
    if partitioning.method != "RANGE":
        raise OraError(14757)
    last = partitioning.partitions[-1].values[0][0]
    if last is None:
        raise OraError(14761)
    step = interval_step(ddl, table, partitioning)
    if step[0] == "M" and int(str(last)[8:10]) > 28:
        raise OraError(14767)
    return replace(partitioning, step=step)


def interval_step(ddl: Ddl, table: Table, partitioning: Partitioning) -> tuple[str, int | float]:
    """(unit, size) of INTERVAL (expression): N numbers, M months, S microseconds."""
    text = partitioning.interval or ""
    column = table.column(partitioning.columns[0])
    if column is None or len(partitioning.columns) > 1:
        raise OraError(14750)
    if column.type.kind == Kind.NUMBER:
        unit, kind = "N", Kind.NUMBER
    elif column.type.kind in (Kind.DATE, Kind.TIMESTAMP):
        unit, kind = ("M", Kind.INTERVAL_YM) if _MONTHS.search(text) else ("S", Kind.INTERVAL_DS)
    else:
        raise OraError(14751)
    value = ddl.translator.constant(ddl.session, text, TableColumn("X", OraType(kind)))
    if not isinstance(value, int | float) or value <= 0:
        raise OraError(14752)
    return unit, value


def key_columns(table: Table, partitioning: Partitioning) -> list[TableColumn]:
    """The partitioning key's columns."""
    return [c for name in partitioning.columns if (c := table.column(name)) is not None]


def make_partition(
    ddl: Ddl, table: Table, partitioning: Partitioning, definition: PartitionDef
) -> Partition:
    """A partition from its definition, values evaluated; ORA-14308, ORA-14019, ORA-14013."""
    columns = key_columns(table, partitioning)
    partition_id = ddl.catalog.new_id()
    name = definition.name or f"SYS_P{partition_id}"
    if partitioning.find(name) is not None:
        raise OraError(14013, offset=definition.offset)
    tablespace = definition.properties.get("TABLESPACE", table.tablespace)
    if ddl.catalog.tablespace(tablespace) is None:
        raise OraError(959, tablespace)
    default = definition.values == [["DEFAULT"]]
    values: list[Bound] = []
    for row in [] if default else definition.values:
        if len(row) != len(columns):
            raise OraError(14018 if len(row) > len(columns) else 14017, offset=definition.offset)
        values.append(
            tuple(
                _bound(ddl, column, text, partitioning)
                for column, text in zip(columns, row, strict=True)
            )
        )
    return Partition(
        id=partition_id,
        name=name,
        text="DEFAULT" if default else high_value(columns, partitioning.method, tuple(values)),
        values=tuple(values),
        tablespace=tablespace,
        is_default=default,
        created=now(),
        properties=definition.properties,
    )


def _bound(ddl: Ddl, column: TableColumn, text: str, partitioning: Partitioning) -> Encoded:
    if partitioning.method == "RANGE" and text == "MAXVALUE":
        return None
    if text == "NULL":
        if partitioning.method == "RANGE":
            raise OraError(14019)
        return None
    return ddl.translator.constant(ddl.session, text, column)


def add_partition(
    ddl: Ddl, table: Table, partitioning: Partitioning, definition: PartitionDef
) -> Partitioning:
    """Append a partition; ORA-14037/14074 for bounds out of order, ORA-14312/14316 for lists."""
    partition = make_partition(ddl, table, partitioning, definition)
    existing = partitioning.partitions
    if partitioning.method == "RANGE":
        if existing and not below(existing[-1].values[0], partition.values[0]):
            raise OraError(14037, offset=definition.offset)
    else:
        if any(part.is_default for part in existing):
            raise OraError(14323, offset=definition.offset)
        known = {value for part in existing for value in part.values}
        for value in partition.values:
            if value in known:
                raise OraError(14312, offset=definition.offset)
            known.add(value)
    return replace(partitioning, partitions=(*existing, partition))
