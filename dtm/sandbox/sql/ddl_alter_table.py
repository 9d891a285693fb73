"""ALTER TABLE: finds the clauses and runs them in order (SQL Language Reference 19c)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql.catalog import now
from dtm.sandbox.sql.catalog_model import Table
from dtm.sandbox.sql.ddl_alter_columns import add_columns, drop_columns, modify, rename_column
from dtm.sandbox.sql.ddl_alter_constraints import (
    add_constraints,
    drop_constraint,
    rename_constraint,
    switch_constraint,
)
from dtm.sandbox.sql.ddl_columns import (
    ColumnDef,
    ConstraintDef,
    at_constraint,
    parse_column,
    parse_constraint,
)
from dtm.sandbox.sql.ddl_context import Ddl, DdlResult
from dtm.sandbox.sql.ddl_drop import rename_object
from dtm.sandbox.sql.ddl_exceptions import VIOLATED, note_exceptions
from dtm.sandbox.sql.ddl_index_state import all_unusable
from dtm.sandbox.sql.ddl_physical import parse_physical
from dtm.sandbox.sql.ddl_tokens import Name, Tokens
from dtm.sandbox.sql.dependencies import ColumnChange
from dtm.sandbox.sql.partitions_ddl import PARTITION_VERBS, alter_partitions
from dtm.sandbox.sql.partitions_parse import store_in
from dtm.sandbox.sql.partitions_set import default_attributes, set_interval, set_template

_PARTITION_WORDS = ("PARTITION", "PARTITIONS", "SUBPARTITION", "SUBPARTITIONS")
# A step: what to do with the table as it is then.
Action = Callable[[Ddl, Table], None]


def alter_table(ddl: Ddl, tokens: Tokens) -> DdlResult:
    """ALTER TABLE name clauses."""
    tokens.expect("TABLE")
    table = ddl.table(tokens.name(903), "ALTER", "ALTER ANY TABLE")
    if tokens.accept("RENAME", "TO"):
        name = tokens.identifier(903)
        tokens.finish()
        ddl.catalog.free_name(table.owner, name)
        rename_object(ddl, table, name)
        return DdlResult("ALTER TABLE")
    if tokens.at_any(*PARTITION_VERBS) and tokens.ahead().value in _PARTITION_WORDS:
        return alter_partitions(ddl, tokens, table)
    actions = _clauses(ddl, tokens)
    if not actions:
        tokens.fail(1735)

    def work() -> None:
        for action in actions:
            current = ddl.catalog.table_by_id(table.id)
            if current is not None:
                action(ddl, current)
        current = ddl.catalog.table_by_id(table.id)
        if current is not None:
            ddl.catalog.put(replace(current, last_ddl=now()))
            ddl.invalidate(table.owner, table.name, ColumnChange.between(table, current))

    try:
        ddl.run(work, table)
    except OraError as error:
        for action in actions if error.code in VIOLATED else ():
            if isinstance(action, Enabling):
                action.report(ddl, table)
        raise
    return DdlResult("ALTER TABLE")


@dataclass(frozen=True, slots=True)
class Enabling:
    """ENABLE ... EXCEPTIONS INTO: the step, which constraint it is about, and which table."""

    step: Action
    select: Callable[[Table], str | None]
    into: Name

    def __call__(self, ddl: Ddl, table: Table) -> None:
        self.step(ddl, table)

    def report(self, ddl: Ddl, table: Table) -> None:
        """Write the violating rows after the step failed."""
        constraint = table.constraint(self.select(table) or "")
        if constraint is not None:
            target = ddl.table(self.into, "INSERT", "INSERT ANY TABLE")
            note_exceptions(ddl, table, constraint, target)


def _clauses(ddl: Ddl, tokens: Tokens) -> list[Action]:
    actions: list[Action] = []
    while not tokens.at_end():
        properties = parse_physical(tokens)
        if properties:
            actions.append(_record(properties))
        if tokens.at_end():
            break
        word = tokens.here.value if tokens.here.kind == "ident" else ""
        parser = CLAUSES.get(word)
        if parser is not None:
            tokens.advance()
            actions.append(parser(ddl, tokens))
        elif not properties:
            if word in _REFUSED:
                tokens.unsupported(480, f"ALTER TABLE {word}")
            tokens.finish(1735)
    return actions


_REFUSED = frozenset({"UPGRADE", "ENCRYPT", "FLASHBACK", "OVERFLOW", "MAPPING", "ALLOCATE"})


def _record(properties: dict[str, str]) -> Action:
    def action(ddl: Ddl, table: Table) -> None:
        properties.pop("TABLESPACE", None)
        ddl.catalog.put(replace(table, properties={**table.properties, **properties}))

    return action


def _add(ddl: Ddl, tokens: Tokens) -> Action:
    """ADD column | ADD (column, constraint, ...) | ADD CONSTRAINT ..."""
    columns: list[ColumnDef] = []
    constraints: list[ConstraintDef] = []

    def one() -> None:
        if at_constraint(tokens):
            constraints.append(parse_constraint(tokens))
        else:
            columns.append(parse_column(tokens, char_semantics=ddl.char_semantics))

    if tokens.at("SUPPLEMENTAL") or tokens.at("OVERFLOW"):
        tokens.unsupported(481, f"ADD {tokens.here.value}")
    if tokens.accept("("):
        one()
        while tokens.accept(","):
            one()
        tokens.expect(")")
    else:
        one()

    def action(ddl: Ddl, table: Table) -> None:
        if columns:
            add_columns(ddl, table, columns)
        current = ddl.catalog.table_by_id(table.id) or table
        inline = [c for column in columns for c in column.constraints]
        add_constraints(ddl, current, [*inline, *constraints])

    return action


def _modify(ddl: Ddl, tokens: Tokens) -> Action:
    """MODIFY column ... | MODIFY (column, ...) | MODIFY CONSTRAINT name state"""
    if tokens.accept("CONSTRAINT"):
        return _switch_named(tokens, tokens.identifier())
    if tokens.accept("DEFAULT", "ATTRIBUTES"):
        return default_attributes(tokens)
    columns: list[ColumnDef] = []
    grouped = tokens.accept("(")
    while True:
        columns.append(parse_column(tokens, char_semantics=ddl.char_semantics, modify=True))
        if not (grouped and tokens.accept(",")):
            break
    if grouped:
        tokens.expect(")")

    def action(ddl: Ddl, table: Table) -> None:
        for column in columns:
            modify(ddl, ddl.catalog.table_by_id(table.id) or table, column)

    return action


def _switch_named(tokens: Tokens, name: str) -> Action:
    enabled = True
    validate: bool | None = None
    while word := tokens.accept_any(
        "ENABLE", "DISABLE", "VALIDATE", "NOVALIDATE", "RELY", "NORELY"
    ):
        if word in ("ENABLE", "DISABLE"):
            enabled = word == "ENABLE"
        elif word in ("VALIDATE", "NOVALIDATE"):
            validate = word == "VALIDATE"

    def action(ddl: Ddl, table: Table) -> None:
        constraint = table.constraint(name)
        if constraint is None:
            raise OraError(2431, name)
        switch_constraint(ddl, table, constraint, enabled=enabled, validate=validate)

    return action


def _switch(enabled: bool) -> Callable[[Ddl, Tokens], Action]:
    """ENABLE | DISABLE [NO]VALIDATE CONSTRAINT | PRIMARY KEY | UNIQUE (..) | ROW MOVEMENT ..."""

    def parse(_: Ddl, tokens: Tokens) -> Action:
        word = tokens.accept_any("VALIDATE", "NOVALIDATE")
        validate = None if word is None else word == "VALIDATE"
        if tokens.accept("ROW", "MOVEMENT"):
            return _row_movement(enabled)
        if tokens.at("ALL", "TRIGGERS"):
            tokens.advance()
            tokens.advance()
            return _triggers(enabled)
        if tokens.at_any("TABLE"):
            tokens.unsupported(482, "TABLE LOCK")
        select = _which(tokens)
        cascade = tokens.accept("CASCADE")
        if tokens.accept_any("KEEP", "DROP"):
            tokens.expect("INDEX")
        into = tokens.name(903) if tokens.accept("EXCEPTIONS", "INTO") else None

        def action(ddl: Ddl, table: Table) -> None:
            name = select(table)
            constraint = table.constraint(name) if name else None
            if constraint is None:
                raise OraError(2430 if enabled else 2431, name or "")
            switch_constraint(
                ddl, table, constraint, enabled=enabled, validate=validate, cascade=cascade
            )

        return Enabling(action, select, into) if into is not None else action

    return parse


def _which(tokens: Tokens) -> Callable[[Table], str | None]:
    """CONSTRAINT name | PRIMARY KEY | UNIQUE (columns): how to find the constraint."""
    if tokens.accept("CONSTRAINT"):
        name = tokens.identifier()
        return lambda _: name
    if tokens.accept("PRIMARY"):
        tokens.expect("KEY")
        return lambda table: table.primary_key.name if table.primary_key else None
    tokens.expect("UNIQUE")
    columns = tokens.path()
    return lambda table: next(
        (c.name for c in table.constraints if c.type == "U" and c.columns == columns), None
    )


def _row_movement(enabled: bool) -> Action:
    def action(ddl: Ddl, table: Table) -> None:
        properties = {**table.properties, "ROW_MOVEMENT": "ENABLED" if enabled else "DISABLED"}
        partitioning = table.partitioning
        if partitioning is not None:
            partitioning = replace(partitioning, row_movement=enabled)
        changed = replace(table, properties=properties, partitioning=partitioning)
        ddl.catalog.put(changed)
        ddl.database.reattach_table(changed)

    return action


def _triggers(enabled: bool) -> Action:
    def action(ddl: Ddl, table: Table) -> None:
        for unit in ddl.catalog.triggers_of(table):
            ddl.catalog.put(replace(unit, enabled=enabled))

    return action


def _drop(_: Ddl, tokens: Tokens) -> Action:
    """DROP COLUMN | DROP (columns) | DROP CONSTRAINT | PRIMARY KEY | UNIQUE (..)"""
    if tokens.accept("UNUSED"):
        tokens.accept_any("COLUMNS", "COLUMN")
        return lambda ddl, table: drop_columns(
            ddl, table, [c.name for c in table.columns if c.unused], unused=True
        )
    if tokens.at("COLUMN") or tokens.at("("):
        names = [tokens.identifier()] if tokens.accept("COLUMN") else list(tokens.path())
        cascade = tokens.accept("CASCADE")
        if cascade:
            tokens.expect("CONSTRAINTS")
        tokens.accept("INVALIDATE")
        return lambda ddl, table: drop_columns(ddl, table, names, cascade=cascade)
    select = _which(tokens)
    cascade = tokens.accept("CASCADE")
    if tokens.accept_any("KEEP", "DROP"):
        tokens.expect("INDEX")
    tokens.accept("ONLINE")

    def action(ddl: Ddl, table: Table) -> None:
        drop_constraint(ddl, table, select(table), cascade=cascade)

    return action


def _set(_: Ddl, tokens: Tokens) -> Action:
    """SET UNUSED COLUMN name | (names); SET INTERVAL (...)"""
    if tokens.accept("INTERVAL"):
        tokens.expect("(")
        text = None if tokens.at(")") else tokens.expression(frozenset())
        tokens.expect(")")
        return lambda ddl, table: set_interval(ddl, table, text)
    if tokens.accept("SUBPARTITION", "TEMPLATE"):
        return set_template(tokens)
    if tokens.at("STORE", "IN"):
        store_in(tokens)
        return _nothing
    tokens.expect("UNUSED")
    names = [tokens.identifier()] if tokens.accept("COLUMN") else list(tokens.path())
    cascade = tokens.accept("CASCADE")
    if cascade:
        tokens.expect("CONSTRAINTS")
    return lambda ddl, table: drop_columns(ddl, table, names, cascade=cascade)


def _rename(_: Ddl, tokens: Tokens) -> Action:
    """RENAME COLUMN a TO b | RENAME CONSTRAINT a TO b"""
    kind = tokens.accept_any("COLUMN", "CONSTRAINT") or tokens.fail(14155)
    old = tokens.identifier()
    tokens.expect("TO")
    new = tokens.identifier()
    if kind == "COLUMN":
        return lambda ddl, table: rename_column(ddl, table, old, new)
    return lambda ddl, table: rename_constraint(ddl, table, old, new)


def _move(_: Ddl, tokens: Tokens) -> Action:
    """MOVE [ONLINE] [TABLESPACE name] ...: to the same file, or the rows are copied to another."""
    properties: dict[str, str] = {}
    while clause := parse_physical(tokens) or ({"X": ""} if tokens.accept("INCLUDING") else {}):
        properties.update(clause)
        tokens.accept("ROWS")
    kept = tokens.accept("UPDATE", "INDEXES") or "ONLINE" in properties
    if tokens.at("("):
        tokens.parenthesised()

    def action(ddl: Ddl, table: Table) -> None:
        name = properties.pop("TABLESPACE", table.tablespace)
        if ddl.catalog.tablespace(name) is None:
            raise OraError(959, name)
        if name != table.tablespace:
            ddl.move_table(table, name)
        else:
            ddl.catalog.put(replace(table, properties={**table.properties, **properties}))
        moved = ddl.catalog.table_by_id(table.id) or table
        if moved.partitioning is not None:
            raise OraError(14511)
        if not kept:
            all_unusable(ddl, moved)
            ddl.database.reattach_table(moved)

    return action


def _nothing(_: Ddl, __: Table) -> None:
    """A clause without effect here."""


def _shrink(_: Ddl, tokens: Tokens) -> Action:
    tokens.expect("SPACE")
    while tokens.accept_any("COMPACT", "CASCADE", "CHECK"):
        continue

    def action(_: Ddl, table: Table) -> None:
        partitioned = table.partitioning is not None and table.partitioning.row_movement
        if table.properties.get("ROW_MOVEMENT") != "ENABLED" and not partitioned:
            raise OraError(10636)

    return action


def _read(_: Ddl, tokens: Tokens) -> Action:
    word = tokens.accept_any("ONLY", "WRITE") or tokens.fail(1735)
    return lambda ddl, table: ddl.catalog.put(replace(table, read_only=word == "ONLY"))


def _deallocate(_: Ddl, tokens: Tokens) -> Action:
    tokens.expect("UNUSED")
    return _nothing


CLAUSES: dict[str, Callable[[Ddl, Tokens], Action]] = {
    "ADD": _add,
    "MODIFY": _modify,
    "DROP": _drop,
    "SET": _set,
    "RENAME": _rename,
    "ENABLE": _switch(True),
    "DISABLE": _switch(False),
    "MOVE": _move,
    "SHRINK": _shrink,
    "READ": _read,
    "DEALLOCATE": _deallocate,
}
