"""The error tree of dtm and its exit codes; every command ends with one of these.

DtmError (1)                     what went wrong, where, and what to do
 |- UsageError (1)               the command line asks for something that cannot be
 |- ConfigurationError (1)       dtm.yaml, a secret reference, a missing variable
 |- InvalidManifests (1)         manifests with error diagnostics
 |- NotApplied (1)               run asks for what the repository does not hold
 |- NothingToDo (0)              somebody else did it in the meantime
 |- DatabaseError (1)            an Oracle or driver error outside a task (see dtm.oracle.errors)
 |- TaskFailed (3)               a task or an install failed; resumable
 |- Locked (4)                   another runner is alive, or an orphan is still working
 |- StalePlan (5)                the plan's base no longer matches
 |- Degraded (6)                 done, but logs spooled or instances unreachable
 |- Halted (7)                   by a person, a window, a duration
 `- Interrupted (130)            SIGINT or SIGTERM
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum


class ExitCode(IntEnum):
    """Process exit codes, as `docs/exit-codes.md` and the help text list them."""

    OK = 0
    ERROR = 1
    CHANGES = 2
    FAILED = 3
    LOCKED = 4
    STALE = 5
    DEGRADED = 6
    HALTED = 7
    INTERRUPTED = 130


# Where several apply, the first of these wins.
PRECEDENCE = (
    ExitCode.INTERRUPTED,
    ExitCode.ERROR,
    ExitCode.STALE,
    ExitCode.FAILED,
    ExitCode.LOCKED,
    ExitCode.HALTED,
    ExitCode.DEGRADED,
    ExitCode.CHANGES,
    ExitCode.OK,
)


def worst(codes: Iterable[ExitCode]) -> ExitCode:
    """Return the code that speaks for all of `codes`; OK for none."""
    present = set(codes)
    return next((code for code in PRECEDENCE if code in present), ExitCode.OK)


class DtmError(Exception):
    """Base of all expected errors: `message` says what, `where` says where, `hint` what to do."""

    exit_code = ExitCode.ERROR

    def __init__(self, message: str, *, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint


class UsageError(DtmError):
    """The command line asks for something that does not exist or cannot be."""


class ConfigurationError(DtmError):
    """Settings, secret references or environment variables are missing or wrong."""


class InvalidManifests(DtmError):
    """The working tree has error diagnostics; they were reported one by one."""


class NotApplied(DtmError):
    """The repository does not hold what a run asks for."""


class NothingToDo(DtmError):
    """What was to be done was done by somebody else in the meantime."""

    exit_code = ExitCode.OK


class DatabaseError(DtmError):
    """Oracle or the driver refused; `dtm.oracle.errors` fills in codes and class."""


class TaskFailed(DtmError):
    """A task or an install failed; the same command resumes it."""

    exit_code = ExitCode.FAILED


class Locked(DtmError):
    """Another runner holds the lock, or a session it left behind is still working."""

    exit_code = ExitCode.LOCKED


class StalePlan(DtmError):
    """A saved plan no longer fits what it was made from."""

    exit_code = ExitCode.STALE


class Degraded(DtmError):
    """The work is done, but something around it is not (logs spooled, instances away)."""

    exit_code = ExitCode.DEGRADED


class Halted(DtmError):
    """A person, a window or a duration stopped the run; resumable."""

    exit_code = ExitCode.HALTED


class Interrupted(DtmError):
    """SIGINT or SIGTERM stopped the command; resumable."""

    exit_code = ExitCode.INTERRUPTED
