"""User locks of an instance (DBMS_LOCK): modes, queues, owners. Pure of PL/SQL.

PL/SQL Packages and Types Reference 19c, "DBMS_LOCK": lock modes and their compatibility.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

NULL, SUB_SHARE, SUB_EXCLUSIVE, SHARE, SHARE_SUB_EXCLUSIVE, EXCLUSIVE = range(1, 7)
# Which modes another session may hold when one is asked for.
COMPATIBLE: dict[int, frozenset[int]] = {
    NULL: frozenset({1, 2, 3, 4, 5, 6}),
    SUB_SHARE: frozenset({1, 2, 3, 4, 5}),
    SUB_EXCLUSIVE: frozenset({1, 2, 3}),
    SHARE: frozenset({1, 2, 4}),
    SHARE_SUB_EXCLUSIVE: frozenset({1, 2}),
    EXCLUSIVE: frozenset({1}),
}
SUCCESS, TIMEOUT, DEADLOCK, PARAMETER_ERROR, NOT_OWNED, ILLEGAL_HANDLE = range(6)
ALREADY_OWNED = 4
MAX_WAIT = 32767  # seconds: for ever
FIRST_ALLOCATED = 1073741824
_SLICE = 0.05


@dataclass(slots=True)
class Held:
    """A lock one session has."""

    mode: int
    until_commit: bool = False


@dataclass(slots=True)
class UserLocks:
    """All user locks of one instance; sessions are their SIDs."""

    held: dict[int, dict[int, Held]] = field(default_factory=dict)  # lock id -> sid -> held
    waiting: dict[int, tuple[int, int]] = field(default_factory=dict)  # sid -> (lock id, mode)
    names: dict[str, int] = field(default_factory=dict)
    condition: threading.Condition = field(default_factory=threading.Condition)

    def allocate(self, name: str) -> int:
        """The id of a name: 1073741824 .. 1999999999."""
        with self.condition:
            return self.names.setdefault(name, FIRST_ALLOCATED + len(self.names))

    def request(
        self,
        sid: int,
        lock: int,
        mode: int,
        timeout: float,
        check: Callable[[], None],
        *,
        until_commit: bool = False,
    ) -> int:
        """REQUEST: 0, 1 timeout, 2 deadlock, 4 already owned."""
        with self.condition:
            if sid in self.held.get(lock, {}):
                return ALREADY_OWNED
            status = self._wait(sid, lock, mode, timeout, check)
            if status == SUCCESS:
                self.held.setdefault(lock, {})[sid] = Held(mode, until_commit)
            return status

    def convert(
        self, sid: int, lock: int, mode: int, timeout: float, check: Callable[[], None]
    ) -> int:
        """CONVERT: 0, 1, 2, 4 not owned."""
        with self.condition:
            mine = self.held.get(lock, {}).get(sid)
            if mine is None:
                return NOT_OWNED
            status = self._wait(sid, lock, mode, timeout, check)
            if status == SUCCESS:
                mine.mode = mode
                self.condition.notify_all()
            return status

    def release(self, sid: int, lock: int) -> int:
        """RELEASE: 0, 4 not owned."""
        with self.condition:
            if self.held.get(lock, {}).pop(sid, None) is None:
                return NOT_OWNED
            self._forget_empty(lock)
            self.condition.notify_all()
            return SUCCESS

    def release_all(self, sid: int, *, committed_only: bool = False) -> None:
        """The session ends, or its transaction does (`release_on_commit` locks)."""
        with self.condition:
            for lock in list(self.held):
                mine = self.held[lock].get(sid)
                if mine is not None and (mine.until_commit or not committed_only):
                    del self.held[lock][sid]
                    self._forget_empty(lock)
            self.condition.notify_all()

    def listing(self) -> list[tuple[int, int, int, int]]:
        """(sid, lock id, mode held, mode requested), for V$LOCK."""
        with self.condition:
            rows = []
            for lock, owners in self.held.items():
                for sid, mine in owners.items():
                    wanted = self.waiting.get(sid)
                    asked = wanted[1] if wanted is not None and wanted[0] == lock else 0
                    rows.append((sid, lock, mine.mode, asked))
            for sid, (lock, mode) in self.waiting.items():
                if sid not in self.held.get(lock, {}):
                    rows.append((sid, lock, 0, mode))
            return sorted(rows)

    def _forget_empty(self, lock: int) -> None:
        if not self.held[lock]:
            del self.held[lock]

    def _blockers(self, sid: int, lock: int, mode: int) -> list[int]:
        owners = self.held.get(lock, {})
        return [
            other
            for other, mine in owners.items()
            if other != sid and mine.mode not in COMPATIBLE[mode]
        ]

    def _wait(
        self, sid: int, lock: int, mode: int, timeout: float, check: Callable[[], None]
    ) -> int:
        """Until nobody is in the way. The caller holds the condition."""
        end = None if timeout >= MAX_WAIT else time.monotonic() + timeout
        try:
            while self._blockers(sid, lock, mode):
                rest = _SLICE if end is None else end - time.monotonic()
                if rest <= 0:
                    return TIMEOUT
                self.waiting[sid] = (lock, mode)
                if self._deadlocked(sid):
                    return DEADLOCK
                self.condition.wait(min(rest, _SLICE))
                check()
            return SUCCESS
        finally:
            self.waiting.pop(sid, None)

    def _deadlocked(self, sid: int) -> bool:
        """Does a chain of waiting sessions lead back to this one?"""
        seen: set[int] = set()
        front = [sid]
        while front:
            current = front.pop()
            wanted = self.waiting.get(current)
            if wanted is None:
                continue
            for blocker in self._blockers(current, *wanted):
                if blocker == sid:
                    return True
                if blocker not in seen:
                    seen.add(blocker)
                    front.append(blocker)
        return False
