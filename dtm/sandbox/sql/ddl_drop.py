"""DROP TABLE / VIEW, TRUNCATE, RENAME, COMMENT (SQL Language Reference 19c)."""

from __future__ import annotations

from dataclasses import replace

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql import storage_tables
from dtm.sandbox.sql.catalog import now
from dtm.sandbox.sql.catalog_model import (
    Constraint,
    Grants,
    Sequence,
    Synonym,
    Table,
    Unit,
    View,
)
from dtm.sandbox.sql.ddl_context import Ddl, DdlResult
from dtm.sandbox.sql.ddl_index_state import all_usable
from dtm.sandbox.sql.ddl_tokens import Name, Tokens
from dtm.sandbox.sql.ddl_user import forget_grants_on


def drop_table(ddl: Ddl, tokens: Tokens) -> DdlResult:
    """DROP TABLE name [CASCADE CONSTRAINTS] [PURGE]; ORA-02449. There is no recycle bin."""
    tokens.expect("TABLE")
    name = tokens.name(903)
    cascade = tokens.accept("CASCADE")
    if cascade:
        tokens.expect("CONSTRAINTS")
    tokens.accept("PURGE")
    tokens.finish(933)
    table = ddl.table(name, None, "DROP ANY TABLE")
    not_in_use(ddl, table)
    foreign = [(c, k) for c, k in ddl.catalog.children_of(table) if c.id != table.id]
    if foreign and not cascade:
        raise OraError(2449)

    def work() -> None:
        for child, _ in foreign:
            current = ddl.catalog.table(child.owner, child.name) or child
            kept = tuple(
                c
                for c in current.constraints
                if c.references is None or c.references[:2] != (table.owner, table.name)
            )
            ddl.catalog.put(replace(current, constraints=kept))
        remove_table(ddl, table)

    ddl.run(work, table)
    return DdlResult("DROP TABLE")


def not_in_use(ddl: Ddl, table: Table) -> None:
    """ORA-14452 when a session has rows in a temporary table."""
    if table.temporary and ddl.database.run(f"SELECT 1 FROM {table.target} LIMIT 1"):
        raise OraError(14452)


def remove_table(ddl: Ddl, table: Table) -> None:
    """Take a table out, with its indexes, identity sequence, triggers and grants."""
    catalog = ddl.catalog
    for index in catalog.indexes_of(table):
        catalog.remove(index)
    for column in table.columns:
        if column.identity is not None:
            sequence = catalog.find(table.owner, column.identity.sequence)
            if isinstance(sequence, Sequence):
                catalog.remove(sequence)
    for unit in catalog.triggers_of(table):
        catalog.remove(unit)
    ddl.database.run_all(storage_tables.drop_table(table))
    catalog.remove(table)
    forget_grants_on(ddl, table.owner, table.name)
    ddl.invalidate(table.owner, table.name)


def drop_view(ddl: Ddl, tokens: Tokens) -> DdlResult:
    """DROP VIEW name [CASCADE CONSTRAINTS]."""
    tokens.expect("VIEW")
    name = tokens.name(903)
    if tokens.accept("CASCADE"):
        tokens.expect("CONSTRAINTS")
    tokens.finish(933)
    found = ddl.resolver.find(name.parts)
    if not isinstance(found, View):
        raise OraError(942, offset=name.offset)
    ddl.may_change(found, None, "DROP ANY VIEW")

    def work() -> None:
        for unit in ddl.catalog.triggers_of(found):
            ddl.catalog.remove(unit)
        ddl.catalog.remove(found)
        forget_grants_on(ddl, found.owner, found.name)
        ddl.invalidate(found.owner, found.name)

    ddl.run(work)
    return DdlResult("DROP VIEW")


def truncate(ddl: Ddl, tokens: Tokens) -> DdlResult:
    """TRUNCATE TABLE name [DROP | REUSE STORAGE] [CASCADE]: no undo; ORA-02266."""
    if tokens.at("CLUSTER"):
        tokens.unsupported(421, "table cluster")
    tokens.expect("TABLE", 3290)
    name = tokens.name(903)
    while tokens.accept_any("DROP", "REUSE", "PRESERVE", "PURGE", "ALL"):
        if not tokens.accept("STORAGE"):
            tokens.accept("MATERIALIZED", "VIEW", "LOG")
    cascade = tokens.accept("CASCADE")
    tokens.finish(3291)
    table = ddl.table(name, None, "DROP ANY TABLE")
    tables = _truncated(ddl, table, cascade=cascade)

    def work() -> None:
        for each in tables:
            empty(ddl, each)
            if not each.temporary and not all(i.usable for i in ddl.catalog.indexes_of(each)):
                all_usable(ddl, each)
                ddl.database.reattach_table(each)

    ddl.run(work, *[t for t in tables if not t.temporary])
    return DdlResult("TRUNCATE TABLE")


def _truncated(ddl: Ddl, table: Table, *, cascade: bool) -> list[Table]:
    found = [table]
    for child, constraint in ddl.catalog.children_of(table):
        if child.id == table.id:
            continue
        if not cascade:
            raise OraError(2266)
        if constraint.delete_rule != "CASCADE":
            raise OraError(14705)
        found += _truncated(ddl, child, cascade=True)
    return found


def empty(ddl: Ddl, table: Table, condition: str | None = None) -> None:
    """Delete rows without undo; a temporary table loses its session's rows only."""
    where = f" WHERE {condition}" if condition else ""
    if table.temporary:
        where = f' WHERE "$S"={ddl.session.context.sid}'
    ddl.database.run(f"DELETE FROM {table.target}{where}")
    if where:
        return
    ddl.catalog.put(replace(table, last_ddl=now()))


def rename(ddl: Ddl, tokens: Tokens) -> DdlResult:
    """RENAME old TO new: a table, view, sequence or private synonym of one's own."""
    old = tokens.name(1765)
    tokens.expect("TO")
    new = tokens.identifier(903)
    tokens.finish(933)
    if len(old.parts) > 1:
        raise OraError(1765, offset=old.offset)
    found = ddl.catalog.find(ddl.schema, old.last)
    if found is None or isinstance(found, Unit):
        raise OraError(4043, old.last)
    ddl.catalog.free_name(ddl.schema, new)
    rename_object(ddl, found, new)
    return DdlResult("RENAME")


def rename_object(ddl: Ddl, found: Table | View | Sequence | Synonym, new: str) -> None:
    """Give an object a new name; the file table keeps its own."""

    def work() -> None:
        catalog = ddl.catalog
        indexes = catalog.indexes_of(found) if isinstance(found, Table) else []
        children = catalog.children_of(found) if isinstance(found, Table) else []
        catalog.remove(found)
        renamed: Table | View | Sequence | Synonym = replace(found, name=new)
        if not isinstance(renamed, Synonym):
            renamed = replace(renamed, last_ddl=now())
        catalog.put(renamed)
        for index in indexes:
            catalog.put(replace(index, table=(found.owner, new)))
        for child, constraint in children:
            owner = catalog.table_by_id(child.id)
            if owner is not None and constraint.references is not None:
                moved = replace(
                    constraint, references=(found.owner, new, constraint.references[2])
                )
                catalog.put(with_constraint(owner, moved))
        _move_grants(ddl, found.owner, found.name, new)
        ddl.invalidate(found.owner, found.name)

    ddl.run(work, *([found] if isinstance(found, Table) else []))


def with_constraint(table: Table, constraint: Constraint) -> Table:
    """The table with one of its constraints replaced."""
    constraints = tuple(constraint if c.name == constraint.name else c for c in table.constraints)
    return replace(table, constraints=constraints)


def _move_grants(ddl: Ddl, owner: str, old: str, new: str) -> None:
    for grants in ddl.catalog.all(Grants):
        moved = {
            ((owner, new, *key[2:]) if key[:2] == (owner, old) else key): value
            for key, value in grants.objects.items()
        }
        if moved != grants.objects:
            ddl.catalog.put(replace(grants, objects=moved))


def comment(ddl: Ddl, tokens: Tokens) -> DdlResult:
    """COMMENT ON TABLE name IS 'text', COMMENT ON COLUMN [owner.]table.column IS 'text'."""
    tokens.expect("ON", 969)
    kind = tokens.accept_any("TABLE", "COLUMN")
    if kind is None:
        tokens.unsupported(465, f"COMMENT ON {tokens.here.text}")
    offset = tokens.here.offset
    parts = [tokens.identifier(903)]
    while tokens.accept("."):
        parts.append(tokens.identifier(904))
    tokens.expect("IS")
    text = tokens.string() or None
    tokens.finish(933)
    column = parts.pop() if kind == "COLUMN" else None
    if not parts or len(parts) > 2:
        raise OraError(1748 if not parts else 903, offset=offset)
    found = ddl.resolver.find(Name(tuple(parts), offset).parts)
    if not isinstance(found, Table | View):
        raise OraError(942, offset=offset)
    ddl.may_change(found, None, "COMMENT ANY TABLE")
    changed = _commented(found, column, text, offset)
    ddl.run(lambda: ddl.catalog.put(changed))
    return DdlResult("COMMENT")


def _commented(
    found: Table | View, column: str | None, text: str | None, offset: int
) -> Table | View:
    if column is None:
        return replace(found, comment=text)
    if isinstance(found, View):
        if all(c.name != column for c in found.columns):
            raise OraError(904, f'"{column}"', offset=offset)
        return replace(found, column_comments={**found.column_comments, column: text or ""})
    if found.column(column) is None:
        raise OraError(904, f'"{column}"', offset=offset)
    columns = tuple(replace(c, comment=text) if c.name == column else c for c in found.columns)
    return replace(found, columns=columns)
