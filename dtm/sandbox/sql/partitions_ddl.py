"""ALTER TABLE ... PARTITION (VLDB and Partitioning Guide 19c, "Maintenance Operations")."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql.catalog import now
from dtm.sandbox.sql.catalog_model import Partition, Partitioning, Table
from dtm.sandbox.sql.ddl_build import rows_exist
from dtm.sandbox.sql.ddl_context import Ddl, DdlResult
from dtm.sandbox.sql.ddl_drop import empty
from dtm.sandbox.sql.ddl_physical import parse_physical
from dtm.sandbox.sql.ddl_tokens import Tokens
from dtm.sandbox.sql.partitions_parse import PartitionDef, parse_partition, parse_values
from dtm.sandbox.sql.partitions_rules import add_partition, make_partition
from dtm.sandbox.sql.partitions_split import (
    Change,
    exchange,
    high_value_of,
    merge,
    method_of,
    named,
    refuse_parent,
    replaced,
    split,
)
from dtm.sandbox.sql.partitions_sql import below, condition

PARTITION_VERBS = (
    "ADD", "DROP", "TRUNCATE", "SPLIT", "MERGE", "EXCHANGE", "RENAME", "MOVE", "MODIFY", "COALESCE",
)  # fmt: skip


def alter_partitions(ddl: Ddl, tokens: Tokens, table: Table) -> DdlResult:
    """One partition maintenance operation; it commits, locks the table, has no undo."""
    if table.partitioning is None:
        raise OraError(14501)
    verb = tokens.advance().value
    if tokens.at("SUBPARTITION"):
        tokens.unsupported(432, "subpartitions")
    exchanged: list[Table] = []
    change = CLAUSES[verb](ddl, tokens, table, exchanged)
    _index_clauses(tokens)
    tokens.finish(14048)

    def work() -> None:
        current = ddl.catalog.table_by_id(table.id) or table
        if current.partitioning is None:
            raise OraError(14501)
        partitioning = change(current, current.partitioning)
        current = ddl.catalog.table_by_id(table.id) or table
        changed = replace(current, partitioning=partitioning, last_ddl=now())
        ddl.catalog.put(changed)
        ddl.database.reattach_table(changed)
        ddl.invalidate(table.owner, table.name)

    ddl.run(work, table, *exchanged)
    return DdlResult("ALTER TABLE")


def _index_clauses(tokens: Tokens) -> None:
    """UPDATE [GLOBAL] INDEXES and friends: indexes are always kept usable here."""
    while True:
        if tokens.accept_any("UPDATE", "INVALIDATE"):
            tokens.accept("GLOBAL")
            tokens.expect("INDEXES", 14048)
            if tokens.at("("):
                tokens.parenthesised()
        elif (
            tokens.accept("DROP", "STORAGE")
            or tokens.accept("REUSE", "STORAGE")
            or tokens.accept("DROP", "ALL", "STORAGE")
            or tokens.accept_any("ONLINE", "CASCADE")
        ):
            continue
        elif not parse_physical(tokens):
            return


def _name_of(tokens: Tokens) -> str:
    """PARTITION name."""
    tokens.expect("PARTITION", 14048)
    if tokens.at("FOR"):
        tokens.unsupported(436, "PARTITION FOR (...)")
    return tokens.identifier(14006)


def _add(ddl: Ddl, tokens: Tokens, table: Table, _: list[Table]) -> Change:
    definitions = [parse_partition(tokens, method_of(table))]
    while tokens.accept(","):
        definitions.append(parse_partition(tokens, method_of(table)))

    def change(current: Table, partitioning: Partitioning) -> Partitioning:
        if partitioning.interval is not None:
            raise OraError(14760)
        for definition in definitions:
            last = partitioning.partitions[-1]
            made = make_partition(ddl, current, partitioning, definition)
            if partitioning.method == "RANGE" and not below(last.values[0], made.values[0]):
                raise OraError(14074)
            partitioning = add_partition(ddl, current, partitioning, definition)
        return partitioning

    return change


def _drop(ddl: Ddl, tokens: Tokens, _: Table, __: list[Table]) -> Change:
    tokens.accept("PARTITION") or tokens.expect("PARTITIONS", 14048)
    names = [tokens.identifier(14006)]
    while tokens.accept(","):
        names.append(tokens.identifier(14006))

    def change(current: Table, partitioning: Partitioning) -> Partitioning:
        for name in names:
            partition = named(partitioning, name)
            if len(partitioning.partitions) == 1:
                raise OraError(14083)
            ranges = [p for p in partitioning.partitions if not p.interval]
            if ranges == [partition]:
                raise OraError(14758)
            refuse_parent(ddl, current, partitioning, partition)
            empty(ddl, current, condition(partitioning, partition))
            kept = tuple(p for p in partitioning.partitions if p is not partition)
            partitioning = replace(partitioning, partitions=kept)
        return partitioning

    return change


def _truncate(ddl: Ddl, tokens: Tokens, _: Table, __: list[Table]) -> Change:
    name = _name_of(tokens)

    def change(current: Table, partitioning: Partitioning) -> Partitioning:
        partition = named(partitioning, name)
        refuse_parent(ddl, current, partitioning, partition)
        empty(ddl, current, condition(partitioning, partition))
        return partitioning

    return change


def _rename(_: Ddl, tokens: Tokens, __: Table, ___: list[Table]) -> Change:
    tokens.expect("PARTITION", 14048)
    old = tokens.identifier(14006)
    tokens.expect("TO")
    new = tokens.identifier(14006)

    def change(_: Table, partitioning: Partitioning) -> Partitioning:
        partition = named(partitioning, old)
        if partitioning.find(new) is not None:
            raise OraError(14081)
        return replaced(partitioning, partition, (replace(partition, name=new),))

    return change


def _move(ddl: Ddl, tokens: Tokens, _: Table, __: list[Table]) -> Change:
    """MOVE PARTITION: rewriting in place is nothing to see; another tablespace is recorded."""
    tokens.expect("PARTITION", 14048)
    name = tokens.identifier(14006)
    properties = parse_physical(tokens)

    def change(_: Table, partitioning: Partitioning) -> Partitioning:
        partition = named(partitioning, name)
        tablespace = properties.get("TABLESPACE", partition.tablespace)
        if ddl.catalog.tablespace(tablespace) is None:
            raise OraError(959, tablespace)
        moved = replace(partition, tablespace=tablespace)
        return replaced(partitioning, partition, (moved,))

    return change


def _modify(ddl: Ddl, tokens: Tokens, _: Table, __: list[Table]) -> Change:
    """MODIFY PARTITION name ADD | DROP VALUES (...) of a list; physical clauses are recorded."""
    tokens.expect("PARTITION", 14048)
    name = tokens.identifier(14006)
    verb = tokens.accept_any("ADD", "DROP")
    definition = PartitionDef(name)
    if verb is not None:
        parse_values(tokens, "LIST", definition)
    else:
        tokens.accept("REBUILD", "UNUSABLE", "LOCAL", "INDEXES")
        tokens.accept("UNUSABLE", "LOCAL", "INDEXES")

    def change(current: Table, partitioning: Partitioning) -> Partitioning:
        partition = named(partitioning, name)
        if verb is None:
            return partitioning
        if partitioning.method != "LIST" or partition.is_default:
            raise OraError(14318)
        bare = replace(partitioning, partitions=())
        values = make_partition(ddl, current, bare, definition).values
        if verb == "ADD":
            changed = _with_values(ddl, current, partitioning, partition, values)
        else:
            if not set(values) <= set(partition.values):
                raise OraError(14313)
            kept = tuple(v for v in partition.values if v not in values)
            if not kept:
                raise OraError(14317)
            changed = replace(
                partition, values=kept, text=high_value_of(current, partitioning, kept)
            )
            trial = replace(partition, values=values)
            if rows_exist(ddl, current, condition(partitioning, trial)):
                raise OraError(14518)
        return replaced(partitioning, partition, (changed,))

    return change


def _with_values(
    ddl: Ddl,
    table: Table,
    partitioning: Partitioning,
    partition: Partition,
    values: tuple[tuple[int | float | str | bytes | None, ...], ...],
) -> Partition:
    known = {v for p in partitioning.partitions for v in p.values}
    if known & set(values):
        raise OraError(14312)
    default = next((p for p in partitioning.partitions if p.is_default), None)
    if default is not None:
        trial = replace(partition, values=values)
        if rows_exist(ddl, table, condition(partitioning, trial)):
            raise OraError(14324)
    merged = (*partition.values, *values)
    return replace(partition, values=merged, text=high_value_of(table, partitioning, merged))


def _refused(_: Ddl, tokens: Tokens, __: Table, ___: list[Table]) -> Change:
    tokens.unsupported(438, "COALESCE PARTITION")


CLAUSES: dict[str, Callable[[Ddl, Tokens, Table, list[Table]], Change]] = {
    "ADD": _add,
    "DROP": _drop,
    "TRUNCATE": _truncate,
    "SPLIT": split,
    "MERGE": merge,
    "EXCHANGE": exchange,
    "RENAME": _rename,
    "MOVE": _move,
    "MODIFY": _modify,
    "COALESCE": _refused,
}
