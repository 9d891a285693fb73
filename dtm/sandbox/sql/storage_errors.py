"""SQLite's errors as Oracle's, with the names of the constraint, table, column and tablespace."""

from __future__ import annotations

from collections.abc import Iterable

import apsw

from dtm.sandbox.kernel.errors import OraError, internal_error
from dtm.sandbox.sql.catalog import Catalog
from dtm.sandbox.sql.catalog_model import Index, Table
from dtm.sandbox.sql.storage_partitions import MARK


class RowLocked(Exception):
    """A row or key is held by another open transaction, `holder`."""

    def __init__(self, holder: int) -> None:
        super().__init__(f"held by transaction {holder}")
        self.holder = holder


def translate(error: apsw.Error, catalog: Catalog, tables: Iterable[Table]) -> OraError:
    """The Oracle error for what SQLite said while writing `tables` (children included)."""
    text = str(error)
    if isinstance(error, apsw.ConstraintError):
        return _constraint(text, catalog, list(tables))
    if isinstance(error, apsw.InterruptError):
        return OraError(1013)
    if isinstance(error, apsw.TooBigError):
        return OraError(1489)
    return internal_error(text)


def _constraint(text: str, catalog: Catalog, tables: list[Table]) -> OraError:
    if MARK in text:
        code, _, name = text[text.index(MARK) + len(MARK) :].partition("|")
        return _raised(int(code), name, text, tables)
    found = violated_index(text, catalog, tables)
    if found is not None:
        table, index = found
        keys = [c.name for c in table.constraints if c.type in "PU" and c.index == index.name]
        return OraError(1, f"{index.owner}.{keys[0] if keys else index.name}")
    return internal_error(text)


def violated_index(
    text: str, catalog: Catalog, tables: Iterable[Table]
) -> tuple[Table, Index] | None:
    """The table and unique index SQLite's message is about; None when it is about another error."""
    _, _, where = text.partition("failed: ")
    for table in tables:
        for index in catalog.indexes_of(table):
            if index.unique and _names(index, table, where):
                return table, index
    return None


def _names(index: Index, table: Table, where: str) -> bool:
    if where.startswith("index '"):
        return where[7:-1] in (index.physical, index.physical + "!")
    prefix = table.physical + "."
    columns = [part.removeprefix(prefix) for part in where.split(", ")]
    expected = [part.name for part in index.columns]
    return where.startswith(prefix) and [c for c in columns if c != "$S"] == expected


def _raised(code: int, name: str, text: str, tables: list[Table]) -> OraError:
    if code in (14400, 14402):
        return OraError(code)
    if code == 1502:
        return OraError(1502, name)
    if code == 2290:
        for table in tables:
            if table.constraint(name) is not None:
                return OraError(2290, table.owner, name)
    if code in (1400, 1407):
        for table in tables:
            column = table.column(name)
            if column is not None and not column.nullable:
                return OraError(code, f'"{table.owner}"."{table.name}"."{name}"')
    return internal_error(text)
