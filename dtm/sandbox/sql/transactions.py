"""Sessions' transactions over one instance, and how rendered SQLite statements run in them.

`StorageSession.read` and `.write` run a piece of work as ONE SQL statement: under the instance's
mutex, with statement-level undo, row-lock waits and restart. Semantics: Database Concepts 19c,
"Data Concurrency and Consistency", "Transactions".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import apsw

from dtm.sandbox.kernel.errors import OraError, internal_error
from dtm.sandbox.kernel.ports import SessionContext
from dtm.sandbox.sql import storage_tables
from dtm.sandbox.sql.catalog_model import Table, quote
from dtm.sandbox.sql.storage_errors import RowLocked, translate
from dtm.sandbox.sql.storage_instance import Instance
from dtm.sandbox.sql.transactions_keys import closure
from dtm.sandbox.sql.transactions_locks import ROW_EXCLUSIVE, Patience
from dtm.sandbox.sql.transactions_step import Step
from dtm.sandbox.sql.transactions_undo import Transaction

__all__ = ["NOTHING_DIRTY", "Mark", "Step", "StorageSession", "is_plain", "source"]

T = TypeVar("T")
NOTHING_DIRTY: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a transaction to go back to."""

    transaction: Transaction
    xid: int  # 0: it had changed nothing yet
    statement: int


class StorageSession:
    """One session's transactions. One thread at a time uses it."""

    def __init__(self, instance: Instance, context: SessionContext) -> None:
        self.instance = instance
        self.context = context
        self.transaction = Transaction(context.sid)
        self.suspended: list[Transaction] = []
        self.current_values: dict[int, int] = {}  # sequence id -> CURRVAL
        self.parameters: dict[str, str] = {}  # ALTER SESSION SET, upper-case names
        self.counts: Counter[str] = Counter()  # for V$SESSTAT
        self.constraints_deferred: bool | None = None  # ALTER SESSION SET CONSTRAINTS

    # ------------------------------------------------------------ statements

    def dirty(self, tables: Iterable[Table]) -> frozenset[int]:
        """The tables another open transaction has changes in."""
        transactions = self.instance.transactions
        if not transactions.changed:
            return NOTHING_DIRTY
        xid = self.transaction.xid
        return frozenset(t.id for t in tables if transactions.level(t, xid))

    def read(self, work: Callable[[Step], T], tables: Sequence[Table] = ()) -> T:
        """Run a query."""
        database = self.instance.database
        with database.turn(self.context.interrupt_check):
            dirty = self.dirty(tables)
            before = None
            if dirty or any(table.temporary for table in tables):
                before = database.set_x(self.transaction.xid, 0, 0, self.context.sid)
            try:
                return self._run(work, Step(self.instance, tables, dirty))
            finally:
                if before is not None:
                    database.set_x(*before)

    def write(
        self,
        work: Callable[[Step], T],
        *,
        targets: Sequence[Table],
        tables: Sequence[Table] = (),
        wait: float | None = None,
    ) -> T:
        """Run INSERT, UPDATE, DELETE, MERGE or row locking on `targets`, reading `tables` too.

        `work` may be called several times: after waiting for a lock the statement starts anew.
        """
        patience = Patience(wait)
        database = self.instance.database
        with database.turn(self.context.interrupt_check):
            written = closure(database.catalog, targets)
            while True:
                try:
                    return self._write_once(work, written, (*written, *tables))
                except RowLocked as locked:
                    suspended = tuple(t.xid for t in self.suspended if t.xid)
                    self.instance.locks.wait(
                        locked.holder, self.transaction.xid, suspended, patience, self.context
                    )

    def _write_once(
        self, work: Callable[[Step], T], written: Sequence[Table], tables: Sequence[Table]
    ) -> T:
        instance = self.instance
        database, transactions = instance.database, instance.transactions
        transaction = self.transaction
        fresh = not transaction.xid
        if fresh:
            transactions.start(transaction)
        xid = transaction.xid
        for table in written:
            self._require_open(table, xid)
        stmt = transactions.next_statement()
        level = max(transactions.level(table, xid) for table in written)
        database.begin()
        before = database.set_x(xid, stmt, level, self.context.sid)
        step = Step(self.instance, tables, self.dirty(tables), stmt, xid)
        changes = database.connection.total_changes()
        try:
            result = self._run(work, step)
            if database.connection.total_changes() != changes:
                self.counts["rows"] += database.connection.total_changes() - changes >> 1
                self._after(step, written)
                fresh = False
        except BaseException:
            touched = dict(transaction.tables)
            self._note(written, 2)
            transactions.undo_after(transaction, stmt - 1)
            transactions.restore(transaction, touched)
            instance.forget_notes()
            raise
        finally:
            database.set_x(*before)
            if fresh:
                transactions.rollback(transaction)
                transaction.xid = 0
            database.settle()
        return result

    def lock_table(self, table: Table, mode: int, wait: float | None = None) -> None:
        """LOCK TABLE ... IN mode MODE: 2 ROW SHARE, 3 ROW EXCLUSIVE, 4 SHARE, 5 SHARE ROW
        EXCLUSIVE, 6 EXCLUSIVE; `wait` as in `write` (NOWAIT 0: ORA-00054)."""
        instance = self.instance
        patience = Patience(wait, code=54)
        with instance.database.mutex:
            if not self.transaction.xid:
                instance.transactions.start(self.transaction)
            xid = self.transaction.xid
            while (holder := instance.locks.conflict(table, mode, xid)) is not None:
                suspended = tuple(t.xid for t in self.suspended if t.xid)
                instance.locks.wait(holder, xid, suspended, patience, self.context)
            instance.locks.hold(table, mode, xid)

    def _require_open(self, table: Table, xid: int) -> None:
        if table.read_only:
            raise OraError(12081, f'"{table.owner}"."{table.name}"')
        self.instance.space.require_writable(table)
        holder = self.instance.locks.conflict(table, ROW_EXCLUSIVE, xid)
        if holder is not None:
            raise RowLocked(holder)

    def _note(self, written: Sequence[Table], level: int) -> None:
        for table in written:
            self.instance.transactions.note(self.transaction, table, level)

    def _after(self, step: Step, written: Sequence[Table]) -> None:
        """What Oracle checks when a statement is over."""
        self._note(written, 2 if step.freed or len(written) > 1 else 1)
        try:
            modes = self.transaction.modes
            if self.instance.keys.check(written, step.stmt, step.xid, modes):
                self.transaction.checks_left = True
        except apsw.FullError:
            raise self.instance.space.full_error(written) from None
        except apsw.Error as error:
            raise translate(error, self.instance.catalog, written) from error
        self.instance.settle_statement()
        self.instance.space.check_quotas(written)

    def _run(self, work: Callable[[Step], T], step: Step) -> T:
        database = self.instance.database
        outer, writing = database.interrupt, database.writing
        database.interrupt = self.context.interrupt_check
        database.writing = writing or bool(step.stmt)
        database.depth += 1
        try:
            return work(step)
        except apsw.Error as error:
            raise internal_error(str(error)) from error
        finally:
            database.depth -= 1
            self.counts["executions"] += 1
            database.interrupt, database.writing = outer, writing
            if not database.depth:
                database.pending = None

    # ------------------------------------------------------------ transactions

    def in_transaction(self) -> bool:
        """True when the current transaction changed or locked something."""
        return bool(self.transaction.xid)

    def holds(self, transaction: Transaction) -> bool:
        """Is this the current transaction, or one that an autonomous one interrupts?"""
        return transaction is self.transaction or transaction in self.suspended

    def transaction_id(self) -> str | None:
        """DBMS_TRANSACTION.LOCAL_TRANSACTION_ID: "usn.slot.sequence", None outside one."""
        xid = self.transaction.xid
        return f"{xid % 10 + 1}.{xid % 34}.{xid}" if xid else None

    def commit(self) -> None:
        """End the current transaction, keeping its changes; durable on return."""
        self._end(keep=True)

    def rollback(self) -> None:
        """End the current transaction, taking its changes back."""
        self._end(keep=False)

    def _end(self, *, keep: bool) -> None:
        instance = self.instance
        transaction = self.transaction
        with instance.database.mutex:
            if instance.database.depth and not self.suspended:
                raise OraError(14552)
            if keep and transaction.checks_left:
                self._check_deferred()
            self.transaction = self._fresh()
            if not transaction.xid and not transaction.temporary:
                return
            self._forget_temporary(transaction)
            self.counts["commits" if keep else "rollbacks"] += 1
            if keep:
                instance.transactions.commit(transaction)
            else:
                instance.transactions.rollback(transaction)
            instance.locks.release(transaction.xid)

    def _fresh(self) -> Transaction:
        """A new transaction, with the modes of ALTER SESSION SET CONSTRAINTS."""
        made = Transaction(self.context.sid)
        made.modes.everything = self.constraints_deferred
        return made

    def _check_deferred(self) -> None:
        """COMMIT: ORA-02091, and nothing of the transaction stays (SET CONSTRAINTS)."""
        try:
            self.check_constraints()
        except OraError as error:
            self.rollback()
            refused = OraError(2091)
            refused.stack = [error.text]
            raise refused from error

    def check_constraints(self, names: Collection[tuple[str, str]] | None = None) -> None:
        """Check what is deferred in this transaction (those called `names`: owner and name); the
        first error."""
        instance, transaction = self.instance, self.transaction
        patience = Patience(None)
        with instance.database.mutex:
            while True:
                found = (instance.catalog.table_by_id(i) for i in list(transaction.tables))
                tables = [table for table in found if table is not None]
                try:
                    instance.keys.check_deferred(tables, transaction.xid, transaction.modes, names)
                except RowLocked as locked:
                    suspended = tuple(t.xid for t in self.suspended if t.xid)
                    instance.locks.wait(
                        locked.holder, transaction.xid, suspended, patience, self.context
                    )
                else:
                    if names is None:
                        transaction.checks_left = False
                    return

    def _forget_temporary(self, transaction: Transaction) -> None:
        """ON COMMIT DELETE ROWS."""
        database = self.instance.database
        for table_id in transaction.temporary:
            table = database.catalog.table_by_id(table_id)
            if table is None or table.temporary != "DELETE":
                continue
            before = database.set_x(0, 0, 0, self.context.sid)
            database.run(f'DELETE FROM {table.target} WHERE "$S"=?', (self.context.sid,))
            database.run(
                f'DELETE FROM temp.{quote(table.undo)} WHERE "$xid"=?', (transaction.xid,)
            )
            database.set_x(*before)

    def savepoint(self, name: str) -> None:
        """SAVEPOINT name; one of the same name moves here."""
        points = self.transaction.savepoints
        points[:] = [point for point in points if point[0] != name]
        points.append((name, self.instance.transactions.statement))

    def rollback_to(self, name: str) -> None:
        """ROLLBACK TO name; ORA-01086. Savepoints after it are gone, itself stays."""
        points = self.transaction.savepoints
        for index, (point, statement) in enumerate(points):
            if point == name:
                del points[index + 1 :]
                with self.instance.database.mutex:
                    self.instance.transactions.undo_after(self.transaction, statement)
                return
        raise OraError(1086, name)

    def mark(self) -> object:
        """An implicit savepoint for `undo_to`."""
        return Mark(self.transaction, self.transaction.xid, self.instance.transactions.statement)

    def undo_to(self, mark: object) -> None:
        """Take back what was done since `mark`; after a COMMIT in between, since that COMMIT."""
        if not isinstance(mark, Mark) or self.transaction is not mark.transaction or not mark.xid:
            self.rollback()
            return
        with self.instance.database.mutex:
            points = self.transaction.savepoints
            points[:] = [point for point in points if point[1] <= mark.statement]
            self.instance.transactions.undo_after(self.transaction, mark.statement)

    def begin_autonomous(self) -> None:
        """Suspend the current transaction; what follows runs in an independent one."""
        self.suspended.append(self.transaction)
        self.transaction = self._fresh()

    def end_autonomous(self) -> None:
        """Resume the suspended one; ORA-06519 (after rolling back) if the inner one is open."""
        unfinished = self.in_transaction()
        if unfinished:
            self.rollback()
        self.transaction = self.suspended.pop()
        if unfinished:
            raise OraError(6519)

    def close(self) -> None:
        """End the session: roll back, free locks, forget temporary rows."""
        while self.suspended:
            self.rollback()
            self.transaction = self.suspended.pop()
        self.rollback()
        self.instance.forget_session(self)


def source(table: Table, dirty: frozenset[int], partition: str | None = None) -> str:
    """A FROM item for `table`, without alias: its plain name, or a subquery in parentheses."""
    if table.temporary:
        text = storage_tables.own_rows(table)
    elif table.id in dirty:
        text = storage_tables.consistent_source(table)
    else:
        text = table.target
    return text if partition is None else storage_tables.partition_rows(table, text, partition)


def is_plain(table: Table, dirty: frozenset[int], partition: str | None = None) -> bool:
    """True when `source` is the plain name: UPDATE and DELETE need no candidates query."""
    return not table.temporary and table.id not in dirty and partition is None
