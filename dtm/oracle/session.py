"""One Oracle session: `model.database.Session` over a connection of the driver."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import oracledb

from dtm.model.database import NO_TYPES, Row
from dtm.oracle.codes import ErrorClass
from dtm.oracle.errors import OracleError, translate
from dtm.oracle.identity import Identity, identify

CLOSE_DEADLINE_S = 5.0
ARRAY_SIZE = 500
# Characters; times the four bytes one may need: sizes of which Oracle makes statements of their own.
_TEXT_SIZES = (32, 500, 1000, 8191)
_COMPILED_WITH_ERRORS = "DPY-7000"
# V$SESSION: MODULE 48 bytes, ACTION 32, CLIENT_INFO 64, CLIENT_IDENTIFIER 64 (DBMS_APPLICATION_INFO).
_TAG_BYTES = {"module": 48, "action": 32, "clientinfo": 64, "client_identifier": 64}


class OracleSession:
    """A standalone connection; one thread at a time runs statements, any thread may cancel.

    Never pooled: a session that held a lock is closed, not reused. `where` names the target in
    error messages. `round_trips` counts exchanges with the server (thin driver 26.1 and later;
    before, statements, commits and rollbacks). `compile_warning`: the last statement created
    something with compilation errors.
    """

    def __init__(self, connection: oracledb.Connection, where: str) -> None:
        self._connection: oracledb.Connection | None = connection
        self.where = where
        self.round_trips = 0
        self.in_doubt = False
        self.compile_warning = False
        self._done_once: set[str] = set()
        self._identity: Identity | None = None
        # One call at a time, `close` included: driver 26.1 crashes the process (a null transport)
        # when a close waits for a call that loses its connection, and when cancel comes after it.
        self._calls = threading.Lock()
        self._running = False
        self._counted_by_driver = self._install_counter(connection)

    def __repr__(self) -> str:
        return f"OracleSession({self.where!r})"

    # ------------------------------------------------------------------ statements

    def query(self, sql: str, binds: Mapping[str, Any] | None = None) -> list[Row]:
        """Run a query and fetch every row; integral numbers are int, others Decimal."""
        with self._call(sql) as connection, connection.cursor() as cursor:
            cursor.arraysize = ARRAY_SIZE
            cursor.prefetchrows = ARRAY_SIZE + 1
            _keep_fractions(cursor, [binds or {}])
            cursor.execute(sql, dict(binds or {}), fetch_lobs=False, fetch_decimals=True)
            return [tuple(map(_value, row)) for row in cursor]

    def execute(self, sql: str, binds: Mapping[str, Any] | None = None) -> int:
        """Run DML, DDL or a PL/SQL block; return the row count (0 where there is none)."""
        with self._call(sql) as connection, connection.cursor() as cursor:
            _keep_fractions(cursor, [binds or {}])
            cursor.execute(sql, dict(binds or {}))
            warning = cursor.warning
            self.compile_warning = bool(warning and warning.full_code == _COMPILED_WITH_ERRORS)
            return max(int(cursor.rowcount), 0)

    def execute_many(
        self, sql: str, rows: Sequence[Mapping[str, Any]], *, commit: bool = False
    ) -> int:
        """Run DML once per row in one round trip; return the total row count.

        `commit`: the same round trip commits, if every row went well.
        """
        if not rows:
            return 0
        with self._call(sql) as connection, connection.cursor() as cursor:
            _keep_fractions(cursor, rows)
            connection.autocommit = commit
            try:
                cursor.executemany(sql, [dict(row) for row in rows])
            finally:
                connection.autocommit = False
            return max(int(cursor.rowcount), 0)

    def call(
        self,
        block: str,
        binds: Mapping[str, Any],
        out: Mapping[str, int | type[int]],
        *,
        types: Mapping[str, type[int] | type[dt.datetime]] = NO_TYPES,
        commit: bool = False,
    ) -> dict[str, Any]:
        """Run a PL/SQL block in one round trip and return its OUT binds.

        `out`: name to a size in bytes (VARCHAR2 up to 32767) or to `int` (a NUMBER). `types`: IN
        binds that are not text; a NULL among them has its type all the same, and texts count as of
        one of a few sizes, so that the database has one statement for all values. `commit`: the
        same round trip commits, if the block went well.
        """
        with self._call(block) as connection, connection.cursor() as cursor:
            variables = {name: _out_variable(cursor, kind) for name, kind in out.items()}
            cursor.setinputsizes(**{name: _size(binds[name], types.get(name)) for name in binds})
            connection.autocommit = commit
            try:
                cursor.execute(block, {**binds, **variables})
            finally:
                connection.autocommit = False
            return {name: variable.getvalue() for name, variable in variables.items()}

    def once(self, sql: str) -> None:
        """Run a statement the first time it is asked for in this session (session settings)."""
        if sql not in self._done_once:
            self.execute(sql)
            self._done_once.add(sql)

    def commit(self) -> None:
        """Commit; an OracleError of class UNKNOWN_OUTCOME says nothing about the transaction."""
        with self._call("COMMIT") as connection:
            connection.commit()

    def rollback(self) -> None:
        """Roll back what is open."""
        with self._call("ROLLBACK") as connection:
            connection.rollback()

    # --------------------------------------------------------------------- control

    def cancel(self) -> bool:
        """Ask the server to cancel the running call (ORA-01013 in it); from any thread.

        False: nothing runs, or the connection is gone. A cancel undoes the statement, not the
        transaction.
        """
        connection = self._connection
        if connection is None or self.in_doubt or not self._running:
            return False
        try:
            # The check and the cancel stand together: see `_calls`.
            if connection.is_healthy():
                connection.cancel()
                return True
        except (oracledb.Error, OSError):
            self.in_doubt = True
        return False

    def identity(self) -> Identity:
        """Ask where this session is (once; the answer does not change)."""
        if self._identity is None:
            self._identity = identify(self)
        return self._identity

    def alive(self) -> bool:
        """Ask the server with a round trip whether this session still exists."""
        if self._connection is None or self.in_doubt:
            return False
        try:
            with self._call("ping") as connection:
                connection.ping()
        except OracleError:
            self.in_doubt = True
            return False
        return True

    def tag(
        self,
        *,
        module: str | None = None,
        action: str | None = None,
        client_info: str | None = None,
        client_identifier: str | None = None,
    ) -> None:
        """Name the work for V$SESSION; sent with the next call, costs no round trip."""
        connection = self._connection
        if connection is None:
            return
        values = {
            "module": module,
            "action": action,
            "clientinfo": client_info,
            "client_identifier": client_identifier,
        }
        try:
            for attribute, text in values.items():
                if text is not None:
                    setattr(connection, attribute, cut(text, _TAG_BYTES[attribute]))
        except oracledb.Error as error:  # the driver found out before that the connection is gone
            self.in_doubt = True
            raise self._located(translate(error)) from None

    def close(self, wait_s: float | None = None) -> None:
        """End the session, rolling back; safe to call twice.

        Returns within `wait_s` seconds (default CLOSE_DEADLINE_S) even when the server is silent
        or a call is under way: the driver's logoff is a round trip without a time limit, so a
        daemon thread does it as soon as no call runs any more.
        """
        connection, self._connection = self._connection, None
        if connection is None:
            return
        closer = threading.Thread(
            target=self._log_off, args=(connection,), daemon=True, name="dtm-close"
        )
        closer.start()
        closer.join(CLOSE_DEADLINE_S if wait_s is None else wait_s)

    # -------------------------------------------------------------------- internals

    @contextmanager
    def _call(self, sql: str) -> Iterator[oracledb.Connection]:
        with self._calls:
            connection = self._connection
            if connection is None:
                raise OracleError("DPY-1001: not connected to database (session closed)", sql=sql)
            self._count()
            self._running = True
            try:
                yield connection
            except oracledb.Error as error:
                translated = translate(error, sql=sql)
                if translated.error_class is ErrorClass.UNKNOWN_OUTCOME:
                    self.in_doubt = True
                raise self._located(translated) from None
            finally:
                self._running = False

    def _log_off(self, connection: oracledb.Connection) -> None:
        with self._calls:
            try:
                connection.close()
            except (oracledb.Error, OSError):
                # Gone already: the server ends the session by itself and rolls back.
                return

    def _located(self, error: OracleError) -> OracleError:
        error.where = self.where
        return error

    def _count(self) -> None:
        if not self._counted_by_driver:
            self.round_trips += 1

    def _install_counter(self, connection: oracledb.Connection) -> bool:
        if not hasattr(oracledb.Connection, "round_trip_callback"):
            return False
        connection.round_trip_callback = _counter(self)
        return True


def cut(text: str, size: int) -> str:
    """Return the longest start of `text` that fits into `size` bytes of UTF-8."""
    return text.encode()[:size].decode(errors="ignore")


def _counter(session: OracleSession) -> Callable[..., None]:
    def count(*_args: object, **_keywords: object) -> None:
        session.round_trips += 1

    return count


def _value(value: Any) -> Any:
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    return value


def _keep_fractions(cursor: oracledb.Cursor, rows: Sequence[Mapping[str, Any]]) -> None:
    """Bind times with microseconds as TIMESTAMP; the driver's default for datetime is DATE.

    Whole seconds stay DATE, so that comparing them with a DATE column can use its index.
    """
    names = {
        name
        for row in rows
        for name, value in row.items()
        if isinstance(value, dt.datetime) and value.microsecond
    }
    if names:
        cursor.setinputsizes(**dict.fromkeys(names, oracledb.DB_TYPE_TIMESTAMP))


def _size(value: Any, kind: type[int] | type[dt.datetime] | None) -> Any:
    """What the driver is told of an IN bind: its type, or a text's size in characters."""
    if kind is dt.datetime or isinstance(value, dt.datetime):
        return oracledb.DB_TYPE_TIMESTAMP
    if kind is int or isinstance(value, (int, float, Decimal)):
        return oracledb.DB_TYPE_NUMBER
    length = 0 if value is None else len(value)
    return next((size for size in _TEXT_SIZES if length <= size), length)


def _out_variable(cursor: oracledb.Cursor, kind: int | type[int]) -> Any:
    if isinstance(kind, int):
        return cursor.var(oracledb.DB_TYPE_VARCHAR, kind)
    return cursor.var(oracledb.DB_TYPE_NUMBER)
