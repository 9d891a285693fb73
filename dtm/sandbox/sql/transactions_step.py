"""One SQL statement while it runs: what a piece of work may do to the database."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import apsw

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql import storage_tables
from dtm.sandbox.sql.catalog_model import Table, quote
from dtm.sandbox.sql.encoding import Encoded
from dtm.sandbox.sql.storage import Row
from dtm.sandbox.sql.storage_errors import RowLocked, translate, violated_index
from dtm.sandbox.sql.storage_instance import Instance
from dtm.sandbox.sql.storage_tables import LOCKED
from dtm.sandbox.sql.transactions_undo import inserted_only


class Step:
    """What a piece of work may do while it runs as one statement."""

    __slots__ = ("_changes", "_instance", "_tables", "changes", "dirty", "freed", "stmt", "xid")

    def __init__(
        self,
        instance: Instance,
        tables: Sequence[Table],
        dirty: frozenset[int],
        stmt: int = 0,
        xid: int = 0,
    ) -> None:
        self._instance = instance
        self._tables = tables
        self._changes: int | None = None
        self.dirty = dirty  # ids of tables to be read through `source`
        self.stmt = stmt
        self.xid = xid
        self.changes = 0  # rows of the last INSERT, UPDATE or DELETE
        self.freed = False  # something was updated or deleted

    def execute(self, sql: str, binds: Sequence[Encoded] = ()) -> list[Row]:
        """Run one SQLite statement; its rows. Errors are OraError."""
        database = self._instance.database
        if self.stmt and not self.freed:
            self.freed = not inserted_only(sql)
        try:
            rows = self._attempt(sql, binds)
        except apsw.FullError:
            raise self._instance.space.full_error(self._tables) from None
        except apsw.Error as error:
            if database.pending is not None:
                raise database.pending from None
            raise translate(error, database.catalog, self._tables) from error
        if self.stmt:
            retried, self._changes = self._changes, None
            self.changes = database.connection.changes() if retried is None else retried
        return rows

    def _attempt(self, sql: str, binds: Sequence[Encoded]) -> list[Row]:
        """Run; an UPDATE that broke a unique key on its way runs again with the keys checked at its
        end, as Oracle does (Concepts, "When the Database Checks Constraints for Validity")."""
        database = self._instance.database
        try:
            return list(database.connection.execute(sql, binds))
        except apsw.ConstraintError as error:
            if not self.stmt or database.depth > 1 or not sql.lstrip()[:6].upper() == "UPDATE":
                raise
            found = violated_index(str(error), database.catalog, self._tables)
            if found is None:
                raise
        with database.lifted_limits():
            return self._keys_at_end(found[0], sql, binds)

    def _keys_at_end(self, table: Table, sql: str, binds: Sequence[Encoded]) -> list[Row]:
        database = self._instance.database
        indexes = [i for i in database.catalog.indexes_of(table) if i.unique]
        database.run("SAVEPOINT keys")
        try:
            for index in indexes:
                database.run_all(storage_tables.drop_index(table, index))
            rows = list(database.connection.execute(sql, binds))
            changes = database.connection.changes()
            for index in indexes:
                database.run_all(storage_tables.create_index(table, index))
        except BaseException:
            database.run("ROLLBACK TO keys")
            raise
        finally:
            database.run("RELEASE keys")
        self._changes = changes
        return rows

    def attempt(self, work: Callable[[], None]) -> None:
        """Do one row's share of a statement: its keys are checked after it, and when it fails it
        alone is undone."""
        instance = self._instance
        database, transactions = instance.database, instance.transactions
        transaction = transactions.active[self.xid]
        outer, self.stmt = self.stmt, transactions.next_statement()
        before = database.x
        database.set_x(before[0], self.stmt, before[2], before[3])
        try:
            work()
            try:
                modes = transaction.modes
                if instance.keys.check(self._tables, self.stmt, self.xid, modes):
                    transaction.checks_left = True
            except apsw.Error as error:
                raise translate(error, database.catalog, self._tables) from error
        except OraError:
            database.pending = None
            for table in self._tables:
                transactions.note(transaction, table, 2)
            transactions.undo_after(transaction, self.stmt - 1)
            raise
        finally:
            self.stmt = outer
            database.set_x(*before)

    @property
    def last_row(self) -> int:
        """The row number of the last INSERT."""
        return self._instance.database.connection.last_insert_rowid()

    def require_free(self, table: Table, candidates: str, binds: Sequence[Encoded] = ()) -> None:
        """Wait (by restarting the statement) while another transaction holds a row that
        `candidates`, a query for `"$R"`, finds."""
        if not self._instance.transactions.others(table, self.xid):
            return
        undo = f"temp.{quote(table.undo)}"
        rows = self.execute(
            f'SELECT "$xid" FROM {undo} WHERE "$xid"<>(SELECT xid FROM "#X") '
            f'AND "$rid" IN ({candidates}) LIMIT 1',
            binds,
        )
        if rows:
            raise RowLocked(int(rows[0][0]))

    def lock(self, table: Table, candidates: str, binds: Sequence[Encoded] = ()) -> int:
        """SELECT ... FOR UPDATE: lock the rows `candidates` finds; how many."""
        self.require_free(table, candidates, binds)
        undo = f"temp.{quote(table.undo)}"
        freed = self.freed
        self.execute(
            f'INSERT OR IGNORE INTO {undo}("$stmt", "$rid", "$xid", "$op") '
            f'SELECT x.stmt, c.r, x.xid, {LOCKED} FROM "#X" x CROSS JOIN '
            f"(SELECT NULL AS r WHERE 0 UNION ALL {candidates}) c",
            binds,
        )
        self.freed = freed
        return self.changes
