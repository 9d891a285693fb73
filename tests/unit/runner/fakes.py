"""An instance and a repository in memory, for tests of the runner's core.

The fake instance keeps markers, locks and a ledger of side effects, and runs Python functions as
procedures. It is keyed on the calls of `ports.Client`, never on SQL text.
"""

# ruff: noqa: DTZ001 - times are naive UTC, as in the repository

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from dtm.errors import Locked
from dtm.model.operation import Lifecycle, Limits, Operation, Task, TaskKind
from dtm.model.states import Phase
from dtm.model.stream import Outcome, StreamRecord
from dtm.oracle.errors import ErrorClass, ForeignStream, OracleError
from dtm.repository.runs import Fenced
from dtm.repository.runs_rows import SqlRow, StreamRow, Write
from dtm.runner.definition import Definition, define
from dtm.runner.events import RunEvent
from dtm.runner.halting import Halting
from dtm.runner.ports import Call, CallEnd, CallResult, MarkerId, Point, StreamInfo
from dtm.runner.run_stream import StreamResult, run_stream
from dtm.runner.stream import Stream, Tools

Procedure = Callable[[], None]
HANDLE = "1234"


class Complete(Exception):
    """The iterator's ORA-20100."""


@dataclass
class Instance:
    """One client schema. `procedures`: what a call of that name does (default: nothing)."""

    procedures: dict[str, Procedure] = field(default_factory=dict)
    ledger: list[str] = field(default_factory=list)
    markers: dict[MarkerId, bool] = field(default_factory=dict)
    streams: set[str] = field(default_factory=set)
    sql: list[SqlRow] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    coordinator: Client | None = None
    workers: set[int] = field(default_factory=set)
    probes: dict[str, bool] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    opened: int = 0
    lose: dict[str, str] = field(default_factory=dict)  # procedure -> "before" | "after"
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))


class Client:
    """One fake session."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.number = next(instance.numbers)
        self.closed = False
        self.cancelled = threading.Event()
        instance.opened += 1

    @property
    def description(self) -> str:
        return f"FAKE, SID {self.number}"

    def take_over(self, info: StreamInfo, *, again: bool) -> str:
        if self.instance.coordinator is not None:
            raise Locked(f"SID {self.instance.coordinator.number} is at work")
        if self.instance.workers:
            raise Locked(f"SID {min(self.instance.workers)} is an orphan")
        self.instance.coordinator = self
        self.instance.workers.add(self.number)
        return "strong"

    def join(self, info: StreamInfo) -> None:
        self.instance.workers.add(self.number)

    def knows(self, handle: str) -> bool:
        return handle in self.instance.streams

    def begin(self, info: StreamInfo) -> None:
        if self.instance.markers:
            raise ForeignStream("markers under a new handle")
        self.instance.streams.add(info.handle)

    def markers(self, handle: str, since: int) -> dict[MarkerId, bool]:
        markers = self.instance.markers.items()
        return {key: done for key, done in markers if key.key.iteration >= since}

    def mark_done(self, handle: str, marker: MarkerId, attempt: int) -> None:
        self.instance.markers[marker] = True

    def clear_marker(self, handle: str, marker: MarkerId) -> None:
        if self.instance.markers.get(marker) is False:
            del self.instance.markers[marker]

    def call(self, call: Call) -> CallResult:
        self._alive()
        if self.instance.markers.get(call.marker):
            return CallResult(CallEnd.ALREADY_DONE)
        name = call.procedure
        how = self.instance.lose.pop(name, None)
        if how == "before":
            self._vanish()
        try:
            self._work(call)
        except Complete:
            return CallResult(CallEnd.COMPLETE)
        if not call.test_mode:
            self.instance.markers[call.marker] = True
        if how == "after":
            self._vanish()
        return CallResult(CallEnd.DONE)

    def _work(self, call: Call) -> None:
        self.instance.calls[call.procedure] += 1
        action = self.instance.procedures.get(call.procedure)
        if action is not None:
            action()
        self.instance.ledger.append(f"{call.procedure}@{call.marker.key.iteration}")
        key = f"{call.attempt}-{call.procedure}"
        self.instance.sql.append(SqlRow(key, "DONE", attempt_seq=call.attempt, sql_text="update"))

    def probe(self, handle: str, package: str, function: str) -> bool:
        return self.instance.probes[function]

    def harvest(self, handle: str) -> tuple[SqlRow, ...]:
        self._alive()
        done = self.instance.acknowledged
        return tuple(row for row in self.instance.sql if row.client_key not in done)

    def acknowledge(self, rows: Sequence[SqlRow]) -> None:
        self._alive()
        self.instance.acknowledged += [row.client_key for row in rows]

    def abandon_sql(self, handle: str) -> None:
        self._alive()

    def rollback(self) -> None:
        self._alive()

    def stop(self, ended: threading.Event) -> tuple[str, ...]:
        self.cancelled.set()
        ended.wait(5)
        return ("cancel",)

    def close(self) -> None:
        self.closed = True
        self.instance.workers.discard(self.number)
        if self.instance.coordinator is self:
            self.instance.coordinator = None

    def _alive(self) -> None:
        if self.closed:
            raise OracleError("DPY-1001: not connected to database")

    def _vanish(self) -> None:
        self.close()
        raise OracleError("DPY-4011: the database or network closed the connection")


class Ticket:
    """Durable at once, or failed at once. `spooled`: durable on the local disk only."""

    def __init__(self, error: Exception | None = None, *, spooled: bool = False) -> None:
        self.error = error
        self.committed = error is None and not spooled

    def wait(self) -> None:
        if self.error is not None:
            raise self.error


@dataclass
class Repository:
    """Journal and rows of one stream; checks the fence as the real one does."""

    record: StreamRecord = field(default_factory=lambda: StreamRecord(HANDLE))
    fence: int = 0
    writes: list[Write] = field(default_factory=list)
    away: bool = False

    def submit(self, write: Write) -> Ticket:
        if write.record.fence != self.fence:
            return Ticket(Fenced("taken over"))
        self.writes.append(write)
        self.record = write.record
        return Ticket(spooled=self.away)

    def outcomes(self) -> list[Outcome]:
        return [e for w in self.writes for e in w.entries if isinstance(e, Outcome)]

    def sql_keys(self) -> list[str]:
        return [row.client_key for write in self.writes for row in write.sql]


@dataclass
class Events:
    """Remembers what was reported."""

    seen: list[RunEvent] = field(default_factory=list)

    def report(self, event: RunEvent) -> None:
        self.seen.append(event)


class Killed(BaseException):
    """The process is gone: nothing catches this."""


@dataclass
class World:
    """One stream, its instance, its repository; `start` is one life of a runner."""

    definition: Definition
    instance: Instance = field(default_factory=Instance)
    repository: Repository = field(default_factory=Repository)
    events: Events = field(default_factory=Events)
    halting: Halting = field(default_factory=Halting)
    strike: Callable[[Point, str], None] = lambda _point, _where: None

    def start(self) -> StreamResult:
        self.repository.fence += 1
        record = replace(self.repository.record, fence=self.repository.fence, failed=None)
        row = StreamRow(HANDLE, "run", "inst", None, 1, 1, 1, record)
        info = StreamInfo(HANDLE, "run", "op", "prod", None, self.test_mode, ())
        tools = Tools(
            journal=self.repository,
            open_client=lambda _instance: Client(self.instance),
            halting=self.halting,
            reporter=self.events,
            clock=lambda: datetime(2026, 1, 1) + timedelta(seconds=len(self.repository.writes)),
            strike=self.strike,
            fence=self.repository.fence,
            random=lambda: 0.5,
        )
        return run_stream(Stream.of(row, info, self.definition, tools))

    @property
    def test_mode(self) -> bool:
        return self.definition.shape.test_mode


def task(name: str, **spec: object) -> Task:
    return replace(Task(name, name.upper()), **spec)  # type: ignore[arg-type]


def definition(
    *steps: tuple[Task, ...],
    iterator: Task | None = None,
    initial: Task | None = None,
    final: Task | None = None,
    limits: Limits | None = None,
    test_mode: bool = False,
) -> Definition:
    operation = Operation("op", "PKG", steps, Lifecycle(initial, iterator, final))
    return define(operation, limits or Limits(), test_mode=test_mode)


def reference(**changes: Task) -> Definition:
    """iterator, initial, a, (b | c), d, final; `changes` replace tasks by name."""

    def one(name: str) -> Task:
        return changes.get(name, task(name))

    return definition(
        (one("a"),),
        (one("b"), one("c")),
        (one("d"),),
        iterator=one("iterator"),
        initial=one("initial"),
        final=one("final"),
    )


def iterations(instance: Instance, count: int) -> None:
    """Let the iterator say ORA-20100 after `count` iterations."""

    def iterate() -> None:
        if sum(entry.startswith("ITERATOR@") for entry in instance.ledger) >= count:
            raise Complete

    instance.procedures["ITERATOR"] = iterate


def fail(code: str, times: int = 1) -> Procedure:
    """A procedure that raises an ORA error so many times."""
    left = [times]

    def action() -> None:
        if left[0]:
            left[0] -= 1
            raise OracleError(f"{code}: it failed")

    return action


__all__ = ["ErrorClass", "Phase", "TaskKind"]
