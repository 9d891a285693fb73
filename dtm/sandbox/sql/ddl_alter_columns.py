"""Columns of an existing table: ADD, MODIFY, DROP, RENAME."""

from __future__ import annotations

from dataclasses import replace

import apsw

from dtm.plsql.lexer import IDENT, QUOTED, lex
from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import Kind, OraType
from dtm.sandbox.sql import storage_tables
from dtm.sandbox.sql.catalog_model import IndexColumn, Table, TableColumn, quote
from dtm.sandbox.sql.ddl_alter_constraints import add_constraints, switch_constraint
from dtm.sandbox.sql.ddl_build import (
    TableBuilder,
    build_columns,
    check_defaults,
    note_wide,
    rows_exist,
)
from dtm.sandbox.sql.ddl_columns import ColumnDef, ConstraintDef
from dtm.sandbox.sql.ddl_context import Ddl
from dtm.sandbox.sql.ddl_identity import modify_identity

_TEXT = (Kind.VARCHAR2, Kind.NVARCHAR2, Kind.CHAR)


def add_columns(ddl: Ddl, table: Table, definitions: list[ColumnDef]) -> None:
    """ADD columns: existing rows get the default; ORA-01430, ORA-01758."""
    for definition in definitions:
        if any(c.name.upper() == definition.name.upper() for c in table.columns):
            raise OraError(1430, offset=definition.offset)
    added = build_columns(definitions)
    check_defaults(ddl, added)
    builder = TableBuilder(ddl, replace(table, columns=(*table.columns, *added)))
    filled = rows_exist(ddl, table)
    for definition in definitions:
        if definition.identity is not None:
            builder.add_identity(definition)
        if definition.virtual is not None:
            builder.resolve_virtual(definition)
        required = any(c.type in "NP" for c in definition.constraints)
        if required and filled and not definition.default and definition.identity is None:
            raise OraError(1758)
    for sequence in builder.sequences:
        ddl.catalog.put(sequence)
    changed = builder.table
    ddl.database.run_all(storage_tables.detach_table(table))
    for column in changed.columns[len(table.columns) :]:
        _add_physical(ddl, changed, column)
    ddl.catalog.put(changed)
    changed = note_wide(ddl, changed)
    ddl.database.reattach_table(changed, undo=True)


def _add_physical(ddl: Ddl, table: Table, column: TableColumn) -> None:
    database = ddl.database
    if column.virtual is not None:
        database.run(
            f"ALTER TABLE {table.target} ADD COLUMN {column.sql} AS ({column.virtual_sql}) VIRTUAL"
        )
        return
    database.run(f"ALTER TABLE {table.target} ADD COLUMN {column.sql}")
    try:
        if column.default is not None:
            value = ddl.translator.constant(ddl.session, column.default, column)
            database.run(f"UPDATE {table.target} SET {column.sql}=?", (value,))
        elif column.identity is not None:
            _number_rows(ddl, table, column)
    except apsw.FullError:
        raise OraError(1653, f"{table.owner}.{table.name}", 128, table.tablespace) from None


def _number_rows(ddl: Ddl, table: Table, column: TableColumn) -> None:
    """Existing rows get numbers of a new identity column's sequence."""
    sequence = ddl.catalog.sequence(
        table.owner, column.identity.sequence if column.identity else ""
    )
    for (row,) in ddl.database.run(f'SELECT "$R" FROM {table.target} ORDER BY "$R"'):
        value = ddl.instance.sequences.next_value(sequence)
        ddl.database.run(f'UPDATE {table.target} SET {column.sql}=? WHERE "$R"=?', (value, row))


def drop_columns(
    ddl: Ddl, table: Table, names: list[str], *, cascade: bool = False, unused: bool = False
) -> None:
    """DROP COLUMN and SET UNUSED; ORA-00904, ORA-12983, ORA-12991, ORA-12984, ORA-12992."""
    if unused and not names:
        return
    for name in names:
        if table.column(name) is None:
            raise OraError(904, f'"{name}"')
        if table.partitioning is not None and name in table.partitioning.key_columns:
            raise OraError(12984)
    gone = set(names)
    _require_not_computed_from(table, gone)
    if len(gone) >= len(table.columns):
        raise OraError(12983)
    _drop_foreign_keys(ddl, table, gone, cascade=cascade)
    constraints = []
    for constraint in table.constraints:
        touched = gone & set(constraint.columns)
        if touched and not cascade and not set(constraint.columns) <= gone:
            raise OraError(12991)
        if not touched:
            constraints.append(constraint)
    ddl.database.run_all(storage_tables.detach_table(table))
    _drop_indexes(ddl, table, gone)
    for name in names:
        ddl.database.run(f"ALTER TABLE {table.target} DROP COLUMN {quote(name)}")
    changed = replace(
        table,
        columns=tuple(c for c in table.columns if c.name not in gone),
        constraints=tuple(constraints),
    )
    ddl.catalog.put(changed)
    ddl.database.reattach_table(changed, undo=True)


def _require_not_computed_from(table: Table, names: set[str]) -> None:
    """ORA-54031: a virtual column that stays is computed from one of these."""
    for column in table.columns:
        text = column.virtual_sql or ""
        if column.name not in names and any(quote(name) in text for name in names):
            raise OraError(54031)


def _drop_foreign_keys(ddl: Ddl, table: Table, gone: set[str], *, cascade: bool) -> None:
    for child, foreign in ddl.catalog.children_of(table):
        key = table.constraint(foreign.references[2]) if foreign.references else None
        if key is None or not gone & set(key.columns) or child.id == table.id:
            continue
        if not cascade:
            raise OraError(12992)
        current = ddl.catalog.table_by_id(child.id) or child
        kept = tuple(c for c in current.constraints if c.name != foreign.name)
        ddl.catalog.put(replace(current, constraints=kept))


def _drop_indexes(ddl: Ddl, table: Table, gone: set[str]) -> None:
    for index in ddl.catalog.indexes_of(table):
        used = any(
            part.name in gone or any(quote(n) in (part.expression_sql or "") for n in gone)
            for part in index.columns
        )
        if used:
            ddl.database.run_all(storage_tables.drop_index(table, index))
            ddl.catalog.remove(index)


def rename_column(ddl: Ddl, table: Table, old: str, new: str) -> None:
    """RENAME COLUMN; ORA-00904, ORA-00957. Checks and expressions follow."""
    if table.column(old) is None:
        raise OraError(904, f'"{old}"')
    if any(c.name.upper() == new.upper() and c.name != old for c in table.columns):
        raise OraError(957)
    ddl.database.run_all(storage_tables.detach_table(table))
    ddl.database.run(f"ALTER TABLE {table.target} RENAME COLUMN {quote(old)} TO {quote(new)}")
    swap = {old: new}
    constraints = tuple(
        replace(
            c,
            columns=tuple(swap.get(n, n) for n in c.columns),
            condition=f'"{new}" IS NOT NULL' if c.not_null and old in c.columns else c.condition,
        )
        for c in table.constraints
    )
    partitioning = table.partitioning
    if partitioning is not None:
        keys = tuple(swap.get(n, n) for n in partitioning.columns)
        sub = partitioning.sub
        if sub is not None:
            sub = replace(sub, columns=tuple(swap.get(n, n) for n in sub.columns))
        partitioning = replace(partitioning, columns=keys, sub=sub)
    changed = replace(
        table,
        columns=tuple(replace(c, name=new) if c.name == old else c for c in table.columns),
        constraints=constraints,
        partitioning=partitioning,
    )
    changed = _reworded(ddl, changed, old, new)
    for index in ddl.catalog.indexes_of(table):
        parts = tuple(_renamed_part(ddl, changed, p, old, new) for p in index.columns)
        ddl.catalog.put(replace(index, columns=parts))
    ddl.catalog.put(changed)
    ddl.database.reattach_table(changed, undo=True)


def _reworded(ddl: Ddl, table: Table, old: str, new: str) -> Table:
    """Checks and virtual columns with the column's new name in their texts."""
    translator, session = ddl.translator, ddl.session
    constraints = []
    for constraint in table.constraints:
        if constraint.type == "C" and not constraint.not_null and new in constraint.columns:
            text = renamed_in(constraint.condition or "", old, new)
            sql = translator.condition(session, table, text, "NEW.")
            constraints.append(replace(constraint, condition=text, condition_sql=sql))
        else:
            constraints.append(constraint)
    columns = []
    for column in table.columns:
        if column.virtual is not None and renamed_in(column.virtual, old, new) != column.virtual:
            text = renamed_in(column.virtual, old, new)
            sql = translator.expression(session, table, text, "")
            columns.append(replace(column, virtual=text, virtual_sql=sql))
        else:
            columns.append(column)
    return replace(table, constraints=tuple(constraints), columns=tuple(columns))


def _renamed_part(ddl: Ddl, table: Table, part: IndexColumn, old: str, new: str) -> IndexColumn:
    if part.name is not None or part.expression is None:
        return replace(part, name=new) if part.name == old else part
    text = renamed_in(part.expression, old, new)
    if text == part.expression:
        return part
    sql = ddl.translator.expression(ddl.session, table, text, "")
    return replace(part, expression=text, expression_sql=sql)


def renamed_in(text: str, old: str, new: str) -> str:
    """An expression with every name `old` written as "new"."""
    pieces, at = [], 0
    for token in lex(text).tokens:
        if token.kind in (IDENT, QUOTED) and token.value == old:
            pieces += [text[at : token.offset], f'"{new}"']
            at = token.end
    return "".join([*pieces, text[at:]])


def modify(ddl: Ddl, table: Table, definition: ColumnDef) -> None:
    """MODIFY one column: type, default, NULL / NOT NULL."""
    column = table.column(definition.name)
    if column is None:
        raise OraError(904, f'"{definition.name}"', offset=definition.offset)
    if definition.virtual is not None:
        raise OraError(54026)
    if definition.identity is not None or definition.drop_identity:
        table = modify_identity(ddl, table, column, definition)
    changed = table.column(column.name) or column
    if definition.type is not None:
        _require_not_computed_from(table, {column.name})
        _check_type(ddl, table, column, definition.type)
        changed = replace(changed, type=definition.type)
    if definition.default_given:
        default = None if (definition.default or "").upper() == "NULL" else definition.default
        changed = replace(changed, default=default, default_on_null=definition.default_on_null)
        check_defaults(ddl, [changed])
    if definition.invisible is not None:
        changed = replace(changed, invisible=definition.invisible)
    columns = [changed if c.name == column.name else c for c in table.columns]
    shown = column.invisible and not changed.invisible
    if shown:  # it is the last one then (ALTER TABLE, "VISIBLE")
        columns.sort(key=lambda c: c.name == column.name)
    table = replace(table, columns=tuple(columns))
    ddl.catalog.put(table)
    for constraint in definition.constraints:
        _modify_null(ddl, ddl.catalog.table_by_id(table.id) or table, changed, constraint)
    ddl.database.reattach_table(ddl.catalog.table_by_id(table.id) or table, undo=shown)


def _modify_null(ddl: Ddl, table: Table, column: TableColumn, definition: ConstraintDef) -> None:
    if definition.type == "0":
        found = [c for c in table.constraints if c.not_null and c.columns == (column.name,)]
        if not found:
            raise OraError(1451)
        changed = replace(
            table,
            constraints=tuple(c for c in table.constraints if c not in found),
            columns=tuple(
                replace(c, nullable=True) if c.name == column.name else c for c in table.columns
            ),
        )
        if table.primary_key is not None and column.name in table.primary_key.columns:
            raise OraError(1451)
        ddl.catalog.put(changed)
        return
    disabled = [
        c
        for c in table.constraints
        if c.not_null and c.columns == (column.name,) and not c.enabled
    ]
    if definition.type == "N" and disabled:
        switch_constraint(ddl, table, disabled[0], enabled=True)
        return
    add_constraints(ddl, table, [definition])


def _check_type(ddl: Ddl, table: Table, column: TableColumn, new: OraType) -> None:
    """ORA-01439 (type of a filled column), ORA-01440 (numbers), ORA-01441 (too long values)."""
    old = column.type
    filled = rows_exist(ddl, table, f"{column.sql} IS NOT NULL")
    if not filled:
        return
    if old.kind != new.kind:
        both_text = old.kind in _TEXT and new.kind in _TEXT
        to_finer = old.kind == Kind.DATE and new.kind == Kind.TIMESTAMP
        if not both_text and not to_finer:
            raise OraError(1439)
    if new.kind == Kind.NUMBER and _narrower(old, new):
        raise OraError(1440)
    if new.kind in (*_TEXT, Kind.RAW) and new.length is not None:
        measure = "length" if new.char_used else "octet_length"
        if rows_exist(ddl, table, f"{measure}({column.sql}) > {new.length}"):
            raise OraError(1441)


def _narrower(old: OraType, new: OraType) -> bool:
    if new.precision is None:
        return False
    if old.precision is None:
        return True
    return new.precision - (new.scale or 0) < old.precision - (old.scale or 0) or (
        new.scale or 0
    ) < (old.scale or 0)
