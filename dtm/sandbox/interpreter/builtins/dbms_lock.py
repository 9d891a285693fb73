"""DBMS_LOCK. PL/SQL Packages and Types Reference 19c, "DBMS_LOCK". Not granted to PUBLIC."""

from __future__ import annotations

from typing import Any

from dtm.sandbox.interpreter import locks, registry
from dtm.sandbox.interpreter.builtins.dbms_session import pause
from dtm.sandbox.interpreter.runtime import Runtime
from dtm.sandbox.kernel.errors import OraError

PACKAGE = registry.package(
    "DBMS_LOCK",
    """PACKAGE dbms_lock AS
  nl_mode  CONSTANT INTEGER := 1;
  ss_mode  CONSTANT INTEGER := 2;
  sx_mode  CONSTANT INTEGER := 3;
  s_mode   CONSTANT INTEGER := 4;
  ssx_mode CONSTANT INTEGER := 5;
  x_mode   CONSTANT INTEGER := 6;
  maxwait  CONSTANT INTEGER := 32767;
  PROCEDURE allocate_unique(lockname IN VARCHAR2, lockhandle OUT VARCHAR2,
                            expiration_secs IN INTEGER DEFAULT 864000);
  PROCEDURE allocate_unique_autonomous(lockname IN VARCHAR2, lockhandle OUT VARCHAR2,
                                       expiration_secs IN INTEGER DEFAULT 864000);
  FUNCTION request(id IN INTEGER, lockmode IN INTEGER DEFAULT x_mode,
                   timeout IN INTEGER DEFAULT maxwait,
                   release_on_commit IN BOOLEAN DEFAULT FALSE) RETURN INTEGER;
  FUNCTION request(lockhandle IN VARCHAR2, lockmode IN INTEGER DEFAULT x_mode,
                   timeout IN INTEGER DEFAULT maxwait,
                   release_on_commit IN BOOLEAN DEFAULT FALSE) RETURN INTEGER;
  FUNCTION convert(id IN INTEGER, lockmode IN INTEGER, timeout IN NUMBER DEFAULT maxwait)
    RETURN INTEGER;
  FUNCTION convert(lockhandle IN VARCHAR2, lockmode IN INTEGER, timeout IN NUMBER DEFAULT maxwait)
    RETURN INTEGER;
  FUNCTION release(id IN INTEGER) RETURN INTEGER;
  FUNCTION release(lockhandle IN VARCHAR2) RETURN INTEGER;
  PROCEDURE sleep(seconds IN NUMBER);
END;""",
    granted=False,
    complete=True,
)
PACKAGE.body("SLEEP")(pause)
_CHECK_DIGIT = 187


def _allocate(rt: Runtime, name: str | None) -> str:
    if not name or len(name.encode()) > 128:
        raise OraError(20000, message="ORU-10003: lock name is null or longer than 128 bytes")
    user_locks: locks.UserLocks = rt.library.locks
    return f"{user_locks.allocate(name)}{_CHECK_DIGIT}"


@PACKAGE.body("ALLOCATE_UNIQUE")
def allocate_unique(rt: Runtime, name: str | None, _expiration: int | None) -> str:
    """A handle: the lock id and a check number. Always commits."""
    rt.transaction_allowed("COMMIT")
    handle = _allocate(rt, name)
    rt.sql.commit()
    return handle


@PACKAGE.body("ALLOCATE_UNIQUE_AUTONOMOUS")
def allocate_unique_autonomous(rt: Runtime, name: str | None, _expiration: int | None) -> str:
    """The same without a commit."""
    return _allocate(rt, name)


def _lock_id(lock: Any) -> int | None:
    """A handle or an id; None for an illegal one."""
    if isinstance(lock, str):
        if len(lock) < 11 or not lock.isdigit():
            return None
        return int(lock[:10])
    return int(lock) if lock is not None and 0 <= lock <= locks.FIRST_ALLOCATED - 1 else None


def _bad(lock: Any) -> int:
    return locks.ILLEGAL_HANDLE if isinstance(lock, str) or lock is None else locks.PARAMETER_ERROR


def _request(
    rt: Runtime, lock: Any, mode: int | None, timeout: Any, on_commit: bool | None
) -> int:
    number = _lock_id(lock)
    if number is None:
        return _bad(lock)
    if mode not in locks.COMPATIBLE or timeout is None or timeout < 0:
        return locks.PARAMETER_ERROR
    user_locks: locks.UserLocks = rt.library.locks
    return user_locks.request(
        rt.context.sid,
        number,
        mode,
        float(timeout),
        rt.context.interrupt_check,
        until_commit=bool(on_commit),
    )


def _convert(rt: Runtime, lock: Any, mode: int | None, timeout: Any) -> int:
    number = _lock_id(lock)
    if number is None:
        return _bad(lock)
    if mode not in locks.COMPATIBLE or timeout is None or timeout < 0:
        return locks.PARAMETER_ERROR
    user_locks: locks.UserLocks = rt.library.locks
    return user_locks.convert(
        rt.context.sid, number, mode, float(timeout), rt.context.interrupt_check
    )


def _release(rt: Runtime, lock: Any) -> int:
    number = _lock_id(lock)
    if number is None:
        return _bad(lock)
    user_locks: locks.UserLocks = rt.library.locks
    return user_locks.release(rt.context.sid, number)


for _name, _function in (("REQUEST", _request), ("CONVERT", _convert), ("RELEASE", _release)):
    PACKAGE.body(_name)(_function)
    PACKAGE.body(_name)(_function)
