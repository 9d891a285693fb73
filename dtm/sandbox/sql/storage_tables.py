"""The SQLite side of a table: its file table, its undo tables and its TEMP triggers.

Every stored table has a row number `"$R"` that is never reused, so an undo row finds its place
again. Triggers write the image before each change into `temp."#U<id>"`, keyed by statement and row
(the first image within a statement is the one that matters), and check NOT NULL and CHECK
constraints. They are silent while `"#X".xid` is 0: undo, recovery and DDL work like that.

`"#X"` is one row: xid, stmt (statement number), level (0: no other transaction has changes in the
tables written; 1: others inserted there; 2: others updated or deleted), sid.
"""

from __future__ import annotations

from collections.abc import Iterable

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import Kind
from dtm.sandbox.sql.catalog_model import (
    ROW,
    Constraint,
    Index,
    Table,
    TableColumn,
    quote,
)
from dtm.sandbox.sql.partitions_sql import SUBPARTITION_MARK, condition, named
from dtm.sandbox.sql.storage_partitions import (
    MARK,
    interval_note,
    key,
    literal,
    partition_cases,
    unusable_case,
)

INSERTED, UPDATED, DELETED, LOCKED = 1, 2, 3, 4
X_TABLE = 'CREATE TEMP TABLE "#X"(xid INTEGER, stmt INTEGER, level INTEGER, sid INTEGER)'
_TICK_ROWS = 1024


def stored_columns(table: Table) -> list[TableColumn]:
    """Columns that have a value in the file (virtual ones are computed)."""
    return [column for column in table.columns if column.virtual is None]


def column_list(table: Table, prefix: str = "") -> str:
    """The stored columns as SQL text, each with `prefix`."""
    return ", ".join(prefix + column.sql for column in stored_columns(table))


def create_table(table: Table) -> list[str]:
    """Statements that make the file table and the persistent undo table."""
    parts = [f"{ROW} INTEGER PRIMARY KEY AUTOINCREMENT"]
    if table.temporary:
        parts.append('"$S" INTEGER')
    for column in table.columns:
        if column.virtual is None:
            parts.append(column.sql)
        else:
            parts.append(f"{column.sql} AS ({column.virtual_sql}) VIRTUAL")
    statements = [f"CREATE TABLE {table.target}({', '.join(parts)})"]
    if not table.temporary:
        statements.append(_undo_table(table, f"main.{quote(table.saved_undo)}"))
    return statements


def drop_table(table: Table) -> list[str]:
    """Statements that remove everything `create_table` and `attach_table` made."""
    statements = detach_table(table)
    statements.append(f"DROP TABLE {table.target}")
    if not table.temporary:
        statements.append(f"DROP TABLE main.{quote(table.saved_undo)}")
    return statements


def attach_table(table: Table, indexes: Iterable[Index]) -> list[str]:
    """Statements that make the TEMP undo table and triggers of an existing file table."""
    undo = quote(table.undo)
    indexes = list(indexes)
    unusable = [index for index in indexes if index.unique and not index.usable]
    return [
        _undo_table(table, f"temp.{undo}"),
        f'CREATE INDEX temp.{quote(table.undo + "R")} ON {undo}("$rid")',
        _insert_trigger(table, unusable),
        _update_trigger(table, unusable),
        _delete_trigger(table, unusable),
        *_conflict_triggers(table, indexes),
    ]


def detach_table(table: Table) -> list[str]:
    """Statements that remove what `attach_table` made."""
    names = [f"{table.undo}{suffix}" for suffix in ("I", "U", "D", "X", "Y")]
    statements = [f"DROP TRIGGER IF EXISTS temp.{quote(name)}" for name in names]
    return [*statements, f"DROP TABLE IF EXISTS temp.{quote(table.undo)}"]


def create_index(table: Table, index: Index) -> list[str]:
    """Statements that make an index; unique ones treat NULLs as Oracle does.

    Oracle leaves out rows whose key is all NULL and holds (1, NULL) equal to (1, NULL)
    (SQL Language Reference, CREATE INDEX, "Unique Indexes"); SQLite holds NULLs distinct.
    """
    keys = [key(part) for part in index.columns]
    if table.temporary:
        keys.append('"$S"')
    name = f"{quote(table.schema)}.{quote(index.physical)}"
    on = quote(table.physical)
    statements = []
    nullable = [
        key for part, key in zip(index.columns, keys, strict=False) if _nullable(table, part.name)
    ]
    if index.status != "VALID":
        return []
    if index.unique and nullable and len(index.columns) > 1:
        total = ", ".join(f"ifnull({key}, x'')" if key in nullable else key for key in keys)
        some = " OR ".join(f"{key} IS NOT NULL" for key in keys[: len(index.columns)])
        unique = f"{quote(table.schema)}.{quote(index.physical + '!')}"
        statements.append(f"CREATE UNIQUE INDEX {unique} ON {on}({total}) WHERE {some}")
        statements.append(f"CREATE INDEX {name} ON {on}({', '.join(keys)})")
    else:
        kind = "UNIQUE INDEX" if index.unique else "INDEX"
        statements.append(f"CREATE {kind} {name} ON {on}({', '.join(keys)})")
    return statements


def drop_index(table: Table, index: Index) -> list[str]:
    """Statements that remove an index."""
    schema = quote(table.schema)
    return [
        f"DROP INDEX IF EXISTS {schema}.{quote(index.physical)}",
        f"DROP INDEX IF EXISTS {schema}.{quote(index.physical + '!')}",
    ]


def _nullable(table: Table, name: str | None) -> bool:
    column = table.column(name) if name is not None else None
    return column is None or column.nullable


def _undo_table(table: Table, name: str) -> str:
    columns = column_list(table)
    session = '"$S", ' if table.temporary else ""
    return (
        f'CREATE TABLE {name}("$stmt" INTEGER, "$rid" INTEGER, "$xid" INTEGER, "$op" INTEGER, '
        f'{session}{columns}, PRIMARY KEY("$stmt", "$rid")) WITHOUT ROWID'
    )


def _tick(row: str) -> str:
    """A condition that looks for a cancel now and then: interrupting SQLite itself would undo
    the whole physical transaction, an error raised by a function undoes the statement."""
    return f"CASE WHEN {row}.{ROW} % {_TICK_ROWS} = 0 THEN s1_tick() ELSE 1 END"


def _checks(table: Table, operation: str, unusable: list[Index]) -> str:
    """RAISE for NOT NULL (first, as Oracle does) and CHECK. There is always one RAISE(ABORT):
    it makes SQLite keep a statement journal, so that a full disk undoes the statement only."""
    code = "1400" if operation == "insert" else "1407"
    cases = [f"WHEN NEW.{ROW} IS NULL THEN RAISE(ABORT, '{MARK}600|')"]
    for column in stored_columns(table):
        if not column.nullable:
            message = literal(f"{MARK}{code}|{column.name}")
            cases.append(f"WHEN NEW.{column.sql} IS NULL THEN RAISE(ABORT, {message})")
    cases += [
        _check_case(constraint, operation)
        for constraint in table.constraints
        if constraint.type == "C"
        and constraint.enabled
        and constraint.condition_sql
        and not constraint.deferrable
    ]
    cases += partition_cases(table, operation)
    rows = ("NEW.",) if operation == "insert" else ("OLD.", "NEW.")
    cases += [unusable_case(table, index, rows) for index in unusable]
    notes = _wide_note(table) + interval_note(table)
    return f"SELECT CASE {' '.join(cases)} END;{notes}"


def _wide_note(table: Table) -> str:
    """Tell the instance when a NUMBER column gets its first wide value (encoding.py)."""
    columns = [c for c in stored_columns(table) if may_be_wide(c)]
    if not columns:
        return ""
    pairs = ", ".join(f"{literal(c.name)}, NEW.{c.sql}" for c in columns)
    some = " OR ".join(f"typeof(NEW.{c.sql})='blob'" for c in columns)
    return f"SELECT s1_wide({table.id}, {pairs}) WHERE {some};"


def may_be_wide(column: TableColumn) -> bool:
    """True for NUMBER columns that can hold more than a double or a 64-bit integer does."""
    precision = column.type.precision
    return column.type.kind == Kind.NUMBER and (precision is None or precision > 15)


def _check_case(constraint: Constraint, operation: str) -> str:
    message = literal(f"{MARK}2290|{constraint.name}")
    # A check fails when it is false; unknown passes. ENABLE NOVALIDATE leaves a row alone whose
    # other columns change.
    changed = ""
    if operation == "update" and not constraint.validated and constraint.columns:
        names = map(quote, constraint.columns)
        same = " AND ".join(f"OLD.{name} IS NEW.{name}" for name in names)
        changed = f"NOT ({same}) AND "
    return f"WHEN {changed}NOT ({constraint.condition_sql}) THEN RAISE(ABORT, {message})"


_WHEN = 'WHEN (SELECT xid FROM "#X")'


def _insert_trigger(table: Table, unusable: list[Index]) -> str:
    undo = quote(table.undo)
    session = ""
    if table.temporary:
        session = (
            f'UPDATE {quote(table.physical)} SET "$S"=(SELECT sid FROM "#X") '
            f'WHERE {ROW}=NEW.{ROW} AND "$S" IS NULL;'
        )
    return (
        f"CREATE TEMP TRIGGER {quote(table.undo + 'I')} AFTER INSERT ON {table.target} {_WHEN} BEGIN "
        f"{_checks(table, 'insert', unusable)}"
        f'INSERT OR IGNORE INTO {undo}("$stmt", "$rid", "$xid", "$op") '
        f'SELECT x.stmt, NEW.{ROW}, x.xid, {INSERTED} FROM "#X" x WHERE {_tick("NEW")};'
        f"{session} END"
    )


def _image(table: Table, operation: int) -> str:
    session = ', OLD."$S"' if table.temporary else ""
    return (
        f"INSERT OR IGNORE INTO {quote(table.undo)} "
        f"SELECT x.stmt, OLD.{ROW}, x.xid, {operation}{session}, {column_list(table, 'OLD.')} "
        f'FROM "#X" x WHERE {_tick("OLD")};'
    )


def _update_trigger(table: Table, unusable: list[Index]) -> str:
    columns = column_list(table)  # not "$S": filling it in is no change
    return (
        f"CREATE TEMP TRIGGER {quote(table.undo + 'U')} AFTER UPDATE OF {columns} "
        f"ON {table.target} {_WHEN} BEGIN "
        f"{_checks(table, 'update', unusable)}{_image(table, UPDATED)} END"
    )


def _delete_trigger(table: Table, unusable: list[Index]) -> str:
    cases = " ".join(unusable_case(table, index, ("OLD.",)) for index in unusable)
    return (
        f"CREATE TEMP TRIGGER {quote(table.undo + 'D')} AFTER DELETE ON {table.target} {_WHEN} BEGIN "
        f"SELECT CASE WHEN OLD.{ROW} IS NULL THEN RAISE(ABORT, '{MARK}600|') {cases} END;"
        f"{_image(table, DELETED)} END"
    )


def _conflict_triggers(table: Table, indexes: Iterable[Index]) -> list[str]:
    """BEFORE INSERT and UPDATE: wait for a transaction that inserted, changed or deleted a row with
    the same unique key, as Oracle does (Concepts, "Locks and Unique Keys")."""
    keys = [
        [quote(part.name) for part in index.columns if part.name is not None]
        for index in indexes
        if index.unique
        and index.status == "VALID"
        and all(part.name is not None for part in index.columns)
    ]
    if not keys or table.temporary:
        return []
    body = "".join(_conflict(table, key) for key in keys)
    names = dict.fromkeys(name for key in keys for name in key)
    virtual = any(column.virtual is not None and column.sql in names for column in table.columns)
    columns = column_list(table) if virtual else ", ".join(names)
    when = 'WHEN (SELECT xid AND level FROM "#X")'
    head = "CREATE TEMP TRIGGER"
    return [
        f"{head} {quote(table.undo + 'X')} BEFORE INSERT ON {table.target} {when} BEGIN {body} END",
        f"{head} {quote(table.undo + 'Y')} BEFORE UPDATE OF {columns} ON {table.target} {when} "
        f"BEGIN {body} END",
    ]


def _images(table: Table, key: list[str]) -> str:
    """The undo table, with the virtual columns of a key computed."""
    virtual = [c for c in table.columns if c.virtual is not None and c.sql in key]
    if not virtual:
        return quote(table.undo)
    computed = ", ".join(f"({column.virtual_sql}) AS {column.sql}" for column in virtual)
    return f"(SELECT *, {computed} FROM {quote(table.undo)})"


def _conflict(table: Table, key: list[str]) -> str:
    undo = _images(table, key)
    live = " AND ".join(f"t.{name}=NEW.{name}" for name in key)
    same = " AND ".join(f"u.{name} IS NEW.{name}" for name in key)
    old = " AND ".join(f"u.{name}=NEW.{name}" for name in key)
    mine = '(SELECT xid FROM "#X")'
    return (
        f'SELECT s1_conflict(u."$xid") FROM {quote(table.physical)} t '
        f'JOIN {undo} u ON u."$rid"=t.{ROW} WHERE {live} AND u."$xid"<>{mine} '
        f'AND (u."$op"={INSERTED} OR u."$op"={UPDATED} AND NOT ({same}));'
        f'SELECT s1_conflict(u."$xid") FROM {undo} u '
        f'WHERE (SELECT level FROM "#X")>1 AND {old} AND u."$xid"<>{mine} '
        f'AND u."$op" IN ({UPDATED}, {DELETED}) AND NOT EXISTS '
        f"(SELECT 1 FROM {quote(table.physical)} t WHERE {live});"
    )


# ---------------------------------------------------------------- reading


def consistent_source(table: Table) -> str:
    """The table as the current transaction may see it while others have changes in it:
    rows they did not touch, and the images before of those they updated or deleted."""
    undo = quote(table.undo)
    others = '"$xid"<>(SELECT xid FROM "#X")'
    columns = ", ".join(column.sql for column in table.columns)
    images = ", ".join(
        f"u.{c.sql}" if c.virtual is None else f"({c.virtual_sql}) AS {c.sql}"
        for c in table.columns
    )
    first = (
        f'NOT EXISTS (SELECT 1 FROM {undo} e WHERE e."$rid"=u."$rid" AND e."$xid"=u."$xid" '
        f'AND e."$stmt"<u."$stmt" AND e."$op"<>{LOCKED})'
    )
    return (
        f"(SELECT {ROW}, {columns} FROM {table.target} t WHERE NOT EXISTS "
        f'(SELECT 1 FROM {undo} u WHERE u."$rid"=t.{ROW} AND u."$op"<>{LOCKED} AND u.{others}) '
        f'UNION ALL SELECT u."$rid", {images} FROM {undo} u '
        f'WHERE u.{others} AND u."$op" IN ({UPDATED}, {DELETED}) AND {first})'
    )


def own_rows(table: Table) -> str:
    """A GLOBAL TEMPORARY table as this session sees it."""
    columns = ", ".join(column.sql for column in table.columns)
    return (
        f"(SELECT {ROW}, {columns} FROM {table.target} "
        f'WHERE "$S" IS NULL OR "$S"=(SELECT sid FROM "#X"))'
    )


def partition_rows(table: Table, source: str, partition: str) -> str:
    """The rows of one partition (of a subpartition: SUBPARTITION_MARK before its name) out of
    `source`; ORA-02149, ORA-14251."""
    if table.partitioning is None:
        raise OraError(14501)
    found = named(table.partitioning, partition)
    if found is None:
        raise OraError(14251 if partition.startswith(SUBPARTITION_MARK) else 2149)
    return f"(SELECT * FROM {source} WHERE {condition(*found)})"
