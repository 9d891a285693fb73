"""What partitions mean: from definitions to bounds, subpartitions, intervals.

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
from dtm.sandbox.sql.catalog_model import (
    Partition,
    Partitioning,
    Subpartitioning,
    Table,
    TableColumn,
)
from dtm.sandbox.sql.ddl_context import Ddl
from dtm.sandbox.sql.encoding import Encoded
from dtm.sandbox.sql.partitions_parse import PartitionClause, PartitionDef, SubClause
from dtm.sandbox.sql.partitions_sql import Bound, below, high_value
from dtm.sandbox.sql.partitions_sql import sql_literal as literal
from dtm.sandbox.sql.partitions_template import from_template
from dtm.sandbox.sql.storage_tables import may_be_wide

_MONTHS = re.compile(r"NUMTOYMINTERVAL|TO_YMINTERVAL|TO\s+MONTH|'\s*(MONTH|YEAR)\b", re.IGNORECASE)


def build_partitioning(
    ddl: Ddl, table: Table, clause: PartitionClause, *, row_movement: bool
) -> Partitioning:
    """The partitioning a CREATE TABLE describes."""
    wide = _check_keys(table, clause)
    partitioning = Partitioning(
        clause.method, clause.columns, (), clause.interval, row_movement, wide
    )
    if clause.sub is not None:
        partitioning = replace(partitioning, sub=_build_sub(ddl, table, partitioning, clause.sub))
    for definition in clause.partitions:
        partitioning = add_partition(ddl, table, partitioning, definition)
    return with_step(ddl, table, partitioning)


def _check_keys(table: Table, clause: PartitionClause | SubClause) -> frozenset[str]:
    """The key columns exist and may serve; those that may hold wide NUMBERs."""
    wide = set()
    for name in clause.columns:
        column = table.column(name)
        if column is None:
            raise OraError(904, f'"{name}"', offset=clause.offset)
        if column.type.kind in (Kind.CLOB, Kind.BLOB, Kind.LONG, Kind.TIMESTAMP_TZ):
            raise OraError(14135, offset=clause.offset)
        if may_be_wide(column):
            wide.add(name)
    if clause.method == "LIST" and len(clause.columns) > 1:
        raise OraError(14304, offset=clause.offset)
    return frozenset(wide)


def _build_sub(
    ddl: Ddl, table: Table, partitioning: Partitioning, clause: SubClause
) -> Subpartitioning:
    wide = _check_keys(table, clause)
    sub = Subpartitioning(clause.method, clause.columns, wide_keys=wide)
    template = make_template(ddl, table, replace(partitioning, sub=sub), clause.template)
    return replace(sub, template=template)


def make_template(
    ddl: Ddl, table: Table, partitioning: Partitioning, definitions: list[PartitionDef]
) -> tuple[Partition, ...]:
    """What a new partition gets when it describes no subpartitions; their names stay short."""
    nobody = Partition(0, "", "", (), table.tablespace)
    level = partitioning.inner(nobody)
    for definition in definitions:
        level = add_partition(ddl, table, level, definition)
    named = [definition.name or "" for definition in definitions]
    return tuple(replace(p, name=n) for p, n in zip(level.partitions, named, strict=True))


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
    """A (sub)partition from its definition, values evaluated; ORA-14308, ORA-14019, ORA-14013."""
    columns = key_columns(table, partitioning)
    partition_id = ddl.catalog.new_id()
    outer = partitioning.outer
    name = definition.name or f"{'SYS_P' if outer is None else 'SYS_SUBP'}{partition_id}"
    if partitioning.find(name) is not None:
        raise OraError(14013 if outer is None else 14159, offset=definition.offset)
    default_space = outer[1].tablespace if outer is not None else _default_tablespace(table)
    tablespace = definition.properties.get("TABLESPACE", default_space)
    if ddl.catalog.tablespace(tablespace) is None:
        raise OraError(959, tablespace)
    default = definition.values == [["DEFAULT"]]
    values: list[Bound] = []
    for row in [] if default else definition.values:
        if len(row) != len(columns):
            code = (
                (14018 if len(row) > len(columns) else 14017)
                if outer is None
                else (14215 if len(row) > len(columns) else 14216)
            )
            raise OraError(code, offset=definition.offset)
        values.append(
            tuple(
                _bound(ddl, column, text, partitioning)
                for column, text in zip(columns, row, strict=True)
            )
        )
    made = Partition(
        id=partition_id,
        name=name,
        text="DEFAULT" if default else high_value(columns, partitioning.method, tuple(values)),
        values=tuple(values),
        tablespace=tablespace,
        is_default=default,
        created=now(),
        properties=definition.properties,
    )
    return with_subs(ddl, table, partitioning, made, definition.subs)


def _default_tablespace(table: Table) -> str:
    return table.properties.get("DEF_TABLESPACE", table.tablespace)


def with_subs(
    ddl: Ddl,
    table: Table,
    partitioning: Partitioning,
    partition: Partition,
    definitions: list[PartitionDef],
) -> Partition:
    """A partition of a composite table with its subpartitions: as described, or the template's."""
    if partitioning.sub is None:
        return partition
    if not definitions:
        return from_template(ddl.catalog, partitioning.sub, partition)
    level = partitioning.inner(partition)
    taken = {part.name for other in partitioning.levels for part in other.partitions}
    for definition in definitions:
        if definition.name in taken:
            raise OraError(14159, offset=definition.offset)
        level = add_partition(ddl, table, level, definition)
    return replace(partition, subpartitions=level.partitions)


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
    """Append a partition; ORA-14037 for bounds out of order, ORA-14312/14323 for lists."""
    partition = make_partition(ddl, table, partitioning, definition)
    return appended(partitioning, partition, definition)


def appended(
    partitioning: Partitioning, partition: Partition, definition: PartitionDef
) -> Partitioning:
    """With a partition that was made for it at the end."""
    existing = partitioning.partitions
    if partitioning.method == "RANGE":
        if existing and not below(existing[-1].values[0], partition.values[0]):
            code = 14037 if partitioning.outer is None else 14202
            raise OraError(code, existing[-1].name, offset=definition.offset)
    elif partitioning.method == "LIST":
        if any(part.is_default for part in existing):
            code = 14323 if partitioning.outer is None else 14621
            raise OraError(code, offset=definition.offset)
        known = {value: part.name for part in existing for value in part.values}
        for value in partition.values:
            if value in known:
                raise OraError(14312, literal(value[0]), known[value], offset=definition.offset)
            known[value] = partition.name
    return replace(partitioning, partitions=(*existing, partition))
