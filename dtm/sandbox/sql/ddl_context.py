"""What every DDL statement works with: the session, its privileges, and the SQL translator."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import apsw

from dtm.sandbox.kernel.errors import OraError, internal_error
from dtm.sandbox.kernel.ports import PlsqlPort
from dtm.sandbox.kernel.types import Column
from dtm.sandbox.sql import storage_tables
from dtm.sandbox.sql.catalog import Catalog
from dtm.sandbox.sql.catalog_model import (
    ROW,
    SchemaObject,
    Table,
    TableColumn,
)
from dtm.sandbox.sql.ddl_tokens import Name
from dtm.sandbox.sql.dependencies import ColumnChange, invalidate
from dtm.sandbox.sql.encoding import Encoded
from dtm.sandbox.sql.privileges import Resolver
from dtm.sandbox.sql.storage import Database
from dtm.sandbox.sql.storage_instance import Instance
from dtm.sandbox.sql.transactions import StorageSession
from dtm.sandbox.sql.transactions_locks import EXCLUSIVE, Patience


class Translator(Protocol):
    """Oracle text -> SQLite text, by the SQL language room. All raise OraError."""

    def condition(self, session: StorageSession, table: Table, text: str, prefix: str) -> str:
        """A CHECK condition over the table's columns, each written as `prefix` + its name; it may
        only call deterministic functions (ORA-02436), no subqueries (ORA-02251)."""

    def expression(self, session: StorageSession, table: Table, text: str, prefix: str) -> str:
        """A virtual column's or an index's expression, likewise."""

    def expression_type(self, session: StorageSession, table: Table, text: str) -> Column:
        """The type of such an expression (virtual column without a declared one)."""

    def default(self, session: StorageSession, text: str, column: TableColumn) -> None:
        """Check a DEFAULT expression: ORA-00984, ORA-00932, ORA-04044, ORA-22818 ..."""

    def constant(self, session: StorageSession, text: str, column: TableColumn) -> Encoded:
        """The value of a DEFAULT expression now, converted to the column (ADD COLUMN)."""

    def describe(self, session: StorageSession, text: str) -> Sequence[Column]:
        """The columns of a query."""

    def unnamed(self, text: str) -> int | None:
        """Offset in a query's text of a select-list expression that needs a name (ORA-00998)."""

    def expanded(self, session: StorageSession, text: str) -> str:
        """A query with the columns every `*` of it means now."""

    def relations(self, session: StorageSession, text: str) -> Sequence[tuple[str, str]]:
        """The (owner, name) of the relations and functions a query uses: its dependencies."""

    def rows(
        self, session: StorageSession, text: str
    ) -> tuple[Sequence[Column], Iterable[tuple[Encoded, ...]]]:
        """A query's columns and its rows, encoded (CREATE TABLE ... AS SELECT)."""


@dataclass(frozen=True, slots=True)
class DdlResult:
    """What a DDL statement gave. `kind` as V$SQL would name it: "CREATE TABLE" ..."""

    kind: str
    warning: bool = False
    rowcount: int = 0


class Ddl:
    """One session's DDL context."""

    def __init__(
        self, session: StorageSession, translator: Translator, plsql: PlsqlPort | None = None
    ) -> None:
        self.session = session
        self.begun = False
        self.plsql = plsql
        self.translator = translator
        self.instance: Instance = session.instance
        self.database: Database = session.instance.database
        self.catalog: Catalog = session.instance.catalog
        self.resolver = Resolver(self.catalog, session.context)

    def begin(self) -> None:
        """The statement is parsed: commit the open transaction, once."""
        if not self.begun:
            self.begun = True
            self.session.commit()

    @property
    def schema(self) -> str:
        """The current schema."""
        return self.session.context.current_schema

    @property
    def user(self) -> str:
        """The user whose privileges count."""
        return self.resolver.user

    @property
    def char_semantics(self) -> bool:
        """NLS_LENGTH_SEMANTICS is CHAR."""
        return self.session.context.nls.get("NLS_LENGTH_SEMANTICS", "BYTE").upper() == "CHAR"

    def home(self, name: Name) -> str:
        """The schema an object is to be made in; it must exist (ORA-01918)."""
        owner = name.owner(self.schema)
        if self.catalog.user(owner) is None:
            raise OraError(1918, owner, offset=name.offset)
        return owner

    def require(self, owner: str, own: str, other: str) -> None:
        """The privilege for one's own schema, or the ANY privilege for another (ORA-01031)."""
        self.resolver.require_for(owner, own, other)

    def table(self, name: Name, privilege: str | None = None, any_name: str = "") -> Table:
        """An existing table that may be altered: ORA-00942, ORA-01031."""
        found = self.resolver.find(name.parts)
        if not isinstance(found, Table):
            raise OraError(942, offset=name.offset)
        self.may_change(found, privilege, any_name)
        return found

    def may_change(self, found: SchemaObject, privilege: str | None, any_name: str) -> None:
        """Owner, ANY privilege, or the object privilege; else ORA-01031."""
        if found.owner == self.user or (any_name and self.resolver.has(any_name)):
            return
        if privilege is not None:
            for grants in (self.catalog.grants(self.user),):
                if grants and (found.owner, found.name, privilege, "") in grants.objects:
                    return
        raise OraError(1031)

    def lock(self, table: Table) -> None:
        """Nobody else may have changes in the table: ORA-00054 after DDL_LOCK_TIMEOUT seconds."""
        seconds = float(self.session.parameters.get("DDL_LOCK_TIMEOUT", "0"))
        patience = Patience(seconds, code=54)
        with self.database.mutex:
            while (holder := self.instance.locks.conflict(table, EXCLUSIVE, 0)) is not None:
                self.instance.locks.wait(holder, 0, (), patience, self.session.context)

    def run(self, work: Callable[[], Any], *tables: Table) -> None:
        """Do the work as one DDL: locks on `tables`, then physically all or nothing."""
        self.begin()
        with self.database.mutex:
            for table in tables:
                self.lock(table)
            with self.database.atomic():
                try:
                    work()
                except apsw.Error as error:  # what the statement did not foresee
                    raise internal_error(str(error)) from error

    def move_table(self, table: Table, tablespace: str) -> None:
        """MOVE TABLESPACE: the rows are copied to the other file, row numbers kept."""
        target = self.catalog.tablespace(tablespace)
        if target is None:
            raise OraError(959, tablespace)
        indexes = self.catalog.indexes_of(table)
        database = self.database
        moved = replace(
            table,
            tablespace=tablespace,
            schema=target.schema,
            physical=f"{table.owner}.{table.name}#{self.catalog.new_id()}",
        )
        columns = f"{ROW}, {storage_tables.column_list(table)}"
        database.run_all(storage_tables.detach_table(table))
        try:
            database.run(storage_tables.create_table(moved)[0])
            database.run(
                f"INSERT INTO {moved.target}({columns}) SELECT {columns} FROM {table.target}"
            )
            database.run(f"DROP TABLE {table.target}")
            for index in indexes:
                database.run_all(storage_tables.create_index(moved, index))
        except apsw.FullError:
            raise OraError(1652, 128, tablespace) from None
        self.catalog.put(moved)
        database.attach_table(moved)

    def invalidate(self, owner: str, name: str, change: ColumnChange | None = None) -> None:
        """A definition changed: what depends on it (on these columns) becomes INVALID."""
        invalidate(self.catalog, owner, name, change=change)
