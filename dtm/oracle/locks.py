"""User locks (DBMS_LOCK): proof that a session lives, taken outside transactions.

They belong to the session and end with it, over all instances of a cluster. A session that held
one is closed, never reused. Where EXECUTE on DBMS_LOCK is not granted, requests answer NOT_GRANTED
and liveness is weak: see `tagged_sessions`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum

from dtm.errors import DatabaseError
from dtm.model.database import Row, Session
from dtm.oracle.errors import OracleError
from dtm.oracle.queries import load
from dtm.oracle.session import OracleSession

_INVISIBLE = frozenset({"ORA-00942", "ORA-01031"})
_NUMBER: type[int] = int


class Mode(IntEnum):
    """DBMS_LOCK.S_MODE and X_MODE."""

    S = 4
    X = 6


class LockResult(StrEnum):
    """How a request ended."""

    ACQUIRED = "acquired"
    ALREADY_OWNED = "already-owned"
    BUSY = "busy"
    NOT_GRANTED = "not-granted"

    @property
    def held(self) -> bool:
        """The session owns the lock now."""
        return self in (LockResult.ACQUIRED, LockResult.ALREADY_OWNED)


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """A session as GV$SESSION shows it. `mode` is the held lock's; None for a tagged session."""

    inst_id: int
    sid: int
    serial: int
    username: str | None
    module: str | None
    action: str | None
    client_info: str | None
    client_identifier: str | None
    machine: str | None
    program: str | None
    logon_time: dt.datetime | None
    status: str | None
    sql_id: str | None
    mode: Mode | None = None
    sql_text: str | None = None

    def __str__(self) -> str:
        shown = f"SID {self.sid}, SERIAL# {self.serial}, instance {self.inst_id}"
        details = (self.module, self.action, self.machine, self.status)
        return ", ".join((shown, *(text for text in details if text)))


def request(session: OracleSession, name: str, mode: Mode, timeout_s: int = 0) -> LockResult:
    """Request one lock; see `request_all`."""
    return request_all(session, [(name, mode)], timeout_s)


def request_all(
    session: OracleSession, wanted: Sequence[tuple[str, Mode]], timeout_s: int = 0
) -> LockResult:
    """Take several locks in order, in one round trip; what was taken is given back when one is busy.

    Waits up to `timeout_s` whole seconds for each. ALREADY_OWNED: the session held every one.
    Raises OracleError ORA-20118 inside a transaction, because ALLOCATE_UNIQUE would commit it.
    """
    queries = load("locks")
    blocks = [queries["request_one"].replace("{n}", str(number)) for number in range(len(wanted))]
    binds: dict[str, str | int] = {"timeout": timeout_s}
    for number, (name, mode) in enumerate(wanted):
        binds |= {f"name{number}": name, f"mode{number}": int(mode)}
    block = queries["request"].replace("{requests}", "\n  ".join(blocks))
    try:
        out = session.call(block, binds, {"result": _NUMBER, "failed_at": _NUMBER})
    except OracleError as error:
        if _not_granted(error):
            return LockResult.NOT_GRANTED
        raise
    result = int(out["result"])
    if result == 0:
        return LockResult.ACQUIRED
    if result == 4:
        return LockResult.ALREADY_OWNED
    for name, _mode in wanted[: int(out["failed_at"]) - 1]:
        release(session, name)
    if result in (1, 2):
        return LockResult.BUSY
    raise DatabaseError(f"DBMS_LOCK.REQUEST returned {result}", where=session.where)


def release(session: OracleSession, name: str) -> bool:
    """Release one lock; False when the session does not own it (or DBMS_LOCK is not granted)."""
    try:
        out = session.call(load("locks")["release"], {"name": name}, {"result": _NUMBER})
    except OracleError as error:
        if _not_granted(error):
            return False
        raise
    return int(out["result"]) == 0


def holders(session: OracleSession, name: str) -> tuple[SessionInfo, ...]:
    """Return who holds a lock, with the SQL they run where visible; () where GV$ is not granted."""
    try:
        out = session.call(load("locks")["allocate"], {"name": name}, {"lock_id": _NUMBER})
        rows = session.query(load("locks")["holders"], {"lock_id": int(out["lock_id"])})
    except OracleError as error:
        if _not_granted(error) or not _INVISIBLE.isdisjoint(error.codes):
            return ()
        raise
    return tuple(_with_sql(session, _info(row)) for row in rows)


def tagged_sessions(session: Session, prefix: str) -> tuple[SessionInfo, ...] | None:
    """Return other sessions whose CLIENT_IDENTIFIER begins with `prefix`.

    The weak substitute for a lock: look twice, some seconds apart, before believing in absence.
    None: GV$SESSION is not granted, nothing is known.
    """
    escaped = prefix.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    try:
        rows = session.query(load("locks")["tagged"], {"prefix": f"{escaped}%"})
    except OracleError as error:
        if not _INVISIBLE.isdisjoint(error.codes):
            return None
        raise
    return tuple(_info(row) for row in rows)


def _not_granted(error: OracleError) -> bool:
    # PLS-00201 on DBMS_LOCK: not granted; other identifiers of these blocks are always there.
    return "PLS-00201" in error.codes and "DBMS_LOCK" in error.text


def _info(row: Row) -> SessionInfo:
    values: Row = (*row[:-1], _mode(row[-1]))
    return SessionInfo(*values)


def _mode(lmode: int) -> Mode | None:
    return Mode(lmode) if lmode in (Mode.S, Mode.X) else None


def _with_sql(session: Session, info: SessionInfo) -> SessionInfo:
    if info.sql_id is None:
        return info
    binds = {"inst_id": info.inst_id, "sql_id": info.sql_id}
    try:
        rows = session.query(load("locks")["sql_text"], binds)
    except OracleError as error:
        if _INVISIBLE.isdisjoint(error.codes):
            raise
        return info
    return replace(info, sql_text=rows[0][0]) if rows else info
