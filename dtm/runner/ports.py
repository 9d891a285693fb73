"""What the runner's core needs from the world, as protocols; fakes in tests, adapters in `edge`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from dtm.model.operation import TaskKind
from dtm.model.stream import TaskKey
from dtm.repository.runs_rows import ParameterPin, SqlRow, Write


class CallEnd(StrEnum):
    """How a call ended when it raised nothing."""

    DONE = "DONE"
    ALREADY_DONE = "ALREADY_DONE"
    COMPLETE = "COMPLETE"  # ORA-20100 of the iterator; rolled back
    NOT_ATOMIC = "NOT_ATOMIC"  # declared atomic, and committed or rolled back inside


@dataclass(frozen=True, slots=True)
class CallResult:
    """The end of a call; `reason` in words where a person must decide.

    `logged`: whether there are rows of it in the SQL log.
    """

    end: CallEnd
    reason: str = ""
    logged: bool = True


@dataclass(frozen=True, slots=True)
class MarkerId:
    """Which execution of a task a completion marker is about. `number`: see Attempt.marker_no."""

    key: TaskKey
    number: int = 0


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a task. `args` follow the handle; `session` statements run before it."""

    handle: str
    marker: MarkerId
    attempt: int
    kind: TaskKind
    test_mode: bool
    package: str
    procedure: str
    args: tuple[str | None, ...] = ()
    session: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """What the client is told when a stream begins, and what its sessions are tagged with."""

    handle: str
    run_id: str
    operation: str
    environment: str
    object: str | None
    test_mode: bool
    parameters: tuple[ParameterPin, ...]


class Client(Protocol):
    """One session on an instance. Errors are OracleError, Locked, DtmError.

    A method may be called from one thread at a time, `stop` from any.
    """

    @property
    def description(self) -> str:
        """Database, instance, SID, SERIAL#, AUDSID - for people and for the record."""

    def take_over(self, info: StreamInfo, *, again: bool) -> str:
        """Become the stream's coordinating session: X on S, no orphan on W, then S on W and gate.

        `again`: this runner has lost or dropped a session of the stream, and is patient with it.
        Returns the liveness, "strong" or "weak". Locked names who is in the way.
        """

    def join(self, info: StreamInfo) -> None:
        """Become a parallel member's session: S on W and on the code gate."""

    def knows(self, handle: str) -> bool:
        """Whether the stream was begun here."""

    def begin(self, info: StreamInfo) -> None:
        """Register the stream and freeze its parameters; refuses a handle it has markers of."""

    def markers(self, handle: str, since: int) -> dict[MarkerId, bool]:
        """Markers of the stream from iteration `since` on: True is DONE, False a committed STARTED.

        A stream may have tens of thousands of them, and what is decided needs the latest.
        """

    def mark_done(self, handle: str, marker: MarkerId, attempt: int) -> None:
        """Set a marker for what a probe or a person vouches for; commits."""

    def clear_marker(self, handle: str, marker: MarkerId) -> None:
        """Remove a STARTED marker, so that the task runs again; commits."""

    def call(self, call: Call) -> CallResult:
        """Run one task."""

    def probe(self, handle: str, package: str, function: str) -> bool:
        """Ask a probe function whether its task is done."""

    def harvest(self, handle: str) -> tuple[SqlRow, ...]:
        """SQL-log rows of the stream that are not acknowledged in their present state."""

    def acknowledge(self, rows: Sequence[SqlRow]) -> None:
        """The repository has committed these rows."""

    def abandon_sql(self, handle: str) -> None:
        """Rows of dead sessions become ABANDONED; only with X on W having been held."""

    def rollback(self) -> None: ...
    def stop(self, ended: threading.Event) -> tuple[str, ...]:
        """Make the running call end, climbing from cancel to kill until `ended` is set by the
        thread that runs it; returns what was tried. From another thread than the call's."""

    def close(self) -> None: ...


Opener = Callable[[str], Client]  # opens a session on an instance, with a deadline; DtmError


class Ticket(Protocol):
    """A queued write. `committed`: the repository itself holds it, not only the local spool."""

    @property
    def committed(self) -> bool: ...

    def wait(self) -> None:
        """Return when it is durable. Raises Fenced, or Degraded if that takes too long."""


class Journal(Protocol):
    """Where streams write; see `dtm.runner.journal`."""

    def submit(self, write: Write) -> Ticket:
        """Queue a write. Writes become durable in the order they were queued."""


class Point(StrEnum):
    """Named points where fault tests strike; `lifecycle.md`, kill points."""

    BEFORE_LOCK = "before lock"
    LOCK_HELD = "lock held"
    RUN_WRITTEN = "run row written"
    INTENT_RECORDED = "task start recorded"
    ANSWER_RECEIVED = "answer received, repository not told"
    BETWEEN_TASKS = "between tasks"
    IN_FINAL = "in final"


Strike = Callable[[Point, str], None]  # the point, and which task or instance


def unharmed(point: Point, where: str) -> None:
    """The Strike of every run outside the fault tests."""


Clock = Callable[[], datetime]  # naive UTC by the repository's clock
