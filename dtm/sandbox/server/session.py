"""One logged-on session: the wire's calls, carried to SQL or PL/SQL, with faults and interrupts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from dtm.sandbox.kernel.ports import BlockBind, Compiled, PlsqlPort, SessionContext, SqlPort, Value
from dtm.sandbox.kernel.serving import ExecuteResult, QueryResult, Verifier
from dtm.sandbox.server.faults import FaultBoard
from dtm.sandbox.server.registry import Session, SessionRegistry
from dtm.sandbox.wire.statements import scan

_ENDS_TRANSACTION = frozenset({"commit", "rollback", "ddl"})


class SandboxSession:
    """Implements `ServerSession`."""

    def __init__(
        self,
        entry: Session,
        registry: SessionRegistry,
        sql: SqlPort,
        plsql: PlsqlPort,
        faults: FaultBoard,
        hooks: SessionHooks,
    ) -> None:
        self.context: SessionContext = entry.context
        self._entry = entry
        self._registry = registry
        self._sql = sql
        self._plsql = plsql
        self._faults = faults
        self._hooks = hooks

    # ------------------------------------------------------------------ statements

    def query(self, text: str, binds: Sequence[BlockBind], *, describe_only: bool) -> QueryResult:
        with self._call(text):
            statement = self._compile(text, binds)
            if describe_only:
                return QueryResult(statement.columns, iter(()))
            result = self._sql.run(statement, _values(statement, text, binds))
            return QueryResult(statement.columns, iter(result.rows))

    def execute(self, text: str, binds: Sequence[BlockBind]) -> ExecuteResult:
        with self._call(text):
            if scan(text).is_block:
                return self._block(text, binds)
            statement = self._compile(text, binds)
            result = self._sql.run(statement, _values(statement, text, binds))
            if statement.kind in _ENDS_TRANSACTION:
                self._hooks.transaction_ended()
            return ExecuteResult(
                rowcount=result.rowcount,
                returned=_returned(text, binds, result.rows),
                warning=result.warning,
                last_rowid=result.last_rowid,
            )

    def insert_many(
        self, text: str, binds: Sequence[BlockBind], rows: Sequence[Sequence[Value]]
    ) -> ExecuteResult | None:
        if self._faults.armed:  # they count statements
            return None
        with self._call(text):
            result = self._sql.insert_many(self._compile(text, binds), rows)
        if result is None:
            return None
        return ExecuteResult(rowcount=result.rowcount, last_rowid=result.last_rowid)

    def _compile(self, text: str, binds: Sequence[BlockBind]) -> Compiled:
        return self._sql.compile(text, None, [bind.type for bind in _sent(text, binds)])

    def _block(self, text: str, binds: Sequence[BlockBind]) -> ExecuteResult:
        result = self._plsql.execute_block(text, binds)
        given = frozenset(bind.name for bind in binds if bind.value is not None)
        return ExecuteResult(
            out=result.out,
            inout=given & frozenset(result.out),
            implicit=list(result.implicit),
        )

    @contextmanager
    def _call(self, text: str) -> Iterator[None]:
        """Around every call: V$SESSION's status, interrupts and faults."""
        entry = self._entry
        entry.active, entry.statement, entry.since = True, text, dt.datetime.now()
        entry.interrupt.begin_call()
        try:
            entry.interrupt.check()
            if self._faults.armed:
                self._faults.at_call(
                    self.context.instance_name,
                    self.context.user,
                    text,
                    check=entry.interrupt.check,
                    kill=lambda: entry.interrupt.end(28),
                )
            yield
        finally:
            entry.active, entry.since = False, dt.datetime.now()

    # ------------------------------------------------------------------ transactions

    def commit(self) -> None:
        with self._call("COMMIT"):
            self._sql.commit()
            self._hooks.transaction_ended()

    def rollback(self) -> None:
        with self._call("ROLLBACK"):
            self._sql.rollback()
            self._hooks.transaction_ended()

    def in_transaction(self) -> bool:
        return self._sql.in_transaction()

    # ------------------------------------------------------------------ the session itself

    def set_schema(self, name: str) -> None:
        quoted = name.replace('"', "")
        self._sql.run(self._sql.compile(f'ALTER SESSION SET CURRENT_SCHEMA = "{quoted}"'), ())

    def change_password(self, verifier: Verifier) -> None:
        self._hooks.change_password(verifier)

    def close(self) -> None:
        """End the session. It disappears from V$SESSION when its locks are free."""
        try:
            self._hooks.close()
        finally:
            self._registry.remove(self.context.sid)


class SessionHooks:
    """What the instance does for a session beyond the ports."""

    def __init__(
        self,
        change_password: Callable[[Verifier], None],
        transaction_ended: Callable[[], None],
        close: Callable[[], None],
    ) -> None:
        self.change_password = change_password
        self.transaction_ended = transaction_ended
        self.close = close


def _sent(text: str, binds: Sequence[BlockBind]) -> Sequence[BlockBind]:
    """The binds that carry values: RETURNING ... INTO binds do not."""
    returning = scan(text).returning
    if not returning:
        return binds
    return [bind for index, bind in enumerate(binds) if index not in returning]


def _values(statement: Compiled, text: str, binds: Sequence[BlockBind]) -> list[Value]:
    """Values in the order of `statement.hosts`, one per occurrence of a placeholder."""
    sent = _sent(text, binds)
    if len(sent) == len(statement.hosts):
        return [bind.value for bind in sent]
    by_name = {bind.name: bind.value for bind in sent}
    return [by_name.get(str(host)) for host in statement.hosts]


def _returned(
    text: str, binds: Sequence[BlockBind], rows: Sequence[tuple[Value, ...]]
) -> dict[str, list[Value]]:
    """RETURNING ... INTO: the rows' columns by bind name."""
    returning = scan(text).returning
    if not returning:
        return {}
    targets = [binds[index].name for index in sorted(returning)]
    return {name: [row[place] for row in rows] for place, name in enumerate(targets)}
