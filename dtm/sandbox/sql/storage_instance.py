"""An open instance: files, dictionary, transactions, space, sequences and sessions together."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import apsw

from dtm.sandbox.kernel.ports import SessionContext
from dtm.sandbox.sql.catalog import Catalog
from dtm.sandbox.sql.encoding import Encoded
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
        connection = self.database.connection
        connection.create_scalar_function("s1_conflict", _conflict, 1)
        connection.create_scalar_function("s1_wide", self._saw_wide, -1)

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

    def note_wide(self) -> None:
        """Record columns that just got their first wide NUMBER: plans must change."""
        if not self._wide:
            return
        found, self._wide = self._wide, {}
        with self.catalog.change():
            for table_id, names in found.items():
                table = self.catalog.table_by_id(table_id)
                if table is not None:
                    self.catalog.put(replace(table, wide=table.wide | names))


def _conflict(*arguments: Encoded) -> None:
    raise RowLocked(int(arguments[0] or 0))
