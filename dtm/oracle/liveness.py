"""Is the other one alive? The lock is the proof; without DBMS_LOCK the session views must do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from dtm.oracle.locks import (
    LockResult,
    Mode,
    SessionInfo,
    holders,
    release,
    request,
    tagged_sessions,
)
from dtm.oracle.session import OracleSession

PAUSE_S = 5.0


class Liveness(StrEnum):
    """How sure the answer is; recorded with the run."""

    STRONG = "strong"  # by lock
    WEAK = "weak"  # by GV$SESSION, looked at twice
    NONE = "none"  # neither is granted


@dataclass(frozen=True, slots=True)
class Orphans:
    """Sessions of a dead runner that still work. Empty and not NONE: nobody does."""

    sessions: tuple[SessionInfo, ...]
    liveness: Liveness
    busy: bool

    def __str__(self) -> str:
        if self.sessions:
            return "; ".join(map(_described, self.sessions))
        return "a session that is not visible to this user" if self.busy else "nobody"


def find_orphans(
    session: OracleSession,
    work_lock: str,
    tag: str,
    *,
    sleep: Callable[[float], None],
    pause_s: float = PAUSE_S,
) -> Orphans:
    """Tell whether a session still works for a stream whose S lock the caller holds.

    Takes X on the stream's W lock with timeout 0 and gives it back: busy means an orphan. Without
    DBMS_LOCK: sessions whose CLIENT_IDENTIFIER begins with `tag`, looked at twice, `pause_s`
    seconds apart, because a session that just reconnects is missing for a moment.
    """
    result = request(session, work_lock, Mode.X)
    if result.held:
        release(session, work_lock)
        return Orphans((), Liveness.STRONG, busy=False)
    if result is LockResult.BUSY:
        return Orphans(holders(session, work_lock), Liveness.STRONG, busy=True)
    found = tagged_sessions(session, tag)
    if found == ():
        sleep(pause_s)
        found = tagged_sessions(session, tag)
    if found is None:
        return Orphans((), Liveness.NONE, busy=False)
    return Orphans(found, Liveness.WEAK, busy=bool(found))


def _described(info: SessionInfo) -> str:
    return f"{info} running {info.sql_text.strip()[:200]}" if info.sql_text else str(info)
