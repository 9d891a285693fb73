"""ALTER TABLE ... PARTITION (VLDB and Partitioning Guide 19c, "Maintenance Operations")."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql.catalog import now
from dtm.sandbox.sql.catalog_model import Partition, Partitioning, Table
from dtm.sandbox.sql.ddl_context import Ddl, DdlResult
from dtm.sandbox.sql.ddl_drop import empty
from dtm.sandbox.sql.ddl_physical import parse_physical
from dtm.sandbox.sql.ddl_tokens import Tokens
from dtm.sandbox.sql.partitions_exchange import exchange
from dtm.sandbox.sql.partitions_modify import add_one, coalesce, modify
from dtm.sandbox.sql.partitions_operation import (
    Change,
    Operation,
    Which,
    refuse_parent,
    replaced,
)
from dtm.sandbox.sql.partitions_parse import PartitionDef, parse_partition
from dtm.sandbox.sql.partitions_split import merge, split
from dtm.sandbox.sql.partitions_sql import condition

PARTITION_VERBS = (
    "ADD", "DROP", "TRUNCATE", "SPLIT", "MERGE", "EXCHANGE", "RENAME", "MOVE", "MODIFY", "COALESCE",
)  # fmt: skip


def alter_partitions(ddl: Ddl, tokens: Tokens, table: Table) -> DdlResult:
    """One partition maintenance operation; it commits, locks the table, has no undo."""
    if table.partitioning is None:
        raise OraError(14501)
    verb = tokens.advance().value
    op = Operation(ddl, table, sub=tokens.at_any("SUBPARTITION", "SUBPARTITIONS"))
    if op.sub and table.partitioning.sub is None:
        raise OraError(14253)
    change = CLAUSES[verb](op, tokens)
    _index_clauses(op, tokens)
    tokens.finish(14048)

    def work() -> None:
        current = ddl.catalog.table_by_id(table.id) or table
        if current.partitioning is None:
            raise OraError(14501)
        op.table = current
        partitioning = change(current, current.partitioning)
        current = ddl.catalog.table_by_id(table.id) or table
        changed = replace(current, partitioning=partitioning, last_ddl=now())
        ddl.catalog.put(changed)
        op.settle_indexes(partitioning)
        ddl.database.reattach_table(changed)

    ddl.run(work, table, *op.locked)
    return DdlResult("ALTER TABLE")


def _index_clauses(op: Operation, tokens: Tokens) -> None:
    """UPDATE [GLOBAL] INDEXES [(...)] keeps them usable; storage clauses are recorded."""
    while True:
        if word := tokens.accept_any("UPDATE", "INVALIDATE"):
            tokens.accept("GLOBAL")
            tokens.expect("INDEXES", 14048)
            op.keep_indexes = word == "UPDATE"
            if tokens.at("("):
                tokens.parenthesised()
        elif tokens.accept("ONLINE"):
            op.keep_indexes = True
        elif (
            tokens.accept("DROP", "STORAGE")
            or tokens.accept("REUSE", "STORAGE")
            or tokens.accept("DROP", "ALL", "STORAGE")
            or tokens.accept("CASCADE")
        ):
            continue
        elif not parse_physical(tokens):
            return


def _add(op: Operation, tokens: Tokens) -> Change:
    """ADD PARTITION [name] [VALUES ...] ..., PARTITION ...; ORA-14074, ORA-14760."""
    if op.sub:
        tokens.fail(14150)
    definitions = [_definition(op, tokens)]
    while tokens.accept(","):
        definitions.append(_definition(op, tokens))

    def change(current: Table, partitioning: Partitioning) -> Partitioning:
        if partitioning.interval is not None:
            raise OraError(14760)
        for definition in definitions:
            partitioning = add_one(op, current, partitioning, definition)
        return partitioning

    return change


def _definition(op: Operation, tokens: Tokens) -> PartitionDef:
    partitioning = op.table.partitioning
    sub = partitioning.sub if partitioning is not None else None
    return parse_partition(tokens, op.method, sub.method if sub is not None else None)


def _drop(op: Operation, tokens: Tokens) -> Change:
    """DROP PARTITION[S] a, b | FOR (..); ORA-14083, ORA-14758, ORA-14255 for hash."""
    targets = op.parse_several(tokens)
    if op.method == "HASH":
        raise OraError(14206 if op.sub else 14255)

    def change(_: Table, partitioning: Partitioning) -> Partitioning:
        for which in targets:
            partitioning = _drop_one(op, partitioning, which)
        return partitioning

    return change


def _drop_one(op: Operation, partitioning: Partitioning, which: Which) -> Partitioning:
    level, part = op.pick(partitioning, which)
    if len(level.partitions) == 1:
        raise OraError(14083 if level.outer is None else 14629)
    if level.interval is not None:
        ranges = [p for p in level.partitions if not p.interval]
        if ranges[-1].id == part.id:
            raise OraError(14758)
    _empty(op, level, part)
    kept = tuple(p for p in level.partitions if p.id != part.id)
    return op.put(partitioning, replace(level, partitions=kept))


def _empty(op: Operation, level: Partitioning, part: Partition) -> None:
    refuse_parent(op, level, part)
    if op.has_rows(level, part):
        op.spoil()
    empty(op.ddl, op.table, condition(level, part))


def _truncate(op: Operation, tokens: Tokens) -> Change:
    """TRUNCATE PARTITION[S] a, b: the local index partitions are empty and usable again."""
    targets = op.parse_several(tokens)

    def change(_: Table, partitioning: Partitioning) -> Partitioning:
        for which in targets:
            level, part = op.pick(partitioning, which)
            _empty(op, level, part)
        return partitioning

    return change


def _rename(op: Operation, tokens: Tokens) -> Change:
    """RENAME PARTITION a TO b; ORA-14081, ORA-14082. Index partitions keep their names."""
    which = op.parse_one(tokens)
    tokens.expect("TO")
    new = tokens.identifier(14006)

    def change(_: Table, partitioning: Partitioning) -> Partitioning:
        level, part = op.pick(partitioning, which)
        if part.name == new:
            raise OraError(14262 if op.sub else 14081)
        if any(p.name == new for lv in _peers(op, partitioning) for p in lv.partitions):
            raise OraError(14263 if op.sub else 14082)
        for index in op.ddl.catalog.indexes_of(op.table):
            if index.local and part.id not in index.part_names:
                names = {**index.part_names, part.id: part.name}
                op.ddl.catalog.put(replace(index, part_names=names))
        return op.put(partitioning, replaced(level, part, (replace(part, name=new),)))

    return change


def _peers(op: Operation, partitioning: Partitioning) -> tuple[Partitioning, ...]:
    return partitioning.levels if op.sub else (partitioning,)


def _move(op: Operation, tokens: Tokens) -> Change:
    """MOVE PARTITION: rewriting in place is nothing to see; another tablespace is recorded. The
    partition's indexes become UNUSABLE when it has rows."""
    which = op.parse_one(tokens)
    properties = parse_physical(tokens)
    op.keep_indexes = "ONLINE" in properties

    def change(_: Table, partitioning: Partitioning) -> Partitioning:
        level, part = op.pick(partitioning, which)
        if part.subpartitions:
            raise OraError(14257)
        tablespace = properties.get("TABLESPACE", part.tablespace)
        if op.ddl.catalog.tablespace(tablespace) is None:
            raise OraError(959, tablespace)
        if op.has_rows(level, part):
            op.spoil(part)
        recorded = {**part.properties, **properties}
        moved = replace(part, tablespace=tablespace, properties=recorded)
        return op.put(partitioning, replaced(level, part, (moved,)))

    return change


CLAUSES: dict[str, Callable[[Operation, Tokens], Change]] = {
    "ADD": _add,
    "DROP": _drop,
    "TRUNCATE": _truncate,
    "SPLIT": split,
    "MERGE": merge,
    "EXCHANGE": exchange,
    "RENAME": _rename,
    "MOVE": _move,
    "MODIFY": modify,
    "COALESCE": coalesce,
}
