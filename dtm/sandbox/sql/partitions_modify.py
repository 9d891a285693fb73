"""MODIFY and COALESCE PARTITION (VLDB and Partitioning Guide 19c, "Maintenance Operations")."""

from __future__ import annotations

from dataclasses import replace

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql.catalog_model import Partition, Partitioning, Table
from dtm.sandbox.sql.ddl_build import rows_exist
from dtm.sandbox.sql.ddl_index_state import set_state
from dtm.sandbox.sql.ddl_physical import parse_physical
from dtm.sandbox.sql.ddl_tokens import Tokens
from dtm.sandbox.sql.partitions_hash import split_by
from dtm.sandbox.sql.partitions_operation import (
    Change,
    Operation,
    Which,
    high_value_of,
    leaf_ids,
    replaced,
)
from dtm.sandbox.sql.partitions_parse import PartitionDef, parse_sub, parse_values
from dtm.sandbox.sql.partitions_rules import appended, make_partition
from dtm.sandbox.sql.partitions_sql import Bound, below, condition


def modify(op: Operation, tokens: Tokens) -> Change:
    """MODIFY PARTITION name ADD | DROP VALUES (...) | ADD SUBPARTITION ... | COALESCE SUBPARTITION
    | [REBUILD] UNUSABLE LOCAL INDEXES; physical clauses are recorded."""
    which = op.parse_one(tokens)
    if tokens.at("ADD", "SUBPARTITION"):
        return _add_sub(op, tokens, which)
    if tokens.accept("COALESCE", "SUBPARTITION"):
        return lambda _, partitioning: _coalesce_sub(op, partitioning, which)
    verb = tokens.accept_any("ADD", "DROP")
    if verb is not None:
        return _values(op, tokens, which, verb)
    usable: bool | None = None
    if tokens.accept("REBUILD", "UNUSABLE", "LOCAL", "INDEXES"):
        usable = True
    elif tokens.accept("UNUSABLE", "LOCAL", "INDEXES"):
        usable = False
    properties = parse_physical(tokens)

    def change(table: Table, partitioning: Partitioning) -> Partitioning:
        level, part = op.pick(partitioning, which)
        for index in op.ddl.catalog.indexes_of(table):
            if index.local and usable is not None:
                ids = leaf_ids(part)
                unusable = index.unusable - ids if usable else index.unusable | ids
                set_state(op.ddl, table, index, unusable=unusable)
        recorded = replace(part, properties={**part.properties, **properties})
        return op.put(partitioning, replaced(level, part, (recorded,)))

    return change


def _values(op: Operation, tokens: Tokens, which: Which, verb: str) -> Change:
    """ADD | DROP VALUES of a list partition; ORA-14312, ORA-14313, ORA-14317, ORA-14518."""
    if op.method != "LIST":
        raise OraError(14616 if op.sub else 14316)
    definition = PartitionDef(None)
    parse_values(tokens, "LIST", definition)

    def change(table: Table, partitioning: Partitioning) -> Partitioning:
        level, part = op.pick(partitioning, which)
        if part.is_default:
            raise OraError(14617 if op.sub else 14321)
        bare = replace(level, partitions=(), sub=None)
        values = make_partition(op.ddl, table, bare, definition).values
        if verb == "ADD":
            changed = _with_values(op, table, level, part, values)
        else:
            changed = _without_values(op, table, level, part, values)
        return op.put(partitioning, replaced(level, part, (changed,)))

    return change


def _with_values(
    op: Operation, table: Table, level: Partitioning, part: Partition, values: tuple[Bound, ...]
) -> Partition:
    for other in level.partitions:
        for value in other.values:
            if value in values:
                raise OraError(14312, high_value_of(table, level, (value,)), other.name)
    if any(p.is_default for p in level.partitions):
        trial = replace(part, values=values)
        if rows_exist(op.ddl, table, condition(level, trial)):
            raise OraError(14324)
    merged = (*part.values, *values)
    return replace(part, values=merged, text=high_value_of(table, level, merged))


def _without_values(
    op: Operation, table: Table, level: Partitioning, part: Partition, values: tuple[Bound, ...]
) -> Partition:
    for value in values:
        if value not in part.values:
            raise OraError(14313, high_value_of(table, level, (value,)), part.name)
    kept = tuple(v for v in part.values if v not in values)
    if not kept:
        raise OraError(14317)
    if rows_exist(op.ddl, table, condition(level, replace(part, values=values))):
        raise OraError(14518)
    return replace(part, values=kept, text=high_value_of(table, level, kept))


# ---------------------------------------------------------------- hash, subpartitions


def _add_sub(op: Operation, tokens: Tokens, which: Which) -> Change:
    """MODIFY PARTITION p ADD SUBPARTITION [name] [VALUES ...]."""
    partitioning = op.table.partitioning
    if partitioning is None or partitioning.sub is None:
        raise OraError(14253)
    tokens.expect("ADD")
    definition = parse_sub(tokens, partitioning.sub.method)

    def change(table: Table, current: Partitioning) -> Partitioning:
        _, part = op.pick(current, which)
        taken = {p.name for _, p in current.leaves}
        if definition.name in taken:
            raise OraError(14159)
        return op.put(current, add_one(op, table, current.inner(part), definition))

    return change


def add_one(
    op: Operation, current: Table, level: Partitioning, definition: PartitionDef
) -> Partitioning:
    """One more partition at its place; a hash partition takes rows of another one. ORA-14074."""
    before = level.partitions
    made = make_partition(op.ddl, current, level, definition)
    if level.method == "RANGE" and not below(before[-1].values[0], made.values[0]):
        raise OraError(14074 if level.outer is None else 14211)
    if level.method == "HASH":
        source = before[split_by(len(before))]
        if op.has_rows(level, source):
            op.spoil(source, made)
    return appended(level, made, definition)


def coalesce(op: Operation, tokens: Tokens) -> Change:
    """COALESCE PARTITION: the last hash partition's rows go to another one; ORA-14259."""
    tokens.expect("PARTITION", 14048)
    if op.method != "HASH":
        raise OraError(14259)
    return lambda _, partitioning: _coalesced(op, partitioning)


def _coalesce_sub(op: Operation, partitioning: Partitioning, which: Which) -> Partitioning:
    _, part = op.pick(partitioning, which)
    level = partitioning.inner(part)
    if level.method != "HASH":
        raise OraError(14259)
    return op.put(partitioning, _coalesced(op, level))


def _coalesced(op: Operation, level: Partitioning) -> Partitioning:
    parts = level.partitions
    if len(parts) == 1:
        raise OraError(14285)
    if op.has_rows(level, parts[-1]):
        op.spoil(parts[split_by(len(parts) - 1)])
    return replace(level, partitions=parts[:-1])
