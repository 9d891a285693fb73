"""Constraints of an existing table: ADD, DROP, ENABLE, DISABLE, RENAME, with the rows checked."""

from __future__ import annotations

from dataclasses import replace

import apsw

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql import storage_tables
from dtm.sandbox.sql.catalog_model import Constraint, Index, Table, quote
from dtm.sandbox.sql.ddl_build import TableBuilder, make_index, require_partition_key, rows_exist
from dtm.sandbox.sql.ddl_columns import ConstraintDef
from dtm.sandbox.sql.ddl_context import Ddl
from dtm.sandbox.sql.ddl_drop import with_constraint
from dtm.sandbox.sql.ddl_key_index import key_index


def add_constraints(ddl: Ddl, table: Table, definitions: list[ConstraintDef]) -> None:
    """Add constraints to a table that may have rows: ORA-02293, 02298, 02299, 02437, 02296."""
    if not definitions:
        return
    builder = TableBuilder(ddl, table)
    added = [(builder.add(definition), definition) for definition in definitions]
    table = builder.table
    ddl.catalog.put(table)
    for index in builder.indexes:
        constraint = next(c for c, _ in added if c is not None and c.index == index.name)
        require_partition_key(table, index)
        _make_key_index(ddl, table, index, constraint)
    for one, _ in added:
        if one is not None and one.enabled and one.validated:
            validate_rows(ddl, table, one)
    ddl.database.reattach_table(table)


def _make_key_index(ddl: Ddl, table: Table, index: Index, constraint: Constraint) -> None:
    try:
        make_index(ddl, table, index)
    except apsw.ConstraintError:
        code = 2437 if constraint.type == "P" else 2299
        raise OraError(code, f"{table.owner}.{constraint.name}") from None
    except apsw.FullError:
        raise OraError(1652, 128, table.tablespace) from None


def validate_rows(ddl: Ddl, table: Table, constraint: Constraint) -> None:
    """Every row meets the constraint, or ORA-02293 ..."""
    full_name = f"{table.owner}.{constraint.name}"
    nulls = " OR ".join(f"{quote(name)} IS NULL" for name in constraint.columns)
    if constraint.not_null:
        if rows_exist(ddl, table, nulls):
            raise OraError(2296, full_name)
    elif constraint.type == "C":
        text = constraint.condition or ""
        sql = ddl.translator.condition(ddl.session, table, text, "")
        if rows_exist(ddl, table, f"NOT ({sql})"):
            raise OraError(2293, full_name)
    elif constraint.type in "PU":
        code = 2437 if constraint.type == "P" else 2299
        if constraint.type == "P" and rows_exist(ddl, table, nulls):
            raise OraError(code, full_name)
        if _doubles(ddl, table, constraint):
            raise OraError(code, full_name)
    elif constraint.type == "R":
        parent, keys = ddl.instance.keys.parent_of(constraint)
        match = " AND ".join(
            f"p.{quote(key)}=t.{quote(name)}"
            for key, name in zip(keys, constraint.columns, strict=True)
        )
        orphan = ddl.database.run(
            f"SELECT 1 FROM {table.target} t WHERE NOT ({nulls}) AND NOT EXISTS "
            f"(SELECT 1 FROM {parent.target} p WHERE {match}) LIMIT 1"
        )
        if orphan:
            raise OraError(2298, full_name)


def _doubles(ddl: Ddl, table: Table, constraint: Constraint) -> bool:
    """Rows with the same key, where no unique index has looked at them."""
    index = ddl.catalog.index(table.owner, constraint.index or "")
    if index is not None and index.unique and index.status == "VALID":
        return False
    names = ", ".join(quote(name) for name in constraint.columns)
    some = " OR ".join(f"{quote(name)} IS NOT NULL" for name in constraint.columns)
    sql = f"SELECT 1 FROM {table.target} WHERE {some} GROUP BY {names} HAVING count(*)>1 LIMIT 1"
    return bool(ddl.database.run(sql))


def switch_constraint(
    ddl: Ddl,
    table: Table,
    constraint: Constraint,
    *,
    enabled: bool,
    validate: bool | None = None,
    cascade: bool = False,
) -> None:
    """ENABLE or DISABLE a constraint; a key's index comes and goes with it."""
    if constraint.type in "PU" and not enabled:
        _detach_children(ddl, table, constraint, cascade=cascade, code=2297)
    check = enabled if validate is None else validate
    changed = replace(constraint, enabled=enabled, validated=check)
    if constraint.type in "PU":
        table, changed = _switch_key(ddl, table, changed, enabled=enabled)
    if constraint.not_null or constraint.type == "P":
        columns = tuple(
            replace(c, nullable=_nullable(table, constraint, c.name, enabled))
            if c.name in constraint.columns
            else c
            for c in table.columns
        )
        table = replace(table, columns=columns)
    table = with_constraint(table, changed)
    if enabled and check:
        validate_rows(ddl, table, changed)
    ddl.catalog.put(table)
    ddl.database.reattach_table(table)


def _nullable(table: Table, constraint: Constraint, column: str, enabled: bool) -> bool:
    others = [
        c
        for c in table.constraints
        if c.name != constraint.name
        and column in c.columns
        and c.enabled
        and (c.not_null or c.type == "P")
    ]
    return not enabled and not others


def _switch_key(
    ddl: Ddl, table: Table, constraint: Constraint, *, enabled: bool
) -> tuple[Table, Constraint]:
    current = ddl.catalog.index(table.owner, constraint.index) if constraint.index else None
    if not enabled:
        if current is not None and current.for_key:
            _drop_index(ddl, table, current)
        return table, replace(constraint, index=None)
    if current is None:
        wanted = ConstraintDef(constraint.type, constraint.name, constraint.columns)
        current, made = key_index(ddl.catalog, table, constraint, wanted, ())
        if made:
            _make_key_index(ddl, table, current, constraint)
    return table, replace(constraint, index=current.name)


def _drop_index(ddl: Ddl, table: Table, index: Index) -> None:
    ddl.database.run_all(storage_tables.drop_index(table, index))
    ddl.catalog.remove(index)


def _detach_children(
    ddl: Ddl, table: Table, constraint: Constraint, *, cascade: bool, code: int
) -> None:
    """Foreign keys that need this key: dropped with CASCADE, else ORA-02273 / ORA-02297."""
    wanted = (table.owner, table.name, constraint.name)
    for child, foreign in ddl.catalog.children_of(table):
        if foreign.references != wanted:
            continue
        if not cascade:
            raise OraError(code, *([f"{table.owner}.{constraint.name}"] if code == 2297 else []))
        current = ddl.catalog.table_by_id(child.id) or child
        if code == 2297:
            changed = with_constraint(current, replace(foreign, enabled=False))
        else:
            kept = tuple(c for c in current.constraints if c.name != foreign.name)
            changed = replace(current, constraints=kept)
        ddl.catalog.put(changed)


def drop_constraint(ddl: Ddl, table: Table, name: str | None, *, cascade: bool) -> None:
    """DROP CONSTRAINT | PRIMARY KEY | UNIQUE; ORA-02443, ORA-02441, ORA-02273."""
    constraint = table.constraint(name) if name else None
    if constraint is None:
        raise OraError(2443 if name else 2441)
    if constraint.type in "PU":
        _detach_children(ddl, table, constraint, cascade=cascade, code=2273)
        table = ddl.catalog.table_by_id(table.id) or table
        index = ddl.catalog.index(table.owner, constraint.index) if constraint.index else None
        if index is not None and index.for_key:
            _drop_index(ddl, table, index)
    if constraint.not_null or constraint.type == "P":
        columns = tuple(
            replace(c, nullable=_nullable(table, constraint, c.name, False))
            if c.name in constraint.columns
            else c
            for c in table.columns
        )
        table = replace(table, columns=columns)
    kept = tuple(c for c in table.constraints if c.name != constraint.name)
    table = replace(table, constraints=kept)
    ddl.catalog.put(table)
    ddl.database.reattach_table(table)


def rename_constraint(ddl: Ddl, table: Table, old: str, new: str) -> None:
    """RENAME CONSTRAINT; ORA-23292, ORA-02264."""
    constraint = table.constraint(old)
    if constraint is None:
        raise OraError(23292)
    if ddl.catalog.constraint_owner(table.owner, new) is not None:
        raise OraError(2264)
    for child, foreign in ddl.catalog.children_of(table):
        if foreign.references == (table.owner, table.name, old):
            current = ddl.catalog.table_by_id(child.id) or child
            moved = replace(foreign, references=(table.owner, table.name, new))
            ddl.catalog.put(with_constraint(current, moved))
    table = ddl.catalog.table_by_id(table.id) or table
    constraints = tuple(
        replace(c, name=new, generated=False) if c.name == old else c for c in table.constraints
    )
    table = replace(table, constraints=constraints)
    ddl.catalog.put(table)
    ddl.database.reattach_table(table)
