"""When a failed attempt is repeated: the error's class and the task's declaration decide. Pure."""

from __future__ import annotations

import re

from dtm.model.operation import Restart, Task, TaskKind
from dtm.oracle.errors import ErrorClass, OracleError

_USER_ERROR = re.compile(r"ORA-20\d{3}\Z")
NOT_SENT = "DPY-1001"  # the driver's "not connected": nothing has left this machine
_RECONNECTS = 2
_MAX_BACKOFF = 10.0  # times the declared one


def delay_s(task: Task, error: OracleError, attempts: int, jitter: float) -> float | None:
    """Seconds to wait before the next attempt; None: no further one.

    `attempts` were made in this start; `jitter` is in [0, 1). Discarded code (ORA-04068 and
    its kin) is tried once more at once, in a new session, whatever the task declares; so is a call
    that was never sent, because its connection was found to be dead.
    """
    if error.code == NOT_SENT and attempts <= _RECONNECTS:
        return 0.0
    if not _repeatable(task):
        return None
    if error.error_class is ErrorClass.NEW_SESSION and attempts == 1:
        return 0.0
    if attempts >= task.retry.attempts or not _declared(task, error):
        return None
    factor = min(float(1 << (attempts - 1)), _MAX_BACKOFF)
    return task.retry.backoff_s * factor * (0.8 + 0.4 * jitter)


def _repeatable(task: Task) -> bool:
    return task.kind is TaskKind.ATOMIC or task.restart is Restart.SAFE


def _declared(task: Task, error: OracleError) -> bool:
    """The class allows it and the declaration asks for it; `on` may also name ORA-20000 .. 20999."""
    listed = not task.retry.on or error.code in task.retry.on
    match error.error_class:
        case (
            ErrorClass.TRANSIENT
            | ErrorClass.TRANSIENT_CONNECT
            | ErrorClass.NEW_SESSION
            | ErrorClass.UNKNOWN_OUTCOME
        ):
            return listed
        case ErrorClass.PERMANENT:
            return bool(_USER_ERROR.match(error.code)) and error.code in task.retry.on
        case ErrorClass.SPACE | ErrorClass.CANCELLED:
            return False
