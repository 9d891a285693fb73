"""One stream at work: its record, what it journals, and the sessions it sits in."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from dtm.errors import DtmError
from dtm.model.operation import Task
from dtm.model.states import AttemptState, Phase
from dtm.model.stream import (
    Attempt,
    Ended,
    Entry,
    Intent,
    Outcome,
    OutcomeBy,
    Start,
    StreamRecord,
    TaskKey,
)
from dtm.oracle.errors import OracleError
from dtm.repository.runs_rows import SqlRow, StreamRow, Write
from dtm.runner.decide import Halt, HaltAt, HaltKind, Stop
from dtm.runner.definition import Definition
from dtm.runner.events import EventKind, Reporter, RunEvent
from dtm.runner.halting import Halting
from dtm.runner.ports import Client, Clock, Journal, Opener, StreamInfo, Strike, Ticket


@dataclass(frozen=True, slots=True)
class Tools:
    """What all streams of a runner share."""

    journal: Journal
    open_client: Opener
    halting: Halting
    reporter: Reporter
    clock: Clock
    strike: Strike
    fence: int
    random: Callable[[], float] = random.random  # for jitter
    monotonic: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known of an attempt when it ends."""

    state: AttemptState
    by: OutcomeBy
    elapsed_s: float | None = None
    error_code: str | None = None
    error_class: str | None = None
    error_text: str | None = None
    message: str = ""


class Seat:
    """Where tasks sit: a session with its locks, opened when first needed.

    The stream's own session (`member` False) takes the stream over when it is opened; a parallel
    member's joins it.
    """

    def __init__(self, tools: Tools, instance: str, info: StreamInfo, *, member: bool) -> None:
        self._tools = tools
        self._instance = instance
        self._info = info
        self._member = member
        self._client: Client | None = None
        self._again = False
        self.liveness = ""

    def client(self) -> Client:
        """The session, with its locks held."""
        if self._client is None:
            client = self._tools.open_client(self._instance)
            try:
                if self._member:
                    client.join(self._info)
                else:
                    self.liveness = client.take_over(self._info, again=self._again)
            except DtmError:
                client.close()
                raise
            self._client = client
        return self._client

    def drop(self) -> None:
        """Close the session (never reuse one that held locks); the next `client` opens another."""
        client, self._client = self._client, None
        self._again = True
        if client is not None:
            client.close()


@dataclass(slots=True)
class Stream:
    """One stream of this runner. The record is folded under a lock: parallel members share it.

    `lost` holds, by attempt, the error of calls whose answer never came.
    """

    row: StreamRow
    info: StreamInfo
    definition: Definition
    tools: Tools
    record: StreamRecord
    seat: Seat
    deadline: float | None = None  # monotonic; of the duration limit
    lost: dict[int, OracleError] = field(default_factory=dict)
    began: float = 0.0
    _unread: bool = False  # a harvest failed
    _harvested: list[tuple[Ticket, tuple[SqlRow, ...]]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def of(cls, row: StreamRow, info: StreamInfo, definition: Definition, tools: Tools) -> Stream:
        """Make a stream from its row as read after the locks were taken."""
        seat = Seat(tools, row.instance, info, member=False)
        return cls(row, info, definition, tools, row.record, seat, began=tools.monotonic())

    @property
    def handle(self) -> str:
        """The stream's handle."""
        return self.row.handle

    @property
    def instance(self) -> str:
        """The instance it runs on."""
        return self.row.instance

    def halt(self) -> Halt | None:
        """The halt in force: somebody's, or the duration limit."""
        halt = self.tools.halting.halt_for(self.instance)
        if halt is None and self.deadline is not None and self.tools.monotonic() >= self.deadline:
            limit = self.definition.limits.duration_s
            return Halt(HaltAt.TASK, HaltKind.DURATION, f"duration limit of {limit} s reached")
        return halt

    # what is journalled

    def start(self) -> None:
        """Journal that this start of the stream begins, durably."""
        fresh = self.definition.shape.test_mode
        limit = self.definition.limits.duration_s
        self.began = self.tools.monotonic()
        self.deadline = None if limit is None else self.began + limit
        entry = Start(
            self.tools.fence,
            fresh=fresh,
            at=self.tools.clock(),
            liveness=self.seat.liveness,
            client_session=self.seat.client().description,
        )
        self._journal(entry).wait()
        self.report(EventKind.STREAM_STARTED, self.seat.client().description)

    def intend(self, key: TaskKey, task: Task) -> Attempt:
        """Journal that a task is about to be called; durable when this returns."""
        with self._lock:
            attempt = Attempt(
                seq=self.record.last_seq + 1,
                key=key,
                attempt_no=self.record.attempts_of(key) + 1,
                marker_no=self.marker_number(key),
                fence=self.record.fence,
                state=AttemptState.RUNNING,
            )
            ticket = self._journal_locked(
                Intent(attempt, at=self.tools.clock(), task_kind=task.kind.value)
            )
        ticket.wait()
        self.acknowledge()
        self.report(EventKind.TASK_STARTED, key=key)
        return attempt

    def settle(
        self,
        attempt: Attempt,
        verdict: Verdict,
        *,
        retrying: bool = False,
        sql: tuple[SqlRow, ...] = (),
    ) -> None:
        """Journal the outcome of an attempt; durable before the next intent is."""
        entry = Outcome(
            attempt.seq,
            verdict.state,
            verdict.by,
            error_code=verdict.error_code,
            retrying=retrying,
            at=self.tools.clock(),
            elapsed_s=verdict.elapsed_s,
            error_class=verdict.error_class,
            error_text=verdict.error_text,
        )
        with self._lock:
            before = self.record.iteration
            ticket = self._journal_locked(entry, sql)
            if sql:
                self._harvested.append((ticket, sql))
        self._report_outcome(attempt, verdict, retrying)
        if self.record.iteration != before:
            self.report(EventKind.ITERATION, f"iteration {self.record.iteration}")

    def harvest(self, client: Client, *, logged: bool = True) -> tuple[SqlRow, ...]:
        """Read the client's SQL log of this stream, to be journalled with an outcome.

        `logged`: whether the call has logged anything; if not, nobody needs to be asked.
        """
        if self.definition.shape.test_mode:
            return ()  # acknowledging would commit the test's work; all of it comes at the end
        if not logged and not self._unread:
            return ()
        try:
            rows = client.harvest(self.handle)
        except OracleError:
            self._unread = True  # the rows stay on the client and come with the next harvest
            return ()
        self._unread = False
        return rows

    def acknowledge(self) -> None:
        """Tell the client which rows the repository holds; called after a wait on the journal.

        Not those that only the spool holds: whoever comes next shall find them on the client.
        """
        with self._lock:
            held = [entry for entry in self._harvested if entry[0].committed]
            self._harvested = [entry for entry in self._harvested if entry not in held]
            rows = [row for _, sql in held for row in sql]
            if rows:
                with suppress(OracleError):  # then they come again, and are the same rows
                    self.seat.client().acknowledge(rows)

    def end(self, stop: Stop) -> None:
        """Journal that the stream ends for now; durable when this returns."""
        halt = stop.halt.value if stop.halt else None
        self._journal(Ended(stop.state, stop.reason, halt, at=self.tools.clock())).wait()

    def end_without_waiting(self, stop: Stop) -> None:
        """The same where the repository may be away: the spool keeps it."""
        self._journal(Ended(stop.state, stop.reason, at=self.tools.clock()))

    def log(self, rows: tuple[SqlRow, ...]) -> bool:
        """Journal SQL-log rows alone, durably; False if only the spool holds them."""
        with self._lock:
            now = self.tools.clock()
            ticket = self.tools.journal.submit(Write(self.record, now, (), rows))
        ticket.wait()
        return ticket.committed

    def marker_number(self, key: TaskKey) -> int:
        """Initial and final('Y') are once per start: their markers carry the start's fence."""
        per_start = key.phase is Phase.INITIAL or key.after_error
        return self.record.fence if per_start else 0

    def _journal(self, entry: Entry) -> Ticket:
        with self._lock:
            return self._journal_locked(entry)

    def _journal_locked(self, entry: Entry, sql: tuple[SqlRow, ...] = ()) -> Ticket:
        self.record = self.record.apply(entry)
        return self.tools.journal.submit(Write(self.record, self.tools.clock(), (entry,), sql))

    # what is reported

    def report(self, kind: EventKind, message: str = "", key: TaskKey | None = None) -> None:
        """Tell people about this stream."""
        self.tools.reporter.report(
            RunEvent(
                kind,
                message,
                run_id=self.row.run_id,
                handle=self.handle,
                instance=self.instance,
                object=self.row.object,
                iteration=key.iteration if key else self.record.iteration,
                phase=key.phase.value if key else None,
                task=key.task if key else None,
                state=self.record.state.value,
                elapsed_s=self.tools.monotonic() - self.began,
            )
        )

    def _report_outcome(self, attempt: Attempt, verdict: Verdict, retrying: bool) -> None:
        match verdict.state:
            case AttemptState.CANCELLED if verdict.by is OutcomeBy.RULE and not verdict.error_text:
                return  # it was never called; the end of the stream says why
            case AttemptState.DONE:
                kind = EventKind.TASK_DONE
            case AttemptState.UNKNOWN:
                kind = EventKind.TASK_UNKNOWN
            case _:
                kind = EventKind.TASK_RETRY if retrying else EventKind.TASK_FAILED
        self.tools.reporter.report(
            RunEvent(
                kind,
                verdict.message or verdict.error_text or "",
                run_id=self.row.run_id,
                handle=self.handle,
                instance=self.instance,
                object=self.row.object,
                iteration=attempt.key.iteration,
                phase=attempt.key.phase.value,
                task=attempt.key.task,
                state=verdict.state.value,
                elapsed_s=verdict.elapsed_s,
            )
        )
