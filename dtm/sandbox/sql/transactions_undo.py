"""Logical transactions of an instance: their undo, its way to disk, crash recovery.

A transaction's undo rows lie in `temp."#U<id>"` from the change to the transaction's end. When
another session's COMMIT takes unfinished changes to disk, their undo goes along into
`main."#P<id>"` (system.db), in the same atomic physical commit; `recover` applies what it finds
there at start-up.
"""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import dataclass, field

import apsw

from dtm.sandbox.sql.catalog import now
from dtm.sandbox.sql.catalog_model import ROW, Table, quote
from dtm.sandbox.sql.storage import Database
from dtm.sandbox.sql.storage_tables import (
    DELETED,
    LOCKED,
    UPDATED,
    column_list,
)
from dtm.sandbox.sql.transactions_checks import Modes

_XID_RESERVE = 1_000_000  # transaction ids set aside at each start: never used twice


@dataclass(eq=False, slots=True)
class Transaction:
    """One logical transaction. It has an `xid` from its first change or row lock on.

    `tables`: id -> 1 when it only inserted or locked there, 2 when it updated or deleted.
    `saved`: undo up to this statement number is on disk.
    """

    sid: int
    xid: int = 0
    tables: dict[int, int] = field(default_factory=dict)
    savepoints: list[tuple[str, int]] = field(default_factory=list)
    saved: int = 0
    on_disk: bool = False
    taken_back: int = 0  # grows with every partial rollback: waiters look again
    started: dt.datetime | None = None
    temporary: set[int] = field(default_factory=set)  # GLOBAL TEMPORARY tables written
    modes: Modes = field(default_factory=Modes)
    checks_left: bool = False  # deferred constraints to check at COMMIT


class Transactions:
    """All open transactions of an instance and what they changed where."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.active: dict[int, Transaction] = {}
        self.changed: dict[int, dict[int, int]] = {}  # table id -> xid -> 1 | 2
        self._xids = itertools.count(1)
        self._statements = itertools.count(1)
        self.statement = 0
        database.before_commit.append(self._save_unfinished)

    # ------------------------------------------------------------ bookkeeping

    def next_statement(self) -> int:
        """A new statement number; they grow for the life of the process."""
        self.statement = next(self._statements)
        return self.statement

    def start(self, transaction: Transaction) -> None:
        """Give the transaction its id."""
        transaction.xid = next(self._xids)
        transaction.started = now()
        transaction.saved = self.statement
        self.active[transaction.xid] = transaction

    def note(self, transaction: Transaction, table: Table, level: int) -> None:
        """Remember that the transaction changed or locked rows of a table."""
        if table.temporary:
            transaction.temporary.add(table.id)
        if transaction.tables.get(table.id, 0) < level:
            transaction.tables[table.id] = level
            self.changed.setdefault(table.id, {})[transaction.xid] = level

    def restore(self, transaction: Transaction, tables: dict[int, int]) -> None:
        """A statement was taken back: the transaction changed only `tables`."""
        for table_id in list(transaction.tables):
            level = tables.get(table_id, 0)
            if level:
                self.changed[table_id][transaction.xid] = level
            else:
                changes = self.changed[table_id]
                del changes[transaction.xid]
                if not changes:
                    del self.changed[table_id]
        transaction.tables.clear()
        transaction.tables.update(tables)

    def level(self, table: Table, xid: int) -> int:
        """What transactions other than `xid` did in a table: 0 nothing, 1, 2."""
        changes = self.changed.get(table.id)
        if not changes or table.temporary:
            return 0
        return max((level for other, level in changes.items() if other != xid), default=0)

    def others(self, table: Table, xid: int) -> list[int]:
        """The transactions other than `xid` with changes or locks in a table."""
        return [other for other in self.changed.get(table.id, ()) if other != xid]

    # ------------------------------------------------------------ ending

    def commit(self, transaction: Transaction) -> None:
        """End with all changes kept, and make them durable."""
        database = self.database
        database.begin()
        self._forget_undo(transaction)
        self._end(transaction)
        database.want_commit()

    def rollback(self, transaction: Transaction) -> None:
        """End with all changes taken back."""
        self.undo_after(transaction, 0)
        self._forget_undo(transaction)
        self._end(transaction)

    def _end(self, transaction: Transaction) -> None:
        self.active.pop(transaction.xid, None)
        for table_id in transaction.tables:
            changes = self.changed.get(table_id, {})
            changes.pop(transaction.xid, None)
            if not changes:
                self.changed.pop(table_id, None)
        transaction.tables.clear()
        self.database.ended.notify_all()

    def _forget_undo(self, transaction: Transaction) -> None:
        database = self.database
        for table in self._tables_of(transaction):
            undo = f"temp.{quote(table.undo)}"
            if len(self.changed.get(table.id, ())) <= 1:
                database.run(f"DELETE FROM {undo}")
            else:
                database.run(f'DELETE FROM {undo} WHERE "$xid"=?', (transaction.xid,))
            if transaction.on_disk and not table.temporary:
                saved = quote(table.saved_undo)
                database.run(f'DELETE FROM main.{saved} WHERE "$xid"=?', (transaction.xid,))

    def _tables_of(self, transaction: Transaction) -> list[Table]:
        found = (self.database.catalog.table_by_id(i) for i in transaction.tables)
        return [table for table in found if table is not None]

    # ------------------------------------------------------------ taking back

    def undo_after(self, transaction: Transaction, statement: int) -> None:
        """Take back what the transaction did after statement number `statement`."""
        if not transaction.xid:
            return
        database = self.database
        before = database.set_x(0, 0, 0, 0)
        try:
            for table in self._tables_of(transaction):
                try:
                    undo_table(database, table, transaction.xid, statement)
                except apsw.FullError:
                    with database.lifted_limits():
                        undo_table(database, table, transaction.xid, statement)
                if transaction.on_disk and not table.temporary:
                    database.run(
                        f'DELETE FROM main.{quote(table.saved_undo)} WHERE "$xid"=? AND "$stmt">?',
                        (transaction.xid, statement),
                    )
        finally:
            database.set_x(*before)
        transaction.saved = min(transaction.saved, statement)
        transaction.taken_back += 1
        database.ended.notify_all()

    # ------------------------------------------------------------ disk

    def _save_unfinished(self) -> None:
        """Before a physical commit: put the undo of whatever is unfinished next to it."""
        for transaction in self.active.values():
            if transaction.saved >= self.statement or not transaction.tables:
                continue
            for table in self._tables_of(transaction):
                if table.temporary:
                    continue
                self.database.run(
                    f"INSERT INTO main.{quote(table.saved_undo)} "
                    f"SELECT * FROM temp.{quote(table.undo)} "
                    'WHERE "$xid"=? AND "$stmt">? AND "$op"<>?',
                    (transaction.xid, transaction.saved, LOCKED),
                )
            transaction.on_disk = True
            transaction.saved = self.statement

    def recover(self) -> int:
        """Take back what a dead process left unfinished; how many transactions that were."""
        database = self.database
        found: set[int] = set()
        database.begin()
        with database.lifted_limits():
            for table in database.catalog.all(Table):
                if table.temporary:
                    continue
                saved = f"main.{quote(table.saved_undo)}"
                undo = f"temp.{quote(table.undo)}"
                xids = {
                    int(row[0]) for row in database.run(f'SELECT DISTINCT "$xid" FROM {saved}')
                }
                if not xids:
                    continue
                found |= xids
                database.run(f"INSERT INTO {undo} SELECT * FROM {saved}")
                for xid in xids:
                    undo_table(database, table, xid, 0)
                database.run(f"DELETE FROM {saved}")
        first = int(database.catalog.state("next_xid", 1))
        self._xids = itertools.count(first)
        database.catalog.set_state("next_xid", first + _XID_RESERVE)
        database.physical_commit()
        return len(found)


def undo_table(database: Database, table: Table, xid: int, statement: int) -> None:
    """Put back the rows of one table as they were before the transaction's later statements:
    first every touched row goes, then the oldest images come, so no key is ever doubled."""
    undo = f"temp.{quote(table.undo)}"
    binds = (xid, statement)
    touched = f'"$xid"=?1 AND "$stmt">?2 AND "$op"<>{LOCKED}'
    database.run(
        f'DELETE FROM {table.target} WHERE {ROW} IN (SELECT "$rid" FROM {undo} WHERE {touched})',
        binds,
    )
    columns = ('"$S", ' if table.temporary else "") + column_list(table)
    database.run(
        f'INSERT INTO {table.target}({ROW}, {columns}) SELECT "$rid", {columns} FROM {undo} u '
        f'WHERE {touched} AND "$op" IN ({UPDATED}, {DELETED}) AND NOT EXISTS '
        f'(SELECT 1 FROM {undo} e WHERE e."$rid"=u."$rid" AND e."$xid"=?1 AND e."$stmt">?2 '
        f'AND e."$stmt"<u."$stmt" AND e."$op"<>{LOCKED})',
        binds,
    )
    database.run(f'DELETE FROM {undo} WHERE "$xid"=?1 AND "$stmt">?2', binds)


def inserted_only(sql: str) -> bool:
    """True when a rendered statement can only insert (it frees no key another could take)."""
    return sql.lstrip()[:6].upper() == "INSERT"
