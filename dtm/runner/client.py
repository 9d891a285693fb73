"""`ports.Client` over a session of `dtm.oracle`: locks, calls, markers and the SQL log."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from dtm.errors import DtmError, Locked
from dtm.model.names import code_lock_name, lock_name, split_qualified
from dtm.model.operation import TaskKind
from dtm.model.states import Phase
from dtm.model.stream import TaskKey
from dtm.oracle import calls, locks, sqllog
from dtm.oracle.calls import CallKind, FrozenParameter, MarkerKey, StreamStart, TaskCall
from dtm.oracle.control import stop_call
from dtm.oracle.locks import LockResult, Mode, SessionInfo
from dtm.oracle.session import OracleSession
from dtm.repository.runs_rows import ParameterPin, SqlRow
from dtm.runner.ports import Call, CallEnd, CallResult, MarkerId, StreamInfo

POLL_S = 0.5
# Text after IDENTIFIED BY is a password: it is not logged.
_PASSWORD = re.compile(r"(\bidentified\s+by\s+)(\"[^\"]*\"|\S+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Waiting:
    """How to wait for locks: for a dead runner's sessions that are still working, for sessions this
    runner has lost itself (`own_s`), and for an install to end.

    `pause` waits some seconds and says whether to go on; `tell` is told once that it is waiting.
    `watcher` opens a second session, to stop a call that the driver's cancel does not end;
    `step_s`: seconds to wait after each step of that.
    """

    watcher: Callable[[], OracleSession]
    orphan_s: float = 0.0
    own_s: float = 10.0
    gate_s: float = 60.0
    weak_s: float = 2.0
    pause: Callable[[float], bool] = lambda _seconds: True
    tell: Callable[[str], None] = lambda _message: None
    monotonic: Callable[[], float] = time.monotonic
    step_s: float = 10.0


class OracleClient:
    """One session of a stream; `schema` is the client schema its code gate belongs to."""

    def __init__(
        self, session: OracleSession, instance: str, schema: str, fence: int, waiting: Waiting
    ) -> None:
        self._session = session
        self._instance = instance
        self._schema = schema
        self._fence = fence
        self._waiting = waiting
        self._description: str | None = None

    @property
    def description(self) -> str:
        """`DB_UNIQUE_NAME, instance 1, SID 12, SERIAL# 34, AUDSID 56`."""
        if self._description is None:
            who = self._session.identity()
            self._description = (
                f"{who.db_unique_name}, instance {who.instance_number}, SID {who.sid}, "
                f"SERIAL# {who.serial}, AUDSID {who.audsid}"
            )
        return self._description

    # locks

    def take_over(self, info: StreamInfo, *, again: bool) -> str:
        """See `ports.Client.take_over`."""
        self._tag(info)
        patience_s = self._waiting.own_s if again else self._waiting.orphan_s
        stream, work = self._names(info)
        result = locks.request_all(self._session, [(stream, Mode.X), (work, Mode.X)])
        if result is LockResult.BUSY:  # one by one: who is in the way of which?
            self._acquire(stream, Mode.X, patience_s, f"{info.operation} is run there")
            result = self._acquire(
                work, Mode.X, patience_s, "a session of a dead runner is still at work"
            )
        if result is LockResult.NOT_GRANTED:
            self._nobody_tagged(info)
            return "weak"
        locks.release(self._session, work)
        self._share(work, "another runner was faster")
        return "strong"

    def join(self, info: StreamInfo) -> None:
        """See `ports.Client.join`."""
        self._tag(info)
        self._session.identity()  # `stop` needs it when the session is busy
        self._share(self._names(info)[1], "another runner takes the stream over")

    def _share(self, work: str, why: str) -> None:
        """Take S on W and on the code gate; `why` says what is in the way of the first."""
        gate = code_lock_name(self._schema)
        both = locks.request_all(self._session, [(work, Mode.S), (gate, Mode.S)])
        if both is LockResult.BUSY:
            self._acquire(work, Mode.S, 0, why)
            self._acquire(gate, Mode.S, self._waiting.gate_s, "code is being installed there")

    def _acquire(self, name: str, mode: Mode, patience_s: float, why: str) -> LockResult:
        """Request a lock again and again, each time without waiting inside the database."""
        until = self._waiting.monotonic() + patience_s
        told = False
        while True:
            result = locks.request(self._session, name, mode)
            if result is not LockResult.BUSY:
                return result
            blocked = self._blocked(name, why)
            if self._waiting.monotonic() >= until:
                raise blocked
            if not told:
                self._waiting.tell(blocked.message)
                told = True
            if not self._waiting.pause(POLL_S):
                raise blocked

    def _blocked(self, name: str, why: str) -> Locked:
        return _locked(self._instance, why, locks.holders(self._session, name))

    def _nobody_tagged(self, info: StreamInfo) -> None:
        """Without DBMS_LOCK: nobody tagged as this stream, looked at twice."""
        prefix = self._prefix(info)
        for look in (1, 2):
            found = locks.tagged_sessions(self._session, f"{prefix}:")
            if found:
                raise _locked(self._instance, f"{info.operation} is run there", found)
            if look == 1:
                time.sleep(self._waiting.weak_s)

    def _names(self, info: StreamInfo) -> tuple[str, str]:
        """Names of S and W. Lock names are the whole database's: the schema is part of them."""
        parts = (self._schema, info.operation, info.object or "")
        return lock_name("S", *parts), lock_name("W", *parts)

    def _prefix(self, info: StreamInfo) -> str:
        return f"dtm:{self._names(info)[0].rpartition('$')[2][:24]}"

    def _tag(self, info: StreamInfo) -> None:
        self._session.tag(
            module=f"DTM.{info.operation}",
            action="stream",
            client_info=f"{info.run_id}/{info.handle}",
            client_identifier=f"{self._prefix(info)}:{self._fence}",
        )

    # the stream on the client

    def knows(self, handle: str) -> bool:
        """See `ports.Client.knows`."""
        return calls.stream(self._session, handle) is not None

    def begin(self, info: StreamInfo) -> None:
        """See `ports.Client.begin`."""
        name = split_qualified(info.object) if info.object else None
        start = StreamStart(
            handle=info.handle,
            run_id=info.run_id,
            operation=info.operation,
            object_owner=name.owner if name else None,
            object_name=name.name if name else None,
            test_mode=info.test_mode,
        )
        calls.begin_stream(self._session, start, [_frozen(pin) for pin in info.parameters])

    def markers(self, handle: str, since: int) -> dict[MarkerId, bool]:
        """See `ports.Client.markers`."""
        found = calls.markers(self._session, handle, since)
        return {
            _marker_id(key): marker.state is calls.MarkerState.DONE
            for key, marker in found.items()
        }

    def mark_done(self, handle: str, marker: MarkerId, attempt: int) -> None:
        """See `ports.Client.mark_done`."""
        calls.mark_done(self._session, _marker_key(handle, marker), str(attempt))

    def clear_marker(self, handle: str, marker: MarkerId) -> None:
        """See `ports.Client.clear_marker`."""
        calls.clear_marker(self._session, _marker_key(handle, marker))

    # calls

    def call(self, call: Call) -> CallResult:
        """See `ports.Client.call`; one round trip if it succeeds and `session` was done before."""
        self._session.tag(action=call.marker.key.task)
        for statement in call.session:
            self._session.once(statement)
        outcome = calls.run_task(
            self._session,
            TaskCall(
                key=_marker_key(call.handle, call.marker),
                kind=_kind(call),
                package=call.package,
                procedure=call.procedure,
                attempt=str(call.attempt),
                args=call.args,
            ),
        )
        if outcome.not_atomic:
            return CallResult(CallEnd.NOT_ATOMIC, outcome.reason)
        return CallResult(CallEnd(outcome.outcome.value), logged=outcome.logged)

    def probe(self, handle: str, package: str, function: str) -> bool:
        """See `ports.Client.probe`."""
        return calls.probe(self._session, handle, package, function)

    # the SQL log

    def harvest(self, handle: str) -> tuple[SqlRow, ...]:
        """See `ports.Client.harvest`."""
        return tuple(_sql_row(row) for row in sqllog.harvest(self._session, handle))

    def acknowledge(self, rows: Sequence[SqlRow]) -> None:
        """See `ports.Client.acknowledge`."""
        sqllog.acknowledge_keys(self._session, [(row.client_key, row.state) for row in rows])

    def abandon_sql(self, handle: str) -> None:
        """See `ports.Client.abandon_sql`."""
        sqllog.abandon(self._session, handle)

    # the session

    def rollback(self) -> None:
        """Roll back what is open."""
        self._session.rollback()

    def stop(self, ended: threading.Event) -> tuple[str, ...]:
        """See `ports.Client.stop`."""
        # Known since the locks were taken: a busy session cannot be asked.
        identity = self._session.identity()
        done = stop_call(
            self._session, identity, ended, self._waiting.watcher, patience_s=self._waiting.step_s
        )
        return (*done.steps, f"the session is {done.status}")

    def close(self) -> None:
        """End the session: it held locks and is never reused."""
        self._session.close()


def _locked(instance: str, why: str, found: Sequence[SessionInfo]) -> Locked:
    shown = "; ".join(map(str, found)) or "whose session is not visible"
    running = next((info.sql_text for info in found if info.sql_text), None)
    text = f"{why}: {shown}" + (f", running: {running[:200]}" if running else "")
    return Locked(text, where=instance, hint="wait for it (--wait 30m), or have it ended by a DBA")


def _kind(call: Call) -> CallKind:
    if call.test_mode:
        return CallKind.TEST
    return CallKind.ATOMIC if call.kind is TaskKind.ATOMIC else CallKind.SELF_COMMITTING


def _marker_key(handle: str, marker: MarkerId) -> MarkerKey:
    key = marker.key
    return MarkerKey(handle, key.iteration, key.phase, key.task, marker.number)


def _marker_id(key: MarkerKey) -> MarkerId:
    after_error = key.phase is Phase.FINAL and key.start_no != 0
    return MarkerId(
        TaskKey(int(key.iteration), key.phase, key.task, after_error), int(key.start_no)
    )


def _frozen(pin: ParameterPin) -> FrozenParameter:
    return FrozenParameter(pin.name, pin.type, _value(pin))


def _value(pin: ParameterPin) -> str | Decimal | datetime | None:
    if pin.value is None:
        return None
    match pin.type:
        case "number":
            return Decimal(pin.value)
        case "date":
            return datetime.fromisoformat(pin.value)
        case "string":
            return pin.value
        case _:
            raise DtmError(f"parameter {pin.name} was pinned with unknown type {pin.type}")


def _sql_row(row: sqllog.SqlLogRow) -> SqlRow:
    code = row.error_code
    return SqlRow(
        client_key=row.log_key,
        state=row.status,
        attempt_seq=int(row.attempt) if row.attempt and row.attempt.isdigit() else None,
        iteration=row.iteration,
        task=row.task,
        sql_text=_PASSWORD.sub(r"\1***", row.sql_text),
        sql_id=row.sql_id,
        started_at=row.started_at,
        ended_at=row.ended_at,
        elapsed_s=row.elapsed_s,
        row_count=row.rows,
        error_code=None if code is None else f"ORA-{abs(code):05d}",
        error_text=row.error_stack,
        px_queries=row.parallel_queries,
        px_dml=row.parallel_dml,
        px_ddl=row.parallel_ddl,
        px_servers=row.parallel_servers,
        alter_session=_PASSWORD.sub(r"\1***", row.alter_session) if row.alter_session else None,
    )
