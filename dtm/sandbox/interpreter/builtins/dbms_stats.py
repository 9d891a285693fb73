"""DBMS_STATS: row counts and dates in the dictionary; there is no optimizer to use them.

PL/SQL Packages and Types Reference 19c, "DBMS_STATS": its procedures commit the transaction.
"""

from __future__ import annotations

from typing import Any

from dtm.sandbox.interpreter import registry
from dtm.sandbox.interpreter.builtins.names import part_name, schema_name
from dtm.sandbox.interpreter.compiler.sqlstatements import run_transaction
from dtm.sandbox.interpreter.runtime import Frame, Runtime, UnitInfo
from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql import statistics

PACKAGE = registry.package(
    "DBMS_STATS",
    """PACKAGE dbms_stats AS
  auto_sample_size CONSTANT NUMBER := 0;
  auto_degree      CONSTANT NUMBER := 32768;
  default_degree   CONSTANT NUMBER := 32767;
  auto_cascade     CONSTANT BOOLEAN := NULL;
  auto_invalidate  CONSTANT BOOLEAN := NULL;
  PROCEDURE gather_table_stats(ownname VARCHAR2, tabname VARCHAR2, partname VARCHAR2 DEFAULT NULL,
    estimate_percent NUMBER DEFAULT 0, block_sample BOOLEAN DEFAULT FALSE,
    method_opt VARCHAR2 DEFAULT 'FOR ALL COLUMNS SIZE AUTO', degree NUMBER DEFAULT NULL,
    granularity VARCHAR2 DEFAULT 'AUTO', cascade BOOLEAN DEFAULT NULL,
    stattab VARCHAR2 DEFAULT NULL, statid VARCHAR2 DEFAULT NULL, statown VARCHAR2 DEFAULT NULL,
    no_invalidate BOOLEAN DEFAULT NULL, stattype VARCHAR2 DEFAULT 'DATA',
    force BOOLEAN DEFAULT FALSE, options VARCHAR2 DEFAULT 'GATHER');
  PROCEDURE gather_index_stats(ownname VARCHAR2, indname VARCHAR2, partname VARCHAR2 DEFAULT NULL,
    estimate_percent NUMBER DEFAULT 0, stattab VARCHAR2 DEFAULT NULL,
    statid VARCHAR2 DEFAULT NULL, statown VARCHAR2 DEFAULT NULL, degree NUMBER DEFAULT NULL,
    granularity VARCHAR2 DEFAULT 'AUTO', no_invalidate BOOLEAN DEFAULT NULL,
    force BOOLEAN DEFAULT FALSE);
  PROCEDURE gather_schema_stats(ownname VARCHAR2, estimate_percent NUMBER DEFAULT 0,
    block_sample BOOLEAN DEFAULT FALSE, method_opt VARCHAR2 DEFAULT NULL,
    degree NUMBER DEFAULT NULL, granularity VARCHAR2 DEFAULT 'AUTO',
    cascade BOOLEAN DEFAULT NULL, stattab VARCHAR2 DEFAULT NULL, statid VARCHAR2 DEFAULT NULL,
    options VARCHAR2 DEFAULT 'GATHER', statown VARCHAR2 DEFAULT NULL,
    no_invalidate BOOLEAN DEFAULT NULL, force BOOLEAN DEFAULT FALSE);
  PROCEDURE delete_table_stats(ownname VARCHAR2, tabname VARCHAR2,
    partname VARCHAR2 DEFAULT NULL, cascade_parts BOOLEAN DEFAULT TRUE,
    cascade_columns BOOLEAN DEFAULT TRUE, cascade_indexes BOOLEAN DEFAULT TRUE,
    no_invalidate BOOLEAN DEFAULT NULL, force BOOLEAN DEFAULT FALSE);
  PROCEDURE lock_table_stats(ownname VARCHAR2, tabname VARCHAR2,
    stattype VARCHAR2 DEFAULT 'ALL');
  PROCEDURE unlock_table_stats(ownname VARCHAR2, tabname VARCHAR2,
    stattype VARCHAR2 DEFAULT 'ALL');
  FUNCTION get_prefs(pname VARCHAR2, ownname VARCHAR2 DEFAULT NULL,
    tabname VARCHAR2 DEFAULT NULL) RETURN VARCHAR2;
  PROCEDURE set_table_stats(ownname VARCHAR2, tabname VARCHAR2, partname VARCHAR2 DEFAULT NULL,
    stattab VARCHAR2 DEFAULT NULL, statid VARCHAR2 DEFAULT NULL, numrows NUMBER DEFAULT NULL,
    numblks NUMBER DEFAULT NULL, avgrlen NUMBER DEFAULT NULL, flags NUMBER DEFAULT NULL,
    statown VARCHAR2 DEFAULT NULL, no_invalidate BOOLEAN DEFAULT NULL,
    cachedblk NUMBER DEFAULT NULL, cachehit NUMBER DEFAULT NULL, force BOOLEAN DEFAULT FALSE);
  PROCEDURE set_table_prefs(ownname VARCHAR2, tabname VARCHAR2, pname VARCHAR2,
    pvalue VARCHAR2);
  PROCEDURE flush_database_monitoring_info;
END;""",
)
_UNIT = UnitInfo("SYS", "DBMS_STATS", "PACKAGE BODY", definer=True)
_PREFERENCES = {
    "CASCADE": "DBMS_STATS.AUTO_CASCADE",
    "DEGREE": "NULL",
    "ESTIMATE_PERCENT": "DBMS_STATS.AUTO_SAMPLE_SIZE",
    "GRANULARITY": "AUTO",
    "INCREMENTAL": "FALSE",
    "METHOD_OPT": "FOR ALL COLUMNS SIZE AUTO",
    "NO_INVALIDATE": "DBMS_STATS.AUTO_INVALIDATE",
    "PUBLISH": "TRUE",
    "STALE_PERCENT": "10",
}


def _failed(kind: str, owner: str, name: str) -> OraError:
    """ORA-20000, as Oracle words it."""
    text = (
        f'Unable to analyze {kind} "{owner}"."{name}", insufficient privileges or does not exist'
    )
    return OraError(20000, message=text)


def _commit(rt: Runtime) -> None:
    run_transaction(Frame(rt, None, _UNIT, []), "COMMIT", None)


def _count(rt: Runtime, owner: str, name: str, part: str | None = None) -> int:
    clause = "" if part is None else f' PARTITION ("{part}")'
    statement = rt.sql.compile(f'SELECT COUNT(*) FROM "{owner}"."{name}"{clause}')
    count: int = rt.sql.run(statement, []).rows[0][0]
    return count


def _table(rt: Runtime, owner: str | None, name: str | None, force: bool | None) -> Any:
    """The table; ORA-20000 without one, ORA-20005 when its statistics are locked."""
    schema, table = schema_name(rt, owner), part_name(name)
    found = None if table is None else rt.catalog.table(schema, table)
    if found is None or table is None:
        raise _failed("TABLE", schema, table or "")
    if statistics.LOCKED in found.properties and not force:
        raise OraError(20005, message="object statistics are locked (stattype = ALL)")
    return found


@PACKAGE.body("GATHER_TABLE_STATS")
def gather_table_stats(rt: Runtime, owner: str, name: str, part: str | None, *rest: Any) -> None:
    """Count the rows of the table or of one partition; CASCADE counts for the indexes, too."""
    cascade, force = rest[5], rest[11]
    found = _table(rt, owner, name, force)
    _commit(rt)
    wanted = part_name(part)
    parts = found.partitioning.partitions if found.partitioning is not None else ()
    names = [each.name for each in parts]
    if wanted is not None and wanted not in names:
        raise _failed("PARTITION", found.owner, f"{found.name}.{wanted}")
    chosen = names if wanted is None else [wanted]
    counts = {each: _count(rt, found.owner, found.name, each) for each in chosen if parts}
    rows = _count(rt, found.owner, found.name) if wanted is None else None

    def work(catalog: Any, table: Any) -> None:
        statistics.record(catalog, table, rows, counts, cascade=cascade is not False)

    rt.catalog.change_statistics(found.owner, found.name, work)


@PACKAGE.body("GATHER_INDEX_STATS")
def gather_index_stats(rt: Runtime, owner: str, name: str, *_rest: Any) -> None:
    """The number of rows of the index's table."""
    schema, index_name = schema_name(rt, owner), part_name(name)
    index = None if index_name is None else rt.catalog.index(schema, index_name)
    if index is None:
        raise _failed("INDEX", schema, index_name or "")
    _commit(rt)
    rows = _count(rt, *index.table)
    found = index

    def work(catalog: Any, _table: Any) -> None:
        statistics.record_index(catalog, found, rows)

    owner_of, table_of = index.table
    rt.catalog.change_statistics(owner_of, table_of, work)


@PACKAGE.body("GATHER_SCHEMA_STATS")
def gather_schema_stats(rt: Runtime, owner: str, *_rest: Any) -> None:
    """Every table of a schema whose statistics are not locked."""
    schema = schema_name(rt, owner)
    for name in rt.catalog.tables_of(schema):
        found = rt.catalog.table(schema, name)
        if found is not None and statistics.LOCKED not in found.properties:
            gather_table_stats(rt, f'"{schema}"', f'"{name}"', None, *[None] * 13)


@PACKAGE.body("DELETE_TABLE_STATS")
def delete_table_stats(rt: Runtime, owner: str, name: str, *rest: Any) -> None:
    """NUM_ROWS and LAST_ANALYZED become NULL again."""
    found = _table(rt, owner, name, rest[-1])
    _commit(rt)
    rt.catalog.change_statistics(found.owner, found.name, statistics.forget)


@PACKAGE.body("LOCK_TABLE_STATS")
def lock_table_stats(rt: Runtime, owner: str, name: str, _kind: str | None) -> None:
    """Gathering raises ORA-20005 from now on."""
    _lock(rt, owner, name, locked=True)


@PACKAGE.body("UNLOCK_TABLE_STATS")
def unlock_table_stats(rt: Runtime, owner: str, name: str, _kind: str | None) -> None:
    """Gathering works again."""
    _lock(rt, owner, name, locked=False)


def _lock(rt: Runtime, owner: str, name: str, *, locked: bool) -> None:
    found = _table(rt, owner, name, True)
    _commit(rt)

    def work(catalog: Any, table: Any) -> None:
        statistics.lock(catalog, table, locked=locked)

    rt.catalog.change_statistics(found.owner, found.name, work)


@PACKAGE.body("SET_TABLE_STATS")
def set_table_stats(rt: Runtime, owner: str, name: str, *rest: Any) -> None:
    """A row count somebody makes up."""
    found = _table(rt, owner, name, rest[-1])
    _commit(rt)
    rows = rest[3]
    if rows is None:
        return

    def work(catalog: Any, table: Any) -> None:
        statistics.record(catalog, table, int(rows), {}, cascade=False)

    rt.catalog.change_statistics(found.owner, found.name, work)


@PACKAGE.body("SET_TABLE_PREFS")
def set_table_prefs(rt: Runtime, owner: str, name: str, preference: str, _value: str) -> None:
    """Checked; there is no optimizer that would mind."""
    _table(rt, owner, name, True)
    _known(preference)


@PACKAGE.body("GET_PREFS")
def get_prefs(_rt: Runtime, preference: str, _owner: str | None, _name: str | None) -> str:
    """Oracle's defaults."""
    return _known(preference)


def _known(preference: str | None) -> str:
    found = _PREFERENCES.get((preference or "").upper())
    if found is None:
        raise OraError(20001, message=f"Invalid input values for pname {preference}")
    return found


@PACKAGE.body("FLUSH_DATABASE_MONITORING_INFO")
def flush_database_monitoring_info(_rt: Runtime) -> None:
    """Nothing is buffered here."""
