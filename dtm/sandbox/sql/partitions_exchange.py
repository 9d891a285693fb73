"""EXCHANGE PARTITION (VLDB and Partitioning Guide 19c, "About Exchanging Partitions and
Subpartitions"): the rows of a partition and of a table change places."""

from __future__ import annotations

from dataclasses import dataclass

import apsw

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql import storage_tables
from dtm.sandbox.sql.catalog_model import Index, Partition, Partitioning, Table
from dtm.sandbox.sql.ddl_alter_constraints import validate_rows
from dtm.sandbox.sql.ddl_build import broken_check, note_wide, rows_exist
from dtm.sandbox.sql.ddl_context import Ddl
from dtm.sandbox.sql.ddl_index_state import all_unusable, set_state
from dtm.sandbox.sql.ddl_tokens import Tokens
from dtm.sandbox.sql.partitions_operation import Change, Operation, leaf_ids, refuse_parent
from dtm.sandbox.sql.partitions_sql import condition


@dataclass(slots=True)
class _Options:
    including: bool = False
    validation: bool = True


def exchange(op: Operation, tokens: Tokens) -> Change:
    """EXCHANGE PARTITION p WITH TABLE t [INCLUDING | EXCLUDING INDEXES] [WITH | WITHOUT
    VALIDATION]; EXCLUDING is the default, WITH VALIDATION too."""
    which = op.parse_one(tokens)
    tokens.expect("WITH")
    tokens.expect("TABLE")
    named = tokens.here
    other = op.ddl.table(tokens.name(903), "ALTER", "ALTER ANY TABLE")
    op.locked.append(other)
    options = _options(tokens)

    def change(current: Table, partitioning: Partitioning) -> Partitioning:
        level, part = op.pick(partitioning, which)
        table = op.ddl.catalog.table_by_id(other.id) or other
        if part.subpartitions:
            tokens.unsupported(437, "EXCHANGE of a composite partition", named)
        _same_shape(current, table)
        pairs = _matching_indexes(op.ddl, current, table) if options.including else []
        rows = condition(level, part)
        if rows_exist(op.ddl, table, f"({rows}) IS NOT 1"):
            if options.validation:
                raise OraError(14099)
            # Oracle would put rows where no query finds them; that is nothing to imitate.
            text = "EXCHANGE of rows outside the partition WITHOUT VALIDATION"
            tokens.unsupported(437, text, named)
        refuse_parent(op, level, part)
        try:
            _swap_rows(op.ddl, current, table, rows)
        except apsw.ConstraintError:
            raise OraError(14130) from None
        except apsw.FullError:
            raise OraError(1652, 128, table.tablespace) from None
        _check_exchanged(op.ddl, current, table, rows)
        _settle(op, table, part, pairs, options)
        return partitioning

    return change


def _options(tokens: Tokens) -> _Options:
    options = _Options()
    if word := tokens.accept_any("INCLUDING", "EXCLUDING"):
        tokens.expect("INDEXES")
        options.including = word == "INCLUDING"
    if word := tokens.accept_any("WITH", "WITHOUT"):
        tokens.expect("VALIDATION")
        options.validation = word == "WITH"
    if tokens.at("EXCEPTIONS", "INTO"):
        tokens.unsupported(412, "EXCEPTIONS INTO")
    return options


def _settle(
    op: Operation,
    other: Table,
    part: Partition,
    pairs: list[tuple[Index, Index]],
    options: _Options,
) -> None:
    """Which indexes are UNUSABLE afterwards: global ones (unless UPDATE INDEXES), the local
    partitions and the table's own with EXCLUDING INDEXES."""
    ddl = op.ddl
    op.spoiled_global = True
    other = ddl.catalog.table_by_id(other.id) or other
    if not options.including:
        for index in ddl.catalog.indexes_of(op.table):
            if index.local:
                set_state(ddl, op.table, index, unusable=index.unusable | leaf_ids(part))
        all_unusable(ddl, other)
    for local, its in pairs:
        spoiled = part.id in local.unusable
        gone = local.unusable - {part.id}
        now_spoiled = gone if its.status == "VALID" else gone | {part.id}
        set_state(ddl, op.table, local, unusable=now_spoiled)
        set_state(ddl, other, its, status="UNUSABLE" if spoiled else "VALID")
    ddl.database.reattach_table(other)


def _matching_indexes(ddl: Ddl, table: Table, other: Table) -> list[tuple[Index, Index]]:
    """Local index and table's index in pairs; ORA-14098 when one has no counterpart."""
    local = [index for index in ddl.catalog.indexes_of(table) if index.local]
    its = list(ddl.catalog.indexes_of(other))
    pairs: list[tuple[Index, Index]] = []
    for index in local:
        wanted = _shape(table, index)
        found = next((i for i in its if _shape(other, i) == wanted), None)
        if found is None:
            raise OraError(14098)
        its.remove(found)
        pairs.append((index, found))
    if its:
        raise OraError(14098)
    return pairs


def _shape(table: Table, index: Index) -> tuple[object, ...]:
    """What must be the same of two indexes: the columns' places, uniqueness, kind."""
    names = [column.name for column in table.columns]
    keys = tuple(
        names.index(key.name) if key.name is not None else key.expression_sql
        for key in index.columns
    )
    return (keys, tuple(key.descending for key in index.columns), index.unique, index.bitmap)


def _check_exchanged(ddl: Ddl, table: Table, other: Table, rows: str) -> None:
    """The tables' constraints hold for the rows that came (ORA-14118, ORA-14128)."""
    for each, came in ((table, rows), (other, "1")):
        if broken_check(ddl, each, came) is not None:
            raise OraError(14118)
        for constraint in each.constraints:
            if constraint.type == "R" and constraint.enabled:
                try:
                    validate_rows(ddl, each, constraint)
                except OraError:
                    raise OraError(14128) from None
    note_wide(ddl, table)
    note_wide(ddl, other)


def _same_shape(table: Table, other: Table) -> None:
    """ORA-14096, ORA-14097: number and type of columns must be the same."""
    if other.partitioning is not None or other.temporary or other.id == table.id:
        raise OraError(14292 if other.partitioning else 14095)
    if len(table.columns) != len(other.columns):
        raise OraError(14096)
    for mine, its in zip(table.columns, other.columns, strict=True):
        if mine.type != its.type or mine.nullable != its.nullable:
            raise OraError(14097)


def _swap_rows(ddl: Ddl, table: Table, other: Table, rows: str) -> None:
    run = ddl.database.run
    mine, its = storage_tables.column_list(table), storage_tables.column_list(other)
    run('DROP TABLE IF EXISTS temp."#EX"')
    run(f'CREATE TEMP TABLE "#EX" AS SELECT {mine} FROM {table.target} WHERE {rows}')
    run(f"DELETE FROM {table.target} WHERE {rows}")
    run(f"INSERT INTO {table.target}({mine}) SELECT {its} FROM {other.target}")
    run(f"DELETE FROM {other.target}")
    run(f'INSERT INTO {other.target}({its}) SELECT * FROM temp."#EX"')
    run('DROP TABLE temp."#EX"')
