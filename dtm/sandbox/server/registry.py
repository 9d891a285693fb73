"""The sessions of one instance: numbers, state for V$SESSION, kill and cancel."""

from __future__ import annotations

import datetime as dt
import itertools
import threading
import time
from dataclasses import dataclass, field

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.ports import SessionContext
from dtm.sandbox.server.interrupts import Interrupt

_MAX_SERIAL = 65535  # what the driver's serial number field carries
_FIRST_SID = 10
_POLL_S = 0.005
_KILL_S = 1.0


@dataclass(slots=True)
class Session:
    """One logged-on session as others see it."""

    context: SessionContext
    interrupt: Interrupt
    audit_id: int
    active: bool = False  # in a call
    statement: str | None = None  # of the running or last call
    statement_kind: str = ""
    since: dt.datetime = field(default_factory=dt.datetime.now)  # last change of `active`

    @property
    def status(self) -> str:
        """V$SESSION.STATUS."""
        if self.interrupt.ended:
            return "KILLED"
        return "ACTIVE" if self.active else "INACTIVE"


class SessionRegistry:
    """Thread-safe. Session identifiers are reused with a new serial number, as Oracle's are."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._sessions: dict[int, Session] = {}
        # Serial numbers of an earlier process must not come back soon.
        self._serials = itertools.count(int(time.time()) % 40_000)
        self._audit_ids = itertools.count(time.time_ns() // 1_000_000 % 4_000_000_000)
        self._closed = False

    def reserve(self) -> tuple[int, int, int]:
        """(sid, serial#, audit id) for a new session; ORA-01089 during shutdown."""
        with self._guard:
            if self._closed:
                raise OraError(1089)
            sid = next(n for n in itertools.count(_FIRST_SID) if n not in self._sessions)
            self._sessions[sid] = _RESERVED
            return sid, next(self._serials) % _MAX_SERIAL + 1, next(self._audit_ids)

    def add(self, session: Session) -> None:
        with self._guard:
            self._sessions[session.context.sid] = session
            closed = self._closed
        if closed:
            session.interrupt.end(1089)

    def remove(self, sid: int) -> None:
        with self._guard:
            self._sessions.pop(sid, None)

    def sessions(self) -> list[Session]:
        """All logged-on sessions by sid."""
        with self._guard:
            return [one for _, one in sorted(self._sessions.items()) if one is not _RESERVED]

    # ------------------------------------------------------------------ for the V$ views

    def _known(self, sid: int) -> Session | None:
        with self._guard:
            return self._sessions.get(sid)

    def status(self, sid: int) -> str:
        """V$SESSION.STATUS: ACTIVE, INACTIVE or KILLED."""
        found = self._known(sid)
        return found.status if found else "KILLED"

    def statement(self, sid: int) -> str | None:
        """The text of the running or last call."""
        found = self._known(sid)
        return found.statement if found else None

    def last_call_seconds(self, sid: int) -> int:
        """V$SESSION.LAST_CALL_ET: seconds since the session became active or inactive."""
        found = self._known(sid)
        return int((dt.datetime.now() - found.since).total_seconds()) if found else 0

    # ------------------------------------------------------------------ ending sessions

    def _await_end(self, sid: int, serial: int) -> None:
        """Wait until an idle session is gone; a working one may take longer."""
        end = time.monotonic() + _KILL_S
        while (found := self._known(sid)) is not None and found.context.serial == serial:
            if time.monotonic() > end:
                return
            time.sleep(_POLL_S)

    def find(self, sid: int, serial: int) -> Session:
        """ORA-00030 when there is no such session."""
        with self._guard:
            found = self._sessions.get(sid)
        if found is None or found is _RESERVED or found.context.serial != serial:
            raise OraError(30)
        return found

    def kill(self, sid: int, serial: int, *, by: int | None = None) -> None:
        """ALTER SYSTEM KILL SESSION and DISCONNECT SESSION. ORA-00027 for the own session."""
        found = self.find(sid, serial)
        if sid == by:
            raise OraError(27)
        found.interrupt.end(28)
        self._await_end(sid, serial)

    def cancel(self, sid: int, serial: int) -> None:
        """ALTER SYSTEM CANCEL SQL."""
        self.find(sid, serial).interrupt.cancel()

    def shut_down(self) -> None:
        """End all sessions and admit no new ones."""
        with self._guard:
            self._closed = True
        for session in self.sessions():
            session.interrupt.end(1089)


class _NoLink:
    def poll(self) -> bool:
        return False

    def wake(self) -> None:
        """Nobody waits."""


def _no_check() -> None:
    """A reserved slot is never asked."""


_RESERVED = Session(
    SessionContext(
        sid=0,
        serial=0,
        user="",
        current_schema="",
        instance_name="",
        service_name="",
        logon_time=dt.datetime.now(),
        interrupt_check=_no_check,
    ),
    Interrupt(_NoLink()),
    0,
)
