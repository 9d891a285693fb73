"""An open instance: files, dictionary, transactions, space, sequences and sessions together."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import apsw

from dtm.sandbox.kernel.ports import SessionContext
from dtm.sandbox.sql.catalog import Catalog
from dtm.sandbox.sql.catalog_model import Partitioning
from dtm.sandbox.sql.encoding import Encoded
from dtm.sandbox.sql.partitions_interval import bounds_for, with_interval
from dtm.sandbox.sql.sequences import Sequences
from dtm.sandbox.sql.storage import Database
from dtm.sandbox.sql.storage_errors import RowLocked
from dtm.sandbox.sql.storage_space import Space
from dtm.sandbox.sql.transactions_keys import KeyChecker
from dtm.sandbox.sql.transactions_locks import Locks
from dtm.sandbox.sql.transactions_undo import Transaction, Transactions


class Session(Protocol):
    """What the instance needs of a StorageSession: facts for the V$ views."""

    context: SessionContext
    transaction: Transaction
    suspended: list[Transaction]
    counts: Counter[str]  # executions, rows, commits, rollbacks


class Instance:
    """One database instance, open. Made by `storage_create.open_instance`."""

    def __init__(self, directory: Path) -> None:
        self.database = Database(directory)
        self.transactions = Transactions(self.database)
        self.locks = Locks(self.database, self.transactions)
        self.keys = KeyChecker(self.database, self.transactions.changed)
        self.space = Space(self.database)
        self.sequences = Sequences(self.database)
        self.sessions: dict[int, Session] = {}  # by SID
        self.started = dt.datetime.now().replace(microsecond=0)
        self.name = directory.name.upper()
        self.attributes: dict[str, Any] = {}  # other rooms' instance-wide state
        self.parameters: dict[str, str] = {}  # ALTER SYSTEM SET
        self._wide: dict[int, set[str]] = {}
        self._intervals: dict[int, dict[Encoded, Encoded]] = {}  # table id -> upper bound -> key
        connection = self.database.connection
        connection.create_scalar_function("s1_conflict", _conflict, 1)
        connection.create_scalar_function("s1_wide", self._saw_wide, -1)
        connection.create_scalar_function("s1_interval", self._saw_interval, 2)
        connection.create_scalar_function("s1_bound", self._interval_of, 2)

    @property
    def catalog(self) -> Catalog:
        """The data dictionary."""
        return self.database.catalog

    @property
    def connection(self) -> apsw.Connection:
        """The physical connection, for registering SQL functions."""
        return self.database.connection

    def open(self) -> int:
        """Attach, recover; how many unfinished transactions were taken back."""
        with self.database.mutex:
            self.database.open()
            self.name = str(self.catalog.state("instance_name", self.name))
            recovered = self.transactions.recover()
            self.sequences.load()
        return recovered

    def close(self) -> None:
        """Commit nothing, close the files."""
        self.database.close()

    def forget_session(self, session: Session) -> None:
        """A session ended: its temporary rows go."""
        sid = session.context.sid
        database = self.database
        with database.mutex:
            if self.sessions.get(sid) is session:
                del self.sessions[sid]
            if not self.database.depth:
                for table in self.catalog.temporary_tables():
                    database.run(f'DELETE FROM {table.target} WHERE "$S"=?', (sid,))

    # ------------------------------------------------------------ wide numbers

    def _saw_wide(self, *arguments: Encoded) -> None:
        table_id = int(arguments[0] or 0)
        table = self.catalog.table_by_id(table_id)
        known = table.wide if table is not None else frozenset()
        for name, value in zip(arguments[1::2], arguments[2::2], strict=True):
            if isinstance(value, bytes) and name not in known:
                self._wide.setdefault(table_id, set()).add(str(name))

    def _saw_interval(self, *arguments: Encoded) -> None:
        """A row above the transition point: its partition may have to be made."""
        table_id, key = int(arguments[0] or 0), arguments[1]
        table = self.catalog.table_by_id(table_id)
        if table is None or table.partitioning is None:
            return
        upper = bounds_for(table.partitioning, key)[1]
        known = self._bounds(table.partitioning)
        if upper not in known:
            self._intervals.setdefault(table_id, {})[upper] = key

    def _interval_of(self, *arguments: Encoded) -> Encoded:
        """The lower bound of the interval a key above the transition point lies in."""
        table = self.catalog.table_by_id(int(arguments[0] or 0))
        if table is None or table.partitioning is None:
            return None
        return bounds_for(table.partitioning, arguments[1])[0]

    def _bounds(self, partitioning: Partitioning) -> frozenset[Encoded]:
        return self.catalog.cached(
            ("interval bounds", id(partitioning)),
            lambda: frozenset(p.values[0][0] for p in partitioning.partitions if p.interval),
        )

    def settle_statement(self) -> None:
        """Record what a statement's rows told: first wide NUMBERs (plans must change) and interval
        partitions (they stay even if the rows are rolled back)."""
        if not self._wide and not self._intervals:
            return
        wide, self._wide = self._wide, {}
        intervals, self._intervals = self._intervals, {}
        with self.catalog.change():
            for table_id, names in wide.items():
                table = self.catalog.table_by_id(table_id)
                if table is not None:
                    self.catalog.put(replace(table, wide=table.wide | names))
            for table_id, keys in intervals.items():
                table = self.catalog.table_by_id(table_id)
                if table is None or table.partitioning is None:
                    continue
                partitioning = table.partitioning
                for key in keys.values():
                    partitioning = with_interval(self.catalog, table, partitioning, key)
                self.catalog.put(replace(table, partitioning=partitioning))

    def forget_notes(self) -> None:
        """The statement was taken back: what its rows told does not count."""
        self._wide.clear()
        self._intervals.clear()


def _conflict(*arguments: Encoded) -> None:
    raise RowLocked(int(arguments[0] or 0))
