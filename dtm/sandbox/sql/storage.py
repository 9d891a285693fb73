"""One instance: a directory with system.db and a file per tablespace, open on one connection.

Everything physical happens under `Database.mutex`, one SQL statement at a time. A physical
transaction opens with the first write and ends with the next logical COMMIT of any session; what
other sessions have not committed by then goes to disk together with its undo, and `recover` takes
it back should the process die. kill -9 at any moment leaves SQLite's last physical commit, atomic
over all files (rollback journals with a super-journal: no WAL, synchronous not OFF).
"""

from __future__ import annotations

import fcntl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import apsw

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql import storage_tables, storage_vfs
from dtm.sandbox.sql.catalog import Catalog
from dtm.sandbox.sql.catalog_model import Table, Tablespace, quote
from dtm.sandbox.sql.encoding import Encoded, number_key
from dtm.sandbox.sql.partitions_hash import bucket

PAGE = 4096
_NO_LIMIT = 0xFFFFFFF0
_PROGRESS_STEPS = 20_000
_LOOK_S = 0.1  # between two looks at a cancel while another session's statement runs
Row = tuple[Any, ...]


class Database:
    """The files of an instance and the bookkeeping of what is open in them."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.catalog = Catalog()
        self.mutex = threading.RLock()
        self.ended = threading.Condition(self.mutex)  # a transaction ended, a lock came free
        self.depth = 0  # SQL statements running now, one inside the other
        self.before_commit: list[Callable[[], None]] = []
        self.interrupt: Callable[[], None] | None = None  # of the session whose statement runs
        self.pending: BaseException | None = None
        self.writing = False  # one of the running statements changes rows
        self._commit_wanted = False
        self._x: tuple[int, int, int, int] = (0, 0, 0, 0)
        self._lock_file: IO[str] | None = None
        self.connection = self._connect()

    # ------------------------------------------------------------ opening and closing

    def _connect(self) -> apsw.Connection:
        self.directory.mkdir(parents=True, exist_ok=True)
        self._lock_file = (self.directory / "lock").open("w")
        try:
            fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock_file.close()
            raise OraError(1102) from None
        connection = apsw.Connection(
            str(self.directory / "system.db"), vfs=storage_vfs.NAME, statementcachesize=400
        )
        connection.config(apsw.SQLITE_DBCONFIG_DQS_DML, 0)
        connection.config(apsw.SQLITE_DBCONFIG_DQS_DDL, 0)
        connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 0)
        for setting in ("temp_store=MEMORY", "recursive_triggers=ON", "cache_spill=OFF"):
            connection.execute(f"PRAGMA {setting}")
        self._configure(connection, "main")
        connection.set_progress_handler(self._progress, _PROGRESS_STEPS)
        connection.create_scalar_function("s1_tick", self._tick, 0)
        connection.create_scalar_function(
            "s1_number_key", lambda *v: number_key(v[0]), 1, deterministic=True
        )
        connection.create_scalar_function("s1_bucket", bucket, -1, deterministic=True)
        return connection

    @staticmethod
    def _configure(connection: apsw.Connection, schema: str) -> None:
        name = quote(schema)
        connection.execute(f"PRAGMA {name}.locking_mode=EXCLUSIVE")
        connection.execute(f"PRAGMA {name}.journal_mode=TRUNCATE")
        connection.execute(f"PRAGMA {name}.synchronous=NORMAL")
        connection.execute(f"PRAGMA {name}.cache_size=-8000")

    def open(self) -> None:
        """Read the dictionary and attach every tablespace (SQLite recovers its own journals)."""
        self.run(storage_tables.X_TABLE)
        self.run('INSERT INTO "#X" VALUES(0, 0, 0, 0)')
        self.catalog.bind(self)
        for tablespace in self.catalog.all(Tablespace):
            self.attach(tablespace)
        for table in self.catalog.all(Table):
            if table.temporary:
                self.run_all(storage_tables.create_table(table))
                for index in self.catalog.indexes_of(table):
                    self.run_all(storage_tables.create_index(table, index))
            self.attach_table(table)

    def attach(self, tablespace: Tablespace) -> None:
        """Make a tablespace's file part of the connection, with its limit."""
        if tablespace.schema in ("main", "temp"):
            return
        path = str(self.directory / tablespace.file)
        self.run(f"ATTACH ? AS {quote(tablespace.schema)}", (path,))
        self._configure(self.connection, tablespace.schema)
        self.set_limit(tablespace)

    def attach_table(self, table: Table) -> None:
        """Make the TEMP undo table and the triggers of a table."""
        self.run_all(storage_tables.attach_table(table, self.catalog.indexes_of(table)))

    def reattach_table(self, table: Table, *, undo: bool = False) -> None:
        """Make the triggers anew after a constraint, an index or (`undo`) a column changed."""
        self.run_all(storage_tables.detach_table(table))
        if undo and not table.temporary:
            saved = f"main.{quote(table.saved_undo)}"
            self.run(f"DROP TABLE {saved}")
            self.run(storage_tables.create_table(table)[1])
        self.attach_table(table)

    def close(self) -> None:
        """Close the files. Whatever is not committed is taken back at the next open."""
        with self.mutex:
            if self.connection.in_transaction:
                self.physical_commit()
            self.connection.close()
            if self._lock_file is not None:
                self._lock_file.close()

    # ------------------------------------------------------------ limits

    def set_limit(self, tablespace: Tablespace, *, lifted: bool = False) -> None:
        """Let SQLite enforce the tablespace's size (per connection: at every attach)."""
        if tablespace.schema in ("main", "temp"):
            return
        pages = _NO_LIMIT if lifted else max(tablespace.limit // PAGE, 1)
        self.run(f"PRAGMA {quote(tablespace.schema)}.max_page_count={pages}")

    def pages(self, schema: str) -> tuple[int, int]:
        """(pages of the file, free pages within it)."""
        name = quote(schema)
        total = self.run(f"PRAGMA {name}.page_count")[0][0]
        free = self.run(f"PRAGMA {name}.freelist_count")[0][0]
        return int(total), int(free)

    @contextmanager
    def lifted_limits(self) -> Iterator[None]:
        """No limits inside: taking changes back must not fail for space."""
        tablespaces = self.catalog.all(Tablespace)
        for tablespace in tablespaces:
            self.set_limit(tablespace, lifted=True)
        try:
            yield
        finally:
            for tablespace in tablespaces:
                self.set_limit(tablespace)

    @contextmanager
    def turn(self, interrupt_check: Callable[[], None]) -> Iterator[None]:
        """The mutex for a session's statement; waiting for another's can be cancelled."""
        if not self.mutex.acquire(blocking=False):
            while not self.mutex.acquire(timeout=_LOOK_S):
                interrupt_check()
        try:
            yield
        finally:
            self.mutex.release()

    # ------------------------------------------------------------ statements

    def execute(self, sql: str, bindings: Sequence[Encoded] = ()) -> list[Row]:
        """Run one SQLite statement (alias of `run`, as `catalog.Rows` wants it)."""
        return self.run(sql, bindings)

    def run(self, sql: str, bindings: Sequence[Encoded] = ()) -> list[Row]:
        """Run one SQLite statement; its rows. Errors are apsw's."""
        return list(self.connection.execute(sql, bindings))

    def run_all(self, statements: Sequence[str]) -> None:
        """Run SQLite statements in order."""
        for sql in statements:
            self.run(sql)

    @property
    def x(self) -> tuple[int, int, int, int]:
        """Whose statement runs: xid, statement number, level, sid."""
        return self._x

    def set_x(self, xid: int, stmt: int, level: int, sid: int) -> tuple[int, int, int, int]:
        """Tell the triggers whose statement runs; the values before."""
        before = self._x
        if before != (xid, stmt, level, sid):
            self._x = (xid, stmt, level, sid)
            self.run('UPDATE temp."#X" SET xid=?, stmt=?, level=?, sid=?', self._x)
        return before

    def begin(self) -> None:
        """Open the physical transaction if there is none."""
        if not self.connection.in_transaction:
            self.run("BEGIN")

    def want_commit(self) -> None:
        """Commit physically now, or when the outermost running statement is over."""
        if self.depth:
            self._commit_wanted = True
        else:
            self.physical_commit()

    def settle(self) -> None:
        """Called when a statement is over: do a commit that had to wait for it."""
        if self._commit_wanted and not self.depth:
            self.physical_commit()

    def physical_commit(self) -> None:
        """Make everything durable, unfinished transactions with their undo."""
        self._commit_wanted = False
        if not self.connection.in_transaction:
            return
        for prepare in self.before_commit:
            prepare()
        self.run("COMMIT")

    @contextmanager
    def atomic(self) -> Iterator[None]:
        """Physical changes that happen as a whole or not at all (DDL), then commit.

        They have a physical transaction of their own: SQLite answers a full disk in a statement
        without triggers by rolling back everything, and that must not be others' work."""
        with self.mutex:
            if self.depth:
                raise OraError(14552)
            self.physical_commit()
            self.begin()
            self.set_x(0, 0, 0, 0)
            try:
                with self.catalog.change():
                    yield
            except BaseException:
                if self.connection.in_transaction:
                    self.run("ROLLBACK")
                self._x = self.run('SELECT xid, stmt, level, sid FROM temp."#X"')[0]
                raise
            self.physical_commit()
            self.ended.notify_all()

    # ------------------------------------------------------------ cancel

    def _progress(self) -> bool:
        """SQLite calls this while it works. Reading statements stop at once; writing ones at
        the next `s1_tick`, because an interrupt would undo the physical transaction."""
        if self.interrupt is None or self.pending is not None:
            return self.pending is not None and not self.writing
        try:
            self.interrupt()
        except OraError as error:
            self.pending = error
            return not self.writing
        return False

    def _tick(self, *_: Encoded) -> int:
        if self.pending is not None:
            raise self.pending
        return 1
