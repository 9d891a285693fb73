"""Stopping a call that runs: the cancel ladder, and what is known of the session afterwards.

1. the driver's cancel, 2. waiting, 3. ALTER SYSTEM CANCEL SQL, 4. ALTER SYSTEM KILL SESSION - the
last two through another session, where its user may. A cancel undoes the statement, not the
transaction: whoever owns the session rolls back. Commits made inside stay.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from dtm.model.database import Session
from dtm.oracle.errors import OracleError
from dtm.oracle.identity import Identity
from dtm.oracle.queries import load
from dtm.oracle.session import OracleSession

_NOT_ALLOWED = frozenset({"ORA-01031", "ORA-00942", "ORA-02000", "ORA-02065", "ORA-00900"})
_GONE = frozenset({"ORA-00030", "ORA-00031", "ORA-00026", "ORA-00027"})


class SessionStatus(StrEnum):
    """What GV$SESSION says of a session."""

    WORKING = "working"
    IDLE = "idle"
    ENDING = "ending"  # killed, still rolling back
    GONE = "gone"
    UNKNOWN = "unknown"  # GV$SESSION is not granted


@dataclass(frozen=True, slots=True)
class Stopped:
    """How far the ladder went. `ended`: the call returned to this process. `steps`: what was
    tried, in order, for the log. `status`: of the session on the server afterwards."""

    ended: bool
    steps: tuple[str, ...]
    status: SessionStatus

    @property
    def safe(self) -> bool:
        """The server does nothing more for this call."""
        return self.ended or self.status in (SessionStatus.IDLE, SessionStatus.GONE)


def stop_call(
    victim: OracleSession,
    identity: Identity,
    ended: threading.Event,
    watcher: Callable[[], OracleSession],
    *,
    patience_s: float = 10.0,
) -> Stopped:
    """Climb the ladder until `ended` is set (by the thread that runs the call), or to its end.

    `watcher` opens a session to the same database, only if the driver's cancel did not help;
    `patience_s`: seconds to wait after each step.
    """
    steps = ["cancel"]
    if victim.cancel() and ended.wait(patience_s):
        return Stopped(True, tuple(steps), SessionStatus.IDLE)
    if ended.is_set():
        return Stopped(True, tuple(steps), SessionStatus.UNKNOWN)
    try:
        session = watcher()
    except OracleError as error:
        steps.append(f"no second session: {error.message}")
        return Stopped(ended.is_set(), tuple(steps), SessionStatus.UNKNOWN)
    try:
        for name in ("cancel_sql", "kill_session"):
            steps.append(_alter_system(session, name, identity))
            if ended.wait(patience_s):
                break
        return Stopped(ended.is_set(), tuple(steps), session_status(session, identity))
    finally:
        session.close()


def session_status(session: Session, identity: Identity) -> SessionStatus:
    """Look a session up by instance, SID and SERIAL#."""
    if identity.serial is None:
        return SessionStatus.UNKNOWN
    binds = {
        "inst_id": identity.instance_number,
        "sid": identity.sid,
        "serial": identity.serial,
    }
    try:
        rows = session.query(load("control")["session_status"], binds)
    except OracleError as error:
        if _NOT_ALLOWED.isdisjoint(error.codes):
            raise
        return SessionStatus.UNKNOWN
    if not rows:
        return SessionStatus.GONE
    return _STATUS.get(rows[0][0], SessionStatus.WORKING)


_STATUS = {"INACTIVE": SessionStatus.IDLE, "KILLED": SessionStatus.ENDING}


def _alter_system(session: OracleSession, name: str, identity: Identity) -> str:
    """Run one step and return it, or why it could not be done, for the log."""
    step = name.replace("_", " ")
    if identity.serial is None:
        return f"{step}: SERIAL# is not known"
    target = f"{int(identity.sid)}, {int(identity.serial)}, @{int(identity.instance_number)}"
    try:
        session.execute(load("control")[name].replace("{session}", target))
    except OracleError as error:
        if _GONE.isdisjoint(error.codes) and _NOT_ALLOWED.isdisjoint(error.codes):
            raise
        return f"{step}: {error.message}"
    return step
